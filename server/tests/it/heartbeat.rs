//! Pings for silent clients, and the close of those that do not answer.

use std::time::{Duration, Instant};

use guildhall_server::Caps;
use guildhall_server::Config;
use guildhall_server::Deadlines;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::{TestServer, brisk};
use guildhall_testing::wire::{self, BINARY, CLOSE, FIN, Frame, PING, PONG, eventually};

const MINUTE: Duration = Duration::from_mins(1);

fn config(ping_after: Duration, pong_within: Duration) -> Config {
    let config = brisk();
    Config {
        deadlines: Deadlines {
            ping_after,
            pong_within,
            // For a client that does not answer the close.
            close_within: Duration::from_millis(500),
            ..config.deadlines
        },
        ..config
    }
}

/// Keeps a client alive for longer than the deadlines: `keep_alive` has to read a
/// ping and answer it, and returns false if the server closes instead. Returns the
/// client.
///
/// A busy machine may stop this process, or the server, for so long that an answer
/// is late. Then the server is right to close, and the test starts again with a new
/// client. It fails if the server closes although the answers were in time.
#[track_caller]
pub(crate) fn stay<C>(
    deadlines: &Deadlines,
    connect: impl Fn() -> C,
    mut keep_alive: impl FnMut(&mut C) -> bool,
) -> C {
    let lifetime = deadlines.ping_after + deadlines.pong_within;
    'attempts: for _ in 0..20 {
        let start = Instant::now();
        let mut client = connect();
        // When the last two answers were sent. The ping that the server misses an
        // answer to was sent after the earlier one.
        let (mut earlier, mut last) = (start, start);
        while start.elapsed() < 2 * lifetime {
            if !keep_alive(&mut client) {
                assert!(
                    earlier.elapsed() >= deadlines.pong_within,
                    "closed although every ping was answered in time"
                );
                continue 'attempts;
            }
            (earlier, last) = (last, Instant::now());
        }
        return client;
    }
    panic!("the machine is too busy for any answer to be in time");
}

/// Reads a ping. Returns false if the server closes instead.
fn is_pinged(client: &mut Client) -> bool {
    loop {
        match client.frame_or_end() {
            Some(frame) if frame.opcode == PING => {
                assert_eq!(frame, Frame::whole(PING, []));
                return true;
            }
            Some(frame) if frame.opcode == BINARY => {}
            Some(frame) if frame.opcode == CLOSE => {
                assert_eq!(frame.payload[..2], 3001_u16.to_be_bytes());
                return false;
            }
            other => panic!("neither a ping nor a close: {other:?}"),
        }
    }
}

#[test]
fn a_silent_client_is_pinged_and_then_closed() {
    let (ping_after, pong_within) = (Duration::from_millis(200), Duration::from_millis(300));
    let server = TestServer::with(config(ping_after, pong_within));
    let start = Instant::now();
    let (mut one, _) = server.join();
    assert_eq!(one.frame(), Frame::whole(PING, []));
    assert!(start.elapsed() >= ping_after);
    let frame = one.frame();
    assert_eq!(frame.opcode, CLOSE);
    assert_eq!(frame.payload[..2], 3001_u16.to_be_bytes());
    assert!(start.elapsed() >= ping_after + pong_within);
    assert_eq!(one.frame_or_end(), None);
}

#[test]
fn a_client_that_answers_stays() {
    let config = config(Duration::from_millis(40), Duration::from_secs(1));
    let deadlines = config.deadlines;
    let server = TestServer::with(config);
    let mut one = stay(
        &deadlines,
        || server.join().0,
        |client| is_pinged(client) && client.try_send(&wire::masked(FIN | PONG, &[])),
    );
    let (mut two, id) = server.join();
    two.say("are you there?");
    loop {
        let frame = one.frame();
        if frame.opcode != PING {
            assert_eq!(
                frame,
                Frame::whole(BINARY, wire::chat(id, "are you there?"))
            );
            break;
        }
    }
}

#[test]
fn any_message_of_a_client_is_a_sign_of_life() {
    let config = config(Duration::from_millis(40), Duration::from_secs(1));
    let deadlines = config.deadlines;
    let server = TestServer::with(config);
    // An empty chat instead of a pong. The server ignores its text.
    let empty = wire::masked(FIN | BINARY, &[0x12, 0x00]);
    let mut one = stay(
        &deadlines,
        || server.join().0,
        |client| is_pinged(client) && client.try_send(&empty),
    );
    assert!(is_pinged(&mut one), "pinged, not closed");
}

#[test]
fn a_client_that_only_receives_is_pinged() {
    let server = TestServer::with(config(Duration::from_millis(300), MINUTE));
    let (mut one, mut two) = server.pair();
    // Chat that a client gets does not show that the client works.
    let mut pinged = false;
    let start = Instant::now();
    while !pinged {
        assert!(start.elapsed() < Duration::from_secs(10));
        two.say("are you there?");
        let frame = one.frame();
        pinged = frame.opcode == PING;
    }
}

#[test]
fn a_client_that_ignores_a_close_is_cut_off_in_time() {
    let config = config(Duration::from_millis(20), Duration::from_millis(20));
    let server = TestServer::with(Config {
        caps: Caps {
            total: 1,
            per_address: 0,
        },
        ..config
    });
    let (mut one, _) = server.join();
    assert_eq!(one.frame(), Frame::whole(PING, []));
    assert_eq!(one.frame().opcode, CLOSE);
    // The client keeps its socket, and its place is free nevertheless.
    eventually("a free place", || {
        let mut next = Client::dial(server.address());
        next.send(guildhall_testing::client::handshake("").as_bytes());
        (next.response().status == 101).then_some(())
    });
    eventually("a broken connection", || {
        (!one.try_send(b"x")).then_some(())
    });
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let deadlines = Config::default().deadlines;
    assert_eq!(deadlines.ping_after, Duration::from_secs(25));
    assert_eq!(deadlines.pong_within, Duration::from_secs(10));
    assert_eq!(deadlines.read_within, Duration::from_secs(10));
    assert_eq!(deadlines.close_within, Duration::from_secs(10));
    assert_eq!(deadlines.hello_within, Duration::from_secs(10));
    assert!(Config::default().sweep_every <= Duration::from_secs(1));
}
