//! System messages: what has happened, and is not something that was said.

use alloc::string::{String, ToString as _};

use super::{Language, Phrase, error, fail_reason};
use crate::session::{Event, FailReason, RequestKind, State};

/// The system message for an event; `None` where an event is shown in another
/// way (a line, a list) or not at all.
#[must_use]
pub fn event(language: Language, event: &Event) -> Option<String> {
    let (phrase, arguments): (Phrase, [&str; 2]) = match event {
        Event::State(state @ (State::Waiting { .. } | State::Closed { .. })) => {
            return Some(super::state(language, state));
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
                " You get another name for now: /nick changes it.",
                " Vorerst bekommst du einen anderen Namen: /nick ändert ihn.",
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
        Event::MemberJoined { name, .. } => {
            (Phrase("{0} joined.", "{0} ist gekommen."), [name, ""])
        }
        Event::MemberLeft { name, .. } => (Phrase("{0} left.", "{0} ist gegangen."), [name, ""]),
        Event::MemberRenamed { old, new, .. } => (
            Phrase("{0} is now {1}.", "{0} heißt jetzt {1}."),
            [old, new],
        ),
        Event::RenamedSelf(name) => (
            Phrase("You are now {0}.", "Du heißt jetzt {0}."),
            [name, ""],
        ),
        Event::RequestFailed {
            request,
            subject,
            reason,
        } => return Some(refused(language, *request, subject, reason)),
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

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refusal};
    use super::*;
    use crate::{ClientId, RequestId};
    use alloc::vec;

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
            Event::MemberJoined {
                room: room.clone(),
                id: ClientId(9),
                name: name.clone(),
            },
            Event::MemberLeft {
                room: room.clone(),
                id: ClientId(9),
                name: name.clone(),
            },
            Event::MemberRenamed {
                room,
                id: ClientId(9),
                old: name.clone(),
                new: "rob".into(),
            },
            Event::RenamedSelf(name),
            Event::BadMessage("not a packet"),
        ];
        for told in &events {
            check(|language| event(language, told).unwrap_or_else(|| panic!("{told:?}")));
        }
        let gap = event(Language::English, &events[6]);
        assert!(gap.unwrap().starts_with("4 whispers"));
        assert_eq!(
            event(
                Language::English,
                &Event::Sent {
                    nonce: RequestId(1)
                }
            ),
            None
        );
    }

    #[test]
    fn every_refusal_has_words() {
        for request in [
            RequestKind::Hello,
            RequestKind::Join,
            RequestKind::Leave,
            RequestKind::Rename,
            RequestKind::ListRooms,
            RequestKind::ListMembers,
            RequestKind::FetchHistory,
        ] {
            let reason = FailReason::Disconnected;
            let subject = "it".into();
            let refused = Event::RequestFailed {
                request,
                subject,
                reason,
            };
            check(|language| event(language, &refused).unwrap());
        }
    }

    #[test]
    fn joining_anew_is_not_joining_again() {
        let joined = |resumed, rejoined| Event::Joined {
            room: "hall".into(),
            previous_name: "hall".into(),
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
}
