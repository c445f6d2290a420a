//! Handshakes: which of them succeed, and how the server answers the others.

use std::time::{Duration, Instant};

use crate::bystanders::Bystanders;
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::{self, BINARY, FIN, Frame, PATIENCE, PING, PONG};

/// The server's deadline for the headers of a request.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);

#[test]
fn frames_in_the_handshakes_segment_are_not_lost() {
    let server = TestServer::open();
    let (mut one, _) = server.join();
    for round in 2..12 {
        let mut client = Client::dial(server.address());
        let mut bytes = handshake("").into_bytes();
        bytes.extend(wire::masked(FIN | BINARY, &wire::chat(0, "early")));
        bytes.extend(wire::masked(FIN | PING, b"early too"));
        client.send(&bytes);
        client.expect_upgrade();
        assert_eq!(client.expect_id(), round);
        assert_eq!(client.frame(), Frame::whole(PONG, *b"early too"));
        one.expect_chat(round, "early");
    }
}

#[test]
fn half_a_frame_in_the_handshakes_segment_is_completed_later() {
    let server = TestServer::open();
    let (mut one, _) = server.join();
    let frame = wire::masked(FIN | BINARY, &wire::chat(0, "in two halves"));
    let (now, later) = frame.split_at(5);
    let mut two = Client::dial(server.address());
    two.send(&[handshake("").as_bytes(), now].concat());
    two.expect_upgrade();
    assert_eq!(two.expect_id(), 2);
    two.send(later);
    one.expect_chat(2, "in two halves");
}

#[test]
fn a_handshake_byte_by_byte_works() {
    let server = TestServer::open();
    let mut one = Client::dial(server.address());
    for byte in handshake("").bytes() {
        one.send(&[byte]);
    }
    one.expect_upgrade();
    assert_eq!(one.expect_id(), 1);
}

#[test]
fn a_handshake_behind_another_request_works() {
    let server = TestServer::open();
    let mut one = Client::dial(server.address());
    assert_eq!(one.get("/healthz", "").status, 200);
    let (mut one, _) = one.joined();
    let (mut two, _) = server.join();
    two.say("hello");
    one.expect_chat(2, "hello");
}

#[test]
fn a_silent_or_slow_client_is_closed_at_the_header_deadline() {
    let server = TestServer::open();
    let others = Bystanders::of(&server);
    let start = Instant::now();
    let mut silent = Client::dial(server.address());
    let mut begun = Client::dial(server.address());
    begun.send(&handshake("").as_bytes()[..40]);
    // A client that always has another byte.
    let mut drip = Client::dial(server.address());
    let mut bytes = handshake(&"X-Padding: x\r\n".repeat(100)).into_bytes();
    bytes.truncate(1000);
    let mut left = bytes.iter();
    while drip.is_open() {
        drip.try_send(&[*left.next().expect("closed before the last byte")]);
        std::thread::sleep(Duration::from_millis(50));
        assert!(
            start.elapsed() < PATIENCE,
            "a slow client keeps a socket open"
        );
    }
    // Not before the deadline: clients on slow lines need the time.
    assert!(start.elapsed() >= HEADERS_WITHIN);
    assert!(silent.ends_silently());
    assert!(begun.ends_silently());
    others.undisturbed();
}

#[test]
fn headers_above_16_kib_are_answered_with_431() {
    let server = TestServer::open();
    let padding = format!("X-Padding: {}\r\n", "x".repeat(20_000));
    let mut client = Client::dial(server.address());
    client.try_send(handshake(&padding).as_bytes());
    assert_eq!(client.response().status, 431);
    // Headers below the limit are accepted.
    let padding = format!("X-Padding: {}\r\n", "x".repeat(8_000));
    let mut client = Client::dial(server.address());
    client.send(handshake(&padding).as_bytes());
    client.expect_upgrade();
}

#[test]
fn bytes_that_are_not_http_are_answered_with_400() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    client.send(b"\x16\x03\x01\x02\x00\x01 this is TLS\r\n\r\n");
    assert_eq!(client.response().status, 400);
}

#[test]
fn a_plain_get_of_the_chat_is_answered_with_426() {
    let server = TestServer::open();
    let response = Client::dial(server.address()).get("/ws", "");
    assert_eq!(response.status, 426);
    assert_eq!(response.header("upgrade"), Some("websocket"));
    assert_eq!(response.header("connection"), Some("upgrade"));
    assert_eq!(response.header("sec-websocket-version"), Some("13"));
    assert!(response.text().contains("ws://"), "{}", response.text());
}

#[test]
fn an_invalid_handshake_is_answered_with_426() {
    let server = TestServer::open();
    let good = handshake("");
    for (part, other) in [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"),
        ("Sec-WebSocket-Version: 13\r\n", ""),
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("Connection: Upgrade", "Connection: keep-alive"),
        ("Sec-WebSocket-Key", "X-Key"),
    ] {
        let bad = good.replacen(part, other, 1);
        assert_ne!(bad, good);
        let mut client = Client::dial(server.address());
        client.send(bad.as_bytes());
        assert_eq!(client.response().status, 426, "{other}");
    }
}

#[test]
fn a_connection_lives_on_after_a_refused_handshake() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    assert_eq!(client.get("/ws", "").status, 426);
    let (_, id) = client.joined();
    assert_eq!(id, 1, "a refused handshake takes no ID");
}

#[test]
fn an_unknown_subprotocol_or_extension_is_not_chosen() {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    let offers = "Sec-WebSocket-Protocol: guildhall.v9\r\n\
                  Sec-WebSocket-Extensions: permessage-deflate\r\n";
    client.send(handshake(offers).as_bytes());
    // Also checks that neither is in the answer.
    client.expect_upgrade();
    assert_eq!(client.expect_id(), 1);
}

#[test]
fn headers_of_a_handshake_are_lists() {
    let server = TestServer::open();
    for (connection, upgrade) in [
        ("Connection: keep-alive\r\nConnection: Upgrade", "websocket"),
        ("Connection: keep-alive,\tUpgrade", "websocket"),
        ("Connection: Upgrade", "websocket, h2c"),
    ] {
        let usual = handshake("");
        let lines = usual.lines().filter(|line| {
            let name = line.split(':').next().unwrap_or_default();
            !name.eq_ignore_ascii_case("connection") && !name.eq_ignore_ascii_case("upgrade")
        });
        let others: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        let request = format!(
            "{}\r\n{connection}\r\nUpgrade: {upgrade}\r\n\r\n",
            others.join("\r\n")
        );
        let mut client = Client::dial(server.address());
        client.send(request.as_bytes());
        client.expect_upgrade();
        client.expect_id();
    }
}
