//! One session of a user, as all threads know it: its connection, which of its requests were
//! received, and its whispers. The user's [`User`] and the session of the connection call
//! it. No runtime and no clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use guildhall_protocol::{Gap, Packet, PacketBody, WhisperLine};

use crate::ids::{ConnectionId, RequestId, Seq, SessionId};
use crate::outgoing::frame;
use crate::sync::lock::{Lock, MutexGuard};

use super::User;
use crate::shared::mailbox::{Mailboxes, ThreadMessage};
use crate::shared::request_log::{RequestLog, RequestStatus};

/// The most whispers that are kept for a client that is away.
const KEPT_WHISPERS: usize = 100;

/// The most bytes of them.
const KEPT_WHISPER_BYTES: usize = 16 * 1024;

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
    whispers: Whispers,
}

#[derive(Debug, Default)]
struct Whispers {
    /// The number of the newest whisper.
    last: u64,
    /// How many bytes are kept.
    bytes: usize,
    /// The frames of the newest whispers, oldest first.
    kept: VecDeque<Bytes>,
}

/// The whispers that a client has missed.
#[derive(Debug, Default)]
pub struct MissedWhispers {
    /// The number of the newest whisper.
    pub last: Seq,
    /// The missed whispers that are kept, as frames.
    pub frames: Vec<Bytes>,
    /// The missed whispers that are not kept any more, if there are any.
    pub gap: Option<Gap>,
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
                whispers: Whispers::default(),
            }),
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

    /// Whether a message with this ID was accepted before, and is remembered.
    pub(crate) fn has_accepted(&self, id: RequestId) -> bool {
        self.lock().requests.has_accepted(id)
    }

    /// Numbers and keeps a whisper to this session's user, and delivers it if there is a
    /// connection. With several threads it is sent to the connection's thread here, under
    /// the session's lock, so that whispers of all threads arrive in the order of their
    /// numbers. With a single thread the caller has to send the delivery that is returned.
    pub fn whisper(&self, mut line: WhisperLine, mailboxes: &Mailboxes) -> Option<Delivery> {
        let mut state = self.lock();
        state.whispers.last += 1;
        line.seq = state.whispers.last;
        let frame = frame::packet(&Packet::from(PacketBody::Whisper(line)));
        state.whispers.keep(frame.clone());
        let connection = state.connection?;
        if mailboxes.is_single() {
            return Some(Delivery { connection, frame });
        }
        let message = ThreadMessage::Deliver {
            connection: connection.id,
            frames: frame,
        };
        mailboxes.send(connection.thread, message);
        None
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

impl Whispers {
    fn after(&self, seen: Seq) -> MissedWhispers {
        let first = self.last + 1 - self.kept.len() as u64;
        let from = seen.next().0;
        let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        MissedWhispers {
            last: Seq(self.last),
            frames: self.kept.iter().skip(skip).cloned().collect(),
            gap: (from < first).then(|| Gap {
                from,
                to: first - 1,
            }),
        }
    }

    fn keep(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.kept.push_back(frame);
        while self.kept.len() > KEPT_WHISPERS || self.bytes > KEPT_WHISPER_BYTES {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::shared::name::Name;

    const HERE: ConnectionRef = ConnectionRef {
        thread: 0,
        id: ConnectionId(1),
    };

    fn session() -> UserSession {
        let user = Arc::new(User::new(UserId(1), Name::GUEST));
        UserSession::new(SessionId(1), Secret::default(), user, HERE)
    }

    fn whisper(user: &UserSession, text: &str) -> Option<Delivery> {
        let line = WhisperLine {
            text: text.into(),
            ..WhisperLine::default()
        };
        user.whisper(line, &Mailboxes::new(1))
    }

    #[test]
    fn whispers_are_numbered_and_kept_for_a_client_that_is_away() {
        let ann = session();
        let first = whisper(&ann, "one").unwrap();
        assert_eq!(first.connection, HERE);
        ann.disconnect(HERE);
        assert_eq!(whisper(&ann, "two"), None);
        let missed = ann.whispers_after(Seq(1));
        assert_eq!((missed.last.0, missed.frames.len()), (2, 1));
        assert_eq!(missed.gap, None);
        assert_eq!(ann.whispers_after(Seq(0)).frames[0], first.frame);
        assert!(ann.whispers_after(Seq(u64::MAX)).frames.is_empty());
        for _ in 0..KEPT_WHISPERS {
            whisper(&ann, "more");
        }
        let missed = ann.whispers_after(Seq(1));
        assert_eq!((missed.last.0, missed.frames.len()), (102, KEPT_WHISPERS));
        assert_eq!(missed.gap, Some(Gap { from: 2, to: 2 }));
    }

    #[test]
    fn large_whispers_are_kept_up_to_a_number_of_bytes() {
        let ann = session();
        for _ in 0..20 {
            whisper(&ann, &"x".repeat(4_000));
        }
        assert_eq!(ann.whispers_after(Seq(0)).frames.len(), 4);
    }
}

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
