//! The target `heads`: the head of an HTTP request, which names the client, the host and the page.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::LazyLock;

use guildhall_server::testing::{Head, read_head};
use guildhall_server::{Config, Proxies};
use http::header::ORIGIN;
use http::{HeaderValue, Request, Version};

/// The most headers of a request.
const MAX_HEADERS: usize = 64;

/// How the hosts of allowed pages end.
const ALLOWED_HOSTS: [&str; 2] = ["game.example", ".pages.example"];

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
        ..Config::default()
    }
});

/// Looks at the request, as it comes from the proxy and as it comes from a client.
pub fn run(data: &[u8]) {
    let Some(request) = parse(data) else { return };
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
