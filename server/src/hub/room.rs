//! One network thread's half of a room: its subscribers, and what is pending for them. The
//! hub and the sessions of its connections call it. [`recheck`] has what follows from another
//! rule, or from other rights of a member.
//!
//! All members of a room get its lines in the same order. A line is encoded and framed once
//! for each protocol, behind what is pending. A fan-out sends all that is pending to every
//! subscriber, with one write for each.

mod recheck;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use guildhall_protocol::{Member, Packet, PacketBody, Repeated, Reply, ReplyResult};

use crate::ids::{ConnectionId, RequestId, UserId};
use crate::outgoing::connection::{Connection, NeedsDrain};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Rights, Rule};
use crate::shared::history::NewMessage;
use crate::shared::inbox::Pending;
use crate::shared::join::{JoinSnapshot, Position};
use crate::shared::name::Name;
use crate::shared::room_state::{JoiningMember, Page, RoomFull, RoomHandle};
use crate::shared::subscriber_kind::SubscriberKind;
use crate::sync::moment::Moment;

use super::membership::Membership;
use super::subscribers::Subscribers;

pub(crate) use self::recheck::{RecheckFrom, Rechecked};

/// How many bytes may be pending in a room before clients that say something have to wait
/// for the fan-out.
const MAX_PENDING: usize = 256 * 1024;

/// Which part of what may wait for a member it gets of the lines that it has missed.
const CATCH_UP_PART: usize = 4;

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
    /// What the last member that joined, or was checked, may do.
    last_membership: Option<Rc<Membership>>,
}

/// How a user joins a room.
#[derive(Debug, Clone, Copy)]
pub struct Joining<'a> {
    /// The user.
    pub id: UserId,
    /// The user's name.
    pub name: &'a Name,
    /// What the user may do that not everybody may.
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
    /// not get what is pending.
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
        at: Moment,
    ) -> Result<JoinSnapshot, RoomFull> {
        let protocol = connection.protocol();
        let kind = SubscriberKind::of(protocol, access) as usize;
        let member = JoiningMember {
            id: joining.id,
            connection: connection.id(),
            name: joining.name.clone(),
            protocol,
            access,
            is_again: self.subscribers[kind].has(connection.id()),
        };
        let pending = pending(&mut self.subscribers);
        let snapshot =
            (self.handle).join(pending, &member, joining.position, replay, at.unix_millis)?;
        let membership = self.membership(joining.rights, access);
        self.subscribers[kind].join(Rc::clone(connection), joining.id, membership);
        Ok(snapshot)
    }

    /// What a member with these rights may do, by the room's rule: shared with the one before
    /// if that is the same.
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

    /// Removes a connection. The other members still get its user's last lines. Does nothing
    /// if the connection is not in the room.
    pub(crate) fn leave(&mut self, connection: &Connection<W>) {
        for kind in SubscriberKind::ALL {
            if let Some(left) = self.subscribers[kind as usize].leave(connection.id()) {
                self.handle.leave(left.user, connection.id(), kind);
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

    /// Whether this half of the room has no connections.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says a message over this connection. The next fan-out sends it to all clients of
    /// `guildhall.v1`, the speaker included, and to all clients of the tutorial except the
    /// speaker.
    pub fn say(&mut self, connection: ConnectionId, message: &NewMessage<'_>) {
        let start = self.handle.say(pending(&mut self.subscribers), message);
        self.subscribers[SubscriberKind::Tutorial as usize].skip_own(connection, start);
        if message.nonce != RequestId(0) {
            let [_, v1, unlisted] = &mut self.subscribers;
            let is_unlisted = unlisted.len() > 0 && unlisted.has(connection);
            let speakers = if is_unlisted { unlisted } else { v1 };
            speakers.note_said(connection, message.nonce);
        }
    }

    /// How long a user has to wait in a room in which everybody waits for `every` between two
    /// messages.
    pub(crate) fn slow_wait(&self, speaker: UserId, every: Duration, now: Instant) -> Duration {
        self.handle.slow_wait(speaker, every, now)
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

    /// Returns the number of members, and the members; `None` if they are too many to be
    /// listed, or a client that may do this may not see them.
    #[must_use]
    pub fn members(&self, access: Access) -> (usize, Option<Vec<Member>>) {
        self.handle.members(access)
    }

    /// Returns a page of the room's history: at most `most` lines before `before`, and no
    /// more than fit into `bytes` bytes.
    #[must_use]
    pub fn page(&self, before: Position, most: usize, bytes: usize, at: Moment) -> Page {
        self.handle.page(before, most, bytes, at.unix_millis)
    }

    /// This thread's handle of the room that all threads share.
    pub(crate) fn handle(&self) -> &RoomHandle {
        &self.handle
    }

    /// Sends all that is pending to every subscriber.
    pub fn fan_out(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        self.send_pending(now, needs_drain);
        let [_, v1, unlisted] = &mut self.subscribers;
        if v1.take_any_ready() | unlisted.take_any_ready() {
            self.catch_up(now, needs_drain);
        }
    }

    /// Lets members catch up that were left out, also if nothing is said now.
    pub(crate) fn sweep(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        if self.has_left_out() {
            self.send_pending(now, needs_drain);
            self.catch_up(now, needs_drain);
        }
    }

    fn send_pending(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        for subscribers in &mut self.subscribers {
            subscribers.fan_out(now, needs_drain);
        }
        if self.has_left_out() {
            self.answer_left_out(now, needs_drain);
        }
    }

    /// Whether a member of this half of the room is left out of fan-outs because it reads too
    /// slowly.
    #[must_use]
    pub(crate) fn has_left_out(&self) -> bool {
        self.subscribers.iter().any(Subscribers::has_left_out)
    }

    /// Tells the members what they have missed that were left out and have read nearly
    /// all that waited for them. From now on, they get what is said.
    fn catch_up(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        for kind in SubscriberKind::OF_V1.map(|kind| kind as usize) {
            for (id, missed) in self.subscribers[kind].caught_up() {
                // It is added again below.
                let Some(subscriber) = self.subscribers[kind].leave(id) else {
                    continue;
                };
                let Membership { access, rule, .. } = &*subscriber.membership;
                let connection = subscriber.connection;
                let most = connection.max_waiting() / CATCH_UP_PART;
                let pending = pending(&mut self.subscribers);
                let snapshot = (self.handle).catch_up(pending, *access, missed, most);
                let lines = snapshot.lines.clone();
                let settings = access.settings(rule);
                let message = snapshot.message(self.name().to_string(), settings);
                let mut frames = BytesMut::new();
                frame::put_packet(&mut frames, &Packet::from(PacketBody::CatchUp(message)));
                frames.extend_from_slice(&lines);
                connection.send_all(&frames.freeze(), now);
                needs_drain.note(&connection);
                self.subscribers[kind].join(connection, subscriber.user, subscriber.membership);
            }
        }
        // The lines of other threads, said meanwhile.
        self.send_pending(now, needs_drain);
    }

    /// Answers the says of members that are left out, whose own lines would be the answers.
    fn answer_left_out(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        for subscribers in &mut self.subscribers {
            for (connection, nonce) in subscribers.take_unanswered() {
                let reply = Packet::from(PacketBody::Reply(Reply {
                    id: nonce.0,
                    result: Some(ReplyResult::Repeated(Repeated {})),
                }));
                connection.send_all(&frame::packet(&reply), now);
                needs_drain.note(&connection);
            }
        }
    }
}

fn pending<W>(subscribers: &mut [Subscribers<W>; SubscriberKind::COUNT]) -> Pending<'_> {
    subscribers.each_mut().map(|one| &mut one.pending)
}

#[cfg(test)]
mod tests;
