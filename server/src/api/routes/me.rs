//! The caller, as the server knows it.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::{Call, Reply};
use super::super::models::report::ActorModel;
use super::super::models::user::RoleModel;
use super::super::problem::Problem;

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// The caller: the game, or a user that moderates.
    caller: ActorModel,
    /// Its role everywhere. A moderator of some rooms is a `player` everywhere.
    role: RoleModel,
    /// When its token ends, in milliseconds since 1970. A key has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
}

/// The caller
///
/// Whose the key or the token of this request is, and what it is good for.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "API", operation_id = "getMe",
    responses((status = 200, description = "The caller.", body = Me)),
)]
pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    Ok(Reply::json(&Me {
        caller: (&call.caller.actor()).into(),
        role: call.caller.rank("").role().into(),
        until: call.caller.until(),
    }))
}
