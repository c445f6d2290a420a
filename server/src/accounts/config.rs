//! The settings of accounts: which tokens hold, what guests may do, and whose tokens were
//! revoked. They can be replaced while the server runs.

use std::collections::HashMap;

use super::{Accounts, Claims};

/// The settings of accounts and guests.
#[derive(Debug, Clone, Default)]
pub struct AccountsConfig {
    /// The keys of the game's backend. `None`: there are no accounts, and a token is refused.
    pub accounts: Option<Accounts>,
    /// The rights of clients without a token.
    pub guests: Guests,
    /// Whether users may choose another name than the one in their token. Those whose token
    /// has none always may.
    pub may_rename: bool,
    /// The tokens that do not hold any more, although nothing in them says so.
    pub revoked: Vec<Revocation>,
}

/// The rights of clients without a token: those of the tutorial, and those of `guildhall.v1`
/// that bring none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Guests {
    /// They may do what everybody may.
    #[default]
    Allow,
    /// They may read, and say nothing.
    ReadOnly,
    /// They may do nothing: their connections are closed.
    Deny,
}

/// Tokens of one user that do not hold any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The user: the claim `sub`.
    pub user: String,
    /// Tokens issued before this time (the claim `iat`) do not hold, in seconds since 1970. A
    /// token that does not say when it was issued counts as issued before.
    pub before: u64,
}

/// The tokens that were revoked, by user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Revoked(HashMap<Box<str>, u64>);

impl AccountsConfig {
    /// The settings of a server with these keys: it has no guests unless that is changed. A
    /// server without keys has nobody but guests.
    #[must_use]
    pub fn new(accounts: Option<Accounts>) -> Self {
        Self {
            guests: Guests::with_keys(accounts.is_some()),
            accounts,
            ..Self::default()
        }
    }
}

impl Guests {
    /// The rights of guests if no setting says them, on a server with keys or without.
    #[must_use]
    pub const fn with_keys(has_keys: bool) -> Self {
        if has_keys { Self::Deny } else { Self::Allow }
    }
}

impl Revoked {
    /// Of several revocations of one user, the latest time counts.
    pub(crate) fn new(revocations: &[Revocation]) -> Self {
        let mut revoked = HashMap::new();
        for Revocation { user, before } in revocations {
            let time = revoked.entry(user.as_str().into()).or_insert(*before);
            *time = (*time).max(*before);
        }
        Self(revoked)
    }

    /// Whether a token of this user was revoked that was issued at this time.
    pub(crate) fn has(&self, user: &str, issued: Option<u64>) -> bool {
        let before = self.0.get(user);
        before.is_some_and(|&before| issued.is_none_or(|issued| issued < before))
    }

    /// Whether the token with these claims was revoked.
    pub(crate) fn has_token(&self, claims: &Claims) -> bool {
        self.has(&claims.user, claims.issued)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_keys_has_no_guests_by_default() {
        assert_eq!(AccountsConfig::default().guests, Guests::Allow);
        assert_eq!(AccountsConfig::new(None).guests, Guests::Allow);
        let with_keys = AccountsConfig::new(Some(Accounts::default()));
        assert_eq!(with_keys.guests, Guests::Deny);
    }

    #[test]
    fn tokens_issued_before_the_latest_revocation_are_revoked() {
        let revocation = |user: &str, before| Revocation {
            user: user.into(),
            before,
        };
        let revoked = Revoked::new(&[revocation("ann", 20), revocation("ann", 10)]);
        assert!(revoked.has("ann", Some(19)));
        assert!(!revoked.has("ann", Some(20)));
        assert!(
            revoked.has("ann", None),
            "it does not say when it was issued"
        );
        assert!(!revoked.has("bob", None));
    }
}
