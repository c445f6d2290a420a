//! The paths other than the chat's.

use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;

#[test]
fn healthz_says_ok() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    // Two requests on one connection.
    for _ in 0..2 {
        let response = client.get("/healthz", "");
        assert_eq!((response.status, response.text()), (200, "ok\n"));
        assert_eq!(
            response.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
}

#[test]
fn an_unknown_path_is_answered_with_404() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    for path in ["/nothing", "/ws/", "/healthz/x", "/../Cargo.toml", "/%00"] {
        assert_eq!(client.get(path, "").status, 404, "{path}");
    }
}

#[test]
fn other_methods_are_answered_with_405() {
    let server = TestServer::open();
    for path in ["/", "/ws", "/healthz", "/nothing"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            let mut client = Client::dial(server.address());
            client.send(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
            let response = client.response();
            assert_eq!(response.status, 405, "{method} {path}");
            assert_eq!(response.header("allow"), Some("GET, HEAD"));
        }
    }
}

#[test]
fn the_server_does_not_wait_for_a_large_body() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    client.send(b"POST /ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n");
    assert_eq!(client.response().status, 405);
}

#[test]
fn head_is_get_without_a_body() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    client.send(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let response = client.response_head();
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-length"), Some("3"));
    // A body would be read as the next response.
    assert_eq!(client.get("/healthz", "").text(), "ok\n");
}
