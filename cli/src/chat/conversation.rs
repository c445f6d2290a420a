//! One user's chat: what is typed becomes calls of the session, which `wish` has;
//! what the session tells becomes lines. No I/O and no clock, as the session
//! itself.

mod wish;

use std::collections::BTreeMap;

use guildhall_client::session::{Action, Event, RequestKind, Session, State};
use guildhall_client::texts::{self, Language};

use super::line::Line;
use super::own_message::OwnMessage;
use super::prompt::Prompt;
use super::unanswered::Unanswered;
use super::view::View;
use super::visible::visible;

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
    unanswered: Unanswered,
    lines: Vec<Line>,
    prompt: Prompt,
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
        let prompt = Prompt::default();
        prompt.show(rooms.first().cloned().unwrap_or_default());
        Self {
            session,
            language,
            view,
            interactive,
            asked: BTreeMap::new(),
            unanswered: Unanswered::default(),
            lines: Vec::new(),
            prompt,
        }
    }

    /// What the line editor needs to know, kept up to date.
    pub(super) fn prompt(&self) -> Prompt {
        self.prompt.clone()
    }

    /// The session, for whoever owns the connection.
    pub(super) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// When [`Conversation::tick`] is due.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let due = [self.unanswered.wake_at(), self.session.wake_at()];
        due.into_iter().flatten().min()
    }

    /// Time has passed. `random` is at least 0 and below 1.
    pub(super) fn tick(&mut self, now: u64, random: f64) {
        self.session.tick(now, random);
        for message in self.unanswered.overdue(now) {
            self.lines.push(self.view.waiting(message));
        }
    }

    /// Why the session is over, in words, where it is.
    pub(super) fn closed(&self) -> Option<String> {
        let state = self.session.state();
        let State::Closed { reason, .. } = state else {
            return None;
        };
        let mut words = texts::state(self.language, state);
        if !reason.is_empty() {
            words = format!("{words} – {reason}");
        }
        Some(visible(&words).into_owned())
    }

    /// Whether everything that was asked for was done so far.
    pub(super) fn all_done(&self) -> bool {
        self.unanswered.all_done()
    }

    /// How often the server has answered something: while that grows, waiting
    /// is worth it.
    pub(super) fn answers(&self) -> u64 {
        self.unanswered.answers()
    }

    /// Whether a line that nobody sees being typed may be done now. It has its
    /// turn when the rooms are there, and a command when all before it is done.
    pub(super) fn takes(&self, line: &str) -> bool {
        let most = self.session.limits().unanswered as usize;
        let may_be_command = line.trim_start().starts_with('/');
        let pending = self.unanswered.messages();
        self.is_settled_but_for_messages() && (pending == 0 || (!may_be_command && pending < most))
    }

    /// Whether everything has its answer.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled_but_for_messages() && self.unanswered.messages() == 0
    }

    fn is_settled_but_for_messages(&self) -> bool {
        *self.session.state() == State::Online
            && !self.unanswered.has_requests()
            && self.session.rooms().all(|room| room.joined)
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
        // Who has another name by now knows already, and once is enough.
        let renames_user =
            matches!(&event, Event::Renamed { id, .. } if Some(*id) == self.session.id());
        if !renames_user {
            self.lines.extend(self.view.event(&event, now));
        }
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
                let looks_at = (self.interactive && is_online).then_some(now);
                self.unanswered.message(nonce, message, looks_at);
            }
            Event::Sent { nonce } => self.unanswered.sent(nonce),
            Event::Failed { nonce, reason } => {
                let Some(message) = self.unanswered.failed(nonce) else {
                    return;
                };
                let line = self.view.failed(&message, &reason, self.interactive);
                self.lines.push(line);
                if self.interactive {
                    self.unanswered.keep(nonce, message);
                } else {
                    self.session.discard(nonce);
                }
            }
            Event::Joined { room, asked, .. } => {
                self.unanswered.answered(RequestKind::Join);
                if self.prompt.shown() == asked {
                    self.prompt.show(room.clone());
                }
                self.asked.insert(asked, room);
            }
            Event::Left { .. } => {
                self.unanswered.answered(RequestKind::Leave);
                self.show_another();
            }
            Event::MyName(_) => self.unanswered.answered(RequestKind::Rename),
            Event::History { .. } => self.unanswered.answered(RequestKind::FetchHistory),
            Event::RoomList { .. } => self.unanswered.answered(RequestKind::ListRooms),
            Event::MemberList { .. } => self.unanswered.answered(RequestKind::ListMembers),
            Event::Refused { what, .. } => {
                self.unanswered.trouble();
                self.unanswered.answered(what);
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
            | Event::Gap { .. }
            | Event::Whisper { .. }
            | Event::WhisperGap { .. }
            | Event::BadMessage(_) => {}
        }
    }

    /// Shows a room that the user is in, where the one that is shown is none.
    fn show_another(&self) {
        let shown = self.prompt.shown();
        if self.session.rooms().all(|room| room.name != shown) {
            let last = self.session.rooms().last();
            self.prompt
                .show(last.map(|room| room.name.clone()).unwrap_or_default());
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
        self.prompt.know(rooms.collect(), names);
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_hall::Hall;
    use super::super::unanswered::SHOW_WAITING_AFTER;
    use guildhall_protocol::{MemberList, Repeated, ReplyResult};

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
        hall.answer(ReplyResult::Repeated(Repeated {}));
        assert_eq!(hall.conversation.wake_at(), Some(SHOW_WAITING_AFTER));
        hall.tick(SHOW_WAITING_AFTER - 1);
        assert!(hall.shown.is_empty(), "{:?}", hall.shown);
        hall.tick(SHOW_WAITING_AFTER);
        hall.tick(SHOW_WAITING_AFTER + 1);
        assert_eq!(hall.shown, ["… [lobby] slow"], "once");
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
        hall.answer(ReplyResult::Repeated(Repeated {}));
        assert!(hall.conversation.takes("three"));
        hall.typed("/who");
        hall.answer(ReplyResult::Repeated(Repeated {}));
        assert!(!hall.conversation.takes("three"), "not before the answer");
        let list = MemberList::default();
        hall.answer(ReplyResult::Members(list));
        assert!(hall.conversation.takes("three"));
        assert!(hall.conversation.all_done());
    }

    #[test]
    fn a_room_that_cannot_be_joined_is_not_shown() {
        let mut hall = Hall::open(true);
        hall.typed("/join ???");
        hall.refuse();
        assert_eq!(hall.conversation.prompt.shown(), "lobby");
        hall.conversation.typed("not to the lobby", Some("???"));
        hall.drain();
        assert!(hall.says().is_empty(), "{:?}", hall.says());
    }
}
