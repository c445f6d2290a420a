//! What the network threads share of one room: the order of its lines, its history, its
//! members, and an inbox for each thread. Each thread's half of the room calls it, through
//! its [`RoomHandle`].
//!
//! A line that is said on one thread is put once into the inbox of each other thread that
//! has subscribers in the room, as a frame. The lock is held while a line is said, so all
//! threads have the same order. It is taken once for each line, whatever the number of
//! members.

use std::sync::Arc;

use bytes::Bytes;
use guildhall_protocol::{Member, Protocol};

use crate::ids::{ConnectionId, Epoch, UserId};
use crate::outgoing::frame;
use crate::sync::lock::{Lock, MutexGuard};

use super::history::{History, HistoryLimits, NewMessage};
use super::inbox::{Inbox, Pending};
use super::join::{JoinSnapshot, Position};
use super::mailbox::{Mailboxes, ThreadMessage};
use super::name::Name;
use super::presence::Presence;

/// One room, as all threads share it.
#[derive(Debug)]
pub(crate) struct RoomState {
    name: Arc<str>,
    mailboxes: Mailboxes,
    inner: Lock<Inner>,
}

#[derive(Debug)]
struct Inner {
    history: History,
    presence: Presence,
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
    /// Whether this connection has joined the room before.
    pub(crate) is_again: bool,
}

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
    /// A room without members.
    pub(crate) fn new(name: &str, mailboxes: Mailboxes, history: HistoryLimits) -> Self {
        // Random, so that it differs from that of an earlier room with this name.
        let epoch = Epoch(fastrand::u32(1..));
        let inboxes = (0..mailboxes.threads()).map(|_| Inbox::default());
        Self {
            name: name.into(),
            inner: Lock::new(Inner {
                history: History::new(name, epoch, history),
                presence: Presence::default(),
                inboxes: inboxes.collect(),
            }),
            mailboxes,
        }
    }

    /// The room's name.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// How many members the room has.
    pub(crate) fn members(&self) -> usize {
        self.lock().presence.len()
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

    /// Says `message`, behind the lines of other threads. Returns the index where it begins
    /// in what is pending for clients of the tutorial.
    pub(crate) fn say(&self, mut pending: Pending<'_>, message: &NewMessage<'_>) -> usize {
        let inner = &mut *self.lock();
        inner.inboxes[self.thread].take(&mut pending);
        let starts = pending.each_ref().map(|pending| pending.len());
        let [tutorial, v1] = &mut pending;
        inner.history.append(message, v1);
        if inner.has_subscribers(Protocol::Tutorial) {
            frame::put_chat(tutorial, message.speaker.0, message.text);
        }
        self.put_into_inboxes(inner, &mut pending, starts);
        starts[Protocol::Tutorial as usize]
    }

    /// Tells the members of the changes among them, if they understand the message.
    pub(crate) fn tell_changes(&self, mut pending: Pending<'_>) {
        let inner = &mut *self.lock();
        if !inner.presence.has_changes() {
            return;
        }
        let Some(changes) = inner.presence.take_changes(&self.state.name) else {
            return;
        };
        inner.inboxes[self.thread].take(&mut pending);
        let starts = pending.each_ref().map(|pending| pending.len());
        frame::put_packet(pending[Protocol::V1 as usize], &changes);
        self.put_into_inboxes(inner, &mut pending, starts);
    }

    /// Puts what was appended to `pending` behind `starts` into the other threads'
    /// inboxes, and drops what has no subscriber on this thread.
    fn put_into_inboxes(
        &self,
        inner: &mut Inner,
        pending: &mut Pending<'_>,
        starts: [usize; Protocol::COUNT],
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
    pub(crate) fn join(
        &self,
        mut pending: Pending<'_>,
        joining: &JoiningMember,
        position: Position,
        replay: usize,
        unix_millis: u64,
    ) -> JoinSnapshot {
        let inner = &mut *self.lock();
        inner.inboxes[self.thread].take(&mut pending);
        let protocol = joining.protocol;
        if !joining.is_again {
            inner.inboxes[self.thread].subscribe(protocol);
            let name = joining.name.clone();
            (inner.presence).join(joining.id, joining.connection, name, protocol);
        }
        let Inner {
            history, presence, ..
        } = inner;
        JoinSnapshot::new(history, presence, protocol, position, replay, unix_millis)
    }

    /// Removes a member.
    pub(crate) fn leave(&self, id: UserId, connection: ConnectionId, protocol: Protocol) {
        let mut inner = self.lock();
        inner.inboxes[self.thread].unsubscribe(protocol);
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
    /// listed.
    pub(crate) fn members(&self) -> (usize, Option<Vec<Member>>) {
        let presence = &mut self.lock().presence;
        (presence.len(), presence.show())
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
    /// Whether any thread has a subscriber of this protocol.
    fn has_subscribers(&self, protocol: Protocol) -> bool {
        let mut inboxes = self.inboxes.iter();
        inboxes.any(|inbox| inbox.has_subscribers(protocol))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use std::time::Duration;

    const HISTORY: HistoryLimits = HistoryLimits {
        lines: 3,
        bytes: 10_000,
        age: Duration::from_mins(1),
    };

    /// One thread's half of a room.
    struct Half {
        handle: RoomHandle,
        frames: [BytesMut; Protocol::COUNT],
    }

    fn halves<const N: usize>() -> ([Half; N], Mailboxes) {
        let mailboxes = Mailboxes::new(N);
        let state = Arc::new(RoomState::new("red", mailboxes.clone(), HISTORY));
        let half = |thread| Half {
            handle: RoomHandle::open(Arc::clone(&state), thread),
            frames: Default::default(),
        };
        (std::array::from_fn(half), mailboxes)
    }

    impl Half {
        fn join(&mut self, id: u64, protocol: Protocol) -> JoinSnapshot {
            let joining = JoiningMember {
                id: UserId(id),
                connection: ConnectionId(id),
                name: Name::GUEST,
                protocol,
                is_again: false,
            };
            let pending = self.frames.each_mut();
            (self.handle).join(pending, &joining, Position::default(), 2, 1_000)
        }

        fn say(&mut self, text: &str) {
            let message = NewMessage::plain(UserId(7), text, 1_000);
            self.handle.say(self.frames.each_mut(), &message);
        }

        fn received(&mut self) -> [BytesMut; Protocol::COUNT] {
            self.handle.take_inbox(self.frames.each_mut());
            std::mem::take(&mut self.frames)
        }
    }

    fn texts(frames: &[u8]) -> Vec<String> {
        let lines = frame::lines(frames).into_iter();
        lines.map(|line| line.text).collect()
    }

    #[test]
    fn all_threads_have_the_same_order() {
        let ([mut a, mut b, mut c], _) = halves();
        for (id, half) in (1..).zip([&mut a, &mut b, &mut c]) {
            half.join(id, Protocol::V1);
            half.join(10 + id, Protocol::Tutorial);
        }
        a.say("a");
        b.say("b");
        a.say("c");
        let received = [&mut a, &mut b, &mut c].map(Half::received);
        assert_eq!(texts(&received[0][1]), ["a", "b", "c"]);
        assert!(received.iter().all(|frames| *frames == received[0]));
        let mut expected = BytesMut::new();
        for text in ["a", "b", "c"] {
            frame::put_chat(&mut expected, 7, text);
        }
        assert_eq!(received[0][0], expected);
    }

    #[test]
    fn a_thread_is_sent_only_the_protocols_that_it_has_subscribers_for() {
        let ([mut a, mut b], mailboxes) = halves();
        a.join(1, Protocol::Tutorial);
        b.join(2, Protocol::V1);
        a.say("hi");
        assert!(mailboxes.has_messages(1) && !mailboxes.has_messages(0));
        assert!(a.received()[1].is_empty());
        let received = b.received();
        assert!(received[0].is_empty());
        assert_eq!(texts(&received[1]), ["hi"]);
        b.handle.leave(UserId(2), ConnectionId(2), Protocol::V1);
        a.say("anybody?");
        assert!(b.received().iter().all(BytesMut::is_empty));
    }

    #[test]
    fn a_thread_gets_one_message_until_it_has_taken_its_inbox() {
        let ([mut a, mut b], mailboxes) = halves();
        b.join(2, Protocol::V1);
        a.say("a");
        a.say("b");
        assert_eq!(mailboxes.take(1).len(), 1);
        assert!(a.handle.backlog() > 0);
        assert_eq!(texts(&b.received()[1]), ["a", "b"]);
        assert_eq!(a.handle.backlog(), 0);
        a.say("c");
        assert_eq!(mailboxes.take(1).len(), 1);
    }

    #[test]
    fn a_closed_room_has_members_elsewhere_lines_or_nothing() {
        let ([mut half, other], _) = halves();
        assert_eq!(half.handle.close(), Remaining::Members);
        half.say("hi");
        assert_eq!(other.handle.close(), Remaining::Lines);
        let ([half], _) = halves();
        assert_eq!(half.handle.close(), Remaining::Nothing);
    }
}
