//! The command line of `guildhall`, and the settings that it asks for.

mod check;
pub mod environment;
pub mod file;
mod healthcheck;
mod proxies;
mod rates;
mod stopping;
mod store;
mod token;
mod values;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueHint};
use guildhall_protocol::limits::MAX_SERVER_PACKET_BYTES;
use guildhall_server::AllowedHost;
use guildhall_server::AllowedOrigin;
use guildhall_server::Caps;
use guildhall_server::Config;
use guildhall_server::HistoryLimits;
use guildhall_server::PageServer;
use guildhall_server::Rate;
use guildhall_server::Rates;
use guildhall_server::RoomLimits;
use guildhall_server::SYSTEM_NAME;
use guildhall_server::system_name;

use crate::api::arguments::ApiArguments;
use crate::bench::BenchArguments;
use crate::chat::ChatArguments;
use crate::doctor::DoctorArguments;
use crate::https::arguments::TlsArguments;
use crate::logs::{LogFilter, LogFormat};
use crate::number::number;

pub use check::CheckArguments;
pub use healthcheck::HealthcheckArguments;
pub use proxies::ProxyArguments;
pub use rates::RateArguments;
pub use stopping::StopArguments;
pub use store::{StoreArguments, StoreCommand, StorePlace, UserArguments, VerifyArguments};
pub use token::TokenArguments;

use self::values::{LONGEST_RESUME, item, threads};

/// The least of `--max-waiting`: half of it has to hold the largest message, because rooms leave
/// out a client for which more than half waits.
const LEAST_WAITING: u64 = 2 * MAX_SERVER_PACKET_BYTES as u64;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "guildhall",
    version = env!("VERSION_AND_COMMIT"),
    about = "A real-time chat server for multiplayer games",
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    /// What to do, if not to serve.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What to serve and to whom.
    #[command(flatten)]
    pub serve: ServeArguments,
}

/// What the binary does beside serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Load a chat server and check every delivery
    Bench(BenchArguments),
    /// Chat from a terminal, or from a script
    Chat(ChatArguments),
    /// Say what is wrong with the settings, or what they mean
    Check(CheckArguments),
    /// Find out why a chat does not connect, step by step
    Doctor(DoctorArguments),
    /// Say whether a server delivers: exit code 0 if it does, 1 if not
    Healthcheck(HealthcheckArguments),
    /// Look after the folder in which durable rooms are kept
    Store(StoreArguments),
    /// Make a token for trying a server, as a game's backend does
    Token(TokenArguments),
    /// Say whether reports, their evidence and the audit log were changed. A server
    /// may run
    Verify(VerifyArguments),
}

/// The server's flags, each with its environment variable.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// A file with settings (TOML): each flag is a key, with _ for -. Flags and
    /// variables count more than the file
    #[arg(
        long,
        env = "GUILDHALL_CONFIG",
        value_name = "FILE",
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub config: Option<PathBuf>,

    /// The port to listen on; 0 for any free one
    #[arg(
        long,
        env = "GUILDHALL_PORT",
        default_value_t = 8080,
        value_parser = number::<u16>(0..=u64::from(u16::MAX))
    )]
    pub port: u16,

    /// The address to listen on: this machine only, unless you name another,
    /// such as 0.0.0.0 or :: for every network
    #[arg(
        long,
        env = "GUILDHALL_HOST",
        default_value = "localhost",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub host: String,

    /// How many clients may be connected at once
    #[arg(
        long,
        env = "GUILDHALL_MAX_CONNECTIONS",
        default_value_t = 16_384,
        value_parser = number::<usize>(1..=u64::MAX)
    )]
    pub max_connections: usize,

    /// How many clients may be connected from one address, or one IPv6 /64
    /// network; 0 for no limit on what one address has
    #[arg(
        long,
        env = "GUILDHALL_MAX_CONNECTIONS_PER_ADDRESS",
        default_value_t = 256,
        value_parser = number::<usize>(0..=u64::MAX)
    )]
    pub max_connections_per_address: usize,

    /// A web page's origin that may connect besides the server's own, such as
    /// <https://game.example>, `https://*.game.example` or `capacitor://localhost`;
    /// may be given more than once; * for all
    #[arg(
        long,
        env = "GUILDHALL_ALLOW_ORIGIN",
        value_delimiter = ',',
        value_parser = item::<AllowedOrigin>
    )]
    pub allow_origin: Vec<AllowedOrigin>,

    /// A name by which the server may be called besides localhost and IP
    /// addresses, such as chat.example; may be given more than once; * for
    /// all, which is the default unless only this machine can reach the server
    #[arg(
        long,
        env = "GUILDHALL_ALLOW_HOST",
        value_delimiter = ',',
        value_parser = item::<AllowedHost>
    )]
    pub allow_host: Vec<AllowedHost>,

    /// A chat server that the page may connect to if its address names it
    /// (?server=), such as <wss://chat.example>; may be given more than once;
    /// * for all
    #[arg(
        long,
        env = "GUILDHALL_PAGE_SERVER",
        value_delimiter = ',',
        value_parser = item::<PageServer>
    )]
    pub page_server: Vec<PageServer>,

    /// The proxies in front of the server.
    #[command(flatten)]
    pub proxies: ProxyArguments,

    /// The HTTP API for the game's own server.
    #[command(flatten)]
    pub api: ApiArguments,

    /// TLS of the server itself.
    #[command(flatten)]
    pub tls: TlsArguments,

    /// A folder in which the server keeps what is said, so that it is there after
    /// a restart. Without one, everything is in memory only
    #[arg(
        long,
        env = "GUILDHALL_DATA",
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub data: Option<PathBuf>,

    /// How many bytes may wait for one client before it is closed as too slow, at
    /// least 65536. Above half of them, rooms leave out lines
    #[arg(
        long,
        env = "GUILDHALL_MAX_WAITING",
        default_value_t = 1024 * 1024,
        value_parser = number::<usize>(LEAST_WAITING..=u64::MAX)
    )]
    pub max_waiting: usize,

    /// How many bytes a second one client may say, in rooms and in whispers; 0
    /// for no limit
    #[arg(
        long,
        env = "GUILDHALL_CLIENT_RATE",
        default_value_t = 64 * 1024,
        value_parser = number::<u64>(0..=u64::MAX)
    )]
    pub client_rate: u64,

    /// How many bytes one client may say at once, after a silence; 0 for one
    /// message at a time
    #[arg(
        long,
        env = "GUILDHALL_CLIENT_BURST",
        default_value_t = 256 * 1024,
        value_parser = number::<u64>(0..=u64::MAX)
    )]
    pub client_burst: u64,

    /// How many bytes a second may be said in one room, by all of its members;
    /// 0 for no limit
    #[arg(
        long,
        env = "GUILDHALL_ROOM_RATE",
        default_value_t = 1024 * 1024,
        value_parser = number::<u64>(0..=u64::MAX)
    )]
    pub room_rate: u64,

    /// How many bytes may be said in one room at once, after a silence; 0 for one
    /// message at a time
    #[arg(
        long,
        env = "GUILDHALL_ROOM_BURST",
        default_value_t = 1024 * 1024,
        value_parser = number::<u64>(0..=u64::MAX)
    )]
    pub room_burst: u64,

    /// How often users may ask for what.
    #[command(flatten)]
    pub rates: RateArguments,

    /// How many lines a room keeps in memory, for clients that join later or resume;
    /// 0 for none
    #[arg(
        long,
        env = "GUILDHALL_HISTORY_LINES",
        default_value_t = 500,
        value_parser = number::<usize>(0..=u64::MAX)
    )]
    pub history_lines: usize,

    /// How many bytes these lines may take, in each room
    #[arg(
        long,
        env = "GUILDHALL_HISTORY_BYTES",
        default_value_t = 64 * 1024,
        value_parser = number::<usize>(0..=u64::MAX)
    )]
    pub history_bytes: usize,

    /// How old these lines may be, in seconds
    #[arg(
        long,
        env = "GUILDHALL_HISTORY_SECONDS",
        default_value_t = 86_400,
        value_parser = number::<u64>(0..=u64::MAX)
    )]
    pub history_seconds: u64,

    /// How many of these lines a newcomer gets at once, and older ones when it asks;
    /// 0 for none at once
    #[arg(
        long,
        env = "GUILDHALL_REPLAY_LINES",
        default_value_t = 50,
        value_parser = number::<usize>(0..=u64::MAX)
    )]
    pub replay_lines: usize,

    /// How many rooms there may be
    #[arg(
        long,
        env = "GUILDHALL_MAX_ROOMS",
        default_value_t = 4_096,
        value_parser = number::<usize>(1..=u64::MAX)
    )]
    pub max_rooms: usize,

    /// For how many seconds a room that everyone has left keeps its lines; 0 if it
    /// should forget them at once
    #[arg(
        long,
        env = "GUILDHALL_KEEP_EMPTY_ROOMS",
        default_value_t = 600,
        value_parser = number::<u64>(0..=u64::MAX)
    )]
    pub keep_empty_rooms: u64,

    /// For how many seconds, at most 604800, a client that has lost its connection
    /// keeps its name and its session; 0 if it should lose them at once
    #[arg(
        long,
        env = "GUILDHALL_RESUME_SECONDS",
        default_value_t = 120,
        value_parser = number::<u64>(0..=LONGEST_RESUME)
    )]
    pub resume_seconds: u64,

    /// For how many seconds a user can edit what it has said; 0 if it should not
    #[arg(
        long,
        env = "GUILDHALL_EDIT_SECONDS",
        default_value_t = 900,
        value_parser = number::<u64>(0..=u64::MAX)
    )]
    pub edit_seconds: u64,

    /// The name by which the server itself says something, when the game asks for it
    #[arg(
        long,
        value_name = "NAME",
        env = "GUILDHALL_SYSTEM_NAME",
        default_value = SYSTEM_NAME,
        value_parser = system_name
    )]
    pub system_name: String,

    /// How many threads serve the network, at most 256. One is best until its core
    /// is busy all the time: more threads make small rooms more expensive
    #[arg(
        long,
        env = "GUILDHALL_THREADS",
        default_value = "1",
        value_parser = threads
    )]
    pub threads: NonZeroUsize,

    /// How the server stops, and how the next one takes over.
    #[command(flatten)]
    pub stopping: StopArguments,

    /// What to log: off, error, warn, info, debug, trace, or a filter such as
    /// `guildhall_server=debug`
    #[arg(long, env = "GUILDHALL_LOG", default_value = "info")]
    pub log: LogFilter,

    /// How to write the log
    #[arg(long, env = "GUILDHALL_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

impl ServeArguments {
    /// The settings that these arguments ask for.
    #[must_use]
    pub fn config(&self) -> Config {
        Config {
            threads: self.threads,
            caps: Caps {
                total: self.max_connections,
                per_address: self.max_connections_per_address,
            },
            allowed_origins: self.allow_origin.clone(),
            allowed_hosts: self.allow_host.clone(),
            page_servers: self.page_server.clone(),
            proxies: self.proxies.config(),
            data: self.data.clone(),
            data_wait: self.stopping.data_wait(),
            max_waiting: self.max_waiting,
            rooms: RoomLimits {
                history: HistoryLimits {
                    lines: self.history_lines,
                    bytes: self.history_bytes,
                    age: Duration::from_secs(self.history_seconds),
                },
                replay: self.replay_lines,
                keep_empty: Duration::from_secs(self.keep_empty_rooms),
                rooms: self.max_rooms,
                rooms_per_address: self.share(self.max_rooms.div_ceil(8)),
                resume_within: Duration::from_secs(self.resume_seconds),
                edit_within: Duration::from_secs(self.edit_seconds),
                away_per_address: self.share(self.max_connections_per_address.saturating_mul(4)),
                client_rate: Rate {
                    bytes_per_second: self.client_rate,
                    burst: self.client_burst,
                },
                room_rate: Rate {
                    bytes_per_second: self.room_rate,
                    burst: self.room_burst,
                },
                ..RoomLimits::default()
            },
            rates: self.rates(),
            system_name: self.system_name.clone(),
            ..Config::default()
        }
    }

    fn rates(&self) -> Rates {
        let mut rates = self.rates.rates();
        if self.max_connections_per_address == 0 {
            rates.address_share = 0;
        }
        rates
    }

    /// Warnings about settings that are right each by itself.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.history_bytes > self.max_waiting / 2 {
            warnings.push(format!(
                "a client that resumes may get all lines of a room at once, and be closed as too \
                 slow: keep --history-bytes ({}) below half of --max-waiting ({})",
                self.history_bytes, self.max_waiting
            ));
        }
        warnings.extend(self.proxies.warnings());
        warnings
    }

    /// Returns the share of an address, which has none if its clients have no limit.
    const fn share(&self, share: usize) -> usize {
        match self.max_connections_per_address {
            0 => usize::MAX,
            _ => share,
        }
    }
}

#[cfg(test)]
mod tests;
