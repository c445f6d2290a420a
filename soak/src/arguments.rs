//! The arguments of a soak.

use std::path::PathBuf;

use clap::Parser;

/// How a soak is to be.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The server's program
    #[arg(long)]
    pub(crate) server: PathBuf,

    /// How long it takes, with all faults at least once; a busy machine makes it longer
    #[arg(long, default_value_t = 60.0)]
    pub(crate) minutes: f64,

    /// How many clients there are
    #[arg(long, default_value_t = 2000)]
    pub(crate) clients: usize,

    /// The seed of all random choices of the clients and the faults; a random one is printed
    #[arg(long)]
    pub(crate) seed: Option<u64>,
}
