//! Rooms that are opened and closed. [`restart`] has what is there after a restart.

mod restart;

use super::opening::NotOpened;
use super::*;
use crate::ids::UserId;
use crate::network::Network;
use crate::outgoing::frame;
use crate::shared::history::NewMessage;
use crate::shared::join::Position;

fn shared(rooms: usize) -> Arc<Shared> {
    let limits = RoomLimits {
        rooms,
        ..RoomLimits::default()
    };
    Shared::new(1, limits)
}

fn open_room(shared: &Shared, room: &str) -> Result<RoomHandle, NotOpened> {
    let (rules, _) = shared.rules();
    let now = Instant::now();
    shared.open_room(room, 0, Network::LOOPBACK, rules.of(room), None, now)
}

fn say(handle: &RoomHandle) {
    let mut frames = <[bytes::BytesMut; 3]>::default();
    let message = NewMessage::plain(UserId(1), "hi", 1);
    handle.say(frames.each_mut(), &message);
}

#[test]
fn an_empty_room_keeps_its_history_for_a_while() {
    let (shared, start) = (shared(10), Instant::now());
    let open = || open_room(&shared, "red").unwrap();
    let handle = open();
    say(&handle);
    shared.close_room(&handle, start);
    let keep = shared.limits().keep_empty;
    shared.sweep(start + keep / 2);
    let again = open();
    let page = |handle: &RoomHandle| handle.page(Position::default(), 9, 999, 1);
    assert_eq!(frame::lines(&page(&again).frames).len(), 1);
    shared.sweep(start + keep * 2);
    shared.close_room(&again, start + keep * 2);
    shared.sweep(start + keep * 3);
    assert_eq!(shared.directory.lock().rooms().count(), 0);
    let created_again = open();
    assert!(page(&created_again).frames.is_empty());
    assert_ne!(page(&created_again).epoch, page(&again).epoch);
}

#[test]
fn the_longest_empty_room_is_removed_if_there_are_too_many() {
    let (shared, now) = (shared(2), Instant::now());
    let open = |room| open_room(&shared, room);
    let handles = ["a", "b"].map(|room| open(room).unwrap());
    assert_eq!(open("c").unwrap_err(), NotOpened::Full(RoomsFull::Server));
    assert!(open("a").is_ok(), "the room exists already");
    for handle in &handles {
        say(handle);
    }
    shared.close_room(&handles[1], now);
    shared.close_room(&handles[0], now + std::time::Duration::from_secs(1));
    assert!(open("c").is_ok());
    let directory = shared.directory.lock();
    let mut known: Vec<_> = directory.rooms().map(|room| room.name().as_ref()).collect();
    known.sort_unstable();
    assert_eq!(known, ["a", "c"]);
}
