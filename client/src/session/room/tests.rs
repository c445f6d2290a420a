use super::*;
use alloc::vec;

fn joined(first_seq: u64, last_seq: u64, resumed: bool) -> Joined {
    Joined {
        room: "hall".into(),
        epoch: 5,
        first_seq,
        last_seq,
        resumed,
        ..Joined::default()
    }
}

/// A room that was joined at these lines.
fn room(first_seq: u64, last_seq: u64) -> Room {
    let mut room = Room::new("hall");
    room.joined(joined(first_seq, last_seq, false));
    room
}

fn line(seq: u64) -> Line {
    Line {
        room: "hall".into(),
        epoch: 5,
        seq,
        ..Line::default()
    }
}

#[test]
fn a_first_join_begins_before_the_first_line() {
    for (first, last, position) in [(1, 0, 0), (1, 1, 0), (8, 9, 7), (10, 9, 9), (0, 0, 0)] {
        let mut room = Room::new("hall");
        let outcome = room.joined(joined(first, last, true));
        assert!(!outcome.resumed && !outcome.rejoined && outcome.gap.is_none());
        assert_eq!(room.view.last_seq, position);
        assert_eq!(room.view.oldest_seq, first.max(1));
    }
}

#[test]
fn a_resumed_room_never_goes_back() {
    for (first, gap, position) in [
        (8, None, 9),
        (10, None, 9),
        (13, Some(Gap { from: 10, to: 12 }), 12),
    ] {
        let mut room = room(1, 9);
        (1..=9).for_each(|seq| assert!(matches!(room.line(&line(seq)), Place::Next { .. })));
        let outcome = room.joined(joined(first, 20, true));
        assert!(outcome.resumed);
        assert_eq!((outcome.gap, room.view.last_seq), (gap, position));
        assert_eq!(room.view.oldest_seq, 1);
    }
}

#[test]
fn each_line_has_one_place() {
    let mut room = room(3, 3);
    assert!(matches!(room.line(&line(2)), Place::Known));
    assert!(matches!(room.line(&line(4)), Place::Ahead));
    assert!(matches!(room.line(&line(3)), Place::Next { replay: true }));
    assert!(matches!(room.line(&line(3)), Place::Known));
    assert!(matches!(room.line(&line(4)), Place::Next { replay: false }));
    assert!(matches!(room.line(&line(u64::MAX)), Place::Ahead));
    room.joining = Some(RequestId(9));
    assert!(matches!(room.line(&line(5)), Place::Known));
    room.joining = None;
    room.disconnected();
    assert!(matches!(room.line(&line(5)), Place::Known));
}

#[test]
fn the_largest_positions_do_not_overflow() {
    let mut room = room(u64::MAX, u64::MAX);
    assert!(matches!(room.line(&line(u64::MAX)), Place::Next { .. }));
    let outcome = room.joined(joined(u64::MAX, 0, true));
    assert_eq!(outcome.gap, None);
    assert_eq!(room.view.last_seq, u64::MAX);
}

#[test]
fn a_room_is_found_by_its_requested_name_and_its_present_one() {
    let mut room = Room::new("Hall ");
    room.view.name = "hall".into();
    assert!(room.is_called("Hall ") && room.is_called("hall") && !room.is_called("Hall"));
}

#[test]
fn a_name_that_is_too_long_is_not_kept() {
    let mut room = room(1, 0);
    let member = |length| Member {
        id: 1,
        name: "x".repeat(length),
        ..Member::default()
    };
    for (length, listed) in [(1_024, true), (1_025, false)] {
        room.member_list(&MemberList {
            room: "hall".into(),
            count: 1,
            listed: true,
            members: vec![member(length)],
        });
        assert_eq!(room.view.listed, listed);
        assert_eq!(room.view.members.is_empty(), !listed);
    }
}
