//! All users with a session: which names they have, and how long a session outlives a lost
//! connection.
//!
//! The sessions of all network threads call it. No runtime and no clock. The lock of all
//! users is never taken while one user's own lock is held.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::{RequestId, Seq, UserId};
use crate::network::Network;
use crate::sync::expiry::ExpiryQueue;
use crate::sync::lock::{Lock, MutexGuard};

use super::limits::RoomLimits;
use super::name::Name;
use super::names::{self, Looks, NameFault};
use super::user::{ConnectionRef, MissedWhispers, Secret, User};

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
    sessions: HashMap<UserId, Session>,
    by_secret: HashMap<Secret, UserId>,
    /// Which user has a name that looks like this, see [`names::looks`].
    by_look: HashMap<Arc<str>, UserId>,
    /// The users that have no connection.
    away: ExpiryQueue<UserId>,
}

#[derive(Debug)]
struct Session {
    user: Arc<User>,
    /// `None` while the user is away.
    connection: Option<ConnectionRef>,
    /// The key in [`Inner::away`], while the user is away.
    away: Option<u64>,
    /// The keys in [`Inner::by_look`], if the user has chosen a name.
    looks: Option<Looks>,
}

/// A session that was resumed.
#[derive(Debug)]
pub struct ResumedSession {
    /// The session's user.
    pub user: Arc<User>,
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

    /// Begins a session over `connection`, with the name `raw`, or as a guest if `raw` is
    /// empty. Returns the user.
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
        id: UserId,
        raw: &str,
        connection: ConnectionRef,
    ) -> Result<Arc<User>, NameError> {
        let mut secret = Secret::default();
        getrandom::fill(&mut secret).expect("the system has random numbers");
        let wanted = match raw {
            "" => None,
            raw => Some(WantedName::new(raw)?),
        };
        let mut inner = self.lock();
        let (name, looks) = match wanted {
            None => (Name::GUEST, None),
            Some(wanted) => {
                let (name, looks) = inner.take_name(id, wanted)?;
                (name, Some(looks))
            }
        };
        let user = Arc::new(User::new(id, secret, name, connection));
        inner.by_secret.insert(secret, id);
        let session = Session {
            user: Arc::clone(&user),
            connection: Some(connection),
            away: None,
            looks,
        };
        inner.sessions.insert(id, session);
        Ok(user)
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
        let session = inner.sessions.get_mut(id).ok_or(ResumeError::Unknown)?;
        let missed = session.user.resume(request, connection, seen);
        let missed = missed.ok_or(ResumeError::Late)?;
        if let Some(key) = session.away.take() {
            inner.away.remove(key);
        }
        Ok(ResumedSession {
            user: Arc::clone(&session.user),
            before: session.connection.replace(connection),
            missed,
        })
    }

    /// Records that the user has lost `connection`, which came from `network`. Its session
    /// can be resumed for a while. Does nothing if the session was resumed over another
    /// connection.
    ///
    /// If too many users are away then, ends the session of the user that has been away for
    /// the longest time: of those of this network if they have more than their share, and
    /// otherwise of those of the network that has most. So nobody ends the sessions of others
    /// by leaving many behind.
    pub fn disconnect(
        &self,
        user: &User,
        connection: ConnectionRef,
        network: Network,
        now: Instant,
    ) {
        let inner = &mut *self.lock();
        let Some(session) = inner.sessions.get_mut(&user.id) else {
            return;
        };
        if session.connection != Some(connection) {
            return;
        }
        session.connection = None;
        session.away = Some(inner.away.add(user.id, network, now));
        user.disconnect(connection);
        while let Some(id) = inner.away.pop_above(network, self.max_away_per_address) {
            inner.end_session(id);
        }
        while inner.away.len() > self.max_away
            && let Some(id) = inner.away.pop_from_largest()
        {
            inner.end_session(id);
        }
    }

    /// Ends the session of a user whose client said goodbye over `connection`. The name is
    /// free at once. Does nothing if the session was resumed over another connection.
    pub fn end_session(&self, user: &User, connection: ConnectionRef) {
        let mut inner = self.lock();
        let session = inner.sessions.get(&user.id);
        if session.is_some_and(|session| session.connection == Some(connection)) {
            inner.end_session(user.id);
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
    /// [`NameError`]. The user keeps the old name then. It is also the error if the session
    /// has ended and its connection is still open, because nothing would free the name.
    pub fn rename(&self, user: &User, raw: &str) -> Result<Name, NameError> {
        let wanted = WantedName::new(raw)?;
        let mut inner = self.lock();
        if !inner.sessions.contains_key(&user.id) {
            return Err(NameError::Taken);
        }
        let (name, looks) = inner.take_name(user.id, wanted)?;
        if let Some(session) = inner.sessions.get_mut(&user.id) {
            session.looks = Some(looks);
        }
        // Under the lock, so that the user's name always matches `by_look`.
        user.set_name(name.clone());
        Ok(name)
    }

    /// Returns the user with this ID, if it has a session.
    #[must_use]
    pub fn by_id(&self, id: UserId) -> Option<Arc<User>> {
        let inner = self.lock();
        let session = inner.sessions.get(&id)?;
        Some(Arc::clone(&session.user))
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
    /// Gives the name to this user, and frees the one it had. The caller keeps the looks in
    /// the user's session.
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
        let session = self.sessions.get_mut(&id);
        if let Some(looks) = session.and_then(|session| session.looks.take()) {
            for look in looks {
                self.by_look.remove(&look);
            }
        }
    }

    fn end_session(&mut self, id: UserId) {
        self.free_name(id);
        if let Some(session) = self.sessions.remove(&id) {
            self.by_secret.remove(&session.user.secret);
            if let Some(key) = session.away {
                self.away.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
