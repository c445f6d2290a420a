//! What is wrong with what was typed, and what can be typed.

use alloc::string::String;

use super::{Language, Phrase};
use crate::command::{CommandError, CommandHelp};

/// What is wrong with what was typed.
#[must_use]
pub fn command_error(language: Language, error: &CommandError) -> String {
    match error {
        CommandError::Unknown(command) => language.fill(
            Phrase(
                "There is no command {0}. /help lists those that there are.",
                "Einen Befehl {0} gibt es nicht. /help zählt auf, welche es gibt.",
            ),
            &[command],
        ),
        CommandError::Missing { usage, .. } => language.fill(
            Phrase("Something is missing: {0}", "Da fehlt etwas: {0}"),
            &[usage],
        ),
    }
}

/// What a command does.
#[must_use]
pub fn command_help(language: Language, command: &CommandHelp) -> String {
    let phrase = match command.names.first().copied().unwrap_or_default() {
        "/w" => Phrase(
            "whispers to somebody; a name with spaces goes in quotes",
            "flüstert jemandem etwas zu; ein Name mit Leerzeichen in Anführungszeichen",
        ),
        "/r" => Phrase(
            "whispers to whoever whispered to you last",
            "flüstert dem etwas zu, von dem zuletzt Geflüstertes kam",
        ),
        "/join" => Phrase("joins a room", "betritt einen Raum"),
        "/leave" => Phrase("leaves a room", "verlässt einen Raum"),
        "/me" => Phrase("says what you do", "sagt, was du tust"),
        "/who" => Phrase("lists who is in a room", "zählt auf, wer in einem Raum ist"),
        "/nick" => Phrase("changes your name", "ändert deinen Namen"),
        "/rooms" => Phrase("lists the rooms", "zählt die Räume auf"),
        "/help" => Phrase("lists the commands", "zählt die Befehle auf"),
        _ => Phrase("", ""),
    };
    language.of(phrase).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;
    use crate::command::COMMANDS;

    #[test]
    fn every_command_and_every_mistake_has_words() {
        for command in COMMANDS {
            check(|language| command_help(language, command));
            check(|language| {
                let (command, usage) = (command.names[0], command.usage);
                command_error(language, &CommandError::Missing { command, usage })
            });
        }
        check(|language| command_error(language, &CommandError::Unknown("/frob".into())));
    }
}
