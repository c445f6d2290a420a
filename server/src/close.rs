//! Why the server ends a connection: a code for the client and words for it
//! and the log.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use guildhall_protocol::{ClientError, CloseCode};

use crate::frame;

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

    /// The client sent a text message.
    pub const TEXT_MESSAGE: Self = Self::because(
        CloseCode::UnsupportedData,
        "packets travel in binary messages",
    );

    /// A close with fixed words.
    #[must_use]
    pub const fn because(code: CloseCode, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// The close that answers what a client may not say, if it costs the
    /// connection.
    #[must_use]
    pub fn for_error(error: &ClientError) -> Option<Self> {
        Some(Self {
            code: error.close_code()?,
            reason: Cow::Owned(error.to_string()),
        })
    }

    /// The close frame.
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
