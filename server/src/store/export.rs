//! Writes all that a store knows of a user, for the user, as lines of JSON.

use std::io::Write;
use std::path::Path;

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::error::StoreError;
use super::rooms::seq_of_line;
use super::stored_user::StoredUser;
use super::{folder, open};

/// Writes all that the store in `folder` has of a user, also while a server has it: a JSON object
/// a line, each with `kind`: `user`, `session`, `line`, `version` (the text of a line before it
/// was edited or removed), `reaction`, `whisper`, `read_mark`, `block`, `held` (a text that
/// waits for a moderator), `report` (one by
/// the user) or `reported` (one about it). Times are milliseconds since
/// 1970. Returns how many lines of JSON there are.
///
/// # Errors
///
/// If there is no store, if it cannot be read, or if `out` takes nothing more.
pub fn export_user(
    folder: &Path,
    user: StoredUser<'_>,
    out: &mut dyn Write,
) -> Result<u64, StoreError> {
    let connection = open::beside(folder)?;
    let file = folder::database(folder);
    let values = export(&connection, user).map_err(|error| StoreError::of(&file, &error))?;
    let write = |value: &Value| writeln!(out, "{value}");
    (values.iter().try_for_each(write).and_then(|()| out.flush())).map_err(StoreError::Output)?;
    Ok(values.len() as u64)
}

fn export(connection: &Connection, user: StoredUser<'_>) -> rusqlite::Result<Vec<Value>> {
    let transaction = connection.unchecked_transaction()?;
    user.find(&transaction)?;
    let mut values = Vec::new();
    each(
        &transaction,
        "SELECT id, account, chosen, claimed, info FROM person
         WHERE id IN (SELECT id FROM own_user)",
        &[],
        &mut values,
        |row| {
            Ok(json!({
                "kind": "user",
                "id": row.get::<_, u64>(0)?,
                "account": row.get::<_, Option<String>>(1)?,
                "chosen": row.get::<_, Option<String>>(2)?,
                "claimed": row.get::<_, Option<String>>(3)?,
                "info": row.get::<_, String>(4)?,
            }))
        },
    )?;
    each(
        &transaction,
        "SELECT id FROM own_session",
        &[],
        &mut values,
        |row| Ok(json!({ "kind": "session", "id": row.get::<_, u64>(0)? })),
    )?;
    said(&transaction, user, &mut values)?;
    each(
        &transaction,
        "SELECT room, epoch, seq FROM read_mark WHERE user IN (SELECT id FROM own_user)",
        &[],
        &mut values,
        |row| {
            Ok(json!({
                "kind": "read_mark",
                "room": row.get::<_, String>(0)?,
                "epoch": row.get::<_, u32>(1)?,
                "seq": row.get::<_, u64>(2)?,
            }))
        },
    )?;
    sanctions_and_reports(&transaction, user, &mut values)?;
    roles_and_the_rest(&transaction, user, &mut values)?;
    let whispers = user.whispers(&transaction)?;
    values.extend(whispers.into_iter().map(|own| {
        json!({
            "kind": "whisper",
            "time": own.whisper.time,
            "from": own.whisper.sender_name,
            "to": own.whisper.receiver_name,
            "text": own.whisper.text,
        })
    }));
    Ok(values)
}

/// Adds the sanctions of the user, its reports, and those about it.
fn sanctions_and_reports(
    transaction: &Connection,
    user: StoredUser<'_>,
    values: &mut Vec<Value>,
) -> rusqlite::Result<()> {
    each(
        transaction,
        "SELECT id, kind, room, since, until, reason, rule, ended FROM sanction
         WHERE account = ?1 AND (?1 <> '' OR user = ?2) ORDER BY id",
        params![user.account(), user.guest()],
        values,
        |row| {
            Ok(json!({
                "kind": "sanction",
                "id": row.get::<_, u64>(0)?,
                "sanction": row.get::<_, u8>(1)?,
                "room": row.get::<_, String>(2)?,
                "since": row.get::<_, u64>(3)?,
                "until": row.get::<_, u64>(4)?,
                "reason": row.get::<_, u8>(5)?,
                "rule": row.get::<_, String>(6)?,
                "ended": row.get::<_, u64>(7)?,
            }))
        },
    )?;
    each(
        transaction,
        "SELECT id, time, room, name, reason, note, state = 2, acted, words FROM report
         WHERE reporter_account = ?1 AND (?1 <> '' OR reporter = ?2) ORDER BY id",
        params![user.account(), user.guest()],
        values,
        |row| {
            Ok(json!({
                "kind": "report",
                "id": row.get::<_, u64>(0)?,
                "time": row.get::<_, u64>(1)?,
                "room": row.get::<_, String>(2)?,
                "about": row.get::<_, String>(3)?,
                "reason": row.get::<_, u8>(4)?,
                "note": row.get::<_, String>(5)?,
                "decided": row.get::<_, bool>(6)?,
                "acted": row.get::<_, bool>(7)?,
                "words": row.get::<_, String>(8)?,
            }))
        },
    )?;
    // Of those about the user, not who has reported it.
    each(
        transaction,
        "SELECT id, time, room, reason, state = 2, acted FROM report
         WHERE account = ?1 AND (?1 <> '' OR user = ?2) ORDER BY id",
        params![user.account(), user.guest()],
        values,
        |row| {
            Ok(json!({
                "kind": "reported",
                "id": row.get::<_, u64>(0)?,
                "time": row.get::<_, u64>(1)?,
                "room": row.get::<_, String>(2)?,
                "reason": row.get::<_, u8>(3)?,
                "decided": row.get::<_, bool>(4)?,
                "acted": row.get::<_, bool>(5)?,
            }))
        },
    )?;
    Ok(())
}

/// Adds its roles, its blocks, its events and what is held of it.
fn roles_and_the_rest(
    transaction: &Connection,
    user: StoredUser<'_>,
    values: &mut Vec<Value>,
) -> rusqlite::Result<()> {
    each(
        transaction,
        "SELECT room, role, since FROM role WHERE account = ?1 ORDER BY room",
        params![user.account()],
        values,
        |row| {
            Ok(json!({
                "kind": "role",
                "room": row.get::<_, String>(0)?,
                "role": row.get::<_, u8>(1)?,
                "since": row.get::<_, u64>(2)?,
            }))
        },
    )?;
    each(
        transaction,
        "SELECT blocked_account, blocked_id, blocked_name, time FROM block
         WHERE account = ?1 AND guest = ?2 ORDER BY time",
        params![user.account(), user.guest()],
        values,
        |row| {
            Ok(json!({
                "kind": "block",
                "account": row.get::<_, String>(0)?,
                "id": row.get::<_, u64>(1)?,
                "name": row.get::<_, String>(2)?,
                "time": row.get::<_, u64>(3)?,
            }))
        },
    )?;
    each(
        transaction,
        "SELECT number, time, kind, room FROM event
         WHERE account = ?1 AND (?1 <> '' OR user = ?2) ORDER BY number",
        params![user.account(), user.guest()],
        values,
        |row| {
            Ok(json!({
                "kind": "event",
                "number": row.get::<_, u64>(0)?,
                "time": row.get::<_, u64>(1)?,
                "event": row.get::<_, String>(2)?,
                "room": row.get::<_, String>(3)?,
            }))
        },
    )?;
    each(
        transaction,
        "SELECT time, room, text, is_edit FROM held
         WHERE account = ?1 AND (?1 <> '' OR user = ?2) ORDER BY id",
        params![user.account(), user.guest()],
        values,
        |row| {
            Ok(json!({
                "kind": "held",
                "time": row.get::<_, u64>(0)?,
                "room": row.get::<_, String>(1)?,
                "text": row.get::<_, String>(2)?,
                "is_edit": row.get::<_, bool>(3)?,
            }))
        },
    )?;
    Ok(())
}

/// Adds the lines that the user has said in rooms, with earlier versions, and its reactions.
fn said(
    connection: &Connection,
    user: StoredUser<'_>,
    values: &mut Vec<Value>,
) -> rusqlite::Result<()> {
    let author = params![user.account(), user.guest()];
    each(
        connection,
        "SELECT line.id, room.name, room.epoch, time, line.name, text, edited, removed, line.kind
         FROM line JOIN room ON room.id = line.id >> 40
         WHERE user = ?1 AND (?1 <> '' OR sender = ?2) ORDER BY line.id",
        author,
        values,
        |row| {
            Ok(json!({
                "kind": "line",
                "room": row.get::<_, String>(1)?,
                "epoch": row.get::<_, u32>(2)?,
                "seq": seq_of_line(row.get(0)?).0,
                "time": row.get::<_, u64>(3)?,
                "name": row.get::<_, String>(4)?,
                "text": row.get::<_, String>(5)?,
                "edited": row.get::<_, u64>(6)?,
                "removed": row.get::<_, bool>(7)?,
                "is_change": row.get::<_, u8>(8)? > 1,
            }))
        },
    )?;
    each(
        connection,
        "SELECT version.line, room.name, version.text FROM version
         JOIN line ON line.id = version.line JOIN room ON room.id = line.id >> 40
         WHERE user = ?1 AND (?1 <> '' OR sender = ?2) ORDER BY version.line, version.change",
        author,
        values,
        |row| {
            Ok(json!({
                "kind": "version",
                "room": row.get::<_, String>(1)?,
                "seq": seq_of_line(row.get(0)?).0,
                "text": row.get::<_, String>(2)?,
            }))
        },
    )?;
    each(
        connection,
        "SELECT line, room.name, reaction FROM reaction JOIN room ON room.id = line >> 40
         WHERE user = ?1 AND guest = ?2 ORDER BY line",
        author,
        values,
        |row| {
            Ok(json!({
                "kind": "reaction",
                "room": row.get::<_, String>(1)?,
                "seq": seq_of_line(row.get(0)?).0,
                "reaction": row.get::<_, String>(2)?,
            }))
        },
    )
}

fn each(
    connection: &Connection,
    sql: &str,
    params: &[&dyn rusqlite::ToSql],
    values: &mut Vec<Value>,
    value: impl Fn(&Row<'_>) -> rusqlite::Result<Value>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        values.push(value(row)?);
    }
    Ok(())
}
