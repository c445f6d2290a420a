//! The page's texts in the language of its user.

use std::cell::Cell;

use guildhall_client::command::COMMANDS;
use guildhall_client::words::{self, Language};
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element};

use crate::notice::Notice;

use super::elements::set;
use super::labels::LABELS;

/// Finds the page's texts in the language that is chosen.
pub(super) struct Localizer(Cell<Language>);

impl Localizer {
    /// A localizer for this language.
    pub(super) fn new(language: Language) -> Self {
        Self(Cell::new(language))
    }

    /// The language that is chosen.
    pub(super) fn language(&self) -> Language {
        self.0.get()
    }

    /// Its tag.
    pub(super) fn tag(&self) -> &'static str {
        match self.0.get() {
            Language::German => "de",
            Language::English => "en",
        }
    }

    /// Chooses `language`, and writes the texts of `index.html` in it.
    pub(super) fn set_language(&self, document: &Document, language: Language) {
        self.0.set(language);
        if let Some(root) = document.document_element() {
            set(&root, "lang", self.tag());
        }
        let each = |attribute: &str, put: &dyn Fn(&Element, &str)| {
            let Ok(found) = document.query_selector_all(&["[", attribute, "]"].concat()) else {
                return;
            };
            for index in 0..found.length() {
                let element = found.item(index).and_then(|node| node.dyn_into().ok());
                let Some::<Element>(element) = element else {
                    continue;
                };
                let key = element.get_attribute(attribute).unwrap_or_default();
                put(&element, self.label(&key));
            }
        };
        each("data-label", &|element, words| {
            element.set_text_content(Some(words));
        });
        each("data-name", &|element, words| {
            set(element, "aria-label", words);
        });
    }

    /// The text of this label.
    pub(super) fn label(&self, key: &str) -> &'static str {
        let found = LABELS.iter().find(|label| label.0 == key);
        found.map_or("", |label| match self.0.get() {
            Language::German => label.2,
            Language::English => label.1,
        })
    }

    /// The text of this notice.
    pub(super) fn words(&self, notice: &Notice) -> String {
        let language = self.language();
        match notice {
            Notice::Event(event) => words::event(language, event).unwrap_or_default(),
            Notice::Label(key, arguments) => {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                self.with(key, &arguments)
            }
            Notice::NotSent(reason) => {
                self.with("not-sent", &[&words::fail_reason(language, reason)])
            }
            Notice::Help => {
                let mut help = String::from(self.label("help"));
                for command in COMMANDS {
                    let does = words::command_help(language, command);
                    help.extend(["\n", command.usage, " – ", &does]);
                }
                help
            }
        }
    }

    /// The text of this label with these arguments. Each argument is isolated, so that
    /// its letters cannot change the direction of the sentence.
    pub(super) fn with(&self, key: &str, arguments: &[&str]) -> String {
        fill(self.label(key), arguments)
    }
}

fn fill(label: &str, arguments: &[&str]) -> String {
    let mut words = String::new();
    let mut arguments = arguments.iter();
    for (number, part) in label.split("{}").enumerate() {
        if number > 0 {
            let argument = arguments.next().copied().unwrap_or_default();
            if argument.is_ascii() {
                words.push_str(argument);
            } else {
                words.extend(["\u{2068}", argument, "\u{2069}"]);
            }
        }
        words.push_str(part);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_of_the_markup_has_words() {
        let markup = include_str!("../../page/index.html");
        for attribute in ["data-label=\"", "data-name=\""] {
            for part in markup.split(attribute).skip(1) {
                let (key, _) = part.split_once('"').unwrap();
                let localizer = Localizer::new(Language::German);
                assert_ne!(localizer.label(key), "", "{key}");
            }
        }
    }

    #[test]
    fn both_languages_say_the_same() {
        for (index, (key, english, german)) in LABELS.iter().enumerate() {
            assert!(!english.is_empty() && !german.is_empty(), "{key}");
            let holes = |words: &str| words.matches("{}").count();
            assert_eq!(holes(english), holes(german), "{key}");
            let twice = LABELS[..index].iter().any(|label| label.0 == *key);
            assert!(!twice, "{key} is there twice");
        }
    }

    #[test]
    fn arguments_are_isolated() {
        assert_eq!(fill("{} came in", &["Anna"]), "Anna came in");
        assert_eq!(fill("{} is {}", &["א", "b"]), "\u{2068}א\u{2069} is b");
        assert_eq!(fill("{} is {}", &["a"]), "a is ");
    }
}
