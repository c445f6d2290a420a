//! Opening a store: the folder is taken, the file is looked at, and the tables are brought up to
//! date. What is looked at is little, however large the store is: `guildhall store check` reads
//! all of it.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use crate::journal::Known;

use super::StoreOptions;
use super::connection;
use super::error::StoreError;
use super::folder::{self, Folder};
use super::identity;
use super::meta;
use super::records;
use super::schema::{self, APPLICATION_ID, Header, VERSION};

/// A store that is open.
pub(crate) struct Opened {
    pub(crate) checkpointer: Connection,
    pub(crate) readers: Vec<Connection>,
    /// For the thread that fills the index.
    pub(crate) filler: Connection,
    pub(crate) writer: Connection,
    /// The last of them, so that the database is closed before.
    pub(crate) folder: Folder,
    /// The store's ID.
    pub(crate) id: String,
    pub(crate) known: Known,
}

/// Opens the store in a folder, or makes it.
pub(crate) fn open(path: &Path, options: &StoreOptions) -> Result<Opened, StoreError> {
    let folder = Folder::take(path, options.free_within)?;
    let file = folder.database();
    let id = folder.id()?;
    if id.is_some() && !folder.has_database() {
        return Err(StoreError::Gone(path.to_owned()));
    }
    let of = |error: rusqlite::Error| StoreError::of(&file, &error);
    let mut writer = connection::writer(&file).map_err(of)?;
    let header = schema::header(&writer).map_err(of)?;
    check_header(&file, header)?;
    connection::set_up_writer(&writer, options.max_pages).map_err(of)?;
    schema::migrate(&mut writer, header.version).map_err(of)?;
    let own = identity::own_id(&mut writer).map_err(of)?;
    match id {
        None => folder.set_id(&own)?,
        Some(id) if id == own => {}
        Some(_) => return Err(StoreError::Exchanged(file)),
    }
    let known = look(&writer).map_err(of)?;
    let readers = (0..options.readers.max(1)).map(|_| connection::reader(&file));
    Ok(Opened {
        readers: readers.collect::<Result<_, _>>().map_err(of)?,
        filler: connection::reader(&file).map_err(of)?,
        id: own.0,
        checkpointer: connection::checkpointer(&file).map_err(of)?,
        folder,
        writer,
        known,
    })
}

/// Opens the store in a folder that no server has, to change it. It is brought up to date as
/// when a server opens it.
pub(crate) fn alone(path: &Path) -> Result<Opened, StoreError> {
    if !folder::has_database(path) {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let options = StoreOptions {
        readers: 1,
        ..StoreOptions::default()
    };
    open(path, &options)
}

/// Opens the store in a folder to read it, also while a server has it.
pub(crate) fn beside(path: &Path) -> Result<Connection, StoreError> {
    if !folder::has_database(path) {
        return Err(StoreError::Missing(path.to_owned()));
    }
    let file = folder::database(path);
    let of = |error: rusqlite::Error| StoreError::of(&file, &error);
    let connection = connection::beside(&file).map_err(of)?;
    let header = schema::header(&connection).map_err(of)?;
    check_header(&file, header)?;
    if header.version < VERSION {
        return Err(StoreError::Older(file));
    }
    Ok(connection)
}

/// Looks whether this program can use the store in a folder, if there is one. A server may have it.
///
/// # Errors
///
/// If it was written by a newer version, is no store, cannot be read, is gone, or is another one than
/// the folder had.
pub fn check_version(folder: &Path) -> Result<(), StoreError> {
    let known = known_id(folder)?;
    let connection = match beside(folder) {
        Ok(connection) => connection,
        Err(StoreError::Missing(folder)) if known.is_some() => {
            return Err(StoreError::Gone(folder));
        }
        // A server that opens an older one brings it up to date.
        Err(StoreError::Missing(_) | StoreError::Older(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let file = folder::database(folder);
    let own: Option<String> =
        meta::get(&connection, identity::ID).map_err(|error| StoreError::of(&file, &error))?;
    if known.is_some() && known != own {
        return Err(StoreError::Exchanged(file));
    }
    Ok(())
}

/// The ID in the lock of the store that a folder has, without taking the folder.
fn known_id(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read_to_string(path.join(folder::LOCK)) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|id| !id.is_empty())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // On systems on which nobody else may read a file that is locked.
        Err(_) if folder::is_in_use(path) => Ok(None),
        Err(error) => Err(StoreError::Folder {
            folder: path.to_owned(),
            error,
        }),
    }
}

/// Whether a server or a command has the folder of a store, so that no other one could take it.
#[must_use]
pub fn is_in_use(folder: &Path) -> bool {
    folder::is_in_use(folder)
}

/// Whether a file with this header is a store that this program can use. A new file has a header
/// without anything.
pub(crate) fn check_header(file: &Path, header: Header) -> Result<(), StoreError> {
    match header {
        Header {
            application_id: APPLICATION_ID,
            version: ..=VERSION,
            ..
        }
        | Header {
            application_id: 0,
            version: 0,
            has_tables: false,
        } => Ok(()),
        Header {
            application_id: APPLICATION_ID,
            version,
            ..
        } => Err(StoreError::Newer {
            file: file.to_owned(),
            found: version,
            known: VERSION,
        }),
        _ => Err(StoreError::Foreign(file.to_owned())),
    }
}

/// Looks at both ends of the large tables, and reads what is known of users.
fn look(connection: &Connection) -> rusqlite::Result<Known> {
    for sql in [
        "SELECT * FROM line WHERE id = (SELECT min(id) FROM line)",
        "SELECT * FROM line WHERE id = (SELECT max(id) FROM line)",
        "SELECT session, nonce FROM line WHERE nonce > 0 ORDER BY session LIMIT 1",
        "SELECT session, nonce FROM line WHERE nonce > 0 ORDER BY session DESC LIMIT 1",
    ] {
        connection.query_row(sql, [], |_| Ok(())).optional()?;
    }
    records::known(connection)
}
