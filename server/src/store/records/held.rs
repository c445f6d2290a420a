//! The rows about texts that wait for a moderator.

use guildhall_protocol::LineRef;
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, Row, params};

use crate::filter::FilterKind;
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::HeldText;
use crate::moderation::UserSnapshot;
use crate::store::meta;
use crate::store::stored_user::StoredUser;

/// The key in `meta` of the first number that no text has had.
const NEXT_HELD: &str = "next_held";

/// Puts a text that waits.
pub(super) fn put(connection: &Connection, held: &HeldText) -> rusqlite::Result<()> {
    let (epoch, line) = held.about.as_ref().map_or((0, 0), |it| (it.epoch, it.seq));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO held
             (id, time, room, user, account, name, info, session, nonce, text, action, epoch, line,
              is_edit, filter)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            held.id,
            held.time,
            held.room,
            held.user.id.0,
            held.user.account,
            held.user.name,
            held.info,
            held.session.0,
            held.nonce.0,
            held.text,
            held.action,
            epoch,
            line,
            held.is_edit,
            held.filter.word(),
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
        )?
        .execute(params![NEXT_HELD, held.id + 1])?;
    Ok(())
}

/// A text waits no more.
pub(super) fn forget(connection: &Connection, id: u64) -> rusqlite::Result<()> {
    super::execute(connection, "DELETE FROM held WHERE id = ?1", id)
}

/// The first number that no text has had; 0: there was none.
pub(super) fn next(connection: &Connection) -> rusqlite::Result<u64> {
    Ok(meta::get(connection, NEXT_HELD)?.unwrap_or(0))
}

/// The texts that wait, in the order of their numbers. One whose line is there was published just
/// before the server ended.
pub(super) fn waiting(connection: &Connection) -> rusqlite::Result<Vec<HeldText>> {
    let mut waiting = connection.prepare(
        "SELECT id, time, room, user, account, name, info, session, nonce, text, action, epoch,
                line, is_edit, filter
         FROM held
         WHERE NOT EXISTS (SELECT 1 FROM line
                           WHERE line.session = held.session AND line.nonce = held.nonce
                                 AND line.nonce > 0)
         ORDER BY id",
    )?;
    let waiting = waiting.query_map([], text)?;
    waiting.collect()
}

fn text(row: &Row<'_>) -> rusqlite::Result<HeldText> {
    let line = LineRef {
        epoch: row.get(11)?,
        seq: row.get(12)?,
    };
    let filter: String = row.get(14)?;
    let wrong = || {
        let why = Box::new(FromSqlError::InvalidType);
        rusqlite::Error::FromSqlConversionFailure(14, Type::Text, why)
    };
    Ok(HeldText {
        id: row.get(0)?,
        time: row.get(1)?,
        room: row.get(2)?,
        user: UserSnapshot {
            id: UserId(row.get(3)?),
            account: row.get(4)?,
            name: row.get(5)?,
        },
        info: row.get(6)?,
        session: SessionId(row.get(7)?),
        nonce: RequestId(row.get(8)?),
        text: row.get(9)?,
        action: row.get(10)?,
        about: (line.seq > 0).then_some(line),
        is_edit: row.get(13)?,
        filter: FilterKind::of_word(&filter).ok_or_else(wrong)?,
    })
}

/// Erases what a user wanted to say.
pub(in crate::store) fn erase(
    connection: &Connection,
    user: StoredUser<'_>,
) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM held WHERE account = ?1 AND (?1 <> '' OR user = ?2)",
        params![user.account(), user.guest()],
    )?;
    Ok(())
}
