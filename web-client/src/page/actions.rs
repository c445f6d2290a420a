//! Carries out what the user asks for.

use std::rc::Rc;

use guildhall_client::RequestId;
use guildhall_client::command::{self, COMMANDS, Command};
use guildhall_client::session::{MessageKind, Recipient, SendError, Session, State};
use guildhall_client::words::{self, Language};

use crate::notice::Notice;

use super::Page;
use super::choices::Choice;
use super::conversation::{Conversation, OlderLines, Partner};
use super::user_action::UserAction;

impl Page {
    /// Carries out one action.
    pub(super) fn perform(self: &Rc<Self>, action: UserAction) {
        match action {
            UserAction::Connect => self.client.connect(),
            UserAction::Show(number) => {
                if let Some(conversation) = self.conversations.by_number(number) {
                    self.show(Some(&conversation));
                }
            }
            UserAction::Leave(number) => {
                if let Some(conversation) = self.conversations.by_number(number) {
                    self.leave(&conversation);
                }
            }
            UserAction::Join(room) => self.join(room),
            UserAction::WhisperTo { id, name } => {
                let known = self.conversations.of_partner(id, &name);
                let partner = Partner { id: Some(id), name };
                let conversation =
                    known.unwrap_or_else(|| self.conversations.open_whispers(partner));
                self.show(Some(&conversation));
                self.composer.focus();
            }
            UserAction::AskName => self.name_dialog.open(self.client.session().name()),
            UserAction::SetName(name) => self.set_name(&name),
            UserAction::Submit(text) => self.submit_or_restore(text),
            UserAction::Complete(text) => self.complete(&text),
            UserAction::Retry(nonce) => self.retry(nonce),
            UserAction::Discard(nonce) => {
                self.client.with_session(|session| session.discard(nonce));
                if let Some(conversation) = self.conversations.with_message(nonce) {
                    conversation.outbox.remove(nonce);
                }
                self.composer.focus();
            }
            UserAction::LoadOlder => self.load_older(),
            UserAction::ListRooms => self.list_rooms(),
            UserAction::SetLanguage(tag) => self.set_language(&tag),
            UserAction::FocusInput => self.composer.focus(),
            UserAction::MarkRead => self.mark_read(),
        }
    }

    /// Removes a conversation from the page.
    pub(super) fn close(&self, conversation: &Conversation) {
        let neighbour = self.conversations.remove(conversation.number);
        let is_shown = self
            .log
            .shown()
            .is_some_and(|it| it.number == conversation.number);
        if is_shown {
            self.show(neighbour.as_ref());
        }
        self.keep_rooms();
        self.refresh();
    }

    /// Stores the rooms for the next visit.
    pub(super) fn keep_rooms(&self) {
        let conversations = self.conversations.all();
        let rooms: Vec<_> = conversations
            .iter()
            .filter_map(|conversation| conversation.room())
            .collect();
        self.memory.keep_rooms(&rooms);
    }

    fn leave(&self, conversation: &Conversation) {
        let had_focus = self.tabs.have_focus();
        if let Some(room) = conversation.room() {
            self.client.with_session(|session| session.leave(room));
        }
        self.close(conversation);
        if had_focus {
            self.tabs.focus();
        } else {
            self.composer.focus();
        }
    }

    fn join(&self, room: String) {
        if let Some(conversation) = self.conversations.of_room(&room) {
            self.show(Some(&conversation));
            return;
        }
        self.client.with_session(|session| session.join(&room));
        self.awaited.replace(Some(room));
    }

    fn set_name(&self, name: &str) {
        let is_first = *self.client.session().state() == State::Idle;
        if is_first {
            self.memory.keep_name(name);
        }
        if !name.is_empty() && name != self.client.session().name() {
            let asked = self.client.with_session(|session| session.rename(name));
            if let Err(error) = asked {
                self.composer.hint(&self.words(&error));
            }
        }
        if is_first {
            self.client.connect();
        }
    }

    /// Does what was typed. If that fails, the text goes back into the textbox.
    fn submit_or_restore(self: &Rc<Self>, typed: String) {
        // It leaves the textbox first: the command may show another conversation,
        // and must not become a draft of this one.
        let _ = self.composer.take_draft();
        match self.submit(&typed) {
            Ok(()) => self.composer.remember(typed),
            Err(words) => {
                self.composer.put_draft(&typed, &self.placeholder());
                self.composer.hint(&words);
            }
        }
    }

    /// Does what was typed.
    ///
    /// The error says why not, in the user's language.
    fn submit(self: &Rc<Self>, typed: &str) -> Result<(), String> {
        let language = self.localizer.language();
        let command = command::parse(typed);
        let command = command.map_err(|error| words::command_error(language, &error))?;
        match command {
            None => Ok(()),
            Some(Command::Say(text)) => self.say(&text, MessageKind::Text),
            Some(Command::Me(text)) => self.say(&text, MessageKind::Action),
            Some(Command::Whisper { to, text }) => self.whisper(&to, &text),
            Some(Command::Reply(text)) => self.reply(&text),
            Some(Command::Join(room)) => {
                self.join(room);
                Ok(())
            }
            Some(Command::Leave(room)) => self.leave_named(room),
            Some(Command::Who(room)) => {
                let room = match room {
                    Some(room) => room,
                    None => self.shown_room()?,
                };
                self.request(|session| session.list_members(&room))
            }
            Some(Command::Nick(name)) => self.request(|session| session.rename(&name)),
            Some(Command::Rooms) => {
                self.list_rooms();
                Ok(())
            }
            Some(Command::Help) => {
                self.add_notice(None, Notice::Help);
                Ok(())
            }
        }
    }

    fn say(&self, text: &str, kind: MessageKind) -> Result<(), String> {
        let conversation = self.log.shown();
        let conversation =
            conversation.ok_or_else(|| self.localizer.label("no-room").to_string())?;
        if let Some(room) = conversation.room() {
            self.request(|session| session.say(room, text, kind))?;
        } else {
            self.whisper_in(&conversation, text, kind)?;
        }
        conversation.remove_divider();
        self.log.jump();
        Ok(())
    }

    fn whisper(&self, to: &str, text: &str) -> Result<(), String> {
        if let Some(conversation) = self.conversations.of_name(to) {
            self.whisper_in(&conversation, text, MessageKind::Text)?;
            self.show(Some(&conversation));
            return Ok(());
        }
        self.outgoing
            .set(self.log.shown().map(|conversation| conversation.number));
        let target = Recipient::Name(to);
        self.request(|session| session.whisper(target, text, MessageKind::Text))
    }

    fn reply(&self, text: &str) -> Result<(), String> {
        let last = self
            .client
            .session()
            .last_whisperer()
            .map(|(id, name)| (id, name.to_string()));
        let nobody = || self.localizer.label("nobody-whispered").to_string();
        let (id, name) = last.ok_or_else(nobody)?;
        let known = self.conversations.of_partner(id, &name);
        let partner = Partner { id: Some(id), name };
        let conversation = known.unwrap_or_else(|| self.conversations.open_whispers(partner));
        self.whisper_in(&conversation, text, MessageKind::Text)?;
        self.show(Some(&conversation));
        Ok(())
    }

    /// Whispers to the partner of an open conversation: by ID, or by name if the ID is
    /// not valid any more. Without a connection by name as well, since after it another
    /// user may have the ID.
    fn whisper_in(
        &self,
        conversation: &Conversation,
        text: &str,
        kind: MessageKind,
    ) -> Result<(), String> {
        let Some(partner) = conversation.partner() else {
            return Ok(());
        };
        let is_online = *self.client.session().state() == State::Online;
        let target = match partner.id {
            Some(id) if is_online => Recipient::Id(id),
            _ => Recipient::Name(&partner.name),
        };
        self.outgoing.set(Some(conversation.number));
        self.request(|session| session.whisper(target, text, kind))
    }

    fn leave_named(&self, room: Option<String>) -> Result<(), String> {
        let conversation = match &room {
            Some(room) => self.conversations.of_room(room),
            None => self.log.shown(),
        };
        let Some(conversation) = conversation else {
            return Err(self.words(&SendError::NotInRoom));
        };
        self.leave(&conversation);
        Ok(())
    }

    fn retry(&self, nonce: RequestId) {
        let Some(conversation) = self.conversations.with_message(nonce) else {
            return;
        };
        let retried = match conversation.outbox.message(nonce) {
            // By the name: the ID it went to may be gone, or another user's.
            Some(message) if conversation.partner().is_some() => {
                let again = self.whisper_in(&conversation, &message.text, message.kind);
                if again.is_ok() {
                    self.client.with_session(|session| session.discard(nonce));
                }
                again
            }
            _ => {
                self.outgoing.set(Some(conversation.number));
                self.request(|session| session.retry(nonce))
            }
        };
        match retried {
            Ok(()) => conversation.outbox.remove(nonce),
            Err(words) => self.composer.hint(&words),
        }
        self.composer.focus();
    }

    fn load_older(&self) {
        let Some(conversation) = self.log.shown() else {
            return;
        };
        let Some(room) = conversation.room() else {
            return;
        };
        conversation.older.set(OlderLines::Loading);
        if self
            .client
            .with_session(|session| session.fetch_history(room))
            .is_err()
        {
            conversation.older.set(OlderLines::Possible);
        }
    }

    fn list_rooms(&self) {
        let asked = self.client.with_session(Session::list_rooms);
        let hint = asked.err().map(|error| self.words(&error));
        self.join_dialog.open(&hint.unwrap_or_default());
    }

    fn complete(&self, text: &str) {
        let session = self.client.session();
        let conversations = self.conversations.all();
        let partners: Vec<_> = conversations
            .iter()
            .filter_map(|conversation| conversation.partner())
            .collect();
        let own = session.id();
        let members = session.rooms().flat_map(|room| &room.members);
        let members = members.filter(|(id, _)| Some(**id) != own);
        let members = members.map(|(_, name)| name.as_str());
        let names = distinct(members.chain(partners.iter().map(|partner| partner.name.as_str())));
        let known = self.known_rooms.borrow();
        let rooms = session.rooms().map(|room| room.name.as_str());
        let rooms = distinct(rooms.chain(known.iter().map(String::as_str)));
        let wholes = command::complete(text, names.into_iter(), rooms.into_iter());
        let choices = wholes
            .into_iter()
            .filter_map(|whole| self.choice(text, whole));
        self.composer.offer(choices.collect());
    }

    /// What the list shows for one completion. A command is shown by its first name,
    /// unless the user has begun to type another one.
    fn choice(&self, typed: &str, whole: String) -> Option<Choice> {
        let label = whole.trim_end();
        let help = COMMANDS.iter().find(|help| help.names.contains(&label));
        let Some(help) = help else {
            let (label, about) = (label.into(), String::new());
            return Some(Choice {
                whole,
                label,
                about,
            });
        };
        let first = help.names[0];
        if label != first && first.starts_with(typed) {
            return None;
        }
        Some(Choice {
            label: help.usage.replacen(first, label, 1),
            about: words::command_help(self.localizer.language(), help),
            whole,
        })
    }

    fn set_language(&self, tag: &str) {
        self.localizer
            .set_language(&self.elements.document, Language::from_tag(tag));
        self.memory.keep_language(self.localizer.tag());
        self.members.forget();
        self.status.translate(self.client.session().state());
        self.log.show_older_hint();
        // The texts change, and nothing is new: a screen reader stays silent.
        self.log.silence();
        for conversation in self.conversations.all() {
            conversation.texts.translate(&self.localizer);
        }
        let draft = self.composer.take_draft();
        self.composer.put_draft(&draft, &self.placeholder());
        self.refresh();
    }

    fn shown_room(&self) -> Result<String, String> {
        let conversation = self.log.shown();
        let room = conversation.and_then(|conversation| conversation.room().map(String::from));
        room.ok_or_else(|| self.words(&SendError::NotInRoom))
    }

    /// Asks the session for something. The error is in the user's language.
    fn request<T>(
        &self,
        request: impl FnOnce(&mut Session) -> Result<T, SendError>,
    ) -> Result<(), String> {
        let asked = self.client.with_session(request);
        asked.map(drop).map_err(|error| self.words(&error))
    }

    fn words(&self, error: &SendError) -> String {
        words::send_error(self.localizer.language(), error)
    }
}

/// The names without repetitions. There are few.
fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}
