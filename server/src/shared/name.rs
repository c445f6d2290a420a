//! A user as the others see it: its name, one that the user has or the one that the server
//! gives, and its account. [`names`] knows which names are allowed.
//!
//! [`names`]: crate::names

use std::fmt::Write as _;
use std::sync::Arc;

use guildhall_protocol::Member;

use crate::ids::UserId;

/// A user's name, one of its own or "Guest" and the user's number, and its account. Many are
/// kept of each user, so those of guests without a name of their own have nothing on the heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Option<Arc<Shown>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    own: Option<Box<str>>,
    account: Option<Arc<Account>>,
}

/// A user's account, which the others see beside its name.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    /// The user's ID with the game: the token's `sub`.
    pub user: Box<str>,
    /// The game's facts about the user, as a JSON object: the token's `info`. Empty: none.
    pub info: Box<str>,
}

impl Name {
    /// A name that a user without an account chose.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Some(Arc::new(Shown {
            own: Some(name.into()),
            account: None,
        })))
    }

    /// The name of a user without an account that chose none.
    pub const GUEST: Self = Self(None);

    /// The same name for a user with this account.
    #[must_use]
    pub fn with_account(self, account: Option<Arc<Account>>) -> Self {
        let own = self.0.and_then(|shown| Arc::unwrap_or_clone(shown).own);
        let is_plain = own.is_none() && account.is_none();
        Self((!is_plain).then(|| Arc::new(Shown { own, account })))
    }

    /// The user's account. `None` if it is a guest.
    #[must_use]
    pub fn account(&self) -> Option<&Arc<Account>> {
        self.0.as_ref()?.account.as_ref()
    }

    /// The user's ID with the game. Empty if it is a guest.
    #[must_use]
    pub fn user(&self) -> &str {
        self.account().map_or("", |account| &account.user)
    }

    /// The game's facts about the user. Empty: none.
    #[must_use]
    pub fn info(&self) -> &str {
        self.account().map_or("", |account| &account.info)
    }

    /// The user's own name. `None` if the server gives it one.
    #[must_use]
    pub fn chosen(&self) -> Option<&str> {
        self.0.as_ref()?.own.as_deref()
    }

    /// Appends the name, which is that of the user with this ID, to `out`.
    pub fn write(&self, id: UserId, out: &mut String) {
        match self.chosen() {
            Some(name) => out.push_str(name),
            // Writing to a string cannot fail.
            None => drop(write!(out, "Guest {id}")),
        }
    }

    /// Returns the name as text, if it is that of the user with this ID.
    #[must_use]
    pub fn of(&self, id: UserId) -> String {
        let mut name = String::new();
        self.write(id, &mut name);
        name
    }

    /// Returns the user with this ID as a member of a room.
    #[must_use]
    pub fn member(&self, id: UserId) -> Member {
        Member {
            id: id.0,
            name: self.of(id),
            user: self.user().into(),
            info: self.info().into(),
        }
    }
}
