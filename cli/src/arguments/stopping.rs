//! The flags for how a server stops, and how the next one takes over.

use std::time::Duration;

use clap::Args;

use crate::number::number;

/// The longest time that may be set: an hour.
const LONGEST: u64 = 3_600;

/// How a server stops, and how the next one takes over.
#[derive(Debug, Args)]
pub struct StopArguments {
    /// For how many seconds a server that was asked to stop goes on, while it says
    /// that it is not ready, before it closes its clients
    #[arg(
        long,
        env = "GUILDHALL_DRAIN",
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = number::<u64>(0..=LONGEST)
    )]
    pub drain: u64,

    /// For how many seconds a start waits for another server that still has the
    /// folder of --data
    #[arg(
        long,
        env = "GUILDHALL_DATA_WAIT",
        value_name = "SECONDS",
        default_value_t = 1,
        value_parser = number::<u64>(0..=LONGEST)
    )]
    pub data_wait: u64,
}

impl StopArguments {
    /// How long the server goes on when it was asked to stop.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }

    /// How long a start waits for the folder.
    #[must_use]
    pub fn data_wait(&self) -> Duration {
        Duration::from_secs(self.data_wait)
    }
}
