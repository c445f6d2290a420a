//! Members that somebody else takes out of a room: a moderator, or the game.

use std::rc::Rc;
use std::time::Instant;

use guildhall_protocol::{Packet, PacketBody, Removed, RemovedReason, Sanction};

use crate::events::LeaveReason;
use crate::ids::ConnectionId;
use crate::outgoing::close::Close;
use crate::outgoing::connection::NeedsDrain;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::Rights;
use crate::shared::subscriber_kind::SubscriberKind;

use super::Room;

impl<W: Wire> Room<W> {
    /// Takes a connection out of the room, and tells its client why. A client of the tutorial
    /// has no room but this one, and is closed. Returns whether it was in the room.
    pub(crate) fn take_out(
        &mut self,
        connection: ConnectionId,
        reason: RemovedReason,
        sanction: Option<&Sanction>,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) -> bool {
        let Some((kind, place)) = self.place_of(connection) else {
            return false;
        };
        let Some(subscriber) = self.subscribers[kind as usize].at(place) else {
            return false;
        };
        let connection = Rc::clone(&subscriber.connection);
        // Its says are answered first, and those that a journal has not decided later.
        if self.is_durable() {
            self.take_inbox();
        }
        self.send_pending(now, needs_drain);
        self.leave_because(&connection, LeaveReason::Removed);
        if kind == SubscriberKind::Tutorial {
            let close = match reason {
                RemovedReason::Banned => Close::BANNED_GUEST,
                RemovedReason::Kicked => Close::KICKED_GUEST,
                _ => Close::NOT_IN_LOBBY,
            };
            connection.close(close, now);
        } else {
            let removed = Packet::from(PacketBody::Removed(Removed {
                room: self.name().to_string(),
                reason: reason.into(),
                sanction: sanction.cloned(),
            }));
            connection.send_all(&frame::packet(&removed), now);
        }
        connection.note_moved();
        needs_drain.note(&connection);
        true
    }

    /// The rights of a connection that is in the room.
    pub(crate) fn rights_of(&self, connection: ConnectionId) -> Option<Rights> {
        let (kind, place) = self.place_of(connection)?;
        let subscriber = self.subscribers[kind as usize].at(place)?;
        Some(subscriber.membership.rights.clone())
    }

    /// The place of a connection among the room's subscribers.
    pub(super) fn place_of(&self, connection: ConnectionId) -> Option<(SubscriberKind, usize)> {
        SubscriberKind::ALL.into_iter().find_map(|kind| {
            let place = self.subscribers[kind as usize].place_of(connection)?;
            Some((kind, place))
        })
    }
}
