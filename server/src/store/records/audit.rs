//! The audit log as rows: numbered and chained when they are put, read in pages, and forgotten from
//! the oldest on. Triggers of the schema refuse everything else.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use crate::ids::UserId;
use crate::journal::audit::{AuditEntry, AuditRead};
use crate::moderation::{Act, Actor, UserSnapshot};
use crate::store::chain::{self, Chain, Content, Hash};

/// The columns of an entry, in the order of [`from_row`].
pub(crate) const COLUMNS: &str = "id, time, kind, actor, actor_id, actor_account, actor_name, \
                                  user, account, name, room, details, hash";

/// Puts an act at the end.
pub(crate) fn put(connection: &Connection, act: &Act) -> rusqlite::Result<()> {
    let mut chain = Chain::get(connection, chain::AUDIT)?;
    let entry = AuditEntry::new(chain.last + 1, act);
    let details = details_text(&entry);
    chain.append(&content(&entry, &details));
    let (actor, by) = actor_parts(&entry.by);
    let user = entry.user.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO audit (id, time, kind, actor, actor_id, actor_account, actor_name,
                                user, account, name, room, details, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            entry.id,
            entry.time,
            entry.kind,
            actor,
            by.map_or(0, |by| by.id.0),
            by.map_or("", |by| &by.account),
            by.map_or("", |by| &by.name),
            user.map_or(0, |user| user.id.0),
            user.map_or("", |user| &user.account),
            user.map_or("", |user| &user.name),
            entry.room,
            details,
            chain.head,
        ])?;
    chain.put(connection, chain::AUDIT)
}

/// The details, as the column has them: a list of pairs in JSON.
fn details_text(entry: &AuditEntry) -> String {
    serde_json::to_string(&entry.details).expect("texts are always JSON")
}

/// The hash of what an entry says.
fn content(entry: &AuditEntry, details: &str) -> Hash {
    let (actor, by) = actor_parts(&entry.by);
    let mut content = Content::new()
        .number(entry.time)
        .text(&entry.kind)
        .text(actor);
    for user in [by, entry.user.as_ref()] {
        content = match user {
            Some(user) => content
                .number(user.id.0)
                .text(&user.account)
                .text(&user.name),
            None => content.number(0).text("").text(""),
        };
    }
    content.text(&entry.room).text(details).finish()
}

/// Returns the values of the column `actor` and of those of a user.
pub(crate) fn actor_parts(actor: &Actor) -> (&'static str, Option<&UserSnapshot>) {
    match actor {
        Actor::User(user) => ("user", Some(user)),
        Actor::Game => ("game", None),
        Actor::Server => ("server", None),
    }
}

/// The same from the columns.
pub(crate) fn actor(kind: &str, user: UserSnapshot) -> Actor {
    match kind {
        "user" => Actor::User(user),
        "game" => Actor::Game,
        _ => Actor::Server,
    }
}

/// The user in three columns from this one on: number, account, name.
pub(crate) fn user(row: &Row<'_>, column: usize) -> rusqlite::Result<UserSnapshot> {
    Ok(UserSnapshot {
        id: UserId(row.get(column)?),
        account: row.get::<_, Arc<str>>(column + 1)?,
        name: row.get::<_, Arc<str>>(column + 2)?,
    })
}

/// An entry as it is kept, with the hash of what it says and that of its link.
pub(crate) struct KeptEntry {
    pub(crate) entry: AuditEntry,
    pub(crate) content: Hash,
    pub(crate) hash: Hash,
}

/// Reads an entry from [`COLUMNS`].
pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<KeptEntry> {
    let kind: String = row.get(3)?;
    let about = user(row, 7)?;
    let details: String = row.get(11)?;
    let entry = AuditEntry {
        id: row.get(0)?,
        time: row.get(1)?,
        by: actor(&kind, user(row, 4)?),
        kind: row.get(2)?,
        user: (about.id != UserId(0)).then_some(about),
        room: row.get(10)?,
        // Details that cannot be read show as none here, and as a changed entry to `verify`.
        details: serde_json::from_str(&details).unwrap_or_default(),
    };
    Ok(KeptEntry {
        content: content(&entry, &details),
        entry,
        hash: row.get(12)?,
    })
}

/// The entries that a read is for, and whether there are more.
pub(crate) fn list(
    connection: &Connection,
    read: &AuditRead,
) -> rusqlite::Result<(Vec<AuditEntry>, bool)> {
    let most = read.most();
    let (is_any, id, account) = match &read.user {
        None => (true, 0, ""),
        Some(user) => (false, user.id.0, &*user.account),
    };
    let (range, order) = if read.newest_first {
        ("(?1 = 0 OR id < ?1)", "DESC")
    } else {
        ("id > ?1", "ASC")
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM audit
         WHERE {range}
           AND (?2 OR (account = ?4 AND user <> 0 AND (?4 <> '' OR user = ?3)))
         ORDER BY id {order} LIMIT ?5"
    );
    let mut entries = connection.prepare_cached(&sql)?;
    let entries = entries.query_map(
        params![read.behind, is_any, id, account, most as u64 + 1],
        |row| from_row(row).map(|kept| kept.entry),
    )?;
    let mut entries = entries.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = entries.len() > most;
    entries.truncate(most);
    Ok((entries, more))
}

/// Forgets at most this many of the oldest entries, up to this time. Returns whether there may be
/// more. The caller has begun a transaction.
pub(crate) fn forget(connection: &Connection, until: u64, most: u64) -> rusqlite::Result<bool> {
    let mut chain = Chain::get(connection, chain::AUDIT)?;
    let range = [chain.first, chain.first + most];
    let old: Vec<(u64, u64, Hash)> = connection
        .prepare_cached("SELECT id, time, hash FROM audit WHERE id >= ?1 AND id < ?2 ORDER BY id")?
        .query_map(range, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let old: Vec<_> = old
        .into_iter()
        .take_while(|(_, time, _)| *time < until)
        .collect();
    let Some((last, _, hash)) = old.last() else {
        return Ok(false);
    };
    // First: the trigger lets those go that are in front of the first link.
    chain.first = last + 1;
    chain.before = *hash;
    chain.put(connection, chain::AUDIT)?;
    connection
        .prepare_cached("DELETE FROM audit WHERE id <= ?1")?
        .execute([last])?;
    Ok(old.len() as u64 == most)
}
