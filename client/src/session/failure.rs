//! Why something was not done: what the server refuses, and what the session does not take.

use alloc::string::String;

use guildhall_protocol::RequestError;

/// Why a message or a request failed.
#[derive(Debug, Clone, PartialEq)]
pub enum FailReason {
    /// The server refused it.
    Refused(RequestError),
    /// The connection was lost, and it was not done.
    Disconnected,
    /// The connection was lost, and it may have been done or not.
    Uncertain,
    /// The client is not in this room any more, and it was not sent.
    NotInRoom,
    /// It has waited for a moderator, who has rejected it: why, in the game's words, which may
    /// be empty.
    Rejected(String),
}

/// A request that is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// The first request on a connection.
    Hello,
    /// Joining a room.
    Join,
    /// Leaving a room.
    Leave,
    /// Changing the name.
    Rename,
    /// Bringing another token.
    Refresh,
    /// Listing the rooms.
    ListRooms,
    /// Listing the members of a room.
    ListMembers,
    /// Fetching older lines of a room.
    FetchHistory,
    /// Listing what the user has not read.
    ListUnread,
    /// Looking for lines.
    Search,
    /// Blocking a user.
    Block,
    /// Blocking a user no longer.
    Unblock,
    /// Listing whom the user blocks.
    ListBlocks,
    /// Reporting something to the moderators.
    Report,
    /// Imposing a sanction.
    Impose,
    /// Ending a sanction.
    Lift,
    /// Changing the settings of a room.
    ChangeRoom,
    /// Removing all that was said in a room.
    Clear,
    /// Removing all that a user has said.
    Purge,
    /// Giving a user a role, or taking it.
    SetRole,
    /// Listing the moderators of a room.
    ListModerators,
    /// Listing the sanctions that hold.
    ListSanctions,
}

/// Why a session did not take something. Nothing is queued and nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no text, or no name.
    #[error("the text or the name is empty")]
    Empty,
    /// The text is too long.
    #[error("the text has {bytes} bytes, and the server takes {limit}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The longest that the server takes.
        limit: usize,
    },
    /// Too many requests have no answer.
    #[error("too many requests have no answer")]
    TooManyPending,
    /// The user does not want this room, or (for requests other than messages) has not
    /// joined it yet.
    #[error("the user is not in this room")]
    NotInRoom,
    /// The user may not say anything in this room.
    #[error("the user may not say anything in this room")]
    ReadOnly,
    /// The user is muted: [`muted`](super::Session::muted) says why and until when.
    #[error("the user is muted")]
    Muted,
    /// There is no connection.
    #[error("there is no connection")]
    NotOnline,
    /// There is no failed message with this number.
    #[error("no message with this number has failed")]
    NoSuchMessage,
    /// The room has no such line.
    #[error("there is no such line")]
    NoSuchLine,
}
