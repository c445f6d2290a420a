//! The arguments of `guildhall healthcheck`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::number::number;

/// The arguments of `guildhall healthcheck`.
#[derive(Debug, Args)]
pub struct HealthcheckArguments {
    /// The address to ask: a path is that of a server of this machine. Without one, /readyz
    /// at the port of a server that is started here with this environment
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub url: Option<String>,

    /// How many seconds the answer may take
    #[arg(long, default_value_t = 5, value_parser = number::<u64>(1..=60))]
    pub timeout: u64,
}
