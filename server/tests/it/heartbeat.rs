//! Pings for the silent, and the end of those who do not answer.

use std::time::{Duration, Instant};

use guildhall_server::Caps;
use guildhall_server::Config;
use guildhall_server::Deadlines;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::{TestServer, brisk};
use guildhall_testing::wire::{BINARY, CLOSE, Frame, PING, PONG, eventually};

const MINUTE: Duration = Duration::from_mins(1);

fn config(ping_after: Duration, pong_within: Duration) -> Config {
    let config = brisk();
    Config {
        deadlines: Deadlines {
            ping_after,
            pong_within,
            // For those who do not answer the close.
            close_within: Duration::from_millis(500),
            ..config.deadlines
        },
        ..config
    }
}

/// Answers pings until `count` of them have come.
fn answer(client: &mut Client, count: u32) {
    let mut pings = 0;
    while pings < count {
        let frame = client.frame();
        match frame.opcode {
            PING => {
                pings += 1;
                client.send_frame(PONG, &frame.payload);
            }
            BINARY => {}
            _ => panic!("closed in spite of its pongs: {frame:?}"),
        }
    }
}

#[test]
fn a_silent_client_is_pinged_and_then_closed() {
    let (ping_after, pong_within) = (Duration::from_millis(200), Duration::from_millis(300));
    let hall = TestServer::with(config(ping_after, pong_within));
    let start = Instant::now();
    let (mut one, _) = hall.join();
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
    let (ping_after, pong_within) = (Duration::from_millis(40), Duration::from_secs(2));
    let hall = TestServer::with(config(ping_after, pong_within));
    let (mut one, _) = hall.join();
    let start = Instant::now();
    // Long enough to be closed by any of these deadlines.
    while start.elapsed() < ping_after + pong_within {
        answer(&mut one, 10);
    }
    let (mut two, _) = hall.join();
    one.say("alive");
    two.expect_chat(1, "alive");
}

#[test]
fn whatever_a_client_sends_is_a_sign_of_life() {
    let (ping_after, pong_within) = (Duration::from_millis(40), Duration::from_secs(2));
    let hall = TestServer::with(config(ping_after, pong_within));
    let (mut one, _) = hall.join();
    let start = Instant::now();
    while start.elapsed() < ping_after + pong_within {
        // An empty line instead of a pong; it is ignored as a chat.
        assert_eq!(one.frame(), Frame::whole(PING, []));
        one.send_frame(BINARY, &[0x12, 0x00]);
    }
    assert_eq!(one.frame(), Frame::whole(PING, []), "pinged, not closed");
}

#[test]
fn a_client_that_goes_on_listening_is_pinged_all_the_same() {
    let hall = TestServer::with(config(Duration::from_millis(300), MINUTE));
    let (mut one, mut two) = hall.pair();
    // Chat that it gets says nothing about its own health.
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
fn who_ignores_a_close_is_cut_off_in_time() {
    let config = config(Duration::from_millis(20), Duration::from_millis(20));
    let hall = TestServer::with(Config {
        caps: Caps {
            total: 1,
            per_address: 0,
        },
        ..config
    });
    let (mut one, _) = hall.join();
    assert_eq!(one.frame(), Frame::whole(PING, []));
    assert_eq!(one.frame().opcode, CLOSE);
    // It holds on to its socket; its place is free all the same.
    eventually("its place", || {
        let mut next = Client::dial(hall.address());
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
    assert!(Config::default().sweep_every <= Duration::from_secs(1));
}
