//! Codes to words, in English and German: what clients tell their users. Plain
//! text; names and texts of peers may be in it, so show it as text alone.
//!
//! A phrase is a pair of patterns, in which `{0}` and `{1}` stand for what comes
//! from elsewhere: a table of strings, since all of it is downloaded by players.

mod connection;
mod event;
mod refusal;
mod typed;

pub use connection::{close_code, no_subprotocol, state};
pub use event::event;
pub use refusal::{error, fail_reason, send_error};
pub use typed::{command_error, command_help};

use alloc::string::String;

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
    use guildhall_protocol::RequestError;

    const BOTH: [Language; 2] = [Language::English, Language::German];

    pub(super) fn refusal(code: i32, arguments: &[&str]) -> RequestError {
        RequestError {
            code,
            arguments: arguments.iter().map(|&it| it.into()).collect(),
            ..RequestError::default()
        }
    }

    /// Different words in both languages, without a pattern's braces.
    #[track_caller]
    pub(super) fn check(words: impl Fn(Language) -> String) {
        let both = BOTH.map(words);
        assert_ne!(both[0], both[1]);
        for words in both {
            assert!(words.chars().next().is_some_and(|it| it != '{'), "{words}");
            assert!(!words.contains(['{', '}']), "{words}");
        }
    }

    #[test]
    fn a_peer_s_braces_are_no_pattern() {
        let error = super::error(Language::English, &refusal(6, &["{1}{0}", "no"]));
        assert_eq!(
            error,
            "The name “{1}{0}” is taken, or too much like one that is."
        );
        assert_eq!(fill("{", &["x"]), "");
        assert_eq!(fill("{7} {0}", &["x"]), " x");
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
