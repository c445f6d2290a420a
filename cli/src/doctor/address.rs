//! The first step: the address that somebody typed, and the name in it.

use std::net::IpAddr;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::report::Finding;
use super::{Taken, in_time};
use crate::server_url::{ServerUrl, ServerUrlError};

/// The last parts of the addresses of the server's pages, beside which the chat is.
const PAGES: [&str; 4] = ["", "index.html", "doctor", "doctor.html"];

/// The schemes of pages and chats.
const SCHEMES: [&str; 4] = ["http", "https", "ws", "wss"];

/// The address of a WebSocket for what somebody typed: the name of a server or the address of its
/// page will do, as a browser's address bar has it.
pub(super) fn completed(typed: &str) -> String {
    // All behind '#' is for the page alone.
    let typed = typed.trim().split('#').next().unwrap_or_default();
    let (scheme, rest) = match typed.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        // That cannot be a name: it is explained, and not completed.
        None if lacks_slashes(typed).is_some() => return typed.to_owned(),
        None => ("https".to_owned(), typed),
    };
    let is_typed = typed.contains("://");
    let scheme = match &scheme[..] {
        "ws" | "wss" => {
            let path = rest.find(['/', '?']).map_or("", |at| &rest[at..]);
            let chat = match path {
                "" => "/ws",
                "/" => "ws",
                _ => "",
            };
            return format!("{scheme}://{rest}{chat}");
        }
        "https" if !is_typed && is_private(rest) => "ws",
        "http" => "ws",
        "https" => "wss",
        _ => return typed.to_owned(),
    };
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(at);
    let (page, query) = match path.split_once('?') {
        Some((page, query)) => (page, Some(query)),
        None => (path, None),
    };
    let (folder, last) = page.rsplit_once('/').unwrap_or_default();
    if PAGES.contains(&last) {
        if let Some(server) = query.and_then(named_server) {
            return completed(&server);
        }
        return format!("{scheme}://{host}{folder}/ws");
    }
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{scheme}://{host}{page}{query}")
}

/// The server to which a page connects instead of its own, if its address says so
/// (`?server=wss://chat.example`).
fn named_server(query: &str) -> Option<String> {
    let mut values = query.split('&');
    let value = values.find_map(|value| value.strip_prefix("server="))?;
    let server = percent_decode_str(value).decode_utf8_lossy().into_owned();
    (!server.is_empty()).then_some(server)
}

/// The scheme of an address such as `http:/host`.
fn lacks_slashes(typed: &str) -> Option<&str> {
    let (scheme, rest) = typed.split_once(':')?;
    let is_scheme = SCHEMES.iter().any(|it| scheme.eq_ignore_ascii_case(it));
    let is_port = rest.starts_with(|c: char| c.is_ascii_digit());
    (is_scheme && !is_port).then_some(scheme)
}

/// Whether a server's name or address without a scheme is one for which nobody gives certificates:
/// of this machine, or of a private network.
fn is_private(rest: &str) -> bool {
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    match name.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => {
            let name = name.to_ascii_lowercase();
            let last = name.rsplit('.').next().unwrap_or_default();
            // RFC 6761 and RFC 6762.
            last == "localhost" || (last == "local" && name != last)
        }
    }
}

/// Looks the server's name up.
pub(super) async fn look_up(url: String, patience: Duration) -> Taken<ServerUrl> {
    let typed = url.clone();
    let looking = smol::unblock(move || ServerUrl::of_either_kind(&url));
    let Some(found) = in_time(patience, looking).await else {
        return Err(Finding::failed(
            format!(
                "nobody told the name's address within {} seconds",
                patience.as_secs()
            ),
            "this computer's way of asking for names (DNS) does not answer: is it online? Try another \
             network",
        ));
    };
    let server = found.map_err(|error| {
        let advice = match &error {
            ServerUrlError::UnknownHost { .. } => {
                "look for a mistake in the name. If it is right, this computer cannot ask for names \
                 (is it online?), or the server's owner has to enter the name (DNS)"
                    .to_owned()
            }
            _ => match lacks_slashes(&typed) {
                Some(scheme) => {
                    let rest = typed[scheme.len() + 1..].trim_start_matches('/');
                    format!("two slashes belong behind the colon: {scheme}://{rest}")
                }
                None => "an address looks like wss://chat.example/ws".to_owned(),
            },
        };
        Finding::failed(error.to_string(), advice)
    })?;
    let addresses: Vec<_> = server
        .addresses
        .iter()
        .map(|it| it.ip().to_string())
        .collect();
    if addresses.is_empty() {
        let advice = "the server's owner has to enter an address for the name (DNS)";
        return Err(Finding::failed("the name has no address", advice));
    }
    let found = format!("the server is at {}", addresses.join(" and "));
    Ok((server, Finding::good(found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        assert_eq!(completed(typed), expected, "{typed}");
    }

    #[test]
    fn what_people_type_becomes_the_address_of_the_chat() {
        for (typed, expected) in [
            ("chat.example", "wss://chat.example/ws"),
            (" chat.example:8443 ", "wss://chat.example:8443/ws"),
            ("localhost:8080", "ws://localhost:8080/ws"),
            ("127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"),
            ("https://chat.example/", "wss://chat.example/ws"),
            ("HTTP://chat.example", "ws://chat.example/ws"),
            (
                "wss://chat.example/deep/ws?x=1",
                "wss://chat.example/deep/ws?x=1",
            ),
            ("ftp://chat.example/ws", "ftp://chat.example/ws"),
        ] {
            check(typed, expected);
        }
    }

    #[test]
    fn a_page_s_address_becomes_that_of_the_chat_beside_it() {
        for page in [
            "http://chat.example/?room=x",
            "http://chat.example/#room",
            "http://chat.example#x",
            "http://chat.example?room=x#y",
            "http://chat.example/doctor",
            "http://chat.example/doctor?timeout=60",
            "http://chat.example/doctor.html",
            "http://chat.example/index.html?room=a/b",
            "ws://chat.example#x",
        ] {
            check(page, "ws://chat.example/ws");
        }
        check("chat.example/doctor", "wss://chat.example/ws");
        // The page connects to another server.
        for named in [
            "wss%3A%2F%2Fchat.example%2Fws",
            "chat.example",
            "https://chat.example",
        ] {
            let page = format!("https://game.example/play/?room=x&server={named}#y");
            check(&page, "wss://chat.example/ws");
        }
        check("https://a.example/?server=", "wss://a.example/ws");
        check("https://a.example/chat/", "wss://a.example/chat/ws");
        check("https://a.example/chat/doctor", "wss://a.example/chat/ws");
        check(
            "https://a.example/chat/ws?x=1",
            "wss://a.example/chat/ws?x=1",
        );
        check("https://a.example/live", "wss://a.example/live");
    }

    #[test]
    fn a_private_address_needs_no_certificate() {
        for host in [
            "192.168.1.5:8080",
            "10.0.0.1",
            "172.16.0.1",
            "LOCALHOST:8080",
            "game.localhost",
            "box.local:80",
            "[::1]:8080",
            "[fd00::1]",
        ] {
            check(host, &format!("ws://{host}/ws"));
        }
        for host in ["203.0.113.7", "127.example", "local", "[2001:db8::1]:1"] {
            check(host, &format!("wss://{host}/ws"));
        }
    }

    #[test]
    fn an_address_without_its_slashes_is_explained() {
        for (typed, expected) in [
            ("http:/chat.example/x", "http://chat.example/x"),
            ("wss:chat.example", "wss://chat.example"),
        ] {
            let url = completed(typed);
            let taken = smol::block_on(look_up(url, Duration::from_mins(1)));
            let step = taken.unwrap_err().step("dns", Duration::ZERO);
            let advice = step.advice.unwrap();
            assert!(advice.contains(expected), "{advice}");
        }
    }
}
