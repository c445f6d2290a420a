//! Names of rooms with a wildcard: `guild-*`.

use crate::names;

/// The names of some rooms: `*` stands for any characters, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The names, as the server writes them.
    names: Parts,
    /// The looks of these names. `None`: it matches exactly, and no look-alike.
    looks: Option<Parts>,
}

/// A text with stars.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    /// The texts before, between and behind the stars.
    parts: Vec<Box<str>>,
    /// Whether there are no stars, and the only part is the whole name. A pattern without
    /// parts matches any name.
    is_name: bool,
}

/// No room can have a name that the pattern matches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no room has a name like {0:?}: a name has at most 32 letters, digits, `-` and `_`, and no space"
)]
pub struct InvalidPattern(String);

impl Pattern {
    /// The pattern `*`.
    pub const ANY: Self = Self {
        names: Parts::ANY,
        looks: Some(Parts::ANY),
    };

    /// The pattern with this text. Any text is one. Letters may be in any case, as in the
    /// name of a room that a client joins.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let look = |part: &str| names::room_look(&names::room_name_part(part));
        Self {
            looks: Some(Parts::new(text, look)),
            ..Self::exact(text)
        }
    }

    /// The same for a pattern that no look-alike matches.
    #[must_use]
    pub(super) fn exact(text: &str) -> Self {
        Self {
            names: Parts::new(text, names::room_name_part),
            looks: None,
        }
    }

    /// The pattern with this text, if a room can have a name that it matches.
    ///
    /// # Errors
    ///
    /// [`InvalidPattern`].
    pub fn checked(text: &str) -> Result<Self, InvalidPattern> {
        // A star may stand for a letter or for nothing.
        let can_be = |star| names::room_name(&text.replace('*', star)).is_ok();
        if !text.is_empty() && (text.bytes().all(|byte| byte == b'*') || can_be("a") || can_be(""))
        {
            Ok(Self::new(text))
        } else {
            Err(InvalidPattern(text.chars().take(64).collect()))
        }
    }

    /// Whether the name of a room, as the server writes it, matches. The time is at most
    /// proportional to the lengths of both, multiplied.
    #[must_use]
    pub fn matches(&self, room: &str) -> bool {
        self.names.matches(room)
    }

    /// Whether it is `*`, which matches any name.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.names.is_name && self.names.parts.iter().all(|part| part.is_empty())
    }

    /// Whether a name looks like one that matches. `look` is what
    /// [`names::room_look`] returns for it.
    pub(super) fn resembles(&self, look: &str) -> bool {
        self.looks.as_ref().is_some_and(|looks| looks.matches(look))
    }
}

impl Parts {
    const ANY: Self = Self {
        parts: Vec::new(),
        is_name: false,
    };

    fn new(text: &str, write: impl Fn(&str) -> String) -> Self {
        if text == "*" {
            return Self::ANY;
        }
        let parts: Vec<_> = text.split('*').collect();
        let last = parts.len() - 1;
        // Two stars are as good as one.
        let counts = |(at, part): &(usize, &str)| [0, last].contains(at) || !part.is_empty();
        let parts = (parts.into_iter().enumerate()).filter(counts);
        Self {
            parts: parts.map(|(_, part)| write(part).into()).collect(),
            is_name: !text.contains('*'),
        }
    }

    fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else {
            return true;
        };
        if self.is_name {
            return &**first == name;
        }
        let Some((last, between)) = rest.split_last() else {
            return true;
        };
        let Some(inner) = name.strip_prefix(&**first) else {
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
            ("", "x"),
            ("guild-*", "guild"),
            ("guild-*-officers", "guild-officers"),
            ("ab*ba", "aba"),
            ("*a*b*", "xbxa"),
        ] {
            assert!(!matches(pattern, room), "{pattern} {room}");
        }
    }

    #[test]
    fn stars_beside_each_other_cost_nothing() {
        let pattern = Pattern::new(&format!("a{}b{}", "*".repeat(9_000), "*".repeat(9_000)));
        assert_eq!(pattern.names.parts.len(), 3);
        assert!(pattern.matches("axbx") && !pattern.matches("xab"));
        assert_eq!(Pattern::new("**").names.parts.len(), 2);
    }

    #[test]
    fn letters_may_be_in_any_case_and_spelling() {
        for (pattern, room) in [
            ("Guild-*", "guild-42"),
            ("LOBBY", "lobby"),
            ("*-\u{ff33}taff", "eu-staff"),
            ("\u{130}zmir-*", "izmir-1"),
        ] {
            assert!(matches(pattern, room), "{pattern} {room}");
            assert!(names::room_name(room).is_ok_and(|name| name == room));
        }
    }

    #[test]
    fn look_alikes_are_known() {
        let resembles = |pattern: &str, room: &str| {
            let name = names::room_name(room).unwrap();
            let pattern = Pattern::new(pattern);
            assert!(!pattern.matches(&name), "{pattern:?} {name}");
            pattern.resembles(&names::room_look(&name))
        };
        // A Cyrillic i, a one for an l, and r with n for an m.
        assert!(resembles("guild-*", "gu\u{456}ld-42"));
        assert!(resembles("guild-*", "gui1d-42"));
        assert!(resembles("team", "tearn"));
        assert!(!resembles("guild-*", "gild-42"));
        assert!(!resembles("lobby", "lobby-2"));
    }

    #[test]
    fn a_pattern_that_no_room_can_match_is_refused() {
        for right in [
            "*", "**", "guild-*", "*-x", "a*b*c", "Lobby", "_", "*\u{5d0}",
        ] {
            assert!(Pattern::checked(right).is_ok(), "{right:?}");
        }
        let long = "x".repeat(33);
        for wrong in ["", "two words", "#red", "guild-*!", "a\u{202e}*", &long] {
            let error = Pattern::checked(wrong).unwrap_err().to_string();
            assert!(error.contains("no room has a name like"), "{error}");
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
