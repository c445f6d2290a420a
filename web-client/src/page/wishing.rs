//! What the user wishes, done.

use std::rc::Rc;

use guildhall_client::command::{self, COMMANDS, Command};
use guildhall_client::session::{MessageKind, Recipient, SendError, State};
use guildhall_client::texts::{self, Language};
use guildhall_client::{ClientId, RequestId};

use crate::remark::Remark;

use super::Page;
use super::choices::Choice;
use super::talk::{Older, Partner, Talk};
use super::wish::Wish;

impl Page {
    /// Does what the user wishes.
    pub(super) fn wish(self: &Rc<Self>, wish: Wish) {
        match wish {
            Wish::Connect => self.client.connect(),
            Wish::Show(number) => {
                if let Some(talk) = self.talks.by_number(number) {
                    self.show(Some(&talk));
                }
            }
            Wish::Leave(number) => {
                if let Some(talk) = self.talks.by_number(number) {
                    self.leave(&talk);
                }
            }
            Wish::Join(room) => self.join(room),
            Wish::WhisperTo { id, name } => {
                let known = self.talks.of_partner(id, &name);
                let partner = Partner { id: Some(id), name };
                let talk = known.unwrap_or_else(|| self.talks.open_whispers(partner));
                self.show(Some(&talk));
                self.composer.focus();
            }
            Wish::AskName => self.entry.open(self.client.session().name()),
            Wish::BeCalled(name) => self.be_called(&name),
            Wish::Submit(text) => self.try_to_submit(text),
            Wish::Complete(text) => self.complete(&text),
            Wish::Retry(nonce) => self.retry(nonce),
            Wish::Discard(nonce) => {
                self.client
                    .wish(|session| session.discard(RequestId(nonce)));
                if let Some(talk) = self.talks.with_message(nonce) {
                    talk.outbox.remove(nonce);
                }
                self.composer.focus();
            }
            Wish::Older => self.older(),
            Wish::ListRooms => self.list_rooms(),
            Wish::Speak(tag) => self.speak(&tag),
            Wish::Write => self.composer.focus(),
            Wish::Seen => self.look(),
        }
    }

    /// Takes a conversation off the page.
    pub(super) fn close(&self, talk: &Talk) {
        let neighbour = self.talks.remove(talk.number);
        let is_shown = self.log.shown().is_some_and(|it| it.number == talk.number);
        if is_shown {
            self.show(neighbour.as_ref());
        }
        self.keep_rooms();
        self.refresh();
    }

    /// Remembers the rooms for the next visit.
    pub(super) fn keep_rooms(&self) {
        let talks = self.talks.all();
        let rooms: Vec<_> = talks.iter().filter_map(|talk| talk.room()).collect();
        self.memory.keep_rooms(&rooms);
    }

    fn leave(&self, talk: &Talk) {
        let had_focus = self.tabs.have_focus();
        if let Some(room) = talk.room() {
            self.client.wish(|session| session.leave(room));
        }
        self.close(talk);
        if had_focus {
            self.tabs.focus();
        } else {
            self.composer.focus();
        }
    }

    fn join(&self, room: String) {
        if let Some(talk) = self.talks.of_room(&room) {
            self.show(Some(&talk));
            return;
        }
        self.client.wish(|session| session.join(&room));
        self.awaited.replace(Some(room));
    }

    fn be_called(&self, name: &str) {
        let is_first = *self.client.session().state() == State::Idle;
        if is_first {
            self.memory.keep_name(name);
        }
        if !name.is_empty() && name != self.client.session().name() {
            let asked = self.client.wish(|session| session.rename(name));
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
        let language = self.voice.language();
        let command = command::parse(typed);
        let command = command.map_err(|error| texts::command_error(language, &error))?;
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
                self.sending(|page| page.client.wish(|session| session.list_members(&room)))
            }
            Some(Command::Nick(name)) => {
                self.sending(|page| page.client.wish(|session| session.rename(&name)))
            }
            Some(Command::Rooms) => {
                self.list_rooms();
                Ok(())
            }
            Some(Command::Help) => {
                self.note(None, Remark::Help);
                Ok(())
            }
        }
    }

    fn say(&self, text: &str, action: bool) -> Result<(), String> {
        let talk = self.log.shown();
        let talk = talk.ok_or_else(|| self.voice.get(texts::NO_ROOM).to_string())?;
        if let Some(room) = talk.room() {
            self.sending(|page| {
                page.client
                    .wish(|session| session.say(room, text, MessageKind::from_action(action)))
            })?;
        } else {
            self.whisper_in(&talk, text, action)?;
        }
        talk.remove_divider();
        self.log.jump();
        Ok(())
    }

    fn whisper(&self, to: &str, text: &str) -> Result<(), String> {
        if let Some(talk) = self.talks.of_name(to) {
            self.whisper_in(&talk, text, false)?;
            self.show(Some(&talk));
            return Ok(());
        }
        self.outgoing.set(self.log.shown().map(|talk| talk.number));
        let target = Recipient::Name(to);
        self.sending(|page| {
            page.client
                .wish(|session| session.whisper(target, text, MessageKind::Text))
        })
    }

    fn reply(&self, text: &str) -> Result<(), String> {
        let last = self
            .client
            .session()
            .last_whisperer()
            .map(|(id, name)| (id.0, name.to_string()));
        let nobody = || self.voice.get(texts::NOBODY_WHISPERED).to_string();
        let (id, name) = last.ok_or_else(nobody)?;
        let known = self.talks.of_partner(id, &name);
        let partner = Partner { id: Some(id), name };
        let talk = known.unwrap_or_else(|| self.talks.open_whispers(partner));
        self.whisper_in(&talk, text, false)?;
        self.show(Some(&talk));
        Ok(())
    }

    /// Whispers in a conversation that there is: to the one with its ID, or, where
    /// that is not known any more, with its name. Without a connection, too: who
    /// has the ID on the next one, nobody knows.
    fn whisper_in(&self, talk: &Talk, text: &str, action: bool) -> Result<(), String> {
        let Some(partner) = talk.partner() else {
            return Ok(());
        };
        let is_online = *self.client.session().state() == State::Online;
        let target = match partner.id {
            Some(id) if is_online => Recipient::Id(ClientId(id)),
            _ => Recipient::Name(&partner.name),
        };
        self.outgoing.set(Some(talk.number));
        self.sending(|page| {
            page.client
                .wish(|session| session.whisper(target, text, MessageKind::from_action(action)))
        })
    }

    fn leave_named(&self, room: Option<String>) -> Result<(), String> {
        let talk = match &room {
            Some(room) => self.talks.of_room(room),
            None => self.log.shown(),
        };
        let Some(talk) = talk else {
            return Err(self.words(&SendError::NotInRoom));
        };
        self.leave(&talk);
        Ok(())
    }

    fn retry(&self, nonce: u64) {
        let Some(talk) = self.talks.with_message(nonce) else {
            return;
        };
        let again = match talk.outbox.said(nonce) {
            // To who has the name now: the ID of before may be gone, or another's.
            Some((text, action)) if talk.partner().is_some() => {
                let again = self.whisper_in(&talk, &text, action);
                if again.is_ok() {
                    self.client
                        .wish(|session| session.discard(RequestId(nonce)));
                }
                again
            }
            _ => {
                self.outgoing.set(Some(talk.number));
                self.sending(|page| page.client.wish(|session| session.retry(RequestId(nonce))))
            }
        };
        match again {
            Ok(()) => talk.outbox.remove(nonce),
            Err(words) => self.composer.hint(&words),
        }
        self.composer.focus();
    }

    fn older(&self) {
        let Some(talk) = self.log.shown() else { return };
        let Some(room) = talk.room() else { return };
        talk.older.set(Older::Loading);
        if self
            .client
            .wish(|session| session.fetch_history(room))
            .is_err()
        {
            talk.older.set(Older::Maybe);
        }
    }

    fn list_rooms(&self) {
        let asked = self
            .client
            .wish(guildhall_client::session::Session::list_rooms);
        let hint = asked.err().map(|error| self.words(&error));
        self.door.open(&hint.unwrap_or_default());
    }

    fn complete(&self, text: &str) {
        let session = self.client.session();
        let talks = self.talks.all();
        let partners: Vec<_> = talks.iter().filter_map(|talk| talk.partner()).collect();
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
            about: texts::command_help(self.voice.language(), help).into(),
            whole,
        })
    }

    fn speak(&self, tag: &str) {
        self.voice
            .speak(&self.elements.document, Language::from_tag(tag));
        self.memory.keep_language(self.voice.language().tag());
        self.people.forget();
        self.status.say_again(self.client.session().state());
        self.log.say_older();
        // Nothing of it is new.
        self.log.hush();
        for talk in self.talks.all() {
            talk.spoken.say_again(&self.voice);
        }
        let draft = self.composer.take_draft();
        self.composer.put_draft(&draft, &self.placeholder());
        self.refresh();
    }

    fn shown_room(&self) -> Result<String, String> {
        let talk = self.log.shown();
        let room = talk.and_then(|talk| talk.room().map(String::from));
        room.ok_or_else(|| self.words(&SendError::NotInRoom))
    }

    fn sending<T>(&self, send: impl FnOnce(&Self) -> Result<T, SendError>) -> Result<(), String> {
        send(self).map(drop).map_err(|error| self.words(&error))
    }

    fn words(&self, error: &SendError) -> String {
        texts::send_error(self.voice.language(), error)
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
