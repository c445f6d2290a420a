//! Sanctions in words: kind, end and reason for the user; and the texts that moderators read.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::{self as texts, Language};
use guildhall_protocol::{Member, Reason, RequestError, Sanction, SanctionKind};

/// A sanction of the user: its kind, its end and the reason. It still holds for `left`
/// milliseconds; `None`: it has no end.
#[must_use]
pub fn sanction(language: Language, sanction: &Sanction, left: Option<u64>) -> String {
    let mut text = what(language, sanction);
    if sanction.kind() != SanctionKind::Kick {
        add(&mut text, &ends_in(language, left));
    }
    add_reasons(&mut text, language, sanction);
    text
}

/// The kind of a sanction of the user alone: for a client that shows the rest in another way.
#[must_use]
pub fn sanction_kind(language: Language, sanction: &Sanction) -> String {
    what(language, sanction)
}

/// Why something holds against the user, its number, and how to appeal.
#[must_use]
pub fn sanction_reasons(language: Language, sanction: &Sanction) -> String {
    let mut text = String::new();
    add_reasons(&mut text, language, sanction);
    text.trim_start().into()
}

/// When something ends that still holds for so many milliseconds; `None`: it has no end. Rounded:
/// the client knows the server's clock only up to the time that a message takes.
#[must_use]
pub fn ends_in(language: Language, left: Option<u64>) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let Some(left) = left else {
        return language.get(texts::ENDS_NEVER).into();
    };
    let seconds = left.div_ceil(1_000);
    let rounded = |unit: u64| (seconds + unit / 2) / unit;
    if seconds <= 3 * MINUTE / 2 {
        texts::ends_in_seconds(language, seconds)
    } else if seconds <= 3 * HOUR / 2 {
        texts::ends_in_minutes(language, rounded(MINUTE))
    } else if seconds <= 3 * DAY / 2 {
        texts::ends_in_hours(language, rounded(HOUR))
    } else {
        texts::ends_in_days(language, rounded(DAY))
    }
}

/// The name of a reason, for a list to choose from.
#[must_use]
pub fn reason(language: Language, reason: Reason) -> &'static str {
    language.get(match reason {
        Reason::Unspecified | Reason::Other => texts::REASON_OTHER,
        Reason::Spam => texts::REASON_SPAM,
        Reason::Harassment => texts::REASON_HARASSMENT,
        Reason::Hate => texts::REASON_HATE,
        Reason::Sexual => texts::REASON_SEXUAL,
        Reason::ChildSafety => texts::REASON_CHILD_SAFETY,
        Reason::Violence => texts::REASON_VIOLENCE,
        Reason::SelfHarm => texts::REASON_SELF_HARM,
        Reason::PrivateData => texts::REASON_PRIVATE_DATA,
        Reason::Fraud => texts::REASON_FRAUD,
        Reason::Illegal => texts::REASON_ILLEGAL,
        Reason::Name => texts::REASON_NAME,
    })
}

/// A sanction of another user, for moderators: the user, its kind, its end, the reason and by whom.
#[must_use]
pub fn imposed(language: Language, sanction: &Sanction) -> String {
    let name = sanction.user.as_ref().map_or("?", name_of);
    let room = &*sanction.room;
    let mut text = match (sanction.kind(), room) {
        (SanctionKind::Ban, "") => texts::imposed_ban(language, name),
        (SanctionKind::Ban, room) => texts::imposed_ban_in(language, name, room),
        (SanctionKind::Kick, "") => texts::imposed_kick(language, name),
        (SanctionKind::Kick, room) => texts::imposed_kick_in(language, name, room),
        (_, "") => texts::imposed_mute(language, name),
        (_, room) => texts::imposed_mute_in(language, name, room),
    };
    add_end(&mut text, language, sanction);
    add_reasons(&mut text, language, sanction);
    if !sanction.by.is_empty() {
        add(&mut text, &texts::sanction_by(language, &sanction.by));
    }
    if !sanction.note.is_empty() {
        add(&mut text, &texts::sanction_note(language, &sanction.note));
    }
    text
}

/// The name of a user in a list; its number, if it has none.
pub(super) fn name_of(user: &Member) -> &str {
    if user.name.is_empty() {
        &user.user
    } else {
        &user.name
    }
}

/// The end of a sanction of the user.
pub(super) fn ended(language: Language, sanction: &Sanction) -> String {
    let text = match (sanction.kind(), &*sanction.room) {
        (SanctionKind::Ban, "") => texts::BAN_ENDED,
        (SanctionKind::Ban, room) => return texts::ban_ended_in(language, room),
        (_, "") => texts::MUTE_ENDED,
        (_, room) => return texts::mute_ended_in(language, room),
    };
    language.get(text).into()
}

/// The error that the user is muted or banned: what, until when and why, as far as the server
/// says so.
pub(super) fn refused(language: Language, error: &RequestError, kind: SanctionKind) -> String {
    let argument = |index: usize| error.arguments.get(index).map_or("", String::as_str);
    let number = |index: usize| argument(index).parse().unwrap_or(0);
    let reason = argument(2).parse().ok();
    let sanction = Sanction {
        id: number(4),
        kind: kind.into(),
        room: argument(0).into(),
        until: number(1),
        reason: reason.unwrap_or_default(),
        rule: argument(3).into(),
        appeal: argument(5).into(),
        ..Sanction::default()
    };
    let mut text = what(language, &sanction);
    if !argument(1).is_empty() {
        add_end(&mut text, language, &sanction);
    }
    add_reasons(&mut text, language, &sanction);
    text
}

fn what(language: Language, sanction: &Sanction) -> String {
    let text = match (sanction.kind(), &*sanction.room) {
        (SanctionKind::Ban, "") => texts::BANNED,
        (SanctionKind::Ban, room) => return texts::banned_in(language, room),
        (SanctionKind::Kick, "") => texts::KICKED,
        (SanctionKind::Kick, room) => return texts::kicked_from(language, room),
        (_, "") => texts::MUTED,
        (_, room) => return texts::muted_in(language, room),
    };
    language.get(text).into()
}

/// When it ends, if it can.
fn add_end(text: &mut String, language: Language, sanction: &Sanction) {
    if sanction.kind() == SanctionKind::Kick {
        return;
    }
    match utc(sanction.until) {
        Some(time) => add(text, &texts::ends_at(language, &time)),
        None => add(text, language.get(texts::ENDS_NEVER)),
    }
}

fn add_reasons(text: &mut String, language: Language, sanction: &Sanction) {
    if sanction.reason() != Reason::Unspecified {
        let reason = reason(language, sanction.reason());
        add(text, &texts::sanction_reason(language, reason));
    }
    if !sanction.rule.is_empty() {
        add(text, &texts::sanction_rule(language, &sanction.rule));
    }
    if sanction.automated {
        add(text, language.get(texts::SANCTION_AUTOMATED));
    }
    if sanction.id > 0 {
        let number = sanction.id.to_string();
        add(text, &texts::sanction_number(language, &number));
    }
    if !sanction.appeal.is_empty() {
        add(text, &texts::sanction_appeal(language, &sanction.appeal));
    }
}

/// One more sentence.
pub(super) fn add(text: &mut String, sentence: &str) {
    if !sentence.is_empty() {
        text.push(' ');
        text.push_str(sentence);
    }
}

/// A time in milliseconds since 1970 as a day and a time; `None`: 0, or far too large.
///
/// (A client knows its time zone, and this crate does not.)
fn utc(millis: u64) -> Option<String> {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let minutes = millis / 60_000;
    let days = minutes / 1_440;
    // Until the year 9999.
    if millis == 0 || days > 2_932_896 {
        return None;
    }
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin with March,
    // so that the day that may be missing is their last one.
    let days = days + 719_468;
    let (era, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = era * 400 + year + next;
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    Some(format!(
        "{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refusal};
    use super::*;

    fn mute() -> Sanction {
        Sanction {
            id: 17,
            kind: SanctionKind::Mute.into(),
            room: "lobby".into(),
            until: 1_767_225_600_000,
            reason: Reason::Spam.into(),
            rule: "Say it once".into(),
            automated: true,
            appeal: "appeals@example.org".into(),
            ..Sanction::default()
        }
    }

    #[test]
    fn a_user_reads_what_holds_and_why() {
        let text = sanction(Language::En, &mute(), Some(540_000));
        assert_eq!(
            text,
            "You are muted in “lobby”: you cannot write anything there. This ends in 9 minutes. \
             Reason: Spam or advertising. Rule: “Say it once”. No human has decided this. \
             Its number is 17. You can appeal: appeals@example.org"
        );
        let parts = [
            sanction_kind(Language::En, &mute()),
            ends_in(Language::En, Some(540_000)),
            sanction_reasons(Language::En, &mute()),
        ];
        assert_eq!(parts.join(" "), text);
        for kind in [SanctionKind::Mute, SanctionKind::Ban, SanctionKind::Kick] {
            for room in ["", "lobby"] {
                let told = Sanction {
                    kind: kind.into(),
                    room: room.into(),
                    ..mute()
                };
                check(|language| sanction(language, &told, None));
                check(|language| imposed(language, &told));
                let text = sanction(Language::En, &told, None);
                assert_eq!(text.contains("lobby"), !room.is_empty(), "{text}");
                assert_eq!(text.contains("no end"), kind != SanctionKind::Kick);
                if kind != SanctionKind::Kick {
                    check(|language| ended(language, &told));
                }
            }
        }
    }

    #[test]
    fn what_the_server_does_not_say_is_left_out() {
        let bare = Sanction {
            kind: SanctionKind::Ban.into(),
            ..Sanction::default()
        };
        assert_eq!(
            sanction(Language::En, &bare, None),
            "You are banned from this chat. This has no end."
        );
        let refused =
            |arguments: &[&str]| refused(Language::En, &refusal(29, arguments), SanctionKind::Ban);
        assert_eq!(refused(&[]), "You are banned from this chat.");
        assert_eq!(
            refused(&["inn", "1767225600000", "1", "", "5", ""]),
            "You are banned from “inn”. This ends at 2026-01-01 00:00 UTC. \
             Reason: Spam or advertising. Its number is 5."
        );
        assert_eq!(
            refused(&["", "0", "x", "{1}", "", ""]),
            "You are banned from this chat. This has no end. Rule: “{1}”."
        );
    }

    #[test]
    fn what_is_left_is_rounded() {
        let text = |left| ends_in(Language::En, Some(left));
        assert_eq!(text(0), "This ends in 0 seconds.");
        assert_eq!(text(1), "This ends in one second.");
        assert_eq!(text(90_000), "This ends in 90 seconds.");
        assert_eq!(text(90_001), "This ends in 2 minutes.");
        assert_eq!(text(600_020), "This ends in 10 minutes.");
        assert_eq!(text(599_980), "This ends in 10 minutes.");
        assert_eq!(text(5_400_000), "This ends in 90 minutes.");
        assert_eq!(text(5_401_000), "This ends in 2 hours.");
        assert_eq!(text(86_400_020), "This ends in 24 hours.");
        assert_eq!(text(604_800_020), "This ends in 7 days.");
        assert!(text(u64::MAX).ends_with("days."));
        for left in [1, 59_000, 600_000, 9_000_000, 604_800_000] {
            check(|language| ends_in(language, Some(left)));
        }
        check(|language| ends_in(language, None));
    }

    #[test]
    fn times_are_days_of_the_calendar() {
        for (millis, expected) in [
            (1, "1970-01-01 00:00 UTC"),
            (951_782_399_000, "2000-02-28 23:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00 UTC"),
            (951_868_800_000, "2000-03-01 00:00 UTC"),
            (1_772_323_140_000, "2026-02-28 23:59 UTC"),
            (1_772_323_200_000, "2026-03-01 00:00 UTC"),
            (1_767_225_599_999, "2025-12-31 23:59 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00 UTC"),
            (253_402_300_740_000, "9999-12-31 23:59 UTC"),
        ] {
            assert_eq!(utc(millis).as_deref(), Some(expected), "{millis}");
        }
        assert_eq!(utc(0), None);
        assert_eq!(utc(u64::MAX), None);
    }

    #[test]
    fn moderators_read_who_and_by_whom() {
        let told = Sanction {
            user: Some(Member {
                name: "bob".into(),
                ..Member::default()
            }),
            by: "ann".into(),
            note: "third time".into(),
            ..mute()
        };
        let text = imposed(Language::En, &told);
        assert!(text.starts_with("bob is muted in “lobby”. This ends at 2026-01-01 00:00 UTC."));
        assert!(text.ends_with("By ann. Note: “third time”."), "{text}");
        let names: alloc::vec::Vec<_> = (0..=12)
            .filter_map(|number| Reason::try_from(number).ok())
            .map(|number| reason(Language::En, number))
            .collect();
        assert_eq!(names.len(), 13);
        assert_eq!(names[0], names[12]);
        for (index, name) in names.iter().enumerate().skip(1) {
            assert!(!names[index + 1..].contains(name), "{name}");
        }
    }
}
