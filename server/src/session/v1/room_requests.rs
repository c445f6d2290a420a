//! What a `guildhall.v1` client does in rooms: it joins and leaves them, speaks there,
//! and asks for their members and their history.

use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use guildhall_protocol::limits::{MAX_JOINED_ROOMS, MAX_PAGE_LINES};
use guildhall_protocol::{
    ErrorCode, FetchHistory, HistoryPage, Join, Left, LongResult, MemberList, Repeated,
    ReplyResult, RequestError, Say,
};

use crate::hub::{Hub, SharedRoom};
use crate::ids::{Epoch, RequestId, Seq};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::shared::RoomsFull;
use crate::shared::history::{NewMessage, TextKind};
use crate::shared::join::Position;
use crate::shared::names;
use crate::shared::presence::count;
use crate::sync::moment::Moment;

use super::held::Destination;
use super::refusal::{check_text, error, room_name_error, shown, temporary};
use super::welcomed::Welcomed;
use super::{Answer, Answered, reply};

/// The most bytes of lines in a page of history, so that the page fits into one message.
const PAGE_BYTES: usize = 24 * 1024;

/// After how many milliseconds a client may try again if the server has too many rooms.
const RETRY_MILLIS: u32 = 10_000;

impl<W: Wire> Welcomed<W> {
    /// Joins a room, and sends the reply and the missed lines behind it as one piece, so that
    /// nothing is sent between them.
    pub(super) fn join(
        &mut self,
        hub: &mut Hub<W>,
        request: RequestId,
        join: &Join,
        at: Moment,
    ) -> Answered {
        let name = names::room_name(&join.room);
        let name = name.map_err(|fault| room_name_error(fault, &join.room))?;
        let joined_before = self.room(&name).ok().map(Rc::clone);
        if let Some(room) = &joined_before {
            // So that the client's last lines are answered, even if they are not among those
            // that it gets now.
            hub.fan_out_room(room, at.now);
        } else if self.rooms.len() == MAX_JOINED_ROOMS {
            let most = MAX_JOINED_ROOMS.to_string();
            return Err(error(ErrorCode::TooManyRooms, [most]));
        }
        let position = Position {
            epoch: Epoch(join.epoch),
            seq: Seq(join.seq),
        };
        let joined = hub.join(&name, &self.connection, self.id(), &self.name, position, at);
        let (room, snapshot) = joined.map_err(|full| {
            let limits = hub.shared().limits();
            let (code, most) = match full {
                RoomsFull::Server => (ErrorCode::ServerRoomsFull, limits.rooms),
                RoomsFull::Address => (ErrorCode::AddressRoomsFull, limits.rooms_per_address),
            };
            temporary(error(code, [most.to_string()]), RETRY_MILLIS)
        })?;
        if joined_before.is_none() {
            self.rooms.push(room);
        }
        let lines = snapshot.lines.clone();
        let joined = ReplyResult::Joined(snapshot.message(name));
        let mut frames = BytesMut::new();
        frame::put_packet(&mut frames, &reply(request, joined));
        frames.extend_from_slice(&lines);
        self.connection.send_all(&frames.freeze(), at.now);
        Ok(Answer::Sent)
    }

    /// Leaves a room.
    pub(super) fn leave(
        &mut self,
        hub: &mut Hub<W>,
        name: &str,
        at: Moment,
    ) -> Result<ReplyResult, RequestError> {
        let room = Rc::clone(self.room(name)?);
        let name = room.borrow().name().to_string();
        // So that the client gets all lines up to now, the answers to its own among them.
        hub.fan_out_room(&room, at.now);
        hub.leave(&room, self.id(), &self.connection, at.now);
        self.rooms.retain(|kept| !Rc::ptr_eq(kept, &room));
        Ok(ReplyResult::Left(Left { room: name }))
    }

    /// Says a line in a room. The client's own copy of the line is the answer.
    pub(super) fn say(
        &mut self,
        hub: &mut Hub<W>,
        nonce: RequestId,
        say: &Say,
        at: Moment,
    ) -> Answered {
        let room = self.room(&say.room).map(Rc::clone);
        if room.as_ref().is_ok_and(|room| room.borrow().is_busy()) {
            return Ok(Answer::Later);
        }
        let valid = room.and_then(|room| {
            self.check_may_speak(&say.room)?;
            check_text(&say.text)?;
            let to = Destination::Room(Arc::clone(room.borrow().name()));
            self.admit(hub, &to, Some(&room), nonce, &say.text, at.now)?;
            Ok(room)
        });
        let Some(room) = self.accept_once(nonce, valid)? else {
            return Ok(Answer::Now(ReplyResult::Repeated(Repeated {})));
        };
        let message = NewMessage {
            speaker: self.id(),
            name: &self.name,
            session: self.session.number_in_lines(),
            nonce,
            text: &say.text,
            kind: TextKind::from_action(say.action),
            unix_millis: at.unix_millis,
        };
        hub.say(&room, self.connection.id(), &message);
        Ok(Answer::Sent)
    }

    /// Returns the members of a room that the client is in.
    pub(super) fn list_members(&self, room: &str) -> Result<ReplyResult, RequestError> {
        let room = self.room(room)?.borrow();
        let (number, members) = room.members();
        Ok(ReplyResult::Members(MemberList {
            room: room.name().to_string(),
            count: count(number),
            listed: members.is_some(),
            members: members.unwrap_or_default(),
        }))
    }

    /// Returns a page of the history of a room that the client is in.
    pub(super) fn fetch_history(&self, fetch: &FetchHistory, at: Moment) -> Answered {
        let room = self.room(&fetch.room)?.borrow();
        let most = match usize::try_from(fetch.limit) {
            Ok(limit @ 1..=MAX_PAGE_LINES) => limit,
            _ => MAX_PAGE_LINES,
        };
        let before = Position {
            epoch: Epoch(fetch.epoch),
            seq: Seq(fetch.before),
        };
        let page = room.page(before, most, PAGE_BYTES, at);
        let head = HistoryPage {
            room: room.name().to_string(),
            epoch: page.epoch.0,
            lines: Vec::new(),
            more: page.more,
        };
        let encoded = frame::encoded_page(head, &page.frames);
        Ok(Answer::Encoded(LongResult::History, encoded))
    }

    /// Returns the room with this name, if the client is in it.
    fn room(&self, name: &str) -> Result<&SharedRoom<W>, RequestError> {
        let is_named = |room: &&SharedRoom<W>, name: &str| &**room.borrow().name() == name;
        let mut rooms = self.rooms.iter();
        let found = rooms.find(|room| is_named(room, name)).or_else(|| {
            let name = names::room_name(name).ok()?;
            self.rooms.iter().find(|room| is_named(room, &name))
        });
        found.ok_or_else(|| error(ErrorCode::NotInRoom, [shown(name)]))
    }
}
