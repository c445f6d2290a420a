//! The page's words in the language of its user.

use std::borrow::Cow;
use std::cell::Cell;

use guildhall_client::command::COMMANDS;
use guildhall_client::texts::{self, Language, Text};
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element};

use crate::remark::Remark;

use super::elements::set;
use super::labels::LABELS;

/// Says what the page has to say.
pub(super) struct Voice(Cell<Language>);

impl Voice {
    /// A voice in this language.
    pub(super) fn new(language: Language) -> Self {
        Self(Cell::new(language))
    }

    /// The language that is spoken.
    pub(super) fn language(&self) -> Language {
        self.0.get()
    }

    /// Speaks `language` from now on, and says the words of `index.html` in it.
    pub(super) fn speak(&self, document: &Document, language: Language) {
        self.0.set(language);
        if let Some(root) = document.document_element() {
            set(&root, "lang", language.tag());
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
                if let Some((_, text)) = LABELS.iter().find(|label| label.0 == key) {
                    put(&element, self.get(*text));
                }
            }
        };
        each("data-label", &|element, words| {
            element.set_text_content(Some(words));
        });
        each("data-name", &|element, words| {
            set(element, "aria-label", words);
        });
    }

    /// This text, in the language that is spoken.
    pub(super) fn get(&self, text: Text) -> &'static str {
        self.language().get(text)
    }

    /// The words for this remark.
    pub(super) fn words(&self, remark: &Remark) -> String {
        let language = self.language();
        match remark {
            Remark::Told(event) => texts::event(language, event).unwrap_or_default(),
            Remark::Text(text) => self.get(*text).into(),
            Remark::YouWhisper(name) => texts::you_whisper(language, &isolated(name)),
            Remark::Whispers(name) => texts::whispers_to_you(language, &isolated(name)),
            Remark::PeopleAre { room, names } => {
                texts::people_are(language, &isolated(room), &isolated(names))
            }
            Remark::TooManyPeople(count) => texts::too_many_people(language, (*count).into()),
            Remark::NotSent(reason) => {
                let reason = texts::fail_reason(language, reason);
                texts::not_sent(language, &isolated(&reason))
            }
            Remark::Help => {
                let mut help = String::from(self.get(texts::COMMANDS));
                for command in COMMANDS {
                    let does = texts::command_help(language, command);
                    help.extend(["\n", command.usage, " – ", does]);
                }
                help
            }
        }
    }
}

/// An argument whose letters cannot turn the sentence around.
pub(super) fn isolated(argument: &str) -> Cow<'_, str> {
    if argument.is_ascii() {
        argument.into()
    } else {
        ["\u{2068}", argument, "\u{2069}"].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_of_the_markup_has_its_text() {
        let markup = include_str!("../../page/index.html");
        let keys = |attribute: &str| -> Vec<&str> {
            let parts = markup.split(attribute).skip(1);
            parts.map(|it| it.split_once('"').unwrap().0).collect()
        };
        let used = [keys("data-label=\""), keys("data-name=\"")].concat();
        for key in &used {
            assert!(LABELS.iter().any(|label| label.0 == *key), "{key}");
        }
        for (key, text) in LABELS {
            assert!(used.contains(key), "{key}");
            // What the page says before the chat is loaded is the same English.
            let english = Language::En.get(*text);
            for wanted in [
                format!("data-label=\"{key}\">{english}<"),
                format!("aria-label=\"{english}\" data-name=\"{key}\""),
            ] {
                let attribute = wanted.contains("aria-label");
                let place = if attribute { "data-name" } else { "data-label" };
                let is_used = markup.contains(&format!("{place}=\"{key}\""));
                assert_eq!(markup.contains(&wanted), is_used, "{wanted}");
            }
        }
    }

    #[test]
    fn arguments_are_isolated() {
        assert_eq!(isolated("Anna"), "Anna");
        assert_eq!(isolated("א"), "\u{2068}א\u{2069}");
    }
}
