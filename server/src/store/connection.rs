//! Connections to a store's database, set up for what each of them does.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How many statements a connection keeps prepared: more than there are.
const STATEMENTS: usize = 128;

/// For how long a connection waits for another program that has the database locked, such as
/// the shell `sqlite3`. Of the store's own threads, only one that erases a user waits for another
/// one here.
const WAIT: Duration = Duration::from_secs(5);

/// For how long the thread that writes the log back waits for those that read, while commits
/// wait for it: a few pages of history take less.
const WAIT_FOR_READERS: Duration = Duration::from_millis(50);

/// Opens the database of a store for writing, and creates it if there is none. Nothing is written
/// before [`set_up_writer`], so that another program's file stays as it is.
pub(crate) fn writer(file: &Path) -> rusqlite::Result<Connection> {
    open(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )
}

/// Sets up the connection that writes. A commit has returned only if it is on the disk.
pub(crate) fn set_up_writer(
    connection: &Connection,
    max_pages: Option<u32>,
) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA secure_delete = FAST;
         PRAGMA cache_size = -16384;",
    )?;
    if let Some(pages) = max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(())
}

/// Opens the database of a store that is open for writing, for the thread that writes its log
/// back into the database.
pub(crate) fn checkpointer(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    connection.busy_timeout(WAIT_FOR_READERS)?;
    Ok(connection)
}

/// Opens the database of a store that is open for writing, for reading.
pub(crate) fn reader(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(
        "PRAGMA query_only = ON;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -8192;",
    )?;
    Ok(connection)
}

/// Opens the database of a store to look at it from another process, also while a server has it.
pub(crate) fn beside(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

/// Opens a copy of a store's database, which is one file and belongs to nobody else.
pub(crate) fn copy(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(connection)
}

fn open(file: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}
