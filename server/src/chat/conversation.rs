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

/// What has no answer for this long is shown as waiting, in milliseconds: what was
/// typed is not on the screen any more, and not yet in its room.
const SHOW_WAITING_AFTER: u64 = 1_000;

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
    pending: BTreeMap<u64, Pending>,
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

/// A message without an answer.
#[derive(Debug)]
struct Pending {
    message: OwnMessage,
    /// When the user is told that it waits; `None` where that was done, or
    /// nobody is there.
    told_at: Option<u64>,
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

    /// When [`Conversation::tick`] is due.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let told = self.pending.values().filter_map(|pending| pending.told_at);
        told.chain(self.session.wake_at()).min()
    }

    /// Time has passed. `random` is at least 0 and below 1.
    pub(super) fn tick(&mut self, now: u64, random: f64) {
        self.session.tick(now, random);
        for pending in self.pending.values_mut() {
            if pending.told_at.take_if(|at| *at <= now).is_some() {
                self.lines.push(self.view.waiting(&pending.message));
            }
        }
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
                let is_online = *self.session.state() == State::Online;
                if self.interactive && !is_online {
                    self.lines.push(self.view.waiting(&message));
                }
                let told_at = (self.interactive && is_online).then(|| now + SHOW_WAITING_AFTER);
                self.pending.insert(nonce, Pending { message, told_at });
            }
            Event::Sent { nonce } => {
                self.answers += 1;
                self.pending.remove(&nonce);
            }
            Event::Failed { nonce, reason } => {
                self.answers += 1;
                self.troubled = true;
                let Some(Pending { message, .. }) = self.pending.remove(&nonce) else {
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
            Event::NameRefused(_)
            | Event::Members { .. }
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

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::{
        ErrorCode, Joined, Limits, MemberList, Message as _, Packet, Repeated, Reply, Request,
        RequestError, Welcome, decode, packet_arm, reply_result, request_ask,
    };

    /// A conversation and the server's side of it.
    struct Hall {
        conversation: Conversation,
        /// Requests that the server has not answered.
        asked: Vec<Request>,
        shown: Vec<String>,
    }

    impl Hall {
        /// Somebody at a terminal, or a script, who wants to be in the lobby.
        fn new(interactive: bool) -> Self {
            let view = View::new(Language::English, false);
            let rooms = ["lobby".to_owned()];
            let conversation =
                Conversation::new("Ann", &rooms, Language::English, view, interactive);
            let mut hall = Self {
                conversation,
                asked: Vec::new(),
                shown: Vec::new(),
            };
            hall.conversation.session().connect(0);
            hall.drain();
            hall
        }

        /// The same, in the lobby.
        fn open(interactive: bool) -> Self {
            let mut hall = Self::new(interactive);
            hall.conversation.session().opened(0);
            hall.drain();
            hall.welcome();
            hall.join("lobby");
            hall.shown.clear();
            hall
        }

        fn typed(&mut self, text: &str) {
            self.conversation.typed(text, None);
            self.drain();
        }

        fn tick(&mut self, now: u64) {
            self.conversation.tick(now, 0.5);
            self.drain();
        }

        fn drain(&mut self) {
            let (actions, lines) = self.conversation.drain(0);
            self.shown.extend(lines.into_iter().map(|line| line.text));
            for action in actions {
                if let Action::Send(bytes) = action
                    && let Some(packet_arm::Request(request)) = decode(&bytes).unwrap().msg
                {
                    self.asked.push(request);
                }
            }
        }

        /// The server answers the oldest request.
        fn answer(&mut self, result: reply_result) -> request_ask {
            let Request { id, ask } = self.asked.remove(0);
            let result = Some(result);
            self.receive(packet_arm::Reply(Reply { id, result }));
            ask.unwrap()
        }

        fn receive(&mut self, arm: packet_arm) {
            let bytes = Packet::from(arm).encode_to_vec();
            self.conversation.session().received(&bytes, 0);
            self.drain();
        }

        fn welcome(&mut self) {
            let welcome = Welcome {
                version: 1,
                id: 7,
                name: "Ann".into(),
                session: vec![1],
                limits: Some(Limits {
                    text_bytes: 100,
                    unanswered: 2,
                    ..*self.conversation.session().limits()
                }),
                ..Welcome::default()
            };
            self.answer(reply_result::Welcome(welcome));
        }

        /// The server lets the client in, and writes the room's name like this.
        fn join(&mut self, room: &str) {
            let joined = Joined {
                room: room.into(),
                epoch: 1,
                first_seq: 1,
                count: 1,
                ..Joined::default()
            };
            self.answer(reply_result::Joined(joined));
        }

        fn refuse(&mut self) {
            let error = RequestError {
                code: ErrorCode::NotInRoom.into(),
                arguments: vec!["lobby".into()],
                ..RequestError::default()
            };
            self.answer(reply_result::Error(error));
        }

        /// The room and the text of each say that has no answer.
        fn says(&self) -> Vec<(&str, &str)> {
            let asks = self.asked.iter().map(|request| request.ask.as_ref());
            asks.filter_map(|ask| match ask {
                Some(request_ask::Say(say)) => Some((say.room.as_str(), say.text.as_str())),
                _ => None,
            })
            .collect()
        }
    }

    #[test]
    fn what_cannot_go_out_yet_is_shown_as_waiting() {
        let mut hall = Hall::new(true);
        hall.typed("hello");
        assert_eq!(hall.shown.last().unwrap(), "… [lobby] hello");
        assert!(hall.says().is_empty());
        hall.conversation.session().opened(0);
        hall.drain();
        hall.welcome();
        hall.join("lobby");
        assert_eq!(hall.says(), [("lobby", "hello")]);
    }

    #[test]
    fn what_has_no_answer_for_a_while_is_shown_as_waiting() {
        let mut hall = Hall::open(true);
        hall.typed("quick");
        hall.typed("slow");
        hall.answer(reply_result::Repeated(Repeated {}));
        assert_eq!(hall.conversation.wake_at(), Some(SHOW_WAITING_AFTER));
        hall.tick(SHOW_WAITING_AFTER - 1);
        assert!(hall.shown.is_empty(), "{:?}", hall.shown);
        hall.tick(SHOW_WAITING_AFTER);
        hall.tick(SHOW_WAITING_AFTER + 1);
        assert_eq!(hall.shown, ["… [lobby] slow"], "once");
    }

    #[test]
    fn what_failed_is_sent_again_on_request() {
        let mut hall = Hall::open(true);
        hall.typed("/retry");
        assert_eq!(hall.shown, ["-- Nothing has failed."]);
        hall.typed("hello");
        hall.refuse();
        let failed = hall.shown.last().unwrap();
        assert!(failed.starts_with("!! [lobby] hello – "), "{failed}");
        assert!(failed.ends_with("/retry"), "{failed}");
        hall.typed("/retry");
        assert_eq!(hall.says(), [("lobby", "hello")]);
        assert!(!hall.conversation.all_done());
    }

    #[test]
    fn a_script_has_nobody_to_send_again() {
        let mut hall = Hall::open(false);
        hall.typed("hello");
        assert!(!hall.conversation.is_settled());
        hall.refuse();
        assert!(!hall.shown[0].contains("/retry"), "{:?}", hall.shown);
        assert!(hall.conversation.is_settled());
        assert!(!hall.conversation.all_done());
    }

    #[test]
    fn a_line_of_a_script_has_its_turn() {
        let mut hall = Hall::new(false);
        assert!(!hall.conversation.takes("early"));
        hall = Hall::open(false);
        assert!(hall.conversation.takes("/who"));
        hall.typed("one");
        assert!(hall.conversation.takes("two"));
        assert!(!hall.conversation.takes(" /who"), "not before the text");
        hall.typed("two");
        assert!(!hall.conversation.takes("three"), "as many as may be");
        hall.answer(reply_result::Repeated(Repeated {}));
        assert!(hall.conversation.takes("three"));
        hall.typed("/who");
        hall.answer(reply_result::Repeated(Repeated {}));
        assert!(!hall.conversation.takes("three"), "not before the answer");
        let list = MemberList::default();
        hall.answer(reply_result::Members(list));
        assert!(hall.conversation.takes("three"));
        assert!(hall.conversation.all_done());
    }

    #[test]
    fn texts_go_to_the_room_of_their_prompt() {
        let mut hall = Hall::open(true);
        hall.typed("/join Inn");
        // It is shown at once; the server has its own way to write it.
        assert_eq!(hall.conversation.shown(), "Inn");
        hall.join("inn");
        assert_eq!(hall.conversation.shown(), "inn");
        hall.conversation.typed("to the old prompt", Some("Inn"));
        hall.conversation.typed("to the lobby", Some("lobby"));
        hall.conversation.typed("to what is shown", None);
        hall.drain();
        let expected = [("inn", "to the old prompt"), ("lobby", "to the lobby")];
        assert_eq!(hall.says(), expected, "two at a time");
    }

    #[test]
    fn a_room_that_cannot_be_joined_is_not_shown() {
        let mut hall = Hall::open(true);
        hall.typed("/join ???");
        hall.refuse();
        assert_eq!(hall.conversation.shown(), "lobby");
        hall.conversation.typed("not to the lobby", Some("???"));
        hall.drain();
        assert!(hall.says().is_empty(), "{:?}", hall.says());
    }

    #[test]
    fn nobody_to_reply_to_is_said() {
        let mut hall = Hall::open(true);
        hall.typed("/r hello");
        assert_eq!(hall.shown, ["-- Nobody has whispered to you yet."]);
        assert!(hall.asked.is_empty());
    }
}
