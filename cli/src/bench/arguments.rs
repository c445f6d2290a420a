//! The command line of the load tool.

use clap::Args;

use super::dialect::Dialect;
use super::ledger::MAX_PAIRS;
use super::stamp::STAMP_BYTES;

/// Load for a chat server: clients that connect, speak, and check that each
/// message reaches everyone else once and in order.
///
/// Works with any server of the tutorial's messages; with --v1, of guildhall.v1. Prints deliveries a
/// second, latency, faults, and what the server costs. The exit code is 1
/// where something was lost, duplicated or reordered, or a client was
/// disconnected.
#[derive(Debug, Clone, Args)]
pub struct BenchArguments {
    /// The server, such as <ws://localhost:8080/ws>
    pub url: String,

    /// How many clients connect. Many servers limit clients from one address:
    /// guildhall with --max-connections-per-address
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub clients: u32,

    /// How many of the clients speak
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub speakers: u32,

    /// Messages a second of all speakers together, at fixed times however slow
    /// the server is; latency counts from when a message was due
    #[arg(long, conflicts_with = "in_flight", value_parser = rate)]
    pub rate: Option<f64>,

    /// Instead of a rate: each speaker sends this many messages at once, and
    /// the next as many when all of those have reached everyone [default: 1]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub in_flight: Option<u32>,

    /// The length of a text in bytes
    #[arg(long, default_value_t = STAMP_BYTES, value_parser = bytes)]
    pub bytes: usize,

    /// For how long they speak; 0 to see what idle connections cost
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    pub seconds: f64,

    /// Speak guildhall.v1. A speaker's own copy is then its acknowledgement and
    /// no delivery, and the numbers of lines are checked too
    #[arg(long)]
    pub v1: bool,

    /// The room that everyone joins
    #[arg(long, requires = "v1", default_value = "lobby")]
    pub room: String,

    /// Instead of one room: the clients take turns in so many, bench-1, bench-2
    /// and so on, at least two clients in each
    #[arg(long, requires = "v1", conflicts_with = "room", value_parser = clap::value_parser!(u32).range(1..))]
    pub rooms: Option<u32>,

    /// More clients, which connect and then read nothing
    #[arg(long, default_value_t = 0)]
    pub stalled: u32,

    /// The server's process, on this machine: reports its CPU time for each
    /// delivery and its memory for each connection (on Linux)
    #[arg(long)]
    pub pid: Option<u32>,

    /// Print the report as one JSON object
    #[arg(long)]
    pub json: bool,

    /// Load a server on another machine: only ever your own
    #[arg(long)]
    pub yes_really: bool,
}

/// What the flags ask for does not fit together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// More speak than connect.
    #[error("--speakers {speakers} of --clients {clients}: only clients speak")]
    TooManySpeakers {
        /// How many were to speak.
        speakers: u32,
        /// How many there are.
        clients: u32,
    },
    /// A single client has nobody to reach.
    #[error("nobody hears a single client: --clients {0} at least, or --seconds 0")]
    Alone(u64),
    /// The ledger would take too much memory.
    #[error(
        "{0} pairs of client and speaker are too many to check each: lower --clients or --speakers"
    )]
    TooManyPairs(u64),
}

impl BenchArguments {
    /// Checks what clap cannot.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`].
    pub fn check(&self) -> Result<(), ArgumentError> {
        let &Self {
            clients, speakers, ..
        } = self;
        let rooms = self.rooms.unwrap_or(1);
        let pairs = u64::from(clients) * u64::from(speakers.div_ceil(rooms));
        let fewest = 2 * u64::from(rooms);
        if self.seconds == 0.0 {
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

    /// What the clients speak.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.rooms {
            _ if !self.v1 => Dialect::Tutorial,
            None => Dialect::V1(vec![self.room.clone()]),
            Some(rooms) => Dialect::V1((1..=rooms).map(|room| format!("bench-{room}")).collect()),
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
            "bytes, from {STAMP_BYTES} (time, speaker and number are in them) to {LONGEST}"
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
            "--room inn",
            "--rooms 2",
            "--v1 --rooms 0",
            "--v1 --rooms 2 --room inn",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        let arguments = parse("--bytes 100 --rate 2.5 --seconds 0.5").unwrap();
        assert_eq!((arguments.bytes, arguments.rate), (100, Some(2.5)));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
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
        assert_eq!(check("--v1 --clients 10 --rooms 5"), Ok(()));
        let many = "--v1 --clients 20000 --speakers 20000";
        assert!(check(many).is_err());
        assert_eq!(check(&format!("{many} --rooms 10000")), Ok(()));
    }

    #[test]
    fn rooms_are_for_v1_alone() {
        let dialect = |line| parse(line).unwrap().dialect();
        let rooms = |names: &[&str]| Dialect::V1(names.iter().map(ToString::to_string).collect());
        assert_eq!(dialect(""), Dialect::Tutorial);
        assert_eq!(dialect("--v1"), rooms(&["lobby"]));
        assert_eq!(dialect("--v1 --room inn"), rooms(&["inn"]));
        assert_eq!(dialect("--v1 --rooms 2"), rooms(&["bench-1", "bench-2"]));
    }
}
