//! What a user is called.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::ids::UserId;

/// What a user is called: a name that the user chose, or "Guest" with the user's
/// number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Option<Arc<str>>);

impl Name {
    /// A name that a user chose.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Some(name.into()))
    }

    /// The name of a user who chose none.
    pub const GUEST: Self = Self(None);

    /// The name that was chosen, if one was.
    #[must_use]
    pub fn chosen(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Appends the name of this user.
    pub fn write(&self, id: UserId, out: &mut String) {
        match &self.0 {
            Some(name) => out.push_str(name),
            // Writing to a string does not fail.
            None => drop(write!(out, "Guest {id}")),
        }
    }

    /// The name of this user.
    #[must_use]
    pub fn of(&self, id: UserId) -> String {
        let mut name = String::new();
        self.write(id, &mut name);
        name
    }
}
