//! The arguments of `guildhall check`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};

/// The arguments of `guildhall check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The settings file; without one, that of `GUILDHALL_CONFIG`, or none
    #[arg(value_parser = NonEmptyStringValueParser::new().map(PathBuf::from))]
    pub file: Option<PathBuf>,

    /// Say also whose token is in the first line of this file, or why the server
    /// would refuse it
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new().map(PathBuf::from))]
    pub token_file: Option<PathBuf>,

    /// Flags of the server, behind --: they count more than the file
    #[arg(last = true, value_name = "FLAGS")]
    pub flags: Vec<OsString>,
}
