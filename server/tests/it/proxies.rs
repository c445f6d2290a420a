//! Clients behind a trusted proxy: what one address has a share of is counted by theirs. Real
//! proxies are in the tests of the program.

use std::time::Duration;

use guildhall_protocol::limits::LOBBY;
use guildhall_protocol::{ErrorCode, Hello, Welcome};
use guildhall_server::testing::HTTP_SLACK;
use guildhall_server::{Caps, Config, Proxies, Rates, RequestRate, RoomLimits};

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello};
use guildhall_testing::wire::eventually;

/// An address of this machine that is not trusted.
const ELSEWHERE: &str = "127.0.0.2";

/// How many sockets one address may have beside its clients, see `gate.rs`.
const HTTP_SLACK_PER_ADDRESS: usize = 64;

/// Trusts 127.0.0.1 and 10.0.0.0/8.
fn trusted(proxy_protocol: bool) -> Proxies {
    let trusted = ["127.0.0.1", "10.0.0.0/8"].map(|text| text.parse().unwrap());
    Proxies {
        trusted: trusted.to_vec(),
        proxy_protocol,
    }
}

fn server(proxy_protocol: bool, config: Config) -> TestServer {
    TestServer::with(Config {
        proxies: trusted(proxy_protocol),
        ..config
    })
}

/// The settings of a server with this many clients of an address at most.
fn clients(per_address: usize) -> Config {
    Config {
        caps: Caps {
            total: 1_000,
            per_address,
        },
        ..Config::default()
    }
}

fn line(client: &str) -> String {
    format!("PROXY TCP4 {client} 127.0.0.1 5000 80\r\n")
}

/// Opens a connection as the proxy does for this client.
fn dial(server: &TestServer, client: &str) -> Client {
    let mut socket = Client::dial(server.address());
    socket.send(line(client).as_bytes());
    socket
}

/// Asks for a WebSocket. Returns the status.
fn ask(client: &mut Client, headers: &str) -> u16 {
    client.send(handshake(headers).as_bytes());
    client.response().status
}

fn status(server: &TestServer, headers: &str) -> u16 {
    ask(&mut Client::dial(server.address()), headers)
}

#[test]
fn a_proxy_may_send_the_requests_of_several_clients_over_one_connection() {
    let server = server(false, clients(1));
    let mut one = Client::dial(server.address());
    assert_eq!(ask(&mut one, "X-Forwarded-For: 192.0.2.1\r\n"), 101);
    one.expect_id();
    let mut shared = Client::dial(server.address());
    assert_eq!(shared.get("/healthz", "").status, 200);
    for again in [
        "192.0.2.1",
        "198.51.100.1, 192.0.2.1",
        "192.0.2.1, 10.0.0.7",
    ] {
        let headers = format!("X-Forwarded-For: {again}\r\n");
        assert_eq!(ask(&mut shared, &headers), 429, "{again}");
    }
    let lines = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n";
    assert_eq!(ask(&mut shared, lines), 101);
    let id = shared.expect_id();
    shared.say("from another address");
    one.expect_chat(id, "from another address");
    // The places of both connections are free again.
    drop((one, shared));
    for client in ["192.0.2.1", "192.0.2.2"] {
        let headers = format!("Forwarded: for={client}\r\n");
        eventually("a free place", || {
            (status(&server, &headers) == 101).then_some(())
        });
    }
}

#[test]
fn what_cannot_be_read_has_the_share_of_the_proxys_own_address() {
    let server = server(false, clients(1));
    let mut first = Client::dial(server.address());
    assert_eq!(ask(&mut first, "X-Forwarded-For: unknown\r\n"), 101);
    for headers in [
        "",
        "X-Forwarded-For: 192.0.2.1, _hidden\r\n",
        "Forwarded: for=\"[::1\r\n",
        "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2\r\n",
    ] {
        assert_eq!(status(&server, headers), 429, "{headers}");
    }
    assert_eq!(status(&server, "X-Forwarded-For: 192.0.2.1\r\n"), 101);
}

#[test]
fn from_others_the_headers_mean_nothing() {
    let server = server(false, clients(1));
    let from = || Client::dial_from(ELSEWHERE, server.address());
    let mut first = from();
    assert_eq!(ask(&mut first, "X-Forwarded-For: 192.0.2.1\r\n"), 101);
    for headers in [
        "X-Forwarded-For: 192.0.2.2\r\n",
        "Forwarded: for=192.0.2.2\r\n",
        "X-Forwarded-For: garbage\r\n",
        "",
    ] {
        assert_eq!(ask(&mut from(), headers), 429, "{headers}");
    }
    assert_eq!(status(&server, "X-Forwarded-For: 192.0.2.1\r\n"), 101);
}

#[test]
fn only_a_trusted_proxys_forwarded_says_that_a_page_came_without_tls() {
    let server = server(false, Config::default());
    let headers = |proto: &str, page: &str| {
        format!("Forwarded: for=192.0.2.1;proto={proto}\r\nOrigin: {page}://localhost:8080\r\n")
    };
    assert_eq!(status(&server, &headers("https", "https")), 101);
    assert_eq!(status(&server, &headers("https", "http")), 403);
    assert_eq!(status(&server, &headers("http", "https")), 403);
    let mut elsewhere = Client::dial_from(ELSEWHERE, server.address());
    assert_eq!(ask(&mut elsewhere, &headers("https", "http")), 101);
    // A header that everybody may send can only forbid.
    let mut elsewhere = Client::dial_from(ELSEWHERE, server.address());
    let proto = "X-Forwarded-Proto: https\r\nOrigin: http://localhost:8080\r\n";
    assert_eq!(ask(&mut elsewhere, proto), 403);
    let of_another = "X-Forwarded-Host: evil.example\r\nOrigin: http://evil.example\r\n";
    assert_eq!(status(&server, of_another), 403);
}

#[test]
fn rooms_and_sessions_are_shared_by_the_addresses_of_clients() {
    let server = server(
        true,
        Config {
            rooms: RoomLimits {
                rooms_per_address: 1,
                away_per_address: 1,
                ..RoomLimits::default()
            },
            ..Config::default()
        },
    );
    let join = |client: &mut V1Client, room| client.join_from(room, 0, 0).map(drop);
    let welcomed = |address: &str, name: &str| {
        let mut client = V1Client::over(dial(&server, address));
        let welcome = client.welcome(hello(name)).unwrap();
        (client, welcome)
    };
    let (mut ann, of_ann) = welcomed("192.0.2.1", "Ann");
    let (mut zoe, of_zoe) = welcomed("192.0.2.1", "Zoe");
    let (mut bob, of_bob) = welcomed("192.0.2.2", "Bob");
    assert_eq!(join(&mut ann, "red"), Ok(()));
    let refused = join(&mut zoe, "blue").unwrap_err();
    assert_eq!(refused.code(), ErrorCode::AddressRoomsFull);
    assert_eq!(join(&mut bob, "blue"), Ok(()));

    // One session of an address may be away: the first one ends for the second.
    let (mut observer, _) = welcomed("192.0.2.3", "Observer");
    observer.join(LOBBY);
    for (mut client, welcome) in [(ann, &of_ann), (bob, &of_bob), (zoe, &of_zoe)] {
        client.join(LOBBY);
        observer.presence(|told| told.joined.iter().any(|it| it.id == welcome.id));
        client.client.reset();
        observer.presence(|told| told.left == [welcome.id]);
    }
    let resumed = |welcome: &Welcome| {
        let mut client = V1Client::over(dial(&server, "192.0.2.9"));
        // Above those of the session.
        client.last_request = 100;
        let session = welcome.session.clone();
        let welcome = client.welcome(Hello {
            session,
            ..hello("")
        });
        welcome.is_ok_and(|welcome| welcome.resumed)
    };
    assert!(resumed(&of_bob), "the only one of its address");
    assert!(resumed(&of_zoe), "the last one of its address");
    assert!(!resumed(&of_ann), "the first one of the same address");
}

#[test]
fn rates_of_an_address_are_those_of_the_client() {
    let once = RequestRate::new(1, Duration::from_hours(1));
    let server = TestServer::limited(Config {
        proxies: trusted(true),
        rates: Rates {
            handshake: once,
            rename: once,
            address_share: 1,
            ..Rates::OFF
        },
        ..Config::default()
    });
    let mut clients = Vec::new();
    for (address, name) in [("192.0.2.1", "Ann"), ("192.0.2.2", "Bob")] {
        let mut client = V1Client::over(dial(&server, address));
        client.welcome(hello(name)).unwrap();
        assert_eq!(client.rename(&format!("{name} the Second")).err(), None);
        let refused = client.rename(name).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooManyRequests);
        assert_eq!(ask(&mut dial(&server, address), ""), 429, "{address}");
        clients.push(client);
    }
}

#[test]
fn a_connection_of_a_proxy_begins_with_its_header() {
    let server = server(true, clients(1));
    let mut one = dial(&server, "192.0.2.1");
    assert_eq!(ask(&mut one, ""), 101);
    assert_eq!(ask(&mut dial(&server, "192.0.2.1"), ""), 429);
    let mut two = dial(&server, "192.0.2.2");
    // Its headers are a client's, because the address is no proxy's.
    assert_eq!(ask(&mut two, "X-Forwarded-For: 192.0.2.1\r\n"), 101);
    let mut behind_another = dial(&server, "10.0.0.1");
    let headers = "X-Forwarded-For: 192.0.2.1\r\n";
    assert_eq!(ask(&mut behind_another, headers), 429);
    let headers = "X-Forwarded-For: 192.0.2.3\r\n";
    assert_eq!(ask(&mut behind_another, headers), 101);

    // In pieces, and with a request behind it.
    let mut client = Client::dial(server.address());
    for byte in line("192.0.2.4").bytes() {
        client.send(&[byte]);
    }
    assert_eq!(client.get("/healthz", "").status, 200);
    let mut client = Client::dial(server.address());
    let at_once = format!("{}{}", line("192.0.2.5"), handshake(""));
    client.send(at_once.as_bytes());
    client.expect_upgrade();
    // A check of the proxy's own.
    let mut check = Client::dial(server.address());
    check.send(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
    assert_eq!(check.get("/healthz", "").status, 200);
    let mut check = Client::dial(server.address());
    check.send(b"PROXY UNKNOWN\r\n");
    assert_eq!(check.get("/healthz", "").status, 200);

    // Nothing else is taken for one, and nothing is answered.
    for other in [
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "PROXY TCP4 192.0.2.1\r\n",
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\0GET /",
    ] {
        let mut client = Client::dial(server.address());
        client.send(other.as_bytes());
        assert!(client.ends_silently(), "{other:?}");
    }
    // Anyone else speaks HTTP from the first byte.
    let mut elsewhere = Client::dial_from(ELSEWHERE, server.address());
    assert_eq!(elsewhere.get("/healthz", "").status, 200);
    let mut elsewhere = Client::dial_from(ELSEWHERE, server.address());
    elsewhere.send(line("192.0.2.1").as_bytes());
    assert_eq!(elsewhere.response().status, 400);
}

#[test]
fn behind_a_header_that_names_nobody_those_of_requests_mean_nothing() {
    let server = server(true, clients(1));
    let unnamed = |header: &[u8]| {
        let mut client = Client::dial(server.address());
        client.send(header);
        client
    };
    let mut first = unnamed(b"PROXY UNKNOWN\r\n");
    assert_eq!(ask(&mut first, "X-Forwarded-For: 192.0.2.1\r\n"), 101);
    for header in [
        &b"PROXY UNKNOWN\r\n"[..],
        // Of a client that the proxy does not know, and the proxy's own.
        b"\r\n\r\n\0\r\nQUIT\n\x21\0\0\0",
        b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
    ] {
        for headers in [
            "X-Forwarded-For: 192.0.2.2\r\n",
            "Forwarded: for=192.0.2.2\r\n",
            "",
        ] {
            assert_eq!(ask(&mut unnamed(header), headers), 429, "{headers}");
        }
    }
    assert_eq!(ask(&mut dial(&server, "192.0.2.1"), ""), 101);
}

#[test]
fn a_header_that_does_not_end_is_cut_off() {
    let server = server(true, Config::default());
    let mut halves = Vec::new();
    for half in [
        "",
        "PROXY TCP4 192.0.2.1 ",
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\x0f\0",
    ] {
        let mut client = Client::dial(server.address());
        client.send(half.as_bytes());
        halves.push(client);
    }
    assert!(halves.iter_mut().all(Client::ends_silently));
}

#[test]
fn half_headers_keep_nobody_out() {
    let server = server(
        true,
        Config {
            caps: Caps {
                total: 0,
                per_address: 0,
            },
            ..Config::default()
        },
    );
    let mut halves = Vec::new();
    for _ in 0..HTTP_SLACK {
        let mut client = Client::dial(server.address());
        client.send(b"PROXY TCP4 192.0.2.1 ");
        halves.push(client);
    }
    let mut client = dial(&server, "192.0.2.1");
    assert_eq!(client.get("/healthz", "").status, 200);
    let mut elsewhere = Client::dial_from(ELSEWHERE, server.address());
    assert_eq!(elsewhere.get("/healthz", "").status, 200);
    // It is the oldest that had to go.
    assert!(halves[0].ends_silently());
}

#[test]
fn behind_a_header_the_sockets_of_a_client_are_its_own() {
    let server = server(true, clients(1));
    let mut sockets = Vec::new();
    for _ in 0..=HTTP_SLACK_PER_ADDRESS {
        let mut client = dial(&server, "192.0.2.1");
        assert_eq!(client.get("/healthz", "").status, 200);
        sockets.push(client);
    }
    assert_eq!(dial(&server, "192.0.2.1").try_get("/healthz"), None);
    assert_eq!(dial(&server, "192.0.2.2").get("/healthz", "").status, 200);
}
