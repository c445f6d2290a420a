//! The arguments of `guildhall store`, the commands for the folder in which durable rooms are kept.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};
use clap::{Args, Subcommand};

/// The work on a store.
#[derive(Debug, Args)]
pub struct StoreArguments {
    /// The work to do.
    #[command(subcommand)]
    pub command: StoreCommand,
}

/// The commands for a store.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Read all of the store, and say what is wrong with it. A server may run
    Check {
        /// Which store it is.
        #[command(flatten)]
        place: StorePlace,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Copy the store into a file. A server may run
    Backup {
        /// The file, which must not exist
        #[arg(value_parser = NonEmptyStringValueParser::new().map(PathBuf::from))]
        file: PathBuf,
        /// Which store it is.
        #[command(flatten)]
        place: StorePlace,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a store of a backup. No server may run
    Restore {
        /// The backup
        #[arg(value_parser = NonEmptyStringValueParser::new().map(PathBuf::from))]
        file: PathBuf,
        /// Which store it is.
        #[command(flatten)]
        place: StorePlace,
        /// Put it in place of the store that the folder has, which is gone then
        #[arg(long)]
        replace: bool,
    },
    /// Make the search index again. No server may run; a server does it by itself
    Reindex {
        /// Which store it is.
        #[command(flatten)]
        place: StorePlace,
    },
    /// Print all that the store has of a user, a JSON object a line. A server may run
    Export {
        /// The user.
        #[command(flatten)]
        user: UserArguments,
        /// Which store it is.
        #[command(flatten)]
        place: StorePlace,
    },
    /// Erase a user: its lines lose text and name. No server may run
    Erase {
        /// The user.
        #[command(flatten)]
        user: UserArguments,
        /// Which store it is.
        #[command(flatten)]
        place: StorePlace,
        /// Erase it for good, without a question
        #[arg(long)]
        yes: bool,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
}

/// The arguments of `guildhall verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Which store it is.
    #[command(flatten)]
    pub place: StorePlace,

    /// A file that --json has printed before, and that others could not change:
    /// the chains of hashes have to go on from there
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new().map(PathBuf::from))]
    pub since: Option<PathBuf>,

    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which store it is.
#[derive(Debug, Args)]
pub struct StorePlace {
    /// The folder of the store; without it, that of `GUILDHALL_DATA`, or of the
    /// settings file
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new().map(PathBuf::from))]
    pub data: Option<PathBuf>,

    /// The settings file that names the folder; without it, that of
    /// `GUILDHALL_CONFIG`
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new().map(PathBuf::from))]
    pub config: Option<PathBuf>,
}

/// A user.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct UserArguments {
    /// The user with this account: the `sub` of its tokens
    #[arg(long, value_name = "SUB", value_parser = NonEmptyStringValueParser::new())]
    pub account: Option<String>,

    /// The guest with this number: 7 for "Guest 7"
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub guest: Option<u64>,
}
