//! The log's filter.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::log_control::LogControl;

use super::super::call::{Call, Reply};
use super::super::problem::{Problem, ProblemKind};

/// The longest filter.
const MAX_FILTER_BYTES: usize = 1_000;

/// The log's filter.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogModel {
    /// A level (`off`, `error`, `warn`, `info`, `debug`, `trace`), or targets with levels, such as
    /// `info,guildhall_server::api=debug`.
    #[schema(min_length = 1, max_length = 1_000)]
    filter: String,
}

/// Read the log's filter
#[utoipa::path(
    get, path = "/api/v1/log", tag = "API", operation_id = "getLog",
    responses((status = 200, description = "Its filter.", body = LogModel)),
)]
pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    let filter = control(&call)?.filter();
    Ok(Reply::json(&LogModel { filter }))
}

/// Change the log's filter
///
/// Until the server ends, or reads its settings again (SIGHUP).
#[utoipa::path(
    put, path = "/api/v1/log", tag = "API", operation_id = "setLog",
    request_body = LogModel,
    responses((status = 200, description = "It has what the filter lets through.", body = LogModel)),
)]
pub(crate) async fn set(call: Call) -> Result<Reply, Problem> {
    let LogModel { filter } = call.body()?;
    if filter.len() > MAX_FILTER_BYTES {
        let detail = format!("a filter has at most {MAX_FILTER_BYTES} bytes");
        return Err(Problem::bad_request(detail));
    }
    let control = control(&call)?;
    let before = control.filter();
    let refuse = |problem| Problem::bad_request(format!("`filter`: {problem}"));
    control.check(&filter).map_err(refuse)?;
    // The filter that holds from then on may leave the line behind it out. This one is as grave as
    // a line can be that is no fault, so that few filters of before leave it out, too.
    tracing::warn!(before, filter, "the API changes what the log has");
    control.set_filter(&filter).map_err(refuse)?;
    tracing::info!(before, filter, "the API has changed what the log has");
    Ok(Reply::json(&LogModel { filter }))
}

/// The log, if it can be changed.
fn control(call: &Call) -> Result<&Arc<dyn LogControl>, Problem> {
    call.threads.config.log.as_ref().ok_or_else(|| {
        let detail = "the log of this server cannot be changed";
        Problem::new(ProblemKind::NotFound, detail)
    })
}
