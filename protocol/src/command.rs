//! What a user types: a text or a command, for the browser page and the
//! terminal client alike. docs/client.md lists the commands.

use alloc::string::String;
use alloc::vec::Vec;

/// What a user wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Says a text in the room that is shown.
    Say(String),
    /// Says what the user does there.
    Me(String),
    /// Whispers to somebody.
    Whisper {
        /// The name.
        to: String,
        /// The text.
        text: String,
    },
    /// Whispers to whom the last whisper came from.
    Reply(String),
    /// Joins a room and shows it.
    Join(String),
    /// Leaves a room; `None`: the one that is shown.
    Leave(Option<String>),
    /// Lists who is in a room; `None`: the one that is shown.
    Who(Option<String>),
    /// Changes the user's name.
    Nick(String),
    /// Lists the rooms.
    Rooms,
    /// Lists the commands.
    Help,
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandError {
    /// There is no such command: what was typed, with its slash.
    Unknown(String),
    /// Something is missing behind a command.
    Missing {
        /// The command, with its slash.
        command: &'static str,
        /// How it is used.
        usage: &'static str,
    },
}

/// A command, for a list of them. [`words`](crate::words) says what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandHelp {
    /// The name with its slash, then its other names.
    pub names: &'static [&'static str],
    /// How it is used.
    pub usage: &'static str,
}

/// Every command, in the order of docs/client.md.
pub const COMMANDS: &[CommandHelp] = &[];

/// Reads what was typed; `None`: nothing but white space.
///
/// # Errors
///
/// [`CommandError`] for a command that is unknown or not complete.
pub fn parse(input: &str) -> Result<Option<Command>, CommandError> {
    Ok((!input.trim().is_empty()).then(|| Command::Say(input.into())))
}

/// Whole lines that what was typed may become: command names, the names of
/// clients and rooms.
pub fn complete<'a>(
    input: &str,
    names: impl Iterator<Item = &'a str>,
    rooms: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let _ = (input, names, rooms);
    Vec::new()
}
