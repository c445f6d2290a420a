//! A user blocks others than before: its connections on all threads follow.

use std::sync::Arc;

use crate::ids::ConnectionId;
use crate::moderation::blocked::Blocked;
use crate::outgoing::outbox::Wire;

use super::Hub;

impl<W: Wire> Hub<W> {
    /// Has the rooms of a connection leave out these users, whom its user blocks now.
    pub(super) fn set_blocked(&self, connection: ConnectionId, blocked: Option<&Arc<Blocked>>) {
        for room in self.rooms.of(connection) {
            room.borrow_mut().set_blocked(connection, blocked);
        }
    }
}
