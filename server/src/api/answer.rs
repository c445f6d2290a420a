//! The response to a request: what a handler has replied or refused, as HTTP.

use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{Response, StatusCode};
use smol::stream::{self, StreamExt as _};

use crate::pages::headers::secure;

use super::call::{Reply, ResponseBody};
use super::problem::{Problem, ProblemKind};
use super::request_id;

/// The type of the body of an error.
const PROBLEM_JSON: &str = "application/problem+json";

/// Says that a response is that of an earlier request.
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer that is not a response yet.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Result<Reply, Problem>,
    /// Whether it is that of an earlier request.
    pub(crate) is_replayed: bool,
}

impl Answer {
    /// The response to the request with this ID.
    pub(crate) fn response(&self, id: &str) -> Response<ResponseBody> {
        let (status, content_type, body, rest) = match &self.reply {
            Ok(reply) => {
                let Reply {
                    status,
                    content_type,
                    body,
                    rest,
                } = reply;
                (*status, *content_type, body.clone(), rest.clone())
            }
            Err(problem) => {
                let body = serde_json::to_vec(&problem.body(id)).unwrap_or_default();
                (problem.kind.status(), PROBLEM_JSON, body.into(), None)
            }
        };
        let body = match rest {
            None => Full::new(body)
                .map_err(|never| match never {})
                .boxed_unsync(),
            Some(rest) => {
                let pieces = stream::once(Ok(body)).chain(rest);
                StreamBody::new(pieces.map(|piece| piece.map(Frame::data))).boxed_unsync()
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if status != StatusCode::NO_CONTENT {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        secure(headers);
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(request_id::HEADER, id);
        }
        if self.is_replayed {
            headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
        if let Err(Problem { kind, .. }) = &self.reply {
            if let Some(seconds) = kind.retry_seconds() {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            if *kind == ProblemKind::Unauthorized {
                let scheme = HeaderValue::from_static("Bearer realm=\"guildhall\"");
                headers.insert(WWW_AUTHENTICATE, scheme);
            }
            if let ProblemKind::MethodNotAllowed(methods) = kind
                && let Ok(methods) = HeaderValue::from_str(methods)
            {
                headers.insert(ALLOW, methods);
            }
        }
        response
    }
}
