//! Why a store cannot be opened, in one sentence that says what to do, and what an error of the
//! database means for what waits.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Error, ErrorCode};

use crate::journal::Failure;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made, or nothing can be written into it.
    #[error(
        "The server cannot write to its data folder {}: {error}. Give it a folder that it may \
         write to.", .folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// Another process has the store.
    #[error(
        "Another server has the data folder {}. Stop that one, or give this one another folder.",
        .0.display()
    )]
    InUse(PathBuf),
    /// The file belongs to another program.
    #[error(
        "{} is no store of Guildhall. Give the server a folder of its own, or move the file away.",
        .0.display()
    )]
    Foreign(PathBuf),
    /// A later version of Guildhall has made the store.
    #[error(
        "{} has the schema {found}, and this version of Guildhall knows those up to {known}. Use \
         the version that has written it, or a later one.", .file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: i32,
        /// The latest version that this program knows.
        known: i32,
    },
    /// The folder had a store, and its file is missing or empty.
    #[error(
        "The store in {} is gone: its file guildhall.db is missing or empty. Bring a backup back \
         with `guildhall store restore`; or, to begin with nothing, remove guildhall.lock.",
        .0.display()
    )]
    Gone(PathBuf),
    /// The file is another store than that which the folder had.
    #[error(
        "{} is not the store that this folder had. Put the right file back; or, if this one is \
         right, remove guildhall.lock beside it.", .0.display()
    )]
    Exchanged(PathBuf),
    /// There is no store.
    #[error("There is no store in {}. Name the folder that the server has as `--data`.", .0.display())]
    Missing(PathBuf),
    /// A file that would be written is there.
    #[error("{} is there already. Name another file, or move it away.", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {error}.", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The export cannot be written.
    #[error("The export cannot be written: {0}.")]
    Output(io::Error),
    /// An earlier version of Guildhall has made the store, and no server of this version has
    /// opened it.
    #[error(
        "{} was written by an earlier version of Guildhall. Start the server of this version with \
         it once.", .0.display()
    )]
    Older(PathBuf),
    /// The file cannot be read as a store.
    #[error(
        "{} is damaged ({problem}). `guildhall store check` says more. Bring a backup back with \
         `guildhall store restore`.", .file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The fault that was found.
        problem: String,
    },
    /// There is no room.
    #[error("The disk with {} is full. Make room on it.", .0.display())]
    Full(PathBuf),
    /// Another error of the database.
    #[error("The store {} does not work: {problem}. Look at the disk.", .file.display())]
    Database {
        /// The file.
        file: PathBuf,
        /// The database's reason.
        problem: String,
    },
}

impl StoreError {
    /// The error `error` of the database in `file`.
    pub(crate) fn of(file: &Path, error: &Error) -> Self {
        let file = file.to_owned();
        let problem = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { file, problem }
            }
            Some(ErrorCode::DiskFull) => Self::Full(file),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse(file),
            Some(_) => Self::Database { file, problem },
            // A value that does not belong into its column, or a row that is not there.
            None => Self::Damaged { file, problem },
        }
    }
}

/// The failure that the waiting entries get for an error of the database.
pub(crate) fn failure(error: &Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Failure::Full,
        _ => Failure::Other(Arc::from(error.to_string())),
    }
}
