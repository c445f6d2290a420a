//! The settings: raw arguments first, then one validated [`Config`].

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use guildhall_protocol::limits::{PING_AFTER, PONG_WITHIN};

use crate::bench::BenchArguments;
use crate::chat::ChatArguments;
use crate::gate::{Caps, HTTP_SLACK};
use crate::member::Deadlines;
use crate::origin::Origin;

/// File descriptors that are neither a client's nor for HTTP: the listeners,
/// the reactor's, standard streams.
const OTHER_FILES: usize = 32;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "guildhall",
    version,
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
}

/// The server's flags, each with its environment variable.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The port to listen on; 0 for any free one
    #[arg(long, env = "GUILDHALL_PORT", default_value_t = 8080)]
    pub port: u16,

    /// The address to listen on: this machine only, unless you name another,
    /// such as 0.0.0.0 or :: for every network
    #[arg(long, env = "GUILDHALL_HOST", default_value = "localhost")]
    pub host: String,

    /// How many clients may be connected at once
    #[arg(long, env = "GUILDHALL_MAX_CONNECTIONS", default_value_t = 16_384)]
    pub max_connections: usize,

    /// How many clients may be connected from one address, or one IPv6 /64
    /// network; 0 for no limit, as behind a proxy
    #[arg(
        long,
        env = "GUILDHALL_MAX_CONNECTIONS_PER_ADDRESS",
        default_value_t = 256
    )]
    pub max_connections_per_address: usize,

    /// A web page's origin that may connect besides the server's own, such as
    /// <https://game.example>; may be given more than once; * for all
    #[arg(long, env = "GUILDHALL_ALLOW_ORIGIN", value_delimiter = ',')]
    pub allow_origin: Vec<Origin>,

    /// How many bytes may wait for one client before it is closed as too slow
    #[arg(long, env = "GUILDHALL_MAX_WAITING", default_value_t = 1024 * 1024)]
    pub max_waiting: usize,

    /// How many threads serve the network. One is best until its core is busy
    /// all the time: more make small rooms dearer
    #[arg(long, env = "GUILDHALL_THREADS", default_value = "1")]
    pub threads: NonZeroUsize,

    /// What to log: error, warn, info, debug, trace, or a filter such as
    /// `guildhall_server=debug`
    #[arg(long, env = "GUILDHALL_LOG", default_value = "info")]
    pub log: String,

    /// How to write the log
    #[arg(long, env = "GUILDHALL_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// What a running server needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many network threads.
    pub threads: NonZeroUsize,
    /// How many clients, in all and from one address.
    pub caps: Caps,
    /// Pages that may connect besides the server's own.
    pub allowed_origins: Vec<Origin>,
    /// How many bytes may wait for one client.
    pub max_waiting: usize,
    /// How long clients may be silent, slow or closed.
    pub deadlines: Deadlines,
    /// How often deadlines are looked at.
    pub sweep_every: Duration,
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
            max_waiting: 1024 * 1024,
            deadlines: Deadlines {
                ping_after: PING_AFTER,
                pong_within: PONG_WITHIN,
                read_within: Duration::from_secs(10),
                close_within: Duration::from_secs(10),
            },
            sweep_every: Duration::from_secs(1),
        }
    }
}

impl ServeArguments {
    /// The settings these arguments ask for, on a process that may have
    /// `max_files` files open: more clients than fit would fail in worse ways
    /// than a refusal.
    #[must_use]
    pub fn config(&self, max_files: usize) -> Config {
        let fitting = max_files.saturating_sub(HTTP_SLACK + OTHER_FILES);
        Config {
            threads: self.threads,
            caps: Caps {
                total: self.max_connections.min(fitting),
                per_address: self.max_connections_per_address,
            },
            allowed_origins: self.allow_origin.clone(),
            max_waiting: self.max_waiting,
            ..Config::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn defaults_of_flags_and_of_the_library_agree() {
        let arguments = Arguments::parse_from(["guildhall"]);
        let config = arguments.serve.config(usize::MAX);
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn clients_never_exceed_the_files_a_process_may_open() {
        let arguments = Arguments::parse_from(["guildhall", "--max-connections", "50000"]);
        assert_eq!(arguments.serve.config(20_000).caps.total, 20_000 - 288);
        assert_eq!(arguments.serve.config(100).caps.total, 0);
    }
}
