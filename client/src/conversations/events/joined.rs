//! Rooms that are joined, for the first time, again, or by another name.

use alloc::string::String;

use super::super::{Conversation, ConversationId, Conversations, OlderLines, Subject};
use crate::session::Session;

/// How many former names of rooms are known. The oldest are forgotten.
const MOST_FORMER_NAMES: usize = 256;

impl Conversations {
    /// A room is joined again that the user was taken out of: its conversation begins anew,
    /// since the room's last lines come once more.
    pub(super) fn forget_removed(&mut self, room: &str) {
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

    /// Notes how much the client has of the room that is joined now, and all that follows from it.
    pub(super) fn joined_with(
        &mut self,
        session: &Session,
        id: ConversationId,
        resumed: bool,
        rejoined: bool,
        last_seq: u64,
    ) {
        let Some(conversation) = self.get_mut(id) else {
            return;
        };
        conversation.is_first_visit = !rejoined;
        if !resumed {
            conversation.known.clear();
            if rejoined {
                conversation.older = OlderLines::Possible;
            }
        }
        let room = String::from(conversation.name());
        if !rejoined {
            self.unread_may_be_due(session, &room, last_seq);
        }
        self.settings_changed(session, id, &room);
    }

    pub(super) fn joined(
        &mut self,
        room: &str,
        previous_name: &str,
        first_seq: u64,
    ) -> ConversationId {
        self.forget_removed(room);
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
}
