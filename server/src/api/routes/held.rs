//! Texts that wait for a moderator: a filter or the game has held them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::filter::FilterKind;
use crate::journal::HeldText;
use crate::shared::acts::held::HeldError;
use crate::shared::acts::sanctions::SanctionError;

use super::super::call::{Call, Reply, room_name};
use super::super::models::room::PositionModel;
use super::super::models::user::SnapshotModel;
use super::super::numbers::exact;
use super::super::problem::{Problem, ProblemKind};
use super::rooms::limit;
use super::sanctions::{check_note, refusal};

/// The most texts of one page.
const MOST: u64 = 500;

/// The query of the texts that wait.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct HeldQuery {
    /// Only those of this room.
    #[param(min_length = 1)]
    room: Option<String>,
    /// Only those behind this number: the last of the page before.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    after: u64,
    /// The most texts of the page.
    #[param(minimum = 1, maximum = 500, default = 500)]
    limit: Option<u64>,
}

/// A page of texts that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldTexts {
    /// The texts, the oldest first.
    held: Vec<HeldModel>,
}

/// A text that waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldText)]
pub(crate) struct HeldModel {
    /// Its number.
    id: u64,
    /// When its user wanted to say it, in milliseconds since 1970.
    time: u64,
    /// The room.
    room: String,
    /// The user that wants to say it.
    user: SnapshotModel,
    /// The text.
    text: String,
    /// Whether the text says what the user does.
    action: bool,
    /// Whether it is another text of a line that was said before.
    edit: bool,
    /// The filter that has found something in it: `words`, `links`, `repeats`, `capitals`,
    /// `mentions` or `game`.
    filter: &'static str,
}

/// Why a text is rejected.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectHeld {
    /// The words that its user is told: at most 500 bytes.
    #[serde(default)]
    #[schema(max_length = 500)]
    words: String,
}

/// The texts that wait
///
/// A moderator gets those of the rooms that it moderates.
#[utoipa::path(
    get, path = "/api/v1/held", tag = "moderation", operation_id = "listHeld",
    params(HeldQuery),
    responses((status = 200, description = "A page of texts.", body = HeldTexts)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query: HeldQuery = call.query()?;
    let most = limit(query.limit, MOST)?;
    let after = exact("after", query.after)?;
    let room = query.room.as_deref().map(room_name).transpose()?;
    if let Some(room) = &room {
        call.caller.moderates(room)?;
    }
    let is_wanted = |held: &str| {
        call.caller.may_moderate(held) && room.as_deref().is_none_or(|room| room == held)
    };
    let held = call.shared().held_texts(after, most, is_wanted);
    let held = held.iter().map(|held| HeldModel::from(&**held)).collect();
    Ok(Reply::json(&HeldTexts { held }))
}

/// Publish a text that waits
///
/// As a line of its user that is said now.
#[utoipa::path(
    post, path = "/api/v1/held/{id}/publish", tag = "moderation", operation_id = "publishHeld",
    params(("id" = u64, Path, description = "The text's number.", maximum = 9_007_199_254_740_991_u64)),
    responses((status = 200, description = "The place of the line.", body = PositionModel)),
)]
pub(crate) async fn publish(call: Call) -> Result<Reply, Problem> {
    let id = call.number("id")?;
    let room = moderated(&call, id)?;
    let published = call.act(move |shared, by, at| shared.publish_held(by, id, at));
    Ok(Reply::json(&PositionModel::of(room, published.await?)))
}

/// Reject a text that waits
///
/// Nobody sees it, and its user is told.
#[utoipa::path(
    post, path = "/api/v1/held/{id}/reject", tag = "moderation", operation_id = "rejectHeld",
    params(("id" = u64, Path, description = "The text's number.", maximum = 9_007_199_254_740_991_u64)),
    request_body = RejectHeld,
    responses((status = 204, description = "It is rejected.")),
)]
pub(crate) async fn reject(call: Call) -> Result<Reply, Problem> {
    let id = call.number("id")?;
    let RejectHeld { words } = call.body()?;
    check_note("words", &words)?;
    moderated(&call, id)?;
    let rejected = call.act(move |shared, by, at| shared.reject_held(by, id, &words, at));
    rejected.await?;
    call.kept("it is rejected").await?;
    Ok(Reply::empty())
}

/// The room of a text that waits, if the caller moderates it and has not said it.
///
/// # Errors
///
/// There is no such text, as far as the caller knows, or it is the caller's own.
fn moderated(call: &Call, id: u64) -> Result<String, Problem> {
    let found = call.shared().held_texts(id.saturating_sub(1), 1, |_| true);
    let held = found.first().filter(|held| held.id == id);
    let held = held.filter(|held| call.caller.may_moderate(&held.room));
    let held = held.ok_or(HeldError::NotHeld(id))?;
    if call.caller.is(&held.user) {
        return Err(refusal(SanctionError::IsModerator(held.user.name.clone())));
    }
    Ok(held.room.to_string())
}

impl From<&HeldText> for HeldModel {
    fn from(held: &HeldText) -> Self {
        Self {
            id: held.id,
            time: held.time,
            room: held.room.to_string(),
            user: (&held.user).into(),
            text: held.text.to_string(),
            action: held.action,
            edit: held.is_edit,
            filter: match held.filter {
                FilterKind::Words => "words",
                FilterKind::Links => "links",
                FilterKind::Repeats => "repeats",
                FilterKind::Capitals => "capitals",
                FilterKind::Mentions => "mentions",
                FilterKind::Game => "game",
            },
        }
    }
}

impl From<HeldError> for Problem {
    fn from(error: HeldError) -> Self {
        let detail = error.to_string();
        match error {
            HeldError::NotHeld(_) => Self::new(ProblemKind::NotHeld, detail),
            HeldError::NoLine => Self::new(ProblemKind::Decided, detail),
            HeldError::Room(error) => error.into(),
        }
    }
}
