use super::*;

#[test]
fn lines_are_numbered_in_their_order_and_there_after_a_restart() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    let store = folder.open();
    for nonce in 1..=3 {
        let said = hall.said(&store, line("hall", nonce, &format!("text {nonce}")));
        assert_eq!((said.epoch, said.seq), (5, nonce));
    }
    drop(store);

    let store = folder.open();
    let kept = kept_room(&store, "hall", 10, 1 << 20).unwrap();
    assert_eq!((kept.epoch, kept.last), (Epoch(5), Seq(3)));
    let expected = Line {
        epoch: 5,
        seq: 2,
        ..line("hall", 2, "text 2")
    };
    assert_eq!(kept.lines[1], expected);
    assert_eq!(hall.said(&store, line("hall", 4, "on")).seq, 4);
    assert!(kept_room(&store, "tower", 10, 1 << 20).is_none());
}

#[test]
fn all_that_a_line_has_is_kept() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    let store = folder.open();
    hall.said(&store, line("hall", 1, "first"));
    let whole = Line {
        action: true,
        session: 9,
        user: "42".into(),
        info: "{\"guild\":1}".into(),
        reply_to: 1,
        ..line("hall", i64::MAX.cast_unsigned(), "waves")
    };
    hall.said(&store, whole.clone());
    let kept = kept_lines(&store, from(2), 10);
    let expected = Line {
        epoch: 5,
        seq: 2,
        ..whole
    };
    assert_eq!(frame::lines(&kept.frames), [expected]);
}

#[test]
fn a_line_that_is_said_again_is_kept_once_also_after_a_restart() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    let store = folder.open();
    // All in one transaction, or in several.
    for nonce in [1, 2, 1, 3, 2] {
        hall.hand_over(&store, line("hall", nonce, "hi"));
    }
    let decisions = hall.decisions(5);
    let numbers = decisions.iter().map(|decision| match decision {
        Decision::Stored { line, .. } => line.seq,
        Decision::Repeated => 0,
        other => panic!("{other:?}"),
    });
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2, 0, 3, 0]);
    drop(store);

    let store = folder.open();
    let again = hall.say(&store, line("hall", 3, "hi"));
    assert!(matches!(again, Decision::Repeated), "{again:?}");
    // Another session has numbers of its own, and tutorial clients have none.
    let other = Line {
        session: 8,
        ..line("hall", 3, "hi")
    };
    assert_eq!(hall.said(&store, other).seq, 4);
    for seq in [5, 6] {
        assert_eq!(hall.said(&store, line("hall", 0, "hi")).seq, seq);
    }
}

#[test]
fn each_room_has_its_own_numbers() {
    let folder = TestFolder::new();
    let store = folder.open();
    let rooms = ["hall", "tower"].map(|name| TestRoom::new(name, 5));
    for nonce in 1..=100 {
        for (session, room) in (1..).zip(&rooms) {
            let line = Line {
                session,
                ..line(&room.name, nonce, "hi")
            };
            room.hand_over(&store, line);
        }
    }
    for room in &rooms {
        let numbers = room.decisions(100).into_iter().map(|line| stored(line).seq);
        assert!(numbers.eq(1..=100));
    }
}

#[test]
fn a_room_of_another_epoch_is_told_that_it_fails() {
    let folder = TestFolder::new();
    let store = folder.open();
    TestRoom::new("hall", 5).said(&store, line("hall", 1, "hi"));
    let decision = TestRoom::new("hall", 6).say(&store, line("hall", 2, "hi"));
    assert!(matches!(decision, Decision::Failed(_)), "{decision:?}");
    let other = page(&store, Epoch(6), from(1), 10, 1 << 20);
    assert_eq!((other.epoch, other.count), (Epoch(5), 0));
}

#[test]
fn pages_are_bounded_by_lines_and_bytes() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    let store = folder.open();
    for nonce in 1..=10 {
        hall.hand_over(&store, line("hall", nonce, "text"));
    }
    hall.decisions(10);
    let check = |which, most, expected: &[u64], more| {
        let kept = kept_lines(&store, which, most);
        assert_eq!(numbers(&kept), expected, "{which:?}");
        assert_eq!(kept.more, more, "{which:?}");
        assert_eq!(kept.oldest, Seq(1));
        if let Some(&first) = expected.first() {
            assert_eq!(kept.first, Seq(first));
        }
    };
    check(before(0), 3, &[8, 9, 10], true);
    check(before(4), 3, &[1, 2, 3], false);
    check(before(4), 2, &[2, 3], true);
    check(before(1), 2, &[], false);
    check(before(99), 1, &[10], true);
    check(from(1), 3, &[1, 2, 3], true);
    check(from(9), 3, &[9, 10], false);
    check(from(11), 3, &[], false);
    let length = kept_lines(&store, from(1), 1).frames.len();
    let bounded = |which, bytes| numbers(&page(&store, Epoch(5), which, 10, bytes));
    assert_eq!(bounded(before(0), 2 * length), [9, 10]);
    assert_eq!(bounded(from(1), 2 * length + 1), [1, 2]);
    // One at least.
    assert_eq!(bounded(before(0), 1), [10]);
    let room = kept_room(&store, "hall", 10, 3 * length).unwrap();
    assert_eq!(room.lines.len(), 3);
    assert_eq!(kept_room(&store, "hall", 0, 1 << 20).unwrap().last, Seq(10));
}

#[test]
fn pages_are_found_by_time() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    let store = folder.open();
    for nonce in 1..=9 {
        let line = Line {
            time: START + nonce * 10,
            ..line("hall", nonce, "text")
        };
        hall.hand_over(&store, line);
    }
    hall.decisions(9);
    let newest = |before_time, after_time, most| {
        let which = Which::NewestBefore {
            seq: Seq(0),
            before_time,
            after_time,
        };
        let kept = kept_lines(&store, which, most);
        (numbers(&kept), kept.more)
    };
    assert_eq!(newest(START + 40, 0, 2), (vec![2, 3], true));
    assert_eq!(newest(START + 41, START + 20, 9), (vec![2, 3, 4], false));
    assert_eq!(newest(START, 0, 9), (vec![], false));
    let oldest = |before_time, after_time, most| {
        let which = Which::OldestFrom {
            seq: Seq(0),
            before_time,
            after_time,
        };
        let kept = kept_lines(&store, which, most);
        (numbers(&kept), kept.more)
    };
    assert_eq!(oldest(0, START + 75, 1), (vec![8], true));
    assert_eq!(oldest(START + 60, START + 31, 9), (vec![4, 5], false));
    assert_eq!(oldest(0, START + 91, 9), (vec![], false));
}

#[test]
fn a_clock_that_goes_back_changes_no_order() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    let store = folder.open();
    for (nonce, time) in [(1, START + 500), (2, START), (3, START + 1)] {
        let line = Line {
            time,
            ..line("hall", nonce, "text")
        };
        assert_eq!(hall.said(&store, line).seq, nonce);
    }
    assert_eq!(numbers(&kept_lines(&store, before(0), 9)), [1, 2, 3]);
}

#[test]
fn what_comes_after_the_end_is_refused() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    let store = folder.open();
    hall.hand_over(&store, line("hall", 1, "last"));
    store.close();
    assert_eq!(stored(hall.decisions(1).remove(0)).seq, 1);
    let late = hall.say(&store, line("hall", 2, "late"));
    assert!(
        matches!(late, Decision::Failed(Failure::Closed)),
        "{late:?}"
    );
    let room = Read::Room {
        room: "hall".into(),
        most: 1,
        bytes: 1,
    };
    assert_eq!(read(&store, room).unwrap_err(), Failure::Closed);
    assert_eq!(put(&store, Vec::new()), Err(Failure::Closed));
    // The folder is free, though the value is still there.
    assert!(!folder.open().is_full());
}
