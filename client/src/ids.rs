//! Numbers that must not be taken for one another: the client's own types for what
//! is a bare `u64` on the wire.

use core::fmt;

/// The ID of a client: a user's connection, or session, as its server counts.
///
/// Valid for the life of one server, and of one session: in a new session, the same
/// number may be another user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

/// The ID of a request, as its client counts: from 1, in the whole life of a
/// [`Session`](crate::session::Session). A message has the ID of the request that
/// sends it, and its lines carry that as their nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
