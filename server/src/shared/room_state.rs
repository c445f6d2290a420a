//! What the network threads share of one room: the order of its lines, its history, its
//! members, and an inbox for each thread. Each thread's half of the room calls it, through
//! its [`RoomHandle`].
//!
//! A line that is said on one thread is put once into the inbox of each other thread that
//! has subscribers in the room, as a frame. The lock is held while a line is said, so all
//! threads have the same order. It is taken once for each line, whatever the number of
//! members.

mod rules;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use guildhall_protocol::{Member, Packet, PacketBody, Protocol};

use crate::ids::{ConnectionId, Epoch, Seq, UserId};
use crate::outgoing::frame;
use crate::policy::{Access, Rule};
use crate::sync::lock::{Lock, MutexGuard};

use self::rules::kept;
use super::budget::RoomBudget;
use super::history::{History, HistoryLimits, NewMessage};
use super::inbox::{Inbox, Pending};
use super::join::{JoinSnapshot, Joiner, Position, shown};
use super::limits::RoomLimits;
use super::mailbox::{Mailboxes, ThreadMessage};
use super::name::Name;
use super::presence::Presence;
use super::slow_mode::SlowMode;
use super::subscriber_kind::SubscriberKind;

/// One room, as all threads share it.
#[derive(Debug)]
pub(crate) struct RoomState {
    name: Arc<str>,
    mailboxes: Mailboxes,
    /// What a room keeps without a rule.
    history: HistoryLimits,
    inner: Lock<Inner>,
}

#[derive(Debug)]
struct Inner {
    history: History,
    presence: Presence,
    budget: RoomBudget,
    /// The rule that holds for the room.
    rule: Arc<Rule>,
    slow_mode: SlowMode,
    /// The inbox of each thread.
    inboxes: Vec<Inbox>,
}

/// One thread's access to a room.
#[derive(Debug)]
pub(crate) struct RoomHandle {
    state: Arc<RoomState>,
    thread: usize,
}

/// What is left of a room that a thread has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remaining {
    /// Members on other threads.
    Members,
    /// No members, but lines.
    Lines,
    /// Neither members nor lines.
    Nothing,
}

/// A user that joins a room.
#[derive(Debug)]
pub(crate) struct JoiningMember {
    /// The user.
    pub(crate) id: UserId,
    /// The user's connection.
    pub(crate) connection: ConnectionId,
    /// The user's name.
    pub(crate) name: Name,
    /// The protocol that the connection speaks.
    pub(crate) protocol: Protocol,
    /// What the user may do in the room.
    pub(crate) access: Access,
    /// Whether this connection has joined the room before.
    pub(crate) is_again: bool,
}

/// The room has as many members as it may have: this many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomFull(pub(crate) usize);

/// A page of a room's history.
#[derive(Debug)]
pub struct Page {
    /// The room's epoch.
    pub epoch: Epoch,
    /// The lines as frames, oldest first.
    pub frames: Bytes,
    /// Whether there are lines before them.
    pub more: bool,
}

impl RoomState {
    /// A room without members, for which this rule holds.
    pub(crate) fn new(
        name: &str,
        mailboxes: Mailboxes,
        limits: &RoomLimits,
        rule: &Arc<Rule>,
    ) -> Self {
        // Random, so that it differs from that of an earlier room with this name.
        let epoch = Epoch(fastrand::u32(1..));
        let inboxes = (0..mailboxes.threads()).map(|_| Inbox::default());
        Self {
            name: name.into(),
            inner: Lock::new(Inner {
                history: History::new(name, epoch, kept(limits.history, rule)),
                rule: Arc::clone(rule),
                slow_mode: SlowMode::default(),
                presence: Presence::default(),
                budget: RoomBudget::new(limits.room_rate),
                inboxes: inboxes.collect(),
            }),
            mailboxes,
            history: limits.history,
        }
    }

    /// The room's name.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// How many members the room has, and its rule.
    pub(crate) fn members(&self) -> (usize, Arc<Rule>) {
        let inner = self.lock();
        (inner.presence.len(), Arc::clone(&inner.rule))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }
}

impl RoomHandle {
    /// Opens the room on this thread.
    pub(crate) fn open(state: Arc<RoomState>, thread: usize) -> Self {
        state.lock().inboxes[thread] = Inbox::open();
        Self { state, thread }
    }

    /// Closes the room on this thread, because its last member there has left. Another
    /// thread that has the room open tells its members. Returns what is left of the room.
    #[must_use]
    pub(crate) fn close(&self) -> Remaining {
        let mut inner = self.lock();
        inner.inboxes[self.thread] = Inbox::default();
        let other = inner.inboxes.iter().position(Inbox::is_open);
        if let Some(other) = other
            && inner.presence.has_changes()
        {
            self.send(other, ThreadMessage::MembersChanged);
        }
        match (other, inner.history.last().0) {
            (Some(_), _) => Remaining::Members,
            (None, 0) => Remaining::Nothing,
            (None, _) => Remaining::Lines,
        }
    }

    /// The room's name.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.state.name
    }

    /// Moves the frames of other threads from the inbox to the end of `pending`.
    pub(crate) fn take_inbox(&self, mut pending: Pending<'_>) {
        self.lock().inboxes[self.thread].take(&mut pending);
    }

    /// Spends what a message costs of what may be said in this room.
    ///
    /// # Errors
    ///
    /// How long the speaker has to wait until the message fits. Nothing is spent then.
    pub(crate) fn spend(&self, speaker: UserId, bytes: u64, now: Instant) -> Result<(), Duration> {
        self.lock().budget.spend(speaker, bytes, now)
    }

    /// Says `message`, behind the lines of other threads. Returns the index where it begins
    /// in what is pending for clients of the tutorial.
    pub(crate) fn say(&self, mut pending: Pending<'_>, message: &NewMessage<'_>) -> usize {
        let inner = &mut *self.lock();
        inner.inboxes[self.thread].take(&mut pending);
        let starts = pending.each_ref().map(|pending| pending.len());
        let [tutorial, v1, unlisted] = &mut pending;
        inner.history.append(message, v1);
        if inner.has_subscribers(SubscriberKind::V1Unlisted) {
            // The same frame: only what is told of members is not the same.
            unlisted.extend_from_slice(&v1[starts[SubscriberKind::V1 as usize]..]);
        }
        if inner.has_subscribers(SubscriberKind::Tutorial) {
            frame::put_chat(tutorial, message.speaker.0, message.text);
        }
        self.put_into_inboxes(inner, &mut pending, starts);
        starts[SubscriberKind::Tutorial as usize]
    }

    /// Tells the members of the changes among them, if they understand the message.
    pub(crate) fn tell_changes(&self, mut pending: Pending<'_>) {
        let inner = &mut *self.lock();
        if !inner.presence.has_changes() {
            return;
        }
        let changes = inner.presence.take_changes(&self.state.name);
        if changes.listed.is_none() && changes.unlisted.is_none() {
            return;
        }
        inner.inboxes[self.thread].take(&mut pending);
        let starts = pending.each_ref().map(|pending| pending.len());
        let told = [
            (SubscriberKind::V1, changes.listed),
            (SubscriberKind::V1Unlisted, changes.unlisted),
        ];
        for (kind, message) in told {
            if let Some(message) = message
                && inner.has_subscribers(kind)
            {
                let packet = Packet::from(PacketBody::Presence(message));
                frame::put_packet(pending[kind as usize], &packet);
            }
        }
        self.put_into_inboxes(inner, &mut pending, starts);
    }

    /// Puts what was appended to `pending` behind `starts` into the other threads'
    /// inboxes, and drops what has no subscriber on this thread.
    fn put_into_inboxes(
        &self,
        inner: &mut Inner,
        pending: &mut Pending<'_>,
        starts: [usize; SubscriberKind::COUNT],
    ) {
        for (thread, inbox) in inner.inboxes.iter_mut().enumerate() {
            if thread == self.thread {
                continue;
            }
            if inbox.put(pending, starts) {
                self.send(thread, ThreadMessage::Said);
            }
        }
        inner.inboxes[self.thread].drop_unwanted(pending, starts);
    }

    fn send(&self, thread: usize, message: fn(Arc<str>) -> ThreadMessage) {
        let message = message(Arc::clone(&self.state.name));
        self.state.mailboxes.send(thread, message);
    }

    /// Adds a member. The snapshot includes all that is pending.
    ///
    /// # Errors
    ///
    /// [`RoomFull`].
    pub(crate) fn join(
        &self,
        mut pending: Pending<'_>,
        joining: &JoiningMember,
        position: Position,
        replay: usize,
        unix_millis: u64,
    ) -> Result<JoinSnapshot, RoomFull> {
        let inner = &mut *self.lock();
        if let Some(most) = inner.rule.max_members
            && inner.presence.len() >= most
            && !inner.presence.has(joining.id)
        {
            return Err(RoomFull(most));
        }
        inner.inboxes[self.thread].take(&mut pending);
        let protocol = joining.protocol;
        if !joining.is_again {
            let kind = SubscriberKind::of(protocol, joining.access);
            inner.inboxes[self.thread].subscribe(kind);
            let name = joining.name.clone();
            (inner.presence).join(joining.id, joining.connection, name, protocol);
        }
        let Inner {
            history, presence, ..
        } = inner;
        let joiner = Joiner {
            protocol,
            access: joining.access,
            position,
            replay,
        };
        Ok(JoinSnapshot::new(history, presence, &joiner, unix_millis))
    }

    /// What a member of `guildhall.v1` gets that was left out since the line `missed`; if
    /// that is 0, since what is pending. The snapshot includes all that is pending. It has
    /// at most `bytes` bytes of lines.
    pub(crate) fn catch_up(
        &self,
        mut pending: Pending<'_>,
        access: Access,
        missed: Seq,
        bytes: usize,
    ) -> JoinSnapshot {
        let inner = &mut *self.lock();
        inner.inboxes[self.thread].take(&mut pending);
        let Inner {
            history, presence, ..
        } = inner;
        let kind = SubscriberKind::of(Protocol::V1, access);
        let missed = match missed {
            Seq(0) => frame::first_line(pending[kind as usize])
                .map_or(history.last().next(), |line| Seq(line.seq)),
            missed => missed,
        };
        JoinSnapshot::after(history, presence, access, missed.previous(), bytes)
    }

    /// Removes a member.
    pub(crate) fn leave(&self, id: UserId, connection: ConnectionId, kind: SubscriberKind) {
        let mut inner = self.lock();
        inner.inboxes[self.thread].unsubscribe(kind);
        inner.presence.leave(id, connection);
    }

    /// Gives a member another name.
    pub(crate) fn rename(&self, id: UserId, name: Name) {
        self.lock().presence.rename(id, name);
    }

    /// Whether there are changes among the members to tell.
    pub(crate) fn has_changes(&self) -> bool {
        self.lock().presence.has_changes()
    }

    /// Returns the number of members, and the members; `None` if they are too many to be
    /// listed, or a client that may do this may not see them.
    pub(crate) fn members(&self, access: Access) -> (usize, Option<Vec<Member>>) {
        let presence = &mut self.lock().presence;
        (presence.len(), shown(presence, access))
    }

    /// Returns the lines before `before`, see [`History::page`]. The page is empty if that
    /// is a position of another epoch. `unix_millis` is the time, in milliseconds since
    /// 1970.
    pub(crate) fn page(
        &self,
        before: Position,
        most: usize,
        bytes: usize,
        unix_millis: u64,
    ) -> Page {
        let history = &mut self.lock().history;
        history.forget_old(unix_millis);
        let epoch = history.epoch();
        let (frames, more) = if before.seq.0 == 0 || before.epoch == epoch {
            history.page(before.seq, most, bytes)
        } else {
            (Bytes::new(), false)
        };
        Page {
            epoch,
            frames,
            more,
        }
    }

    /// How many bytes are in the fullest inbox.
    pub(crate) fn backlog(&self) -> usize {
        if self.state.mailboxes.is_single() {
            return 0;
        }
        let inner = self.lock();
        inner.inboxes.iter().map(Inbox::len).max().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.state.lock()
    }
}

impl Inner {
    /// Whether any thread has a subscriber of this kind.
    fn has_subscribers(&self, kind: SubscriberKind) -> bool {
        let mut inboxes = self.inboxes.iter();
        inboxes.any(|inbox| inbox.has_subscribers(kind))
    }
}

#[cfg(test)]
mod tests;
