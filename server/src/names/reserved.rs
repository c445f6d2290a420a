//! The names that nobody can choose: those that the server gives itself, and those that
//! players would take for the program or for its operators.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::characters::is_of_word;
use super::looks::{Looks, keys};
use super::reserved_words::WORDS;

/// The look of "Guest".
const GUEST_LOOK: &str = "guest";

/// The looks of all reserved words, in small and in capital letters.
static RESERVED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let words = WORDS.iter();
    let cases = words.flat_map(|word| [(*word).to_owned(), word.to_uppercase()]);
    cases
        .flat_map(|word| keys(&word))
        .map(|key| letters(&key))
        .collect()
});

/// Whether a name with these [looks](super::looks()) looks like one that the server gives to
/// a user without one.
#[must_use]
pub(crate) fn is_guest(looks: &Looks) -> bool {
    looks.iter().any(|look| {
        letters(look)
            .strip_prefix(GUEST_LOOK)
            // In a key, digits that look like letters are letters: 0 is o, 1 is l.
            .is_some_and(|rest| {
                rest.chars()
                    .all(|c| c.is_numeric() || matches!(c, 'o' | 'l'))
            })
    })
}

/// Whether a name with these [looks](super::looks()) looks like a reserved word, also with
/// brackets or other signs around it.
#[must_use]
pub(crate) fn is_reserved(looks: &Looks) -> bool {
    looks.iter().any(|look| RESERVED.contains(&letters(look)))
}

/// The letters and digits of a key, without accents.
fn letters(look: &str) -> String {
    look.chars().filter(|&c| is_of_word(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::looks;
    use super::*;

    #[test]
    fn a_name_that_the_server_gives_is_recognised_in_any_look() {
        for name in [
            "Guest 7",
            "guest7",
            "GUEST 100",
            "Gu\u{435}st 1",
            "Guest",
            "[Guest 7]",
            "\"Guest\" 7",
            "Guest-7",
        ] {
            assert!(is_guest(&looks(name)), "{name}");
        }
        for name in ["Guesty", "Guest of honour", "Ann 7"] {
            assert!(!is_guest(&looks(name)), "{name}");
        }
        assert_eq!(keys("Guest"), [GUEST_LOOK, GUEST_LOOK]);
    }

    #[test]
    fn every_word_of_the_catalogues_is_reserved() {
        for word in ["You", "Du", "System", "Server", "Admin", "Moderator"] {
            assert!(WORDS.contains(&word), "{word}");
        }
        for word in WORDS {
            for name in [(*word).to_owned(), word.to_lowercase(), word.to_uppercase()] {
                assert!(is_reserved(&looks(&name)), "{name}");
            }
        }
    }

    #[test]
    fn a_reserved_word_is_recognised_in_any_look() {
        for name in [
            "You",
            "you",
            "YOU",
            "System",
            "Server",
            "Admin",
            "Moderator",
            "Du",
            // Cyrillic, Greek, a digit for a letter, l for I, and a quote.
            "S\u{435}rver",
            "\u{410}dmin",
            "Y\u{3bf}u",
            "Y0u",
            "ADMlN",
            "Sys'tem",
            "[Server]",
            "*System*",
            "Admin:",
            "\u{2605} Moderator",
            "S e r v e r",
            "Sérver",
            "«Du»",
            "\u{ff33}erver",
            "ADM\u{130}N",
            "Syste\u{200c}m",
        ] {
            assert!(is_reserved(&looks(name)), "{name}");
        }
        for name in [
            "Youri",
            "Serverin",
            "Admina",
            "Dudu",
            "Ann",
            "Systemata",
            "!",
        ] {
            assert!(!is_reserved(&looks(name)), "{name}");
        }
    }
}
