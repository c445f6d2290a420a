//! Deadlines and closes of one connection.

use super::*;
use crate::outgoing::test_wire::TestWire;
use guildhall_protocol::Packet;
use std::sync::atomic::Ordering;

const DEADLINES: Deadlines = Deadlines {
    ping_after: Duration::from_secs(25),
    pong_within: Duration::from_secs(10),
    read_within: Duration::from_secs(10),
    close_within: Duration::from_secs(5),
    hello_within: Duration::from_secs(10),
};

fn connection(now: Instant) -> Connection<TestWire> {
    Connection::new(
        ConnectionId(1),
        Protocol::Tutorial,
        TestWire::open(),
        1_000,
        now,
    )
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn a_silent_client_is_pinged_then_closed_then_cut() {
    let start = Instant::now();
    let connection = connection(start);
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(24));
    assert_eq!(connection.wire().written(), b"");
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(25));
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(34));
    assert_eq!(connection.wire().written(), frame::ping(Protocol::Tutorial));
    assert_eq!(connection.closed(), None);
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(35));
    assert_eq!(connection.closed(), Some(Close::HEARTBEAT_TIMEOUT));
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(39));
    assert!(!connection.wire().is_broken());
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(40));
    assert!(connection.wire().is_broken());
}

#[test]
fn a_client_that_is_heard_after_a_ping_is_not_closed() {
    let start = Instant::now();
    let connection = connection(start);
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(25));
    connection.heard(start + seconds(30));
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(54));
    assert_eq!(connection.wire().written(), frame::ping(Protocol::Tutorial));
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(55));
    assert_eq!(
        connection.wire().written(),
        frame::ping(Protocol::Tutorial).repeat(2)
    );
    assert_eq!(connection.closed(), None);
}

#[test]
fn time_in_which_the_server_did_not_serve_does_not_count() {
    let start = Instant::now();
    let connection = connection(start);
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(25));
    // The server is paused for an hour. The pong lies in the socket.
    let hour = seconds(3_600);
    let after = start + seconds(26) + hour;
    connection.sweep(&DEADLINES, hour, after);
    assert_eq!(connection.closed(), None);
    connection.sweep(&DEADLINES, Duration::ZERO, after + seconds(8));
    assert_eq!(connection.closed(), None);
    connection.sweep(&DEADLINES, Duration::ZERO, after + seconds(9));
    assert_eq!(connection.closed(), Some(Close::HEARTBEAT_TIMEOUT));
    connection.sweep(&DEADLINES, hour, after + seconds(9) + hour);
    assert!(!connection.wire().is_broken(), "it had no time to hang up");
}

#[test]
fn a_client_is_not_slow_while_the_server_does_not_serve() {
    let start = Instant::now();
    let connection = connection(start);
    connection.wire().take(3);
    connection.send_all(&frame::packet(&Packet::id(1)), start);
    assert!(connection.begin_drain());
    let hour = seconds(3_600);
    connection.sweep(&DEADLINES, hour, start + seconds(1) + hour);
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(9) + hour);
    assert_eq!(connection.closed(), None);
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(10) + hour);
    assert_eq!(connection.closed(), Some(Close::SLOW_CONSUMER));
}

#[test]
fn a_token_lasts_as_long_as_it_says_although_the_server_is_late() {
    let start = Instant::now();
    let check = |sweeps: &[(u64, u64)], end: u64| {
        let connection = connection(start);
        connection.hold_token(HeldToken {
            user: "42".into(),
            issued: None,
            until: start + seconds(60),
        });
        let sweep = |(at, late): (u64, u64)| {
            let now = start + seconds(at);
            connection.heard(now);
            connection.sweep(&DEADLINES, seconds(late), now);
            let admission = Admission {
                guests: Guests::Allow,
                revoked: &Revoked::default(),
            };
            connection.check_admission(admission, now);
            connection.closed()
        };
        for &due in sweeps {
            assert_eq!(sweep(due), None, "{due:?}");
        }
        assert_eq!(sweep((end, 0)), Some(Close::TOKEN_EXPIRED), "{end}");
    };
    // Each sweep is a second late.
    let each: Vec<_> = (2..=60).step_by(2).map(|at| (at, 1)).collect();
    check(&each, 61);
    // After a pause of an hour there is time for another token, and not an hour of it.
    check(&[(3_610, 3_600), (3_634, 0)], 3_635);
}

#[test]
fn a_v1_client_that_is_not_welcome_in_time_is_closed() {
    let start = Instant::now();
    let wire = TestWire::open;
    let new = |protocol| Connection::new(ConnectionId(1), protocol, wire(), 1_000, start);
    let silent = new(Protocol::V1);
    silent.sweep(&DEADLINES, Duration::ZERO, start + seconds(9));
    // It says something else, which is no hello.
    silent.heard(start + seconds(9));
    assert_eq!(silent.closed(), None);
    silent.sweep(&DEADLINES, Duration::ZERO, start + seconds(10));
    assert_eq!(silent.closed(), Some(Close::NO_HELLO));
    let welcome = new(Protocol::V1);
    welcome.welcomed(UserId(1));
    for connection in [welcome, new(Protocol::Tutorial)] {
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(24));
        assert_eq!(connection.closed(), None);
    }
}

#[test]
fn a_client_that_takes_nothing_is_closed_after_a_while() {
    let start = Instant::now();
    let connection = connection(start);
    connection.wire().take(3);
    let frames = frame::packet(&Packet::id(1));
    connection.send_all(&frames, start);
    assert!(connection.begin_drain());
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(9));
    assert_eq!(connection.closed(), None);
    connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(10));
    assert_eq!(connection.closed(), Some(Close::SLOW_CONSUMER));
    connection.wire().take(usize::MAX);
    assert!(connection.drain(start + seconds(11)));
    let expected = [&frames[..], &Close::SLOW_CONSUMER.frame()].concat();
    assert_eq!(connection.wire().written(), expected);
}

#[test]
fn a_client_with_a_full_outbox_is_closed_at_once() {
    let now = Instant::now();
    let connection = connection(now);
    connection.wire().take(0);
    let frames = frame::packet(&Packet::chat(1, "x".repeat(600)));
    connection.send_all(&frames, now);
    assert_eq!(connection.closed(), None);
    connection.send_all(&frames, now);
    assert_eq!(connection.closed(), Some(Close::SLOW_CONSUMER));
    connection.wire().take(usize::MAX);
    assert!(connection.drain(now));
    assert_eq!(connection.wire().written(), Close::SLOW_CONSUMER.frame());
}

#[test]
fn a_client_that_reads_slowly_is_behind_until_it_has_read() {
    let now = Instant::now();
    let connection = connection(now);
    let is_behind = connection.watch_behind();
    let check = |behind: bool, caught_up: bool| {
        assert_eq!(is_behind.load(Ordering::Relaxed), behind);
        let found = (connection.is_behind(), connection.has_caught_up());
        assert_eq!(found, (behind, caught_up));
    };
    check(false, true);
    connection.wire().take(0);
    let frames = Bytes::from(vec![0; 300]);
    let send = |ranges: &[Range<usize>]| connection.send_unless_behind(&frames, ranges, now);
    assert!(send(&[0..300]));
    check(false, false);
    assert!(send(&[0..200]));
    check(true, false);
    assert!(!send(&[0..1]));
    connection.wire().take(400);
    assert!(!connection.drain(now));
    check(false, false);
    connection.wire().take(100);
    assert!(connection.drain(now));
    check(false, true);
    // More than three quarters would wait.
    connection.wire().take(0);
    assert!(send(&[0..300]));
    let large = Bytes::from(vec![0; 500]);
    assert!(!connection.send_unless_behind(&large, &[0..500], now));
    assert_eq!(connection.closed(), None);
}

#[test]
fn one_task_at_a_time_drains() {
    let now = Instant::now();
    let connection = connection(now);
    assert!(!connection.begin_drain(), "nothing is queued");
    connection.wire().take(0);
    connection.send_all(&frame::packet(&Packet::id(1)), now);
    assert!(connection.begin_drain());
    assert!(!connection.begin_drain());
    assert!(!connection.drain(now));
    assert!(!connection.begin_drain());
    connection.wire().take(usize::MAX);
    assert!(connection.drain(now));
    assert!(!connection.begin_drain());
}

#[test]
fn only_the_first_close_has_an_effect() {
    let now = Instant::now();
    let connection = connection(now);
    connection.close(Close::GOING_AWAY, now);
    connection.close(Close::HEARTBEAT_TIMEOUT, now);
    connection.send_all(&frame::packet(&Packet::id(1)), now);
    assert_eq!(connection.closed(), Some(Close::GOING_AWAY));
    assert_eq!(connection.wire().written(), Close::GOING_AWAY.frame());
}
