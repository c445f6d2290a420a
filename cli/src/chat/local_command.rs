//! The commands that only this client has, beside those of the client crate: what
//! other clients have buttons for.

use guildhall_client::words::Language;

use super::phrases::Phrase;

/// A command of this client's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalCommand {
    /// Sends failed messages again.
    Retry,
    /// Shows older lines of the current room.
    Older,
}

impl LocalCommand {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Older, Self::Retry];

    /// What the user types for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Retry => "/retry",
            Self::Older => "/older",
        }
    }

    /// What it does, for the list of commands.
    pub(super) fn help(self, language: Language) -> &'static str {
        match self {
            Self::Retry => Phrase::RetryHelp.text(language),
            Self::Older => Phrase::OlderHelp.text(language),
        }
    }

    /// Whether it is of use only to a user at a terminal.
    pub(super) fn is_interactive(self) -> bool {
        self == Self::Retry
    }

    /// Whether this was typed.
    pub(super) fn is_typed(self, text: &str) -> bool {
        text.trim() == self.name()
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
            assert!(local.is_typed(&format!(" {} ", local.name())));
            let mut names = COMMANDS.iter().flat_map(|command| command.names);
            assert!(names.all(|&name| name != local.name()), "{local:?}");
            let [english, german] = [Language::English, Language::German].map(|it| local.help(it));
            assert_ne!(english, german);
        }
        assert!(!LocalCommand::Retry.is_typed("/retry now"));
        assert!(!LocalCommand::Retry.is_typed("retry"));
    }
}
