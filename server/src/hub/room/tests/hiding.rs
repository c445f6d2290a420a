//! The messages that a member gets if it blocks somebody, or if not everybody hears everybody in
//! its room.

use super::*;
use crate::moderation::blocked::Blocked;
use crate::shared::proximity::{Cell, NearRoom};
use guildhall_protocol::{Line, Presence};

fn blocked(ids: &[u64]) -> Arc<Blocked> {
    Arc::new(Blocked::new(ids.iter().map(|&id| (UserId(id), ""))))
}

/// A room with this many members of `guildhall.v1`.
fn of_v1(count: u64) -> Fixture {
    let mut fixture = Fixture::of(0);
    for id in 1..=count {
        fixture.join_as(id, Protocol::V1);
    }
    fixture
}

impl Fixture {
    fn block(&mut self, owner: u64, ids: &[u64]) {
        let ids = (!ids.is_empty()).then(|| blocked(ids));
        self.room.set_blocked(ConnectionId(owner), ids.as_ref());
    }

    /// The lines that a connection was sent, as their numbers and texts; "-" for a hidden one.
    fn sent(&self, id: u64) -> String {
        let connection = (self.connections.iter()).find(|connection| connection.id().0 == id);
        let lines = frame::lines(&connection.unwrap().wire().written());
        let shown = |line: &Line| {
            assert_eq!(line.hidden, line.text.is_empty());
            assert!(!line.hidden || (line.sender == 0 && line.name.is_empty()));
            let text = if line.hidden { "-" } else { &line.text };
            format!("{}{text}", line.seq)
        };
        lines.iter().map(shown).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn a_member_gets_numbers_in_place_of_lines_of_whom_it_blocks_by_one_write() {
    let mut fixture = of_v1(5);
    fixture.block(1, &[3]);
    fixture.block(2, &[3, 4, 99]);
    fixture.block(5, &[98, 99]);
    for (speaker, text) in [(3, "a"), (3, "b"), (4, "c"), (5, "d"), (3, "e")] {
        fixture.say(speaker, text);
    }
    fixture.fan_out();
    assert_eq!(fixture.sent(1), "1- 2- 3c 4d 5-");
    assert_eq!(fixture.sent(2), "1- 2- 3- 4d 5-");
    for id in 3..=5 {
        assert_eq!(fixture.sent(id), "1a 2b 3c 4d 5e");
    }
    assert_eq!(fixture.writes(), [1; 5]);
}

#[test]
fn a_block_counts_for_what_is_pending_and_its_end_as_well() {
    let mut fixture = of_v1(2);
    fixture.say(2, "a");
    fixture.block(1, &[2]);
    fixture.fan_out();
    fixture.say(2, "b");
    fixture.block(1, &[]);
    fixture.fan_out();
    assert_eq!(fixture.sent(1), "1- 2b");
    // One that leaves and comes again is a new member, and blocks nobody until that is said.
    fixture.block(1, &[2]);
    let connection = Rc::clone(&fixture.connections[0]);
    fixture.room.leave_because(&connection, LeaveReason::Left);
    fixture.join_again(&connection, Position::default());
    fixture.say(2, "c");
    fixture.fan_out();
    assert_eq!(fixture.sent(1), "1- 2b 3c");
}

#[test]
fn a_member_that_joins_between_two_lines_gets_the_second_alone_hidden_or_not() {
    let mut fixture = of_v1(1);
    fixture.say(1, "a");
    fixture.join_as(2, Protocol::V1);
    fixture.join_as(3, Protocol::V1);
    fixture.block(2, &[1]);
    fixture.say(1, "b");
    fixture.say(3, "c");
    fixture.fan_out();
    assert_eq!(fixture.sent(2), "2- 3c");
    assert_eq!(fixture.sent(3), "2b 3c");
}

#[test]
fn presence_is_told_without_the_blocked_and_once_for_all_who_block_the_same() {
    let mut fixture = of_v1(4);
    fixture.room.tell_changes();
    fixture.fan_out();
    fixture.block(1, &[5]);
    fixture.block(2, &[5, 6]);
    fixture.block(3, &[7]);
    fixture.join_as(5, Protocol::V1);
    fixture.join_as(6, Protocol::V1);
    fixture.room.tell_changes();
    fixture.fan_out();
    let told = |fixture: &Fixture, id: usize| -> Presence {
        let packets = frame::packets(&fixture.connections[id - 1].wire().written());
        let presence = packets.into_iter().rev().find_map(|packet| match packet {
            PacketBody::Presence(presence) => Some(presence),
            _ => None,
        });
        presence.unwrap()
    };
    let joined = |fixture: &Fixture, id| -> Vec<u64> {
        let presence = told(fixture, id);
        assert_eq!(presence.count, 6);
        presence.joined.iter().map(|member| member.id).collect()
    };
    assert_eq!(joined(&fixture, 1), [6]);
    assert_eq!(joined(&fixture, 2), [0; 0]);
    assert_eq!(joined(&fixture, 3), [5, 6]);
    assert_eq!(joined(&fixture, 4), [5, 6]);
    let connection = Rc::clone(&fixture.connections[4]);
    fixture.room.leave_because(&connection, LeaveReason::Left);
    fixture.room.tell_changes();
    fixture.fan_out();
    assert_eq!(told(&fixture, 1).left, [0; 0]);
    assert_eq!(told(&fixture, 4).left, [5]);
}

#[test]
fn a_member_that_is_left_out_catches_up_without_the_blocked() {
    let mut fixture = with_a_stalled_member();
    fixture.join_as(3, Protocol::V1);
    fixture.block(1, &[3]);
    for nonce in 1..=20 {
        fixture.say_v1(2, nonce);
    }
    fixture.say(3, "insult");
    fixture.fan_out();
    fixture.drained();
    fixture
        .room
        .sweep(Instant::now(), &mut NeedsDrain::default());
    fixture.say(3, "again");
    fixture.fan_out();
    let packets = fixture.drained();
    assert!(
        packets
            .iter()
            .any(|it| matches!(it, PacketBody::CatchUp(joined) if joined.members.len() == 2))
    );
    let sent = fixture.sent(1);
    assert!(sent.ends_with(" 21- 22-"), "{sent}");
}

#[test]
fn in_a_room_with_proximity_a_line_reaches_those_that_hear_it() {
    let mut fixture = Fixture::of(2);
    for id in 3..=5 {
        fixture.join_as(id, Protocol::V1);
    }
    let near = Arc::new(NearRoom::new(false));
    fixture.room.handle().set_near(Some(Arc::clone(&near)));
    near.change(|hearing| {
        for (id, x) in [(1, 0), (2, 5), (3, 1), (4, 6), (5, 9)] {
            hearing.set_cell(UserId(id), Some(Cell { x, y: 0 }));
        }
        hearing.set_hearers(UserId(3), [UserId(5)].into());
    });
    fixture.block(4, &[2]);
    fixture.say(1, "a");
    fixture.say(2, "b");
    fixture.say(3, "c");
    fixture.say(4, "d");
    fixture.fan_out();
    fixture.check(1, &[(3, "c")]);
    fixture.check(2, &[(4, "d")]);
    assert_eq!(fixture.sent(3), "1a 2- 3c 4-");
    assert_eq!(fixture.sent(4), "1- 2- 3- 4d");
    assert_eq!(fixture.sent(5), "1- 2- 3c 4-");
    assert_eq!(fixture.writes(), [1; 5]);
    fixture.room.handle().set_near(None);
    fixture.say(1, "e");
    fixture.fan_out();
    assert!(fixture.sent(5).ends_with(" 5e"));
}

#[test]
fn a_member_that_joins_a_room_with_proximity_gets_nothing_of_before() {
    let mut fixture = of_v1(1);
    let near = Arc::new(NearRoom::new(false));
    fixture.room.handle().set_near(Some(Arc::clone(&near)));
    fixture.say(1, "a");
    fixture.fan_out();
    let joined = fixture.join_as(2, Protocol::V1);
    assert!(joined.lines.is_empty() && joined.members.is_some());
    assert!(!fixture.room.may_read(Access::OPEN));
    near.set_history(true);
    assert!(fixture.room.may_read(Access::OPEN));
    let joined = fixture.join_as(3, Protocol::V1);
    assert_eq!(frame::lines(&joined.lines).len(), 1);
}
