//! What is wrong with a command that was typed, and what commands do.

use alloc::string::String;

use super::{self as texts, Language};
use crate::command::{CommandError, CommandHelp, REASONS};

/// What is wrong with what was typed.
#[must_use]
pub fn command_error(language: Language, error: &CommandError) -> String {
    match error {
        CommandError::Unknown(command) => texts::command_unknown(language, command),
        CommandError::Missing { usage, .. } => texts::command_missing(language, usage),
    }
}

/// The line above the list of the moderators' commands: how to give durations and reasons.
#[must_use]
pub fn moderators_help(language: Language) -> String {
    let mut reasons = String::new();
    for (word, _) in REASONS {
        reasons.push_str(if reasons.is_empty() { "" } else { ", " });
        reasons.push_str(word);
    }
    texts::help_moderators(language, &reasons)
}

/// What a command does.
#[must_use]
pub fn command_help(language: Language, command: &CommandHelp) -> &'static str {
    language.get(match command.names.first().copied().unwrap_or_default() {
        "/w" => texts::HELP_WHISPER,
        "/r" => texts::HELP_REPLY,
        "/join" => texts::HELP_JOIN,
        "/leave" => texts::HELP_LEAVE,
        "/me" => texts::HELP_ME,
        "/who" => texts::HELP_WHO,
        "/nick" => texts::HELP_NICK,
        "/rooms" => texts::HELP_ROOMS,
        "/quote" => texts::HELP_QUOTE,
        "/edit" => texts::HELP_EDIT,
        "/delete" => texts::HELP_DELETE,
        "/react" => texts::HELP_REACT,
        "/unreact" => texts::HELP_UNREACT,
        "/search" => texts::HELP_SEARCH,
        "/unread" => texts::HELP_UNREAD,
        "/help" => texts::HELP_HELP,
        "/block" => texts::HELP_BLOCK,
        "/unblock" => texts::HELP_UNBLOCK,
        "/blocks" => texts::HELP_BLOCKS,
        "/report" => texts::HELP_REPORT,
        "/mods" => texts::HELP_MODS,
        "/timeout" => texts::HELP_TIMEOUT,
        "/mute" => texts::HELP_MUTE,
        "/unmute" => texts::HELP_UNMUTE,
        "/kick" => texts::HELP_KICK,
        "/ban" => texts::HELP_BAN,
        "/unban" => texts::HELP_UNBAN,
        "/slow" => texts::HELP_SLOW,
        "/announce" => texts::HELP_ANNOUNCE,
        "/topic" => texts::HELP_TOPIC,
        "/clear" => texts::HELP_CLEAR,
        "/purge" => texts::HELP_PURGE,
        "/mod" => texts::HELP_MOD,
        "/unmod" => texts::HELP_UNMOD,
        "/sanctions" => texts::HELP_SANCTIONS,
        _ => return "",
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;
    use crate::command::COMMANDS;

    #[test]
    fn every_command_and_every_mistake_has_a_text() {
        for command in COMMANDS {
            check(|language| command_help(language, command).into());
            check(|language| {
                let (command, usage) = (command.names[0], command.usage);
                command_error(language, &CommandError::Missing { command, usage })
            });
        }
        check(|language| command_error(language, &CommandError::Unknown("/frob".into())));
        check(moderators_help);
        assert!(moderators_help(Language::En).contains(": spam, harassment,"));
    }
}
