//! Tests with a real store in a folder of its own.

mod bounds;
mod changes;
mod during;
mod events;
mod faults;
mod held;
mod kept;
mod lines;
mod maintenance;
mod moderation;
mod opening;
mod records;
mod reports;
mod restart;
mod retention;
mod sweeps;
mod upgrade;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use guildhall_protocol::{Change, ChangeKind, Line, Reaction};

use crate::ids::{Epoch, Seq};
use crate::journal::{
    Decision, Entry, Failure, Found, Journal as _, KeptLines, KeptRoom, Known, LinesRead, NewLine,
    Ordered, Read, Record, Row, Which,
};
use crate::outgoing::frame;

use super::{KeepEvidence, Store, StoreOptions};

/// The time of the first line, in milliseconds since 1970.
const START: u64 = 1_700_000_000_000;

/// A folder that is removed at the end.
pub(super) struct TestFolder(PathBuf);

impl TestFolder {
    pub(super) fn new() -> Self {
        let name = format!("guildhall-store-{:016x}", fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn database(&self) -> PathBuf {
        super::folder::database(&self.0)
    }

    pub(super) fn open(&self) -> Arc<Store> {
        self.open_with(&options()).0
    }

    pub(super) fn open_with(&self, options: &StoreOptions) -> (Arc<Store>, Known) {
        Store::open(&self.0, options).unwrap()
    }

    /// Another program's look at the database.
    pub(super) fn shell(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database()).unwrap()
    }

    fn count(&self, table: &str) -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        (self.shell().query_row(&sql, [], |row| row.get(0))).unwrap()
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

pub(super) fn options() -> StoreOptions {
    StoreOptions {
        edit_within: Duration::from_mins(15),
        // The lines of the tests were said long ago.
        keep: KeepEvidence {
            reports: None,
            audit: None,
        },
        // So that a few lines are enough to try the index.
        looks_first: 0,
        ..StoreOptions::default()
    }
}

/// A room that keeps what it is told.
#[derive(Debug)]
pub(super) struct TestRoom {
    pub(super) name: Arc<str>,
    epoch: Epoch,
    decisions: Mutex<Vec<Decision>>,
    told: Condvar,
}

impl Ordered for TestRoom {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn decided(&self, decisions: Vec<Decision>) {
        self.decisions.lock().unwrap().extend(decisions);
        self.told.notify_all();
    }
}

impl TestRoom {
    pub(super) fn new(name: &str, epoch: u32) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            epoch: Epoch(epoch),
            decisions: Mutex::default(),
            told: Condvar::new(),
        })
    }

    /// Hands a line over.
    fn hand_over(self: &Arc<Self>, store: &Store, line: Line) {
        store.append(Entry::Line(NewLine {
            room: Arc::clone(self) as Arc<dyn Ordered>,
            line: Box::new(line),
            may_change_others: false,
        }));
    }

    /// Waits for this many decisions, and takes them.
    fn decisions(&self, count: usize) -> Vec<Decision> {
        let mut decisions = self.decisions.lock().unwrap();
        while decisions.len() < count {
            decisions = self.told.wait(decisions).unwrap();
        }
        assert_eq!(decisions.len(), count);
        std::mem::take(&mut *decisions)
    }

    /// Says a line, and waits for the decision.
    pub(super) fn say(self: &Arc<Self>, store: &Store, line: Line) -> Decision {
        self.hand_over(store, line);
        self.decisions(1).remove(0)
    }

    /// Says a line that is kept.
    pub(super) fn said(self: &Arc<Self>, store: &Store, line: Line) -> Line {
        stored(self.say(store, line))
    }
}

/// The line of a decision to keep one.
fn stored(decision: Decision) -> Line {
    match decision {
        Decision::Stored { line, .. } => *line,
        other => panic!("not stored: {other:?}"),
    }
}

/// A line of the user 7, over its session, as a request with this ID.
pub(super) fn line(room: &str, nonce: u64, text: &str) -> Line {
    Line {
        room: room.into(),
        time: START + nonce % 1_000,
        sender: 7,
        name: "Mira".into(),
        nonce,
        text: text.into(),
        ..Line::default()
    }
}

/// A change of the line `seq`.
pub(super) fn change(nonce: u64, seq: u64, kind: ChangeKind, text: &str) -> Line {
    let is_reaction = matches!(kind, ChangeKind::Reacted | ChangeKind::TookBack);
    Line {
        text: if is_reaction { "" } else { text }.into(),
        change: Some(Change {
            user: 0,
            seq,
            kind: kind.into(),
            reaction: is_reaction.then(|| Reaction {
                reaction: text.into(),
                count: 0,
            }),
        }),
        ..line("hall", nonce, "")
    }
}

/// Reads something, and waits for it.
pub(super) fn read(store: &Store, read: Read) -> Result<Found, Failure> {
    let (done, found) = mpsc::channel();
    store.read(read, Box::new(move |result| done.send(result).unwrap()));
    found.recv().unwrap()
}

fn kept_room(store: &Store, room: &str, most: usize, bytes: usize) -> Option<KeptRoom> {
    let room = room.into();
    match read(store, Read::Room { room, most, bytes }).unwrap() {
        Found::Room(room) => room,
        other => panic!("{other:?}"),
    }
}

fn kept_lines(store: &Store, which: Which, most: usize) -> KeptLines {
    let bytes = 1 << 20;
    page(store, Epoch(5), which, most, bytes)
}

fn page(store: &Store, epoch: Epoch, which: Which, most: usize, bytes: usize) -> KeptLines {
    let read_lines = LinesRead {
        room: "hall".into(),
        epoch,
        which,
        most,
        bytes,
    };
    match read(store, Read::Lines(read_lines)).unwrap() {
        Found::Lines(lines) => lines,
        other => panic!("{other:?}"),
    }
}

fn before(seq: u64) -> Which {
    Which::NewestBefore {
        seq: Seq(seq),
        before_time: 0,
        after_time: 0,
    }
}

fn from(seq: u64) -> Which {
    Which::OldestFrom {
        seq: Seq(seq),
        before_time: 0,
        after_time: 0,
    }
}

/// The numbers of the lines of a page.
fn numbers(kept: &KeptLines) -> Vec<u64> {
    let lines = frame::lines(&kept.frames);
    assert_eq!(lines.len(), kept.count);
    lines.iter().map(|line| line.seq).collect()
}

/// Keeps rows, and waits for the result.
fn put(store: &Store, rows: Vec<Row>) -> Result<(), Failure> {
    let (done, result) = mpsc::channel();
    store.append(Entry::Record(Record {
        rows: Box::new(|| rows),
        done: Some(Box::new(move |result| done.send(result).unwrap())),
    }));
    result.recv().unwrap()
}
