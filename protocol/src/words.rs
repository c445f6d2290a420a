//! Codes to words, in English and German: what clients tell their users. Plain
//! text; names and texts of peers may be in it, so show it as text alone.
//!
//! A phrase is a pair of patterns, in which `{0}` and `{1}` stand for what comes
//! from elsewhere: a table of strings, since all of it is downloaded by players.

use alloc::string::{String, ToString as _};

use crate::command::{CommandError, CommandHelp};
use crate::session::{Event, FailReason, RequestKind, SendError, State};
use crate::{CloseCode, ErrorCode, RequestError};

/// A language of the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// The language for a tag such as "de-AT" or "`de_DE.UTF-8`"; English where
    /// it is no other.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        let language = tag.split(['-', '_', '.']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("de") {
            Self::German
        } else {
            Self::English
        }
    }

    fn of(self, phrase: Phrase) -> &'static str {
        match self {
            Self::English => phrase.0,
            Self::German => phrase.1,
        }
    }

    fn fill(self, phrase: Phrase, arguments: &[&str]) -> String {
        fill(self.of(phrase), arguments)
    }
}

/// The same in English and in German.
#[derive(Clone, Copy)]
struct Phrase(&'static str, &'static str);

/// Why the server refused a request.
#[must_use]
pub fn error(language: Language, error: &RequestError) -> String {
    let argument = |index: usize| error.arguments.get(index).map_or("?", String::as_str);
    let mut words = language.fill(error_phrase(error.code()), &[argument(0), argument(1)]);
    if error.temporary && error.retry_after > 0 {
        let seconds = error.retry_after.div_ceil(1000).to_string();
        let again = Phrase(" Try again in {0} s.", " Versuch es in {0} s noch einmal.");
        words += &language.fill(again, &[&seconds]);
    }
    words
}

fn error_phrase(code: ErrorCode) -> Phrase {
    match code {
        ErrorCode::Unspecified => Phrase(
            "The server refused this, for a reason that this program does not know.",
            "Der Server hat das abgelehnt; den Grund kennt dieses Programm nicht.",
        ),
        ErrorCode::BadRequest => Phrase(
            "The server did not understand this program: {0}",
            "Der Server hat dieses Programm nicht verstanden: {0}",
        ),
        ErrorCode::HelloFirst | ErrorCode::HelloTwice => Phrase(
            "The server and this program did not greet each other properly.",
            "Server und Programm haben sich nicht richtig begrüßt.",
        ),
        ErrorCode::UnsupportedVersion => Phrase(
            "The server is older than this program: it speaks version {0}.",
            "Der Server ist älter als dieses Programm: Er spricht Version {0}.",
        ),
        ErrorCode::BadName => Phrase(
            "“{0}” cannot be a name. Names have at most {1} characters.",
            "„{0}“ kann kein Name sein. Namen haben höchstens {1} Zeichen.",
        ),
        ErrorCode::NameTaken => Phrase(
            "The name “{0}” is taken, or too much like one that is.",
            "Der Name „{0}“ ist vergeben oder einem vergebenen zu ähnlich.",
        ),
        ErrorCode::BadRoomName => Phrase(
            "“{0}” cannot be a room. Names of rooms have at most {1} characters.",
            "„{0}“ kann kein Raum sein. Namen von Räumen haben höchstens {1} Zeichen.",
        ),
        ErrorCode::TooManyRooms => Phrase(
            "You are in {0} rooms, and more are not allowed. Leave one first.",
            "Du bist in {0} Räumen, mehr sind nicht erlaubt. Verlass erst einen.",
        ),
        ErrorCode::ServerRoomsFull => Phrase(
            "The server has {0} rooms and makes no more.",
            "Der Server hat {0} Räume und macht keine weiteren auf.",
        ),
        ErrorCode::NotInRoom => Phrase(
            "You are not in the room “{0}”.",
            "Du bist nicht im Raum „{0}“.",
        ),
        ErrorCode::EmptyText => NO_TEXT,
        ErrorCode::TextTooLong => TOO_LONG,
        ErrorCode::NoSuchClient => Phrase("“{0}” is not here.", "„{0}“ ist nicht da."),
        ErrorCode::CannotWhisper => Phrase(
            "{0} cannot get whispers.",
            "{0} kann keine geflüsterten Nachrichten bekommen.",
        ),
    }
}

const NO_TEXT: Phrase = Phrase("There is nothing to send.", "Da ist nichts zu senden.");

const TOO_LONG: Phrase = Phrase(
    "The text is too long: {0} bytes, and at most {1} are allowed.",
    "Der Text ist zu lang: {0} Bytes, und höchstens {1} sind erlaubt.",
);

const NOT_IN_ROOM: Phrase = Phrase("You are not in this room.", "Du bist nicht in diesem Raum.");

/// Why something was not done.
#[must_use]
pub fn fail_reason(language: Language, reason: &FailReason) -> String {
    let phrase = match reason {
        FailReason::Refused(refused) => return error(language, refused),
        FailReason::Disconnected => {
            Phrase("The connection was lost.", "Die Verbindung ging verloren.")
        }
        FailReason::Uncertain => Phrase(
            "The connection was lost: others may have got this, or not.",
            "Die Verbindung ging verloren: Vielleicht kam das bei anderen an, vielleicht nicht.",
        ),
        FailReason::NotInRoom => NOT_IN_ROOM,
    };
    language.of(phrase).into()
}

/// Why nothing was sent.
#[must_use]
pub fn send_error(language: Language, error: &SendError) -> String {
    let phrase = match error {
        SendError::Empty => NO_TEXT,
        SendError::TooLong { bytes, most } => {
            return language.fill(TOO_LONG, &[&bytes.to_string(), &most.to_string()]);
        }
        SendError::TooManyPending => Phrase(
            "Too much is waiting for the server. Try again in a moment.",
            "Zu viel wartet noch auf den Server. Versuch es gleich noch einmal.",
        ),
        SendError::NotInRoom => NOT_IN_ROOM,
        SendError::NotOnline => Phrase("You are not connected.", "Du bist nicht verbunden."),
        SendError::NoSuchMessage => Phrase(
            "This message cannot be sent again.",
            "Diese Nachricht kann nicht noch einmal gesendet werden.",
        ),
    };
    language.of(phrase).into()
}

/// What a close code means for a player.
#[must_use]
pub fn close_code(language: Language, code: u16) -> String {
    let phrase = match code {
        0 => Phrase(
            "No connection could be made.",
            "Es kam keine Verbindung zustande.",
        ),
        1000 => Phrase("The chat has ended.", "Der Chat ist beendet."),
        1001 | 1012 => Phrase("The server is restarting.", "Der Server startet neu."),
        1002 | 1003 | 1007 | 1008 | 1010 => Phrase(
            "The server did not understand this program. It may be out of date.",
            "Der Server hat dieses Programm nicht verstanden. Vielleicht ist es veraltet.",
        ),
        1005 | 1006 => Phrase("The connection was lost.", "Die Verbindung ging verloren."),
        1009 => Phrase("A message was too big.", "Eine Nachricht war zu groß."),
        1011..=1014 => Phrase("The server has a problem.", "Der Server hat ein Problem."),
        1015 => Phrase(
            "The connection could not be made secure.",
            "Die Verbindung konnte nicht gesichert werden.",
        ),
        3000 => Phrase(
            "The connection was too slow for the chat.",
            "Die Verbindung war zu langsam für den Chat.",
        ),
        3001 => Phrase(
            "The server heard nothing from here for too long.",
            "Der Server hat zu lange nichts von hier gehört.",
        ),
        3500 => Phrase(
            "The chat goes on in another window.",
            "Der Chat geht in einem anderen Fenster weiter.",
        ),
        _ => Phrase(
            "The server ended the connection ({0}).",
            "Der Server hat die Verbindung beendet ({0}).",
        ),
    };
    language.fill(phrase, &[&code.to_string()])
}

/// Where a session stands, in a few words: for a line of status.
#[must_use]
pub fn state(language: Language, state: &State) -> String {
    let phrase = match state {
        State::Idle => Phrase("Not connected.", "Nicht verbunden."),
        State::Connecting => Phrase("Connecting …", "Verbinde …"),
        State::Online => Phrase("Connected.", "Verbunden."),
        State::Waiting { code, .. } => {
            let again = Phrase("{0} Connecting again …", "{0} Verbinde gleich wieder …");
            return language.fill(again, &[&close_code(language, *code)]);
        }
        State::Closed { code, .. } if *code == CloseCode::Normal.code() => {
            Phrase("Disconnected.", "Getrennt.")
        }
        State::Closed { code, .. } => return close_code(language, *code),
    };
    language.of(phrase).into()
}

/// The system message for an event; `None` where an event is shown in another
/// way (a line, a list) or not at all.
#[must_use]
pub fn event(language: Language, event: &Event) -> Option<String> {
    let (phrase, arguments): (Phrase, [&str; 2]) = match event {
        Event::State(state @ (State::Waiting { .. } | State::Closed { .. })) => {
            return Some(self::state(language, state));
        }
        Event::Welcomed { name, resumed, .. } => match resumed {
            true => (Phrase("Connected again.", "Wieder verbunden."), ["", ""]),
            false => (
                Phrase("Welcome, {0}!", "Willkommen, {0}!"),
                [name.as_str(), ""],
            ),
        },
        Event::NameRefused(refused) => {
            let again = Phrase(
                " You get another name for now.",
                " Vorerst bekommst du einen anderen Namen.",
            );
            return Some(error(language, refused) + language.of(again));
        }
        Event::Joined {
            room,
            resumed: false,
            rejoined: true,
            ..
        } => (
            Phrase(
                "Connected to “{0}” anew: what was said meanwhile may be missing here.",
                "Neu mit „{0}“ verbunden: Was inzwischen gesagt wurde, fehlt hier vielleicht.",
            ),
            [room, ""],
        ),
        Event::Joined {
            room,
            rejoined: false,
            ..
        } => (
            Phrase("You joined “{0}”.", "Du hast „{0}“ betreten."),
            [room, ""],
        ),
        Event::Left { room } => (
            Phrase("You left “{0}”.", "Du hast „{0}“ verlassen."),
            [room, ""],
        ),
        Event::Gap { from, to, .. } => return Some(missing(language, LINES_MISSING, *from, *to)),
        Event::WhisperGap { from, to } => {
            return Some(missing(language, WHISPERS_MISSING, *from, *to));
        }
        Event::Came { name, .. } => (Phrase("{0} joined.", "{0} ist gekommen."), [name, ""]),
        Event::Went { name, .. } => (Phrase("{0} left.", "{0} ist gegangen."), [name, ""]),
        Event::Renamed { old, new, .. } => (
            Phrase("{0} is now {1}.", "{0} heißt jetzt {1}."),
            [old, new],
        ),
        Event::MyName(name) => (
            Phrase("You are now {0}.", "Du heißt jetzt {0}."),
            [name, ""],
        ),
        Event::Refused {
            what,
            subject,
            error,
        } => return Some(refused(language, *what, subject, error)),
        Event::BadMessage(_) => (
            Phrase(
                "The server said something that this program does not understand.",
                "Der Server hat etwas gesagt, das dieses Programm nicht versteht.",
            ),
            ["", ""],
        ),
        _ => return None,
    };
    Some(language.fill(phrase, &arguments))
}

/// For one that is missing, and for more.
type Missing = [Phrase; 2];

const LINES_MISSING: Missing = [
    Phrase(
        "One message is missing here: the server no longer has it.",
        "Hier fehlt eine Nachricht: Der Server hat sie nicht mehr.",
    ),
    Phrase(
        "{0} messages are missing here: the server no longer has them.",
        "Hier fehlen {0} Nachrichten: Der Server hat sie nicht mehr.",
    ),
];

const WHISPERS_MISSING: Missing = [
    Phrase(
        "One whisper to you was lost while you were away.",
        "Während du weg warst, ging etwas verloren, das dir geflüstert wurde.",
    ),
    Phrase(
        "{0} whispers to you were lost while you were away.",
        "Während du weg warst, gingen {0} geflüsterte Nachrichten an dich verloren.",
    ),
];

fn missing(language: Language, [one, more]: Missing, from: u64, to: u64) -> String {
    let count = to.saturating_sub(from).saturating_add(1);
    language.fill(if count == 1 { one } else { more }, &[&count.to_string()])
}

fn refused(language: Language, what: RequestKind, subject: &str, reason: &FailReason) -> String {
    let phrase = match what {
        RequestKind::Hello => Phrase(
            "The server does not let you in.",
            "Der Server lässt dich nicht herein.",
        ),
        RequestKind::Join => Phrase(
            "“{0}” cannot be joined.",
            "„{0}“ kann nicht betreten werden.",
        ),
        RequestKind::Leave => Phrase(
            "“{0}” cannot be left.",
            "„{0}“ kann nicht verlassen werden.",
        ),
        RequestKind::Rename => Phrase("You keep your name.", "Du behältst deinen Namen."),
        RequestKind::ListRooms => Phrase(
            "The list of rooms did not come.",
            "Die Liste der Räume kam nicht.",
        ),
        RequestKind::ListMembers => Phrase(
            "The list of who is in “{0}” did not come.",
            "Die Liste, wer in „{0}“ ist, kam nicht.",
        ),
        RequestKind::FetchHistory => Phrase(
            "Older messages of “{0}” did not come.",
            "Ältere Nachrichten von „{0}“ kamen nicht.",
        ),
    };
    let mut words = language.fill(phrase, &[subject]);
    words.push(' ');
    words + &fail_reason(language, reason)
}

/// What is wrong with what was typed.
#[must_use]
pub fn command_error(language: Language, error: &CommandError) -> String {
    match error {
        CommandError::Unknown(command) => language.fill(
            Phrase(
                "There is no command {0}. /help lists those that there are.",
                "Einen Befehl {0} gibt es nicht. /help zählt auf, welche es gibt.",
            ),
            &[command],
        ),
        CommandError::Missing { usage, .. } => language.fill(
            Phrase("Something is missing: {0}", "Da fehlt etwas: {0}"),
            &[usage],
        ),
    }
}

/// What a command does.
#[must_use]
pub fn command_help(language: Language, command: &CommandHelp) -> String {
    let phrase = match command.names.first().copied().unwrap_or_default() {
        "/w" => Phrase(
            "whispers to somebody; a name with spaces goes in quotes",
            "flüstert jemandem etwas zu; ein Name mit Leerzeichen in Anführungszeichen",
        ),
        "/r" => Phrase(
            "whispers to whoever whispered to you last",
            "flüstert dem etwas zu, von dem zuletzt Geflüstertes kam",
        ),
        "/join" => Phrase("joins a room", "betritt einen Raum"),
        "/leave" => Phrase("leaves a room", "verlässt einen Raum"),
        "/me" => Phrase("says what you do", "sagt, was du tust"),
        "/who" => Phrase("lists who is in a room", "zählt auf, wer in einem Raum ist"),
        "/nick" => Phrase("changes your name", "ändert deinen Namen"),
        "/rooms" => Phrase("lists the rooms", "zählt die Räume auf"),
        "/help" => Phrase("lists the commands", "zählt die Befehle auf"),
        _ => Phrase("", ""),
    };
    language.of(phrase).into()
}

/// Puts arguments into a pattern. What is in an argument is no pattern.
fn fill(pattern: &str, arguments: &[&str]) -> String {
    let mut words = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('{') {
        words += before;
        // A pattern has one digit between its braces.
        let index = behind.bytes().next().unwrap_or_default().wrapping_sub(b'0');
        words += arguments.get(usize::from(index)).unwrap_or(&"");
        rest = behind.get(2..).unwrap_or_default();
    }
    words + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::COMMANDS;
    use alloc::vec;
    use alloc::vec::Vec;

    const BOTH: [Language; 2] = [Language::English, Language::German];

    fn refusal(code: i32, arguments: &[&str]) -> RequestError {
        RequestError {
            code,
            arguments: arguments.iter().map(|&it| it.into()).collect(),
            ..RequestError::default()
        }
    }

    /// Different words in both languages, without a pattern's braces.
    #[track_caller]
    fn check(words: impl Fn(Language) -> String) {
        let both = BOTH.map(words);
        assert_ne!(both[0], both[1]);
        for words in both {
            assert!(words.chars().next().is_some_and(|it| it != '{'), "{words}");
            assert!(!words.contains(['{', '}']), "{words}");
        }
    }

    #[test]
    fn every_error_has_words_with_its_arguments() {
        let mut all = Vec::new();
        let codes = (0..100).filter(|code| ErrorCode::try_from(*code).is_ok());
        for code in codes.chain([i32::MAX]) {
            check(|language| error(language, &refusal(code, &["ONE", "TWO"])));
            check(|language| error(language, &refusal(code, &[])));
            all.push(error(Language::English, &refusal(code, &["ONE", "TWO"])));
        }
        // What is unknown is as what has no code; both Hello errors are alike.
        assert_eq!(all.pop().as_ref(), all.first());
        assert_eq!(all.len(), 15);
        for (code, count) in [
            (1, 1),
            (4, 1),
            (5, 2),
            (6, 1),
            (7, 2),
            (8, 1),
            (9, 1),
            (10, 1),
        ]
        .into_iter()
        .chain([(12, 2), (13, 1), (14, 1)])
        {
            assert!(all[code].contains("ONE"), "{}", all[code]);
            assert_eq!(all[code].contains("TWO"), count == 2, "{}", all[code]);
        }
    }

    #[test]
    fn what_passes_says_when_to_try_again() {
        let full = RequestError {
            temporary: true,
            retry_after: 1_001,
            ..refusal(9, &["100"])
        };
        assert_eq!(
            error(Language::English, &full),
            "The server has 100 rooms and makes no more. Try again in 2 s."
        );
    }

    #[test]
    fn a_peer_s_braces_are_no_pattern() {
        let error = error(Language::English, &refusal(6, &["{1}{0}", "no"]));
        assert_eq!(
            error,
            "The name “{1}{0}” is taken, or too much like one that is."
        );
        assert_eq!(fill("{", &["x"]), "");
        assert_eq!(fill("{7} {0}", &["x"]), " x");
    }

    #[test]
    fn every_close_code_has_words() {
        for close in CloseCode::ALL {
            check(|language| close_code(language, close.code()));
            let words = close_code(Language::English, close.code());
            assert!(!words.contains('('), "{words}");
        }
        check(|language| close_code(language, 0));
        check(|language| close_code(language, 1006));
        assert!(close_code(Language::German, 3999).contains("3999"));
    }

    #[test]
    fn every_reason_and_error_of_a_call_has_words() {
        let reasons = [
            FailReason::Disconnected,
            FailReason::Uncertain,
            FailReason::NotInRoom,
            FailReason::Refused(refusal(3, &[])),
        ];
        for reason in &reasons {
            check(|language| fail_reason(language, reason));
        }
        let errors = [
            SendError::Empty,
            SendError::TooLong { bytes: 9, most: 8 },
            SendError::TooManyPending,
            SendError::NotInRoom,
            SendError::NotOnline,
            SendError::NoSuchMessage,
        ];
        for error in &errors {
            check(|language| send_error(language, error));
        }
        for what in [
            RequestKind::Hello,
            RequestKind::Join,
            RequestKind::Leave,
            RequestKind::Rename,
            RequestKind::ListRooms,
            RequestKind::ListMembers,
            RequestKind::FetchHistory,
        ] {
            let error = FailReason::Disconnected;
            let subject = "it".into();
            let refused = Event::Refused {
                what,
                subject,
                error,
            };
            check(|language| event(language, &refused).unwrap());
        }
    }

    #[test]
    fn system_messages_have_words() {
        let (room, name) = (String::from("hall"), String::from("bob"));
        let events = vec![
            Event::State(State::Closed {
                code: 1000,
                reason: String::new(),
            }),
            Event::State(State::Waiting {
                until: 5,
                code: 1001,
                reason: String::new(),
            }),
            Event::NameRefused(refusal(6, &["bob"])),
            Event::Left { room: room.clone() },
            Event::Gap {
                room: room.clone(),
                from: 1,
                to: u64::MAX,
            },
            Event::Gap {
                room: room.clone(),
                from: 9,
                to: 1,
            },
            Event::WhisperGap { from: 2, to: 5 },
            Event::Came {
                room: room.clone(),
                id: 9,
                name: name.clone(),
            },
            Event::Went {
                room: room.clone(),
                id: 9,
                name: name.clone(),
            },
            Event::Renamed {
                room,
                id: 9,
                old: name.clone(),
                new: "rob".into(),
            },
            Event::MyName(name),
            Event::BadMessage("not a packet"),
        ];
        for told in &events {
            check(|language| event(language, told).unwrap_or_else(|| panic!("{told:?}")));
        }
        let gap = event(Language::English, &events[6]);
        assert!(gap.unwrap().starts_with("4 whispers"));
        assert_eq!(event(Language::English, &Event::Sent { nonce: 1 }), None);
    }

    #[test]
    fn joining_anew_is_not_joining_again() {
        let joined = |resumed, rejoined| Event::Joined {
            room: "hall".into(),
            asked: "hall".into(),
            resumed,
            rejoined,
            first_seq: 1,
            last_seq: 0,
        };
        let words = |event: Event| super::event(Language::English, &event);
        assert_eq!(words(joined(false, false)).unwrap(), "You joined “hall”.");
        assert!(words(joined(false, true)).unwrap().contains("missing"));
        assert_eq!(words(joined(true, true)), None);
    }

    #[test]
    fn every_command_and_every_mistake_has_words() {
        for command in COMMANDS {
            check(|language| command_help(language, command));
            check(|language| {
                let (command, usage) = (command.names[0], command.usage);
                command_error(language, &CommandError::Missing { command, usage })
            });
        }
        check(|language| command_error(language, &CommandError::Unknown("/frob".into())));
    }

    #[test]
    fn tags_of_browsers_and_of_environments_are_understood() {
        for tag in ["de", "de-AT", "de_DE.UTF-8", "DE"] {
            assert_eq!(Language::from_tag(tag), Language::German, "{tag}");
        }
        for tag in ["", "C", "en-GB", "den", "fr", "\u{e4}"] {
            assert_eq!(Language::from_tag(tag), Language::English, "{tag}");
        }
    }
}
