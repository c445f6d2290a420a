//! The call that wakes readers of the feed when there are more events. Whoever keeps events calls
//! it; it takes no other lock.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The number of the newest event, and those who wait for a newer one.
#[derive(Default)]
pub(crate) struct Tail {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    newest: u64,
    is_closed: bool,
    waiting: HashMap<u64, Waiting>,
    next: u64,
}

struct Waiting {
    after: u64,
    call: Box<dyn FnOnce() + Send>,
}

/// The place of a reader that waits. It is given up when this is dropped.
#[derive(Debug)]
#[must_use = "nobody is called when this is dropped"]
pub(crate) struct Registration {
    tail: Arc<Tail>,
    key: u64,
}

impl Tail {
    /// The number of the newest event; 0: there was none.
    pub(crate) fn newest(&self) -> u64 {
        self.lock().newest
    }

    /// There are events up to this number.
    pub(crate) fn set(&self, newest: u64) {
        let mut state = self.lock();
        if newest <= state.newest {
            return;
        }
        state.newest = newest;
        let due: Vec<u64> = state
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.after < newest)
            .map(|(&key, _)| key)
            .collect();
        let due: Vec<_> = due
            .into_iter()
            .filter_map(|key| state.waiting.remove(&key))
            .collect();
        drop(state);
        self.changed.notify_all();
        for waiting in due {
            (waiting.call)();
        }
    }

    /// Nobody waits any more: the server stops.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let due = std::mem::take(&mut state.waiting);
        drop(state);
        self.changed.notify_all();
        for waiting in due.into_values() {
            (waiting.call)();
        }
    }

    /// Whether the server stops.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Waits until there is an event behind this number, until this time, or until the server
    /// stops. Blocks. Returns the number of the newest event.
    pub(crate) fn wait_after(&self, after: u64, until: Instant) -> u64 {
        let mut state = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.newest > after || state.is_closed || left.is_zero() {
                return state.newest;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Calls `call` once there is an event behind this number, or the server stops; at once if
    /// that is so now. It may be called on any thread, and must not block.
    pub(crate) fn call_after(
        self: &Arc<Self>,
        after: u64,
        call: Box<dyn FnOnce() + Send>,
    ) -> Registration {
        let mut state = self.lock();
        let key = state.next;
        state.next += 1;
        if state.newest > after || state.is_closed {
            drop(state);
            call();
        } else {
            state.waiting.insert(key, Waiting { after, call });
        }
        Registration {
            tail: Arc::clone(self),
            key,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let waiting = self.tail.lock().waiting.remove(&self.key);
        // This may drop the function that it calls, so it is done behind the lock.
        drop(waiting);
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let newest = self.newest();
        f.debug_struct("Tail")
            .field("newest", &newest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_reader_is_called_once_there_is_an_event_behind_its_number() {
        let tail = Arc::new(Tail::default());
        let (called, calls) = mpsc::channel();
        let call = |name| -> Box<dyn FnOnce() + Send> {
            let called = called.clone();
            Box::new(move || called.send(name).unwrap())
        };
        let _first = tail.call_after(0, call("first"));
        let _second = tail.call_after(5, call("second"));
        drop(tail.call_after(0, call("gone")));
        tail.set(3);
        assert_eq!(calls.try_iter().collect::<Vec<_>>(), ["first"]);
        let _late = tail.call_after(2, call("late"));
        assert_eq!(calls.try_iter().collect::<Vec<_>>(), ["late"]);
        tail.set(2);
        assert_eq!(tail.newest(), 3, "it never goes back");
        tail.close();
        assert_eq!(calls.try_iter().collect::<Vec<_>>(), ["second"]);
    }

    #[test]
    fn a_thread_waits_until_there_is_an_event_or_its_time_is_over() {
        let tail = Arc::new(Tail::default());
        let now = Instant::now();
        assert_eq!(tail.wait_after(0, now), 0);
        let reader_thread = {
            let tail = Arc::clone(&tail);
            thread::spawn(move || tail.wait_after(0, now + Duration::from_mins(1)))
        };
        tail.set(1);
        assert_eq!(reader_thread.join().unwrap(), 1);
    }
}
