//! Forgets reports whose time is over. Their links stay until those in front of them are forgotten,
//! too.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::moderation::{Act, ActKind, Actor};
use crate::store::chain::{self, Chain, Hash};
use crate::store::records::audit;

/// Forgets at most this many reports that were decided before this time, or that came before it and
/// are not decided. Their links stay, without what they are about. Returns whether there may be
/// more. The caller has begun a transaction.
pub(crate) fn forget(
    connection: &Connection,
    until: u64,
    now: u64,
    most: u64,
) -> rusqlite::Result<bool> {
    let old: Vec<(u64, String, u64)> = connection
        .prepare_cached(
            "SELECT id, room, link FROM report
             WHERE CASE state WHEN 2 THEN changed ELSE time END < ?1 ORDER BY id LIMIT ?2",
        )?
        .query_map([until, most], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (id, room, link) in &old {
        // First: the trigger lets those go whose links say so.
        connection
            .prepare_cached("UPDATE evidence SET forgotten = ?3 WHERE room = ?1 AND number = ?2")?
            .execute(params![room, link, now])?;
        connection
            .prepare_cached("DELETE FROM report WHERE id = ?1")?
            .execute([id])?;
        shorten(connection, room)?;
        let act = Act {
            time: now,
            by: Actor::Server,
            kind: ActKind::EvidenceForgotten,
            user: None,
            room: room.as_str().into(),
            details: vec![("report", id.to_string())],
        };
        audit::put(connection, &act)?;
    }
    Ok(old.len() as u64 == most)
}

/// Removes the links at the beginning of a room's chain whose evidence is forgotten.
fn shorten(connection: &Connection, room: &str) -> rusqlite::Result<()> {
    let last: Option<(u64, Hash)> = connection
        .prepare_cached(
            "SELECT number, hash FROM evidence
             WHERE room = ?1 AND number < ifnull(
                 (SELECT min(number) FROM evidence WHERE room = ?1 AND forgotten = 0), 1 << 62)
             ORDER BY number DESC LIMIT 1",
        )?
        .query_row([room], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((last, hash)) = last else {
        return Ok(());
    };
    let name = chain::of_room(room);
    let mut chain = Chain::get(connection, &name)?;
    chain.first = last + 1;
    chain.before = hash;
    chain.put(connection, &name)?;
    connection
        .prepare_cached("DELETE FROM evidence WHERE room = ?1 AND number <= ?2")?
        .execute(params![room, last])?;
    Ok(())
}
