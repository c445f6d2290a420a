//! The chat of one network thread: its connections, what their clients do in rooms, and the
//! messages from other threads. No runtime, no clock, and no lock of its own.
//!
//! The sessions of the thread and its worker call it. [`connections`] has the connections,
//! [`rooms`] the rooms, and [`rules`] what other rules and rights change in them.

mod blocks;
mod clients;
mod connections;
mod joining;
mod membership;
mod orders;
mod probe;
mod room;
mod rooms;
mod rules;
mod sanctions;
mod sent;
mod subscribers;
mod sweep;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::{GoingAway, Packet, PacketBody, Protocol, Renamed, WhisperLine};

use crate::ids::{ConnectionId, SessionId, UserId};
use crate::metrics::{ConnectionCounts, ThreadMetrics};
use crate::outgoing::close::Close;
use crate::outgoing::connection::{Connection, NeedsDrain};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::Rules;
use crate::shared::history::NewMessage;
use crate::shared::mailbox::ThreadMessage;
use crate::shared::name::Name;
use crate::shared::request_log::RequestStatus;
use crate::shared::room_state::changes::{ChangeRefused, NewChange};
use crate::shared::user::User;
use crate::shared::user::session::{ConnectionRef, Delivery, UserSession};
use crate::shared::users::ChangedUser;
use crate::shared::{RoomLimits, Shared};

use self::connections::Connections;
use self::rooms::Rooms;
use self::rules::Recheck;

pub(crate) use self::clients::{ClientFilter, ClientOrder, FoundClients};
pub use self::joining::JoinError;
pub(crate) use self::joining::JoinOutcome;
pub(crate) use self::orders::PutIn;
pub(crate) use self::probe::START as PROBE_ROOM;
pub use self::room::Joining;
pub(crate) use self::room::{Rechecked, Room};
pub use self::rooms::SharedRoom;

/// The connections and the rooms of one thread.
///
/// After each call, connections may have queued bytes that no task writes yet:
/// [`Hub::take_needs_drain`] returns them.
#[derive(Debug)]
pub struct Hub<W> {
    /// What this thread shares with the others.
    shared: Arc<Shared>,
    /// This thread's number.
    thread: usize,
    connections: Connections<W>,
    rooms: Rooms<W>,
    /// The rules of rooms, and their version.
    rules: (Arc<Rules>, u32),
    /// The rooms whose members have to be checked by new rules.
    recheck: Recheck<W>,
    /// Connections with queued bytes that no task writes yet.
    needs_drain: NeedsDrain<W>,
    /// The clients of the tutorial whose texts could not be kept.
    unsaid: Vec<ConnectionId>,
    /// The rooms that connections were put into, and whose sessions do not know of it yet.
    put_in: HashMap<ConnectionId, Vec<PutIn<W>>>,
    /// The counts of this thread.
    metrics: Arc<ThreadMetrics>,
    /// The connections that the sweep has counted so far.
    counting: ConnectionCounts,
}

impl<W: Wire> Hub<W> {
    /// The hub of one thread, without connections.
    #[must_use]
    pub fn new(shared: Arc<Shared>, thread: usize) -> Self {
        Self {
            rules: shared.rules(),
            metrics: Arc::clone(shared.metrics().thread(thread)),
            counting: ConnectionCounts::default(),
            shared,
            thread,
            connections: Connections::new(),
            rooms: Rooms::new(),
            recheck: Recheck::default(),
            needs_drain: NeedsDrain::default(),
            unsaid: Vec::new(),
            put_in: HashMap::new(),
        }
    }

    /// The counts of this thread.
    pub(crate) fn metrics(&self) -> &ThreadMetrics {
        &self.metrics
    }

    /// What this thread shares with the others.
    #[must_use]
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Returns the reference by which other threads reach a connection of this thread.
    #[must_use]
    pub fn reference(&self, id: ConnectionId) -> ConnectionRef {
        ConnectionRef {
            thread: self.thread,
            id,
        }
    }

    /// Adds a connection, which is in no room. At most `max_waiting` bytes are queued for
    /// it.
    pub fn connect(
        &mut self,
        protocol: Protocol,
        wire: W,
        max_waiting: usize,
        now: Instant,
    ) -> Rc<Connection<W>> {
        let id = self.shared.add_connection(protocol, wire.network());
        let connection = Rc::new(Connection::new(id, protocol, wire, max_waiting, now));
        self.connections.add(Rc::clone(&connection));
        connection
    }

    /// Removes a connection, which has left its rooms before.
    pub fn disconnect(&mut self, id: ConnectionId) {
        self.connections.remove(id);
        self.forget_put_in(id);
        self.shared.remove_connection(id);
    }

    /// How many connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// The most connections that there were since the last call.
    pub fn take_peak(&mut self) -> usize {
        self.connections.take_peak()
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says a message in a room, over this connection of a client without a session. It is sent
    /// at the next fan-out.
    pub fn say(
        &mut self,
        room: &SharedRoom<W>,
        connection: ConnectionId,
        message: &NewMessage<'_>,
    ) {
        self.metrics.lines.count();
        self.rooms
            .change_lines(room, |room| room.say(connection, None, message));
    }

    /// The same over a connection of this session. A durable room tells the session what has
    /// become of the message.
    pub(crate) fn say_in(
        &mut self,
        session: &Arc<UserSession>,
        room: &SharedRoom<W>,
        connection: ConnectionId,
        message: &NewMessage<'_>,
    ) {
        self.metrics.lines.count();
        self.rooms
            .change_lines(room, |room| room.say(connection, Some(session), message));
    }

    /// Changes a line in a room, over this connection of this session, see [`Room::change`].
    ///
    /// # Errors
    ///
    /// Why nothing changes.
    pub(crate) fn change(
        &mut self,
        session: &Arc<UserSession>,
        room: &SharedRoom<W>,
        connection: ConnectionId,
        change: &NewChange<'_>,
        record: impl FnOnce(bool) -> RequestStatus,
    ) -> Result<(), ChangeRefused> {
        let change = |room: &mut Room<W>| room.change(connection, session, change, record);
        self.rooms.change_lines(room, change)
    }

    /// Gives a member another name in a room.
    pub fn rename(&mut self, room: &SharedRoom<W>, id: UserId, name: Name) {
        self.rooms.change(room, |room| room.rename(id, name));
    }

    /// Sends all that is pending in one room now, so that what a connection is sent next
    /// comes behind it.
    pub fn fan_out_room(&mut self, room: &SharedRoom<W>, now: Instant) {
        if room.borrow().is_durable() {
            // The connection's own lines have come back from the journal.
            self.rooms.change_lines(room, Room::take_inbox);
        }
        let sent = room.borrow_mut().fan_out(now, &mut self.needs_drain);
        sent.add_to(&self.metrics);
    }

    /// Whispers to a user, whose connections may be on any thread, see [`User::whisper`].
    /// The whisper is kept for a session that is away.
    pub fn whisper(&mut self, user: &User, line: &WhisperLine, asked: SessionId, now: Instant) {
        let Self {
            shared,
            connections,
            needs_drain,
            ..
        } = self;
        let send = |Delivery { connection, frame }| {
            connections.send(connection.id, &frame, now, needs_drain);
        };
        user.whisper(line, asked, shared.mailboxes(), send);
    }

    /// Sends whole frames to a connection of this thread.
    fn send(&mut self, id: ConnectionId, frames: &Bytes, now: Instant) {
        (self.connections).send(id, frames, now, &mut self.needs_drain);
    }

    /// Sends whole frames to each of these connections, which may be on any thread.
    pub(crate) fn send_each(&mut self, to: &[ConnectionRef], frames: &Bytes, now: Instant) {
        for &ConnectionRef { thread, id } in to {
            if thread == self.thread {
                self.send(id, frames, now);
            } else {
                self.shared.mailboxes().deliver(thread, id, frames.clone());
            }
        }
    }

    /// Closes a connection of any thread, because its session was resumed over another one.
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

    /// Tells of each of these users, see [`Hub::tell_changed`].
    pub fn tell_all_changed(
        &mut self,
        changed: &[ChangedUser],
        but: Option<SessionId>,
        now: Instant,
    ) {
        for one in changed {
            self.tell_changed(one, but, now);
        }
    }

    /// Tells the rooms of a user's connections that it is shown as something else, and its
    /// clients if it has another name; not those of the session `but`. The connections may be
    /// on any thread.
    pub fn tell_changed(&mut self, changed: &ChangedUser, but: Option<SessionId>, now: Instant) {
        for ConnectionRef { thread, id } in changed.user.connections(but) {
            if thread == self.thread {
                self.user_changed(id, changed, now);
            } else {
                let message = ThreadMessage::UserChanged {
                    connection: id,
                    user: changed.user.id,
                    is_renamed: changed.is_renamed,
                };
                self.shared.mailboxes().send(thread, message);
            }
        }
    }

    /// The same for one connection of this thread. What the user is shown as is asked now, so
    /// that of two changes on two threads the later one counts.
    fn user_changed(&mut self, connection: ConnectionId, changed: &ChangedUser, now: Instant) {
        let (id, name) = (changed.user.id, changed.user.name());
        for room in self.rooms.of(connection) {
            self.rename(&room, id, name.clone());
        }
        if changed.is_renamed {
            let renamed = PacketBody::Renamed(Renamed { name: name.of(id) });
            let frame = frame::packet(&Packet::from(renamed));
            self.send(connection, &frame, now);
        }
    }

    /// Whether anything is pending in a room, or other threads have sent messages.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        self.rooms.has_pending() || self.shared.mailboxes().has_messages(self.thread)
    }

    /// Whether a room has changes among its members to tell. The caller tells them a short
    /// time later, so that changes that happen together are told together.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.changed_rooms() > 0
    }

    /// How many rooms have changes among their members to tell.
    #[must_use]
    pub fn changed_rooms(&self) -> usize {
        self.rooms.changed()
    }

    /// Adds all changes to what is pending, so that the next fan-out sends them.
    pub fn tell_changes(&mut self) {
        self.tell_changes_of(usize::MAX);
    }

    /// The same for the changes of at most `most` rooms.
    pub fn tell_changes_of(&mut self, most: usize) {
        self.rooms.tell_changes(most);
    }

    /// Handles the messages from other threads, and sends all that is pending in all rooms.
    /// Afterwards there may be changes to tell.
    pub fn fan_out(&mut self, now: Instant) {
        self.fan_out_to(usize::MAX, now);
    }

    /// The same for one room after the other, until they have at least `most` connections.
    /// The other rooms' lines stay pending. Returns how many connections they have.
    pub fn fan_out_to(&mut self, most: usize, now: Instant) -> usize {
        self.take_messages(now);
        let (connections, sent) = self.rooms.fan_out(most, now, &mut self.needs_drain);
        sent.add_to(&self.metrics);
        connections
    }

    /// Handles the messages from other threads.
    pub(crate) fn take_messages(&mut self, now: Instant) {
        for message in self.shared.mailboxes().take(self.thread) {
            match message {
                ThreadMessage::Said(room) => self.rooms.take_inbox(&room),
                ThreadMessage::MembersChanged(room) => self.rooms.note_changes_of(&room),
                ThreadMessage::Deliver { connection, frames } => {
                    self.send(connection, &frames, now);
                }
                ThreadMessage::Replaced(connection) => self.close_replaced(connection, now),
                ThreadMessage::Unsaid(connection) => self.unsaid.push(connection),
                ThreadMessage::Order(order) => self.carry_out(*order, now),
                ThreadMessage::UserChanged {
                    connection,
                    user,
                    is_renamed,
                } => {
                    if let Some(user) = self.shared.users().by_id(user) {
                        let changed = ChangedUser { user, is_renamed };
                        self.user_changed(connection, &changed, now);
                    }
                }
                ThreadMessage::Sanctioned(change) => self.sanctioned(&change, now),
                ThreadMessage::RolesChanged {
                    connection,
                    account,
                } => self.roles_changed(connection, &account, now),
                ThreadMessage::BlocksChanged {
                    connection,
                    blocked,
                    frame,
                } => {
                    self.set_blocked(connection, blocked.as_ref());
                    self.send(connection, &frame, now);
                }
            }
        }
    }

    /// Sends all that is pending, and closes every connection behind it because the server stops.
    /// Clients of `guildhall.v1` are told to come back after a random time of at most so many
    /// milliseconds.
    pub fn go_away(&mut self, return_within: u32, now: Instant) {
        self.fan_out(now);
        let farewell = frame::packet(&Packet::from(PacketBody::GoingAway(GoingAway {
            return_within,
        })));
        self.connections
            .go_away(&farewell, now, &mut self.needs_drain);
    }

    /// Takes the clients of the tutorial whose texts could not be kept, one for each text. They
    /// have no way to be told, so the caller notes them in the log.
    pub fn take_unsaid(&mut self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.unsaid)
    }

    /// Notes a connection after the caller sent something to it, see
    /// [`Hub::take_needs_drain`].
    pub fn note_sent(&mut self, connection: &Rc<Connection<W>>) {
        self.needs_drain.note(connection);
    }

    /// Takes the connections with queued bytes that no task writes yet. The caller has to
    /// start a task for each, see [`Connection::begin_drain`].
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
