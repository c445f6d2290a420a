//! Rooms as they are on the disk: a name, an epoch, and which numbers their lines have. The thread
//! that writes keeps those that it has seen; readers ask the database.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::ids::{Epoch, Seq};

use super::schema::{MAX_ROOM, MAX_SEQ, SEQ_BITS};

/// How many rooms are kept at hand. If there are more, all are looked up again.
const MOST: usize = 16 * 1024;

/// A room's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RoomId(pub(crate) i64);

/// A room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) epoch: Epoch,
    /// The number of the newest line that is kept; 0: none.
    pub(crate) last: Seq,
    /// The lines up to this number are forgotten.
    pub(crate) forgotten: Seq,
}

impl RoomId {
    /// The ID of this room's line with this number.
    pub(crate) fn line(self, seq: Seq) -> i64 {
        self.0 << SEQ_BITS | seq.0.min(MAX_SEQ).cast_signed()
    }
}

/// The number in its room of the line with this ID.
pub(crate) fn seq_of_line(line: i64) -> Seq {
    Seq(line.cast_unsigned() & MAX_SEQ)
}

impl Room {
    /// The number of the newest line that there was.
    pub(crate) fn newest(self) -> Seq {
        self.last.max(self.forgotten)
    }

    /// The number of the oldest line that is kept; that of the next one if none is.
    pub(crate) fn oldest(self) -> Seq {
        self.forgotten.next()
    }

    /// The numbers of the lines that are kept.
    pub(crate) fn kept(self) -> Range<u64> {
        self.oldest().0..self.newest().next().0
    }
}

/// The rooms that the thread that writes has seen.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    seen: HashMap<Arc<str>, Room>,
    /// Those that have changed since [`Rooms::take_changed`].
    changed: HashSet<RoomId>,
}

impl Rooms {
    /// The room with this name; a new one with this epoch if there is none, which is not on the
    /// disk before [`insert`]. `None`: there is no number left for it.
    pub(crate) fn get(
        &mut self,
        connection: &Connection,
        name: &Arc<str>,
        epoch: Epoch,
    ) -> rusqlite::Result<Option<Room>> {
        if let Some(&room) = self.seen.get(name) {
            return Ok(Some(room));
        }
        let room = match find(connection, name)? {
            Some(room) => room,
            None => match insert(connection, name, epoch)? {
                Some(room) => room,
                None => return Ok(None),
            },
        };
        if self.seen.len() >= MOST {
            self.seen.clear();
        }
        self.seen.insert(Arc::clone(name), room);
        Ok(Some(room))
    }

    /// The room has another newest line.
    pub(crate) fn set(&mut self, name: &Arc<str>, room: Room) {
        if let Some(seen) = self.seen.get_mut(name) {
            *seen = room;
        }
        self.changed.insert(room.id);
    }

    /// The room has forgotten its lines up to this number.
    pub(crate) fn forgotten(&mut self, name: &str, room: RoomId, last: Seq) {
        if let Some(seen) = self.seen.get_mut(name) {
            seen.forgotten = last;
        }
        self.changed.insert(room);
    }

    /// Nothing is known any more: a transaction was taken back.
    pub(crate) fn clear(&mut self) {
        self.seen.clear();
        self.changed.clear();
    }

    /// Takes the rooms that have changed.
    pub(crate) fn take_changed(&mut self) -> impl Iterator<Item = RoomId> {
        self.changed.drain()
    }
}

/// Makes a room. `None`: there is no number left for it.
fn insert(connection: &Connection, name: &str, epoch: Epoch) -> rusqlite::Result<Option<Room>> {
    let mut last = connection.prepare_cached("SELECT ifnull(max(id), 0) FROM room")?;
    let id = last.query_row([], |row| row.get::<_, i64>(0))? + 1;
    if id > MAX_ROOM {
        return Ok(None);
    }
    connection
        .prepare_cached("INSERT INTO room (id, name, epoch) VALUES (?1, ?2, ?3)")?
        .execute(params![id, name, epoch.0])?;
    Ok(Some(Room {
        id: RoomId(id),
        epoch,
        last: Seq(0),
        forgotten: Seq(0),
    }))
}

/// Finds the room with this name.
pub(crate) fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<Room>> {
    let mut room =
        connection.prepare_cached("SELECT id, epoch, forgotten FROM room WHERE name = ?1")?;
    let found = room
        .query_row([name], |row| {
            Ok(Room {
                id: RoomId(row.get(0)?),
                epoch: Epoch(row.get(1)?),
                last: Seq(0),
                forgotten: Seq(row.get(2)?),
            })
        })
        .optional()?;
    let Some(mut room) = found else {
        return Ok(None);
    };
    room.last = last_line(connection, room.id)?;
    Ok(Some(room))
}

/// The number of a room's newest line that is kept; 0: none.
fn last_line(connection: &Connection, room: RoomId) -> rusqlite::Result<Seq> {
    let mut last = connection.prepare_cached(
        "SELECT id FROM line WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
    )?;
    let range = [room.line(Seq(0)), room.line(Seq(MAX_SEQ))];
    let last = last.query_row(range, |row| row.get(0)).optional()?;
    Ok(last.map_or(Seq(0), seq_of_line))
}

/// The part of `range` with the lines that were said at `after_time` or later, and before
/// `before_time`; 0: no such bound.
pub(crate) fn in_time(
    connection: &Connection,
    room: Room,
    mut range: Range<u64>,
    after_time: u64,
    before_time: u64,
) -> rusqlite::Result<Range<u64>> {
    if after_time > 0 {
        range.start = first_at(connection, room, &range, after_time)?;
    }
    if before_time > 0 {
        range.end = first_at(connection, room, &range, before_time)?;
    }
    Ok(range)
}

/// The number of the first line in `range` that was said at this time or later; the end of
/// `range` if there is none. If the clock went back between them, it is one such line with an
/// earlier one before it.
fn first_at(
    connection: &Connection,
    room: Room,
    range: &Range<u64>,
    time: u64,
) -> rusqlite::Result<u64> {
    let mut said = connection.prepare_cached("SELECT time FROM line WHERE id = ?1")?;
    let Range { mut start, mut end } = range.clone();
    while start < end {
        let middle = start + (end - start) / 2;
        let line = room.id.line(Seq(middle));
        let said: Option<u64> = said.query_row([line], |row| row.get(0)).optional()?;
        if said.is_some_and(|said| said >= time) {
            end = middle;
        } else {
            start = middle + 1;
        }
    }
    Ok(start)
}
