//! The thread that writes the log of the database (the WAL) back into the database, so that it
//! stays small. A commit never does: it would wait for two more syncs.
//!
//! Most of it is done beside the commits. The log only begins anew, with the next commit, if all of
//! it was written back and nobody reads what is in it. So when it has grown long, this thread holds
//! the next piece for the search index and the next commit back for a moment. Once all is written
//! back, whoever begins to read does not use the log, and those that began before are waited for
//! (<https://sqlite.org/wal.html>, "Avoiding Excessively Large WAL Files").

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// After how many commits, or bytes of entries, the log is written back.
const COMMITS: usize = 1_000;
const BYTES: usize = 8 * 1024 * 1024;

/// After how many commits, or bytes of entries, a commit waits until the log is being written
/// back, so that it does not grow without end if this thread has no turn.
const MOST_COMMITS: usize = 2 * COMMITS;
const MOST_BYTES: usize = 2 * BYTES;

/// How long the log waits for the end of a piece for the search index.
const WAIT_FOR_PIECE: Duration = Duration::from_millis(50);

/// How long after a commit the log is written back at the latest.
const LATEST: Duration = Duration::from_secs(5);

/// From how many pages on the log begins anew: 16 MiB.
const PAGES: i64 = 4_096;

/// The messages of the thread that commits to the one that writes back.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints {
    state: Mutex<State>,
    /// Notified when there is something to write back, or the thread has ended.
    ready: Condvar,
    /// Notified when the log is being written back.
    begun: Condvar,
    /// Held while a commit runs, and while the log begins anew.
    commit: Mutex<()>,
    pieces: Mutex<Pieces>,
    /// Notified when a piece has ended, or may begin.
    pieces_changed: Condvar,
}

/// Reading for the search index and the log. No piece begins while the log begins anew, and the log
/// waits for a piece for [`WAIT_FOR_PIECE`] at most.
#[derive(Debug, Default)]
struct Pieces {
    is_reading: bool,
    is_held_back: bool,
}

/// A piece is read for the search index, until this is dropped.
#[derive(Debug)]
pub(crate) struct Piece<'a>(&'a Checkpoints);

impl Drop for Piece<'_> {
    fn drop(&mut self) {
        self.0.lock_pieces().is_reading = false;
        self.0.pieces_changed.notify_all();
    }
}

/// No piece begins, until this is dropped.
struct HeldBack<'a>(&'a Checkpoints);

impl Drop for HeldBack<'_> {
    fn drop(&mut self) {
        self.0.lock_pieces().is_held_back = false;
        self.0.pieces_changed.notify_all();
    }
}

#[derive(Debug, Default)]
struct State {
    commits: usize,
    bytes: usize,
    /// When the first commit was that is not written back.
    since: Option<Instant>,
    is_closing: bool,
    is_closed: bool,
}

/// How a log is written back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As much as nobody uses.
    Passive,
    /// All of it; the log begins anew.
    Restart,
    /// All of it; the log is empty.
    Truncate,
}

impl Checkpoints {
    /// To be held while a commit runs.
    pub(crate) fn commit(&self) -> MutexGuard<'_, ()> {
        self.commit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be held while a piece is read for the search index: that takes longer than other reads
    /// and comes again and again. Waits while the log begins anew.
    pub(crate) fn piece(&self) -> Piece<'_> {
        let pieces = self.lock_pieces();
        let pieces = self
            .pieces_changed
            .wait_while(pieces, |pieces| pieces.is_held_back);
        pieces.unwrap_or_else(PoisonError::into_inner).is_reading = true;
        Piece(self)
    }

    /// Holds the next piece back, and waits for the end of one that is being read: not for one
    /// that takes long, because commits may wait for this thread.
    fn hold_pieces_back(&self) -> HeldBack<'_> {
        let mut pieces = self.lock_pieces();
        pieces.is_held_back = true;
        let ended = self
            .pieces_changed
            .wait_timeout_while(pieces, WAIT_FOR_PIECE, |pieces| pieces.is_reading);
        drop(ended);
        HeldBack(self)
    }

    fn lock_pieces(&self) -> MutexGuard<'_, Pieces> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This many bytes of entries were committed. Waits if the log has become long.
    pub(crate) fn committed(&self, bytes: usize) {
        let mut state = self.lock();
        state.commits += 1;
        state.bytes += bytes;
        if state.since.is_none() {
            state.since = Some(Instant::now());
            self.ready.notify_one();
        } else if state.is_due() {
            self.ready.notify_one();
        }
        while state.is_long() && !state.is_closed {
            state = (self.begun.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Has the thread write everything back and end, and waits until it has.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closing = true;
        self.ready.notify_all();
        while !state.is_closed {
            state = (self.ready.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The thread: writes back until it is told to end.
    pub(crate) fn run(&self, connection: Connection) {
        let _end = CloseAtEnd(self);
        // How far somebody who reads let it be written back. A backup reads for minutes: commits
        // are not held back again before it has ended.
        let mut stuck_at = 0;
        while self.wait() {
            if let Some(log) = checkpoint(&connection, Mode::Passive)
                && log.pages > PAGES
                && log.written_back != stuck_at
            {
                let _pieces = self.hold_pieces_back();
                let _commit = self.commit();
                let log = checkpoint(&connection, Mode::Restart);
                stuck_at = match log {
                    Some(log) if log.is_in_use => log.written_back,
                    _ => 0,
                };
            }
        }
        checkpoint(&connection, Mode::Truncate);
    }

    /// Waits until there is something to write back. Returns whether the thread goes on.
    fn wait(&self) -> bool {
        let mut state = self.lock();
        loop {
            if state.is_closing {
                return false;
            }
            let left = state
                .since
                .map(|since| (since + LATEST).saturating_duration_since(Instant::now()));
            match left {
                Some(left) if left.is_zero() || state.is_due() => {
                    *state = State::default();
                    self.begun.notify_all();
                    return true;
                }
                Some(left) => {
                    let waited = self.ready.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    state = (self.ready.wait(state)).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_due(&self) -> bool {
        self.commits >= COMMITS || self.bytes >= BYTES
    }

    fn is_long(&self) -> bool {
        self.commits >= MOST_COMMITS || self.bytes >= MOST_BYTES
    }
}

/// The log, as it was when it was written back.
struct Log {
    /// Whether somebody kept it from what was wanted.
    is_in_use: bool,
    /// How many pages it has.
    pages: i64,
    /// How many of them are in the database.
    written_back: i64,
}

/// Writes the log back. `None` if it does not work.
fn checkpoint(connection: &Connection, mode: Mode) -> Option<Log> {
    let sql = match mode {
        Mode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Mode::Restart => "PRAGMA wal_checkpoint(RESTART)",
        Mode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    let log = connection.prepare_cached(sql).and_then(|mut checkpoint| {
        checkpoint.query_row([], |row| {
            Ok(Log {
                is_in_use: row.get(0)?,
                pages: row.get(1)?,
                written_back: row.get(2)?,
            })
        })
    });
    match log {
        Ok(log) => Some(log),
        Err(error) => {
            // The log keeps everything, and the next time may be better.
            tracing::warn!(%error, "the store's log was not written back");
            None
        }
    }
}

/// Says that the thread has ended, however it did.
struct CloseAtEnd<'a>(&'a Checkpoints);

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.ready.notify_all();
        self.0.begun.notify_all();
    }
}
