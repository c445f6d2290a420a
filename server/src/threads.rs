//! What the network threads of one server share beside the chat itself: the settings,
//! the gate, accepted connections on their way to a thread, and when to stop. All of
//! it is touched when clients connect and leave, never for a message.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mio::net::TcpStream;

use crate::config::Config;
use crate::net::gate::{ConnectionPermit, Gate};
use crate::shared::Shared;
use crate::sync::lock::Lock;
use crate::sync::notify::Notify;

/// Shared by all threads of a server.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) config: Config,
    pub(crate) gate: Arc<Gate>,
    pub(crate) shared: Arc<Shared>,
    incoming: Vec<Incoming>,
    next: AtomicUsize,
    stopping: AtomicBool,
}

/// How one thread is reached.
#[derive(Debug, Default)]
struct Incoming {
    accepted: Lock<Vec<Accepted>>,
    /// Notified when there is an accepted connection.
    has_accepted: Notify,
    /// Notified when the server stops.
    stop: Notify,
}

/// An accepted connection that no thread serves yet.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) permit: ConnectionPermit,
}

impl Threads {
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let count = config.threads.get();
        Arc::new(Self {
            gate: Gate::new(config.caps),
            shared: Shared::new(count, config.rooms),
            incoming: (0..count).map(|_| Incoming::default()).collect(),
            next: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            config,
        })
    }

    /// Assigns an accepted connection to the threads in turn.
    pub(crate) fn assign(&self, accepted: Accepted) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let incoming = &self.incoming[turn % self.incoming.len()];
        incoming.accepted.lock().push(accepted);
        incoming.has_accepted.notify();
    }

    /// Waits for connections that are assigned to this thread.
    pub(crate) async fn accepted(&self, thread: usize) -> Vec<Accepted> {
        let incoming = &self.incoming[thread];
        let is_empty = || incoming.accepted.lock().is_empty();
        incoming.has_accepted.until(|| !is_empty()).await;
        std::mem::take(&mut *incoming.accepted.lock())
    }

    /// Has all threads stop.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for incoming in &self.incoming {
            incoming.stop.notify();
        }
    }

    /// Whether the server takes no new clients because it stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Waits, on this thread, until the server stops.
    pub(crate) async fn stopping(&self, thread: usize) {
        let incoming = &self.incoming[thread];
        incoming.stop.until(|| self.is_stopping()).await;
    }
}
