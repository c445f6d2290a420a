//! What is wrong with a command that was typed, and what commands do.

use alloc::string::String;

use super::{self as texts, Language};
use crate::command::{CommandError, CommandHelp};

/// What is wrong with what was typed.
#[must_use]
pub fn command_error(language: Language, error: &CommandError) -> String {
    match error {
        CommandError::Unknown(command) => texts::command_unknown(language, command),
        CommandError::Missing { usage, .. } => texts::command_missing(language, usage),
    }
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
        "/help" => texts::HELP_HELP,
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
    }
}
