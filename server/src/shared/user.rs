//! One user, as all threads know it: its name, and its sessions. [`users`](super::users) and
//! the sessions call it. No runtime and no clock.

pub(crate) mod blocks;
mod read_marks;
pub(crate) mod session;
pub(crate) mod whispers;

pub(crate) use self::read_marks::HandOver;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::WhisperLine;
use guildhall_protocol::limits::MAX_JOINED_ROOMS;
use smallvec::SmallVec;

use crate::filter::repeats::{MessageId, RecentTexts};
use crate::ids::{Seq, SessionId, UserId};
use crate::journal::{ReadMarkRow, Row};
use crate::moderation::UserSnapshot;
use crate::moderation::blocked::{AuthorId, Blocked};
use crate::sync::lock::{Lock, MutexGuard};

use self::blocks::Blocks;
use self::read_marks::ReadMarks;
use self::session::{ConnectionRef, Delivery, UserSession};
use super::join::Position;
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
    /// The texts that it has said last, if a filter looks for repeats.
    recent: Lock<Option<Box<RecentTexts>>>,
    /// How often the name or the invitations have changed.
    changes: AtomicU32,
    state: Lock<State>,
}

#[derive(Debug)]
struct State {
    name: Name,
    /// Weak, because each session keeps its user.
    /// Most users have one, which needs no place on the heap.
    sessions: SmallVec<[Weak<UserSession>; 1]>,
    /// On the heap, because not every user marks what it has read.
    read: Option<Box<ReadMarks>>,
    /// The rooms that the game has put the user into, the newest last.
    invitations: Arc<[Arc<str>]>,
    /// The users that it blocks. On the heap for the same reason.
    blocks: Option<Box<Blocks>>,
}

impl User {
    /// A user without sessions.
    #[must_use]
    pub fn new(id: UserId, name: Name) -> Self {
        Self {
            id,
            used: Used::default(),
            recent: Lock::default(),
            changes: AtomicU32::new(0),
            state: Lock::new(State {
                name,
                sessions: SmallVec::new(),
                read: None,
                invitations: Arc::default(),
                blocks: None,
            }),
        }
    }

    /// The texts that the user has said last, if a filter looks for repeats.
    pub(crate) fn recent_texts(&self) -> MutexGuard<'_, Option<Box<RecentTexts>>> {
        self.recent.lock()
    }

    /// The user says this text with this message.
    pub(crate) fn said_text(&self, text: &str, message: MessageId, now: Instant) {
        let mut recent = self.recent.lock();
        recent
            .get_or_insert_default()
            .said(text, Some(message), now);
    }

    /// Gives the user another name. The caller has to tell the user's rooms and sessions.
    pub(crate) fn set_name(&self, name: Name) {
        self.lock().name = name;
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// How often the name or the invitations have changed. Costs no lock: a connection that knows
    /// them asks before each request whether it still does.
    pub(crate) fn changes(&self) -> u32 {
        self.changes.load(Ordering::Acquire)
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

    /// The user as it is now, for the record.
    pub(crate) fn snapshot(&self) -> UserSnapshot {
        let name = self.name();
        UserSnapshot {
            id: self.id,
            account: name.user().into(),
            name: name.of(self.id).into(),
        }
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
        // The sender is told nothing of it.
        if state.blocks_sender(line) {
            return;
        }
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

    /// The rooms that the game has put the user into: it may be there, whatever their rules say.
    pub(crate) fn invitations(&self) -> Arc<[Arc<str>]> {
        Arc::clone(&self.lock().invitations)
    }

    /// The game puts the user into a room. The oldest of too many rooms is forgotten. Returns
    /// whether the user might not be there before.
    pub(crate) fn invite(&self, room: &Arc<str>) -> bool {
        let mut state = self.lock();
        let mut rooms: Vec<_> = state.invitations.to_vec();
        rooms.retain(|other| other != room);
        let is_new = rooms.len() == state.invitations.len();
        rooms.push(Arc::clone(room));
        let surplus = rooms.len().saturating_sub(MAX_JOINED_ROOMS);
        state.invitations = rooms.drain(surplus..).collect();
        drop(state);
        self.changes.fetch_add(1, Ordering::Release);
        is_new
    }

    /// The game takes the user out of a room. Returns whether it might be there.
    pub(crate) fn end_invitation(&self, room: &str) -> bool {
        let mut state = self.lock();
        let was_invited = state.invitations.iter().any(|other| **other == *room);
        if was_invited {
            let kept = state.invitations.iter().filter(|other| ***other != *room);
            state.invitations = kept.cloned().collect();
            drop(state);
            self.changes.fetch_add(1, Ordering::Release);
        }
        was_invited
    }

    /// The user as it is known for ever.
    pub(crate) fn author(&self) -> AuthorId {
        AuthorId::new(self.id, self.name().user())
    }

    /// Delivers a copy of this whisper, which a journal has kept, to one of the user's sessions.
    /// Nobody gets it if the user has blocked its sender since it was numbered.
    pub(crate) fn deliver_whisper(
        &self,
        line: &WhisperLine,
        session: &UserSession,
        (seq, frame): (Seq, Bytes),
        mailboxes: &Mailboxes,
    ) {
        // Under the lock, as in `whisper`.
        let state = self.lock();
        if state.blocks_sender(line) {
            session.keep_whisper(seq, frame);
        } else {
            session.deliver_whisper(seq, frame, mailboxes);
        }
    }

    /// Records that the user has read a room up to this line. Returns false if it was known
    /// already: a mark never goes back within an epoch.
    pub(crate) fn mark_read(&self, room: &Arc<str>, read: Position) -> bool {
        self.lock().read.get_or_insert_default().mark(room, read)
    }

    /// Takes over what the journal knows of what the user has read.
    pub(crate) fn restore_mark(&self, room: &Arc<str>, read: Position) {
        self.lock().read.get_or_insert_default().restore(room, read);
    }

    /// The last line of this room that the user has read; `None` if that is not known.
    pub(crate) fn read_mark(&self, room: &str) -> Option<Position> {
        self.lock().read.as_ref()?.get(room)
    }

    /// The last lines that the user has read, of all rooms.
    pub(crate) fn read_marks(&self) -> Vec<ReadMarkRow> {
        let state = self.lock();
        let marks = state.read.as_ref();
        marks.map_or_else(Vec::new, |marks| marks.rows(self.id))
    }

    /// Whether new marks have to be handed over to the journal now, see
    /// [`User::take_new_marks`].
    pub(crate) fn begin_hand_over(&self, now: Instant) -> HandOver {
        let read = &mut self.lock().read;
        read.get_or_insert_default().begin_hand_over(now)
    }

    /// Forgets which marks were lost. Without a journal, nobody asks for them.
    pub(crate) fn forget_lost_marks(&self) {
        if let Some(marks) = &mut self.lock().read {
            marks.forget_lost();
        }
    }

    /// Takes the marks that the journal does not have yet.
    pub(crate) fn take_new_marks(&self) -> Vec<Row> {
        let read = &mut self.lock().read;
        let rows = read.as_mut().map(|marks| marks.take_new(self.id));
        rows.unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    fn blocks_sender(&self, line: &WhisperLine) -> bool {
        let blocked = self.blocked();
        blocked.is_some_and(|blocked| blocked.has_user(line.sender, &line.sender_user))
    }

    fn blocked(&self) -> Option<&Arc<Blocked>> {
        self.blocks.as_ref()?.blocked()
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
