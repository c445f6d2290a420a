//! The consequences of moderators' acts for the connections of one thread: they are told, leave
//! rooms in which they may not be any more, and are closed. The acts send a message to each thread,
//! also to that of the moderator.

use std::time::Instant;

use guildhall_protocol::{
    Packet, PacketBody, Protocol, RemovedReason, SanctionKind, Sanctions as SanctionsPacket,
};

use crate::ids::ConnectionId;
use crate::moderation::Sanction;
use crate::outgoing::close::Close;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::shared::mailbox::SanctionChange;
use crate::shared::sanctions::{Against, Subject};

use super::{Hub, Room, SharedRoom};

impl<W: Wire> Hub<W> {
    /// All that holds against the user of a connection of this thread now. Nothing if it is not
    /// welcome yet.
    pub(crate) fn held_against(&self, connection: ConnectionId) -> Against {
        let Some(connection) = self.connections.get(connection) else {
            return Against::default();
        };
        let Some((id, account)) = connection.user() else {
            return Against::default();
        };
        self.shared.sanctions().against(Subject {
            account: &account,
            id,
            network: Some(connection.wire().network()),
        })
    }

    /// A sanction was imposed or lifted. Does what follows for the connections of this thread that
    /// it is about.
    pub(super) fn sanctioned(&mut self, change: &SanctionChange, now: Instant) {
        let SanctionChange {
            sanction,
            is_lifted,
            connections,
        } = change;
        let mut about = connections.clone();
        about.extend(self.tutorial_client(sanction));
        about.extend(self.connections.guests_of(&sanction.networks));
        about.sort_unstable();
        about.dedup();
        for connection in about {
            if sanction.kind != SanctionKind::Kick {
                self.tell_sanctions(connection, now);
            }
            if !is_lifted {
                self.enforce(sanction, connection, now);
            }
        }
    }

    /// The client of the tutorial that is the user of a sanction, if it is on this thread.
    fn tutorial_client(&self, sanction: &Sanction) -> Option<ConnectionId> {
        let connection = self.connections.get(ConnectionId(sanction.user.id.0))?;
        let is_it = sanction.user.account.is_empty() && connection.protocol() == Protocol::Tutorial;
        is_it.then(|| connection.id())
    }

    /// Tells a client all that holds against its user now.
    fn tell_sanctions(&mut self, connection: ConnectionId, now: Instant) {
        let held = self.held_against(connection);
        let is_v1 = |protocol| protocol == Protocol::V1;
        let known = self.connections.get(connection);
        if known.is_some_and(|known| is_v1(known.protocol()) && !known.is_closed()) {
            let appeal = self.shared.sanctions().appeal();
            // The client itself forgets what is over.
            let sanctions = held.told(&appeal, 0);
            let packet = PacketBody::Sanctions(SanctionsPacket { sanctions });
            self.send(connection, &frame::packet(&Packet::from(packet)), now);
        }
    }

    /// Takes a connection out of where a new sanction does not let it be.
    fn enforce(&mut self, sanction: &Sanction, connection: ConnectionId, now: Instant) {
        let (reason, close, of_guest) = match sanction.kind {
            SanctionKind::Ban => (RemovedReason::Banned, Close::BANNED, Close::BANNED_GUEST),
            SanctionKind::Kick => (RemovedReason::Kicked, Close::KICKED, Close::KICKED_GUEST),
            SanctionKind::Mute | SanctionKind::Unspecified => return,
        };
        let rooms: Vec<SharedRoom<W>> = if sanction.room.is_empty() {
            self.rooms.of(connection)
        } else {
            self.rooms.get(&sanction.room).into_iter().collect()
        };
        let appeal = self.shared.sanctions().appeal();
        let told = sanction.told(&appeal);
        for room in rooms {
            let needs_drain = &mut self.needs_drain;
            let take_out = |room: &mut Room<W>| {
                room.take_out(connection, reason, Some(&told), now, needs_drain)
            };
            if self.rooms.change(&room, take_out) {
                self.close_if_empty(&room, now);
            }
        }
        if sanction.room.is_empty() {
            let known = self.connections.get(connection);
            let is_tutorial = known.is_some_and(|one| one.protocol() == Protocol::Tutorial);
            let close = if is_tutorial { of_guest } else { close };
            (self.connections).close(connection, &close, now, &mut self.needs_drain);
        }
    }

    /// The user of a connection has other roles: its rooms have other settings for it.
    pub(super) fn roles_changed(&mut self, connection: ConnectionId, account: &str, now: Instant) {
        let roles = self.shared.roles().of(account);
        for room in self.rooms.of(connection) {
            let rights = room.borrow().rights_of(connection);
            let Some(rights) = rights.map(|rights| rights.with_roles(&roles)) else {
                continue;
            };
            let needs_drain = &mut self.needs_drain;
            let check =
                |room: &mut Room<W>| room.recheck_one(connection, &rights, now, needs_drain);
            let _ = self.rooms.change(&room, check);
            self.close_if_empty(&room, now);
        }
    }
}
