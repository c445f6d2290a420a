//! Which sockets are ready, for the tasks of one thread, and the loop that
//! runs those tasks.
//!
//! smol's own reactor serves any thread, for which a message pays with a
//! dozen system calls: it re-arms a socket after each event, sets a timer at
//! each wait, and hands waiting over to a thread of its own. Here one thread
//! has sockets and tasks to itself. A socket is registered once, edge-triggered,
//! and a message costs a wait, a read, and one write per listener. Timers and
//! signals, which are rare, stay with smol.

use std::cell::RefCell;
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

/// Events taken at one wait.
const EVENTS: usize = 1024;

/// The token that wakes the loop for a task woken by another thread; sources
/// have the tokens below.
const WOKEN: Token = Token(usize::MAX);

/// One thread's sockets and the loop that waits for them.
#[derive(Debug)]
pub(crate) struct Reactor {
    poll: RefCell<mio::Poll>,
    events: RefCell<Events>,
    registry: Registry,
    sources: RefCell<Slab<Readiness>>,
    notifier: Arc<Notifier>,
}

/// A source of events, registered until it is dropped.
#[derive(Debug)]
pub(crate) struct Registered<S: Source> {
    source: S,
    key: usize,
    reactor: Rc<Reactor>,
}

/// What is known of a source, and which tasks wait for it.
#[derive(Debug, Default)]
struct Readiness {
    read: DirectionState,
    write: DirectionState,
}

#[derive(Debug)]
struct DirectionState {
    /// False only after an attempt that found nothing to do.
    ready: bool,
    /// The other side ended this direction: it stays ready.
    ended: bool,
    waker: Option<Waker>,
}

/// Which of a source's directions is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    /// From the peer.
    Read,
    /// To the peer.
    Write,
}

/// Wakes the loop.
#[derive(Debug)]
struct Notifier {
    waker: mio::Waker,
    /// Whether a task was woken since the tasks last began to run.
    woken: AtomicBool,
    /// Whether the loop waits, so that a wake-up has to end its wait.
    waits: AtomicBool,
}

impl Reactor {
    /// A reactor without sources.
    pub(crate) fn new() -> io::Result<Rc<Self>> {
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(&registry, WOKEN)?;
        Ok(Rc::new(Self {
            poll: RefCell::new(poll),
            events: RefCell::new(Events::with_capacity(EVENTS)),
            registry,
            sources: RefCell::default(),
            notifier: Arc::new(Notifier {
                waker,
                woken: AtomicBool::new(false),
                waits: AtomicBool::new(false),
            }),
        }))
    }

    /// Registers `source` for both directions.
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

    /// Runs `future`, and waits for sockets whenever it has nothing to do.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> io::Result<T> {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::clone(&self.notifier));
        let mut context = Context::from_waker(&waker);
        loop {
            // Whoever was woken so far is about to run.
            self.notifier.woken.store(false, Ordering::SeqCst);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Ok(output);
            }
            self.wait()?;
        }
    }

    /// Waits until a socket is ready or a task was woken, and wakes the tasks
    /// that waited for what happened.
    fn wait(&self) -> io::Result<()> {
        let notifier = &self.notifier;
        // Announced before the last look at `woken`: who wakes a task after
        // that look sees the announcement and ends the wait.
        notifier.waits.store(true, Ordering::SeqCst);
        let woken = notifier.woken.load(Ordering::SeqCst);
        let timeout = woken.then_some(Duration::ZERO);
        let mut events = self.events.borrow_mut();
        let result = self.poll.borrow_mut().poll(&mut events, timeout);
        notifier.waits.store(false, Ordering::SeqCst);
        match result {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in &*events {
            for waker in self.note(event).into_iter().flatten() {
                waker.wake();
            }
        }
        Ok(())
    }

    /// Notes what happened to a source, and returns who waited for it.
    fn note(&self, event: &Event) -> [Option<Waker>; 2] {
        let mut sources = self.sources.borrow_mut();
        // A source may be gone by now: its last events go nowhere.
        let Some(readiness) = sources.get_mut(event.token().0) else {
            return [None, None];
        };
        let broken = event.is_error();
        [
            (event.is_readable() || broken)
                .then(|| readiness.read.happened(event.is_read_closed() || broken))
                .flatten(),
            (event.is_writable() || broken)
                .then(|| readiness.write.happened(event.is_write_closed() || broken))
                .flatten(),
        ]
    }
}

impl<S: Source> Registered<S> {
    /// The source.
    pub(crate) fn get(&self) -> &S {
        &self.source
    }

    /// Tries `io` if the source is ready. If it is not, or turns out not to be, the
    /// task is woken when it is.
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
                result => return Poll::Ready(result),
            }
        }
        Poll::Pending
    }

    /// Ready when the source may be; the task is woken when it is.
    pub(crate) fn poll_ready(&self, direction: Direction, context: &mut Context<'_>) -> Poll<()> {
        self.with_state(direction, |state| {
            if state.ready {
                return Poll::Ready(());
            }
            match &mut state.waker {
                Some(waker) => waker.clone_from(context.waker()),
                none => *none = Some(context.waker().clone()),
            }
            Poll::Pending
        })
    }

    /// Notes that there is nothing to do in this direction until the next
    /// event: an attempt would block, or a read took less than it could have.
    /// A direction that the peer ended stays ready, or its end would go unseen.
    pub(crate) fn would_block(&self, direction: Direction) {
        self.with_state(direction, |state| state.ready = state.ended);
    }

    fn with_state<T>(
        &self,
        direction: Direction,
        with: impl FnOnce(&mut DirectionState) -> T,
    ) -> T {
        let mut sources = self.reactor.sources.borrow_mut();
        let readiness = &mut sources[self.key];
        with(match direction {
            Direction::Read => &mut readiness.read,
            Direction::Write => &mut readiness.write,
        })
    }
}

impl<S: Source> Drop for Registered<S> {
    fn drop(&mut self) {
        // Fails only where it is not registered, which it was until now.
        let _ = self.reactor.registry.deregister(&mut self.source);
        self.reactor.sources.borrow_mut().remove(self.key);
    }
}

impl DirectionState {
    fn happened(&mut self, ended: bool) -> Option<Waker> {
        self.ready = true;
        self.ended |= ended;
        self.waker.take()
    }
}

impl Default for DirectionState {
    fn default() -> Self {
        Self {
            // Whether it is shows at the first attempt.
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
        if self.waits.swap(false, Ordering::SeqCst) {
            // Fails only where the loop is gone, and nobody waits.
            let _ = self.waker.wake();
        }
    }
}
