//! How connections get into rooms of one thread, and out of them.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::{Packet, Protocol, SanctionKind};

use crate::accounts::Guests;
use crate::events::LeaveReason;
use crate::ids::ConnectionId;
use crate::journal::Read;
use crate::metrics::Joined as JoinKind;
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Rights};
use crate::shared::join::{JoinSnapshot, OlderLines, Position};
use crate::shared::lookup::Lookup;
use crate::shared::name::Name;
use crate::shared::opening::NotOpened;
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
    /// It is durable, and could not be read.
    #[error("the room could not be read")]
    Unavailable,
}

/// The outcome of a join that is not refused.
#[derive(Debug)]
pub(crate) enum JoinOutcome<W> {
    /// The room, what the user may do there, and what its client gets.
    Joined(SharedRoom<W>, Access, JoinSnapshot),
    /// This has to be read from the journal first.
    Read(Box<Read>),
}

impl From<RoomFull> for JoinError {
    fn from(RoomFull(most): RoomFull) -> Self {
        Self::Full(most)
    }
}

impl<W: Wire> Hub<W> {
    /// Adds a connection of a client of the tutorial, which has the rights of a guest, joins it
    /// to the lobby, and sends it its ID. The ID is the first packet that the client gets, and
    /// it is sent after the join: a client that has its ID gets all that is said from then on,
    /// on any thread. At most `max_waiting` bytes are queued for it. A client that may not be in
    /// the lobby is closed.
    pub fn connect_tutorial(
        &mut self,
        wire: W,
        max_waiting: usize,
        at: Moment,
    ) -> (Rc<Connection<W>>, Option<SharedRoom<W>>) {
        let connection = self.connect(Protocol::Tutorial, wire, max_waiting, at.now);
        if let Some(feed) = self.shared.feed() {
            feed.note_time(at);
            feed.user_seen(connection.id().user_id(), &Name::GUEST, Vec::new());
        }
        let lobby = match self.join_lobby(&connection, at) {
            Ok(lobby) => {
                let id = Packet::id(connection.id().0);
                connection.send_all(&frame::packet(&id), at.now);
                Some(lobby)
            }
            Err(close) => {
                connection.close(close, at.now);
                None
            }
        };
        self.needs_drain.note(&connection);
        (connection, lobby)
    }

    fn join_lobby(
        &mut self,
        connection: &Rc<Connection<W>>,
        at: Moment,
    ) -> Result<SharedRoom<W>, Close> {
        if self.shared.accounts().guests() == Guests::Deny {
            return Err(Close::NO_GUESTS);
        }
        let against = self.held_against(connection.id());
        if (against.find(SanctionKind::Ban, LOBBY, at.unix_millis)).is_some() {
            return Err(Close::BANNED_GUEST);
        }
        let joining = Joining {
            id: connection.id().user_id(),
            name: &Name::GUEST,
            rights: &Rights::default(),
            position: Position::default(),
        };
        match self.join(LOBBY, connection, joining, at) {
            Ok((lobby, ..)) => Ok(lobby),
            Err(JoinError::Forbidden) => Err(Close::NOT_IN_LOBBY),
            Err(JoinError::Full(_) | JoinError::Rooms(_) | JoinError::Unavailable) => {
                Err(Close::LOBBY_FULL)
            }
        }
    }

    /// Joins a user to the room with this name over `connection`. Creates the room if it does not
    /// exist. Returns what the user may do there, and a snapshot of what the client has missed
    /// since its position. It is for rooms that are in memory: see [`Hub::join_with`] for others.
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
        match self.join_with(room, connection, joining, &mut Lookup::default(), at)? {
            JoinOutcome::Joined(room, access, snapshot) => Ok((room, access, snapshot)),
            JoinOutcome::Read(_) => Err(JoinError::Unavailable),
        }
    }

    /// Joins a user as [`Hub::join`] does, or returns what has to be read from the journal first.
    /// `lookup` has what was read so far, and notes that more is read.
    ///
    /// # Errors
    ///
    /// [`JoinError`].
    pub(crate) fn join_with(
        &mut self,
        name: &str,
        connection: &Rc<Connection<W>>,
        joining: Joining<'_>,
        lookup: &mut Lookup,
        at: Moment,
    ) -> Result<JoinOutcome<W>, JoinError> {
        let rule = match self.rooms.get(name) {
            Some(room) => {
                self.renew_rule(&room, at.unix_millis);
                Arc::clone(room.borrow().rule())
            }
            None => Arc::clone(self.rules.0.of(name)),
        };
        // Before anything tells whether the room exists.
        let access = Access::of(joining.rights, name, &rule).ok_or(JoinError::Forbidden)?;
        let replay = rule.replay.unwrap_or(self.shared.limits().replay);
        let network = connection.wire().network();
        let open = || {
            let (read, now) = (lookup.take_room(), at.now);
            let handle = (self.shared).open_room(name, self.thread, network, &rule, read, now)?;
            handle.set_rule(&rule, at.unix_millis);
            Ok(Room::new(handle, Arc::clone(&rule), self.rules.1))
        };
        let room = match self.rooms.open(name, open) {
            Ok(room) => room,
            Err(NotOpened::Full(full)) => return Err(full.into()),
            Err(NotOpened::Unread(removals)) if lookup.reads_room(removals) => {
                let read = self.shared.read_of_room(name, &rule);
                return Ok(JoinOutcome::Read(Box::new(read)));
            }
            Err(NotOpened::Unread(_)) => return Err(JoinError::Unavailable),
        };
        let bytes = connection.room_in_half();
        if connection.protocol() == Protocol::V1 {
            let (position, read) = (joining.position, lookup.lines());
            let unread = {
                let room = room.borrow();
                (room.handle()).unread(room.reading(access), position, read, bytes)
            };
            if let Some(unread) = unread
                && lookup.reads_lines()
            {
                self.close_if_empty(&room, at.now);
                return Ok(JoinOutcome::Read(Box::new(Read::Lines(unread))));
            }
        }
        let older = lookup.lines().map(|lines| OlderLines { lines, bytes });
        let joined = self.take_in(&room, connection, joining, (access, replay), older, at)?;
        if connection.protocol() == Protocol::V1 {
            self.metrics
                .count_join(match (joined.resumed, &joined.gap) {
                    (false, _) => JoinKind::New,
                    (true, None) => JoinKind::Recovered,
                    (true, Some(_)) => JoinKind::Gap,
                });
        }
        Ok(JoinOutcome::Joined(room, access, joined))
    }

    /// Makes a connection a member of a room that the thread has open, with this access. It gets at
    /// most `replay` lines, and nothing of those whom its user blocks.
    ///
    /// # Errors
    ///
    /// [`RoomFull`].
    pub(super) fn take_in(
        &mut self,
        room: &SharedRoom<W>,
        connection: &Rc<Connection<W>>,
        joining: Joining<'_>,
        (access, replay): (Access, usize),
        older: Option<OlderLines<'_>>,
        at: Moment,
    ) -> Result<JoinSnapshot, RoomFull> {
        let user = self.shared.users().by_id(joining.id);
        let blocked = user.and_then(|user| user.blocked());
        let join = |room: &mut Room<W>| {
            let mut snapshot = room.join(connection, joining, access, replay, older, at)?;
            if let Some(blocked) = &blocked {
                snapshot.hide(blocked);
                room.set_blocked(connection.id(), Some(blocked));
            }
            Ok::<_, RoomFull>(snapshot)
        };
        if let Some(feed) = self.shared.feed() {
            feed.note_time(at);
        }
        let joined = self.rooms.change(room, join);
        if joined.is_err() {
            self.close_if_empty(room, at.now);
        }
        joined
    }

    /// Makes a connection leave a room. A room that is empty then is kept for a while
    /// with its history, and removed at once if it has none.
    pub fn leave(&mut self, room: &SharedRoom<W>, connection: &Connection<W>, now: Instant) {
        self.leave_because(room, connection, LeaveReason::Left, now);
    }

    /// The same. The game is told of this reason.
    pub(crate) fn leave_because(
        &mut self,
        room: &SharedRoom<W>,
        connection: &Connection<W>,
        reason: LeaveReason,
        now: Instant,
    ) {
        if let Some(feed) = self.shared.feed() {
            feed.advance(now);
        }
        self.rooms
            .change(room, |room| room.leave_because(connection, reason));
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
