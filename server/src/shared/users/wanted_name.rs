//! A name that a user wants, before it is known whether anybody has it, and why a user does
//! not get one.

use crate::names::{self, Looks, NameFault};

/// Why a user does not get a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is not a name, see [`names::client_name`].
    #[error("this is not a name: {0}")]
    Bad(#[from] NameFault),
    /// It looks like a name that the server gives.
    #[error("the server gives such names itself")]
    Guest,
    /// It looks like a word that nobody gets as a name.
    #[error("nobody gets this name")]
    Reserved,
    /// Another user has the name, or one that looks like it.
    #[error("another user has the name, or one that looks like it")]
    Taken,
}

/// A name that a user wants, and what it looks like. That takes a while to find out, so
/// it is done before the lock is taken.
pub(super) struct WantedName {
    pub(super) name: String,
    pub(super) looks: Looks,
}

impl WantedName {
    /// The name with this text; `None` if it is empty, so that the user wants none.
    pub(super) fn of(raw: &str) -> Option<Result<Self, NameError>> {
        (!raw.is_empty()).then(|| Self::new(raw))
    }

    pub(super) fn new(raw: &str) -> Result<Self, NameError> {
        let name = names::client_name(raw)?;
        let looks = names::looks(&name);
        if names::is_guest(&looks) {
            return Err(NameError::Guest);
        }
        if names::is_reserved(&looks) {
            return Err(NameError::Reserved);
        }
        Ok(Self { name, looks })
    }
}
