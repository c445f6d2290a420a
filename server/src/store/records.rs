//! The rows about users: users, sessions, whispers, read marks and blocks. The thread that writes puts
//! them; [`known`] reads all of them when a store is opened.

pub(crate) mod audit;
mod blocks;
pub(crate) mod events;
mod evidence;
pub(crate) mod held;
pub(crate) mod moderation;
pub(crate) mod reports;
mod room_settings;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, params};

use crate::ids::{Epoch, RequestId, Seq, SessionId, UserId};
use crate::journal::{Known, KnownSession, ReadMarkRow, Row, SessionRow, UserRow, WhisperRow};

use super::meta;

/// The key in `meta` of the time of the last health check.
const HEALTH_CHECK: &str = "health_check";

/// The key in `meta` of the first number that a connection may get.
const NEXT_ID: &str = "next_id";

/// Puts a row.
pub(crate) fn put(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    match row {
        Row::NextId(id) => put_next_id(connection, *id),
        Row::HealthCheck(time) => meta::set(connection, HEALTH_CHECK, &time.to_string()),
        Row::User(user) => put_user(connection, user),
        Row::ForgetUser(user) => {
            execute(connection, "DELETE FROM person WHERE id = ?1", user.0)?;
            execute(connection, "DELETE FROM read_mark WHERE user = ?1", user.0)?;
            blocks::forget_guest(connection, *user)
        }
        Row::Session(session) => put_session(connection, session),
        Row::EndSession(session) => {
            forget_whispers(connection, *session, Seq(i64::MAX.cast_unsigned()))?;
            execute(connection, "DELETE FROM session WHERE id = ?1", session.0)
        }
        Row::Whisper(whisper) => put_whisper(connection, whisper),
        Row::ForgetWhispers(session, seq) => forget_whispers(connection, *session, *seq),
        Row::ReadMark(mark) => put_read_mark(connection, mark),
        Row::Act(act) => audit::put(connection, act),
        Row::ReportTold(report) => reports::put_told(connection, *report),
        Row::Sanction(row) => moderation::put_sanction(connection, row),
        Row::Role(row) => moderation::put_role(connection, row),
        Row::RoomSettings(row) => room_settings::put(connection, row),
        Row::Block(block) => blocks::put(connection, block),
        Row::Event(event) => events::put(connection, event),
        Row::Present(present) => events::put_present(connection, present),
        Row::Absent(room, user) => events::remove_present(connection, room, *user),
        Row::Webhook(webhook) => events::put_webhook(connection, webhook),
        Row::ForgetWebhook(url) => events::forget_webhook(connection, url),
        Row::Held(held) => held::put(connection, held),
        Row::ForgetHeld(id) => held::forget(connection, *id),
    }
}

/// Whether a row removes a user, a session or a block of which there is nothing on the disk.
pub(crate) fn is_absent(connection: &Connection, row: &Row) -> rusqlite::Result<bool> {
    let (sql, id) = match row {
        Row::ForgetUser(user) => (
            "SELECT 1 FROM person WHERE id = ?1
             UNION ALL SELECT 1 FROM read_mark WHERE user = ?1
             UNION ALL SELECT 1 FROM block WHERE account = '' AND guest = ?1",
            user.0,
        ),
        Row::EndSession(session) => (
            "SELECT 1 FROM session WHERE id = ?1
             UNION ALL SELECT 1 FROM whisper WHERE session = ?1",
            session.0,
        ),
        Row::Block(block) if block.time == 0 => return blocks::is_absent(connection, block),
        _ => return Ok(false),
    };
    Ok(!connection.prepare_cached(sql)?.exists([id])?)
}

fn execute(connection: &Connection, sql: &str, id: u64) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

fn put_next_id(connection: &Connection, id: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
        )?
        .execute(params![NEXT_ID, id])?;
    Ok(())
}

fn put_user(connection: &Connection, user: &UserRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO person (id, account, chosen, claimed, info)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            user.id.0,
            user.account,
            user.chosen,
            user.claimed,
            user.info
        ])?;
    Ok(())
}

fn put_session(connection: &Connection, session: &SessionRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO session (id, user, secret) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET user = excluded.user, secret = excluded.secret",
        )?
        .execute(params![session.id.0, session.user.0, session.secret])?;
    Ok(())
}

fn put_whisper(connection: &Connection, whisper: &WhisperRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO whisper (session, seq, sender_session, sender_request, frame)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            whisper.session.0,
            whisper.seq.0,
            whisper.sender.0.0,
            whisper.sender.1.0,
            &whisper.frame[..]
        ])?;
    Ok(())
}

/// Deletes a session's whispers up to a number. Their senders' sessions keep which requests they
/// have used.
fn forget_whispers(connection: &Connection, session: SessionId, seq: Seq) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE session SET highest = max(highest, used.request)
             FROM (SELECT sender_session, max(sender_request) AS request FROM whisper
                   WHERE session = ?1 AND seq <= ?2 GROUP BY sender_session) AS used
             WHERE id = used.sender_session",
        )?
        .execute(params![session.0, seq.0])?;
    connection
        .prepare_cached("DELETE FROM whisper WHERE session = ?1 AND seq <= ?2")?
        .execute(params![session.0, seq.0])?;
    Ok(())
}

fn put_read_mark(connection: &Connection, mark: &ReadMarkRow) -> rusqlite::Result<()> {
    if mark.seq == Seq(0) {
        // The room has no mark any more.
        connection
            .prepare_cached("DELETE FROM read_mark WHERE user = ?1 AND room = ?2")?
            .execute(params![mark.user.0, mark.room])?;
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO read_mark (user, room, epoch, seq) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![mark.user.0, mark.room, mark.epoch.0, mark.seq.0])?;
    Ok(())
}

/// Reads all that is known.
pub(crate) fn known(connection: &Connection) -> rusqlite::Result<Known> {
    let held = held::waiting(connection)?;
    let mut whispers = whispers(connection)?;
    let mut sessions = sessions(connection, &mut whispers)?;
    let mut by_session: HashMap<_, Vec<_>> = HashMap::new();
    for text in &held {
        by_session.entry(text.session).or_default().push(text.nonce);
    }
    for session in &mut sessions {
        session.held = by_session.remove(&session.row.id).unwrap_or_default();
    }
    Ok(Known {
        next_id: meta::get(connection, NEXT_ID)?.unwrap_or(0),
        users: users(connection)?,
        sessions,
        orphans: whispers.into_values().flatten().collect(),
        read_marks: read_marks(connection)?,
        notices: reports::notices(connection)?,
        sanctions: moderation::holding(connection)?,
        next_sanction: moderation::next_sanction(connection)?,
        roles: moderation::roles(connection)?,
        room_settings: room_settings::known(connection)?,
        blocks: blocks::known(connection)?,
        feed: events::known(connection)?,
        next_held: held::next(connection)?,
        held,
    })
}

fn users(connection: &Connection) -> rusqlite::Result<Vec<UserRow>> {
    let mut users =
        connection.prepare("SELECT id, account, chosen, claimed, info FROM person ORDER BY id")?;
    let users = users.query_map([], |row| {
        Ok(UserRow {
            id: UserId(row.get(0)?),
            account: row.get(1)?,
            chosen: row.get(2)?,
            claimed: row.get(3)?,
            info: row.get(4)?,
        })
    })?;
    users.collect()
}

/// Reads all sessions, each with its part of `whispers`, which is taken out of it.
fn sessions(
    connection: &Connection,
    whispers: &mut HashMap<SessionId, Vec<WhisperRow>>,
) -> rusqlite::Result<Vec<KnownSession>> {
    // A seek in an index for each session.
    let mut sessions = connection.prepare(
        "SELECT id, user, secret,
                max(highest,
                    ifnull((SELECT max(nonce) FROM line WHERE session = session.id AND nonce > 0), 0),
                    ifnull(used.request, 0))
         FROM session LEFT JOIN
              (SELECT sender_session, max(sender_request) AS request FROM whisper
               GROUP BY sender_session) AS used
              ON used.sender_session = session.id
         ORDER BY id",
    )?;
    let sessions = sessions.query_map([], |row| {
        let id = SessionId(row.get(0)?);
        Ok(KnownSession {
            row: SessionRow {
                id,
                user: UserId(row.get(1)?),
                secret: row.get(2)?,
            },
            highest: RequestId(row.get(3)?),
            whispers: whispers.remove(&id).unwrap_or_default(),
            held: Vec::new(),
        })
    })?;
    sessions.collect()
}

fn whispers(connection: &Connection) -> rusqlite::Result<HashMap<SessionId, Vec<WhisperRow>>> {
    let mut whispers = connection.prepare(
        "SELECT session, seq, sender_session, sender_request, frame FROM whisper
         ORDER BY session, seq",
    )?;
    let mut rows = whispers.query([])?;
    let mut by_session: HashMap<_, Vec<_>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let session = SessionId(row.get(0)?);
        by_session.entry(session).or_default().push(WhisperRow {
            session,
            seq: Seq(row.get(1)?),
            sender: (SessionId(row.get(2)?), RequestId(row.get(3)?)),
            frame: Bytes::from(row.get::<_, Vec<u8>>(4)?),
        });
    }
    Ok(by_session)
}

fn read_marks(connection: &Connection) -> rusqlite::Result<Vec<ReadMarkRow>> {
    let mut marks =
        connection.prepare("SELECT user, room, epoch, seq FROM read_mark ORDER BY user, room")?;
    let marks = marks.query_map([], |row| {
        Ok(ReadMarkRow {
            user: UserId(row.get(0)?),
            room: row.get::<_, Arc<str>>(1)?,
            epoch: Epoch(row.get(2)?),
            seq: Seq(row.get(3)?),
        })
    })?;
    marks.collect()
}
