//! The routes by which the game speaks: in a room, as the system or as a user, and everywhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shared::acts::says::GameText;
use crate::shared::history::TextKind;

use super::super::call::{Call, Reply};
use super::super::models::room::PositionModel;
use super::super::models::user::UserRef;
use super::super::problem::Problem;

/// A text of the game in a room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Say {
    /// The text: at most 4,096 bytes.
    #[schema(min_length = 1, max_length = 4096)]
    text: String,
    /// The user that seems to say it, which may be away; without one, it is the system.
    user: Option<UserRef>,
    /// Whether the text says what the user does, as `/me` in IRC.
    #[serde(default)]
    action: bool,
}

/// A text of the game for everybody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Announce {
    /// The text: at most 4,096 bytes.
    #[schema(min_length = 1, max_length = 4096)]
    text: String,
}

/// The rooms in which an announcement was said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Announced {
    /// In how many rooms.
    rooms: u64,
}

/// Say something in a room
///
/// As the system, or as a user. No rule of the room is asked: the game may always speak.
#[utoipa::path(
    post, path = "/api/v1/rooms/{room}/messages", tag = "rooms", operation_id = "say",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = Say,
    responses((status = 201, description = "It was said.", body = PositionModel)),
)]
pub(crate) async fn say(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    let Say { text, user, action } = call.body()?;
    let user = user.map(|user| user.known(call.shared())).transpose()?;
    let room = name.clone();
    let said = call.act(move |shared, by, at| {
        let text = GameText {
            text: &text,
            kind: TextKind::from_action(action),
        };
        shared.say_for_game(by, &room, user.as_deref(), text, at)
    });
    let position = PositionModel::of(name, said.await?);
    Ok(Reply::created(&position))
}

/// Announce something
///
/// As the system, in all rooms that have members.
#[utoipa::path(
    post, path = "/api/v1/announcements", tag = "rooms", operation_id = "announce",
    request_body = Announce,
    responses((status = 201, description = "It was said.", body = Announced)),
)]
pub(crate) async fn announce(call: Call) -> Result<Reply, Problem> {
    let Announce { text } = call.body()?;
    let said = call.act(move |shared, by, at| {
        let text = GameText {
            text: &text,
            kind: TextKind::Speech,
        };
        shared.announce(by, text, at)
    });
    let rooms = said.await? as u64;
    Ok(Reply::created(&Announced { rooms }))
}
