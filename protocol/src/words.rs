//! Codes to words, in English and German: what clients tell their users. Plain
//! text; names and texts of peers may be in it, so show it as text alone.

use alloc::string::String;

use crate::RequestError;
use crate::command::{CommandError, CommandHelp};
use crate::session::{Event, FailReason, SendError, State};

/// A language of the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// The language for a tag such as "de-AT" or "`de_DE.UTF-8`"; English where it is
    /// no other.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        match tag.get(..2) {
            Some(two) if two.eq_ignore_ascii_case("de") => Self::German,
            _ => Self::English,
        }
    }
}

/// Why the server refused a request.
#[must_use]
pub fn error(language: Language, error: &RequestError) -> String {
    let _ = (language, error);
    String::new()
}

/// Why something was not done.
#[must_use]
pub fn fail_reason(language: Language, reason: &FailReason) -> String {
    let _ = (language, reason);
    String::new()
}

/// Why nothing was sent.
#[must_use]
pub fn send_error(language: Language, error: &SendError) -> String {
    let _ = (language, error);
    String::new()
}

/// What a close code means for a player.
#[must_use]
pub fn close_code(language: Language, code: u16) -> String {
    let _ = (language, code);
    String::new()
}

/// Where a session stands, in a few words: for a line of status.
#[must_use]
pub fn state(language: Language, state: &State) -> String {
    let _ = (language, state);
    String::new()
}

/// The system message for an event; `None` where an event is shown in another
/// way (a line, a list) or not at all.
#[must_use]
pub fn event(language: Language, event: &Event) -> Option<String> {
    let _ = (language, event);
    None
}

/// What is wrong with what was typed.
#[must_use]
pub fn command_error(language: Language, error: &CommandError) -> String {
    let _ = (language, error);
    String::new()
}

/// What a command does.
#[must_use]
pub fn command_help(language: Language, command: &CommandHelp) -> String {
    let _ = (language, command);
    String::new()
}
