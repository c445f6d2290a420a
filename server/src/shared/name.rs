//! A user's name: one that the user chose, or the one that the server gives. [`names`]
//! knows which names are allowed.
//!
//! [`names`]: crate::names

use std::fmt::Write as _;
use std::sync::Arc;

use crate::ids::UserId;

/// A user's name: one that the user chose, or "Guest" and the user's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Option<Arc<str>>);

impl Name {
    /// A name that a user chose.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Some(name.into()))
    }

    /// The name of a user that chose none.
    pub const GUEST: Self = Self(None);

    /// The name that the user chose. `None` if the user chose none.
    #[must_use]
    pub fn chosen(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Appends the name, which is that of the user with this ID, to `out`.
    pub fn write(&self, id: UserId, out: &mut String) {
        match &self.0 {
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
}
