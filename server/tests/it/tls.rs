//! TLS in the server itself: the chat, the page and the API over it, a certificate that is
//! replaced, and what comes in that is no TLS.

mod direct;
mod hostile;
mod slow;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use futures_rustls::rustls::ALL_VERSIONS;
use futures_rustls::rustls::version::{TLS12, TLS13};
use guildhall_server::{Config, Tls};
use guildhall_testing::api_client::bearer;
use guildhall_testing::authority::Authority;
use guildhall_testing::client::Client;
use guildhall_testing::metrics::Metrics;
use guildhall_testing::test_server::{API_KEY, TestServer};
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::PATIENCE;
use rcgen::{CertificateParams, date_time_ymd};

use self::direct::Direct;

/// Settings with a certificate of this authority.
fn secure(authority: &Authority) -> Config {
    Config {
        tls: Some(Tls::new(authority.issue(&["localhost"]).pair())),
        ..Config::default()
    }
}

/// A server with TLS, and a port without for clients that know none.
fn tunnelled(config: Config, authority: &Authority) -> (TestServer, SocketAddr) {
    let server = TestServer::with(config);
    let address = authority.tunnel(server.address(), ALL_VERSIONS);
    (server, address)
}

#[test]
fn clients_of_both_protocols_chat_over_both_versions_of_tls() {
    let authority = Authority::new();
    let server = TestServer::with(secure(&authority));
    let new = authority.tunnel(server.address(), &[&TLS13]);
    let old = authority.tunnel(server.address(), &[&TLS12]);
    let (mut one, first) = Client::join(new);
    let (mut two, second) = Client::join(old);
    // Longer than what a packet of the network holds.
    let long = "x".repeat(16_000);
    for text in ["hello", &long, "and so on"] {
        one.say(text);
        two.expect_chat(first, text);
        two.say(text);
        one.expect_chat(second, text);
    }
    let (mut ann, _) = V1Client::in_room(new, "Ann", "tavern");
    let (mut bob, _) = V1Client::in_room(old, "Bob", "tavern");
    for n in 0..10 {
        let text = format!("{n} {long}");
        ann.say("tavern", &text[..4_000]);
        assert_eq!(bob.line().text, &text[..4_000]);
    }
}

#[test]
fn the_page_and_its_headers_come_over_tls() {
    let authority = Authority::new();
    let (_server, address) = tunnelled(secure(&authority), &authority);
    let mut client = Client::dial(address);
    let response = client.get("/healthz", "");
    assert_eq!((response.status, response.text()), (200, "ok\n"));
    // The tests' client asks for an address, which has no such promise.
    assert_eq!(response.header("strict-transport-security"), None);
    client.send(b"GET /healthz HTTP/1.1\r\nHost: chat.example\r\n\r\n");
    let response = client.response();
    let promise = response.header("strict-transport-security");
    assert_eq!(
        promise, None,
        "a server of this machine alone has no such name"
    );
    assert_eq!(response.status, 421);
}

#[test]
fn a_browser_is_told_to_keep_to_tls_and_its_own_page_may_connect() {
    let authority = Authority::new();
    let config = Config {
        allowed_hosts: vec!["chat.example".parse().unwrap()],
        ..secure(&authority)
    };
    let (_server, address) = tunnelled(config, &authority);
    let mut client = Client::dial(address);
    client.send(b"GET /healthz HTTP/1.1\r\nHost: chat.example\r\n\r\n");
    let response = client.response();
    let promise = response.header("strict-transport-security");
    assert_eq!(promise, Some("max-age=31536000"));
    let ask = |origin: &str| {
        let request = guildhall_testing::client::handshake(&format!("Origin: {origin}\r\n"));
        let host = request
            .lines()
            .find(|line| line.starts_with("Host"))
            .unwrap();
        let request = request.replace(host, "Host: chat.example");
        let mut client = Client::dial(address);
        client.send(request.as_bytes());
        client.response_head().status
    };
    assert_eq!(ask("https://chat.example"), 101);
    assert_eq!(
        ask("http://chat.example"),
        403,
        "that page may be anybody's"
    );
}

#[test]
fn the_api_has_tls_too() {
    let authority = Authority::new();
    let server = TestServer::with_redirect(secure(&authority));
    let address = authority.tunnel(server.api(), ALL_VERSIONS);
    let mut client = Client::dial(address);
    let key = format!("Authorization: Bearer {API_KEY}\r\n");
    assert_eq!(client.get("/api/v1/rooms", &key).status, 200);
    let mut plain = TcpStream::connect(server.api()).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n{key}\r\n");
    plain.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A socket that is reset has an end, too.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn plain_http_is_sent_on_to_https() {
    let authority = Authority::new();
    let server = TestServer::with_redirect(secure(&authority));
    let port = server.address().port();
    let mut client = Client::dial(server.redirect());
    let host = "Host: localhost:80\r\n";
    client.send(format!("GET /a?b=c HTTP/1.1\r\n{host}\r\n").as_bytes());
    let response = client.response();
    let to = format!("https://localhost:{port}/a?b=c");
    assert_eq!(
        (response.status, response.header("location")),
        (308, Some(&*to))
    );
    // Also a WebSocket, whose client says then where it should have gone.
    let request = guildhall_testing::client::handshake("");
    client.send(request.as_bytes());
    assert_eq!(client.response().status, 308);
    client.send(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(client.response().status, 400);
}

#[test]
fn a_certificate_is_replaced_while_clients_chat() {
    const CLIENTS: usize = 100;
    let authority = Authority::new();
    let config = secure(&authority);
    let tls = config.tls.clone().unwrap();
    let (server, address) = tunnelled(config, &authority);
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| Client::join(address)).collect();
    let before = Direct::dial(&server, &authority).certificate();
    let talk = |clients: &mut Vec<(Client, u64)>, text: &str| {
        for speaker in [0, CLIENTS / 2, CLIENTS - 1] {
            let id = clients[speaker].1;
            clients[speaker].0.say(text);
            for (n, (client, _)) in clients.iter_mut().enumerate() {
                if n != speaker {
                    client.expect_chat(id, text);
                }
            }
        }
    };
    talk(&mut clients, "before");
    let next = authority.issue(&["localhost"]);
    tls.replace(next.pair());
    talk(&mut clients, "after");
    // The settings of a client that would resume, so that it would see the old one.
    let again = Direct::dial(&server, &authority);
    assert_eq!(again.certificate(), next.der);
    assert_ne!(before, next.der);
    let (client, id) = Client::join(address);
    clients.push((client, id));
    let (last, text) = (clients.len() - 1, "new");
    clients[last].0.say(text);
    for (client, _) in &mut clients[..last] {
        client.expect_chat(id, text);
    }
    again.end();
}

#[test]
fn a_client_that_comes_back_resumes_its_tls_but_not_that_of_another_certificate() {
    let authority = Authority::new();
    let config = secure(&authority);
    let tls = config.tls.clone().unwrap();
    let server = TestServer::with(config);
    let settings = authority.client(ALL_VERSIONS, b"http/1.1");
    let dial = || {
        let mut client = Direct::with(server.address(), Arc::clone(&settings));
        // The ticket comes along with an answer.
        client.get("/healthz");
        client.is_resumed()
    };
    assert!(!dial());
    assert!(dial());
    tls.replace(authority.issue(&["localhost"]).pair());
    assert!(!dial());
    assert!(dial());
}

#[test]
fn the_metrics_say_until_when_the_certificate_holds() {
    let authority = Authority::new();
    let pair = |year| {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        authority.issue_with(params).pair()
    };
    let tls = Tls::new(pair(2030));
    let config = Config {
        tls: Some(tls.clone()),
        ..Config::default()
    };
    let server = TestServer::with_api(config);
    let api = authority.tunnel(server.api(), ALL_VERSIONS);
    let not_after = || {
        let metrics = Metrics::read(api, &bearer(API_KEY));
        metrics.count("guildhall_certificate_not_after_timestamp_seconds")
    };
    assert_eq!(not_after(), 1_893_456_000);
    tls.replace(pair(2031));
    assert_eq!(not_after(), 1_924_992_000);
}
