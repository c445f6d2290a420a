//! The headers that tell a browser what it may do with a response: those of OWASP's Secure
//! Headers Project, as far as they concern this server. `Strict-Transport-Security` is among them
//! if the server itself has TLS: otherwise only the proxy that ends it can promise it.

use std::net::IpAddr;
use std::time::Duration;

use hyper::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use crate::net::host::Target;
use crate::net::origin::Scheme;
use crate::net::page_server::PageServer;

/// What every response has.
const SECURE: [(HeaderName, HeaderValue); 7] = [
    header(X_CONTENT_TYPE_OPTIONS, "nosniff"),
    header(REFERRER_POLICY, "no-referrer"),
    // For browsers that do not know `frame-ancestors`.
    header(X_FRAME_OPTIONS, "DENY"),
    header(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    header(
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    header(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    header(
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    ),
];

/// What a browser may do with a response that is not the page: nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The rights of a page for staff in a browser: its own files, and requests to its own server. Nothing
/// that is made of text becomes a script.
const STAFF_PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);

const fn header(name: HeaderName, value: &'static str) -> (HeaderName, HeaderValue) {
    (name, HeaderValue::from_static(value))
}

/// Adds to a response's headers what every response has.
pub(crate) fn secure(headers: &mut HeaderMap) {
    headers.extend(SECURE.map(|(name, value)| (Some(name), value)));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
}

/// Has a browser keep to TLS for this long, for this host (RFC 6797). Not for `localhost`, whose
/// other ports are other programs' without TLS; and an address has no such promise (section
/// 8.1.1).
pub(crate) fn stay_secure(headers: &mut HeaderMap, host: Option<&str>, time: Duration) {
    let is_a_name = |host: &str| {
        let bare = host.trim_matches(['[', ']']);
        bare.parse::<IpAddr>().is_err() && bare != "localhost" && !bare.ends_with(".localhost")
    };
    if time.is_zero() || !host.is_some_and(is_a_name) {
        return;
    }
    let value = format!("max-age={}", time.as_secs());
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(STRICT_TRANSPORT_SECURITY, value);
    }
}

/// Adds to the headers of a page for staff what it and every response has.
pub(crate) fn staff_page(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, STAFF_PAGE);
    secure(headers);
}

/// What the browser allows the page: to load its own files, to run its own scripts and wasm,
/// and to connect to its own server and to those that the operator allows. No other page
/// may show it in a frame.
pub(crate) fn page_policy(
    target: Option<&Target>,
    scheme: Option<Scheme>,
    servers: &[PageServer],
) -> HeaderValue {
    let mut connect = String::from("'self'");
    // Before version 16, Safari took 'self' for the scheme of the page alone and not for
    // that of its WebSockets (https://bugs.webkit.org/show_bug.cgi?id=235873).
    if let Some(target) = target {
        if scheme != Some(Scheme::Https) {
            connect.extend([" ws://", target.as_str()]);
        }
        if scheme != Some(Scheme::Http) {
            connect.extend([" wss://", target.as_str()]);
        }
    }
    for server in servers {
        connect.extend([" ", server.source()]);
    }
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; \
         connect-src {connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         object-src 'none'"
    );
    HeaderValue::try_from(policy).expect("a target has no characters that a header may not have")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: Option<&str>, scheme: Option<Scheme>, servers: &[&str], expected: &str) {
        let target = target.map(|target| target.parse().unwrap());
        let servers: Vec<_> = servers.iter().map(|text| text.parse().unwrap()).collect();
        let policy = page_policy(target.as_ref(), scheme, &servers);
        let directives = policy.to_str().unwrap().split("; ");
        let connect: Vec<_> = directives
            .filter(|one| one.starts_with("connect"))
            .collect();
        assert_eq!(connect, [expected]);
    }

    #[test]
    fn the_page_connects_to_its_own_server_and_to_those_that_are_allowed() {
        check(None, None, &[], "connect-src 'self'");
        let own = "connect-src 'self' ws://chat.example:8080 wss://chat.example:8080";
        check(Some("chat.example:8080"), None, &[], own);
        let https = Some(Scheme::Https);
        let own = "connect-src 'self' wss://chat.example";
        check(Some("chat.example"), https, &[], own);
        let own = "connect-src 'self' ws://[::1]";
        check(Some("[::1]"), Some(Scheme::Http), &[], own);
        let servers = ["wss://two.example/ws", "ws://three.example:81"];
        let all = "connect-src 'self' wss://two.example ws://three.example:81";
        check(None, None, &servers, all);
        check(None, None, &["*"], "connect-src 'self' ws: wss:");
    }

    #[test]
    fn a_browser_keeps_to_tls_for_hosts_that_have_a_name_of_their_own() {
        let check = |host: Option<&str>, seconds: u64, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            stay_secure(&mut headers, host, Duration::from_secs(seconds));
            let value = headers.get(STRICT_TRANSPORT_SECURITY);
            assert_eq!(value.map(|it| it.to_str().unwrap()), expected, "{host:?}");
        };
        check(Some("chat.example"), 60, Some("max-age=60"));
        check(Some("chat.example"), 0, None);
        for other in ["localhost", "a.localhost", "127.0.0.1", "[::1]"] {
            check(Some(other), 60, None);
        }
        check(None, 60, None);
    }

    #[test]
    fn a_response_that_is_not_the_page_may_do_nothing() {
        let mut headers = HeaderMap::new();
        secure(&mut headers);
        assert_eq!(headers[CONTENT_SECURITY_POLICY], NOTHING);
        headers.insert(CONTENT_SECURITY_POLICY, page_policy(None, None, &[]));
        secure(&mut headers);
        assert_ne!(headers[CONTENT_SECURITY_POLICY], NOTHING);
        assert_eq!(headers.len(), SECURE.len() + 1);
    }
}
