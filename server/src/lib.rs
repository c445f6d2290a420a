//! The Guildhall chat relay, as a library: [`run`] is a server.
//!
//! A message passes through the modules in one direction, and imports go in the same
//! direction. From top to bottom:
//!
//! - [`listen`] accepts connections, `api` serves the game's own server, `server` starts the network threads, `http` answers
//!   the handshake, `web_socket` reads a WebSocket;
//! - `worker` is one network thread, and the only place that reads the clocks and starts
//!   tasks for what is below it; `threads` is what the threads of a server share;
//! - `session` knows what a client may do, `hub` is the chat of one thread, and `shared` is
//!   what all threads share behind locks;
//! - `net` has the sockets, `outgoing` the way out to one client, `log_limit` how many lines
//!   the log gets, and `sync` small building blocks for all of them.
//!
//! The state and the rules (`session`, `hub`, `shared`, `outgoing`) use no async runtime, no
//! WebSocket library and no HTTP, and read no clock. ARCHITECTURE.md has the whole map.
//!
//! ```
//! use guildhall_server::{Config, listen, run};
//!
//! let listeners = listen::bind("localhost", 0)?;
//! let stop = async {}; // at once
//! run(Config::default(), listeners, stop)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod accounts;
mod api;
mod config;
mod events;
mod exposition;
pub mod filter;
mod health;
pub mod hook;
mod http;
mod hub;
mod ids;
mod journal;
pub mod listen;
mod log_control;
mod log_limit;
mod memory;
mod metrics;
mod moderation;
mod names;
mod net;
mod network;
mod outgoing;
mod pages;
pub mod policy;
mod server;
mod session;
mod shared;
pub mod store;
mod sync;
mod threads;
mod web_socket;
mod webhooks;
mod worker;

pub use config::{Config, MAX_THREADS, MetricsAccess, SettingOrigin, ShownSetting, ShownSettings};
pub use events::selection::Selection;
pub use events::webhook::{WebhookAnswer, WebhookClient, WebhookConfig, WebhookMessage};
pub use events::{EventName, EventsConfig};
pub use log_control::LogControl;
pub use moderation::{KeepEvidence, ModerationConfig};
pub use net::gate::Caps;
pub use net::host::{AllowedHost, InvalidHost};
pub use net::origin::{AllowedOrigin, InvalidOrigin};
pub use net::page_server::{InvalidPageServer, PageServer};
pub use net::proxies::{InvalidProxy, Proxies, TrustedProxy};
pub use net::tls::pair::{CertificatePair, PairError};
pub use net::tls::{NotAfter, Tls};
pub use outgoing::connection::Deadlines;
pub use server::{Listeners, Stop, run, run_with_reloads};
pub use shared::acts::system_name;
pub use shared::budget::Rate;
pub use shared::history::HistoryLimits;
pub use shared::{Rates, RoomLimits, SYSTEM_NAME};
pub use sync::rate::{InvalidRate, RequestRate};
pub use sync::registry::{AddError, SharedCollection};

/// The parts that the project's own tests and benches use directly: the chat of a thread
/// without sockets. They change with the server, and no other program should use them.
#[doc(hidden)]
pub mod testing {
    pub use crate::http::head::{Head, read_head};
    pub use crate::hub::{Hub, JoinError, Joining, SharedRoom};
    pub use crate::ids::{ConnectionId, Epoch, RequestId, Seq, UserId};
    pub use crate::journal::memory::MemoryJournal;
    pub use crate::journal::{Failure, Found, Read};
    pub use crate::net::gate::HTTP_SLACK;
    pub use crate::net::proxies::protocol::{BadHeader, read as read_proxy_header};
    pub use crate::net::tls::session::Session as TlsSession;
    pub use crate::net::verifier::{Unverified, Verified};
    pub use crate::network::{ClientAddress, Network};
    pub use crate::outgoing::connection::Connection;
    pub use crate::outgoing::frame;
    pub use crate::outgoing::outbox::Wire;
    pub use crate::server::run_echo;
    pub use crate::session::v1::{V1Session, decode as decode_request};
    pub use crate::session::{Act, Acted, Handled, Received, Session};
    pub use crate::shared::acts::proximity::{MAX_HEARERS, MAX_NEAR_USERS, ProximityError};
    pub use crate::shared::history::NewMessage;
    pub use crate::shared::join::{JoinSnapshot, Position};
    pub use crate::shared::name::Name;
    pub use crate::shared::proximity::Cell;
    pub use crate::shared::{LOBBY, Shared};
    pub use crate::store::StoreProbe;
    pub use crate::sync::moment::Moment;
    pub use crate::web_socket::messages::read_messages;
}
