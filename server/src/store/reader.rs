//! The threads that read. Each has a connection of its own and sees what was committed before it
//! begins, whatever is written meanwhile.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::journal::{Failure, Read, ReadDone};

use super::read;
use super::search::Finder;

/// The reads that wait.
pub(crate) struct Reads {
    state: Mutex<State>,
    /// Notified when there is something to do.
    ready: Condvar,
    /// Notified when a thread has closed the database.
    closed: Condvar,
    /// The most that wait. The others are refused.
    most: usize,
}

#[derive(Default)]
struct State {
    reads: VecDeque<(Read, ReadDone)>,
    /// Those for which there was no place.
    refused: Vec<ReadDone>,
    /// How many threads have the database open.
    open: usize,
    phase: Phase,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    #[default]
    Open,
    Closed,
    Ended,
}

/// The next work of a thread.
enum Turn {
    Read(Read, ReadDone),
    Refuse(ReadDone, Failure),
    Close,
    End,
}

impl Reads {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            closed: Condvar::new(),
            most,
        }
    }

    /// Appends something to be read.
    pub(crate) fn push(&self, read: Read, done: ReadDone) {
        let mut state = self.lock();
        if state.reads.len() < self.most {
            state.reads.push_back((read, done));
        } else {
            state.refused.push(done);
        }
        self.ready.notify_one();
    }

    /// Closes the database when what waits was read, and refuses what comes later. Waits until
    /// that is so.
    pub(crate) fn close(&self) {
        self.advance(Phase::Closed);
        let mut state = self.lock();
        while state.open > 0 {
            state = (self.closed.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The threads end.
    pub(crate) fn end(&self) {
        self.advance(Phase::Ended);
    }

    fn advance(&self, phase: Phase) {
        let mut state = self.lock();
        state.phase = state.phase.max(phase);
        self.ready.notify_all();
    }

    /// A thread with this connection comes.
    pub(crate) fn opened(&self) {
        self.lock().open += 1;
    }

    /// The thread: reads until it is told to end.
    pub(crate) fn run(&self, connection: Connection, mut finder: Finder) {
        let mut open = CloseAtEnd {
            connection: Some(connection),
            reads: self,
        };
        loop {
            match (self.turn(open.connection.is_some()), &open.connection) {
                (Turn::Read(read, done), Some(connection)) => {
                    done(read::found(connection, &mut finder, &read));
                }
                (Turn::Read(_, done), None) => done(Err(Failure::Closed)),
                (Turn::Refuse(done, failure), _) => done(Err(failure)),
                (Turn::Close, _) => open.close(),
                (Turn::End, _) => return,
            }
        }
    }

    fn turn(&self, is_open: bool) -> Turn {
        let mut state = self.lock();
        loop {
            if let Some(done) = state.refused.pop() {
                return Turn::Refuse(done, Failure::Busy);
            }
            if let Some((read, done)) = state.reads.pop_front() {
                return Turn::Read(read, done);
            }
            match state.phase {
                Phase::Closed | Phase::Ended if is_open => return Turn::Close,
                Phase::Ended => return Turn::End,
                Phase::Open | Phase::Closed => {
                    state = (self.ready.wait(state)).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread's connection, and that it is closed when it is dropped.
struct CloseAtEnd<'a> {
    connection: Option<Connection>,
    reads: &'a Reads,
}

impl CloseAtEnd<'_> {
    fn close(&mut self) {
        if self.connection.take().is_some() {
            self.reads.lock().open -= 1;
            self.reads.closed.notify_all();
        }
    }
}

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Reads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reads").finish_non_exhaustive()
    }
}
