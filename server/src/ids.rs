//! The numbers that must not be mixed up. On the wire they are plain integers, see
//! `proto/packets.proto`; here each has a type of its own.

use std::fmt;

/// A connection: unique in the server's life, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// A user. It is the number of the user's first connection, and stays the same when
/// the session is resumed over another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub u64);

/// A request of a `guildhall.v1` client: from 1 up to 2^63 - 1, growing over the
/// connections of its session. A say's is the nonce of its line. 0 if the client has
/// no requests, as the tutorial's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A line's number in its room, or a whisper's in its session: from 1 on, without
/// holes. 0 is in front of the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(pub u64);

/// Which life of a room a [`Seq`] belongs to: a room that was forgotten and is
/// created again counts from 1 in another epoch. 0 is no room's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Epoch(pub u32);

impl UserId {
    /// The user of a first connection.
    #[must_use]
    pub const fn of(connection: ConnectionId) -> Self {
        Self(connection.0)
    }
}

impl RequestId {
    /// For what a client without requests says.
    pub const NONE: Self = Self(0);

    /// Whether a request can have this ID.
    #[must_use]
    pub fn is_valid(self) -> bool {
        (1..=i64::MAX.cast_unsigned()).contains(&self.0)
    }
}

impl Seq {
    /// The number behind this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number in front of this one; 0 has none.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
