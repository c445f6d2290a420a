//! Answers that send browsers on: from a listener without TLS to the one with it, and from a path that
//! is not quite the one that is meant.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderValue, LOCATION};
use hyper::{Request, Response, StatusCode};

use crate::net::host::Target;

use super::text;

/// Sends a browser on to the same path of the same host, at this port, with TLS. 308, so that a
/// request stays what it is (RFC 9110 section 15.4.9).
pub(super) fn to<B>(
    request: &Request<B>,
    target: Option<&Target>,
    port: u16,
) -> Response<Full<Bytes>> {
    let Some(target) = target else {
        return text(StatusCode::BAD_REQUEST, "use https://");
    };
    let port = match port {
        443 => String::new(),
        port => format!(":{port}"),
    };
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    // `OPTIONS *` is for no path (RFC 9112 section 3.2.4), and would become a part of the host.
    let path = if path.starts_with('/') { path } else { "/" };
    let location = format!("https://{}{port}{path}", target.host());
    let Ok(location) = HeaderValue::try_from(location) else {
        return text(StatusCode::BAD_REQUEST, "use https://");
    };
    let mut response = text(StatusCode::PERMANENT_REDIRECT, "use https://");
    response.headers_mut().insert(LOCATION, location);
    response
}

/// Sends a browser on to another path. The address is relative, because a proxy may have the chat
/// below a path of its own.
pub(super) fn away(location: &'static str) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::PERMANENT_REDIRECT, location);
    let location = HeaderValue::from_static(location);
    response.headers_mut().insert(LOCATION, location);
    response
}
