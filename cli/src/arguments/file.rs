//! The settings file, `guildhall.toml`: each flag of the server as a key, with `_` for `-`, and
//! tables for what flags cannot say. A flag and a variable count more than the file, and the
//! file more than the default.

mod tables;

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, Id, ValueHint};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::io_error::told;
use crate::usage;

pub use tables::Tables;

/// The flag that names the file, which is no key of it.
pub(super) const FLAG: &str = "config";

/// The tables whose keys are flags: those that begin with their names.
const TABLES_OF_FLAGS: [&str; 3] = ["api", "rates", "tls"];

/// The content of a settings file.
#[derive(Debug, Default)]
pub(super) struct SettingsFile {
    /// The settings that are flags as well.
    pub(super) flags: Vec<FileSetting>,
    /// Those that are none.
    pub(super) tables: Tables,
    /// The tables as they are in the file, to tell whether they have changed.
    pub(super) table_texts: Vec<TableText>,
}

/// A table of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableText {
    /// Its name.
    pub(super) name: String,
    /// The line of the file, from 1.
    pub(super) line: usize,
    /// Its content, on one line.
    pub(super) value: String,
}

/// A setting in the file that is a flag as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileSetting {
    /// The setting's argument.
    pub(super) id: Id,
    /// The line of the file, from 1.
    pub(super) line: usize,
    /// The value; those of a list one by one.
    pub(super) values: Vec<String>,
}

/// Why a settings file is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// It cannot be read.
    #[error("cannot read the settings file {}: {}", path.display(), told(error))]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}, line {line}: {problem}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The mistake.
        problem: String,
    },
}

/// Reads the settings of `command` that the file has, and its tables with the keys that they
/// name. Their values are right, each by itself.
///
/// # Errors
///
/// [`FileError`].
pub(super) fn read(path: &Path, command: &Command) -> Result<SettingsFile, FileError> {
    let content = fs::read(path).map_err(|error| FileError::Read {
        path: path.into(),
        error,
    })?;
    let text = String::from_utf8(content).map_err(|error| {
        let known = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..known]);
        FileError::Wrong {
            path: path.into(),
            line: line_of(&before, known),
            problem: "this line is not in UTF-8: save the file with that encoding".into(),
        }
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    settings(&text, command, folder).map_err(|Problem { at, text: problem }| FileError::Wrong {
        path: path.into(),
        line: line_of(&text, at),
        problem,
    })
}

/// The line of the text, from 1, that has the byte at this index.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    1 + before.matches('\n').count()
}

/// A mistake in the file.
#[derive(Debug)]
pub(super) struct Problem {
    /// The index of its first byte.
    pub(super) at: usize,
    /// The mistake, in words.
    pub(super) text: String,
}

impl From<toml::de::Error> for Problem {
    fn from(error: toml::de::Error) -> Self {
        Self {
            at: error.span().unwrap_or_default().start,
            text: (error.message())
                .replace("a sequence", "a list in brackets")
                .replace("wanted string or table", "expected a text in quotes")
                .replace("expected a string", "expected a text in quotes"),
        }
    }
}

/// The mistake for which the file is no TOML. The library does not name a key that is there twice.
fn unparsed(text: &str, error: toml::de::Error) -> Problem {
    let key = error.span().and_then(|span| text.get(span));
    let problem = match (error.message(), key) {
        ("duplicate key", Some(key)) => {
            format!("`{key}` is there twice: leave one of the two out")
        }
        _ => return error.into(),
    };
    Problem {
        text: problem,
        ..error.into()
    }
}

fn settings(text: &str, command: &Command, folder: &Path) -> Result<SettingsFile, Problem> {
    let mut table = DeTable::parse(text).map_err(|error| unparsed(text, error))?;
    let mut file = SettingsFile::default();
    let at = table.span();
    let (tables, flags): (DeTable<'_>, DeTable<'_>) = std::mem::take(table.get_mut())
        .into_iter()
        .partition(|(key, _)| Tables::NAMES.contains(&&**key.get_ref()));
    for (key, value) in &flags {
        let table = TABLES_OF_FLAGS
            .iter()
            .find(|table| key.get_ref() == **table);
        let Some(table) = table else {
            let mut setting = flag(text, key, key.get_ref(), value, command)?;
            setting.begin_at(folder, command);
            file.flags.push(setting);
            continue;
        };
        let DeValue::Table(keys) = value.get_ref() else {
            return Err(Problem {
                at: value.span().start,
                text: format!("this is a table: begin it with a line [{table}]"),
            });
        };
        for (key, value) in keys {
            let name = format!("{table}.{}", key.get_ref());
            let mut setting = flag(text, key, &name, value, command)?;
            setting.begin_at(folder, command);
            file.flags.push(setting);
        }
    }
    for (key, value) in &tables {
        file.table_texts.push(TableText {
            name: key.get_ref().clone().into_owned(),
            line: line_of(text, key.span().start),
            value: tables::text_of(value)?,
        });
    }
    file.tables = Tables::parse(Spanned::new(at, tables), folder)?;
    Ok(file)
}

impl FileSetting {
    /// If the setting is a path, it begins at this folder, as those in tables do.
    fn begin_at(&mut self, folder: &Path, command: &Command) {
        let mut arguments = command.get_arguments();
        let hints = [ValueHint::DirPath, ValueHint::FilePath];
        let is_path = |argument: &Arg| hints.contains(&argument.get_value_hint());
        if arguments.any(|argument| *argument.get_id() == self.id && is_path(argument)) {
            for path in &mut self.values {
                *path = folder.join(&*path).to_string_lossy().into_owned();
            }
        }
    }
}

/// The setting of a key that has to be a flag. `name` is the key with the name of its table.
fn flag(
    text: &str,
    key: &Spanned<Cow<'_, str>>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    command: &Command,
) -> Result<FileSetting, Problem> {
    let is_table = matches!(value.get_ref(), DeValue::Table(_));
    let argument = argument(name, is_table, command).map_err(|text| Problem {
        at: key.span().start,
        text,
    })?;
    let values = values(value, argument)?;
    let flag = argument.get_long().unwrap_or_default();
    let words = values.iter().map(|value| format!("--{flag}={value}"));
    if let Err(error) = parse_alone(command, words) {
        let text = usage::problem_of(&error, name);
        return Err(Problem {
            at: value.span().start,
            text,
        });
    }
    Ok(FileSetting {
        id: argument.get_id().clone(),
        line: line_of(text, key.span().start),
        values,
    })
}

/// The argument of a key, or a line for the user.
fn argument<'a>(name: &str, is_table: bool, command: &'a Command) -> Result<&'a Arg, String> {
    let is_it = |argument: &&Arg| self::key(argument).is_some_and(|key| key == name);
    if let Some(argument) = command.get_arguments().find(is_it) {
        return Ok(argument);
    }
    if let Some((_, key)) = name.split_once('.')
        && is_in_no_table(key, command)
    {
        return Err(misplaced(key));
    }
    let keys = command.get_arguments().filter_map(self::key);
    let tables = Tables::NAMES.into_iter().chain(TABLES_OF_FLAGS);
    let keys = keys.chain(tables.clone().map(String::from));
    let tip = match nearest(name, keys) {
        Some(similar) => format!(": did you mean `{similar}`?"),
        None if is_table => {
            let tables = tables.map(|table| format!("`{table}`"));
            format!(": the tables are {}", tables.collect::<Vec<_>>().join(", "))
        }
        None => " (see guildhall --help: each flag is a setting, with `_` for `-`)".into(),
    };
    Err(format!("there is no setting `{name}`{tip}"))
}

/// Whether a key is that of a setting in front of all tables.
fn is_in_no_table(key: &str, command: &Command) -> bool {
    let mut keys = command.get_arguments().filter_map(self::key);
    keys.any(|known| known == key)
}

/// The line for a setting that stands behind the beginning of a table, and so belongs to it.
fn misplaced(key: &str) -> String {
    format!("`{key}` belongs to no table: put it in front of the first line that begins with [")
}

/// The name among those that are known that somebody may have meant who wrote `name`.
fn nearest(name: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let known: Vec<String> = known.into_iter().collect();
    // A key with a `-` is the flag itself.
    let name = name.replace('-', "_");
    if known.contains(&name) {
        return Some(name);
    }
    // The program finds a similar name as it does for a flag on the command line.
    let command = Command::new("guildhall").disable_help_flag(true);
    let known = known
        .into_iter()
        .map(|name| Arg::new(name.clone()).long(name));
    let error = command
        .args(known)
        .try_get_matches_from(["guildhall", &format!("--{name}")])
        .err()?;
    let similar = usage::suggestion(&error)?;
    Some(similar.trim_start_matches('-').to_owned())
}

/// Parses these flags, without what the environment says.
fn parse_alone(
    command: &Command,
    flags: impl IntoIterator<Item = String>,
) -> clap::error::Result<ArgMatches> {
    let words = [command.get_name().to_owned()].into_iter().chain(flags);
    let command = command.clone().mut_args(without_variable);
    command.try_get_matches_from(words)
}

/// An argument that the environment says nothing about.
pub(super) fn without_variable(argument: Arg) -> Arg {
    argument.env(None::<&'static str>)
}

/// The key of an argument; `None` if it has none.
pub(super) fn key(argument: &Arg) -> Option<String> {
    let flag = argument.get_long().filter(|&flag| flag != FLAG)?;
    argument.get_env()?;
    let key = flag.replace('-', "_");
    let in_table = TABLES_OF_FLAGS.iter().find_map(|table| {
        let key = key.strip_prefix(table)?.strip_prefix('_')?;
        Some(format!("{table}.{key}"))
    });
    Some(in_table.unwrap_or(key))
}

/// The value as the words that the flag would have.
fn values(value: &Spanned<DeValue<'_>>, argument: &Arg) -> Result<Vec<String>, Problem> {
    let wrong = |value: &Spanned<DeValue<'_>>, text: &str| Problem {
        at: value.span().start,
        text: text.into(),
    };
    let one = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Boolean(is_true) => Ok(is_true.to_string()),
        _ => Err(wrong(value, "expected a text or a whole number")),
    };
    let is_list = argument.get_value_delimiter().is_some();
    match value.get_ref() {
        DeValue::Array(list) if is_list => list.iter().map(one).collect(),
        DeValue::Array(_) => Err(wrong(value, "this setting has one value, and no list")),
        _ => Ok(vec![one(value)?]),
    }
}

/// These values of an argument as the file would have them.
pub(super) fn write(argument: &Arg, values: &[Cow<'_, str>]) -> String {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let quoted: Vec<_> = (values.iter())
        .map(|value| match &**value {
            // A secret, which no variable's value in the help shows either.
            _ if argument.is_hide_env_values_set() => "\"...\"".to_owned(),
            number if is_number(number) && !number.is_empty() => number.to_owned(),
            text => toml::Value::from(text).to_string(),
        })
        .collect();
    let quoted = quoted.join(", ");
    if argument.get_value_delimiter().is_some() {
        return format!("[{quoted}]");
    }
    quoted
}

#[cfg(test)]
mod tests;
