//! What the user asks the page to do, from any part of it.

use std::rc::Rc;

use guildhall_client::conversations::ConversationId;
use guildhall_client::{RequestId, UserId};

/// One thing that the user asks for.
pub(super) enum UserAction {
    /// Connect now.
    Connect,
    /// Show the conversation with this ID.
    Show(ConversationId),
    /// Leave the conversation with this ID.
    Leave(ConversationId),
    /// Join a room and show it.
    Join(String),
    /// Show the whispers with this user.
    WhisperTo { id: UserId, name: String },
    /// Open the dialog that asks for the user's name.
    AskName,
    /// Take this name. If it is empty, the server makes one up.
    SetName(String),
    /// Do what was typed: a message or a command.
    Submit(String),
    /// Offer completions of what was typed.
    Complete(String),
    /// Send a failed message again.
    Retry(RequestId),
    /// Forget a failed message.
    Discard(RequestId),
    /// Load older lines of the conversation that is shown.
    LoadOlder,
    /// List the server's rooms.
    ListRooms,
    /// Show the page in the language with this tag.
    SetLanguage(String),
    /// Put the focus into the textbox.
    FocusInput,
    /// Go on with the session that another tab has.
    GoOnHere,
    /// Be another user than the other tabs.
    BeAnother,
    /// The log of this conversation has removed its oldest lines: this is the number of the
    /// oldest one that is left.
    ForgetBefore(ConversationId, u64),
    /// Count what is new as read.
    MarkRead,
}

/// Where the parts of the page send the user's actions.
pub(super) type Dispatch = Rc<dyn Fn(UserAction)>;
