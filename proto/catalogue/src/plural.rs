//! Plural forms: which a language has, and which one a number takes.
//!
//! The rules are Unicode's, as ICU4X has them. They are asked for every number below
//! [`ASKED`]; what the clients get is a condition that gives the same answers.

use std::collections::BTreeSet;
use std::fmt;

use icu_locale_core::Locale;
use icu_plurals::PluralCategory;

/// A category of plurals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// As in Arabic: 0.
    Zero,
    /// As in English: 1.
    One,
    /// As in Arabic: 2.
    Two,
    /// As in Polish: 2 to 4.
    Few,
    /// As in Polish: 5 to 21.
    Many,
    /// All the rest; every language has it.
    Other,
}

impl Category {
    /// All categories; the last is for what is in no other.
    pub const ALL: [Self; 6] = [
        Self::Zero,
        Self::One,
        Self::Two,
        Self::Few,
        Self::Many,
        Self::Other,
    ];

    /// The category with this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Its name in a catalogue.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<PluralCategory> for Category {
    fn from(category: PluralCategory) -> Self {
        match category {
            PluralCategory::Zero => Self::Zero,
            PluralCategory::One => Self::One,
            PluralCategory::Two => Self::Two,
            PluralCategory::Few => Self::Few,
            PluralCategory::Many => Self::Many,
            PluralCategory::Other => Self::Other,
        }
    }
}

/// The numbers that take a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// These below 100.
    pub below_100: BTreeSet<u64>,
    /// From 100 on, those that end in these two digits.
    pub endings: BTreeSet<u64>,
}

/// A language's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluralRules {
    /// The categories but for [`Category::Other`], each with its numbers.
    pub conditions: Vec<(Category, Condition)>,
}

/// The rules are asked for numbers below this one.
const ASKED: u64 = 10_000;

impl PluralRules {
    /// The rules of this language.
    pub(crate) fn of(language: &Locale) -> Result<Self, String> {
        let rules = icu_plurals::PluralRules::try_new_cardinal(language.into())
            .map_err(|error| format!("nobody knows the plural rules of {language}: {error}"))?;
        Self::from_answers(|number| Category::from(rules.category_for(number)))
            .map_err(|why| format!("the plural rules of {language} are not supported: {why}"))
    }

    fn from_answers(category: impl Fn(u64) -> Category) -> Result<Self, String> {
        for number in 200..ASKED {
            let similar = 100 + number % 100;
            if category(number) != category(similar) {
                return Err(format!("{number} has another form than {similar}"));
            }
        }
        let mut conditions = Vec::new();
        for wanted in Category::ALL {
            if wanted == Category::Other {
                continue;
            }
            let numbers = (0..200).filter(|&number| category(number) == wanted);
            let mut numbers: BTreeSet<u64> = numbers.collect();
            let endings = numbers.split_off(&100);
            let condition = Condition {
                below_100: numbers,
                endings: endings.into_iter().map(|number| number - 100).collect(),
            };
            if !condition.below_100.is_empty() || !condition.endings.is_empty() {
                conditions.push((wanted, condition));
            }
        }
        Ok(Self { conditions })
    }

    /// The categories that the language has.
    #[must_use]
    pub fn categories(&self) -> Vec<Category> {
        let named = self.conditions.iter().map(|(category, _)| *category);
        named.chain([Category::Other]).collect()
    }

    /// The category of a number.
    #[must_use]
    pub fn category(&self, number: u64) -> Category {
        let fits = |condition: &Condition| match number {
            0..100 => condition.below_100.contains(&number),
            _ => condition.endings.contains(&(number % 100)),
        };
        let found = self.conditions.iter().find(|(_, it)| fits(it));
        found.map_or(Category::Other, |(category, _)| *category)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(tag: &str) -> Result<PluralRules, String> {
        PluralRules::of(&tag.parse().unwrap())
    }

    #[track_caller]
    fn check(tag: &str, expected: &[(&str, &[u64])]) {
        let rules = rules(tag).unwrap();
        let names: Vec<_> = rules.categories().iter().map(|it| it.name()).collect();
        let expected_names: Vec<_> = expected.iter().map(|it| it.0).collect();
        assert_eq!(names, expected_names, "{tag}");
        for (name, numbers) in expected {
            for &number in *numbers {
                assert_eq!(rules.category(number).name(), *name, "{tag}: {number}");
            }
        }
    }

    #[test]
    fn languages_have_their_plural_forms() {
        check("en", &[("one", &[1]), ("other", &[0, 2, 101, 1_000_001])]);
        check("de-AT", &[("one", &[1]), ("other", &[0, 2, 11])]);
        check("ja", &[("other", &[0, 1, 2])]);
        check(
            "pl",
            &[
                ("one", &[1]),
                ("few", &[2, 4, 22, 104, 1_032]),
                ("many", &[0, 5, 12, 21, 101, 112]),
                ("other", &[]),
            ],
        );
        check(
            "ar",
            &[
                ("zero", &[0]),
                ("one", &[1]),
                ("two", &[2]),
                ("few", &[3, 103]),
                ("many", &[11, 199]),
                ("other", &[100, 102, 200]),
            ],
        );
        check("pt-PT", &[("one", &[1]), ("other", &[0, 2])]);
        check("pt", &[("one", &[0, 1]), ("other", &[2])]);
    }

    #[test]
    fn rules_that_ask_for_more_than_two_digits_are_refused() {
        let is_many = |number| number % 1_000 == 0;
        let rules = PluralRules::from_answers(|number| match number {
            _ if is_many(number) => Category::Many,
            _ => Category::Other,
        });
        assert_eq!(rules.unwrap_err(), "1000 has another form than 100");
    }
}
