//! What the session's events mean for the conversations.

use super::{Addressee, Conversation, ConversationId};
use super::{Conversations, DeliveryStatus, Layout, OlderLines, OwnMessage, Partner, Subject};
use crate::session::{ChatLine, Event, FailReason, MessageKind, RequestKind, Session};
use crate::{RequestId, UserId};
use guildhall_protocol::{ErrorCode, RemovedReason, WhisperLine};

#[cfg(test)]
mod tests;

/// How many former names of rooms are known. The oldest are forgotten.
const MOST_FORMER_NAMES: usize = 256;

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
            update.unread = self.count(id, event, sees);
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
                ..
            } => {
                self.forget_removed(room);
                let id = self.joined(room, previous_name, *first_seq);
                if let Some(conversation) = self.get_mut(id) {
                    conversation.is_first_visit = !rejoined;
                    if *rejoined && !resumed {
                        conversation.older = OlderLines::Possible;
                    }
                }
                self.settings_changed(session, id, room);
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
            Event::Removed { room, reason } if session.room(room).is_none() => {
                return self.removed(room, *reason);
            }
            Event::Line(ChatLine {
                room, own, nonce, ..
            }) => {
                if *own {
                    self.messages.deliver(*nonce);
                }
                return self.id_of_room(room);
            }
            Event::History { room, more, .. } => {
                let id = self.id_of_room(room)?;
                let more = if *more {
                    OlderLines::Possible
                } else {
                    OlderLines::None
                };
                self.set_older(id, more);
                return Some(id);
            }
            Event::Whisper { line, own } => return self.whispered(line, *own),
            Event::Pending {
                nonce,
                room,
                to,
                text,
                action,
            } => {
                let typed_in = self.messages.take_typed_in(*nonce);
                let (conversation, addressee) = match (room, typed_in) {
                    (Some(room), _) => (self.id_of_room(room), Addressee::Conversation),
                    (None, Some((id, addressee))) => (Some(id), addressee),
                    (None, None) => (None, Addressee::Named),
                };
                self.messages.add(OwnMessage {
                    nonce: *nonce,
                    conversation,
                    room: room.clone(),
                    to: to.clone(),
                    addressee,
                    text: text.clone(),
                    kind: MessageKind::from_action(*action),
                    status: DeliveryStatus::Pending,
                });
                return conversation;
            }
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

    /// A room is joined again that the user was taken out of: its conversation begins anew,
    /// since the room's last lines come once more.
    fn forget_removed(&mut self, room: &str) {
        let is_it = |it: &Conversation| it.room() == Some(room) && it.removed.is_some();
        let Some(index) = self.all.iter().position(is_it) else {
            return;
        };
        let removed = self.all[index].id();
        self.messages.remove_conversation(removed);
        let id = self.open(Subject::Room(room.into()));
        self.all.swap_remove(index);
        if self.current == Some(removed) {
            self.current = Some(id);
        }
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

    fn joined(&mut self, room: &str, previous_name: &str, first_seq: u64) -> ConversationId {
        if room != previous_name {
            self.remember_name(previous_name, room);
        }
        let (known, before) = (self.id_of_room(room), self.id_of_room(previous_name));
        let id = match (known, before) {
            (Some(id), Some(twice)) if id != twice => {
                // Two names, one room.
                self.messages.move_conversation(twice, id);
                if self.current == Some(twice) {
                    self.current = Some(id);
                }
                self.close(twice);
                id
            }
            (Some(id), _) => id,
            (None, Some(id)) => {
                if let Some(conversation) = self.get_mut(id) {
                    conversation.subject = Subject::Room(room.into());
                }
                id
            }
            (None, None) => {
                let id = self.open(Subject::Room(room.into()));
                if first_seq <= 1 {
                    self.set_older(id, OlderLines::None);
                }
                id
            }
        };
        if self.awaited.take_if(|it| it == previous_name).is_some() || self.current.is_none() {
            self.current = Some(id);
        }
        id
    }

    /// The user may go on to call a room by the name that it had.
    fn remember_name(&mut self, former: &str, present: &str) {
        self.former_names.retain(|(name, _)| name != former);
        for (_, name) in &mut self.former_names {
            if name == former {
                *name = present.into();
            }
        }
        self.former_names.push((former.into(), present.into()));
        if self.former_names.len() > MOST_FORMER_NAMES {
            self.former_names.remove(0);
        }
    }

    /// The server has taken the user out of a room. A tab stays to be read.
    fn removed(&mut self, room: &str, reason: RemovedReason) -> Option<ConversationId> {
        self.await_no_longer(room);
        let id = self.id_of_room(room)?;
        if self.layout == Layout::Stream {
            self.close(id);
        } else if let Some(conversation) = self.get_mut(id) {
            conversation.removed = Some(reason);
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
        if let Some(partner) = self
            .get_mut(conversation)
            .and_then(Conversation::partner_mut)
        {
            // A name that came back has another ID now, and an ID may have another name.
            *partner = Partner {
                id: Some(UserId(id)),
                name: name.clone(),
            };
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
    fn count(&mut self, id: ConversationId, event: &Event, sees: bool) -> Unread {
        let Some(conversation) = self.get_mut(id) else {
            return Unread::No;
        };
        let counts = match event {
            Event::Line(line) => !line.own && (!line.replay || !conversation.is_first_visit),
            Event::Whisper { own, .. } => !own,
            _ => false,
        };
        if !counts || sees {
            return Unread::No;
        }
        conversation.unread += 1;
        if conversation.unread == 1 {
            Unread::First
        } else {
            Unread::More
        }
    }
}
