//! Single lines of a room.

use crate::ids::{Epoch, Seq};
use crate::shared::join::Position;

use super::super::call::{Call, Reply};
use super::super::models::room::PositionModel;
use super::super::problem::{Problem, ProblemKind};

/// Remove a line
///
/// For everybody, whoever has said it. Reports keep what was said. A line that is removed already,
/// or that is no message, is none any more.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{room}/messages/{epoch}/{seq}", tag = "moderation",
    operation_id = "removeLine",
    params(
        ("room" = String, Path, description = "The room's name."),
        ("epoch" = u32, Path, description = "The epoch of the line."),
        ("seq" = u64, Path, description = "The number of the line."),
    ),
    responses((status = 200, description = "The place of the change in the room.", body = PositionModel)),
)]
pub(crate) async fn remove(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    call.caller.moderates(&name)?;
    let (epoch, seq) = (call.number("epoch")?, Seq(call.number("seq")?));
    let Ok(epoch) = u32::try_from(epoch) else {
        let detail = "there is no such line in the room";
        return Err(Problem::new(ProblemKind::NoSuchLine, detail));
    };
    let line = Position {
        epoch: Epoch(epoch),
        seq,
    };
    let room = name.clone();
    let removed = call.act(move |shared, by, at| shared.remove_line(by, &room, line, at));
    Ok(Reply::json(&PositionModel::of(name, removed.await?)))
}
