//! How a name is normalised: Unicode's NFKC, but for letters that it would spell in another
//! way than their language does.

use unicode_normalization::UnicodeNormalization as _;

/// Returns the characters of a text in NFKC, except [those that keep their
/// spelling](keeps_spelling). Implicit direction marks are left out: a keyboard for Hebrew
/// or Arabic types them, and in a name of one direction they do nothing.
pub(super) fn normal(text: &str) -> impl Iterator<Item = char> {
    text.split_inclusive(keeps_spelling).flat_map(|piece| {
        let last = piece.chars().next_back().filter(|&c| keeps_spelling(c));
        let end = piece.len() - last.map_or(0, char::len_utf8);
        let is_mark = |c: &char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}');
        let others = piece[..end].chars().filter(move |c| !is_mark(c));
        others.nfkc().chain(last)
    })
}

/// Whether this is an ordinary letter of a living language that NFKC takes apart.
/// [`looks`](super::looks()) does not keep them, so nobody gains a name by it.
fn keeps_spelling(character: char) -> bool {
    matches!(
        character,
        // և of Armenian, ำ of Thai, ຳ ໜ ໝ of Lao, ⵯ of Tamazight.
        '\u{587}' | '\u{e33}' | '\u{eb3}' | '\u{edc}' | '\u{edd}' | '\u{2d6f}'
        // Single letters of Hangul, such as ㅋㅋ, without the one that is blank.
        | '\u{3131}'..='\u{3163}' | '\u{3165}'..='\u{318e}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let once: String = normal(text).collect();
        assert_eq!(once, expected, "{text:?}");
        assert!(normal(&once).eq(once.chars()), "{text:?}");
    }

    #[test]
    fn letters_keep_the_spelling_of_their_language() {
        for text in ["น้ำ", "ນ້ຳ", "ໜູ", "ໝາ", "Սևան", "ㅋㅋ", "ㄱㅏ", "ⵜⵯ"]
        {
            check(text, text);
        }
    }

    #[test]
    fn all_else_is_normal() {
        check("ＷｉｄｅⅣ", "WideIV");
        check("Jose\u{301}", "José");
        check("e\u{301}ำe\u{301}", "éำé");
        check("\u{200f}\u{5e9}\u{200e}", "\u{5e9}");
    }
}
