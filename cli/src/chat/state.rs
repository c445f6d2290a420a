//! One user's chat: what is typed becomes calls of the session, in `commands`; what
//! the session tells becomes lines. Which conversation is current and which messages
//! are on their way is in the client crate's model. No I/O and no clock, as the
//! session itself.

mod commands;
mod waiting;

use std::collections::BTreeSet;

use guildhall_client::conversations::{
    Conversation, Conversations, DeliveryStatus, Layout, OwnMessage,
};
use guildhall_client::session::{Action, Event, RequestKind, Session, State};
use guildhall_client::texts::{self, Language};

use crate::chat::lines::line::Line;
use crate::chat::state::waiting::Waiting;
use crate::chat::terminal::prompt::Prompt;
use crate::chat::view::View;
use crate::sanitize::sanitize;

/// The chat of one user.
#[derive(Debug)]
pub(super) struct ChatState {
    session: Session,
    conversations: Conversations,
    language: Language,
    view: View,
    /// Whether a user is at the terminal and can send again what failed.
    interactive: bool,
    waiting: Waiting,
    lines: Vec<Line>,
    prompt: Prompt,
    /// Whether the user has ended the chat.
    quits: bool,
    /// The time of the session's clock when something happened last.
    now: u64,
}

impl ChatState {
    /// A chat of a user who wants this name and these rooms.
    pub(super) fn new(
        name: &str,
        rooms: &[String],
        language: Language,
        view: View,
        interactive: bool,
    ) -> Self {
        let mut session = Session::new(name);
        let mut conversations = Conversations::new(Layout::Stream);
        for room in rooms {
            conversations.join(&mut session, room);
        }
        let first = conversations.iter().next().map(Conversation::id);
        if let Some(first) = first {
            conversations.select(first);
        }
        let prompt = Prompt::new(view.has_styles());
        let chat = Self {
            session,
            conversations,
            language,
            view,
            interactive,
            waiting: Waiting::default(),
            lines: Vec::new(),
            prompt,
            quits: false,
            now: 0,
        };
        chat.update_prompt();
        chat
    }

    /// What the line editor needs to know, kept up to date.
    pub(super) fn prompt(&self) -> Prompt {
        self.prompt.clone()
    }

    /// The session, for the owner of the connection.
    pub(super) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// When [`ChatState::tick`] is due.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let due = [self.waiting.wake_at(), self.session.wake_at()];
        due.into_iter().flatten().min()
    }

    /// Time has passed. `random` is at least 0 and below 1.
    pub(super) fn tick(&mut self, now: u64, random: f64) {
        self.now = now;
        self.session.tick(now, random);
        for nonce in self.waiting.overdue(now) {
            if let Some(message) = self.conversations.own_message(nonce) {
                self.lines.push(self.view.waiting(message));
            }
        }
    }

    /// Why the session is over, in words, if it is.
    pub(super) fn closed(&self) -> Option<String> {
        let state = self.session.state();
        let State::Closed { reason, .. } = state else {
            return None;
        };
        let mut words = texts::state(self.language, state);
        if !reason.is_empty() {
            words = format!("{words} – {reason}");
        }
        Some(sanitize(&words).into_owned())
    }

    /// Whether the user has ended the chat.
    pub(super) fn has_quit(&self) -> bool {
        self.quits
    }

    /// Whether everything that was typed was done so far.
    pub(super) fn all_done(&self) -> bool {
        self.waiting.all_done() && self.pending_messages() == 0
    }

    /// How often the server has answered something: while that grows, waiting is
    /// worth it.
    pub(super) fn answers(&self) -> u64 {
        self.waiting.answers()
    }

    /// Whether a script's next line may be done now. Its turn comes when the rooms are
    /// joined; a command's, when all before it is done.
    pub(super) fn takes(&self, line: &str) -> bool {
        let limit = self.session.limits().unanswered as usize;
        let may_be_command = line.trim_start().starts_with('/');
        let pending = self.pending_messages();
        self.is_settled_but_for_messages() && (pending == 0 || (!may_be_command && pending < limit))
    }

    /// Whether everything has its answer.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled_but_for_messages() && self.pending_messages() == 0
    }

    fn is_settled_but_for_messages(&self) -> bool {
        *self.session.state() == State::Online
            && !self.waiting.has_requests()
            && self.session.rooms().all(|room| room.joined)
    }

    fn pending_messages(&self) -> usize {
        let messages = self.conversations.own_messages();
        let is_pending = |it: &&OwnMessage| it.status == DeliveryStatus::Pending;
        messages.filter(is_pending).count()
    }

    /// What there is to do and to show, at `now` of the session's clock.
    pub(super) fn drain(&mut self, now: u64) -> (Vec<Action>, Vec<Line>) {
        self.now = now;
        while let Some(event) = self.session.next_event() {
            // A stream has no conversation that the user does not see.
            let update = self.conversations.apply(&self.session, &event, true);
            if let (Event::Line(_), Some(id)) = (&event, update.conversation) {
                self.conversations.mark_read(id);
            }
            self.show(event, now);
        }
        // A script has no user who reads.
        if self.interactive {
            self.conversations.keep_up(&mut self.session);
        }
        self.update_prompt();
        let actions = std::iter::from_fn(|| self.session.next_action()).collect();
        (actions, std::mem::take(&mut self.lines))
    }

    fn show(&mut self, event: Event, now: u64) {
        if self.is_unasked(&event) {
            return;
        }
        let lines = self.view.event(&event, &self.conversations, now);
        self.lines.extend(lines);
        match event {
            Event::Pending { nonce, room, .. } => {
                self.show_slow_mode(room.as_deref(), now);
                let is_online = *self.session.state() == State::Online;
                if self.interactive && is_online {
                    self.waiting.message(nonce, now);
                } else if self.interactive
                    && let Some(message) = self.conversations.own_message(nonce)
                {
                    self.lines.push(self.view.waiting(message));
                }
            }
            Event::RoomChanged { room } => self.show_settings(&room),
            Event::Sent { nonce } => self.waiting.message_answered(nonce),
            Event::Failed { nonce, reason } => {
                self.waiting.message_answered(nonce);
                self.waiting.trouble();
                let Some(message) = self.conversations.own_message(nonce) else {
                    return;
                };
                let line = self.view.failed(message, &reason, self.interactive);
                self.lines.push(line);
                if !self.interactive {
                    self.conversations.discard(&mut self.session, nonce);
                }
            }
            Event::Joined { .. } => self.waiting.answered(RequestKind::Join),
            Event::Left { .. } => self.waiting.answered(RequestKind::Leave),
            Event::RenamedSelf(_) => self.waiting.answered(RequestKind::Rename),
            Event::History { .. } => self.waiting.answered(RequestKind::FetchHistory),
            Event::ChangeFailed { nonce, .. } => {
                self.waiting.message_answered(nonce);
                self.waiting.trouble();
            }
            Event::Held { nonce } => {
                self.waiting.message_answered(nonce);
                let message = self.conversations.own_message(nonce);
                self.lines.push(self.view.held(message));
            }
            Event::Reported { .. } => self.waiting.answered(RequestKind::Report),
            Event::BlockList(_) => self.waiting.answered(RequestKind::ListBlocks),
            Event::Imposed(_) => self.waiting.answered(RequestKind::Impose),
            Event::Purged { .. } => self.waiting.answered(RequestKind::Purge),
            Event::ModeratorList { .. } => self.waiting.answered(RequestKind::ListModerators),
            Event::SanctionList { .. } => self.waiting.answered(RequestKind::ListSanctions),
            Event::Done { request, .. } => self.waiting.answered(request),
            Event::UnreadList(_) => self.waiting.answered(RequestKind::ListUnread),
            Event::SearchPage { .. } => self.waiting.answered(RequestKind::Search),
            Event::RoomList { .. } => self.waiting.answered(RequestKind::ListRooms),
            Event::MemberList { .. } => self.waiting.answered(RequestKind::ListMembers),
            Event::RequestFailed { request, .. } => {
                // If the session's own requests come to nothing, the chat ends.
                if !matches!(request, RequestKind::Hello | RequestKind::Refresh) {
                    self.waiting.trouble();
                }
                self.waiting.answered(request);
            }
            Event::NameRefused(_)
            | Event::MembersChanged { .. }
            | Event::MemberJoined { .. }
            | Event::MemberLeft { .. }
            | Event::MemberRenamed { .. }
            | Event::PresenceNotice { .. }
            | Event::JoinDelayed { .. }
            | Event::RenameDelayed { .. }
            | Event::SlowMode { .. }
            | Event::Removed { .. }
            | Event::Moved { .. }
            | Event::LinesCleared(_)
            | Event::LinesPurged { .. }
            | Event::Rejected { .. }
            | Event::Sanctioned { .. }
            | Event::SanctionEnded(_)
            | Event::BlocksChanged
            | Event::ReportDecided { .. }
            | Event::TokenNeeded
            | Event::ServerAnswers(_)
            | Event::State(_)
            | Event::Welcomed { .. }
            | Event::Line(_)
            | Event::LineEdited { .. }
            | Event::LineRemoved(_)
            | Event::ReactionsChanged { .. }
            | Event::ReadMark { .. }
            | Event::HistoryOf { .. }
            | Event::Gap { .. }
            | Event::Whisper { .. }
            | Event::WhisperGap { .. }
            | Event::BadMessage(_) => {}
        }
    }

    /// Whether the event says nothing that the user wants to know: nothing is unread, or that is
    /// not known, and the user has not asked.
    fn is_unasked(&self, event: &Event) -> bool {
        let says_nothing = match event {
            Event::UnreadList(rooms) => rooms.iter().all(|room| room.lines == 0),
            Event::RequestFailed { request, .. } => *request == RequestKind::ListUnread,
            _ => false,
        };
        says_nothing && !self.waiting.is_requested(RequestKind::ListUnread)
    }

    /// Tells what holds in a room.
    fn show_settings(&mut self, room: &str) {
        if let Some(view) = self.session.room(room) {
            let words = texts::room_settings(self.language, &view.settings);
            self.lines.push(self.view.of_room(room, &words));
        }
    }

    /// Tells a user who says something when it goes out, if a room is in slow mode.
    fn show_slow_mode(&mut self, room: Option<&str>, now: u64) {
        let view = room.and_then(|room| self.session.room(room));
        if let Some(view) = view.filter(|view| view.may_say_at > now) {
            let seconds = (view.may_say_at - now).div_ceil(1_000);
            let words = texts::slow_mode_wait(self.language, seconds);
            self.lines.push(self.view.of_room(&view.name, &words));
        }
    }

    /// Why the user cannot say anything in a room, if that is so.
    fn silenced(&self, room: &str) -> Option<String> {
        if let Some(mute) = self.session.muted(room) {
            return Some(self.view.muted(mute));
        }
        let is_read_only = self.session.room(room)?.settings.read_only;
        is_read_only.then(|| self.language.get(texts::PROMPT_READ_ONLY).into())
    }

    /// Tells the line editor where texts go, and what it can complete.
    fn update_prompt(&self) {
        let current = self.conversations.current();
        let room = current.map(|current| current.name().to_owned());
        let silenced = current.and_then(|current| self.silenced(current.room()?));
        self.prompt
            .show(room.unwrap_or_default(), silenced.unwrap_or_default());
        if !self.interactive {
            return;
        }
        // Sorted, and each once.
        let names = self.conversations.all_client_names(&self.session);
        let names: BTreeSet<&str> = names.collect();
        let names = names.into_iter().map(str::to_owned).collect();
        let rooms = self.session.rooms().map(|room| room.name.clone());
        self.prompt.know(rooms.collect(), names);
    }
}

#[cfg(test)]
mod line_tests;
#[cfg(test)]
mod moderation_tests;
#[cfg(test)]
mod tests;
