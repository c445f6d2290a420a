//! Reads and completes what a user types: a text or a command. For the browser page and
//! the terminal client alike; docs/client.md lists the commands, and
//! [`conversations`](crate::conversations) does them.

mod completion;
mod list;
mod moderation;
mod parts;

pub use completion::complete;
pub use list::{COMMANDS, CommandHelp};
pub use moderation::{ModerationCommand, REASONS, Reported};

use alloc::string::String;

use list::find;
use parts::{
    begins_command, first_word, number, numbered, quoted_word, room, trim, without_unseen_start,
};

/// What a user wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Says a text in the current conversation.
    Say(String),
    /// Says there what the user does.
    Me(String),
    /// Whispers to another client.
    Whisper {
        /// Its name.
        to: String,
        /// The text.
        text: String,
    },
    /// Whispers to the client that sent the last whisper.
    Reply(String),
    /// Joins a room and shows it.
    Join(String),
    /// Leaves a room; `None`: the current one.
    Leave(Option<String>),
    /// Lists the members of a room; `None`: the current one.
    Who(Option<String>),
    /// Changes the user's name.
    Nick(String),
    /// Lists the rooms.
    Rooms,
    /// Says something in reply to a line.
    Quote {
        /// The line's number; `None`: the newest line of others.
        line: Option<u64>,
        /// The text.
        text: String,
    },
    /// Gives an own line another text.
    Edit {
        /// The line's number; `None`: the user's last line.
        line: Option<u64>,
        /// The text.
        text: String,
    },
    /// Removes a line: the one with this number; `None`: the user's last one.
    Delete(Option<u64>),
    /// Adds a reaction to a line, or takes it back.
    React {
        /// The line's number; `None`: the newest line of others.
        line: Option<u64>,
        /// The reaction.
        reaction: String,
        /// Whether it is taken back.
        take_back: bool,
    },
    /// Looks for lines with these words; `None`: for the ones behind those found last.
    Search(Option<String>),
    /// Lists what the user has not read.
    Unread,
    /// Does something about other users, or about the room.
    Moderation(ModerationCommand),
    /// Lists the commands.
    Help,
}

/// Why what was typed is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is no such command: its name as it was typed, with the slash.
    #[error("there is no command {0}")]
    Unknown(String),
    /// An argument is missing.
    #[error("something is missing: {usage}")]
    Missing {
        /// The command, with its slash.
        command: &'static str,
        /// How it is used.
        usage: &'static str,
    },
}

/// Reads what was typed. `None` if that is only white space.
///
/// # Errors
///
/// [`CommandError`] for a command that is unknown or not complete.
///
/// # Example
///
/// ```
/// use guildhall_client::command::{Command, CommandError, parse};
///
/// assert_eq!(parse("hello"), Ok(Some(Command::Say("hello".into()))));
/// assert_eq!(parse("/join #inn"), Ok(Some(Command::Join("inn".into()))));
/// assert_eq!(parse("  "), Ok(None));
///
/// let error = parse("/jion inn").unwrap_err();
/// assert_eq!(error, CommandError::Unknown("/jion".into()));
/// assert_eq!(error.to_string(), "there is no command /jion");
/// ```
pub fn parse(input: &str) -> Result<Option<Command>, CommandError> {
    let bare = without_unseen_start(input);
    let input = if begins_command(bare) { bare } else { input };
    let text = trim(input);
    if !begins_command(input) {
        let is_escaped = input.starts_with("//");
        let text = text
            .strip_prefix('/')
            .filter(|_| is_escaped)
            .unwrap_or(text);
        return Ok((!text.is_empty()).then(|| Command::Say(text.into())));
    }
    let (name, rest) = first_word(text);
    let Some(help) = find(name) else {
        return Err(CommandError::Unknown(name.into()));
    };
    let command = help.names[0];
    let needed = |argument: &str| {
        if argument.is_empty() {
            let usage = help.usage;
            Err(CommandError::Missing { command, usage })
        } else {
            Ok(String::from(argument))
        }
    };
    let optional = |argument: &str| (!argument.is_empty()).then(|| argument.into());
    Ok(Some(match command {
        "/w" => {
            let (to, text) = quoted_word(rest).unwrap_or_default();
            Command::Whisper {
                to: needed(trim(&to))?,
                text: needed(text)?,
            }
        }
        "/r" => Command::Reply(needed(rest)?),
        "/join" => Command::Join(needed(room(rest))?),
        "/leave" => Command::Leave(optional(room(rest))),
        "/me" => Command::Me(needed(rest)?),
        "/who" => Command::Who(optional(room(rest))),
        "/nick" => Command::Nick(needed(rest)?),
        "/rooms" => Command::Rooms,
        "/quote" => {
            let (line, text) = numbered(rest);
            let text = needed(text)?;
            Command::Quote { line, text }
        }
        "/edit" => {
            let (line, text) = numbered(rest);
            let text = needed(text)?;
            Command::Edit { line, text }
        }
        "/delete" => Command::Delete(match rest {
            "" => None,
            rest => Some(number(rest).ok_or(CommandError::Missing {
                command,
                usage: help.usage,
            })?),
        }),
        "/react" | "/unreact" => {
            let (line, reaction) = numbered(rest);
            Command::React {
                line,
                reaction: needed(reaction)?,
                take_back: command == "/unreact",
            }
        }
        "/search" => Command::Search(optional(rest)),
        "/unread" => Command::Unread,
        "/help" => Command::Help,
        _ => {
            let command_about = moderation::parse(command, rest);
            Command::Moderation(command_about.ok_or(CommandError::Missing {
                command,
                usage: help.usage,
            })?)
        }
    }))
}

#[cfg(test)]
mod tests;
