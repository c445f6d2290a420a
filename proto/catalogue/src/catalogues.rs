//! All catalogues of a folder: reads them, and holds what they say about each
//! message.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::check;
use crate::file::{ENDING, File, LANGUAGE_NAME};
use crate::pattern::{Argument, Text};
use crate::plural::PluralRules;

/// The language whose catalogue says which messages there are.
pub(crate) const FIRST: &str = "en";

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

impl Language {
    fn of(file: &File) -> Self {
        let name = file.message(LANGUAGE_NAME).map(|it| it.text.patterns());
        let name = name.and_then(|it| Some(it.first()?.to_string_with(|_| String::new())));
        Self {
            tag: file.tag.clone(),
            name: name.unwrap_or_default(),
            plural_rules: file.plural_rules.clone(),
        }
    }
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
        let mut languages = vec![Language::of(&english)];
        for message in english.messages {
            entries.push(Entry {
                id: message.id,
                comment: message.comment,
                arguments: message.arguments,
                texts: vec![message.text],
            });
        }
        for file in others {
            languages.push(Language::of(&file));
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
