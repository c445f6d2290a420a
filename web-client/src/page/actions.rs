//! Carries out what the user asks for.

use std::rc::Rc;

use guildhall_client::RequestId;
use guildhall_client::command::{self, COMMANDS, Command};
use guildhall_client::conversations::{CommandFailure, ConversationId, Conversations, Outcome};
use guildhall_client::session::{SendError, Session, State};
use guildhall_client::texts::{self, Language};

use crate::notice::Notice;

use super::Page;
use crate::page::choices::Choice;
use crate::page::composer::Target;
use crate::page::user_action::UserAction;

impl Page {
    /// Carries out one action.
    pub(super) fn perform(self: &Rc<Self>, action: UserAction) {
        match action {
            UserAction::Connect => self.connect(),
            UserAction::GoOnHere => self.go_on(),
            UserAction::BeAnother => {
                self.memory.be_apart();
                self.memory.forget_claim(&self.server);
                self.name_dialog.open("");
            }
            UserAction::ForgetBefore(id, seq) => {
                self.change(|conversations, session| conversations.forget_before(session, id, seq));
            }
            UserAction::Show(id) => {
                self.conversations.borrow_mut().select(id);
                if let Some(view) = self.views.get(id) {
                    self.show(Some(&view));
                }
            }
            UserAction::Leave(id) => self.leave(id),
            UserAction::JoinAgain => {
                self.join(&self.shown_room());
                self.composer.focus();
            }
            UserAction::Join(room) => self.join(&room),
            UserAction::WhisperTo { id, name } => {
                self.members.make_way();
                self.change(|conversations, _| {
                    let whispers = conversations.open_whispers(id, &name);
                    conversations.select(whispers);
                });
                self.composer.focus();
            }
            UserAction::AskName => {
                let session = self.client.session();
                if session.may_rename() {
                    self.name_dialog.open(session.name());
                } else {
                    let words = self.localizer.get(texts::ERROR_NAME_FIXED);
                    self.name_dialog.open_fixed(session.name(), words);
                }
            }
            UserAction::SetName(name) => self.set_name(&name),
            UserAction::Submit(text) => self.submit_or_restore(text),
            UserAction::Complete(text) => self.complete(&text),
            UserAction::Retry(nonce) => self.retry(nonce),
            UserAction::Discard(nonce) => {
                self.change(|conversations, session| conversations.discard(session, nonce));
                if let Some(view) = self.views.with_message(nonce) {
                    view.outbox.remove(nonce);
                }
                self.composer.focus();
            }
            UserAction::LoadOlder => self.load_older(),
            UserAction::ListRooms => self.list_rooms(),
            UserAction::SetLanguage(tag) => self.set_language(&tag),
            UserAction::FocusInput => self.composer.focus(),
            UserAction::MarkRead => self.mark_read(),
            UserAction::OpenMenu(line, place) => self.open_menu(line, place),
            UserAction::OpenUserMenu {
                person,
                reported,
                place,
            } => self.open_user_menu(person, reported, place),
            UserAction::Block { person, take_back } => self.block(&person, take_back),
            UserAction::Open(form) => self.open_form(form),
            UserAction::Act(act) => self.act(act),
            UserAction::React(line, reaction) => self.react(line, reaction),
            UserAction::ReplyTo(line) => self.reply_to(line),
            UserAction::Edit(line) => self.edit(line),
            UserAction::EditLast => self.edit_last(),
            UserAction::Remove(line) => {
                self.change_line(line, Command::Delete(Some(line.seq)));
            }
            UserAction::Search(words) => self.search(&words),
            UserAction::SearchOn => self.search_on(),
        }
    }

    /// Changes the conversations, and shows what that has changed.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Conversations, &mut Session) -> T,
    ) -> T {
        // The borrow ends before the client delivers its events.
        let result = (self.client)
            .with_session(|session| change(&mut self.conversations.borrow_mut(), session));
        self.follow_conversations();
        result
    }

    fn leave(&self, id: ConversationId) {
        let had_focus = self.tabs.have_focus();
        self.change(|conversations, session| conversations.leave(session, id));
        if had_focus {
            self.tabs.focus();
        } else {
            self.composer.focus();
        }
    }

    /// Connects, because the user wants it now.
    fn connect(&self) {
        if self.is_closed() {
            // Another tab may have gone on with the session.
            self.go_on();
        } else if *self.client.session().state() == State::Online {
            self.client.reconnect();
        } else {
            self.client.connect();
        }
    }

    /// Takes the name that the user gave in the dialog, which stays open until the server has
    /// given it. The first name goes with the first connection.
    fn set_name(self: &Rc<Self>, name: &str) {
        let is_first = *self.client.session().state() == State::Idle;
        if is_first {
            self.memory.keep_name(name);
        }
        let is_asked = match self.wish_for(name) {
            Err(error) => {
                self.name_dialog.not_done(&self.words(&error));
                return;
            }
            Ok(is_asked) => is_asked,
        };
        if !is_asked || *self.client.session().state() != State::Online {
            self.name_dialog.done();
        }
        if is_first {
            self.client.connect();
        }
    }

    /// Asks for another name, now or with the next connection. Returns whether there was
    /// anything to ask for.
    pub(super) fn wish_for(&self, name: &str) -> Result<bool, SendError> {
        let is_other = !name.is_empty() && name != self.client.session().name();
        if is_other {
            self.client.with_session(|session| session.rename(name))?;
        }
        Ok(is_other)
    }

    /// Joins a room. The dialog that asked for it stays open until the server has answered.
    fn join(self: &Rc<Self>, room: &str) {
        self.change(|conversations, session| conversations.join(session, room));
        let session = self.client.session();
        let waits = *session.state() == State::Online
            && session.room(room).is_some_and(|room| !room.joined);
        drop(session);
        if !waits {
            self.join_dialog.done();
        }
    }

    /// Does what was typed. If that fails, the text goes back into the textbox.
    fn submit_or_restore(self: &Rc<Self>, typed: String) {
        let is_entering =
            self.log.shown().is_none() && self.client.session().rooms().next().is_some();
        if is_entering && !typed.starts_with('/') {
            self.submitted_early.replace(Some(typed));
            return;
        }
        // It leaves the textbox first: the command may show another conversation,
        // and must not become a draft of this one.
        let target = self.composer.take_target();
        let _ = self.composer.take_draft();
        match (self.submit(&typed, target.as_ref()), target) {
            (
                Ok(()),
                Some(Target {
                    edits: Some(draft), ..
                }),
            ) => {
                self.composer.put_draft(&draft, &self.placeholder());
            }
            (Ok(()), _) => self.composer.remember(typed),
            (Err(words), target) => {
                self.composer.put_draft(&typed, &self.placeholder());
                self.composer.aim(target);
                self.composer.hint(&words);
            }
        }
    }

    /// Does what was typed.
    ///
    /// The error says why not, in the user's language.
    fn submit(self: &Rc<Self>, typed: &str, target: Option<&Target>) -> Result<(), String> {
        let language = self.localizer.language();
        let command = if let Some(Target {
            edits: Some(_),
            line,
            ..
        }) = target
        {
            // Whatever it begins with.
            Some(Command::Edit {
                line: Some(line.seq),
                text: typed.trim().into(),
            })
        } else {
            let command = command::parse(typed);
            command.map_err(|error| texts::command_error(language, &error))?
        };
        let Some(mut command) = command else {
            return Ok(());
        };
        if let Some(Target { line, .. }) = target {
            self.check_line(*line)?;
            if let Command::Say(text) = command {
                command = Command::Quote {
                    line: Some(line.seq),
                    text,
                };
            }
        }
        if command == Command::Rooms {
            self.list_rooms();
            return Ok(());
        }
        let shown = self.log.shown();
        let is_said_here = matches!(
            command,
            Command::Say(_) | Command::Me(_) | Command::Quote { .. }
        );
        let outcome =
            self.change(|conversations, session| conversations.run(session, command, None));
        let outcome = outcome.map_err(|failure| self.failure_words(&failure))?;
        if outcome == Outcome::Help {
            self.add_notice(None, Notice::Help);
        }
        if is_said_here && let Some(view) = shown {
            view.remove_divider();
            self.log.jump();
        }
        Ok(())
    }

    fn retry(&self, nonce: RequestId) {
        let view = self.views.with_message(nonce);
        let retried = self.change(|conversations, session| conversations.retry(session, nonce));
        match (retried, view) {
            (Ok(_), Some(view)) => view.outbox.remove(nonce),
            (Ok(_), None) => {}
            (Err(error), _) => self.composer.hint(&self.words(&error)),
        }
        self.composer.focus();
    }

    fn load_older(&self) {
        if let Some(view) = self.log.shown() {
            // It fails without a connection; the log asks again when it is scrolled.
            let _ =
                self.change(|conversations, session| conversations.fetch_older(session, view.id));
        }
    }

    fn list_rooms(&self) {
        let asked = self.client.with_session(Session::list_rooms);
        let hint = asked.err().map(|error| self.words(&error));
        self.join_dialog.open(&hint.unwrap_or_default());
    }

    fn complete(&self, text: &str) {
        let session = self.client.session();
        let conversations = self.conversations.borrow();
        let names = conversations.client_names(&session);
        let rooms = conversations.room_names(&session);
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
            label: [label, help.usage.strip_prefix(first).unwrap_or_default()].concat(),
            about: texts::command_help(self.localizer.language(), help).into(),
            whole,
        })
    }

    fn set_language(&self, tag: &str) {
        self.localizer
            .set_language(&self.elements.document, Language::from_tag(tag));
        self.memory.keep_language(self.localizer.language().tag());
        self.members.forget();
        self.status.translate(&self.client.session());
        self.log.show_older_hint();
        // The texts change, and nothing is new: a screen reader stays silent.
        self.log.silence();
        for view in self.views.all() {
            view.texts.translate(&self.localizer);
        }
        let draft = self.composer.take_draft();
        self.composer.put_draft(&draft, &self.placeholder());
        self.refresh();
    }

    pub(super) fn failure_words(&self, failure: &CommandFailure) -> String {
        match failure {
            CommandFailure::Send(error) => self.words(error),
            CommandFailure::NoConversation => self.localizer.get(texts::NO_ROOM).into(),
            CommandFailure::NothingToChange => self.localizer.get(texts::NOTHING_TO_CHANGE).into(),
            CommandFailure::NothingToSearch => self.localizer.get(texts::NOTHING_MORE_FOUND).into(),
            CommandFailure::NothingToLeave => self.words(&SendError::NotInRoom),
            CommandFailure::NobodyWhispered => self.localizer.get(texts::NOBODY_WHISPERED).into(),
        }
    }

    pub(super) fn words(&self, error: &SendError) -> String {
        texts::send_error(self.localizer.language(), error)
    }
}
