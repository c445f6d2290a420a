//! What the page itself says in a conversation, as data: it is in no language yet,
//! so that it can be shown again in another one. The page's localizer finds the
//! words.

use guildhall_client::session::{Event, FailReason};

/// Something that the page says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    /// An event of the session.
    Event(Box<Event>),
    /// The text of a label, with these arguments.
    Label(&'static str, Vec<String>),
    /// Why a message was not sent.
    NotSent(FailReason),
    /// The list of commands.
    Help,
}

impl Notice {
    /// The text of a label that takes no arguments.
    pub(crate) fn label(key: &'static str) -> Self {
        Self::Label(key, Vec::new())
    }
}
