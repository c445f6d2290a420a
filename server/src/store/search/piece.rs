//! A piece of filling the index: reads the next lines of the store, and puts what can be found of
//! them into the index.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _};

use crate::ids::{Epoch, Seq};

use super::super::lines::{self, Kind, Source, select};
use super::super::rooms::{RoomId, seq_of_line};
use super::super::schema::MAX_SEQ;
use super::index::{self, Done};

/// So many bytes of a text count as a line.
const BYTES_OF_A_LINE: usize = 200;

/// Brings the index up to date in the first of these rooms, and removes them from the list. Ends
/// with about `most` lines. Returns how many lines were taken out of the index.
pub(super) fn fill_piece(
    index: &Connection,
    store: &Connection,
    rooms: &mut BTreeSet<RoomId>,
    most: usize,
) -> rusqlite::Result<usize> {
    // One look at the store for the whole piece.
    let store = store.unchecked_transaction()?;
    let index = index.unchecked_transaction()?;
    let (mut left, mut taken) = (most, 0);
    while left > 0
        && let Some(&room) = rooms.first()
    {
        let filled = fill_room(&index, &store, room, left)?;
        taken += filled.taken;
        left = left.saturating_sub(filled.lines + filled.taken + 1);
        if !filled.has_more {
            rooms.pop_first();
        }
    }
    index.commit()?;
    Ok(taken)
}

/// The result of filling a room.
struct Filled {
    /// How many lines were read.
    lines: usize,
    /// How many were taken out of the index.
    taken: usize,
    has_more: bool,
}

fn fill_room(
    index: &Connection,
    store: &Connection,
    room: RoomId,
    most: usize,
) -> rusqlite::Result<Filled> {
    let known = store
        .prepare_cached("SELECT epoch, forgotten FROM room WHERE id = ?1")?
        .query_row([room.0], |row| Ok((Epoch(row.get(0)?), Seq(row.get(1)?))));
    let known = known.optional()?;
    let before = index::done(index, room)?;
    let mut filled = Filled {
        lines: 0,
        taken: 0,
        has_more: false,
    };
    // The room began anew, or is not there any more.
    let is_other = |before: Done| known.is_none_or(|(epoch, _)| epoch != before.epoch);
    if before.is_some_and(is_other) {
        filled.taken = index::forget(index, room, Seq(MAX_SEQ), most)?;
        filled.has_more = filled.taken == most || known.is_some();
        if filled.taken < most {
            index.execute("DELETE FROM room WHERE id = ?1", [room.0])?;
        }
        return Ok(filled);
    }
    let Some((epoch, forgotten)) = known else {
        return Ok(filled);
    };
    let mut done = before.unwrap_or(Done {
        epoch,
        last: Seq(0),
        forgotten: Seq(0),
    });
    if done.forgotten < forgotten {
        filled.taken = index::forget(index, room, forgotten, most)?;
        if filled.taken == most {
            filled.has_more = true;
            return Ok(filled);
        }
        done.forgotten = forgotten;
    }
    done.last = done.last.max(forgotten);
    let (lines, last) = index_lines(index, store, room, done.last, most, &mut filled.taken)?;
    filled.lines = lines;
    filled.has_more = lines >= most;
    done.last = last;
    index::set_done(index, room, done)?;
    Ok(filled)
}

/// Puts the next lines behind `done` into the index. Returns how many were read, of which long
/// ones count as several, and the number of the last one.
fn index_lines(
    index: &Connection,
    store: &Connection,
    room: RoomId,
    done: Seq,
    most: usize,
    taken: &mut usize,
) -> rusqlite::Result<(usize, Seq)> {
    let source = Source {
        room,
        name: "",
        epoch: Epoch(0),
    };
    let mut next = store.prepare_cached(select!("id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3"))?;
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let range = [room.line(done.next()), room.line(Seq(MAX_SEQ)), limit];
    let (mut count, mut last) = (0, done);
    let mut rows = next.query(range)?;
    while count < most
        && let Some(row) = rows.next()?
    {
        let line = lines::from_row(row, source)?;
        let id = row.get(0)?;
        count += 1 + line.text.len() / BYTES_OF_A_LINE;
        last = seq_of_line(id);
        match (&line.change, Kind::of(&line)) {
            (None, _) if !line.removed => index::put(index, id, &line)?,
            (Some(change), Some(Kind::Edit | Kind::Removal)) => {
                // The line is as it is now already, whatever has changed it.
                let id = room.line(Seq(change.seq));
                match lines::find_row(store, source, id)? {
                    Some(now) if !now.removed => index::put(index, id, &now)?,
                    _ => index::take(index, id)?,
                }
                *taken += 1;
            }
            (Some(change), Some(Kind::Cleared)) => {
                *taken += index::forget(index, room, Seq(change.seq), usize::MAX)?;
            }
            (Some(change), Some(Kind::Purged)) => {
                *taken += index::take_removed(index, store, room, Seq(change.seq))?;
            }
            _ => {}
        }
    }
    Ok((count, last))
}
