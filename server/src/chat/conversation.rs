//! One user's chat: what is typed becomes calls of the session, what the session
//! tells becomes lines. No I/O and no clock, as the session itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use guildhall_protocol::command::{self, COMMANDS, Command};
use guildhall_protocol::session::{Action, Event, RequestKind, SendError, Session, State, Target};
use guildhall_protocol::words::{self, Language};

use super::phrases::Phrase;
use super::view::{About, Line, OwnMessage, View};
use super::visible::visible;

/// Sends again what failed. The page has a button for it, so it is no command
/// of the protocol crate's.
pub(super) const RETRY: &str = "/retry";

/// The chat of one user.
#[derive(Debug)]
pub(super) struct Conversation {
    session: Session,
    language: Language,
    view: View,
    /// Whether somebody sits there, who may send again what failed.
    interactive: bool,
    /// Names that rooms were joined by, and what the server calls them.
    asked: BTreeMap<String, String>,
    /// Messages without an answer, by their numbers.
    pending: BTreeMap<u64, OwnMessage>,
    /// Messages that failed, by their numbers.
    failed: BTreeMap<u64, OwnMessage>,
    /// Requests without an answer.
    awaited: Vec<RequestKind>,
    /// Whether something was not done.
    troubled: bool,
    /// How often the server has answered something.
    answers: u64,
    lines: Vec<Line>,
    shared: Arc<Mutex<Shared>>,
}

/// What the line editor shows and completes.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The room that texts go to; empty where there is none.
    pub(super) shown: String,
    /// Rooms that the user is in.
    pub(super) rooms: Vec<String>,
    /// Who else is there.
    pub(super) names: Vec<String>,
}

impl Conversation {
    /// A chat of somebody who wants this name and these rooms.
    pub(super) fn new(
        name: &str,
        rooms: &[String],
        language: Language,
        view: View,
        interactive: bool,
    ) -> Self {
        let mut session = Session::new(name);
        for room in rooms {
            session.join(room);
        }
        let shown = rooms.first().cloned().unwrap_or_default();
        Self {
            session,
            language,
            view,
            interactive,
            asked: BTreeMap::new(),
            pending: BTreeMap::new(),
            failed: BTreeMap::new(),
            awaited: Vec::new(),
            troubled: false,
            answers: 0,
            lines: Vec::new(),
            shared: Arc::new(Mutex::new(Shared {
                shown,
                ..Shared::default()
            })),
        }
    }

    /// What the line editor needs to know, kept up to date.
    pub(super) fn shared(&self) -> Arc<Mutex<Shared>> {
        Arc::clone(&self.shared)
    }

    /// The session, for whoever owns the connection.
    pub(super) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Why the session is over, in words, where it is.
    pub(super) fn closed(&self) -> Option<String> {
        let state = self.session.state();
        let State::Closed { reason, .. } = state else {
            return None;
        };
        let mut words = words::state(self.language, state);
        if !reason.is_empty() {
            words = format!("{words} – {reason}");
        }
        Some(visible(&words).into_owned())
    }

    /// Whether everything that was asked for was done so far.
    pub(super) fn all_done(&self) -> bool {
        !self.troubled && self.pending.is_empty() && self.awaited.is_empty()
    }

    /// How often the server has answered something: while that grows, waiting
    /// is worth it.
    pub(super) fn answers(&self) -> u64 {
        self.answers
    }

    /// Whether a line that nobody sees being typed may be done now. It has its
    /// turn when the rooms are there, and a command when all before it is done.
    pub(super) fn takes(&self, line: &str) -> bool {
        let most = self.session.limits().unanswered as usize;
        let may_be_command = line.trim_start().starts_with('/');
        self.is_settled_but_for_messages()
            && (self.pending.is_empty() || (!may_be_command && self.pending.len() < most))
    }

    /// Whether everything has its answer.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled_but_for_messages() && self.pending.is_empty()
    }

    fn is_settled_but_for_messages(&self) -> bool {
        *self.session.state() == State::Online
            && self.awaited.is_empty()
            && self.session.rooms().all(|room| room.joined)
    }

    /// Does what was typed. Texts go to `room`, or to the one that is shown.
    pub(super) fn typed(&mut self, text: &str, room: Option<&str>) {
        if text.trim() == RETRY && self.interactive {
            return self.retry();
        }
        let room = match room {
            Some(room) => self.asked.get(room).map_or(room, String::as_str).to_owned(),
            None => self.shown(),
        };
        match command::parse(text) {
            Ok(None) => {}
            Ok(Some(command)) => self.obey(command, &room),
            Err(error) => self.complain(&words::command_error(self.language, &error)),
        }
    }

    fn obey(&mut self, command: Command, room: &str) {
        let done = match command {
            Command::Say(text) => self.session.say(room, &text, false).map(drop),
            Command::Me(text) => self.session.say(room, &text, true).map(drop),
            Command::Whisper { to, text } => self
                .session
                .whisper(Target::Name(&to), &text, false)
                .map(drop),
            Command::Reply(text) => match self.session.last_whisperer().map(|(id, _)| id) {
                Some(id) => self.session.whisper(Target::Id(id), &text, false).map(drop),
                None => return self.complain(Phrase::NobodyWhispered.text(self.language)),
            },
            Command::Join(wanted) => {
                self.session.join(&wanted);
                self.show(wanted);
                Ok(())
            }
            Command::Leave(named) => {
                let room = named.unwrap_or_else(|| room.to_owned());
                self.session.leave(&room);
                self.show_another();
                Ok(())
            }
            Command::Who(named) => {
                let room = named.as_deref().unwrap_or(room);
                let asked = self.session.list_members(room);
                self.awaits(RequestKind::ListMembers, asked)
            }
            Command::Nick(name) => {
                let asked = self.session.rename(&name);
                self.awaits(RequestKind::Rename, asked)
            }
            Command::Rooms => {
                let asked = self.session.list_rooms();
                self.awaits(RequestKind::ListRooms, asked)
            }
            Command::Help => {
                self.help();
                Ok(())
            }
        };
        if let Err(error) = done {
            self.complain(&words::send_error(self.language, &error));
        }
    }

    fn awaits(&mut self, kind: RequestKind, asked: Result<(), SendError>) -> Result<(), SendError> {
        if asked.is_ok() {
            self.awaited.push(kind);
        }
        asked
    }

    /// Sends everything again that failed, in its order.
    fn retry(&mut self) {
        if self.failed.is_empty() {
            return self.complain(Phrase::NothingFailed.text(self.language));
        }
        for (nonce, message) in std::mem::take(&mut self.failed) {
            if let Err(error) = self.session.retry(nonce) {
                self.complain(&words::send_error(self.language, &error));
                self.failed.insert(nonce, message);
            }
        }
    }

    fn help(&mut self) {
        for command in COMMANDS {
            let does = words::command_help(self.language, command);
            self.say(&format!("{} – {does}", command.usage), About::Chat);
        }
        if self.interactive {
            let does = Phrase::RetryHelp.text(self.language);
            self.say(&format!("{RETRY} – {does}"), About::Chat);
        }
    }

    /// What there is to do and to show, at `now` of the session's clock.
    pub(super) fn drain(&mut self, now: u64) -> (Vec<Action>, Vec<Line>) {
        while let Some(event) = self.session.next_event() {
            self.happened(event, now);
        }
        self.tell_editor();
        let actions = std::iter::from_fn(|| self.session.next_action()).collect();
        (actions, std::mem::take(&mut self.lines))
    }

    fn happened(&mut self, event: Event, now: u64) {
        self.lines.extend(self.view.event(&event, now));
        match event {
            Event::Pending {
                nonce,
                room,
                to,
                text,
                ..
            } => {
                let message = OwnMessage { room, to, text };
                if self.interactive && *self.session.state() != State::Online {
                    self.lines.push(self.view.waiting(&message));
                }
                self.pending.insert(nonce, message);
            }
            Event::Sent { nonce } => {
                self.answers += 1;
                self.pending.remove(&nonce);
            }
            Event::Failed { nonce, reason } => {
                self.answers += 1;
                self.troubled = true;
                let Some(message) = self.pending.remove(&nonce) else {
                    return;
                };
                let line = self.view.failed(&message, &reason, self.interactive);
                self.lines.push(line);
                if self.interactive {
                    self.failed.insert(nonce, message);
                } else {
                    self.session.discard(nonce);
                }
            }
            Event::Joined { room, asked, .. } => {
                self.answers += 1;
                if self.shown() == asked {
                    self.show(room.clone());
                }
                self.asked.insert(asked, room);
            }
            Event::Left { .. } => {
                self.answers += 1;
                self.show_another();
            }
            Event::MyName(_) => self.answered(RequestKind::Rename),
            Event::RoomList { .. } => self.answered(RequestKind::ListRooms),
            Event::MemberList { .. } => self.answered(RequestKind::ListMembers),
            Event::Refused { what, .. } => {
                self.troubled = true;
                self.answered(what);
                self.show_another();
            }
            Event::NameRefused(_) => self.troubled = true,
            Event::Members { .. }
            | Event::Came { .. }
            | Event::Went { .. }
            | Event::Renamed { .. }
            | Event::State(_)
            | Event::Welcomed { .. }
            | Event::Line(_)
            | Event::History { .. }
            | Event::Gap { .. }
            | Event::Whisper { .. }
            | Event::WhisperGap { .. }
            | Event::BadMessage(_) => {}
        }
    }

    fn answered(&mut self, kind: RequestKind) {
        self.answers += 1;
        if let Some(at) = self.awaited.iter().position(|&awaited| awaited == kind) {
            self.awaited.swap_remove(at);
        }
    }

    /// Tells the user that something was not done.
    fn complain(&mut self, text: &str) {
        self.troubled = true;
        self.say(text, About::Connection);
    }

    fn say(&mut self, text: &str, about: About) {
        self.lines.push(self.view.system(text, about));
    }

    fn shown(&self) -> String {
        self.with_shared(|shared| shared.shown.clone())
    }

    fn show(&self, room: String) {
        self.with_shared(|shared| shared.shown = room);
    }

    /// Shows a room that the user is in, where the one that is shown is none.
    fn show_another(&self) {
        let shown = self.shown();
        if self.session.rooms().all(|room| room.name != shown) {
            let last = self.session.rooms().last();
            self.show(last.map(|room| room.name.clone()).unwrap_or_default());
        }
    }

    fn tell_editor(&self) {
        if !self.interactive {
            return;
        }
        let own = self.session.id();
        let members = self.session.rooms().flat_map(|room| &room.members);
        let mut names: Vec<String> = members
            .filter(|&(&id, _)| Some(id) != own)
            .map(|(_, name)| name.clone())
            .collect();
        names.sort();
        names.dedup();
        let rooms = self.session.rooms().map(|room| room.name.clone());
        self.with_shared(|shared| {
            shared.rooms = rooms.collect();
            shared.names = names;
        });
    }

    fn with_shared<T>(&self, look: impl FnOnce(&mut Shared) -> T) -> T {
        look(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
