//! The headers in which proxies say whose request they pass on: `X-Forwarded-For`, and
//! `Forwarded` (RFC 7239). Each proxy adds, at the end, the address that a request came to
//! it from; so what stands to the left of an address that is not a proxy's is only what a
//! client says of itself.
//!
//! Both are read strictly. No crate does that: those that there are cut the list at commas
//! inside quoted texts, and then a client can choose where an address begins.

use std::net::{IpAddr, Ipv6Addr};

use hyper::header::{FORWARDED, HeaderMap, HeaderValue};

use super::Sender;
use crate::net::origin::Scheme;
use crate::network::ClientAddress;

pub(crate) const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Why the headers of a trusted proxy do not say who its client is. The text is for the
/// operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Doubt {
    /// Neither header is there.
    #[error("there is no X-Forwarded-For and no Forwarded")]
    Missing,
    /// Headers do not count here, and that of the PROXY protocol names nobody.
    #[error("the PROXY protocol header of its connection names nobody")]
    Nobody,
    /// The proxy does not know the client, or hides it.
    #[error("it does not say who its client is (`unknown` or a name of its own)")]
    Hidden,
    /// There is no address where one should be.
    #[error("X-Forwarded-For is not a list of addresses")]
    NoAddress,
    /// The header is not what the RFC says it is.
    #[error("Forwarded is not as RFC 7239 has it")]
    Syntax,
    /// The two headers are about different clients: one of them is the client's own.
    #[error(
        "X-Forwarded-For and Forwarded differ: have the proxy remove the one that it does not set"
    )]
    Differ,
}

/// One step of a request, as a proxy tells it: the address that the request came to it from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hop {
    ip: IpAddr,
    port: Option<u16>,
    scheme: Option<Scheme>,
}

/// Returns the client that has sent a request with these headers, which the trusted proxy at
/// `peer` passes on: the first address from the right that no trusted proxy has; if there is
/// none, the leftmost. If an address cannot be read, that of the proxy which should have told it.
///
/// A proxy that sets one of the headers usually passes the other on as the client has sent
/// it, so neither can count more: if there are both, they have to be about the same client.
pub(super) fn sender(
    peer: ClientAddress,
    headers: &HeaderMap,
    trust: impl Fn(IpAddr) -> bool,
) -> Sender {
    let listed = lines(headers, X_FORWARDED_FOR)
        .map(|lines| follow(peer, lines.flat_map(addresses), &trust));
    let forwarded = lines(headers, FORWARDED.as_str())
        .map(|lines| follow(peer, lines.flat_map(elements), &trust));
    match (listed, forwarded) {
        (None, None) => Sender {
            doubt: Some(Doubt::Missing),
            ..Sender::of(peer)
        },
        (Some(found), None) | (None, Some(found)) => found,
        (Some(listed), Some(forwarded)) => both(peer, listed, forwarded),
    }
}

fn both(peer: ClientAddress, listed: Sender, forwarded: Sender) -> Sender {
    let differ = || (listed.address.ip() != forwarded.address.ip()).then_some(Doubt::Differ);
    match listed.doubt.or(forwarded.doubt).or_else(differ) {
        Some(doubt) => Sender {
            doubt: Some(doubt),
            ..Sender::of(peer)
        },
        None => forwarded,
    }
}

/// The lines of a header, the last first; `None` if there are none. They are one list.
fn lines<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> Option<impl Iterator<Item = &'a HeaderValue> + use<'a>> {
    let all = headers.get_all(name);
    let mut lines = all.iter().rev().peekable();
    lines.peek()?;
    Some(lines)
}

/// Goes from proxy to proxy for as long as they are trusted.
fn follow(
    peer: ClientAddress,
    hops: impl Iterator<Item = Result<Hop, Doubt>>,
    trust: impl Fn(IpAddr) -> bool,
) -> Sender {
    let mut found = Sender::of(peer);
    for hop in hops {
        let hop = match hop {
            Ok(hop) => hop,
            Err(doubt) => {
                found.doubt = Some(doubt);
                found.scheme = None;
                break;
            }
        };
        found.address = peer.forwarded_by(hop.ip, hop.port);
        found.scheme = hop.scheme;
        if !trust(found.address.ip()) {
            break;
        }
    }
    found
}

/// The addresses in a line of `X-Forwarded-For`, the last first.
fn addresses(line: &HeaderValue) -> impl Iterator<Item = Result<Hop, Doubt>> {
    line.as_bytes().rsplit(|&byte| byte == b',').map(|item| {
        let item = str::from_utf8(item).map_err(|_| Doubt::NoAddress)?;
        let item = item.trim_matches([' ', '\t']);
        // An IPv6 address may stand here without brackets.
        if let Ok(ip) = item.parse::<Ipv6Addr>() {
            return Ok(Hop {
                ip: ip.into(),
                port: None,
                scheme: None,
            });
        }
        match node(item) {
            Some(Node::Address(ip, port)) => Ok(Hop {
                ip,
                port,
                scheme: None,
            }),
            Some(Node::Hidden) => Err(Doubt::Hidden),
            None => Err(Doubt::NoAddress),
        }
    })
}

/// The elements of a line of `Forwarded`, the last first. One that is wrong makes the
/// whole line wrong: where it ends is not clear.
fn elements(line: &HeaderValue) -> impl Iterator<Item = Result<Hop, Doubt>> + use<> {
    let elements = line.to_str().ok().and_then(parse_line);
    let elements = elements.unwrap_or_else(|| vec![Err(Doubt::Syntax)]);
    elements.into_iter().rev()
}

/// Parses a line of `Forwarded`: elements with commas between them, each of which is
/// parameters with semicolons between them (RFC 7239 section 4).
fn parse_line(line: &str) -> Option<Vec<Result<Hop, Doubt>>> {
    let mut elements = Vec::new();
    let mut rest = line;
    loop {
        let mut element = Element::default();
        rest = rest.trim_start_matches([' ', '\t']);
        loop {
            rest = element.parse_parameter(rest)?;
            let Some(more) = rest.strip_prefix(';') else {
                break;
            };
            rest = more;
        }
        elements.push(element.hop());
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return Some(elements);
        }
        rest = rest.strip_prefix(',')?;
    }
}

/// The most parameters of an element: the RFC has four. Each is compared with those before it.
const MOST_PARAMETERS: usize = 16;

/// The parameters of an element that count here.
#[derive(Default)]
struct Element {
    node: Option<Node>,
    scheme: Option<Scheme>,
    /// The names so far, because each may be there once.
    names: Vec<String>,
}

impl Element {
    /// Parses a parameter, `name=value`. Returns what stands behind it.
    fn parse_parameter<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let (name, rest) = token(text)?;
        let name = name.to_ascii_lowercase();
        if self.names.len() == MOST_PARAMETERS || self.names.contains(&name) {
            return None;
        }
        let rest = rest.strip_prefix('=')?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => token(rest).map(|(value, rest)| (value.to_owned(), rest))?,
        };
        match name.as_str() {
            "for" => self.node = Some(node(&value)?),
            "proto" => self.scheme = Scheme::of(&value),
            _ => {}
        }
        self.names.push(name);
        Some(rest)
    }

    fn hop(self) -> Result<Hop, Doubt> {
        match self.node {
            Some(Node::Address(ip, port)) => Ok(Hop {
                ip,
                port,
                scheme: self.scheme,
            }),
            Some(Node::Hidden) | None => Err(Doubt::Hidden),
        }
    }
}

/// Takes a token (RFC 9110 section 5.6.2) from the beginning. Returns it and the rest.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_of_a_token =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let length = text.bytes().take_while(is_of_a_token).count();
    (length > 0).then(|| text.split_at(length))
}

/// Takes a quoted text (RFC 9110 section 5.6.4), whose first quote is taken already. Returns
/// what it says and the rest.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

/// The sender of a request, as a proxy names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    /// One at this address, with this port if the proxy tells a number.
    Address(IpAddr, Option<u16>),
    /// One whom the proxy does not know or does not name.
    Hidden,
}

/// Parses a node (RFC 7239 section 6): an IPv4 address, an IPv6 address in brackets, `unknown`
/// or a name that begins with `_`; and then perhaps a port.
fn node(text: &str) -> Option<Node> {
    let (ip, rest) = if let Some(bracketed) = text.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']')?;
        (Some(IpAddr::V6(address.parse().ok()?)), rest)
    } else {
        let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
        if name.eq_ignore_ascii_case("unknown") || is_hidden(name) {
            (None, rest)
        } else {
            (Some(IpAddr::V4(name.parse().ok()?)), rest)
        }
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => parse_port(port)?,
        None if rest.is_empty() => None,
        None => return None,
    };
    Some(ip.map_or(Node::Hidden, |ip| Node::Address(ip, port)))
}

/// Parses a node's port. `Some(None)` if it is a name.
#[expect(
    clippy::option_option,
    reason = "no port, and a port that is not told, are two things"
)]
fn parse_port(text: &str) -> Option<Option<u16>> {
    if is_hidden(text) {
        return Some(None);
    }
    let is_number = (1..=5).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten().map(Some)
}

/// Whether this is a name that a proxy has made up so that it need not tell another.
fn is_hidden(name: &str) -> bool {
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (name.strip_prefix('_')).is_some_and(|name| !name.is_empty() && name.bytes().all(is_of_a_name))
}

#[cfg(test)]
mod tests;
