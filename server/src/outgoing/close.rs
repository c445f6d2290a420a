//! Why the server ends a connection: a code for the client's program, and a reason in
//! words for its user and for the log.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_protocol::{ClientError, CloseCode, DecodeError};

use crate::outgoing::frame;

/// The server's decision to end a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The code in the close frame.
    pub code: CloseCode,
    /// The reason in the close frame, in words.
    pub reason: Cow<'static, str>,
}

impl Close {
    /// The client reads too slowly, or not at all.
    pub const SLOW_CONSUMER: Self = Self::because(
        CloseCode::SlowConsumer,
        "too much is waiting for you: read faster, or come back",
    );

    /// The client answered no ping.
    pub const HEARTBEAT_TIMEOUT: Self = Self::because(
        CloseCode::HeartbeatTimeout,
        "no sign of life and no answer to a ping",
    );

    /// The server stops.
    pub const GOING_AWAY: Self = Self::because(CloseCode::GoingAway, "the server is shutting down");

    /// The client has not said hello, or no hello that the server accepts.
    pub const NO_HELLO: Self = Self::because(
        // Not a mistake that it would repeat: it may have been asleep.
        CloseCode::HeartbeatTimeout,
        "no hello in time: a client of guildhall.v1 says hello first",
    );

    /// The client has resumed its session over another connection.
    pub const REPLACED: Self = Self::because(
        CloseCode::Replaced,
        "your session goes on over another connection",
    );

    /// The client sent a message that only a server may send.
    pub const NOT_A_REQUEST: Self = Self::because(
        CloseCode::PolicyViolation,
        "clients of guildhall.v1 send requests and pongs and nothing else",
    );

    /// Too many requests of the client were refused before a hello was accepted.
    pub const REFUSED_TOO_OFTEN: Self = Self::because(
        CloseCode::PolicyViolation,
        "too many requests were refused before a hello",
    );

    /// The client went on asking for what it was refused.
    pub const FLOODED: Self = Self::because(
        CloseCode::Flooded,
        "you went on although you were refused too often: wait, and come back",
    );

    /// The client sent a text message.
    pub const TEXT_MESSAGE: Self = Self::because(
        CloseCode::UnsupportedData,
        "packets travel in binary messages",
    );

    /// A client of the tutorial may not be in the lobby, and is in no other room.
    pub const NOT_IN_LOBBY: Self = Self::because(
        CloseCode::PolicyViolation,
        "guests may not be in the lobby of this server",
    );

    /// A client of the tutorial finds the lobby full.
    pub const LOBBY_FULL: Self = Self::because(
        CloseCode::PolicyViolation,
        "the lobby has as many members as it may have: come back later",
    );

    /// The client's token is over, and it has brought no other in time.
    pub const TOKEN_EXPIRED: Self = Self::because(
        CloseCode::TokenExpired,
        "your token is over: come back with another",
    );

    /// The client's token does not hold.
    pub const BAD_TOKEN: Self = Self::because(
        CloseCode::BadToken,
        "your token does not hold: the error says why",
    );

    /// The client has no token, on a server without guests.
    pub const NEEDS_TOKEN: Self = Self::because(
        CloseCode::BadToken,
        "this server has no guests: come with a token",
    );

    /// The client's token was revoked.
    pub const TOKEN_REVOKED: Self =
        Self::because(CloseCode::TokenRevoked, "your token was revoked");

    /// The client's user is banned from the server.
    pub const BANNED: Self = Self::because(
        CloseCode::Banned,
        "you are banned from this server: the message before says why",
    );

    /// A moderator has taken the client off the server.
    pub const KICKED: Self = Self::because(
        CloseCode::Kicked,
        "a moderator has taken you off this server: you may come back",
    );

    /// The game has taken the client off the server.
    pub const KICKED_BY_GAME: Self = Self::because(
        CloseCode::Kicked,
        "the game has taken you off this server: you may come back",
    );

    /// The operator has closed the client's connection.
    pub const CLOSED_BY_OPERATOR: Self = Self::because(
        CloseCode::Kicked,
        "the server's operator has closed your connection: you may come back",
    );

    /// The operator has closed the connection of a client of the tutorial.
    pub const CLOSED_GUEST_BY_OPERATOR: Self = Self::because(
        CloseCode::PolicyViolation,
        "the server's operator has closed your connection",
    );

    /// A client of the tutorial comes from an address that is banned, from the server or from
    /// the lobby.
    pub const BANNED_GUEST: Self = Self::because(
        CloseCode::PolicyViolation,
        "a moderator has banned you from this chat",
    );

    /// A moderator has taken a client of the tutorial out.
    pub const KICKED_GUEST: Self = Self::because(
        CloseCode::PolicyViolation,
        "a moderator has taken you out of this chat",
    );

    /// A client of the tutorial, which has no token, on a server without guests.
    pub const NO_GUESTS: Self = Self::because(
        CloseCode::PolicyViolation,
        "this server has no guests: a client of guildhall.v1 can bring a token",
    );

    /// A close with a fixed reason.
    #[must_use]
    pub const fn because(code: CloseCode, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// The client sent a message of this many bytes, which is too many.
    #[must_use]
    pub fn too_big(bytes: usize) -> Self {
        Self {
            code: CloseCode::MessageTooBig,
            reason: format!(
                "a message of {bytes} bytes: at most {MAX_CLIENT_PACKET_BYTES} are allowed"
            )
            .into(),
        }
    }

    /// The client sent something that is not one whole packet.
    #[must_use]
    pub fn not_a_packet(error: &DecodeError) -> Self {
        Self {
            code: CloseCode::InvalidPayload,
            reason: error.to_string().into(),
        }
    }

    /// The close that answers this error of a client. `None` if the error does not end
    /// the connection.
    #[must_use]
    pub fn for_error(error: &ClientError) -> Option<Self> {
        Some(Self {
            code: error.close_code()?,
            reason: Cow::Owned(error.to_string()),
        })
    }

    /// Returns the close frame.
    #[must_use]
    pub fn frame(&self) -> Bytes {
        frame::close(self.code, &self.reason)
    }
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "closed with {}: {}", self.code.code(), self.reason)
    }
}
