//! The counts of a text: its capitals, and its mentions of users.

use super::{Capitals, Mentions};

/// Whether a text has too many capitals. Scripts without capitals have none.
pub(super) fn has_too_many_capitals(text: &str, most: Capitals) -> bool {
    let (mut letters, mut capitals) = (0_usize, 0_usize);
    for character in text.chars() {
        if character.is_uppercase() {
            capitals += 1;
            letters += 1;
        } else if character.is_lowercase() {
            letters += 1;
        }
    }
    letters >= most.least && capitals * 100 > letters * usize::from(most.percent)
}

/// The text in small letters, as many characters as before, and no more bytes.
pub(super) fn without_capitals(text: &str) -> String {
    let lower = |character: char| {
        let mut lower = character.to_lowercase();
        // The few that would be two, or have more bytes, stay as they are: a text has a greatest
        // length.
        lower
            .next()
            .filter(|small| lower.next().is_none() && small.len_utf8() <= character.len_utf8())
            .unwrap_or(character)
    };
    text.chars().map(lower).collect()
}

/// Whether a text has too many mentions: an `@` at the beginning of a word.
pub(super) fn has_too_many_mentions(text: &str, most: Mentions) -> bool {
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    let mut mentions = 0;
    while let Some(character) = characters.next() {
        let is_next = |next: &char| next.is_alphanumeric() || matches!(next, '"' | '_' | '[');
        if character == '@' && !before.is_alphanumeric() && characters.peek().is_some_and(is_next) {
            mentions += 1;
        }
        before = character;
    }
    mentions > most.most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_counted_among_letters_that_can_be_small() {
        let most = Capitals {
            percent: 70,
            least: 8,
        };
        let check = |text: &str, expected| {
            assert_eq!(has_too_many_capitals(text, most), expected, "{text:?}");
        };
        check("HELLO EVERYBODY", true);
        check("HELLO", false);
        check("HELLO 12345678 !!!", false);
        check("HELLO everybody", false);
        check("ПРИВЕТ ВСЕМ", true);
        check("大家好大家好大家好", false);
        check("", false);
        assert_eq!(without_capitals("HEY İ ẞ Ä"), "hey İ ß ä");
        // It would be three bytes instead of two.
        assert_eq!(without_capitals("HEY Ⱥ"), "hey Ⱥ");
        for capital in char::MIN..=char::MAX {
            let small = without_capitals(&String::from(capital));
            assert!(small.len() <= capital.len_utf8(), "{capital:?}");
        }
    }

    #[test]
    fn a_mention_is_an_at_sign_before_a_word() {
        let count =
            |text: &str| (0..100).find(|&most| !has_too_many_mentions(text, Mentions { most }));
        assert_eq!(count("@ann @bob, (@cid) @\"two words\""), Some(4));
        assert_eq!(count("me@example.org @ @@ann"), Some(1));
        assert_eq!(count(""), Some(0));
    }
}
