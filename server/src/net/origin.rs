//! Which web pages may connect (RFC 6455 section 10.2).
//!
//! A browser sends the page's origin with the handshake. Without this check, any page
//! that a player visits could chat in the player's name. `http` calls it.

mod allowed;
mod page;

use hyper::header::{HeaderMap, ORIGIN};

use super::host::Target;
use page::PageOrigin;

pub use allowed::{AllowedOrigin, InvalidOrigin};

/// Why a handshake is refused because of its page. The text is for the operator: it says what
/// was compared, and which setting allows the page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForeignPage {
    /// There is more than one Origin header. A browser sends one.
    #[error("a request has one Origin header and no more")]
    Several,
    /// The origin is not one.
    #[error("the Origin header is not an origin: nothing but --allow-origin '*' allows such pages")]
    Invalid,
    /// The page has no origin of its own.
    #[error(
        "the page has no origin of its own (it is a file, or in a sandboxed frame): the server's \
         operator can allow all such pages with --allow-origin null"
    )]
    Null,
    /// The page is from another host or port than the request is for.
    #[error(
        "pages of {page} may not connect: the request's Host is {host}, so that they are not the \
         server's own. If a proxy has changed the Host, have it pass on what the browser sent \
         (in nginx: proxy_set_header Host $http_host). For pages of others, the server's \
         operator can set --allow-origin {page}"
    )]
    OtherHost {
        /// The page's origin.
        page: String,
        /// The host and the port that the request is for.
        host: String,
    },
    /// Only the schemes differ.
    #[error(
        "pages of {page} may not connect: the proxy says that they were loaded over {proto} \
         (X-Forwarded-Proto). If they were not, have it pass on what the browser used; or the \
         server's operator can set --allow-origin {page}"
    )]
    OtherScheme {
        /// The page's origin.
        page: String,
        /// What the proxy says.
        proto: &'static str,
    },
}

/// Checks the page that a handshake with these headers comes from. It is allowed if it has no
/// origin, like that of a native program; or if its origin is the target that it was sent to,
/// or is listed. `scheme` is how the page's requests reach the target, if that is known.
///
/// # Errors
///
/// [`ForeignPage`]: the page may not connect.
pub(crate) fn check(
    headers: &HeaderMap,
    target: Option<&Target>,
    scheme: Option<Scheme>,
    listed: &[AllowedOrigin],
) -> Result<(), ForeignPage> {
    let mut values = headers.get_all(ORIGIN).iter();
    let Some(value) = values.next() else {
        return Ok(());
    };
    if listed.iter().any(AllowedOrigin::is_any) {
        return Ok(());
    }
    if values.next().is_some() {
        return Err(ForeignPage::Several);
    }
    let text = value.to_str().map_err(|_| ForeignPage::Invalid)?;
    if text == "null" {
        let is_listed = listed.iter().any(AllowedOrigin::allows_null);
        return if is_listed {
            Ok(())
        } else {
            Err(ForeignPage::Null)
        };
    }
    let page: PageOrigin = text.parse().map_err(|_| ForeignPage::Invalid)?;
    if listed.iter().any(|allowed| allowed.allows(&page)) {
        return Ok(());
    }
    check_own(&page, target, scheme)
}

/// Checks that the page is one of the target's own. If the scheme that those are loaded with
/// is not known, it may be any of HTTP's.
fn check_own(
    page: &PageOrigin,
    target: Option<&Target>,
    target_scheme: Option<Scheme>,
) -> Result<(), ForeignPage> {
    let own_host = target.filter(|target| {
        let port = target.port().or_else(|| page::default_port(&page.scheme));
        target.host().eq_ignore_ascii_case(&page.host) && port == page.port()
    });
    match (own_host, Scheme::of(&page.scheme), target_scheme) {
        (Some(_), Some(_), None) => Ok(()),
        (Some(_), Some(found), Some(expected)) if found == expected => Ok(()),
        (Some(_), Some(_), Some(expected)) => Err(ForeignPage::OtherScheme {
            page: page.to_string(),
            proto: expected.name(),
        }),
        _ => Err(ForeignPage::OtherHost {
            page: page.to_string(),
            host: target.map_or_else(|| "not known".to_owned(), Target::to_string),
        }),
    }
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
    /// The scheme of this name.
    pub(crate) fn of(scheme: &str) -> Option<Self> {
        // Some proxies name the scheme of the WebSocket.
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => Some(Self::Http),
            "https" | "wss" => Some(Self::Https),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The scheme that the client used, as far as the server can know it: it speaks no TLS
/// itself, and a proxy that does may tell (`X-Forwarded-Proto`). It counts from everybody, not
/// from trusted proxies alone: it can only make a check stricter, a web page cannot add headers
/// to a handshake, and so one that is not the proxy's deceives nobody but its sender.
pub(crate) fn scheme(headers: &HeaderMap) -> Option<Scheme> {
    let value = headers.get("x-forwarded-proto")?.to_str().ok()?;
    // The first is what the client used, if each proxy of several has added its own.
    Scheme::of(value.split(',').next()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    /// Checks a page with this origin; the request's `Host` is `host`.
    fn check_page(origin: &str, host: &str, listed: &[&str]) -> Result<(), ForeignPage> {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        let listed: Vec<_> = listed.iter().map(|text| text.parse().unwrap()).collect();
        check(&headers, Some(&host.parse().unwrap()), None, &listed)
    }

    #[track_caller]
    fn check_allowed(origin: &str, host: &str, listed: &[&str]) {
        assert_eq!(check_page(origin, host, listed), Ok(()), "{origin}");
    }

    /// Checks that a page is refused, with a text that has these words.
    #[track_caller]
    fn check_refused(origin: &str, host: &str, listed: &[&str], words: &[&str]) {
        let reason = check_page(origin, host, listed).unwrap_err().to_string();
        for word in words {
            assert!(reason.contains(word), "{origin}: no {word} in: {reason}");
        }
    }

    fn check_behind_proxy(proto: &str, origin: &str) -> Result<(), ForeignPage> {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-proto", HeaderValue::from_str(proto).unwrap());
        headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        let target = "chat.example".parse().unwrap();
        check(&headers, Some(&target), scheme(&headers), &[])
    }

    #[test]
    fn the_scheme_is_compared_if_the_proxy_tells_it() {
        for (protos, own, other, port) in [
            (
                ["https", "HTTPS", "wss", "https, http"],
                "https",
                "http",
                80,
            ),
            (["http", "ws", "http,https", " http"], "http", "https", 443),
        ] {
            for proto in protos {
                let page = |scheme: &str| format!("{scheme}://chat.example");
                assert_eq!(check_behind_proxy(proto, &page(own)), Ok(()), "{proto}");
                let refused = check_behind_proxy(proto, &page(other)).unwrap_err();
                let words = format!("over {own} (X-Forwarded-Proto)");
                assert!(refused.to_string().contains(&words), "{proto}: {refused}");
                let other_port = format!("{}:{port}", page(own));
                assert!(check_behind_proxy(proto, &other_port).is_err(), "{proto}");
            }
        }
        for proto in ["", "gopher"] {
            assert_eq!(check_behind_proxy(proto, "https://chat.example"), Ok(()));
            assert!(check_behind_proxy(proto, "app://chat.example").is_err());
        }
    }

    #[test]
    fn two_origins_are_refused() {
        let mut headers = HeaderMap::new();
        headers.append(ORIGIN, HeaderValue::from_static("http://chat.example"));
        headers.append(ORIGIN, HeaderValue::from_static("http://evil.example"));
        let target: Target = "chat.example".parse().unwrap();
        let several = Err(ForeignPage::Several);
        assert_eq!(check(&headers, Some(&target), None, &[]), several);
        assert_eq!(check(&headers, None, None, &[]), several);
        let any = ["*".parse().unwrap()];
        assert_eq!(check(&headers, None, None, &any), Ok(()));
    }

    #[test]
    fn no_origin_and_the_origin_of_the_host_are_allowed() {
        let target = "localhost:8080".parse().unwrap();
        assert_eq!(check(&HeaderMap::new(), Some(&target), None, &[]), Ok(()));
        check_allowed("http://localhost:8080", "localhost:8080", &[]);
        check_allowed("http://LOCALHOST:8080", "localhost:8080", &[]);
        check_allowed("http://[::1]:8080", "[::1]:8080", &[]);
        // The server is behind a proxy that terminates TLS.
        check_allowed("https://chat.example", "chat.example", &[]);
        check_allowed("https://chat.example", "chat.example:443", &[]);
    }

    #[test]
    fn other_origins_are_refused() {
        let listed = ["https://game.example"];
        for (origin, host) in [
            ("http://localhost:8081", "localhost:8080"),
            ("http://127.0.0.1:8080", "localhost:8080"),
            ("https://evil.example", "chat.example"),
            ("https://chat.example.evil.example", "chat.example"),
            ("app://localhost:8080", "localhost:8080"),
            ("file://", "localhost"),
            ("http://game.example", "chat.example"),
            ("https://www.game.example", "chat.example"),
        ] {
            let setting = format!("--allow-origin {}", origin.to_lowercase());
            let words = [origin, &format!("Host is {host}"), &setting];
            check_refused(origin, host, &listed, &words);
        }
        check_refused("null", "chat.example", &listed, &["--allow-origin null"]);
        for garbage in [
            "garbage",
            "",
            "http://localhost:8080@evil.example",
            // Not the default port, and not a wildcard.
            "http://chat.example:80800",
            "http://chat.example:+80",
            "http://chat.example:80x",
            "http://*",
        ] {
            check_refused(garbage, "chat.example", &["null"], &["not an origin"]);
        }
    }

    #[test]
    fn a_proxy_that_drops_the_port_of_the_host_is_told_so() {
        // What nginx sends with `proxy_set_header Host $host`.
        check_refused(
            "https://chat.example:8443",
            "chat.example",
            &[],
            &[
                "https://chat.example:8443",
                "Host is chat.example,",
                "$http_host",
                "--allow-origin https://chat.example:8443",
            ],
        );
        // What it sends without any setting: the name of the server behind it.
        let words = ["https://chat.example", "127.0.0.1:8080", "$http_host"];
        check_refused("https://chat.example", "127.0.0.1:8080", &[], &words);
    }

    #[test]
    fn listed_pages_are_allowed() {
        let listed = ["https://*.game.example", "tauri://localhost", "file://"];
        for origin in ["https://www.game.example", "tauri://localhost", "file://"] {
            check_allowed(origin, "chat.example", &listed);
        }
        check_refused("https://game.example", "chat.example", &listed, &[]);
        check_refused("null", "chat.example", &listed, &[]);
        check_allowed("null", "chat.example", &["null"]);
        for any in ["https://any.example", "null", "garbage"] {
            check_allowed(any, "chat.example", &["*"]);
        }
    }
}
