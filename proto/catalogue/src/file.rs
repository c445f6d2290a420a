//! One catalogue as its file has it: parsed, and not yet compared with the others.

use fluent_syntax::ast;
use fluent_syntax::parser::ParserError;
use icu_locale_core::Locale;

use crate::pattern::{self, Argument, Text};
use crate::plural::PluralRules;

/// The message with the language's own name for itself.
pub(crate) const LANGUAGE_NAME: &str = "language-name";

/// The ending of a catalogue's name.
pub(crate) const ENDING: &str = "ftl";

/// One message of one file.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) comment: Vec<String>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) text: Text,
}

/// One file.
#[derive(Debug)]
pub(crate) struct File {
    /// Its name without the folder, for errors.
    pub(crate) name: String,
    pub(crate) tag: String,
    pub(crate) plural_rules: PluralRules,
    pub(crate) messages: Vec<Message>,
}

impl File {
    /// Parses the catalogue of the language with this tag. Mistakes in single messages
    /// are appended to `mistakes`.
    ///
    /// # Errors
    ///
    /// Why the file is no catalogue.
    pub(crate) fn parse(
        tag: &str,
        source: &str,
        mistakes: &mut Vec<String>,
    ) -> Result<Self, String> {
        let name = format!("{tag}.{ENDING}");
        let language: Locale = (tag.parse())
            .map_err(|_| "a catalogue is named for its language, as de or pt-BR".to_owned())?;
        if language.to_string() != tag {
            return Err(format!("the tag of this language is written {language}"));
        }
        let plural_rules = PluralRules::of(&language)?;
        let resource = match fluent_syntax::parser::parse(source) {
            Ok(resource) => resource,
            Err((_, errors)) => {
                let all: Vec<_> = errors.iter().map(|it| syntax_error(source, it)).collect();
                return Err(all.join("\n"));
            }
        };
        let mut messages: Vec<Message> = Vec::new();
        for entry in &resource.body {
            let read = match entry {
                ast::Entry::Message(message) => Message::read(message),
                ast::Entry::Term(term) => Err((term.id.name, "terms are not supported".into())),
                _ => continue,
            };
            let read = read.and_then(|message| {
                let is_there = messages.iter().any(|it| it.id == message.id);
                if is_there {
                    return Err(("a message", format!("{} is there twice", message.id)));
                }
                Ok(message)
            });
            match read {
                Ok(message) => messages.push(message),
                Err((id, mistake)) => mistakes.push(format!("{name}: {id}: {mistake}")),
            }
        }
        Ok(Self {
            name,
            tag: tag.into(),
            plural_rules,
            messages,
        })
    }

    /// The message with this name.
    pub(crate) fn message(&self, id: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }
}

impl Message {
    fn read<'s>(message: &ast::Message<&'s str>) -> Result<Self, (&'s str, String)> {
        let id = message.id.name;
        let is_usable = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        if !id.bytes().all(is_usable) {
            return Err((
                id,
                "its name has more than small letters and hyphens".into(),
            ));
        }
        let Some(value) = &message.value else {
            return Err((id, "it has no text".into()));
        };
        if !message.attributes.is_empty() {
            return Err((id, "attributes are not supported".into()));
        }
        let (text, arguments) = pattern::read(value).map_err(|mistake| (id, mistake))?;
        let comment = message.comment.as_ref().map(|it| &it.content[..]);
        let comment = comment.unwrap_or_default().iter();
        Ok(Self {
            id: id.into(),
            comment: comment.map(|&line| line.to_owned()).collect(),
            arguments,
            text,
        })
    }
}

/// A mistake that the parser found, with its line.
fn syntax_error(source: &str, error: &ParserError) -> String {
    let before = source.get(..error.pos.start).unwrap_or(source);
    format!("line {}: {error}", before.matches('\n').count() + 1)
}
