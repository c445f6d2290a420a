//! What the network threads of one server share beside the chat itself: the
//! settings, the gate, newcomers on their way to a thread, and when to stop.
//! All of it is touched when clients come and go, never for a message.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mio::net::TcpStream;

use crate::config::Config;
use crate::exchange::Exchange;
use crate::gate::{Gate, Visitor};
use crate::lock::Lock;
use crate::signal::Signal;

/// Shared by all threads of a server.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) config: Config,
    pub(crate) gate: Arc<Gate>,
    pub(crate) exchange: Arc<Exchange>,
    doors: Vec<Door>,
    next: AtomicUsize,
    stopping: AtomicBool,
}

/// How a thread is reached.
#[derive(Debug, Default)]
struct Door {
    newcomers: Lock<Vec<Newcomer>>,
    /// Notified when there is a newcomer.
    bell: Signal,
    /// Notified when the server stops.
    stop: Signal,
}

/// An accepted connection that no thread serves yet.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) visitor: Visitor,
}

impl Threads {
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let count = config.threads.get();
        Arc::new(Self {
            gate: Gate::new(config.caps),
            exchange: Exchange::new(count, config.rooms),
            doors: (0..count).map(|_| Door::default()).collect(),
            next: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            config,
        })
    }

    /// Hands a newcomer to the thread whose turn it is.
    pub(crate) fn assign(&self, newcomer: Newcomer) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let door = &self.doors[turn % self.doors.len()];
        door.newcomers.lock().push(newcomer);
        door.bell.notify();
    }

    /// Waits for newcomers to this thread.
    pub(crate) async fn newcomers(&self, thread: usize) -> Vec<Newcomer> {
        let door = &self.doors[thread];
        let is_empty = || door.newcomers.lock().is_empty();
        door.bell.until(|| !is_empty()).await;
        std::mem::take(&mut *door.newcomers.lock())
    }

    /// Has all threads stop.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for door in &self.doors {
            door.stop.notify();
        }
    }

    /// Whether the server takes no new clients because it stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Waits, on this thread, until the server stops.
    pub(crate) async fn stopping(&self, thread: usize) {
        self.doors[thread].stop.until(|| self.is_stopping()).await;
    }
}
