//! Removals of many lines by one change: a room is cleared, or a user purged. The lines keep their
//! numbers, their times, and by which request they were said, so that a repeat is known; nothing
//! else is left of them, in no table.

use guildhall_protocol::{ChangeKind, Line};
use rusqlite::{Connection, params};

use crate::ids::Seq;
use crate::journal::change::sweep_up_to;

use super::rooms::Room;

/// Carries out the change that `line` is: it is about all lines of the room so far.
pub(crate) fn carry_out(
    connection: &Connection,
    room: Room,
    line: &mut Line,
) -> rusqlite::Result<()> {
    sweep_up_to(line, room.newest());
    let Some(change) = &line.change else {
        return Ok(());
    };
    let first = room.id.line(room.oldest());
    let last = room.id.line(Seq(change.seq));
    if change.kind() == ChangeKind::Cleared {
        return clear(connection, first, last);
    }
    purge(connection, first, last, change.user)
}

fn clear(connection: &Connection, first: i64, last: i64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM reaction WHERE line BETWEEN ?1 AND ?2",
        "DELETE FROM version WHERE line BETWEEN ?1 AND ?2",
        "UPDATE line SET kind = 0, sender = 0, name = '', user = '', info = '', text = '',
                         reply_to = 0, target = 0, edited = 0, removed = 1
         WHERE id BETWEEN ?1 AND ?2
           AND (sender <> 0 OR target <> 0 OR text <> '' OR name <> '')",
    ] {
        (connection.prepare_cached(sql)?).execute([first, last])?;
    }
    Ok(())
}

/// Removes the user's lines. Its changes to lines of others stay, without its name.
fn purge(connection: &Connection, first: i64, last: i64, user: u64) -> rusqlite::Result<()> {
    if user == 0 {
        return Ok(());
    }
    for sql in [
        "DELETE FROM reaction WHERE line IN
             (SELECT id FROM line WHERE id BETWEEN ?1 AND ?2 AND sender = ?3 AND target = 0)",
        "DELETE FROM version WHERE line IN
             (SELECT id FROM line WHERE id BETWEEN ?1 AND ?2 AND sender = ?3 AND target = 0)",
        "UPDATE line SET sender = 0, name = '', user = '', info = '',
                         text = CASE WHEN kind IN (4, 5) THEN text ELSE '' END,
                         reply_to = CASE kind WHEN 7 THEN reply_to ELSE 0 END,
                         edited = 0, removed = (target = 0),
                         kind = CASE kind WHEN 1 THEN 0 WHEN 2 THEN 3 ELSE kind END
         WHERE id BETWEEN ?1 AND ?2 AND sender = ?3",
    ] {
        (connection.prepare_cached(sql)?).execute(params![first, last, user])?;
    }
    Ok(())
}
