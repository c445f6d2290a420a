//! The thread that fills the index: behind the commits, in small pieces, with rests between them.
//! It reads the store as any reader does and remembers in the index how far it is, so it goes on
//! wherever it was interrupted. If the index is damaged, it makes it again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::super::checkpoint::Checkpoints;
use super::super::rooms::RoomId;
use super::index;
use super::piece::fill_piece;

/// How many lines are put into the index by one transaction. While they are read, the store's log
/// cannot begin anew.
const PIECE: usize = 500;

/// How long the thread waits for more when it has work, so that many small commits become one
/// piece.
const GATHER: Duration = Duration::from_millis(100);

/// The longest rest behind a piece. It is as long as the piece took.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// When the thread tries again after an error that it cannot mend, such as a full disk.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// How long after something was taken out of the index it is cleaned of it: that writes all of
/// it once.
const CLEAN_AFTER: Duration = Duration::from_hours(1);

/// The index of a store, as the threads share it.
#[derive(Debug)]
pub(crate) struct Index {
    folder: PathBuf,
    /// Counts how often there was another file; 0: there is none that can be used.
    generation: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The rooms that have changed since the thread looked.
    rooms: BTreeSet<RoomId>,
    is_damaged: bool,
    is_closed: bool,
    /// Whether the thread has the store open.
    is_running: bool,
}

impl Index {
    /// The index of the store in this folder.
    pub(crate) fn new(folder: &Path) -> Arc<Self> {
        Arc::new(Self {
            folder: folder.to_owned(),
            generation: AtomicU64::new(0),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// The folder that it is in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Which file it is; 0: there is none that can be used.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// A commit has changed these rooms.
    pub(crate) fn note(&self, rooms: impl IntoIterator<Item = RoomId>) {
        let mut state = self.lock();
        let was_empty = state.rooms.is_empty();
        state.rooms.extend(rooms);
        if was_empty && !state.rooms.is_empty() {
            self.changed.notify_all();
        }
    }

    /// A reader has found that the file is damaged, or it has to be made again for another reason.
    pub(crate) fn note_damage(&self) {
        self.lock().is_damaged = true;
        self.changed.notify_all();
    }

    /// The thread ends. Waits until it has closed its files.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        self.changed.notify_all();
        while state.is_running {
            state = (self.changed.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for this long. Returns false if the thread has to end.
    fn rest(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.lock();
        while !state.is_closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        !state.is_closed
    }

    /// Waits until a room has changed, at most until `until`. Returns false if the thread has to
    /// do something else.
    fn wait(&self, until: Option<Instant>) -> bool {
        let mut state = self.lock();
        loop {
            if state.is_closed || state.is_damaged {
                return false;
            }
            if !state.rooms.is_empty() {
                return true;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return true;
            }
            // A year is for ever.
            let left = left.unwrap_or(Duration::from_hours(24 * 365));
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that fills an index.
#[derive(Debug)]
pub(crate) struct Filler {
    index: Arc<Index>,
    /// A connection to the store, for reading.
    store: Connection,
    /// Begins the store's log anew between two pieces.
    checkpoints: Arc<Checkpoints>,
    /// The store's ID.
    id: String,
    /// The last of them, so that the store is closed before.
    _running: Running,
}

/// Says that the thread has the store open, until it is dropped.
#[derive(Debug)]
struct Running(Arc<Index>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.lock().is_running = false;
        self.0.changed.notify_all();
    }
}

/// Why filling has ended.
enum End {
    Closed,
    Damaged,
}

impl Filler {
    /// Fills this index of the store with this ID. `store` is a connection for reading, and
    /// `checkpoints` are those of that store.
    pub(crate) fn new(
        index: Arc<Index>,
        store: Connection,
        checkpoints: Arc<Checkpoints>,
        id: String,
    ) -> Self {
        index.lock().is_running = true;
        Self {
            _running: Running(Arc::clone(&index)),
            index,
            store,
            checkpoints,
            id,
        }
    }

    /// Fills the index until it is closed.
    pub(crate) fn run(self) {
        loop {
            match self.run_once() {
                Ok(End::Closed) => return,
                Ok(End::Damaged) => self.make_again(),
                Err(error) if index::is_damage(&error) => {
                    tracing::warn!(%error, "the search index is damaged, and is made again");
                    self.make_again();
                    if !self.index.rest(LONGEST_REST) {
                        return;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the search index is not filled");
                    if !self.index.rest(TRY_AGAIN) {
                        return;
                    }
                }
            }
        }
    }

    fn make_again(&self) {
        self.index.generation.store(0, Ordering::Release);
        if let Err(error) = index::remove(&self.index.folder) {
            tracing::error!(%error, "the search index cannot be removed");
        }
        self.index.lock().is_damaged = false;
    }

    fn run_once(&self) -> rusqlite::Result<End> {
        let connection = index::open(&self.index.folder, &self.id)?;
        // Whoever has another file open opens this one.
        let generation = fastrand::u64(1..);
        self.index.generation.store(generation, Ordering::Release);
        let end = self.fill(&connection)?;
        if let End::Closed = end {
            index::close(connection)?;
        }
        Ok(end)
    }

    fn fill(&self, connection: &Connection) -> rusqlite::Result<End> {
        let mut rooms = all_rooms(&self.store)?;
        let mut cleaning = None;
        loop {
            while !rooms.is_empty() {
                let began = Instant::now();
                let taken = {
                    let _piece = self.checkpoints.piece();
                    fill_piece(connection, &self.store, &mut rooms, PIECE)?
                };
                if taken > 0 {
                    cleaning.get_or_insert(began + CLEAN_AFTER);
                }
                if !self.index.rest(began.elapsed().min(LONGEST_REST)) {
                    return Ok(End::Closed);
                }
            }
            if !self.index.wait(cleaning) {
                let is_damaged = self.index.lock().is_damaged;
                return Ok(if is_damaged {
                    End::Damaged
                } else {
                    End::Closed
                });
            }
            if cleaning.is_some_and(|at| at <= Instant::now()) {
                cleaning = None;
                if !self.clean(connection)? {
                    return Ok(End::Closed);
                }
            }
            if !self.index.rest(GATHER) {
                return Ok(End::Closed);
            }
            rooms = std::mem::take(&mut self.index.lock().rooms);
        }
    }

    /// Cleans the index of what was taken out of it. Returns false if the thread has to end.
    fn clean(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let mut is_first = true;
        while index::clean(connection, is_first)? {
            is_first = false;
            if !self.index.rest(LONGEST_REST) {
                return Ok(false);
            }
        }
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(true)
    }
}

/// Fills the index of the store with this ID, at once. `progress` is called with how many
/// rooms are done, and how many there are.
pub(crate) fn rebuild(
    folder: &Path,
    store: &Connection,
    id: &str,
    mut progress: impl FnMut(usize, usize),
) -> rusqlite::Result<()> {
    let connection = index::open(folder, id)?;
    let mut rooms = all_rooms(store)?;
    let all = rooms.len();
    progress(0, all);
    while !rooms.is_empty() {
        fill_piece(&connection, store, &mut rooms, 10 * PIECE)?;
        progress(all - rooms.len(), all);
    }
    index::close(connection)
}

fn all_rooms(store: &Connection) -> rusqlite::Result<BTreeSet<RoomId>> {
    let mut rooms = store.prepare("SELECT id FROM room")?;
    let rooms = rooms.query_map([], |row| row.get(0).map(RoomId))?;
    rooms.collect()
}
