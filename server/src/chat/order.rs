//! What only this client understands, beside the protocol crate's commands: what
//! other clients have buttons for.

use guildhall_protocol::words::Language;

use super::phrases::Phrase;

/// Something that the user wants of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Sends again what failed.
    Retry,
}

impl Order {
    /// All of them.
    pub(super) const ALL: [Self; 1] = [Self::Retry];

    /// What is typed for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Retry => "/retry",
        }
    }

    /// What it does, for a list.
    pub(super) fn help(self, language: Language) -> &'static str {
        match self {
            Self::Retry => Phrase::RetryHelp.text(language),
        }
    }

    /// Reads what was typed; `None`: it is for the server, or nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_it = |order: &Self| order.name() == text.trim();
        Self::ALL.into_iter().find(is_it)
    }

    /// Whole lines that what was typed may become.
    pub(super) fn complete(line: &str) -> impl Iterator<Item = String> {
        let names = Self::ALL.into_iter().map(Self::name);
        let begins = move |name: &&str| line.len() > 1 && name.starts_with(line);
        names.filter(begins).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::command::COMMANDS;

    #[test]
    fn an_order_is_no_command() {
        for order in Order::ALL {
            assert_eq!(Order::parse(&format!(" {} ", order.name())), Some(order));
            let mut names = COMMANDS.iter().flat_map(|command| command.names);
            assert!(names.all(|&name| name != order.name()), "{order:?}");
            let [english, german] = [Language::English, Language::German].map(|it| order.help(it));
            assert_ne!(english, german);
        }
        assert_eq!(Order::parse("/retry now"), None);
        assert_eq!(Order::parse("retry"), None);
    }
}
