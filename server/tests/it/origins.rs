//! The origins of pages that may connect.

use guildhall_server::Config;

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;

fn server(listed: &[&str]) -> TestServer {
    TestServer::with(Config {
        allowed_origins: listed.iter().map(|text| text.parse().unwrap()).collect(),
        ..Config::default()
    })
}

/// Sends a handshake with these headers to the host localhost:8080.
fn shake_hands(server: &TestServer, headers: &str) -> Client {
    let mut client = Client::dial(server.address());
    client.send(handshake(headers).as_bytes());
    client
}

#[track_caller]
fn check_refused(server: &TestServer, origin: &str) {
    let response = shake_hands(server, &format!("Origin: {origin}\r\n")).response();
    assert_eq!(response.status, 403, "{origin}");
    assert!(
        response.text().contains("--allow-origin"),
        "{}",
        response.text()
    );
}

#[track_caller]
fn check_allowed(server: &TestServer, headers: &str) {
    let mut client = shake_hands(server, headers);
    client.expect_upgrade();
    client.expect_id();
}

#[test]
fn by_default_programs_and_the_hosts_own_pages_may_connect() {
    let server = server(&[]);
    check_allowed(&server, "");
    check_allowed(&server, "Origin: http://localhost:8080\r\n");
    check_allowed(&server, "Origin: http://LOCALHOST:8080\r\n");
    for other in [
        "https://evil.example",
        "http://localhost:8081",
        "http://localhost",
        "http://localhost.evil.example:8080",
        "http://127.0.0.1:8080",
        "null",
        "",
        "*",
    ] {
        check_refused(&server, other);
    }
}

#[test]
fn listed_pages_and_the_hosts_own_may_connect() {
    let server = server(&["https://game.example", "https://two.example:8443"]);
    check_allowed(&server, "Origin: https://game.example\r\n");
    check_allowed(&server, "Origin: https://game.example:443\r\n");
    check_allowed(&server, "Origin: https://two.example:8443\r\n");
    check_allowed(&server, "Origin: http://localhost:8080\r\n");
    check_allowed(&server, "");
    check_refused(&server, "http://game.example");
    check_refused(&server, "https://two.example");
    check_refused(&server, "https://www.game.example");
}

#[test]
fn behind_tls_a_page_without_tls_has_another_origin() {
    let server = server(&[]);
    let https = "X-Forwarded-Proto: https\r\n";
    check_allowed(
        &server,
        &format!("{https}Origin: https://localhost:8080\r\n"),
    );
    check_allowed(&server, https);
    let refused = format!("{https}Origin: http://localhost:8080\r\n");
    assert_eq!(shake_hands(&server, &refused).response().status, 403);
    // Without the header, the server cannot know whether a proxy speaks TLS.
    check_allowed(&server, "Origin: https://localhost:8080\r\n");
}

#[test]
fn a_wildcard_allows_the_hosts_below_and_not_the_host_itself() {
    let server = server(&["https://*.game.example"]);
    check_allowed(&server, "Origin: https://www.game.example\r\n");
    check_allowed(&server, "Origin: https://a.b.game.example\r\n");
    check_refused(&server, "https://game.example");
    check_refused(&server, "https://evilgame.example");
    check_refused(&server, "http://www.game.example");
    check_refused(&server, "https://*.game.example");
}

#[test]
fn games_in_a_shell_may_connect_if_they_are_listed() {
    let origins = [
        "capacitor://localhost",
        "tauri://localhost",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "file://",
        "null",
    ];
    let (open, closed) = (server(&origins), server(&[]));
    for origin in origins {
        check_allowed(&open, &format!("Origin: {origin}\r\n"));
        check_refused(&closed, origin);
    }
    check_refused(&open, "capacitor://game");
}

#[test]
fn a_wrong_port_is_not_port_80() {
    let server = server(&["http://game.example"]);
    check_allowed(&server, "Origin: http://game.example:80\r\n");
    for port in ["80800", "+80", "80x", "0", ""] {
        check_refused(&server, &format!("http://game.example:{port}"));
    }
}

#[test]
fn a_refusal_says_what_was_compared_and_what_mends_it() {
    let server = server(&[]);
    // A proxy at port 8443 that passes on the host without the port.
    let origin = "Origin: https://chat.localhost:8443\r\n";
    let mut client = Client::dial(server.address());
    let handshake = handshake(origin).replace("Host: localhost:8080", "Host: chat.localhost");
    client.send(handshake.as_bytes());
    let response = client.response();
    assert_eq!(response.status, 403);
    for word in [
        "https://chat.localhost:8443",
        "Host is chat.localhost,",
        "proxy_set_header Host $http_host",
        "--allow-origin https://chat.localhost:8443",
    ] {
        assert!(response.text().contains(word), "{}", response.text());
    }
}

#[test]
fn a_star_allows_every_page() {
    let server = server(&["*"]);
    check_allowed(&server, "Origin: https://any.example\r\n");
    check_allowed(&server, "Origin: null\r\n");
}

#[test]
fn a_refused_page_takes_no_id_and_no_place() {
    let server = server(&[]);
    for _ in 0..5 {
        check_refused(&server, "https://evil.example");
    }
    assert_eq!(server.join().1, 1);
}
