//! The target `heads`: the head of an HTTP request, which names the client, the host and the page.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;

use guildhall_server::testing::read_head;
use guildhall_server::{Config, Proxies};
use http::{Request, Version};

/// The most headers of a request.
const MAX_HEADERS: usize = 64;

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
