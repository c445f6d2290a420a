//! What the user reads: events of the session as lines of text. Pure, so that a
//! test can read every line. What comes from others goes through
//! [`visible`](super::visible::visible) before it is part of a line, because
//! there is no other way into one than [`Painted::put`].

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use guildhall_protocol::Member;
use guildhall_protocol::WhisperLine;
use guildhall_protocol::session::{ChatLine, Event, FailReason, State};
use guildhall_protocol::words::{self, Language};

use super::visible::visible;

/// In front of what was said before the room was joined.
const REPLAY: &str = "· ";

/// In front of what no person said.
const SYSTEM: &str = "-- ";

/// Names have these colours, which show on a dark ground and on a light one.
const COLOURS: [AnsiColor; 10] = [
    AnsiColor::Green,
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightGreen,
    AnsiColor::BrightCyan,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
    AnsiColor::BrightRed,
];

/// A line of the screen, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What is shown.
    pub(super) text: String,
    /// What it is about.
    pub(super) about: About,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The chat, and answers to commands.
    Chat,
    /// The connection, and what went wrong.
    Connection,
}

/// A message of the user's own that has no answer yet, or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnMessage {
    /// The room it is for; `None`: it is a whisper.
    pub(super) room: Option<String>,
    /// Whom a whisper is for.
    pub(super) to: String,
    /// What it says.
    pub(super) text: String,
}

/// How things are shown.
#[derive(Debug)]
pub(super) struct View {
    language: Language,
    /// Whether the reader is a terminal that likes colours.
    colours: bool,
}

impl View {
    /// A view in this language, with or without colours.
    pub(super) fn new(language: Language, colours: bool) -> Self {
        Self { language, colours }
    }

    /// What an event looks like, at `now` of the session's clock; nothing where
    /// there is nothing to see. Own messages are not seen here: the room's copy
    /// is, or [`View::waiting`] and [`View::failed`].
    pub(super) fn event(&self, event: &Event, now: u64) -> Vec<Line> {
        match event {
            Event::Line(line) => vec![self.line(line)],
            Event::History { lines, .. } => lines.iter().map(|line| self.line(line)).collect(),
            Event::Whisper { line, .. } => vec![self.whisper(line)],
            // Why it is closed, the program's last words say.
            Event::State(State::Idle | State::Closed { .. })
            | Event::Pending { .. }
            | Event::Sent { .. }
            | Event::Failed { .. } => Vec::new(),
            Event::State(state) => vec![self.state(state, now)],
            Event::RoomList { rooms, total } => {
                let listed = rooms.iter().map(|room| (room.room.as_str(), room.count));
                self.rooms(listed, *total)
            }
            Event::MemberList {
                room,
                count,
                members,
                ..
            } => vec![self.members(room, *count, members)],
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
        let mut painted = self.paint();
        painted.put(dim(), SYSTEM);
        painted.put(dim(), text);
        painted.line(about)
    }

    /// A message that cannot go out yet.
    pub(super) fn waiting(&self, message: &OwnMessage) -> Line {
        let mut painted = self.paint();
        painted.put(dim(), "… ");
        painted.put(dim(), &message.place());
        painted.put(dim(), &message.text);
        painted.line(About::Connection)
    }

    /// A message that failed. With `hint` the user is told how to send it again.
    pub(super) fn failed(&self, message: &OwnMessage, reason: &FailReason, hint: bool) -> Line {
        let mut painted = self.paint();
        let red = AnsiColor::Red.on_default();
        painted.put(red, "!! ");
        painted.put(Style::new(), &message.place());
        painted.put(Style::new(), &message.text);
        painted.put(red, " – ");
        painted.put(red, &words::fail_reason(self.language, reason));
        if hint {
            painted.put(red, " – /retry");
        }
        painted.line(About::Connection)
    }

    fn line(&self, line: &ChatLine) -> Line {
        let mut painted = self.paint();
        let faded = |style: Style| if line.replay { style.dimmed() } else { style };
        if line.replay {
            painted.put(dim(), REPLAY);
        }
        painted.put(dim(), &place(&line.room));
        painted.said((line.sender, &line.name), &line.text, line.action, faded);
        painted.line(About::Chat)
    }

    /// Who whispers to whom is between two arrows, so that a room's line cannot
    /// be taken for one: a room's name stands in brackets.
    fn whisper(&self, whisper: &WhisperLine) -> Line {
        let mut painted = self.paint();
        let mark = AnsiColor::Magenta.on_default().bold();
        painted.put(mark, "→ ");
        painted.put(name_style(whisper.receiver), &whisper.receiver_name);
        painted.put(mark, " ← ");
        let sender = (whisper.sender, whisper.sender_name.as_str());
        painted.said(sender, &whisper.text, whisper.action, |style| style);
        painted.line(About::Chat)
    }

    fn state(&self, state: &State, now: u64) -> Line {
        let mut text = words::state(self.language, state);
        if let State::Waiting { until, reason, .. } = state {
            // Never less than what is left.
            let seconds = until.saturating_sub(now).div_ceil(1000);
            let _ = write!(text, " ({seconds} s)");
            if !reason.is_empty() {
                let _ = write!(text, " – {reason}");
            }
        }
        self.system(&text, About::Connection)
    }

    fn rooms<'a>(
        &self,
        rooms: impl ExactSizeIterator<Item = (&'a str, u32)>,
        total: u32,
    ) -> Vec<Line> {
        let listed = u32::try_from(rooms.len()).unwrap_or(u32::MAX);
        let mut lines: Vec<_> = rooms
            .map(|(room, count)| self.system(&format!("{}{count}", place(room)), About::Chat))
            .collect();
        if total > listed {
            lines.push(self.system(&format!("… {listed}/{total}"), About::Chat));
        }
        lines
    }

    fn members(&self, room: &str, count: u32, members: &[Member]) -> Line {
        let mut painted = self.paint();
        painted.put(dim(), SYSTEM);
        painted.put(dim(), &place(room));
        painted.put(dim(), &format!("{count}"));
        for (index, member) in members.iter().enumerate() {
            painted.put(dim(), if index == 0 { ": " } else { ", " });
            painted.put(name_style(member.id), &member.name);
        }
        painted.line(About::Chat)
    }

    /// What an event is in words, and in which room where the words do not say.
    fn words(&self, event: &Event, room: Option<&str>, about: About) -> Vec<Line> {
        let Some(text) = words::event(self.language, event) else {
            return Vec::new();
        };
        let place = room.map(place).unwrap_or_default();
        vec![self.system(&format!("{place}{text}"), about)]
    }

    fn paint(&self) -> Painted {
        Painted {
            colours: self.colours,
            text: String::new(),
        }
    }
}

impl OwnMessage {
    /// Where it is to go, as a line's beginning.
    fn place(&self) -> String {
        match &self.room {
            Some(room) => place(room),
            None => format!("→ {}: ", self.to),
        }
    }
}

/// A line in the making.
struct Painted {
    colours: bool,
    text: String,
}

impl Painted {
    /// Appends text, whoever wrote it.
    fn put(&mut self, style: Style, text: &str) {
        let text = visible(text);
        let _ = if self.colours && !style.is_plain() {
            write!(self.text, "{style}{text}{style:#}")
        } else {
            write!(self.text, "{text}")
        };
    }

    /// Who says or does what.
    fn said(
        &mut self,
        (id, name): (u64, &str),
        text: &str,
        action: bool,
        faded: impl Fn(Style) -> Style,
    ) {
        if action {
            self.put(faded(Style::new()), "* ");
            self.put(faded(name_style(id)), name);
            self.put(faded(Style::new()), " ");
        } else {
            self.put(faded(name_style(id)), name);
            self.put(faded(Style::new()), ": ");
        }
        self.put(faded(Style::new()), text);
    }

    fn line(self, about: About) -> Line {
        Line {
            text: self.text,
            about,
        }
    }
}

fn place(room: &str) -> String {
    format!("[{room}] ")
}

fn dim() -> Style {
    Style::new().dimmed()
}

/// The same for a client's whole life, whatever its name.
fn name_style(id: u64) -> Style {
    let count = COLOURS.len() as u64;
    let colour = usize::try_from(id % count).map_or(AnsiColor::Green, |index| COLOURS[index]);
    colour.on_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::RoomInfo;

    fn plain() -> View {
        View::new(Language::English, false)
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

    fn whisper(action: bool) -> Event {
        let line = WhisperLine {
            sender: 7,
            sender_name: "Ann".into(),
            receiver: 8,
            receiver_name: "Bob".into(),
            text: "psst".into(),
            action,
            ..WhisperLine::default()
        };
        Event::Whisper { line, own: false }
    }

    #[test]
    fn a_line_says_where_and_who() {
        assert_eq!(show(Event::Line(line())), ["[lobby] Ann: hi"]);
        let action = ChatLine {
            action: true,
            text: "waves".into(),
            ..line()
        };
        assert_eq!(show(Event::Line(action)), ["[lobby] * Ann waves"]);
    }

    #[test]
    fn what_was_said_before_is_apart() {
        let replay = ChatLine {
            replay: true,
            ..line()
        };
        assert_eq!(show(Event::Line(replay.clone())), ["· [lobby] Ann: hi"]);
        let history = Event::History {
            room: "lobby".into(),
            lines: vec![replay.clone(), replay],
            more: false,
        };
        assert_eq!(show(history), ["· [lobby] Ann: hi"; 2]);
    }

    #[test]
    fn a_whisper_is_no_line_of_a_room() {
        assert_eq!(show(whisper(false)), ["→ Bob ← Ann: psst"]);
        assert_eq!(show(whisper(true)), ["→ Bob ← * Ann psst"]);
    }

    #[test]
    fn names_have_the_colour_of_their_id() {
        let view = View::new(Language::English, true);
        let shown = |sender, replay| {
            let line = ChatLine {
                sender,
                replay,
                ..line()
            };
            let mut lines = view.event(&Event::Line(line), 0);
            lines.remove(0).text
        };
        assert_eq!(shown(7, false), shown(7, false));
        assert_eq!(shown(7, false), shown(17, false), "ten colours");
        assert_ne!(shown(7, false), shown(8, false));
        assert_ne!(shown(7, false), shown(7, true));
        assert_eq!(
            shown(0, false),
            "\x1b[2m[lobby] \x1b[0m\x1b[32mAnn\x1b[0m: hi"
        );
        assert!(
            !show(Event::Line(line()))[0].contains('\x1b'),
            "no terminal"
        );
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
        let view = View::new(Language::German, true);
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
    fn a_lost_connection_says_when_the_next_attempt_is() {
        let state = State::Waiting {
            until: 4_200,
            code: 1001,
            reason: "bye".into(),
        };
        let lines = plain().event(&Event::State(state), 1_000);
        assert_eq!(lines[0].about, About::Connection);
        assert!(lines[0].text.ends_with("(4 s) – bye"), "{lines:?}");
    }

    #[test]
    fn a_failed_message_says_what_why_and_what_now() {
        let message = OwnMessage {
            room: Some("inn".into()),
            to: String::new(),
            text: "hello".into(),
        };
        let line = plain().failed(&message, &FailReason::NotInRoom, true);
        assert!(line.text.starts_with("!! [inn] hello – "), "{line:?}");
        assert!(line.text.ends_with(" – /retry"), "{line:?}");
        let line = plain().failed(&message, &FailReason::NotInRoom, false);
        assert!(!line.text.contains("/retry"), "{line:?}");
        assert_eq!(plain().waiting(&message).text, "… [inn] hello");
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

    #[test]
    fn lists_are_lines() {
        let member = |id, name: &str| Member {
            id,
            name: name.into(),
        };
        let members = Event::MemberList {
            room: "inn".into(),
            count: 2,
            listed: true,
            members: vec![member(1, "Ann"), member(2, "Bob")],
        };
        assert_eq!(show(members), ["-- [inn] 2: Ann, Bob"]);
        let room = |room: &str, count| RoomInfo {
            room: room.into(),
            count,
        };
        let rooms = Event::RoomList {
            rooms: vec![room("inn", 2), room("lobby", 1)],
            total: 7,
        };
        assert_eq!(show(rooms), ["-- [inn] 2", "-- [lobby] 1", "-- … 2/7"]);
    }
}
