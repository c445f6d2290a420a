//! What the session's events mean for the conversations.

use alloc::boxed::Box;
use alloc::string::String;

use super::{Addressee, Conversation, ConversationId};
use super::{Conversations, DeliveryStatus, Layout, OlderLines, OwnMessage, Partner};
use crate::session::{ChatLine, Event, FailReason, MessageKind, RequestKind, Session};
use crate::{RequestId, UserId};
use guildhall_protocol::{ErrorCode, RemovedReason, Sanction, WhisperLine};

mod joined;
#[cfg(test)]
mod tests;

/// What an event has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Update {
    /// The conversation that the event is about, if there is one: where its line or
    /// notice belongs.
    pub conversation: Option<ConversationId>,
    /// Whether the event's line counts as unread.
    pub unread: Unread,
    /// Whether another conversation is current now, or none.
    pub selected: bool,
}

/// Whether a line counts as unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unread {
    /// No: the user sees it, or it is the user's own, or from before the first visit.
    #[default]
    No,
    /// It is the first one: a mark goes above it.
    First,
    /// It is one more.
    More,
}

impl Conversations {
    /// Takes an event of the session, which has happened already. `sees_newest` is
    /// whether the user sees the newest line of the current conversation now.
    pub fn apply(&mut self, session: &Session, event: &Event, sees_newest: bool) -> Update {
        let current = self.current;
        let conversation = self.place(session, event);
        let mut update = Update {
            // A message may outlive the conversation that it was typed in.
            conversation: conversation.filter(|id| self.get(*id).is_some()),
            unread: Unread::No,
            selected: self.current != current,
        };
        if let Some(id) = update.conversation {
            let sees = sees_newest && self.current == Some(id);
            update.unread = self.count(session, id, event, sees);
        }
        if let Event::UnreadList(rooms) = event {
            let seen = self.current.filter(|_| sees_newest);
            self.unread_listed(session, rooms, seen);
        }
        update
    }

    /// Changes the conversations; returns the one that the event is about.
    fn place(&mut self, session: &Session, event: &Event) -> Option<ConversationId> {
        match event {
            Event::Welcomed { resumed: false, .. } => self.forget_ids(),
            Event::Joined {
                room,
                previous_name,
                resumed,
                rejoined,
                first_seq,
                last_seq,
            } => {
                let id = self.joined(room, previous_name, *first_seq);
                self.joined_with(session, id, *resumed, *rejoined, *last_seq);
                return Some(id);
            }
            Event::RoomChanged { room } => {
                let id = self.id_of_room(room)?;
                self.settings_changed(session, id, room);
                return Some(id);
            }
            // Unless the user wants it again by now.
            Event::Left { room } if session.room(room).is_none() => {
                self.await_no_longer(room);
                let id = self.id_of_room(room)?;
                self.close(id);
            }
            // When it comes at last, the user may look at something else.
            Event::JoinDelayed { room, .. } => {
                self.await_no_longer(room);
                return self.id_of_room(room);
            }
            Event::Removed {
                room,
                reason,
                sanction,
            } if session.room(room).is_none() => {
                return self.removed(room, (*reason, sanction.clone()));
            }
            Event::Moved { from, room } => {
                self.moved(from, room);
                return self.id_of_room(from);
            }
            Event::BlocksChanged => self.hide_blocked(session),
            Event::Line(_)
            | Event::LineEdited { .. }
            | Event::LineRemoved(_)
            | Event::ReactionsChanged { .. } => {
                if let Event::Line(ChatLine {
                    own: true, nonce, ..
                }) = event
                {
                    self.messages.deliver(*nonce);
                }
                let id = self.id_of_room(event.room()?)?;
                self.get_mut(id)?.known.apply(event);
                return Some(id);
            }
            Event::LinesCleared(_) | Event::LinesPurged { .. } => {
                let id = self.id_of_room(event.room()?)?;
                let conversation = self.get_mut(id)?;
                conversation.change_lines(session.name(), |known| known.apply(event));
                return Some(id);
            }
            Event::ReadMark { room, .. } => {
                self.read_elsewhere(session, room);
                return self.id_of_room(room);
            }
            Event::History { room, more, .. } => {
                let id = self.id_of_room(room)?;
                self.get_mut(id)?.known.apply(event);
                let more = if *more {
                    OlderLines::Possible
                } else {
                    OlderLines::None
                };
                self.set_older(id, more);
                return Some(id);
            }
            Event::Whisper { line, own } => return self.whispered(line, *own),
            Event::Pending { nonce, room, .. } => {
                return self.pending(*nonce, room.as_deref(), event);
            }
            Event::Held { nonce } => return self.messages.hold(*nonce),
            Event::Sent { nonce } => return self.messages.deliver(*nonce),
            Event::Failed { nonce, reason } => return self.failed(*nonce, reason.clone()),
            Event::RoomList { rooms, .. } => {
                self.listed_rooms = rooms.iter().map(|info| info.room.clone()).collect();
            }
            Event::RequestFailed {
                request, subject, ..
            } => {
                return self.request_failed(session, *request, subject);
            }
            // They change nothing here.
            event => return self.id_of_room(event.room()?),
        }
        None
    }

    /// A message is on its way.
    fn pending(
        &mut self,
        nonce: RequestId,
        room: Option<&str>,
        event: &Event,
    ) -> Option<ConversationId> {
        let Event::Pending {
            to, text, action, ..
        } = event
        else {
            return None;
        };
        let typed_in = self.messages.take_typed_in(nonce);
        let (conversation, addressee) = match (room, typed_in) {
            (Some(room), _) => (self.id_of_room(room), Addressee::Conversation),
            (None, Some((id, addressee))) => (Some(id), addressee),
            (None, None) => (None, Addressee::Named),
        };
        self.messages.add(OwnMessage {
            nonce,
            conversation,
            room: room.map(String::from),
            to: to.clone(),
            addressee,
            text: text.clone(),
            kind: MessageKind::from_action(*action),
            status: DeliveryStatus::Pending,
        });
        conversation
    }

    /// Other settings may hold in a room: whether the user sees older lines is one of them.
    fn settings_changed(&mut self, session: &Session, id: ConversationId, room: &str) {
        let room = session.room(room);
        let is_forbidden = room.is_some_and(|room| room.settings.no_history);
        if let Some(conversation) = self.get_mut(id) {
            if is_forbidden {
                conversation.older = OlderLines::Forbidden;
            } else if conversation.older == OlderLines::Forbidden {
                conversation.older = OlderLines::Possible;
            }
        }
    }

    fn id_of_room(&self, room: &str) -> Option<ConversationId> {
        self.of_room(room).map(Conversation::id)
    }

    /// In a new session the IDs that are known may be other users'; the names are what
    /// the user knows.
    fn forget_ids(&mut self) {
        for partner in self.all.iter_mut().filter_map(Conversation::partner_mut) {
            partner.id = None;
        }
    }

    /// The server has taken the user out of a room. A tab stays to be read.
    fn removed(
        &mut self,
        room: &str,
        why: (RemovedReason, Option<Box<Sanction>>),
    ) -> Option<ConversationId> {
        self.await_no_longer(room);
        let id = self.id_of_room(room)?;
        if self.layout == Layout::Stream {
            self.close(id);
        } else if let Some(conversation) = self.get_mut(id) {
            conversation.removed = Some(why);
            conversation.older = OlderLines::Forbidden;
        }
        Some(id)
    }

    fn whispered(&mut self, line: &WhisperLine, own: bool) -> Option<ConversationId> {
        let typed_in = if own {
            self.messages.deliver(RequestId(line.nonce))
        } else {
            None
        };
        if self.layout == Layout::Stream {
            return None;
        }
        let (id, name) = if own {
            (line.receiver, &line.receiver_name)
        } else {
            (line.sender, &line.sender_name)
        };
        let conversation = self.open_whispers(UserId(id), name);
        self.whispers += 1;
        let last = self.whispers;
        if let Some(whispers) = self.get_mut(conversation) {
            whispers.whispers_use.is_answered |= own;
            whispers.whispers_use.last = last;
            if let Some(partner) = whispers.partner_mut() {
                // A name that came back has another ID now, and an ID may have another name.
                *partner = Partner {
                    id: Some(UserId(id)),
                    name: name.clone(),
                };
            }
        }
        // A whisper that was typed elsewhere goes on in its own conversation. One that comes
        // before the room that the user wants to see stays unread.
        let is_first = self.current.is_none() && self.awaited.is_none();
        if is_first || (typed_in.is_some() && typed_in == self.current) {
            self.current = Some(conversation);
        }
        Some(conversation)
    }

    fn failed(&mut self, nonce: RequestId, mut reason: FailReason) -> Option<ConversationId> {
        let message = self.messages.get(nonce)?;
        let (conversation, addressee) = (message.conversation, message.addressee);
        if addressee == Addressee::Conversation
            && let Some(partner) = conversation
                .and_then(|id| self.get_mut(id))
                .and_then(Conversation::partner_mut)
            && let FailReason::Refused(error) = &mut reason
            && error.code() == ErrorCode::NoSuchClient
        {
            // The user knows the name and not the ID; and under that name, the partner
            // may come back.
            error.arguments = alloc::vec![partner.name.clone()];
            partner.id = None;
        }
        self.messages.fail(nonce, reason);
        conversation
    }

    fn request_failed(
        &mut self,
        session: &Session,
        request: RequestKind,
        subject: &str,
    ) -> Option<ConversationId> {
        let id = self.id_of_room(subject);
        match request {
            RequestKind::FetchHistory => {
                let conversation = self.get_mut(id?)?;
                if conversation.older == OlderLines::Loading {
                    conversation.older = OlderLines::Possible;
                }
            }
            RequestKind::ListUnread => self.unread_is_asked = false,
            RequestKind::Join => {
                self.await_no_longer(subject);
                if self.layout == Layout::Stream && session.room(subject).is_none() {
                    self.close(id?);
                    return None;
                }
            }
            _ => {}
        }
        id
    }

    /// A room does not come: if the user waited for this one, the first conversation is shown
    /// instead of none.
    fn await_no_longer(&mut self, room: &str) {
        self.awaited.take_if(|it| it == room);
        if self.current.is_none() && self.awaited.is_none() {
            self.current = self.all.first().map(Conversation::id);
        }
    }

    /// Counts a line that the user does not see.
    fn count(
        &mut self,
        session: &Session,
        id: ConversationId,
        event: &Event,
        sees: bool,
    ) -> Unread {
        let Some(conversation) = self.get_mut(id) else {
            return Unread::No;
        };
        let counts = match event {
            Event::Line(line) => !line.own && (!line.replay || !conversation.is_first_visit),
            Event::Whisper { own, .. } => !own,
            _ => false,
        };
        conversation.is_seen |= sees && matches!(event, Event::Line(_));
        if !counts || sees {
            return Unread::No;
        }
        if let Event::Line(line) = event
            && super::names(&line.text, session.name())
        {
            conversation.mentions += 1;
        }
        conversation.unread += 1;
        if conversation.unread == 1 {
            Unread::First
        } else {
            Unread::More
        }
    }
}
