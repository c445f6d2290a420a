//! All users and their sessions: which names they have, and how long a session outlives a lost
//! connection.
//!
//! The sessions of all network threads call it. No runtime and no clock. The lock of all
//! users is never taken while one user's own lock is held.

mod absent;
mod accounts;
mod blocks;
mod counts;
mod ending;
mod erase;
mod find;
mod owned_names;
mod read_marks;
mod restore;
mod wanted_name;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::{ConnectionId, RequestId, Seq, SessionId, UserId};
use crate::journal::{Row, UserRow};
use crate::names::Looks;
use crate::network::Network;
use crate::sync::expiry::ExpiryQueue;
use crate::sync::lock::{Lock, MutexGuard};

use super::feed::Feed;
use super::limits::RoomLimits;
use super::name::{Account, Name};
use super::records::Records;
use super::user::User;
use super::user::session::{ConnectionRef, Secret, UserSession};
use super::user::whispers::MissedWhispers;

pub(crate) use self::accounts::ChangedUser;
pub(crate) use self::wanted_name::NameError;

use self::accounts::KnownAccount;
use self::blocks::WaitingBlocks;
use self::wanted_name::WantedName;

/// All users with a session, and those with an account that are known.
#[derive(Debug)]
pub struct Users {
    inner: Lock<Inner>,
    records: Records,
    /// The users whose read marks are handed over to the journal with the next sweep.
    late_marks: Lock<Vec<Arc<User>>>,
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
    /// The user that has a name that looks like this, see
    /// [`names::looks`](crate::names::looks): one that it has
    /// chosen, or that of its token.
    by_look: HashMap<Arc<str>, UserId>,
    /// The sessions that have lost their connection.
    away: ExpiryQueue<SessionId>,
    /// The sessions from before the start of the server that were not resumed yet. They do not
    /// count as those that are away, because all clients are then.
    restored: ExpiryQueue<SessionId>,
    /// The users that have an account and no session.
    absent: ExpiryQueue<UserId>,
    /// The blocks of users with an account that are not known now.
    waiting_blocks: WaitingBlocks,
    records: Records,
    feed: Option<Arc<Feed>>,
}

/// A user, as the list of all users has it.
#[derive(Debug)]
struct Known {
    user: Arc<User>,
    /// The keys in [`Inner::by_look`] of the name that the user has chosen, if it has.
    looks: Option<Looks>,
    /// More about a user with an account. On the heap, so that guests do not pay for it.
    account: Option<Box<KnownAccount>>,
}

impl Known {
    fn account(&mut self) -> &mut KnownAccount {
        self.account.get_or_insert_default()
    }

    /// Returns all that has to be known of the user after a restart.
    fn row(&self) -> UserRow {
        let name = self.user.name();
        let account = self.account.as_ref();
        UserRow {
            id: self.user.id,
            account: name.account().map(|account| (&*account.user).into()),
            chosen: name.chosen().map(Arc::from),
            claimed: account.and_then(|account| account.claimed()).map(Arc::from),
            info: name.info().into(),
        }
    }

    /// Whether the user has a name that looks like this, by its choice or from its token.
    fn has(&self, look: &Arc<str>) -> bool {
        let has_chosen = self.looks.as_ref().is_some_and(|its| its.contains(look));
        has_chosen || self.has_claimed(look)
    }

    /// Whether the user has a name that looks like this from its token. Then nobody else gets
    /// it. One that it has chosen goes to a user whose token has it.
    fn has_claimed(&self, look: &Arc<str>) -> bool {
        let account = self.account.as_ref();
        account.is_some_and(|account| account.has_claimed(look))
    }
}

/// A session, as the list of all sessions has it.
#[derive(Debug)]
struct Entry {
    session: Arc<UserSession>,
    /// `None` while the client is away.
    connection: Option<ConnectionRef>,
    /// Its place in a queue, while the client is away.
    away: Option<Away>,
}

/// The place of a session without a connection.
#[derive(Debug, Clone, Copy)]
enum Away {
    /// The key in [`Inner::away`].
    Left(u64),
    /// The key in [`Inner::restored`].
    Restored(u64),
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
        Self::with_records(limits, Records::default(), None)
    }

    /// The same. What has to be known after a restart is handed over to `records`, and `feed` is
    /// told of new users.
    pub(crate) fn with_records(
        limits: &RoomLimits,
        records: Records,
        feed: Option<Arc<Feed>>,
    ) -> Self {
        Self {
            inner: Lock::new(Inner {
                records: records.clone(),
                feed,
                ..Inner::default()
            }),
            records,
            late_marks: Lock::default(),
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
        let wanted = WantedName::of(raw).transpose()?;
        let mut inner = self.lock();
        let user = inner.add_user(id.user_id(), wanted, None)?;
        inner.note_new_user(user.id);
        let session = UserSession::new(id.session_id(), secret, user, connection);
        Ok(inner.add_session(session, connection))
    }

    /// The client is known to have the session's secret. Only from now on does the session
    /// survive a restart: nobody could resume it before, and it would only keep its name, and
    /// whispers to it, from a client that has said hello again. Does nothing if it has ended.
    pub fn confirm(&self, session: &UserSession) {
        let inner = self.lock();
        if inner.sessions.contains_key(&session.id) {
            inner.records.note(|| vec![Row::Session(session.row())]);
        }
    }

    /// Resumes the session with this secret over `connection`, if it is one of the user with
    /// this `account`; `None`: of a guest. `request` is the ID of the hello, and `seen` the number
    /// of the last whisper that the client has. It is one step for all threads: of two hellos the
    /// later one counts, and no whisper is both missed and delivered to the new connection.
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
        let resumed = ResumedSession {
            session: Arc::clone(&entry.session),
            before: entry.connection.replace(connection),
            missed,
        };
        let away = entry.away.take();
        inner.end_away(away);
        inner.records.note_some(|| {
            let taken = resumed.session.forget_taken(seen)?;
            Some(Row::ForgetWhispers(resumed.session.id, taken))
        });
        Ok(resumed)
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
        entry.away = Some(Away::Left(inner.away.add(session.id, network, now)));
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
        while let Some(id) = inner.pop_expired(self.resume_within, now) {
            inner.end_session(id, now);
        }
        while let Some(id) = inner.absent.pop_expired(self.known_for, now) {
            inner.forget(id);
        }
        inner.forget_above(self.max_absent);
        drop(inner);
        self.hand_over_marks();
    }

    /// Returns the user with this ID, if it has a session.
    #[must_use]
    pub fn by_id(&self, id: UserId) -> Option<Arc<User>> {
        let inner = self.lock();
        let known = inner.users.get(&id)?;
        let has_session = known.user.has_session();
        has_session.then(|| Arc::clone(&known.user))
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
    /// Adds a user that was not known, with the name that it wants, if it wants one.
    fn add_user(
        &mut self,
        id: UserId,
        wanted: Option<WantedName>,
        account: Option<Arc<Account>>,
    ) -> Result<Arc<User>, NameError> {
        let (name, looks) = match wanted {
            None => (Name::GUEST, None),
            Some(wanted) => {
                let (name, looks) = self.take_name(id, wanted)?;
                (name, Some(looks))
            }
        };
        let user = Arc::new(User::new(id, name.with_account(account)));
        let known = Known {
            user: Arc::clone(&user),
            looks,
            account: None,
        };
        self.users.insert(id, known);
        Ok(user)
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

    /// A user with an account has no session from now on.
    fn is_absent(&mut self, id: UserId, now: Instant) {
        if let Some(known) = self.users.get_mut(&id) {
            // Of no network: an address does not make more accounts.
            let key = self.absent.add(id, Network::LOOPBACK, now);
            known.account().absent = Some(key);
        }
    }

    /// Hands over what has to be known of a user that is seen for the first time, and tells the
    /// game of it.
    fn note_new_user(&self, id: UserId) {
        let Some(feed) = &self.feed else {
            return self.note_user(id);
        };
        if let Some(known) = self.users.get(&id) {
            let row = self.records.journal().map(|_| Row::User(known.row()));
            feed.user_seen(id, &known.user.name(), row.into_iter().collect());
        }
    }

    /// Hands over what has to be known of a user.
    fn note_user(&self, id: UserId) {
        let row = || self.users.get(&id).map(|known| Row::User(known.row()));
        self.records.note(|| row().into_iter().collect());
    }
}

fn random_secret() -> Secret {
    let mut secret = Secret::default();
    getrandom::fill(&mut secret).expect("the system has random numbers");
    secret
}

#[cfg(test)]
mod tests;
