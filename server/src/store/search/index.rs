//! The index: an FTS5 table without the texts, which are in the store. Texts are cut into words
//! before they come here, so SQLite only parts them at spaces. A row's number is that of its line,
//! so a room is one range, and the newest line is the last one in it.
//!
//! Nothing here is kept over a power cut: the file is made again then.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use guildhall_protocol::Line;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};

use crate::ids::{Epoch, Seq, UserId};
use crate::journal::search::{Author, Wanted, folded};
use crate::journal::words::cut;

use super::super::folder::{adopt, remove_file};
use super::super::meta;
use super::super::rooms::RoomId;
use super::super::schema::MAX_SEQ;

/// The name of the file.
const FILE: &str = "search.db";

/// Says in the file's header that it is an index of Guildhall: "GUIS".
const APPLICATION_ID: i32 = 0x4755_4953;

/// The version of the tables, and of how texts are cut. Another one is made again.
const VERSION: i32 = 2;

/// For how long it waits for another program that has the file locked.
const WAIT: Duration = Duration::from_secs(5);

const TABLES: &str = "
    CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE room (
        id INTEGER PRIMARY KEY,
        epoch INTEGER NOT NULL,
        done INTEGER NOT NULL,
        forgotten INTEGER NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE words USING fts5 (
        text, author, content = '', contentless_delete = 1, tokenize = 'ascii'
    );
";

/// The path of the index of the store in this folder.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Removes the index of the store in this folder, if there is one. It is made again when a server
/// opens the store.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    for end in ["", "-wal", "-shm", "-journal"] {
        remove_file(&folder.join(format!("{FILE}{end}")))?;
    }
    Ok(())
}

/// Whether the file has to be made again after this error.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    // Also if a table or a column is not there, or a value is of another type.
    matches!(
        error.sqlite_error_code(),
        None | Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown)
    )
}

/// How far the index is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) epoch: Epoch,
    /// The lines up to this one are in the index.
    pub(super) last: Seq,
    /// The lines up to this one are not in it any more.
    pub(super) forgotten: Seq,
}

/// Opens the index of the store with this ID for writing. Makes it if there is none, and makes it
/// again if it is another store's, of another version, damaged, or older than a power cut.
pub(super) fn open(folder: &Path, store: &str) -> rusqlite::Result<Connection> {
    match open_kept(folder, store) {
        Ok(Some(connection)) => return Ok(connection),
        Ok(None) => {}
        Err(error) if is_damage(&error) => {
            tracing::warn!(%error, "the search index is damaged, and is made again");
        }
        Err(error) => return Err(error),
    }
    // An index that cannot be removed cannot be opened either, which has a better error.
    let _ = remove(folder);
    let connection = connect(folder)?;
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    meta::set(&transaction, "store", store)?;
    meta::set(&transaction, "boot", &boot())?;
    transaction.commit()?;
    Ok(connection)
}

/// Opens an index that can be used as it is.
fn open_kept(folder: &Path, store: &str) -> rusqlite::Result<Option<Connection>> {
    if !fs::metadata(file(folder)).is_ok_and(|file| file.len() > 0) {
        return Ok(None);
    }
    let connection = connect(folder)?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    if (pragma("application_id")?, pragma("user_version")?) != (APPLICATION_ID, VERSION)
        || meta::get::<String>(&connection, "store")?.as_deref() != Some(store)
    {
        return Ok(None);
    }
    // Whoever was killed has left it in order, but a power cut has not: it is never synced.
    let before = meta::get::<String>(&connection, "boot")?;
    if before.is_some_and(|before| before.is_empty() || before != boot()) {
        return Ok(None);
    }
    let check = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?;
    if check != "ok" {
        return Ok(None);
    }
    meta::set(&connection, "boot", &boot())?;
    Ok(Some(connection))
}

fn connect(folder: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = with_flags(folder, flags)?;
    adopt(&file(folder));
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = OFF;
         PRAGMA secure_delete = ON;
         PRAGMA cache_size = -8192;",
    )?;
    Ok(connection)
}

/// Opens an index for reading, beside the thread that fills it.
pub(super) fn reader(folder: &Path) -> rusqlite::Result<Connection> {
    let connection = with_flags(folder, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4096;")?;
    Ok(connection)
}

fn with_flags(folder: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file(folder), flags)?;
    connection.busy_timeout(WAIT)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

/// Closes an index. It is in order, whatever happens to the machine from now on.
pub(super) fn close(connection: Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);")?;
    connection.execute("DELETE FROM meta WHERE key = 'boot'", [])?;
    connection.close().map_err(|(_, error)| error)
}

/// A text that differs each time that the machine starts; empty if it cannot be known.
fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.unwrap_or_default().trim().to_owned()
}

/// How far the index is in a room.
pub(super) fn done(index: &Connection, room: RoomId) -> rusqlite::Result<Option<Done>> {
    let mut done = index.prepare_cached("SELECT epoch, done, forgotten FROM room WHERE id = ?1")?;
    let done = done.query_row([room.0], |row| {
        Ok(Done {
            epoch: Epoch(row.get(0)?),
            last: Seq(row.get(1)?),
            forgotten: Seq(row.get(2)?),
        })
    });
    done.optional()
}

/// From now on, the index is this far in a room.
pub(super) fn set_done(index: &Connection, room: RoomId, done: Done) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO room (id, epoch, done, forgotten) VALUES (?1, ?2, ?3, ?4)";
    (index.prepare_cached(sql)?).execute(params![
        room.0,
        done.epoch.0,
        done.last.0,
        done.forgotten.0
    ])?;
    Ok(())
}

/// Puts the words of a line into the index, in place of those that it has.
pub(super) fn put(index: &Connection, id: i64, line: &Line) -> rusqlite::Result<()> {
    let author = format!(
        "{} {} {}",
        id_word(UserId(line.sender)),
        name_word(&folded(&line.name)),
        account_word(&line.user)
    );
    let sql = "INSERT OR REPLACE INTO words (rowid, text, author) VALUES (?1, ?2, ?3)";
    (index.prepare_cached(sql)?).execute(params![id, cut(&line.text), author])?;
    Ok(())
}

/// Takes a line out of the index.
pub(super) fn take(index: &Connection, id: i64) -> rusqlite::Result<()> {
    (index.prepare_cached("DELETE FROM words WHERE rowid = ?1")?).execute([id])?;
    Ok(())
}

/// Takes the oldest lines of a room up to this one out of the index, at most this many. Returns
/// how many they were.
pub(super) fn forget(
    index: &Connection,
    room: RoomId,
    up_to: Seq,
    most: usize,
) -> rusqlite::Result<usize> {
    let mut ids = index.prepare_cached(
        "SELECT rowid FROM words WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid LIMIT ?3",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let range = [
        room.line(Seq(0)),
        room.line(Seq(up_to.0.min(MAX_SEQ))),
        most,
    ];
    let ids = ids
        .query_map(range, |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for &id in &ids {
        take(index, id)?;
    }
    Ok(ids.len())
}

/// Takes the lines up to this one that are removed out of the index. Returns how many they are.
pub(super) fn take_removed(
    index: &Connection,
    store: &Connection,
    room: RoomId,
    up_to: Seq,
) -> rusqlite::Result<usize> {
    let mut removed =
        store.prepare_cached("SELECT id FROM line WHERE id BETWEEN ?1 AND ?2 AND removed = 1")?;
    let mut rows = removed.query([room.line(Seq(0)), room.line(up_to)])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        take(index, row.get(0)?)?;
        count += 1;
    }
    Ok(count)
}

/// Cleans a piece of the index of what was taken out of it: until then, the words are still
/// in the file. Returns whether there is more to do.
pub(super) fn clean(index: &Connection, is_first: bool) -> rusqlite::Result<bool> {
    // A negative number begins to merge everything, a positive one goes on with that.
    let pages = if is_first { -PIECE } else { PIECE };
    let before = index.total_changes();
    index.execute(
        "INSERT INTO words (words, rank) VALUES ('merge', ?1)",
        [pages],
    )?;
    // SQLite's own sign that nothing was left to merge.
    Ok(index.total_changes() - before >= 2)
}

/// How many pages a piece of cleaning writes.
const PIECE: i32 = 200;

/// The query to FTS5 of a search that does not ask for any line: for its author, and for those of
/// its words that are to be asked for.
pub(super) fn query(wanted: &Wanted, is_asked: impl Fn(usize) -> bool) -> String {
    let mut terms = Vec::new();
    let words = wanted.words().parts().enumerate();
    for (_, parts) in words.filter(|&(word, _)| is_asked(word)) {
        let parts: Vec<_> = parts.collect();
        // Of letters and digits alone, as `cut` returns them, so a quote ends none of them.
        terms.push(format!("text : \"{}\"", parts.join(" ")));
    }
    match wanted.author() {
        Author::Anybody => {}
        Author::Id(id) => terms.push(format!("author : \"{}\"", id_word(*id))),
        Author::Named { account, name } => {
            let (account, name) = (account_word(account), name_word(name));
            terms.push(format!("author : (\"{account}\" OR \"{name}\")"));
        }
    }
    terms.join(" AND ")
}

fn id_word(id: UserId) -> String {
    format!("i{}", id.0)
}

fn name_word(name: &str) -> String {
    word('n', name)
}

fn account_word(account: &str) -> String {
    word('a', account)
}

/// One word for a text: the index does not part it, because signs beyond ASCII are in words.
/// Texts that differ in their signs have the same one, which does no harm: each line that is
/// found is looked at.
fn word(kind: char, text: &str) -> String {
    let is_plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric();
    let plain = text.chars().map(|c| if is_plain(c) { c } else { '\u{b7}' });
    std::iter::once(kind).chain(plain).collect()
}
