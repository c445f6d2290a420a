//! Which sockets of one network thread are ready, and the loop that runs the thread's
//! tasks.
//!
//! smol's own reactor serves all threads, and that costs a dozen system calls for each
//! message: it re-arms a socket after each event, sets a timer for each wait, and waits
//! on a thread of its own. This reactor belongs to one thread. It registers a socket
//! once, edge-triggered, and a message costs a wait, a read, and one write for each
//! client that gets it. Timers and signals are rare, and stay with smol.
//!
//! No source may keep the thread for as long as its client likes: see
//! [`turns`](super::turns). Every wait for a socket comes through [`Registered::poll`] and
//! [`Registered::poll_ready`], where what it costs is counted.
//!
//! `server` runs the loop; [`socket`](super::socket) and `listen` wait here. A task
//! that works through many things without a socket, as the sweep does, calls
//! [`Reactor::rest`] between two pieces of its work.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use mio::event::{Event, Source};
use mio::{Events, Interest, Registry, Token};
use slab::Slab;

use super::turns::{TURN, Turn, Turns};
use crate::metrics::ThreadMetrics;

/// How many events one wait returns at most.
const EVENTS: usize = 1024;

/// The token of the event that wakes the loop if another thread woke a task. Sources
/// have lower tokens.
const WOKEN: Token = Token(usize::MAX);

/// One thread's sockets and the loop that waits for them.
#[derive(Debug)]
pub(crate) struct Reactor {
    poll: RefCell<mio::Poll>,
    events: RefCell<Events>,
    registry: Registry,
    sources: RefCell<Slab<Readiness>>,
    turns: Turns,
    notifier: Arc<Notifier>,
    metrics: Arc<ThreadMetrics>,
}

/// A source of events that is registered until it is dropped.
#[derive(Debug)]
pub(crate) struct Registered<S: Source> {
    source: S,
    key: usize,
    reactor: Rc<Reactor>,
}

/// The state of a source in both directions.
#[derive(Debug, Default)]
struct Readiness {
    read: DirectionState,
    write: DirectionState,
    turn: Turn,
}

/// Whether a source is ready in one direction, and the task that waits for it.
#[derive(Debug)]
struct DirectionState {
    /// False only after an attempt that would have blocked.
    ready: bool,
    /// Whether the peer has ended this direction, which stays ready then.
    ended: bool,
    waker: Option<Waker>,
}

/// A direction of a source.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    /// Bytes from the peer.
    Read,
    /// Bytes to the peer.
    Write,
}

/// Wakes the loop.
#[derive(Debug)]
struct Notifier {
    waker: mio::Waker,
    /// Whether a task was woken since the loop last began to run tasks.
    woken: AtomicBool,
    /// Whether the loop is waiting, so that a wake-up has to end the wait.
    is_waiting: AtomicBool,
}

impl Reactor {
    /// A reactor without sources, of the thread that has these numbers.
    ///
    /// # Errors
    ///
    /// If the system has no means to wait for sockets.
    pub(crate) fn new(metrics: Arc<ThreadMetrics>) -> io::Result<Rc<Self>> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, WOKEN)?;
        Ok(Rc::new(Self {
            poll: RefCell::new(poll),
            events: RefCell::new(Events::with_capacity(EVENTS)),
            registry,
            sources: RefCell::default(),
            turns: Turns::default(),
            notifier: Arc::new(Notifier {
                waker,
                woken: AtomicBool::new(false),
                is_waiting: AtomicBool::new(false),
            }),
            metrics,
        }))
    }

    /// The counts of the thread.
    pub(crate) fn metrics(&self) -> &ThreadMetrics {
        &self.metrics
    }

    /// Registers `source` for both directions.
    ///
    /// # Errors
    ///
    /// If the system refuses to watch it.
    pub(crate) fn register<S: Source>(self: &Rc<Self>, mut source: S) -> io::Result<Registered<S>> {
        let key = self.sources.borrow_mut().insert(Readiness::default());
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.registry.register(&mut source, Token(key), both) {
            self.sources.borrow_mut().remove(key);
            return Err(error);
        }
        Ok(Registered {
            source,
            key,
            reactor: Rc::clone(self),
        })
    }

    /// Runs `future` to its end, and waits for sockets while it has nothing to do.
    ///
    /// # Errors
    ///
    /// If waiting fails.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> io::Result<T> {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::clone(&self.notifier));
        let mut context = Context::from_waker(&waker);
        loop {
            // All tasks that were woken so far run now.
            self.notifier.woken.store(false, Ordering::SeqCst);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Ok(output);
            }
            self.wait()?;
        }
    }

    /// Waits until a socket is ready or a task was woken, and wakes the tasks that wait
    /// for the sockets that are ready.
    fn wait(&self) -> io::Result<()> {
        let notifier = &self.notifier;
        // Set before `woken` is read for the last time: a thread that wakes a task after
        // that sees it, and ends the wait.
        notifier.is_waiting.store(true, Ordering::SeqCst);
        let has_work = notifier.woken.load(Ordering::SeqCst) || self.turns.has_resting();
        let timeout = has_work.then_some(Duration::ZERO);
        let mut events = self.events.borrow_mut();
        let result = self.poll.borrow_mut().poll(&mut events, timeout);
        notifier.is_waiting.store(false, Ordering::SeqCst);
        self.metrics.looks.count();
        match result {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in &*events {
            self.record(event)
                .into_iter()
                .flatten()
                .for_each(Waker::wake);
        }
        for (place, key) in self.turns.count_look().into_iter().enumerate() {
            self.end_rest(place, key);
        }
        Ok(())
    }

    /// Wakes the tasks of a source that has rested, and had this place in the queue.
    fn end_rest(&self, place: usize, key: usize) {
        let mut sources = self.sources.borrow_mut();
        let wakers = sources.get_mut(key).map(|source| {
            source.turn.end_rest(place, self.turns.looks());
            source.take_wakers_of_turn()
        });
        drop(sources);
        wakers.into_iter().flatten().flatten().for_each(Waker::wake);
    }

    /// Counts what a fan-out has sent: how often it sent to a client.
    pub(crate) fn add_sends(&self, sends: usize) {
        self.turns.add_sends(sends);
    }

    /// Rests until the next look at the sockets. A task calls it between two pieces of work
    /// that can be large together.
    pub(crate) async fn rest(&self) {
        let before = self.turns.looks();
        poll_fn(|context| {
            if self.turns.looks() != before {
                return Poll::Ready(());
            }
            self.turns.wake_later(context.waker());
            Poll::Pending
        })
        .await;
    }

    /// Rests until all that rest now had a turn, as a source whose turn is used up: for a
    /// task whose source another library has.
    pub(crate) async fn queue(&self) {
        let task = self.turns.enqueue_task();
        poll_fn(|context| task.poll(context)).await;
    }

    /// Records what happened to a source, and returns the wakers of the tasks that wait
    /// for it.
    fn record(&self, event: &Event) -> [Option<Waker>; 2] {
        let mut sources = self.sources.borrow_mut();
        // The source may have been dropped since the event.
        let Some(readiness) = sources.get_mut(event.token().0) else {
            return [None, None];
        };
        let broken = event.is_error();
        if event.is_readable() || broken {
            readiness.read.set_ready(event.is_read_closed() || broken);
        }
        if event.is_writable() || broken {
            readiness.write.set_ready(event.is_write_closed() || broken);
        }
        readiness.take_wakers()
    }
}

impl<S: Source> Registered<S> {
    /// The counts of the thread.
    pub(crate) fn metrics(&self) -> &ThreadMetrics {
        &self.reactor.metrics
    }

    /// The source.
    pub(crate) fn get(&self) -> &S {
        &self.source
    }

    /// Calls `io` if the source is ready. If it is not, or `io` would block, returns
    /// pending, and the task is woken when the source is ready.
    pub(crate) fn poll<T>(
        &self,
        direction: Direction,
        context: &mut Context<'_>,
        mut io: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        while self.poll_ready(direction, context).is_ready() {
            match io(&self.source) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.would_block(direction);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    self.spend(1);
                    return Poll::Ready(result);
                }
            }
        }
        Poll::Pending
    }

    /// Returns ready if the source may be ready, and its turn is not used up. The task is
    /// woken when both hold.
    pub(crate) fn poll_ready(&self, direction: Direction, context: &mut Context<'_>) -> Poll<()> {
        let mut sources = self.reactor.sources.borrow_mut();
        let source = &mut sources[self.key];
        let is_ready = source.direction(direction).ready;
        if is_ready && !self.rests(source) {
            return Poll::Ready(());
        }
        source.direction(direction).wake_later(context);
        Poll::Pending
    }

    /// Adds `cost` to what the source's turn has cost.
    pub(crate) fn spend(&self, cost: u32) {
        let source = &mut self.reactor.sources.borrow_mut()[self.key];
        self.reactor.turns.spend(&mut source.turn, cost);
    }

    /// Uses up the source's turn.
    pub(crate) fn end_turn(&self) {
        self.spend(TURN);
    }

    /// Returns ready if the source's turn is not used up. The task is woken when it has
    /// another turn.
    pub(crate) fn poll_turn(&self, context: &mut Context<'_>) -> Poll<()> {
        let source = &mut self.reactor.sources.borrow_mut()[self.key];
        if !self.rests(source) {
            return Poll::Ready(());
        }
        source.direction(Direction::Read).wake_later(context);
        Poll::Pending
    }

    fn rests(&self, source: &mut Readiness) -> bool {
        self.reactor.turns.rests(self.key, &mut source.turn)
    }

    /// Records that there is nothing to do in this direction until the next event: an
    /// attempt would have blocked, or a read returned less than fits into its buffer. A
    /// direction that the peer has ended stays ready, so that its end is read.
    pub(crate) fn would_block(&self, direction: Direction) {
        let state = &mut self.reactor.sources.borrow_mut()[self.key];
        let state = state.direction(direction);
        state.ready = state.ended;
    }

    /// Whether the connection is over in both directions: the peer is gone, and reads
    /// nothing more.
    pub(crate) fn is_gone(&self) -> bool {
        let source = &self.reactor.sources.borrow()[self.key];
        source.read.ended && source.write.ended
    }
}

impl<S: Source> Drop for Registered<S> {
    fn drop(&mut self) {
        // Fails only if the source is not registered, and it was until now.
        let _ = self.reactor.registry.deregister(&mut self.source);
        self.reactor.sources.borrow_mut().remove(self.key);
    }
}

impl Readiness {
    fn direction(&mut self, direction: Direction) -> &mut DirectionState {
        match direction {
            Direction::Read => &mut self.read,
            Direction::Write => &mut self.write,
        }
    }

    /// Takes the wakers of the tasks that can go on now: none while the source rests.
    fn take_wakers(&mut self) -> [Option<Waker>; 2] {
        let is_resting = self.turn.is_resting();
        [&mut self.read, &mut self.write].map(|state| {
            let can_go_on = state.ready && !is_resting;
            can_go_on.then(|| state.waker.take()).flatten()
        })
    }

    /// Takes the wakers of the tasks that can go on now that the source has a turn.
    fn take_wakers_of_turn(&mut self) -> [Option<Waker>; 2] {
        // Also one whose direction is not ready: it may have waited for the turn alone.
        [self.read.waker.take(), self.write.waker.take()]
    }
}

impl DirectionState {
    fn set_ready(&mut self, ended: bool) {
        self.ready = true;
        self.ended |= ended;
    }

    fn wake_later(&mut self, context: &Context<'_>) {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }
}

impl Default for DirectionState {
    fn default() -> Self {
        Self {
            // The first attempt finds out.
            ready: true,
            ended: false,
            waker: None,
        }
    }
}

impl Wake for Notifier {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        if self.is_waiting.swap(false, Ordering::SeqCst) {
            // Fails only if the loop has ended, and then there is nothing to wake.
            let _ = self.waker.wake();
        }
    }
}

#[cfg(test)]
mod tests;
