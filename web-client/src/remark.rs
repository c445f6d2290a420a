//! What the page itself has to say in a conversation: as what it is about, in no
//! language yet, so that it can be said again in another one. The page's voice
//! finds the words.

use guildhall_client::session::{Event, FailReason};

/// Something to say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Remark {
    /// What the session has told.
    Told(Box<Event>),
    /// The label with this key, and what stands in it.
    Label(&'static str, Vec<String>),
    /// Why a message was not said.
    NotSent(FailReason),
    /// The commands that there are.
    Help,
}

impl Remark {
    /// A label in which nothing stands.
    pub(crate) fn label(key: &'static str) -> Self {
        Self::Label(key, Vec::new())
    }
}
