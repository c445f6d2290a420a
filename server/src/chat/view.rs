//! What the user reads: which lines an event of the session becomes. Pure, so
//! that a test can read every line.

use guildhall_protocol::session::{Event, FailReason, State};
use guildhall_protocol::words::Language;

use super::line::{About, Line, Palette};
use super::own_message::OwnMessage;
use super::{notice, said};

/// How things are shown.
#[derive(Debug)]
pub(super) struct View {
    language: Language,
    palette: Palette,
}

impl View {
    /// A view in this language, with or without colours.
    pub(super) fn new(language: Language, palette: Palette) -> Self {
        Self { language, palette }
    }

    /// What an event looks like, at `now` of the session's clock; nothing where
    /// there is nothing to see. Own messages are not seen here: the room's copy
    /// is, or [`View::waiting`] and [`View::failed`].
    pub(super) fn event(&self, event: &Event, now: u64) -> Vec<Line> {
        let palette = self.palette;
        match event {
            Event::Line(line) => vec![said::line(palette, line)],
            Event::History { lines, .. } => {
                lines.iter().map(|line| said::line(palette, line)).collect()
            }
            Event::Whisper { line, .. } => vec![said::whisper(palette, line)],
            // Why it is closed, the program's last words say.
            Event::State(State::Idle | State::Closed { .. })
            | Event::Pending { .. }
            | Event::Sent { .. }
            | Event::Failed { .. } => Vec::new(),
            Event::State(state) => vec![notice::state(palette, self.language, state, now)],
            Event::RoomList { rooms, total } => notice::rooms(palette, rooms, *total),
            Event::MemberList {
                room,
                count,
                members,
                ..
            } => vec![notice::members(palette, room, *count, members)],
            Event::NameRefused(_)
            | Event::Refused { .. }
            | Event::BadMessage(_)
            | Event::Welcomed { .. } => self.words(event, None, About::Connection),
            Event::Came { room, .. }
            | Event::Went { room, .. }
            | Event::Renamed { room, .. }
            | Event::Gap { room, .. } => self.words(event, Some(room), About::Chat),
            _ => self.words(event, None, About::Chat),
        }
    }

    /// What the program has to say about what the user typed.
    pub(super) fn system(&self, text: &str, about: About) -> Line {
        notice::system(self.palette, text, about)
    }

    /// A message that cannot go out yet.
    pub(super) fn waiting(&self, message: &OwnMessage) -> Line {
        message.waiting(self.palette)
    }

    /// A message that failed. With `hint` the user is told how to send it again.
    pub(super) fn failed(&self, message: &OwnMessage, reason: &FailReason, hint: bool) -> Line {
        message.failed(self.palette, self.language, reason, hint)
    }

    fn words(&self, event: &Event, room: Option<&str>, about: About) -> Vec<Line> {
        let line = notice::words(self.palette, self.language, event, room, about);
        line.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::session::ChatLine;
    use guildhall_protocol::{Member, RoomInfo, WhisperLine};

    fn plain() -> View {
        View::new(Language::English, Palette::Plain)
    }

    /// What an event looks like without colours.
    fn show(event: Event) -> Vec<String> {
        let lines = plain().event(&event, 0).into_iter();
        lines.map(|line| line.text).collect()
    }

    fn line() -> ChatLine {
        ChatLine {
            room: "lobby".into(),
            epoch: 1,
            seq: 1,
            time: 0,
            sender: 7,
            name: "Ann".into(),
            nonce: 0,
            text: "hi".into(),
            action: false,
            own: false,
            replay: false,
        }
    }

    #[test]
    fn older_lines_come_in_their_order() {
        let replay = ChatLine {
            replay: true,
            ..line()
        };
        let history = Event::History {
            room: "lobby".into(),
            lines: vec![replay.clone(), replay],
            more: false,
        };
        assert_eq!(show(history), ["· [lobby] Ann: hi"; 2]);
    }

    #[test]
    fn nothing_that_others_write_reaches_the_terminal_raw() {
        let evil = "\x1b]0;owned\x07\x1b[2J\r\n\u{9b}31m\u{202e}";
        let member = Member {
            id: 7,
            name: evil.into(),
        };
        let events = [
            Event::Line(ChatLine {
                room: evil.into(),
                name: evil.into(),
                text: evil.into(),
                ..line()
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
            Event::Came {
                room: evil.into(),
                id: 7,
                name: evil.into(),
            },
            Event::Renamed {
                room: evil.into(),
                id: 7,
                old: evil.into(),
                new: evil.into(),
            },
            Event::BadMessage(evil),
        ];
        let view = View::new(Language::German, Palette::Colours);
        let message = OwnMessage {
            room: None,
            to: evil.into(),
            text: evil.into(),
        };
        let own = [
            view.waiting(&message),
            view.failed(&message, &FailReason::Uncertain, true),
            view.system(evil, About::Chat),
        ];
        let shown = events.iter().flat_map(|event| view.event(event, 0));
        for Line { text, .. } in shown.chain(own) {
            // What is left of escape sequences are our own colours.
            for part in text.split('\x1b').skip(1) {
                let (colour, _) = part.split_once('m').expect("a colour");
                let digits = colour.strip_prefix('[').expect("a colour");
                assert!(
                    digits.chars().all(|c| c.is_ascii_digit() || c == ';'),
                    "{text:?}"
                );
            }
            let plain = text.replace('\x1b', "");
            assert!(!plain.chars().any(char::is_control), "{text:?}");
            assert!(!plain.contains('\u{202e}'), "{text:?}");
        }
    }

    #[test]
    fn who_comes_and_goes_does_so_in_a_room() {
        let came = Event::Came {
            room: "inn".into(),
            id: 7,
            name: "Ann".into(),
        };
        assert_eq!(show(came), ["-- [inn] Ann joined."]);
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
            asked: "inn".into(),
            resumed: false,
            rejoined: false,
            first_seq: 1,
            last_seq: 0,
        };
        assert_eq!(show(joined), ["-- You joined “inn”."]);
        let members = Event::Members {
            room: "inn".into(),
            count: 2,
            listed: true,
        };
        assert!(show(members).is_empty());
    }
}
