//! What the network threads share of one room: the order of its lines, its history, its
//! members, and an inbox for each thread. Each thread's half of the room calls it, through
//! its [`RoomHandle`].
//!
//! A line that is said on one thread is put once into the inbox of each other thread that
//! has subscribers in the room, as a frame. The lock is held while a line is said, so all
//! threads have the same order. It is taken once for each line, whatever the number of
//! members.
//!
//! [`durable`] has what is another in a room whose lines a journal numbers and keeps, and
//! [`beyond`] what is read from the journal because it is not in memory.

pub(crate) mod beyond;
pub(crate) mod changes;
pub(crate) mod durable;
mod evidence;
pub(crate) mod inspect;
mod joining;
mod near;
pub(crate) mod outside;
mod rules;
mod sweeps;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use guildhall_protocol::{Member, Packet, PacketBody, Protocol};

use crate::events::LeaveReason;
use crate::ids::{ConnectionId, Epoch, Seq, UserId};
use crate::journal::Journal;
use crate::outgoing::frame;
use crate::policy::{Access, Action, Rule};
use crate::sync::lock::{Lock, MutexGuard};

use self::durable::{Durable, Undecided};
use self::near::Near;
pub(super) use self::rules::kept;
use self::sweeps::Sweeps;
use super::budget::RoomBudget;
use super::feed::Feed;
use super::history::{History, HistoryLimits, NewMessage};
use super::inbox::{Inbox, OwnLine, Pending};
use super::join::{JoinSnapshot, Joiner, OlderLines, Position, shown};
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
    epoch: Epoch,
    mailboxes: Mailboxes,
    /// Numbers and keeps what is said; `None`: the room does so itself, in memory.
    journal: Option<Arc<dyn Journal>>,
    /// The limits of a room's history without a rule.
    history: HistoryLimits,
    /// Says who hears whom, if not everybody hears everybody.
    near: Near,
    /// Tells the game what happens here, if it listens.
    feed: Option<Arc<Feed>>,
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
    /// The lines that the journal was handed and has not decided.
    undecided: Undecided,
    /// The last changes that have removed many lines.
    sweeps: Sweeps,
}

/// One thread's access to a room.
#[derive(Debug)]
pub(crate) struct RoomHandle {
    state: Arc<RoomState>,
    thread: usize,
    /// The lines of this thread's connections among those that were taken from the inbox.
    own: RefCell<Vec<OwnLine>>,
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
    /// The user's rights in the room.
    pub(crate) access: Access,
    /// Whether this connection has joined the room before.
    pub(crate) is_again: bool,
}

/// The room has as many members as it may have: this many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomFull(pub(crate) usize);

/// A page of a room's history.
#[derive(Debug)]
pub(crate) struct Page {
    /// The room's epoch.
    pub(crate) epoch: Epoch,
    /// The lines as frames, oldest first.
    pub(crate) frames: Bytes,
    /// Whether there are more lines that belong to the answer: before these, unless the page
    /// begins at a time.
    pub(crate) more: bool,
}

impl RoomState {
    /// A room without members, for which this rule holds. It is kept in memory only, or it is
    /// durable.
    pub(crate) fn new(
        name: &str,
        mailboxes: Mailboxes,
        limits: &RoomLimits,
        rule: &Arc<Rule>,
        durable: Option<Durable>,
    ) -> Self {
        let limits_here = kept(limits.history, rule, durable.is_some());
        let (journal, kept) = durable.map_or((None, None), Durable::into_parts);
        let history = match kept {
            Some(kept) => History::restored(name, limits_here, &kept),
            // Random, so that it differs from that of an earlier room with this name.
            None => History::new(name, Epoch(fastrand::u32(1..)), limits_here),
        };
        let inboxes = (0..mailboxes.threads()).map(|_| Inbox::default());
        Self {
            name: name.into(),
            epoch: history.epoch(),
            journal,
            near: Near::default(),
            inner: Lock::new(Inner {
                history,
                rule: Arc::clone(rule),
                slow_mode: SlowMode::default(),
                presence: Presence::default(),
                budget: RoomBudget::new(limits.room_rate),
                inboxes: inboxes.collect(),
                undecided: Undecided::default(),
                sweeps: Sweeps::default(),
            }),
            mailboxes,
            history: limits.history,
            feed: None,
        }
    }

    /// The same room, which tells the game what happens there, if there is a feed.
    pub(crate) fn with_feed(self, feed: Option<Arc<Feed>>) -> Self {
        Self { feed, ..self }
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
        Self {
            state,
            thread,
            own: RefCell::default(),
        }
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
        let has_lines = inner.history.last() != Seq(0) || !inner.undecided.is_empty();
        match other {
            Some(_) => Remaining::Members,
            None if has_lines => Remaining::Lines,
            None => Remaining::Nothing,
        }
    }

    /// The room, as all threads share it.
    pub(crate) fn state(&self) -> &Arc<RoomState> {
        &self.state
    }

    /// The room's name.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.state.name
    }

    /// Moves the frames of other threads from the inbox to the end of `pending`.
    pub(crate) fn take_inbox(&self, mut pending: Pending<'_>) {
        self.take(&mut self.lock(), &mut pending);
    }

    /// The same under the room's lock. Lines of this thread's connections are noted for
    /// [`RoomHandle::take_own`].
    fn take(&self, inner: &mut Inner, pending: &mut Pending<'_>) {
        inner.inboxes[self.thread].take(pending, &mut self.own.borrow_mut());
    }

    /// Spends what a message costs of what may be said in this room.
    ///
    /// # Errors
    ///
    /// How long the speaker has to wait until the message fits. Nothing is spent then.
    pub(crate) fn spend(&self, speaker: UserId, bytes: u64, now: Instant) -> Result<(), Duration> {
        self.lock().budget.spend(speaker, bytes, now)
    }

    /// Says `message` in a room that is kept in memory only, behind the lines of other threads.
    /// Returns the index where it begins
    /// in what is pending for clients of the tutorial.
    pub(crate) fn say(&self, mut pending: Pending<'_>, message: &NewMessage<'_>) -> usize {
        let inner = &mut *self.lock();
        self.take(inner, &mut pending);
        let starts = pending.each_ref().map(|pending| pending.len());
        let [tutorial, v1, _] = &mut pending;
        inner.history.append(message, v1);
        if let Some(feed) = &self.state.feed {
            feed.said(&self.state.name, message, inner.newest(self.state.epoch));
        }
        if inner.has_subscribers(SubscriberKind::Tutorial) {
            frame::put_chat(tutorial, message.speaker.0, message.text);
        }
        self.put_line_into_inboxes(inner, pending, starts);
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
        self.take(inner, &mut pending);
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

    /// Removes a member. The game is told of this reason, unless it was told why the connection
    /// ends, or that its session may be resumed.
    pub(crate) fn leave(
        &self,
        id: UserId,
        connection: ConnectionId,
        kind: SubscriberKind,
        reason: LeaveReason,
    ) {
        let inner = &mut *self.lock();
        inner.inboxes[self.thread].unsubscribe(kind);
        inner.presence.leave(id, connection);
        if let Some(feed) = &self.state.feed {
            feed.left(self.name(), connection, id, reason);
        }
        if self.state.journal.is_some() {
            self.answer_undecided(inner, connection);
        }
    }

    /// Gives a member another name.
    pub(crate) fn rename(&self, id: UserId, name: Name) {
        let inner = &mut *self.lock();
        if let Some(feed) = &self.state.feed {
            feed.renamed(self.name(), id, &name);
        }
        inner.presence.rename(id, name);
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

    /// Whether this user is a member, over any connection.
    pub(crate) fn has_user(&self, user: UserId) -> bool {
        self.lock().presence.has(user)
    }

    /// The position of the room's newest line.
    pub(crate) fn newest(&self) -> Position {
        let history = &self.lock().history;
        Position {
            epoch: history.epoch(),
            seq: history.last(),
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
    /// The position of the newest line.
    fn newest(&self, epoch: Epoch) -> Position {
        Position {
            epoch,
            seq: self.history.last(),
        }
    }

    /// Whether any thread has a subscriber of this kind.
    fn has_subscribers(&self, kind: SubscriberKind) -> bool {
        let mut inboxes = self.inboxes.iter();
        inboxes.any(|inbox| inbox.has_subscribers(kind))
    }
}

#[cfg(test)]
mod tests;
