//! What the user wishes, done.

use std::rc::Rc;

use guildhall_client::command::{self, COMMANDS, Command};
use guildhall_client::session::{Recipient, SendError, State};
use guildhall_client::words::{self, Language};

use crate::notice::Notice;

use super::Page;
use super::choices::Choice;
use super::conversation::{Conversation, Older, Partner};
use super::user_action::UserAction;

impl Page {
    /// Does what the user wishes.
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
            UserAction::BeCalled(name) => self.be_called(&name),
            UserAction::Submit(text) => self.try_to_submit(text),
            UserAction::Complete(text) => self.complete(&text),
            UserAction::Retry(nonce) => self.retry(nonce),
            UserAction::Discard(nonce) => {
                self.client.with_session(|session| session.discard(nonce));
                if let Some(conversation) = self.conversations.with_message(nonce) {
                    conversation.outbox.remove(nonce);
                }
                self.composer.focus();
            }
            UserAction::Older => self.older(),
            UserAction::ListRooms => self.list_rooms(),
            UserAction::Speak(tag) => self.speak(&tag),
            UserAction::Write => self.composer.focus(),
            UserAction::Seen => self.look(),
        }
    }

    /// Takes a conversation off the page.
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

    /// Remembers the rooms for the next visit.
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

    fn be_called(&self, name: &str) {
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

    /// Does what was typed. Where that cannot be, it goes back into the box.
    fn try_to_submit(self: &Rc<Self>, typed: String) {
        // Out of the box first: what is done may show another conversation,
        // and it is no draft of this one.
        let _ = self.composer.take_draft();
        match self.submit(&typed) {
            Ok(()) => self.composer.remember(typed),
            Err(words) => {
                self.composer.put_draft(&typed, &self.placeholder());
                self.composer.hint(&words);
            }
        }
    }

    /// Does what was typed, or says why not.
    fn submit(self: &Rc<Self>, typed: &str) -> Result<(), String> {
        let language = self.localizer.language();
        let command = command::parse(typed);
        let command = command.map_err(|error| words::command_error(language, &error))?;
        match command {
            None => Ok(()),
            Some(Command::Say(text)) => self.say(&text, false),
            Some(Command::Me(text)) => self.say(&text, true),
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
                self.sending(|page| {
                    page.client
                        .with_session(|session| session.list_members(&room))
                })
            }
            Some(Command::Nick(name)) => {
                self.sending(|page| page.client.with_session(|session| session.rename(&name)))
            }
            Some(Command::Rooms) => {
                self.list_rooms();
                Ok(())
            }
            Some(Command::Help) => {
                self.note(None, Notice::Help);
                Ok(())
            }
        }
    }

    fn say(&self, text: &str, action: bool) -> Result<(), String> {
        let conversation = self.log.shown();
        let conversation =
            conversation.ok_or_else(|| self.localizer.label("no-room").to_string())?;
        if let Some(room) = conversation.room() {
            self.sending(|page| {
                page.client
                    .with_session(|session| session.say(room, text, action))
            })?;
        } else {
            self.whisper_in(&conversation, text, action)?;
        }
        conversation.remove_divider();
        self.log.jump();
        Ok(())
    }

    fn whisper(&self, to: &str, text: &str) -> Result<(), String> {
        if let Some(conversation) = self.conversations.of_name(to) {
            self.whisper_in(&conversation, text, false)?;
            self.show(Some(&conversation));
            return Ok(());
        }
        self.outgoing
            .set(self.log.shown().map(|conversation| conversation.number));
        let target = Recipient::Name(to);
        self.sending(|page| {
            page.client
                .with_session(|session| session.whisper(target, text, false))
        })
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
        self.whisper_in(&conversation, text, false)?;
        self.show(Some(&conversation));
        Ok(())
    }

    /// Whispers in a conversation that there is: to the one with its ID, or, where
    /// that is not known any more, with its name. Without a connection, too: who
    /// has the ID on the next one, nobody knows.
    fn whisper_in(
        &self,
        conversation: &Conversation,
        text: &str,
        action: bool,
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
        self.sending(|page| {
            page.client
                .with_session(|session| session.whisper(target, text, action))
        })
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

    fn retry(&self, nonce: u64) {
        let Some(conversation) = self.conversations.with_message(nonce) else {
            return;
        };
        let again = match conversation.outbox.said(nonce) {
            // To who has the name now: the ID of before may be gone, or another's.
            Some((text, action)) if conversation.partner().is_some() => {
                let again = self.whisper_in(&conversation, &text, action);
                if again.is_ok() {
                    self.client.with_session(|session| session.discard(nonce));
                }
                again
            }
            _ => {
                self.outgoing.set(Some(conversation.number));
                self.sending(|page| page.client.with_session(|session| session.retry(nonce)))
            }
        };
        match again {
            Ok(()) => conversation.outbox.remove(nonce),
            Err(words) => self.composer.hint(&words),
        }
        self.composer.focus();
    }

    fn older(&self) {
        let Some(conversation) = self.log.shown() else {
            return;
        };
        let Some(room) = conversation.room() else {
            return;
        };
        conversation.older.set(Older::Loading);
        if self
            .client
            .with_session(|session| session.fetch_history(room))
            .is_err()
        {
            conversation.older.set(Older::Maybe);
        }
    }

    fn list_rooms(&self) {
        let asked = self
            .client
            .with_session(guildhall_client::session::Session::list_rooms);
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
        let names = once(members.chain(partners.iter().map(|partner| partner.name.as_str())));
        let known = self.known_rooms.borrow();
        let rooms = session.rooms().map(|room| room.name.as_str());
        let rooms = once(rooms.chain(known.iter().map(String::as_str)));
        let wholes = command::complete(text, names.into_iter(), rooms.into_iter());
        let choices = wholes
            .into_iter()
            .filter_map(|whole| self.choice(text, whole));
        self.composer.offer(choices.collect());
    }

    /// What the list shows for this whole text. A command stands there under
    /// its first name, unless another was begun.
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

    fn speak(&self, tag: &str) {
        self.localizer
            .speak(&self.elements.document, Language::from_tag(tag));
        self.memory.keep_language(self.localizer.tag());
        self.members.forget();
        self.status.say_again(self.client.session().state());
        self.log.say_older();
        // Nothing of it is new.
        self.log.hush();
        for conversation in self.conversations.all() {
            conversation.texts.say_again(&self.localizer);
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

    fn sending<T>(&self, send: impl FnOnce(&Self) -> Result<T, SendError>) -> Result<(), String> {
        send(self).map(drop).map_err(|error| self.words(&error))
    }

    fn words(&self, error: &SendError) -> String {
        words::send_error(self.localizer.language(), error)
    }
}

/// Each of these once. There are few.
fn once<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}
