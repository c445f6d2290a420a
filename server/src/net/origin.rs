//! Which web pages may connect (RFC 6455 section 10.2).
//!
//! A browser sends the page's origin with the handshake. Without this check, any page
//! that a player visits could chat in the player's name. `http` calls it.

use std::str::FromStr;

use hyper::Uri;
use hyper::header::{HOST, HeaderMap, ORIGIN};

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
/// native program; or its origin is the host that it was sent to, or is listed.
#[must_use]
pub(crate) fn is_allowed(headers: &HeaderMap, listed: &[Origin]) -> bool {
    let Some(value) = headers.get(ORIGIN) else {
        return true;
    };
    if listed.contains(&Origin::Any) {
        return true;
    }
    let Some(origin) = value.to_str().ok().and_then(|text| text.parse().ok()) else {
        return false;
    };
    listed.contains(&origin) || is_same_host(&origin, headers)
}

fn is_same_host(origin: &Origin, headers: &HeaderMap) -> bool {
    let Origin::Of { scheme, host, port } = origin else {
        return false;
    };
    let target = headers.get(HOST).and_then(|value| value.to_str().ok());
    let target = target.and_then(|target| target.parse::<Uri>().ok());
    let Some(target) = target.as_ref().and_then(Uri::authority) else {
        return false;
    };
    target.host().eq_ignore_ascii_case(host)
        && target.port_u16().or_else(|| default_port(scheme)) == Some(*port)
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
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        let listed: Vec<_> = listed.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(is_allowed(&headers, &listed), expected);
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
