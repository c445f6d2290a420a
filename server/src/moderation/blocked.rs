//! The users from whom nothing reaches somebody, as a pure value. A user's blocks make it, and
//! rooms, sessions and journals ask it. [`AuthorId`] is how a user is known for longer than its
//! number lives.

use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::sync::{Arc, LazyLock};

use guildhall_protocol::{Line, LineHead, Member};

use crate::ids::UserId;

/// A user as it is known for ever: by its account, or by its number if it is a guest. The number
/// of a user with an account is another one if the server has forgotten it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AuthorId {
    /// The account; empty: a guest.
    pub(crate) account: Arc<str>,
    /// The number of a guest; 0: the user has an account.
    pub(crate) guest: u64,
}

impl AuthorId {
    /// The user with this number and account, which is empty for a guest.
    pub(crate) fn new(id: UserId, account: &str) -> Self {
        Self {
            account: account.into(),
            guest: if account.is_empty() { id.0 } else { 0 },
        }
    }
}

/// An author in one number, so that a fan-out compares no texts. Of an account it has a hash, by
/// a key that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AuthorKey(u64);

/// The bit of the keys of accounts. No guest has a number as high as that.
const ACCOUNT: u64 = 1 << 63;

impl AuthorKey {
    /// The key of the user with this number and account, which is empty for a guest.
    pub(crate) fn of(id: u64, account: &str) -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        if account.is_empty() {
            Self(id & !ACCOUNT)
        } else {
            Self(KEY.hash_one(account) | ACCOUNT)
        }
    }

    /// The same for the speaker of a line.
    pub(crate) fn of_line(line: &LineHead<'_>) -> Self {
        Self::of(line.sender, line.user)
    }

    /// One of 64 bits: those of two authors that are not the same are usually others.
    pub(crate) const fn bit(self) -> u64 {
        1 << (self.0 & 63)
    }
}

/// The users from whom nothing reaches somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocked {
    /// In their order.
    keys: Box<[AuthorKey]>,
    /// The numbers that they had when they were blocked, in their order.
    ids: Box<[UserId]>,
    /// The bits of all keys.
    bits: u64,
}

impl Blocked {
    /// These users, each with the number that it had when it was blocked.
    pub(crate) fn new<'a>(users: impl Iterator<Item = (UserId, &'a str)>) -> Self {
        let (mut keys, mut ids): (Vec<_>, Vec<_>) = users
            .map(|(id, account)| (AuthorKey::of(id.0, account), id))
            .unzip();
        keys.sort_unstable();
        ids.sort_unstable();
        Self {
            bits: keys.iter().fold(0, |bits, key| bits | key.bit()),
            keys: keys.into(),
            ids: ids.into(),
        }
    }

    /// The [bits](AuthorKey::bit) of all of them: whoever has none of these is not among them.
    pub(crate) const fn bits(&self) -> u64 {
        self.bits
    }

    /// Whether the author with this key is one of them.
    pub(crate) fn has(&self, key: AuthorKey) -> bool {
        self.bits & key.bit() != 0 && self.keys.binary_search(&key).is_ok()
    }

    /// Whether this line is hidden from whoever blocks them: one of them has said it. A change that
    /// takes lines away is not, because a moderator may have made it, and the lines be of others.
    pub(crate) fn hides(&self, line: &LineHead<'_>) -> bool {
        !line.removes && self.has(AuthorKey::of_line(line))
    }

    /// Whether the user with this number and account is one of them.
    pub(crate) fn has_user(&self, id: u64, account: &str) -> bool {
        self.has(AuthorKey::of(id, account))
    }

    /// Whether one of them has this number, as far as that is known.
    pub(crate) fn has_id(&self, id: u64) -> bool {
        self.ids.binary_search(&UserId(id)).is_ok()
    }

    /// Whether one of them has said this line.
    pub(crate) fn has_line(&self, line: &Line) -> bool {
        self.has_user(line.sender, &line.user)
    }

    /// Whether this member is one of them.
    pub(crate) fn has_member(&self, member: &Member) -> bool {
        self.has_user(member.id, &member.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_known_by_its_number_and_a_user_by_its_account() {
        let users = [(UserId(7), ""), (UserId(3), "mira"), (UserId(1), "")];
        let blocked = Blocked::new(users.into_iter());
        assert!(blocked.has_user(7, "") && blocked.has_user(1, ""));
        assert!(!blocked.has_user(3, ""), "a guest with a number of before");
        assert!(!blocked.has_user(7, "other"));
        assert!(blocked.has_user(3, "mira"));
        assert!(
            blocked.has_user(99, "mira"),
            "the account has another number"
        );
        assert!(!blocked.has_user(3, "Mira"));
        assert!(blocked.has_id(3) && blocked.has_id(7) && !blocked.has_id(99));
    }

    #[test]
    fn the_bits_of_all_rule_out_most_others() {
        let blocked = Blocked::new((1..=5).map(|id| (UserId(id), "")));
        let is_possible = |id: &u64| AuthorKey::of(*id, "").bit() & blocked.bits() != 0;
        assert_eq!((1..=64).filter(is_possible).count(), 5);
        assert!((1..=5).all(|id| blocked.has_user(id, "")));
        assert!((6..=1_000).all(|id| !blocked.has_user(id, "")));
    }

    #[test]
    fn an_author_outlives_the_number_of_its_user() {
        let account = AuthorId::new(UserId(3), "mira");
        assert_eq!(account, AuthorId::new(UserId(4), "mira"));
        assert_ne!(AuthorId::new(UserId(3), ""), AuthorId::new(UserId(4), ""));
    }
}
