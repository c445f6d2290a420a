//! Which words a text has: how a text is cut into words, for the index of a search, for a search
//! without an index, and for mentions. They all find the same.
//!
//! A word is letters and digits. The case of letters, accents and the width of characters do
//! not count. Scripts that write no spaces between words, such as Chinese and Thai, are cut into
//! single letters, and so are emoji: a search finds any part of such a text.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, LineBreak};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::decompose_compatible;

/// How many characters of one are taken. A few ligatures stand for whole sentences, and would make a
/// text many times as long.
const MOST_OF_ONE: usize = 4;

/// How many times as long as an ASCII text another one takes to be cut, about.
const ASCII_IS_CHEAPER: usize = 8;

/// For so many words, to look for each in a text that is cut is a part of the line's own cost.
const FEW_WORDS: usize = 4;

/// How many times as fast as a text is cut it is read for one word, at the least.
const WORD_IS_CHEAPER: usize = 16;

/// The cost of a line beside its text, in units of [`cost`].
const LINE_COST: usize = 32;

/// The words that a user looks for in texts: all of them, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// Each word, cut: the parts of a word stand one behind the other.
    words: Vec<String>,
    /// Whether there is text without any word, which no line has.
    is_impossible: bool,
}

impl Words {
    /// The words of this text. Without any text, every text has them.
    #[must_use]
    pub(crate) fn new(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let cut = cut(word);
            if !is_empty(&cut) && !words.contains(&cut) {
                words.push(cut);
            }
        }
        let is_impossible = words.is_empty() && !text.trim().is_empty();
        Self {
            words,
            is_impossible,
        }
    }

    /// The name of a user, as one word.
    #[must_use]
    pub(crate) fn name(name: &str) -> Self {
        let cut = cut(name);
        let is_impossible = is_empty(&cut);
        Self {
            words: if is_impossible { Vec::new() } else { vec![cut] },
            is_impossible,
        }
    }

    /// Whether no text has them, because they are signs alone.
    #[must_use]
    pub(crate) fn are_impossible(&self) -> bool {
        self.is_impossible
    }

    /// The parts of each word, which stand one behind the other in a text that has it.
    pub(crate) fn parts(&self) -> impl Iterator<Item = impl Iterator<Item = &str>> {
        self.words.iter().map(|word| word.split_ascii_whitespace())
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// Counts one more for each of them that a text has.
    pub(crate) fn count_in(&self, text: &str, counts: &mut [usize]) {
        let text = cut(text);
        for (word, count) in self.words.iter().zip(counts) {
            *count += usize::from(text.contains(word.as_str()));
        }
    }

    /// Whether a text has all of them.
    #[must_use]
    pub(crate) fn are_in(&self, text: &str) -> bool {
        if self.words.is_empty() {
            return !self.is_impossible;
        }
        let text = cut(text);
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Returns what it costs to look for this many words in a line with this text, in units of about
/// 30 ns: a byte of a text in any script, on the machine of docs/performance.md.
#[must_use]
pub(crate) fn cost(text: &str, words: usize) -> usize {
    let per_byte = if text.is_ascii() { ASCII_IS_CHEAPER } else { 1 };
    let more_words = words.saturating_sub(FEW_WORDS);
    LINE_COST + text.len() / per_byte + more_words * text.len() / WORD_IS_CHEAPER
}

fn is_empty(cut: &str) -> bool {
    cut == " "
}

/// Cuts a text: its parts in their order, each between two spaces. Parts have letters, digits
/// and signs beyond ASCII, and of ASCII only small letters and digits.
#[must_use]
pub(crate) fn cut(text: &str) -> String {
    let mut cut = Cut(String::with_capacity(text.len() + 2));
    cut.0.push(' ');
    if text.is_ascii() {
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() {
                cut.0.push(byte.to_ascii_lowercase().into());
            } else {
                cut.end();
            }
        }
    } else {
        let shortened = text.chars().flat_map(shortened);
        let folded = shortened.nfkd().filter(|&c| !is_accent(c)).nfc();
        folded.flat_map(char::to_lowercase).for_each(|c| cut.put(c));
    }
    cut.end();
    cut.0
}

/// A character, or the first ones that it stands for if they are many.
fn shortened(character: char) -> impl Iterator<Item = char> {
    let mut first = [character; MOST_OF_ONE];
    let mut count = 1;
    // Only signs of these blocks stand for many.
    if matches!(character, '\u{3200}'..='\u{33ff}' | '\u{fb50}'..='\u{fdff}') {
        let mut all = 0;
        let mut parts = [character; MOST_OF_ONE];
        decompose_compatible(character, |part| {
            if let Some(place) = parts.get_mut(all) {
                *place = part;
            }
            all += 1;
        });
        if all > MOST_OF_ONE {
            (first, count) = (parts, MOST_OF_ONE);
        }
    }
    first.into_iter().take(count)
}

struct Cut(String);

impl Cut {
    /// Ends a part, if there is one.
    fn end(&mut self) {
        if !self.0.ends_with(' ') {
            self.0.push(' ');
        }
    }

    fn put(&mut self, character: char) {
        match kind(character) {
            Kind::InWord => match character {
                'ß' => self.0.push_str("ss"),
                'ς' => self.0.push('σ'),
                other => self.0.push(other),
            },
            // A mark stays with its letter.
            Kind::Mark if self.0.ends_with(' ') => {}
            Kind::Mark => self.0.push(character),
            Kind::Alone => {
                self.end();
                self.0.push(character);
                self.end();
            }
            Kind::Unseen => {}
            Kind::Between => self.end(),
        }
    }
}

/// The role of a character in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A letter or a digit.
    InWord,
    /// A mark of a letter.
    Mark,
    /// A part by itself.
    Alone,
    /// It changes nothing.
    Unseen,
    /// It parts words.
    Between,
}

fn kind(character: char) -> Kind {
    if character.is_ascii() {
        return if character.is_ascii_alphanumeric() {
            Kind::InWord
        } else {
            Kind::Between
        };
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    let in_word = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);
    let is_mark = GeneralCategoryGroup::Mark.contains(category);
    match category {
        // Which picture an emoji has.
        _ if matches!(character, '\u{fe00}'..='\u{fe0f}') => Kind::Unseen,
        GeneralCategory::Format => Kind::Unseen,
        GeneralCategory::OtherSymbol => Kind::Alone,
        _ if !is_mark && !in_word.contains(category) => Kind::Between,
        _ if is_unspaced(character) => Kind::Alone,
        _ if is_mark => Kind::Mark,
        _ => Kind::InWord,
    }
}

/// Whether it is a letter, a digit or a mark of a script that writes no spaces between words.
fn is_unspaced(character: char) -> bool {
    matches!(
        CodePointMapData::<LineBreak>::new().get(character),
        LineBreak::ComplexContext
            | LineBreak::Ideographic
            | LineBreak::ConditionalJapaneseStarter
            | LineBreak::Nonstarter
            | LineBreak::Aksara
    )
}

/// Whether it is an accent of Latin, Greek or Cyrillic, or a point of Hebrew or Arabic, which
/// many leave out when they type. The marks of other scripts are their vowels.
fn is_accent(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}'
            | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}'
            | '\u{64b}'..='\u{652}' | '\u{670}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_cut(text: &str, expected: &str) {
        assert_eq!(cut(text).trim(), expected, "{text:?}");
    }

    #[track_caller]
    fn check(words: &str, text: &str, expected: bool) {
        let found = Words::new(words).are_in(text);
        assert_eq!(found, expected, "{words:?} in {text:?}");
    }

    #[test]
    fn a_text_is_cut_into_words() {
        check_cut("Hello, World! x2", "hello world x2");
        check_cut("  don't --stop ", "don t stop");
        check_cut("@anna_b: \"hi\"*", "anna b hi");
        check_cut("", "");
        check_cut("?!", "");
    }

    #[test]
    fn case_accents_and_width_do_not_count() {
        check_cut("ÄRGER Straße STRASSE ẞ", "arger strasse strasse ss");
        check_cut("Jose\u{301} é É", "jose e e");
        check_cut("ＷＩＤＥ ﬁ Ⅳ", "wide fi iv");
        check_cut("ΣΊΣΥΦΟΣ Σίσυφος", "σισυφοσ σισυφοσ");
        check_cut("Ёлка ёлка", "елка елка");
        check_cut("İstanbul", "istanbul");
        check_cut("שָׁלוֹם", "שלום");
        check_cut("مَرْحَبًا", "مرحبا");
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_letters() {
        check_cut("我们去打 boss 吧！", "我 们 去 打 boss 吧");
        check_cut("ボスを倒す、カー", "ボ ス を 倒 す カ ー");
        check_cut("佐々木", "佐 々 木");
        check_cut("น้ำ", "น \u{e49} \u{e4d} า");
        check_cut("한국어 말", "한국어 말");
        check_cut("हिन्दी में", "हिन्दी में");
        check_cut("gg🎉❤\u{fe0f}wp", "gg 🎉 ❤ wp");
    }

    #[test]
    fn a_text_has_words_in_any_order() {
        check("world hello", "Hello, big World", true);
        check("hello moon", "Hello, big World", false);
        check("hell", "Hello, big World", false);
        check("", "anything", true);
        check("  ", "anything", true);
        check("🎉", "gg🎉", true);
    }

    #[test]
    fn a_word_of_several_parts_is_found_as_it_stands() {
        check("don't", "I DON'T know", true);
        check("don't", "t don", false);
        check("打boss", "去打 Boss", true);
        check("中国", "我在中国", true);
        check("中国", "国中", false);
        check("国", "我在中国", true);
        check("น้ำ", "ดื่มน้ำเยอะ", true);
    }

    #[test]
    fn no_character_makes_a_text_much_longer() {
        for character in char::MIN..=char::MAX {
            let text = String::from(character);
            let length = shortened(character).nfkd().count();
            assert!(length <= MOST_OF_ONE, "{character:?}: {length}");
            let cut = cut(&text);
            // Each of four bytes, with a space behind it, and one in front of all.
            assert!(cut.len() <= MOST_OF_ONE * 5 + 1, "{character:?}: {cut:?}");
        }
        check_cut("\u{fdfa}", "صلى");
        check("\u{fdfa}", "x \u{fdfa} y", true);
    }

    #[test]
    fn signs_alone_find_nothing() {
        for words in ["\"", "*", "()", "-- ;", "'"] {
            check(words, "a \" * () -- ; ' b", false);
        }
        check("a \"", "a", true);
    }

    #[test]
    fn a_name_is_one_word() {
        let name = Words::name("Anna Bee");
        assert!(name.are_in("@anna bee, come"));
        assert!(!name.are_in("bee anna"));
        assert!(!name.are_in("Joanna Bees"));
        assert!(!Words::name("").are_in("text"));
    }
}
