//! Every code that the server closes with, as a client of `guildhall.v1` meets
//! it, while others chat on.

use std::time::Duration;

use guildhall_protocol::{CloseCode, Message as _, Packet, PacketBody, Ping, SUBPROTOCOL};
use guildhall_server::Config;
use guildhall_server::Deadlines;

use crate::bystanders::Bystanders;
use guildhall_testing::client::Client;
use guildhall_testing::test_server::{TestServer, brisk};
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::{self, BINARY, CLOSE, FIN, TEXT};

/// A packet with an empty `Ping`, as the server sends it.
const V1_PING: &[u8] = &[0xca, 0x01, 0];

/// A server that is soon out of patience with who is silent.
fn impatient() -> Config {
    let config = brisk();
    Config {
        deadlines: Deadlines {
            ping_after: Duration::from_millis(50),
            pong_within: Duration::from_millis(100),
            ..config.deadlines
        },
        ..config
    }
}

/// Makes the server, or the client, close with `code`, and reads to the end.
fn provoke(code: CloseCode) {
    if code == CloseCode::HeartbeatTimeout {
        return silent_client_is_closed();
    }
    let hall = TestServer::open();
    let others = Bystanders::of(&hall);
    let (mut culprit, welcome) = V1Client::in_room(hall.address(), "Culprit", "hall");
    let (mut witness, _) = V1Client::in_room(hall.address(), "Witness", "hall");
    let client = &mut culprit.client;
    match code {
        CloseCode::Normal => client.send_frame(CLOSE, &1000_u16.to_be_bytes()),
        CloseCode::GoingAway => {
            others.undisturbed();
            drop(witness);
            let reader = std::thread::spawn(move || culprit.client.expect_close(1001));
            drop(hall);
            return reader.join().expect("goodbye");
        }
        CloseCode::ProtocolError => {
            client.try_send(&wire::unmasked(FIN | BINARY, b"not masked"));
        }
        CloseCode::UnsupportedData => client.send_frame(TEXT, b"text"),
        CloseCode::InvalidPayload => client.send_frame(BINARY, &[0xff; 16]),
        CloseCode::PolicyViolation => client.send_frame(BINARY, V1_PING),
        CloseCode::MessageTooBig => {
            client.try_send(&wire::masked(FIN | BINARY, &vec![0; 16_385]));
        }
        CloseCode::SlowConsumer => {
            others.undisturbed();
            return slow_consumer_is_closed();
        }
        CloseCode::Replaced => {
            let last = culprit.last_request;
            let (mut again, resumed) = V1Client::resume(hall.address(), &welcome, last, 0);
            assert!(resumed.resumed);
            culprit.client.expect_close(3500);
            again.expect_quiet();
            witness.say("hall", "undisturbed");
            return others.undisturbed();
        }
        other => panic!("a code without a test: {other:?}"),
    }
    let (found, reason) = culprit.client.read_to_close();
    assert_eq!(found, Some(code.code()), "{reason}");
    witness.say("hall", "undisturbed");
    others.undisturbed();
}

fn silent_client_is_closed() {
    let hall = TestServer::with(impatient());
    let mut silent = V1Client::dial(hall.address()).client;
    let frame = silent.frame();
    assert_eq!((frame.opcode, frame.payload.as_slice()), (BINARY, V1_PING));
    silent.expect_close(3001);
}

fn slow_consumer_is_closed() {
    let hall = TestServer::with(Config {
        max_waiting: 20_000,
        ..Config::default()
    });
    let (mut ann, _) = V1Client::in_room(hall.address(), "Ann", "hall");
    let narrow = Client::dial_narrow(hall.address());
    let mut slow = V1Client::over(narrow);
    slow.welcome(guildhall_testing::v1_client::hello("Slow"))
        .unwrap();
    slow.join("hall");
    // More than the kernel's buffers and the outbox hold.
    let text = "x".repeat(4_000);
    for _ in 0..300 {
        ann.say("hall", &text);
    }
    slow.client.expect_close(3000);
    ann.say("hall", "undisturbed");
}

#[test]
fn every_code_is_provoked_and_nobody_else_notices() {
    CloseCode::ALL.into_iter().for_each(provoke);
}

#[test]
fn what_only_a_server_sends_or_the_tutorial_is_closed_with_1008() {
    let ping = Packet::from(PacketBody::Ping(Ping {})).encode_to_vec();
    assert_eq!(ping, V1_PING);
    for packet in [
        wire::chat(0, "hi"),
        wire::id(1),
        ping,
        // No arm, and an unknown one.
        vec![0x08, 0x01],
        vec![0xc2, 0x3e, 0x00],
    ] {
        let hall = TestServer::open();
        let (mut witness, _) = V1Client::in_room(hall.address(), "Witness", "lobby");
        let (mut culprit, _) = V1Client::in_room(hall.address(), "Culprit", "lobby");
        culprit.client.send_frame(BINARY, &packet);
        culprit.client.expect_close(1008);
        witness.say("lobby", "undisturbed");
    }
}

#[test]
fn what_is_no_packet_is_closed_with_1007() {
    for bytes in [
        &b""[..],
        b"{\"say\":\"hi\"}",
        &[0xff; 30],
        // A request that is cut short, and one whose text is not UTF-8.
        &[0xa2, 0x01, 0x05, 0x08],
        &[0xa2, 0x01, 0x06, 0x08, 0x01, 0x32, 0x03, 0x12, 0x01, 0xff],
    ] {
        let hall = TestServer::open();
        let mut culprit = V1Client::dial(hall.address());
        culprit.client.send_frame(BINARY, bytes);
        culprit.client.expect_close(1007);
    }
}

#[test]
fn a_client_that_answers_pings_stays() {
    let config = impatient();
    let deadlines = config.deadlines;
    let hall = TestServer::with(config);
    let mut client = V1Client::dial(hall.address());
    // Long enough to be closed by any of these deadlines.
    let start = std::time::Instant::now();
    while start.elapsed() < 4 * (deadlines.ping_after + deadlines.pong_within) {
        assert_eq!(client.client.frame().payload, V1_PING);
        client.pong();
    }
    let welcome = client
        .welcome(guildhall_testing::v1_client::hello("Ann"))
        .unwrap();
    assert_eq!(welcome.limits.unwrap().heartbeat_seconds, 0, "below one");
}

#[test]
fn the_subprotocol_is_taken_up_among_others() {
    let hall = TestServer::open();
    for offered in ["chat, guildhall.v1", "guildhall.v1,guildhall.v2"] {
        let mut client = Client::dial(hall.address());
        let header = format!("Sec-WebSocket-Protocol: {offered}\r\n");
        client.send(guildhall_testing::client::handshake(&header).as_bytes());
        client.expect_upgrade_to(Some(SUBPROTOCOL));
    }
    let mut client = Client::dial(hall.address());
    let header = "Sec-WebSocket-Protocol: guildhall.v2\r\n";
    client.send(guildhall_testing::client::handshake(header).as_bytes());
    client.expect_upgrade();
    client.expect_id();
}
