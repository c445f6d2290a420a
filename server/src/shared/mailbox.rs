//! One mailbox for each network thread: the messages that other threads send to it, and
//! the call that wakes it. A sender may hold the lock of a room or of a user; a mailbox
//! takes no other lock.

use std::sync::Arc;

use bytes::Bytes;

use crate::ids::{ConnectionId, UserId};
use crate::sync::lock::Lock;
use crate::sync::notify::Notify;

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
    /// The user of this connection is shown as something else now.
    UserChanged {
        /// The connection.
        connection: ConnectionId,
        /// Its user.
        user: UserId,
        /// Whether it has another name.
        is_renamed: bool,
    },
}

/// One thread's mailbox.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    messages: Lock<Vec<ThreadMessage>>,
    /// Notified when the thread has something to fan out, or a message.
    turn: Notify,
}

/// The mailboxes of all threads, by thread.
#[derive(Debug, Clone)]
pub struct Mailboxes(Arc<[Mailbox]>);

impl Mailboxes {
    /// Creates an empty mailbox for each of this many threads.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| Mailbox::default()).collect())
    }

    /// How many threads there are.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.0.len()
    }

    /// Whether there is only one thread, so that no messages are sent.
    #[must_use]
    pub(crate) fn is_single(&self) -> bool {
        self.0.len() == 1
    }

    /// The call that wakes this thread to fan out.
    pub(crate) fn turn(&self, thread: usize) -> &Notify {
        &self.0[thread].turn
    }

    /// Sends a message to a thread, and wakes it.
    pub(crate) fn send(&self, thread: usize, message: ThreadMessage) {
        let mailbox = &self.0[thread];
        mailbox.messages.lock().push(message);
        mailbox.turn.notify();
    }

    /// Whether there are messages for this thread.
    pub(crate) fn has_messages(&self, thread: usize) -> bool {
        !self.is_single() && !self.0[thread].messages.lock().is_empty()
    }

    /// Takes this thread's messages, oldest first.
    pub(crate) fn take(&self, thread: usize) -> Vec<ThreadMessage> {
        if self.is_single() {
            return Vec::new();
        }
        std::mem::take(&mut *self.0[thread].messages.lock())
    }

    /// Whether any mailbox has so many messages that clients that whisper have to wait.
    pub(crate) fn are_full(&self) -> bool {
        let is_full = |mailbox: &Mailbox| mailbox.messages.lock().len() >= MAX_MESSAGES;
        !self.is_single() && self.0.iter().any(is_full)
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
