//! The searches of a `guildhall.v1` client: lines by their words, and what its user has not read.
//! Only in rooms that it is in and whose history it may read.

use std::sync::Arc;

use bytes::Bytes;
use guildhall_protocol::limits::{MAX_JOINED_ROOMS, MAX_PAGE_LINES};
use guildhall_protocol::{
    ErrorCode, Line, Message as _, ReplyResult, RequestError, SanctionKind, Search, SearchPage,
    Unread, UnreadList,
};

use crate::accounts::MAX_USER_BYTES;
use crate::hub::{Hub, Room, SharedRoom};
use crate::ids::{Epoch, Seq, UserId};
use crate::journal::search::{BadPlaces, MAX_SEARCH_BYTES, Places, find_in_memory, merge};
use crate::journal::unread::{MOST_UNREAD, UnreadBudget, UnreadCount};
use crate::journal::words::Words;
use crate::journal::{Read, ReadMarkRow, SearchRead, UnreadRead};
use crate::moderation::blocked::Blocked;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Action};
use crate::shared::join::Position;
use crate::sync::moment::Moment;

use super::admission::TURN_COST;
use super::refusal::{bad_request, error, forbidden};
use super::room_requests::PAGE_BYTES;
use super::welcomed::{JoinedRoom, Welcomed};
use super::{Answer, Answered};

/// The most lines in memory that one search looks at.
const LOOKED_AT: usize = 1_000;

/// The most that one search, or one list of what is not read, may cost in memory, in units of
/// [`cost`](crate::journal::words::cost): 2 ms. That are about 800 lines as people write them in English, or 350 in Chinese.
const MOST_COST: usize = 32 * 1024;

/// How many lines it takes from a room at a time.
const PIECE: usize = 64;

impl<W: Wire> Welcomed<W> {
    /// Returns a page of the lines that a search finds. In durable rooms the journal looks for
    /// them.
    pub(super) fn search(&self, hub: &Hub<W>, search: &Search, at: Moment) -> Answered {
        let (rooms, mut read) = self.search_read(search)?;
        if hub.shared().journal().is_some() {
            let durable = rooms.iter().filter(|room| room.borrow().is_durable());
            let durable: Vec<_> = durable
                .map(|room| Arc::clone(room.borrow().name()))
                .collect();
            if !durable.is_empty() {
                read.rooms = durable;
                return Ok(Answer::Read(Box::new(Read::Search(read))));
            }
        }
        let (lines, next) = search_memory(self.connection.wire(), &rooms, &read, at)?;
        let next = next.into();
        Ok(Answer::Now(ReplyResult::Found(SearchPage { lines, next })))
    }

    /// The same with what the journal has found.
    pub(super) fn search_found(
        &self,
        search: &Search,
        (mut lines, next): (Vec<Line>, Bytes),
        at: Moment,
    ) -> Answered {
        let (rooms, read) = self.search_read(search)?;
        // The user's rights and blocks may be others by now.
        let blocked = read.blocked.as_deref();
        lines.retain(|line| {
            let is_of = |room: &SharedRoom<W>| {
                let room = room.borrow();
                **room.name() == *line.room && !room.handle().has_swept(line)
            };
            rooms.iter().any(is_of) && !blocked.is_some_and(|blocked| blocked.has_line(line))
        });
        let in_memory: Vec<_> = rooms
            .into_iter()
            .filter(|room| !room.borrow().is_durable())
            .collect();
        let other = search_memory(self.connection.wire(), &in_memory, &read, at)?;
        let (lines, next) = merge([(lines, next), other], read.most, read.bytes);
        let next = next.into();
        Ok(Answer::Now(ReplyResult::Found(SearchPage { lines, next })))
    }

    /// Returns what a search is for, and the rooms in which it looks.
    ///
    /// # Errors
    ///
    /// The client is not in the room, or may not read its history, or the search is not valid.
    fn search_read(
        &self,
        search: &Search,
    ) -> Result<(Vec<SharedRoom<W>>, SearchRead), RequestError> {
        if search.text.len() > MAX_SEARCH_BYTES {
            let arguments = [search.text.len(), MAX_SEARCH_BYTES].map(|number| number.to_string());
            return Err(error(ErrorCode::TextTooLong, arguments));
        }
        if search.name.len() > MAX_USER_BYTES {
            return Err(bad_request("nobody has so long a name"));
        }
        let bad = |error: BadPlaces| bad_request(&error.to_string());
        Places::read(&search.from, most_rooms(self.rooms.len())).map_err(bad)?;
        let may_read = |joined: &&JoinedRoom<W>| joined.may_read();
        let rooms: Vec<_> = if search.room.is_empty() {
            let rooms = self.rooms.iter().filter(may_read);
            rooms
                .map(|joined| SharedRoom::clone(&joined.room))
                .collect()
        } else {
            let joined = self.joined(&search.room)?;
            if !may_read(&joined) {
                return Err(forbidden(joined.room.borrow().name(), "history"));
            }
            vec![SharedRoom::clone(&joined.room)]
        };
        let most = match usize::try_from(search.limit) {
            Ok(limit @ 1..=MAX_PAGE_LINES) => limit,
            _ => MAX_PAGE_LINES,
        };
        let read = SearchRead {
            rooms: rooms
                .iter()
                .map(|room| Arc::clone(room.borrow().name()))
                .collect(),
            text: search.text.clone(),
            sender: UserId(search.sender),
            name: search.name.clone(),
            before_time: search.before_time,
            after_time: search.after_time,
            most,
            bytes: PAGE_BYTES,
            from: search.from.clone().into(),
            blocked: self.session.user.blocked(),
        };
        Ok((rooms, read))
    }

    /// Returns what the user has not read. In durable rooms the journal counts it.
    pub(super) fn list_unread(&self, hub: &Hub<W>, at: Moment) -> Answer {
        let marks = self.durable_marks(hub, at);
        if marks.is_empty() {
            return self.unread_found(Vec::new(), at);
        }
        Answer::Read(Box::new(Read::Unread(UnreadRead {
            user: self.id(),
            name: self.name.of(self.id()).into(),
            rooms: marks,
            most: MOST_UNREAD,
            blocked: self.session.user.blocked(),
        })))
    }

    /// The same with what the journal has counted.
    pub(super) fn unread_found(&self, durable: Vec<Unread>, at: Moment) -> Answer {
        let name = Words::name(&self.name.of(self.id()));
        let joined: Vec<_> = (self.rooms.iter())
            .filter(|joined| joined.may_read() && !joined.room.borrow().is_durable())
            .collect();
        let blocked = self.session.user.blocked();
        let mut budget = UnreadBudget::new(MOST_COST, joined.len());
        let mut rooms = Vec::with_capacity(joined.len() + durable.len());
        if !joined.is_empty() {
            self.connection.wire().spend(TURN_COST);
        }
        for joined in joined {
            rooms.push(self.unread(&joined.room, &name, blocked.as_deref(), &mut budget, at));
        }
        rooms.extend(durable);
        fit(&mut rooms);
        Answer::Now(ReplyResult::Unread(UnreadList { rooms }))
    }

    /// The marks of the user in the durable rooms that it is in, and in those that it has marked.
    fn durable_marks(&self, hub: &Hub<W>, at: Moment) -> Vec<ReadMarkRow> {
        if hub.shared().journal().is_none() {
            return Vec::new();
        }
        let (rules, _) = hub.shared().rules();
        let mut marks = Vec::new();
        for joined in &self.rooms {
            let room = joined.room.borrow();
            if room.is_durable() && room.may_read(joined.access) {
                marks.push(self.read_mark(room.name()));
            }
        }
        for mark in self.session.user.read_marks() {
            let room = &*mark.room;
            let rule = rules.of(room);
            let may_read = || {
                Access::of(&self.rights, room, rule)
                    .is_some_and(|access| access.may(Action::History))
            };
            let is_known = self
                .rooms
                .iter()
                .any(|known| *known.room.borrow().name() == mark.room);
            let is_banned = || {
                let ban = (self.against).find(SanctionKind::Ban, room, at.unix_millis);
                ban.is_some()
            };
            let is_heard = !hub.shared().is_near_without_history(room);
            if !is_known && rule.keep.is_durable() && is_heard && may_read() && !is_banned() {
                marks.push(mark);
            }
        }
        marks
    }

    fn unread(
        &self,
        room: &SharedRoom<W>,
        name: &Words,
        blocked: Option<&Blocked>,
        budget: &mut UnreadBudget,
        at: Moment,
    ) -> Unread {
        let room = room.borrow();
        let epoch = room.newest().epoch;
        let mark = self.read_mark(room.name());
        let mut count = UnreadCount::new(&mark, epoch, name, blocked, MOST_UNREAD, budget);
        let mut before = Seq(0);
        loop {
            let lines = older_lines(&room, epoch, before, at);
            let Some(last) = lines.last() else {
                break;
            };
            before = Seq(last.seq);
            if !lines.iter().all(|line| count.add(line)) {
                break;
            }
        }
        count.finish()
    }

    /// The user's mark in a room.
    fn read_mark(&self, room: &Arc<str>) -> ReadMarkRow {
        let read = self.session.user.read_mark(room).unwrap_or_default();
        ReadMarkRow {
            user: self.id(),
            room: Arc::clone(room),
            epoch: read.epoch,
            seq: read.seq,
        }
    }
}

/// Leaves out what has no place in one packet: first the rooms without unread lines, then the last
/// ones, in which the client is not.
fn fit(rooms: &mut Vec<Unread>) {
    let is_too_long = |rooms: &[Unread]| {
        // The field's number and the length of each are five bytes at most.
        let lengths = rooms.iter().map(|room| room.encoded_len() + 5);
        lengths.sum::<usize>() > PAGE_BYTES
    };
    if is_too_long(rooms) {
        rooms.retain(|room| room.lines > 0 || room.more);
    }
    while is_too_long(rooms) {
        rooms.pop();
    }
}

/// Looks for lines in rooms that are in memory, for the client of this wire.
fn search_memory<W: Wire>(
    wire: &W,
    rooms: &[SharedRoom<W>],
    read: &SearchRead,
    at: Moment,
) -> Result<(Vec<Line>, Bytes), RequestError> {
    let epoch = |room: &SharedRoom<W>| room.borrow().newest().epoch;
    let older =
        |room: &SharedRoom<W>, epoch, before| older_lines(&room.borrow(), epoch, before, at);
    if !rooms.is_empty() {
        wire.spend(TURN_COST);
    }
    let most = (LOOKED_AT, MOST_COST);
    let found = find_in_memory(rooms, read, most_rooms(rooms.len()), most, epoch, older);
    found.map_err(|error| bad_request(&error.to_string()))
}

/// In how many rooms a search goes on at most. The game may have put a user into more than it may
/// join.
fn most_rooms(joined: usize) -> usize {
    joined.max(MAX_JOINED_ROOMS)
}

/// The next lines of a room before this one, the newest first.
fn older_lines<W: Wire>(room: &Room<W>, epoch: Epoch, before: Seq, at: Moment) -> Vec<Line> {
    let before = Position { epoch, seq: before };
    let page = room
        .handle()
        .in_memory(before, PIECE, PAGE_BYTES, at.unix_millis);
    let mut lines = frame::lines(&page.frames);
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_unread_lines_fits_into_a_packet() {
        // Names as long as they can be: 32 characters of four bytes.
        let room = |lines| Unread {
            room: "🎉".repeat(32),
            lines,
            ..Unread::default()
        };
        let fits = |rooms: &[Unread], least| {
            let list = UnreadList {
                rooms: rooms.to_vec(),
            };
            (least..=PAGE_BYTES).contains(&list.encoded_len())
        };
        let mut all: Vec<_> = (0..276).map(|number| room(number % 2)).collect();
        fit(&mut all);
        assert_eq!(all, vec![room(1); 138]);
        let mut full: Vec<_> = (0..276).map(|_| room(7)).collect();
        fit(&mut full);
        assert!(fits(&full, PAGE_BYTES - 600), "{}", full.len());
        let mut few = vec![room(0); 100];
        fit(&mut few);
        assert_eq!(few.len(), 100);
    }
}
