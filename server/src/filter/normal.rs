//! The normal form of a text, in which word lists look: small letters without accents and without
//! what cannot be seen, signs that stand for letters read as these, and each letter that is
//! written several times in a row once, with its count. Every letter knows from which bytes of the
//! text it is.
//!
//! A text has several normal forms, because signs can be read in several ways: `1` as `i` or as
//! `l`, and `f.u.c.k` as four words or as one. The time is proportional to the text's length.

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

use super::letters::{
    can_look_else, can_stand_in_word, is_accent, is_i_or_l, is_ignorable, is_letter, is_of_word,
    is_sign, is_syllable, is_unspaced, look_of, of_two, read,
};

/// The most signs in a row that can stand between the letters of one word.
const MOST_SIGNS: usize = 3;

/// How many letters of one character are looked at. A few ligatures stand for whole sentences, and
/// would make a text many times as long.
const MOST_OF_ONE: usize = 4;

/// A text in one of its normal forms.
#[derive(Debug, Default)]
pub(super) struct Normal {
    /// The letters, each once for all that stand in a row, and a space between two words.
    pub(super) text: String,
    /// Each character of `text`.
    pub(super) units: Vec<Unit>,
}

/// A character of a normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// The index of its first byte in the normal form.
    pub(super) at: usize,
    /// The bytes of the text that it is from.
    pub(super) source: Range<usize>,
    /// How often it stands there in a row.
    pub(super) run: u16,
    /// Whether a word begins with it.
    pub(super) begins: bool,
    /// Whether a word ends with it.
    pub(super) ends: bool,
}

/// A way to read signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Letters and digits are what they are.
    Plain,
    /// Letters that look like those of English are these, and signs stand for letters: `3` for
    /// `e`, and `1` for this letter.
    Looks(char),
}

/// A character as it is in the text, without accents.
#[derive(Debug, Clone)]
struct Piece {
    character: char,
    source: Range<usize>,
}

/// A letter of a reading, or what stands between two words.
#[derive(Debug, Clone)]
enum Letter {
    Of(char, Range<usize>),
    /// A character that stands between two words, and whether it can stand in one.
    Between(Range<usize>, bool),
}

/// A word of a reading, and what stands before it.
#[derive(Debug)]
struct Word {
    /// The letters, each with its bytes and its count.
    letters: Vec<(char, Range<usize>, u16)>,
    /// The bytes of what stands before the word.
    before: Range<usize>,
    /// Whether these are few signs, of a kind that can stand in a word.
    is_soft: bool,
    /// Whether they are few at all.
    is_near: bool,
}

/// All normal forms of a text.
pub(super) fn forms(text: &str) -> Vec<(Normal, bool)> {
    let pieces = pieces(text);
    let mut forms = Vec::with_capacity(2);
    let mut add = |reading| {
        let words = words(&pieces, reading);
        let joined = joined(&words);
        forms.push((split(&words), false));
        forms.extend(joined.map(|joined| (joined, true)));
    };
    add(Reading::Plain);
    if pieces.iter().any(|piece| can_look_else(piece.character)) {
        add(Reading::Looks('i'));
        if pieces.iter().any(|piece| is_i_or_l(piece.character)) {
            add(Reading::Looks('l'));
        }
    }
    forms
}

/// The form of an entry of a word list in this reading. In an entry, signs stand for no letters.
pub(super) fn of_entry(text: &str, reading: Reading) -> Normal {
    let pieces = pieces(text);
    let letters = pieces.iter().flat_map(|piece| {
        let character = piece.character;
        let letter = match reading {
            _ if !is_of_word(character) => ' ',
            Reading::Looks(_) if !character.is_ascii() => look_of(character).unwrap_or(character),
            _ => character,
        };
        letter.to_lowercase().map(|letter| match letter {
            ' ' => Letter::Between(piece.source.clone(), false),
            letter => Letter::Of(letter, piece.source.clone()),
        })
    });
    split(&cut(letters))
}

/// The characters of a text without accents and without what cannot be seen.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(text.len());
    for (start, character) in text.char_indices() {
        let source = start..start + character.len_utf8();
        if character.is_ascii() {
            pieces.push(Piece { character, source });
            continue;
        }
        if is_ignorable(character) {
            continue;
        }
        if is_syllable(character) {
            pieces.push(Piece { character, source });
            continue;
        }
        let mut left = MOST_OF_ONE;
        decompose_compatible(character, |character| {
            if left == 0 {
                return;
            }
            left -= 1;
            let last = pieces.last_mut();
            if is_accent(character) {
                if let Some(last) = last {
                    last.source.end = source.end;
                }
            } else if let Some(last) = last
                && let Some(composed) = of_two(last.character, character)
            {
                last.character = composed;
                last.source.end = source.end;
            } else if !is_ignorable(character) {
                let source = source.clone();
                pieces.push(Piece { character, source });
            }
        });
    }
    pieces
}

/// The words of a text in this reading.
fn words(pieces: &[Piece], reading: Reading) -> Vec<Word> {
    let mut letters = Vec::with_capacity(pieces.len());
    let mut at = 0;
    while at < pieces.len() {
        // As many as may be a word with signs in it, or one that is between words.
        let count = match reading {
            Reading::Plain => 1,
            Reading::Looks(_) => word_with_signs(&pieces[at..]).max(1),
        };
        let run = &pieces[at..at + count];
        let has_letter = run.iter().any(|piece| is_letter(piece.character));
        for piece in run {
            let source = || piece.source.clone();
            let character = piece.character;
            let letter = match reading {
                Reading::Looks(one) if has_letter => read(character, one),
                _ => None,
            };
            let letter = letter.or_else(|| is_of_word(character).then_some(character));
            match letter {
                Some(letter) => {
                    let lower = letter.to_lowercase();
                    letters.extend(lower.map(|letter| Letter::Of(letter, source())));
                }
                None => letters.push(Letter::Between(source(), can_stand_in_word(character))),
            }
        }
        at += count;
    }
    cut(letters.into_iter())
}

/// How many of these are a word in which signs stand for letters. Signs that only end a sentence
/// do not belong to it.
fn word_with_signs(pieces: &[Piece]) -> usize {
    let belongs = |piece: &&Piece| is_sign(piece.character) || is_of_word(piece.character);
    let run = pieces.iter().take_while(belongs).count();
    let ends_sentence = |piece: &&Piece| matches!(piece.character, '!' | '|' | '+');
    let signs = (pieces[..run].iter().rev()).take_while(ends_sentence);
    run - signs.count()
}

/// Cuts letters into words.
fn cut(letters: impl Iterator<Item = Letter>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut between: Option<(Range<usize>, bool, usize)> = None;
    let mut is_first = true;
    for letter in letters {
        match letter {
            Letter::Between(source, is_soft) => {
                between = Some(match between.take() {
                    None => (source, is_soft, 1),
                    Some((before, was_soft, count)) => {
                        (before.start..source.end, was_soft && is_soft, count + 1)
                    }
                });
            }
            Letter::Of(character, source) => {
                if is_first || between.is_some() {
                    let before = between.take().unwrap_or((0..0, false, 0));
                    words.push(Word {
                        letters: Vec::new(),
                        before: before.0,
                        is_soft: before.1 && before.2 <= MOST_SIGNS,
                        is_near: before.2 <= MOST_SIGNS,
                    });
                    is_first = false;
                }
                let Some(word) = words.last_mut() else {
                    continue;
                };
                match word.letters.last_mut() {
                    Some((last, before, run)) if *last == character => {
                        before.end = source.end;
                        *run = run.saturating_add(1);
                    }
                    _ => word.letters.push((character, source, 1)),
                }
            }
        }
    }
    words
}

/// The form in which each word stands alone.
fn split(words: &[Word]) -> Normal {
    let mut normal = Normal::default();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            normal.push(' ', word.before.clone(), 1, (false, false));
        }
        normal.push_word(word);
    }
    normal
}

/// The form in which words are one that are parted by few signs: `fu.ck`, and single letters as in
/// `f u c k`. `None` if there are none.
fn joined(words: &[Word]) -> Option<Normal> {
    let is_single = |word: &Word| word.letters.len() == 1;
    let is_joined = |pair: &[Word]| {
        let are_single = is_single(&pair[0]) && is_single(&pair[1]);
        pair[1].is_soft || (are_single && pair[1].is_near)
    };
    if !words.windows(2).any(is_joined) {
        return None;
    }
    let mut normal = Normal::default();
    for (index, word) in words.iter().enumerate() {
        if index > 0 && !is_joined(&words[index - 1..=index]) {
            normal.push(' ', word.before.clone(), 1, (false, false));
        }
        normal.push_word(word);
    }
    Some(normal)
}

impl Normal {
    fn push_word(&mut self, word: &Word) {
        let last = word.letters.len().saturating_sub(1);
        for (index, (character, source, run)) in word.letters.iter().enumerate() {
            // Scripts without spaces between words: each letter may be a word.
            let begins =
                index == 0 || is_unspaced(*character) || is_unspaced(word.letters[index - 1].0);
            let ends =
                index == last || is_unspaced(*character) || is_unspaced(word.letters[index + 1].0);
            self.push(*character, source.clone(), *run, (begins, ends));
        }
    }

    fn push(
        &mut self,
        character: char,
        source: Range<usize>,
        run: u16,
        (begins, ends): (bool, bool),
    ) {
        if let Some(last) = self.units.last_mut()
            && self.text.ends_with(character)
        {
            last.source.end = source.end;
            last.run = last.run.saturating_add(run);
            last.ends = ends;
            return;
        }
        self.units.push(Unit {
            at: self.text.len(),
            source,
            run,
            begins,
            ends,
        });
        self.text.push(character);
    }

    /// The index of the unit that begins at this byte of the normal form.
    pub(super) fn unit_at(&self, at: usize) -> Option<usize> {
        self.units.binary_search_by_key(&at, |unit| unit.at).ok()
    }

    /// How often each letter stands in a row.
    pub(super) fn runs(&self) -> Box<[u16]> {
        self.units.iter().map(|unit| unit.run).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The normal forms of a text, without its counts.
    fn texts(text: &str) -> Vec<String> {
        forms(text)
            .into_iter()
            .map(|(normal, _)| normal.text)
            .collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(texts(text), expected, "{text:?}");
    }

    #[test]
    fn letters_are_small_and_without_accents_and_what_cannot_be_seen() {
        check("Hello, World", &["helo world"]);
        check("", &[""]);
        assert!(texts(&"\u{fdfa}".repeat(600))[0].chars().count() <= 4 * 600);
        check("...", &[""]);
        check("\u{200b}a\u{ad}b\u{2060}c", &["abc"]);
        check("x\u{301}\u{302}\u{303}y", &["xy"]);
        // Letters that look like others have a second form.
        assert_eq!(texts("ÀÉÎ")[0], "aei");
        assert_eq!(texts("ｆｕｌｌ 𝓯𝓾𝓵𝓵")[0], "ful ful");
    }

    #[test]
    fn signs_and_look_alikes_are_letters_in_another_form() {
        check("sh1t", &["sh1t", "shit", "shlt"]);
        check("b00b 455", &["b0b 45", "bob 45"]);
        check("$h!t", &["h t", "ht", "shit", "shlt"]);
        check("wow!!!", &["wow", "wow", "wow"]);
        // Cyrillic letters among Latin ones.
        check("f\u{443}\u{441}k", &["f\u{443}\u{441}k", "fyck"]);
    }

    #[test]
    fn few_signs_can_stand_in_a_word_and_an_apostrophe_cannot() {
        check("f.u.c.k you", &["f u c k you", "fuck you"]);
        check("f u c k you", &["f u c k you", "fuck you"]);
        check("f - u - c - k", &["f u c k", "fuck"]);
        check("he'll go", &["he l go"]);
        check("wait....what", &["wait what"]);
        check("so. what", &["so what"]);
    }

    #[test]
    fn a_letter_knows_where_it_is_from() {
        let text = "a\u{301}\u{200b}bbb c";
        let (normal, _) = &forms(text)[0];
        assert_eq!(normal.text, "ab c");
        let sources: Vec<_> = normal
            .units
            .iter()
            .map(|unit| unit.source.clone())
            .collect();
        assert_eq!(sources, [0..3, 6..9, 9..10, 10..11]);
        assert_eq!(*normal.runs(), [1, 3, 1, 1]);
    }

    #[test]
    fn syllables_and_letters_of_scripts_without_accents_stay_as_they_are() {
        assert_eq!(texts("\u{d55c}\u{ae00}")[0], "\u{d55c}\u{ae00}");
        // The same in parts.
        let parts = "\u{1112}\u{1161}\u{11ab}";
        assert_eq!(texts(parts)[0], "\u{d55c}");
        assert_eq!(texts("が")[0], "が");
        assert_eq!(texts("か\u{3099}")[0], "が");
        assert_eq!(texts("ไม่")[0], "ไม่");
    }
}
