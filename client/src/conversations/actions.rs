//! What the user does: commands, and what a client has buttons for. Each becomes calls
//! of the session, or a reason why nothing came of it.

use alloc::string::String;

use super::{
    Addressee, Conversation, ConversationId, Conversations, Layout, OlderLines, OwnMessage,
    Partner, Subject,
};
use crate::RequestId;
use crate::command::Command;
use crate::session::{MessageKind, Recipient, RequestKind, SendError, Session, State};

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// A message is on its way: [`Event::Sent`](crate::session::Event::Sent) or
    /// [`Event::Failed`](crate::session::Event::Failed) follows.
    Sent(RequestId),
    /// An edit, a removal or a reaction is on its way:
    /// [`Event::Sent`](crate::session::Event::Sent) or
    /// [`Event::ChangeFailed`](crate::session::Event::ChangeFailed) follows.
    Changing(RequestId),
    /// A request was sent: its answer follows as an event.
    Requested(RequestKind),
    /// The user wants to read which commands there are.
    Help,
}

/// Why nothing came of a command. Nothing is queued and nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandFailure {
    /// The session did not take it.
    #[error(transparent)]
    Send(#[from] SendError),
    /// There is no current conversation to say something in.
    #[error("there is no conversation to say this in")]
    NoConversation,
    /// There is no such conversation to leave.
    #[error("there is no such conversation to leave")]
    NothingToLeave,
    /// There is no line that the command could be about.
    #[error("there is no message that this could be about")]
    NothingToChange,
    /// Nothing more can be found: there was no search, or it is at its end.
    #[error("there is nothing more to be found")]
    NothingToSearch,
    /// Nobody has whispered to the user.
    #[error("nobody has whispered to you yet")]
    NobodyWhispered,
}

impl Conversations {
    /// Does what the user typed, in the current conversation. `room` names another room
    /// for it, by its present name or a former one: a prompt may be a moment behind.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`], for the user.
    pub fn run(
        &mut self,
        session: &mut Session,
        command: Command,
        room: Option<&str>,
    ) -> Result<Outcome, CommandFailure> {
        match command {
            Command::Say(text) => self.say(session, room, &text, MessageKind::Text),
            Command::Me(text) => self.say(session, room, &text, MessageKind::Action),
            Command::Whisper { to, text } => self.whisper(session, &to, &text),
            Command::Reply(text) => self.reply(session, &text),
            Command::Join(room) => {
                self.join(session, &room);
                Ok(Outcome::Done)
            }
            Command::Leave(named) => {
                let id = match named.as_deref().or(room) {
                    Some(room) => self.find_room(session, room).map(Conversation::id),
                    None => self.current,
                };
                self.leave(session, id.ok_or(CommandFailure::NothingToLeave)?);
                Ok(Outcome::Done)
            }
            Command::Who(named) => {
                let current = self.current().and_then(Conversation::room);
                let room = named.as_deref().or(room).or(current);
                let room = room.ok_or(SendError::NotInRoom)?;
                session.list_members(self.present_name(room))?;
                Ok(Outcome::Requested(RequestKind::ListMembers))
            }
            Command::Nick(name) => {
                session.rename(&name)?;
                Ok(Outcome::Requested(RequestKind::Rename))
            }
            Command::Rooms => {
                session.list_rooms()?;
                Ok(Outcome::Requested(RequestKind::ListRooms))
            }
            Command::Quote { line, text } => self.quote(session, room, line, &text),
            Command::Edit { line, text } => self.edit(session, room, line, &text),
            Command::Delete(line) => self.delete(session, room, line),
            Command::React {
                line,
                reaction,
                take_back,
            } => self.react(session, room, line, &reaction, take_back),
            Command::Search(words) => Self::search(session, words.as_deref()),
            Command::Unread => {
                session.list_unread()?;
                Ok(Outcome::Requested(RequestKind::ListUnread))
            }
            Command::Help => Ok(Outcome::Help),
            Command::Moderation(command) => self.moderate(session, command, room),
        }
    }

    /// Wants to be in a room, and to look at it.
    pub fn join(&mut self, session: &mut Session, room: &str) {
        if let Some(known) = self.find_room(session, room) {
            let (id, room) = (known.id(), known.room().map(String::from));
            self.current = Some(id);
            // The server may have refused the room since: then the user tries again.
            if let Some(room) = room {
                session.join(&room);
            }
            return;
        }
        session.join(room);
        // The session cuts names that are far too long.
        let name = String::from(session.room(room).map_or(room, |room| &room.name));
        match self.layout {
            Layout::Tabs => self.awaited = Some(name),
            Layout::Stream => self.current = Some(self.open(Subject::Room(name))),
        }
    }

    /// Leaves a room, or closes the whispers with a partner.
    pub fn leave(&mut self, session: &mut Session, id: ConversationId) {
        if let Some(room) = self.get(id).and_then(Conversation::room) {
            session.leave(room);
        }
        self.close(id);
    }

    /// Sends a failed message again, as a new one. A whisper goes to the user that it was
    /// typed for, as that user is known now.
    ///
    /// # Errors
    ///
    /// [`SendError`]; then the message stays as it is.
    pub fn retry(
        &mut self,
        session: &mut Session,
        nonce: RequestId,
    ) -> Result<RequestId, SendError> {
        let message = self.messages.get(nonce).ok_or(SendError::NoSuchMessage)?;
        let addressee = message.addressee;
        let conversation = match addressee {
            Addressee::Conversation => message.conversation.and_then(|id| self.get(id)),
            Addressee::Named => None,
        };
        let again = match conversation {
            Some(conversation) if conversation.partner().is_some() && message.has_failed() => {
                let (id, text, kind) = (conversation.id(), message.text.clone(), message.kind);
                let again = self.whisper_in(session, id, &text, kind)?;
                session.discard(nonce);
                again
            }
            _ => {
                let again = session.retry(nonce)?;
                if message.room.is_none() {
                    self.remember_conversation(again, message.conversation, addressee);
                }
                again
            }
        };
        self.messages.remove(nonce);
        Ok(again)
    }

    /// Forgets a failed message.
    pub fn discard(&mut self, session: &mut Session, nonce: RequestId) {
        let message = self.messages.get(nonce);
        if message.is_some_and(OwnMessage::has_failed) {
            session.discard(nonce);
            self.messages.remove(nonce);
        }
    }

    /// Asks for older lines of a room.
    ///
    /// # Errors
    ///
    /// [`SendError`], also for a conversation that is no room.
    pub fn fetch_older(
        &mut self,
        session: &mut Session,
        id: ConversationId,
    ) -> Result<(), SendError> {
        let room = self.get(id).and_then(Conversation::room);
        session.fetch_history(room.ok_or(SendError::NotInRoom)?)?;
        self.set_older(id, OlderLines::Loading);
        Ok(())
    }

    /// The client keeps no lines of a room before the one with this number any more, because
    /// it has too many. They can be fetched again, if the server has them.
    pub fn forget_before(&mut self, session: &mut Session, id: ConversationId, seq: u64) {
        if let Some(room) = self.get(id).and_then(Conversation::room) {
            session.forget_before(room, seq);
            self.set_older(id, OlderLines::Possible);
        }
    }

    fn say(
        &mut self,
        session: &mut Session,
        room: Option<&str>,
        text: &str,
        kind: MessageKind,
    ) -> Result<Outcome, CommandFailure> {
        let nonce = if let Some(room) = room {
            session.say(self.present_name(room), text, kind)?
        } else {
            let current = self.current().ok_or(CommandFailure::NoConversation)?;
            match current.room() {
                Some(room) => session.say(room, text, kind)?,
                None => self.whisper_in(session, current.id(), text, kind)?,
            }
        };
        Ok(Outcome::Sent(nonce))
    }

    fn whisper(
        &mut self,
        session: &mut Session,
        to: &str,
        text: &str,
    ) -> Result<Outcome, CommandFailure> {
        let known = self.of_partner_name(to).map(Conversation::id);
        let nonce = if let Some(id) = known {
            let nonce = self.whisper_in(session, id, text, MessageKind::Text)?;
            self.current = Some(id);
            nonce
        } else {
            let nonce = session.whisper(Recipient::Name(to), text, MessageKind::Text)?;
            self.remember_conversation(nonce, self.current, Addressee::Named);
            nonce
        };
        Ok(Outcome::Sent(nonce))
    }

    fn reply(&mut self, session: &mut Session, text: &str) -> Result<Outcome, CommandFailure> {
        let last = session.last_whisperer();
        let (id, name) = last.ok_or(CommandFailure::NobodyWhispered)?;
        if self.layout == Layout::Stream {
            let nonce = session.whisper(Recipient::Id(id), text, MessageKind::Text)?;
            return Ok(Outcome::Sent(nonce));
        }
        let name = String::from(name);
        let known = self.of_partner(id, &name).map(Conversation::id);
        let nonce = if let Some(known) = known {
            self.whisper_in(session, known, text, MessageKind::Text)?
        } else {
            let is_online = *session.state() == State::Online;
            let partner = Partner {
                id: Some(id),
                name: name.clone(),
            };
            session.whisper(partner.recipient(is_online), text, MessageKind::Text)?
        };
        // Not before: a reply that is refused opens nothing.
        let conversation = self.open_whispers(id, &name);
        self.remember_conversation(nonce, Some(conversation), Addressee::Conversation);
        self.current = Some(conversation);
        Ok(Outcome::Sent(nonce))
    }

    /// Whispers to the partner of a conversation.
    fn whisper_in(
        &mut self,
        session: &mut Session,
        id: ConversationId,
        text: &str,
        kind: MessageKind,
    ) -> Result<RequestId, SendError> {
        let partner = self.get(id).and_then(Conversation::partner);
        let partner = partner.ok_or(SendError::Empty)?;
        let is_online = *session.state() == State::Online;
        let nonce = session.whisper(partner.recipient(is_online), text, kind)?;
        self.remember_conversation(nonce, Some(id), Addressee::Conversation);
        Ok(nonce)
    }

    /// A whisper that goes out belongs to the conversation it was typed in. There is
    /// none in a stream.
    fn remember_conversation(
        &mut self,
        nonce: RequestId,
        id: Option<ConversationId>,
        addressee: Addressee,
    ) {
        if let (Layout::Tabs, Some(id)) = (self.layout, id) {
            self.messages.typed_in(nonce, id, addressee);
        }
    }
}

#[cfg(test)]
mod tests;
