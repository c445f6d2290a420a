//! Which texts show nothing. The server and the clients in Rust call it; the Godot addon
//! has the same rule, and shared traces hold the two together.

/// The characters that show nothing by themselves, in order: white space and controls,
/// Unicode's ignorable characters, the empty Braille pattern, and the combining marks that
/// belong to no script.
const UNSEEN: [(char, char); 26] = [
    ('\0', ' '),
    ('\u{7f}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{300}', '\u{36f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{1ab0}', '\u{1aff}'),
    ('\u{1dc0}', '\u{1dff}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{20d0}', '\u{20ff}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{fe20}', '\u{fe2f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a text of this character alone shows nothing.
///
/// Marks of a script, such as a vowel sign, are not among them: a client cannot know them
/// without a large table. The server does.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    let at = UNSEEN.partition_point(|&(_, last)| last < character);
    UNSEEN.get(at).is_some_and(|&(first, _)| first <= character)
}

/// Whether nothing of a text can be seen: it is empty, or each of its characters
/// [is unseen](is_unseen).
///
/// # Example
///
/// ```
/// use guildhall_protocol::is_blank;
///
/// assert!(is_blank("") && is_blank(" \u{200b}"));
/// assert!(!is_blank("e\u{301}"));
/// ```
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        let ends = UNSEEN.iter().flat_map(|&(first, last)| [first, last]);
        assert!(ends.is_sorted());
    }

    #[test]
    fn a_text_that_shows_nothing_is_blank() {
        for text in [
            "",
            " ",
            "\n\t",
            "\u{a0}",
            "\u{200b}",
            "\u{2800}",
            "\u{3164}",
            "\u{ad}",
            "\u{2060}",
            "\u{feff}",
            "\u{301}",
            "\u{301}\u{302}",
            "\u{200e}",
            "\u{202e}",
            "\u{e0041}",
            "\u{fe0f}",
            "\u{200d}",
            "\u{3000}\u{115f}\u{17b4}",
            "\u{85}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in [
            ".",
            "e\u{301}",
            "\u{200f}\u{5e9}",
            "🦊",
            "❤\u{fe0f}",
            "\u{fffd}",
            "\u{e000}",
            "~",
            "\u{2801}",
            "\u{200b}x",
        ] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
