//! System messages: what has happened, and is not something that was said.

use alloc::string::String;

use super::error::without_retry;
use super::{self as texts, Language, error, fail_reason};
use crate::session::{Event, FailReason, RequestKind, State};
use guildhall_protocol::RemovedReason;

/// If more members than this joined at once, the text has their number and not their names.
const MOST_NAMES: usize = 5;

/// The system message for an event; `None` if an event is shown in another way (a
/// line, a list) or not at all.
#[must_use]
pub fn event(language: Language, event: &Event) -> Option<String> {
    Some(match event {
        Event::State(state @ (State::Waiting { .. } | State::Closed { .. })) => {
            texts::state(language, state)
        }
        Event::Welcomed { resumed: true, .. } => language.get(texts::CONNECTED_AGAIN).into(),
        Event::Welcomed { name, .. } => texts::welcome(language, name),
        Event::NameRefused(refused) => {
            let reason = error(language, refused);
            two_sentences(reason, language.get(texts::ANOTHER_NAME))
        }
        Event::Joined {
            room,
            resumed: false,
            rejoined: true,
            ..
        } => texts::joined_anew(language, room),
        Event::Joined {
            room,
            rejoined: false,
            ..
        } => texts::joined(language, room),
        Event::JoinDelayed { room, error } => two_sentences(
            without_retry(language, error),
            &texts::join_delayed(language, room),
        ),
        Event::RenameDelayed { name, error } => two_sentences(
            without_retry(language, error),
            &texts::rename_delayed(language, name),
        ),
        Event::Removed {
            room,
            reason: RemovedReason::Forbidden,
        } => texts::removed_forbidden(language, room),
        Event::Removed { room, .. } => texts::removed(language, room),
        Event::Left { room } => texts::left(language, room),
        Event::Gap { from, to, .. } => texts::lines_missing(language, count(*from, *to)),
        Event::WhisperGap { from, to } => texts::whispers_missing(language, count(*from, *to)),
        Event::PresenceNotice {
            joined,
            left,
            renamed,
            ..
        } => presence(language, joined, left, renamed),
        Event::ServerAnswers(false) => language.get(texts::SERVER_SILENT).into(),
        Event::ServerAnswers(true) => language.get(texts::SERVER_ANSWERS).into(),
        Event::RenamedSelf(name) => texts::name_changed(language, name),
        Event::RequestFailed {
            request,
            subject,
            reason,
        } => refused(language, *request, subject, reason),
        Event::BadMessage(_) => language.get(texts::BAD_MESSAGE).into(),
        _ => return None,
    })
}

/// One sentence for all who joined, one for all who left, and one for each new name.
fn presence(
    language: Language,
    joined: &[String],
    left: &[String],
    renamed: &[(String, String)],
) -> String {
    let mut text = String::new();
    let mut say = |sentence: String| {
        text.push_str(if text.is_empty() { "" } else { " " });
        text.push_str(&sentence);
    };
    match joined {
        [] => {}
        [name] => say(texts::member_joined(language, name)),
        names if names.len() <= MOST_NAMES => say(texts::members_joined(language, &list(names))),
        names => say(texts::many_joined(language, names.len() as u64)),
    }
    match left {
        [] => {}
        [name] => say(texts::member_left(language, name)),
        names if names.len() <= MOST_NAMES => say(texts::members_left(language, &list(names))),
        names => say(texts::many_left(language, names.len() as u64)),
    }
    if renamed.len() <= MOST_NAMES {
        for (old, new) in renamed {
            say(texts::member_renamed(language, old, new));
        }
    } else {
        say(texts::many_renamed(language, renamed.len() as u64));
    }
    text
}

fn list(names: &[String]) -> String {
    let mut list = String::new();
    for name in names {
        list.push_str(if list.is_empty() { "" } else { ", " });
        list.push_str(name);
    }
    list
}

/// How many sequence numbers there are from one to another.
fn count(from: u64, to: u64) -> u64 {
    to.saturating_sub(from).saturating_add(1)
}

fn refused(language: Language, request: RequestKind, subject: &str, reason: &FailReason) -> String {
    let text = match request {
        RequestKind::Hello => language.get(texts::REFUSED_HELLO).into(),
        RequestKind::Join => texts::refused_join(language, subject),
        RequestKind::Leave => texts::refused_leave(language, subject),
        RequestKind::Rename => language.get(texts::REFUSED_RENAME).into(),
        RequestKind::ListRooms => language.get(texts::REFUSED_LIST_ROOMS).into(),
        RequestKind::ListMembers => texts::refused_list_members(language, subject),
        RequestKind::FetchHistory => texts::refused_history(language, subject),
        RequestKind::Refresh => language.get(texts::REFUSED_REFRESH).into(),
    };
    two_sentences(text, &fail_reason(language, reason))
}

fn two_sentences(mut first: String, second: &str) -> String {
    first.push(' ');
    first + second
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refusal};
    use super::*;
    use crate::{RequestId, UserId};
    use alloc::vec;

    #[test]
    fn system_messages_have_a_text() {
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
            Event::JoinDelayed {
                room: room.clone(),
                error: refusal(21, &["hall", "40"]),
            },
            Event::RenameDelayed {
                name: name.clone(),
                error: refusal(15, &[]),
            },
            Event::Removed {
                room: room.clone(),
                reason: RemovedReason::Forbidden,
            },
            Event::Removed {
                room: room.clone(),
                reason: RemovedReason::Unspecified,
            },
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
            Event::PresenceNotice {
                room,
                joined: vec![name.clone()],
                left: vec![name.clone()],
                renamed: vec![(name.clone(), "rob".into())],
            },
            Event::ServerAnswers(false),
            Event::ServerAnswers(true),
            Event::RenamedSelf(name),
            Event::BadMessage("not a packet"),
        ];
        for told in &events {
            check(|language| event(language, told).unwrap_or_else(|| panic!("{told:?}")));
        }
        let gap = event(Language::En, &events[10]);
        assert!(gap.unwrap().starts_with("4 whispers"));
        assert_eq!(
            event(
                Language::En,
                &Event::Sent {
                    nonce: RequestId(1)
                }
            ),
            None
        );
    }

    #[test]
    fn many_changes_of_the_members_are_one_short_text() {
        let names = |count| (0..count).map(|id| alloc::format!("P{id}")).collect();
        let text = |joined, left, renamed: usize| {
            let notice = Event::PresenceNotice {
                room: "hall".into(),
                joined: names(joined),
                left: names(left),
                renamed: vec![("A".into(), "B".into()); renamed],
            };
            event(Language::En, &notice).unwrap()
        };
        assert_eq!(text(1, 0, 0), "P0 joined.");
        assert_eq!(text(3, 2, 1), "P0, P1, P2 joined. P0, P1 left. A is now B.");
        assert_eq!(text(29, 0, 0), "29 people joined.");
        assert_eq!(text(0, 6, 6), "6 people left. 6 people have new names.");
        let one = Event::MemberLeft {
            room: "hall".into(),
            id: UserId(9),
            name: "bob".into(),
        };
        assert_eq!(event(Language::En, &one), None, "its notice tells it");
    }

    #[test]
    fn every_refusal_has_a_text() {
        for request in [
            RequestKind::Hello,
            RequestKind::Join,
            RequestKind::Leave,
            RequestKind::Rename,
            RequestKind::ListRooms,
            RequestKind::ListMembers,
            RequestKind::FetchHistory,
            RequestKind::Refresh,
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
        let text = |event: Event| super::event(Language::En, &event);
        assert_eq!(text(joined(false, false)).unwrap(), "You joined “hall”.");
        assert!(text(joined(false, true)).unwrap().contains("missing"));
        assert_eq!(text(joined(true, true)), None);
    }
}
