//! Which pages may connect.

use guildhall_server::Config;

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;

fn hall(listed: &[&str]) -> TestServer {
    TestServer::with(Config {
        allowed_origins: listed.iter().map(|text| text.parse().unwrap()).collect(),
        ..Config::default()
    })
}

/// Shakes hands with these headers, the host being localhost:8080.
fn shake_hands(hall: &TestServer, headers: &str) -> Client {
    let mut client = Client::dial(hall.address());
    client.send(handshake(headers).as_bytes());
    client
}

#[track_caller]
fn check_refused(hall: &TestServer, origin: &str) {
    let response = shake_hands(hall, &format!("Origin: {origin}\r\n")).response();
    assert_eq!(response.status, 403, "{origin}");
    assert!(
        response.text().contains("--allow-origin"),
        "{}",
        response.text()
    );
}

#[track_caller]
fn check_allowed(hall: &TestServer, headers: &str) {
    let mut client = shake_hands(hall, headers);
    client.expect_upgrade();
    client.expect_id();
}

#[test]
fn by_default_the_hosts_own_pages_and_programs_may_connect() {
    let hall = hall(&[]);
    check_allowed(&hall, "");
    check_allowed(&hall, "Origin: http://localhost:8080\r\n");
    check_allowed(&hall, "Origin: http://LOCALHOST:8080\r\n");
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
        check_refused(&hall, other);
    }
}

#[test]
fn listed_pages_may_connect_and_the_hosts_own_still() {
    let hall = hall(&["https://game.example", "https://two.example:8443"]);
    check_allowed(&hall, "Origin: https://game.example\r\n");
    check_allowed(&hall, "Origin: https://game.example:443\r\n");
    check_allowed(&hall, "Origin: https://two.example:8443\r\n");
    check_allowed(&hall, "Origin: http://localhost:8080\r\n");
    check_allowed(&hall, "");
    check_refused(&hall, "http://game.example");
    check_refused(&hall, "https://two.example");
    check_refused(&hall, "https://www.game.example");
}

#[test]
fn a_star_allows_every_page() {
    let hall = hall(&["*"]);
    check_allowed(&hall, "Origin: https://any.example\r\n");
    check_allowed(&hall, "Origin: null\r\n");
}

#[test]
fn a_refused_page_takes_no_id_and_no_place() {
    let hall = hall(&[]);
    for _ in 0..5 {
        check_refused(&hall, "https://evil.example");
    }
    assert_eq!(hall.join().1, 1);
}
