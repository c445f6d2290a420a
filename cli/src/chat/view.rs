//! Which lines an event of the session becomes. Pure, so that a test can read every
//! line.

use guildhall_client::conversations::OwnMessage;
use guildhall_client::session::{ChatLine, Event, FailReason, State};
use guildhall_client::texts::{self, Language};

use crate::chat::lines::clock::{self, Clock};
use crate::chat::lines::line::{About, Line, Painted, Palette, dim};
use crate::chat::lines::message::{format_message, format_whisper};
use crate::chat::lines::notice::{self, format_notice, format_room_notice};
use crate::chat::lines::own_message::{format_failed, format_waiting};

/// How things are shown.
#[derive(Debug)]
pub(super) struct View {
    language: Language,
    palette: Palette,
    /// Tells the time before each message; `None`: messages have no time.
    clock: Option<Clock>,
}

impl View {
    /// A view in this language, with or without colours and times.
    pub(super) fn new(language: Language, palette: Palette, clock: Option<Clock>) -> Self {
        Self {
            language,
            palette,
            clock,
        }
    }

    /// The lines for an event, at `now` of the session's clock; none if there is nothing
    /// to show. The user's own messages are shown when the room's copy of them comes,
    /// and before that by [`View::waiting`] and [`View::failed`].
    pub(super) fn event(&mut self, event: &Event, now: u64) -> Vec<Line> {
        let palette = self.palette;
        match event {
            Event::Line(line) => self.at_time(line.time, |begun| format_message(begun, line)),
            Event::History { room, lines, more } => self.older(room, lines, *more),
            Event::Whisper { line, .. } => {
                self.at_time(line.time, |begun| format_whisper(begun, line))
            }
            // The program's last line says why it is closed.
            Event::State(State::Idle | State::Closed { .. })
            | Event::Pending { .. }
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

    /// A page of older lines. They appear below newer ones, so notices mark where they
    /// begin and end.
    fn older(&mut self, room: &str, older: &[ChatLine], more: bool) -> Vec<Line> {
        let language = self.language;
        let mut lines = Vec::new();
        if !older.is_empty() {
            let words = texts::older_lines(language, older.len() as u64);
            lines.push(format_room_notice(self.palette, room, &words));
        }
        for line in older {
            lines.extend(self.at_time(line.time, |begun| format_message(begun, line)));
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
mod tests {
    use super::*;
    use crate::chat::lines::line::INDENT;
    use crate::chat::test_chat::{message_by_ann, own_message};
    use guildhall_protocol::{Member, RoomInfo, WhisperLine};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    fn plain() -> View {
        View::new(Language::En, Palette::Plain, None)
    }

    /// The lines for an event, without colours.
    fn show(event: Event) -> Vec<String> {
        let lines = plain().event(&event, 0).into_iter();
        lines.map(|line| line.text).collect()
    }

    #[test]
    fn older_lines_are_marked_at_both_ends() {
        let older = |count, more| {
            let replay = ChatLine {
                replay: true,
                ..message_by_ann()
            };
            show(Event::History {
                room: "lobby".into(),
                lines: vec![replay; count],
                more,
            })
        };
        let line = "· [lobby] Ann: hi";
        assert_eq!(
            older(2, true),
            [
                "-- [lobby] 2 older lines:",
                line,
                line,
                "-- [lobby] End of the older lines. /older shows more."
            ]
        );
        assert_eq!(
            older(1, false),
            [
                "-- [lobby] 1 older line:",
                line,
                "-- [lobby] End of the older lines. There are none before them."
            ]
        );
        assert_eq!(older(0, false), ["-- [lobby] There are no older lines."]);
        assert_eq!(
            older(0, true),
            ["-- [lobby] No older lines came. /older asks again."]
        );
    }

    #[test]
    fn messages_have_a_time_and_each_day_has_a_line() {
        let noon = 1_790_856_000_000;
        let day = 24 * 60 * 60 * 1000;
        let today = Timestamp::from_millisecond(noon).unwrap();
        let clock = Clock::new(TimeZone::UTC, today);
        let mut view = View::new(Language::En, Palette::Plain, Some(clock));
        let noon = noon.unsigned_abs();
        let mut show = |event| {
            let lines = view.event(&event, 0).into_iter();
            lines.map(|line| line.text).collect::<Vec<_>>()
        };
        let at = |time| ChatLine {
            time,
            ..message_by_ann()
        };
        assert_eq!(show(Event::Line(at(noon))), ["12:00 [lobby] Ann: hi"]);
        assert_eq!(show(Event::Line(at(0))), ["[lobby] Ann: hi"], "unknown");
        let whisper = WhisperLine {
            time: noon + day,
            sender_name: "Ann".into(),
            receiver_name: "Bob".into(),
            text: "psst".into(),
            ..WhisperLine::default()
        };
        let whisper = Event::Whisper {
            line: whisper,
            own: false,
        };
        assert_eq!(
            show(whisper),
            ["-- Friday, 2 October 2026", "12:00 → Bob ← Ann: psst"]
        );
        let history = Event::History {
            room: "lobby".into(),
            lines: vec![at(noon), at(noon + day)],
            more: false,
        };
        assert_eq!(
            show(history)[..5],
            [
                "-- [lobby] 2 older lines:",
                "-- Thursday, 1 October 2026",
                "12:00 [lobby] Ann: hi",
                "-- Friday, 2 October 2026",
                "12:00 [lobby] Ann: hi"
            ]
        );
    }

    #[test]
    fn all_that_others_write_is_sanitized() {
        let evil = "\x1b]0;owned\x07\x1b[2J\r\n\u{9b}31m\u{202e}";
        let member = Member {
            id: 7,
            name: evil.into(),
            ..Member::default()
        };
        let events = [
            Event::Line(ChatLine {
                room: evil.into(),
                name: evil.into(),
                text: evil.into(),
                ..message_by_ann()
            }),
            Event::Whisper {
                line: WhisperLine {
                    sender_name: evil.into(),
                    receiver_name: evil.into(),
                    text: evil.into(),
                    ..WhisperLine::default()
                },
                own: true,
            },
            Event::MemberList {
                room: evil.into(),
                count: 1,
                listed: true,
                members: vec![member],
            },
            Event::RoomList {
                rooms: vec![RoomInfo {
                    room: evil.into(),
                    count: 1,
                }],
                total: 2,
            },
            Event::State(State::Waiting {
                until: 0,
                code: 3000,
                reason: evil.into(),
            }),
            Event::PresenceNotice {
                room: evil.into(),
                joined: vec![evil.into()],
                left: vec![evil.into(), evil.into()],
                renamed: vec![(evil.into(), evil.into())],
            },
            Event::BadMessage(evil),
        ];
        let mut view = View::new(Language::De, Palette::Colours, None);
        let message = own_message(None, evil, evil);
        let own = [
            view.waiting(&message),
            view.failed(&message, &FailReason::Uncertain, true),
            view.system(evil, About::Chat),
        ];
        let shown = events.iter().flat_map(|event| view.event(event, 0));
        for Line { text, .. } in own.into_iter().chain(shown) {
            // The only escape sequences left are our own colours.
            for part in text.split('\x1b').skip(1) {
                let (colour, _) = part.split_once('m').expect("a colour");
                let digits = colour.strip_prefix('[').expect("a colour");
                assert!(
                    digits.chars().all(|c| c.is_ascii_digit() || c == ';'),
                    "{text:?}"
                );
            }
            // And the only line feeds are those of a text, with an indent.
            let plain = text.replace('\x1b', "").replace(&format!("\n{INDENT}"), "");
            assert!(!plain.chars().any(char::is_control), "{text:?}");
            assert!(!plain.contains('\u{202e}'), "{text:?}");
        }
    }

    #[test]
    fn notices_about_a_room_name_it() {
        let changes = Event::PresenceNotice {
            room: "inn".into(),
            joined: vec!["Ann".into()],
            left: vec!["Bob".into(), "Cid".into()],
            renamed: Vec::new(),
        };
        assert_eq!(show(changes), ["-- [inn] Ann joined. Bob, Cid left."]);
        let gap = Event::Gap {
            room: "inn".into(),
            from: 3,
            to: 3,
        };
        let lines = show(gap);
        assert!(
            lines[0].starts_with("-- [inn] One message is missing"),
            "{lines:?}"
        );
        let joined = Event::Joined {
            room: "inn".into(),
            previous_name: "inn".into(),
            resumed: false,
            rejoined: false,
            first_seq: 1,
            last_seq: 0,
        };
        assert_eq!(show(joined), ["-- You joined “inn”."]);
        let members = Event::MembersChanged {
            room: "inn".into(),
            count: 2,
            listed: true,
        };
        assert!(show(members).is_empty());
    }
}
