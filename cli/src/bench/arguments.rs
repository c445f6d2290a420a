//! The command line of the load tool.

mod attack;
mod attack_kind;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::ensure;
use clap::builder::ArgPredicate;
use clap::{Args, ValueHint};
use futures_rustls::rustls::ClientConfig;
use futures_rustls::rustls::client::Resumption;
use guildhall_protocol::Protocol;
use guildhall_protocol::limits::MAX_BLOCKS;

pub use attack::AttackArguments;
pub use attack_kind::Attack;

use super::ledger::MAX_PAIRS;
use super::stamp::STAMP_BYTES;
use crate::number::number;
use crate::server_url::ServerUrl;
use crate::tls::client_config;

/// Loads a chat server with clients that connect, speak, and check that each
/// message reaches all others once and in order.
///
/// Works with any server that speaks the tutorial's protocol or, with --v1,
/// guildhall.v1. Prints the deliveries a second, their latency, the faults, and
/// what the server costs. The exit code is 1 if a message was lost, duplicated or
/// reordered, or if a client was disconnected.
#[derive(Debug, Clone, Args)]
pub struct BenchArguments {
    /// The server's URL, such as <ws://localhost:8080/ws>, or wss:// with TLS
    pub url: String,

    /// For wss://: trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Option<PathBuf>,

    /// How many clients connect. Many servers limit the clients from one address;
    /// the flag of guildhall is --max-connections-per-address
    #[arg(long, default_value_t = 100, value_parser = number::<u32>(1..=u64::from(u32::MAX)))]
    pub clients: u32,

    /// How many of the clients speak
    #[arg(
        long,
        default_value_t = 1,
        default_value_if("attack", ArgPredicate::IsPresent, "100"),
        value_parser = number::<u32>(1..=u64::from(u32::MAX))
    )]
    pub speakers: u32,

    /// Messages a second from all speakers together, at fixed times, also if the
    /// server is slow; latency counts from when a message was due
    #[arg(
        long,
        conflicts_with = "in_flight",
        default_value_if("attack", ArgPredicate::IsPresent, "100"),
        value_parser = rate
    )]
    pub rate: Option<f64>,

    /// Instead of a rate: each speaker sends this many messages at once, and the
    /// same number again when all of them have reached all clients; at most 65536
    /// [default: 1]
    #[arg(long, value_parser = number::<u32>(1..=65_536))]
    pub in_flight: Option<u32>,

    /// The length of a text in bytes
    #[arg(long, default_value_t = STAMP_BYTES, value_parser = bytes)]
    pub bytes: usize,

    /// How long they speak, in seconds; 0 measures what idle connections cost
    #[arg(
        long,
        default_value_t = 10.0,
        default_value_if("attack", ArgPredicate::IsPresent, "5"),
        value_parser = seconds
    )]
    pub seconds: f64,

    /// Speak guildhall.v1. A speaker's own copy is then an acknowledgement and not a
    /// delivery, and the numbers of the lines are checked too
    #[arg(long)]
    pub v1: bool,

    /// The room that all clients join
    #[arg(long, requires = "v1", default_value = "lobby")]
    pub room: String,

    /// Instead of one room, use this many: bench-1, bench-2 and so on. The clients
    /// take turns in them, at least two in each
    #[arg(
        long,
        requires = "v1",
        conflicts_with = "room",
        default_value_if("attack", ArgPredicate::IsPresent, "10"),
        value_parser = number::<u32>(1..=u64::from(u32::MAX))
    )]
    pub rooms: Option<u32>,

    /// How many other clients each client blocks: those that connect after it, and the first
    /// ones behind the last. What they say does not reach it
    #[arg(
        long,
        requires = "v1",
        conflicts_with_all = ["rooms", "stalled"],
        default_value_t = 0,
        value_parser = number::<u32>(0..=MAX_BLOCKS as u64)
    )]
    pub blocks: u32,

    /// How many more clients connect and then read nothing
    #[arg(long, default_value_t = 0, value_parser = number::<u32>(0..=u64::from(u32::MAX)))]
    pub stalled: u32,

    /// The ID of the server's process, on this machine: report its CPU time for
    /// each delivery and its memory for each connection (on Linux)
    #[arg(long, value_parser = number::<u32>(1..=u64::from(u32::MAX)))]
    pub pid: Option<u32>,

    /// Print the report as one JSON object
    #[arg(long)]
    pub json: bool,

    /// Load a server on another machine. Load only servers of your own
    #[arg(long)]
    pub yes_really: bool,

    /// Whether to attack the server meanwhile, and how.
    #[command(flatten)]
    pub attack: AttackArguments,
}

/// The flags do not fit together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// There are more speakers than clients.
    #[error("--speakers {speakers} is more than --clients {clients}: only clients speak")]
    TooManySpeakers {
        /// How many speakers were asked for.
        speakers: u32,
        /// How many clients were asked for.
        clients: u32,
    },
    /// A client alone in its room reaches no other client.
    #[error("each room needs two clients: at least --clients {0}, or --seconds 0")]
    Alone(u64),
    /// A room without a client does not exist.
    #[error("--rooms {rooms} is more than --clients {clients}: a room has clients")]
    TooManyRooms {
        /// How many rooms were asked for.
        rooms: u32,
        /// How many clients were asked for.
        clients: u32,
    },
    /// Nobody blocks itself.
    #[error("--blocks {blocks} needs more than --clients {clients}: a client blocks others")]
    TooManyBlocks {
        /// How many blocks were asked for.
        blocks: u32,
        /// How many clients were asked for.
        clients: u32,
    },
    /// Honest clients that say nothing see nothing of an attack.
    #[error("--attack needs time: --seconds above 0")]
    NoTime,
    /// The ledger would take too much memory.
    #[error("{0} pairs of client and speaker are too many to check: lower --clients or --speakers")]
    TooManyPairs(u64),
}

impl BenchArguments {
    /// The settings for TLS with this server, if its address asks for that.
    ///
    /// # Errors
    ///
    /// A text for the user: there is no certificate to trust, or no TLS that it would be for.
    pub fn tls(&self, server: &ServerUrl) -> anyhow::Result<Option<Arc<ClientConfig>>> {
        if server.secure.is_none() {
            ensure!(self.ca.is_none(), "--ca is for wss:// addresses");
            return Ok(None);
        }
        let config = client_config(self.ca.as_deref(), "--ca FILE names others")?;
        let mut config = Arc::unwrap_or_clone(config);
        // Each client is somebody who was never there.
        config.resumption = Resumption::disabled();
        Ok(Some(Arc::new(config)))
    }

    /// Checks that the flags fit together.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`].
    pub fn check(&self) -> Result<(), ArgumentError> {
        let &Self {
            clients,
            speakers,
            blocks,
            ..
        } = self;
        let rooms = self.rooms.unwrap_or(1);
        let pairs = u64::from(clients) * u64::from(speakers.div_ceil(rooms));
        let fewest = 2 * u64::from(rooms);
        if self.seconds == 0.0 && self.attack.is_asked_for() {
            Err(ArgumentError::NoTime)
        } else if blocks >= clients {
            Err(ArgumentError::TooManyBlocks { blocks, clients })
        } else if rooms > clients {
            Err(ArgumentError::TooManyRooms { rooms, clients })
        } else if self.seconds == 0.0 {
            Ok(())
        } else if speakers > clients {
            Err(ArgumentError::TooManySpeakers { speakers, clients })
        } else if u64::from(clients) < fewest {
            Err(ArgumentError::Alone(fewest))
        } else if pairs > MAX_PAIRS as u64 {
            Err(ArgumentError::TooManyPairs(pairs))
        } else {
            Ok(())
        }
    }

    /// The protocol that the clients speak.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        if self.v1 {
            Protocol::V1
        } else {
            Protocol::Tutorial
        }
    }

    /// The rooms that clients of `guildhall.v1` join.
    #[must_use]
    pub fn rooms(&self) -> Vec<String> {
        match self.rooms {
            None => vec![self.room.clone()],
            Some(rooms) => (1..=rooms).map(|room| format!("bench-{room}")).collect(),
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=10_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("messages a second, from 0.001 to 10000000".into()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("seconds, from 0 to 86400".into()),
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    const LONGEST: usize = guildhall_protocol::limits::MAX_TEXT_BYTES;
    match text.parse() {
        Ok(bytes) if (STAMP_BYTES..=LONGEST).contains(&bytes) => Ok(bytes),
        _ => Err(format!(
            "bytes, from {STAMP_BYTES} (for time, speaker and number) to {LONGEST}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        bench: BenchArguments,
    }

    fn parse(line: &str) -> Result<BenchArguments, String> {
        let words = ["bench", "ws://localhost/ws"].into_iter();
        match Line::try_parse_from(words.chain(line.split_whitespace())) {
            Ok(line) => Ok(line.bench),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for line in [
            "--bytes 31",
            "--bytes 99999",
            "--clients 0",
            "--rate 0",
            "--rate nan",
            "--seconds -1",
            "--rate 5 --in-flight 5",
            "--in-flight 65537",
            "--room inn",
            "--rooms 2",
            "--v1 --rooms 0",
            "--v1 --rooms 2 --room inn",
            "--blocks 5",
            "--v1 --rooms 2 --blocks 5",
            "--v1 --blocks 501",
            "--v1 --blocks 5 --stalled 1",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        let arguments = parse("--bytes 100 --rate 2.5 --seconds 0.5").unwrap();
        assert_eq!((arguments.bytes, arguments.rate), (100, Some(2.5)));
    }

    #[test]
    fn flags_that_do_not_fit_together_are_refused() {
        let check = |line| parse(line).unwrap().check().map_err(|e| e.to_string());
        assert_eq!(check(""), Ok(()));
        assert!(
            check("--clients 5 --speakers 6")
                .unwrap_err()
                .contains("--speakers 6")
        );
        assert!(check("--clients 1").is_err());
        assert_eq!(check("--clients 1 --seconds 0"), Ok(()));
        assert!(check("--clients 20000 --speakers 20000").is_err());
        assert_eq!(check("--clients 20000 --speakers 1000"), Ok(()));
        assert!(
            check("--v1 --clients 9 --rooms 5")
                .unwrap_err()
                .contains("10")
        );
        assert_eq!(check("--v1 --seconds 0 --clients 2 --rooms 2"), Ok(()));
        assert!(
            check("--v1 --seconds 0 --clients 2 --rooms 4294967295")
                .unwrap_err()
                .contains("--rooms 4294967295")
        );
        assert_eq!(check("--v1 --clients 10 --rooms 5"), Ok(()));
        assert_eq!(check("--v1 --clients 6 --blocks 5"), Ok(()));
        assert!(check("--v1 --clients 5 --blocks 5").is_err());
        let many = "--v1 --clients 20000 --speakers 20000";
        assert!(check(many).is_err());
        assert_eq!(check(&format!("{many} --rooms 10000")), Ok(()));
    }

    #[test]
    fn only_clients_of_v1_choose_rooms() {
        assert_eq!(parse("").unwrap().protocol(), Protocol::Tutorial);
        assert!(parse("--room inn").is_err() && parse("--rooms 2").is_err());
        let rooms = |line| {
            let arguments = parse(line).unwrap();
            assert_eq!(arguments.protocol(), Protocol::V1);
            arguments.rooms()
        };
        assert_eq!(rooms("--v1"), ["lobby"]);
        assert_eq!(rooms("--v1 --room inn"), ["inn"]);
        assert_eq!(rooms("--v1 --rooms 2"), ["bench-1", "bench-2"]);
    }
}
