//! Says who hears whom in a room, for players that walk about.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shared::acts::proximity::ProximityError;
use crate::shared::proximity::Cell;

use super::super::call::{Call, Reply};
use super::super::models::user::UserRef;
use super::super::problem::{Problem, ProblemKind};

/// The most users of one request.
const MOST_USERS: usize = 1_000;

/// How the proximity of a room begins.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proximity {
    /// Whether members get what was said before, although they may not have heard it.
    #[serde(default)]
    history: bool,
}

/// The cells of users.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cells {
    /// The users that have moved: at most 1,000.
    #[schema(max_items = 1000)]
    users: Vec<UserCell>,
}

/// The cell of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserCell {
    /// The user.
    user: UserRef,
    /// Its cell of the grid; without one, nobody hears it and it hears nobody.
    cell: Option<CellModel>,
}

/// A cell of a grid. Users in the same cell, and in the eight around it, hear each other.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Cell)]
pub(crate) struct CellModel {
    /// From west to east.
    x: i32,
    /// From north to south.
    y: i32,
}

/// The hearers of a speaker.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hearers {
    /// The speaker.
    speaker: UserRef,
    /// Its hearers, in place of those before: at most 1,000.
    #[schema(max_items = 1000)]
    hearers: Vec<UserRef>,
}

/// The users that were named and that the server does not know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unknown {
    /// These users.
    unknown: Vec<UserRef>,
}

/// Begin the proximity of a room
///
/// From now on a speaker is heard by itself alone, until cells or hearers say more. The room need
/// not be open. If it has proximity already, who hears whom stays.
#[utoipa::path(
    put, path = "/api/v1/rooms/{room}/proximity", tag = "proximity", operation_id = "beginProximity",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = Proximity,
    responses((status = 204, description = "The room has proximity.")),
)]
pub(crate) async fn begin(call: Call) -> Result<Reply, Problem> {
    let room = call.room()?;
    let Proximity { history } = call.body()?;
    call.shared().begin_proximity(&room, history, call.at)?;
    Ok(Reply::empty())
}

/// End the proximity of a room
///
/// Everybody hears everybody again.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{room}/proximity", tag = "proximity", operation_id = "endProximity",
    params(("room" = String, Path, description = "The room's name.")),
    responses((status = 204, description = "The room has no proximity.")),
)]
pub(crate) async fn end(call: Call) -> Result<Reply, Problem> {
    let room = call.room()?;
    call.shared().end_proximity(&room, call.at)?;
    Ok(Reply::empty())
}

/// Say where users are
///
/// Users that are not named stay where they are. It holds for the next line.
#[utoipa::path(
    put, path = "/api/v1/rooms/{room}/cells", tag = "proximity", operation_id = "setCells",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = Cells,
    responses((status = 200, description = "They are there.", body = Unknown)),
)]
pub(crate) async fn set_cells(call: Call) -> Result<Reply, Problem> {
    let room = call.room()?;
    let Cells { users } = call.body()?;
    check(users.len())?;
    let (mut cells, mut unknown) = (Vec::new(), Vec::new());
    for UserCell { user, cell } in users {
        match user.find(call.shared())? {
            Some(known) => cells.push((known.id, cell.map(Cell::from))),
            None => unknown.push(user),
        }
    }
    call.shared().set_cells(&room, &cells)?;
    Ok(Reply::json(&Unknown { unknown }))
}

/// Say who hears a speaker
///
/// Beside those that are near. It holds for the next line.
#[utoipa::path(
    put, path = "/api/v1/rooms/{room}/hearers", tag = "proximity", operation_id = "setHearers",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = Hearers,
    responses((status = 200, description = "They hear it.", body = Unknown)),
)]
pub(crate) async fn set_hearers(call: Call) -> Result<Reply, Problem> {
    let room = call.room()?;
    let Hearers { speaker, hearers } = call.body()?;
    check(hearers.len())?;
    let speaker = speaker.known(call.shared())?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for hearer in hearers {
        match hearer.find(call.shared())? {
            Some(user) => known.push(user.id),
            None => unknown.push(hearer),
        }
    }
    call.shared().set_hearers(&room, speaker.id, known)?;
    Ok(Reply::json(&Unknown { unknown }))
}

fn check(users: usize) -> Result<(), Problem> {
    if users > MOST_USERS {
        let detail = format!("a request names at most {MOST_USERS} users");
        return Err(Problem::bad_request(detail));
    }
    Ok(())
}

impl From<CellModel> for Cell {
    fn from(CellModel { x, y }: CellModel) -> Self {
        Self { x, y }
    }
}

impl From<ProximityError> for Problem {
    fn from(error: ProximityError) -> Self {
        let kind = match error {
            ProximityError::BadRoomName | ProximityError::TooManyHearers(_) => {
                ProblemKind::BadRequest
            }
            ProximityError::NoProximity => ProblemKind::NoProximity,
            ProximityError::TooManyRooms(_) | ProximityError::TooManyUsers(_) => {
                ProblemKind::TooMany
            }
        };
        Self::new(kind, error.to_string())
    }
}
