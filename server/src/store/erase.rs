//! Erasing a user: no file of the store has a byte of what it said, or of its name, afterwards.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::journal::Failure;
use crate::journal::user_data::{DataOwner, ErasedData};

use super::connection;
use super::error::{StoreError, failure};
use super::folder;
use super::open::{self, Opened};
use super::records::{events, held, moderation};
use super::search::remove_index;
use super::stored_user::StoredUser;

/// Counts of what was erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    /// How many lines have neither text nor name any more, changes included. Their numbers stay,
    /// so that clients notice no gap.
    pub lines: u64,
    /// How many whispers are gone, which the user has sent or received.
    pub whispers: u64,
    /// How many sessions are gone.
    pub sessions: u64,
    /// How many reports by the user or about it stay with their evidence, until their time is over.
    pub reports: u64,
}

/// Erases a user from the store in `folder`, which no server has. Its lines are removed without
/// a trace of their text and their speaker; its reactions, whispers, read marks and sessions are
/// gone. A sanction that still holds keeps the account, so that it goes on holding. Reports with
/// their evidence and the audit log stay until their own time is over, because they are kept for
/// claims. At last the database is written anew, so that nothing is left between the rows: that
/// needs room for a second copy of it. What others wrote about the user stays.
///
/// # Errors
///
/// If there is no store, if a server has it, or if the disk is full.
pub fn erase_user(folder: &Path, user: StoredUser<'_>) -> Result<Erased, StoreError> {
    let Opened {
        folder,
        writer: mut connection,
        ..
    } = open::alone(folder)?;
    let file = folder.database();
    // A server that opens the store makes it again, without the user's words.
    remove_index(folder.path())?;
    let erased = erase(&mut connection, user)
        .and_then(|erased| write_anew(&connection).map(|()| erased))
        .map_err(|error| StoreError::of(&file, &error))?;
    (connection.close()).map_err(|(_, error)| StoreError::of(&file, &error))?;
    Ok(erased)
}

/// Erases a user from the store in `folder`, which a server has open, with a connection of its own.
/// Nobody else may write meanwhile. With `anew`, the database is written anew as well.
pub(super) fn erase_beside(
    folder: &Path,
    owner: &DataOwner,
    anew: bool,
) -> Result<ErasedData, Failure> {
    let user = StoredUser::from(owner);
    let erase = || -> rusqlite::Result<ErasedData> {
        let mut connection = connection::writer(&folder::database(folder))?;
        connection::set_up_writer(&connection, None)?;
        let Erased {
            lines,
            whispers,
            sessions,
            reports,
        } = erase(&mut connection, user)?;
        connection.flush_prepared_statement_cache();
        if anew {
            connection.execute_batch("VACUUM;")?;
        }
        // A reader that is at work keeps the log for a moment; the connection waits for it.
        let emptied = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy: bool = connection.query_row(emptied, [], |row| row.get(0))?;
        let count = |sql: &str| {
            let whose = params![user.account(), user.guest()];
            connection.query_row(sql, whose, |row| row.get::<_, u64>(0))
        };
        Ok(ErasedData {
            lines,
            whispers,
            sessions,
            found_again: count(FOUND_AGAIN)?,
            reports,
            audit: count(
                "SELECT count(*) FROM audit
                 WHERE (account = ?1 AND user > 0 AND (?1 <> '' OR user = ?2))
                    OR (actor_account = ?1 AND actor = 'user' AND (?1 <> '' OR actor_id = ?2))",
            )?,
            sanctions: count(
                "SELECT count(*) FROM sanction WHERE account = ?1 AND (?1 <> '' OR user = ?2)",
            )?,
            is_log_empty: !is_busy,
            is_written_anew: anew,
        })
    };
    erase().map_err(|error| failure(&error))
}

/// Counts the rows that should be gone.
const FOUND_AGAIN: &str = "
    SELECT (SELECT count(*) FROM line WHERE user = ?1 AND (?1 <> '' OR sender = ?2))
         + (SELECT count(*) FROM reaction WHERE user = ?1 AND guest = ?2)
         + (SELECT count(*) FROM person WHERE CASE ?1 WHEN '' THEN id = ?2 ELSE account = ?1 END)
         + (SELECT count(*) FROM block WHERE account = ?1 AND guest = ?2)
         + (SELECT count(*) FROM event WHERE account = ?1 AND user > 0 AND (?1 <> '' OR user = ?2))";

fn erase(connection: &mut Connection, user: StoredUser<'_>) -> rusqlite::Result<Erased> {
    connection.pragma_update(None, "secure_delete", "ON")?;
    let transaction = connection.transaction()?;
    user.find(&transaction)?;
    let author = params![user.account(), user.guest()];
    transaction.execute_batch("CREATE TEMP TABLE own_line (id INTEGER PRIMARY KEY);")?;
    transaction.execute(
        "INSERT INTO own_line SELECT id FROM line
         WHERE user = ?1 AND (?1 <> '' OR sender = ?2)",
        author,
    )?;
    transaction.execute(
        "DELETE FROM reaction WHERE user = ?1 AND guest = ?2",
        author,
    )?;
    transaction.execute_batch(
        "DELETE FROM version WHERE line IN (SELECT id FROM own_line);
         DELETE FROM reaction WHERE line IN (SELECT id FROM own_line);
         DELETE FROM read_mark WHERE user IN (SELECT id FROM own_user);",
    )?;
    // Those of others name the user.
    transaction.execute(
        "DELETE FROM block WHERE (account = ?1 AND guest = ?2)
         OR (blocked_account = ?1 AND blocked_guest = ?2)",
        author,
    )?;
    // A reaction becomes one that is taken back, which changes nothing.
    let lines = transaction.execute(
        "UPDATE line SET sender = 0, session = 0, nonce = 0, name = '', user = '', info = '',
                         text = '', edited = 0, removed = (target = 0),
                         kind = CASE kind WHEN 4 THEN 5 ELSE kind END
         WHERE id IN (SELECT id FROM own_line)",
        [],
    )?;
    // Of what was purged before, only its requests are known.
    transaction.execute(
        "UPDATE line SET session = 0, nonce = 0
         WHERE sender = 0 AND session IN (SELECT id FROM own_session)",
        [],
    )?;
    let whispers = user.whispers(&transaction)?;
    for whisper in &whispers {
        transaction
            .prepare_cached("DELETE FROM whisper WHERE session = ?1 AND seq = ?2")?
            .execute(params![whisper.session, whisper.seq])?;
    }
    // Of what the game was told, only that it has happened.
    transaction.execute(
        "UPDATE event SET user = 0, account = '', name = ''
         WHERE account = ?1 AND (?1 <> '' OR user = ?2)",
        author,
    )?;
    moderation::erase(&transaction, user)?;
    held::erase(&transaction, user)?;
    events::erase(&transaction, user)?;
    let sessions = transaction.execute(
        "DELETE FROM session WHERE id IN (SELECT id FROM own_session)",
        [],
    )?;
    transaction.execute(
        "DELETE FROM person WHERE id IN (SELECT id FROM own_user)",
        [],
    )?;
    transaction
        .execute_batch("DROP TABLE own_line; DROP TABLE own_user; DROP TABLE own_session;")?;
    let reports = transaction.query_row(
        "SELECT count(*) FROM report
         WHERE (account = ?1 AND (?1 <> '' OR user = ?2))
            OR (reporter_account = ?1 AND (?1 <> '' OR reporter = ?2))",
        author,
        |row| row.get(0),
    )?;
    transaction.commit()?;
    Ok(Erased {
        reports,
        lines: lines as u64,
        whispers: whispers.len() as u64,
        sessions: sessions as u64,
    })
}

/// Writes the database anew, without what lies between its rows, and empties the log.
fn write_anew(connection: &Connection) -> rusqlite::Result<()> {
    connection.flush_prepared_statement_cache();
    connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
}
