//! One network thread's inbox of one room: the frames that other threads have put in and
//! the thread has not taken yet, and the number of the thread's subscribers. The room's
//! shared state calls it, under its lock.

use std::ops::Range;

use bytes::BytesMut;

use crate::ids::{ConnectionId, RequestId};

use super::subscriber_kind::SubscriberKind;

/// An emptied buffer with a capacity above this, in bytes, is not kept for later.
const KEEP_BUFFER: usize = 8 * 1024;

/// The pending frames of a thread's half of a room, by [`SubscriberKind`].
pub(crate) type Pending<'a> = [&'a mut BytesMut; SubscriberKind::COUNT];

/// A line among frames that a connection of the thread has said. The line came back from a
/// journal, as the lines of other threads do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnLine {
    /// The speaker's connection.
    pub(crate) connection: ConnectionId,
    /// The ID of the speaker's request; [`RequestId::NONE`] if it has no requests.
    pub(crate) nonce: RequestId,
    /// The range of the line in the frames for clients of the tutorial.
    pub(crate) bytes: Range<usize>,
}

/// One thread's inbox of one room.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Whether the thread has the room open.
    is_open: bool,
    /// How many subscribers the thread has, by kind.
    subscribers: [usize; SubscriberKind::COUNT],
    /// Frames, by kind. Empty for a kind without subscribers.
    frames: [BytesMut; SubscriberKind::COUNT],
    /// The lines in `frames` that connections of the thread have said.
    own: Vec<OwnLine>,
}

impl Inbox {
    /// The empty inbox of a thread that opens the room.
    pub(crate) fn open() -> Self {
        Self {
            is_open: true,
            ..Self::default()
        }
    }

    /// Whether the thread has the room open.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Counts a subscriber that joins.
    pub(crate) fn subscribe(&mut self, kind: SubscriberKind) {
        self.subscribers[kind as usize] += 1;
    }

    /// Counts a subscriber that leaves.
    pub(crate) fn unsubscribe(&mut self, kind: SubscriberKind) {
        self.subscribers[kind as usize] -= 1;
    }

    /// Whether the thread has a subscriber of this kind.
    pub(crate) fn has_subscribers(&self, kind: SubscriberKind) -> bool {
        self.subscribers[kind as usize] > 0
    }

    /// How many bytes are in the inbox.
    pub(crate) fn len(&self) -> usize {
        self.frames.iter().map(BytesMut::len).sum()
    }

    /// Puts in what was appended to `pending` behind `starts`, for each kind that the
    /// thread has subscribers for. Returns whether the thread has to be told, because its
    /// inbox was empty before and is not empty now.
    pub(crate) fn put(
        &mut self,
        pending: &Pending<'_>,
        starts: [usize; SubscriberKind::COUNT],
    ) -> bool {
        let before = self.len();
        for kind in 0..SubscriberKind::COUNT {
            if self.subscribers[kind] > 0 {
                self.frames[kind].extend_from_slice(&pending[kind][starts[kind]..]);
            }
        }
        before == 0 && self.len() > 0
    }

    /// The same for what is put in next by [`Inbox::put`], from the start of its frames on: a
    /// connection of this thread has said it.
    pub(crate) fn put_own(&mut self, mut line: OwnLine) {
        let start = self.frames[SubscriberKind::Tutorial as usize].len();
        line.bytes = start + line.bytes.start..start + line.bytes.end;
        self.own.push(line);
    }

    /// Removes the lines of a connection from those that are known as own ones, and returns the
    /// IDs of their requests.
    pub(crate) fn disown(&mut self, connection: ConnectionId) -> Vec<RequestId> {
        let is_of = |line: &mut OwnLine| line.connection == connection;
        let own = self.own.extract_if(.., is_of);
        own.map(|line| line.nonce).collect()
    }

    /// Drops what was appended to the thread's own `pending` behind `starts`, for each
    /// kind that the thread has no subscribers for.
    pub(crate) fn drop_unwanted(
        &self,
        pending: &mut Pending<'_>,
        starts: [usize; SubscriberKind::COUNT],
    ) {
        for kind in 0..SubscriberKind::COUNT {
            if self.subscribers[kind] == 0 {
                pending[kind].truncate(starts[kind]);
            }
        }
    }

    /// Moves the frames in the inbox to the end of `pending`, and the lines that connections
    /// of the thread have said to the end of `own`.
    pub(crate) fn take(&mut self, pending: &mut Pending<'_>, own: &mut Vec<OwnLine>) {
        if !self.own.is_empty() {
            let start = pending[SubscriberKind::Tutorial as usize].len();
            own.extend(self.own.drain(..).map(|line| OwnLine {
                bytes: start + line.bytes.start..start + line.bytes.end,
                ..line
            }));
        }
        for (pending, frames) in pending.iter_mut().zip(&mut self.frames) {
            pending.extend_from_slice(frames);
            if frames.capacity() > KEEP_BUFFER {
                *frames = BytesMut::new();
            }
            frames.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(inbox: &mut Inbox, bytes: &[u8]) -> bool {
        let mut pending = <[BytesMut; SubscriberKind::COUNT]>::default();
        for pending in &mut pending {
            pending.extend_from_slice(b"sent before.");
            pending.extend_from_slice(bytes);
        }
        inbox.put(&pending.each_mut(), [12; SubscriberKind::COUNT])
    }

    #[test]
    fn a_thread_gets_what_it_has_subscribers_for_and_is_told_once() {
        let mut inbox = Inbox::open();
        assert!(!put(&mut inbox, b"no subscriber"));
        inbox.subscribe(SubscriberKind::V1);
        assert!(put(&mut inbox, b"a"));
        assert!(!put(&mut inbox, b"b"));
        let mut pending = <[BytesMut; SubscriberKind::COUNT]>::default();
        inbox.take(&mut pending.each_mut(), &mut Vec::new());
        assert_eq!(pending, [&b""[..], b"ab", b""]);
        assert_eq!(inbox.len(), 0);
        inbox.unsubscribe(SubscriberKind::V1);
        assert!(!put(&mut inbox, b"c"));
    }

    #[test]
    fn a_large_buffer_is_not_kept() {
        let mut inbox = Inbox::open();
        inbox.subscribe(SubscriberKind::V1);
        put(&mut inbox, &vec![0; 4 * KEEP_BUFFER]);
        let mut pending = <[BytesMut; SubscriberKind::COUNT]>::default();
        inbox.take(&mut pending.each_mut(), &mut Vec::new());
        let capacity = inbox.frames.iter().map(BytesMut::capacity);
        assert!(capacity.sum::<usize>() <= KEEP_BUFFER);
    }
}
