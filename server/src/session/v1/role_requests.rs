//! Roles as a `guildhall.v1` client meets them: admins give and take them, and everybody may ask
//! who moderates a room.

use guildhall_protocol::{
    ErrorCode, ListModerators, Message as _, ModeratorList, ReplyResult, RequestError, Role,
    RoleSet, SetRole,
};

use crate::hub::Hub;
use crate::journal::Failure;
use crate::outgoing::outbox::Wire;
use crate::policy::{Action, Rank};
use crate::shared::acts::By;
use crate::shared::acts::roles::RoleError;
use crate::sync::moment::Moment;

use super::admission::TURN_COST;
use super::refusal::{bad_request, error, forbidden, no_such_user, unavailable};
use super::room_requests::PAGE_BYTES;
use super::welcomed::Welcomed;

impl<W: Wire> Welcomed<W> {
    /// Takes over the roles that the user has now, if roles were given or taken.
    pub(super) fn follow_roles(&mut self, hub: &mut Hub<W>, at: Moment) {
        // First, so that a change in between is seen the next time.
        let version = hub.shared().roles().version();
        if self.roles_version == version {
            return;
        }
        self.roles_version = version;
        if self.name.account().is_some() {
            let roles = hub.shared().roles().of(self.name.user());
            let rights = self.rights.clone().with_roles(&roles);
            self.set_rights(hub, rights, at);
        }
    }

    /// Gives a user a role, or takes it.
    pub(super) fn set_role(
        &self,
        hub: &Hub<W>,
        set: &SetRole,
        at: Moment,
    ) -> Result<ReplyResult, RequestError> {
        let (room, rank) = self.moderated(&set.room, at)?;
        if rank < Rank::RoomAdmin {
            return Err(forbidden(&room, "moderate"));
        }
        let role = Role::try_from(set.role);
        let role = role.map_err(|_| bad_request("the server does not know this role"))?;
        let shared = hub.shared();
        let user = shared.user_meant(set.user, &set.name);
        let user = user.ok_or_else(|| no_such_user(set.user, &set.name))?;
        let actor = self.actor();
        let by = By {
            actor: &actor,
            rank,
        };
        let given = shared.set_role(by, &user, &room, role, at);
        given.map_err(|refused| match refused {
            RoleError::Guest => bad_request("a guest has no role: a role needs an account"),
            RoleError::IsModerator(name) => error(ErrorCode::IsModerator, [name.to_string()]),
            RoleError::Full(full) => unavailable(&Failure::Other(full.to_string().into()), None),
        })?;
        Ok(ReplyResult::RoleSet(RoleSet {}))
    }

    /// Lists those who moderate a room that the client is in.
    pub(super) fn list_moderators(
        &self,
        hub: &Hub<W>,
        list: &ListModerators,
    ) -> Result<ReplyResult, RequestError> {
        let joined = self.joined(&list.room)?;
        // All roles are looked through.
        self.connection.wire().spend(TURN_COST);
        let room = joined.room.borrow();
        let may_see = joined.access.may(Action::Members);
        let is_present = |user| may_see && room.handle().has_user(user);
        let mut moderators = hub.shared().moderators(room.name(), is_present);
        let mut bytes = 0;
        moderators.retain(|one| {
            bytes += one.encoded_len() + 4;
            bytes <= PAGE_BYTES
        });
        Ok(ReplyResult::Moderators(ModeratorList {
            room: room.name().to_string(),
            moderators,
        }))
    }
}
