//! Which numbers a server with a journal may give to connections, users and sessions, so that
//! none is given again after a restart, however the server ended.
//!
//! The journal keeps a bound that lies ahead: the next start begins there. No number from it
//! on is given before a higher bound is kept. So a new bound is asked for while half of the
//! numbers are still there, and nobody waits for it. If the journal cannot keep it and the
//! numbers run out, new connections are refused.

use std::sync::{Arc, mpsc};

use crate::journal::{Failure, Row};
use crate::sync::lock::Lock;

use super::records::Records;

/// How many numbers are reserved first. Small, because a start skips what is left of them,
/// and users see numbers in the names of guests.
const FIRST_BLOCK: u64 = 1 << 13;

/// The most numbers that are reserved at a time. Each time they are twice as many, so that a
/// server with many connections seldom asks.
const LARGEST_BLOCK: u64 = 1 << 20;

/// So many are left for connections that have passed the check and have no number yet.
const SPARE: u64 = 1 << 10;

/// The numbers that may be given.
#[derive(Debug)]
pub(crate) struct Numbers {
    records: Records,
    state: Arc<Lock<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The number that is given next.
    next: u64,
    /// The numbers below this one may be given.
    reserved: u64,
    /// How many are reserved at a time now.
    block: u64,
    /// Whether the journal has not decided yet about a new bound.
    is_asked: bool,
}

/// The first numbers of a server, which it has when the journal has kept their bound.
#[derive(Debug)]
pub(crate) struct FirstNumbers(mpsc::Receiver<Result<(), Failure>>);

impl FirstNumbers {
    /// Waits until the server may give numbers. For its start: it blocks.
    ///
    /// # Errors
    ///
    /// The journal keeps nothing, so there are no numbers.
    pub(crate) fn wait(self) -> Result<(), Failure> {
        // A journal that is closed calls nobody.
        self.0.recv().unwrap_or(Err(Failure::Closed))
    }
}

impl Numbers {
    /// The numbers from `first` on. There are none until the journal has kept a bound.
    pub(crate) fn new(records: Records, first: u64) -> (Self, FirstNumbers) {
        let numbers = Self {
            records,
            state: Arc::new(Lock::new(State {
                next: first,
                reserved: first,
                block: FIRST_BLOCK,
                is_asked: false,
            })),
        };
        let (decided, first) = mpsc::channel();
        numbers.ask(move |result| drop(decided.send(result)));
        (numbers, FirstNumbers(first))
    }

    /// Whether a connection that is about to begin gets a number. If not, the journal cannot
    /// keep that numbers are given.
    pub(crate) fn are_left(&self) -> bool {
        self.ask_if_few();
        let state = self.state.lock();
        state.reserved.saturating_sub(state.next) > SPARE
    }

    /// Records that `number` was given.
    pub(crate) fn given(&self, number: u64) {
        {
            let state = &mut *self.state.lock();
            state.next = state.next.max(number + 1);
        }
        self.ask_if_few();
    }

    fn ask_if_few(&self) {
        let are_few = {
            let state = self.state.lock();
            state.reserved.saturating_sub(state.next) < state.block / 2
        };
        if are_few {
            self.ask(|_| ());
        }
    }

    /// Asks the journal for a higher bound, unless it was asked already.
    fn ask(&self, decided: impl FnOnce(Result<(), Failure>) + Send + 'static) {
        let bound = {
            let state = &mut *self.state.lock();
            if state.is_asked {
                return;
            }
            state.is_asked = true;
            state.reserved + state.block
        };
        let state = Arc::clone(&self.state);
        let done = move |result: Result<(), Failure>| {
            {
                let state = &mut *state.lock();
                state.is_asked = false;
                if result.is_ok() {
                    state.reserved = bound;
                    state.block = (state.block * 2).min(LARGEST_BLOCK);
                }
            }
            decided(result);
        };
        (self.records).try_note(move || vec![Row::NextId(bound)], Box::new(done));
    }
}
