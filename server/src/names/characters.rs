//! Which characters may be in a name, and where.

use guildhall_protocol::{NameRule, is_unseen};
use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Ideographic, LineBreak,
    XidContinue,
};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::{NameFault, emoji, joiners};

/// The most marks on one letter that take no place of their own (UTS #39, section 5.4). More
/// of them would reach into the lines above.
const MAX_MARKS: usize = 4;

/// The most of them that belong to no script. Living languages need two.
const MAX_MARKS_OF_NO_SCRIPT: usize = 2;

/// Letters, digits and symbols.
const VISIBLE: GeneralCategoryGroup = GeneralCategoryGroup::Letter
    .union(GeneralCategoryGroup::Number)
    .union(GeneralCategoryGroup::Symbol);

/// Separators, controls, private use and unassigned characters.
const UNREADABLE: GeneralCategoryGroup =
    GeneralCategoryGroup::Separator.union(GeneralCategoryGroup::Other);

/// Separators, controls, and marks that take no place of their own.
const UNSEEN: GeneralCategoryGroup = GeneralCategoryGroup::Separator
    .union(GeneralCategoryGroup::Control)
    .union(GeneralCategoryGroup::NonspacingMark)
    .union(GeneralCategoryGroup::EnclosingMark);

/// Letters and digits with their marks.
const WORD: GeneralCategoryGroup = GeneralCategoryGroup::Letter
    .union(GeneralCategoryGroup::Number)
    .union(GeneralCategoryGroup::Mark);

/// Whose name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A user's.
    User,
    /// A room's.
    Room,
}

/// A name whose characters are allowed.
#[derive(Debug)]
pub(super) struct Checked {
    /// The name without what shows nothing at its place.
    pub(super) name: String,
    /// Whether something was left out. What was parted by it may have to be normalised.
    pub(super) is_shorter: bool,
}

/// Checks all characters of a name.
///
/// # Errors
///
/// The first rule that it breaks.
pub(super) fn check(kind: Kind, all: &[char]) -> Result<Checked, NameFault> {
    let mut name = String::with_capacity(2 * all.len());
    let mut is_shorter = false;
    let mut marks = Marks::default();
    let mut is_visible = false;
    let mut at = 0;
    while let Some(&character) = all.get(at) {
        if kind == Kind::User
            && let Some(length) = emoji::sequence(&all[at..])
        {
            name.extend(&all[at..at + length]);
            at += length;
            marks = Marks::on_letter();
            is_visible = true;
            continue;
        }
        at += 1;
        if is_ignorable(character) {
            match unseen(&all[..at - 1], character, &all[at..]) {
                Unseen::Shapes => name.push(character),
                Unseen::Idle => is_shorter = true,
                Unseen::Broken(rule) => return Err(fault(rule, character)),
            }
            continue;
        }
        let category = category(character);
        if GeneralCategoryGroup::Mark.contains(category) {
            marks.add(character, category, is_visible)?;
            name.push(character);
            continue;
        }
        if let Some(fault) = fault_of(kind, character, category) {
            return Err(fault);
        }
        // Emoji and similar symbols, but not an accent without a letter.
        let is_letter = VISIBLE.contains(category) && category != GeneralCategory::ModifierSymbol;
        is_visible |= is_letter;
        marks = if is_letter {
            Marks::on_letter()
        } else {
            Marks::default()
        };
        name.push(character);
    }
    if is_visible || kind == Kind::Room && !name.is_empty() {
        Ok(Checked { name, is_shorter })
    } else {
        Err(NameRule::Blank.into())
    }
}

fn fault(rule: NameRule, character: char) -> NameFault {
    let character = Some(character);
    NameFault { rule, character }
}

/// What is wrong with a character that is no mark and is not ignorable.
fn fault_of(kind: Kind, character: char, category: GeneralCategory) -> Option<NameFault> {
    let is_allowed = match kind {
        // The empty Braille pattern.
        _ if character == '\u{2800}' => false,
        // Controls, private use, unassigned characters, and spaces of unusual width.
        Kind::User => character == ' ' || !UNREADABLE.contains(category),
        Kind::Room if character == ' ' => return Some(NameRule::Space.into()),
        Kind::Room => {
            CodePointSetData::new::<XidContinue>().contains(character)
                // The last ones are in words of Hebrew and Tibetan (UAX #31, table 3).
                || matches!(character, '-' | '_' | '\u{5f3}' | '\u{5f4}' | '\u{f0b}')
                || character.is_alphanumeric()
        }
    };
    (!is_allowed).then(|| fault(NameRule::Character, character))
}

/// The marks on one letter.
#[derive(Debug, Default)]
struct Marks {
    /// Whether there is a letter, digit or symbol to carry them.
    have_letter: bool,
    /// How many take no place of their own.
    count: usize,
    /// How many of these belong to no script.
    of_no_script: usize,
    /// The last one that takes no place.
    last: Option<char>,
}

impl Marks {
    fn on_letter() -> Self {
        Self {
            have_letter: true,
            ..Self::default()
        }
    }

    /// Adds one, in a name that has letters before it or not. Mazanderani writes some behind
    /// a space.
    fn add(
        &mut self,
        mark: char,
        category: GeneralCategory,
        has_letters: bool,
    ) -> Result<(), NameFault> {
        if !self.have_letter && (is_of_no_script(mark) || !has_letters) {
            return Err(fault(NameRule::Place, mark));
        }
        if category == GeneralCategory::SpacingMark {
            return Ok(());
        }
        self.count += 1;
        self.of_no_script += usize::from(is_of_no_script(mark));
        let is_twice = self.last.replace(mark) == Some(mark);
        if is_twice || self.count > MAX_MARKS || self.of_no_script > MAX_MARKS_OF_NO_SCRIPT {
            return Err(NameRule::Marks.into());
        }
        Ok(())
    }
}

/// Whether a mark is of a block for any script.
fn is_of_no_script(mark: char) -> bool {
    matches!(
        mark,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
    )
}

/// What an ignorable character does at its place.
enum Unseen {
    /// It changes how its neighbours look.
    Shapes,
    /// Nothing. Keyboards type it, so it is left out.
    Idle,
    /// It breaks a rule.
    Broken(NameRule),
}

fn unseen(before: &[char], character: char, after: &[char]) -> Unseen {
    let (last, next) = (before.last().copied(), after.first().copied());
    let both = |is_one: fn(char) -> bool| last.is_some_and(is_one) && next.is_some_and(is_one);
    match character {
        '\u{200c}' if joiners::parts(before, after) => Unseen::Shapes,
        '\u{200c}' if last.is_some_and(is_in_word) && !next.is_some_and(is_in_word) => Unseen::Idle,
        '\u{200d}' if joiners::joins(before, after) => Unseen::Shapes,
        '\u{200c}' | '\u{200d}' => Unseen::Broken(NameRule::Place),
        // Beside a word of a script that writes no spaces.
        '\u{200b}' if next.or(last).is_some_and(is_unspaced) => Unseen::Idle,
        '\u{180e}' if both(is_mongolian) => Unseen::Shapes,
        '\u{180e}' if next.is_some_and(is_mongolian) => Unseen::Idle,
        // Choices of a letter's form.
        '\u{180b}'..='\u{180d}' | '\u{180f}' if last.is_some_and(is_mongolian) => Unseen::Shapes,
        '\u{e0100}'..='\u{e01ef}' if last.is_some_and(is_ideograph) => Unseen::Shapes,
        _ if is_mark(character) => Unseen::Idle,
        _ => Unseen::Broken(NameRule::Character),
    }
}

/// Whether nothing of a text can be seen: no character of it, or only marks without a
/// letter. Such marks are shown over what is before them, or not at all.
pub(crate) fn is_blank_text(text: &str) -> bool {
    text.chars().all(|character| {
        // Most unseen characters are of these categories, so the table is not looked at.
        UNSEEN.contains(category(character)) || is_unseen(character)
    })
}

/// Whether a character can be seen if it stands alone.
pub(crate) fn is_visible_alone(character: char) -> bool {
    let category = category(character);
    let is_sign = !UNREADABLE.contains(category) && !GeneralCategoryGroup::Mark.contains(category);
    is_sign && !is_unseen(character)
}

/// Whether a character is a control, or changes the direction of the text around it.
pub(crate) fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

pub(super) fn is_mark(character: char) -> bool {
    !character.is_ascii() && GeneralCategoryGroup::Mark.contains(category(character))
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

fn is_ignorable(character: char) -> bool {
    !character.is_ascii()
        && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

/// Whether it is part of a word, or another joiner.
fn is_in_word(character: char) -> bool {
    WORD.contains(category(character)) || matches!(character, '\u{200c}' | '\u{200d}')
}

/// Whether it tells words apart: a letter, a digit, or a mark of a script.
pub(super) fn is_of_word(character: char) -> bool {
    WORD.contains(category(character)) && !is_of_no_script(character)
}

/// Whether it is of a script that writes no spaces between words, such as Khmer.
fn is_unspaced(character: char) -> bool {
    CodePointMapData::<LineBreak>::new().get(character) == LineBreak::ComplexContext
}

fn is_mongolian(character: char) -> bool {
    matches!(character, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{1820}'..='\u{18aa}')
}

fn is_ideograph(character: char) -> bool {
    CodePointSetData::new::<Ideographic>().contains(character)
}
