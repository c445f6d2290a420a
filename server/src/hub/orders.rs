//! Carries out on one thread the orders of acts to its connections and rooms: it puts connections
//! into rooms, takes them out, and closes them. The session of a connection learns of it before
//! its client's next request, see [`Hub::take_put_in`].

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use guildhall_protocol::{
    Joined, Moved, Packet, PacketBody, Protocol, RemovedReason, SanctionKind,
};

use crate::events::LeaveReason;
use crate::ids::ConnectionId;
use crate::outgoing::connection::Connection;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::Access;
use crate::shared::join::{JoinSnapshot, Position};
use crate::shared::opening::NotOpened;
use crate::shared::orders::{NotPut, Order, Put, RoomRef, TakeOut};
use crate::shared::room_state::RoomFull;
use crate::shared::user::User;
use crate::shared::user::session::UserSession;
use crate::sync::moment::Moment;

use super::{Hub, Joining, Room, SharedRoom};

/// A room that a connection was put into, and what its user may do there.
pub(crate) type PutIn<W> = (SharedRoom<W>, Access);

impl<W: Wire> Hub<W> {
    /// Carries out what an act has to do on this thread.
    pub(super) fn carry_out(&mut self, order: Order, now: Instant) {
        if let Some(feed) = self.shared.feed() {
            feed.advance(now);
        }
        match order {
            Order::Put(put) => {
                let result = self.put(&put, now);
                if result.is_err() {
                    self.undo_move(&put);
                }
                // Fails if nobody waits for it any more.
                let _ = put.answer.send(result);
            }
            Order::TakeOut(out) => {
                let TakeOut {
                    connection, reason, ..
                } = out;
                let was_there = self.take_out(&out.room, connection, reason, now);
                let _ = out.answer.send(was_there);
            }
            Order::CloseRoom(room) => self.take_all_out(&room, now),
            Order::Close(connection, close) => {
                (self.connections).close(connection, &close, now, &mut self.needs_drain);
            }
        }
    }

    /// Takes the rooms that this connection was put into since the last call.
    pub(crate) fn take_put_in(&mut self, connection: ConnectionId) -> Vec<PutIn<W>> {
        self.put_in.remove(&connection).unwrap_or_default()
    }

    fn put(&mut self, put: &Put, now: Instant) -> Result<(), NotPut> {
        let connection = (self.connections.get(put.connection)).ok_or(NotPut::Gone)?;
        let reference = self.reference(put.connection);
        let user = (self.shared.users().by_id(put.user)).ok_or(NotPut::Gone)?;
        let is_its = |session: &Arc<UserSession>| {
            session.id == put.session && session.connection() == Some(reference)
        };
        if !user.sessions().iter().any(is_its) {
            return Err(NotPut::Gone);
        }
        if put.from.is_none()
            && (self.here(&put.to)).is_some_and(|room| room.borrow().has(put.connection))
        {
            return Ok(());
        }
        let against = self.held_against(put.connection);
        let ban = against.find(SanctionKind::Ban, &put.to.name, put.unix_millis);
        if ban.is_some() {
            return Err(NotPut::Banned);
        }
        let at = Moment {
            now,
            unix_millis: put.unix_millis,
        };
        let (to, access, snapshot) = self.join_put(put, &user, &connection, at)?;
        let mut left = String::new();
        if let Some(from) = &put.from
            && let Some(room) = self.here(from)
            && room.borrow().has(put.connection)
        {
            left = from.name.to_string();
            // So that the client gets all lines up to now, the answers to its own among them.
            self.fan_out_room(&room, now);
            self.leave_because(&room, &connection, LeaveReason::Removed, now);
        }
        let lines = snapshot.lines.clone();
        let room = to.borrow();
        let read = user.read_mark(room.name());
        let epoch = snapshot.epoch;
        let read = read.filter(|read| read.epoch == epoch);
        let joined = Joined {
            read_seq: read.map_or(0, |read| read.seq.0),
            ..snapshot.message(
                room.name().to_string(),
                room.reading(access).settings(room.rule()),
            )
        };
        drop(room);
        let mut frames = BytesMut::new();
        let moved = PacketBody::Moved(Moved {
            from: left,
            joined: Some(joined),
        });
        frame::put_packet(&mut frames, &Packet::from(moved));
        frames.extend_from_slice(&lines);
        connection.send_all(&frames.freeze(), now);
        self.needs_drain.note(&connection);
        connection.note_moved();
        let put_in = self.put_in.entry(put.connection).or_default();
        // A client may send no request for long, while the game moves it on and on.
        put_in.retain(|(room, _)| !Rc::ptr_eq(room, &to) && room.borrow().has(put.connection));
        put_in.push((to, access));
        Ok(())
    }

    /// Joins a connection to the room that it is put into.
    fn join_put(
        &mut self,
        put: &Put,
        user: &User,
        connection: &Rc<Connection<W>>,
        at: Moment,
    ) -> Result<(SharedRoom<W>, Access, JoinSnapshot), NotPut> {
        let name = Arc::clone(&put.to.name);
        let rule = match self.rooms.get(&name) {
            Some(room) => {
                self.renew_rule(&room, at.unix_millis);
                Arc::clone(room.borrow().rule())
            }
            None => Arc::clone(self.rules.0.of(&name)),
        };
        let rights = connection.rights().invited_to(user.invitations());
        let access = Access::of(&rights, &name, &rule).ok_or(NotPut::Gone)?;
        let network = connection.wire().network();
        let open = || {
            let handle =
                (self.shared).open_room(&name, self.thread, network, &rule, None, at.now)?;
            handle.set_rule(&rule, at.unix_millis);
            Ok::<_, NotOpened>(Room::new(handle, Arc::clone(&rule), self.rules.1))
        };
        let room = (self.rooms.open(&name, open)).map_err(|_| NotPut::Unavailable)?;
        if room.borrow().has(put.connection) {
            self.fan_out_room(&room, at.now);
        }
        let name = user.name();
        let joining = Joining {
            id: user.id,
            name: &name,
            rights: &rights,
            position: Position::default(),
        };
        let replay = rule.replay.unwrap_or(self.shared.limits().replay);
        let joined = self.take_in(&room, connection, joining, (access, replay), None, at);
        let snapshot = joined.map_err(|RoomFull(most)| NotPut::Full(most))?;
        Ok((room, access, snapshot))
    }

    /// A connection was not put into the room to which its user was moved already.
    fn undo_move(&mut self, put: &Put) {
        let Some(from) = &put.from else {
            return;
        };
        if let Some(to) = self.shared.room_of(&put.to) {
            to.take_back(put.user, put.connection);
        }
        if let Some(room) = self.here(from)
            && room.borrow().has(put.connection)
            && let Some(user) = self.shared.users().by_id(put.user)
        {
            let from = Arc::clone(room.borrow().handle().state());
            from.bring_back(user.id, put.connection, user.name(), Protocol::V1);
        }
    }

    /// Takes a connection out of a room, and tells its client. Returns whether it was there.
    fn take_out(
        &mut self,
        room: &RoomRef,
        connection: ConnectionId,
        reason: RemovedReason,
        now: Instant,
    ) -> bool {
        let Some(room) = self.here(room) else {
            return false;
        };
        if !room.borrow().has(connection) {
            return false;
        }
        self.fan_out_room(&room, now);
        let needs_drain = &mut self.needs_drain;
        self.rooms.change(&room, |room| {
            room.take_out(connection, reason, None, now, needs_drain)
        });
        self.close_if_empty(&room, now);
        true
    }

    fn take_all_out(&mut self, room: &RoomRef, now: Instant) {
        let Some(room) = self.here(room) else {
            return;
        };
        self.fan_out_room(&room, now);
        let needs_drain = &mut self.needs_drain;
        self.rooms.change(&room, |room| {
            for connection in room.connections() {
                room.take_out(connection, RemovedReason::Closed, None, now, needs_drain);
            }
        });
        self.close_if_empty(&room, now);
    }

    /// This thread's half of a room, if the thread has it open.
    fn here(&self, room: &RoomRef) -> Option<SharedRoom<W>> {
        let here = self.rooms.get(&room.name)?;
        let is_same = here.borrow().handle().state().reference() == *room;
        is_same.then_some(here)
    }

    /// Forgets what a connection was put into that is over.
    pub(super) fn forget_put_in(&mut self, connection: ConnectionId) {
        self.put_in.remove(&connection);
    }
}
