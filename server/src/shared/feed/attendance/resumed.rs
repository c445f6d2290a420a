//! Which sessions were resumed over which connections, while they still hold places in rooms.

use std::collections::HashMap;

use crate::ids::{ConnectionId, SessionId};

/// Sessions, and the connections over which they were resumed.
#[derive(Debug, Default)]
pub(super) struct Resumed {
    sessions: HashMap<ConnectionId, SessionId>,
    connections: HashMap<SessionId, ConnectionId>,
}

impl Resumed {
    pub(super) fn session_of(&self, connection: ConnectionId) -> Option<SessionId> {
        self.sessions.get(&connection).copied()
    }

    pub(super) fn connection_of(&self, session: SessionId) -> Option<ConnectionId> {
        self.connections.get(&session).copied()
    }

    pub(super) fn begin(&mut self, session: SessionId, connection: ConnectionId) {
        if let Some(before) = self.connections.insert(session, connection) {
            self.sessions.remove(&before);
        }
        self.sessions.insert(connection, session);
    }

    /// A connection has ended. Returns the session that was resumed over it.
    pub(super) fn end(&mut self, connection: ConnectionId) -> Option<SessionId> {
        let session = self.sessions.remove(&connection)?;
        self.connections.remove(&session);
        Some(session)
    }
}
