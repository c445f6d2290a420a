//! A room that nobody knows but a health check, and the connection in it to which a line has to
//! come.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use crate::events::LeaveReason;
use crate::ids::ConnectionId;
use crate::outgoing::connection::Connection;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Rights};
use crate::shared::join::Position;
use crate::shared::name::Name;
use crate::shared::room_state::{RoomHandle, RoomState};
use crate::sync::moment::Moment;

use super::room::{Joining, Room};
use super::{Hub, SharedRoom};

/// How the names of such rooms begin.
pub(crate) const START: &str = "\0health ";

/// Whether a room with this name is one of a health check. No client can say such a name.
pub(super) fn is_of_a_check(name: &str) -> bool {
    name.starts_with(START)
}

impl<W: Wire> Hub<W> {
    /// The number of this thread's connection in such a room: one that no client gets.
    pub(crate) fn probe_id(&self) -> ConnectionId {
        ConnectionId(u64::MAX - self.thread as u64)
    }

    /// Puts a connection that is not among those of clients into a room that is not in the list
    /// of rooms. The room's name is one that no client can say.
    pub(crate) fn join_probe(
        &mut self,
        state: &Arc<RoomState>,
        connection: &Rc<Connection<W>>,
        at: Moment,
    ) -> SharedRoom<W> {
        let (thread, version) = (self.thread, self.rules.1);
        let rule = state.members().1;
        let open = || {
            let handle = RoomHandle::open(Arc::clone(state), thread);
            Ok::<_, Infallible>(Room::new(handle, rule, version))
        };
        let Ok(room) = self.rooms.open(state.name(), open);
        let joining = Joining {
            id: connection.id().user_id(),
            name: &Name::GUEST,
            rights: &Rights::default(),
            position: Position::default(),
        };
        // The members are told of nobody, and the room has no most of them.
        let joined = self.rooms.change_lines(&room, |room| {
            room.join(connection, joining, Access::OPEN, 0, None, at)
        });
        debug_assert!(joined.is_ok(), "the room is never full");
        room
    }

    /// Takes the connection out, and forgets this thread's half of the room.
    pub(crate) fn leave_probe(&mut self, room: &SharedRoom<W>, connection: &Connection<W>) {
        let reason = LeaveReason::Left;
        room.borrow_mut().leave_because(connection, reason);
        self.rooms.close(room);
    }
}
