use std::time::{SystemTime, UNIX_EPOCH};

use super::*;
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::{SessionRow, UserRow};
use crate::policy::{Keep, Pattern, Rule, Rules};

fn rules(pattern: &str, keep: Keep) -> Arc<Rules> {
    Arc::new(Rules::new(vec![Rule {
        keep,
        ..Rule::open(Pattern::new(pattern))
    }]))
}

fn keep_lines(lines: usize) -> Keep {
    Keep {
        lines: Some(lines),
        ..Keep::default()
    }
}

/// Waits until a room has forgotten its lines before this number.
fn wait_for_oldest(store: &Store, oldest: u64) {
    while kept_lines(store, from(1), 1).oldest != Seq(oldest) {
        std::thread::yield_now();
    }
}

#[test]
fn a_room_forgets_what_its_rule_does_not_keep_and_its_numbers_go_on() {
    let folder = TestFolder::new();
    let store = folder.open();
    let rooms = ["hall", "tower"].map(|name| TestRoom::new(name, 5));
    let session = SessionRow {
        id: SessionId(7),
        user: UserId(7),
        secret: [9; 16],
    };
    let user = UserRow {
        id: UserId(7),
        account: None,
        chosen: None,
        claimed: None,
        info: "".into(),
    };
    put(&store, vec![Row::User(user), Row::Session(session)]).unwrap();
    for room in &rooms {
        for nonce in 1..=1_000 {
            let session = if &*room.name == "hall" { 0 } else { 8 };
            let line = Line {
                session,
                ..line(&room.name, nonce, "text")
            };
            room.hand_over(&store, line);
        }
        room.decisions(1_000);
    }
    let [hall, tower] = rooms;
    hall.said(&store, change(1_001, 1, ChangeKind::Reacted, "a"));
    hall.said(&store, change(1_002, 1, ChangeKind::Edited, "new"));
    store.set_rules(&rules("hall", keep_lines(10)));
    wait_for_oldest(&store, 993);
    assert_eq!(kept_lines(&store, before(0), 99).count, 10);
    assert_eq!((folder.count("reaction"), folder.count("version")), (0, 0));
    // The other room has no such rule.
    assert_eq!(
        kept_room(&store, "tower", 2_000, 1 << 20)
            .unwrap()
            .lines
            .len(),
        1_000
    );
    // A line that is forgotten cannot be changed.
    let late = hall.say(&store, change(1_003, 1, ChangeKind::Removed, ""));
    assert!(matches!(late, Decision::Refused(_)), "{late:?}");
    assert_eq!(hall.said(&store, line("hall", 1_004, "on")).seq, 1_003);
    assert_eq!(tower.said(&store, line("tower", 1_005, "on")).seq, 1_001);

    // All its lines are too old, and still no number is used twice.
    let keep = Keep {
        age: Some(Duration::from_hours(1)),
        ..Keep::default()
    };
    store.set_rules(&rules("hall", keep));
    wait_for_oldest(&store, 1_004);
    drop(store);
    let (store, known) = folder.open_with(&options());
    assert_eq!(known.sessions[0].highest, RequestId(1_005));
    let kept = kept_room(&store, "hall", 10, 1 << 20).unwrap();
    assert_eq!((kept.last, kept.lines.len()), (Seq(1_003), 0));
    assert_eq!(hall.said(&store, line("hall", 1_006, "on")).seq, 1_004);
    drop(store);
    assert_eq!(
        super::super::check(folder.path()).unwrap().problems,
        [""; 0]
    );
}

#[test]
fn old_lines_are_forgotten_up_to_the_first_that_is_not_old() {
    let folder = TestFolder::new();
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_millis()).unwrap();
    let hour = 3_600_000;
    for (nonce, time) in [
        (1, now - 3 * hour),
        (2, now - 2 * hour),
        (3, now),
        (4, START),
    ] {
        let line = Line {
            time,
            ..line("hall", nonce, "text")
        };
        hall.said(&store, line);
    }
    let keep = Keep {
        age: Some(Duration::from_hours(1)),
        ..Keep::default()
    };
    store.set_rules(&rules("hall", keep));
    wait_for_oldest(&store, 3);
    assert_eq!(numbers(&kept_lines(&store, from(1), 9)), [3, 4]);
}

#[test]
fn the_place_of_what_is_forgotten_is_used_again() {
    let folder = TestFolder::new();
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    let say = |nonces: std::ops::RangeInclusive<u64>| {
        let count = nonces.clone().count();
        for nonce in nonces {
            hall.hand_over(&store, line("hall", nonce, &"x".repeat(1_000)));
        }
        hall.decisions(count);
    };
    let pages = || -> u64 {
        (folder
            .shell()
            .query_row("PRAGMA page_count", [], |row| row.get(0)))
        .unwrap()
    };
    say(1..=2_000);
    store.set_rules(&rules("hall", keep_lines(100)));
    wait_for_oldest(&store, 1_901);
    let before = pages();
    say(2_001..=3_500);
    assert!(pages() <= before + 10, "{} after {before}", pages());
}

#[test]
fn what_a_room_has_that_keeps_nothing_on_the_disk_is_left_alone() {
    let folder = TestFolder::new();
    let store = folder.open();
    for name in ["hall", "tower"] {
        let room = TestRoom::new(name, 5);
        for seq in 1..=9 {
            assert_eq!(room.said(&store, line(name, 0, "text")).seq, seq);
        }
    }
    let rule = |name, keep| Rule {
        keep,
        ..Rule::open(Pattern::new(name))
    };
    let rules = [rule("hall", Keep::NONE), rule("tower", keep_lines(1))];
    store.set_rules(&Arc::new(Rules::new(rules.into())));
    // The hall is looked at before the tower.
    while kept_room(&store, "tower", 99, 1 << 20).unwrap().lines.len() > 1 {
        std::thread::yield_now();
    }
    assert_eq!(kept_lines(&store, from(1), 99).count, 9);
}
