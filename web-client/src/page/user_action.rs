//! What the user asks of the page, from wherever on it.

use std::rc::Rc;

/// One wish.
pub(super) enum UserAction {
    /// Connect now.
    Connect,
    /// Show the conversation with this number.
    Show(u32),
    /// Leave it.
    Leave(u32),
    /// Enter a room and show it.
    Join(String),
    /// Show the whispers with somebody.
    WhisperTo { id: u64, name: String },
    /// Dispatch for the user's name.
    AskName,
    /// Be called this; empty: whatever the server makes up.
    BeCalled(String),
    /// Do what was typed.
    Submit(String),
    /// Offer what this beginning can become.
    Complete(String),
    /// Send a failed message again.
    Retry(u64),
    /// Forget a failed message.
    Discard(u64),
    /// Load older lines of what is shown.
    Older,
    /// Show which rooms there are.
    ListRooms,
    /// Speak the language with this tag.
    Speak(String),
    /// Go on typing.
    Write,
    /// The user has seen what is new.
    Seen,
}

/// Where wishes go.
pub(super) type Dispatch = Rc<dyn Fn(UserAction)>;
