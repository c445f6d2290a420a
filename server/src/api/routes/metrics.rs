//! The metrics of the server, for Prometheus.

use hyper::StatusCode;

use crate::exposition;

use super::super::call::{Call, Reply};

/// All metrics: `/metrics`.
pub(crate) fn get(call: &Call) -> Reply {
    Reply {
        status: StatusCode::OK,
        content_type: exposition::CONTENT_TYPE,
        body: exposition::text(&call.threads).into(),
        rest: None,
    }
}
