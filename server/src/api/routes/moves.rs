//! Users that the game puts into rooms, takes out, or moves from one room into another.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shared::acts::moves::NotPlaced;
use crate::shared::user::User;

use super::super::call::{Call, Reply, room_name};
use super::super::models::user::UserRef;
use super::super::problem::Problem;

/// The most users of one request.
const MOST_USERS: usize = 500;

/// Users.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Users {
    /// The users: 1 to 500.
    #[schema(min_items = 1, max_items = 500)]
    users: Vec<UserRef>,
}

/// Users that change from one room into another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    /// The room that they are in.
    #[schema(min_length = 1, max_length = 64)]
    from: String,
    /// The room that they come into. It is created if it does not exist.
    #[schema(min_length = 1, max_length = 64)]
    to: String,
    /// The users: 1 to 500.
    #[schema(min_items = 1, max_items = 500)]
    users: Vec<UserRef>,
    /// Whether all are moved or none.
    #[serde(default)]
    all: bool,
}

/// The outcome for each user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Placed)]
pub(crate) struct PlacedModel {
    /// The outcomes, in the order of the users in the request.
    users: Vec<OutcomeModel>,
}

/// The outcome for one user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Outcome)]
pub(crate) struct OutcomeModel {
    /// The user, as the request names it.
    user: UserRef,
    /// Whether it was done.
    done: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<NotDone>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Why a user is not put, moved or taken out.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NotDone {
    /// The server knows no such user.
    NoSuchUser,
    /// The user is not connected.
    Away,
    /// The user is not in the room that it shall leave.
    NotThere,
    /// It is banned from the room.
    Banned,
    /// The room is full.
    Full,
    /// Another user cannot be moved, and all shall be moved or none.
    NotAll,
    /// The room cannot be opened now.
    Unavailable,
}

/// Put users into a room
///
/// Over all of their connections, and whatever the room's rule says. It is created if it does not
/// exist.
#[utoipa::path(
    post, path = "/api/v1/rooms/{room}/members", tag = "members", operation_id = "putMembers",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = Users,
    responses((status = 200, description = "The outcome for each user.", body = PlacedModel)),
)]
pub(crate) async fn put(call: Call) -> Result<Reply, Problem> {
    let room = call.room()?;
    let Users { users } = call.body()?;
    let (known, found) = found(&call, &users)?;
    let placed = call.act(move |shared, by, at| shared.put_users(by, &room, &known, at));
    Ok(reply(users, found, placed.await?))
}

/// Take users out of a room
#[utoipa::path(
    post, path = "/api/v1/rooms/{room}/removals", tag = "members", operation_id = "removeMembers",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = Users,
    responses((status = 200, description = "The outcome for each user.", body = PlacedModel)),
)]
pub(crate) async fn take_out(call: Call) -> Result<Reply, Problem> {
    let room = call.room()?;
    let Users { users } = call.body()?;
    let (known, found) = found(&call, &users)?;
    let placed = call.act(move |shared, by, at| shared.take_users_out(by, &room, &known, at));
    Ok(reply(users, found, placed.await?))
}

/// Move users from one room into another
///
/// As one step: at no time is one of them in both rooms or in neither. With `all`, all are moved
/// or none.
#[utoipa::path(
    post, path = "/api/v1/moves", tag = "members", operation_id = "moveMembers",
    request_body = Move,
    responses((status = 200, description = "The outcome for each user.", body = PlacedModel)),
)]
pub(crate) async fn change_room(call: Call) -> Result<Reply, Problem> {
    let Move {
        from,
        to,
        users,
        all,
    } = call.body()?;
    let (from, to) = (room_name(&from)?, room_name(&to)?);
    let (known, found) = found(&call, &users)?;
    if all && known.len() < users.len() {
        let not_all = known.iter().map(|_| Err(NotPlaced::NotAll)).collect();
        return Ok(reply(users, found, not_all));
    }
    let placed = call.act(move |shared, by, at| shared.move_users(by, &from, &to, &known, all, at));
    Ok(reply(users, found, placed.await?))
}

/// The users that the server knows, and which of all of them these are.
///
/// # Errors
///
/// There are none, or too many, or one is not named as it should be.
fn found(call: &Call, users: &[UserRef]) -> Result<(Vec<Arc<User>>, Vec<bool>), Problem> {
    if !(1..=MOST_USERS).contains(&users.len()) {
        let detail = format!("`users` has 1 to {MOST_USERS} users");
        return Err(Problem::bad_request(detail));
    }
    let (mut known, mut found) = (Vec::new(), Vec::new());
    for user in users {
        let user = user.find(call.shared())?;
        found.push(user.is_some());
        known.extend(user);
    }
    Ok((known, found))
}

/// The reply with the outcome for each user. `placed` has those that were found.
fn reply(users: Vec<UserRef>, found: Vec<bool>, placed: Vec<Result<(), NotPlaced>>) -> Reply {
    let mut placed = placed.into_iter();
    let outcome = |(user, is_found): (UserRef, bool)| {
        let outcome = if is_found {
            let placed = placed.next().unwrap_or(Err(NotPlaced::Unavailable));
            placed.map_err(|error| (NotDone::from(error), error.to_string()))
        } else {
            Err((NotDone::NoSuchUser, "the server knows no such user".into()))
        };
        let (code, detail) = outcome.err().unzip();
        OutcomeModel {
            user,
            done: code.is_none(),
            code,
            detail,
        }
    };
    let users = users.into_iter().zip(found).map(outcome).collect();
    Reply::json(&PlacedModel { users })
}

impl From<NotPlaced> for NotDone {
    fn from(error: NotPlaced) -> Self {
        match error {
            NotPlaced::Away => Self::Away,
            NotPlaced::NotThere => Self::NotThere,
            NotPlaced::Banned => Self::Banned,
            NotPlaced::Full(_) => Self::Full,
            NotPlaced::NotAll => Self::NotAll,
            NotPlaced::Unavailable => Self::Unavailable,
        }
    }
}
