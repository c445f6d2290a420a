//! Completes what a user types.

use alloc::string::String;
use alloc::vec::Vec;

use super::list::{COMMANDS, find};
use super::moderation::{REASONS, options};
use super::parts::{
    begins, begins_command, is_space, matching, number, quote, quote_if_needed, quoted_word, room,
    unquote,
};

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
            Some("/nick" | "/react" | "/unreact" | "/delete" | "/slow" | "/announce") => {
                return Vec::new();
            }
            Some(
                command @ ("/timeout" | "/mute" | "/unmute" | "/kick" | "/ban" | "/unban"
                | "/purge" | "/mod" | "/unmod" | "/block" | "/unblock" | "/report"),
            ) => return complete_about_user(input, command, rest, names),
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

/// The same for a command that is about a user: its options, then the name, then the word for
/// a reason. `rest` is what is behind the command.
fn complete_about_user<'a>(
    input: &str,
    command: &str,
    rest: &str,
    names: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let usage = find(command).map_or("", |help| help.usage);
    let (_, behind) = options(rest);
    let before = input.len() - behind.len();
    let before = input.get(..before).unwrap_or_default();
    let complete = |word: &str| [before, word, " "].concat();
    let offers = |option: &&str| usage.contains(*option) && !rest.contains(*option);
    if behind.starts_with('-') {
        let options = ["-all", "-ip", "-w"].into_iter().filter(offers);
        return matching(options, behind).map(complete).collect();
    }
    if let Some(quoted) = behind.strip_prefix('"') {
        let (beginning, end) = unquote(quoted);
        if end.is_none() {
            let names = matching(names, &beginning);
            return names.map(|name| complete(&quote(name))).collect();
        }
    } else if !behind.contains(is_space) {
        let is_meant_otherwise = |name: &str| name.starts_with('-') || number(name).is_some();
        let names = matching(names, behind).map(|name| {
            if is_meant_otherwise(name) {
                complete(&quote(name))
            } else {
                complete(&quote_if_needed(name))
            }
        });
        return names.collect();
    }
    let is_new_word = behind.ends_with(is_space);
    let words = quoted_word(behind).map(|(_, words)| words);
    let word = words.and_then(|words| words.rsplit(is_space).next());
    let Some(word) = word.filter(|word| !word.is_empty() && !is_new_word) else {
        return Vec::new();
    };
    let reasons = REASONS.iter().map(|(name, _)| *name);
    let reasons = matching(reasons, word).filter(|_| usage.contains("[WHY]"));
    let before = input.len() - word.len();
    let before = input.get(..before).unwrap_or_default();
    reasons.map(|word| [before, word, " "].concat()).collect()
}
