//! The limits of a request and of a connection, and the headers of all responses.

use guildhall_testing::api_client::{request, text};
use guildhall_testing::client::Client;

use super::{get, key, server};

#[test]
fn the_id_of_a_request_comes_back() {
    let server = server();
    let ask = |headers: &str| request(server.api(), "GET", "/health", headers, "");
    assert_eq!(
        ask("X-Request-Id: abc-1\r\n").header("x-request-id"),
        Some("abc-1")
    );
    let made = ask("").header("x-request-id").unwrap().to_owned();
    assert_eq!(made.len(), 32);
    assert_ne!(
        ask("X-Request-Id: a b\r\n").header("x-request-id"),
        Some("a b")
    );
    let refused = request(server.api(), "GET", "/rooms", "X-Request-Id: mine\r\n", "");
    refused.expect_problem(401, "unauthorized");
    assert_eq!(refused.json["request_id"], "mine");
}

#[test]
fn many_requests_go_over_one_connection_and_a_refused_body_ends_it() {
    let server = server();
    let mut client = Client::dial(server.api());
    for _ in 0..3 {
        client.send(text("GET", "/rooms", &key(), "").as_bytes());
        assert_eq!(client.response().status, 200);
    }
    // Without a key nothing of a body is read, and what follows is no request.
    let hidden = text("GET", "/rooms", &key(), "");
    client.send(text("POST", "/health", "", &hidden).as_bytes());
    let refused = client.response();
    assert_eq!(refused.status, 405);
    assert_eq!(refused.header("connection"), Some("close"));
    assert!(client.frame_or_end().is_none());
}

#[test]
fn headers_and_bodies_are_bounded() {
    let server = server();
    let ask = |headers: &str, body: &str| request(server.api(), "GET", "/rooms", headers, body);
    let long = format!("X-Long: {}\r\n", "x".repeat(20_000));
    assert_eq!(ask(&long, "").status, 431);
    let body = format!("\"{}\"", "x".repeat(64 * 1024));
    ask(&key(), &body).expect_problem(413, "too_large");
    let mut client = Client::dial(server.api());
    let head = format!(
        "GET /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n{}Content-Length: 99999999999\r\n\r\n",
        key()
    );
    client.send(head.as_bytes());
    assert_eq!(client.response().status, 413, "it is not even waited for");
}

#[test]
fn a_query_that_is_not_valid_says_what_is_wrong() {
    let server = server();
    for (path, word) in [
        ("/rooms?limit=0", "limit"),
        ("/rooms?limit=1001", "limit"),
        ("/rooms?limit=many", "limit"),
        ("/audit?from=9007199254740992", "from"),
        ("/rooms?limits=1", "limits"),
        ("/rooms?limit=1&limit=2", "limit"),
        ("/rooms/a%20b", "room"),
        ("/rooms/%ff", "UTF-8"),
        ("/rooms/lobby/history?before=1&after=1", "after"),
        ("/rooms/lobby/history?before=0", "before"),
        ("/search?text=x", "room"),
        ("/search?room=a&from=zz", "next"),
        ("/search?room=a&from=00", "next"),
        ("/users/x?by=id", "number"),
        ("/users/x?by=mail", "by"),
    ] {
        let refused = get(&server, path);
        refused.expect_problem(400, "bad_request");
        let detail = refused.json["detail"].as_str().unwrap();
        assert!(detail.contains(word), "{path}: {detail}");
    }
}
