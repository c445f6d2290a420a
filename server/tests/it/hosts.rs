//! The hosts by which the server may be called.

use guildhall_server::Config;

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;

fn config(allowed: &[&str]) -> Config {
    Config {
        allowed_hosts: allowed.iter().map(|text| text.parse().unwrap()).collect(),
        ..Config::default()
    }
}

/// The status of a page, of `/healthz` and of a handshake whose headers have these lines
/// for a host.
#[track_caller]
fn check(server: &TestServer, hosts: &str, expected: [u16; 3]) {
    let mut client = Client::dial(server.address());
    let found = ["/nothing", "/healthz", "/ws"].map(|path| {
        let handshake = handshake("").replace("Host: localhost:8080\r\n", hosts);
        client.send(handshake.replace("/ws", path).as_bytes());
        if expected == [404, 200, 101] && path == "/ws" {
            client.expect_upgrade();
            return 101;
        }
        let response = client.response();
        if response.status == 421 {
            assert!(
                response.text().contains("--allow-host "),
                "{}",
                response.text()
            );
        }
        response.status
    });
    assert_eq!(found, expected, "{hosts}");
}

const ALLOWED: [u16; 3] = [404, 200, 101];
const REFUSED: [u16; 3] = [421, 421, 421];
const BAD: [u16; 3] = [400, 400, 400];

#[test]
fn a_loopback_server_answers_to_localhost_and_addresses() {
    let server = TestServer::open();
    check(&server, "Host: localhost:8080\r\n", ALLOWED);
    check(&server, "Host: 127.0.0.1:8080\r\n", ALLOWED);
    check(&server, "Host: [::1]\r\n", ALLOWED);
    check(&server, "Host: game.localhost\r\n", ALLOWED);
    check(&server, "Host: evil.example:8080\r\n", REFUSED);
    check(&server, "Host: localhost.evil.example\r\n", REFUSED);
    // A page of the other host, too, which its browser takes for the server's own.
    let own = "Host: evil.example:8080\r\nOrigin: http://evil.example:8080\r\n";
    check(&server, own, REFUSED);
}

#[test]
fn a_server_answers_to_the_names_that_it_has() {
    let server = TestServer::with(config(&["chat.example"]));
    check(&server, "Host: Chat.Example:443\r\n", ALLOWED);
    check(&server, "Host: localhost\r\n", ALLOWED);
    check(&server, "Host: www.chat.example\r\n", REFUSED);
    let server = TestServer::with(config(&["*"]));
    check(&server, "Host: any.example\r\n", ALLOWED);
}

#[test]
fn a_request_has_one_host() {
    let server = TestServer::open();
    check(&server, "", BAD);
    check(&server, "Host: localhost\r\nHost: localhost\r\n", BAD);
    check(&server, "Host: localhost\r\nHost: evil.example\r\n", BAD);
    check(&server, "Host: \r\n", BAD);
    check(&server, "Host: a@localhost\r\n", BAD);
    check(&server, "Host: localhost:http\r\n", BAD);
}

#[test]
fn a_host_in_the_request_line_counts() {
    let server = TestServer::open();
    let get = |line: &str| {
        let mut client = Client::dial(server.address());
        client.send(format!("GET {line}\r\n\r\n").as_bytes());
        client.response_head().status
    };
    assert_eq!(
        get("http://evil.example/healthz HTTP/1.1\r\nHost: localhost"),
        421
    );
    assert_eq!(
        get("http://localhost/healthz HTTP/1.1\r\nHost: evil.example"),
        200
    );
    assert_eq!(get("http://localhost/healthz HTTP/1.1"), 400);
}

#[test]
fn a_health_check_of_http_1_0_needs_no_host() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    client.send(b"GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!(client.response_head().status, 200);
}
