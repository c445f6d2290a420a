//! A room that is cleared, and a user that is purged: nothing is left of the lines but their numbers.

use super::*;
use crate::ids::UserId;
use crate::journal::SpeakersRead;

fn sweep(kind: ChangeKind, user: u64) -> Line {
    Line {
        sender: 9,
        name: "Mod".into(),
        change: Some(Change {
            kind: kind.into(),
            user,
            ..Change::default()
        }),
        ..line("hall", 0, "")
    }
}

fn by(sender: u64, line: Line) -> Line {
    Line {
        sender,
        name: format!("User {sender}"),
        user: format!("account-{sender}"),
        info: "{}".into(),
        ..line
    }
}

/// Two users have said, edited, removed and reacted. Returns how many lines there are.
fn fill(store: &Store, hall: &Arc<TestRoom>) -> u64 {
    let lines = [
        by(7, line("hall", 1, "secret one")),
        by(8, line("hall", 1, "open")),
        by(7, change(2, 1, ChangeKind::Edited, "secret two")),
        by(7, change(3, 2, ChangeKind::Reacted, "🎉")),
        by(8, change(2, 1, ChangeKind::Reacted, "👎")),
        by(7, line("hall", 4, "secret three")),
        by(7, change(5, 6, ChangeKind::Removed, "")),
        by(8, line("hall", 3, "open too")),
    ];
    let count = lines.len() as u64;
    for line in lines {
        hall.said(store, line);
    }
    count
}

fn lines(store: &Store) -> Vec<Line> {
    frame::lines(&kept_lines(store, from(1), 99).frames)
}

fn blank(line: &Line) -> Line {
    Line {
        room: "hall".into(),
        epoch: 5,
        seq: line.seq,
        time: line.time,
        removed: true,
        ..Line::default()
    }
}

/// Whether these bytes are in a table.
fn is_anywhere(folder: &TestFolder, text: &str) -> bool {
    let shell = folder.shell();
    let columns = [
        ("line", "name"),
        ("line", "user"),
        ("line", "info"),
        ("line", "text"),
        ("version", "text"),
        ("reaction", "user"),
    ];
    columns.into_iter().any(|(table, column)| {
        let sql = format!("SELECT 1 FROM {table} WHERE instr({column}, ?1) > 0");
        shell.prepare(&sql).unwrap().exists([text]).unwrap()
    })
}

#[test]
fn a_cleared_room_keeps_numbers_and_times_and_nothing_else() {
    let folder = TestFolder::new();
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    let count = fill(&store, &hall);
    let cleared = hall.said(&store, sweep(ChangeKind::Cleared, 0));
    assert_eq!(cleared.seq, count + 1);
    assert_eq!(cleared.change.as_ref().unwrap().seq, count);
    let later = hall.said(&store, by(8, line("hall", 9, "later")));
    let mut store = Some(store);
    for _ in 0..2 {
        let store = store.take().unwrap_or_else(|| folder.open());
        let found = lines(&store);
        assert_eq!(found.len() as u64, count + 2);
        for line in &found[..8] {
            assert_eq!(*line, blank(line));
        }
        assert_eq!(found[8..], [cleared.clone(), later.clone()]);
        let room = kept_room(&store, "hall", 99, 1 << 20).unwrap();
        assert_eq!(room.lines, found);
        store.close();
    }
    for text in ["secret", "open", "account-7", "User 7", "🎉"] {
        assert!(!is_anywhere(&folder, text), "{text}");
    }
    assert_eq!((folder.count("version"), folder.count("reaction")), (0, 0));
}

#[test]
fn a_purged_user_leaves_no_text_and_what_it_changed_of_others_stays_changed() {
    let folder = TestFolder::new();
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    let count = fill(&store, &hall);
    let before = lines(&store);
    let purged = hall.said(&store, sweep(ChangeKind::Purged, 7));
    let change = purged.change.clone().unwrap();
    assert_eq!((change.seq, change.user), (count, 7));
    let mut store = Some(store);
    for _ in 0..2 {
        let store = store.take().unwrap_or_else(|| folder.open());
        let found = lines(&store);
        assert_eq!(found[0], blank(&found[0]));
        assert_eq!(found[5], blank(&found[5]));
        // The others are as they were, with the reaction that they have.
        assert_eq!(found[1], before[1]);
        assert_eq!(found[1].reactions.len(), 1);
        assert_eq!(found[7], before[7]);
        // Its changes have no author and no text.
        for (index, kind) in [
            (2, ChangeKind::Removed),
            (3, ChangeKind::Reacted),
            (6, ChangeKind::Removed),
        ] {
            let line = &found[index];
            assert_eq!(line.change.as_ref().unwrap().kind(), kind);
            assert_eq!((line.sender, line.session, line.nonce), (0, 0, 0));
            assert!(line.name.is_empty() && line.user.is_empty() && line.text.is_empty());
        }
        assert_eq!(found[8], purged);
        store.close();
    }
    for text in ["secret", "User 7"] {
        assert!(!is_anywhere(&folder, text), "{text}");
    }
    assert!(is_anywhere(&folder, "open"));
}

#[test]
fn a_request_whose_line_was_purged_is_still_known() {
    let folder = TestFolder::new();
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    fill(&store, &hall);
    hall.said(&store, sweep(ChangeKind::Purged, 7));
    hall.said(&store, sweep(ChangeKind::Cleared, 0));
    let mut store = Some(store);
    for _ in 0..2 {
        let store = store.take().unwrap_or_else(|| folder.open());
        let again = hall.say(&store, by(7, line("hall", 1, "secret one")));
        assert!(matches!(again, Decision::Repeated), "{again:?}");
        let edit = hall.say(&store, by(7, change(50, 1, ChangeKind::Edited, "again")));
        assert!(matches!(edit, Decision::Refused(_)), "{edit:?}");
        store.close();
    }
}

#[test]
fn the_rooms_of_a_user_are_found_with_the_numbers_that_it_had() {
    let folder = TestFolder::new();
    let store = folder.open();
    let (hall, tower) = (TestRoom::new("hall", 5), TestRoom::new("tower", 6));
    fill(&store, &hall);
    let earlier = Line {
        sender: 3,
        ..by(7, line("tower", 1, "of an earlier number"))
    };
    tower.said(&store, earlier);
    let speakers = |account: &str, room: Option<&str>| {
        let wanted = SpeakersRead {
            user: UserId(7),
            account: account.into(),
            room: room.map(Arc::from),
        };
        match read(&store, Read::Speakers(wanted)).unwrap() {
            Found::Speakers(found) => found,
            other => panic!("{other:?}"),
        }
    };
    let (in_hall, in_tower) = (("hall".into(), UserId(7)), ("tower".into(), UserId(3)));
    assert_eq!(
        speakers("account-7", None),
        [in_hall.clone(), in_tower.clone()]
    );
    assert_eq!(speakers("account-7", Some("tower")), [in_tower]);
    assert_eq!(speakers("", None), [in_hall]);
    assert_eq!(speakers("account-7", Some("yard")), []);
    hall.said(&store, sweep(ChangeKind::Purged, 7));
    assert_eq!(speakers("", None), []);
}

#[test]
fn a_sweep_says_only_what_its_room_has() {
    let folder = TestFolder::new();
    let store = folder.open();
    let (hall, tower) = (TestRoom::new("hall", 5), TestRoom::new("tower", 6));
    let cleared = hall.said(&store, sweep(ChangeKind::Cleared, 0));
    assert_eq!((cleared.seq, cleared.change.unwrap().seq), (1, 0));
    tower.said(&store, by(7, line("tower", 1, "elsewhere")));
    hall.said(&store, by(7, line("hall", 2, "in the hall")));
    hall.said(&store, sweep(ChangeKind::Cleared, 0));
    assert!(is_anywhere(&folder, "elsewhere") && !is_anywhere(&folder, "in the hall"));
    let nobody = hall.said(&store, sweep(ChangeKind::Purged, 0));
    assert_eq!(nobody.seq, 4);
}
