//! Changes of lines: the line that is changed is looked up, changed by the rules of
//! [`journal::change`], and overwritten. Its old text is kept as a version.
//!
//! [`journal::change`]: crate::journal::change

use std::time::Duration;

use guildhall_protocol::{Change, Line};
use rusqlite::{Connection, params};

use crate::ids::Seq;
use crate::journal::ChangeError;
use crate::journal::change::{Author, Changed, Terms, apply, sweeps};

use super::lines::{self, Source};
use super::rooms::Room;
use super::sweep;

/// The lines that a user may change, and until when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    /// Whether the change's user may change what others have said.
    pub(crate) others: bool,
    /// For how long a line can be edited.
    pub(crate) edit_within: Duration,
}

/// Carries out the change that `line` is, which has its number. Returns the line that it has
/// changed, as it is now; `None` if `line` is no change. `line` itself is not kept by this.
pub(crate) fn carry_out(
    connection: &Connection,
    room: Room,
    source: Source<'_>,
    line: &mut Line,
    allowed: Allowed,
) -> rusqlite::Result<Result<Option<Box<Line>>, ChangeError>> {
    let Some(change) = &line.change else {
        return Ok(Ok(None));
    };
    if sweeps(line) {
        sweep::carry_out(connection, room, line)?;
        return Ok(Ok(None));
    }
    let seq = Seq(change.seq);
    if seq <= room.forgotten || seq > room.last {
        return Ok(Err(ChangeError::NoSuchLine));
    }
    let Some(mut target) = lines::find(connection, source, seq)? else {
        return Ok(Err(ChangeError::NoSuchLine));
    };
    let id = room.id.line(seq);
    let terms = Terms {
        may_change_others: allowed.others,
        has_reacted: has_reacted(connection, id, change, Author::of(line))?,
        edit_within: allowed.edit_within,
    };
    let before = target.text.clone();
    match apply(&mut target, line, &terms) {
        Err(error) => return Ok(Err(error)),
        Ok(Changed::Nothing) => {}
        Ok(Changed::Text | Changed::Removed) => {
            keep_version(connection, id, room.id.line(Seq(line.seq)), &before)?;
            overwrite(connection, id, &target)?;
        }
        Ok(Changed::Reacted) => react(connection, id, room.id.line(Seq(line.seq)), line)?,
        Ok(Changed::TookBack) => take_back(connection, id, line)?,
    }
    Ok(Ok(Some(Box::new(target))))
}

/// Whether the author of a change has the reaction that it is about.
fn has_reacted(
    connection: &Connection,
    line: i64,
    change: &Change,
    author: Author<'_>,
) -> rusqlite::Result<bool> {
    let Some(reaction) = &change.reaction else {
        return Ok(false);
    };
    connection
        .prepare_cached(
            "SELECT 1 FROM reaction WHERE line = ?1 AND reaction = ?2 AND user = ?3 AND guest = ?4",
        )?
        .exists(params![
            line,
            reaction.reaction,
            author.account,
            author.guest
        ])
}

/// Keeps the text that a line had before a change.
fn keep_version(
    connection: &Connection,
    line: i64,
    change: i64,
    text: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO version (line, change, text) VALUES (?1, ?2, ?3)")?
        .execute(params![line, change, text])?;
    Ok(())
}

/// Overwrites a line. Its text is in no other row then, but for versions: earlier edits lose
/// theirs.
fn overwrite(connection: &Connection, id: i64, line: &Line) -> rusqlite::Result<()> {
    if let Some((edit, _)) = lines::newest_edit(connection, id)? {
        connection
            .prepare_cached("UPDATE line SET text = '' WHERE id = ?1")?
            .execute([edit])?;
    }
    connection
        .prepare_cached(
            "UPDATE line SET text = ?2, info = ?3, edited = ?4, removed = ?5 WHERE id = ?1",
        )?
        .execute(params![id, line.text, line.info, line.edited, line.removed])?;
    if line.removed {
        connection
            .prepare_cached("DELETE FROM reaction WHERE line = ?1")?
            .execute([id])?;
    }
    Ok(())
}

fn react(connection: &Connection, line: i64, id: i64, change: &Line) -> rusqlite::Result<()> {
    let author = Author::of(change);
    connection
        .prepare_cached(
            "INSERT INTO reaction (line, reaction, user, guest, change)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            line,
            reaction(change),
            author.account,
            author.guest,
            id
        ])?;
    Ok(())
}

fn take_back(connection: &Connection, line: i64, change: &Line) -> rusqlite::Result<()> {
    let author = Author::of(change);
    connection
        .prepare_cached(
            "DELETE FROM reaction WHERE line = ?1 AND reaction = ?2 AND user = ?3 AND guest = ?4",
        )?
        .execute(params![
            line,
            reaction(change),
            author.account,
            author.guest
        ])?;
    Ok(())
}

/// The reaction that a change is about.
fn reaction(change: &Line) -> &str {
    let change = change.change.as_ref();
    let reaction = change.and_then(|change| change.reaction.as_ref());
    reaction.map_or("", |reaction| &reaction.reaction)
}
