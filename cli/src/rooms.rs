//! The rules of rooms: the tables `[[rooms]]` of the settings file, what they mean in words, and
//! which of them cannot mean what they say. What follows from a rule is decided in the server's
//! `policy`.

pub(crate) mod table;

use std::time::Duration;

use indicatif::HumanDuration;

use self::table::{RoomTable, WhoSetting};

/// A sentence for each rule, behind "the server".
pub(crate) fn meaning(rooms: &[RoomTable]) -> Vec<String> {
    rooms.iter().map(sentence).collect()
}

/// Warnings about rules that are right each by itself, of a server with accounts or without.
pub(crate) fn warnings(rooms: &[RoomTable], has_accounts: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, room) in rooms.iter().enumerate() {
        let name = &room.pattern.text;
        if let Some(first) = rooms[..index].iter().find(|first| first.hides(room)) {
            warnings.push(format!(
                "no room has the rule for \"{name}\", because the one for \"{}\" is before it",
                first.pattern.text
            ));
        }
        let needs_account = |who: &WhoSetting| matches!(who, WhoSetting::Users | WhoSetting::Caps);
        if !has_accounts && room.who().iter().any(needs_account) {
            warnings.push(format!(
                "the rule for \"{name}\" is for users with an account, and there are none \
                 without [[accounts.keys]]"
            ));
        }
    }
    warnings
}

/// Checks the rules of a server that keeps something on the disk, or nothing.
///
/// # Errors
///
/// A line about a rule that cannot hold on this server.
pub(crate) fn check(rooms: &[RoomTable], has_data: bool) -> Result<(), String> {
    let is_durable = |room: &&RoomTable| room.keep.0.durable == Some(true);
    match rooms.iter().find(is_durable) {
        Some(room) if !has_data => Err(format!(
            "the rule for \"{}\" says durable = true, but the server keeps nothing on a disk: name \
             a folder with --data",
            room.pattern.text
        )),
        _ => Ok(()),
    }
}

fn sentence(room: &RoomTable) -> String {
    let [join, say, history, members, find] = room.who();
    let mut parts = Vec::new();
    if !room.topic.0.is_empty() {
        parts.push(format!("tells members the topic \"{}\"", room.topic.0));
    }
    let mut allow = |who: WhoSetting, what: &str| {
        let who = match who {
            WhoSetting::Everyone => return,
            WhoSetting::Users => "users with an account",
            WhoSetting::Caps => "users whose token allows it",
            WhoSetting::Nobody => "nobody",
        };
        parts.push(format!("lets {who} {what}"));
    };
    allow(join, "join");
    allow(say, "say something");
    allow(history, "read what was said before");
    allow(members, "see who is there");
    allow(find, "find them in the list of rooms");
    if room.announce_only {
        parts.push("lets nobody say something but those who moderate".into());
    }
    let slow = room.slow_mode.map_or(0, |seconds| seconds.0);
    if slow > 0 {
        let seconds = HumanDuration(Duration::from_secs(slow));
        parts.push(format!(
            "makes a member wait {seconds} between two messages, unless it moderates"
        ));
    }
    if let Some(most) = room.max_members {
        parts.push(format!("takes at most {}", counted(most.0, "member")));
    }
    if let Some(most) = room.text_bytes {
        parts.push(format!(
            "takes texts of at most {}",
            counted(most.0, "byte")
        ));
    }
    let keep = room.keep.0;
    let place = match keep.durable {
        Some(true) => " on the disk",
        Some(false) => " in memory only",
        None => "",
    };
    match (keep.lines, keep.age) {
        (None, None) if place.is_empty() => {}
        _ if keep.is_none() => parts.push("keeps no lines".into()),
        (lines, age) => {
            let lines = match lines {
                Some(lines) => format!("the last {}", counted(lines as u64, "line")),
                None => "lines".to_owned(),
            };
            let age = age.map_or(String::new(), |age| format!(" for {}", HumanDuration(age)));
            parts.push(format!("keeps {lines}{age}{place}"));
        }
    }
    if let Some(replay) = room.replay {
        let lines = match replay.0 {
            0 => "no lines".to_owned(),
            most => format!("at most {}", counted(most, "line")),
        };
        parts.push(format!("shows a member that joins {lines}"));
    }
    let rooms = &room.pattern.text;
    match parts.as_slice() {
        [] => format!("has no rule for the rooms \"{rooms}\": everybody may do everything there"),
        parts => format!("has a rule for the rooms \"{rooms}\": it {}", joined(parts)),
    }
}

/// The parts of a sentence, with commas and an "and".
fn joined(parts: &[String]) -> String {
    match parts {
        [before @ .., last] if !before.is_empty() => format!("{}, and {last}", before.join(", ")),
        parts => parts.concat(),
    }
}

/// So many of a noun, which makes its plural with an "s".
pub(crate) fn counted(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

impl RoomTable {
    /// The users that may join, say, read, see and find.
    fn who(&self) -> [WhoSetting; 5] {
        [self.join, self.say, self.history, self.members, self.find]
    }

    /// Whether every room that has a name of `other` has one of this rule.
    fn hides(&self, other: &Self) -> bool {
        self.pattern.includes(&other.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::environment::parse;

    /// The sentences for these tables, and the warnings.
    fn told(text: &str) -> (Vec<String>, Vec<String>) {
        let name = format!("guildhall-check-{}.toml", fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        let words = ["guildhall".into(), "--config".into(), path.clone().into()];
        let parsed = parse(&words);
        std::fs::remove_file(&path).unwrap();
        let tables = parsed.unwrap().tables;
        let has_accounts = !tables.accounts_settings.keys().is_empty();
        (
            meaning(&tables.rooms),
            warnings(&tables.rooms, has_accounts),
        )
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (sentences, _) = told(text);
        assert_eq!(sentences, [expected]);
    }

    #[test]
    fn rules_are_told_in_words() {
        assert_eq!(told(""), (vec![], vec![]));
        check(
            "[[rooms]]\nmatch = 'lobby'",
            "has no rule for the rooms \"lobby\": everybody may do everything there",
        );
        check(
            "[[rooms]]\nmatch = 'guild-*'\njoin = 'caps'\nfind = 'nobody'\nkeep = 'none'",
            "has a rule for the rooms \"guild-*\": it lets users whose token allows it join, lets \
             nobody find them in the list of rooms, and keeps no lines",
        );
        check(
            "[[rooms]]\nmatch = 'news'\ntopic = 'News'\nannounce_only = true\nreplay = 1",
            "has a rule for the rooms \"news\": it tells members the topic \"News\", lets nobody \
             say something but those who moderate, and shows a member that joins at most 1 line",
        );
        check(
            "[[rooms]]\nmatch = 'plaza'\nslow_mode = 10\nmax_members = 500\ntext_bytes = 200\n\
             keep = { lines = 100, seconds = 3600 }",
            "has a rule for the rooms \"plaza\": it makes a member wait 10 seconds between two \
             messages, unless it moderates, takes at most 500 members, takes texts of at most 200 \
             bytes, and keeps the last 100 lines for 60 minutes",
        );
        check(
            "data = '/srv/chat'\n[[rooms]]\nmatch = 'news'\nkeep = { lines = 9, durable = true }",
            "has a rule for the rooms \"news\": it keeps the last 9 lines on the disk",
        );
        check(
            "[[rooms]]\nmatch = 'team-*'\nkeep = { durable = false }",
            "has a rule for the rooms \"team-*\": it keeps lines in memory only",
        );
        check(
            "[[rooms]]\nmatch = 'log'\nsay = 'users'\nreplay = 0\nkeep = { seconds = 60 }",
            "has a rule for the rooms \"log\": it lets users with an account say something, keeps \
             lines for 60 seconds, and shows a member that joins no lines",
        );
    }

    #[test]
    fn rules_that_cannot_mean_what_they_say_are_warned_of() {
        let (_, warnings) = told(
            "[[rooms]]\nmatch = 'Guild-*'\n[[rooms]]\nmatch = 'guild-*-staff'\n\
             [[rooms]]\nmatch = 'other'\n",
        );
        assert_eq!(
            warnings,
            [
                "no room has the rule for \"guild-*-staff\", because the one for \"Guild-*\" is \
              before it"
            ]
        );
        let (_, warnings) = told("[[rooms]]\nmatch = 'a'\nsay = 'users'\n");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("[[accounts.keys]]"));
        let (_, warnings) = told("[[rooms]]\nmatch = 'a'\nsay = 'nobody'\n");
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}
