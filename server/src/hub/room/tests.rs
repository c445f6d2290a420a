//! The messages that the subscribers of one room get. [`hiding`] has those that some of them do
//! not get.

mod hiding;

use super::*;
use crate::events::LeaveReason;
use crate::ids::{RequestId, Seq};
use crate::network::Network;
use crate::outgoing::frame;
use crate::outgoing::test_wire::TestWire;
use crate::shared::{RoomLimits, Shared};
use guildhall_protocol::{Packet, PacketBody, Protocol, ReplyResult};

struct Fixture {
    room: Room<TestWire>,
    connections: Vec<Rc<Connection<TestWire>>>,
}

impl Fixture {
    fn of(count: u64) -> Self {
        let mut fixture = Self {
            room: Self::room(),
            connections: Vec::new(),
        };
        for id in 1..=count {
            fixture.join(id);
        }
        fixture
    }

    fn room() -> Room<TestWire> {
        let shared = Shared::new(1, RoomLimits::default());
        let (rules, version) = shared.rules();
        let rule = Arc::clone(rules.of("red"));
        let now = Instant::now();
        let handle = shared.open_room("red", 0, Network::LOOPBACK, &rule, None, now);
        Room::new(handle.unwrap(), rule, version)
    }

    fn join(&mut self, id: u64) {
        self.join_as(id, Protocol::Tutorial);
    }

    fn join_as(&mut self, id: u64, protocol: Protocol) -> JoinSnapshot {
        let wire = TestWire::open();
        let connection = Rc::new(Connection::new(
            ConnectionId(id),
            protocol,
            wire,
            20_000,
            Instant::now(),
        ));
        self.connections.push(Rc::clone(&connection));
        self.join_again(&connection, Position::default())
    }

    fn join_again(
        &mut self,
        connection: &Rc<Connection<TestWire>>,
        position: Position,
    ) -> JoinSnapshot {
        let joining = Joining {
            id: connection.id().user_id(),
            name: &Name::GUEST,
            rights: &Rights::default(),
            position,
        };
        let joined = (self.room).join(connection, joining, Access::OPEN, 9, None, Moment::at(1));
        joined.unwrap()
    }

    fn say(&mut self, speaker: u64, text: &str) {
        let message = NewMessage::plain(UserId(speaker), text, 1);
        self.room.say(ConnectionId(speaker), None, &message);
    }

    fn fan_out(&mut self) -> Vec<u64> {
        let mut needs_drain = NeedsDrain::default();
        self.room.fan_out(Instant::now(), &mut needs_drain);
        needs_drain.take().iter().map(|one| one.id().0).collect()
    }

    /// Checks what connection `id` was sent, as pairs of a speaker and a text.
    #[track_caller]
    fn check(&self, id: u64, expected: &[(u64, &str)]) {
        let mut bytes = Vec::new();
        for &(speaker, text) in expected {
            bytes.extend(frame::packet(&Packet::chat(speaker, text)));
        }
        let connection = self
            .connections
            .iter()
            .find(|connection| connection.id().0 == id);
        assert_eq!(
            connection.unwrap().wire().written(),
            bytes,
            "connection {id}"
        );
    }

    fn writes(&self) -> Vec<usize> {
        let writes = self
            .connections
            .iter()
            .map(|connection| connection.wire().writes());
        writes.collect()
    }
}

#[test]
fn a_fan_out_is_one_write_without_a_speakers_own_lines() {
    let mut fixture = Fixture::of(4);
    assert!(!fixture.room.has_pending());
    fixture.say(1, "a");
    assert!(fixture.room.has_pending());
    fixture.say(2, "b");
    fixture.say(2, "c");
    fixture.say(1, "d");
    assert!(fixture.fan_out().is_empty());
    fixture.check(1, &[(2, "b"), (2, "c")]);
    fixture.check(2, &[(1, "a"), (1, "d")]);
    let all = [(1, "a"), (2, "b"), (2, "c"), (1, "d")];
    fixture.check(3, &all);
    fixture.check(4, &all);
    assert_eq!(fixture.writes(), [1, 1, 1, 1]);
}

#[test]
fn a_speaker_gets_no_write_if_no_other_client_speaks() {
    let mut fixture = Fixture::of(2);
    fixture.say(1, "a");
    fixture.say(1, "b");
    fixture.fan_out();
    fixture.check(1, &[]);
    fixture.check(2, &[(1, "a"), (1, "b")]);
    assert_eq!(fixture.writes(), [0, 1]);
}

#[test]
fn a_fan_out_leaves_nothing_pending() {
    let mut fixture = Fixture::of(2);
    fixture.say(1, "a");
    fixture.fan_out();
    fixture.fan_out();
    assert!(!fixture.room.has_pending());
    fixture.say(2, "b");
    fixture.fan_out();
    fixture.check(1, &[(2, "b")]);
    fixture.check(2, &[(1, "a")]);
}

#[test]
fn a_client_that_joins_gets_only_later_lines() {
    let mut fixture = Fixture::of(1);
    fixture.say(1, "before");
    fixture.join(2);
    fixture.say(1, "after");
    fixture.say(2, "mine");
    fixture.fan_out();
    fixture.check(2, &[(1, "after")]);
    fixture.check(1, &[(2, "mine")]);
}

#[test]
fn the_last_line_of_a_client_that_left_is_sent() {
    let mut fixture = Fixture::of(3);
    fixture.say(1, "bye");
    fixture.say(3, "wait");
    let leaver = Rc::clone(&fixture.connections[0]);
    fixture.room.leave_because(&leaver, LeaveReason::Left);
    fixture.fan_out();
    fixture.check(1, &[]);
    fixture.check(2, &[(1, "bye"), (3, "wait")]);
    fixture.check(3, &[(1, "bye")]);
    assert_eq!(fixture.room.len(), 2);
}

#[test]
fn a_stalled_connection_delays_no_other() {
    let mut fixture = Fixture::of(3);
    fixture.connections[1].wire().take(5);
    fixture.say(1, "one");
    assert_eq!(fixture.fan_out(), [2], "only connection 2 needs a drain");
    fixture.say(1, "two");
    assert!(fixture.fan_out().is_empty(), "its drain was begun before");
    fixture.check(3, &[(1, "one"), (1, "two")]);
    fixture.connections[1].wire().take(usize::MAX);
    assert!(fixture.connections[1].drain(Instant::now()));
    fixture.check(2, &[(1, "one"), (1, "two")]);
}

#[test]
fn a_room_is_busy_until_its_fan_out() {
    let mut fixture = Fixture::of(2);
    let text = "x".repeat(16_000);
    while !fixture.room.is_busy() {
        fixture.say(1, &text);
    }
    fixture.fan_out();
    assert!(!fixture.room.is_busy());
}

/// The texts that connection `id`, which speaks `guildhall.v1`, was sent.
fn lines(fixture: &Fixture, id: u64) -> Vec<String> {
    let connection = fixture
        .connections
        .iter()
        .find(|connection| connection.id().0 == id);
    let lines = frame::lines(&connection.unwrap().wire().written());
    lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn both_protocols_get_the_same_lines_in_the_same_order() {
    let mut fixture = Fixture::of(2);
    fixture.join_as(3, Protocol::V1);
    fixture.join_as(4, Protocol::V1);
    fixture.say(1, "a");
    fixture.say(3, "b");
    fixture.say(2, "c");
    fixture.fan_out();
    fixture.check(1, &[(3, "b"), (2, "c")]);
    fixture.check(2, &[(1, "a"), (3, "b")]);
    assert_eq!(
        lines(&fixture, 3),
        ["a", "b", "c"],
        "its own line is among them"
    );
    assert_eq!(lines(&fixture, 4), ["a", "b", "c"]);
    assert_eq!(fixture.writes(), [1, 1, 1, 1]);
}

#[test]
fn a_client_that_joins_again_gets_each_line_once() {
    let mut fixture = Fixture::of(1);
    let snapshot = fixture.join_as(2, Protocol::V1);
    fixture.say(1, "a");
    fixture.fan_out();
    fixture.say(1, "b");
    let connection = Rc::clone(&fixture.connections[1]);
    let position = Position {
        epoch: snapshot.epoch,
        seq: Seq(1),
    };
    let again = fixture.join_again(&connection, position);
    assert_eq!((again.first.0, again.last.0, again.count), (2, 2, 2));
    fixture.say(1, "c");
    fixture.fan_out();
    // "b" was in the snapshot.
    assert_eq!(lines(&fixture, 2), ["a", "c"]);
    assert_eq!(fixture.room.len(), 2);
}

#[test]
fn changes_are_sent_only_to_clients_that_understand_them() {
    let mut fixture = Fixture::of(2);
    assert!(!fixture.room.has_changes());
    fixture.join_as(3, Protocol::V1);
    assert!(fixture.room.has_changes());
    fixture.room.tell_changes();
    assert!(!fixture.room.has_changes());
    fixture.fan_out();
    assert_eq!(fixture.writes(), [0, 0, 1]);
}

/// A room whose members keep at most 20,000 bytes. The first one is stalled.
fn with_a_stalled_member() -> Fixture {
    let mut fixture = Fixture::of(0);
    for id in 1..=2 {
        fixture.join_as(id, Protocol::V1);
    }
    fixture.connections[0].wire().take(0);
    fixture
}

impl Fixture {
    /// Says a line of 1,000 bytes over this connection, and fans out.
    fn say_v1(&mut self, speaker: u64, nonce: u64) {
        let text = "x".repeat(1_000);
        let message = NewMessage {
            nonce: RequestId(nonce),
            ..NewMessage::plain(UserId(speaker), &text, 1)
        };
        self.room.say(ConnectionId(speaker), None, &message);
        self.fan_out();
    }

    /// The packets that the first member was sent, once its socket takes everything.
    fn drained(&self) -> Vec<PacketBody> {
        let connection = &self.connections[0];
        connection.wire().take(usize::MAX);
        assert!(connection.drain(Instant::now()));
        frame::packets(&connection.wire().written())
    }
}

#[test]
fn a_member_that_is_behind_is_left_out_and_catches_up() {
    let mut fixture = with_a_stalled_member();
    for nonce in 1..=100 {
        fixture.say_v1(2, nonce);
    }
    assert!(fixture.room.has_left_out());
    assert!(!fixture.connections[0].is_closed());
    let lines = fixture.drained().len() as u64;
    assert!((8..15).contains(&lines), "{lines} of 1,000 bytes in 10,000");
    // Nothing is said, and it catches up all the same.
    fixture.fan_out();
    assert!(fixture.room.has_left_out());
    fixture
        .room
        .sweep(Instant::now(), &mut NeedsDrain::default());
    assert!(!fixture.room.has_left_out());
    let packets = fixture.drained().split_off(usize::try_from(lines).unwrap());
    let PacketBody::CatchUp(joined) = &packets[0] else {
        panic!("{packets:?}");
    };
    assert_eq!((joined.count, joined.members.len()), (2, 2));
    // A quarter of 20,000 bytes of lines follow, and the others are in the gap.
    assert_eq!(joined.last_seq, 100);
    assert_eq!(packets.len() as u64, 1 + 100 + 1 - joined.first_seq);
    assert!((3..=5).contains(&(packets.len() - 1)));
    let gap = joined.gap.as_ref().map(|gap| (gap.from, gap.to));
    assert_eq!(gap, Some((lines + 1, joined.first_seq - 1)));
    fixture.say_v1(2, 101);
    let last = fixture.drained().pop();
    assert!(matches!(last, Some(PacketBody::Line(line)) if line.seq == 101));
}

#[test]
fn a_say_of_a_member_that_is_left_out_is_answered() {
    let mut fixture = with_a_stalled_member();
    for nonce in 1..=20 {
        fixture.say_v1(2, nonce);
    }
    // Its own line would be the answer, and it is left out.
    fixture.say_v1(1, 7);
    let answer = fixture.drained().pop();
    let Some(PacketBody::Reply(reply)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(reply.id, 7);
    assert!(matches!(reply.result, Some(ReplyResult::Repeated(_))));
}

#[test]
fn a_member_that_leaves_or_joins_again_is_not_left_out_any_more() {
    let mut fixture = with_a_stalled_member();
    let connection = Rc::clone(&fixture.connections[0]);
    for nonce in 1..=20 {
        fixture.say_v1(2, nonce);
    }
    assert!(fixture.room.has_left_out());
    fixture.join_again(&connection, Position::default());
    assert!(!fixture.room.has_left_out());
    fixture.say_v1(2, 21);
    assert!(fixture.room.has_left_out());
    fixture.room.leave_because(&connection, LeaveReason::Left);
    assert!(!fixture.room.has_left_out());
}
