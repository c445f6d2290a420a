//! What the network threads of one server share besides the chat: the settings, the gate,
//! the limit of the log, the accepted connections that no thread serves yet, and whether the
//! server is stopping.
//! `listen`, `http`, `server` and `worker` call it when a client connects or the server
//! stops, and never for a message.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use mio::net::TcpStream;

use crate::config::Config;
use crate::log_limit::{LogKind, LogLimit};
use crate::net::access::Access;
use crate::net::gate::{ConnectionPermit, Gate};
use crate::net::host::Hosts;
use crate::net::verifier::Verifier;
use crate::shared::Shared;
use crate::sync::lock::Lock;
use crate::sync::notify::Notify;

/// What all network threads of a server share.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) config: Config,
    pub(crate) gate: Arc<Gate>,
    /// The settings that can change while the server runs.
    access: Lock<Arc<Access>>,
    /// Whether only this machine can reach the server.
    is_loopback: bool,
    pub(crate) log_limit: LogLimit,
    pub(crate) shared: Arc<Shared>,
    pub(crate) verifier: Verifier,
    /// By thread.
    incoming: Vec<Incoming>,
    /// How many connections were assigned.
    assigned: AtomicUsize,
    stopping: AtomicBool,
}

/// The connections that are assigned to one thread, and the calls that wake it.
#[derive(Debug, Default)]
struct Incoming {
    accepted: Lock<Vec<Accepted>>,
    /// Notified when a connection is assigned to the thread.
    has_accepted: Notify,
    /// Notified when the rules of rooms have changed.
    rules_changed: Notify,
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
    /// What the threads of a server with these settings share. Whether only this machine
    /// can reach the server decides which hosts it has by default.
    pub(crate) fn new(config: Config, is_loopback: bool) -> Arc<Self> {
        let count = config.threads.get();
        let shared = Shared::new(count, config.rooms);
        shared.set_accounts(config.accounts.clone());
        shared.set_rates(&config.rates);
        shared.set_rules(config.rules.clone());
        Arc::new(Self {
            gate: Gate::new(config.caps),
            access: Lock::new(Arc::new(access(&config, is_loopback))),
            is_loopback,
            log_limit: LogLimit::default(),
            shared,
            verifier: Verifier::default(),
            incoming: (0..count).map(|_| Incoming::default()).collect(),
            assigned: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            config,
        })
    }

    /// The hosts, pages and proxies by which the server may be reached.
    pub(crate) fn access(&self) -> Arc<Access> {
        Arc::clone(&self.access.lock())
    }

    /// Takes over the settings that can change while the server runs.
    pub(crate) fn reload(&self, config: &Config) {
        *self.access.lock() = Arc::new(access(config, self.is_loopback));
        self.shared.set_accounts(config.accounts.clone());
        self.shared.set_rates(&config.rates);
        if self.shared.set_rules(config.rules.clone()) {
            for incoming in &self.incoming {
                incoming.rules_changed.notify();
            }
        }
    }

    /// Notified when the rules of rooms have changed, and this thread has to take them over.
    pub(crate) fn rules_changed(&self, thread: usize) -> &Notify {
        &self.incoming[thread].rules_changed
    }

    /// How many connections were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.assigned.load(Ordering::Relaxed)
    }

    /// Assigns an accepted connection to a thread: to one thread after the other.
    pub(crate) fn assign(&self, accepted: Accepted) {
        let assigned = self.assigned.fetch_add(1, Ordering::Relaxed);
        let incoming = &self.incoming[assigned % self.incoming.len()];
        incoming.accepted.lock().push(accepted);
        incoming.has_accepted.notify();
    }

    /// Waits for connections that are assigned to this thread, and returns them.
    pub(crate) async fn accepted(&self, thread: usize) -> Vec<Accepted> {
        let incoming = &self.incoming[thread];
        let is_empty = || incoming.accepted.lock().is_empty();
        incoming.has_accepted.until(|| !is_empty()).await;
        std::mem::take(&mut *incoming.accepted.lock())
    }

    /// Whether a log line of this kind may be written now. If not, it is counted.
    pub(crate) fn may_log(&self, kind: LogKind) -> bool {
        self.log_limit.allows(kind, Instant::now())
    }

    /// Makes all threads stop.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for incoming in &self.incoming {
            incoming.stop.notify();
        }
    }

    /// Whether the server is stopping, and accepts no new clients.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Waits, on this thread, until the server stops.
    pub(crate) async fn stopping(&self, thread: usize) {
        let incoming = &self.incoming[thread];
        incoming.stop.until(|| self.is_stopping()).await;
    }
}

fn access(config: &Config, is_loopback: bool) -> Access {
    Access {
        hosts: Hosts::new(&config.allowed_hosts, is_loopback),
        origins: config.allowed_origins.clone(),
        page_servers: config.page_servers.clone(),
        proxies: config.proxies.clone(),
    }
}
