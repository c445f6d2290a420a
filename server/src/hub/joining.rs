//! How connections get into rooms of one thread, and out of them.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::{Packet, Protocol};

use crate::ids::ConnectionId;
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Rights};
use crate::shared::join::{JoinSnapshot, Position};
use crate::shared::name::Name;
use crate::shared::room_state::RoomFull;
use crate::shared::{LOBBY, RoomsFull};
use crate::sync::moment::Moment;

use super::{Hub, Joining, Room, SharedRoom};

/// Why a user does not join a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The room's rule does not allow it, whether the room exists or not.
    #[error("the user may not be in this room")]
    Forbidden,
    /// The room has as many members as it may have: this many.
    #[error("the room has {0} members, as many as it may have")]
    Full(usize),
    /// The room does not exist, and cannot be created.
    #[error(transparent)]
    Rooms(#[from] RoomsFull),
}

impl From<RoomFull> for JoinError {
    fn from(RoomFull(most): RoomFull) -> Self {
        Self::Full(most)
    }
}

impl<W: Wire> Hub<W> {
    /// Adds a connection of a client of the tutorial with these rights, joins it to the lobby,
    /// and sends it its ID. The ID is the first packet that the client gets, and it is sent
    /// after the join: a client that has its ID gets all that is said from then on, on any
    /// thread. At most `max_waiting` bytes are queued for it. A client that may not be in the
    /// lobby is closed.
    pub fn connect_tutorial(
        &mut self,
        wire: W,
        max_waiting: usize,
        rights: &Rights,
        at: Moment,
    ) -> (Rc<Connection<W>>, Option<SharedRoom<W>>) {
        let connection = self.connect(Protocol::Tutorial, wire, max_waiting, at.now);
        let id = connection.id();
        let joining = Joining {
            id: id.user_id(),
            name: &Name::GUEST,
            rights,
            position: Position::default(),
        };
        let lobby = match self.join(LOBBY, &connection, joining, at) {
            Ok((lobby, ..)) => {
                connection.send_all(&frame::packet(&Packet::id(id.0)), at.now);
                Some(lobby)
            }
            Err(error) => {
                let close = match error {
                    JoinError::Forbidden => Close::NOT_IN_LOBBY,
                    JoinError::Full(_) | JoinError::Rooms(_) => Close::LOBBY_FULL,
                };
                connection.close(close, at.now);
                None
            }
        };
        self.needs_drain.note(&connection);
        (connection, lobby)
    }

    /// Joins a user to the room with this name over `connection`. Creates the room if it
    /// does not exist. Returns what the user may do there, and a snapshot of what the client
    /// has missed since its position.
    ///
    /// # Errors
    ///
    /// [`JoinError`].
    pub fn join(
        &mut self,
        room: &str,
        connection: &Rc<Connection<W>>,
        joining: Joining<'_>,
        at: Moment,
    ) -> Result<(SharedRoom<W>, Access, JoinSnapshot), JoinError> {
        let open = self.rooms.get(room);
        if let Some(room) = &open {
            self.renew_rule(room, at.unix_millis);
        }
        let rule = match &open {
            Some(room) => Arc::clone(room.borrow().rule()),
            None => Arc::clone(self.rules.0.of(room)),
        };
        // Before anything tells whether the room exists.
        let access = Access::of(joining.rights, room, &rule).ok_or(JoinError::Forbidden)?;
        let replay = rule.replay.unwrap_or(self.shared.limits().replay);
        let network = connection.wire().network();
        let open = || {
            let handle = (self.shared).open_room(room, self.thread, network, &rule)?;
            handle.set_rule(&rule, at.unix_millis);
            Ok::<_, RoomsFull>(Room::new(handle, Arc::clone(&rule), self.rules.1))
        };
        let room = self.rooms.open(room, open)?;
        let join = |room: &mut Room<W>| room.join(connection, joining, access, replay, at);
        let joined = self.rooms.change(&room, join);
        if joined.is_err() {
            self.close_if_empty(&room, at.now);
        }
        Ok((room, access, joined?))
    }

    /// Makes a connection leave a room. A room that is empty then is kept for a while
    /// with its history, and removed at once if it has none.
    pub fn leave(&mut self, room: &SharedRoom<W>, connection: &Connection<W>, now: Instant) {
        self.rooms.change(room, |room| room.leave(connection));
        self.close_if_empty(room, now);
    }

    /// Whether this connection of the thread is in the room with this name.
    #[must_use]
    pub fn has_member(&self, room: &str, connection: ConnectionId) -> bool {
        let room = self.rooms.get(room);
        room.is_some_and(|room| room.borrow().has(connection))
    }

    /// Closes a room that has no connections on this thread.
    pub(super) fn close_if_empty(&mut self, room: &SharedRoom<W>, now: Instant) {
        if room.borrow().is_empty() && self.rooms.close(room) {
            self.shared.close_room(room.borrow().handle(), now);
        }
    }
}
