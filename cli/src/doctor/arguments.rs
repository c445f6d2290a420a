//! The command line of `guildhall doctor`.

use std::path::PathBuf;

use clap::Args;

use crate::number::number;

/// The longest that an answer may be waited for, in seconds.
pub(super) const LONGEST_TIMEOUT: u64 = 600;

/// Find out why a chat does not connect, step by step.
///
/// Run it on the computer of a player or a developer. Each step says how long it
/// took, what was found, and what to do if that is not right. The exit code is 1
/// if a step failed, and 0 if only the rules of the server let this user do no more.
#[derive(Debug, Clone, Args)]
pub struct DoctorArguments {
    /// The server, such as <wss://chat.example/ws>; chat.example alone and the
    /// address of its page will do, too, as the browser shows it
    pub url: String,

    /// The page that cannot connect, or its origin, such as <https://game.example>
    #[arg(long)]
    pub origin: Option<String>,

    /// For wss://: trust the certificates in this PEM file, and no others
    /// [default: those of the system, or of `SSL_CERT_FILE`]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// A file whose first line is a token, for a server without guests
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// For how many seconds to say nothing, to find out whether something on the way
    /// ends quiet connections
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = number::<u64>(0..=3_600))]
    pub idle: u64,

    /// How many seconds an answer may take; at least 1
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = number::<u64>(1..=LONGEST_TIMEOUT))]
    pub timeout: u64,

    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}
