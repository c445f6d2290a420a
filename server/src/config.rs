//! The settings of a server. They are fixed before it runs, except for those that `Access` has
//! and those of accounts.

mod shown;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use guildhall_protocol::limits::{PING_AFTER, PONG_WITHIN};

use crate::accounts::{AccountsConfig, ApiKeys};
use crate::events::EventsConfig;
use crate::filter::Filters;
use crate::hook::Hook;
use crate::log_control::LogControl;
use crate::moderation::ModerationConfig;
use crate::net::gate::{Caps, HTTP_SLACK};
use crate::net::host::AllowedHost;
use crate::net::origin::AllowedOrigin;
use crate::net::page_server::PageServer;
use crate::net::proxies::Proxies;
use crate::net::tls::Tls;
use crate::outgoing::connection::Deadlines;
use crate::policy::Rules;
use crate::shared::{Rates, RoomLimits, SYSTEM_NAME};

pub use self::shown::{SettingOrigin, ShownSetting, ShownSettings};

/// How many file descriptors are used for neither clients nor HTTP: those of the
/// listeners and of the first thread's reactor, the standard streams, the log, the probe, and the
/// connections to the game's own server.
const OTHER_FILES: usize = 64;

/// How many file descriptors the store uses: databases with their journals, for each connection to
/// them.
const FILES_OF_STORE: usize = 32;

/// The most connections to the API. Others wait until one of them ends.
pub(crate) const MAX_API_CONNECTIONS: usize = 256;

/// How many file descriptors the reactor of each other thread uses.
const FILES_PER_THREAD: usize = 3;

/// The most network threads that make sense: no machine has more cores for them.
pub const MAX_THREADS: usize = 256;

/// The settings of a server.
///
/// ```
/// use guildhall_server::{Caps, Config};
///
/// let config = Config {
///     caps: Caps { total: 1_000, per_address: 16 },
///     ..Config::default()
/// };
/// assert_eq!(config.within_open_files(500).caps.total, 180);
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// How many network threads there are.
    pub threads: NonZeroUsize,
    /// The most clients, in all and from one address.
    pub caps: Caps,
    /// The origins of pages that may connect, besides the server's own.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// The names by which the server may be called, besides `localhost` and IP addresses. If
    /// there are none, a server that others than this machine can reach may be called by any.
    pub allowed_hosts: Vec<AllowedHost>,
    /// The chat servers that the page may connect to, besides its own.
    pub page_servers: Vec<PageServer>,
    /// The settings of accounts and guests.
    pub accounts: AccountsConfig,
    /// The keys of the HTTP API.
    pub api_keys: ApiKeys,
    /// The readers of the metrics on the listener of the API, besides those who have a key of it.
    pub metrics: MetricsAccess,
    /// The settings of moderation.
    pub moderation: ModerationConfig,
    /// The proxies that may say whose requests and connections they pass on.
    pub proxies: Proxies,
    /// TLS of the chat's and the API's listeners. `None`: they have none, and neither is there a
    /// redirect.
    pub tls: Option<Tls>,
    /// The folder in which durable rooms are kept. `None`: everything is in memory only.
    pub data: Option<PathBuf>,
    /// How long a start waits for another server that still has that folder.
    pub data_wait: Duration,
    /// The log, whose filter the API can change. `None`: it cannot.
    pub log: Option<Arc<dyn LogControl>>,
    /// Called when the server has what was kept, just before it serves anybody.
    pub on_loaded: Option<fn()>,
    /// Called once, when the server listens on all its addresses.
    pub on_listening: Option<fn()>,
    /// The feed of events for the game. `None`: there is none. It is fixed while the server runs.
    pub events: Option<EventsConfig>,
    /// The most bytes that are queued for one client that reads slowly.
    pub max_waiting: usize,
    /// The limits of rooms, histories and sessions.
    pub rooms: RoomLimits,
    /// How often users may ask for what.
    pub rates: Rates,
    /// The rules of rooms.
    pub rules: Rules,
    /// The name by which the server itself says something, when the game asks for it.
    pub system_name: String,
    /// The texts that nobody may say, or have as a name.
    pub filters: Filters,
    /// The game that is asked before something is said.
    pub hook: Option<Hook>,
    /// How long a connection may be silent, slow or closed.
    pub deadlines: Deadlines,
    /// How long changes among a room's members are gathered before its members are told
    /// of them.
    pub tell_changes_every: Duration,
    /// How often deadlines are checked.
    pub sweep_every: Duration,
    /// The settings as the operator has written them, for the API. The server itself does not read
    /// them.
    pub shown: Arc<ShownSettings>,
}

/// The readers of the metrics, besides those who have a key of the API.
#[derive(Debug, Clone, Default)]
pub struct MetricsAccess {
    /// Keys that are good for nothing else.
    pub keys: ApiKeys,
    /// Whether callers of this machine need no key.
    pub is_open_here: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            caps: Caps {
                total: 16_384,
                per_address: 256,
            },
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            page_servers: Vec::new(),
            accounts: AccountsConfig::default(),
            api_keys: ApiKeys::default(),
            metrics: MetricsAccess::default(),
            moderation: ModerationConfig::default(),
            proxies: Proxies::default(),
            tls: None,
            data: None,
            data_wait: Duration::from_secs(1),
            log: None,
            on_loaded: None,
            on_listening: None,
            events: None,
            max_waiting: 1024 * 1024,
            rooms: RoomLimits::default(),
            rates: Rates::default(),
            rules: Rules::default(),
            system_name: SYSTEM_NAME.to_owned(),
            filters: Filters::default(),
            hook: None,
            tell_changes_every: Duration::from_millis(250),
            deadlines: Deadlines {
                ping_after: PING_AFTER,
                pong_within: PONG_WITHIN,
                read_within: Duration::from_secs(10),
                close_within: Duration::from_secs(10),
                hello_within: Duration::from_secs(10),
            },
            sweep_every: Duration::from_secs(1),
            shown: Arc::default(),
        }
    }
}

impl Config {
    /// Returns these settings for a process that may have `max_files` files open. A
    /// client above that would not get a refusal, but no answer at all.
    #[must_use]
    pub fn within_open_files(mut self, max_files: usize) -> Self {
        let threads = FILES_PER_THREAD * (self.threads.get() - 1);
        let store = if self.data.is_some() {
            FILES_OF_STORE
        } else {
            0
        };
        let MetricsAccess { keys, is_open_here } = &self.metrics;
        // Without any of them, the API has no use for a listener.
        let has_api = !self.api_keys.is_empty() || !keys.is_empty() || *is_open_here;
        let api = if has_api { MAX_API_CONNECTIONS } else { 0 };
        let others = HTTP_SLACK + OTHER_FILES + threads + store + api;
        let clients = max_files.saturating_sub(others);
        self.caps.total = self.caps.total.min(clients);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_clients_than_files_that_a_process_may_open() {
        let mut config = Config::default();
        config.caps.total = 50_000;
        let of = config.clone();
        let total = |max_files| of.clone().within_open_files(max_files).caps.total;
        assert_eq!(total(20_000), 20_000 - 320);
        assert_eq!(total(100), 0);
        assert_eq!(total(usize::MAX), 50_000);
        config.threads = NonZeroUsize::new(101).unwrap();
        let with_threads = config.clone().within_open_files(20_000).caps.total;
        assert_eq!(with_threads, 20_000 - 320 - 300);
        config.data = Some(PathBuf::from("data"));
        let mut for_metrics = config.clone();
        for_metrics.metrics.is_open_here = true;
        config.api_keys = ApiKeys::new(&["0".repeat(64)]).unwrap();
        for with_all in [config, for_metrics] {
            let with_all = with_all.within_open_files(20_000).caps.total;
            assert_eq!(with_all, 20_000 - 320 - 300 - 32 - 256);
        }
    }
}
