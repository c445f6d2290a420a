//! What the user asks the page to do, from any part of it.

use std::rc::Rc;

use guildhall_client::conversations::ConversationId;
use guildhall_client::session::{Recipient, RoomChange};
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{Reason, SanctionKind};

/// A line of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineId {
    pub(super) conversation: ConversationId,
    /// The epoch that the number counts in.
    pub(super) epoch: u32,
    pub(super) seq: u64,
}

/// Another user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) id: UserId,
    /// Empty: a guest.
    pub(super) account: String,
    pub(super) name: String,
}

impl Person {
    /// The user as a request means it. An account is the same user in every session.
    pub(super) fn recipient(&self) -> Recipient<'_> {
        if self.account.is_empty() {
            Recipient::Id(self.id)
        } else {
            Recipient::Name(&self.account)
        }
    }

    /// The same as the session's events name it.
    pub(super) fn subject(&self) -> String {
        match self.recipient() {
            Recipient::Id(id) => id.to_string(),
            Recipient::Name(name) => name.into(),
        }
    }
}

/// The things that the user may report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reported {
    Line(LineId),
    /// The whisper with this number.
    Whisper(u64),
    Person(Person),
}

/// A form that the user has filled in.
pub(super) enum Act {
    Report {
        what: Reported,
        reason: Reason,
        note: String,
    },
    Impose {
        person: Person,
        kind: SanctionKind,
        /// Empty: everywhere.
        room: String,
        seconds: u32,
        reason: Reason,
        rule: String,
        address: bool,
    },
    /// Remove all messages of a user.
    Purge {
        person: Person,
        room: String,
    },
    ChangeRoom(String, RoomChange),
    /// Remove all messages of a room.
    Clear(String),
}

/// A form for the user to fill in.
pub(super) enum Form {
    /// A report of this; the words say of whom, and what was said.
    Report(Reported, String),
    /// The acts of a moderator about somebody.
    Moderate(Person),
    RoomSettings,
    /// Whether to remove all messages of this room.
    Clear(String),
    /// Whom the user blocks.
    Blocks,
}

/// One thing that the user asks for.
pub(super) enum UserAction {
    /// Connect now.
    Connect,
    /// Show the conversation with this ID.
    Show(ConversationId),
    /// Leave the conversation with this ID.
    Leave(ConversationId),
    /// Join the room again that is shown and that the user is in no more.
    JoinAgain,
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
    /// Open the menu of a line, below this place of the window.
    OpenMenu(LineId, (i32, i32)),
    /// Open the menu of another user, below this place of the window.
    OpenUserMenu {
        person: Person,
        /// The thing that is reported there, and the words for it.
        reported: (Reported, String),
        place: (i32, i32),
    },
    /// Block a user, or end that.
    Block { person: Person, take_back: bool },
    /// Open a form.
    Open(Form),
    /// Do what a form says.
    Act(Act),
    /// Add this reaction to a line, or take it back.
    React(LineId, String),
    /// Write a reply to a line.
    ReplyTo(LineId),
    /// Edit a line.
    Edit(LineId),
    /// Edit the user's last line.
    EditLast,
    /// Remove a line.
    Remove(LineId),
    /// Look for messages with these words.
    Search(String),
    /// Look for further ones.
    SearchOn,
}

/// Where the parts of the page send the user's actions.
pub(super) type Dispatch = Rc<dyn Fn(UserAction)>;
