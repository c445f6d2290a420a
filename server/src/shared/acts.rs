//! The acts on users and rooms, whoever asks for them: a moderator over its connection, the game
//! over the HTTP API, or the server itself. Each act changes the state that all threads share,
//! hands the rows to the journal, notes itself in the audit log, tells the game, and sends each
//! thread what its connections have to do. Acts ask no rights: their callers have done that. They
//! can be called from any thread, because they reach connections by mailboxes alone. Some wait for
//! the journal or for network threads, so network threads must not call them directly; each says
//! so.

pub(crate) mod clients;
pub(crate) mod held;
pub(crate) mod moves;
pub(crate) mod proximity;
pub(crate) mod removal;
pub(crate) mod reports;
pub(crate) mod roles;
pub(crate) mod rooms;
pub(crate) mod sanctions;
pub(crate) mod says;
pub(crate) mod sweeps;
pub(crate) mod user_data;

use guildhall_protocol::Protocol;

use crate::ids::{ConnectionId, UserId};
use crate::moderation::{Actor, UserSnapshot};
use crate::names;
use crate::policy::Rank;

use super::Shared;
use super::name::Name;
use super::user::User;

/// Somebody who acts, and its rank in the place where it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) rank: Rank,
}

impl By<'_> {
    /// Whether it is this user.
    fn is(self, user: &UserSnapshot) -> bool {
        match self.actor {
            Actor::User(own) => own.is_same_user(user),
            Actor::Game | Actor::Server => false,
        }
    }
}

impl Shared {
    /// The user that somebody means: by its number, or by its account or name if the number is
    /// 0. It may be away, or a client of the tutorial, or a guest that has just left, or one that
    /// the server knows only because something holds against it.
    pub(crate) fn user_meant(&self, id: u64, name: &str) -> Option<UserSnapshot> {
        if let Some(user) = self.users.meant(id, name) {
            return Some(user.snapshot());
        }
        let passing = self.passing_guest(id, name);
        passing.or_else(|| {
            self.sanctions.user(|user| match id {
                // Erased users have no name.
                0 => !name.is_empty() && (*user.account == *name || *user.name == *name),
                id => user.id == UserId(id),
            })
        })
    }

    /// The user with this account that the server knows only because something holds against it.
    pub(crate) fn account_with_sanctions(&self, account: &str) -> Option<UserSnapshot> {
        // Guests have none.
        if account.is_empty() {
            return None;
        }
        self.sanctions.user(|user| *user.account == *account)
    }

    /// The same for what is not in the list of users and has or had this name: a client of the
    /// tutorial, a guest that has just left, or one against which something holds.
    pub(crate) fn name_beside_users(&self, name: &str) -> Option<UserSnapshot> {
        if name.is_empty() {
            return None;
        }
        let passing = self.passing_guest(0, name);
        passing.or_else(|| self.sanctions.user(|user| *user.name == *name))
    }

    /// A client of the tutorial, or a guest that has just left.
    fn passing_guest(&self, id: u64, name: &str) -> Option<UserSnapshot> {
        let id_of = |id| match id {
            0 => self.users.id_of(name),
            id => Some(UserId(id)),
        };
        if let Some(id) = id_of(id)
            && self.protocol_of(ConnectionId(id.0)) == Some(Protocol::Tutorial)
        {
            return Some(UserSnapshot {
                id,
                account: "".into(),
                name: Name::GUEST.of(id).into(),
            });
        }
        self.gone_guests.user(id, name)
    }
}

/// A user, as it is now.
pub(crate) fn snapshot(user: &User) -> UserSnapshot {
    user.snapshot()
}

/// The name by which the server itself says something, as it is written.
///
/// # Errors
///
/// Why it cannot be one, in words.
pub fn system_name(name: &str) -> Result<String, String> {
    names::client_name(name).map_err(|fault| format!("it cannot be a name: {}", fault.rule.word()))
}
