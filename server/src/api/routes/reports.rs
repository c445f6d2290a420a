//! The queue of reports: moderators look at them, take them and decide.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ids::UserId;
use crate::journal::Failure;
use crate::journal::reports::{
    FullReport, MOST_READ, Report, ReportDecision, ReportDone, ReportError, ReportsRead,
};
use crate::moderation::UserSnapshot;

use super::super::call::{Call, Reply};
use super::super::models::report::{FilterModel, FullReportModel, ReportModel};
use super::super::numbers::{named, positive};
use super::super::problem::{Problem, ProblemKind};
use super::rooms::limit;
use super::sanctions::check_note;

/// The most reads for one page: a moderator may see few of many reports.
const MOST_READS: usize = 20;

/// The query of the list of reports.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportsQuery {
    /// Which reports.
    #[param(inline)]
    state: FilterModel,
    /// Only those about the user with this account, the newest first.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// Only those about the user with this number, the newest first.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    user: Option<u64>,
    /// The `next` of the page before.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    from: Option<u64>,
    /// The most reports of the page.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u64>,
}

/// A page of reports.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reports {
    /// The reports.
    reports: Vec<ReportModel>,
    /// The beginning of the next page, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// A decision about a report.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    /// Whether something is done about it.
    acted: bool,
    /// The words that the reporter is told: at most 500 bytes.
    #[serde(default)]
    #[schema(max_length = 500)]
    words: String,
    /// The number of the sanction that follows from it.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    sanction: Option<u64>,
}

/// The reports
///
/// A moderator gets those of the rooms that it moderates, so a page can have fewer than `limit`.
#[utoipa::path(
    get, path = "/api/v1/reports", tag = "moderation", operation_id = "listReports",
    params(ReportsQuery),
    responses((status = 200, description = "A page of reports.", body = Reports)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query: ReportsQuery = call.query()?;
    let most = limit(query.limit, MOST_READ as u64)?;
    let mut read = ReportsRead {
        filter: query.state.into(),
        about: about(&query)?,
        behind: positive("from", query.from)?,
        most,
    };
    let (mut shown, mut is_more) = (Vec::new(), true);
    for _ in 0..MOST_READS {
        let next = read.clone();
        let found = call.told(|done| call.shared().reports(next, done));
        let (reports, more) = found.await.unwrap_or(Err(Failure::Closed))?;
        is_more = more;
        for report in &reports {
            if may_see(&call, report) {
                if shown.len() == most {
                    is_more = true;
                    break;
                }
                shown.push(ReportModel::from(report));
            }
            read.behind = report.id;
        }
        if !is_more || shown.len() == most {
            break;
        }
        // Those that the caller may not see were in the way.
        read.most = MOST_READ;
    }
    Ok(Reply::json(&Reports {
        reports: shown,
        next: is_more.then_some(read.behind),
    }))
}

/// The user that the reports are to be about. It need not be known any more.
fn about(query: &ReportsQuery) -> Result<Option<UserSnapshot>, Problem> {
    let (id, account) = match (&query.account, query.user) {
        (None, None) => return Ok(None),
        (Some(account), None) => (0, named("account", account)?),
        (None, user) => (positive("user", user)?, ""),
        (Some(_), Some(_)) => {
            let detail = "a user is named by one of `account` and `user`";
            return Err(Problem::bad_request(detail));
        }
    };
    Ok(Some(UserSnapshot {
        id: UserId(id),
        account: account.into(),
        name: "".into(),
    }))
}

/// A report with its evidence
#[utoipa::path(
    get, path = "/api/v1/reports/{id}", tag = "moderation", operation_id = "getReport",
    params(("id" = u64, Path, description = "The report's number.", maximum = 9_007_199_254_740_991_u64)),
    responses((status = 200, description = "The report.", body = FullReportModel)),
)]
pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    let report = full(&call).await?;
    Ok(Reply::json(&FullReportModel::from(report)))
}

/// Take a report
///
/// So that no other moderator works on it. The game may take it from a moderator.
#[utoipa::path(
    post, path = "/api/v1/reports/{id}/claim", tag = "moderation", operation_id = "claimReport",
    params(("id" = u64, Path, description = "The report's number.", maximum = 9_007_199_254_740_991_u64)),
    responses((status = 200, description = "The report is yours.", body = ReportModel)),
)]
pub(crate) async fn claim(call: Call) -> Result<Reply, Problem> {
    let id = full(&call).await?.report.id;
    let (actor, at) = (call.caller.actor(), call.at);
    carried_out(&call, |done| {
        call.shared().claim_report(id, actor, at, done);
    })
    .await
}

/// Give a report back
#[utoipa::path(
    post, path = "/api/v1/reports/{id}/release", tag = "moderation", operation_id = "releaseReport",
    params(("id" = u64, Path, description = "The report's number.", maximum = 9_007_199_254_740_991_u64)),
    responses((status = 200, description = "Nobody has the report.", body = ReportModel)),
)]
pub(crate) async fn release(call: Call) -> Result<Reply, Problem> {
    let id = full(&call).await?.report.id;
    let (actor, at) = (call.caller.actor(), call.at);
    carried_out(&call, |done| {
        call.shared().release_report(id, actor, at, done);
    })
    .await
}

/// Decide a report
///
/// The reporter is told, now or when it comes.
#[utoipa::path(
    post, path = "/api/v1/reports/{id}/decide", tag = "moderation", operation_id = "decideReport",
    params(("id" = u64, Path, description = "The report's number.", maximum = 9_007_199_254_740_991_u64)),
    request_body = Decide,
    responses((status = 200, description = "The report is decided.", body = ReportModel)),
)]
pub(crate) async fn decide(call: Call) -> Result<Reply, Problem> {
    let asked: Decide = call.body()?;
    check_note("words", &asked.words)?;
    let id = full(&call).await?.report.id;
    let decision = ReportDecision {
        by: call.caller.actor(),
        time: call.at.unix_millis,
        acted: asked.acted,
        words: asked.words.into(),
        sanction: positive("sanction", asked.sanction)?,
    };
    carried_out(&call, |done| {
        call.shared().decide_report(id, decision, done);
    })
    .await
}

/// The report of the path, if the caller may see it.
///
/// # Errors
///
/// There is none, as far as the caller knows.
async fn full(call: &Call) -> Result<FullReport, Problem> {
    let id = call.number("id")?;
    let found = call.told(|done| call.shared().full_report(id, done)).await;
    let report = found.unwrap_or(Err(Failure::Closed))?;
    let report = report.filter(|full| may_see(call, &full.report));
    report.ok_or_else(no_such_report)
}

/// Whether the caller may see a report: it moderates its room, or everywhere, and the report is not
/// about itself. It would learn who has reported it, and would decide about itself.
fn may_see(call: &Call, report: &Report) -> bool {
    call.caller.may_moderate(&report.place.room) && !call.caller.is(&report.user)
}

/// Does something with a report, and replies with what it is then.
async fn carried_out(call: &Call, act: impl FnOnce(ReportDone)) -> Result<Reply, Problem> {
    let done = call.told(act).await;
    let report = done.unwrap_or(Err(ReportError::Failed(Failure::Closed)));
    let report = report.map_err(|error| {
        let detail = error.to_string();
        match error {
            ReportError::NoSuchReport => no_such_report(),
            ReportError::Claimed => Problem::new(ProblemKind::Claimed, detail),
            ReportError::Decided => Problem::new(ProblemKind::Decided, detail),
            ReportError::Failed(failure) => failure.into(),
            ReportError::TooMany | ReportError::TooManyOwn => {
                Problem::new(ProblemKind::TooMany, detail)
            }
            ReportError::NoSuchLine | ReportError::Own | ReportError::Already => {
                Problem::bad_request(detail)
            }
        }
    })?;
    Ok(Reply::json(&ReportModel::from(&report)))
}

fn no_such_report() -> Problem {
    Problem::new(ProblemKind::NoSuchReport, "there is no such report")
}
