//! Clients that do not read, and the end of a connection, over TLS.

use guildhall_server::Config;
use guildhall_testing::authority::Authority;
use guildhall_testing::client::Client;
use guildhall_testing::test_server::{TestServer, unpaced};
use guildhall_testing::wire::{self, BINARY, CLOSE, FIN, PING};

use super::direct::Direct;
use super::{secure, tunnelled};

/// Line `n`. It has 16 KiB, so that the kernel's buffers hold few of them.
fn line(n: usize) -> String {
    format!("{n} {}", "x".repeat(16_000))
}

/// Reads lines in order until another frame or the end. Returns the number of lines, and the
/// code of a close.
fn read_lines(client: &mut Direct) -> (usize, Option<u16>) {
    let mut count = 0;
    loop {
        match client.frame() {
            Some(frame) if frame.opcode == BINARY => {
                assert_eq!(wire::parse_chat(&frame.payload).1, line(count));
                count += 1;
            }
            Some(frame) if frame.opcode == PING => {}
            Some(frame) => {
                assert_eq!(frame.opcode, CLOSE);
                let code = u16::from_be_bytes(frame.payload[..2].try_into().unwrap());
                return (count, Some(code));
            }
            None => return (count, None),
        }
    }
}

/// A client that has joined and reads nothing more.
fn narrow(server: &TestServer, authority: &Authority) -> Direct {
    let mut client = Direct::narrow(server.address(), authority);
    client.upgrade();
    assert_eq!(client.frame().unwrap().opcode, BINARY, "its ID");
    client
}

#[test]
fn a_client_that_reads_too_late_gets_whole_frames_and_3000() {
    const LINES: usize = 60;
    let authority = Authority::new();
    let config = Config {
        max_waiting: 256 * 1024,
        rooms: unpaced(),
        ..secure(&authority)
    };
    let (server, address) = tunnelled(config, &authority);
    let mut slow = narrow(&server, &authority);
    let (mut one, id) = Client::join(address);
    let (mut two, _) = Client::join(address);
    for n in 0..LINES {
        one.say(&line(n));
        two.expect_chat(id, &line(n));
    }
    let (count, code) = read_lines(&mut slow);
    assert!(0 < count && count < LINES, "{count} lines");
    assert_eq!(code, Some(3000));
    assert_eq!(
        slow.frame(),
        None,
        "the end is said, and nothing is behind the close"
    );
    one.say("on we go");
    two.expect_chat(id, "on we go");
}

#[test]
fn a_pause_within_the_limits_loses_no_line() {
    const LINES: usize = 50;
    let authority = Authority::new();
    let config = Config {
        rooms: unpaced(),
        ..secure(&authority)
    };
    let (server, address) = tunnelled(config, &authority);
    let mut pausing = narrow(&server, &authority);
    let (mut one, id) = Client::join(address);
    let (mut two, _) = Client::join(address);
    for n in 0..LINES {
        one.say(&line(n));
        two.expect_chat(id, &line(n));
    }
    for n in 0..LINES {
        let frame = pausing.frame().unwrap();
        assert_eq!(wire::parse_chat(&frame.payload), (id, line(n)));
    }
    // It can speak again, and what it says last is heard: a record that the socket had taken in
    // part has gone on by itself.
    one.say("there you are");
    let frame = pausing.frame().unwrap();
    assert_eq!(wire::parse_chat(&frame.payload).1, "there you are");
}

#[test]
fn the_last_bytes_of_a_burst_come_without_another_write() {
    let authority = Authority::new();
    let config = Config {
        rooms: unpaced(),
        ..secure(&authority)
    };
    let (server, address) = tunnelled(config, &authority);
    let (mut one, _) = Client::join(address);
    let (mut two, _) = Client::join(address);
    // One line after the other, so that some ends in a record that the socket takes in part.
    for burst in 1..20 {
        let mut reader = narrow(&server, &authority);
        for n in 0..burst {
            one.say(&line(n));
            let frame = two.frame();
            assert_eq!(frame.opcode, BINARY);
        }
        for n in 0..burst {
            let frame = reader.frame().unwrap();
            assert_eq!(wire::parse_chat(&frame.payload).1, line(n));
        }
        reader.end();
    }
}

#[test]
fn a_goodbye_is_answered_and_the_end_said() {
    let authority = Authority::new();
    let server = TestServer::with(secure(&authority));
    let mut client = Direct::dial(&server, &authority);
    client.upgrade();
    assert_eq!(client.frame().unwrap().opcode, BINARY);
    client.send(&wire::masked(FIN | CLOSE, &1000_u16.to_be_bytes()));
    let frame = client.frame().unwrap();
    assert_eq!(
        (frame.opcode, &frame.payload[..2]),
        (CLOSE, &1000_u16.to_be_bytes()[..])
    );
    assert_eq!(client.frame(), None, "close_notify");
}

#[test]
fn a_server_that_stops_says_so_to_all_over_tls() {
    let authority = Authority::new();
    let server = TestServer::with(secure(&authority));
    let mut clients: Vec<_> = (0..10)
        .map(|_| {
            let mut client = Direct::dial(&server, &authority);
            client.upgrade();
            client
        })
        .collect();
    let stopping = std::thread::spawn(move || drop(server));
    for client in &mut clients {
        let closed = loop {
            let frame = client.frame().expect("a close");
            if frame.opcode == CLOSE {
                break frame;
            }
        };
        assert_eq!(closed.payload[..2], 1001_u16.to_be_bytes());
        client.send(&wire::masked(FIN | CLOSE, &closed.payload[..2]));
        assert_eq!(client.frame(), None, "the end is said");
    }
    drop(clients);
    stopping.join().unwrap();
}
