//! How much each source of one network thread may do between two looks at the sockets, and
//! who waits for more. The thread's [`reactor`](super::reactor) calls it. No I/O and no
//! clock.
//!
//! No task may keep the thread for as long as its client likes. Each source has a turn
//! between two looks, counted in what it costs: a unit for each attempt that moved bytes,
//! whatever came of them, and what its task adds for the messages in them. A source
//! whose turn is used up is not ready for anybody: its task rests in a queue, from which
//! each look wakes one. So what a hostile client can cost the others is one turn for each
//! look. Tasks that do not know their source rest in a queue of their own.
//!
//! If a fan-out has sent much since the last look, the look wakes more sources, for a short
//! turn each, until all sources together have cost half as much as what was sent. A fan-out
//! sends once whatever was said before it, so many speakers must not take one turn for each.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The most that a source may cost between two looks at the sockets: about 30 messages.
pub(crate) const TURN: u32 = 64;

/// The most that a source may cost if all sources together have cost much since the last look:
/// about 2 messages, which is more than a person ever sends at once.
pub(crate) const SHORT_TURN: u32 = 4;

/// The most that all sources together may cost since the last look before turns are short: about
/// 250 messages.
pub(crate) const LONG_LOOP: u32 = 512;

/// How many sends since the last look are worth a unit of what waiting sources may cost.
const SENDS_PER_COST: usize = 2;

/// How many are worth one more turn, a short one.
const SENDS_PER_TURN: usize = SENDS_PER_COST * SHORT_TURN as usize;

/// The turns of all sources of one thread.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// How many looks at the sockets there were.
    looks: Cell<u64>,
    /// What all sources have cost since the last look.
    cost: Cell<u32>,
    /// How often a fan-out has sent to a client since the last look.
    sends: Cell<usize>,
    /// The cost of all sources since the last look at which short turns of the queue end.
    most: Cell<u32>,
    /// The keys of the sources whose turns are used up, in the order in which they go on. If
    /// one was dropped since, or has the key of one that was, it goes on in vain.
    sources: RefCell<VecDeque<usize>>,
    /// The tasks that do not know their sources, in the order in which they go on.
    tasks: RefCell<VecDeque<Rc<RestingTask>>>,
    /// The tasks that rest until the next look.
    until_look: RefCell<Vec<Waker>>,
}

/// A task in the queue.
#[derive(Debug)]
pub(crate) struct RestingTask {
    waker: RefCell<Option<Waker>>,
    is_over: Cell<bool>,
}

/// The turn of one source.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The look at which it began.
    look: u64,
    /// What it has cost.
    cost: u32,
    /// Whether it is a short one.
    is_short: bool,
    /// Whether it is used up, and the source waits for the next one.
    is_resting: bool,
}

impl Turns {
    /// How many looks at the sockets there were.
    pub(crate) fn looks(&self) -> u64 {
        self.looks.get()
    }

    /// Whether anybody waits for the next look.
    pub(crate) fn has_resting(&self) -> bool {
        !(self.sources.borrow().is_empty()
            && self.tasks.borrow().is_empty()
            && self.until_look.borrow().is_empty())
    }

    /// Adds `cost` to the turn of a source.
    pub(crate) fn spend(&self, turn: &mut Turn, cost: u32) {
        self.cost.set(self.cost.get().saturating_add(cost));
        turn.renew(self.looks());
        turn.cost = turn.cost.saturating_add(cost);
    }

    /// Whether the source with this key rests. It begins to if its turn is used up.
    pub(crate) fn rests(&self, key: usize, turn: &mut Turn) -> bool {
        turn.renew(self.looks());
        let is_short = turn.is_short || self.cost.get() >= LONG_LOOP;
        let most = if is_short { SHORT_TURN } else { TURN };
        let is_too_late = turn.is_short && self.cost.get() >= self.most.get();
        if !turn.is_resting && (turn.cost >= most || is_too_late) {
            turn.is_resting = true;
            let mut sources = self.sources.borrow_mut();
            if turn.cost > 0 {
                sources.push_back(key);
            } else {
                // It has had nothing of its turn.
                sources.push_front(key);
            }
        }
        turn.is_resting
    }

    /// Wakes `waker` at the next look.
    pub(crate) fn wake_later(&self, waker: &Waker) {
        let mut tasks = self.until_look.borrow_mut();
        if !tasks.iter().any(|known| known.will_wake(waker)) {
            tasks.push(waker.clone());
        }
    }

    /// Puts a task into the queue. It rests until [`RestingTask::poll`] is ready. Its place is
    /// nobody's when the returned value is dropped.
    pub(crate) fn enqueue_task(&self) -> Rc<RestingTask> {
        let task = Rc::new(RestingTask {
            waker: RefCell::new(None),
            is_over: Cell::new(false),
        });
        self.tasks.borrow_mut().push_back(Rc::clone(&task));
        task
    }

    /// Adds what a fan-out has sent since the last look: how often it sent to a client.
    pub(crate) fn add_sends(&self, sends: usize) {
        self.sends.set(self.sends.get().saturating_add(sends));
    }

    /// Counts a look. Wakes the tasks that rest until it, and the first in the queue of tasks.
    /// Returns the keys of the sources that go on, for the caller to wake: all but the
    /// first have short turns. More would keep the next look waiting.
    pub(crate) fn count_look(&self) -> Vec<usize> {
        self.looks.set(self.looks() + 1);
        self.cost.set(0);
        let sends = self.sends.replace(0);
        let most = 1 + sends / SENDS_PER_TURN;
        let worth = u32::try_from(sends / SENDS_PER_COST).unwrap_or(u32::MAX);
        self.most.set(worth.saturating_add(TURN));
        self.until_look.take().into_iter().for_each(Waker::wake);
        while let Some(task) = self.tasks.borrow_mut().pop_front() {
            // If nobody else has it, whoever rested is gone, and does not take the look of another.
            if Rc::strong_count(&task) > 1 {
                task.end_rest();
                break;
            }
        }
        let mut sources = self.sources.borrow_mut();
        let most = most.min(sources.len());
        sources.drain(..most).collect()
    }
}

impl RestingTask {
    /// Returns ready if the task's rest is over. It is woken when it is.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        if self.is_over.get() {
            return Poll::Ready(());
        }
        *self.waker.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }

    fn end_rest(&self) {
        self.is_over.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Turn {
    /// Whether the source rests.
    pub(crate) fn is_resting(&self) -> bool {
        self.is_resting
    }

    /// Ends the source's rest at this look: it was its place in the queue. Only the first
    /// has a whole turn.
    pub(crate) fn end_rest(&mut self, place: usize, look: u64) {
        self.is_resting = false;
        self.look = look;
        self.cost = 0;
        self.is_short = place > 0;
    }

    /// Begins a new turn if there was a look since the last one began. A source that rests
    /// waits for its place in the queue.
    fn renew(&mut self, look: u64) {
        if self.look != look && !self.is_resting {
            self.look = look;
            self.cost = 0;
            self.is_short = false;
        }
    }
}
