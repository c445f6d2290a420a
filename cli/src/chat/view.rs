//! Which lines an event of the session becomes. Pure, so that a test can read every
//! line.

use guildhall_client::conversations::{Conversation, Conversations, KnownLine, OwnMessage};
use guildhall_client::session::{ChatLine, Event, FailReason, LineChange, State};
use guildhall_client::texts::{self, Language};
use guildhall_protocol::Sanction;

use crate::chat::lines::clock::{self, Clock};
use crate::chat::lines::line::{About, Line, Painted, Palette, dim};
use crate::chat::lines::message::{
    Look, format_edited, format_known, format_message, format_whisper,
};
use crate::chat::lines::notice::{self, format_notice, format_room_notice};
use crate::chat::lines::own_message::{format_failed, format_held, format_waiting};

/// How things are shown.
#[derive(Debug)]
pub(super) struct View {
    language: Language,
    palette: Palette,
    /// Tells the time before each message; `None`: messages have no time.
    clock: Option<Clock>,
    has_numbers: bool,
}

/// So many of a room's newest messages are shown with their numbers, when the user wants these.
const MOST_NUMBERED: usize = 10;

impl View {
    /// A view in this language, with or without colours and times.
    pub(super) fn new(language: Language, palette: Palette, clock: Option<Clock>) -> Self {
        Self {
            language,
            palette,
            clock,
            has_numbers: false,
        }
    }

    /// Whether lines have colours and other styles.
    pub(super) fn has_styles(&self) -> bool {
        self.palette.has_styles()
    }

    /// Shows the number of each message from now on, or hides it again. Returns whether it is
    /// shown.
    pub(super) fn toggle_numbers(&mut self) -> bool {
        self.has_numbers = !self.has_numbers;
        self.has_numbers
    }

    fn look(&self) -> Look {
        Look {
            language: self.language,
            has_numbers: self.has_numbers,
        }
    }

    /// The newest messages of a room, with their numbers.
    pub(super) fn numbered(&self, conversation: &Conversation) -> Vec<Line> {
        let room = conversation.room().unwrap_or_default();
        let newest = conversation.lines().rev().take(MOST_NUMBERED);
        let mut lines: Vec<_> = newest
            .map(|line| format_known(self.palette.begin(), room, line, self.look()))
            .collect();
        lines.reverse();
        lines
    }

    /// The lines for an event, at `now` of the session's clock; none if there is nothing
    /// to show. The user's own messages are shown when the room's copy of them comes,
    /// and before that by [`View::waiting`] and [`View::failed`].
    pub(super) fn event(
        &mut self,
        event: &Event,
        conversations: &Conversations,
        now: u64,
    ) -> Vec<Line> {
        let palette = self.palette;
        match event {
            Event::Line(line) => self.message(line, conversations),
            Event::History { room, lines, more } => self.older(room, lines, *more, conversations),
            Event::SanctionList {
                sanctions, more, ..
            } => notice::format_sanctions(palette, self.language, sanctions, *more),
            Event::LineEdited { change, .. }
            | Event::LineRemoved(change)
            | Event::ReactionsChanged { change, .. } => {
                let known = conversations.of_room(&change.room);
                let known = known.and_then(|it| it.line(change.line));
                self.change(event, change, known)
            }
            Event::UnreadList(rooms) => notice::format_unread(palette, self.language, rooms),
            Event::SearchPage { lines, more, .. } => self.found(lines, *more),
            Event::Whisper { line, .. } => {
                self.at_time(line.time, |begun| format_whisper(begun, line))
            }
            // The program's last line says why it is closed.
            Event::State(State::Idle | State::Closed { .. })
            | Event::Pending { .. }
            | Event::Held { .. }
            | Event::Sent { .. }
            | Event::Failed { .. } => Vec::new(),
            Event::State(state) => vec![notice::format_state(palette, self.language, state, now)],
            Event::RoomList { rooms, total } => notice::format_rooms(palette, rooms, *total),
            Event::MemberList {
                room,
                count,
                members,
                ..
            } => vec![notice::format_members(palette, room, *count, members)],
            // Their words name the room.
            Event::Joined { .. }
            | Event::JoinDelayed { .. }
            | Event::Removed { .. }
            | Event::Moved { .. }
            | Event::Sanctioned { .. }
            | Event::SanctionEnded(_)
            | Event::ModeratorList { .. }
            | Event::Left { .. } => self.words(event, None),
            event => self.words(event, event.room()),
        }
    }

    /// A notice of the program, such as about what the user typed.
    pub(super) fn system(&self, text: &str, about: About) -> Line {
        format_notice(self.palette, text, about)
    }

    /// A notice about a room.
    pub(super) fn of_room(&self, room: &str, text: &str) -> Line {
        format_room_notice(self.palette, room, text)
    }

    /// A message that cannot go out yet.
    pub(super) fn waiting(&self, message: &OwnMessage) -> Line {
        format_waiting(self.palette, message)
    }

    /// A message that waits for a moderator; `None`: it is an edit.
    pub(super) fn held(&self, message: Option<&OwnMessage>) -> Line {
        let words = self.language.get(texts::WAITS_FOR_MODERATOR);
        match message {
            Some(message) => format_held(self.palette, message, words),
            None => self.system(words, About::Connection),
        }
    }

    /// That the user is muted, for the prompt: until when.
    pub(super) fn muted(&self, mute: &Sanction) -> String {
        let of_the_system = self.clock.is_none().then(Clock::of_the_system);
        let clock = self.clock.as_ref().or(of_the_system.as_ref());
        match clock.and_then(|clock| clock.until(mute.until)) {
            Some(time) => texts::prompt_muted_until(self.language, &time),
            None => self.language.get(texts::PROMPT_MUTED).into(),
        }
    }

    /// A message that failed. With `hint` the user is told how to send it again.
    pub(super) fn failed(&self, message: &OwnMessage, reason: &FailReason, hint: bool) -> Line {
        format_failed(self.palette, self.language, message, reason, hint)
    }

    /// A message of this time, after a line for the day if that is a new one.
    fn at_time(&mut self, time: u64, line: impl FnOnce(Painted) -> Line) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut begun = self.palette.begin();
        if let Some(when) = self.clock.as_mut().and_then(|clock| clock.read(time)) {
            if let Some(day) = when.day {
                let words = clock::day_words(self.language, day);
                lines.push(self.system(&words, About::Chat));
            }
            begun.put(dim(), &format!("{} ", when.time));
        }
        lines.push(line(begun));
        lines
    }

    /// A message of a room, below a quote of the one that it replies to.
    fn message(&mut self, line: &ChatLine, conversations: &Conversations) -> Vec<Line> {
        let look = self.look();
        let mut lines = self.at_time(line.time, |begun| format_message(begun, line, look));
        if line.reply_to > 0 && !line.removed {
            let known = conversations.of_room(&line.room);
            let quote = known.and_then(|it| it.line(line.reply_to));
            let words = notice::quote_words(self.language, quote);
            let quote = self.of_room(&line.room, &words);
            lines.insert(lines.len() - 1, quote);
        }
        lines
    }

    /// An earlier message is another now.
    fn change(
        &mut self,
        event: &Event,
        change: &LineChange,
        known: Option<&KnownLine>,
    ) -> Vec<Line> {
        let (palette, language) = (self.palette, self.language);
        match event {
            Event::LineEdited { text, .. } => self.at_time(change.time, |begun| {
                format_edited(begun, language, change, text)
            }),
            event => {
                let words = notice::change_words(language, event, change, known);
                vec![format_room_notice(palette, &change.room, &words)]
            }
        }
    }

    /// The lines that a search has found, the newest first.
    fn found(&mut self, found: &[ChatLine], more: bool) -> Vec<Line> {
        let look = Look {
            has_numbers: true,
            ..self.look()
        };
        let words = match found {
            [] => self.language.get(texts::NOTHING_FOUND).into(),
            found => texts::messages_found(self.language, found.len() as u64),
        };
        let mut lines = vec![self.system(&words, About::Chat)];
        let of_the_system = self.clock.is_none().then(Clock::of_the_system);
        let clock = self.clock.as_ref().or(of_the_system.as_ref());
        for line in found {
            let mut begun = self.palette.begin();
            if let Some(time) = clock.and_then(|clock| clock.stamp(line.time)) {
                begun.put(dim(), &format!("{time} "));
            }
            // All of them are from before.
            let line = ChatLine {
                replay: false,
                ..line.clone()
            };
            lines.push(format_message(begun, &line, look));
        }
        if more {
            let words = self.language.get(texts::MORE_FOUND);
            lines.push(self.system(words, About::Chat));
        }
        lines
    }

    /// A page of older lines. They appear below newer ones, so notices mark where they
    /// begin and end.
    fn older(
        &mut self,
        room: &str,
        older: &[ChatLine],
        more: bool,
        conversations: &Conversations,
    ) -> Vec<Line> {
        let language = self.language;
        let mut lines = Vec::new();
        if !older.is_empty() {
            let words = texts::older_lines(language, older.len() as u64);
            lines.push(format_room_notice(self.palette, room, &words));
        }
        for line in older {
            lines.extend(self.message(line, conversations));
        }
        let end = match (older.is_empty(), more) {
            (false, true) => texts::MORE_OLDER_LINES,
            (false, false) => texts::NO_MORE_OLDER_LINES,
            (true, true) => texts::OLDER_LINES_AGAIN,
            (true, false) => texts::NO_OLDER_LINES,
        };
        lines.push(format_room_notice(self.palette, room, language.get(end)));
        lines
    }

    /// The notice for an event, with this room before its words.
    fn words(&self, event: &Event, room: Option<&str>) -> Vec<Line> {
        let about = if event.is_about_connection() {
            About::Connection
        } else {
            About::Chat
        };
        let line = notice::format_event(self.palette, self.language, event, room, about);
        line.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
