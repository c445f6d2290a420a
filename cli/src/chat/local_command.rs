//! The commands that only this client has, beside those of the client crate: what
//! other clients have buttons for.

use guildhall_client::texts::{self, Language};

/// A command of this client's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalCommand {
    /// Sends failed messages again.
    Retry,
    /// Shows the numbers of messages, or hides them.
    Numbers,
    /// Shows older lines of the current room.
    Older,
    /// Ends the chat.
    Quit,
}

impl LocalCommand {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Numbers, Self::Older, Self::Quit, Self::Retry];

    /// What the user types for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Retry => "/retry",
            Self::Numbers => "/numbers",
            Self::Older => "/older",
            Self::Quit => "/quit",
        }
    }

    /// What it does, for the list of commands.
    pub(super) fn help(self, language: Language) -> &'static str {
        language.get(match self {
            Self::Retry => texts::HELP_RETRY,
            Self::Numbers => texts::HELP_NUMBERS,
            Self::Older => texts::HELP_OLDER,
            Self::Quit => texts::HELP_QUIT,
        })
    }

    /// Whether it is of use only to a user at a terminal.
    pub(super) fn is_interactive(self) -> bool {
        self == Self::Retry
    }

    /// Whether this is its name. Upper and lower case are the same, as with all commands.
    pub(super) fn is_called(self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// The names that can complete `line`.
    pub(super) fn complete(line: &str) -> impl Iterator<Item = String> {
        let names = Self::ALL.into_iter().map(Self::name);
        let begins = move |name: &&str| line.len() > 1 && name.starts_with(line);
        names.filter(begins).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_client::command::COMMANDS;

    #[test]
    fn a_local_command_is_no_command() {
        for local in LocalCommand::ALL {
            assert!(local.is_called(&local.name().to_uppercase()));
            let mut names = COMMANDS.iter().flat_map(|command| command.names);
            assert!(names.all(|&name| name != local.name()), "{local:?}");
            let [english, german] = [Language::En, Language::De].map(|it| local.help(it));
            assert_ne!(english, german);
        }
        assert!(!LocalCommand::Retry.is_called("/retryx"));
        assert!(!LocalCommand::Retry.is_called("retry"));
    }
}
