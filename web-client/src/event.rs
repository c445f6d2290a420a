//! What a client tells its user, and the errors among it.

use guildhall_protocol::DecodeError;
use guildhall_protocol::limits::{MAX_SERVER_PACKET_BYTES, MAX_TEXT_BYTES};

use crate::state::State;

/// Something the user of a client is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The connection is somewhere else now.
    State(State),
    /// The server said which ID is ours. A new connection has a new one.
    Id(u64),
    /// Somebody said something.
    Message {
        /// The speaker's ID.
        sender: u64,
        /// The text, to be shown as text.
        text: String,
    },
    /// Something came that is not a packet. It is dropped whole.
    Error(ReceiveError),
}

/// Why a message of the server was dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// Not one whole packet.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A text message; packets travel in binary messages.
    #[error("a text message: packets travel in binary messages")]
    Text,
    /// Above [`MAX_SERVER_PACKET_BYTES`].
    #[error("a message above {MAX_SERVER_PACKET_BYTES} bytes")]
    TooBig,
    /// An ID where the connection has one: a peer may be pretending.
    #[error("a second ID on one connection")]
    SecondId,
}

impl ReceiveError {
    /// A short name that does not change, for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Decode(_) => "not-a-packet",
            Self::Text => "text-message",
            Self::TooBig => "message-too-big",
            Self::SecondId => "second-id",
        }
    }
}

/// Why a text was not sent. It is still the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Only an online connection can send.
    #[error("not connected")]
    NotOnline,
    /// There is nothing to say.
    #[error("the text is empty")]
    Empty,
    /// Above [`MAX_TEXT_BYTES`].
    #[error("a text of {0} bytes: at most {MAX_TEXT_BYTES} are allowed")]
    TooLong(usize),
}

impl SendError {
    /// A short name that does not change, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotOnline => "not-online",
            Self::Empty => "empty-text",
            Self::TooLong(_) => "text-too-long",
        }
    }
}
