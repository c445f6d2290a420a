//! Carries out what the user asks for of lines that were said: the menu of a line, replies,
//! edits, removals and reactions; searches; and what the user has read.

use std::rc::Rc;

use guildhall_client::command::Command;
use guildhall_client::conversations::{Conversation, KnownLine};
use guildhall_client::session::{Query, SendError, Session};
use guildhall_client::texts;
use js_sys::Date;

use super::Page;
use crate::notice::Notice;
use crate::page::composer::Target;
use crate::page::log::line_menu::{Allowed, Subject};
use crate::page::user_action::{LineId, Person, Reported};

impl Page {
    /// Opens the menu of a line, at a place of the window.
    pub(super) fn open_menu(&self, id: LineId, place: (i32, i32)) {
        let (may_remove, may_moderate) = (self.may_remove(), self.place().may_moderate());
        self.with_line(id, |line| {
            let person = (!line.own).then(|| Person {
                id: line.sender,
                account: line.user.clone(),
                name: line.name.clone(),
            });
            let words = [&line.name, ": ", &line.text].concat();
            let reported = (!line.own).then_some((Reported::Line(id), words));
            let allowed = Allowed {
                edit: self.is_editable(line),
                remove: line.own || may_remove,
                moderate: person.is_some() && may_moderate,
            };
            let subject = Subject {
                line: Some(id),
                person,
                is_blocked: false,
                reported,
            };
            self.line_menu.open(subject, Some(line), &allowed, place);
        });
    }

    /// Adds a reaction of the user to a line, or takes it back.
    pub(super) fn react(&self, id: LineId, reaction: String) {
        let take_back = self.with_line(id, |line| line.has_own(&reaction));
        let react = Command::React {
            line: Some(id.seq),
            reaction,
            take_back: take_back.unwrap_or(false),
        };
        self.change_line(id, react);
    }

    /// Lets the user write a reply to a line.
    pub(super) fn reply_to(&self, id: LineId) {
        if let Some(quote) = self.with_line(id, KnownLine::quote) {
            let words = Notice::ReplyTo(Some(Rc::new(quote)));
            self.composer.aim(Some(Target {
                line: id,
                words: self.localizer.words(&words),
                edits: None,
            }));
        }
    }

    /// Lets the user edit a line.
    pub(super) fn edit(&self, id: LineId) {
        if let Some(text) = self.with_line(id, |line| line.text.clone()) {
            self.composer.edit(Target {
                line: id,
                words: self.localizer.get(texts::EDITING).into(),
                edits: Some(text),
            });
        }
    }

    /// Lets the user edit their last line of the conversation that is shown, if they can.
    pub(super) fn edit_last(&self) {
        let conversations = self.conversations.borrow();
        let Some(current) = conversations.current() else {
            return;
        };
        let last = current.lines().rev().find(|it| it.own && !it.removed);
        let last = last.filter(|line| self.is_editable(line));
        let session = self.client.session();
        let room = current.room().and_then(|room| session.room(room));
        let (Some(line), Some(room)) = (last, room) else {
            return;
        };
        let id = LineId {
            conversation: current.id(),
            epoch: room.epoch,
            seq: line.seq,
        };
        drop((session, conversations));
        self.edit(id);
    }

    /// Changes a line, or shows why not.
    pub(super) fn change_line(&self, id: LineId, command: Command) {
        let done = self.check_line(id).and_then(|()| {
            let run =
                self.change(|conversations, session| conversations.run(session, command, None));
            run.map_err(|failure| self.failure_words(&failure))
        });
        if let Err(words) = done {
            self.composer.hint(&words);
        }
    }

    /// The line must be one of the room that is shown: a room that has begun anew gives its
    /// number to another one.
    pub(super) fn check_line(&self, id: LineId) -> Result<(), String> {
        let conversations = self.conversations.borrow();
        let current = conversations
            .current()
            .filter(|it| it.id() == id.conversation);
        let session = self.client.session();
        let room = current.and_then(Conversation::room);
        let room = room.and_then(|room| session.room(room));
        match room {
            Some(room) if room.epoch == id.epoch => Ok(()),
            _ => Err(self.words(&SendError::NoSuchLine)),
        }
    }

    /// Looks for messages with these words.
    pub(super) fn search(&self, text: &str) {
        let query = Query {
            text,
            ..Query::default()
        };
        let asked = self.client.with_session(|session| session.search(&query));
        if let Err(error) = asked {
            self.search_dialog.not_done(&self.words(&error));
        }
    }

    /// Looks for further ones.
    pub(super) fn search_on(&self) {
        if let Err(error) = self.client.with_session(Session::search_on) {
            self.search_dialog.not_done(&self.words(&error));
        }
    }

    /// Tells the server what the user has read, and asks it once what is unread.
    pub(super) fn keep_up(&self) {
        // The borrow ends before the client delivers its events.
        (self.client).with_session(|session| self.conversations.borrow_mut().keep_up(session));
    }

    /// Whether the server lets the user edit a line, if both have the same time.
    fn is_editable(&self, line: &KnownLine) -> bool {
        let limit = u64::from(self.client.session().limits().edit_seconds) * 1000;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time after 1970, and below 2^53"
        )]
        let now = Date::now() as u64;
        line.own && !line.removed && now.saturating_sub(line.time) < limit
    }

    /// Whether the user may remove what others have said in the room that is shown.
    fn may_remove(&self) -> bool {
        let conversations = self.conversations.borrow();
        let session = self.client.session();
        let room = conversations.current().and_then(Conversation::room);
        let room = room.and_then(|room| session.room(room));
        room.is_some_and(|room| room.settings.may_remove)
    }

    /// Reads something of a line that is known and not removed.
    fn with_line<T>(&self, id: LineId, read: impl FnOnce(&KnownLine) -> T) -> Option<T> {
        let conversations = self.conversations.borrow();
        let line = conversations.get(id.conversation)?.line(id.seq)?;
        (!line.removed).then(|| read(line))
    }
}
