//! Finds lines: by the index as far as it is, and behind that by looking at the lines. Each line
//! that the index finds is looked at, so what is found is what the store has now.

use std::cmp::Reverse;
use std::ops::RangeInclusive;
use std::sync::Arc;

use guildhall_protocol::{Line, Unread};
use rusqlite::Connection;

use crate::ids::{Epoch, Seq};
use crate::journal::search::{Next, PageLimits, Places, SearchedRoom, Wanted, find};
use crate::journal::unread::{UnreadBudget, UnreadCount};
use crate::journal::words::Words;
use crate::journal::{Found, SearchRead, UnreadRead};

use super::super::lines::{self, Source, select};
use super::super::rooms::{self, Room, RoomId, seq_of_line};
use super::super::schema::MAX_SEQ;
use super::filler::Index;
use super::index;

/// The most lines that one search looks at: about 30 ms.
const LOOKED_AT: usize = 20_000;

/// The most that their texts may cost, and those of a list of unread lines, in units of
/// [`cost`](crate::journal::words::cost): about 40 ms.
const MOST_COST: usize = 1024 * 1024;

/// How many lines are read at a time.
const PIECE: i64 = 64;

/// How many lines of a room are read at a time that the index finds, at the least. If many rooms
/// are searched, most of their lines are not on the page.
const LEAST_FOUND: i64 = 4;

/// A reader's connection to the index.
#[derive(Debug)]
pub(crate) struct Finder {
    index: Arc<Index>,
    /// How many lines a search looks at before it asks the index, see [`Sample`].
    looks_first: u64,
    /// The file that is open, and which one it is.
    open: Option<(Connection, u64)>,
}

impl Finder {
    /// A reader of this index, whose searches look at this many lines first.
    pub(crate) fn new(index: Arc<Index>, looks_first: u64) -> Self {
        Self {
            index,
            looks_first,
            open: None,
        }
    }

    /// The index, if there is one that can be used.
    fn connection(&mut self) -> Option<&Connection> {
        let generation = self.index.generation();
        if (self.open.as_ref()).is_none_or(|&(_, opened)| opened != generation) {
            self.open = None;
            if generation > 0 {
                match index::reader(self.index.folder()) {
                    Ok(connection) => self.open = Some((connection, generation)),
                    Err(error) => self.failed(&error),
                }
            }
        }
        self.open.as_ref().map(|(connection, _)| connection)
    }

    /// The index does not work.
    fn failed(&mut self, error: &rusqlite::Error) {
        tracing::warn!(%error, "a search is made without the index");
        if index::is_damage(error) {
            self.index.note_damage();
        }
        self.open = None;
    }
}

/// Finds the lines of a search. `store` is one look at the store.
pub(crate) fn found(
    store: &Connection,
    finder: &mut Finder,
    search: &SearchRead,
) -> rusqlite::Result<Found> {
    let looks_first = finder.looks_first;
    if let Some(index) = finder.connection() {
        match search_in(store, Some((index, looks_first)), search) {
            Err(Problem::Index(error)) => finder.failed(&error),
            other => return other.map_err(Problem::into_inner),
        }
    }
    search_in(store, None, search).map_err(Problem::into_inner)
}

/// An error of the store, or one of the index.
enum Problem {
    Store(rusqlite::Error),
    Index(rusqlite::Error),
}

impl Problem {
    fn into_inner(self) -> rusqlite::Error {
        match self {
            Self::Store(error) | Self::Index(error) => error,
        }
    }
}

/// A room that is searched.
struct RoomPart<'a> {
    name: &'a str,
    room: Room,
    /// The numbers of the lines of the time that is asked for.
    seqs: RangeInclusive<u64>,
    /// The index has the lines up to this one.
    done: Seq,
    /// The IDs of those among them that were edited since, the oldest first. The index has
    /// their words of before.
    edited: Vec<i64>,
}

fn search_in(
    store: &Connection,
    index: Option<(&Connection, u64)>,
    search: &SearchRead,
) -> Result<Found, Problem> {
    let wanted = Wanted::new(search);
    // Whoever asks for any line finds it in the store.
    let index = index.filter(|_| !wanted.is_any());
    let looks_first = index.map_or(0, |(_, lines)| {
        lines.div_ceil(search.rooms.len().max(1) as u64)
    });
    let places = Places::read(&search.from, usize::MAX).unwrap_or_default();
    let (mut rooms, mut searched) = (Vec::new(), Vec::new());
    for name in &search.rooms {
        let found = rooms::find(store, name).map_err(Problem::Store)?;
        let Some(room) = found else {
            continue;
        };
        let Some(begin) = SearchedRoom::new(room.epoch, places.as_ref()) else {
            continue;
        };
        let seqs = seqs(store, room, search).map_err(Problem::Store)?;
        let done = match index {
            Some((index, _)) => index::done(index, room.id).map_err(Problem::Index)?,
            None => None,
        };
        let done = done.filter(|done| done.epoch == room.epoch);
        // As if the index did not have the lines that are looked at first.
        let first = begin.before().0.min(seqs.end() + 1);
        let first = Seq(first.saturating_sub(1 + looks_first));
        let done = done.map_or(Seq(0), |done| done.last.min(first));
        rooms.push(RoomPart {
            name,
            room,
            seqs,
            done,
            edited: edited_since(store, room, done).map_err(Problem::Store)?,
        });
        searched.push(begin);
    }
    let limits = PageLimits {
        most: search.most,
        bytes: search.bytes,
        looked_at: LOOKED_AT,
        cost: MOST_COST,
    };
    let among = i64::try_from(rooms.len().max(1)).unwrap_or(PIECE);
    let piece = (PIECE / among).max(LEAST_FOUND);
    let mut sample = Sample::new(&wanted);
    let next = |at: usize, _: Epoch, before: Seq| {
        let (part, index) = (&rooms[at], index.map(|(index, _)| index));
        let lines = lines_behind(store, part, before).map_err(Problem::Store)?;
        match index {
            _ if !lines.is_empty() => {
                sample.add(&lines);
                Ok(Next::Lines(lines))
            }
            Some(index) => {
                let query = &sample.query();
                let index = Indexed {
                    index,
                    query,
                    piece,
                };
                indexed_lines(store, &index, part, before)
            }
            None => Ok(Next::None),
        }
    };
    let (mut lines, places) = find(&wanted, searched, limits, next)?;
    for line in &mut lines {
        if let Some(RoomPart { room, .. }) = rooms.iter().find(|part| part.name == line.room) {
            lines::complete(store, room.id, std::slice::from_mut(line)).map_err(Problem::Store)?;
        }
    }
    Ok(Found::Search(lines, places))
}

/// The numbers of a room's lines of the time that a search asks for.
fn seqs(
    store: &Connection,
    room: Room,
    search: &SearchRead,
) -> rusqlite::Result<RangeInclusive<u64>> {
    let (after_time, before_time) = (search.after_time, search.before_time);
    let range = rooms::in_time(store, room, room.kept(), after_time, before_time)?;
    Ok(range.start..=range.end.saturating_sub(1))
}

/// A search in the index.
struct Indexed<'a> {
    index: &'a Connection,
    query: &'a str,
    /// How many lines of a room are read at a time.
    piece: i64,
}

/// The lines that a search has looked at without the index, and how many of them have each of its
/// words.
///
/// A word that many lines have is found soon by looking at lines, while the index takes half a
/// millisecond in each room to find the place in a list of a million. So a search looks at a few
/// lines first, and then asks the index for the other words alone.
pub(super) struct Sample<'a> {
    wanted: &'a Wanted,
    lines: usize,
    /// How many lines have each word.
    with: Vec<usize>,
}

impl<'a> Sample<'a> {
    pub(super) fn new(wanted: &'a Wanted) -> Self {
        Self {
            wanted,
            lines: 0,
            with: vec![0; wanted.words().len()],
        }
    }

    pub(super) fn add(&mut self, lines: &[Line]) {
        // One word alone is what the index is asked for.
        if self.with.len() > 1 {
            self.lines += lines.len();
            for line in lines {
                self.wanted.words().count_in(&line.text, &mut self.with);
            }
        }
    }

    /// The query to the index: without the words that one of eight lines has, apart from the
    /// rarest. The lines that are found are looked at, so they have all of them.
    pub(super) fn query(&self) -> String {
        let rarest = self.with.iter().min().copied().unwrap_or_default();
        let is_asked = |word: usize| self.with[word] <= rarest.max(self.lines / 8);
        index::query(self.wanted, is_asked)
    }
}

/// The next lines of a room that the index does not have, or that are looked at first, the newest
/// first.
fn lines_behind(store: &Connection, at: &RoomPart<'_>, before: Seq) -> rusqlite::Result<Vec<Line>> {
    let newest = (*at.seqs.end()).min(before.0 - 1);
    let first_behind = (*at.seqs.start()).max(at.done.0 + 1);
    if first_behind > newest {
        return Ok(Vec::new());
    }
    lines_in(store, Source::new(at.name, at.room), first_behind..=newest)
}

/// The next lines of a room that the index finds, the newest first.
fn indexed_lines(
    store: &Connection,
    index: &Indexed<'_>,
    at: &RoomPart<'_>,
    before: Seq,
) -> Result<Next, Problem> {
    let source = Source::new(at.name, at.room);
    let oldest = *at.seqs.start();
    let mut newest = (*at.seqs.end()).min(before.0 - 1).min(at.done.0);
    while oldest <= newest {
        let mut ids = indexed(index, source.room, oldest..=newest).map_err(Problem::Index)?;
        // As far as this piece goes back.
        let is_last = i64::try_from(ids.len()).is_ok_and(|count| count < index.piece);
        let first = match ids.last() {
            Some(&last) if !is_last => last,
            _ => source.room.line(Seq(oldest)),
        };
        let edited = &at.edited;
        let edited = edited.partition_point(|&id| id < first)
            ..edited.partition_point(|&id| id <= source.room.line(Seq(newest)));
        if !edited.is_empty() {
            ids.extend(&at.edited[edited]);
            ids.sort_unstable_by_key(|&id| Reverse(id));
            ids.dedup();
        }
        let Some(&last) = ids.last() else {
            break;
        };
        let lines = ids.iter().map(|&id| lines::find_row(store, source, id));
        let lines: Result<Vec<_>, _> = lines.filter_map(Result::transpose).collect();
        let lines = lines.map_err(Problem::Store)?;
        if !lines.is_empty() {
            return Ok(Next::Lines(lines));
        }
        // They were all forgotten since.
        newest = seq_of_line(last).0.saturating_sub(1);
    }
    Ok(Next::None)
}

/// The newest lines of a range of numbers, the newest first.
fn lines_in(
    store: &Connection,
    source: Source<'_>,
    seqs: RangeInclusive<u64>,
) -> rusqlite::Result<Vec<Line>> {
    let mut statement =
        store.prepare_cached(select!("id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3"))?;
    let [first, last] = [seqs.start(), seqs.end()].map(|&seq| source.room.line(Seq(seq)));
    let rows = statement.query_map([first, last, PIECE], |row| lines::from_row(row, source))?;
    rows.collect()
}

/// The IDs of the lines that the index has and that were edited behind what it has. If that is
/// too much to look at, the index is being made, and will have them soon.
fn edited_since(store: &Connection, room: Room, done: Seq) -> rusqlite::Result<Vec<i64>> {
    let behind = room.newest().0.saturating_sub(done.0);
    if done == Seq(0) || behind == 0 || behind > LOOKED_AT as u64 {
        return Ok(Vec::new());
    }
    let mut statement = store.prepare_cached(
        "SELECT DISTINCT target FROM line
         WHERE id BETWEEN ?1 AND ?2 AND kind = 2 AND target BETWEEN ?3 AND ?4 ORDER BY target",
    )?;
    let [first, behind, newest] = [Seq(1), done.next(), room.newest()].map(|seq| room.id.line(seq));
    let rows = statement.query_map((behind, newest, first, room.id.line(done)), |row| {
        row.get(0)
    })?;
    rows.collect()
}

/// The newest lines of a range of numbers that the index finds, the newest first.
fn indexed(
    index: &Indexed<'_>,
    room: RoomId,
    seqs: RangeInclusive<u64>,
) -> rusqlite::Result<Vec<i64>> {
    let mut statement = index.index.prepare_cached(
        "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3
         ORDER BY rowid DESC LIMIT ?4",
    )?;
    let [first, last] = [seqs.start(), seqs.end()].map(|&seq| room.line(Seq(seq)));
    let found = (index.query, first, last, index.piece);
    let rows = statement.query_map(found, |row| row.get(0))?;
    rows.collect()
}

/// Counts what a user has not read.
pub(crate) fn unread(store: &Connection, read: &UnreadRead) -> rusqlite::Result<Vec<Unread>> {
    let name = Words::name(&read.name);
    let mut all = Vec::with_capacity(read.rooms.len());
    let mut budget = UnreadBudget::new(MOST_COST, read.rooms.len());
    for mark in &read.rooms {
        let room = rooms::find(store, &mark.room)?;
        let epoch = room.map_or(mark.epoch, |room| room.epoch);
        let blocked = read.blocked.as_deref();
        let mut count = UnreadCount::new(mark, epoch, &name, blocked, read.most, &mut budget);
        if let Some(room) = room {
            count_in(store, room, &mark.room, &mut count)?;
        }
        all.push(count.finish());
    }
    Ok(all)
}

fn count_in(
    store: &Connection,
    room: Room,
    name: &str,
    count: &mut UnreadCount<'_>,
) -> rusqlite::Result<()> {
    let source = Source::new(name, room);
    let mut newest_first =
        store.prepare_cached(select!("id BETWEEN ?1 AND ?2 ORDER BY id DESC"))?;
    let range = [
        room.id.line(count.read().next()),
        room.id.line(Seq(MAX_SEQ)),
    ];
    let mut rows = newest_first.query(range)?;
    while let Some(row) = rows.next()? {
        if !count.add(&lines::from_row(row, source)?) {
            break;
        }
    }
    Ok(())
}
