//! The target `heads`: the head of an HTTP request, which names the client, the host and the page.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::LazyLock;

use guildhall_server::testing::{Head, read_head};
use guildhall_server::{Config, Proxies};
use http::header::ORIGIN;
use http::{HeaderValue, Request, Uri, Version};

use crate::input::Input;

/// The most headers of a request.
const MAX_HEADERS: usize = 64;

/// How the hosts of allowed pages end.
const ALLOWED_HOSTS: [&str; 2] = ["game.example", ".pages.example"];

/// The server's own host.
const OWN_HOST: &str = "chat.example";

/// How many parts the page's policy has.
const POLICY_PARTS: usize = 8;

/// The headers that a made-up head can have.
const HEADERS: [&str; 12] = [
    "host",
    "origin",
    "x-forwarded-for",
    "x-forwarded-proto",
    "forwarded",
    "via",
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-fetch-site",
];

/// The header in which proxies name clients.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// A server behind a proxy on the same machine.
static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let trusted = ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"];
    let trusted = trusted.map(|range| range.parse().expect("a range of addresses"));
    let origins = ["https://game.example", "https://*.pages.example"];
    Config {
        proxies: Proxies {
            trusted: trusted.into(),
            ..Proxies::default()
        },
        allowed_origins: origins
            .map(|origin| origin.parse().expect("an origin"))
            .into(),
        allowed_hosts: [OWN_HOST.parse().expect("a host")].into(),
        ..Config::default()
    }
});

/// Reads a head, or makes one up. Looks at the request, as it comes from the proxy and as it comes
/// from a client.
pub fn run(data: &[u8]) {
    let request = match data.split_first() {
        // No method begins so.
        Some((0..=31, pieces)) => Some(compose(pieces)),
        _ => parse(data),
    };
    let Some(request) = request else { return };
    let of_proxy = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let of_client = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 1));
    let head = read_head(&request, of_client, &CONFIG);
    // Whatever it says: nobody but a proxy speaks for others.
    assert_eq!(head.client, of_client.to_string());
    let from_proxy = read_head(&request, of_proxy, &CONFIG);
    assert_eq!(from_proxy.host, head.host);
    assert_eq!(from_proxy.is_handshake, head.is_handshake);
    if let Ok(Some(host)) = &head.host {
        assert!(!host.contains(['/', '@', ' ', '\n']), "{host:?}");
    }
    for head in [&head, &from_proxy] {
        check_page(&request, head);
        check_host(head);
    }
    check_spoofed(request, of_proxy, &from_proxy);
}

/// A page may connect if it is listed, or of the host that the request is for.
fn check_page(request: &Request<()>, head: &Head) {
    if !head.is_allowed {
        return;
    }
    for origin in request.headers().get_all(ORIGIN) {
        let origin = origin.to_str().expect("it is an origin").to_lowercase();
        let (scheme, authority) = origin.split_once("://").expect("it has a scheme");
        // One slash behind it is let through, though no browser sends that.
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let end = authority.rfind(':').filter(|_| !authority.ends_with(']'));
        let host = &authority[..end.unwrap_or(authority.len())];
        let is_listed =
            scheme == "https" && ALLOWED_HOSTS.iter().any(|allowed| host.ends_with(allowed));
        let own = head.host.as_ref().ok().and_then(Option::as_ref);
        let is_own = own.is_some_and(|own| own.to_lowercase().starts_with(host));
        assert!(is_listed || is_own, "{origin} on {:?}", head.host);
    }
}

/// The host that the request names decides neither about another server nor about what the page may
/// do. DNS rebinding needs a name of the attacker's own.
fn check_host(head: &Head) {
    let parts = head.policy.split(';').count();
    assert_eq!(parts, POLICY_PARTS, "{:?}", head.policy);
    let Ok(Some(target)) = &head.host else {
        return;
    };
    let is_literal = target.starts_with('[') || target.parse::<SocketAddr>().is_ok();
    let host = match target.rfind(':') {
        Some(port) if !target.ends_with(']') => &target[..port],
        _ => target,
    };
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_literal = is_literal || name.parse::<IpAddr>().is_ok();
    let is_own = is_literal || is_local(&name) || name == OWN_HOST;
    assert!(!head.is_host_allowed || is_own, "{target}");
    if let Some(location) = &head.location {
        let location: Uri = location.parse().expect("an address");
        assert_eq!(location.scheme_str(), Some("https"));
        let authority = location.authority().expect("it has a host");
        assert_eq!(authority.host(), host, "{location}");
        assert_eq!(authority.as_str(), host, "{location}");
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

/// A client cannot say who it is: what it sends stands in front of what the proxy adds.
fn check_spoofed(mut request: Request<()>, proxy: SocketAddr, head: &Head) {
    let is_trusted = |address: IpAddr| match address {
        IpAddr::V4(address) => [10, 127].contains(&address.octets()[0]),
        IpAddr::V6(address) => address.octets()[0] == 0xfd,
    };
    let client = head.client.parse().map(|client: SocketAddr| client.ip());
    let client: Option<IpAddr> = client.or_else(|_| head.client.parse()).ok();
    if client.is_none_or(is_trusted) {
        return;
    }
    let Some(first) = request.headers().get(FORWARDED_FOR) else {
        return;
    };
    let more = [b"203.0.113.9, ", first.as_bytes()].concat();
    let headers = request.headers_mut();
    let mut all: Vec<_> = headers.get_all(FORWARDED_FOR).iter().cloned().collect();
    all[0] = HeaderValue::from_bytes(&more).expect("it was one");
    headers.remove(FORWARDED_FOR);
    for value in all {
        headers.append(FORWARDED_FOR, value);
    }
    assert_eq!(read_head(&request, proxy, &CONFIG).client, head.client);
}

/// Makes up a handshake of these headers: a byte for the name, and the value up to the next zero. A
/// value that no header can have is left out.
fn compose(pieces: &[u8]) -> Request<()> {
    let mut input = Input(pieces);
    let mut request = Request::new(());
    *request.uri_mut() = Uri::from_static("/ws?from=here");
    while let Some(name) = input.byte() {
        let name = HEADERS[usize::from(name) % HEADERS.len()];
        if let Ok(value) = HeaderValue::from_bytes(input.up_to_zero()) {
            request.headers_mut().append(name, value);
        }
    }
    request
}

/// Reads the head as hyper does; `None` if that would refuse it.
fn parse(data: &[u8]) -> Option<Request<()>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    if !head.parse(data).ok()?.is_complete() {
        return None;
    }
    let mut request = Request::builder()
        .method(head.method?)
        .uri(head.path?)
        .version(match head.version? {
            0 => Version::HTTP_10,
            _ => Version::HTTP_11,
        });
    for header in head.headers {
        request = request.header(header.name, header.value);
    }
    request.body(()).ok()
}
