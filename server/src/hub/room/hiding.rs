//! The lines that members of a room do not get: those of users whom they block, and in some rooms
//! those that they are too far away to hear.

use std::sync::Arc;

use crate::ids::ConnectionId;
use crate::moderation::blocked::Blocked;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Action};

use super::Room;

impl<W: Wire> Room<W> {
    /// From now on this connection gets nothing from these users, and also nothing of what they
    /// have said that is pending. Does nothing if it is not in this half of the room.
    pub(crate) fn set_blocked(&mut self, connection: ConnectionId, blocked: Option<&Arc<Blocked>>) {
        for subscribers in &mut self.subscribers {
            subscribers.set_blocked(connection, blocked.cloned());
        }
    }

    /// Returns these rights, as long as not everybody hears everybody here without the right to
    /// read what was said before, because that may be what a member did not hear.
    pub(crate) fn reading(&self, access: Access) -> Access {
        if self.handle.is_near_without_history() {
            access.without(Action::History)
        } else {
            access
        }
    }

    /// Whether a member that may do this reads what was said before.
    pub(crate) fn may_read(&self, access: Access) -> bool {
        self.reading(access).may(Action::History)
    }
}
