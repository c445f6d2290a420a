//! What a `guildhall.v1` client does in rooms: it joins and leaves them, speaks there,
//! and asks for their members and their history.

use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use guildhall_protocol::limits::{MAX_JOINED_ROOMS, MAX_PAGE_LINES, MAX_SAY_BYTES};
use guildhall_protocol::{
    ErrorCode, FetchHistory, HistoryPage, Join, Left, LongResult, MemberList, Repeated,
    ReplyResult, RequestError, Say,
};

use crate::hub::{Hub, JoinError, Joining, SharedRoom};
use crate::ids::{Epoch, RequestId, Seq};
use crate::names;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Action};
use crate::shared::RoomsFull;
use crate::shared::history::{NewMessage, TextKind};
use crate::shared::join::Position;
use crate::shared::presence::count;
use crate::sync::moment::Moment;

use super::held::Destination;
use super::refusal::{check_text, error, forbidden, room_name_error, shown, slow_mode, temporary};
use super::welcomed::{JoinedRoom, Welcomed};
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
        let joined_before = self
            .joined(&name)
            .ok()
            .map(|joined| Rc::clone(&joined.room));
        if let Some(room) = &joined_before {
            // So that the client's last lines are answered, even if they are not among those
            // that it gets now.
            hub.fan_out_room(room, at.now);
        } else if self.rooms.len() == MAX_JOINED_ROOMS {
            let most = MAX_JOINED_ROOMS.to_string();
            return Err(error(ErrorCode::TooManyRooms, [most]));
        }
        let joining = Joining {
            id: self.id(),
            name: &self.name,
            rights: &self.rights,
            position: Position {
                epoch: Epoch(join.epoch),
                seq: Seq(join.seq),
            },
        };
        let joined = hub.join(&name, &self.connection, joining, at);
        let (room, access, snapshot) = joined.map_err(|refused| {
            let limits = hub.shared().limits();
            let full = |code, most: usize| temporary(error(code, [most.to_string()]), RETRY_MILLIS);
            match refused {
                JoinError::Forbidden => forbidden(&name, "join"),
                JoinError::Full(most) => {
                    let arguments = [name.clone(), most.to_string()];
                    temporary(error(ErrorCode::RoomFull, arguments), RETRY_MILLIS)
                }
                JoinError::Rooms(RoomsFull::Server) => {
                    full(ErrorCode::ServerRoomsFull, limits.rooms)
                }
                JoinError::Rooms(RoomsFull::Address) => {
                    full(ErrorCode::AddressRoomsFull, limits.rooms_per_address)
                }
            }
        })?;
        let lines = snapshot.lines.clone();
        let settings = access.settings(room.borrow().rule());
        if joined_before.is_none() {
            self.rooms.push(JoinedRoom { room, access });
        }
        let joined = ReplyResult::Joined(snapshot.message(name, settings));
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
        let room = Rc::clone(&self.joined(name)?.room);
        let name = room.borrow().name().to_string();
        // So that the client gets all lines up to now, the answers to its own among them.
        hub.fan_out_room(&room, at.now);
        hub.leave(&room, &self.connection, at.now);
        self.rooms.retain(|kept| !Rc::ptr_eq(&kept.room, &room));
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
        let joined = self.joined(&say.room);
        let joined = joined.map(|joined| (Rc::clone(&joined.room), joined.access));
        if joined
            .as_ref()
            .is_ok_and(|(room, _)| room.borrow().is_busy())
        {
            return Ok(Answer::Later);
        }
        let valid = joined.and_then(|(room, access)| {
            self.check_say(hub, &room, access, nonce, &say.text, at)?;
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

    /// Whether the client may say this text now, by the room's rule and by how much it says.
    ///
    /// # Errors
    ///
    /// The error that refuses it.
    fn check_say(
        &mut self,
        hub: &Hub<W>,
        room: &SharedRoom<W>,
        access: Access,
        nonce: RequestId,
        text: &str,
        at: Moment,
    ) -> Result<(), RequestError> {
        let (name, most_bytes, every) = {
            let room = room.borrow();
            let rule = room.rule();
            (
                Arc::clone(room.name()),
                rule.text_bytes,
                access.slow_mode(rule),
            )
        };
        if !access.may(Action::Say) {
            return Err(forbidden(&name, "say"));
        }
        check_text(text, most_bytes.unwrap_or(MAX_SAY_BYTES))?;
        let to = Destination::Room(name);
        if every.is_zero() {
            return self.admit(hub, &to, Some(room), nonce, text, at.now);
        }
        // One that was accepted before is not refused, and answered as a repeat.
        if self.session.has_accepted(nonce) {
            return Ok(());
        }
        // Looked at first, so that a text that has to wait uses up nothing else.
        let wait = room.borrow().slow_wait(self.id(), every, at.now);
        if wait.is_zero() {
            self.admit(hub, &to, Some(room), nonce, text, at.now)?;
        }
        // The user may have said something over another connection since.
        let said = room.borrow().say_slowly(self.id(), every, at.now);
        said.map_err(|wait| {
            self.hold(&to, nonce, wait, at.now);
            slow_mode(room.borrow().name(), wait)
        })
    }

    /// Returns the members of a room that the client is in.
    pub(super) fn list_members(&self, room: &str) -> Result<ReplyResult, RequestError> {
        let joined = self.joined(room)?;
        let room = joined.room.borrow();
        let (number, members) = room.members(joined.access);
        Ok(ReplyResult::Members(MemberList {
            room: room.name().to_string(),
            count: count(number),
            listed: members.is_some(),
            members: members.unwrap_or_default(),
        }))
    }

    /// Returns a page of the history of a room that the client is in.
    pub(super) fn fetch_history(&self, fetch: &FetchHistory, at: Moment) -> Answered {
        let joined = self.joined(&fetch.room)?;
        let room = joined.room.borrow();
        if !joined.access.may(Action::History) {
            return Err(forbidden(room.name(), "history"));
        }
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

    /// Returns the room with this name, if the client is in it. A room that it is not in is as
    /// one that does not exist.
    fn joined(&self, name: &str) -> Result<&JoinedRoom<W>, RequestError> {
        let is_named = |joined: &&JoinedRoom<W>, name: &str| &**joined.room.borrow().name() == name;
        let mut rooms = self.rooms.iter();
        let found = rooms.find(|joined| is_named(joined, name)).or_else(|| {
            let name = names::room_name(name).ok()?;
            self.rooms.iter().find(|joined| is_named(joined, &name))
        });
        found.ok_or_else(|| error(ErrorCode::NotInRoom, [shown(name)]))
    }
}
