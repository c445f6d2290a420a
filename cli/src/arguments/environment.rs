//! Reads the command line, the settings file and the environment. Each comes by itself first, so
//! that an error names what the user has to change: a flag, a line of the file, or a
//! variable.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::builder::OsStr;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory as _, FromArgMatches as _};
use guildhall_server::Config;

use super::Arguments;
use super::file::{self, FileSetting, SettingsFile, Tables, without_variable};
use crate::accounts::KeySets;
use crate::api::ApiSettings;
use crate::chat::TOKEN_VARIABLE;
use crate::hook::HookSettings;
use crate::https::HttpsSettings;
use crate::rooms;
use crate::usage;

/// How the names of the variables begin.
const PREFIX: &str = "GUILDHALL_";

/// How a value begins that Kubernetes or Docker gives a variable.
const SERVICE_VALUES: [&str; 3] = ["tcp://", "udp://", "sctp://"];

/// The arguments, and the variables that did not count.
#[derive(Debug)]
pub struct Parsed {
    /// The arguments.
    pub arguments: Arguments,
    /// The variables that the operator is warned of.
    pub ignored: Vec<Ignored>,
    /// The server's settings and where each is from; empty if something else is to do.
    pub settings: Vec<Setting>,
    /// The tables of the settings file, which no flag can say.
    pub tables: Tables,
    /// The HTTP API, with its keys.
    pub api: ApiSettings,
    /// TLS of the server itself, with its certificate.
    pub https: HttpsSettings,
}

impl Parsed {
    /// The settings of the server, from flags, variables and the file. Sets of keys that are
    /// fetched are in `sets`.
    #[must_use]
    pub fn config(&self, sets: &KeySets) -> Config {
        let mut config = self.arguments.serve.config();
        self.tables.apply(&mut config, sets);
        config.api_keys = self.api.keys().clone();
        config.metrics = self.api.metrics().clone();
        config
    }

    /// Warnings about settings that are right each by itself.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.arguments.serve.warnings();
        warnings.extend(self.tables.accounts_settings.warnings());
        let hook = self.tables.hook_settings.as_ref();
        warnings.extend(hook.into_iter().flat_map(HookSettings::warnings));
        warnings.extend(self.api.warnings(self.https.is_on()));
        let serve = &self.arguments.serve;
        warnings.extend(self.https.warnings(&serve.allow_host, serve.port));
        let has_accounts = !self.tables.accounts_settings.keys().is_empty();
        let has_data = self.arguments.serve.data.is_some();
        warnings.extend(self.tables.events_settings.warnings(has_data));
        warnings.extend(rooms::warnings(&self.tables.rooms, has_accounts));
        warnings
    }
}

/// A setting of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its key in a settings file.
    pub key: String,
    /// Its value, as the file would have it; nothing if it is a table that is not there.
    pub value: String,
    /// The place that the value is from.
    pub origin: Origin,
}

impl Setting {
    /// Its flag.
    #[must_use]
    pub fn flag(&self) -> String {
        format!("--{}", self.key.replace(['.', '_'], "-"))
    }

    /// Its variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }
}

/// A place that the value of a setting is from. A later one counts more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody has set it.
    Default,
    /// This line of the settings file.
    File(usize),
    /// Its variable.
    Variable,
    /// Its flag.
    Flag,
}

/// A variable that does not count, although it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignored {
    /// A variable of this name, with the address of a service of Kubernetes that is called like
    /// this program.
    Service(String, String),
    /// No setting has a variable of this name.
    Unknown(String),
}

/// A command line that is not to be carried out.
#[derive(Debug)]
pub enum Other {
    /// A text that the user has asked for: the help, or the version.
    Text(String),
    /// The line for a mistake.
    Mistake(String),
}

/// Reads the words of a command line and this process's environment.
///
/// # Errors
///
/// [`Other`], which the caller prints.
pub fn parse(words: &[OsString]) -> Result<Parsed, Other> {
    let by_itself = Arguments::command().mut_args(without_variable);
    let line = match by_itself.try_get_matches_from(words) {
        Ok(line) => line,
        // The help names the variables.
        Err(error) if !error.use_stderr() => {
            let error = Arguments::command().try_get_matches_from(words).err();
            let text = error.map_or_else(String::new, |help| help.to_string());
            return Err(Other::Text(text));
        }
        Err(error) => return Err(Other::Mistake(usage::line(&error))),
    };
    // The variables and the file are the server's.
    if line.subcommand_name().is_some() {
        parsed(&line, Vec::new(), Vec::new(), Tables::default())
    } else {
        parse_server(words, &line)
    }
}

/// Reads the settings as a server would that is started here with this file, or without a flag
/// for one.
///
/// # Errors
///
/// The line for a mistake.
pub fn parse_file(file: Option<&Path>) -> Result<Parsed, String> {
    parse_settings(file, &[])
}

/// The same for a server that has these flags as well.
///
/// # Errors
///
/// The line for a mistake.
pub fn parse_settings(file: Option<&Path>, flags: &[OsString]) -> Result<Parsed, String> {
    let mut words: Vec<OsString> = vec!["guildhall".into()];
    if let Some(file) = file {
        words.push("--config".into());
        words.push(file.into());
    }
    words.extend_from_slice(flags);
    let parsed = parse(&words).map_err(|(Other::Mistake(line) | Other::Text(line))| line)?;
    match parsed.arguments.command {
        None => Ok(parsed),
        Some(_) => Err("behind -- there are flags of the server, and no command".into()),
    }
}

/// Reads the settings of the server whose command line is `line`.
fn parse_server(words: &[OsString], line: &ArgMatches) -> Result<Parsed, Other> {
    let mut command = Arguments::command();
    let mut ignored = unknown(&command);
    let mut path: Option<PathBuf> = line.get_one(file::FLAG).cloned();
    for argument in command.clone().get_arguments() {
        match value(argument).map_err(Other::Mistake)? {
            Value::Counts(value) => {
                if argument.get_long() == Some(file::FLAG) {
                    path.get_or_insert_with(|| value.into());
                }
            }
            Value::None => {
                command = command.mut_arg(argument.get_id(), without_variable);
            }
            Value::OfAService(name, value) => {
                command = command.mut_arg(argument.get_id(), without_variable);
                ignored.push(Ignored::Service(name, value));
            }
        }
    }
    let mut file = SettingsFile::default();
    if let Some(path) = &path {
        let read = file::read(path, &Arguments::command());
        file = read.map_err(|error| Other::Mistake(error.to_string()))?;
    }
    for FileSetting { id, values, .. } in &file.flags {
        let values: Vec<OsStr> = values.iter().map(OsStr::from).collect();
        command = command.mut_arg(id, |argument| argument.default_values(values));
    }
    let matches = command
        .clone()
        .try_get_matches_from(words)
        .map_err(|error| Other::Mistake(usage::line_of_environment(&error, command)))?;
    let accounts = &file.tables.accounts_settings;
    let events = &file.tables.events_settings;
    let hook = file.tables.hook_settings.as_ref();
    let is_used = |name: &str| {
        accounts.has_variable(name)
            || events.has_variable(name)
            || hook.is_some_and(|hook| hook.has_variable(name))
    };
    ignored.retain(|it| !matches!(it, Ignored::Unknown(name) if is_used(name)));
    let settings = list(&matches, &file);
    let mut parsed = parsed(&matches, ignored, settings, file.tables)?;
    parsed.api = ApiSettings::read(&parsed.arguments.serve.api).map_err(Other::Mistake)?;
    parsed.https = HttpsSettings::read(&parsed.arguments.serve.tls).map_err(Other::Mistake)?;
    let has_data = parsed.arguments.serve.data.is_some();
    rooms::check(&parsed.tables.rooms, has_data).map_err(|problem| {
        let file = path.unwrap_or_default();
        Other::Mistake(format!("{}: {problem}", file.display()))
    })?;
    Ok(parsed)
}

/// The arguments that were parsed, with the settings and the variables that did not count.
fn parsed(
    matches: &ArgMatches,
    ignored: Vec<Ignored>,
    settings: Vec<Setting>,
    tables: Tables,
) -> Result<Parsed, Other> {
    let arguments = Arguments::from_arg_matches(matches);
    Ok(Parsed {
        arguments: arguments.map_err(|error| Other::Mistake(usage::line(&error)))?,
        ignored,
        settings,
        tables,
        api: ApiSettings::default(),
        https: HttpsSettings::default(),
    })
}

/// The settings, each with its value and where that is from.
fn list(matches: &ArgMatches, file: &SettingsFile) -> Vec<Setting> {
    let all = Arguments::command();
    let setting = |argument: &Arg| {
        let id = argument.get_id();
        let in_file = file.flags.iter().find(|setting| setting.id == *id);
        let origin = match (matches.value_source(id.as_str()), in_file) {
            (Some(ValueSource::CommandLine), _) => Origin::Flag,
            (Some(ValueSource::EnvVariable), _) => Origin::Variable,
            (_, Some(setting)) => Origin::File(setting.line),
            (_, None) => Origin::Default,
        };
        let values = matches.get_raw(id.as_str()).into_iter().flatten();
        let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
        Some(Setting {
            key: file::key(argument)?,
            value: file::write(argument, &values),
            origin,
        })
    };
    // A table that is not there has no value.
    let table = |name: &&str| {
        let in_file = file.table_texts.iter().find(|table| table.name == *name);
        Setting {
            key: (*name).to_owned(),
            value: in_file.map_or_else(String::new, |table| table.value.clone()),
            origin: in_file.map_or(Origin::Default, |table| Origin::File(table.line)),
        }
    };
    let flags = all.get_arguments().filter_map(setting);
    flags.chain(Tables::NAMES.iter().map(table)).collect()
}

/// The value of an argument's variable.
enum Value {
    /// It is set to this, and counts.
    Counts(String),
    /// The argument has none, or it is not set: an empty one is not.
    None,
    /// Its name, and the address that Kubernetes gave it.
    OfAService(String, String),
}

/// Returns the value of an argument's variable; a line for the user if it is no text.
fn value(argument: &Arg) -> Result<Value, String> {
    let Some(name) = argument.get_env().map(|name| name.to_string_lossy()) else {
        return Ok(Value::None);
    };
    let Some(value) = std::env::var_os(&*name) else {
        return Ok(Value::None);
    };
    let Some(value) = value.to_str() else {
        return Err(format!("{name} is not UTF-8 (see guildhall --help)"));
    };
    if value.trim().is_empty() {
        return Ok(Value::None);
    }
    let is_of_a_service = SERVICE_VALUES.iter().any(|start| value.starts_with(start));
    if name.ends_with("_PORT") && is_of_a_service {
        return Ok(Value::OfAService(name.into_owned(), value.to_owned()));
    }
    Ok(Value::Counts(value.to_owned()))
}

/// The variables with names like those of the settings, of which there is no setting.
fn unknown(command: &clap::Command) -> Vec<Ignored> {
    let is_known = |name: &str| {
        let mut arguments = command.get_arguments();
        let is_setting = arguments.any(|it| it.get_env().is_some_and(|it| it == name));
        is_setting || name == TOKEN_VARIABLE
    };
    let mut names: Vec<_> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with(PREFIX) && !is_of_a_service(name) && !is_known(name))
        .collect();
    names.sort_unstable();
    names.into_iter().map(Ignored::Unknown).collect()
}

/// Whether Kubernetes, or Docker's links, set a variable of this name beside a service that is
/// called like this program, or whose name begins so.
fn is_of_a_service(name: &str) -> bool {
    name.contains("_SERVICE_") || name.contains("_PORT_") || name.ends_with("_PORT")
}

impl Ignored {
    /// Logs that the variable does not count.
    pub fn warn(&self) {
        match self {
            Self::Service(name, value) => tracing::warn!(
                variable = name,
                value,
                "ignored, because Kubernetes sets it for a service of that name: the port is \
                 that of --port, or the default (enableServiceLinks: false in the pod keeps \
                 the variable away)"
            ),
            Self::Unknown(name) => tracing::warn!(
                variable = name,
                "ignored, because there is no such setting: guildhall --help lists them"
            ),
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name, value) => write!(
                formatter,
                "{name} is ignored, because {value} is the address of a service"
            ),
            Self::Unknown(name) => write!(
                formatter,
                "{name} is ignored, because there is no such setting"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_setting_that_a_service_may_have_is_the_port() {
        let command = Arguments::command();
        let mut names = Vec::new();
        for argument in command.get_arguments() {
            if let Some(name) = argument.get_env() {
                let name = name.to_str().unwrap();
                assert!(name.starts_with(PREFIX), "{name}");
                names.push(name);
            }
        }
        assert!(names.len() > 15, "{names:?}");
        names.retain(|name| is_of_a_service(name));
        // A service called `guildhall-X` sets GUILDHALL_X_PORT and others: no setting should
        // have such a name.
        assert_eq!(names, ["GUILDHALL_PORT"]);
        for name in [
            "GUILDHALL_SERVICE_HOST",
            "GUILDHALL_SERVICE_PORT",
            "GUILDHALL_SERVICE_PORT_HTTP",
            "GUILDHALL_PORT_8080_TCP",
            "GUILDHALL_PORT_8080_TCP_ADDR",
            "GUILDHALL_LOG_SERVICE_HOST",
            "GUILDHALL_LOG_PORT",
        ] {
            assert!(is_of_a_service(name), "{name}");
        }
        assert!(!is_of_a_service("GUILDHALL_PROT"));
    }

    #[test]
    fn every_setting_of_the_server_has_a_variable() {
        for argument in Arguments::command().get_arguments() {
            let flag = argument.get_long().expect("a flag");
            let name = format!("{PREFIX}{}", flag.replace('-', "_").to_uppercase());
            let found = argument.get_env().and_then(|name| name.to_str());
            assert_eq!(found, Some(name.as_str()), "{flag}");
        }
    }
}
