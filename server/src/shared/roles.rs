//! The users that moderate: the roles that admins have given at run time, by account, and the
//! rights of users whose tokens make them moderators, as far as the server has seen them. Sessions
//! put both into their users' rights; the acts ask who may act against whom.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use guildhall_protocol::Role;

use crate::journal::Row;
use crate::moderation::RoleRow;
use crate::policy::{GivenRole, Rank, Rights};
use crate::sync::lock::Lock;

use super::records::Records;
use super::user::User;

/// The most roles that can be given at run time.
const MAX_ROLES: usize = 4_096;

/// How many users with rights of a token are remembered before those are looked for that the
/// server does not know any more.
const FORGET_ABOVE: usize = 256;

/// The users that moderate.
#[derive(Debug)]
pub(crate) struct Roles {
    /// Counts the changes of given roles.
    version: AtomicU32,
    state: Lock<State>,
}

#[derive(Debug)]
struct State {
    /// The roles that were given, by account.
    given: BTreeMap<Arc<str>, Vec<GivenRole>>,
    /// How many there are.
    count: usize,
    /// The users whose tokens make them moderators somewhere, by account.
    tokens: HashMap<Arc<str>, OfToken>,
    /// From how many of them on those are looked for that can be forgotten.
    forget_above: usize,
    records: Records,
}

/// A user whose token makes it a moderator.
#[derive(Debug)]
struct OfToken {
    /// Gone if the server does not know the user any more.
    user: Weak<User>,
    /// The rights of its last token.
    rights: Rights,
}

/// As many roles were given as can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("as many roles were given as can be")]
pub(crate) struct RolesFull;

impl Roles {
    /// No roles. Those of later are handed over to `records`.
    pub(crate) fn new(records: Records) -> Self {
        Self {
            version: AtomicU32::new(0),
            state: Lock::new(State {
                given: BTreeMap::new(),
                count: 0,
                tokens: HashMap::new(),
                forget_above: FORGET_ABOVE,
                records,
            }),
        }
    }

    /// Takes over the roles of before. Called once, before anybody else.
    pub(crate) fn restore(&self, rows: &[RoleRow]) {
        let mut state = self.state.lock();
        for row in rows {
            state.set(row);
        }
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Counts the changes. Costs no lock: a session asks before each request whether its rights
    /// are still right.
    pub(crate) fn version(&self) -> u32 {
        self.version.load(Ordering::Acquire)
    }

    /// The roles that this account was given.
    pub(crate) fn of(&self, account: &str) -> Vec<GivenRole> {
        let state = self.state.lock();
        state.given.get(account).cloned().unwrap_or_default()
    }

    /// A user has come with a token that gives it these rights.
    pub(crate) fn came(&self, user: &Arc<User>, account: &str, of_token: &Rights) {
        let mut state = self.state.lock();
        if !of_token.moderates_any() {
            state.tokens.remove(account);
            return;
        }
        if state.tokens.len() >= state.forget_above {
            state.tokens.retain(|_, one| one.user.strong_count() > 0);
            state.forget_above = FORGET_ABOVE.max(2 * state.tokens.len());
        }
        let of_token = OfToken {
            user: Arc::downgrade(user),
            rights: of_token.clone(),
        };
        state.tokens.insert(account.into(), of_token);
    }

    /// The rank of the user with this account in this room, or everywhere if the name is empty,
    /// as far as it is known. A guest has none.
    pub(crate) fn rank(&self, account: &str, room: &str) -> Rank {
        self.state.lock().rank(account, room)
    }

    /// The rank that its token alone gives it.
    pub(crate) fn rank_of_token(&self, account: &str, room: &str) -> Rank {
        self.state.lock().rank_of_token(account, room)
    }

    /// Gives a role, or takes it. Returns whether that has changed anything.
    ///
    /// # Errors
    ///
    /// [`RolesFull`].
    pub(crate) fn give(&self, row: RoleRow) -> Result<bool, RolesFull> {
        let mut state = self.state.lock();
        let roles = state.given.get(&row.account);
        let before = roles.and_then(|roles| roles.iter().find(|one| one.room == row.room));
        let before = before.map_or(Role::Unspecified, |given| given.role);
        if before == row.role {
            return Ok(false);
        }
        if before == Role::Unspecified && state.count >= MAX_ROLES {
            return Err(RolesFull);
        }
        state.set(&row);
        state.records.note(|| vec![Row::Role(Box::new(row))]);
        self.version.fetch_add(1, Ordering::Release);
        Ok(true)
    }

    /// The accounts of those who moderate a room, with their ranks there and everywhere.
    pub(crate) fn moderators(&self, room: &str) -> Vec<(Arc<str>, Rank, Rank)> {
        let state = self.state.lock();
        let known = (state.tokens.iter()).filter(|(_, one)| one.user.strong_count() > 0);
        let accounts: BTreeSet<_> = (state.given.keys())
            .chain(known.map(|(account, _)| account))
            .collect();
        let ranked = accounts.into_iter().map(|account| {
            let ranks = [room, ""].map(|room| state.rank(account, room));
            (Arc::clone(account), ranks[0], ranks[1])
        });
        ranked.filter(|(_, rank, _)| *rank > Rank::Player).collect()
    }
}

impl State {
    fn set(&mut self, row: &RoleRow) {
        let roles = self.given.entry(Arc::clone(&row.account)).or_default();
        let before = roles.len();
        roles.retain(|given| given.room != row.room);
        self.count -= before - roles.len();
        if row.role == Role::Unspecified {
            if roles.is_empty() {
                self.given.remove(&row.account);
            }
            return;
        }
        self.count += 1;
        roles.push(GivenRole {
            room: Arc::clone(&row.room),
            role: row.role,
        });
    }

    fn rank(&self, account: &str, room: &str) -> Rank {
        let given = self.given.get(account).into_iter().flatten();
        let highest = given.map(|role| role.rank(room)).max();
        self.rank_of_token(account, room)
            .max(highest.unwrap_or_default())
    }

    fn rank_of_token(&self, account: &str, room: &str) -> Rank {
        let token = self.tokens.get(account);
        token.map_or(Rank::Player, |token| token.rights.rank(room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Cap, Right};
    use crate::ids::UserId;
    use crate::moderation::Author;
    use crate::shared::name::Name;

    fn row(account: &str, room: &str, role: Role) -> RoleRow {
        RoleRow {
            account: account.into(),
            room: room.into(),
            role,
            since: 1,
            by: Author::default(),
        }
    }

    fn token(right: Right) -> Rights {
        Rights::user(&[Cap {
            rooms: vec!["red".into()],
            allow: vec![right],
        }])
    }

    #[test]
    fn a_role_is_given_and_taken_and_the_highest_counts() {
        let roles = Roles::new(Records::default());
        assert_eq!(roles.give(row("7", "red", Role::Moderator)), Ok(true));
        assert_eq!(roles.give(row("7", "red", Role::Moderator)), Ok(false));
        assert_eq!(roles.rank("7", "red"), Rank::Moderator);
        assert_eq!(roles.rank("7", "blue"), Rank::Player);
        assert_eq!(roles.rank("8", "red"), Rank::Player);
        assert_eq!(roles.give(row("7", "", Role::Admin)), Ok(true));
        assert_eq!(roles.rank("7", "red"), Rank::Admin);
        assert_eq!(roles.give(row("7", "", Role::Unspecified)), Ok(true));
        assert_eq!(roles.rank("7", "red"), Rank::Moderator);
        assert_eq!(roles.give(row("7", "red", Role::Unspecified)), Ok(true));
        assert_eq!(roles.give(row("7", "red", Role::Unspecified)), Ok(false));
        assert!(roles.of("7").is_empty() && roles.state.lock().given.is_empty());
    }

    #[test]
    fn a_token_counts_for_as_long_as_its_user_is_known() {
        let roles = Roles::new(Records::default());
        let mira = Arc::new(User::new(UserId(1), Name::GUEST));
        roles.came(&mira, "7", &token(Right::Mod));
        assert_eq!(roles.rank_of_token("7", "red"), Rank::Moderator);
        assert_eq!(roles.rank("7", ""), Rank::Player);
        let moderators = roles.moderators("red");
        assert_eq!(moderators, [("7".into(), Rank::Moderator, Rank::Player)]);
        assert!(roles.moderators("blue").is_empty());
        // Its next token does not make it a moderator.
        roles.came(&mira, "7", &token(Right::Say));
        assert_eq!(roles.rank("7", "red"), Rank::Player);
        roles.came(&mira, "7", &token(Right::Admin));
        drop(mira);
        assert!(roles.moderators("red").is_empty());
    }

    #[test]
    fn no_more_roles_are_given_than_the_server_keeps() {
        let roles = Roles::new(Records::default());
        for account in 0..MAX_ROLES {
            let given = roles.give(row(&account.to_string(), "", Role::Moderator));
            assert_eq!(given, Ok(true));
        }
        let more = || roles.give(row("more", "", Role::Moderator));
        assert_eq!(more(), Err(RolesFull));
        assert_eq!(roles.give(row("7", "", Role::Admin)), Ok(true));
        assert_eq!(roles.give(row("7", "", Role::Unspecified)), Ok(true));
        assert_eq!(more(), Ok(true));
    }
}
