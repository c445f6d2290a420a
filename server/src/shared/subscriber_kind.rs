//! Which frames a connection in a room gets: those of one kind get the same bytes. Each
//! thread's half of a room, and the inboxes, keep frames by kind.

use guildhall_protocol::Protocol;

use crate::policy::{Access, Action};

/// A kind of subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubscriberKind {
    /// A client of the tutorial.
    Tutorial,
    /// A client of `guildhall.v1`.
    V1,
    /// A client of `guildhall.v1` that may not see who is in the room.
    V1Unlisted,
}

impl SubscriberKind {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = 3;

    /// Every kind, by its number.
    pub(crate) const ALL: [Self; Self::COUNT] = [Self::Tutorial, Self::V1, Self::V1Unlisted];

    /// The kinds of clients of `guildhall.v1`.
    pub(crate) const OF_V1: [Self; 2] = [Self::V1, Self::V1Unlisted];

    /// The kind of a client that speaks this protocol and may do this in its room.
    pub(crate) const fn of(protocol: Protocol, access: Access) -> Self {
        match protocol {
            Protocol::Tutorial => Self::Tutorial,
            Protocol::V1 if access.may(Action::Members) => Self::V1,
            Protocol::V1 => Self::V1Unlisted,
        }
    }
}
