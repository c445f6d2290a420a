//! A store and some rooms, for the project's benches: what is handed over is counted when it is
//! kept, and reads are waited for.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;

use bytes::Bytes;
use guildhall_protocol::Line;

use crate::ids::{Epoch, Seq, UserId};
use crate::journal::{
    Decision, Entry, Found, Journal as _, LinesRead, NewLine, Ordered, Read, SearchRead, Which,
};

use super::{Store, StoreError, StoreOptions};

/// A store with some rooms.
#[derive(Debug)]
pub struct StoreProbe {
    store: Arc<Store>,
    rooms: Vec<Arc<CountingRoom>>,
    kept: Arc<KeptLines>,
    said: u64,
}

#[derive(Debug)]
struct CountingRoom {
    name: Arc<str>,
    kept: Arc<KeptLines>,
}

/// How many lines of all rooms are kept.
#[derive(Debug, Default)]
struct KeptLines {
    lines: Mutex<u64>,
    told: Condvar,
}

impl StoreProbe {
    /// Opens the store in a folder, for lines in this many rooms. The next commit begins at the
    /// earliest `gather` after the beginning of the one before.
    ///
    /// # Errors
    ///
    /// As a server.
    pub fn open(folder: &Path, rooms: usize, gather: Duration) -> Result<Self, StoreError> {
        let options = StoreOptions {
            gather,
            ..StoreOptions::default()
        };
        let (store, _) = Store::open(folder, &options)?;
        let kept = Arc::<KeptLines>::default();
        let room = |number| {
            Arc::new(CountingRoom {
                name: format!("room-{number}").into(),
                kept: Arc::clone(&kept),
            })
        };
        Ok(Self {
            store,
            rooms: (0..rooms).map(room).collect(),
            kept,
            said: 0,
        })
    }

    /// Says this many lines, each of which is new to the store, and waits until they are kept.
    /// The rooms take turns.
    pub fn say(&mut self, lines: u64, text: &str) {
        for _ in 0..lines {
            let turn = usize::try_from(self.said).expect("64 bits") % self.rooms.len();
            let room = &self.rooms[turn];
            self.said += 1;
            let line = Line {
                room: room.name.to_string(),
                time: self.said,
                sender: 1,
                // Sessions take turns, as in a room.
                session: 1 + self.said % 100,
                nonce: self.said,
                name: "Mira".into(),
                text: text.into(),
                ..Line::default()
            };
            self.store.append(Entry::Line(NewLine {
                room: Arc::clone(room) as Arc<dyn Ordered>,
                line: Box::new(line),
                may_change_others: false,
            }));
        }
        let mut kept = (self.kept.lines.lock()).unwrap_or_else(PoisonError::into_inner);
        while *kept < self.said {
            kept = (self.kept.told.wait(kept)).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Reads a page of a room: the 50 lines before a number; 0: the newest. Returns how many they
    /// are.
    #[must_use]
    pub fn page(&self, room: usize, before: u64) -> usize {
        let room = &self.rooms[room];
        let read = Read::Lines(LinesRead {
            room: Arc::clone(&room.name),
            epoch: room.epoch(),
            which: Which::NewestBefore {
                seq: Seq(before),
                before_time: 0,
                after_time: 0,
            },
            most: 50,
            bytes: 24 * 1024,
        });
        match self.read(read) {
            Found::Lines(lines) => lines.count,
            other => panic!("not lines: {other:?}"),
        }
    }

    /// Looks for words in all rooms. Returns how many lines the first page of the answer has.
    #[must_use]
    pub fn search(&self, words: &str) -> usize {
        let read = Read::Search(SearchRead {
            rooms: self.rooms.iter().map(|it| Arc::clone(&it.name)).collect(),
            text: words.into(),
            sender: UserId(0),
            name: String::new(),
            before_time: 0,
            after_time: 0,
            most: 50,
            bytes: 24 * 1024,
            from: Bytes::new(),
            blocked: None,
        });
        match self.read(read) {
            Found::Search(lines, _) => lines.len(),
            other => panic!("not found lines: {other:?}"),
        }
    }

    /// Reads something, and waits for it.
    fn read(&self, read: Read) -> Found {
        let (sender, receiver) = mpsc::channel();
        let done = move |found| {
            // The other end waits.
            let _ = sender.send(found);
        };
        self.store.read(read, Box::new(done));
        let found = receiver.recv().expect("every read has an end");
        found.expect("a store that is well")
    }
}

impl Ordered for CountingRoom {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn epoch(&self) -> Epoch {
        Epoch(1)
    }

    fn decided(&self, decisions: Vec<Decision>) {
        let is_kept = |decision: &Decision| matches!(decision, Decision::Stored { .. });
        assert!(decisions.iter().all(is_kept), "a new store keeps all lines");
        let mut kept = (self.kept.lines.lock()).unwrap_or_else(PoisonError::into_inner);
        *kept += decisions.len() as u64;
        self.kept.told.notify_all();
    }
}
