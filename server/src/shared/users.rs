//! All users and their sessions: which names they have, and how long a session outlives a lost
//! connection.
//!
//! The sessions of all network threads call it. No runtime and no clock. The lock of all
//! users is never taken while one user's own lock is held.

mod accounts;
mod wanted_name;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::{ConnectionId, RequestId, Seq, SessionId, UserId};
use crate::names::{self, Looks};
use crate::network::Network;
use crate::sync::expiry::ExpiryQueue;
use crate::sync::lock::{Lock, MutexGuard};

use super::limits::RoomLimits;
use super::name::Name;
use super::user::User;
use super::user::session::{ConnectionRef, MissedWhispers, Secret, UserSession};

pub(crate) use self::accounts::ChangedUser;
pub(crate) use self::wanted_name::NameError;

use self::accounts::Claim;
use self::wanted_name::WantedName;

/// All users with a session, and those with an account that are known.
#[derive(Debug)]
pub struct Users {
    inner: Lock<Inner>,
    /// How long a session can be resumed.
    resume_within: Duration,
    /// How many sessions without a connection are kept.
    max_away: usize,
    /// How many of them one address may have.
    max_away_per_address: usize,
    /// How long a user with an account is known that has no session.
    known_for: Duration,
    /// How many of them there are at most.
    max_absent: usize,
}

#[derive(Debug, Default)]
struct Inner {
    /// The users that have a session, or an account.
    users: HashMap<UserId, Known>,
    /// The users that have an account, by the token's `sub`.
    by_account: HashMap<Arc<str>, UserId>,
    sessions: HashMap<SessionId, Entry>,
    by_secret: HashMap<Secret, SessionId>,
    /// Which user has a name that looks like this, see [`names::looks`].
    by_look: HashMap<Arc<str>, Owner>,
    /// The sessions that have no connection.
    away: ExpiryQueue<SessionId>,
    /// The users that have an account and no session.
    absent: ExpiryQueue<UserId>,
}

/// Whose a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    user: UserId,
    /// Whether the user has it from its token. Then nobody else gets it, and otherwise a user
    /// whose token has it.
    is_claimed: bool,
}

/// A user, as the list of all users has it.
#[derive(Debug)]
struct Known {
    user: Arc<User>,
    /// The keys in [`Inner::by_look`] of the name that the user has chosen, if it has.
    looks: Option<Looks>,
    /// The name that the user's token gives it, if it does.
    claim: Option<Box<Claim>>,
    /// The key in [`Inner::absent`], while the user has no session.
    absent: Option<u64>,
}

impl Known {
    fn new(user: &Arc<User>) -> Self {
        Self {
            user: Arc::clone(user),
            looks: None,
            claim: None,
            absent: None,
        }
    }
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
    /// No session of this user has this secret.
    #[error("no session of this user has this secret")]
    Unknown,
    /// The client has sent later requests since, over another connection.
    #[error("the client has sent later requests over another connection")]
    Late,
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
            known_for: limits.keep_users,
            max_absent: limits.absent_users,
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
        let secret = random_secret();
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
            looks,
            ..Known::new(&user)
        };
        inner.users.insert(id, known);
        let session = UserSession::new(session_id, secret, user, connection);
        Ok(inner.add_session(session, connection))
    }

    /// Resumes the session with this secret over `connection`, if it is one of the user with
    /// this `account`; `None`: of a guest. `request` is the ID of the hello, and `seen` the number of the last whisper that the client has. It is one
    /// step for all threads: of two hellos the later one counts, and no whisper is both
    /// missed and delivered to the new connection.
    ///
    /// # Errors
    ///
    /// [`ResumeError`]. Nothing has changed then.
    pub fn resume(
        &self,
        secret: &[u8],
        account: Option<&str>,
        request: RequestId,
        connection: ConnectionRef,
        seen: Seq,
    ) -> Result<ResumedSession, ResumeError> {
        let inner = &mut *self.lock();
        let id = inner.by_secret.get(secret).ok_or(ResumeError::Unknown)?;
        let entry = inner.sessions.get_mut(id).ok_or(ResumeError::Unknown)?;
        if !entry.session.user.is_account(account) {
            return Err(ResumeError::Unknown);
        }
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
            inner.end_session(id, now);
        }
        while inner.away.len() > self.max_away
            && let Some(id) = inner.away.pop_from_largest()
        {
            inner.end_session(id, now);
        }
        inner.forget_above(self.max_absent);
    }

    /// Ends a session whose client said goodbye over `connection`. If it is a guest's last one,
    /// the name is free at once. Does nothing if the session was resumed over another
    /// connection.
    pub fn end_session(&self, session: &UserSession, connection: ConnectionRef, now: Instant) {
        let mut inner = self.lock();
        let entry = inner.sessions.get(&session.id);
        if entry.is_some_and(|entry| entry.connection == Some(connection)) {
            inner.end_session(session.id, now);
            inner.forget_above(self.max_absent);
        }
    }

    /// Ends the sessions that were not resumed in time, and forgets the users with an account
    /// that have had none for too long.
    pub fn sweep(&self, now: Instant) {
        let mut inner = self.lock();
        while let Some(id) = inner.away.pop_expired(self.resume_within, now) {
            inner.end_session(id, now);
        }
        while let Some(id) = inner.absent.pop_expired(self.known_for, now) {
            inner.forget(id);
        }
        inner.forget_above(self.max_absent);
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
        let name = name.with_account(user.account());
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
        let has_session = known.user.has_session();
        has_session.then(|| Arc::clone(&known.user))
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
            .find_map(|look| inner.by_look.get(look))
            .map(|owner| owner.user)
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

impl Inner {
    /// Gives the name to this user, and frees the one that it has chosen before. The caller
    /// keeps the looks with the user.
    fn take_name(
        &mut self,
        id: UserId,
        WantedName { name, looks }: WantedName,
    ) -> Result<(Name, Looks), NameError> {
        let is_taken = |look| self.by_look.get(look).is_some_and(|owner| owner.user != id);
        if looks.iter().any(is_taken) {
            return Err(NameError::Taken);
        }
        self.free_name(id);
        self.own(id, &looks, false);
        Ok((Name::new(&name), looks))
    }

    /// Records that names that look like this are the user's. What it has from its token stays
    /// that.
    fn own(&mut self, user: UserId, looks: &Looks, is_claimed: bool) {
        for look in looks {
            let owner = self.by_look.entry(Arc::clone(look));
            let owner = owner.or_insert(Owner { user, is_claimed });
            owner.is_claimed |= is_claimed;
        }
    }

    /// Frees the name that a user has chosen, unless its token gives it the same.
    fn free_name(&mut self, id: UserId) {
        let known = self.users.get_mut(&id);
        if let Some(looks) = known.and_then(|known| known.looks.take()) {
            for look in &looks {
                if self.by_look.get(look).is_some_and(|it| !it.is_claimed) {
                    self.by_look.remove(look);
                }
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

    /// Removes a session from the list of all sessions.
    fn remove_session(&mut self, id: SessionId) -> Option<Entry> {
        let entry = self.sessions.remove(&id)?;
        self.by_secret.remove(&entry.session.secret);
        if let Some(key) = entry.away {
            self.away.remove(key);
        }
        Some(entry)
    }

    /// Ends a session. If its user has no other, a guest is forgotten, and a user with an
    /// account is absent from now on.
    fn end_session(&mut self, id: SessionId, now: Instant) {
        let Some(Entry { session, .. }) = self.remove_session(id) else {
            return;
        };
        let user = &session.user;
        if user.remove_session(id) {
            return;
        }
        if user.is_account(None) {
            self.forget(user.id);
        } else if let Some(known) = self.users.get_mut(&user.id) {
            // Of no network: an address does not make more accounts.
            known.absent = Some(self.absent.add(user.id, Network::LOOPBACK, now));
        }
    }
}

fn random_secret() -> Secret {
    let mut secret = Secret::default();
    getrandom::fill(&mut secret).expect("the system has random numbers");
    secret
}

#[cfg(test)]
mod tests;
