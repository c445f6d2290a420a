//! The users and sessions of before the start of the server, as its journal knows them. All
//! clients are away then, and may resume their sessions as after a lost connection.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use crate::ids::{Seq, UserId};
use crate::journal::{BlockRow, KnownSession, ReadMarkRow, Row, UserRow, WhisperRow};
use crate::network::Network;
use crate::shared::join::Position;
use crate::shared::name::{Account, Name};
use crate::shared::user::User;
use crate::shared::user::session::UserSession;

use super::accounts::{ClaimedName, names_apart};
use super::wanted_name::WantedName;
use super::{Away, Entry, Inner, Known, Users};

/// How many times as many sessions as may be away are taken over: at the end of the server,
/// those with a connection were sessions, too.
const MOST_RESTORED: usize = 8;

impl Users {
    /// Takes over the users and sessions of before, and forgets the whispers to sessions that
    /// cannot be resumed. Called once, before anybody else.
    pub(crate) fn restore(
        &self,
        users: Vec<UserRow>,
        mut sessions: Vec<KnownSession>,
        orphans: &[WhisperRow],
        marks: Vec<ReadMarkRow>,
        blocks: Vec<BlockRow>,
        now: Instant,
    ) {
        let mut inner = self.lock();
        let most = self.max_away.saturating_mul(MOST_RESTORED);
        sessions.sort_unstable_by_key(|session| session.row.id);
        let surplus = sessions.len().saturating_sub(most);
        for session in sessions.drain(..surplus) {
            inner.records.note(|| vec![Row::EndSession(session.row.id)]);
        }
        inner.restore_users(users, &sessions);
        inner.restore_sessions(sessions, orphans, now);
        for mark in marks {
            let read = Position {
                epoch: mark.epoch,
                seq: mark.seq,
            };
            match inner.users.get(&mark.user) {
                Some(_) if read.seq == Seq(0) => {}
                Some(known) => known.user.restore_mark(&mark.room, read),
                None => inner.records.note(|| vec![Row::ForgetUser(mark.user)]),
            }
        }
        inner.restore_blocks(blocks);
        inner.restore_absent(now);
        inner.forget_above(self.max_absent);
    }
}

impl Inner {
    /// Takes over the users with an account, and the guests that have a session.
    fn restore_users(&mut self, mut rows: Vec<UserRow>, sessions: &[KnownSession]) {
        let with_session: HashSet<UserId> = sessions.iter().map(|one| one.row.user).collect();
        rows.sort_unstable_by_key(|row| row.id);
        rows.retain(|row| {
            let is_wanted = match &row.account {
                Some(account) => !self.by_account.contains_key(account),
                None => with_session.contains(&row.id),
            };
            if is_wanted {
                self.restore_user(row);
            } else {
                self.records.note(|| vec![Row::ForgetUser(row.id)]);
            }
            is_wanted
        });
        // The names of tokens first, as they go before those that users have chosen, and of
        // those the ones that users are seen to have.
        rows.retain(|row| !self.restore_claim_as_shown(row));
        for row in &rows {
            if let Some(claimed) = row.claimed.as_deref().and_then(ClaimedName::new) {
                self.claim(row.id, claimed, &mut Vec::new());
            }
        }
        for row in &rows {
            self.restore_name(row);
        }
    }

    fn restore_user(&mut self, row: &UserRow) {
        let account = row.account.as_ref().map(|account| {
            self.by_account.insert(Arc::clone(account), row.id);
            Arc::new(Account {
                user: (&**account).into(),
                info: (&*row.info).into(),
            })
        });
        let known = Known {
            user: Arc::new(User::new(row.id, Name::GUEST.with_account(account))),
            looks: None,
            account: None,
        };
        self.users.insert(row.id, known);
    }

    /// Gives a user the name of its token, if that is how it is shown. Returns whether it is.
    fn restore_claim_as_shown(&mut self, row: &UserRow) -> bool {
        /// The others can only come from users that have left since.
        const TRIED: usize = 4;
        let (Some(claimed), Some(shown)) = (&row.claimed, &row.chosen) else {
            return false;
        };
        let Some(claimed) = ClaimedName::new(claimed) else {
            return false;
        };
        let wanted = if *claimed.wanted.name == **shown {
            Some(claimed.wanted)
        } else {
            let mut apart = names_apart(&claimed.wanted.name, row.id).take(TRIED);
            apart.find(|one| *one.name == **shown)
        };
        let free = wanted.filter(|one| !self.is_claimed_by_another(row.id, &one.looks));
        let Some(wanted) = free else {
            return false;
        };
        let name = self.claim_as(row.id, claimed.said, wanted, &mut Vec::new());
        self.show(row.id, Name::new(&name));
        true
    }

    /// Gives a user the name that it has chosen. If it cannot have it any more, it has that of
    /// its token, or none.
    fn restore_name(&mut self, row: &UserRow) {
        let chosen = row.chosen.as_deref().map(WantedName::new);
        if let Some(Ok(wanted)) = chosen
            && let Ok((name, looks)) = self.take_name(row.id, wanted)
        {
            self.known(row.id).looks = Some(looks);
            self.show(row.id, name);
        } else if let Some(name) = self.known(row.id).claimed_name() {
            self.show(row.id, name);
        }
    }

    fn show(&mut self, id: UserId, name: Name) {
        let user = &self.known(id).user;
        user.set_name(name.with_account(user.account()));
    }

    fn restore_sessions(
        &mut self,
        sessions: Vec<KnownSession>,
        orphans: &[WhisperRow],
        now: Instant,
    ) {
        let whispers = sessions.iter().flat_map(|one| &one.whispers);
        let mut accepted = HashMap::<_, Vec<_>>::new();
        for whisper in whispers.chain(orphans) {
            let (session, request) = whisper.sender;
            accepted.entry(session).or_default().push(request);
        }
        let ended: BTreeSet<_> = orphans.iter().map(|orphan| orphan.session).collect();
        for id in ended {
            self.records.note(|| vec![Row::EndSession(id)]);
        }
        for known in sessions {
            let (id, secret) = (known.row.id, known.row.secret);
            let user = self.users.get(&known.row.user);
            let Some(user) = user.map(|known| Arc::clone(&known.user)) else {
                self.records.note(|| vec![Row::EndSession(id)]);
                continue;
            };
            let mut accepted = accepted.remove(&id).unwrap_or_default();
            accepted.extend(&known.held);
            let session = Arc::new(UserSession::restored(known, user, accepted));
            session.user.add_session(&session);
            self.by_secret.insert(secret, id);
            // Of no network: nobody knows where its client was.
            let key = self.restored.add(id, Network::LOOPBACK, now);
            let entry = Entry {
                session,
                connection: None,
                away: Some(Away::Restored(key)),
            };
            self.sessions.insert(id, entry);
        }
    }

    /// The users without a session are absent from now on.
    fn restore_absent(&mut self, now: Instant) {
        let mut absent: Vec<UserId> = self
            .users
            .values()
            .filter(|known| !known.user.has_session())
            .map(|known| known.user.id)
            .collect();
        absent.sort_unstable();
        for id in absent {
            self.is_absent(id, now);
        }
    }
}
