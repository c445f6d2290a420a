//! One mailbox for each network thread: the messages that other threads send to it, and
//! the call that wakes it. A sender may hold the lock of a room or of a user; a mailbox
//! takes no other lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use crate::ids::{ConnectionId, UserId};
use crate::moderation::Sanction;
use crate::moderation::blocked::Blocked;
use crate::sync::lock::Lock;
use crate::sync::notify::Notify;

use super::orders::Order;

/// How many messages may be in a thread's mailbox before clients that whisper have to
/// wait.
pub(crate) const MAX_MESSAGES: usize = 1_024;

/// A message from one thread to another.
#[derive(Debug)]
pub(crate) enum ThreadMessage {
    /// The thread's inbox of this room was empty and is not empty now.
    Said(Arc<str>),
    /// The members of this room have changed, and this thread has to tell them: the
    /// sending thread has no members of the room left.
    MembersChanged(Arc<str>),
    /// Frames for one connection.
    Deliver {
        /// The connection.
        connection: ConnectionId,
        /// Whole frames.
        frames: Bytes,
    },
    /// The session of this connection was resumed over another one.
    Replaced(ConnectionId),
    /// A line of this client of the tutorial is not kept, so it was not said. The client has no
    /// way to be told.
    Unsaid(ConnectionId),
    /// An act has something to do on this thread.
    Order(Box<Order>),
    /// The user of this connection is shown as something else now.
    UserChanged {
        /// The connection.
        connection: ConnectionId,
        /// Its user.
        user: UserId,
        /// Whether it has another name.
        is_renamed: bool,
    },
    /// The user of this connection blocks others than before.
    BlocksChanged {
        /// The connection.
        connection: ConnectionId,
        /// All of them; `None`: nobody.
        blocked: Option<Arc<Blocked>>,
        /// A frame that tells the client.
        frame: Bytes,
    },
    /// A sanction was imposed or lifted, which may be about connections of this thread.
    Sanctioned(Box<SanctionChange>),
    /// The user with an account of this connection has other roles now.
    RolesChanged {
        /// The connection.
        connection: ConnectionId,
        /// The account of its user.
        account: Arc<str>,
    },
}

/// A sanction that was imposed or lifted.
#[derive(Debug)]
pub(crate) struct SanctionChange {
    pub(crate) sanction: Arc<Sanction>,
    pub(crate) is_lifted: bool,
    /// The connections of its user on this thread.
    pub(crate) connections: Vec<ConnectionId>,
}

/// One thread's mailbox.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    messages: Lock<Vec<ThreadMessage>>,
    /// Whether there may be messages: a thread looks at this first, which costs no lock.
    has_messages: AtomicBool,
    /// Notified when the thread has something to fan out, or a message.
    turn: Notify,
    /// Notified when the rules of rooms have changed.
    rules_changed: Notify,
}

/// The mailboxes of all threads, by thread.
#[derive(Debug, Clone)]
pub struct Mailboxes {
    by_thread: Arc<[Mailbox]>,
    /// Whether one network thread alone says something, so that what is said needs no message.
    /// The acts of moderators and of the game come as messages all the same.
    is_single: bool,
}

impl Mailboxes {
    /// Creates an empty mailbox for each of this many threads.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self {
            by_thread: (0..threads).map(|_| Mailbox::default()).collect(),
            is_single: threads == 1,
        }
    }

    /// The same for a server with a journal, whose threads send messages, too.
    pub(crate) fn beside_a_journal(threads: usize) -> Self {
        Self {
            is_single: false,
            ..Self::new(threads)
        }
    }

    /// How many threads there are.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.by_thread.len()
    }

    /// Whether nothing that is said is sent as a message, because there is only one thread.
    #[must_use]
    pub(crate) fn is_single(&self) -> bool {
        self.is_single
    }

    /// The call that wakes this thread to fan out.
    pub(crate) fn turn(&self, thread: usize) -> &Notify {
        &self.by_thread[thread].turn
    }

    /// Notified when the rules of rooms have changed, and this thread has to take them over.
    pub(crate) fn rules_changed(&self, thread: usize) -> &Notify {
        &self.by_thread[thread].rules_changed
    }

    /// Wakes all threads to take the rules of rooms over.
    pub(crate) fn notify_rules(&self) {
        for mailbox in self.by_thread.iter() {
            mailbox.rules_changed.notify();
        }
    }

    /// Sends a message to a thread, and wakes it.
    pub(crate) fn send(&self, thread: usize, message: ThreadMessage) {
        let mailbox = &self.by_thread[thread];
        {
            let mut messages = mailbox.messages.lock();
            messages.push(message);
            mailbox.has_messages.store(true, Ordering::Release);
        }
        mailbox.turn.notify();
    }

    /// Sends whole frames to a connection of a thread.
    pub(crate) fn deliver(&self, thread: usize, connection: ConnectionId, frames: Bytes) {
        self.send(thread, ThreadMessage::Deliver { connection, frames });
    }

    /// How many messages there are for this thread.
    pub(crate) fn len(&self, thread: usize) -> usize {
        self.by_thread[thread].messages.lock().len()
    }

    /// Whether there are messages for this thread.
    pub(crate) fn has_messages(&self, thread: usize) -> bool {
        self.by_thread[thread].has_messages.load(Ordering::Acquire)
    }

    /// Takes this thread's messages, oldest first.
    pub(crate) fn take(&self, thread: usize) -> Vec<ThreadMessage> {
        if !self.has_messages(thread) {
            return Vec::new();
        }
        let mailbox = &self.by_thread[thread];
        let mut messages = mailbox.messages.lock();
        mailbox.has_messages.store(false, Ordering::Release);
        std::mem::take(&mut *messages)
    }

    /// Whether any mailbox has so many messages that clients that whisper have to wait.
    pub(crate) fn are_full(&self) -> bool {
        let is_full = |mailbox: &Mailbox| mailbox.messages.lock().len() >= MAX_MESSAGES;
        !self.is_single() && self.by_thread.iter().any(is_full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_full_until_a_thread_takes_its_messages() {
        let mailboxes = Mailboxes::new(2);
        for _ in 0..MAX_MESSAGES {
            assert!(!mailboxes.are_full());
            mailboxes.send(1, ThreadMessage::Replaced(ConnectionId(1)));
        }
        assert!(mailboxes.are_full());
        mailboxes.take(1);
        assert!(!mailboxes.are_full());
    }
}
