//! The commands about other users: sanctions, settings of a room, roles, blocks and reports.

use alloc::string::String;

use super::parts::{first_word, is_digits, is_space, number, quoted_word, trim};
use crate::session::RoomChange;
use guildhall_protocol::{Reason, Role, SanctionKind};

/// A command about other users, or about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModerationCommand {
    /// Imposes a sanction on a user.
    Impose {
        /// The kind.
        kind: SanctionKind,
        /// The user's name.
        user: String,
        /// Whether it holds everywhere, and not in the room alone.
        everywhere: bool,
        /// Whether it also holds against guests from the user's address.
        address: bool,
        /// How long it holds; 0: without an end.
        seconds: u32,
        /// Why.
        reason: Reason,
        /// The rule that was broken, for the user to read; it may be empty.
        rule: String,
    },
    /// Ends a sanction.
    Lift {
        /// The kind.
        kind: SanctionKind,
        /// The user's name.
        user: String,
        /// Whether the one that holds everywhere is meant.
        everywhere: bool,
    },
    /// Changes settings of the room.
    ChangeRoom(RoomChange),
    /// Removes all that was said in the room.
    Clear,
    /// Removes all that a user has said.
    Purge {
        /// The user's name.
        user: String,
        /// Whether in all rooms, and not in this one alone.
        everywhere: bool,
    },
    /// Gives a user a role, or takes it.
    SetRole {
        /// The user's name.
        user: String,
        /// Whether in all rooms, and not in this one alone.
        everywhere: bool,
        /// The role.
        role: Role,
    },
    /// Lists the moderators of the room.
    Moderators,
    /// Lists the sanctions that hold in the room, or in all that the user moderates.
    Sanctions {
        /// Whether in all.
        everywhere: bool,
    },
    /// Blocks a user, or ends that.
    Block {
        /// The user's name.
        user: String,
        /// Whether that is ended.
        take_back: bool,
    },
    /// Lists whom the user blocks.
    Blocks,
    /// Reports something to the moderators.
    Report {
        /// The user, line or whisper.
        what: Reported,
        /// Why.
        reason: Reason,
        /// The user's own words; they may be empty.
        note: String,
    },
}

/// The subject of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reported {
    /// The line of the room with this number.
    Line(u64),
    /// The last whisper to the user.
    LastWhisper,
    /// The user with this name.
    User(String),
}

/// How long `/timeout` mutes, in seconds, if the moderator does not say.
const TIMEOUT: u32 = 600;

/// The wait that `/slow` sets, in seconds, and the longest that it can.
const SLOW: u32 = 30;
const MOST_SLOW: u32 = 21_600;

/// The words for reasons, which are the same in every language, as names of commands are.
pub const REASONS: [(&str, Reason); 12] = [
    ("spam", Reason::Spam),
    ("harassment", Reason::Harassment),
    ("hate", Reason::Hate),
    ("sexual", Reason::Sexual),
    ("child-safety", Reason::ChildSafety),
    ("violence", Reason::Violence),
    ("self-harm", Reason::SelfHarm),
    ("private-data", Reason::PrivateData),
    ("fraud", Reason::Fraud),
    ("illegal", Reason::Illegal),
    ("name", Reason::Name),
    ("other", Reason::Other),
];

/// The options of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Options {
    /// `-all`: everywhere, and not in the room alone.
    pub(super) everywhere: bool,
    /// `-ip`: also against guests from the user's address.
    pub(super) address: bool,
}

/// The options at the beginning, and what is behind them.
pub(super) fn options(mut text: &str) -> (Options, &str) {
    let mut options = Options::default();
    loop {
        let (word, rest) = text.split_once(is_space).unwrap_or((text, ""));
        match word {
            _ if word.eq_ignore_ascii_case("-all") => options.everywhere = true,
            _ if word.eq_ignore_ascii_case("-ip") => options.address = true,
            _ => return (options, text),
        }
        text = rest.trim_start_matches(is_space);
    }
}

/// A command about a user, a room or a report, with what was typed behind its name. `None`:
/// something is missing or wrong.
pub(super) fn parse(command: &str, text: &str) -> Option<ModerationCommand> {
    let (
        Options {
            everywhere,
            address,
        },
        rest,
    ) = options(text);
    let impose = |kind: SanctionKind, usual: u32| {
        let (user, behind) = user_before(rest)?;
        let (seconds, why) = match kind {
            SanctionKind::Kick => (0, behind),
            _ => time(behind, usual, command == "/timeout")?,
        };
        let (reason, rule) = why_words(why);
        Some(ModerationCommand::Impose {
            kind,
            user,
            everywhere,
            address,
            seconds,
            reason,
            rule: in_one_line(rule),
        })
    };
    let lift = |kind: SanctionKind| {
        Some(ModerationCommand::Lift {
            kind,
            user: user_alone(rest)?,
            everywhere,
        })
    };
    let role = |role: Role| {
        Some(ModerationCommand::SetRole {
            user: user_alone(rest)?,
            everywhere,
            role,
        })
    };
    let block = |take_back: bool| {
        let user = user_alone(text)?;
        Some(ModerationCommand::Block { user, take_back })
    };
    match command {
        "/timeout" => impose(SanctionKind::Mute, TIMEOUT),
        "/mute" => impose(SanctionKind::Mute, 0),
        "/ban" => impose(SanctionKind::Ban, 0),
        "/kick" => impose(SanctionKind::Kick, 0),
        "/unmute" => lift(SanctionKind::Mute),
        "/unban" => lift(SanctionKind::Ban),
        "/mod" => role(Role::Moderator),
        "/unmod" => role(Role::Unspecified),
        "/purge" => Some(ModerationCommand::Purge {
            user: user_alone(rest)?,
            everywhere,
        }),
        "/clear" => text.is_empty().then_some(ModerationCommand::Clear),
        "/slow" | "/announce" | "/topic" => {
            room_change(command, text).map(ModerationCommand::ChangeRoom)
        }
        "/mods" => Some(ModerationCommand::Moderators),
        "/blocks" => Some(ModerationCommand::Blocks),
        "/block" => block(false),
        "/unblock" => block(true),
        "/report" => report(text),
        "/sanctions" => rest
            .is_empty()
            .then_some(ModerationCommand::Sanctions { everywhere }),
        _ => None,
    }
}

/// The name of a user, which may be in quotes, and what is behind it.
fn user_before(text: &str) -> Option<(String, &str)> {
    let (name, behind) = quoted_word(text)?;
    let name = trim(&name);
    (!name.is_empty()).then(|| (name.into(), behind))
}

/// The name of a user, with nothing behind it.
fn user_alone(text: &str) -> Option<String> {
    let (user, behind) = user_before(text)?;
    behind.is_empty().then_some(user)
}

/// The setting of a room that a command changes.
fn room_change(command: &str, text: &str) -> Option<RoomChange> {
    let mut change = RoomChange::default();
    match command {
        "/slow" => {
            change.slow_mode = Some(match text {
                "" => SLOW,
                "0" => 0,
                _ if text.eq_ignore_ascii_case("off") => 0,
                _ => duration(text).filter(|seconds| (1..=MOST_SLOW).contains(seconds))?,
            });
        }
        "/announce" => {
            change.announce_only = Some(match text {
                "" => true,
                _ if text.eq_ignore_ascii_case("on") => true,
                _ if text.eq_ignore_ascii_case("off") => false,
                _ => return None,
            });
        }
        _ => change.topic = Some(in_one_line(text)),
    }
    Some(change)
}

fn report(text: &str) -> Option<ModerationCommand> {
    let (word, behind) = first_word(text);
    let (what, why) = if let Some(number) = number(word) {
        (Reported::Line(number), behind)
    } else if word.eq_ignore_ascii_case("-w") {
        (Reported::LastWhisper, behind)
    } else {
        let (user, behind) = user_before(text)?;
        (Reported::User(user), behind)
    };
    let (reason, note) = why_words(why);
    Some(ModerationCommand::Report {
        what,
        reason,
        note: in_one_line(note),
    })
}

/// How long something holds, in seconds, and what is behind that. A number may be `bare`, or
/// belongs to the words. `None`: no time at all.
fn time(text: &str, usual: u32, bare: bool) -> Option<(u32, &str)> {
    let (word, rest) = first_word(text);
    match duration(word).filter(|_| bare || !is_digits(word)) {
        Some(0) => None,
        Some(seconds) => Some((seconds, rest)),
        None => Some((usual, text)),
    }
}

/// The seconds of a time such as `90`, `30s`, `10m`, `1h`, `7d` or `2w`.
fn duration(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let unit = match word.get(digits.len()..)? {
        "" | "s" | "S" => 1,
        "m" | "M" => 60,
        "h" | "H" => 3_600,
        "d" | "D" => 86_400,
        "w" | "W" => 604_800,
        _ => return None,
    };
    let number = digits.parse::<u32>().unwrap_or(u32::MAX);
    is_digits(digits).then(|| number.saturating_mul(unit))
}

/// The text without line breaks and other control characters.
fn in_one_line(text: &str) -> String {
    let blank = |character| if is_space(character) { ' ' } else { character };
    text.chars().map(blank).collect()
}

/// The reason, if the text begins with the word for one, and the rest of it.
fn why_words(text: &str) -> (Reason, &str) {
    let (word, rest) = first_word(text);
    let mut reasons = REASONS.into_iter();
    match reasons.find(|(name, _)| word.eq_ignore_ascii_case(name)) {
        Some((_, reason)) => (reason, rest),
        None => (Reason::Other, text),
    }
}
