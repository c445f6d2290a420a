//! A WebSocket opens, and something on the way does not let through what it carries, or the server
//! ends it.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use guildhall_protocol::{PacketBody, ReplyResult, decode};

use crate::program::Program;

use super::{examine, fails, has_words, outcomes};

/// The opcode of a ping (RFC 6455 section 5.2).
const PING: u8 = 9;

/// The opcode of a pong (RFC 6455 section 5.5.3).
const PONG: u8 = 10;

/// The proxy's way with a frame.
enum Act {
    Pass,
    Swallow,
    /// Holds it back until the next one comes.
    Hold,
    /// Ends the connection, without a word.
    Cut,
    /// Ends it with this code and reason.
    Close(u16, &'static str),
}

/// Holds a frame back, or passes it on.
fn hold(is_held: bool) -> Act {
    if is_held { Act::Hold } else { Act::Pass }
}

/// A frame: who sent it, its opcode, and its payload without a mask.
struct Frame<'a> {
    is_of_client: bool,
    opcode: u8,
    payload: &'a [u8],
}

impl Frame<'_> {
    /// Whether it is the answer to the doctor's last request.
    fn is_last_answer(&self) -> bool {
        let packet = decode(self.payload).ok().and_then(|packet| packet.msg);
        let Some(PacketBody::Reply(reply)) = packet.filter(|_| !self.is_of_client) else {
            return false;
        };
        matches!(reply.result, Some(ReplyResult::Left(_)))
    }
}

/// A proxy in front of a server that asks what to do with each frame of a WebSocket. Returns its
/// address.
fn through(server: SocketAddr, act: impl Fn(&Frame<'_>) -> Act + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let act = Arc::new(act);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, act) = (client.unwrap(), Arc::clone(&act));
            thread::spawn(move || connect(client, server, &*act));
        }
    });
    address
}

/// Carries a connection to the server.
fn connect(client: TcpStream, server: SocketAddr, act: &(dyn Fn(&Frame<'_>) -> Act + Sync)) {
    let server = TcpStream::connect(server).unwrap();
    let head = head(&client);
    (&server).write_all(&head).unwrap();
    if head.is_empty() {
        // The doctor only looked whether anything listens.
        return;
    }
    let answer = self::head(&server);
    (&client).write_all(&answer).unwrap();
    let is_web_socket = answer.starts_with(b"HTTP/1.1 101");
    thread::scope(|scope| {
        for is_of_client in [true, false] {
            let (client, server) = (&client, &server);
            scope.spawn(move || {
                let (mut from, mut to) = if is_of_client {
                    (client, server)
                } else {
                    (server, client)
                };
                let mut kept_back = Vec::new();
                if is_web_socket {
                    while carry(from, to, client, is_of_client, act, &mut kept_back).is_ok() {}
                } else {
                    let _ = io::copy(&mut from, &mut to);
                }
                for end in [client, server] {
                    let _ = end.shutdown(Shutdown::Both);
                }
            });
        }
    });
}

/// Reads a head of HTTP, and nothing of what follows.
fn head(mut stream: &TcpStream) -> Vec<u8> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        head.push(byte[0]);
    }
    head
}

/// Carries a frame. An error is the connection's end.
fn carry(
    mut from: &TcpStream,
    mut to: &TcpStream,
    mut client: &TcpStream,
    is_of_client: bool,
    act: &dyn Fn(&Frame<'_>) -> Act,
    kept_back: &mut Vec<u8>,
) -> io::Result<()> {
    let mut frame = vec![0; 2];
    from.read_exact(&mut frame)?;
    let (mask, short) = (frame[1] >> 7, frame[1] & 127);
    let more = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let read = |frame: &mut Vec<u8>, more: usize| {
        let begin = frame.len();
        frame.resize(begin + more, 0);
        (&mut &*from).read_exact(&mut frame[begin..])
    };
    read(&mut frame, more)?;
    let length = match more {
        0 => usize::from(short),
        _ => frame[2..]
            .iter()
            .fold(0, |all, &byte| all << 8 | usize::from(byte)),
    };
    read(&mut frame, 4 * usize::from(mask))?;
    let begin = frame.len();
    read(&mut frame, length)?;
    let (front, payload) = frame.split_at(begin);
    let key = if mask == 1 {
        &front[begin - 4..]
    } else {
        &[0; 4]
    };
    let payload: Vec<u8> = payload
        .iter()
        .zip(key.iter().cycle())
        .map(|(a, b)| a ^ b)
        .collect();
    let end = || io::Error::from(io::ErrorKind::ConnectionAborted);
    match act(&Frame {
        is_of_client,
        opcode: frame[0] & 15,
        payload: &payload,
    }) {
        Act::Hold => to.write_all(&std::mem::replace(kept_back, frame)),
        Act::Pass => {
            to.write_all(&std::mem::take(kept_back))?;
            to.write_all(&frame)
        }
        Act::Swallow => Ok(()),
        Act::Cut => Err(end()),
        Act::Close(code, reason) => {
            // An answer of the server that ends here comes before the close.
            if !is_of_client {
                to.write_all(&frame)?;
            }
            let length = u8::try_from(2 + reason.len()).unwrap();
            let close = [&[0x88, length], &code.to_be_bytes()[..], reason.as_bytes()].concat();
            client.write_all(&close)?;
            client.shutdown(Shutdown::Write)?;
            // All that the client still sends would make a reset of it.
            io::copy(&mut client, &mut io::sink())?;
            Err(end())
        }
    }
}

#[test]
fn a_limit_for_the_length_of_messages_is_named() {
    let program = Program::start(&[]);
    // Behind the text is a frame's head, the room and the number of the request.
    let is_long = |frame: &Frame<'_>, most: usize| frame.is_of_client && frame.payload.len() > most;
    let check = |most: usize, act: fn() -> Act, words: &[&str]| {
        let proxy = through(program.address(), move |frame| {
            if is_long(frame, most) {
                act()
            } else {
                Act::Pass
            }
        });
        fails(&proxy, &["--timeout", "5"], "frame", words);
    };
    let shorter = "of 2048 bytes does not get through, and one of 1024 does";
    let cause = "the length is the likely cause";
    check(
        2_000,
        || Act::Close(1009, "too long"),
        &[shorter, cause, "1009"],
    );
    check(2_000, || Act::Cut, &[shorter, cause]);
    check(2_000, || Act::Swallow, &[shorter, cause, "nothing came"]);
    check(200, || Act::Cut, &["of 256 bytes", "a short one does"]);
    // The largest request of all is no message.
    check(
        10_000,
        || Act::Cut,
        &["of 16320 bytes", "one of 4096 does", cause],
    );
}

#[test]
fn messages_that_are_held_back_until_the_next_one_are_found() {
    let program = Program::start(&[]);
    let check = |timeout: &str, act: fn(&Frame<'_>) -> Act, step: &str| {
        let words = [
            "only when the next message followed",
            "the proxy in front of the chat buffers",
        ];
        let proxy = through(program.address(), act);
        fails(&proxy, &["--timeout", timeout], step, &words);
    };
    check("10", |frame| hold(!frame.is_of_client), "hello");
    // The server itself says something after 25 seconds.
    check("40", |frame| hold(!frame.is_of_client), "hello");
    // And it closes a client that has said no hello after 10.
    check("40", |frame| hold(frame.is_of_client), "hello");
    let line_alone = |frame: &Frame<'_>| match decode(frame.payload).ok().and_then(|it| it.msg) {
        // It would be the next message.
        Some(PacketBody::Presence(_)) => Act::Swallow,
        Some(PacketBody::Line(_)) => Act::Hold,
        _ => hold(frame.opcode == PONG),
    };
    check("10", line_alone, "room");
}

#[test]
fn a_server_that_is_slow_holds_nothing_back() {
    let program = Program::start(&[]);
    let is_pushed = AtomicBool::new(false);
    let proxy = through(program.address(), move |frame| {
        if frame.is_of_client {
            is_pushed.fetch_or(frame.opcode == PING, Ordering::Relaxed);
        } else {
            // The first answer comes behind the ping that follows its request, and the pong then.
            while !is_pushed.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(10));
            }
        }
        Act::Pass
    });
    let (ok, report) = examine(&proxy, &["--timeout", "40"]);
    assert!(ok, "{report:#}");
}

#[test]
fn a_server_that_stops_is_no_proxy_that_ends_quiet_connections() {
    let program = Program::start(&[]);
    let check = |act: fn() -> Act, words: &[&str]| {
        let proxy = through(program.address(), move |frame| {
            if frame.is_last_answer() {
                act()
            } else {
                Act::Pass
            }
        });
        fails(&proxy, &["--idle", "600"], "idle", words);
    };
    let restarts = [
        "restarting",
        "1001: the server is shutting down",
        "in a minute",
    ];
    check(
        || Act::Close(1001, "the server is shutting down"),
        &restarts,
    );
    check(|| Act::Close(3503, ""), &["banned", "3503"]);
    check(
        || Act::Close(1000, ""),
        &["quiet seconds", "a proxy on the way"],
    );
}

#[test]
fn a_quiet_connection_that_is_forgotten_is_found() {
    let program = Program::start(&[]);
    let is_quiet = AtomicBool::new(false);
    let proxy = through(program.address(), move |frame| {
        let swallows = is_quiet.load(Ordering::Relaxed);
        is_quiet.fetch_or(frame.is_last_answer(), Ordering::Relaxed);
        if swallows { Act::Swallow } else { Act::Pass }
    });
    let flags = ["--idle", "1", "--timeout", "5"];
    let words = [
        "after 1 quiet seconds nothing got through",
        "forgets quiet connections",
    ];
    fails(&proxy, &flags, "idle", &words);
    let ended = through(program.address(), |frame| match frame {
        // The last one looks whether the connection is still there.
        Frame {
            opcode: PING,
            payload: [5],
            ..
        } => Act::Cut,
        _ => Act::Pass,
    });
    fails(
        &ended,
        &["--idle", "1"],
        "idle",
        &["after 1 quiet seconds", "proxy_read_timeout"],
    );
}

#[test]
fn the_pongs_that_came_are_enough_for_the_latency() {
    let program = Program::start(&[]);
    let proxy = through(program.address(), |frame| match frame {
        Frame {
            opcode: PING,
            payload: [3..=9],
            ..
        } => Act::Swallow,
        _ => Act::Pass,
    });
    let (ok, report) = examine(&proxy, &["--timeout", "5"]);
    assert!(
        ok && outcomes(&report).contains(&("latency", "warning")),
        "{report:#}"
    );
    has_words(
        &report,
        "latency",
        &["of 3 the middle one", "one got no answer"],
    );
}
