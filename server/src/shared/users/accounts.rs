//! Users with an account: who has which, the name that a token gives, and what happens to a
//! user that had that name.
//!
//! Two users whose tokens give them the same name keep it apart: the one that comes later has
//! its number behind it. No user is kept out because of its token's name.

use std::sync::Arc;

use guildhall_protocol::limits::MAX_NAME_CHARACTERS;

use crate::accounts::Claims;
use crate::ids::{ConnectionId, UserId};
use crate::journal::Row;
use crate::names::Looks;
use crate::shared::name::{Account, Name};
use crate::shared::user::User;
use crate::shared::user::session::{ConnectionRef, UserSession};

use super::wanted_name::{NameError, WantedName};
use super::{Inner, Known, Users, random_secret};

/// The most sessions of one user with an account. Above that, one of them ends.
const MAX_SESSIONS: usize = 16;

/// More about a user with an account.
#[derive(Debug, Default)]
pub(super) struct KnownAccount {
    /// The name that the user's token gives it, if it does.
    claim: Option<Claim>,
    /// The key in [`Inner::absent`], while the user has no session.
    pub(super) absent: Option<u64>,
}

impl Known {
    /// The name that the user has from its token, if it has one.
    pub(super) fn claimed_name(&self) -> Option<Name> {
        let claim = self.account.as_ref()?.claim.as_ref()?;
        Some(Name::new(&claim.name))
    }
}

impl KnownAccount {
    /// The name that the user's token gives it, as the token has it.
    pub(super) fn claimed(&self) -> Option<&str> {
        self.claim.as_ref().map(|claim| &*claim.said)
    }

    /// Whether the name that the user's token gives it looks like this.
    pub(super) fn has_claimed(&self, look: &Arc<str>) -> bool {
        let claim = self.claim.as_ref();
        claim.is_some_and(|claim| claim.looks.contains(look))
    }
}

/// The name that a user's token gives it.
#[derive(Debug)]
struct Claim {
    /// As the token has it.
    said: Box<str>,
    /// As the user has it.
    name: Arc<str>,
    /// The keys of that name in `by_look`.
    looks: Looks,
}

/// A session that began with a token.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Arc<UserSession>,
    /// The connection of a session that has ended, because its user has too many. The caller
    /// has to close it.
    pub closed: Option<ConnectionRef>,
    /// The users that are shown as something else now. The caller has to tell their sessions
    /// and rooms.
    pub changed: Vec<ChangedUser>,
}

/// A user that is shown as something else than before.
#[derive(Debug, Clone)]
pub struct ChangedUser {
    /// The user.
    pub user: Arc<User>,
    /// Whether it has another name. If not, something beside the name is another.
    pub is_renamed: bool,
}

impl ChangedUser {
    /// A user that has another name.
    #[must_use]
    pub fn renamed(user: &Arc<User>) -> Self {
        Self {
            user: Arc::clone(user),
            is_renamed: true,
        }
    }
}

impl Users {
    /// Begins a session over `connection` for the user of a token with these claims. If the
    /// token gives the user no name, and the user has none, it gets the name `raw`.
    ///
    /// # Errors
    ///
    /// [`NameError`], because of `raw`. Nothing has changed then.
    ///
    /// # Panics
    ///
    /// If the system has no random numbers.
    pub fn sign_in(
        &self,
        id: ConnectionId,
        claims: &Claims,
        raw: &str,
        connection: ConnectionRef,
    ) -> Result<SignedIn, NameError> {
        let secret = random_secret();
        let claimed = ClaimedName::of(claims);
        // The token's name counts, whatever the user asks for.
        let wanted = match claimed {
            Some(_) => None,
            None => WantedName::of(raw),
        };
        let mut inner = self.lock();
        let mut changed = Vec::new();
        let user = if let Some(user) = inner.user_of(claims) {
            if user.name().chosen().is_none()
                && let Some(wanted) = wanted
            {
                inner.rename(&user, wanted?)?;
                changed.push(ChangedUser::renamed(&user));
            }
            inner.return_of(&user);
            inner.update(&user, claims, claimed, &mut changed);
            user
        } else {
            let (id, wanted) = (id.user_id(), wanted.transpose()?);
            let user = inner.add_user(id, wanted, Some(account(claims)))?;
            inner.by_account.insert(claims.user.as_str().into(), id);
            inner.return_blocks(&user, &claims.user);
            if let Some(claimed) = claimed {
                let name = inner.claim(id, claimed, &mut changed);
                user.set_name(Name::new(&name).with_account(user.account()));
            }
            inner.note_new_user(id);
            user
        };
        let closed = inner.end_surplus_session(&user);
        let session = UserSession::new(id.session_id(), secret, user, connection);
        Ok(SignedIn {
            session: inner.add_session(session, connection),
            closed,
            changed,
        })
    }

    /// Takes over what a new token says of its user. Returns the users that are
    /// shown as something else now, as in [`SignedIn::changed`].
    pub fn refresh(&self, user: &Arc<User>, claims: &Claims) -> Vec<ChangedUser> {
        let claimed = ClaimedName::of(claims);
        let mut changed = Vec::new();
        let mut inner = self.lock();
        if inner.users.contains_key(&user.id) {
            inner.update(user, claims, claimed, &mut changed);
        }
        changed
    }

    /// The user with this account, if it is known. It may be away.
    pub(crate) fn with_account(&self, account: &str) -> Option<Arc<User>> {
        let inner = self.lock();
        let id = inner.by_account.get(account)?;
        inner.users.get(id).map(|known| Arc::clone(&known.user))
    }

    /// Sets what is shown of a user with an account, until its next token says something else.
    /// Returns whether that is something else than before; `None` for a guest.
    pub(crate) fn set_info(&self, user: &Arc<User>, info: &str) -> Option<bool> {
        let inner = self.lock();
        let before = user.name();
        let account = before.account()?;
        if *account.info == *info {
            return Some(false);
        }
        let account = Account {
            user: account.user.clone(),
            info: info.into(),
        };
        user.set_name(before.with_account(Some(Arc::new(account))));
        inner.note_user(user.id);
        Some(true)
    }

    /// Whether the user's token gives it its name.
    #[must_use]
    pub fn is_named_by_token(&self, user: &User) -> bool {
        let inner = self.lock();
        let known = inner.users.get(&user.id);
        let account = known.and_then(|known| known.account.as_ref());
        account.is_some_and(|account| account.claim.is_some())
    }
}

impl Inner {
    /// The user with the account of these claims, if it is known.
    fn user_of(&self, claims: &Claims) -> Option<Arc<User>> {
        let id = self.by_account.get(claims.user.as_str())?;
        self.users.get(id).map(|known| Arc::clone(&known.user))
    }

    pub(super) fn known(&mut self, id: UserId) -> &mut Known {
        let known = self.users.get_mut(&id);
        known.expect("the caller has found the user under the same lock")
    }

    /// A user has a session again.
    fn return_of(&mut self, user: &User) {
        if let Some(key) = self.known(user.id).account().absent.take() {
            self.absent.remove(key);
        }
    }

    /// Takes over what a token says of a user that is known.
    fn update(
        &mut self,
        user: &Arc<User>,
        claims: &Claims,
        claimed: Option<ClaimedName>,
        changed: &mut Vec<ChangedUser>,
    ) {
        let before = user.name();
        let mut name = before.clone();
        let said = claimed.as_ref().map(|claimed| claimed.said.clone());
        let is_same_claim = self.known(user.id).account().claimed() == said.as_deref();
        let had = self.known(user.id).account().claim.take();
        match (had, claimed) {
            // The user may have chosen another name since, and keeps it.
            (Some(had), Some(claimed)) if *had.said == *claimed.said => {
                self.known(user.id).account().claim = Some(had);
            }
            (had, Some(claimed)) => {
                self.free_claim(user.id, had);
                self.free_name(user.id);
                name = Name::new(&self.claim(user.id, claimed, changed));
            }
            // The name is one that the user has chosen, from now on.
            (Some(had), None) if name.chosen() == Some(&*had.name) => {
                self.known(user.id).looks = Some(had.looks);
            }
            (had, None) => self.free_claim(user.id, had),
        }
        let had_account = before.account();
        let is_same = had_account.is_some_and(|it| *it.info == *info(claims));
        let account = match had_account {
            Some(known) if is_same => Arc::clone(known),
            _ => account(claims),
        };
        let name = name.with_account(Some(account));
        let is_shown_same = name == before;
        if !is_shown_same {
            let is_renamed = name.chosen() != before.chosen();
            user.set_name(name);
            changed.push(ChangedUser {
                user: Arc::clone(user),
                is_renamed,
            });
        }
        if !is_shown_same || !is_same_claim {
            self.note_user(user.id);
        }
    }

    /// Frees the name that a token has given a user, unless it has chosen the same.
    fn free_claim(&mut self, id: UserId, claim: Option<Claim>) {
        self.free(id, claim.as_ref().map(|claim| &claim.looks));
    }

    /// Gives a user the name of its token, or one that tells it apart from the user that has
    /// it from another token. Users that have chosen the name lose it. Returns the name.
    pub(super) fn claim(
        &mut self,
        id: UserId,
        claimed: ClaimedName,
        changed: &mut Vec<ChangedUser>,
    ) -> Arc<str> {
        let ClaimedName { said, wanted } = claimed;
        let wanted = if self.is_claimed_by_another(id, &wanted.looks) {
            // Nobody else has the number, but a token can say such a name as well.
            let mut apart = names_apart(&wanted.name, id);
            let free = apart.find(|one| !self.is_claimed_by_another(id, &one.looks));
            free.expect("there are more numbers than users")
        } else {
            wanted
        };
        self.claim_as(id, said, wanted, changed)
    }

    /// The same for the name that it gets, which nobody has from a token.
    pub(super) fn claim_as(
        &mut self,
        id: UserId,
        said: String,
        wanted: WantedName,
        changed: &mut Vec<ChangedUser>,
    ) -> Arc<str> {
        for look in &wanted.looks {
            let owner = self.by_look.get(look).copied();
            if let Some(user) = owner.filter(|&owner| owner != id) {
                changed.push(ChangedUser::renamed(&self.evict(user)));
            }
        }
        self.own(id, &wanted.looks);
        let name: Arc<str> = wanted.name.into();
        let claim = Claim {
            said: said.into(),
            name: Arc::clone(&name),
            looks: wanted.looks,
        };
        self.known(id).account().claim = Some(claim);
        name
    }

    /// Whether another user has a name that looks like this from its token.
    pub(super) fn is_claimed_by_another(&self, id: UserId, looks: &Looks) -> bool {
        let is_claimed = |look| {
            let owner = self.by_look.get(look).filter(|&&owner| owner != id);
            let owner = owner.and_then(|owner| self.users.get(owner));
            owner.is_some_and(|owner| owner.has_claimed(look))
        };
        looks.iter().any(is_claimed)
    }

    /// Takes the name from a user that has chosen it. It gets that of its token back, if its
    /// token gives it one.
    fn evict(&mut self, id: UserId) -> Arc<User> {
        self.free_name(id);
        let known = self.known(id);
        let name = known.claimed_name().unwrap_or(Name::GUEST);
        let user = Arc::clone(&known.user);
        user.set_name(name.with_account(user.account()));
        self.note_user(id);
        user
    }

    /// Ends a session of a user that has as many as it may have: the oldest one without a
    /// connection, otherwise the oldest. Returns its connection.
    fn end_surplus_session(&mut self, user: &User) -> Option<ConnectionRef> {
        let sessions = user.sessions();
        if sessions.len() < MAX_SESSIONS {
            return None;
        }
        let mut away = sessions.iter().filter(|one| one.connection().is_none());
        let id = away.next().or(sessions.first())?.id;
        let entry = self.remove_session(id)?;
        user.remove_session(id);
        self.records.note(|| vec![Row::EndSession(id)]);
        entry.connection
    }

    /// Forgets a user that has no session.
    pub(super) fn forget(&mut self, id: UserId) {
        self.free_name(id);
        let Some(known) = self.users.remove(&id) else {
            return;
        };
        let KnownAccount { claim, absent } = known.account.map(|it| *it).unwrap_or_default();
        self.free_claim(id, claim);
        if let Some(account) = known.user.account() {
            self.by_account.remove(&*account.user);
            self.keep_blocks(&known.user, &account.user);
        }
        if let Some(key) = absent {
            self.absent.remove(key);
        }
        self.records.note(|| vec![Row::ForgetUser(id)]);
    }

    /// Forgets the users that were absent for the longest time, if more than `most` are.
    pub(super) fn forget_above(&mut self, most: usize) {
        while self.absent.len() > most
            && let Some(id) = self.absent.pop_from_largest()
        {
            self.forget(id);
        }
    }
}

/// The name in a token, if a user can have it.
pub(super) struct ClaimedName {
    /// As the token has it.
    pub(super) said: String,
    pub(super) wanted: WantedName,
}

impl ClaimedName {
    /// The name in these claims. A name that is too long is cut. `None` if there is none, or
    /// one that no user can have; the user is "Guest" with its number then, or chooses one.
    fn of(claims: &Claims) -> Option<Self> {
        Self::new(claims.name.as_deref()?)
    }

    /// The same for the name that a token has.
    pub(super) fn new(said: &str) -> Option<Self> {
        let wanted = WantedName::new(said);
        let wanted = wanted.or_else(|_| WantedName::new(&start(said, MAX_NAME_CHARACTERS)));
        Some(Self {
            said: said.to_owned(),
            wanted: wanted.ok()?,
        })
    }
}

/// The names with a number behind them that tell this user from all others, one after the
/// other.
pub(super) fn names_apart(name: &str, id: UserId) -> impl Iterator<Item = WantedName> {
    (0_u32..).filter_map(move |nth| told_apart(name, id, nth))
}

/// The name with the number behind it that tells this user from all others. From the second
/// try on, another number follows.
fn told_apart(name: &str, id: UserId, nth: u32) -> Option<WantedName> {
    let sign = match nth {
        0 => format!(" #{id}"),
        nth => format!(" #{id}-{nth}"),
    };
    let most = MAX_NAME_CHARACTERS.saturating_sub(sign.chars().count());
    let whole = format!("{}{sign}", start(name, most));
    // Behind a name that cannot be cut there is no place for the number.
    let wanted = WantedName::new(&whole).or_else(|_| WantedName::new(sign.trim_start()));
    wanted.ok()
}

fn start(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn info(claims: &Claims) -> &str {
    claims.info.as_deref().unwrap_or_default()
}

fn account(claims: &Claims) -> Arc<Account> {
    Arc::new(Account {
        user: claims.user.as_str().into(),
        info: info(claims).into(),
    })
}

#[cfg(test)]
mod tests;
