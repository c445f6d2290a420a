//! The members of a room.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ids::UserId;
use crate::shared::acts::rooms::RoomActError;

use super::super::call::{Call, Reply};
use super::super::models::member::MemberModel;
use super::super::numbers::exact;
use super::super::problem::Problem;
use super::rooms::limit;

/// The most members of one page.
const MOST: u64 = 1_000;

/// The query of the list of members.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct MembersQuery {
    /// Only members with a higher number than this one: the last of the page before.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    after: u64,
    /// The most members of the page.
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<u64>,
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Members {
    /// How many members the room has.
    count: u64,
    /// The members, by number.
    members: Vec<MemberModel>,
}

/// The members of a room
#[utoipa::path(
    get, path = "/api/v1/rooms/{room}/members", tag = "rooms", operation_id = "listMembers",
    params(("room" = String, Path, description = "The room's name."), MembersQuery),
    responses((status = 200, description = "A page of members.", body = Members)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query: MembersQuery = call.query()?;
    let name = call.room()?;
    call.caller.moderates(&name)?;
    let most = limit(query.limit, MOST)?;
    let after = UserId(exact("after", query.after)?);
    let found = call.act(move |shared, _, at| {
        let room = shared.game_room(&name, at)?;
        let members = shared.members_of(&name, after, most, at)?;
        Ok::<_, RoomActError>((room.facts.members, members))
    });
    let (count, members) = found.await?;
    Ok(Reply::json(&Members {
        count: count as u64,
        members: members.into_iter().map(MemberModel::from).collect(),
    }))
}
