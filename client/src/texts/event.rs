//! System messages: what has happened, and is not something that was said.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::error::without_retry;
use super::sanction::{self, name_of};
use super::{self as texts, Language, error, fail_reason};
use crate::session::{Event, FailReason, RequestKind, State};
use guildhall_protocol::{Moderator, RemovedReason, Role, Sanction};

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
            reason,
            sanction,
        } => removed(language, room, *reason, sanction.as_deref()),
        Event::Moved { room, .. } => texts::moved_into(language, room),
        Event::Held { .. } => language.get(texts::WAITS_FOR_MODERATOR).into(),
        Event::Rejected { words, .. } => {
            with(language.get(texts::OTHER_MESSAGE_REJECTED).into(), words)
        }
        Event::Sanctioned { sanction, left } => texts::sanction(language, sanction, *left),
        Event::SanctionEnded(it) => sanction::ended(language, it),
        Event::LinesCleared(change) => texts::lines_cleared(language, &change.name),
        Event::LinesPurged { change, .. } => texts::lines_purged(language, &change.name),
        Event::BlockList(users) if users.is_empty() => language.get(texts::BLOCK_LIST_EMPTY).into(),
        Event::BlockList(users) => {
            let names: Vec<_> = users.iter().map(|it| name_of(it).into()).collect();
            texts::block_list(language, &list(&names))
        }
        Event::Reported { id } => texts::reported(language, &id.to_string()),
        Event::ReportDecided { id, acted, words } => {
            let number = id.to_string();
            let text = if *acted {
                texts::report_acted(language, &number)
            } else {
                texts::report_not_acted(language, &number)
            };
            with(text, words)
        }
        Event::Imposed(it) => texts::imposed(language, it),
        Event::Purged { user, rooms } => texts::purged(language, (*rooms).into(), user),
        Event::ModeratorList { room, moderators } => moderator_list(language, room, moderators),
        Event::Done { request, subject } => done(language, *request, subject)?,
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
        Event::ChangeFailed { reason, .. } => {
            let text = String::from(language.get(texts::CHANGE_FAILED));
            two_sentences(text, &fail_reason(language, reason))
        }
        Event::BadMessage(_) => language.get(texts::BAD_MESSAGE).into(),
        _ => return None,
    })
}

/// Why the user is not in a room any more.
fn removed(
    language: Language,
    room: &str,
    reason: RemovedReason,
    sanction: Option<&Sanction>,
) -> String {
    match (reason, sanction) {
        // The event that something holds against the user says the rest.
        (RemovedReason::Banned, _) => texts::removed_banned(language, room),
        (RemovedReason::Kicked, Some(sanction)) => texts::sanction(language, sanction, None),
        (RemovedReason::Kicked, None) => texts::kicked_from(language, room),
        (RemovedReason::Forbidden, _) => texts::removed_forbidden(language, room),
        (RemovedReason::Closed, _) => texts::removed_closed(language, room),
        (RemovedReason::TakenOut, _) => texts::removed_taken_out(language, room),
        (RemovedReason::Unspecified, _) => texts::removed(language, room),
    }
}

fn moderator_list(language: Language, room: &str, moderators: &[Moderator]) -> String {
    let name = |it: &Moderator| {
        let name = it.member.as_ref().map_or("?", name_of);
        match it.role() {
            Role::Admin => texts::is_admin(language, name),
            Role::Unspecified | Role::Moderator => name.into(),
        }
    };
    let names: Vec<_> = moderators.iter().map(name).collect();
    if names.is_empty() {
        texts::no_moderators(language, room)
    } else {
        texts::moderators_are(language, room, &list(&names))
    }
}

/// A request was done. `None`: other events tell it.
fn done(language: Language, request: RequestKind, subject: &str) -> Option<String> {
    Some(match request {
        RequestKind::Block => texts::blocked(language, subject),
        RequestKind::Unblock => texts::unblocked(language, subject),
        RequestKind::Lift => texts::lifted(language, subject),
        RequestKind::Clear => texts::cleared(language, subject),
        RequestKind::SetRole => texts::role_set(language, subject),
        _ => return None,
    })
}

/// A sentence, and the game's words behind it.
fn with(mut text: String, words: &str) -> String {
    sanction::add(&mut text, words);
    text
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
        RequestKind::ListUnread => language.get(texts::REFUSED_LIST_UNREAD).into(),
        RequestKind::Search => language.get(texts::REFUSED_SEARCH).into(),
        RequestKind::Block => texts::refused_block(language, subject),
        RequestKind::Unblock => texts::refused_unblock(language, subject),
        RequestKind::ListBlocks => language.get(texts::REFUSED_LIST_BLOCKS).into(),
        RequestKind::Report => language.get(texts::REFUSED_REPORT).into(),
        RequestKind::Impose => texts::refused_impose(language, subject),
        RequestKind::Lift => texts::refused_lift(language, subject),
        RequestKind::ChangeRoom => texts::refused_change_room(language, subject),
        RequestKind::Clear => texts::refused_clear(language, subject),
        RequestKind::Purge => texts::refused_purge(language, subject),
        RequestKind::SetRole => texts::refused_set_role(language, subject),
        RequestKind::ListModerators => language.get(texts::REFUSED_LIST_MODERATORS).into(),
        RequestKind::ListSanctions => language.get(texts::REFUSED_LIST_SANCTIONS).into(),
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
                sanction: None,
            },
            Event::Removed {
                room: room.clone(),
                reason: RemovedReason::Unspecified,
                sanction: None,
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
            Event::ChangeFailed {
                nonce: RequestId(1),
                room: String::from("hall"),
                line: 1,
                reason: FailReason::Uncertain,
            },
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
            RequestKind::ListUnread,
            RequestKind::Search,
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
