//! A search: which lines it wants, where it goes on, and how lines of several rooms become one
//! page. The searches of memory and of a journal share it, with an index and without one.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes};
use guildhall_protocol::Line;
use unicode_normalization::UnicodeNormalization as _;

use crate::ids::{Epoch, Seq, UserId};

use crate::moderation::blocked::Blocked;

use super::SearchRead;
use super::words::{self, Words};

/// The longest text of a search, in bytes of UTF-8.
pub(crate) const MAX_SEARCH_BYTES: usize = 256;

/// The version of the bytes of [`Places`].
const VERSION: u8 = 1;
/// The bytes of one place: an epoch and a number.
const PLACE_BYTES: usize = 4 + 8;

/// The lines that a search wants.
#[derive(Debug)]
pub(crate) struct Wanted {
    words: Words,
    author: Author,
    before_time: u64,
    after_time: u64,
    blocked: Option<Arc<Blocked>>,
}

/// The user that has said a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Author {
    /// Any user.
    Anybody,
    /// The user with this number.
    Id(UserId),
    /// The user with this account, or with this name in any letter case.
    Named {
        /// The account.
        account: String,
        /// The name as [`folded`] returns it.
        name: String,
    },
}

impl Wanted {
    /// The lines that this search wants.
    pub(crate) fn new(search: &SearchRead) -> Self {
        let author = match search.sender {
            UserId(0) if search.name.is_empty() => Author::Anybody,
            UserId(0) => Author::Named {
                account: search.name.clone(),
                name: folded(&search.name),
            },
            id => Author::Id(id),
        };
        Self {
            words: Words::new(&search.text),
            author,
            before_time: search.before_time,
            after_time: search.after_time,
            blocked: search.blocked.clone(),
        }
    }

    /// The words that a line has.
    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// The user that has said it.
    pub(crate) fn author(&self) -> &Author {
        &self.author
    }

    /// Whether it asks for no word and no author.
    pub(crate) fn is_any(&self) -> bool {
        self.words.len() == 0 && self.author == Author::Anybody
    }

    /// Whether it wants this line. A change is no line to be found.
    pub(crate) fn is(&self, line: &Line) -> bool {
        let is_of_author = || match &self.author {
            Author::Anybody => true,
            Author::Id(id) => line.sender == id.0,
            Author::Named { account, name } => line.user == *account || folded(&line.name) == *name,
        };
        !line.removed
            && line.change.is_none()
            && (self.before_time == 0 || line.time < self.before_time)
            && line.time >= self.after_time
            && is_of_author()
            && self.words.are_in(&line.text)
            && !(self.blocked.as_ref()).is_some_and(|blocked| blocked.has_line(line))
    }
}

/// A name, so that it is equal to the same name in another letter case.
#[must_use]
pub(crate) fn folded(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).collect()
}

/// The places at which a search goes on: in the rooms of these epochs, in front of these lines.
/// The rooms that are not among them have nothing more to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places(Vec<(Epoch, Seq)>);

/// The bytes are not what the server has given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`from` is not the `next` of a page")]
pub(crate) struct BadPlaces;

impl Places {
    /// Reads what [`find`] has returned. `None`: the search begins. At most `most` rooms can be
    /// there.
    ///
    /// A client that makes them up itself is in rooms that it may read, at another place: the
    /// search looks only in those.
    pub(crate) fn read(from: &[u8], most: usize) -> Result<Option<Self>, BadPlaces> {
        let Some((&version, places)) = from.split_first() else {
            return Ok(None);
        };
        let (places, rest) = places.as_chunks::<PLACE_BYTES>();
        if version != VERSION || !rest.is_empty() || places.is_empty() || places.len() > most {
            return Err(BadPlaces);
        }
        let place = |bytes: &[u8; PLACE_BYTES]| {
            let (epoch, seq) = bytes.split_first_chunk().ok_or(BadPlaces)?;
            let seq = seq.try_into().map_err(|_| BadPlaces)?;
            Ok((
                Epoch(u32::from_be_bytes(*epoch)),
                Seq(u64::from_be_bytes(seq)),
            ))
        };
        places
            .iter()
            .map(place)
            .collect::<Result<_, _>>()
            .map(|places| Some(Self(places)))
    }

    /// In front of which line it goes on in the room of this epoch. `None`: it does not.
    pub(crate) fn of(&self, epoch: Epoch) -> Option<Seq> {
        let mut places = self.0.iter();
        places.find(|place| place.0 == epoch).map(|place| place.1)
    }

    /// All of them, by epoch.
    fn iter(&self) -> impl Iterator<Item = (Epoch, Seq)> {
        self.0.iter().copied()
    }

    fn write(&self) -> Bytes {
        if self.0.is_empty() {
            return Bytes::new();
        }
        let mut bytes = Vec::with_capacity(1 + self.0.len() * PLACE_BYTES);
        bytes.put_u8(VERSION);
        for (Epoch(epoch), Seq(seq)) in &self.0 {
            bytes.put_u32(*epoch);
            bytes.put_u64(*seq);
        }
        bytes.into()
    }
}

/// A room in a search.
#[derive(Debug)]
pub(crate) struct SearchedRoom {
    epoch: Epoch,
    /// The lines before this one were not looked at.
    before: Seq,
    /// The next of them, the newest first.
    lines: VecDeque<Line>,
    is_done: bool,
}

impl SearchedRoom {
    /// The room of this epoch, in which the search begins or goes on. `None`: nothing more is to
    /// be found there.
    pub(crate) fn new(epoch: Epoch, places: Option<&Places>) -> Option<Self> {
        let before = match places {
            Some(places) => places.of(epoch)?,
            None => Seq(u64::MAX),
        };
        Some(Self {
            epoch,
            before,
            lines: VecDeque::new(),
            is_done: false,
        })
    }

    /// The search looks at the lines before this one.
    pub(crate) fn before(&self) -> Seq {
        self.before
    }
}

/// The next lines of a room that may be wanted.
#[derive(Debug)]
pub(crate) enum Next {
    /// These, the newest first.
    Lines(Vec<Line>),
    /// There are none.
    None,
    /// It cannot be said now. The page ends here.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "no source of lines puts anybody off yet")
    )]
    Later,
}

/// How much a page of a search may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageLimits {
    /// The most lines.
    pub(crate) most: usize,
    /// The most bytes of lines, as packets; but one line at least, if there is any.
    pub(crate) bytes: usize,
    /// The most lines that are looked at.
    pub(crate) looked_at: usize,
    /// The most that their texts may cost, in units of [`words::cost`]; but one line at least.
    pub(crate) cost: usize,
}

/// Looks for lines in rooms, the newest first. `next` returns the next lines of the room with
/// this index and epoch, before this one ([`u64::MAX`]: the newest). Returns a page of lines, and
/// where to go on.
///
/// The time of a line says which of two rooms' lines is the newer one; in one room, its number.
///
/// # Errors
///
/// Those of `next`.
pub(crate) fn find<E>(
    wanted: &Wanted,
    mut rooms: Vec<SearchedRoom>,
    limits: PageLimits,
    mut next: impl FnMut(usize, Epoch, Seq) -> Result<Next, E>,
) -> Result<(Vec<Line>, Bytes), E> {
    let (mut found, mut bytes, mut looked_at, mut cost) = (Vec::new(), 0, 0, 0);
    if wanted.words().are_impossible() {
        return Ok((found, Bytes::new()));
    }
    while let Some(room) = newest(&mut rooms, &mut next)? {
        let is_spent = looked_at > 0 && cost >= limits.cost;
        if looked_at == limits.looked_at || is_spent {
            break;
        }
        looked_at += 1;
        let Some(line) = room.lines.front() else {
            break;
        };
        cost += words::cost(&line.text, wanted.words().len());
        let seq = Seq(line.seq);
        if wanted.is(line) {
            let length = line.packet_len();
            let is_full = found.len() == limits.most || bytes + length > limits.bytes;
            if is_full && !found.is_empty() {
                break;
            }
            bytes += length;
            found.extend(room.lines.pop_front());
        } else {
            room.lines.pop_front();
        }
        room.before = seq;
    }
    let left = rooms.iter().filter(|room| !room.is_done);
    let places = Places(left.map(|room| (room.epoch, room.before)).collect());
    Ok((found, places.write()))
}

/// Looks for lines in rooms that are in memory: at `looked_at` lines at most, whose texts cost no more
/// than `cost`. A search goes on in `most_rooms` rooms at most. `epoch` is that of a room, and `older` returns its next lines before this one, the newest
/// first.
///
/// # Errors
///
/// The places from which `read` goes on are none.
pub(crate) fn find_in_memory<R>(
    rooms: &[R],
    read: &SearchRead,
    most_rooms: usize,
    (looked_at, cost): (usize, usize),
    epoch: impl Fn(&R) -> Epoch,
    older: impl Fn(&R, Epoch, Seq) -> Vec<Line>,
) -> Result<(Vec<Line>, Bytes), BadPlaces> {
    let places = Places::read(&read.from, most_rooms)?;
    let (epochs, rooms): (Vec<_>, Vec<_>) = (rooms.iter())
        .filter_map(|room| Some((SearchedRoom::new(epoch(room), places.as_ref())?, room)))
        .unzip();
    let limits = PageLimits {
        most: read.most,
        bytes: read.bytes,
        looked_at,
        cost,
    };
    find(
        &Wanted::new(read),
        epochs,
        limits,
        |index, epoch, before| Ok(Next::Lines(older(rooms[index], epoch, before))),
    )
}

/// Returns the room with the newest of the next lines. `None`: there are no more, or not now.
fn newest<'a, E>(
    rooms: &'a mut [SearchedRoom],
    next: &mut impl FnMut(usize, Epoch, Seq) -> Result<Next, E>,
) -> Result<Option<&'a mut SearchedRoom>, E> {
    for (index, room) in rooms.iter_mut().enumerate() {
        if room.is_done || !room.lines.is_empty() {
            continue;
        }
        // Nothing is before the first line.
        room.is_done = room.before.0 <= 1;
        if room.is_done {
            continue;
        }
        match next(index, room.epoch, room.before)? {
            Next::Lines(lines) => room.lines = lines.into(),
            Next::None => {}
            Next::Later => return Ok(None),
        }
        room.is_done = room.lines.is_empty();
    }
    let with_lines = rooms.iter_mut().filter(|room| !room.lines.is_empty());
    Ok(with_lines.max_by_key(|room| room.lines.front().map(|line| line.time)))
}

/// Makes one page of the pages of two searches for the same in different rooms, each of which has
/// its lines and where it goes on.
pub(crate) fn merge(
    pages: [(Vec<Line>, Bytes); 2],
    most: usize,
    bytes: usize,
) -> (Vec<Line>, Bytes) {
    let mut parts = pages.map(|(lines, next)| (VecDeque::from(lines), next));
    let (mut found, mut left) = (Vec::new(), bytes);
    loop {
        // If a page has ended, nothing is known of the lines behind it.
        let is_over =
            |(lines, next): &(VecDeque<Line>, Bytes)| lines.is_empty() && !next.is_empty();
        if found.len() == most || parts.iter().any(is_over) {
            break;
        }
        let time = |(lines, _): &(VecDeque<Line>, Bytes)| lines.front().map(|line| line.time);
        let newer = usize::from(time(&parts[1]) > time(&parts[0]));
        let Some(line) = parts[newer].0.front() else {
            break;
        };
        let length = line.packet_len();
        if length > left && !found.is_empty() {
            break;
        }
        left = left.saturating_sub(length);
        found.extend(parts[newer].0.pop_front());
    }
    let mut places: Vec<(Epoch, Seq)> = Vec::new();
    for (lines, next) in &parts {
        for line in lines {
            let epoch = Epoch(line.epoch);
            if places.iter().all(|place| place.0 != epoch) {
                places.push((epoch, Seq(line.seq).next()));
            }
        }
        let next = Places::read(next, usize::MAX).ok().flatten();
        for (epoch, seq) in next.iter().flat_map(Places::iter) {
            if places.iter().all(|place| place.0 != epoch) {
                places.push((epoch, seq));
            }
        }
    }
    (found, Places(places).write())
}

#[cfg(test)]
pub(crate) mod scripts;
#[cfg(test)]
mod tests;
