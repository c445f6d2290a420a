//! Reads rooms: the newest lines of one that is opened, and pages. Lines of a room are
//! next to each other in the database, and a line's number is its place, so a page is one range
//! of one table.

use std::ops::Range;
use std::sync::Arc;

use bytes::BytesMut;
use guildhall_protocol::Line;
use rusqlite::{Connection, params};

use crate::ids::{Seq, UserId};
use crate::journal::{Failure, Found, KeptLines, KeptRoom, LinesRead, Read, SpeakersRead, Which};
use crate::outgoing::frame;

use super::error::failure;
use super::lines::{self, Source, select};
use super::records::{audit, events, reports};
use super::rooms::{self, Room};
use super::schema::MAX_SEQ;
use super::search::{self, Finder};

/// Finds what was asked for.
pub(crate) fn found(
    connection: &Connection,
    finder: &mut Finder,
    read: &Read,
) -> Result<Found, Failure> {
    // One look at the database, whatever is committed meanwhile.
    let mut read_only = || {
        let transaction = connection.unchecked_transaction()?;
        match read {
            Read::Room { room, most, bytes } => {
                kept_room(&transaction, room, *most, *bytes).map(Found::Room)
            }
            Read::Lines(read) => kept_lines(&transaction, read).map(Found::Lines),
            Read::Search(search) => search::found(&transaction, finder, search),
            Read::Unread(unread) => search::unread(&transaction, unread).map(Found::Unread),
            Read::Speakers(read) => speakers(&transaction, read).map(Found::Speakers),
            Read::Reports(read) => {
                let (reports, more) = reports::list(&transaction, read)?;
                Ok(Found::Reports(reports, more))
            }
            Read::Report(id) => {
                let full = reports::full(&transaction, *id)?;
                Ok(Found::Report(full.map(Box::new)))
            }
            Read::Audit(read) => {
                let (entries, more) = audit::list(&transaction, read)?;
                Ok(Found::Audit(entries, more))
            }
            Read::Events(events) => events::kept(&transaction, *events).map(Found::Events),
        }
    };
    read_only().map_err(|error| failure(&error))
}

/// The rooms in which a user has said something, with the number that it had there. It looks at
/// all lines of the room, or of all rooms.
fn speakers(
    connection: &Connection,
    read: &SpeakersRead,
) -> rusqlite::Result<Vec<(Arc<str>, UserId)>> {
    let (first, last) = match &read.room {
        None => (0, i64::MAX),
        Some(name) => match rooms::find(connection, name)? {
            Some(room) => (room.id.line(Seq(0)), room.id.line(Seq(MAX_SEQ))),
            None => return Ok(Vec::new()),
        },
    };
    let mut found = connection.prepare_cached(
        "SELECT room.name, said.sender
         FROM (SELECT DISTINCT id >> 40 AS room, sender FROM line
               WHERE id BETWEEN ?1 AND ?2 AND sender <> 0
                 AND (sender = ?3 OR (?4 <> '' AND user = ?4))) AS said
              JOIN room ON room.id = said.room
         ORDER BY room.name, said.sender",
    )?;
    let rows = found.query_map(params![first, last, read.user.0, read.account], |row| {
        Ok((row.get(0)?, UserId(row.get(1)?)))
    })?;
    rows.collect()
}

fn kept_room(
    connection: &Connection,
    name: &str,
    most: usize,
    bytes: usize,
) -> rusqlite::Result<Option<KeptRoom>> {
    let Some(room) = rooms::find(connection, name)? else {
        return Ok(None);
    };
    let newest = slice(
        connection,
        Source::new(name, room),
        room.kept(),
        End::Newest,
        most,
        bytes,
    )?;
    let mut left = bytes;
    let fitting = newest.iter().rev().take_while(|line| {
        let length = frame::line_length(line);
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    });
    let from = newest.len() - fitting.count();
    Ok(Some(KeptRoom {
        epoch: room.epoch,
        last: room.newest(),
        lines: newest.into_iter().skip(from).collect(),
    }))
}

fn kept_lines(connection: &Connection, read: &LinesRead) -> rusqlite::Result<KeptLines> {
    let Some(room) = rooms::find(connection, &read.room)? else {
        // Nothing was ever kept of it, so its epoch is the one that it has in memory.
        return Ok(KeptLines {
            epoch: read.epoch,
            oldest: Seq(1),
            first: Seq(1),
            ..KeptLines::default()
        });
    };
    let mut kept = KeptLines {
        epoch: room.epoch,
        oldest: room.oldest(),
        first: room.oldest(),
        ..KeptLines::default()
    };
    if room.epoch != read.epoch {
        return Ok(kept);
    }
    let (range, end) = wanted(connection, room, read.which)?;
    let source = Source::new(&read.room, room);
    let found = slice(
        connection,
        source,
        range.clone(),
        end,
        read.most,
        read.bytes,
    )?;
    let (frames, first, count) = framed(&found, end, read.bytes);
    kept.first = Seq(if count == 0 { range.start } else { first });
    kept.count = count;
    kept.frames = frames.freeze();
    kept.more = match end {
        End::Newest => kept.first.0 > range.start,
        End::Oldest => kept.first.0 + (count as u64) < range.end,
    };
    Ok(kept)
}

/// From which end of a range lines are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Oldest,
    Newest,
}

/// The numbers of the lines that belong to an answer, and from which end it begins.
fn wanted(
    connection: &Connection,
    room: Room,
    which: Which,
) -> rusqlite::Result<(Range<u64>, End)> {
    let Range { start: oldest, end } = room.kept();
    let (range, after_time, before_time, from) = match which {
        Which::NewestBefore {
            seq,
            before_time,
            after_time,
        } => {
            let end = if seq.0 == 0 {
                end
            } else {
                seq.0.clamp(oldest, end)
            };
            (oldest..end, after_time, before_time, End::Newest)
        }
        Which::OldestFrom {
            seq,
            before_time,
            after_time,
        } => (
            seq.0.clamp(oldest, end)..end,
            after_time,
            before_time,
            End::Oldest,
        ),
    };
    let range = rooms::in_time(connection, room, range, after_time, before_time)?;
    Ok((range, from))
}

/// Reads at most `most` lines of a range from one end of it, the oldest first. It ends with the
/// first that is above `bytes` bytes, so some more may be read.
fn slice(
    connection: &Connection,
    source: Source<'_>,
    range: Range<u64>,
    end: End,
    most: usize,
    bytes: usize,
) -> rusqlite::Result<Vec<Line>> {
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(match end {
        End::Oldest => select!("id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3"),
        End::Newest => select!("id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3"),
    })?;
    let first = source.room.line(Seq(range.start));
    let last = source.room.line(Seq(range.end - 1));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = statement.query([first, last, most])?;
    let mut found = Vec::new();
    let mut read = 0;
    while read <= bytes
        && let Some(row) = rows.next()?
    {
        let line = lines::from_row(row, source)?;
        read += line.text.len() + line.name.len() + line.info.len();
        found.push(line);
    }
    if end == End::Newest {
        found.reverse();
    }
    lines::complete(connection, source.room, &mut found)?;
    Ok(found)
}

/// Encodes lines as frames, as many from one end as fit into `bytes` bytes, but one at least.
/// Returns the number of the first, and how many they are.
fn framed(lines: &[Line], end: End, bytes: usize) -> (BytesMut, u64, usize) {
    let mut left = bytes;
    let mut fits = |line: &&Line| {
        let length = frame::line_length(line);
        let fits = length <= left || left == bytes;
        left = left.saturating_sub(length);
        fits
    };
    let fitting = match end {
        End::Oldest => {
            let count = lines.iter().take_while(&mut fits).count();
            &lines[..count]
        }
        End::Newest => {
            let count = lines.iter().rev().take_while(&mut fits).count();
            &lines[lines.len() - count..]
        }
    };
    let mut frames = BytesMut::with_capacity(bytes - left.min(bytes));
    for line in fitting {
        frame::put_line(&mut frames, line);
    }
    let first = fitting.first().map_or(0, |line| line.seq);
    (frames, first, fitting.len())
}
