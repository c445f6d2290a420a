//! Where the invisible joiners of a script have a meaning: the contexts A1, A2 and B of
//! UAX #31, section 2.3, and two of the Unicode standard's chapters on scripts.

use icu_properties::CodePointMapData;
use icu_properties::props::{
    CanonicalCombiningClass, GeneralCategory, GeneralCategoryGroup, IndicSyllabicCategory,
    JoiningType,
};

/// Whether U+200C, the non-joiner, changes what is seen: between two letters that would
/// join (A1), or behind a virama and before a letter (A2).
pub(super) fn parts(before: &[char], after: &[char]) -> bool {
    let joining = CodePointMapData::<JoiningType>::new();
    let is_seen = |&&c: &&char| joining.get(c) != JoiningType::Transparent;
    let left = before.iter().rev().find(is_seen).map(|&c| joining.get(c));
    let right = after.iter().find(is_seen).map(|&c| joining.get(c));
    let would_join = matches!(
        left,
        Some(JoiningType::LeftJoining | JoiningType::DualJoining)
    ) && matches!(
        right,
        Some(JoiningType::RightJoining | JoiningType::DualJoining)
    );
    would_join || is_behind_virama(before) && after_marks(after).is_some_and(is_letter)
}

/// Whether U+200D, the joiner, changes what is seen: behind a virama and not before a vowel
/// sign (B), or between a letter and a virama that another letter follows, as in Bengali র‍্য.
pub(super) fn joins(before: &[char], after: &[char]) -> bool {
    let syllabic = CodePointMapData::<IndicSyllabicCategory>::new();
    let is_vowel = |c| syllabic.get(c) == IndicSyllabicCategory::VowelDependent;
    let is_virama_next =
        matches!(*after, [virama, letter, ..] if is_virama(virama) && is_letter(letter));
    if is_behind_virama(before) {
        return !after_marks(after).is_some_and(is_vowel);
    }
    is_virama_next && before.last().copied().is_some_and(is_letter)
}

/// Whether the text ends in a letter, marks, a virama, and marks that do not part them.
fn is_behind_virama(text: &[char]) -> bool {
    let behind = text.iter().rposition(|&c| !is_reordered(c));
    let Some(virama) = behind.filter(|&at| is_virama(text[at])) else {
        return false;
    };
    let is_base = |&&c: &&char| !GeneralCategoryGroup::Mark.contains(category(c));
    let base = text[..virama].iter().rev().find(is_base);
    base.copied().is_some_and(is_letter)
}

/// The first character behind marks that do not part a letter from a virama.
fn after_marks(text: &[char]) -> Option<char> {
    text.iter().copied().find(|&c| !is_reordered(c))
}

fn is_virama(character: char) -> bool {
    class(character) == CanonicalCombiningClass::Virama
}

/// Whether it is a nonspacing mark with a combining class, and no virama.
fn is_reordered(character: char) -> bool {
    category(character) == GeneralCategory::NonspacingMark
        && class(character) != CanonicalCombiningClass::NotReordered
        && !is_virama(character)
}

fn class(character: char) -> CanonicalCombiningClass {
    CodePointMapData::<CanonicalCombiningClass>::new().get(character)
}

fn is_letter(character: char) -> bool {
    GeneralCategoryGroup::Letter.contains(category(character))
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the joiner in this text has a meaning there.
    #[track_caller]
    fn check(text: &str, expected: bool) {
        let all: Vec<char> = text.chars().collect();
        let at = all
            .iter()
            .position(|c| matches!(c, '\u{200c}' | '\u{200d}'));
        let at = at.expect("there is a joiner");
        let (before, after) = (&all[..at], &all[at + 1..]);
        let has_meaning = match all[at] {
            '\u{200c}' => parts(before, after),
            _ => joins(before, after),
        };
        assert_eq!(has_meaning, expected, "{text:?}");
    }

    #[test]
    fn a_non_joiner_parts_letters_that_would_join() {
        // Persian; the second has a vowel sign between.
        check("می\u{200c}خواهم", true);
        check("پَرتِ\u{200c}پِلا", true);
        // A letter that never joins its left neighbour, and one at the end.
        check("د\u{200c}م", false);
        check("کیچه\u{200c}", false);
        check("a\u{200c}b", false);
        check("\u{200c}م", false);
    }

    #[test]
    fn a_non_joiner_keeps_a_virama() {
        check("ನ್\u{200c}ಕ", true);
        check("अ\u{200c}ब", false);
        check("क्\u{200c}", false);
        check("क्\u{200c}!", false);
    }

    #[test]
    fn a_joiner_is_behind_a_virama() {
        // Sinhala, Malayalam, Devanagari.
        check("ශ්\u{200d}රී", true);
        check("ന്\u{200d}", true);
        check("क्\u{200d}ष", true);
        // Before a vowel sign, without a virama, without a letter.
        check("क्\u{200d}ि", false);
        check("अ\u{200d}ब", false);
        check("्\u{200d}ब", false);
        check("a\u{200d}b", false);
    }

    #[test]
    fn a_joiner_is_before_a_virama_that_joins() {
        check("র\u{200d}\u{9cd}য", true);
        check("র\u{200d}\u{9cd}", false);
        check("\u{200d}\u{9cd}য", false);
    }
}
