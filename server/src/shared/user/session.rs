//! One session of a user, as all threads know it: its connection, which of its requests were
//! received, and its whispers. The user's [`User`] and the session of the connection call
//! it. No runtime and no clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use guildhall_protocol::{Packet, PacketBody, WhisperLine};

use crate::ids::{ConnectionId, RequestId, Seq, SessionId, UserId};
use crate::journal::{KnownSession, SessionRow};
use crate::outgoing::frame;
use crate::sync::lock::{Lock, MutexGuard};

use super::User;
use super::whispers::{MissedWhispers, Whispers};
use crate::shared::destination::Destination;
use crate::shared::mailbox::Mailboxes;
use crate::shared::request_log::{RequestLog, RequestStatus};

/// A session's secret. A client that knows it can resume the session.
pub(crate) type Secret = [u8; 16];

/// A connection, and the thread that serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionRef {
    /// The network thread.
    pub thread: usize,
    /// The connection.
    pub id: ConnectionId,
}

/// A session of a user: one client, over one connection after the other.
#[derive(Debug)]
pub struct UserSession {
    /// The session's ID.
    pub id: SessionId,
    /// The session's secret.
    pub secret: Secret,
    /// The user.
    pub user: Arc<User>,
    state: Lock<State>,
}

#[derive(Debug)]
struct State {
    /// The connection that whispers go to; `None` while the client is away.
    connection: Option<ConnectionRef>,
    /// Whether that connection's outbox is more than half full. Its thread keeps it.
    is_behind: Option<Arc<AtomicBool>>,
    requests: RequestLog,
    /// The says and whispers that a journal could not keep, and where they go, which the
    /// connection has not taken.
    failed: Vec<(Destination, RequestId)>,
    /// How many whispers were not kept so far.
    failures: u64,
    whispers: Whispers,
}

/// A whisper that the caller has to send.
#[derive(Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The receiver's connection.
    pub connection: ConnectionRef,
    /// The whisper as a frame.
    pub frame: Bytes,
}

impl UserSession {
    /// A session that begins over this connection.
    #[must_use]
    pub fn new(id: SessionId, secret: Secret, user: Arc<User>, connection: ConnectionRef) -> Self {
        Self {
            id,
            secret,
            user,
            state: Lock::new(State {
                connection: Some(connection),
                is_behind: None,
                requests: RequestLog::default(),
                failed: Vec::new(),
                failures: 0,
                whispers: Whispers::default(),
            }),
        }
    }

    /// A session of before the start of the server, whose client is away. Of its says and
    /// whispers, those with the IDs `accepted` are remembered.
    pub(crate) fn restored(known: KnownSession, user: Arc<User>, accepted: Vec<RequestId>) -> Self {
        let mut whispers = Whispers::default();
        for whisper in known.whispers {
            whispers.keep(whisper.seq, whisper.frame);
        }
        Self {
            id: known.row.id,
            secret: known.row.secret,
            user,
            state: Lock::new(State {
                connection: None,
                is_behind: None,
                requests: RequestLog::restored(known.highest, accepted),
                failed: Vec::new(),
                failures: 0,
                whispers,
            }),
        }
    }

    /// Returns all that has to be known of the session after a restart, beside its lines.
    pub(crate) fn row(&self) -> SessionRow {
        SessionRow {
            id: self.id,
            user: self.user.id,
            secret: self.secret,
        }
    }

    /// Resumes the session over another connection, with a hello of this ID. Returns the
    /// whispers after number `seen`; `None` if a later request was received before the
    /// hello.
    pub(crate) fn resume(
        &self,
        request: RequestId,
        connection: ConnectionRef,
        seen: Seq,
    ) -> Option<MissedWhispers> {
        let mut state = self.lock();
        if state.requests.record(request) != RequestStatus::New {
            return None;
        }
        state.connection = Some(connection);
        Some(state.whispers.after(seen))
    }

    /// Records that the client is away from now on, if this was its connection.
    pub(crate) fn disconnect(&self, connection: ConnectionRef) {
        let mut state = self.lock();
        if state.connection == Some(connection) {
            state.connection = None;
        }
    }

    /// The number of the session in the lines that it says: 0 if it is the first one of its
    /// user, which has the same number.
    #[must_use]
    pub fn number_in_lines(&self) -> u64 {
        if self.id.0 == self.user.id.0 {
            0
        } else {
            self.id.0
        }
    }

    /// The session's connection; `None` while the client is away.
    pub(crate) fn connection(&self) -> Option<ConnectionRef> {
        self.lock().connection
    }

    /// From now on, `is_behind` says whether the connection is behind.
    pub(crate) fn watch(&self, is_behind: Arc<AtomicBool>) {
        self.lock().is_behind = Some(is_behind);
    }

    /// Whether the connection reads what waits for it; `None` if the client is away.
    pub(crate) fn is_reading(&self) -> Option<bool> {
        let state = self.lock();
        let is_behind = state.is_behind.as_ref();
        let is_behind = is_behind.is_some_and(|flag| flag.load(Ordering::Relaxed));
        state.connection.map(|_| !is_behind)
    }

    /// Records the ID of a request that is not repeated, and returns what it means.
    #[must_use]
    pub fn record(&self, id: RequestId) -> RequestStatus {
        self.lock().requests.record(id)
    }

    /// Records the ID of a say or a whisper, which a client sends again if its answer was
    /// lost. `is_valid` means that there is no reason to refuse it, apart from its ID.
    ///
    /// A message that is new and valid is accepted by this call, in one step. If a message
    /// comes over two connections at once, it is new for one of them, and that caller has
    /// to carry it out, which cannot fail; so the other may tell its client
    /// [`RequestStatus::Repeated`]. A caller has to refuse a message that is new and not
    /// valid; it is new again if it is repeated.
    #[must_use]
    pub fn record_message(&self, id: RequestId, is_valid: bool) -> RequestStatus {
        self.lock().requests.record_message(id, is_valid)
    }

    /// The same for a message that the caller hands to a journal. One that is new and valid
    /// waits, and is accepted or not by [`UserSession::decide`].
    #[must_use]
    pub(crate) fn record_waiting(&self, id: RequestId, is_valid: bool) -> RequestStatus {
        self.lock().requests.record_waiting(id, is_valid)
    }

    /// A journal has decided the message with this ID: it is accepted, or new again.
    pub(crate) fn decide(&self, id: RequestId, is_accepted: bool) {
        self.lock().requests.decide(id, is_accepted);
    }

    /// A journal could not keep the say with this ID in this room. It is new again, and later
    /// ones have to wait for it, see [`UserSession::take_failed`].
    pub(crate) fn fail(&self, room: &Arc<str>, id: RequestId) {
        let mut state = self.lock();
        state.requests.decide(id, false);
        // A client that is away sends again what has no answer, in its order.
        if state.connection.is_some() {
            let to = Destination::Room(Arc::clone(room));
            state.failed.push((to, id));
        }
    }

    /// The same for a whisper to this user.
    pub(crate) fn fail_whisper(&self, to: UserId, id: RequestId) {
        let mut state = self.lock();
        state.requests.decide(id, false);
        state.failures += 1;
        if state.connection.is_some() {
            state.failed.push((Destination::User(to), id));
        }
    }

    /// How many whispers of this session were not kept so far.
    pub(crate) fn failures(&self) -> u64 {
        self.lock().failures
    }

    /// How many messages of this session wait for a journal.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().requests.waiting()
    }

    /// Takes the messages that a journal could not keep since the last call, and where they go.
    pub(crate) fn take_failed(&self) -> Vec<(Destination, RequestId)> {
        std::mem::take(&mut self.lock().failed)
    }

    /// Whether a journal was handed the message with this ID, and has not decided.
    pub(crate) fn is_waiting(&self, id: RequestId) -> bool {
        self.lock().requests.is_waiting(id)
    }

    /// Whether a message with this ID waits, or was accepted before and is remembered.
    pub(crate) fn has_accepted(&self, id: RequestId) -> bool {
        self.lock().requests.has_accepted(id)
    }

    /// Numbers and keeps a whisper to this session's user, and delivers it if there is a
    /// connection. With several threads it is sent to the connection's thread here, under
    /// the session's lock, so that whispers of all threads arrive in the order of their
    /// numbers. With a single thread the caller has to send the delivery that is returned.
    pub fn whisper(&self, mut line: WhisperLine, mailboxes: &Mailboxes) -> Option<Delivery> {
        let mut state = self.lock();
        let seq = state.whispers.number();
        line.seq = seq.0;
        let frame = frame::packet(&Packet::from(PacketBody::Whisper(line)));
        state.whispers.keep(seq, frame.clone());
        let connection = state.connection?;
        if mailboxes.is_single() {
            return Some(Delivery { connection, frame });
        }
        mailboxes.deliver(connection.thread, connection.id, frame);
        None
    }

    /// Gives the next whisper to this session its number, for a journal that may keep it.
    pub(crate) fn number_whisper(&self) -> Seq {
        self.lock().whispers.number()
    }

    /// Takes back the number of a whisper that is not kept.
    pub(crate) fn take_back(&self, seq: Seq) {
        self.lock().whispers.take_back(seq);
    }

    /// The number up to which a journal that keeps the whisper `newest` may forget the others,
    /// because they are too many; `None` if there are none.
    pub(crate) fn forget_before(&self, newest: Seq) -> Option<Seq> {
        self.lock().whispers.forget_before(newest)
    }

    /// The same for those up to `seen`, which the client has.
    pub(crate) fn forget_taken(&self, seen: Seq) -> Option<Seq> {
        self.lock().whispers.forget_taken(seen)
    }

    /// Keeps a whisper that a journal has kept and nobody gets: its number is used.
    pub(crate) fn keep_whisper(&self, seq: Seq, frame: Bytes) {
        self.lock().whispers.keep(seq, frame);
    }

    /// Keeps a whisper that a journal has kept, and sends it to the connection, if there is one.
    /// Under the session's lock, so that a client that resumes meanwhile gets it once.
    pub(crate) fn deliver_whisper(&self, seq: Seq, frame: Bytes, mailboxes: &Mailboxes) {
        let mut state = self.lock();
        state.whispers.keep(seq, frame.clone());
        if let Some(ConnectionRef { thread, id }) = state.connection {
            mailboxes.deliver(thread, id, frame);
        }
    }

    /// Returns the kept whispers between the same two users as the one with this number, the oldest
    /// first. Empty: that one is not kept.
    pub(crate) fn whispers_beside(&self, seq: Seq) -> Vec<WhisperLine> {
        let frames = self.lock().whispers.after(Seq(0)).frames;
        let packets = frames.iter().flat_map(|frame| frame::packets(frame));
        let mut whispers: Vec<_> = packets
            .filter_map(|packet| match packet {
                PacketBody::Whisper(line) => Some(line),
                _ => None,
            })
            .collect();
        let users = |line: &WhisperLine| {
            let (one, other) = (line.sender, line.receiver);
            (one.min(other), one.max(other))
        };
        let found = whispers.iter().find(|line| line.seq == seq.0).map(users);
        whispers.retain(|line| Some(users(line)) == found);
        whispers
    }

    /// Takes away the whispers that this user has sent.
    pub(crate) fn forget_whispers_of(&self, user: UserId, account: &str) {
        self.lock().whispers.forget_those_of(user, account);
    }

    /// Returns the whispers after number `seen`.
    #[must_use]
    pub fn whispers_after(&self, seen: Seq) -> MissedWhispers {
        self.lock().whispers.after(seen)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

#[cfg(test)]
mod tests;

#[cfg(all(test, model))]
mod model {
    use super::*;
    use crate::ids::UserId;
    use crate::shared::name::Name;
    use std::sync::Arc;

    use loom::thread;

    fn connection(id: u64) -> ConnectionRef {
        ConnectionRef {
            thread: 0,
            id: ConnectionId(id),
        }
    }

    fn session() -> Arc<UserSession> {
        let user = Arc::new(User::new(UserId(1), Name::GUEST));
        let session = UserSession::new(SessionId(1), Secret::default(), user, connection(1));
        Arc::new(session)
    }

    #[test]
    fn of_two_messages_with_the_same_id_one_is_new() {
        loom::model(|| {
            let user = session();
            // A later request was received; the message itself was not, over any connection.
            assert_eq!(user.record(RequestId(8)), RequestStatus::New);
            let other = {
                let user = Arc::clone(&user);
                thread::spawn(move || user.record_message(RequestId(7), true))
            };
            let mine = user.record_message(RequestId(7), true);
            let other = other.join().expect("the thread ends");
            let mut both = [mine, other];
            both.sort_by_key(|status| *status as u8);
            assert_eq!(both, [RequestStatus::New, RequestStatus::Repeated]);
        });
    }

    #[test]
    fn a_whisper_is_missed_or_delivered_and_never_both() {
        loom::model(|| {
            let user = session();
            let resumed = {
                let user = Arc::clone(&user);
                thread::spawn(move || {
                    let missed = user.resume(RequestId(2), connection(2), Seq(0));
                    missed.expect("it is new")
                })
            };
            let delivery = user.whisper(WhisperLine::default(), &Mailboxes::new(1));
            let missed = resumed.join().expect("the thread ends").frames.len();
            let delivered = delivery.map(|delivery| delivery.connection);
            assert_eq!(missed == 1, delivered == Some(connection(1)));
        });
    }
}
