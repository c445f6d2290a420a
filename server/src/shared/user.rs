//! One user, as all threads know it: its name, and its sessions. [`users`](super::users) and
//! the sessions call it. No runtime and no clock.

pub(crate) mod session;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use guildhall_protocol::WhisperLine;
use smallvec::SmallVec;

use crate::ids::{SessionId, UserId};
use crate::sync::lock::{Lock, MutexGuard};

use self::session::{ConnectionRef, Delivery, UserSession};
use super::mailbox::Mailboxes;
use super::name::{Account, Name};
use super::rates::Used;

/// A user with at least one session, or with an account.
#[derive(Debug)]
pub struct User {
    /// The user's ID.
    pub id: UserId,
    /// How often it has asked for what, over all of its connections.
    pub(crate) used: Used,
    /// How often the name has changed.
    renames: AtomicU32,
    state: Lock<State>,
}

#[derive(Debug)]
struct State {
    name: Name,
    /// Weak, because each session keeps its user.
    /// Most users have one, which needs no place on the heap.
    sessions: SmallVec<[Weak<UserSession>; 1]>,
}

impl User {
    /// A user without sessions.
    #[must_use]
    pub fn new(id: UserId, name: Name) -> Self {
        Self {
            id,
            used: Used::default(),
            renames: AtomicU32::new(0),
            state: Lock::new(State {
                name,
                sessions: SmallVec::new(),
            }),
        }
    }

    /// Gives the user another name. The caller has to tell the user's rooms and sessions.
    pub(crate) fn set_name(&self, name: Name) {
        self.lock().name = name;
        self.renames.fetch_add(1, Ordering::Release);
    }

    /// How often the name has changed. Costs no lock: a connection that knows the name asks
    /// before each request whether it still does.
    pub(crate) fn renames(&self) -> u32 {
        self.renames.load(Ordering::Acquire)
    }

    /// The user's account. `None` if it is a guest.
    #[must_use]
    pub fn account(&self) -> Option<Arc<Account>> {
        self.lock().name.account().cloned()
    }

    /// Whether this is the user with this account; `None`: a guest.
    pub(crate) fn is_account(&self, user: Option<&str>) -> bool {
        let state = self.lock();
        state.name.account().map(|account| &*account.user) == user
    }

    /// The user's name now.
    #[must_use]
    pub fn name(&self) -> Name {
        self.lock().name.clone()
    }

    /// Adds a session of this user.
    pub(crate) fn add_session(&self, session: &Arc<UserSession>) {
        self.lock().sessions.push(Arc::downgrade(session));
    }

    /// Removes a session that has ended. Returns whether the user has others.
    pub(crate) fn remove_session(&self, id: SessionId) -> bool {
        let sessions = &mut self.lock().sessions;
        sessions.retain(|session| session.upgrade().is_some_and(|session| session.id != id));
        !sessions.is_empty()
    }

    /// Whether the user has a session.
    pub(crate) fn has_session(&self) -> bool {
        !self.lock().sessions.is_empty()
    }

    /// The user's sessions, the oldest first.
    pub(crate) fn sessions(&self) -> Vec<Arc<UserSession>> {
        let sessions = &self.lock().sessions;
        sessions.iter().filter_map(Weak::upgrade).collect()
    }

    /// The connections of the user's sessions, apart from those of the session `but`.
    pub(crate) fn connections(&self, but: Option<SessionId>) -> Vec<ConnectionRef> {
        let sessions = self.sessions();
        let others = sessions.iter().filter(|one| Some(one.id) != but);
        others.filter_map(|session| session.connection()).collect()
    }

    /// Whether more waits for each of the user's connections than it reads. A user that is
    /// away is not behind: its whispers are kept.
    pub(crate) fn is_behind(&self) -> bool {
        let state = self.lock();
        let reads = |session: Arc<UserSession>| session.is_reading();
        let mut connected = (state.sessions.iter())
            .filter_map(Weak::upgrade)
            .filter_map(reads)
            .peekable();
        connected.peek().is_some() && connected.all(|is_reading| !is_reading)
    }

    /// Whispers to this user: to each of its sessions, see [`UserSession::whisper`]. `asked`
    /// is the session whose request this answers; in the copies of all others, the request's
    /// ID would mean another one. Calls `deliver` with what
    /// the caller has to send.
    pub(crate) fn whisper(
        &self,
        line: &WhisperLine,
        asked: SessionId,
        mailboxes: &Mailboxes,
        mut deliver: impl FnMut(Delivery),
    ) {
        let state = self.lock();
        for session in state.sessions.iter().filter_map(Weak::upgrade) {
            let mut line = line.clone();
            if asked != session.id {
                line.nonce = 0;
            }
            if let Some(delivery) = session.whisper(line, mailboxes) {
                deliver(delivery);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ConnectionId, Seq};
    use crate::shared::user::session::ConnectionRef;
    use guildhall_protocol::{PacketBody, decode};
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Adds a session of this user, over the connection with its number.
    fn session(user: &Arc<User>, id: u64) -> Arc<UserSession> {
        let connection = ConnectionRef {
            thread: 0,
            id: ConnectionId(id),
        };
        let secret = [u8::try_from(id).unwrap(); 16];
        let session = UserSession::new(SessionId(id), secret, Arc::clone(user), connection);
        let session = Arc::new(session);
        user.add_session(&session);
        session
    }

    fn user() -> Arc<User> {
        Arc::new(User::new(UserId(1), Name::GUEST))
    }

    /// Whispers to the user, and returns the connections that get a copy.
    fn whisper(user: &User, asked: SessionId) -> Vec<u64> {
        let line = WhisperLine {
            nonce: 7,
            ..WhisperLine::default()
        };
        let mut sent = Vec::new();
        user.whisper(&line, asked, &Mailboxes::new(1), |delivery| {
            sent.push(delivery.connection.id.0);
        });
        sent
    }

    /// The request's ID in a whisper, which is a short frame.
    fn nonce(frame: &[u8]) -> u64 {
        match decode(&frame[2..]).unwrap().msg {
            Some(PacketBody::Whisper(line)) => line.nonce,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_whisper_goes_to_every_session() {
        let ann = user();
        let (phone, desk) = (session(&ann, 1), session(&ann, 2));
        assert_eq!(whisper(&ann, SessionId(9)), [1, 2]);
        let connection = ConnectionRef {
            thread: 0,
            id: ConnectionId(1),
        };
        phone.disconnect(connection);
        assert_eq!(whisper(&ann, desk.id), [2]);
        let copies = phone.whispers_after(Seq(0)).frames;
        assert_eq!(copies.len(), 2, "it is kept for the session that is away");
        assert_eq!(nonce(&copies[1]), 0);
        assert_eq!(nonce(&desk.whispers_after(Seq(1)).frames[0]), 7);
        assert!(ann.remove_session(phone.id));
        assert!(!ann.remove_session(desk.id));
        assert!(whisper(&ann, desk.id).is_empty());
    }

    #[test]
    fn a_user_is_behind_if_no_connection_of_it_reads() {
        let ann = user();
        assert!(!ann.is_behind());
        let (phone, desk) = (session(&ann, 1), session(&ann, 2));
        let flags = [&phone, &desk].map(|session| {
            let flag = Arc::new(AtomicBool::new(true));
            session.watch(Arc::clone(&flag));
            flag
        });
        assert!(ann.is_behind());
        flags[0].store(false, Ordering::Relaxed);
        assert!(!ann.is_behind());
    }
}
