//! Rooms: which there are, how one is set, and how that is changed.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::call::{Call, Reply};
use super::super::models::room::{PositionModel, RoomModel, RoomSettings};
use super::super::problem::Problem;

/// The most rooms of one page.
const MOST: u64 = 1_000;

/// The query of the list of rooms.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoomsQuery {
    /// Only rooms whose names begin with this.
    prefix: String,
    /// Only rooms whose names come behind this one: the last of the page before.
    after: String,
    /// The most rooms of the page.
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<u64>,
}

/// A page of rooms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rooms {
    /// The rooms, by name.
    rooms: Vec<RoomModel>,
    /// Whether there are more behind them.
    more: bool,
}

/// The most of the busiest rooms.
const MOST_BUSY: u64 = 100;

/// The query of the list of busy rooms.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct BusiestQuery {
    /// The most rooms of the list.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u64>,
}

/// The rooms in which most was said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BusiestRooms {
    /// The rooms: first those in which most was said, then those with most members.
    rooms: Vec<BusyRoom>,
}

/// How much is going on in a room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BusyRoom {
    /// The name, as the server writes it.
    room: String,
    /// How many members it has.
    members: u64,
    /// How many of the lines that it has in memory are of the last minute.
    minute: u64,
    /// The number of its newest line; 0: there was none yet.
    last: u64,
}

/// The rooms in which most was said in the last minute
///
/// Of the lines that are in memory: a room that keeps few of them counts no more.
#[utoipa::path(
    get, path = "/api/v1/busiest-rooms", tag = "operation", operation_id = "listBusiestRooms",
    params(BusiestQuery),
    responses((status = 200, description = "The busiest rooms.", body = BusiestRooms)),
)]
pub(crate) async fn busiest(call: Call) -> Result<Reply, Problem> {
    let query: BusiestQuery = call.query()?;
    let most = limit(query.limit, MOST_BUSY)?;
    let rooms = call.act(move |shared, _, at| shared.busiest_rooms(most, at));
    let rooms = rooms.await.into_iter().map(|room| BusyRoom {
        room: room.name.to_string(),
        members: room.members as u64,
        minute: room.lines as u64,
        last: room.newest.0,
    });
    Ok(Reply::json(&BusiestRooms {
        rooms: rooms.collect(),
    }))
}

/// The rooms
///
/// All rooms that are in memory or kept open: those with members, and those without that keep
/// their lines for a while. A moderator gets those that it moderates.
#[utoipa::path(
    get, path = "/api/v1/rooms", tag = "rooms", operation_id = "listRooms",
    params(RoomsQuery),
    responses((status = 200, description = "A page of rooms.", body = Rooms)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query: RoomsQuery = call.query()?;
    let most = limit(query.limit, MOST)?;
    let caller = call.caller.clone();
    let listed = call.act(move |shared, _, at| {
        let wanted = |room: &str| room.starts_with(&query.prefix) && caller.may_moderate(room);
        shared.game_rooms(&query.after, most, wanted, at)
    });
    let (rooms, more) = listed.await;
    let rooms = rooms.into_iter().map(RoomModel::from).collect();
    Ok(Reply::json(&Rooms { rooms, more }))
}

/// A room
#[utoipa::path(
    get, path = "/api/v1/rooms/{room}", tag = "rooms", operation_id = "getRoom",
    params(("room" = String, Path, description = "The room's name.")),
    responses((status = 200, description = "The room.", body = RoomModel)),
)]
pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    call.caller.moderates(&name)?;
    let room = call.act(move |shared, _, at| shared.game_room(&name, at));
    Ok(Reply::json(&RoomModel::from(room.await?)))
}

/// Open a room
///
/// It is kept open until it is closed, also without members, and over a restart. It may be there
/// already. The settings hold over those of the settings file.
#[utoipa::path(
    put, path = "/api/v1/rooms/{room}", tag = "rooms", operation_id = "openRoom",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = RoomSettings,
    responses((status = 200, description = "The room is open.", body = RoomModel)),
)]
pub(crate) async fn open(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    let settings: RoomSettings = call.body()?;
    let opened =
        call.act(move |shared, by, at| shared.keep_room_open(by, &name, settings.into(), at));
    let opened = opened.await?;
    call.kept("the room is open").await?;
    Ok(Reply::json(&RoomModel::from(opened)))
}

/// Change settings of a room
///
/// A setting that is absent stays as it is. The room's members are told. The room need not exist.
#[utoipa::path(
    patch, path = "/api/v1/rooms/{room}", tag = "rooms", operation_id = "changeRoom",
    params(("room" = String, Path, description = "The room's name.")),
    request_body = RoomSettings,
    responses((status = 200, description = "All that is changed of it now.", body = RoomSettings)),
)]
pub(crate) async fn change(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    call.caller.moderates(&name)?;
    let settings: RoomSettings = call.body()?;
    let changed =
        call.act(move |shared, by, at| shared.change_room(by, &name, settings.into(), at));
    let changed = changed.await?;
    call.kept("it is changed").await?;
    Ok(Reply::json(&RoomSettings::from(changed)))
}

/// Undo all changes of a room
///
/// The rule of the settings file holds again.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{room}/settings", tag = "rooms", operation_id = "resetRoom",
    params(("room" = String, Path, description = "The room's name.")),
    responses((status = 204, description = "Nothing is changed of it any more.")),
)]
pub(crate) async fn reset(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    call.caller.moderates(&name)?;
    let reset = call.act(move |shared, by, at| shared.reset_room(by, &name, at));
    reset.await?;
    call.kept("it is changed").await?;
    Ok(Reply::empty())
}

/// Close a room
///
/// Its members are taken out, and it is not kept open any more. What was said there is kept as in
/// any room without members.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{room}", tag = "rooms", operation_id = "closeRoom",
    params(("room" = String, Path, description = "The room's name.")),
    responses((status = 204, description = "The room is closed.")),
)]
pub(crate) async fn close(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    let closed = call.act(move |shared, by, at| shared.close_game_room(by, &name, at));
    closed.await?;
    call.kept("the room is closed").await?;
    Ok(Reply::empty())
}

/// Clear a room
///
/// All that was said there until now is removed, for everybody.
#[utoipa::path(
    post, path = "/api/v1/rooms/{room}/clear", tag = "moderation", operation_id = "clearRoom",
    params(("room" = String, Path, description = "The room's name.")),
    responses((status = 200, description = "The place of the change in the room.", body = PositionModel)),
)]
pub(crate) async fn clear(call: Call) -> Result<Reply, Problem> {
    let name = call.room()?;
    call.caller.moderates(&name)?;
    let room = name.clone();
    let cleared = call.act(move |shared, by, at| shared.clear_room(by, &room, at));
    Ok(Reply::json(&PositionModel::of(name, cleared.await?)))
}

/// The size of a page: what was asked for, or as much as possible.
///
/// # Errors
///
/// It is 0, or too much.
pub(crate) fn limit(asked: Option<u64>, most: u64) -> Result<usize, Problem> {
    match asked.unwrap_or(most) {
        limit if (1..=most).contains(&limit) => Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
        _ => Err(Problem::bad_request(format!(
            "`limit` is a number from 1 to {most}"
        ))),
    }
}
