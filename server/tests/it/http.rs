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

#[test]
fn every_response_tells_the_browser_to_do_nothing_with_it() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    for path in ["/", "/healthz", "/ws", "/nothing"] {
        let response = client.get(path, "");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(response.header(name), Some(value), "{path}");
        }
        let permissions = response.header("permissions-policy").expect("a policy");
        assert!(permissions.contains("camera=()"), "{permissions}");
        let policy = response.header("content-security-policy").expect(path);
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[test]
fn a_request_with_a_body_is_answered_and_the_body_is_not_read() {
    let server = TestServer::open();
    for (head, status) in [
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n",
            400,
        ),
        (
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
            405,
        ),
        ("GET / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n", 400),
    ] {
        let mut client = Client::dial(server.address());
        client.send(head.as_bytes());
        let response = client.response();
        assert_eq!(response.status, status, "{head}");
        assert_eq!(response.header("connection"), Some("close"), "{head}");
        assert!(client.ends_silently(), "{head}");
    }
    // A length of 0 is no body.
    let mut client = Client::dial(server.address());
    let response = client.get("/healthz", "Content-Length: 0\r\n");
    assert_eq!(
        (response.status, response.header("connection")),
        (200, None)
    );
}

#[test]
fn a_connection_ends_after_a_hundred_requests() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.send(request.repeat(100).as_bytes());
    for number in 1..=100 {
        let response = client.response();
        assert_eq!((response.status, response.text()), (200, "ok\n"));
        let expected = (number == 100).then_some("close");
        assert_eq!(response.header("connection"), expected, "request {number}");
    }
    assert!(client.ends_silently());
}
