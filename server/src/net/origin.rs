//! Which web pages may connect (RFC 6455 section 10.2).
//!
//! A browser sends the page's origin with the handshake. Without this check, any page
//! that a player visits could chat in the player's name. `http` calls it.

use std::str::FromStr;

use hyper::Uri;
use hyper::header::{HeaderMap, ORIGIN};

use super::host::Target;

/// A web origin (RFC 6454): a scheme, a host and a port; or any origin.
///
/// ```
/// use guildhall_server::Origin;
///
/// let origin: Origin = "https://game.example".parse()?;
/// assert_eq!(origin, "https://GAME.example:443".parse()?);
/// # Ok::<(), guildhall_server::InvalidOrigin>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Every origin: `*`.
    Any,
    /// `null`, which a sandboxed page or a file sends.
    Null,
    /// The origin of a page from a host.
    Of {
        /// For example `https`.
        scheme: String,
        /// The host, in lower case.
        host: String,
        /// The port; the scheme's default port if the origin names none.
        port: u16,
    },
}

/// The text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: expected something like https://game.example, or *")]
pub struct InvalidOrigin;

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        match text {
            "*" => return Ok(Self::Any),
            "null" => return Ok(Self::Null),
            _ => {}
        }
        let uri: Uri = text.parse().map_err(|_| InvalidOrigin)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(InvalidOrigin);
        };
        if uri.path().len() > 1 || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(InvalidOrigin);
        }
        Ok(Self::Of {
            scheme: scheme.to_owned(),
            host: authority.host().to_ascii_lowercase(),
            port: authority
                .port_u16()
                .or_else(|| default_port(scheme))
                .ok_or(InvalidOrigin)?,
        })
    }
}

/// Whether a handshake with these headers is allowed: it has no origin, like that of a
/// native program; or its origin is the target that it was sent to, or is listed.
#[must_use]
pub(crate) fn is_allowed(headers: &HeaderMap, target: Option<&Target>, listed: &[Origin]) -> bool {
    let mut values = headers.get_all(ORIGIN).iter();
    let Some(value) = values.next() else {
        return true;
    };
    if listed.contains(&Origin::Any) {
        return true;
    }
    // A browser sends one.
    if values.next().is_some() {
        return false;
    }
    let Some(origin) = value.to_str().ok().and_then(|text| text.parse().ok()) else {
        return false;
    };
    listed.contains(&origin)
        || target.is_some_and(|target| is_same(&origin, target, scheme(headers)))
}

/// Whether the origin is that of the pages at the target. If the scheme that they are
/// loaded with is not known, it may be any.
fn is_same(origin: &Origin, target: &Target, target_scheme: Option<Scheme>) -> bool {
    let Origin::Of { scheme, host, port } = origin else {
        return false;
    };
    target_scheme.is_none_or(|target_scheme| Scheme::of(scheme) == Some(target_scheme))
        && target.host().eq_ignore_ascii_case(host)
        && target.port().or_else(|| default_port(scheme)) == Some(*port)
}

/// How a page's requests reach the server or the proxy in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    fn of(scheme: &str) -> Option<Self> {
        // Some proxies name the scheme of the WebSocket.
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => Some(Self::Http),
            "https" | "wss" => Some(Self::Https),
            _ => None,
        }
    }
}

/// The scheme that the client used, as far as the server can know it: it speaks no TLS
/// itself, and a proxy that does may tell (`X-Forwarded-Proto`). A web page cannot add
/// headers to a handshake, so one that is not the proxy's deceives nobody but its sender.
pub(crate) fn scheme(headers: &HeaderMap) -> Option<Scheme> {
    let value = headers.get("x-forwarded-proto")?.to_str().ok()?;
    // The first is what the client used, if each proxy of several has added its own.
    Scheme::of(value.split(',').next()?.trim())
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[track_caller]
    fn check(origin: Option<&str>, host: &str, listed: &[&str], expected: bool) {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        let listed: Vec<_> = listed.iter().map(|text| text.parse().unwrap()).collect();
        let target = host.parse().unwrap();
        assert_eq!(is_allowed(&headers, Some(&target), &listed), expected);
    }

    #[track_caller]
    fn check_behind_proxy(proto: &str, origin: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-proto", HeaderValue::from_str(proto).unwrap());
        headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        let target = "chat.example".parse().unwrap();
        let found = is_allowed(&headers, Some(&target), &[]);
        assert_eq!(found, expected, "{proto}: {origin}");
    }

    #[test]
    fn the_scheme_is_compared_if_the_proxy_tells_it() {
        for proto in ["https", "HTTPS", "wss", "https, http"] {
            check_behind_proxy(proto, "https://chat.example", true);
            check_behind_proxy(proto, "http://chat.example", false);
            check_behind_proxy(proto, "http://chat.example:443", false);
        }
        for proto in ["http", "ws", "http,https"] {
            check_behind_proxy(proto, "http://chat.example", true);
            check_behind_proxy(proto, "https://chat.example", false);
        }
        for proto in ["", "gopher"] {
            check_behind_proxy(proto, "https://chat.example", true);
        }
    }

    #[test]
    fn two_origins_are_refused() {
        let mut headers = HeaderMap::new();
        headers.append(ORIGIN, HeaderValue::from_static("http://chat.example"));
        headers.append(ORIGIN, HeaderValue::from_static("http://evil.example"));
        let target: Target = "chat.example".parse().unwrap();
        assert!(!is_allowed(&headers, Some(&target), &[]));
        assert!(!is_allowed(&headers, None, &[]));
        assert!(is_allowed(&headers, None, &[Origin::Any]));
    }

    #[test]
    fn no_origin_and_the_origin_of_the_host_are_allowed() {
        check(None, "localhost:8080", &[], true);
        check(Some("http://localhost:8080"), "localhost:8080", &[], true);
        check(Some("http://LOCALHOST:8080"), "localhost:8080", &[], true);
        check(Some("http://[::1]:8080"), "[::1]:8080", &[], true);
        // The server is behind a proxy that terminates TLS.
        check(Some("https://chat.example"), "chat.example", &[], true);
        check(Some("https://chat.example"), "chat.example:443", &[], true);
    }

    #[test]
    fn other_origins_are_refused() {
        check(Some("http://localhost:8081"), "localhost:8080", &[], false);
        check(Some("http://127.0.0.1:8080"), "localhost:8080", &[], false);
        check(Some("https://evil.example"), "chat.example", &[], false);
        check(
            Some("https://chat.example.evil.example"),
            "chat.example",
            &[],
            false,
        );
        check(Some("null"), "chat.example", &[], false);
        check(Some("garbage"), "chat.example", &[], false);
        check(
            Some("http://localhost:8080@evil.example"),
            "localhost:8080",
            &[],
            false,
        );
    }

    #[test]
    fn a_listed_origin_allows_no_similar_one() {
        let listed = ["https://game.example"];
        check(Some("https://game.example"), "chat.example", &listed, true);
        check(
            Some("https://game.example:443"),
            "chat.example",
            &listed,
            true,
        );
        check(Some("http://game.example"), "chat.example", &listed, false);
        check(
            Some("https://www.game.example"),
            "chat.example",
            &listed,
            false,
        );
        check(Some("https://any.example"), "chat.example", &["*"], true);
        check(Some("null"), "chat.example", &["null"], true);
    }

    #[test]
    fn a_text_that_is_no_origin_is_refused() {
        for text in [
            "game.example",
            "https://game.example/path",
            "",
            "ftp://game.example",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text}");
        }
    }
}
