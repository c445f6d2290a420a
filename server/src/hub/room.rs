//! One network thread's half of a room: its subscribers, and what was said and is not
//! sent yet.
//!
//! The room is the unit of order. A line is encoded and framed once in each protocol,
//! behind what is pending; one fan-out takes all that is pending and hands it to
//! every subscriber as one write.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::{Member, Protocol};

use crate::ids::{ConnectionId, UserId};
use crate::outgoing::connection::{Connection, NeedsDrain};
use crate::outgoing::outbox::Wire;
use crate::shared::history::NewMessage;
use crate::shared::inbox::Pending;
use crate::shared::join::{JoinSnapshot, Position};
use crate::shared::name::Name;
use crate::shared::room_state::{JoiningMember, Page, RoomHandle};
use crate::sync::moment::Moment;

use super::subscribers::Subscribers;

/// How much may be pending in a room before its speakers have to wait for the
/// fan-out, in bytes.
const MAX_PENDING: usize = 256 * 1024;

/// One thread's half of a room.
#[derive(Debug)]
pub struct Room<W> {
    /// The room as all threads share it.
    handle: RoomHandle,
    /// The room's connections on this thread, by [`Protocol`].
    subscribers: [Subscribers<W>; Protocol::COUNT],
}

/// How a user joins a room.
#[derive(Debug, Clone, Copy)]
pub struct Joining<'a> {
    /// The user.
    pub id: UserId,
    /// Its name.
    pub name: &'a Name,
    /// The last line that its client has.
    pub position: Position,
    /// The most lines it gets if the position is none of this room's.
    pub replay: usize,
}

impl<W: Wire> Room<W> {
    /// A room without subscribers.
    pub(crate) fn new(handle: RoomHandle) -> Self {
        Self {
            handle,
            subscribers: [Subscribers::new(), Subscribers::new()],
        }
    }

    /// The room's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        self.handle.name()
    }

    /// Adds a connection, which gets what is said from now on. What was said before
    /// is in the snapshot. A connection that is in the room already gets a snapshot
    /// anew, and what is pending is left out for it.
    pub fn join(
        &mut self,
        connection: &Rc<Connection<W>>,
        joining: Joining<'_>,
        at: Moment,
    ) -> JoinSnapshot {
        let protocol = connection.protocol();
        let member = JoiningMember {
            id: joining.id,
            connection: connection.id(),
            name: joining.name.clone(),
            protocol,
            is_again: self.subscribers[protocol as usize].has(connection.id()),
        };
        let Joining {
            position, replay, ..
        } = joining;
        let pending = pending(&mut self.subscribers);
        let snapshot = (self.handle).join(pending, &member, position, replay, at.unix_millis);
        self.subscribers[protocol as usize].join(Rc::clone(connection));
        snapshot
    }

    /// Removes a user's connection. What the user said last still goes to the
    /// others.
    pub fn leave(&mut self, id: UserId, connection: &Connection<W>) {
        let protocol = connection.protocol();
        if self.subscribers[protocol as usize].leave(connection.id()) {
            self.handle.leave(id, connection.id(), protocol);
        }
    }

    /// How many connections this half of the room has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.subscribers.iter().map(Subscribers::len).sum()
    }

    /// Whether this half of the room has no connections.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says something at the next fan-out, over this connection: to all clients of
    /// `guildhall.v1`, the speaker included, and to all clients of the tutorial but
    /// the speaker.
    pub fn say(&mut self, connection: ConnectionId, message: &NewMessage<'_>) {
        let start = self.handle.say(pending(&mut self.subscribers), message);
        self.subscribers[Protocol::Tutorial as usize].skip_own(connection, start);
    }

    /// Gives a member another name.
    pub fn rename(&self, id: UserId, name: Name) {
        self.handle.rename(id, name);
    }

    /// Tells the members what has changed among them, at the next fan-out.
    pub fn tell_changes(&mut self) {
        self.handle.tell_changes(pending(&mut self.subscribers));
    }

    /// Whether there are changes among the members that they are to be told.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.handle.has_changes()
    }

    /// Takes what was said on other threads, for the next fan-out.
    pub(crate) fn take_inbox(&mut self) {
        self.handle.take_inbox(pending(&mut self.subscribers));
    }

    /// Whether something is to be fanned out.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        let mut subscribers = self.subscribers.iter();
        subscribers.any(|subscribers| !subscribers.pending.is_empty())
    }

    /// Whether so much is pending, here or in another thread's inbox, that speakers
    /// have to wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let pending = self.subscribers.iter().map(|one| one.pending.len());
        pending.sum::<usize>().max(self.handle.backlog()) >= MAX_PENDING
    }

    /// How many members the room has, and which, unless they are too many.
    #[must_use]
    pub fn members(&self) -> (usize, Option<Vec<Member>>) {
        self.handle.members()
    }

    /// A page of the room's history: at most `most` lines before `before`, and no more
    /// than fit into `bytes`.
    #[must_use]
    pub fn page(&self, before: Position, most: usize, bytes: usize, at: Moment) -> Page {
        self.handle.page(before, most, bytes, at.unix_millis)
    }

    /// The room as all threads share it.
    pub(crate) fn handle(&self) -> &RoomHandle {
        &self.handle
    }

    /// Sends all that is pending to every connection.
    pub fn fan_out(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        for subscribers in &mut self.subscribers {
            subscribers.fan_out(now, needs_drain);
        }
    }
}

fn pending<W>(subscribers: &mut [Subscribers<W>; Protocol::COUNT]) -> Pending<'_> {
    subscribers.each_mut().map(|one| &mut one.pending)
}

#[cfg(test)]
mod tests;
