//! Names of rooms with a wildcard: `guild-*`.

/// The names of some rooms: `*` stands for any characters, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// What is before, between and behind the stars.
    parts: Vec<Box<str>>,
    /// Whether there are no stars, and the only part is the whole name. A pattern without
    /// parts matches any name.
    is_name: bool,
}

impl Pattern {
    /// The pattern `*`.
    pub const ANY: Self = Self {
        parts: Vec::new(),
        is_name: false,
    };

    /// The pattern with this text. Any text is one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text == "*" {
            return Self::ANY;
        }
        Self {
            parts: text.split('*').map(Into::into).collect(),
            is_name: !text.contains('*'),
        }
    }

    /// Whether the name of a room, as the server writes it, matches. The time is at most
    /// proportional to the lengths of both, multiplied.
    #[must_use]
    pub fn matches(&self, room: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else {
            return true;
        };
        if self.is_name {
            return &**first == room;
        }
        let Some((last, between)) = rest.split_last() else {
            return true;
        };
        let Some(inner) = room.strip_prefix(&**first) else {
            return false;
        };
        let Some(mut inner) = inner.strip_suffix(&**last) else {
            return false;
        };
        // The leftmost place of each part leaves most to the parts behind it.
        for part in between {
            match inner.find(&**part) {
                Some(at) => inner = &inner[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, room: &str) -> bool {
        Pattern::new(pattern).matches(room)
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, room) in [
            ("lobby", "lobby"),
            ("*", ""),
            ("*", "any"),
            ("guild-*", "guild-"),
            ("guild-*", "guild-42"),
            ("*-staff", "eu-staff"),
            ("guild-*-officers", "guild-42-officers"),
            ("*a*b*", "xaxbx"),
            ("**", "x"),
            ("a**b", "ab"),
            ("ä*ü", "äöü"),
        ] {
            assert!(matches(pattern, room), "{pattern} {room}");
        }
        for (pattern, room) in [
            ("lobby", "lobby2"),
            ("lobby", "Lobby"),
            ("", "x"),
            ("guild-*", "guild"),
            ("guild-*-officers", "guild-officers"),
            ("ab*ba", "aba"),
            ("*a*b*", "xbxa"),
        ] {
            assert!(!matches(pattern, room), "{pattern} {room}");
        }
    }

    /// The definition, without a thought of the time that it takes.
    fn by_definition(pattern: &[char], room: &[char]) -> bool {
        match pattern {
            [] => room.is_empty(),
            ['*', rest @ ..] => (0..=room.len()).any(|at| by_definition(rest, &room[at..])),
            [one, rest @ ..] => room.first() == Some(one) && by_definition(rest, &room[1..]),
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_as_defined(pattern in "[ab*]{0,8}", room in "[ab]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = by_definition(&chars(&pattern), &chars(&room));
            prop_assert_eq!(matches(&pattern, &room), expected);
        }
    }
}
