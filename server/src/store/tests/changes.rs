use super::*;
use crate::journal::ChangeError;

/// A store with a room in which the user 7 has said "helo".
struct Said {
    folder: TestFolder,
    store: Arc<Store>,
    hall: Arc<TestRoom>,
}

fn said() -> Said {
    let folder = TestFolder::new();
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    hall.said(&store, line("hall", 1, "helo"));
    Said {
        folder,
        store,
        hall,
    }
}

impl Said {
    /// Changes the first line. Returns the change and the line as it is then.
    fn change(&self, nonce: u64, kind: ChangeKind, text: &str) -> (Line, Line) {
        match self.hall.say(&self.store, change(nonce, 1, kind, text)) {
            Decision::Stored { line, changed } => (*line, *changed.unwrap()),
            other => panic!("{other:?}"),
        }
    }

    fn refuse(&self, change: Line) -> ChangeError {
        match self.hall.say(&self.store, change) {
            Decision::Refused(error) => error,
            other => panic!("{other:?}"),
        }
    }

    /// The lines as a client gets them.
    fn lines(&self) -> Vec<Line> {
        frame::lines(&kept_lines(&self.store, from(1), 99).frames)
    }

    /// The same store after a restart.
    fn restarted(self) -> Self {
        let Self {
            folder,
            store,
            hall,
        } = self;
        drop(store);
        let store = folder.open();
        Self {
            folder,
            store,
            hall,
        }
    }
}

fn by(sender: u64, mut change: Line) -> Line {
    change.sender = sender;
    change
}

fn reactions(line: &Line) -> Vec<(&str, u32)> {
    let reactions = line.reactions.iter();
    reactions
        .map(|reaction| (&*reaction.reaction, reaction.count))
        .collect()
}

#[test]
fn an_edit_overwrites_the_line_and_keeps_the_old_text() {
    let room = said();
    let (event, changed) = room.change(2, ChangeKind::Edited, "hello");
    assert_eq!((event.seq, changed.seq), (2, 1));
    assert_eq!(
        (&*changed.text, changed.edited),
        ("hello", START + 2),
        "{changed:?}"
    );
    room.change(3, ChangeKind::Edited, "hello!");
    let room = room.restarted();
    let lines = room.lines();
    // Each change says what holds now.
    assert!(lines.iter().all(|line| line.text == "hello!"), "{lines:?}");
    assert_eq!(lines[0].edited, START + 3);
    assert_eq!(lines[1].change.as_ref().unwrap().seq, 1);
    let texts: String = (room.folder.shell())
        .query_row("SELECT group_concat(text) FROM version", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(texts, "helo,hello");
}

#[test]
fn a_removed_line_has_no_text_anywhere_but_in_its_version() {
    let room = said();
    room.change(2, ChangeKind::Edited, "hello");
    room.change(3, ChangeKind::Reacted, "🎉");
    let (_, changed) = room.change(4, ChangeKind::Removed, "");
    assert!(changed.removed && changed.text.is_empty());
    let room = room.restarted();
    let lines = room.lines();
    assert!(lines[0].removed && lines[0].reactions.is_empty());
    assert!(lines.iter().all(|line| line.text.is_empty()), "{lines:?}");
    // Whoever has the line learns that it is removed, from each change of its text.
    let kinds = lines[1..]
        .iter()
        .map(|line| line.change.as_ref().unwrap().kind());
    assert!(kinds.eq([
        ChangeKind::Removed,
        ChangeKind::Reacted,
        ChangeKind::Removed
    ]));
    let error = room.refuse(change(5, 1, ChangeKind::Edited, "again"));
    assert_eq!(error, ChangeError::NoSuchLine);
}

#[test]
fn reactions_are_counted_once_for_each_user_also_after_a_restart() {
    let room = said();
    room.change(2, ChangeKind::Reacted, "🎉");
    let again = room.change(3, ChangeKind::Reacted, "🎉").1;
    assert_eq!(reactions(&again), [("🎉", 1)]);
    let room = room.restarted();
    let other = by(8, change(1, 1, ChangeKind::Reacted, "🎉"));
    room.hall.said(&room.store, other);
    room.change(4, ChangeKind::Reacted, "a");
    assert_eq!(reactions(&room.lines()[0]), [("🎉", 2), ("a", 1)]);
    let (event, changed) = room.change(5, ChangeKind::TookBack, "🎉");
    assert_eq!(event.change.unwrap().reaction.unwrap().count, 1);
    assert_eq!(reactions(&changed), [("🎉", 1), ("a", 1)]);
    // An earlier change says how many there are now.
    let first = room.lines()[1].change.clone().unwrap();
    assert_eq!(first.reaction.unwrap().count, 1);
}

#[test]
fn changes_that_are_not_possible_change_nothing() {
    let room = said();
    let before = room.lines();
    for (change, expected) in [
        (
            change(2, 9, ChangeKind::Edited, "x"),
            ChangeError::NoSuchLine,
        ),
        (
            by(8, change(2, 1, ChangeKind::Edited, "x")),
            ChangeError::NotOwn,
        ),
        (
            by(8, change(2, 1, ChangeKind::Removed, "")),
            ChangeError::NotOwn,
        ),
        (
            Line {
                time: START + 3_600_000,
                ..change(2, 1, ChangeKind::Edited, "x")
            },
            ChangeError::TooLate,
        ),
        (
            Line {
                reply_to: 2,
                ..line("hall", 2, "a reply to itself")
            },
            ChangeError::NoSuchLine,
        ),
    ] {
        assert_eq!(room.refuse(change), expected);
    }
    assert_eq!(room.lines(), before);
}

#[test]
fn who_may_change_others_removes_their_lines() {
    let room = said();
    room.store.append(Entry::Line(NewLine {
        room: Arc::clone(&room.hall) as Arc<dyn Ordered>,
        line: Box::new(by(8, change(2, 1, ChangeKind::Removed, ""))),
        may_change_others: true,
    }));
    stored(room.hall.decisions(1).remove(0));
    assert!(room.lines()[0].removed);
}

#[test]
fn a_change_that_is_sent_again_is_carried_out_once() {
    let room = said();
    room.change(2, ChangeKind::Removed, "");
    let room = room.restarted();
    let again = room
        .hall
        .say(&room.store, change(2, 1, ChangeKind::Removed, ""));
    assert!(matches!(again, Decision::Repeated), "{again:?}");
    assert_eq!(room.lines().len(), 2);
}
