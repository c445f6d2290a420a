//! Whether a request asks for a WebSocket (RFC 6455 section 4.2.1), and the answer that
//! accepts it.

use async_tungstenite::tungstenite::handshake::server::create_response_with_body;
use bytes::Bytes;
use guildhall_protocol::Protocol;
use http_body_util::Full;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use hyper::{Request, Response};

/// Returns the response that accepts a request for a WebSocket.
///
/// # Errors
///
/// Why it is not one, or not a valid one.
///
/// The library that makes the response reads the first line of a header alone, and not as a
/// list. All lines of a header with its name are one list, with commas and optional white
/// space between its members (RFC 9110 sections 5.3 and 5.6.1), and both headers only
/// have to include their word. So the library gets them with that word alone.
pub(crate) fn accept<B>(request: &Request<B>) -> Result<Response<Full<Bytes>>, String> {
    let mut alike = Request::new(());
    *alike.method_mut() = request.method().clone();
    *alike.version_mut() = request.version();
    *alike.headers_mut() = request.headers().clone();
    for (header, word) in [(CONNECTION, "upgrade"), (UPGRADE, "websocket")] {
        if !includes(request.headers(), &header, word) {
            return Err(format!("the request has no `{header}: {word}`"));
        }
        let headers = alike.headers_mut();
        headers.insert(header, HeaderValue::from_static(word));
    }
    let response = create_response_with_body(&alike, || Full::new(Bytes::new()));
    response.map_err(|error| error.to_string())
}

/// The protocol that the server chooses from those that the client offers (RFC 6455
/// section 4.2.2).
pub(super) fn negotiate(headers: &HeaderMap) -> Protocol {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    Protocol::negotiate(offers.filter_map(|offer| offer.to_str().ok()))
}

/// Whether the list in the headers with this name has this member, in any case.
fn includes(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|member| member.trim_matches([' ', '\t']).eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::StatusCode;

    /// Whether a request with these headers is accepted.
    fn is_accepted(connection: &[&str], upgrade: &[&str]) -> bool {
        let mut request = Request::get("/ws")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        for value in connection {
            request = request.header(CONNECTION, *value);
        }
        for value in upgrade {
            request = request.header(UPGRADE, *value);
        }
        let response = accept(&request.body(()).unwrap());
        response.is_ok_and(|response| {
            // The example of RFC 6455 section 1.3.
            let key = &response.headers()["sec-websocket-accept"];
            assert_eq!(key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            response.status() == StatusCode::SWITCHING_PROTOCOLS
        })
    }

    #[test]
    fn both_headers_are_lists_that_include_their_word() {
        assert!(is_accepted(&["Upgrade"], &["websocket"]));
        assert!(is_accepted(&["keep-alive", "Upgrade"], &["WebSocket"]));
        assert!(is_accepted(&["keep-alive,\tUpgrade"], &["websocket"]));
        assert!(is_accepted(&["upgrade , keep-alive"], &["websocket"]));
        assert!(is_accepted(&["Upgrade"], &["websocket, h2c"]));
        assert!(is_accepted(&["Upgrade"], &["h2c", "websocket"]));
    }

    #[test]
    fn anything_else_is_no_request_for_a_websocket() {
        assert!(!is_accepted(&[], &["websocket"]));
        assert!(!is_accepted(&["Upgrade"], &[]));
        assert!(!is_accepted(&["keep-alive Upgrade"], &["websocket"]));
        assert!(!is_accepted(&["Upgrade"], &["websocket/13"]));
        assert!(!is_accepted(&["not-upgrade"], &["websocket"]));
        assert!(!is_accepted(&["Upgrade"], &["h2c"]));
    }
}
