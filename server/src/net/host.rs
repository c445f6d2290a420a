//! Which names a request may call this server by (RFC 9110 section 7.4).
//!
//! Without this check, a web page can reach a server that only this machine or this network
//! can reach: the page's host gets a second address, that of the server (DNS rebinding),
//! and the browser takes both for one origin. But the browser still sends the page's host.
//! `http` calls it, before anything else is done with a request.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use hyper::header::HOST;
use hyper::http::uri::Authority;
use hyper::{Request, Version};

/// A host by which the server may be called besides `localhost` and IP addresses.
///
/// ```
/// use guildhall_server::AllowedHost;
///
/// let host: AllowedHost = "chat.example".parse()?;
/// assert_eq!(host, "Chat.Example.".parse()?);
/// assert!("http://chat.example:80".parse::<AllowedHost>().is_err());
/// # Ok::<(), guildhall_server::InvalidHost>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedHost {
    /// Every host: `*`.
    Any,
    /// The host with this name, in lower case, at any port.
    Name(String),
}

/// The text is not the name of a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a host: expected something like chat.example, without a port, or *")]
pub struct InvalidHost;

impl FromStr for AllowedHost {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let name = without_dot(text);
        // A name with an empty part is none that a browser could look up.
        if name.split('.').any(str::is_empty) || !name.bytes().all(is_of_a_name) {
            return Err(InvalidHost);
        }
        Ok(Self::Name(name.to_ascii_lowercase()))
    }
}

/// The hosts that requests may be for.
#[derive(Debug)]
pub(crate) enum Hosts {
    /// Every host.
    Any,
    /// `localhost`, IP addresses, and these.
    Listed(Vec<String>),
}

impl Hosts {
    /// The hosts that the operator allows. If the operator names none, it depends on who
    /// can reach the server: one that only this machine can reach has no name, and any other
    /// may be called by names that it does not know.
    pub(crate) fn new(allowed: &[AllowedHost], is_loopback: bool) -> Self {
        if allowed.contains(&AllowedHost::Any) || (allowed.is_empty() && !is_loopback) {
            return Self::Any;
        }
        let names = allowed.iter().filter_map(|host| match host {
            AllowedHost::Any => None,
            AllowedHost::Name(name) => Some(name.clone()),
        });
        Self::Listed(names.collect())
    }

    /// Whether a request may be for this host.
    pub(crate) fn allow(&self, target: &Target) -> bool {
        let Self::Listed(names) = self else {
            return true;
        };
        let name = without_dot(target.0.host());
        is_ip_literal(name)
            || is_localhost(name)
            || names.iter().any(|listed| listed.eq_ignore_ascii_case(name))
    }
}

/// The host and the port that a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(Authority);

/// A request does not say, or not clearly, which host it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTarget {
    /// There is no Host header.
    #[error("a request needs a Host header")]
    Missing,
    /// There is more than one Host header.
    #[error("a request has one Host header and no more")]
    Several,
    /// The host is not one.
    #[error("the Host header is not a host")]
    Invalid,
}

impl Target {
    /// The target of a request. `None` for a request of HTTP/1.0 that names no host, such
    /// as health checks of proxies send: no browser does.
    ///
    /// # Errors
    ///
    /// [`BadTarget`], which RFC 9112 section 3.2 has answered with 400.
    pub(crate) fn of<B>(request: &Request<B>) -> Result<Option<Self>, BadTarget> {
        let mut hosts = request.headers().get_all(HOST).iter();
        let header = match (hosts.next(), hosts.next()) {
            (None, _) if request.version() == Version::HTTP_10 => None,
            (None, _) => return Err(BadTarget::Missing),
            (Some(_), Some(_)) => return Err(BadTarget::Several),
            (Some(value), None) => Some(value.to_str().map_err(|_| BadTarget::Invalid)?.parse()?),
        };
        // A host in the request line counts, and not the header (RFC 9112 section 3.2.2).
        match request.uri().authority() {
            Some(authority) => authority.as_str().parse().map(Some),
            None => Ok(header),
        }
    }

    /// The host, without a port: a name, or an address as in a URL.
    pub(crate) fn host(&self) -> &str {
        self.0.host()
    }

    /// The host and the port.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The port, if the target has one.
    pub(crate) fn port(&self) -> Option<u16> {
        self.0.port_u16()
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let authority: Authority = text.parse().map_err(|_| BadTarget::Invalid)?;
        let host = authority.host();
        let is_valid = is_ip_literal(host) || host.bytes().all(is_of_a_name);
        // The rest is nothing, or the port: no user, and no colon without digits.
        let rest = text.strip_prefix(host).ok_or(BadTarget::Invalid)?;
        let has_port = rest.bytes().skip(1).all(|byte| byte.is_ascii_digit())
            && authority.port_u16().is_some();
        if host.is_empty() || !is_valid || !(rest.is_empty() || has_port) {
            return Err(BadTarget::Invalid);
        }
        Ok(Self(authority))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The characters of host names. A URL may have others in its place for a host, but no name
/// in the DNS that a browser looks up has them, and some would have a meaning in a header.
pub(super) fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// An address cannot be bound to another one, as a name can.
pub(super) fn is_ip_literal(host: &str) -> bool {
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match in_brackets {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok(),
    }
}

/// `localhost` and what is below it are this machine and cannot be registered by anybody
/// (RFC 6761 section 6.3).
fn is_localhost(name: &str) -> bool {
    let Some(start) = name.len().checked_sub("localhost".len()) else {
        return false;
    };
    name.as_bytes()[start..].eq_ignore_ascii_case(b"localhost")
        && (start == 0 || name.as_bytes()[start - 1] == b'.')
}

/// A name with a dot at its end is the same name.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(allowed: &[&str], is_loopback: bool) -> Hosts {
        let allowed: Vec<_> = allowed.iter().map(|text| text.parse().unwrap()).collect();
        Hosts::new(&allowed, is_loopback)
    }

    #[track_caller]
    fn check(hosts: &Hosts, target: &str, expected: bool) {
        assert_eq!(hosts.allow(&target.parse().unwrap()), expected, "{target}");
    }

    const ALWAYS: [&str; 9] = [
        "localhost",
        "LOCALHOST:8080",
        "localhost.:80",
        "game.localhost",
        "127.0.0.1:8080",
        "192.168.1.20",
        "[::1]:8080",
        "[2001:db8::1]",
        "[::ffff:127.0.0.1]:80",
    ];

    #[test]
    fn a_loopback_server_is_called_localhost_or_by_an_address() {
        let hosts = hosts(&[], true);
        for target in ALWAYS {
            check(&hosts, target, true);
        }
        for target in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "host",
            "2130706433",
            "0x7f.1",
        ] {
            check(&hosts, target, false);
        }
    }

    #[test]
    fn a_server_of_a_network_has_any_name_unless_its_names_are_listed() {
        check(&hosts(&[], false), "chat.example", true);
        for is_loopback in [false, true] {
            let hosts = hosts(&["Chat.Example", "two.example."], is_loopback);
            for target in ALWAYS {
                check(&hosts, target, true);
            }
            check(&hosts, "chat.example", true);
            check(&hosts, "CHAT.example.:8443", true);
            check(&hosts, "two.example", true);
            check(&hosts, "www.chat.example", false);
            check(&hosts, "evil.example", false);
        }
        check(&hosts(&["*"], true), "any.example", true);
    }

    #[test]
    fn a_text_that_is_no_host_is_refused() {
        for text in [
            "",
            ".",
            "a..b",
            ".example",
            "chat.example..",
            "*.chat.example",
            "chat.example:80",
            "chat.example:80800",
            "chat.example:+80",
            "http://chat.example",
            "a b",
            "é.example",
            "a;b",
        ] {
            assert_eq!(text.parse::<AllowedHost>(), Err(InvalidHost), "{text}");
        }
    }

    #[track_caller]
    fn check_target(
        version: Version,
        uri: &str,
        hosts: &[&str],
        expected: Result<Option<&str>, BadTarget>,
    ) {
        let mut request = Request::builder().version(version).uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let found = Target::of(&request.body(()).unwrap());
        let found = found.map(|target| target.map(|target| target.to_string()));
        assert_eq!(
            found,
            expected.map(|target| target.map(str::to_owned)),
            "{uri} {hosts:?}"
        );
    }

    #[test]
    fn a_request_has_one_valid_host() {
        let v11 = Version::HTTP_11;
        check_target(v11, "/", &["chat.example:80"], Ok(Some("chat.example:80")));
        check_target(v11, "/", &[], Err(BadTarget::Missing));
        check_target(v11, "/", &["a", "a"], Err(BadTarget::Several));
        for invalid in [
            "", ":80", "a b", "a/b", "user@a", "a:", "a:x", "a:+80", "a:80x", "a:80800", "a:70000",
            "a:80:80", "[::1", "[::g]", "::1", "a;b", "a,b", "a'b", "http://a", "*",
        ] {
            check_target(v11, "/", &[invalid], Err(BadTarget::Invalid));
        }
    }

    #[test]
    fn a_host_in_the_request_line_counts_and_needs_the_header_all_the_same() {
        let v11 = Version::HTTP_11;
        check_target(
            v11,
            "http://evil.example/ws",
            &["localhost"],
            Ok(Some("evil.example")),
        );
        check_target(v11, "http://evil.example/ws", &[], Err(BadTarget::Missing));
        check_target(
            v11,
            "http://a;b/ws",
            &["localhost"],
            Err(BadTarget::Invalid),
        );
    }

    #[test]
    fn http_1_0_may_name_no_host() {
        check_target(Version::HTTP_10, "/", &[], Ok(None));
        check_target(Version::HTTP_10, "/", &["a"], Ok(Some("a")));
        check_target(Version::HTTP_10, "/", &["a", "b"], Err(BadTarget::Several));
    }
}
