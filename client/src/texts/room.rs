//! A room's settings, in words.

use alloc::string::String;
use alloc::vec::Vec;

use super::{self as texts, Language};
use guildhall_protocol::RoomSettings;

/// The rules of a room, one sentence for each, without its topic. Empty: anyone may say
/// anything there.
#[must_use]
pub fn room_rules(language: Language, settings: &RoomSettings) -> Vec<String> {
    let mut rules = Vec::new();
    for (holds, text) in [
        (settings.announce_only, texts::ROOM_ANNOUNCE_ONLY),
        (settings.read_only, texts::ROOM_READ_ONLY),
        (settings.no_history, texts::ROOM_NO_HISTORY),
        (settings.no_members, texts::ROOM_NO_MEMBERS),
    ] {
        if holds {
            rules.push(language.get(text).into());
        }
    }
    if !settings.read_only {
        if settings.slow_mode > 0 {
            let seconds = settings.slow_mode.div_ceil(1_000);
            rules.push(texts::room_slow_mode(language, seconds.into()));
        }
        if settings.text_bytes > 0 {
            rules.push(texts::room_text_bytes(language, settings.text_bytes.into()));
        }
    }
    rules
}

/// All that holds in a room, its topic last, in one line: for a client that says what has
/// changed.
#[must_use]
pub fn room_settings(language: Language, settings: &RoomSettings) -> String {
    let mut sentences = room_rules(language, settings);
    if !settings.topic.is_empty() {
        sentences.push(texts::room_topic(language, &settings.topic));
    }
    if sentences.is_empty() {
        return language.get(texts::ROOM_OPEN).into();
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn a_room_says_what_holds_in_it() {
        let all = RoomSettings {
            topic: "Raid at 8".into(),
            slow_mode: 4_001,
            text_bytes: 200,
            read_only: false,
            announce_only: true,
            no_history: true,
            no_members: true,
            may_remove: false,
            may_moderate: false,
        };
        check(|language| room_settings(language, &all));
        check(|language| room_settings(language, &RoomSettings::default()));
        let text = room_settings(Language::En, &all);
        assert!(text.starts_with("Only a few"), "{text}");
        assert!(text.ends_with("bytes. Topic: Raid at 8"), "{text}");
        assert!(text.contains("5 s") && text.contains("200 bytes"), "{text}");
        assert_eq!(room_rules(Language::En, &all).len(), 5);
        let read_only = RoomSettings {
            read_only: true,
            ..all
        };
        let rules = room_rules(Language::En, &read_only);
        assert_eq!(rules.len(), 4, "how to say something does not matter");
        assert_eq!(rules[1], "You may not say anything here.");
    }
}
