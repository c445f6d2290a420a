//! The log: lines on standard error, written by a thread of its own, so that a
//! pipe nobody reads or a full disk never stops the chat.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use clap::ValueEnum;
use guildhall_server::LogControl;
use tracing::subscriber::set_global_default;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, fmt, registry, reload};

/// Lines that may wait to be written, enough for a storm of connections.
const MAX_WAITING_LINES: usize = 32 * 1024;

/// The levels, which stand alone or behind a target.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The crates of this program that log.
const CRATES: [&str; 3] = ["guildhall", "guildhall_cli", "guildhall_server"];

/// What to log: a level, or targets with levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Why a text does not say what to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFilter {
    /// There is nothing in it, or nothing between two commas.
    #[error("a part of it is empty: expected a level ({levels}), or a filter such as guildhall_server=debug", levels = LEVELS.join(", "))]
    Empty,
    /// A word alone is no level. The library takes it for a target that nothing logs to.
    #[error("'{0}' is no level: expected {levels}, or a filter such as guildhall_server=debug", levels = LEVELS.join(", "))]
    NotALevel(String),
    /// Every line of this program would be left out, because of a mistake in a name.
    #[error(
        "the server logs nothing to it: name guildhall_server, or begin with a level as in info,x=debug"
    )]
    NothingOfOurs,
    /// The library does not understand it.
    #[error("expected a level ({levels}), or a filter such as guildhall_server=debug", levels = LEVELS.join(", "))]
    NotAFilter,
}

impl FromStr for LogFilter {
    type Err = InvalidFilter;

    fn from_str(text: &str) -> Result<Self, InvalidFilter> {
        for part in text.split(',').map(str::trim) {
            let is_level = LEVELS.iter().any(|level| level.eq_ignore_ascii_case(part));
            if part.is_empty() {
                return Err(InvalidFilter::Empty);
            }
            if !part.contains(['=', '[']) && !is_level {
                return Err(InvalidFilter::NotALevel(part.to_owned()));
            }
        }
        let filter = Self(text.to_owned());
        filter.parsed().map_err(|_| InvalidFilter::NotAFilter)?;
        if filter.has_a_line_of_ours() {
            Ok(filter)
        } else {
            Err(InvalidFilter::NothingOfOurs)
        }
    }
}

impl LogFilter {
    /// Whether the log can have a line of this program, or the user wants none.
    fn has_a_line_of_ours(&self) -> bool {
        self.0.split(',').map(str::trim).any(|part| {
            let is_level = !part.contains(['=', '[']);
            // A target stands for all that begin with it.
            let target = part.split(['=', '[']).next().unwrap_or_default();
            let mut crates = CRATES.iter();
            is_level || crates.any(|name| name.starts_with(target) || is_below(name, target))
        })
    }

    fn parsed(&self) -> Result<Targets, ParseError> {
        let parts: Vec<_> = self.0.split(',').map(str::trim).collect();
        parts.join(",").parse()
    }
}

/// Whether a target is a module of a crate.
fn is_below(name: &str, target: &str) -> bool {
    let rest = target.strip_prefix(name);
    rest.is_some_and(|rest| rest.starts_with("::"))
}

/// Changes the filter of a log that was started.
#[derive(Debug)]
pub struct LogHandle {
    handle: reload::Handle<Targets, Registry>,
    filter: Mutex<String>,
}

impl LogHandle {
    /// Logs what this filter lets through from now on. Returns whether it is another one.
    pub fn reload(&self, filter: &LogFilter) -> bool {
        let mut current = self.current();
        let is_other = *current != filter.0;
        // It was parsed before; and nothing is to do if the log is gone.
        if let Ok(parsed) = filter.parsed() {
            let _ = self.handle.reload(parsed);
        }
        current.clone_from(&filter.0);
        is_other
    }

    fn current(&self) -> MutexGuard<'_, String> {
        self.filter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogControl for LogHandle {
    fn filter(&self) -> String {
        self.current().clone()
    }

    fn check(&self, filter: &str) -> Result<(), String> {
        parsed(filter).map(drop)
    }

    fn set_filter(&self, filter: &str) -> Result<(), String> {
        self.reload(&parsed(filter)?);
        Ok(())
    }
}

/// Writes JSON in which the control characters behind ASCII (U+0080 to U+009F) are escaped. JSON does
/// not ask for that, but a terminal may carry them out, and the text format escapes them as well.
#[derive(Debug)]
struct EscapesControls<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for EscapesControls<W> {
    type Writer = EscapesControls<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        EscapesControls(self.0.make_writer())
    }
}

impl<W: io::Write> io::Write for EscapesControls<W> {
    /// Takes a whole line, as the log writes them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(&escaped(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A line of JSON in which they are escaped. They are only in its texts.
fn escaped(line: &[u8]) -> Cow<'_, [u8]> {
    let text = String::from_utf8_lossy(line);
    if !text.contains(is_control) {
        return Cow::Borrowed(line);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_control(letter) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(escaped.into_bytes())
}

fn is_control(letter: char) -> bool {
    matches!(letter, '\u{80}'..='\u{9f}')
}

/// The filter that a text is, or why it is none.
fn parsed(filter: &str) -> Result<LogFilter, String> {
    filter
        .parse()
        .map_err(|error: InvalidFilter| error.to_string())
}

/// Starts the log. What is still to be written is written when the guard is
/// dropped.
///
/// # Errors
///
/// If the log was started before.
pub fn start(
    filter: &LogFilter,
    format: LogFormat,
) -> anyhow::Result<(WorkerGuard, Arc<LogHandle>)> {
    let text = filter.0.clone();
    let filter = filter.parsed()?;
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(MAX_WAITING_LINES)
        .finish(io::stderr());
    let lines = fmt::layer()
        .with_writer(writer)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
        .with_target(false);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true);
            lines.map_writer(EscapesControls).boxed()
        }
    };
    let (filter, handle) = reload::Layer::new(filter);
    // Not `init`: if any crate of the build enables the feature for it, `init` also takes
    // the lines of the `log` crate, and the WebSocket library's have the texts of the chat.
    let set = set_global_default(registry().with(filter).with(lines));
    set.context("the log was started before")?;
    let filter = Mutex::new(text);
    Ok((guard, Arc::new(LogHandle { handle, filter })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_character_behind_ascii_is_escaped_and_nothing_else() {
        let check = |text: &str, expected: &str| {
            assert_eq!(escaped(text.as_bytes()), expected.as_bytes(), "{text:?}");
        };
        check(
            "\"a\u{9b}2J\u{80}\u{9f}\"\n",
            "\"a\\u009b2J\\u0080\\u009f\"\n",
        );
        check(
            "\"\u{a0}\u{c2}é\u{1f600}\"\n",
            "\"\u{a0}\u{c2}é\u{1f600}\"\n",
        );
    }

    #[test]
    fn a_filter_is_a_level_or_targets_with_levels() {
        for text in [
            "info",
            "WARN",
            "off",
            "warn,guildhall_server=debug",
            "guildhall_server::http=trace, info",
            "guildhall_server[{client}]=debug",
            "guildhall=debug",
            "info,polling=trace",
        ] {
            assert_eq!(text.parse(), Ok(LogFilter(text.to_owned())));
        }
        for (text, expected) in [
            ("", InvalidFilter::Empty),
            (",", InvalidFilter::Empty),
            ("info,", InvalidFilter::Empty),
            ("loud", InvalidFilter::NotALevel("loud".to_owned())),
            ("info,loud", InvalidFilter::NotALevel("loud".to_owned())),
            ("inf", InvalidFilter::NotALevel("inf".to_owned())),
            (
                "guildhall_server",
                InvalidFilter::NotALevel("guildhall_server".to_owned()),
            ),
            ("x=dbug", InvalidFilter::NotAFilter),
            ("gildhall_server=debug", InvalidFilter::NothingOfOurs),
            ("guildhall_servre=debug", InvalidFilter::NothingOfOurs),
            ("polling=trace", InvalidFilter::NothingOfOurs),
            ("a=b=c", InvalidFilter::NotAFilter),
            // A filter by values needs spans, of which the server has none.
            (
                "guildhall_server[{client=3}]=debug",
                InvalidFilter::NotAFilter,
            ),
        ] {
            assert_eq!(text.parse::<LogFilter>(), Err(expected), "{text}");
        }
    }
}
