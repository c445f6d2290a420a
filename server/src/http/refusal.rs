//! Refusals and drops: each is counted, and logged with what the operator needs to decide
//! whether that is right.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue, ORIGIN, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};

use crate::log_limit::LogKind;
use crate::metrics::{Dropped, HandshakeRefused};
use crate::net::shown;

use super::{Http, text};

/// How many characters of a reason the log shows, which may have a host and an origin in it.
const LOGGED_REASON: usize = 768;

/// Why a connection is dropped that has sent no request.
const LATE: &str = "no whole request has come from it in time";

impl Http<'_> {
    /// Counts a request for a WebSocket that is refused.
    pub(super) fn count_refused(&self, reason: HandshakeRefused) {
        self.reactor.metrics().count_refused(reason);
    }

    /// The same if it is a request for a WebSocket.
    pub(super) fn count_refused_at_ws(
        &self,
        request: &Request<Incoming>,
        reason: HandshakeRefused,
    ) {
        if request.uri().path() == "/ws" {
            self.count_refused(reason);
        }
    }

    /// Refuses a request that no server would take, and counts it if it is for a WebSocket.
    pub(super) fn refuse_unfit(
        &self,
        request: &Request<Incoming>,
        status: StatusCode,
        reason: &str,
    ) -> Response<Full<Bytes>> {
        self.count_refused_at_ws(request, HandshakeRefused::BadRequest);
        self.refuse(request, status, reason)
    }

    /// The same as [`Http::refuse`], for a request that may succeed after this many seconds.
    pub(super) fn refuse_for(
        &self,
        seconds: u64,
        request: &Request<Incoming>,
        status: StatusCode,
        reason: &str,
    ) -> Response<Full<Bytes>> {
        let mut response = self.refuse(request, status, reason);
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        response
    }

    /// Refuses a request, and logs it with what the operator needs to decide whether that is
    /// right.
    pub(super) fn refuse(
        &self,
        request: &Request<Incoming>,
        status: StatusCode,
        reason: &str,
    ) -> Response<Full<Bytes>> {
        if self.threads.may_log(LogKind::Refused) {
            let shown = |name| shown::header(request.headers(), name);
            tracing::info!(
                address = %self.client.get(),
                proxy = self.client.get().proxy(),
                status = status.as_u16(),
                host = shown(HOST),
                origin = shown(ORIGIN),
                user_agent = shown(USER_AGENT),
                reason = shown::cut(reason, LOGGED_REASON),
                "{}",
                LogKind::Refused.message()
            );
        }
        text(status, reason)
    }

    /// Counts and logs that the connection has ended because of what the client has sent, or has
    /// not. One that was idle after an answer has just ended, and so has one whose client is gone.
    pub(super) fn count_failed(&self, error: &hyper::Error) {
        if error.is_timeout() && self.requests.get() == 0 {
            self.drop_because(Dropped::Headers, LATE);
        } else if error.is_parse() {
            let reason = format!("what it has sent is no request of HTTP/1: {error}");
            self.drop_because(Dropped::BadRequest, &reason);
        }
    }

    /// Counts and logs that the connection is dropped.
    pub(super) fn drop_because(&self, dropped: Dropped, reason: &str) {
        self.reactor.metrics().count_dropped(dropped);
        if self.threads.may_log(LogKind::Dropped) {
            let address = self.peer.get();
            let proxy = address.proxy();
            tracing::info!(%address, proxy, reason, "{}", LogKind::Dropped.message());
        }
    }
}
