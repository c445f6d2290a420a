//! What a `guildhall.v1` client does in rooms: it joins and leaves them, speaks
//! there, and asks who is there and what was said.

use std::rc::Rc;

use guildhall_protocol::{
    ErrorCode, FetchHistory, HistoryPage, Join, Joined, Left, MemberList, Repeated, ReplyResult,
    RequestError, Say,
};

use super::refusal::{check_text, error, shown};
use super::{Answer, Moment, V1Session, once, reply};
use crate::arrival::Position;
use crate::frame;
use crate::history::Saying;
use crate::hub::{Hub, SharedRoom};
use crate::member::Member;
use crate::names::{self, MAX_ROOM_NAME_CHARACTERS};
use crate::outbox::Wire;
use crate::person::Person;
use crate::roster;

/// How many rooms a client may be in.
pub const MAX_ROOMS: usize = 20;

/// The most lines in a page of history, and the most bytes: one message holds
/// it, with room for what is around the lines.
pub(super) const PAGE_LINES: usize = 50;
const PAGE_BYTES: usize = 24 * 1024;

/// When to ask again for what is full now, in milliseconds.
const RETRY_MILLIS: u32 = 10_000;

impl<W: Wire> V1Session<W> {
    /// The reply and the lines behind it, as one piece: nothing comes between.
    pub(super) fn join(
        &mut self,
        hub: &mut Hub<W>,
        request: u64,
        join: &Join,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Result<bytes::Bytes, RequestError> {
        let Some(name) = names::room_name(&join.room) else {
            let most = MAX_ROOM_NAME_CHARACTERS.to_string();
            return Err(error(ErrorCode::BadRoomName, [shown(&join.room), most]));
        };
        let is_there = self.room(&name).is_ok();
        if let Ok(room) = self.room(&name) {
            // What the client said last is answered, also where it is not among
            // the lines that it gets now.
            room.borrow_mut().fan_out(at.now, waits);
        } else if self.rooms.len() == MAX_ROOMS {
            return Err(error(ErrorCode::TooManyRooms, [MAX_ROOMS.to_string()]));
        }
        let position = Position {
            epoch: join.epoch,
            seq: join.seq,
        };
        let member = Rc::clone(&self.member);
        let who = (self.id(), &self.name);
        let Ok((room, arrival)) = hub.enter(&name, member, who, position, at.time) else {
            return Err(RequestError {
                temporary: true,
                retry_after: RETRY_MILLIS,
                ..error(
                    ErrorCode::ServerRoomsFull,
                    [hub.exchange().limits().rooms.to_string()],
                )
            });
        };
        if !is_there {
            self.rooms.push(room);
        }
        let joined = Joined {
            room: name,
            epoch: arrival.epoch,
            first_seq: arrival.first,
            last_seq: arrival.last,
            resumed: arrival.resumed,
            gap: arrival.gap,
            count: roster::count(arrival.count),
            listed: arrival.members.is_some(),
            members: arrival.members.unwrap_or_default(),
        };
        let mut frames = bytes::BytesMut::new();
        frame::put_packet(&mut frames, &reply(request, ReplyResult::Joined(joined)));
        frames.extend_from_slice(&arrival.lines);
        Ok(frames.freeze())
    }

    pub(super) fn leave(
        &mut self,
        hub: &mut Hub<W>,
        name: &str,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Answer {
        let room = Rc::clone(self.room(name)?);
        let name = room.borrow().name().to_string();
        // What the client said last is still answered, and what it has heard of
        // is whole.
        room.borrow_mut().fan_out(at.now, waits);
        hub.leave(&room, self.id(), &self.member, at.now);
        self.rooms.retain(|kept| !Rc::ptr_eq(kept, &room));
        Ok(ReplyResult::Left(Left { room: name }))
    }

    /// Answered with the client's own copy, or here.
    pub(super) fn say(
        &self,
        hub: &mut Hub<W>,
        speaker: &Person,
        nonce: u64,
        say: &Say,
        at: Moment,
    ) -> Result<Option<ReplyResult>, RequestError> {
        let room = self.room(&say.room);
        let room = room.and_then(|room| check_text(&say.text).map(|()| room));
        let Some(room) = once(speaker, nonce, room)? else {
            return Ok(Some(ReplyResult::Repeated(Repeated {})));
        };
        let saying = Saying {
            speaker: speaker.id,
            name: &self.name,
            nonce,
            text: &say.text,
            action: say.action,
            time: at.time,
        };
        hub.say(room, self.member.id(), &saying);
        Ok(None)
    }

    pub(super) fn list_members(&self, room: &str) -> Answer {
        let room = self.room(room)?.borrow();
        let (count, members) = room.members();
        Ok(ReplyResult::Members(MemberList {
            room: room.name().to_string(),
            count: roster::count(count),
            listed: members.is_some(),
            members: members.unwrap_or_default(),
        }))
    }

    pub(super) fn fetch_history(&self, fetch: &FetchHistory, at: Moment) -> Answer {
        let room = self.room(&fetch.room)?.borrow();
        let most = match usize::try_from(fetch.limit) {
            Ok(limit @ 1..=PAGE_LINES) => limit,
            _ => PAGE_LINES,
        };
        let before = Position {
            epoch: fetch.epoch,
            seq: fetch.before,
        };
        let (epoch, lines, more) = room.page(before, most, PAGE_BYTES, at.time);
        Ok(ReplyResult::History(HistoryPage {
            room: room.name().to_string(),
            epoch,
            lines,
            more,
        }))
    }

    /// The room of this name, if the client is in it.
    pub(super) fn room(&self, name: &str) -> Result<&SharedRoom<W>, RequestError> {
        let is_it = |room: &&SharedRoom<W>| &**room.borrow().name() == name;
        let found = self.rooms.iter().find(is_it).or_else(|| {
            let name = names::room_name(name)?;
            self.rooms
                .iter()
                .find(|room| **room.borrow().name() == *name)
        });
        found.ok_or_else(|| error(ErrorCode::NotInRoom, [shown(name)]))
    }
}
