//! The arguments of `guildhall check`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};

/// The arguments of `guildhall check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The settings file; without one, that of `GUILDHALL_CONFIG`, or none
    #[arg(value_parser = NonEmptyStringValueParser::new().map(PathBuf::from))]
    pub file: Option<PathBuf>,

    /// Say also whose token this is, or why the server would refuse it
    #[arg(long)]
    pub token: Option<String>,
}
