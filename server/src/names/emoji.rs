//! Emoji that are several characters: those of Unicode's list (RGI), as the crate `emojis`
//! has it.

use icu_properties::CodePointSetData;
use icu_properties::props::Emoji;

/// The most characters of an emoji.
const LONGEST: usize = 10;

/// Returns how many characters the emoji has that is at the beginning of a text. `None` if
/// there is none, or one of a single character. Those that are several flags or letters in
/// a row are no concern of this: their characters may be anywhere.
pub(super) fn sequence(text: &[char]) -> Option<usize> {
    let (&first, rest) = text.split_first()?;
    if !continues(*rest.first()?) || !CodePointSetData::new::<Emoji>().contains(first) {
        return None;
    }
    let pairs = text.windows(2);
    let is_within = |pair: &&[char]| pair[0] == '\u{200d}' || continues(pair[1]);
    let longest = 1 + pairs.take_while(is_within).count();
    (2..=longest.min(LONGEST)).rev().find(|&length| {
        let emoji: String = text[..length].iter().collect();
        emojis::get(&emoji).is_some()
    })
}

/// Whether a character continues an emoji: a joiner, the choice of its picture, a key's
/// frame, a skin colour, or a part of a region's code.
fn continues(character: char) -> bool {
    matches!(
        character,
        '\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<usize>) {
        let characters: Vec<char> = text.chars().collect();
        assert_eq!(sequence(&characters), expected, "{text:?}");
    }

    #[test]
    fn an_emoji_of_the_list_is_found_whole() {
        check("👩\u{200d}🚀", Some(3));
        check("👩\u{200d}🚀\u{200d}", Some(3));
        check("👩\u{200d}🚀x", Some(3));
        check("1\u{fe0f}\u{20e3}", Some(3));
        check("🏳\u{200d}🌈", Some(3));
        check(
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            Some(7),
        );
        check("🦊", None);
        check("🦊🦊", None);
        check("👩\u{200d}", None);
        // Not of the list.
        check("🚀\u{200d}🚀", None);
        check("a\u{200d}🚀", None);
        check("a\u{fe0f}", None);
        check("", None);
    }

    #[test]
    fn no_emoji_is_longer() {
        let variants = emojis::iter().flat_map(|emoji| {
            let tones = emoji.skin_tones().into_iter().flatten();
            tones.chain([emoji])
        });
        let lengths = variants.map(|emoji| emoji.as_str().chars().count());
        assert_eq!(lengths.max(), Some(LONGEST));
    }
}
