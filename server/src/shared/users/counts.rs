//! How many users and sessions there are.

use super::{Entry, Users};

/// How many users and sessions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UserCounts {
    /// Users that have a session, or an account that the server remembers.
    pub(crate) known: usize,
    /// Sessions with a connection.
    pub(crate) here: usize,
    /// Sessions that can be resumed.
    pub(crate) away: usize,
}

impl Users {
    /// How many users and sessions there are. It looks at all sessions.
    pub(crate) fn counts(&self) -> UserCounts {
        let inner = self.lock();
        let is_here = |entry: &&Entry| entry.connection.is_some();
        let here = inner.sessions.values().filter(is_here).count();
        UserCounts {
            known: inner.users.len(),
            here,
            away: inner.sessions.len() - here,
        }
    }
}
