//! The entries that wait for the thread that writes, bounded, and when the next commit begins: at
//! once for a lone entry; under load, so that one commit takes many, at the earliest some time
//! after the last one began.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::journal::{Entry, JournalFacts};

/// How much memory an entry takes beside its texts, in bytes.
const ENTRY_BYTES: usize = 512;

/// The entries that are not decided.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Notified when there is something to do.
    ready: Condvar,
    /// Notified when the queue is closed.
    closed: Condvar,
    limits: QueueLimits,
}

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimits {
    /// From how many entries on the queue is full.
    pub(crate) entries: usize,
    /// From how many bytes on the queue is full.
    pub(crate) bytes: usize,
    /// How long after the beginning of one commit the next one begins at the earliest.
    pub(crate) gather: Duration,
}

#[derive(Debug, Default)]
struct State {
    entries: VecDeque<Entry>,
    /// How many of the first have to be refused.
    refused: usize,
    /// The size of all that waits, with what is being written now.
    waiting: Size,
    /// The size of what is being written now.
    taken: Size,
    /// When the oldest of what waits was handed over, and of what is being written now.
    since: Option<Instant>,
    taken_since: Option<Instant>,
    phase: Phase,
    /// Whether the rules of rooms have changed.
    has_new_rules: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Size {
    entries: usize,
    bytes: usize,
}

/// A queue's life.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Entries are written.
    #[default]
    Open,
    /// The entries that wait are written, and then the queue is closed.
    Closing,
    /// Entries fail.
    Closed,
    /// Nobody can hand over an entry any more.
    Ended,
}

/// The next work of the thread that writes.
#[derive(Debug)]
pub(crate) enum Turn {
    /// To write these entries, in their order.
    Write(Vec<Entry>),
    /// To do something that can wait, because nothing else does.
    Idle,
    /// To take over other rules of rooms.
    Rules,
    /// To close the store. Called once.
    Close,
    /// To refuse these entries.
    Refuse(Vec<Entry>),
    /// Nothing ever again.
    End,
}

impl Queue {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            closed: Condvar::new(),
            limits,
        }
    }

    /// Appends an entry. Never blocks for long: nobody does anything else under the lock.
    pub(crate) fn push(&self, entry: Entry) {
        let mut state = self.lock();
        state.waiting.entries += 1;
        state.waiting.bytes += size_of(&entry);
        if state.entries.is_empty() {
            state.since = Some(Instant::now());
        }
        state.entries.push_back(entry);
        // Else the thread has work already, or it has been told.
        if state.entries.len() == 1 {
            self.ready.notify_one();
        }
    }

    /// How much waits, for the operator's metrics.
    pub(crate) fn facts(&self, now: Instant) -> JournalFacts {
        let state = self.lock();
        let oldest = state.taken_since.or(state.since);
        JournalFacts {
            waiting: state.waiting.entries,
            waiting_bytes: state.waiting.bytes,
            lag: oldest.map_or(Duration::ZERO, |oldest| {
                now.saturating_duration_since(oldest)
            }),
            ..JournalFacts::default()
        }
    }

    /// Whether as much waits as may wait.
    pub(crate) fn is_full(&self) -> bool {
        let waiting = self.lock().waiting;
        waiting.entries >= self.limits.entries || waiting.bytes >= self.limits.bytes
    }

    /// Waits for something to do. `began`: when the last commit began. `idle`: for how long the
    /// thread waits at most before it gets [`Turn::Idle`]; zero: it has something to do that fits
    /// between two commits.
    pub(crate) fn turn(&self, began: Option<Instant>, idle: Option<Duration>) -> Turn {
        let idle_at = idle.map(|idle| Instant::now() + idle);
        let is_gap = idle.is_some_and(|idle| idle.is_zero());
        let mut state = self.lock();
        loop {
            let phase = state.phase;
            match phase {
                Phase::Open if std::mem::take(&mut state.has_new_rules) => return Turn::Rules,
                Phase::Ended if state.entries.is_empty() => return Turn::End,
                Phase::Closed | Phase::Ended if !state.entries.is_empty() => {
                    return Turn::Refuse(state.take());
                }
                Phase::Closing if state.entries.is_empty() => return Turn::Close,
                Phase::Closing => return Turn::Write(state.take()),
                Phase::Open if !state.entries.is_empty() => {
                    let wait = began.map_or(Duration::ZERO, |began| {
                        (began + self.limits.gather).saturating_duration_since(Instant::now())
                    });
                    if wait.is_zero() {
                        return Turn::Write(state.take());
                    }
                    if is_gap {
                        return Turn::Idle;
                    }
                    state = self.wait(state, Some(wait));
                }
                Phase::Open => {
                    let wait = idle_at.map(|at| at.saturating_duration_since(Instant::now()));
                    if wait.is_some_and(|wait| wait.is_zero()) {
                        return Turn::Idle;
                    }
                    state = self.wait(state, wait);
                }
                Phase::Closed | Phase::Ended => state = self.wait(state, None),
            }
        }
    }

    /// All that waits now has to be refused.
    pub(crate) fn refuse_waiting(&self) {
        let mut state = self.lock();
        state.refused = state.entries.len();
    }

    /// Takes what has to be refused.
    pub(crate) fn take_refused(&self) -> Vec<Entry> {
        let mut state = self.lock();
        let refused = std::mem::take(&mut state.refused);
        let entries: Vec<_> = state.entries.drain(..refused).collect();
        // That of what is left is later, which is not known.
        state.taken_since = state.since;
        if state.entries.is_empty() {
            state.since = None;
        }
        state.taken = Size {
            entries: entries.len(),
            bytes: entries.iter().map(size_of).sum(),
        };
        entries
    }

    /// The entries that were taken are decided.
    pub(crate) fn decided(&self) {
        let mut state = self.lock();
        let Size { entries, bytes } = std::mem::take(&mut state.taken);
        state.waiting.entries -= entries;
        state.waiting.bytes -= bytes;
        state.taken_since = None;
    }

    /// The rules of rooms have changed.
    pub(crate) fn rules_changed(&self) {
        self.lock().has_new_rules = true;
        self.ready.notify_one();
    }

    /// Has the thread write what waits and close the store, and waits until it has.
    pub(crate) fn close(&self) {
        self.advance(Phase::Closing);
        let mut state = self.lock();
        while state.phase < Phase::Closed {
            state = (self.closed.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next phase begins.
    pub(crate) fn advance(&self, phase: Phase) {
        let mut state = self.lock();
        state.phase = state.phase.max(phase);
        self.ready.notify_one();
        self.closed.notify_all();
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        wait: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        match wait {
            Some(wait) => {
                let waited = self.ready.wait_timeout(state, wait);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => (self.ready.wait(state)).unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Vec<Entry> {
        self.taken = self.waiting;
        self.taken_since = self.since.take();
        self.refused = 0;
        std::mem::take(&mut self.entries).into()
    }
}

/// How much memory an entry takes, roughly, in bytes.
pub(crate) fn size_of(entry: &Entry) -> usize {
    let texts = match entry {
        Entry::Line(new) => {
            let line = &new.line;
            line.text.len() + line.name.len() + line.user.len() + line.info.len()
        }
        Entry::Record(_) => 0,
        // The evidence is mostly what is in memory of it, see `Evidence::size`.
        Entry::Report(entry) => entry.work.size(),
    };
    ENTRY_BYTES + texts
}
