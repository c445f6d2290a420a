//! All catalogues of a folder: reads them, and holds what they say about each
//! message.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fluent_syntax::ast;
use fluent_syntax::parser::ParserError;
use icu_locale_core::Locale;

use crate::check;
use crate::pattern::{self, Argument, Text};
use crate::plural::PluralRules;

/// The language whose catalogue says which messages there are.
pub(crate) const FIRST: &str = "en";

/// The message with the language's own name for itself.
pub(crate) const LANGUAGE_NAME: &str = "language-name";

/// The ending of a catalogue's name.
const ENDING: &str = "ftl";

/// Why the catalogues cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// What is wrong with the catalogues: a line for each mistake.
    #[error("{}", .0.join("\n"))]
    Mistakes(Vec<String>),
}

/// A language that has a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// Its tag, such as `en` or `pt-BR`.
    pub tag: String,
    /// Its own name for itself.
    pub name: String,
    /// How it forms plurals.
    pub plural_rules: PluralRules,
}

/// A message in all languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, such as `error-name-taken`.
    pub id: String,
    /// What it is, for translators; a line each.
    pub comment: Vec<String>,
    /// Its arguments, in the order of the English text.
    pub arguments: Vec<Argument>,
    /// The text in each language, in the order of the languages.
    pub texts: Vec<Text>,
}

/// All catalogues, checked: each has every message, with its arguments and its
/// plural forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogues {
    /// English, then the others by their tags.
    pub languages: Vec<Language>,
    /// The messages, in the order of the English catalogue.
    pub entries: Vec<Entry>,
}

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

impl Catalogues {
    /// Reads and checks every catalogue in `folder`.
    ///
    /// # Errors
    ///
    /// All mistakes in them, each with its file and message.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let unreadable = |error| Error::Unreadable(folder.into(), error);
        let mut sources = BTreeMap::new();
        for item in fs::read_dir(folder).map_err(unreadable)? {
            let path = item.map_err(unreadable)?.path();
            let tag = path.file_stem().and_then(|stem| stem.to_str());
            if let (Some(tag), true) = (tag, path.extension().is_some_and(|it| it == ENDING)) {
                let source = fs::read_to_string(&path);
                let source = source.map_err(|error| Error::Unreadable(path.clone(), error))?;
                sources.insert(tag.to_owned(), source);
            }
        }
        let sources: Vec<_> = (sources.iter())
            .map(|(tag, source)| (tag.as_str(), source.as_str()))
            .collect();
        Self::parse(&sources)
    }

    /// Reads and checks catalogues: each is a language's tag and the text of the
    /// file.
    ///
    /// # Errors
    ///
    /// All mistakes in them, each with its file and message.
    ///
    /// # Examples
    ///
    /// ```
    /// use guildhall_catalogue::Catalogues;
    ///
    /// let english = "language-name = English\nwelcome = Welcome, { $name }!\n";
    /// let german = "language-name = Deutsch\nwelcome = Willkommen!\n";
    /// let error = Catalogues::parse(&[("en", english), ("de", german)]).unwrap_err();
    /// assert_eq!(error.to_string(), "de.ftl: welcome: the argument $name is missing");
    /// ```
    pub fn parse(sources: &[(&str, &str)]) -> Result<Self, Error> {
        let mut mistakes = Vec::new();
        let mut files = Vec::new();
        for (tag, source) in sources {
            match File::parse(tag, source, &mut mistakes) {
                Ok(file) => files.push(file),
                Err(mistake) => mistakes.push(format!("{tag}.{ENDING}: {mistake}")),
            }
        }
        let first = files.iter().position(|file| file.tag == FIRST);
        let Some(first) = first else {
            mistakes.push(format!("there is no {FIRST}.{ENDING}"));
            return Err(Error::Mistakes(mistakes));
        };
        // English first, then the others by their tags.
        files.sort_by(|one, other| one.tag.cmp(&other.tag));
        let english = files.iter().position(|file| file.tag == FIRST);
        let english = files.remove(english.unwrap_or(first));
        mistakes.extend(check::mistakes(&english, &files));
        if !mistakes.is_empty() {
            return Err(Error::Mistakes(mistakes));
        }
        Ok(Self::together(english, files))
    }

    /// What files without mistakes say.
    fn together(english: File, others: Vec<File>) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let mut languages = vec![english.language()];
        for message in english.messages {
            entries.push(Entry {
                id: message.id,
                comment: message.comment,
                arguments: message.arguments,
                texts: vec![message.text],
            });
        }
        for file in others {
            languages.push(file.language());
            for message in file.messages {
                let entry = entries.iter_mut().find(|entry| entry.id == message.id);
                entry
                    .expect("the check found every message in the English file")
                    .texts
                    .push(message.text);
            }
        }
        Self { languages, entries }
    }
}

impl File {
    fn parse(tag: &str, source: &str, mistakes: &mut Vec<String>) -> Result<Self, String> {
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

    fn language(&self) -> Language {
        let name = self.message(LANGUAGE_NAME).map(|it| it.text.patterns());
        let name = name.and_then(|it| Some(it.first()?.to_string_with(|_| String::new())));
        Language {
            tag: self.tag.clone(),
            name: name.unwrap_or_default(),
            plural_rules: self.plural_rules.clone(),
        }
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
