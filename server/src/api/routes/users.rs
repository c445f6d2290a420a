//! Users: who they are, whether they are there, and what is done about one of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::moderation::UserSnapshot;
use crate::shared::acts::By as ActBy;
use crate::shared::acts::moves::BadInfo;

use super::super::call::{Call, Reply, room_name};
use super::super::models::user::{UserModel, UserQuery, find, meant};
use super::super::problem::Problem;
use super::sanctions::refusal;

/// The extent of a purge.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Purge {
    /// The room; without one, all rooms.
    #[schema(min_length = 1, max_length = 64)]
    room: Option<String>,
}

/// The rooms that were purged.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Purged {
    /// In how many rooms there was something.
    rooms: u64,
}

/// The clients that were disconnected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disconnected {
    /// How many clients of the user.
    clients: u64,
}

/// A user, and where it is
///
/// Also one that is away, as long as the server knows it.
#[utoipa::path(
    get, path = "/api/v1/users/{user}", tag = "users", operation_id = "getUser",
    params(("user" = String, Path, description = "The user: its account, unless `by` says otherwise."), UserQuery),
    responses((status = 200, description = "The user.", body = UserModel)),
)]
pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    let UserQuery { by } = call.query()?;
    let user = find(call.shared(), by, call.part("user"))?;
    let shown = |room: &str| call.caller.may_moderate(room);
    Ok(Reply::json(&UserModel::of(call.shared(), &user, shown)))
}

/// Remove all that a user has said
///
/// In one room or in all, also in those that are not in memory, for everybody.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/purge", tag = "moderation", operation_id = "purgeUser",
    params(("user" = String, Path, description = "The user: its account, unless `by` says otherwise."), UserQuery),
    request_body = Purge,
    responses((status = 200, description = "It is removed.", body = Purged)),
)]
pub(crate) async fn purge(call: Call) -> Result<Reply, Problem> {
    let UserQuery { by } = call.query()?;
    let Purge { room } = call.body()?;
    let room = room.as_deref().map(room_name).transpose()?;
    let place = room.as_deref().unwrap_or_default();
    let rank = call.caller.moderates(place)?;
    let user: UserSnapshot = meant(&call, by, call.part("user"))?;
    let actor = call.caller.actor();
    let by = ActBy {
        actor: &actor,
        rank,
    };
    let checked = call.shared().check_purge(by, &user, place);
    checked.map_err(refusal)?;
    let purged = call.act(move |shared, by, at| shared.purge_user(by, &user, room.as_deref(), at));
    let rooms = purged.await? as u64;
    Ok(Reply::json(&Purged { rooms }))
}

/// Close all connections of a user
///
/// It may come back, unless its token is over or it is banned.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/disconnect", tag = "users", operation_id = "disconnectUser",
    params(("user" = String, Path, description = "The user: its account, unless `by` says otherwise."), UserQuery),
    responses((status = 200, description = "They are about to be closed.", body = Disconnected)),
)]
pub(crate) async fn disconnect(call: Call) -> Result<Reply, Problem> {
    let UserQuery { by } = call.query()?;
    let user = find(call.shared(), by, call.part("user"))?;
    let clients = call.act(move |shared, by, at| shared.disconnect_user(by, &user, at));
    let clients = clients.await as u64;
    Ok(Reply::json(&Disconnected { clients }))
}

/// Set what is shown of a user
///
/// A JSON object of at most 1,024 bytes, which the others see beside the user's name at once. It
/// holds until the user's next token says something else.
#[utoipa::path(
    put, path = "/api/v1/users/{user}/info", tag = "users", operation_id = "setInfo",
    params(("user" = String, Path, description = "The user: its account, unless `by` says otherwise."), UserQuery),
    request_body = Object,
    responses((status = 204, description = "It is shown.")),
)]
pub(crate) async fn set_info(call: Call) -> Result<Reply, Problem> {
    let UserQuery { by } = call.query()?;
    let info: serde_json::Map<String, serde_json::Value> = call.body()?;
    let info = serde_json::Value::Object(info).to_string();
    let user = find(call.shared(), by, call.part("user"))?;
    let set = call.act(move |shared, by, at| shared.set_info(by, &user, &info, at));
    let set = set.await;
    set.map_err(|error: BadInfo| Problem::bad_request(error.to_string()))?;
    call.kept("it is shown").await?;
    Ok(Reply::empty())
}
