//! Whether the API answers, whether the server turns, and whether it delivers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::health::{self, Asked};

use super::super::call::{Call, JSON, Reply};
use super::super::problem::Problem;

/// The health of the API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, if the API answers.
    status: &'static str,
    /// The version of the server.
    version: &'static str,
}

/// Whether the API answers
///
/// Needs no key. While the server stops, the status is 503.
#[utoipa::path(
    get, path = "/api/v1/health", tag = "API", operation_id = "getHealth",
    security(()),
    responses((status = 200, description = "It answers.", body = Health)),
)]
pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    if call.threads.is_stopping() {
        return Err(Problem::stopping());
    }
    Ok(Reply::json(&Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    }))
}

/// Whether the server turns: `/livez`. Needs no key.
pub(crate) async fn live(call: Call) -> Result<Reply, Problem> {
    Ok(check(&call, Asked::Live).await)
}

/// Whether it delivers: `/readyz`. Needs no key.
pub(crate) async fn ready(call: Call) -> Result<Reply, Problem> {
    Ok(check(&call, Asked::Ready).await)
}

/// The answer is no problem of RFC 9457, also if the status is an error: it is that of the checks.
async fn check(call: &Call, asked: Asked) -> Reply {
    let answer = health::answer(&call.threads, asked, false).await;
    Reply {
        status: answer.status,
        content_type: JSON,
        body: answer.body.into(),
        rest: None,
    }
}
