//! Refusals and drops: each is counted, and logged with what the operator needs to decide
//! whether that is right.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};

use crate::log_limit::LogKind;
use crate::metrics::{Dropped, HandshakeRefused};

use super::{Http, text};

/// How many characters of a header the log shows at most.
const LOGGED_CHARACTERS: usize = 128;

/// The same for a reason, which may have a host and an origin in it.
const LOGGED_REASON: usize = 768;

impl Http<'_> {
    pub(super) fn count_refused(&self, reason: HandshakeRefused) {
        self.reactor.metrics().count_refused(reason);
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
            let shown = |name: HeaderName| request.headers().get(name).map(shown);
            tracing::info!(
                address = %self.client.get(),
                proxy = self.client.get().proxy(),
                status = status.as_u16(),
                host = shown(HOST),
                origin = shown(ORIGIN),
                user_agent = shown(USER_AGENT),
                reason = cut(reason, LOGGED_REASON),
                "{}",
                LogKind::Refused.message()
            );
        }
        text(status, reason)
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

/// The last line of a header, for the log.
pub(super) fn shown_last(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(name).iter().next_back().map(shown)
}

/// A header's value for the log: not all of a long one.
pub(super) fn shown(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    cut(&text, LOGGED_CHARACTERS)
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
