//! One network thread's chat: the connections that come and go, what their clients
//! do in rooms, and what other threads send here. No runtime and no clock.
//!
//! Its sessions call it, and its worker. [`connections`] has the connections,
//! [`rooms`] the rooms.

mod connections;
mod room;
mod rooms;
mod subscribers;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::{Packet, Protocol, WhisperLine};

use crate::ids::{ConnectionId, UserId};
use crate::outgoing::close::Close;
use crate::outgoing::connection::{Connection, Deadlines, NeedsDrain};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::shared::history::NewMessage;
use crate::shared::join::{JoinSnapshot, Position};
use crate::shared::mailbox::ThreadMessage;
use crate::shared::name::Name;
use crate::shared::user::{ConnectionRef, Delivery, User};
use crate::shared::{LOBBY, RoomLimits, RoomsFull, Shared};
use crate::sync::moment::Moment;

use self::connections::Connections;
use self::rooms::Rooms;

pub(crate) use self::room::{Joining, Room};
pub use self::rooms::SharedRoom;

/// The connections and the rooms of one thread.
///
/// After each step, connections may have bytes waiting that no task writes yet:
/// [`Hub::take_needs_drain`] returns them.
#[derive(Debug)]
pub struct Hub<W> {
    /// What this thread shares with the others, and its number there.
    shared: Arc<Shared>,
    thread: usize,
    connections: Connections<W>,
    rooms: Rooms<W>,
    /// Connections with bytes that wait, and no task that writes them.
    needs_drain: NeedsDrain<W>,
}

impl<W: Wire> Hub<W> {
    /// The hub of one thread, without connections.
    #[must_use]
    pub fn new(shared: Arc<Shared>, thread: usize) -> Self {
        Self {
            shared,
            thread,
            connections: Connections::new(),
            rooms: Rooms::new(),
            needs_drain: NeedsDrain::default(),
        }
    }

    /// What this thread shares with the others.
    #[must_use]
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// A connection of this thread, as other threads name it.
    #[must_use]
    pub fn reference(&self, id: ConnectionId) -> ConnectionRef {
        ConnectionRef {
            thread: self.thread,
            id,
        }
    }

    /// Connects a client of the tutorial and joins it to the lobby. Its ID packet
    /// is the first thing it gets; by then it is in the lobby, and hears all that is
    /// said from then on: if it had its ID first, it could miss what a client of
    /// another thread says at that moment.
    pub fn connect_tutorial(
        &mut self,
        wire: W,
        max_waiting: usize,
        at: Moment,
    ) -> (Rc<Connection<W>>, SharedRoom<W>) {
        let connection = self.connect(Protocol::Tutorial, wire, max_waiting, at.now);
        let id = connection.id();
        let (room, _) = self
            .join(
                LOBBY,
                &connection,
                UserId::of(id),
                &Name::GUEST,
                Position::default(),
                at,
            )
            .expect("there is always a place for the lobby");
        connection.send_all(&frame::packet(&Packet::id(id.0)), at.now);
        self.needs_drain.note(&connection);
        (connection, room)
    }

    /// Adds a connection that is in no room. At most `max_waiting` bytes will wait for
    /// it.
    pub fn connect(
        &mut self,
        protocol: Protocol,
        wire: W,
        max_waiting: usize,
        now: Instant,
    ) -> Rc<Connection<W>> {
        let id = self.shared.add_connection(protocol);
        let connection = Rc::new(Connection::new(id, protocol, wire, max_waiting, now));
        self.connections.add(Rc::clone(&connection));
        connection
    }

    /// Forgets a connection that has left its rooms.
    pub fn disconnect(&mut self, id: ConnectionId) {
        self.connections.remove(id);
        self.shared.remove_connection(id);
    }

    /// How many connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// How many connections there were at most since the last call: a crowd may come
    /// and go between two calls of [`Hub::len`].
    pub fn take_peak(&mut self) -> usize {
        self.connections.take_peak()
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Joins a user to the room of this name over `connection`. Creates the room if it
    /// does not exist. The snapshot has what the client has missed since `position`.
    ///
    /// # Errors
    ///
    /// [`RoomsFull`].
    pub fn join(
        &mut self,
        room: &str,
        connection: &Rc<Connection<W>>,
        id: UserId,
        name: &Name,
        position: Position,
        at: Moment,
    ) -> Result<(SharedRoom<W>, JoinSnapshot), RoomsFull> {
        let open = || self.shared.open_room(room, self.thread);
        let room = self.rooms.open(room, open)?;
        let joining = Joining {
            id,
            name,
            position,
            replay: self.shared.limits().replay,
        };
        let join = |room: &mut Room<W>| room.join(connection, joining, at);
        let snapshot = self.rooms.change(&room, join);
        Ok((room, snapshot))
    }

    /// Takes a user's connection out of a room. An empty room goes, or keeps its
    /// history for a while.
    pub fn leave(
        &mut self,
        room: &SharedRoom<W>,
        id: UserId,
        connection: &Connection<W>,
        now: Instant,
    ) {
        self.rooms.change(room, |room| room.leave(id, connection));
        if room.borrow().is_empty() && self.rooms.close(room) {
            self.shared.close_room(room.borrow().handle(), now);
        }
    }

    /// Says something in a room at the next fan-out, over this connection.
    pub fn say(
        &mut self,
        room: &SharedRoom<W>,
        connection: ConnectionId,
        message: &NewMessage<'_>,
    ) {
        self.rooms
            .change_lines(room, |room| room.say(connection, message));
    }

    /// Gives a member another name in a room.
    pub fn rename(&mut self, room: &SharedRoom<W>, id: UserId, name: Name) {
        self.rooms.change(room, |room| room.rename(id, name));
    }

    /// Sends all that is pending in one room, before the fan-out of all rooms: what
    /// comes next for one of its connections is to be behind it.
    pub fn fan_out_room(&mut self, room: &SharedRoom<W>, now: Instant) {
        room.borrow_mut().fan_out(now, &mut self.needs_drain);
    }

    /// Whispers to a user, on whichever thread. The user keeps it for later if it has
    /// no connection.
    pub fn whisper(&mut self, user: &User, line: WhisperLine, now: Instant) {
        let delivery = user.whisper(line, self.shared.mailboxes());
        if let Some(Delivery { connection, frame }) = delivery {
            self.send(connection.id, &frame, now);
        }
    }

    /// Sends whole frames to a connection of this thread.
    fn send(&mut self, id: ConnectionId, frames: &Bytes, now: Instant) {
        (self.connections).send(id, frames, now, &mut self.needs_drain);
    }

    /// Closes a connection, on whichever thread, whose session goes on over another.
    pub fn replace(&mut self, connection: ConnectionRef, now: Instant) {
        let ConnectionRef { thread, id } = connection;
        if thread == self.thread {
            self.close_replaced(id, now);
        } else {
            let message = ThreadMessage::Replaced(id);
            self.shared.mailboxes().send(thread, message);
        }
    }

    fn close_replaced(&mut self, id: ConnectionId, now: Instant) {
        (self.connections).close(id, &Close::REPLACED, now, &mut self.needs_drain);
    }

    /// Whether something is pending in some room, or another thread has sent
    /// something.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        self.rooms.has_pending() || self.shared.mailboxes().has_messages(self.thread)
    }

    /// Whether some room has changes among its members to tell. Tell them a short time
    /// from now, so that changes that come together are told together.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.rooms.has_changes()
    }

    /// Has the next fan-out tell all changes.
    pub fn tell_changes(&mut self) {
        self.rooms.tell_changes();
    }

    /// Sends all that is pending in all rooms. There may be changes to tell then.
    pub fn fan_out(&mut self, now: Instant) {
        for message in self.shared.mailboxes().take(self.thread) {
            match message {
                ThreadMessage::Said(room) => self.rooms.take_inbox(&room),
                ThreadMessage::MembersChanged(room) => self.rooms.note_changes_of(&room),
                ThreadMessage::Deliver { connection, frames } => {
                    self.send(connection, &frames, now);
                }
                ThreadMessage::Replaced(connection) => self.close_replaced(connection, now),
            }
        }
        self.rooms.fan_out(now, &mut self.needs_drain);
    }

    /// Pings, closes and cuts what is due, see [`Connection::sweep`].
    pub fn sweep(&mut self, deadlines: &Deadlines, now: Instant) {
        self.connections
            .sweep(deadlines, now, &mut self.needs_drain);
    }

    /// Closes every connection, behind all that was said so far.
    pub fn close_all(&mut self, close: &Close, now: Instant) {
        self.fan_out(now);
        self.connections
            .close_all(close, now, &mut self.needs_drain);
    }

    /// Notes a connection that something was sent to, see [`Hub::take_needs_drain`].
    pub fn note_sent(&mut self, connection: &Rc<Connection<W>>) {
        self.needs_drain.note(connection);
    }

    /// Takes the connections that have bytes waiting and no task that writes them. The
    /// caller has to start one for each, see [`Connection::begin_drain`].
    #[must_use]
    pub fn take_needs_drain(&mut self) -> Vec<Rc<Connection<W>>> {
        self.needs_drain.take()
    }
}

impl<W: Wire> Default for Hub<W> {
    /// The hub of a server with one thread.
    fn default() -> Self {
        Self::new(Shared::new(1, RoomLimits::default()), 0)
    }
}

#[cfg(test)]
mod tests;
