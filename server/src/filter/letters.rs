//! Characters, as the normal form of a text sees them: which are letters, accents or signs, and as
//! which letter each can be read.

use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, LineBreak,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::char::compose;
use unicode_security::confusable_detection::skeleton;

/// The letter that a character is in a word with signs.
pub(super) fn read(character: char, one: char) -> Option<char> {
    Some(match character {
        '0' => 'o',
        '1' | '!' | '|' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '6' | '9' => 'g',
        '7' | '+' => 't',
        '8' => 'b',
        _ if character.is_ascii() => return None,
        _ => return look_of(character),
    })
}

/// The letter of ASCII that a character looks like.
pub(super) fn look_of(character: char) -> Option<char> {
    let letter = |offset: u32| char::from_u32(u32::from('a') + offset);
    match character {
        '\u{20ac}' => return Some('e'),
        '\u{a3}' => return Some('l'),
        '\u{a5}' => return Some('y'),
        // Letters in circles and squares, and those of flags.
        '\u{1f150}'..='\u{1f169}' => return letter(u32::from(character) - 0x1_f150),
        '\u{1f170}'..='\u{1f189}' => return letter(u32::from(character) - 0x1_f170),
        '\u{1f1e6}'..='\u{1f1ff}' => return letter(u32::from(character) - 0x1_f1e6),
        _ => {}
    }
    let look = |character: char| {
        let mut buffer = [0; 4];
        let mut look = skeleton(character.encode_utf8(&mut buffer));
        let first = look.next().filter(char::is_ascii_alphanumeric)?;
        look.next().is_none().then_some(first)
    };
    // A capital may look like another letter than the small one.
    look(character).or_else(|| character.to_lowercase().next().and_then(look))
}

/// Whether it is a letter, and no sign that can stand for one.
pub(super) fn is_letter(character: char) -> bool {
    !is_sign(character) || matches!(character, '\u{1f150}'..='\u{1f1ff}')
}

/// Whether a sign can stand for a letter.
pub(super) fn is_sign(character: char) -> bool {
    character.is_ascii() && read(character, 'i').is_some()
        || matches!(
            character,
            '\u{20ac}' | '\u{a3}' | '\u{a5}' | '\u{1f150}'..='\u{1f1ff}'
        )
}

pub(super) fn is_i_or_l(character: char) -> bool {
    matches!(character, '1' | '!' | '|')
}

/// Whether a character can be read as another one.
pub(super) fn can_look_else(character: char) -> bool {
    if character.is_ascii() {
        return is_sign(character);
    }
    !is_syllable(character) && !is_unspaced(character)
}

/// Whether a character belongs to a word: a letter, a digit, or a mark of a script.
pub(super) fn is_of_word(character: char) -> bool {
    const WORD: GeneralCategoryGroup = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Mark);
    if character.is_ascii() {
        return character.is_ascii_alphanumeric();
    }
    WORD.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

/// Whether a character that belongs to no word can stand between the letters of one. Behind a
/// space or an apostrophe another word begins: "he'll" is not "hell".
pub(super) fn can_stand_in_word(character: char) -> bool {
    !character.is_whitespace()
        && !matches!(
            character,
            '\'' | '`' | '\u{b4}' | '\u{2018}' | '\u{2019}' | '\u{2bc}'
        )
}

/// Whether a mark is an accent of a script whose words are the same without it.
pub(super) fn is_accent(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
            | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}'
            | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
    )
}

/// The one character that these are: syllables of Korean that are written in parts, and letters
/// of Japanese with their sign.
pub(super) fn of_two(first: char, second: char) -> Option<char> {
    let is_part = matches!(second, '\u{1161}'..='\u{11ff}' | '\u{3099}' | '\u{309a}');
    is_part.then(|| compose(first, second)).flatten()
}

pub(super) fn is_syllable(character: char) -> bool {
    matches!(character, '\u{ac00}'..='\u{d7a3}')
}

/// Whether nothing of a character can be seen, and it is no space.
pub(super) fn is_ignorable(character: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        || CodePointMapData::<GeneralCategory>::new().get(character) == GeneralCategory::Format
}

/// Whether it is of a script that writes no spaces between words.
pub(super) fn is_unspaced(character: char) -> bool {
    !character.is_ascii()
        && matches!(
            CodePointMapData::<LineBreak>::new().get(character),
            LineBreak::Ideographic
                | LineBreak::ConditionalJapaneseStarter
                | LineBreak::ComplexContext
        )
}
