//! One network thread's half of a room: its subscribers, and what is pending for them. The
//! hub and the sessions of its connections call it. [`recheck`] has what follows from another
//! rule, or from other rights of a member, [`changes`] what changes lines that were said, [`hiding`]
//! what members do not get, and [`catch_up`] what those get that read too slowly.
//!
//! All members of a room get its lines in the same order. A line is encoded and framed once
//! for each protocol, behind what is pending. A fan-out sends all that is pending to every
//! subscriber, with one write for each.

mod catch_up;
mod changes;
mod hiding;
mod recheck;
mod removal;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::Member;

use crate::events::LeaveReason;
use crate::ids::{ConnectionId, RequestId, UserId};
use crate::outgoing::connection::{Connection, NeedsDrain};
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Rights, Rule};
use crate::shared::history::NewMessage;
use crate::shared::inbox::{OwnLine, Pending};
use crate::shared::join::{JoinSnapshot, OlderLines, Position};
use crate::shared::name::Name;
use crate::shared::room_state::beyond::{PageRequest, Paged};
use crate::shared::room_state::durable::Speaking;
use crate::shared::room_state::{JoiningMember, RoomFull, RoomHandle};
use crate::shared::subscriber_kind::SubscriberKind;
use crate::shared::user::session::UserSession;
use crate::sync::moment::Moment;

use super::membership::Membership;
use super::sent::Sent;
use super::subscribers::Subscribers;

pub(crate) use self::recheck::{RecheckFrom, Rechecked};

/// How many bytes may be pending in a room before clients that say something have to wait
/// for the fan-out.
const MAX_PENDING: usize = 256 * 1024;

/// One thread's half of a room.
#[derive(Debug)]
pub struct Room<W> {
    /// This thread's handle of the room that all threads share.
    handle: RoomHandle,
    /// The room's connections on this thread, by [`SubscriberKind`].
    subscribers: [Subscribers<W>; SubscriberKind::COUNT],
    /// The room's rule.
    rule: Arc<Rule>,
    /// The version of the rules that it is from.
    rules_version: u32,
    /// Whether there may be members that were not told of the rule.
    is_rule_new: bool,
    /// The permissions of the last member that joined or was checked.
    last_membership: Option<Rc<Membership>>,
}

/// How a user joins a room.
#[derive(Debug, Clone, Copy)]
pub struct Joining<'a> {
    /// The user.
    pub id: UserId,
    /// The user's name.
    pub name: &'a Name,
    /// The user's rights, beyond those of everybody.
    pub rights: &'a Rights,
    /// The last line that the user's client has.
    pub position: Position,
}

impl<W: Wire> Room<W> {
    /// A room without subscribers, with a rule of these rules.
    pub(crate) fn new(handle: RoomHandle, rule: Arc<Rule>, rules_version: u32) -> Self {
        Self {
            handle,
            subscribers: SubscriberKind::ALL.map(Subscribers::new),
            rule,
            rules_version,
            is_rule_new: false,
            last_membership: None,
        }
    }

    /// The room's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        self.handle.name()
    }

    /// The room's rule.
    pub(crate) fn rule(&self) -> &Arc<Rule> {
        &self.rule
    }

    /// Adds a connection, which gets what is said from now on. The snapshot has what was
    /// said before, and at most `replay` lines if the user's position is not in this life of
    /// the room. A connection that is in the room already gets a new snapshot, and does
    /// not get what is pending. `older` lines were read for it.
    ///
    /// # Errors
    ///
    /// [`RoomFull`].
    pub(crate) fn join(
        &mut self,
        connection: &Rc<Connection<W>>,
        joining: Joining<'_>,
        access: Access,
        replay: usize,
        older: Option<OlderLines<'_>>,
        at: Moment,
    ) -> Result<JoinSnapshot, RoomFull> {
        let protocol = connection.protocol();
        let kind = SubscriberKind::of(protocol, access) as usize;
        let member = JoiningMember {
            id: joining.id,
            connection: connection.id(),
            name: joining.name.clone(),
            protocol,
            access: self.reading(access),
            is_again: self.subscribers[kind].has(connection.id()),
        };
        let pending = pending(&mut self.subscribers);
        let (position, now) = (joining.position, at.unix_millis);
        let snapshot = (self.handle).join(pending, &member, position, replay, older, now)?;
        let membership = self.membership(joining.rights, access);
        let id = joining.id;
        // Whom it blocks is said behind this.
        self.subscribers[kind].join(Rc::clone(connection), id, membership, None);
        Ok(snapshot)
    }

    /// The permissions of a member with these rights, by the room's rule: shared with the
    /// member before if they are the same.
    fn membership(&mut self, rights: &Rights, access: Access) -> Rc<Membership> {
        let is_same = |last: &&Rc<Membership>| {
            last.access == access && Arc::ptr_eq(&last.rule, &self.rule) && last.rights == *rights
        };
        if let Some(last) = self.last_membership.as_ref().filter(is_same) {
            return Rc::clone(last);
        }
        let membership = Rc::new(Membership {
            rights: rights.clone(),
            access,
            rule: Arc::clone(&self.rule),
        });
        self.last_membership = Some(Rc::clone(&membership));
        membership
    }

    /// Removes a member. Does nothing if it is not there. The game is told of this reason.
    pub(crate) fn leave_because(&mut self, connection: &Connection<W>, reason: LeaveReason) {
        for kind in SubscriberKind::ALL {
            if let Some(left) = self.subscribers[kind as usize].leave(connection.id()) {
                (self.handle).leave(left.user, connection.id(), kind, reason);
                return;
            }
        }
    }

    /// Whether this connection is in this half of the room.
    pub(crate) fn has(&self, connection: ConnectionId) -> bool {
        let mut subscribers = self.subscribers.iter();
        subscribers.any(|subscribers| subscribers.has(connection))
    }

    /// How many connections this half of the room has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.subscribers.iter().map(Subscribers::len).sum()
    }

    /// The connections in this half of the room.
    pub(crate) fn connections(&self) -> Vec<ConnectionId> {
        self.subscribers.iter().flat_map(Subscribers::ids).collect()
    }

    /// Whether this half of the room has no connections.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says a message over this connection. The next fan-out sends it to all clients of
    /// `guildhall.v1`, the speaker included, and to all clients of the tutorial except the
    /// speaker. `session` is the speaker's; `None` for a client of the tutorial. In a durable
    /// room, its journal is handed the message, and the fan-out comes when that has kept it.
    pub fn say(
        &mut self,
        connection: ConnectionId,
        session: Option<&Arc<UserSession>>,
        message: &NewMessage<'_>,
    ) {
        if self.handle.is_durable() {
            let speaking = Speaking {
                connection,
                session,
                changing: None,
            };
            return self.handle.hand_over(speaking, message);
        }
        let start = self.handle.say(pending(&mut self.subscribers), message);
        let tutorial = &mut self.subscribers[SubscriberKind::Tutorial as usize];
        tutorial.skip_own(connection, start..tutorial.pending.len());
        if message.nonce != RequestId(0) {
            self.note_said(connection, message.nonce);
        }
    }

    /// Notes what was said over this connection of a client of `guildhall.v1`.
    fn note_said(&mut self, connection: ConnectionId, nonce: RequestId) {
        let [_, v1, unlisted] = &mut self.subscribers;
        let is_unlisted = unlisted.len() > 0 && unlisted.has(connection);
        let speakers = if is_unlisted { unlisted } else { v1 };
        speakers.note_said(connection, nonce);
    }

    /// Notes the lines of this thread's connections among what came back from the journal.
    fn note_own(&mut self) {
        for own in self.handle.take_own() {
            self.note_own_line(own);
        }
    }

    fn note_own_line(&mut self, own: OwnLine) {
        if own.nonce.is_valid() {
            self.note_said(own.connection, own.nonce);
        } else {
            let tutorial = &mut self.subscribers[SubscriberKind::Tutorial as usize];
            tutorial.skip_own(own.connection, own.bytes);
        }
    }

    /// Whether the room's lines are kept by a journal.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.handle.is_durable()
    }

    /// Whether this connection cannot say anything in a durable room now, because too much of
    /// what was said waits for the journal.
    #[must_use]
    pub(crate) fn has_to_wait(&self, connection: ConnectionId) -> bool {
        self.handle.has_to_wait(connection)
    }

    /// Whether what was said over this connection waits for the journal.
    #[must_use]
    pub(crate) fn has_undecided(&self, connection: ConnectionId) -> bool {
        self.handle.has_undecided(connection)
    }

    /// How long a user has to wait in a room in which everybody waits for `every` between two
    /// messages.
    pub(crate) fn slow_wait(&self, speaker: UserId, every: Duration, now: Instant) -> Duration {
        self.handle.slow_wait(speaker, every, now)
    }

    /// This user has said nothing in slow mode, after all: it need not wait.
    pub(crate) fn give_turn_back(&self, speaker: UserId) {
        self.handle.give_turn_back(speaker);
    }

    /// Records that this user says something in such a room, if it need not wait.
    ///
    /// # Errors
    ///
    /// How long it has to wait.
    pub(crate) fn say_slowly(
        &self,
        speaker: UserId,
        every: Duration,
        now: Instant,
    ) -> Result<(), Duration> {
        self.handle.say_slowly(speaker, every, now)
    }

    /// Spends what a message costs of what may be said in the room.
    ///
    /// # Errors
    ///
    /// How long the speaker has to wait until the message fits.
    pub(crate) fn spend(&self, speaker: UserId, bytes: u64, now: Instant) -> Result<(), Duration> {
        self.handle.spend(speaker, bytes, now)
    }

    /// Gives a member another name.
    pub fn rename(&self, id: UserId, name: Name) {
        self.handle.rename(id, name);
    }

    /// Adds the changes among the members to what is pending.
    pub fn tell_changes(&mut self) {
        self.handle.tell_changes(pending(&mut self.subscribers));
    }

    /// Whether there are changes among the members to tell.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.handle.has_changes()
    }

    /// Adds the frames of other threads to what is pending.
    pub(crate) fn take_inbox(&mut self) {
        self.handle.take_inbox(pending(&mut self.subscribers));
    }

    /// Whether anything is pending.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        let mut subscribers = self.subscribers.iter();
        subscribers.any(|subscribers| !subscribers.pending.is_empty())
    }

    /// Whether so much is pending, here or in a thread's inbox, that clients that say
    /// something have to wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let pending = self.subscribers.iter().map(|one| one.pending.len());
        pending.sum::<usize>().max(self.handle.backlog()) >= MAX_PENDING
    }

    /// The position of the room's newest line.
    pub(crate) fn newest(&self) -> Position {
        self.handle.newest()
    }

    /// Returns the number of members, and the members; `None` if they are too many to be
    /// listed, or a client that may do this may not see them.
    #[must_use]
    pub fn members(&self, access: Access) -> (usize, Option<Vec<Member>>) {
        self.handle.members(access)
    }

    /// Returns a page of the lines that are in memory.
    #[cfg(test)]
    pub(crate) fn page(
        &self,
        before: Position,
        most: usize,
        bytes: usize,
        at: Moment,
    ) -> crate::shared::room_state::Page {
        self.handle.page(before, most, bytes, at.unix_millis)
    }

    /// Returns a page of the room's history, or what has to be read for it.
    pub(crate) fn paged(&self, request: &PageRequest, at: Moment) -> Paged {
        self.handle.paged(request, at.unix_millis)
    }

    /// This thread's handle of the room that all threads share.
    pub(crate) fn handle(&self) -> &RoomHandle {
        &self.handle
    }

    /// Sends all that is pending to every subscriber. Returns what was sent.
    pub fn fan_out(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) -> Sent {
        let mut sent = self.send_pending(now, needs_drain);
        let [_, v1, unlisted] = &mut self.subscribers;
        if v1.take_any_ready() | unlisted.take_any_ready() {
            sent += self.catch_up(now, needs_drain);
        }
        sent
    }

    /// Lets members catch up that were left out, also if nothing is said now.
    pub(crate) fn sweep(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) -> Sent {
        let mut sent = Sent::default();
        if self.has_left_out() {
            sent += self.send_pending(now, needs_drain);
            sent += self.catch_up(now, needs_drain);
        }
        sent
    }

    fn send_pending(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) -> Sent {
        if self.handle.is_durable() {
            self.note_own();
        }
        let hearing = self.handle.hearing();
        let mut sent = Sent::default();
        for subscribers in &mut self.subscribers {
            sent += subscribers.fan_out(hearing.as_deref(), now, needs_drain);
        }
        if self.has_left_out() {
            self.answer_left_out(now, needs_drain);
        }
        sent
    }
}

fn pending<W>(subscribers: &mut [Subscribers<W>; SubscriberKind::COUNT]) -> Pending<'_> {
    subscribers.each_mut().map(|one| &mut one.pending)
}

#[cfg(test)]
mod tests;
