//! The answer to a request for a WebSocket: who gets one, and why not.

use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::{Protocol, SUBPROTOCOL};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use hyper::{Request, Response, StatusCode};

use crate::metrics::HandshakeRefused;
use crate::net::gate::Refusal;
use crate::net::origin::ForeignPage;

use super::{Http, RETRY_SECONDS, upgrade};

impl Http<'_> {
    /// Answers a request for a WebSocket, which may come from its page or not.
    pub(super) fn shake_hands(
        &self,
        request: &Request<Incoming>,
        page: Result<(), ForeignPage>,
        protocol: Protocol,
    ) -> Response<Full<Bytes>> {
        let mut response = match upgrade::accept(request) {
            Ok(response) => response,
            Err(problem) => return self.want_websocket(request, &problem),
        };
        if let Err(foreign) = page {
            self.count_refused(HandshakeRefused::Origin);
            return self.refuse(request, StatusCode::FORBIDDEN, &foreign.to_string());
        }
        if self.threads.is_closing() {
            self.count_refused(HandshakeRefused::Stopping);
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return self.refuse_for(RETRY_SECONDS, request, status, "shutting down");
        }
        if !self.threads.shared.has_numbers() {
            self.count_refused(HandshakeRefused::Store);
            let reason = "the server cannot store who connects: try again later";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return self.refuse_for(RETRY_SECONDS, request, status, reason);
        }
        let network = self.client.get().network();
        let rates = self.threads.shared.rates();
        if let Err(wait) = rates.shake_hands(network, Instant::now()) {
            self.count_refused(HandshakeRefused::Rate);
            let reason = "too many connections from your address in a short time";
            let seconds = wait.as_secs().saturating_add(1);
            return self.refuse_for(seconds, request, StatusCode::TOO_MANY_REQUESTS, reason);
        }
        match self.permit.borrow_mut().admit(network) {
            Ok(()) => {
                if protocol == Protocol::V1 {
                    let chosen = HeaderValue::from_static(SUBPROTOCOL);
                    response
                        .headers_mut()
                        .insert(SEC_WEBSOCKET_PROTOCOL, chosen);
                }
                response
            }
            Err(refusal) => {
                let (status, counted) = match refusal {
                    Refusal::Full => (StatusCode::SERVICE_UNAVAILABLE, HandshakeRefused::Full),
                    Refusal::AddressFull => {
                        let status = StatusCode::TOO_MANY_REQUESTS;
                        (status, HandshakeRefused::AddressFull)
                    }
                };
                self.count_refused(counted);
                self.refuse_for(RETRY_SECONDS, request, status, &refusal.to_string())
            }
        }
    }

    /// Refuses a request for a WebSocket that is none. A proxy that takes headers away looks so.
    fn want_websocket(&self, request: &Request<Incoming>, problem: &str) -> Response<Full<Bytes>> {
        self.count_refused(HandshakeRefused::NotWebSocket);
        let reason =
            format!("this is a WebSocket's address: connect with ws:// or wss:// ({problem})");
        let mut response = self.refuse(request, StatusCode::UPGRADE_REQUIRED, &reason);
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
        response
    }
}
