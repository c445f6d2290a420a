//! The settings file, `guildhall.toml`: each flag of the server as a key, with `_` for `-`. A
//! flag and a variable count more than the file, and the file more than the default.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, Id};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::usage;

/// The flag that names the file, which is no key of it.
pub(super) const FLAG: &str = "config";

/// A setting in the file.
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
    #[error("cannot read the settings file {}: {error}", path.display())]
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

/// Reads the settings of `command` that the file has. Their values are right, each by
/// itself.
///
/// # Errors
///
/// [`FileError`].
pub(super) fn read(path: &Path, command: &Command) -> Result<Vec<FileSetting>, FileError> {
    let text = fs::read_to_string(path).map_err(|error| FileError::Read {
        path: path.into(),
        error,
    })?;
    settings(&text, command).map_err(|Problem { at, text: problem }| FileError::Wrong {
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
struct Problem {
    /// The index of its first byte.
    at: usize,
    text: String,
}

fn settings(text: &str, command: &Command) -> Result<Vec<FileSetting>, Problem> {
    let table = DeTable::parse(text).map_err(|error| Problem {
        at: error.span().unwrap_or_default().start,
        text: error.message().to_owned(),
    })?;
    let mut settings = Vec::new();
    for (key, value) in table.get_ref() {
        let argument = argument(key, command)?;
        let values = values(value, argument)?;
        let flag = argument.get_long().unwrap_or_default();
        let words = values.iter().map(|value| format!("--{flag}={value}"));
        if let Err(error) = parse_alone(command, words) {
            let text = usage::problem_of(&error, key.get_ref());
            return Err(Problem {
                at: value.span().start,
                text,
            });
        }
        settings.push(FileSetting {
            id: argument.get_id().clone(),
            line: line_of(text, key.span().start),
            values,
        });
    }
    Ok(settings)
}

/// The argument of a key.
fn argument<'a>(key: &Spanned<Cow<'_, str>>, command: &'a Command) -> Result<&'a Arg, Problem> {
    let name = key.get_ref();
    let is_it = |argument: &&Arg| self::key(argument).is_some_and(|key| key == **name);
    if let Some(argument) = command.get_arguments().find(is_it) {
        return Ok(argument);
    }
    // The program finds a similar flag as it does for one on the command line.
    let flag = format!("--{}", name.replace('_', "-"));
    let similar = parse_alone(command, [flag.clone()]).err();
    let similar = similar.as_ref().and_then(usage::suggestion);
    // A key with a `-` is the flag itself.
    let similar = similar.unwrap_or(&flag).trim_start_matches('-');
    let similar = similar.replace('-', "_");
    let mut keys = command.get_arguments().filter_map(self::key);
    let tip = if keys.any(|key| key == similar) {
        format!(": did you mean `{similar}`?")
    } else {
        " (see guildhall --help: each flag is a setting, with `_` for `-`)".into()
    };
    let text = format!("there is no setting `{name}`{tip}");
    Err(Problem {
        at: key.span().start,
        text,
    })
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
    Some(flag.replace('-', "_"))
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
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::CommandFactory as _;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &[&str])]) {
        let settings = settings(text, &Arguments::command()).unwrap();
        let found: Vec<_> = (settings.iter())
            .map(|it| {
                (
                    it.id.as_str(),
                    it.values.iter().map(String::as_str).collect(),
                )
            })
            .collect();
        let expected: Vec<(&str, Vec<&str>)> = (expected.iter())
            .map(|(id, values)| (*id, values.to_vec()))
            .collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn refused(text: &str, expected: &[&str]) {
        let problem = settings(text, &Arguments::command()).unwrap_err();
        for part in expected {
            assert!(problem.text.contains(part), "{text}: {}", problem.text);
        }
    }

    #[test]
    fn each_flag_is_a_key() {
        check("", &[]);
        check("# nothing\n", &[]);
        check(
            "host = 'chat.example'\nport = 9_000",
            &[("host", &["chat.example"]), ("port", &["9000"])],
        );
        check(
            "allow_origin = ['https://a.example', '*']",
            &[("allow_origin", &["https://a.example", "*"])],
        );
        check(
            "allow_origin = 'https://a.example'",
            &[("allow_origin", &["https://a.example"])],
        );
        check("allow_origin = []", &[("allow_origin", &[])]);
    }

    #[test]
    fn a_wrong_key_names_the_nearest_one() {
        refused("prot = 1", &["`prot`", "did you mean `port`?"]);
        refused("max-waiting = 65536", &["did you mean `max_waiting`?"]);
        refused("history_line = 1", &["did you mean `history_lines`?"]);
        refused("zzz = 1", &["`zzz`", "guildhall --help"]);
        refused("config = 'other.toml'", &["`config`"]);
        refused("help = true", &["`help`"]);
        refused("[accounts]\nkey = 1", &["`accounts`"]);
    }

    #[test]
    fn a_wrong_value_names_its_key_and_what_is_right() {
        refused("port = 70000", &["port", "from 0 to 65535"]);
        refused("port = -1", &["port", "from 0 to 65535"]);
        refused("port = 0x50", &["port", "from 0 to 65535"]);
        refused("port = 80.5", &["a whole number"]);
        refused("port = [80]", &["one value"]);
        refused("port = { a = 1 }", &["a text or a whole number"]);
        refused("host = ''", &["host"]);
        refused("threads = 0", &["threads", "from 1 to 256"]);
        refused("log = 'loud'", &["log"]);
        refused("log_format = 'xml'", &["log_format", "xml"]);
        refused("allow_origin = ['https://a.example', 'b']", &["'b'"]);
        refused("allow_origin = [['*']]", &["a text"]);
        refused("port = 1\nport = 2", &["duplicate key"]);
        refused("port 1", &["expected"]);
    }

    #[test]
    fn the_line_is_that_of_the_mistake() {
        let file = tempfile("# one\n\nhost = 'a'\nport = 'x'\n");
        let error = read(&file, &Arguments::command()).unwrap_err().to_string();
        fs::remove_file(&file).unwrap();
        assert!(error.contains(", line 4: "), "{error}");
        assert!(!error.contains("(see guildhall"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let file = tempfile("\u{fffd}");
        fs::write(&file, b"host = '\xff'").unwrap();
        let error = read(&file, &Arguments::command()).unwrap_err().to_string();
        assert!(error.contains(file.to_str().unwrap()), "{error}");
        fs::remove_file(&file).unwrap();
        let error = read(&file, &Arguments::command()).unwrap_err().to_string();
        assert!(error.contains(file.to_str().unwrap()), "{error}");
    }

    /// A file with this text.
    fn tempfile(text: &str) -> PathBuf {
        let number = fastrand::u64(..);
        let path = std::env::temp_dir().join(format!("guildhall-test-{number}.toml"));
        fs::write(&path, text).unwrap();
        path
    }
}
