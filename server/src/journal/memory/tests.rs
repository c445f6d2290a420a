use super::*;
use crate::ids::{Epoch, Seq};
use crate::journal::{LinesRead, Which};
use guildhall_protocol::Line;

/// A room that remembers what it was told.
#[derive(Debug)]
struct Room {
    name: Arc<str>,
    told: Lock<Vec<String>>,
}

impl Room {
    fn new(name: &str) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            told: Lock::default(),
        })
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock())
    }
}

impl Ordered for Room {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn epoch(&self) -> Epoch {
        Epoch(7)
    }

    fn decided(&self, decisions: Vec<Decision>) {
        let told = decisions.into_iter().map(|decision| match decision {
            Decision::Stored { line, .. } => format!("{} {}", line.seq, line.text),
            other => format!("{other:?}"),
        });
        self.told.lock().extend(told);
    }
}

fn say(journal: &MemoryJournal, room: &Arc<Room>, nonce: u64, text: &str) {
    journal.append(Entry::Line(NewLine {
        room: Arc::clone(room) as Arc<dyn Ordered>,
        line: Box::new(Line {
            room: room.name.to_string(),
            sender: 1,
            nonce,
            text: text.into(),
            time: 100 + nonce,
            ..Line::default()
        }),
        may_change_others: false,
    }));
}

fn read_lines(journal: &MemoryJournal, which: Which, most: usize) -> (Vec<String>, Seq, bool) {
    let (sender, found) = mpsc::channel();
    let read = Read::Lines(LinesRead {
        room: "red".into(),
        epoch: Epoch(7),
        which,
        most,
        bytes: 10_000,
    });
    journal.read(read, Box::new(move |found| sender.send(found).unwrap()));
    journal.answer_next(1);
    let Ok(Found::Lines(lines)) = found.recv().unwrap() else {
        panic!("no lines");
    };
    let texts = crate::outgoing::frame::lines(&lines.frames).into_iter();
    (
        texts.map(|line| line.text).collect(),
        lines.first,
        lines.more,
    )
}

#[test]
fn lines_are_numbered_by_room_when_it_is_told_and_recognised_if_repeated() {
    let (journal, red, blue) = (MemoryJournal::new(), Room::new("red"), Room::new("blue"));
    say(&journal, &red, 1, "a");
    say(&journal, &blue, 2, "b");
    say(&journal, &red, 3, "c");
    say(&journal, &red, 1, "a");
    assert!(red.told().is_empty());
    journal.decide_next(3);
    assert_eq!(red.told(), ["1 a", "2 c"]);
    journal.decide_next(9);
    assert_eq!(
        (red.told(), blue.told()),
        (vec!["Repeated".into()], vec!["1 b".into()])
    );
}

#[test]
fn a_journal_that_begins_again_has_what_was_decided() {
    let (journal, red) = (MemoryJournal::new(), Room::new("red"));
    say(&journal, &red, 1, "kept");
    journal.decide_next(1);
    say(&journal, &red, 2, "lost");
    let journal = journal.restarted();
    journal.decide_next(9);
    assert_eq!(red.told(), ["1 kept"]);
    say(&journal, &red, 1, "kept");
    say(&journal, &red, 2, "lost");
    journal.decide_next(9);
    assert_eq!(red.told(), ["Repeated", "2 lost"]);
}

#[test]
fn a_journal_that_fails_keeps_nothing_but_the_records_that_it_has_to_keep() {
    let (journal, red) = (MemoryJournal::new(), Room::new("red"));
    journal.fail();
    say(&journal, &red, 1, "a");
    let record = |next, done: Option<RecordDone>| {
        let rows: super::super::MakeRows = Box::new(move || vec![Row::NextId(next)]);
        journal.append(Entry::Record(Record { rows, done }));
    };
    record(5, None);
    let (sender, told) = mpsc::channel();
    record(
        9,
        Some(Box::new(move |result| sender.send(result).unwrap())),
    );
    // All that waits is refused, however much is asked for.
    journal.decide_next(1);
    assert_eq!(red.told(), ["Failed(Full)"]);
    assert_eq!(told.recv().unwrap(), Err(Failure::Full));
    journal.heal();
    say(&journal, &red, 1, "a");
    journal.decide_next(9);
    assert_eq!(
        (red.told(), journal.known().next_id),
        (vec!["1 a".into()], 5)
    );
    journal.close();
    say(&journal, &red, 2, "b");
    journal.decide_next(9);
    assert_eq!(red.told(), ["Failed(Closed)"]);
}

#[test]
fn lines_are_found_by_number_and_by_time() {
    let (journal, red) = (MemoryJournal::new(), Room::new("red"));
    for (nonce, text) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        say(&journal, &red, nonce, text);
    }
    journal.decide_next(9);
    let before = |seq, before_time| Which::NewestBefore {
        seq: Seq(seq),
        before_time,
        after_time: 0,
    };
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|&text| text.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        read_lines(&journal, before(0, 0), 2),
        (texts(&["c", "d"]), Seq(3), true)
    );
    assert_eq!(
        read_lines(&journal, before(3, 0), 9),
        (texts(&["a", "b"]), Seq(1), false)
    );
    assert_eq!(
        read_lines(&journal, before(0, 103), 1),
        (texts(&["b"]), Seq(2), true)
    );
    let from = Which::OldestFrom {
        seq: Seq(2),
        before_time: 104,
        after_time: 0,
    };
    assert_eq!(
        read_lines(&journal, from, 9),
        (texts(&["b", "c"]), Seq(2), false)
    );
    let (sender, found) = mpsc::channel();
    let of_room = Read::Room {
        room: "red".into(),
        most: 2,
        bytes: 10_000,
    };
    journal.read(of_room, Box::new(move |found| sender.send(found).unwrap()));
    journal.answer_next(9);
    let Ok(Found::Room(Some(room))) = found.recv().unwrap() else {
        panic!("no room");
    };
    assert_eq!(
        (room.epoch, room.last, room.lines.len()),
        (Epoch(7), Seq(4), 2)
    );
}

#[test]
fn a_thread_of_the_journal_decides_at_once() {
    let (journal, red) = (MemoryJournal::on_a_thread(), Room::new("red"));
    let (sender, told) = mpsc::channel();
    say(&journal, &red, 1, "a");
    journal.append(Entry::Record(Record {
        rows: Box::new(Vec::new),
        done: Some(Box::new(move |result| sender.send(result).unwrap())),
    }));
    assert_eq!(told.recv().unwrap(), Ok(()));
    assert_eq!(red.told(), ["1 a"]);
}
