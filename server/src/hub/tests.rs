//! Clients on one thread and on two, in rooms and outside of them. [`durable`] has the tests of
//! durable rooms.

mod durable;

use super::*;
use crate::outgoing::test_wire::TestWire;
use crate::policy::Rights;
use crate::shared::LOBBY;
use crate::shared::join::Position;
use crate::sync::moment::Moment;
use guildhall_protocol::{PacketBody, Presence};

fn connect(hub: &mut Hub<TestWire>) -> Rc<Connection<TestWire>> {
    hub.connect(Protocol::Tutorial, TestWire::open(), 10_000, Instant::now())
}

/// Joins a connection to a room as a guest.
fn join(
    hub: &mut Hub<TestWire>,
    name: &str,
    connection: &Rc<Connection<TestWire>>,
) -> SharedRoom<TestWire> {
    let joining = Joining {
        id: connection.id().user_id(),
        name: &Name::GUEST,
        rights: &Rights::default(),
        position: Position::default(),
    };
    let joined = hub.join(name, connection, joining, Moment::at(1));
    joined.unwrap().0
}

fn fan_out(hub: &mut Hub<TestWire>) {
    hub.fan_out(Instant::now());
    assert!(
        hub.take_needs_drain().is_empty(),
        "an open wire takes everything"
    );
}

fn say(hub: &mut Hub<TestWire>, room: &SharedRoom<TestWire>, speaker: u64, text: &str) {
    let message = NewMessage::plain(UserId(speaker), text, 1);
    hub.say(room, ConnectionId(speaker), &message);
}

fn id_frame(id: u64) -> Vec<u8> {
    frame::packet(&Packet::id(id)).to_vec()
}

fn chat_frame(speaker: u64, text: &str) -> Vec<u8> {
    frame::packet(&Packet::chat(speaker, text)).to_vec()
}

#[test]
fn a_tutorial_client_gets_its_id_first_and_then_what_others_say() {
    let mut hub = Hub::default();
    let [one, two] = [(), ()].map(|()| {
        let (connection, room) = hub.connect_tutorial(TestWire::open(), 10_000, Moment::at(1));
        assert_eq!(&**room.unwrap().borrow().name(), LOBBY);
        connection
    });
    let room = join(&mut hub, LOBBY, &one);
    say(&mut hub, &room, 1, "hello");
    assert!(hub.has_pending());
    fan_out(&mut hub);
    assert!(!hub.has_pending());
    assert_eq!(one.wire().written(), id_frame(1));
    let expected = [id_frame(2), chat_frame(1, "hello")].concat();
    assert_eq!(two.wire().written(), expected);
}

#[test]
fn a_room_does_not_get_the_lines_of_another() {
    let mut hub = Hub::default();
    let clients = [connect(&mut hub), connect(&mut hub), connect(&mut hub)];
    let red = join(&mut hub, "red", &clients[0]);
    join(&mut hub, "red", &clients[1]);
    let blue = join(&mut hub, "blue", &clients[2]);
    say(&mut hub, &red, 1, "r");
    say(&mut hub, &blue, 3, "b");
    fan_out(&mut hub);
    assert_eq!(clients[1].wire().written(), chat_frame(1, "r"));
    assert_eq!(clients[2].wire().written(), b"");
}

#[test]
fn an_empty_room_and_a_connection_are_removed() {
    let mut hub = Hub::default();
    let one = connect(&mut hub);
    let room = join(&mut hub, "red", &one);
    hub.leave(&room, &one, Instant::now());
    assert!(hub.rooms.is_empty());
    hub.disconnect(one.id());
    assert!(hub.is_empty());
    assert_eq!((hub.take_peak(), hub.take_peak()), (1, 0));
    assert_eq!(
        connect(&mut hub).id(),
        ConnectionId(2),
        "no ID is given twice"
    );
}

#[test]
fn a_close_frame_is_sent_behind_what_was_said() {
    let mut hub = Hub::default();
    let (one, two) = (connect(&mut hub), connect(&mut hub));
    let room = join(&mut hub, LOBBY, &one);
    join(&mut hub, LOBBY, &two);
    say(&mut hub, &room, 1, "last words");
    hub.go_away(1_500, Instant::now());
    let goodbye = Close::GOING_AWAY.frame();
    let expected = [chat_frame(1, "last words"), goodbye.to_vec()].concat();
    assert_eq!(two.wire().written(), expected);
}

/// Fans out on all threads until nothing is pending.
fn settle(hubs: &mut [Hub<TestWire>]) {
    while let Some(hub) = hubs.iter_mut().find(|hub| hub.has_pending()) {
        hub.fan_out(Instant::now());
    }
}

#[test]
fn clients_on_all_threads_get_the_same_lines_in_the_same_order() {
    let shared = Shared::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&shared), thread));
    let speakers = [0, 1].map(|thread| connect(&mut hubs[thread]));
    let listeners = [0, 1].map(|thread| connect(&mut hubs[thread]));
    let rooms = [0, 1].map(|thread| {
        join(&mut hubs[thread], LOBBY, &listeners[thread]);
        join(&mut hubs[thread], LOBBY, &speakers[thread])
    });
    let mut expected = Vec::new();
    for round in 0..100 {
        let thread = round * 7 % 3 % 2;
        let (speaker, text) = (speakers[thread].id().0, round.to_string());
        expected.extend(chat_frame(speaker, &text));
        say(&mut hubs[thread], &rooms[thread], speaker, &text);
        if round % 5 == 0 {
            hubs[round % 2].fan_out(Instant::now());
        }
    }
    settle(&mut hubs);
    for listener in listeners {
        assert_eq!(listener.wire().written(), expected);
    }
}

#[test]
fn a_client_that_joins_on_another_thread_gets_only_later_lines() {
    let shared = Shared::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&shared), thread));
    let (one, two) = (connect(&mut hubs[0]), connect(&mut hubs[1]));
    let room = join(&mut hubs[0], LOBBY, &one);
    join(&mut hubs[1], LOBBY, &two);
    say(&mut hubs[0], &room, 1, "before");
    let late = connect(&mut hubs[1]);
    join(&mut hubs[1], LOBBY, &late);
    say(&mut hubs[0], &room, 1, "after");
    settle(&mut hubs);
    let after = chat_frame(1, "after");
    let both = [chat_frame(1, "before"), after.clone()].concat();
    assert_eq!(two.wire().written(), both);
    assert_eq!(late.wire().written(), after);
}

/// Joins a new client of `guildhall.v1` to a room.
fn join_v1(
    hub: &mut Hub<TestWire>,
    room: &str,
) -> (Rc<Connection<TestWire>>, SharedRoom<TestWire>) {
    let connection = hub.connect(Protocol::V1, TestWire::open(), 10_000, Instant::now());
    let room = join(hub, room, &connection);
    (connection, room)
}

#[test]
fn other_threads_are_told_when_the_last_member_on_a_thread_leaves() {
    let shared = Shared::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&shared), thread));
    let clients = [0, 1].map(|thread| join_v1(&mut hubs[thread], "red"));
    hubs.iter_mut().for_each(Hub::tell_changes);
    settle(&mut hubs);
    let before = clients[1].0.wire().written();
    let (leaver, room) = &clients[0];
    hubs[0].leave(room, leaver, Instant::now());
    settle(&mut hubs);
    // The thread that has members tells them, when it is its time to tell.
    assert!(hubs[1].has_changes() && !hubs[0].has_changes());
    hubs[1].tell_changes();
    settle(&mut hubs);
    let changes = Packet::from(PacketBody::Presence(Presence {
        room: "red".into(),
        count: 1,
        listed: true,
        left: vec![leaver.id().0],
        ..Presence::default()
    }));
    let expected = [before, frame::packet(&changes).to_vec()].concat();
    assert_eq!(clients[1].0.wire().written(), expected);
}

#[test]
fn the_changes_of_a_closed_room_cost_a_later_one_no_line() {
    let shared = Shared::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&shared), thread));
    let (speaker, room) = join_v1(&mut hubs[0], "red");
    let (first, closed) = join_v1(&mut hubs[1], "red");
    hubs[1].leave(&closed, &first, Instant::now());
    let (second, _) = join_v1(&mut hubs[1], "red");
    say(&mut hubs[0], &room, speaker.id().0, "hi");
    hubs[1].tell_changes();
    settle(&mut hubs);
    let lines = frame::lines(&second.wire().written());
    assert_eq!(lines.len(), 1, "the line was lost");
}
