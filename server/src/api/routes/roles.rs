//! Roles: who moderates, and who says who does.

use guildhall_protocol::Moderator;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::policy::Rank;
use crate::shared::acts::By;
use crate::shared::acts::roles::RoleError;

use super::super::call::{Call, Reply, room_or_all};
use super::super::caller::forbidden;
use super::super::models::member::MemberModel;
use super::super::models::user::{RoleModel, UserRef};
use super::super::problem::{Problem, ProblemKind};

/// A role to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetRole {
    /// The user, which has an account.
    user: UserRef,
    /// The room in which it has the role; without one, it has it everywhere.
    #[schema(min_length = 1, max_length = 64)]
    room: Option<String>,
    /// The role. That of a player takes it away.
    role: RoleModel,
}

/// Those who moderate a room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Moderators {
    /// The moderators, those with the highest role first.
    moderators: Vec<ModeratorModel>,
}

/// A user that moderates a room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Moderator)]
pub(crate) struct ModeratorModel {
    /// The user.
    user: MemberModel,
    /// Its role in the room.
    role: RoleModel,
    /// Whether it has the role everywhere.
    everywhere: bool,
    /// Whether it is in the room.
    present: bool,
}

/// Give a user a role
///
/// The new role holds at once, on all devices of the user, and after a restart.
#[utoipa::path(
    put, path = "/api/v1/roles", tag = "moderation", operation_id = "setRole",
    request_body = SetRole,
    responses((status = 204, description = "The user has the role.")),
)]
pub(crate) async fn set(call: Call) -> Result<Reply, Problem> {
    let asked: SetRole = call.body()?;
    let room = room_or_all(asked.room.as_deref())?;
    let rank = call.caller.moderates(&room)?;
    if rank < Rank::RoomAdmin {
        return Err(forbidden("only an admin says who moderates"));
    }
    let user = asked.user.meant(&call)?;
    let actor = call.caller.actor();
    let by = By {
        actor: &actor,
        rank,
    };
    let given = call
        .shared()
        .set_role(by, &user, &room, asked.role.into(), call.at);
    given.map_err(|error| {
        let detail = error.to_string();
        match error {
            RoleError::Guest => Problem::bad_request(detail),
            RoleError::IsModerator(_) => Problem::new(ProblemKind::IsModerator, detail),
            RoleError::Full(_) => Problem::new(ProblemKind::TooMany, detail),
        }
    })?;
    call.kept("the user has the role").await?;
    Ok(Reply::empty())
}

/// Those who moderate a room
///
/// There or everywhere, as far as the server knows them.
#[utoipa::path(
    get, path = "/api/v1/rooms/{room}/moderators", tag = "moderation", operation_id = "listModerators",
    params(("room" = String, Path, description = "The room's name.")),
    responses((status = 200, description = "The moderators.", body = Moderators)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    call.caller.moderates(&name)?;
    let room = call.shared().room(&name);
    let is_present = |user| room.as_ref().is_some_and(|room| room.has_member(user));
    let moderators = call.shared().moderators(&name, is_present);
    let moderators = moderators.into_iter().map(ModeratorModel::from);
    Ok(Reply::json(&Moderators {
        moderators: moderators.collect(),
    }))
}

impl From<Moderator> for ModeratorModel {
    fn from(moderator: Moderator) -> Self {
        Self {
            role: moderator.role().into(),
            everywhere: moderator.everywhere,
            present: moderator.present,
            user: moderator.member.unwrap_or_default().into(),
        }
    }
}
