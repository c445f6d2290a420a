//! Every code that the server closes with, as a client of `guildhall.v1` sees it,
//! while other clients chat.

use std::time::Duration;

use guildhall_protocol::{CloseCode, Message as _, Packet, PacketBody, Ping, Pong, SUBPROTOCOL};
use guildhall_server::Config;
use guildhall_server::Deadlines;

use crate::bystanders::Bystanders;
use crate::heartbeat;
use guildhall_testing::client::Client;
use guildhall_testing::test_server::{TestServer, brisk, unpaced};
use guildhall_testing::v1_client::{self, V1Client};
use guildhall_testing::wire::{self, BINARY, CLOSE, FIN, TEXT};

/// The server's packet with an empty `Ping`.
const V1_PING: &[u8] = &[0xca, 0x01, 0];

/// Settings that close a silent client soon: it is pinged after 50 ms, and has to
/// answer within `pong_within`.
fn impatient(pong_within: Duration) -> Config {
    let config = brisk();
    Config {
        deadlines: Deadlines {
            ping_after: Duration::from_millis(50),
            pong_within,
            ..config.deadlines
        },
        ..config
    }
}

/// Makes the server or the client close with `code`, and reads to the end.
fn provoke(code: CloseCode) {
    if code == CloseCode::HeartbeatTimeout {
        return silent_client_is_closed();
    }
    let server = TestServer::open();
    let others = Bystanders::of(&server);
    let (mut culprit, welcome) = V1Client::in_room(server.address(), "Culprit", "hall");
    let (mut observer, _) = V1Client::in_room(server.address(), "Observer", "hall");
    let client = &mut culprit.client;
    match code {
        CloseCode::Normal => client.send_frame(CLOSE, &1000_u16.to_be_bytes()),
        CloseCode::GoingAway => {
            others.undisturbed();
            drop(observer);
            let reader = std::thread::spawn(move || culprit.client.expect_close(1001));
            drop(server);
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
            let (mut again, resumed) = V1Client::resume(server.address(), &welcome, last, 0);
            assert!(resumed.resumed);
            culprit.client.expect_close(3500);
            again.expect_quiet();
            observer.say("hall", "undisturbed");
            return others.undisturbed();
        }
        // Servers with keys and with strict rates have tests of their own.
        CloseCode::TokenExpired
        | CloseCode::Flooded
        | CloseCode::BadToken
        | CloseCode::TokenRevoked
        | CloseCode::Banned
        | CloseCode::Kicked => return others.undisturbed(),
        other => panic!("no test provokes the code {other:?}"),
    }
    let (found, reason) = culprit.client.read_to_close();
    assert_eq!(found, Some(code.code()), "{reason}");
    observer.say("hall", "undisturbed");
    others.undisturbed();
}

fn silent_client_is_closed() {
    let server = TestServer::with(impatient(Duration::from_millis(100)));
    let mut silent = V1Client::dial(server.address()).client;
    let frame = silent.frame();
    assert_eq!((frame.opcode, frame.payload.as_slice()), (BINARY, V1_PING));
    silent.expect_close(3001);
}

fn slow_consumer_is_closed() {
    // A member that reads slowly is spared lines. One that reads nothing is closed.
    let config = brisk();
    let server = TestServer::with(Config {
        max_waiting: 20_000,
        rooms: unpaced(),
        deadlines: Deadlines {
            read_within: Duration::from_millis(300),
            ping_after: Duration::from_secs(1),
            pong_within: Duration::from_mins(1),
            ..config.deadlines
        },
        ..config
    });
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let narrow = Client::dial_narrow(server.address());
    let mut slow = V1Client::over(narrow);
    slow.welcome(guildhall_testing::v1_client::hello("Slow"))
        .unwrap();
    slow.join("hall");
    // More bytes than the kernel's buffers and the outbox hold.
    let text = "x".repeat(4_000);
    for _ in 0..300 {
        ann.say("hall", &text);
    }
    // This client tells the server's time: the sweep that pings it after a second has
    // closed the slow client, if no sweep before has.
    let mut clock = V1Client::dial(server.address()).client;
    assert_eq!(clock.frame().payload, V1_PING);
    slow.client.expect_close(3000);
    ann.say("hall", "undisturbed");
}

#[test]
fn every_code_is_provoked_without_disturbing_other_clients() {
    CloseCode::ALL.into_iter().for_each(provoke);
}

#[test]
fn packets_of_a_server_or_of_the_tutorial_are_closed_with_1008() {
    let ping = Packet::from(PacketBody::Ping(Ping {})).encode_to_vec();
    assert_eq!(ping, V1_PING);
    for packet in [
        wire::chat(0, "hi"),
        wire::id(1),
        ping,
        // No body, and an unknown one.
        vec![0x08, 0x01],
        vec![0xc2, 0x3e, 0x00],
    ] {
        let server = TestServer::open();
        let (mut observer, _) = V1Client::in_room(server.address(), "Observer", "lobby");
        let (mut culprit, _) = V1Client::in_room(server.address(), "Culprit", "lobby");
        culprit.client.send_frame(BINARY, &packet);
        culprit.client.expect_close(1008);
        observer.say("lobby", "undisturbed");
    }
}

#[test]
fn bytes_that_are_not_a_packet_are_closed_with_1007() {
    for bytes in [
        &b""[..],
        b"{\"say\":\"hi\"}",
        &[0xff; 30],
        // A truncated request, and one whose text is not UTF-8.
        &[0xa2, 0x01, 0x05, 0x08],
        &[0xa2, 0x01, 0x06, 0x08, 0x01, 0x32, 0x03, 0x12, 0x01, 0xff],
    ] {
        let server = TestServer::open();
        let mut culprit = V1Client::dial(server.address());
        culprit.client.send_frame(BINARY, bytes);
        culprit.client.expect_close(1007);
    }
}

#[test]
fn a_client_that_answers_pings_stays() {
    let config = impatient(Duration::from_secs(1));
    let deadlines = config.deadlines;
    let server = TestServer::with(config);
    let pong = Packet::from(PacketBody::Pong(Pong {})).encode_to_vec();
    let pong = wire::masked(FIN | BINARY, &pong);
    let mut client = heartbeat::stay(
        &deadlines,
        || V1Client::dial(server.address()),
        |V1Client { client, .. }| match client.frame_or_end() {
            Some(frame) if frame.opcode == CLOSE => {
                assert_eq!(frame.payload[..2], 3001_u16.to_be_bytes());
                false
            }
            Some(frame) => {
                assert_eq!((frame.opcode, &*frame.payload), (BINARY, V1_PING));
                client.try_send(&pong)
            }
            None => panic!("the server hung up without a close"),
        },
    );
    let welcome = client
        .welcome(guildhall_testing::v1_client::hello("Ann"))
        .unwrap();
    assert_eq!(welcome.limits.unwrap().heartbeat_seconds, 0, "below one");
}

#[test]
fn the_subprotocol_is_chosen_among_others() {
    let server = TestServer::open();
    for offered in ["chat, guildhall.v1", "guildhall.v1,guildhall.v2"] {
        let mut client = Client::dial(server.address());
        let header = format!("Sec-WebSocket-Protocol: {offered}\r\n");
        client.send(guildhall_testing::client::handshake(&header).as_bytes());
        client.expect_upgrade_to(Some(SUBPROTOCOL));
    }
    let mut client = Client::dial(server.address());
    let header = "Sec-WebSocket-Protocol: guildhall.v2\r\n";
    client.send(guildhall_testing::client::handshake(header).as_bytes());
    client.expect_upgrade();
    client.expect_id();
}

#[test]
fn a_client_that_says_no_hello_is_closed_with_3001() {
    let config = brisk();
    let server = TestServer::with(Config {
        deadlines: Deadlines {
            hello_within: Duration::from_millis(200),
            ..config.deadlines
        },
        ..config
    });
    let (mut welcome, _) = V1Client::in_room(server.address(), "Welcome", "hall");
    let mut silent = V1Client::dial(server.address());
    // Neither a refused hello nor another request helps.
    let mut refused = V1Client::dial(server.address());
    let long = "n".repeat(1_000);
    refused.welcome(v1_client::hello(&long)).unwrap_err();
    let mut other = V1Client::dial(server.address());
    other.ask(v1_client::say("hall", "no hello")).unwrap_err();
    for client in [&mut silent, &mut refused, &mut other] {
        let (code, reason) = client.client.read_to_close();
        assert_eq!(code, Some(3001));
        assert!(reason.contains("hello"), "{reason}");
    }
    assert_eq!(welcome.say("hall", "still here").text, "still here");
}
