//! Clients that do not read: the server closes them with 3000 and a reason, and never
//! waits for them.

use std::time::Duration;

use guildhall_server::Caps;
use guildhall_server::Config;
use guildhall_server::Deadlines;

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::{TestServer, brisk, unpaced};
use guildhall_testing::wire::{self, BINARY, CLOSE, FIN, Frame, PING, eventually};

const MINUTE: Duration = Duration::from_mins(1);

/// Line `n`. It has 16 KiB, so that the kernel's buffers hold few of them.
fn line(n: usize) -> String {
    format!("{n} {}", "x".repeat(16_000))
}

/// Has `one` say `count` lines, and checks that `two` gets them all. On a busy machine
/// this may take so long that `two` is pinged.
fn talk(one: &mut Client, two: &mut Client, count: usize) {
    for n in 0..count {
        one.say(&line(n));
        let frame = loop {
            let frame = two.frame();
            if frame.opcode != PING {
                break frame;
            }
        };
        assert_eq!(frame, Frame::whole(BINARY, wire::chat(1, &line(n))));
    }
}

/// Reads lines in order until another frame or the end. Returns the number of lines
/// and the frame.
fn read_lines(client: &mut Client) -> (usize, Option<Frame>) {
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
fn assert_is_close_3000(frame: Option<Frame>) {
    let frame = frame.expect("a close frame");
    assert_eq!(frame.opcode, CLOSE, "{frame:?}");
    assert_eq!(frame.payload[..2], 3000_u16.to_be_bytes());
    assert!(frame.payload.len() > 2, "a close has a reason in words");
}

fn narrow(server: &TestServer) -> Client {
    Client::dial_narrow(server.address()).joined().0
}

#[test]
fn too_many_waiting_bytes_end_in_3000_behind_whole_frames_in_order() {
    const LINES: usize = 60;
    let server = TestServer::with(Config {
        max_waiting: 256 * 1024,
        rooms: unpaced(),
        ..Config::default()
    });
    let (mut one, mut two) = server.pair();
    let mut slow = narrow(&server);
    // Nearly 1 MiB: far more than the sockets and the outbox of one client hold.
    talk(&mut one, &mut two, LINES);
    let (count, then) = read_lines(&mut slow);
    assert!(0 < count && count < LINES, "{count} lines");
    assert_is_close_3000(then);
    assert_eq!(slow.frame_or_end(), None, "a frame behind the close");
    one.say("on we go");
    two.expect_chat(1, "on we go");
}

#[test]
fn a_pause_within_the_limits_loses_no_line() {
    const LINES: usize = 50;
    let server = TestServer::with(Config {
        rooms: unpaced(),
        ..Config::default()
    });
    let (mut one, mut two) = server.pair();
    let mut pausing = narrow(&server);
    // More than the sockets hold, and less than may wait.
    talk(&mut one, &mut two, LINES);
    for n in 0..LINES {
        pausing.expect_chat(1, &line(n));
    }
    // The client can receive and send again.
    one.say("there you are");
    pausing.expect_chat(1, "there you are");
    two.expect_chat(1, "there you are");
    pausing.say("here I am");
    two.expect_chat(3, "here I am");
}

#[test]
fn a_pause_that_ends_while_others_talk_loses_no_line() {
    const LINES: usize = 400;
    let server = TestServer::with(Config {
        max_waiting: 16 * 1024 * 1024,
        rooms: unpaced(),
        ..Config::default()
    });
    let (mut one, mut two) = server.pair();
    let mut pausing = narrow(&server);
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
fn a_client_that_reads_nothing_for_too_long_is_closed_with_3000() {
    let config = brisk();
    let server = TestServer::with(Config {
        deadlines: Deadlines {
            read_within: Duration::from_millis(300),
            ping_after: Duration::from_secs(1),
            pong_within: MINUTE,
            close_within: MINUTE,
            ..config.deadlines
        },
        rooms: unpaced(),
        ..config
    });
    let (mut one, mut two) = server.pair();
    let mut slow = narrow(&server);
    talk(&mut one, &mut two, 40);
    // This client tells the server's time: a sweep pings it after a second. That
    // sweep has closed the slow client, if no sweep before has.
    let (mut clock, _) = server.join();
    assert_eq!(clock.frame().opcode, PING);
    let (count, then) = read_lines(&mut slow);
    // Fewer bytes than the limit waited. Lines at the end are missing, and the others
    // are in order.
    assert!(0 < count && count < 40, "{count} lines");
    assert_is_close_3000(then);
    assert_eq!(slow.frame_or_end(), None);
}

#[test]
fn a_client_that_never_reads_is_cut_off_and_frees_its_place() {
    let config = brisk();
    let server = TestServer::with(Config {
        caps: Caps {
            total: 3,
            per_address: 0,
        },
        max_waiting: 64 * 1024,
        rooms: unpaced(),
        deadlines: Deadlines {
            close_within: Duration::from_millis(300),
            ..config.deadlines
        },
        ..config
    });
    let (mut one, mut two) = server.pair();
    let _slow = narrow(&server);
    talk(&mut one, &mut two, 40);
    eventually("the place of the client that never reads", || {
        let mut next = Client::dial(server.address());
        next.send(handshake("").as_bytes());
        (next.response().status == 101).then_some(())
    });
}

#[test]
fn unread_pongs_are_bounded_too() {
    let server = TestServer::narrow(Config {
        max_waiting: 64 * 1024,
        ..Config::default()
    });
    let (mut one, mut two) = server.pair();
    let mut slow = narrow(&server);
    // A megabyte: when the last ping is written, the server has answered nearly all
    // of them. The server goes on reading even if the client does not.
    let pings = wire::masked(FIN | PING, &[b'p'; 125]).repeat(8_000);
    slow.try_send(&pings);
    let (code, _) = slow.read_to_close();
    assert_eq!(code, Some(3000));
    one.say("undisturbed");
    two.expect_chat(1, "undisturbed");
}

#[test]
fn many_slow_readers_delay_no_other_client() {
    let server = TestServer::with(Config {
        max_waiting: 256 * 1024,
        rooms: unpaced(),
        ..Config::default()
    });
    let (mut one, mut two) = server.pair();
    let mut slow: Vec<_> = (0..30).map(|_| narrow(&server)).collect();
    talk(&mut one, &mut two, 60);
    for reader in &mut slow {
        let (count, then) = read_lines(reader);
        assert!(0 < count && count < 60, "{count} lines");
        assert_is_close_3000(then);
    }
}

/// The state of the server's end of this connection, as Linux tells it, if a process has it:
/// 01 while it is open, 08 when only the client has ended its direction.
#[cfg(target_os = "linux")]
fn held_by_server(server: &TestServer, client: &Client) -> Option<String> {
    let hex = |address: std::net::SocketAddr| format!(":{:04X}", address.port());
    let (own, peer) = (hex(server.address()), hex(client.address()));
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux's table");
    table.lines().find_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let is_it = columns[1].ends_with(&own) && columns[2].ends_with(&peer);
        // Whoever has closed a socket has no inode for it.
        (is_it && columns[9] != "0").then(|| columns[3].to_owned())
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_ends_its_direction_and_never_reads_is_let_go() {
    // Far more than the sockets hold, and less than may wait.
    const LINES: usize = 30;
    let server = TestServer::with(Config {
        deadlines: Deadlines {
            close_within: Duration::from_millis(300),
            ..brisk().deadlines
        },
        rooms: unpaced(),
        ..brisk()
    });
    let (mut one, mut two) = server.pair();
    let lost = narrow(&server);
    let mut closed = narrow(&server);
    talk(&mut one, &mut two, LINES);
    // The server closes this one, and its close frame waits behind the lines.
    closed.send_frame(wire::TEXT, b"no text");
    for client in [&lost, &closed] {
        assert!(held_by_server(&server, client).is_some());
        client.end_writing();
    }
    for client in [&lost, &closed] {
        eventually("the server has let it go", || {
            held_by_server(&server, client).is_none().then_some(())
        });
    }
    one.say("on we go");
    two.expect_chat(1, "on we go");
}
