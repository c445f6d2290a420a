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
            Command::Help => Ok(Outcome::Help),
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
mod tests {
    use super::super::test_chat::{TestChat, own_line, whisper};
    use super::super::{CommandFailure, Layout, OlderLines, Outcome};
    use crate::session::{RequestKind, SendError};
    use alloc::string::ToString as _;
    use guildhall_protocol::{ErrorCode, RequestBody};

    #[test]
    fn texts_go_to_the_current_conversation() {
        let mut chat = TestChat::online(Layout::Tabs);
        assert_eq!(chat.run("hello"), Err(CommandFailure::NoConversation));
        chat.join("lobby");
        chat.joined("lobby");
        assert!(matches!(chat.run("hello"), Ok(Outcome::Sent(_))));
        chat.receive(whisper(9, "Bob"));
        let bob = chat.conversations.of_partner_name("bob").unwrap().id();
        chat.conversations.select(bob);
        assert!(matches!(chat.run("/me waves"), Ok(Outcome::Sent(_))));
        let RequestBody::Say(say) = chat.requests.remove(0) else {
            panic!("{:?}", chat.requests);
        };
        assert_eq!((say.room.as_str(), say.text.as_str()), ("lobby", "hello"));
        let RequestBody::Whisper(whisper) = chat.requests.remove(0) else {
            panic!("{:?}", chat.requests);
        };
        assert_eq!((whisper.to, whisper.action), (9, true));
    }

    #[test]
    fn a_text_goes_to_the_room_it_was_typed_for() {
        let mut chat = TestChat::online(Layout::Stream);
        chat.join("Inn");
        chat.joined("inn");
        chat.join("lobby");
        let command = crate::command::parse("hello").unwrap().unwrap();
        let (session, conversations) = (&mut chat.session, &mut chat.conversations);
        conversations.run(session, command, Some("Inn")).unwrap();
        chat.drain();
        assert_eq!(chat.conversations.current().unwrap().name(), "lobby");
        let inn = chat.conversations.of_room("inn").unwrap().id();
        let own = chat.conversations.own_messages().next().unwrap();
        assert_eq!(own.conversation, Some(inn));
    }

    #[test]
    fn a_whisper_is_addressed_by_name_when_the_id_may_be_another_users() {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.receive(whisper(9, "Bob"));
        chat.disconnect();
        chat.run("psst").unwrap();
        chat.welcome(false);
        let RequestBody::Whisper(whisper) = &chat.requests[0] else {
            panic!("{:?}", chat.requests);
        };
        assert_eq!((whisper.to, whisper.name.as_str()), (0, "Bob"));
    }

    #[test]
    fn a_reply_goes_to_the_last_whisperer() {
        let mut chat = TestChat::online(Layout::Tabs);
        assert_eq!(chat.run("/r hello"), Err(CommandFailure::NobodyWhispered));
        chat.join("lobby");
        chat.joined("lobby");
        chat.receive(whisper(9, "Bob"));
        assert_eq!(chat.current(), "lobby");
        let long = ["/r ", &"x".repeat(5_000)].concat();
        assert!(chat.run(&long).is_err());
        assert_eq!(chat.current(), "lobby", "nothing was sent");
        chat.run("/r hello").unwrap();
        assert_eq!(chat.current(), "Bob");
        let RequestBody::Whisper(whisper) = &chat.requests[0] else {
            panic!("{:?}", chat.requests);
        };
        assert_eq!(whisper.to, 9);
    }

    #[test]
    fn leaving_needs_a_conversation() {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.join("lobby");
        chat.joined("lobby");
        assert_eq!(
            chat.run("/leave attic"),
            Err(CommandFailure::NothingToLeave)
        );
        assert_eq!(chat.run("/leave"), Ok(Outcome::Done));
        assert!(matches!(&chat.requests[0], RequestBody::Leave(leave) if leave.room == "lobby"));
        assert!(chat.conversations.current().is_none());
    }

    #[test]
    fn requests_say_what_they_wait_for() {
        let mut chat = TestChat::online(Layout::Stream);
        assert_eq!(
            chat.run("/rooms"),
            Ok(Outcome::Requested(RequestKind::ListRooms))
        );
        assert_eq!(
            chat.run("/nick Zoe"),
            Ok(Outcome::Requested(RequestKind::Rename))
        );
        assert_eq!(chat.run("/help"), Ok(Outcome::Help));
        let nowhere = chat.run("/who").unwrap_err();
        assert_eq!(nowhere, CommandFailure::Send(SendError::NotInRoom));
        assert_eq!(nowhere.to_string(), "the user is not in this room");
    }

    #[test]
    fn a_failed_whisper_is_sent_again_to_its_partner() {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.receive(whisper(9, "Bob"));
        let Ok(Outcome::Sent(nonce)) = chat.run("psst") else {
            panic!("it is not sent");
        };
        chat.refuse(ErrorCode::NoSuchClient);
        assert!(chat.conversations.own_message(nonce).unwrap().has_failed());
        let again = chat.conversations.retry(&mut chat.session, nonce).unwrap();
        chat.drain();
        assert!(chat.conversations.own_message(nonce).is_none());
        assert!(!chat.conversations.own_message(again).unwrap().has_failed());
        let RequestBody::Whisper(whisper) = &chat.requests[0] else {
            panic!("{:?}", chat.requests);
        };
        assert_eq!((whisper.to, whisper.name.as_str()), (0, "Bob"), "by name");
        let gone = chat.conversations.retry(&mut chat.session, nonce);
        assert_eq!(gone, Err(SendError::NoSuchMessage));
    }

    #[test]
    fn a_failed_whisper_to_another_user_never_goes_to_the_partner_shown() {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.receive(whisper(9, "Bob"));
        assert_eq!(chat.current(), "Bob");
        let Ok(Outcome::Sent(nonce)) = chat.run("/w Zed secret") else {
            panic!("it is not sent");
        };
        chat.refuse(ErrorCode::NoSuchClient);
        let bob = chat.conversations.current().unwrap().partner().unwrap();
        assert_eq!(bob.id, Some(crate::ClientId(9)), "Bob is still there");
        chat.conversations.retry(&mut chat.session, nonce).unwrap();
        chat.drain();
        let RequestBody::Whisper(whisper) = &chat.requests[0] else {
            panic!("{:?}", chat.requests);
        };
        assert_eq!((whisper.to, whisper.name.as_str()), (0, "Zed"));
    }

    #[test]
    fn only_a_failed_message_can_be_discarded() {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.join("lobby");
        chat.joined("lobby");
        let Ok(Outcome::Sent(nonce)) = chat.run("hello") else {
            panic!("it is not sent");
        };
        chat.conversations.discard(&mut chat.session, nonce);
        assert!(chat.conversations.own_message(nonce).is_some(), "pending");
        chat.receive(own_line("lobby", 1, nonce));
        assert!(chat.conversations.own_message(nonce).is_none());
    }

    #[test]
    fn a_refused_room_is_joined_again_from_its_tab() {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.join("inn");
        chat.joined("inn");
        chat.disconnect();
        chat.welcome(true);
        chat.refuse(ErrorCode::ServerRoomsFull);
        assert!(chat.session.room("inn").is_none(), "the session gave it up");
        assert_eq!(chat.run("/join inn"), Ok(Outcome::Done));
        assert!(chat.session.room("inn").is_some(), "it is wanted again");
    }

    #[test]
    fn older_lines_load_once() {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.join("lobby");
        chat.joined("lobby");
        let lobby = chat.conversations.current().unwrap().id();
        chat.conversations
            .fetch_older(&mut chat.session, lobby)
            .unwrap();
        let older = |chat: &TestChat| chat.conversations.get(lobby).unwrap().older();
        assert_eq!(older(&chat), OlderLines::Loading);
        chat.drain();
        chat.refuse(ErrorCode::BadRequest);
        assert_eq!(older(&chat), OlderLines::Possible);
    }
}
