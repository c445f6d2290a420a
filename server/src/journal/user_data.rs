//! All that a journal has of one user: given out, or erased, while the server runs.

use std::io;
use std::sync::Arc;

use crate::ids::UserId;

use super::Failure;

/// A user whose data somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DataOwner {
    /// The user with this account.
    Account(Arc<str>),
    /// The guest with this number.
    Guest(UserId),
}

/// The output for the data of a user: lines of JSON.
pub(crate) type DataOut = Box<dyn io::Write + Send>;

/// Called when the data of a user were written, with how many lines they are, or were not.
pub(crate) type ExportDone = Box<dyn FnOnce(Result<u64, Failure>) + Send>;

/// Called when a user was erased, or was not.
pub(crate) type EraseDone = Box<dyn FnOnce(Result<ErasedData, Failure>) + Send>;

/// The counts of a user's data that were erased, and of those that are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ErasedData {
    /// How many lines have neither text nor name any more.
    pub(crate) lines: u64,
    /// How many whispers are gone.
    pub(crate) whispers: u64,
    /// How many sessions are gone.
    pub(crate) sessions: u64,
    /// How many rows with the user's account or number were found afterwards, of those that had
    /// to go: 0.
    pub(crate) found_again: u64,
    /// How many reports about the user, or of it, are kept for as long as reports are.
    pub(crate) reports: u64,
    /// How many entries of the audit log about the user, or of it, are kept for as long as it is.
    pub(crate) audit: u64,
    /// How many sanctions go on holding.
    pub(crate) sanctions: u64,
    /// Whether the log of the database is empty, too, so that nothing is left there.
    pub(crate) is_log_empty: bool,
    /// Whether the database was written anew, so that nothing is left between its rows.
    pub(crate) is_written_anew: bool,
}
