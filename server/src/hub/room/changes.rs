//! A member of this half of a room changes a line that was said, or replies to one.

use std::sync::Arc;

use guildhall_protocol::LineRef;

use crate::ids::ConnectionId;
use crate::outgoing::outbox::Wire;
use crate::shared::request_log::RequestStatus;
use crate::shared::room_state::changes::{ChangeRefused, NewChange};
use crate::shared::room_state::durable::Speaking;
use crate::shared::user::session::UserSession;

use super::{Room, pending};

impl<W: Wire> Room<W> {
    /// Changes a line over this connection of this session. The next fan-out tells all clients of
    /// `guildhall.v1`, its own included. In a durable room, its journal is handed the change, and
    /// decides it. `record` records the request in the session: it is told whether the change
    /// is possible, as far as that is known.
    ///
    /// # Errors
    ///
    /// Why nothing changes.
    pub(crate) fn change(
        &mut self,
        connection: ConnectionId,
        session: &Arc<UserSession>,
        change: &NewChange<'_>,
        record: impl FnOnce(bool) -> RequestStatus,
    ) -> Result<(), ChangeRefused> {
        if self.handle.is_durable() {
            match record(true) {
                RequestStatus::New => {}
                status => return Err(ChangeRefused::NotNew(status)),
            }
            let speaking = Speaking {
                connection,
                session: Some(session),
                changing: Some(change.changing),
            };
            self.handle.hand_over(speaking, &change.message);
            return Ok(());
        }
        (self.handle).change(pending(&mut self.subscribers), change, record)?;
        self.note_said(connection, change.message.nonce);
        Ok(())
    }

    /// Whether there was such a line in this life of the room.
    pub(crate) fn has_line(&self, line: LineRef) -> bool {
        self.handle.has_line(line)
    }
}
