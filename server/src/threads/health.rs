//! The state that health checks share: whether the server is about to stop, the last report, and the
//! questions to the network threads. `health` asks, and the API for the operator. Each worker answers
//! for its thread.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use smol::channel::{Receiver, Sender, bounded};

use crate::hub::{ClientFilter, ClientOrder};
use crate::ids::ConnectionId;
use crate::outgoing::connection::ClientFacts;
use crate::shared::room_state::RoomState;
use crate::sync::lock::Lock;
use crate::sync::notify::Notify;

/// The state of health checks.
#[derive(Debug)]
pub(crate) struct Health {
    is_ending: AtomicBool,
    checking: Lock<Checking>,
    /// How many lines were sent to find out.
    probes: AtomicU64,
    /// By thread.
    questions: Vec<Questions>,
}

/// How far somebody is who finds out whether the server is ready.
#[derive(Debug, Default)]
struct Checking {
    /// The last report with its time.
    last: Option<(Instant, Arc<Report>)>,
    /// Closed when the checks are over that go on; `None`: none do.
    over: Option<Receiver<Infallible>>,
}

/// The part of somebody who wants a report.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Nothing: it is a report of a moment ago.
    Has(Arc<Report>),
    /// To wait until this is closed, because somebody checks.
    Wait(Receiver<Infallible>),
    /// To check, to call [`Health::end_checks`], and to drop the first then, which closes the second.
    Check(Sender<Infallible>, Receiver<Infallible>),
}

/// The result of the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) checks: Vec<Check>,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// One of a few words.
    pub(crate) name: &'static str,
    pub(crate) took: Duration,
    /// A sentence, if the check has failed.
    pub(crate) problem: Option<String>,
}

impl Report {
    /// Whether all checks have succeeded.
    pub(crate) fn is_ready(&self) -> bool {
        self.checks.iter().all(|check| check.problem.is_none())
    }
}

/// The questions to one thread.
#[derive(Debug, Default)]
struct Questions {
    waiting: Lock<Vec<Question>>,
    asked: Notify,
}

/// A question to a network thread.
#[derive(Debug)]
pub(crate) enum Question {
    /// Whether it turns: it answers when it has looked at its sockets once more.
    Turns(Sender<()>),
    /// To put a connection into a room that nobody else knows.
    Join(ProbeJoin),
    /// About its clients.
    Clients(ClientsQuestion),
}

/// A question about clients of a thread. The answers fail if nobody waits any more.
#[derive(Debug)]
pub(crate) enum ClientsQuestion {
    /// Those that fit, in this order, and at most this many.
    List {
        filter: ClientFilter,
        order: ClientOrder,
        most: usize,
        /// Gets how many fit, and the first of them.
        answer: Sender<(usize, Vec<ClientFacts>)>,
    },
    /// One of them.
    One {
        id: ConnectionId,
        /// Gets it with its rooms; `None` if it is on another thread.
        answer: Sender<Option<(ClientFacts, Vec<Arc<str>>)>>,
    },
    /// To close one of them.
    Close {
        id: ConnectionId,
        /// Gets the client as it was before.
        answer: Sender<Option<ClientFacts>>,
    },
}

/// A connection for a line that shows whether lines are delivered.
#[derive(Debug)]
pub(crate) struct ProbeJoin {
    pub(crate) room: Arc<RoomState>,
    /// The server's end. The connection ends when the other one does.
    pub(crate) stream: TcpStream,
    /// Told when the connection is in the room.
    pub(crate) joined: Sender<()>,
}

impl Health {
    /// The state of a server with this many network threads.
    pub(super) fn new(threads: usize) -> Self {
        Self {
            is_ending: AtomicBool::new(false),
            checking: Lock::default(),
            probes: AtomicU64::new(0),
            questions: (0..threads).map(|_| Questions::default()).collect(),
        }
    }

    /// The server begins to stop: from now on it is not ready.
    pub(crate) fn end(&self) {
        self.is_ending.store(true, Ordering::SeqCst);
    }

    /// Whether it has begun to stop.
    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::SeqCst)
    }

    /// The turn of somebody who wants a report that is no older than this: many who ask at a time
    /// cost as much as one.
    pub(crate) fn turn(&self, holds_for: Duration) -> Turn {
        let mut checking = self.checking.lock();
        if let Some((at, report)) = &checking.last
            && at.elapsed() < holds_for
        {
            return Turn::Has(Arc::clone(report));
        }
        if let Some(over) = &checking.over {
            return Turn::Wait(over.clone());
        }
        let (end, over) = bounded(1);
        checking.over = Some(over.clone());
        Turn::Check(end, over)
    }

    /// The checks are over that somebody had to do.
    pub(crate) fn end_checks(&self) {
        self.checking.lock().over = None;
    }

    /// The last report, and how old it is. `None`: nobody has asked so far.
    pub(crate) fn last(&self) -> Option<(Duration, Arc<Report>)> {
        let checking = self.checking.lock();
        let (at, report) = checking.last.as_ref()?;
        Some((at.elapsed(), Arc::clone(report)))
    }

    /// Keeps a report, and returns the one before.
    pub(crate) fn set_last(&self, report: &Arc<Report>) -> Option<Arc<Report>> {
        let now = (Instant::now(), Arc::clone(report));
        let before = self.checking.lock().last.replace(now);
        before.map(|(_, report)| report)
    }

    /// The number of another line that is sent to find out.
    pub(crate) fn next_probe(&self) -> u64 {
        self.probes.fetch_add(1, Ordering::Relaxed)
    }

    /// How many network threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.questions.len()
    }

    /// Asks a thread.
    pub(crate) fn ask(&self, thread: usize, question: Question) {
        let questions = &self.questions[thread];
        questions.waiting.lock().push(question);
        questions.asked.notify();
    }

    /// Waits for questions to this thread, and returns them.
    pub(crate) async fn questions(&self, thread: usize) -> Vec<Question> {
        let questions = &self.questions[thread];
        let is_empty = || questions.waiting.lock().is_empty();
        questions.asked.until(|| !is_empty()).await;
        std::mem::take(&mut *questions.waiting.lock())
    }
}
