//! Tests of the feed in memory, and of who is in which room as the game is told it.

use super::*;
use std::sync::mpsc;

use crate::events::EventsRead;
use crate::ids::{Epoch, Seq};
use crate::journal::memory::MemoryJournal;
use crate::policy::Pattern;

const RESUME_WITHIN: Duration = Duration::from_mins(2);

/// A feed, and the time of it.
struct Fixture {
    feed: Arc<Feed>,
    now: Instant,
}

impl Fixture {
    fn new() -> Self {
        Self::with(EventsConfig::default())
    }

    fn with(config: EventsConfig) -> Self {
        let at = Moment::at(1_000);
        let feed = Feed::new(&config, None, at);
        Self { feed, now: at.now }
    }

    fn join(&self, room: &str, connection: u64, user: u64) {
        let name = Name::new("Ann");
        let connection = ConnectionId(connection);
        (self.feed).joined(&room.into(), connection, UserId(user), &name);
    }

    fn leave(&self, room: &str, connection: u64, user: u64) {
        let connection = ConnectionId(connection);
        (self.feed).left(&room.into(), connection, UserId(user), LeaveReason::Left);
    }

    fn lose(&self, connection: u64, session: u64) {
        let until = self.now + RESUME_WITHIN;
        (self.feed).connection_lost(ConnectionId(connection), SessionId(session), until);
    }

    fn resume(&self, session: u64, connection: u64) {
        let until = self.now + RESUME_WITHIN;
        (self.feed).resumed(SessionId(session), ConnectionId(connection), until);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.feed.sweep(self.now);
    }

    /// The events behind `after`, in short.
    fn told(&self, after: u64) -> Vec<String> {
        let read = EventsRead { after, most: 999 };
        let page = self.feed.read_until(read, Instant::now()).unwrap();
        page.events.iter().map(short).collect()
    }
}

fn short(event: &crate::events::NumberedEvent) -> String {
    let Event {
        room, user, kind, ..
    } = &event.event;
    let user = user.as_ref().map_or(0, |user| user.id.0);
    match kind {
        EventKind::Left(reason) => format!("{user} left {room}: {reason}"),
        kind => format!("{user} {} {room}", kind.name().as_str()),
    }
}

#[test]
fn a_user_joins_and_leaves_once_whatever_its_connections_do() {
    let mut fixture = Fixture::new();
    fixture.join("red", 1, 1);
    fixture.join("red", 1, 1);
    // On another device.
    fixture.join("red", 2, 1);
    fixture.leave("red", 1, 1);
    fixture.leave("red", 1, 1);
    assert_eq!(fixture.told(0), ["1 joined red"]);
    // The device is lost and comes back, twice.
    for connection in 3..5 {
        fixture.lose(connection - 1, 2);
        fixture.pass(RESUME_WITHIN / 2);
        fixture.resume(2, connection);
        fixture.pass(RESUME_WITHIN * 3 / 4);
        fixture.join("red", connection, 1);
    }
    fixture.pass(RESUME_WITHIN * 2);
    assert_eq!(fixture.told(1), [""; 0]);
    fixture.leave("red", 4, 1);
    assert_eq!(fixture.told(1), ["1 left red: left", "0 room_empty red"]);
}

#[test]
fn a_user_that_does_not_come_back_has_left_when_its_session_is_over() {
    let mut fixture = Fixture::new();
    fixture.join("red", 1, 1);
    fixture.join("blue", 1, 1);
    fixture.join("blue", 2, 2);
    fixture.lose(1, 1);
    // The room's own leave follows.
    fixture.leave("red", 1, 1);
    fixture.pass(RESUME_WITHIN.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(fixture.told(3), [""; 0]);
    fixture.pass(Duration::from_secs(1));
    let mut told = fixture.told(3);
    told.sort();
    let expected = ["0 room_empty red", "1 left blue: lost", "1 left red: lost"];
    assert_eq!(told, expected);
    assert_eq!(fixture.feed.time(), 1_000 + 120_000);
}

#[test]
fn a_user_that_is_erased_while_it_is_away_has_left_and_is_not_named() {
    let mut fixture = Fixture::new();
    fixture.join("red", 1, 1);
    fixture.join("red", 2, 2);
    fixture.lose(1, 1);
    fixture.feed.forget_places(UserId(1));
    assert_eq!(fixture.told(2), ["0 left red: lost"]);
    fixture.pass(RESUME_WITHIN);
    assert_eq!(fixture.told(3), [""; 0]);
}

#[test]
fn a_client_that_resumes_and_does_not_join_again_has_left() {
    let mut fixture = Fixture::new();
    fixture.join("red", 1, 1);
    fixture.join("blue", 1, 1);
    fixture.lose(1, 1);
    fixture.resume(1, 2);
    fixture.join("blue", 2, 1);
    fixture.pass(RESUME_WITHIN);
    assert_eq!(fixture.told(2), ["1 left red: lost", "0 room_empty red"]);
    // It says goodbye.
    (fixture.feed).connection_ended(ConnectionId(2), LeaveReason::Goodbye);
    fixture.leave("blue", 2, 1);
    assert_eq!(
        fixture.told(4),
        ["1 left blue: goodbye", "0 room_empty blue"]
    );
}

#[test]
fn a_session_may_be_resumed_before_its_connection_has_ended() {
    let mut fixture = Fixture::new();
    fixture.join("red", 1, 1);
    fixture.resume(1, 2);
    fixture.join("red", 2, 1);
    fixture.lose(1, 1);
    fixture.leave("red", 2, 1);
    assert_eq!(fixture.told(1), ["1 left red: left", "0 room_empty red"]);
    fixture.pass(RESUME_WITHIN * 2);
    assert_eq!(fixture.told(3), [""; 0]);
    assert!(fixture.feed.attendance.is_empty());
}

#[test]
fn only_what_was_chosen_is_told() {
    let kinds = [EventName::Left, EventName::Said];
    let config = EventsConfig {
        selection: Selection::new(Some(&kinds), Some(vec![Pattern::new("red*")])),
        ..EventsConfig::default()
    };
    let fixture = Fixture::with(config);
    for room in ["red", "blue"] {
        fixture.join(room, 1, 1);
        fixture.leave(room, 1, 1);
        let message = NewMessage::plain(UserId(1), "hi", 5);
        let at = Position {
            epoch: Epoch(7),
            seq: Seq(1),
        };
        fixture.feed.said(&room.into(), &message, at);
    }
    fixture.feed.user_seen(UserId(1), &Name::GUEST, Vec::new());
    assert_eq!(fixture.told(0), ["1 left red: left", "1 said red"]);
    let nobody = EventsConfig {
        selection: Selection::new(Some(&[EventName::Said]), None),
        ..EventsConfig::default()
    };
    let fixture = Fixture::with(nobody);
    fixture.join("red", 1, 1);
    assert!(fixture.feed.attendance.is_empty());
}

#[test]
fn the_ring_has_the_newest_events_and_says_what_it_has_forgotten() {
    let config = EventsConfig {
        most: 3,
        keep: Duration::from_mins(1),
        ..EventsConfig::default()
    };
    let mut fixture = Fixture::with(config);
    let see = |fixture: &Fixture, id| fixture.feed.user_seen(UserId(id), &Name::GUEST, vec![]);
    (1..=5).for_each(|id| see(&fixture, id));
    let read = |fixture: &Fixture, after| {
        let read = EventsRead { after, most: 2 };
        let page = fixture.feed.read_until(read, Instant::now())?;
        let numbers: Vec<_> = page.events.iter().map(|event| event.number).collect();
        Ok::<_, EventsError>((numbers, page.newest))
    };
    // A reader that has nothing gets all that are kept.
    assert_eq!(read(&fixture, 0), Ok((vec![3, 4], 5)));
    assert_eq!(read(&fixture, 2), Ok((vec![3, 4], 5)));
    assert_eq!(read(&fixture, 4), Ok((vec![5], 5)));
    assert_eq!(read(&fixture, 5), Ok((vec![], 5)));
    let feed = fixture.feed.newest().0;
    let forgotten = EventsError::Forgotten {
        feed: Arc::clone(&feed),
        oldest: 3,
    };
    assert_eq!(read(&fixture, 1), Err(forgotten));
    let unknown = EventsError::Unknown { feed, newest: 5 };
    assert_eq!(read(&fixture, 6), Err(unknown));
    fixture.pass(Duration::from_secs(61));
    see(&fixture, 6);
    assert_eq!(read(&fixture, 0), Ok((vec![6], 6)));
}

#[test]
fn a_reader_waits_for_the_next_event() {
    let fixture = Fixture::new();
    let reader = Arc::clone(&fixture.feed);
    let until = Instant::now() + Duration::from_mins(1);
    let reader_thread = std::thread::spawn(move || {
        let read = EventsRead { after: 0, most: 9 };
        reader.read_until(read, until).unwrap().events.len()
    });
    fixture.join("red", 1, 1);
    assert_eq!(reader_thread.join().unwrap(), 1);
    // At the end of the server, nobody waits any more.
    let reader = Arc::clone(&fixture.feed);
    let reader_thread = std::thread::spawn(move || {
        let read = EventsRead { after: 1, most: 9 };
        reader.read_until(read, until).unwrap().events.len()
    });
    fixture.feed.close();
    assert_eq!(reader_thread.join().unwrap(), 0);
}

#[test]
fn after_a_kill_users_that_cannot_come_back_have_left_and_others_have_time() {
    let journal = MemoryJournal::new();
    let at = Moment::at(1_000);
    let config = EventsConfig::default();
    let feed = Feed::new(&config, Some(Arc::clone(&journal) as _), at);
    let mut fixture = Fixture { feed, now: at.now };
    for (connection, user) in [(1, 1), (2, 2), (3, 3)] {
        fixture.join("red", connection, user);
    }
    fixture.leave("red", 3, 3);
    journal.decide_next(usize::MAX);
    // This one was not kept, so nobody has seen it.
    fixture.join("blue", 2, 2);

    let journal = journal.restarted();
    let feed = Feed::new(&config, Some(Arc::clone(&journal) as _), at);
    let sessions = |user| match user {
        UserId(1) => vec![SessionId(1)],
        _ => Vec::new(),
    };
    feed.restore(journal.known().feed, RESUME_WITHIN, fixture.now, sessions);
    fixture.feed = feed;
    let told = |fixture: &Fixture, after| {
        journal.decide_next(usize::MAX);
        let (done, found) = mpsc::channel();
        let read = EventsRead { after, most: 99 };
        (fixture.feed).read(read, Box::new(move |page| done.send(page).unwrap()));
        journal.answer_next(1);
        let page = found.recv().unwrap().unwrap();
        page.events.iter().map(short).collect::<Vec<_>>()
    };
    assert_eq!(told(&fixture, 4), ["2 left red: lost"]);
    fixture.resume(1, 9);
    fixture.join("red", 9, 1);
    fixture.pass(RESUME_WITHIN * 2);
    assert_eq!(told(&fixture, 5), [""; 0]);
    fixture.leave("red", 9, 1);
    assert_eq!(told(&fixture, 5), ["1 left red: left", "0 room_empty red"]);
    assert_eq!(journal.known().feed.present, []);
}
