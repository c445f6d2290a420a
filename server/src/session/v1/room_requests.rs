//! What a `guildhall.v1` client does in rooms: it joins and leaves them, speaks there,
//! and asks for their members and their history.

use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use guildhall_protocol::limits::{MAX_JOINED_ROOMS, MAX_PAGE_LINES, MAX_SAY_BYTES};
use guildhall_protocol::{
    ErrorCode, FetchHistory, HistoryPage, Join, Joined, Left, LongResult, MemberList, ReplyResult,
    RequestBody, RequestError, Say,
};

use crate::hook::QuestionKind;
use crate::hub::{Hub, JoinError, JoinOutcome, Joining, SharedRoom};
use crate::ids::{Epoch, RequestId, Seq};
use crate::journal::{Failure, KeptLines, Read};
use crate::names;
use crate::outgoing::frame;
use crate::outgoing::hidden::hide_lines;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Action};
use crate::shared::RoomsFull;
use crate::shared::destination::Destination;
use crate::shared::history::{NewMessage, PageLimits, TextKind};
use crate::shared::join::Position;
use crate::shared::lookup::Lookup;
use crate::shared::presence::count;
use crate::shared::rates::Asked;
use crate::shared::room_state::Page;
use crate::shared::room_state::beyond::{PageRequest, Paged};
use crate::sync::moment::Moment;

use super::admission::{Accepted, Counted};
use super::changes::no_such_line;
use super::held::HeldBack;
use super::passed::{AskedAbout, Outcome, Passed};
use super::publication::{Publishing, check_room_name};
use super::refusal::{
    check_text, error, forbidden, room_name_error, shown, slow_mode, temporary, unavailable,
};
use super::welcomed::{JoinedRoom, Welcomed};
use super::{Answer, Answered, reply};

/// The most bytes of lines in a page of history or of a search, so that the page fits into one
/// message.
pub(super) const PAGE_BYTES: usize = 24 * 1024;

/// After how many milliseconds a client may try again if the server has too many rooms.
const RETRY_MILLIS: u32 = 10_000;

impl<W: Wire> Welcomed<W> {
    /// Joins a room, and sends the reply and the missed lines behind it as one piece, so that
    /// nothing is sent between them. `lookup` has what was read from the journal for it.
    pub(super) fn join(
        &mut self,
        hub: &mut Hub<W>,
        request: RequestId,
        join: &Join,
        mut lookup: Lookup,
        at: Moment,
    ) -> Answered {
        let name = names::room_name(&join.room);
        let name = name.map_err(|fault| room_name_error(fault, &join.room))?;
        self.check_ban(hub, &name, at)?;
        let joined_before = self
            .joined(&name)
            .ok()
            .map(|joined| Rc::clone(&joined.room));
        if let Some(room) = &joined_before {
            // So that the client's last lines are answered, even if they are not among those
            // that it gets now.
            hub.fan_out_room(room, at.now);
        } else if self.rooms.len() >= MAX_JOINED_ROOMS {
            let most = MAX_JOINED_ROOMS.to_string();
            return Err(error(ErrorCode::TooManyRooms, [most]));
        } else {
            check_room_name(hub, &name)?;
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
        let joined = hub.join_with(&name, &self.connection, joining, &mut lookup, at);
        let joined = joined.map_err(|refused| {
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
                JoinError::Unavailable => unavailable(&Failure::Busy, Some(&name)),
            }
        })?;
        let (room, access, snapshot) = match joined {
            JoinOutcome::Joined(room, access, snapshot) => (room, access, snapshot),
            JoinOutcome::Read(read) => {
                self.lookup = Some(Box::new(lookup));
                return Ok(Answer::Read(read));
            }
        };
        let lines = snapshot.lines.clone();
        let settings = {
            let room = room.borrow();
            room.reading(access).settings(room.rule())
        };
        if joined_before.is_none() {
            self.rooms.push(JoinedRoom { room, access });
        }
        let joined = ReplyResult::Joined(Joined {
            read_seq: self.read_seq(&name, snapshot.epoch),
            ..snapshot.message(name, settings)
        });
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
        let joined = self.speaking_in(&say.room);
        let is_durable = match self.before_speaking(&joined, at) {
            Ok(is_durable) => is_durable,
            Err(wait) => return Ok(wait.into()),
        };
        let answered = self.take_answer(nonce);
        let valid = joined.and_then(|(room, access)| {
            let passed = self.check_say(hub, &room, access, nonce, say, answered, at)?;
            Ok((room, passed))
        });
        let valid = match valid {
            Ok((room, passed)) => match passed.outcome {
                Outcome::Ask(question) => return Ok(Answer::Ask(question)),
                Outcome::Held(text, filter) => {
                    let name = Arc::clone(room.borrow().name());
                    let publishing = publishing(&name, say, nonce, None);
                    let about = say.reply_to;
                    return self.hold_text(hub, publishing, about, (&text, filter), at);
                }
                _ => Ok((room, passed)),
            },
            Err(refused) => Err(refused),
        };
        let accepted = if is_durable {
            self.accept_waiting(nonce, valid)?
        } else {
            self.accept_once(nonce, valid)?
        };
        let (room, passed) = match accepted {
            Accepted::New(valid) => valid,
            Accepted::Repeated => return self.repeated(hub, nonce),
            Accepted::Waiting => return Ok(Answer::Undecided),
        };
        let message = NewMessage {
            speaker: self.id(),
            name: &self.name,
            session: self.session.number_in_lines(),
            nonce,
            text: passed.text(&say.text),
            kind: TextKind::from_action(say.action),
            unix_millis: at.unix_millis,
            reply_to: Seq(say.reply_to.map_or(0, |line| line.seq)),
            change: None,
        };
        hub.say_in(&self.session, &room, self.connection.id(), &message);
        let name = Arc::clone(room.borrow().name());
        self.note_passed(hub, (&name, nonce), &say.text, passed.flags, at);
        Ok(Answer::Sent)
    }

    /// Whether the client may say this now, by the room's rule, by how much it says, and by the
    /// filters. A text about which the game has `answered` was counted before.
    ///
    /// # Errors
    ///
    /// The error that refuses it.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is another thing that it depends on"
    )]
    fn check_say(
        &mut self,
        hub: &Hub<W>,
        room: &SharedRoom<W>,
        access: Access,
        nonce: RequestId,
        say: &Say,
        answered: Option<Box<AskedAbout>>,
        at: Moment,
    ) -> Result<Passed, RequestError> {
        let (name, most_bytes, every) = {
            let room = room.borrow();
            let rule = room.rule();
            (
                Arc::clone(room.name()),
                rule.text_bytes,
                access.slow_mode(rule),
            )
        };
        self.check_mute(hub, Some(&name), at)?;
        if !access.may(Action::Say) {
            return Err(forbidden(&name, "say"));
        }
        check_text(&say.text, most_bytes.unwrap_or(MAX_SAY_BYTES))?;
        if let Some(line) = say.reply_to
            && !room.borrow().has_line(line)
        {
            return Err(no_such_line(&name, line));
        }
        let counted = Counted {
            asked: Asked::Say,
            text: &say.text,
            is_change: false,
        };
        let publishing = publishing(&name, say, nonce, most_bytes);
        if answered.is_some() {
            let passed = self.pass(hub, publishing, answered, at);
            return passed.inspect_err(|_| self.give_turn_back(&name));
        }
        let to = Destination::Room(Arc::clone(&name));
        if every.is_zero() {
            self.admit(hub, &to, Some(room), nonce, counted, at.now)?;
            return self.pass(hub, publishing, None, at);
        }
        // One that was accepted before is not refused, and answered as a repeat.
        if self.session.has_accepted(nonce) {
            return Ok(Passed::default());
        }
        // Looked at first, so that a text that has to wait uses up nothing else.
        let wait = room.borrow().slow_wait(self.id(), every, at.now);
        let mut passed = Passed::default();
        if wait.is_zero() {
            self.admit(hub, &to, Some(room), nonce, counted, at.now)?;
            // One that a filter refuses does not use up its user's turn.
            passed = self.pass(hub, publishing, None, at)?;
        }
        // The user may have said something over another connection since.
        let said = room.borrow().say_slowly(self.id(), every, at.now);
        said.map(|()| passed).map_err(|wait| {
            self.hold(&to, nonce, (wait, HeldBack::NoChanges), at.now);
            slow_mode(room.borrow().name(), wait)
        })
    }

    /// Returns the members of a room that the client is in.
    pub(super) fn list_members(&self, room: &str) -> Result<ReplyResult, RequestError> {
        let joined = self.joined(room)?;
        let room = joined.room.borrow();
        let (number, mut members) = room.members(joined.access);
        if let Some(blocked) = self.session.user.blocked()
            && let Some(members) = &mut members
        {
            members.retain(|member| !blocked.has_member(member));
        }
        Ok(ReplyResult::Members(MemberList {
            room: room.name().to_string(),
            count: count(number),
            listed: members.is_some(),
            members: members.unwrap_or_default(),
        }))
    }

    /// Returns a page of the history of a room that the client is in. `lines` were read from the
    /// journal for it, if it is not in memory.
    pub(super) fn fetch_history(
        &self,
        fetch: &FetchHistory,
        lines: Option<KeptLines>,
        at: Moment,
    ) -> Answered {
        let joined = self.joined(&fetch.room)?;
        let room = joined.room.borrow();
        if !room.may_read(joined.access) {
            return Err(forbidden(room.name(), "history"));
        }
        let most = match usize::try_from(fetch.limit) {
            Ok(limit @ 1..=MAX_PAGE_LINES) => limit,
            _ => MAX_PAGE_LINES,
        };
        let request = PageRequest {
            before: Position {
                epoch: Epoch(fetch.epoch),
                seq: Seq(fetch.before),
            },
            limits: PageLimits {
                before_time: fetch.before_time,
                after_time: fetch.after_time,
                most,
                bytes: PAGE_BYTES,
            },
        };
        let page = match lines {
            Some(lines) => Page::of(room.handle().swept(lines), &request),
            None => match room.paged(&request, at) {
                Paged::Page(page) => page,
                Paged::Unread(read) => return Ok(Answer::Read(Box::new(Read::Lines(read)))),
            },
        };
        let head = HistoryPage {
            room: room.name().to_string(),
            epoch: page.epoch.0,
            lines: Vec::new(),
            more: page.more,
        };
        let frames = match self.session.user.blocked() {
            Some(blocked) => hide_lines(page.frames, |line| blocked.hides(line)),
            None => page.frames,
        };
        let encoded = frame::encoded_page(head, &frames);
        Ok(Answer::Encoded(LongResult::History, encoded))
    }

    /// Whether a request has to wait for what the client has said: a room that it leaves or
    /// joins again answers that first, and a repeat of what waits waits, too.
    pub(super) fn has_to_wait(&self, hub: &Hub<W>, id: RequestId, body: &RequestBody) -> bool {
        if hub.shared().journal().is_none() {
            return false;
        }
        let room = match body {
            RequestBody::Join(join) => &join.room,
            RequestBody::Leave(leave) => &leave.room,
            RequestBody::Say(_)
            | RequestBody::Whisper(_)
            | RequestBody::Edit(_)
            | RequestBody::Remove(_)
            | RequestBody::React(_) => return self.session.is_waiting(id),
            RequestBody::Report(_) => return hub.shared().is_journal_full(),
            _ => return false,
        };
        let joined = self.joined(room);
        joined.is_ok_and(|joined| joined.room.borrow().has_undecided(self.connection.id()))
    }

    /// Returns the room with this name, if the client is in it. A room that it is not in is as
    /// one that does not exist.
    pub(super) fn joined(&self, name: &str) -> Result<&JoinedRoom<W>, RequestError> {
        let is_named = |joined: &&JoinedRoom<W>, name: &str| &**joined.room.borrow().name() == name;
        let mut rooms = self.rooms.iter();
        let found = rooms.find(|joined| is_named(joined, name)).or_else(|| {
            let name = names::room_name(name).ok()?;
            self.rooms.iter().find(|joined| is_named(joined, &name))
        });
        found.ok_or_else(|| error(ErrorCode::NotInRoom, [shown(name)]))
    }
}

/// A say as a text that is about to be published.
fn publishing<'a>(
    room: &'a Arc<str>,
    say: &'a Say,
    nonce: RequestId,
    most_bytes: Option<usize>,
) -> Publishing<'a> {
    Publishing {
        kind: QuestionKind::Say,
        room,
        text: &say.text,
        action: say.action,
        line: 0,
        nonce,
        most_bytes,
    }
}
