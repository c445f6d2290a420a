//! Searches for lines by their words.

use std::sync::Arc;

use bytes::Bytes;
use guildhall_protocol::Line;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::accounts::MAX_USER_BYTES;
use crate::ids::UserId;
use crate::journal::search::{BadPlaces, MAX_SEARCH_BYTES, Places, find_in_memory, merge};
use crate::journal::{Found, Read, SearchRead};
use crate::shared::join::Position;
use crate::shared::room_state::RoomState;

use super::super::call::{Call, Reply, room_name};
use super::super::models::line::LineModel;
use super::super::numbers::positive;
use super::super::problem::Problem;
use super::rooms::limit;

/// The most rooms of one search.
const MOST_ROOMS: usize = 20;

/// The most lines of one page.
const MOST: u64 = 100;

/// The most bytes of its lines.
const MOST_BYTES: usize = 256 * 1024;

/// The most lines in memory that one search looks at.
const LOOKED_AT: usize = 10_000;

/// The most that their texts may cost, in units of [`words::cost`](crate::journal::words::cost).
const MOST_COST: usize = 512 * 1024;

/// How many lines it takes from a room at a time.
const PIECE: usize = 64;

/// The query of a search.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// The rooms: 1 to 20.
    #[param(required = true, min_items = 1, max_items = 20)]
    room: Vec<String>,
    /// The words, all of which a line has to have; empty: any.
    #[param(max_length = 256)]
    text: String,
    /// Only lines of the user with this number.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    sender: Option<u64>,
    /// Only lines of the user with this account, or with this name.
    #[param(max_length = 128)]
    name: String,
    /// Only lines that were said before this time, in milliseconds since 1970.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    before_time: Option<u64>,
    /// Only lines that were said at this time or later, in milliseconds since 1970.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    after_time: Option<u64>,
    /// The most lines of the page.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u64>,
    /// The `next` of the page before.
    from: String,
}

/// A page of lines that were found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundLines {
    /// The lines, the newest first.
    lines: Vec<LineModel>,
    /// The beginning of the next page. A page may have no lines, and a `next` all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lines by their words
///
/// In rooms in memory and on the disk. Each page takes a bounded time, so it can have few lines, or
/// none, and a `next`.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "rooms", operation_id = "search",
    params(SearchQuery),
    responses((status = 200, description = "A page of lines.", body = FoundLines)),
)]
pub(crate) async fn search(call: Call) -> Result<Reply, Problem> {
    let query: SearchQuery = call.query()?;
    let mut read = read(&call, &query)?;
    let names = std::mem::take(&mut read.rooms);
    let mut in_memory = Vec::new();
    for name in names {
        match call.shared().room(&name) {
            Some(room) if !room.is_durable() => in_memory.push(room),
            _ => read.rooms.push(name),
        }
    }
    let on_disk = if read.rooms.is_empty() {
        None
    } else {
        call.read(Read::Search(read.clone())).await?
    };
    let on_disk = match on_disk {
        Some(Found::Search(lines, next)) => (lines, next),
        _ => (Vec::new(), Bytes::new()),
    };
    let in_memory = search_memory(&in_memory, &read, call.at.unix_millis)?;
    let (lines, next) = merge([on_disk, in_memory], read.most, read.bytes);
    Ok(Reply::json(&FoundLines {
        lines: lines.into_iter().map(LineModel::from).collect(),
        next: (!next.is_empty()).then(|| hex::encode(&next)),
    }))
}

/// The search that the journal gets.
fn read(call: &Call, query: &SearchQuery) -> Result<SearchRead, Problem> {
    if !(1..=MOST_ROOMS).contains(&query.room.len()) {
        let detail = format!("`room` is there 1 to {MOST_ROOMS} times");
        return Err(Problem::bad_request(detail));
    }
    if query.text.len() > MAX_SEARCH_BYTES {
        let detail = format!("`text` has at most {MAX_SEARCH_BYTES} bytes");
        return Err(Problem::bad_request(detail));
    }
    if query.name.len() > MAX_USER_BYTES {
        let detail = format!("`name` has at most {MAX_USER_BYTES} bytes");
        return Err(Problem::bad_request(detail));
    }
    let mut rooms: Vec<Arc<str>> = Vec::new();
    for room in &query.room {
        let room = room_name(room)?;
        call.caller.moderates(&room)?;
        if !rooms.iter().any(|known| **known == *room) {
            rooms.push(room.into());
        }
    }
    let bad = |error: BadPlaces| Problem::bad_request(error.to_string());
    let from = hex::decode(&query.from).map_err(|_| bad(BadPlaces))?;
    Places::read(&from, MOST_ROOMS).map_err(bad)?;
    Ok(SearchRead {
        blocked: None,
        rooms,
        text: query.text.clone(),
        sender: UserId(positive("sender", query.sender)?),
        name: query.name.clone(),
        before_time: positive("before_time", query.before_time)?,
        after_time: positive("after_time", query.after_time)?,
        most: limit(query.limit, MOST)?,
        bytes: MOST_BYTES,
        from: from.into(),
    })
}

/// Looks for lines in rooms that are in memory.
fn search_memory(
    rooms: &[Arc<RoomState>],
    read: &SearchRead,
    unix_millis: u64,
) -> Result<(Vec<Line>, Bytes), Problem> {
    let epoch = |room: &Arc<RoomState>| room.facts().newest.epoch;
    let older = |room: &Arc<RoomState>, epoch, seq| {
        room.older_lines(Position { epoch, seq }, PIECE, MOST_BYTES, unix_millis)
    };
    let found = find_in_memory(
        rooms,
        read,
        MOST_ROOMS,
        (LOOKED_AT, MOST_COST),
        epoch,
        older,
    );
    found.map_err(|error| Problem::bad_request(error.to_string()))
}
