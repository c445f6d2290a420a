//! The page's texts in the language of its user.

use std::borrow::Cow;
use std::cell::Cell;

use guildhall_client::command::COMMANDS;
use guildhall_client::texts::{self, Language, Text};
use guildhall_protocol::Sanction;
use js_sys::{Date, Object, Reflect};
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element};

use crate::clock::millis;
use crate::notice::Notice;

use crate::page::elements::set;
use crate::page::language::labels::LABELS;

/// Finds the page's texts in the language that is chosen.
pub(in crate::page) struct Localizer(Cell<Language>);

impl Localizer {
    /// A localizer for this language.
    pub(in crate::page) fn new(language: Language) -> Self {
        Self(Cell::new(language))
    }

    /// The language that is chosen.
    pub(in crate::page) fn language(&self) -> Language {
        self.0.get()
    }

    /// Chooses `language`, and writes the texts of `index.html` in it.
    pub(in crate::page) fn set_language(&self, document: &Document, language: Language) {
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

    /// This text, in the language that is chosen.
    pub(in crate::page) fn get(&self, text: Text) -> &'static str {
        self.language().get(text)
    }

    /// When a sanction ends: at a time of the user's clock, or never.
    pub(in crate::page) fn end_of(&self, sanction: &Sanction) -> String {
        let language = self.language();
        if sanction.until == 0 {
            return texts::ends_in(language, None);
        }
        let options = Object::new();
        for (part, how) in [("dateStyle", "medium"), ("timeStyle", "short")] {
            // Fails only for an object that is frozen.
            let _ = Reflect::set(&options, &part.into(), &how.into());
        }
        let date = Date::new(&millis(sanction.until));
        let time = String::from(date.to_locale_string(language.tag(), &options));
        texts::ends_at(language, &time)
    }

    /// The text of this notice.
    pub(in crate::page) fn words(&self, notice: &Notice) -> String {
        let language = self.language();
        match notice {
            Notice::Event(event) => texts::event(language, event).unwrap_or_default(),
            Notice::Text(text) => self.get(*text).into(),
            Notice::YouWhisper(name) => texts::you_whisper(language, &isolated(name)),
            Notice::WhispersToYou(name) => texts::whispers_to_you(language, &isolated(name)),
            Notice::PeopleAre { room, names } => {
                texts::people_are(language, &isolated(room), &isolated(names))
            }
            Notice::TooManyPeople(count) => texts::too_many_people(language, (*count).into()),
            Notice::NotSent(reason) => {
                let reason = texts::fail_reason(language, reason);
                texts::not_sent(language, &isolated(&reason))
            }
            Notice::ReplyTo(None) => self.get(texts::REPLY_TO_UNKNOWN).into(),
            Notice::ReplyTo(Some(quote)) => {
                let removed = self.get(texts::MESSAGE_REMOVED);
                let text = if quote.removed { removed } else { &quote.text };
                texts::reply_to(language, &isolated(&quote.name), &isolated(text))
            }
            Notice::Help => {
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

/// An argument of a text, isolated, so that its letters cannot change the direction of
/// the sentence.
pub(in crate::page) fn isolated(argument: &str) -> Cow<'_, str> {
    if argument.is_ascii() {
        argument.into()
    } else {
        ["\u{2068}", argument, "\u{2069}"].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKUP: &str = include_str!("../../../page/index.html");

    /// The keys behind an attribute of the markup.
    fn keys(attribute: &str) -> Vec<&'static str> {
        let parts = MARKUP.split(attribute).skip(1);
        parts.map(|it| it.split_once('"').unwrap().0).collect()
    }

    fn english(key: &str) -> &'static str {
        let found = LABELS.iter().find(|label| label.0 == key);
        Language::En.get(found.unwrap_or_else(|| panic!("{key}")).1)
    }

    #[test]
    fn every_label_of_the_markup_has_its_text() {
        let (labels, names) = (keys("data-label=\""), keys("data-name=\""));
        // What the page says until the chat is loaded is the same English.
        for &key in &labels {
            let wanted = format!("data-label=\"{key}\">{}<", english(key));
            assert!(MARKUP.contains(&wanted), "{wanted}");
        }
        for &key in &names {
            let wanted = format!("aria-label=\"{}\" data-name=\"{key}\"", english(key));
            assert!(MARKUP.contains(&wanted), "{wanted}");
        }
        for (key, _) in LABELS {
            assert!(labels.contains(key) || names.contains(key), "{key}");
        }
    }

    #[test]
    fn arguments_are_isolated() {
        assert_eq!(isolated("Anna"), "Anna");
        assert_eq!(isolated("א"), "\u{2068}א\u{2069}");
    }
}
