//! The arguments of `guildhall healthcheck`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};

use crate::number::number;

/// The arguments of `guildhall healthcheck`.
#[derive(Debug, Args)]
pub struct HealthcheckArguments {
    /// The address to ask: a path is that of a server of this machine. Without one, /readyz
    /// at the port of a server that is started here with this environment
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub url: Option<String>,

    /// The settings file of the server of this machine, if the environment does not name it
    #[arg(
        long,
        value_name = "FILE",
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub config: Option<PathBuf>,

    /// How many seconds the answer may take
    #[arg(long, default_value_t = 5, value_parser = number::<u64>(1..=60))]
    pub timeout: u64,
}
