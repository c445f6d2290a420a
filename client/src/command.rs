//! Reads and completes what a user types: a text or a command. For the browser page and
//! the terminal client alike; docs/client.md lists the commands, and
//! [`conversations`](crate::conversations) does them.

use alloc::string::String;
use alloc::vec::Vec;

use guildhall_protocol::is_unseen;

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

/// A command, for a list of them. [`texts`](crate::texts) has a text for what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandHelp {
    /// The name with the slash, then its other names.
    pub names: &'static [&'static str],
    /// How it is used.
    pub usage: &'static str,
}

/// Every command, in the order of docs/client.md.
pub const COMMANDS: &[CommandHelp] = &[
    CommandHelp {
        names: &["/w", "/whisper", "/msg"],
        usage: "/w NAME TEXT",
    },
    CommandHelp {
        names: &["/r", "/reply"],
        usage: "/r TEXT",
    },
    CommandHelp {
        names: &["/join", "/j"],
        usage: "/join ROOM",
    },
    CommandHelp {
        names: &["/leave", "/part"],
        usage: "/leave [ROOM]",
    },
    CommandHelp {
        names: &["/me"],
        usage: "/me TEXT",
    },
    CommandHelp {
        names: &["/who"],
        usage: "/who [ROOM]",
    },
    CommandHelp {
        names: &["/nick"],
        usage: "/nick NAME",
    },
    CommandHelp {
        names: &["/rooms"],
        usage: "/rooms",
    },
    CommandHelp {
        names: &["/help"],
        usage: "/help",
    },
];

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
        _ => Command::Help,
    }))
}

/// The whole lines that can complete `input`: with names of commands, clients and rooms.
/// Upper and lower case of ASCII letters are the same here.
///
/// # Example
///
/// ```
/// use guildhall_client::command::complete;
///
/// let (clients, rooms) = (["Anna Lee"], ["attic"]);
/// let lines = complete("/w an", clients.into_iter(), rooms.into_iter());
/// assert_eq!(lines, ["/w \"Anna Lee\" "]);
/// ```
pub fn complete<'a>(
    input: &str,
    names: impl Iterator<Item = &'a str>,
    rooms: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    if input == "/" || begins_command(input) {
        let Some((name, rest)) = input.split_once(is_space) else {
            let commands = COMMANDS.iter().flat_map(|help| {
                let end = if help.usage.contains(' ') { " " } else { "" };
                help.names.iter().map(move |name| [name, end].concat())
            });
            return commands.filter(|name| begins(name, input)).collect();
        };
        let rest = rest.trim_start_matches(is_space);
        let line = |parts: &[&str]| [&[name, " "], parts].concat().concat();
        match find(name).map(|help| help.names[0]) {
            Some("/w") => {
                if let Some(quoted) = rest.strip_prefix('"') {
                    let (beginning, end) = unquote(quoted);
                    let names = matching(names, &beginning).filter(|_| end.is_none());
                    return names.map(|name| line(&[&quote(name), " "])).collect();
                }
                let names = matching(names, rest).filter(|_| !rest.contains(is_space));
                let names = names.map(|name| line(&[&quote_if_needed(name), " "]));
                return names.collect();
            }
            Some("/join" | "/leave" | "/who") => {
                let hash = if rest.starts_with('#') { "#" } else { "" };
                let rooms = matching(rooms, room(rest));
                return rooms.map(|room| line(&[hash, room])).collect();
            }
            Some("/nick") => return Vec::new(),
            _ => {}
        }
    }
    // A name within a text.
    let start = input.rfind(is_space).map_or(0, |space| space + 1);
    let (before, word) = input.split_at_checked(start).unwrap_or((input, ""));
    if word.is_empty() {
        return Vec::new();
    }
    let after = if before.is_empty() { ": " } else { " " };
    let names = matching(names, word);
    names.map(|name| [before, name, after].concat()).collect()
}

/// White space in every client: blanks and control characters.
fn is_space(character: char) -> bool {
    character <= ' '
}

/// Without the characters at the start that nobody sees, as a byte-order mark or a space
/// that was copied from a page: a whisper behind one of them must not become public.
fn without_unseen_start(input: &str) -> &str {
    // White space does not count: a line that begins with it is said.
    input.trim_start_matches(|character: char| !is_space(character) && is_unseen(character))
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Whether it begins with a slash and a letter.
fn begins_command(input: &str) -> bool {
    matches!(input.as_bytes(), [b'/', letter, ..] if letter.is_ascii_alphabetic())
}

fn find(name: &str) -> Option<&'static CommandHelp> {
    let is_it = |other: &str| other.eq_ignore_ascii_case(name);
    COMMANDS
        .iter()
        .find(|help| help.names.iter().any(|other| is_it(other)))
}

/// The first word, and the rest.
fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(is_space).unwrap_or((text, ""));
    (word, trim(rest))
}

/// The first word, which may be in quotes, and the rest. `None` if the quotes have no end.
fn quoted_word(text: &str) -> Option<(String, &str)> {
    match text.strip_prefix('"') {
        None => {
            let (word, rest) = first_word(text);
            Some((word.into(), rest))
        }
        Some(quoted) => {
            let (word, rest) = unquote(quoted);
            Some((word, trim(rest?)))
        }
    }
}

/// What is in quotes, of which the first is left out: the text, and what is behind the last
/// quote, if there is one. A quote or a backslash that belongs to the text has a backslash
/// before it.
fn unquote(quoted: &str) -> (String, Option<&str>) {
    let mut text = String::new();
    let mut rest = quoted;
    while let Some((before, behind)) = rest.split_once(['"', '\\']) {
        text.push_str(before);
        if rest.as_bytes().get(before.len()) == Some(&b'"') {
            return (text, Some(behind));
        }
        let mut escaped = behind.chars();
        if let Some(mark @ ('"' | '\\')) = escaped.next() {
            text.push(mark);
            rest = escaped.as_str();
        } else {
            text.push('\\');
            rest = behind;
        }
    }
    text.push_str(rest);
    (text, None)
}

/// A room's name, without the `#` that a user may type.
fn room(text: &str) -> &str {
    trim(text.strip_prefix('#').unwrap_or(text))
}

fn quote_if_needed(name: &str) -> String {
    if name.contains(is_space) || name.starts_with('"') {
        quote(name)
    } else {
        name.into()
    }
}

/// The name in quotes, see [`unquote`].
fn quote(name: &str) -> String {
    let mut quoted = String::from("\"");
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

fn begins(whole: &str, beginning: &str) -> bool {
    let same = whole.get(..beginning.len());
    same.is_some_and(|same| same.eq_ignore_ascii_case(beginning))
}

fn matching<'a>(
    all: impl Iterator<Item = &'a str>,
    beginning: &str,
) -> impl Iterator<Item = &'a str> {
    all.filter(move |whole| begins(whole, beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: &[&str]) {
        let names = ["alice", "Anna Lee", "bob"];
        let rooms = ["lobby", "Long Hall", "attic"];
        let lines = complete(input, names.into_iter(), rooms.into_iter());
        assert_eq!(lines, expected, "{input:?}");
    }

    #[test]
    fn commands_are_completed() {
        check("/j", &["/join ", "/j "]);
        check("/RO", &["/rooms"]);
        check("/x", &[]);
        assert_eq!(complete("/", [].into_iter(), [].into_iter()).len(), 14);
    }

    #[test]
    fn names_are_completed_and_quoted() {
        check("/w a", &["/w alice ", "/w \"Anna Lee\" "]);
        check("/w \"an", &["/w \"Anna Lee\" "]);
        check("/w \"Anna l", &["/w \"Anna Lee\" "]);
        check("/msg ", &["/msg alice ", "/msg \"Anna Lee\" ", "/msg bob "]);
        check("/w bob h", &[]);
        check("/nick a", &[]);
    }

    #[test]
    fn what_is_completed_reaches_the_name() {
        let names = [
            "John",
            "John \"Ace\" Smith",
            "\"Zed\"",
            "a\\",
            "\\\" \\",
            "x\"y",
        ];
        for input in ["/w ", "/w \""] {
            let lines = complete(input, names.into_iter(), [].into_iter());
            let reached = lines.iter().map(|line| parse(&[line, "hi"].concat()));
            let whisper = |name: &str| Command::Whisper {
                to: name.into(),
                text: "hi".into(),
            };
            assert!(
                reached.eq(names.map(|name| Ok(Some(whisper(name))))),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn names_in_a_text_are_completed() {
        check("b", &["bob: "]);
        check("hey B", &["hey bob "]);
        check("/me hugs a", &["/me hugs alice ", "/me hugs Anna Lee "]);
        check("", &[]);
        check("hey ", &[]);
    }

    #[test]
    fn rooms_are_completed() {
        check("/join lo", &["/join lobby", "/join Long Hall"]);
        check("/j #lo", &["/j #lobby", "/j #Long Hall"]);
        check("/j long h", &["/j Long Hall"]);
        check(
            "/leave ",
            &["/leave lobby", "/leave Long Hall", "/leave attic"],
        );
    }

    #[test]
    fn characters_are_never_cut_in_half() {
        check("/w \u{e4}", &[]);
        check("\u{1f600}", &[]);
        assert_eq!(
            parse("/\u{e4}rger"),
            Ok(Some(Command::Say("/\u{e4}rger".into())))
        );
        assert_eq!(
            parse("/w \"\u{e4}\"\u{f6}"),
            Ok(Some(Command::Whisper {
                to: "\u{e4}".into(),
                text: "\u{f6}".into(),
            }))
        );
    }
}
