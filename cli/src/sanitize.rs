//! Makes text of others harmless for a terminal: nothing in it moves the cursor, changes
//! colours, sets a title or begins a new line. The chat uses it for messages, and the doctor for
//! what answers in a server's place.

use std::borrow::Cow;

/// Replaces each character that a terminal would obey instead of showing it: controls by
/// their pictures (␛ for escape, ␊ for a line feed), all others by �.
pub(crate) fn sanitize(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| sign(c).is_some()) {
        Cow::Owned(text.chars().map(|c| sign(c).unwrap_or(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Text without joiners at its end: some terminals join what they draw next to what is
/// before a joiner, wherever that is.
pub(crate) fn whole(text: &str) -> &str {
    text.trim_end_matches('\u{200d}')
}

/// The replacement of a character that must not reach the terminal.
fn sign(c: char) -> Option<char> {
    match c {
        // Unicode has a picture of each of them, in the same order.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)),
        '\x7f' => Some('␡'),
        // C1 controls. One of them alone begins an escape sequence.
        '\u{80}'..='\u{9f}'
        // Separators of lines and paragraphs.
        | '\u{2028}' | '\u{2029}'
        // Characters that change the direction of all that follows, beyond this text. Implicit
        // marks (U+061C, U+200E, U+200F) only stand for a letter: keyboards for Hebrew and
        // Arabic type them, and nothing is seen of them.
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some('\u{fffd}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_stays_as_it_is() {
        for text in [
            "",
            "well met",
            "Grüße, 世界 👩‍👩‍👧 e\u{301}",
            "[31m",
            "\u{200f}שלום!",
            "\u{61c}سلام\u{200e}",
        ] {
            assert!(matches!(sanitize(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn escape_sequences_become_text() {
        for (text, shown) in [
            ("\x1b[31mred", "␛[31mred"),
            ("\x1b]0;title\x07", "␛]0;title␇"),
            ("\x1b]52;c;aGk=\x1b\\", "␛]52;c;aGk=␛\\"),
            ("\u{9b}2J", "\u{fffd}2J"),
            ("over\rwritten", "over␍written"),
            ("two\nlines", "two␊lines"),
            ("a\tb\x08\x7f", "a␉b␈␡"),
            ("abc\u{202e}fed\u{202c}", "abc\u{fffd}fed\u{fffd}"),
            ("\u{2067}\u{202a}\u{200f}x", "\u{fffd}\u{fffd}\u{200f}x"),
            ("\u{2028}", "\u{fffd}"),
        ] {
            assert_eq!(sanitize(text), shown);
        }
    }

    #[test]
    fn no_control_character_is_left() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let shown = sanitize(c.encode_utf8(&mut [0; 4])).into_owned();
            assert!(!shown.chars().any(char::is_control), "{c:?} {shown:?}");
            assert_eq!(shown.chars().count(), 1);
        }
    }
}
