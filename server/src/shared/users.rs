//! All users with a session: whose name is whose, and sessions that outlive a lost
//! connection for a while.
//!
//! Shared by all network threads. No runtime and no clock. The lock of all users is
//! never taken while one user's own is held.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::{RequestId, Seq, UserId};
use crate::sync::expiry::ExpiryQueue;
use crate::sync::lock::{Lock, MutexGuard};

use super::name::Name;
use super::names;
use super::user::{ConnectionRef, MissedWhispers, Secret, User};

/// All users with a session.
#[derive(Debug)]
pub struct Users {
    inner: Lock<Inner>,
    /// How long a session can be resumed.
    resume_within: Duration,
    /// How many sessions without a connection are kept.
    max_away: usize,
}

#[derive(Debug, Default)]
struct Inner {
    sessions: HashMap<UserId, Session>,
    by_secret: HashMap<Secret, UserId>,
    /// The user whose name looks like this.
    by_look: HashMap<String, UserId>,
    /// The users that are away.
    away: ExpiryQueue<UserId>,
}

#[derive(Debug)]
struct Session {
    user: Arc<User>,
    /// `None` while the user is away.
    connection: Option<ConnectionRef>,
    /// The key in [`Inner::away`], while the user is away.
    away: Option<u64>,
}

/// A session that goes on.
#[derive(Debug)]
pub struct ResumedSession {
    /// Whose it is.
    pub user: Arc<User>,
    /// The connection that it had until now, if it had one: it is to be closed.
    pub before: Option<ConnectionRef>,
    /// The whispers that came meanwhile.
    pub missed: MissedWhispers,
}

/// Why a session does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// No session has this secret.
    #[error("no session has this secret")]
    Unknown,
    /// The client has asked for more since, over another connection.
    #[error("the session goes on over another connection already")]
    Late,
}

/// Why a user does not get a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is no name: see [`names::client_name`].
    #[error("this is no name")]
    Bad,
    /// Another user has the name, or one that looks like it.
    #[error("another user has the name, or one that looks like it")]
    Taken,
}

impl Users {
    /// No users yet.
    #[must_use]
    pub fn new(resume_within: Duration, max_away: usize) -> Self {
        Self {
            inner: Lock::default(),
            resume_within,
            max_away,
        }
    }

    /// Begins a session under the name `raw`, or without a name if that is empty.
    ///
    /// # Errors
    ///
    /// [`NameError`]: there is no session then.
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
        let name = match wanted {
            None => Name::GUEST,
            Some(wanted) => inner.take_name(id, wanted)?,
        };
        let user = Arc::new(User::new(id, secret, name, connection));
        inner.by_secret.insert(secret, id);
        let session = Session {
            user: Arc::clone(&user),
            connection: Some(connection),
            away: None,
        };
        inner.sessions.insert(id, session);
        Ok(user)
    }

    /// Resumes the session with this secret over `connection`: `request` is the ID of
    /// the hello, and `seen` the number of the last whisper that its client has. It is
    /// one step: of two hellos the later one counts, whichever threads they come
    /// to, and no whisper is both missed and delivered to the new connection.
    ///
    /// # Errors
    ///
    /// [`ResumeError`]: nothing has changed then.
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

    /// The user has lost `connection`. Its session can be resumed for a while. Does
    /// nothing if the session goes on over another connection.
    pub fn disconnect(&self, user: &User, connection: ConnectionRef, now: Instant) {
        let inner = &mut *self.lock();
        let Some(session) = inner.sessions.get_mut(&user.id) else {
            return;
        };
        if session.connection != Some(connection) {
            return;
        }
        session.connection = None;
        session.away = Some(inner.away.add(user.id, now));
        user.disconnect(connection);
    }

    /// Ends the session of a user that has left over `connection` for good: the name
    /// is free at once. Does nothing if the session goes on over another connection.
    pub fn end_session(&self, user: &User, connection: ConnectionRef) {
        let mut inner = self.lock();
        let session = inner.sessions.get(&user.id);
        if session.is_some_and(|session| session.connection == Some(connection)) {
            inner.end_session(user.id);
        }
    }

    /// Ends the sessions that were not resumed in time, and those that are away for
    /// the longest time if they are too many.
    pub fn sweep(&self, now: Instant) {
        let mut inner = self.lock();
        while inner.away.len() > self.max_away
            && let Some(id) = inner.away.pop()
        {
            inner.end_session(id);
        }
        while let Some(id) = inner.away.pop_late(self.resume_within, now) {
            inner.end_session(id);
        }
    }

    /// Gives `user` another name.
    ///
    /// # Errors
    ///
    /// [`NameError`]: the old name stays. Also if the session is over while a
    /// connection of it still stands: nobody would give the name back.
    pub fn rename(&self, user: &User, raw: &str) -> Result<Name, NameError> {
        let wanted = WantedName::new(raw)?;
        let mut inner = self.lock();
        if !inner.sessions.contains_key(&user.id) {
            return Err(NameError::Taken);
        }
        let name = inner.take_name(user.id, wanted)?;
        // What the user is called and whose the name is change together.
        user.set_name(name.clone());
        Ok(name)
    }

    /// The user with this ID.
    #[must_use]
    pub fn by_id(&self, id: UserId) -> Option<Arc<User>> {
        let inner = self.lock();
        let session = inner.sessions.get(&id)?;
        Some(Arc::clone(&session.user))
    }

    /// The ID of the user with this name, as it is or in other letters of the same
    /// look. Also of a name that the server made up.
    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<UserId> {
        let name = names::client_name(name)?;
        if names::is_guest(&name) {
            return names::guest_number(&name).map(UserId);
        }
        let inner = self.lock();
        let mut looks = names::looks(&name).into_iter();
        looks.find_map(|look| inner.by_look.get(&look).copied())
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

/// A name that a user wants. It takes a while to find out what it looks like, so
/// that is done before the lock is taken.
struct WantedName {
    name: String,
    looks: [String; 2],
}

impl WantedName {
    fn new(raw: &str) -> Result<Self, NameError> {
        let name = names::client_name(raw).ok_or(NameError::Bad)?;
        if names::is_guest(&name) {
            return Err(NameError::Taken);
        }
        let looks = names::looks(&name);
        Ok(Self { name, looks })
    }
}

impl Inner {
    /// Gives the name to this user, and frees the one it had.
    fn take_name(
        &mut self,
        id: UserId,
        WantedName { name, looks }: WantedName,
    ) -> Result<Name, NameError> {
        let is_taken = |look| self.by_look.get(look).is_some_and(|&owner| owner != id);
        if looks.iter().any(is_taken) {
            return Err(NameError::Taken);
        }
        self.free_name(id);
        self.by_look.extend(looks.map(|look| (look, id)));
        Ok(Name::new(&name))
    }

    fn free_name(&mut self, id: UserId) {
        // By what the present name looks like, not by a walk over all names.
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let name = session.user.name();
        if let Some(name) = name.chosen() {
            for look in names::looks(name) {
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
