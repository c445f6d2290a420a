//! The numbers of users, requests and lines, each with a type of its own, so that they
//! cannot be confused. In the messages they are plain integers, see
//! `proto/packets.proto`.

use core::fmt;

/// A user's number: that of the user's first connection. It stays the same when the
/// session is resumed over another connection. It is valid for one session: in a new
/// session, or after a restart of the server, the same number may be another user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub u64);

/// A request's number, which a `guildhall.v1` client chooses: from 1 up to 2^63 - 1, and
/// higher for each request of a session, over all of its connections. The number of a say
/// is the nonce of its line. It is 0 for a client of the tutorial, which has no requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A line's number in its room, or a whisper's number in its session. They count from 1
/// without holes. 0 is the position before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seq(pub u64);

/// Which life of a room a [`Seq`] belongs to. A room that was forgotten and is created
/// again counts its lines from 1 again, in another epoch. No room has epoch 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Epoch(pub u32);

impl RequestId {
    /// The ID for a client that has no requests.
    pub const NONE: Self = Self(0);

    /// Whether a request can have this ID.
    #[must_use]
    pub fn is_valid(self) -> bool {
        (1..=i64::MAX.cast_unsigned()).contains(&self.0)
    }
}

impl Seq {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number before this one. For 0 it is 0.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
