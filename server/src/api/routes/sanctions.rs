//! Sanctions: mutes, bans and kicks.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use guildhall_protocol::limits::MAX_NOTE_BYTES;

use crate::moderation::Sanction;
use crate::names;
use crate::shared::acts::By;
use crate::shared::acts::sanctions::{NewSanction, SanctionError};

use super::super::call::{Call, Reply, room_name, room_or_all};
use super::super::models::sanction::{KindModel, ReasonModel, SanctionModel};
use super::super::models::user::UserRef;
use super::super::numbers::{named, positive};
use super::super::problem::{Problem, ProblemKind};
use super::rooms::limit;

/// The most sanctions of one page.
const MOST: u64 = 500;

/// A sanction to be imposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Impose {
    /// The kind.
    kind: KindModel,
    /// The user. The game may also name an account that was never here.
    user: UserRef,
    /// The room in which it holds; without one, it holds everywhere.
    #[schema(min_length = 1, max_length = 64)]
    room: Option<String>,
    /// For how many seconds it holds; without this, it has no end. A kick has none.
    #[schema(minimum = 1, maximum = 4_294_967_295_u64)]
    seconds: Option<u32>,
    /// Why.
    #[serde(default)]
    reason: ReasonModel,
    /// The rule that was broken, for the user to read: at most 500 bytes.
    #[serde(default)]
    #[schema(max_length = 500)]
    rule: String,
    /// A note for moderators: at most 500 bytes.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
    /// Whether it also holds against guests from the addresses that the user has now.
    #[serde(default)]
    address: bool,
    /// Whether no human has decided it.
    #[serde(default)]
    automated: bool,
    /// The number of the report that it follows from.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    report: Option<u64>,
}

/// The query of the list of sanctions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SanctionsQuery {
    /// Only those in this room.
    #[param(min_length = 1)]
    room: Option<String>,
    /// Only those against the user with this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// Only those against the user with this number, as for guests.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    user: Option<u64>,
    /// Only those with a lower number than this one: the last of the page before.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    before: Option<u64>,
    /// The most sanctions of the page.
    #[param(minimum = 1, maximum = 500, default = 500)]
    limit: Option<u64>,
}

/// The query of a lift.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiftQuery {
    /// A note for moderators: at most 500 bytes.
    #[param(max_length = 500)]
    note: String,
}

/// A page of sanctions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sanctions {
    /// The sanctions, the newest first.
    sanctions: Vec<SanctionModel>,
    /// Whether there are more behind them.
    more: bool,
}

/// Mute, ban or kick a user
///
/// It holds at once, on all of the user's devices, which are told. A later one of the same kind and
/// room takes the place of the earlier one.
#[utoipa::path(
    post, path = "/api/v1/sanctions", tag = "moderation", operation_id = "imposeSanction",
    request_body = Impose,
    responses((status = 201, description = "It holds.", body = SanctionModel)),
)]
pub(crate) async fn impose(call: Call) -> Result<Reply, Problem> {
    let asked: Impose = call.body()?;
    let room = room_or_all(asked.room.as_deref())?;
    let rank = call.caller.moderates(&room)?;
    check_note("rule", &asked.rule)?;
    check_note("note", &asked.note)?;
    if asked.kind == KindModel::Kick && (asked.seconds.is_some() || asked.address) {
        return Err(Problem::bad_request(
            "a kick has no end, and is of no address",
        ));
    }
    if asked.seconds == Some(0) {
        return Err(Problem::bad_request("`seconds` is 1 or more"));
    }
    let user = asked.user.meant(&call)?;
    let new = NewSanction {
        kind: asked.kind.into(),
        room: &room,
        seconds: asked.seconds.unwrap_or(0),
        reason: asked.reason.into(),
        rule: &asked.rule,
        note: &asked.note,
        of_address: asked.address,
        report: positive("report", asked.report)?,
        is_automated: asked.automated,
    };
    let actor = call.caller.actor();
    let by = By {
        actor: &actor,
        rank,
    };
    let imposed = call
        .shared()
        .impose(by, &user, &new, call.at)
        .map_err(refusal)?;
    call.kept("it holds").await?;
    Ok(Reply::created(&SanctionModel::from(&*imposed)))
}

/// Lift a sanction
///
/// The user's clients are told.
#[utoipa::path(
    delete, path = "/api/v1/sanctions/{id}", tag = "moderation", operation_id = "liftSanction",
    params(("id" = u64, Path, description = "The sanction's number.", maximum = 9_007_199_254_740_991_u64), LiftQuery),
    responses((status = 200, description = "It holds no more.", body = SanctionModel)),
)]
pub(crate) async fn lift(call: Call) -> Result<Reply, Problem> {
    let LiftQuery { note } = call.query()?;
    check_note("note", &note)?;
    let id = call.number("id")?;
    let holding = call
        .shared()
        .sanctions()
        .list(call.at.unix_millis, |one| one.id == id);
    // One of a room that the caller may not moderate is none.
    let sanction = holding
        .first()
        .filter(|one| call.caller.may_moderate(&one.room));
    let sanction = sanction.ok_or_else(no_such_sanction)?;
    let actor = call.caller.actor();
    let by = By {
        actor: &actor,
        rank: call.caller.rank(&sanction.room),
    };
    let what = (sanction.kind, &*sanction.room);
    let lifted = call.shared().lift(by, &sanction.user, what, &note, call.at);
    let lifted = lifted.map_err(refusal)?;
    call.kept("it is lifted").await?;
    Ok(Reply::json(&SanctionModel::from(&*lifted)))
}

/// The sanctions that hold
///
/// A moderator gets those of the rooms that it moderates.
#[utoipa::path(
    get, path = "/api/v1/sanctions", tag = "moderation", operation_id = "listSanctions",
    params(SanctionsQuery),
    responses((status = 200, description = "A page of sanctions.", body = Sanctions)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query: SanctionsQuery = call.query()?;
    let most = limit(query.limit, MOST)?;
    let before = positive("before", query.before)?;
    let user = positive("user", query.user)?;
    let account = query.account.as_deref();
    let account = account
        .map(|account| named("account", account))
        .transpose()?;
    let room = query.room.as_deref().map(room_name).transpose()?;
    if let Some(room) = &room {
        call.caller.moderates(room)?;
    }
    let is_wanted = |sanction: &Sanction| {
        call.caller.may_moderate(&sanction.room)
            && room.as_ref().is_none_or(|room| *sanction.room == **room)
            && account.is_none_or(|account| *sanction.user.account == *account)
            && (user == 0 || sanction.user.id.0 == user)
            && (before == 0 || sanction.id < before)
    };
    let holding = call
        .shared()
        .sanctions()
        .list(call.at.unix_millis, is_wanted);
    let page = holding.iter().take(most);
    Ok(Reply::json(&Sanctions {
        sanctions: page.map(|one| SanctionModel::from(&**one)).collect(),
        more: holding.len() > most,
    }))
}

/// Checks a rule or a note: it may be empty, and have several lines.
///
/// # Errors
///
/// It is too long, or has control characters.
pub(crate) fn check_note(what: &str, text: &str) -> Result<(), Problem> {
    if text.len() > MAX_NOTE_BYTES {
        let detail = format!("`{what}` has at most {MAX_NOTE_BYTES} bytes");
        return Err(Problem::bad_request(detail));
    }
    if text.chars().any(|c| names::is_control(c) && c != '\n') {
        let detail = format!("`{what}` has no control characters");
        return Err(Problem::bad_request(detail));
    }
    Ok(())
}

fn no_such_sanction() -> Problem {
    Problem::new(ProblemKind::NoSuchSanction, "there is no such sanction")
}

/// The problem for an act against a user that is not done.
pub(crate) fn refusal(error: SanctionError) -> Problem {
    let detail = error.to_string();
    match error {
        SanctionError::IsModerator(_) => Problem::new(ProblemKind::IsModerator, detail),
        SanctionError::Full(_) => Problem::new(ProblemKind::TooMany, detail),
        SanctionError::NoneHolds => no_such_sanction(),
    }
}
