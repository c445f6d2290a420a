//! The lines and changes of a room that come over no connection: from the game, from a moderator
//! for the whole room, or from the server. Any thread may add them. The threads' halves of the room
//! get them as they get the lines of other threads.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::BytesMut;
use guildhall_protocol::{Member, Protocol};

use crate::ids::{ConnectionId, UserId};
use crate::journal::{Entry, Journal, NewLine, Ordered};
use crate::outgoing::frame;
use crate::policy::Rule;
use crate::shared::counts::RoomActivity;
use crate::shared::history::NewMessage;
use crate::shared::inbox::Inbox;
use crate::shared::join::Position;
use crate::shared::mailbox::ThreadMessage;
use crate::shared::name::Name;
use crate::shared::orders::RoomRef;
use crate::shared::subscriber_kind::SubscriberKind;
use crate::sync::lock::MutexGuard;

use super::changes::NewChange;
use super::durable::{NotAdded, OutcomeSender, Waiting};
use super::{Inner, RoomState};

/// A room, as the game sees it.
#[allow(dead_code, reason = "the HTTP API reads it")]
#[derive(Debug, Clone)]
pub(crate) struct RoomFacts {
    pub(crate) name: Arc<str>,
    /// How many members it has.
    pub(crate) members: usize,
    /// The rule that holds for it.
    pub(crate) rule: Arc<Rule>,
    /// Whether its lines are kept when the server starts again.
    pub(crate) is_durable: bool,
    /// Its newest line.
    pub(crate) newest: Position,
}

impl RoomState {
    /// Says or does something in the room. `outcome` is told what has become of it: at once, or
    /// when the journal of a durable room has decided.
    pub(crate) fn say_outside(self: &Arc<Self>, message: &NewMessage<'_>, outcome: OutcomeSender) {
        if let Some(journal) = &self.journal {
            return self.append_outside(&**journal, message, false, outcome);
        }
        let inner = &mut *self.lock();
        let mut frames = <[BytesMut; SubscriberKind::COUNT]>::default();
        let [tutorial, v1, unlisted] = &mut frames;
        if message.change.is_some() {
            inner.history.append_sweep(message, v1);
        } else {
            inner.history.append(message, v1);
            if inner.has_subscribers(SubscriberKind::Tutorial) {
                frame::put_chat(tutorial, message.speaker.0, message.text);
            }
        }
        if let Some(feed) = &self.feed {
            feed.said(&self.name, message, inner.newest(self.epoch));
        }
        if inner.has_subscribers(SubscriberKind::V1Unlisted) {
            unlisted.extend_from_slice(v1);
        }
        self.put_into_all(inner, &mut frames);
        // Fails if nobody waits for it any more.
        let _ = outcome.send(Ok(inner.newest(self.epoch)));
    }

    /// Hands the journal a line or a change.
    fn append_outside(
        self: &Arc<Self>,
        journal: &dyn Journal,
        message: &NewMessage<'_>,
        may_change_others: bool,
        outcome: OutcomeSender,
    ) {
        let line = Box::new(message.line(&self.name, self.epoch));
        let room = Arc::clone(self) as Arc<dyn Ordered>;
        // Under the lock, so that both have the same order.
        let mut inner = self.lock();
        inner.undecided.push(Waiting::outside(outcome));
        journal.append(Entry::Line(NewLine {
            room,
            line,
            may_change_others,
        }));
    }

    /// Edits or removes a line of the room. `outcome` is told what has become of it: at once, or
    /// when the journal of a durable room has decided.
    pub(crate) fn change_outside(self: &Arc<Self>, change: &NewChange<'_>, outcome: OutcomeSender) {
        let NewChange { message, changing } = change;
        if let Some(journal) = &self.journal {
            return self.append_outside(&**journal, message, changing.may_change_others, outcome);
        }
        let inner = &mut *self.lock();
        let prepared =
            (inner.history).prepare(message, changing.may_change_others, changing.edit_within);
        let changed = prepared.map(|prepared| {
            let mut frames = <[BytesMut; SubscriberKind::COUNT]>::default();
            // Clients of the tutorial get nothing: to them, a change would be a message.
            let [_, v1, unlisted] = &mut frames;
            inner.history.carry_out(prepared, v1);
            if let Some(feed) = &self.feed {
                feed.said(&self.name, message, inner.newest(self.epoch));
            }
            if inner.has_subscribers(SubscriberKind::V1Unlisted) {
                unlisted.extend_from_slice(v1);
            }
            self.put_into_all(inner, &mut frames);
            inner.newest(self.epoch)
        });
        // Fails if nobody waits for it any more.
        let _ = outcome.send(changed.map_err(NotAdded::from));
    }

    /// Puts frames into the inboxes of all threads.
    pub(super) fn put_into_all(
        &self,
        inner: &mut Inner,
        frames: &mut [BytesMut; SubscriberKind::COUNT],
    ) {
        let frames = frames.each_mut();
        for (thread, inbox) in inner.inboxes.iter_mut().enumerate() {
            if inbox.put(&frames, [0; SubscriberKind::COUNT]) {
                let message = ThreadMessage::Said(Arc::clone(&self.name));
                self.mailboxes.send(thread, message);
            }
        }
    }

    /// The numbers that this user, or one with its account, has in the lines that are in memory.
    pub(crate) fn numbers_of(&self, user: UserId, account: &str) -> BTreeSet<UserId> {
        self.lock().history.numbers_of(user, account)
    }

    /// Whether the room's lines are kept by a journal.
    pub(crate) fn is_durable(&self) -> bool {
        self.journal.is_some()
    }

    /// Whether so much waits for the journal that whoever says something has to wait.
    pub(crate) fn is_full(&self) -> bool {
        self.journal
            .as_ref()
            .is_some_and(|journal| journal.is_full())
    }

    /// The room, as the game sees it.
    pub(crate) fn facts(&self) -> RoomFacts {
        let inner = &*self.lock();
        RoomFacts {
            name: Arc::clone(&self.name),
            members: inner.presence.len(),
            rule: Arc::clone(&inner.rule),
            is_durable: self.is_durable(),
            newest: inner.newest(self.epoch),
        }
    }

    /// How much is going on in the room, with the lines since this time in milliseconds since 1970.
    pub(crate) fn activity(&self, since: u64) -> RoomActivity {
        let inner = &*self.lock();
        RoomActivity {
            name: Arc::clone(&self.name),
            members: inner.presence.len(),
            lines: inner.history.lines_since(since),
            newest: inner.newest(self.epoch).seq,
        }
    }

    /// Which room it is.
    pub(crate) fn reference(&self) -> RoomRef {
        RoomRef {
            name: Arc::clone(&self.name),
            epoch: self.epoch,
        }
    }

    /// All members, in the order of their IDs: those behind `after`, and at most this many.
    pub(crate) fn members_after(&self, after: UserId, most: usize) -> Vec<Member> {
        self.lock().presence.after(after, most)
    }

    /// Whether the user is a member.
    pub(crate) fn has_member(&self, user: UserId) -> bool {
        self.lock().presence.has(user)
    }

    /// The threads that have the room open.
    pub(crate) fn open_threads(&self) -> Vec<usize> {
        let inner = self.lock();
        let inboxes = inner.inboxes.iter().enumerate();
        let open = inboxes.filter(|(_, inbox)| Inbox::is_open(inbox));
        open.map(|(thread, _)| thread).collect()
    }
}

/// Why nobody is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotMoved {
    /// The user is not in the room that it shall leave.
    NotThere,
    /// It is banned from the other one.
    Banned,
    /// The other room has as many members as it may have.
    Full(usize),
}

/// Moves members from one room into another as one step: whoever looks at both under their locks
/// sees each of them in one of the two. If `all` is set, all of them are moved or none. Their
/// connections follow: the caller tells their threads. Returns the outcome for each user.
pub(crate) fn move_members(
    from: &RoomState,
    to: &RoomState,
    users: &[Result<UserId, NotMoved>],
    all: bool,
) -> Vec<Result<(), NotMoved>> {
    let (mut of_from, mut of_to) = lock_both(from, to);
    let most = of_to.rule.max_members.unwrap_or(usize::MAX);
    let mut members = of_to.presence.len();
    let mut check = |user: &Result<UserId, NotMoved>| {
        let user = (*user)?;
        if !of_from.presence.has(user) {
            return Err(NotMoved::NotThere);
        }
        if !of_to.presence.has(user) {
            if members >= most {
                return Err(NotMoved::Full(most));
            }
            members += 1;
        }
        Ok(())
    };
    let outcomes: Vec<_> = users.iter().map(&mut check).collect();
    if all && outcomes.iter().any(Result::is_err) {
        return outcomes;
    }
    for (user, outcome) in users.iter().zip(&outcomes) {
        if let (Ok(user), Ok(())) = (user, outcome)
            && let Some(present) = of_from.presence.take(*user)
        {
            of_to.presence.put(*user, present);
        }
    }
    outcomes
}

/// Locks two rooms in the order of their names, so that two threads do not wait for each other.
fn lock_both<'a>(
    one: &'a RoomState,
    other: &'a RoomState,
) -> (MutexGuard<'a, Inner>, MutexGuard<'a, Inner>) {
    if one.name <= other.name {
        let one = one.lock();
        (one, other.lock())
    } else {
        let other = other.lock();
        (one.lock(), other)
    }
}

/// The members of two rooms at one moment, one behind the other.
#[cfg(test)]
pub(crate) fn members_of_both(one: &RoomState, other: &RoomState) -> Vec<u64> {
    let (one, other) = lock_both(one, other);
    let members = |inner: &Inner| inner.presence.after(UserId(0), usize::MAX);
    let both = members(&one).into_iter().chain(members(&other));
    both.map(|member| member.id).collect()
}

impl RoomState {
    /// A connection of the user is no member any more, although it was moved here.
    pub(crate) fn take_back(&self, user: UserId, connection: ConnectionId) {
        self.lock().presence.leave(user, connection);
    }

    /// It is one again, because it was not moved away after all.
    pub(crate) fn bring_back(
        &self,
        user: UserId,
        connection: ConnectionId,
        name: Name,
        protocol: Protocol,
    ) {
        self.lock().presence.join(user, connection, name, protocol);
    }
}
