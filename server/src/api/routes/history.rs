//! The history of a room, by number and by time.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ids::{Epoch, Seq};
use crate::journal::{Found, KeptLines, LinesRead, Read, Which};
use crate::outgoing::frame;
use crate::shared::history::PageLimits;
use crate::shared::join::Position;
use crate::shared::room_state::Page;
use crate::shared::room_state::beyond::{PageRequest, Paged};

use super::super::call::{Call, Reply};
use super::super::models::line::LineModel;
use super::super::numbers::{exact, positive};
use super::super::problem::Problem;
use super::rooms::limit;

/// The most lines of one page.
const MOST: u64 = 500;

/// The most lines if nobody says how many.
const USUAL: u64 = 50;

/// The most bytes of its lines.
const MOST_BYTES: usize = 512 * 1024;

/// The query of a history.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Only lines before this number: the first of the page behind. The page has the newest of
    /// them.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    before: Option<u64>,
    /// Only lines behind this number: the last of the page before. The page has the oldest of
    /// them. Not together with any other bound.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    after: Option<u64>,
    /// Only lines that were said before this time, in milliseconds since 1970.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    before_time: Option<u64>,
    /// Only lines that were said at this time or later, in milliseconds since 1970. The page has
    /// the oldest of them.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    after_time: Option<u64>,
    /// The most lines of the page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u64>,
}

/// A page of a room's history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct History {
    /// The room.
    room: String,
    /// The epoch of its lines. In another one, other lines have the same numbers.
    epoch: u32,
    /// The lines, the oldest first.
    lines: Vec<LineModel>,
    /// Whether there are more that belong to the answer.
    more: bool,
}

/// The history of a room
///
/// Without a bound, the newest lines. Lines that the room keeps in memory and those on the disk
/// are one history.
#[utoipa::path(
    get, path = "/api/v1/rooms/{room}/history", tag = "rooms", operation_id = "getHistory",
    params(("room" = String, Path, description = "The room's name."), HistoryQuery),
    responses((status = 200, description = "A page of lines.", body = History)),
)]
pub(crate) async fn page(call: Call) -> Result<Reply, Problem> {
    let query: HistoryQuery = call.query()?;
    let name = call.room()?;
    call.caller.moderates(&name)?;
    let most = limit(query.limit.or(Some(USUAL)), MOST)?;
    let wanted = Wanted::of(&query, most)?;
    let page = match call.shared().room(&name) {
        Some(room) => {
            let millis = call.at.unix_millis;
            let paged = match &wanted {
                Wanted::Behind(after) => room.lines_behind(*after, most, MOST_BYTES, millis),
                Wanted::Page { seq, limits } => {
                    let epoch = room.facts().newest.epoch;
                    room.paged(&request(epoch, *seq, *limits), millis)
                }
            };
            match paged {
                Paged::Page(page) => page,
                Paged::Unread(read) => wanted.read(&call, read).await?,
            }
        }
        None => on_the_disk(&call, &name, &wanted, most).await?,
    };
    let lines = frame::lines(&page.frames);
    Ok(Reply::json(&History {
        room: name,
        epoch: page.epoch.0,
        lines: lines.into_iter().map(LineModel::from).collect(),
        more: page.more,
    }))
}

/// The lines that are asked for.
#[derive(Debug)]
enum Wanted {
    /// The oldest behind this number.
    Behind(Seq),
    /// Those before this number and of a time.
    Page { seq: Seq, limits: PageLimits },
}

impl Wanted {
    fn of(query: &HistoryQuery, most: usize) -> Result<Self, Problem> {
        let bounds = [query.before, query.before_time, query.after_time];
        let seq = Seq(positive("before", query.before)?);
        let before_time = positive("before_time", query.before_time)?;
        let after_time = positive("after_time", query.after_time)?;
        match query.after {
            Some(_) if bounds.iter().any(Option::is_some) => Err(Problem::bad_request(
                "`after` stands alone, without another bound",
            )),
            Some(after) => Ok(Self::Behind(Seq(exact("after", after)?))),
            None => Ok(Self::Page {
                seq,
                limits: PageLimits {
                    before_time,
                    after_time,
                    most,
                    bytes: MOST_BYTES,
                },
            }),
        }
    }

    /// Which lines of a journal they are.
    fn which(&self) -> Which {
        match *self {
            Self::Behind(after) => Which::OldestFrom {
                seq: after.next(),
                before_time: 0,
                after_time: 0,
            },
            Self::Page { seq, limits } if limits.after_time == 0 => Which::NewestBefore {
                seq,
                before_time: limits.before_time,
                after_time: 0,
            },
            Self::Page { limits, .. } => Which::OldestFrom {
                seq: Seq(1),
                before_time: limits.before_time,
                after_time: limits.after_time,
            },
        }
    }

    /// The page of lines that have to be read.
    async fn read(&self, call: &Call, read: LinesRead) -> Result<Page, Problem> {
        let epoch = read.epoch;
        let kept = match call.read(Read::Lines(read)).await? {
            Some(Found::Lines(kept)) => kept,
            _ => KeptLines {
                epoch,
                ..KeptLines::default()
            },
        };
        Ok(match *self {
            Self::Behind(_) => Page {
                epoch: kept.epoch,
                frames: kept.frames,
                more: kept.more,
            },
            Self::Page { seq, limits } => Page::of(kept, &request(epoch, seq, limits)),
        })
    }
}

fn request(epoch: Epoch, seq: Seq, limits: PageLimits) -> PageRequest {
    PageRequest {
        before: Position { epoch, seq },
        limits,
    }
}

/// The page of a room that is not in memory.
async fn on_the_disk(
    call: &Call,
    name: &str,
    wanted: &Wanted,
    most: usize,
) -> Result<Page, Problem> {
    let look = Read::Room {
        room: name.into(),
        most: 0,
        bytes: 0,
    };
    let Some(Found::Room(Some(kept))) = call.read(look).await? else {
        return Err(Problem::no_such_room(name));
    };
    let read = LinesRead {
        room: name.into(),
        epoch: kept.epoch,
        which: wanted.which(),
        most,
        bytes: MOST_BYTES,
    };
    if kept.last == Seq(0) {
        return Ok(Page {
            epoch: kept.epoch,
            frames: Bytes::new(),
            more: false,
        });
    }
    wanted.read(call, read).await
}
