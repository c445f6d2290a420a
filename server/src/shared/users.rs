//! All users and their sessions: which names they have, and how long a session outlives a lost
//! connection.
//!
//! The sessions of all network threads call it. No runtime and no clock. The lock of all
//! users is never taken while one user's own lock is held.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::{ConnectionId, RequestId, Seq, SessionId, UserId};
use crate::names::{self, Looks, NameFault};
use crate::network::Network;
use crate::sync::expiry::ExpiryQueue;
use crate::sync::lock::{Lock, MutexGuard};

use super::limits::RoomLimits;
use super::name::Name;
use super::user::User;
use super::user::session::{ConnectionRef, MissedWhispers, Secret, UserSession};

/// All users with a session.
#[derive(Debug)]
pub struct Users {
    inner: Lock<Inner>,
    /// How long a session can be resumed.
    resume_within: Duration,
    /// How many sessions without a connection are kept.
    max_away: usize,
    /// How many of them one address may have.
    max_away_per_address: usize,
}

#[derive(Debug, Default)]
struct Inner {
    /// The users that have a session.
    users: HashMap<UserId, Known>,
    sessions: HashMap<SessionId, Entry>,
    by_secret: HashMap<Secret, SessionId>,
    /// Which user has a name that looks like this, see [`names::looks`].
    by_look: HashMap<Arc<str>, UserId>,
    /// The sessions that have no connection.
    away: ExpiryQueue<SessionId>,
}

/// A user, as the list of all users has it.
#[derive(Debug)]
struct Known {
    user: Arc<User>,
    /// The keys in [`Inner::by_look`], if the user has chosen a name.
    looks: Option<Looks>,
}

/// A session, as the list of all sessions has it.
#[derive(Debug)]
struct Entry {
    session: Arc<UserSession>,
    /// `None` while the client is away.
    connection: Option<ConnectionRef>,
    /// The key in [`Inner::away`], while the client is away.
    away: Option<u64>,
}

/// A session that was resumed.
#[derive(Debug)]
pub struct ResumedSession {
    /// The session.
    pub session: Arc<UserSession>,
    /// The connection that the session had until now, if it had one. The caller has to
    /// close it.
    pub before: Option<ConnectionRef>,
    /// The whispers that the client has missed.
    pub missed: MissedWhispers,
}

/// Why a session is not resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// No session has this secret.
    #[error("no session has this secret")]
    Unknown,
    /// The client has sent later requests since, over another connection.
    #[error("the client has sent later requests over another connection")]
    Late,
}

/// Why a user does not get a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is not a name, see [`names::client_name`].
    #[error("this is not a name: {0}")]
    Bad(#[from] NameFault),
    /// It looks like a name that the server gives.
    #[error("the server gives such names itself")]
    Guest,
    /// It looks like a word that nobody gets as a name.
    #[error("nobody gets this name")]
    Reserved,
    /// Another user has the name, or one that looks like it.
    #[error("another user has the name, or one that looks like it")]
    Taken,
}

impl Users {
    /// Creates the empty list of users. Of the limits, those on sessions without a
    /// connection apply.
    #[must_use]
    pub fn new(limits: &RoomLimits) -> Self {
        Self {
            inner: Lock::default(),
            resume_within: limits.resume_within,
            max_away: limits.away,
            max_away_per_address: limits.away_per_address,
        }
    }

    /// Begins the session of a new user over `connection`, with the name `raw`, or as a guest
    /// if `raw` is empty. The user and the session have the number of the connection.
    ///
    /// # Errors
    ///
    /// [`NameError`]. No session begins then.
    ///
    /// # Panics
    ///
    /// If the system has no random numbers.
    pub fn begin_session(
        &self,
        id: ConnectionId,
        raw: &str,
        connection: ConnectionRef,
    ) -> Result<Arc<UserSession>, NameError> {
        let mut secret = Secret::default();
        getrandom::fill(&mut secret).expect("the system has random numbers");
        let wanted = match raw {
            "" => None,
            raw => Some(WantedName::new(raw)?),
        };
        let mut inner = self.lock();
        let (id, session_id) = (id.user_id(), id.session_id());
        let (name, looks) = match wanted {
            None => (Name::GUEST, None),
            Some(wanted) => {
                let (name, looks) = inner.take_name(id, wanted)?;
                (name, Some(looks))
            }
        };
        let user = Arc::new(User::new(id, name));
        let known = Known {
            user: Arc::clone(&user),
            looks,
        };
        inner.users.insert(id, known);
        let session = UserSession::new(session_id, secret, user, connection);
        Ok(inner.add_session(session, connection))
    }

    /// Resumes the session with this secret over `connection`. `request` is the ID of the
    /// hello, and `seen` the number of the last whisper that the client has. It is one
    /// step for all threads: of two hellos the later one counts, and no whisper is both
    /// missed and delivered to the new connection.
    ///
    /// # Errors
    ///
    /// [`ResumeError`]. Nothing has changed then.
    pub fn resume(
        &self,
        secret: &[u8],
        request: RequestId,
        connection: ConnectionRef,
        seen: Seq,
    ) -> Result<ResumedSession, ResumeError> {
        let inner = &mut *self.lock();
        let id = inner.by_secret.get(secret).ok_or(ResumeError::Unknown)?;
        let entry = inner.sessions.get_mut(id).ok_or(ResumeError::Unknown)?;
        let missed = entry.session.resume(request, connection, seen);
        let missed = missed.ok_or(ResumeError::Late)?;
        if let Some(key) = entry.away.take() {
            inner.away.remove(key);
        }
        Ok(ResumedSession {
            session: Arc::clone(&entry.session),
            before: entry.connection.replace(connection),
            missed,
        })
    }

    /// Records that a session has lost `connection`, which came from `network`. It can be
    /// resumed for a while. Does nothing if it was resumed over another connection.
    ///
    /// If too many clients are away then, ends the session that has been without a connection
    /// for the longest time: of those of this network if they have more than their share, and
    /// otherwise of those of the network that has most. So nobody ends the sessions of others
    /// by leaving many behind.
    pub fn disconnect(
        &self,
        session: &UserSession,
        connection: ConnectionRef,
        network: Network,
        now: Instant,
    ) {
        let inner = &mut *self.lock();
        let Some(entry) = inner.sessions.get_mut(&session.id) else {
            return;
        };
        if entry.connection != Some(connection) {
            return;
        }
        entry.connection = None;
        entry.away = Some(inner.away.add(session.id, network, now));
        session.disconnect(connection);
        while let Some(id) = inner.away.pop_above(network, self.max_away_per_address) {
            inner.end_session(id);
        }
        while inner.away.len() > self.max_away
            && let Some(id) = inner.away.pop_from_largest()
        {
            inner.end_session(id);
        }
    }

    /// Ends a session whose client said goodbye over `connection`. If it is the user's last
    /// one, the name is free at once. Does nothing if the session was resumed over another
    /// connection.
    pub fn end_session(&self, session: &UserSession, connection: ConnectionRef) {
        let mut inner = self.lock();
        let entry = inner.sessions.get(&session.id);
        if entry.is_some_and(|entry| entry.connection == Some(connection)) {
            inner.end_session(session.id);
        }
    }

    /// Ends the sessions that were not resumed in time.
    pub fn sweep(&self, now: Instant) {
        let mut inner = self.lock();
        while let Some(id) = inner.away.pop_expired(self.resume_within, now) {
            inner.end_session(id);
        }
    }

    /// Gives `user` another name, and returns it.
    ///
    /// # Errors
    ///
    /// [`NameError`]. The user keeps the old name then. It is also the error if the user's
    /// last session has ended and its connection is still open, because nothing would free the name.
    pub fn rename(&self, user: &User, raw: &str) -> Result<Name, NameError> {
        let wanted = WantedName::new(raw)?;
        let mut inner = self.lock();
        if !inner.users.contains_key(&user.id) {
            return Err(NameError::Taken);
        }
        let (name, looks) = inner.take_name(user.id, wanted)?;
        if let Some(known) = inner.users.get_mut(&user.id) {
            known.looks = Some(looks);
        }
        // Under the lock, so that the user's name always matches `by_look`.
        user.set_name(name.clone());
        Ok(name)
    }

    /// Returns the user with this ID, if it has a session.
    #[must_use]
    pub fn by_id(&self, id: UserId) -> Option<Arc<User>> {
        let inner = self.lock();
        let known = inner.users.get(&id)?;
        Some(Arc::clone(&known.user))
    }

    /// Returns the ID of the user whose name is `name` or looks like it. For a name that
    /// the server gives, returns the number in it, whether or not there is such a user.
    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<UserId> {
        let name = names::client_name(name).ok()?;
        let looks = names::looks(&name);
        if names::is_guest(&looks) {
            return names::guest_number(&name).map(UserId);
        }
        let inner = self.lock();
        looks
            .iter()
            .find_map(|look| inner.by_look.get(look).copied())
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().sessions.len()
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }
}

/// A name that a user wants, and what it looks like. That takes a while to find out, so
/// it is done before the lock is taken.
struct WantedName {
    name: String,
    looks: Looks,
}

impl WantedName {
    fn new(raw: &str) -> Result<Self, NameError> {
        let name = names::client_name(raw)?;
        let looks = names::looks(&name);
        if names::is_guest(&looks) {
            return Err(NameError::Guest);
        }
        if names::is_reserved(&looks) {
            return Err(NameError::Reserved);
        }
        Ok(Self { name, looks })
    }
}

impl Inner {
    /// Gives the name to this user, and frees the one it had. The caller keeps the looks with
    /// the user.
    fn take_name(
        &mut self,
        id: UserId,
        WantedName { name, looks }: WantedName,
    ) -> Result<(Name, Looks), NameError> {
        let is_taken = |look| self.by_look.get(look).is_some_and(|&owner| owner != id);
        if looks.iter().any(is_taken) {
            return Err(NameError::Taken);
        }
        self.free_name(id);
        self.by_look.extend(looks.clone().map(|look| (look, id)));
        Ok((Name::new(&name), looks))
    }

    fn free_name(&mut self, id: UserId) {
        let known = self.users.get_mut(&id);
        if let Some(looks) = known.and_then(|known| known.looks.take()) {
            for look in looks {
                self.by_look.remove(&look);
            }
        }
    }

    fn add_session(&mut self, session: UserSession, connection: ConnectionRef) -> Arc<UserSession> {
        let session = Arc::new(session);
        session.user.add_session(&session);
        self.by_secret.insert(session.secret, session.id);
        let entry = Entry {
            session: Arc::clone(&session),
            connection: Some(connection),
            away: None,
        };
        self.sessions.insert(session.id, entry);
        session
    }

    /// Ends a session, and forgets its user if that has no other.
    fn end_session(&mut self, id: SessionId) {
        let Some(Entry { session, away, .. }) = self.sessions.remove(&id) else {
            return;
        };
        self.by_secret.remove(&session.secret);
        if let Some(key) = away {
            self.away.remove(key);
        }
        let user = &session.user;
        if !user.remove_session(id) {
            self.free_name(user.id);
            self.users.remove(&user.id);
        }
    }
}

#[cfg(test)]
mod tests;
