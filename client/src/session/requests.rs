//! What the user asks for. Each call is done at once, or queued until it can be done, or
//! fails and changes nothing.

use alloc::string::String;

use super::message::{Content, Message, To};
use super::pending_requests::PendingRequest;
use super::room::{Position, Room, cut};
use super::{Event, MessageKind, Recipient, RequestKind, SendError, Session, State};
use crate::{RequestId, UserId};
use guildhall_protocol::{
    FetchHistory, Leave, LineRef, ListMembers, ListRooms, Rename, RequestBody, is_blank,
};

impl Session {
    /// The user wants to be in a room, now and after each reconnection. Does nothing if
    /// that is known already.
    pub fn join(&mut self, room: &str) {
        if self.room_index(room).is_some() {
            return;
        }
        self.rooms.push(Room::new(cut(room)));
        if self.link.is_online() {
            self.request_join(self.rooms.len() - 1);
        }
    }

    /// The user wants to be in a room no longer.
    pub fn leave(&mut self, room: &str) {
        let Some(index) = self.room_index(room) else {
            return;
        };
        self.send_last_mark(index);
        let room = self.rooms.remove(index);
        let name = room.view.name;
        if self.link.is_online() {
            let room = name.clone();
            self.request(
                RequestBody::Leave(Leave { room }),
                PendingRequest::Leave(name.clone()),
            );
        }
        self.emit(Event::Left { room: name });
        self.fail_in_unwanted_rooms();
    }

    /// Says something in a room that the user wants to be in, at once or when it is
    /// joined. Returns the message's number.
    ///
    /// # Errors
    ///
    /// [`SendError`]: `NotOnline` if the session is closed, `Empty`, `TooLong`,
    /// `NotInRoom`, `ReadOnly`, `Muted`, `TooManyPending`.
    pub fn say(
        &mut self,
        room: &str,
        text: &str,
        kind: MessageKind,
    ) -> Result<RequestId, SendError> {
        self.say_with(room, text, kind, None)
    }

    /// Says something, in reply to a line.
    pub(super) fn say_with(
        &mut self,
        room: &str,
        text: &str,
        kind: MessageKind,
        reply_to: Option<LineRef>,
    ) -> Result<RequestId, SendError> {
        self.check_text(text)?;
        let index = self.room_index(room).ok_or(SendError::NotInRoom)?;
        if self.rooms[index].view.settings.read_only {
            return Err(SendError::ReadOnly);
        }
        self.check_not_muted(room)?;
        self.check_room_text(index, text)?;
        let text = text.into();
        self.push_in_room(
            index,
            Content::Text {
                text,
                kind,
                reply_to,
            },
        )
    }

    /// Says or changes something in a room, at once or when it is joined.
    pub(super) fn push_in_room(
        &mut self,
        index: usize,
        content: Content,
    ) -> Result<RequestId, SendError> {
        self.check_pending_messages()?;
        let view = &self.rooms[index].view;
        let (room, joined) = (view.name.clone(), view.joined);
        let nonce = self.push(To::Room(room.clone()), content);
        if joined {
            self.send_messages(Some(&room));
        }
        Ok(nonce)
    }

    /// Says something to one client alone, at once or when the user is online. Returns the
    /// message's number.
    ///
    /// # Errors
    ///
    /// [`SendError`]: `NotOnline` if the session is closed, `Empty` (also for an empty
    /// name), `TooLong`, `Muted`, `TooManyPending`.
    pub fn whisper(
        &mut self,
        to: Recipient<'_>,
        text: &str,
        kind: MessageKind,
    ) -> Result<RequestId, SendError> {
        self.check_text(text)?;
        let to = match to {
            Recipient::Id(UserId(0)) | Recipient::Name("") => return Err(SendError::Empty),
            Recipient::Id(id) => To::Id(id),
            Recipient::Name(name) => To::Name(cut(name).into()),
        };
        self.check_not_muted("")?;
        self.check_pending_messages()?;
        let content = Content::Text {
            text: text.into(),
            kind,
            reply_to: None,
        };
        let nonce = self.push(to, content);
        if self.link.is_online() {
            self.send_messages(None);
        }
        Ok(nonce)
    }

    /// Sends a failed message again, as a new one. Returns its new number; the
    /// old one is forgotten.
    ///
    /// # Errors
    ///
    /// `NoSuchMessage`, and as for [`say`](Self::say).
    pub fn retry(&mut self, nonce: RequestId) -> Result<RequestId, SendError> {
        let failed = self.messages.failed(nonce);
        let message = failed.ok_or(SendError::NoSuchMessage)?.clone();
        let again = match (&message.to, message.to.target(), &message.content) {
            (_, Some(target), Content::Text { text, kind, .. }) => {
                self.whisper(target, text, *kind)
            }
            (
                To::Room(room),
                _,
                Content::Text {
                    text,
                    kind,
                    reply_to,
                },
            ) => self.say_with(room, text, *kind, *reply_to),
            _ => Err(SendError::NoSuchMessage),
        }?;
        self.messages.discard(nonce);
        Ok(again)
    }

    /// Forgets a failed message.
    pub fn discard(&mut self, nonce: RequestId) {
        self.messages.discard(nonce);
    }

    /// The user wants another name. Without a connection, the next Hello asks for it.
    ///
    /// # Errors
    ///
    /// `Empty`, `TooManyPending`.
    pub fn rename(&mut self, name: &str) -> Result<(), SendError> {
        if name.is_empty() {
            return Err(SendError::Empty);
        }
        let name = cut(name);
        self.delayed_rename = None;
        if self.link.is_online() {
            self.check_can_request()?;
            self.request_rename(name.into());
        } else {
            self.pending_name = Some(name.into());
            if self.id.is_none() {
                self.name = name.into();
            }
        }
        Ok(())
    }

    /// Asks for the list of rooms.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooManyPending`.
    pub fn list_rooms(&mut self) -> Result<(), SendError> {
        self.check_can_request()?;
        self.request(
            RequestBody::ListRooms(ListRooms {}),
            PendingRequest::ListRooms,
        );
        Ok(())
    }

    /// Asks for the list of members of a joined room.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `NotInRoom`, `TooManyPending`.
    pub fn list_members(&mut self, room: &str) -> Result<(), SendError> {
        self.check_can_request()?;
        let room = self.joined_room(room)?.view.name.clone();
        let pending = PendingRequest::ListMembers(room.clone());
        self.request(RequestBody::ListMembers(ListMembers { room }), pending);
        Ok(())
    }

    /// Asks for the page of lines before the oldest known one of a joined room. Does
    /// nothing while such a page is on its way.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `NotInRoom`, `TooManyPending`.
    pub fn fetch_history(&mut self, room: &str) -> Result<(), SendError> {
        self.check_can_request()?;
        let room = self.joined_room(room)?;
        if core::mem::replace(&mut room.fetching, true) {
            return Ok(());
        }
        let name = room.view.name.clone();
        let position = Position {
            epoch: room.view.epoch,
            seq: room.view.oldest_seq,
        };
        let fetch = FetchHistory {
            room: name.clone(),
            epoch: position.epoch,
            before: position.seq,
            limit: 0,
            before_time: 0,
            after_time: 0,
        };
        let room = name;
        self.request(
            RequestBody::FetchHistory(fetch),
            PendingRequest::FetchHistory { room, position },
        );
        Ok(())
    }

    /// The client keeps no lines of a room before the one with this number any more:
    /// [`fetch_history`](Self::fetch_history) asks for those before it. Does nothing if that
    /// is none of the room's lines.
    pub fn forget_before(&mut self, room: &str, seq: u64) {
        if let Some(index) = self.room_index(room) {
            self.rooms[index].forget_before(seq);
        }
    }

    /// Finds out whether the server still answers, as after the computer has slept: asks for
    /// something small, unless something waits for an answer anyway.
    /// [`Event::ServerAnswers`] tells if nothing comes.
    pub fn check(&mut self, now: u64) {
        if self.link.is_online() && !self.waits_for_answer() {
            let list = RequestBody::ListRooms(ListRooms {});
            self.request(list, PendingRequest::Check);
            self.answers.tick(now);
        }
    }

    pub(super) fn request_rename(&mut self, name: String) {
        let pending = PendingRequest::Rename(name.clone());
        self.request(RequestBody::Rename(Rename { name }), pending);
    }

    /// Sends a request of which the session needs nothing more than its kind when the answer
    /// comes.
    pub(super) fn ask(&mut self, body: RequestBody, kind: RequestKind, subject: String) {
        self.request(body, PendingRequest::Other { kind, subject });
    }

    fn push(&mut self, to: To, content: Content) -> RequestId {
        let nonce = self.next_request();
        let message = Message::new(nonce, to, content);
        self.events.extend(message.pending());
        self.messages.push(message);
        nonce
    }

    pub(super) fn check_text(&self, text: &str) -> Result<(), SendError> {
        self.check_message(text, self.limits.text_bytes)
    }

    /// Whether the user may send this, which may have so many bytes.
    pub(super) fn check_message(&self, text: &str, limit: u32) -> Result<(), SendError> {
        self.check_not_closed()?;
        check_length(text, limit)?;
        if is_blank(text) {
            return Err(SendError::Empty);
        }
        Ok(())
    }

    pub(super) fn check_not_closed(&self) -> Result<(), SendError> {
        if matches!(self.state(), State::Closed { .. }) {
            return Err(SendError::NotOnline);
        }
        Ok(())
    }

    /// Whether the text is not too long for this room.
    pub(super) fn check_room_text(&self, index: usize, text: &str) -> Result<(), SendError> {
        match self.rooms[index].view.settings.text_bytes {
            0 => Ok(()),
            limit => check_length(text, limit),
        }
    }

    fn check_pending_messages(&self) -> Result<(), SendError> {
        if self.messages.pending() < self.limits.unanswered as usize {
            Ok(())
        } else {
            Err(SendError::TooManyPending)
        }
    }

    pub(super) fn check_can_request(&self) -> Result<(), SendError> {
        if !self.link.is_online() {
            Err(SendError::NotOnline)
        } else if self.pending_requests.is_full() {
            Err(SendError::TooManyPending)
        } else {
            Ok(())
        }
    }

    pub(super) fn joined_room(&mut self, name: &str) -> Result<&mut Room, SendError> {
        let index = self.room_index(name).ok_or(SendError::NotInRoom)?;
        let room = &mut self.rooms[index];
        if room.view.joined {
            Ok(room)
        } else {
            Err(SendError::NotInRoom)
        }
    }
}

/// Whether the text has at most so many bytes.
pub(super) fn check_length(text: &str, limit: u32) -> Result<(), SendError> {
    let (bytes, limit) = (text.len(), limit as usize);
    if bytes > limit {
        return Err(SendError::TooLong { bytes, limit });
    }
    Ok(())
}
