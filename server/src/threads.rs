//! What the network threads of one server share besides the chat: the settings, the gate,
//! the limit of the log, the accepted connections that no thread serves yet, and whether the
//! server is stopping.
//! `listen`, `http`, `server` and `worker` call it when a client connects or the server
//! stops, and never for a message.

pub(crate) mod health;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use mio::net::TcpStream;

use crate::accounts::ApiKeys;
use crate::config::{Config, MetricsAccess, ShownSettings};
use crate::journal::Journal;
use crate::log_limit::{LogKind, LogLimit};
use crate::net::access::Access;
use crate::net::gate::{ConnectionPermit, Gate};
use crate::net::handshakes::Handshakes;
use crate::net::host::Hosts;
use crate::net::verifier::Verifier;
use crate::shared::Shared;
use crate::shared::feed::Feed;
use crate::sync::lock::Lock;
use crate::sync::moment::Moment;
use crate::sync::notify::Notify;

use self::health::Health;

/// What all network threads of a server share.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) config: Config,
    pub(crate) gate: Arc<Gate>,
    /// The settings that can change while the server runs.
    access: Lock<Arc<Access>>,
    /// The keys of the API, and those that read metrics alone.
    api_keys: Lock<(ApiKeys, MetricsAccess)>,
    /// The settings in force, as the operator has written them.
    shown: Lock<Arc<ShownSettings>>,
    /// Whether only this machine can reach the server.
    is_loopback: bool,
    pub(crate) log_limit: LogLimit,
    pub(crate) shared: Arc<Shared>,
    pub(crate) verifier: Verifier,
    pub(crate) health: Health,
    pub(crate) handshakes: Handshakes,
    /// By thread.
    incoming: Vec<Incoming>,
    /// How many connections were accepted.
    connections: AtomicUsize,
    /// How many of them were assigned.
    assigned: AtomicUsize,
    /// Whether the server was asked to stop.
    stopping: AtomicBool,
    /// Whether it closes its clients.
    closing: AtomicBool,
    /// Since when the API carries out no requests.
    refusing: OnceLock<Instant>,
    /// Over how many milliseconds the clients come back that it closes.
    return_within: AtomicU32,
}

/// The milliseconds that a server which stops has for each client that comes back: a server takes
/// a thousand of them in a second, with their rooms, and nobody notices that they come.
const RETURN_MILLIS_PER_CLIENT: usize = 1;

/// The longest time over which clients come back, in milliseconds. Their sessions wait longer.
const LONGEST_RETURN: u32 = 60_000;

/// The connections that are assigned to one thread, and the calls that wake it.
#[derive(Debug, Default)]
struct Incoming {
    accepted: Lock<Vec<Accepted>>,
    /// Notified when a connection is assigned to the thread.
    has_accepted: Notify,
    /// Notified when the server stops, and then when a thread is done.
    stop: Notify,
    /// Whether the thread has closed all its clients, or has ended.
    is_done: AtomicBool,
}

/// An accepted connection that no thread serves yet.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) permit: ConnectionPermit,
    pub(crate) entry: Entry,
}

/// The purpose of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The page and the chat, with TLS if the server has it.
    Chat,
    /// It sends browsers on to this port of the same host, which has TLS.
    Redirect(u16),
    /// Its clients are answered with what they say.
    Echo,
}

impl Threads {
    /// What the threads of a server with these settings share. Whether only this machine
    /// can reach the server decides which hosts it has by default. `journal` keeps what lasts.
    pub(crate) fn new(
        config: Config,
        journal: Option<Arc<dyn Journal>>,
        is_loopback: bool,
    ) -> Arc<Self> {
        let count = config.threads.get();
        let feed = (config.events.as_ref())
            .map(|events| Feed::new(events, journal.clone(), Moment::present()));
        let shared = Shared::with_feed(count, config.rooms, journal, feed);
        set_settings(&shared, &config);
        Arc::new(Self {
            gate: Gate::new(config.caps),
            access: Lock::new(Arc::new(access(&config, is_loopback))),
            api_keys: Lock::new((config.api_keys.clone(), config.metrics.clone())),
            shown: Lock::new(Arc::clone(&config.shown)),
            is_loopback,
            log_limit: LogLimit::default(),
            shared,
            verifier: Verifier::default(),
            health: Health::new(count),
            handshakes: Handshakes::default(),
            incoming: (0..count).map(|_| Incoming::default()).collect(),
            connections: AtomicUsize::new(0),
            assigned: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            refusing: OnceLock::new(),
            return_within: AtomicU32::new(0),
            config,
        })
    }

    /// The hosts, pages and proxies by which the server may be reached.
    pub(crate) fn access(&self) -> Arc<Access> {
        Arc::clone(&self.access.lock())
    }

    /// The keys of the API now.
    pub(crate) fn api_keys(&self) -> ApiKeys {
        self.api_keys.lock().0.clone()
    }

    /// The readers of the metrics now, besides those who have a key of the API.
    pub(crate) fn metrics_access(&self) -> MetricsAccess {
        self.api_keys.lock().1.clone()
    }

    /// The settings in force, as the operator has written them.
    pub(crate) fn shown_settings(&self) -> Arc<ShownSettings> {
        Arc::clone(&self.shown.lock())
    }

    /// Takes over the settings that can change while the server runs.
    pub(crate) fn reload(&self, config: &Config) {
        *self.access.lock() = Arc::new(access(config, self.is_loopback));
        *self.api_keys.lock() = (config.api_keys.clone(), config.metrics.clone());
        *self.shown.lock() = Arc::clone(&config.shown);
        set_settings(&self.shared, config);
    }

    /// Notified when the rules of rooms have changed, and this thread has to take them over.
    pub(crate) fn rules_changed(&self, thread: usize) -> &Notify {
        self.shared.mailboxes().rules_changed(thread)
    }

    /// How many connections were accepted so far, also those that there were too many of.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Counts a connection that was accepted.
    pub(crate) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
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

    /// The server was asked to stop: it is not ready for new clients any more, but takes them,
    /// and goes on with those that it has.
    pub(crate) fn announce_stop(&self) {
        self.health.end();
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// From now on the API answers health checks and questions for metrics, and carries out no
    /// other requests: what they do could not be stored any more.
    pub(crate) fn refuse_requests(&self, now: Instant) {
        // Only the first moment counts.
        let _ = self.refusing.set(now);
    }

    /// Since when that is so, if it is.
    pub(crate) fn refuses_requests_since(&self) -> Option<Instant> {
        self.refusing.get().copied()
    }

    /// Makes all threads close their clients and stop.
    pub(crate) fn stop(&self) {
        self.announce_stop();
        self.refuse_requests(Instant::now());
        let spread = return_within(self.gate.clients());
        self.return_within.store(spread, Ordering::SeqCst);
        self.closing.store(true, Ordering::SeqCst);
        self.close_feed();
        for incoming in &self.incoming {
            incoming.stop.notify();
        }
    }

    /// Nobody waits for events any more.
    pub(crate) fn close_feed(&self) {
        if let Some(feed) = self.shared.feed() {
            feed.close();
        }
    }

    /// Whether the server was asked to stop: it is not ready.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Whether the server closes its clients, and accepts no new ones.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Over how many milliseconds the clients come back that the server closes.
    pub(crate) fn return_within(&self) -> u32 {
        self.return_within.load(Ordering::SeqCst)
    }

    /// Waits, on this thread, until the server closes its clients.
    pub(crate) async fn closing(&self, thread: usize) {
        let incoming = &self.incoming[thread];
        incoming.stop.until(|| self.is_closing()).await;
    }

    /// This thread has closed all its clients, or has ended.
    pub(crate) fn note_done(&self, thread: usize) {
        self.incoming[thread].is_done.store(true, Ordering::SeqCst);
        for incoming in &self.incoming {
            incoming.stop.notify();
        }
    }

    /// Whether that is so.
    pub(crate) fn is_done(&self, thread: usize) -> bool {
        self.incoming[thread].is_done.load(Ordering::SeqCst)
    }

    /// Waits, on this thread, until all threads are done. Until then, it tells whoever comes that
    /// the server stops.
    pub(crate) async fn all_done(&self, thread: usize) {
        let are_all = || (0..self.incoming.len()).all(|thread| self.is_done(thread));
        self.incoming[thread].stop.until(are_all).await;
    }
}

/// Over how many milliseconds so many clients come back.
fn return_within(clients: usize) -> u32 {
    let millis = clients.saturating_mul(RETURN_MILLIS_PER_CLIENT);
    u32::try_from(millis).map_or(LONGEST_RETURN, |millis| millis.min(LONGEST_RETURN))
}

/// Hands over the settings of the chat that can change while the server runs.
fn set_settings(shared: &Shared, config: &Config) {
    shared.set_accounts(config.accounts.clone());
    shared.sanctions().set_appeal(&config.moderation.appeal);
    if let Some(journal) = shared.journal() {
        journal.set_keep(config.moderation.keep);
    }
    shared.set_rates(&config.rates);
    shared.set_system_name(&config.system_name);
    shared.set_publication(config.filters.clone(), config.hook.clone());
    shared.set_rules(config.rules.clone());
}

fn access(config: &Config, is_loopback: bool) -> Access {
    Access {
        hosts: Hosts::new(&config.allowed_hosts, is_loopback),
        origins: config.allowed_origins.clone(),
        page_servers: config.page_servers.clone(),
        proxies: config.proxies.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::return_within;

    #[test]
    fn the_more_clients_there_are_the_longer_they_are_spread() {
        assert_eq!(return_within(0), 0);
        assert_eq!(return_within(10_000), 10_000);
        assert_eq!(return_within(59_999), 59_999);
        assert_eq!(return_within(usize::MAX), 60_000);
    }
}
