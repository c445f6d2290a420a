//! The numbers that must not be confused: a connection's, which only the server knows, and
//! those that the protocol has.

use std::fmt;

pub use guildhall_protocol::{Epoch, RequestId, Seq, UserId};

/// A connection's number. It is counted from 1 and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

impl ConnectionId {
    /// The ID of the user whose first connection this is.
    #[must_use]
    pub const fn user_id(self) -> UserId {
        UserId(self.0)
    }

    /// The ID of the session whose first connection this is.
    #[must_use]
    pub const fn session_id(self) -> SessionId {
        SessionId(self.0)
    }
}

/// A session's number: that of its first connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
