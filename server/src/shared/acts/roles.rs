//! Roles that are given at run time.

use std::sync::Arc;

use guildhall_protocol::{Moderator, Role};

use crate::moderation::{Act, ActKind, Author, RoleRow, UserSnapshot};
use crate::policy::{GivenRole, Rank};
use crate::shared::Shared;
use crate::shared::mailbox::ThreadMessage;
use crate::shared::roles::RolesFull;
use crate::shared::user::session::ConnectionRef;
use crate::sync::moment::Moment;

use super::By;

/// Why a user does not get a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RoleError {
    /// It has no account.
    #[error("a guest has no role")]
    Guest,
    /// It is the actor itself, or one whose rank is not below that of the actor, or its token
    /// makes it a moderator.
    #[error("{0} is a moderator")]
    IsModerator(Arc<str>),
    /// As many roles were given as can be.
    #[error(transparent)]
    Full(#[from] RolesFull),
}

impl Shared {
    /// Gives a user a role in a room, or everywhere if the name is empty; that of a player takes
    /// it. What the user may do is another at once, on all of its devices, and after a restart.
    ///
    /// # Errors
    ///
    /// [`RoleError`].
    pub(crate) fn set_role(
        &self,
        by: By<'_>,
        user: &UserSnapshot,
        room: &str,
        role: Role,
        at: Moment,
    ) -> Result<(), RoleError> {
        if user.account.is_empty() {
            return Err(RoleError::Guest);
        }
        let given = GivenRole {
            room: room.into(),
            role,
        };
        let is_below = self.roles.rank(&user.account, room) < by.rank;
        let is_of_token = self.roles.rank_of_token(&user.account, room) > given.rank(room);
        if by.is(user) || !is_below || is_of_token {
            return Err(RoleError::IsModerator(Arc::clone(&user.name)));
        }
        let changed = self.roles.give(RoleRow {
            account: Arc::clone(&user.account),
            room: given.room,
            role,
            since: at.unix_millis,
            by: Author::from(by.actor),
        })?;
        if !changed {
            return Ok(());
        }
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.actor.clone(),
            kind: ActKind::RoleSet,
            user: Some(user.clone()),
            room: room.into(),
            details: vec![("role", role_name(role).into())],
        });
        if let Some(user) = self.users.by_id(user.id) {
            for ConnectionRef { thread, id } in user.connections(None) {
                let message = ThreadMessage::RolesChanged {
                    connection: id,
                    account: user.name().user().into(),
                };
                self.mailboxes.send(thread, message);
            }
        }
        Ok(())
    }

    /// Those who moderate a room, there or everywhere, as far as the server knows them.
    /// `is_present` tells of a user whether it is in the room.
    pub(crate) fn moderators(
        &self,
        room: &str,
        is_present: impl Fn(crate::ids::UserId) -> bool,
    ) -> Vec<Moderator> {
        let ranked = self.roles.moderators(room).into_iter();
        let moderators = ranked.map(|(account, here, everywhere)| {
            let user = self.users.with_account(&account);
            let member = match &user {
                // The list would be long with what the game shows of each.
                Some(user) => guildhall_protocol::Member {
                    info: String::new(),
                    ..user.name().member(user.id)
                },
                None => guildhall_protocol::Member {
                    name: account.to_string(),
                    user: account.to_string(),
                    ..guildhall_protocol::Member::default()
                },
            };
            Moderator {
                member: Some(member),
                role: here.role().into(),
                everywhere: everywhere > Rank::Player && everywhere.role() == here.role(),
                present: user.is_some_and(|user| is_present(user.id)),
            }
        });
        moderators.collect()
    }
}

/// The name that the audit log has for a role.
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Unspecified => "player",
        Role::Moderator => "moderator",
        Role::Admin => "admin",
    }
}
