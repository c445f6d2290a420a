//! The origin of a page (RFC 6454, and the URL Standard for how browsers write it).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::net::host::{is_ip_literal, is_of_a_name};

/// A scheme, a host and a port, as browsers send them. Two are equal if browsers take them
/// for one origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageOrigin {
    /// In lower case, for example `https`.
    pub(super) scheme: String,
    /// In lower case, and an IPv6 address in brackets. Empty only for `file`.
    pub(super) host: String,
    /// `None` for the usual port of the scheme, which browsers do not write.
    port: Option<u16>,
}

/// What is wrong with a text that is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no scheme with `://` behind it.
    NoScheme,
    /// There is more behind the host and the port, or a user in front of them.
    MoreThanAnOrigin,
    /// There is no host, or it has characters that no host has.
    InvalidHost,
    /// The host is an IP address that browsers write in another way.
    UnusualAddress,
    /// The port is no number from 1 to 65535.
    InvalidPort,
}

impl PageOrigin {
    /// The port that the page was loaded from; `None` if its scheme has no ports.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port.or_else(|| default_port(&self.scheme))
    }

    /// Whether the page was loaded over HTTP, with or without TLS, from a host with a name.
    pub(crate) fn is_of_a_named_host(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https") && !is_ip_literal(&self.host)
    }
}

impl FromStr for PageOrigin {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let (scheme, rest) = text.split_once("://").ok_or(Fault::NoScheme)?;
        if !is_scheme(scheme) {
            return Err(Fault::NoScheme);
        }
        let scheme = scheme.to_ascii_lowercase();
        // An address bar shows a slash at the end.
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if scheme == "file" && rest.is_empty() {
            return Ok(Self {
                scheme,
                host: String::new(),
                port: None,
            });
        }
        if rest.contains(['/', '?', '#', '@', '\\']) {
            return Err(Fault::MoreThanAnOrigin);
        }
        let (host, port) = split_port(rest)?;
        let port = port.filter(|&port| Some(port) != default_port(&scheme));
        let host = match default_port(&scheme) {
            Some(_) => host_of_the_web(host)?,
            None => other_host(host)?,
        };
        Ok(Self { scheme, host, port })
    }
}

impl fmt::Display for PageOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The characters of a scheme (RFC 3986 section 3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Splits the port off, which is digits behind the last colon that is not in brackets.
fn split_port(text: &str) -> Result<(&str, Option<u16>), Fault> {
    let end_of_host = match text.find(']') {
        Some(bracket) => bracket + 1,
        None if text.starts_with('[') => return Err(Fault::InvalidHost),
        None => 0,
    };
    let Some(colon) = text[end_of_host..].find(':') else {
        return Ok((text, None));
    };
    let (host, port) = text.split_at(end_of_host + colon);
    match port[1..].parse() {
        // The parser of numbers takes a sign, too.
        Ok(number @ 1..) if port[1..].bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((host, Some(number)))
        }
        _ => Err(Fault::InvalidPort),
    }
}

/// A host of HTTP as browsers write it (URL Standard, "host parser" and "host serializer").
fn host_of_the_web(host: &str) -> Result<String, Fault> {
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    if let Some(address) = in_brackets {
        let address: Ipv6Addr = address.parse().map_err(|_| Fault::InvalidHost)?;
        return Ok(format!("[{address}]"));
    }
    let name = other_host(host)?;
    let labels = name.strip_suffix('.').unwrap_or(&name);
    if labels.split('.').any(str::is_empty) {
        return Err(Fault::InvalidHost);
    }
    let last = labels.rsplit('.').next().unwrap_or(labels);
    let hexadecimal = last.strip_prefix("0x");
    let is_number = hexadecimal.map_or_else(
        || last.bytes().all(|byte| byte.is_ascii_digit()),
        |digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
    );
    if is_number && name.parse::<Ipv4Addr>().is_err() {
        return Err(Fault::UnusualAddress);
    }
    Ok(name)
}

/// A host of any scheme.
fn other_host(host: &str) -> Result<String, Fault> {
    if host.is_empty() || !host.bytes().all(is_of_a_name) {
        return Err(Fault::InvalidHost);
    }
    Ok(host.to_ascii_lowercase())
}

/// The port that a scheme has if an address names none. Some clients that are no browsers
/// send the scheme of the WebSocket.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, Fault>) {
        let found = text.parse::<PageOrigin>().map(|it| it.to_string());
        assert_eq!(found, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, written) in [
            ("https://game.example", "https://game.example"),
            ("HTTPS://GAME.example:443/", "https://game.example"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://game.example:0443", "http://game.example:443"),
            ("https://game.example.", "https://game.example."),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[0:0::1]:8080", "http://[::1]:8080"),
            (
                "https://xn--bcher-kva.example",
                "https://xn--bcher-kva.example",
            ),
            ("https://1.example", "https://1.example"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("tauri://localhost", "tauri://localhost"),
            ("app://.", "app://."),
            ("app://Game:443", "app://game:443"),
            ("file://", "file://"),
            ("file:///", "file://"),
            ("https://game.0xyz", "https://game.0xyz"),
        ] {
            check(text, Ok(written));
        }
    }

    #[test]
    fn a_wrong_port_is_not_another_one() {
        for port in [
            "80800", "65536", "+80", "8080x", "-1", "0x50", "0", "", "80:80", " 80",
        ] {
            for host in ["game.example", "[::1]"] {
                check(&format!("https://{host}:{port}"), Err(Fault::InvalidPort));
            }
        }
        check("app://game:80800", Err(Fault::InvalidPort));
    }

    #[test]
    fn other_texts_are_no_origins() {
        for (text, fault) in [
            ("", Fault::NoScheme),
            ("*", Fault::NoScheme),
            ("game.example", Fault::NoScheme),
            ("://game.example", Fault::NoScheme),
            ("https:game.example", Fault::NoScheme),
            (" https://game.example", Fault::NoScheme),
            ("blob:https://game.example", Fault::NoScheme),
            ("https://", Fault::InvalidHost),
            ("https:///", Fault::InvalidHost),
            ("https://a b", Fault::InvalidHost),
            ("https://a..b", Fault::InvalidHost),
            ("https://.a", Fault::InvalidHost),
            ("https://.", Fault::InvalidHost),
            ("https://bücher.example", Fault::InvalidHost),
            ("https://*.game.example", Fault::InvalidHost),
            ("https://[::g]", Fault::InvalidHost),
            ("https://[::1", Fault::InvalidHost),
            ("https://a,b", Fault::InvalidHost),
            ("app://", Fault::InvalidHost),
            ("https://game.example/play", Fault::MoreThanAnOrigin),
            ("https://game.example?a", Fault::MoreThanAnOrigin),
            ("https://game.example#a", Fault::MoreThanAnOrigin),
            ("https://user@game.example", Fault::MoreThanAnOrigin),
            ("file:///games/game.html", Fault::MoreThanAnOrigin),
            ("http://127.1", Fault::UnusualAddress),
            ("http://2130706433", Fault::UnusualAddress),
            ("http://0x7f.0.0.0x1", Fault::UnusualAddress),
            ("http://127.0.0.256", Fault::UnusualAddress),
            ("http://127.0.0.1.", Fault::UnusualAddress),
        ] {
            check(text, Err(fault));
        }
    }
}
