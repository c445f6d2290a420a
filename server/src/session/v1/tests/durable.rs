//! Clients of `guildhall.v1` in a durable room, with a journal that decides when it is told.

mod flagged;
mod held;

use std::time::Duration;

use super::*;
use crate::outgoing::close::Close;
use crate::policy::{Rule, Rules};
use crate::session::LOOK_AT_JOURNAL_AFTER;
use guildhall_protocol::{GoingAway, Leave};

/// How many bytes may wait for a client.
const MAX_WAITING: usize = 100_000;

/// The clients of a server with a journal, which are all in the same room.
struct World {
    journal: Arc<MemoryJournal>,
    shared: Arc<Shared>,
    clients: Vec<Client>,
}

impl World {
    /// A server with this many clients, each on a thread of its own.
    fn new(clients: usize) -> Self {
        Self::over(MemoryJournal::new(), clients)
    }

    fn over(journal: Arc<MemoryJournal>, clients: usize) -> Self {
        let shared = Shared::with_memory_journal(clients, RoomLimits::default(), &journal);
        let clients = (0..clients).map(|thread| {
            let mut client = Client::connect_with(&shared, thread, MAX_WAITING);
            client.journal = Some(Arc::clone(&journal));
            client.hello(1, &[]);
            client.join(2);
            client.take();
            client
        });
        let clients = clients.collect();
        // The records of the users and their sessions.
        journal.decide_next(usize::MAX);
        Self {
            journal,
            shared,
            clients,
        }
    }

    /// Decides what waits, and sends what follows from it.
    fn decide(&mut self) {
        self.journal.decide_next(usize::MAX);
        for client in &mut self.clients {
            client.hub.fan_out(Instant::now());
        }
    }
}

impl Client {
    fn say(&mut self, id: u64, text: &str) -> Handled<Request> {
        self.say_in("red", id, text)
    }

    fn say_in(&mut self, room: &str, id: u64, text: &str) -> Handled<Request> {
        let say = Say {
            room: room.into(),
            text: text.into(),
            ..Say::default()
        };
        self.handle(Request {
            id,
            ask: Some(RequestBody::Say(say)),
        })
    }

    /// Says something that is handed to the journal.
    fn said(&mut self, id: u64, text: &str) {
        let handled = self.say(id, text);
        assert!(matches!(handled, Handled::Done), "{handled:?}");
    }

    /// Everything that the client was sent since the last call, in short, presence aside.
    fn take(&mut self) -> Vec<String> {
        let wire = self.session.connection.wire();
        let sent = frame::packets(&wire.take_written());
        let shown = sent.into_iter().filter_map(|body| match body {
            PacketBody::Line(line) => Some(format!("{} {}", line.seq, line.text)),
            PacketBody::Reply(Reply { id, result }) => Some(match result.unwrap() {
                ReplyResult::Error(error) => format!("{id} {:?}", error.code()),
                ReplyResult::Repeated(_) => format!("{id} repeated"),
                ReplyResult::Joined(joined) => format!("{id} joined {}", joined.last_seq),
                ReplyResult::Left(_) => format!("{id} left"),
                other => format!("{id} {other:?}"),
            }),
            PacketBody::CatchUp(joined) => Some(format!("up to {}", joined.last_seq)),
            _ => None,
        });
        shown.collect()
    }
}

#[track_caller]
fn check_waits(handled: &Handled<Request>) {
    let is_later = matches!(handled, Handled::After(after, _) if *after == LOOK_AT_JOURNAL_AFTER);
    assert!(is_later, "{handled:?}");
}

#[test]
fn a_line_is_seen_when_it_is_kept_and_not_before() {
    let mut world = World::new(3);
    world.clients[0].said(3, "hi");
    for client in &mut world.clients {
        client.hub.fan_out(Instant::now());
        assert!(client.take().is_empty());
    }
    world.decide();
    for client in &mut world.clients {
        assert_eq!(client.take(), ["1 hi"], "the speaker's own copy included");
    }
}

#[test]
fn lines_of_two_threads_have_one_order_for_all() {
    let mut world = World::new(2);
    for id in 3..9 {
        world.clients[0].said(id, "a");
        world.clients[1].said(id, "b");
    }
    world.journal.decide_next(5);
    world.decide();
    let [one, two] = [0, 1].map(|client: usize| world.clients[client].take());
    assert_eq!(one.len(), 12);
    assert_eq!(one, two);
}

#[test]
fn a_repeat_of_a_line_that_waits_waits_with_it() {
    let mut world = World::new(1);
    world.clients[0].said(3, "hi");
    check_waits(&world.clients[0].say(3, "hi"));
    // Nor is it new in another room, or refused because of what it says now.
    check_waits(&world.clients[0].say_in("elsewhere", 3, "hi"));
    check_waits(&world.clients[0].say(3, ""));
    // Looking again and again costs nothing of what the client may say.
    let long = "x".repeat(4_000);
    for _ in 0..200 {
        check_waits(&world.clients[0].say(3, &long));
    }
    world.decide();
    world.clients[0].said(3, "hi");
    assert_eq!(world.clients[0].take(), ["1 hi", "3 repeated"]);
}

#[test]
fn a_resumed_session_sends_again_what_waited_when_it_was_lost() {
    let mut world = World::new(2);
    let secret = world.clients[0].welcomed().session.secret.to_vec();
    world.clients[0].said(3, "kept");
    world.clients[0].said(4, "not kept");
    let lost = &mut world.clients[0];
    lost.session.end(&mut lost.hub, Instant::now());
    let mut resumed = Client::connect(&world.shared, 1);
    resumed.hello(5, &secret);
    resumed.join(6);
    check_waits(&resumed.say(3, "kept"));
    world.journal.decide_next(1);
    world.journal.fail();
    world.journal.decide_next(1);
    world.journal.heal();
    resumed.said(3, "kept");
    resumed.said(4, "not kept");
    world.journal.decide_next(1);
    resumed.hub.fan_out(Instant::now());
    let sent = resumed.take();
    assert_eq!(
        sent[sent.len() - 3..],
        ["3 repeated", "1 kept", "2 not kept"]
    );
}

#[test]
fn a_line_that_the_disk_knows_already_is_repeated() {
    let mut world = World::new(1);
    world.clients[0].said(3, "hi");
    world.decide();
    // The session with the same number does not know what it has said.
    let mut world = World::over(world.journal.restarted(), 1);
    world.clients[0].said(3, "hi");
    world.decide();
    assert_eq!(world.clients[0].take(), ["3 repeated"]);
    world.clients[0].said(3, "hi");
    assert_eq!(world.clients[0].take(), ["3 repeated"]);
}

#[test]
fn a_line_that_is_not_kept_is_refused_and_later_ones_wait_for_it() {
    let mut world = World::new(2);
    world.journal.fail();
    world.clients[0].said(3, "a");
    world.decide();
    assert_eq!(world.clients[0].take(), ["3 Unavailable"]);
    world.journal.heal();
    world.clients[0].said(4, "b");
    assert_eq!(world.clients[0].take(), ["4 RateLimited"]);
    world.clients[0].said(3, "a");
    world.clients[0].said(4, "b");
    world.decide();
    assert_eq!(world.clients[0].take(), ["1 a", "2 b"]);
    assert_eq!(world.clients[1].take(), ["1 a", "2 b"]);
}

#[test]
fn the_error_for_a_line_that_is_not_kept_says_where_and_when_to_try_again() {
    let mut world = World::new(1);
    world.journal.fail();
    world.clients[0].said(3, "a");
    world.decide();
    let sent = frame::packets(&world.clients[0].session.connection.wire().take_written());
    let Some(PacketBody::Reply(Reply {
        id: 3,
        result: Some(ReplyResult::Error(error)),
    })) = sent.last()
    else {
        panic!("no error: {sent:?}");
    };
    assert_eq!(error.arguments, ["red"]);
    assert!(error.temporary && error.retry_after > 0);
}

#[test]
fn a_line_that_is_not_kept_does_not_use_up_the_turn_of_slow_mode() {
    let mut world = World::new(1);
    let slow = Rule {
        slow_mode: Duration::from_hours(1),
        ..Rule::clone(world.shared.rules().0.of("red"))
    };
    world.shared.set_rules(Rules::new(vec![slow]));
    world.clients[0].hub.take_rules();
    world.journal.fail();
    world.clients[0].said(3, "a");
    world.decide();
    world.journal.heal();
    world.clients[0].take();
    world.clients[0].said(3, "a");
    world.decide();
    assert_eq!(world.clients[0].take(), ["1 a"]);
    world.clients[0].said(4, "b");
    assert_eq!(world.clients[0].take(), ["4 SlowMode"]);
}

#[test]
fn a_client_that_leaves_or_joins_again_waits_for_its_own_lines() {
    let mut world = World::new(2);
    world.clients[1].said(3, "another's");
    world.clients[0].said(3, "hi");
    let ask = |client: &mut Client, id, body| {
        client.handle(Request {
            id,
            ask: Some(body),
        })
    };
    let leave = RequestBody::Leave(Leave { room: "red".into() });
    let join = RequestBody::Join(Join {
        room: "red".into(),
        ..Join::default()
    });
    check_waits(&ask(&mut world.clients[0], 4, leave.clone()));
    check_waits(&ask(&mut world.clients[0], 4, join.clone()));
    world.journal.decide_next(9);
    // The lines come first, also if the thread has not taken them yet.
    let handled = ask(&mut world.clients[0], 4, join);
    assert!(matches!(handled, Handled::Done));
    world.clients[0].said(5, "bye");
    world.journal.decide_next(9);
    let handled = ask(&mut world.clients[0], 6, leave);
    assert!(matches!(handled, Handled::Done));
    world.decide();
    let sent = world.clients[0].take();
    let replayed = ["1 another's", "2 hi"];
    assert_eq!(sent[..2], replayed);
    assert_eq!(sent[2], "4 joined 2");
    assert_eq!(sent[3..5], replayed);
    assert_eq!(sent[5..], ["3 bye", "6 left"]);
}

#[test]
fn lines_of_a_connection_that_ends_are_said_all_the_same() {
    let mut world = World::new(2);
    world.clients[0].said(3, "last words");
    let lost = &mut world.clients[0];
    let id = lost.session.connection.id();
    lost.session.say_goodbye(&mut lost.hub, Instant::now());
    lost.hub.disconnect(id);
    world.decide();
    assert_eq!(world.clients[1].take(), ["1 last words"]);
}

#[test]
fn a_member_that_is_removed_is_told_what_became_of_its_lines() {
    let mut world = World::new(1);
    world.clients[0].said(3, "decided");
    world.journal.decide_next(1);
    world.clients[0].said(4, "not decided");
    let client = &mut world.clients[0];
    let room = Rc::clone(&client.welcomed().rooms[0].room);
    let connection = Rc::clone(&client.session.connection);
    // A decided line is in the thread's inbox.
    client.hub.leave(&room, &connection, Instant::now());
    world.decide();
    assert_eq!(world.clients[0].take(), ["3 repeated", "4 repeated"]);
}

#[test]
fn whoever_says_too_much_or_finds_the_journal_full_waits() {
    let mut world = World::new(2);
    for id in 3..67 {
        world.clients[0].said(id, "hi");
    }
    check_waits(&world.clients[0].say(67, "hi"));
    world.clients[1].said(3, "undisturbed");
    world.journal.decide_next(1);
    world.clients[0].said(67, "hi");
    world.journal.set_full_at(64);
    check_waits(&world.clients[1].say(4, "full"));
    world.decide();
    world.clients[1].said(4, "full");
}

#[test]
fn a_speaker_that_is_left_out_gets_its_answer() {
    let mut world = World::new(2);
    // Its wire takes nothing, so that its outbox is soon half full.
    world.clients[0].session.connection.wire().take(0);
    let text = "x".repeat(4_000);
    let mut id = 3;
    while !world.clients[0].session.connection.is_behind() {
        world.clients[1].said(id, &text);
        world.decide();
        id += 1;
    }
    world.clients[0].said(3, "am I heard?");
    world.clients[1].said(id, "yes");
    world.decide();
    world.clients[0].session.connection.wire().take(usize::MAX);
    let _ = world.clients[0].session.connection.drain(Instant::now());
    let sent = world.clients[0].take();
    assert_eq!(sent.last().unwrap(), "3 repeated");
}

#[test]
fn the_end_of_the_server_decides_all_and_tells_it_before_it_closes() {
    use crate::journal::Journal as _;
    let mut world = World::new(2);
    world.clients[0].said(3, "last");
    world.journal.close();
    world.clients[1].said(3, "too late");
    world.journal.decide_next(9);
    for client in &mut world.clients {
        client.hub.go_away(1_500, Instant::now());
    }
    let written = world.clients[0].session.connection.wire().written();
    assert!(written.ends_with(&Close::GOING_AWAY.frame()));
    let frames = written.len() - Close::GOING_AWAY.frame().len();
    let packets = frame::packets(&written[..frames]);
    assert!(matches!(&packets[0], PacketBody::Line(line) if line.text == "last"));
    let going = GoingAway {
        return_within: 1_500,
    };
    assert_eq!(packets[1..], [PacketBody::GoingAway(going)]);
}
