//! Clients that do not read: closed with 3000, told the truth, and never
//! waited for.

use std::time::Duration;

use guildhall_server::Caps;
use guildhall_server::Config;
use guildhall_server::Deadlines;

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::{TestServer, brisk};
use guildhall_testing::wire::{self, BINARY, CLOSE, FIN, PING, eventually};

const MINUTE: Duration = Duration::from_mins(1);

/// Line `n`, of 16 KiB, so that a kernel's buffers hold few of them.
fn line(n: usize) -> String {
    format!("{n} {}", "x".repeat(16_000))
}

/// One says `count` lines and two hears them all.
fn talk(one: &mut Client, two: &mut Client, count: usize) {
    for n in 0..count {
        one.say(&line(n));
        two.expect_chat(1, &line(n));
    }
}

/// Reads lines in order until something else comes: how many there were, and
/// what came then.
fn read_lines(client: &mut Client) -> (usize, Option<wire::Frame>) {
    let mut count = 0;
    loop {
        match client.frame_or_end() {
            Some(frame) if frame.opcode == BINARY => {
                assert_eq!(wire::parse_chat(&frame.payload), (1, line(count)));
                count += 1;
            }
            Some(frame) if frame.opcode == PING => {}
            other => return (count, other),
        }
    }
}

#[track_caller]
fn assert_is_close_3000(frame: Option<wire::Frame>) {
    let frame = frame.expect("a close frame");
    assert_eq!(frame.opcode, CLOSE, "{frame:?}");
    assert_eq!(frame.payload[..2], 3000_u16.to_be_bytes());
    assert!(frame.payload.len() > 2, "a close has a reason in words");
}

fn narrow(hall: &TestServer) -> Client {
    Client::dial_narrow(hall.address()).joined().0
}

#[test]
fn too_much_waiting_ends_in_3000_behind_whole_frames_in_order() {
    const LINES: usize = 60;
    let hall = TestServer::with(Config {
        max_waiting: 256 * 1024,
        ..Config::default()
    });
    let (mut one, mut two) = hall.pair();
    let mut slow = narrow(&hall);
    // Nearly 1 MiB: far more than sockets and outbox hold for one.
    talk(&mut one, &mut two, LINES);
    let (count, then) = read_lines(&mut slow);
    assert!(0 < count && count < LINES, "{count} lines");
    assert_is_close_3000(then);
    assert_eq!(slow.frame_or_end(), None, "nothing comes behind the close");
    one.say("on we go");
    two.expect_chat(1, "on we go");
}

#[test]
fn a_pause_within_the_limits_loses_nothing() {
    const LINES: usize = 50;
    let hall = TestServer::open();
    let (mut one, mut two) = hall.pair();
    let mut pausing = narrow(&hall);
    // More than sockets hold, less than may wait.
    talk(&mut one, &mut two, LINES);
    for n in 0..LINES {
        pausing.expect_chat(1, &line(n));
    }
    // It is a full member again, both ways.
    one.say("there you are");
    pausing.expect_chat(1, "there you are");
    two.expect_chat(1, "there you are");
    pausing.say("here I am");
    two.expect_chat(3, "here I am");
}

#[test]
fn a_pause_that_ends_while_others_talk_loses_nothing() {
    const LINES: usize = 400;
    let hall = TestServer::with(Config {
        max_waiting: 16 * 1024 * 1024,
        ..Config::default()
    });
    let (mut one, mut two) = hall.pair();
    let mut pausing = narrow(&hall);
    talk(&mut one, &mut two, LINES / 2);
    let reading = std::thread::spawn(move || {
        for n in 0..LINES {
            pausing.expect_chat(1, &line(n));
        }
    });
    for n in LINES / 2..LINES {
        one.say(&line(n));
        two.expect_chat(1, &line(n));
    }
    reading.join().expect("every line in order");
}

#[test]
fn taking_nothing_for_too_long_ends_in_3000() {
    let config = brisk();
    let hall = TestServer::with(Config {
        deadlines: Deadlines {
            read_within: Duration::from_millis(300),
            ping_after: Duration::from_secs(1),
            pong_within: MINUTE,
            close_within: MINUTE,
        },
        ..config
    });
    let (mut one, mut two) = hall.pair();
    let mut slow = narrow(&hall);
    talk(&mut one, &mut two, 40);
    // A clock of the server's own: whoever joins now is pinged after a second,
    // in a sweep that closed the slow one, if no sweep before it did.
    let (mut clock, _) = hall.join();
    assert_eq!(clock.frame().opcode, PING);
    let (count, then) = read_lines(&mut slow);
    // Less than the limit in bytes waited: whole lines are gone, not the
    // order.
    assert!(0 < count && count < 40, "{count} lines");
    assert_is_close_3000(then);
    assert_eq!(slow.frame_or_end(), None);
}

#[test]
fn who_never_reads_again_is_cut_off_and_its_place_is_free() {
    let config = brisk();
    let hall = TestServer::with(Config {
        caps: Caps {
            total: 3,
            per_address: 0,
        },
        max_waiting: 64 * 1024,
        deadlines: Deadlines {
            close_within: Duration::from_millis(300),
            ..config.deadlines
        },
        ..config
    });
    let (mut one, mut two) = hall.pair();
    let _slow = narrow(&hall);
    talk(&mut one, &mut two, 40);
    eventually("the place of the one who never reads", || {
        let mut next = Client::dial(hall.address());
        next.send(handshake("").as_bytes());
        (next.response().status == 101).then_some(())
    });
}

#[test]
fn pings_that_nobody_reads_the_pongs_of_are_bounded_too() {
    let hall = TestServer::narrow(Config {
        max_waiting: 64 * 1024,
        ..Config::default()
    });
    let (mut one, mut two) = hall.pair();
    let mut slow = narrow(&hall);
    // A megabyte: when the last ping is written, the server has answered
    // nearly all. It reads on whether or not somebody else does.
    let pings = wire::masked(FIN | PING, &[b'p'; 125]).repeat(8_000);
    slow.try_send(&pings);
    let (code, _) = slow.read_to_close();
    assert_eq!(code, Some(3000));
    one.say("undisturbed");
    two.expect_chat(1, "undisturbed");
}

#[test]
fn many_slow_readers_delay_nobody() {
    let hall = TestServer::with(Config {
        max_waiting: 256 * 1024,
        ..Config::default()
    });
    let (mut one, mut two) = hall.pair();
    let mut slow: Vec<_> = (0..30).map(|_| narrow(&hall)).collect();
    talk(&mut one, &mut two, 60);
    for reader in &mut slow {
        let (count, then) = read_lines(reader);
        assert!(0 < count && count < 60, "{count} lines");
        assert_is_close_3000(then);
    }
}
