//! One client that floods, among many honest ones: only the flooder waits, nobody is closed,
//! and every honest line arrives. And members that read slowly: they stay, and learn which
//! lines they have missed.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use guildhall_protocol::{
    ErrorCode, Message as _, Packet, PacketBody, ReplyResult, Request, RequestBody,
};
use guildhall_server::{Config, HistoryLimits, Rate, RoomLimits};

use guildhall_testing::client::Client;
use guildhall_testing::test_server::{TestServer, brisk, unpaced};
use guildhall_testing::v1_client::{V1Client, hello, say, whisper};
use guildhall_testing::wire::{self, BINARY, FIN, eventually};

/// How many honest clients there are, and how many lines each says.
const HONEST: usize = 100;
const LINES: usize = 4;

/// What the flooder says again and again.
fn flood_text() -> String {
    "x".repeat(4_000)
}

/// A rate that is used up after a burst of this many bytes, for as long as a test runs.
fn burst(bytes: u64) -> Rate {
    Rate {
        bytes_per_second: 1,
        burst: bytes,
    }
}

fn server(client_rate: Rate, room_rate: Rate) -> TestServer {
    TestServer::with(Config {
        threads: NonZeroUsize::new(2).unwrap(),
        rooms: RoomLimits {
            client_rate,
            room_rate,
            ..RoomLimits::default()
        },
        ..Config::default()
    })
}

/// What an honest client has received when it has all honest lines.
struct Heard {
    client: V1Client,
    /// The lines of the flooder.
    flood: usize,
}

/// Has all honest clients chat in the lobby. Each says its lines one after the other, and
/// reads until it has all lines of all of them, in order. No line is refused, and no
/// connection is closed.
fn chat(server: &TestServer, meanwhile: impl FnOnce()) -> Vec<Heard> {
    let clients: Vec<V1Client> = (0..HONEST)
        .map(|n| V1Client::in_room(server.address(), &format!("Honest {n}"), "lobby").0)
        .collect();
    meanwhile();
    let chatting: Vec<JoinHandle<Heard>> = clients.into_iter().map(honest).collect();
    chatting
        .into_iter()
        .map(|one| one.join().unwrap())
        .collect()
}

fn honest(mut client: V1Client) -> JoinHandle<Heard> {
    thread::spawn(move || {
        let (mut said, mut heard, mut flood) = (0, 0, 0);
        let mut last = 0;
        let mut nonce = client.send_say("lobby", "line 0");
        while heard < HONEST * LINES {
            match client.next_packet() {
                PacketBody::Line(line) => {
                    assert!(last == 0 || line.seq == last + 1, "a line is missing");
                    last = line.seq;
                    if line.text.starts_with("line ") {
                        heard += 1;
                    } else {
                        flood += 1;
                    }
                    if line.nonce == nonce && line.text == format!("line {said}") {
                        said += 1;
                        if said < LINES {
                            nonce = client.send_say("lobby", &format!("line {said}"));
                        }
                    }
                }
                PacketBody::Whisper(_) => flood += 1,
                other => panic!("an honest client has to wait: {other:?}"),
            }
        }
        Heard { client, flood }
    })
}

/// A client that sends without a pause, until it is told to stop.
struct Flooder {
    enough: Arc<AtomicBool>,
    sending: JoinHandle<(u64, Client)>,
}

impl Flooder {
    /// Sends the message that `next` returns for each number, from 1 on.
    fn start(mut writer: Client, next: impl Fn(u64) -> Vec<u8> + Send + 'static) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&enough);
        let sending = thread::spawn(move || {
            let mut sent = 0;
            while !asked.load(Ordering::SeqCst) {
                sent += 1;
                if !writer.try_send(&wire::masked(FIN | BINARY, &next(sent))) {
                    break;
                }
            }
            (sent, writer)
        });
        Self { enough, sending }
    }

    /// Stops. Returns how many messages were sent, and the connection.
    fn stop(self) -> (u64, Client) {
        self.enough.store(true, Ordering::SeqCst);
        self.sending.join().expect("the server reads on")
    }
}

fn request(id: u64, ask: RequestBody) -> Vec<u8> {
    let ask = Some(ask);
    Packet::from(PacketBody::Request(Request { id, ask })).encode_to_vec()
}

/// Sends `ask` again and again over a connection of `guildhall.v1` while the honest clients
/// chat. Returns what they heard, and how many of the flooder's messages were accepted.
fn flood(server: &TestServer, ask: RequestBody) -> (Vec<Heard>, usize) {
    let (mut flooder, _) = V1Client::in_room(server.address(), "Flooder", "lobby");
    let (first, writer) = (flooder.last_request, flooder.client.writer());
    // It reads its answers: it floods, and is not slow.
    let reading = thread::spawn(move || {
        let (mut accepted, mut refused) = (0, 0);
        loop {
            match flooder.next_packet() {
                PacketBody::Reply(reply) => {
                    let Some(ReplyResult::Error(error)) = reply.result else {
                        panic!("no error: {reply:?}");
                    };
                    if error.code() == ErrorCode::EmptyText {
                        return (accepted, refused);
                    }
                    assert_eq!(error.code(), ErrorCode::RateLimited);
                    assert!(error.temporary && error.retry_after > 0);
                    refused += 1;
                }
                PacketBody::Line(line) if line.text == flood_text() => accepted += 1,
                PacketBody::Whisper(_) => accepted += 1,
                PacketBody::Line(_) => {}
                other => panic!("{other:?}"),
            }
        }
    });
    let mut flooding = None;
    let heard = chat(server, || {
        let next = move |n| request(first + n, ask.clone());
        flooding = Some(Flooder::start(writer, next));
    });
    let (sent, mut writer) = flooding.expect("it has started").stop();
    // The answer to this is the last one.
    writer.send_frame(BINARY, &request(first + sent + 1, say("lobby", "")));
    let (accepted, refused) = reading.join().expect("the flooder is not closed");
    assert_eq!(accepted as u64 + refused, sent);
    assert!(
        refused > 0,
        "{sent} messages of 4,000 bytes in a burst of 64 KiB"
    );
    (heard, accepted)
}

/// How many of the flooder's messages fit into [`BURST`].
const FITTING: usize = 16;
const BURST: u64 = 64 * 1024;

#[test]
fn a_client_that_floods_a_room_waits_and_no_other_client_does() {
    let server = server(burst(BURST), Rate::UNBOUNDED);
    let (heard, accepted) = flood(&server, say("lobby", &flood_text()));
    assert_eq!(accepted, FITTING);
    assert!(heard.iter().all(|one| one.flood <= FITTING));
    for one in heard {
        let mut client = one.client;
        let missing = FITTING - one.flood;
        assert_eq!(client.texts(missing), vec![flood_text(); missing]);
        client.expect_quiet();
    }
}

#[test]
fn in_a_busy_room_only_the_client_that_says_most_waits() {
    let server = server(Rate::UNBOUNDED, burst(BURST));
    let (_, accepted) = flood(&server, say("lobby", &flood_text()));
    // And one message more, which is the flooder's share.
    assert!((1..=FITTING + 1).contains(&accepted), "{accepted}");
}

#[test]
fn a_client_that_floods_another_with_whispers_waits() {
    let server = server(burst(BURST), Rate::UNBOUNDED);
    let (mut target, welcome) = V1Client::hello(server.address(), "Target");
    let (heard, accepted) = flood(&server, whisper(welcome.id, "", &flood_text()));
    assert_eq!(accepted, FITTING);
    assert!(heard.iter().all(|one| one.flood == 0));
    for seq in 1..=FITTING as u64 {
        assert_eq!(target.whisper_line().seq, seq);
    }
    target.expect_quiet();
}

/// A flooder of the tutorial is not read. Returns how many of its lines were said.
fn flood_as_tutorial(server: TestServer) -> usize {
    let (mut flooder, _) = server.join();
    let writer = flooder.writer();
    let mut flooding = None;
    let heard = chat(&server, || {
        let next = |_| wire::chat(0, &flood_text());
        flooding = Some(Flooder::start(writer, next));
    });
    assert!(flooder.is_open(), "the flooder is closed");
    // Nobody reads from it, so it sees the end of the server first.
    drop(server);
    flooding.expect("it has started").stop();
    let most = heard.iter().map(|one| one.flood).max();
    most.expect("there are honest clients")
}

#[test]
fn a_client_of_the_tutorial_that_floods_waits_and_no_other_client_does() {
    let said = flood_as_tutorial(server(burst(BURST), Rate::UNBOUNDED));
    assert!(said <= FITTING, "{said}");
}

#[test]
fn in_a_busy_room_only_a_tutorial_client_that_says_most_waits() {
    let said = flood_as_tutorial(server(Rate::UNBOUNDED, burst(BURST)));
    assert!(said <= FITTING + 1, "{said}");
}

#[test]
fn messages_that_are_refused_and_sent_again_keep_their_order() {
    let rate = Rate {
        bytes_per_second: 20_000,
        burst: 8_000,
    };
    let server = server(rate, Rate::UNBOUNDED);
    let (mut observer, _) = V1Client::in_room(server.address(), "Observer", "lobby");
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "lobby");
    // A short one would fit where a long one does not.
    let text = |n: u64| {
        let length = if n.is_multiple_of(2) { 3_000 } else { 0 };
        format!("{n} {}", "x".repeat(length))
    };
    let first = ann.last_request;
    let says = (1..=16).map(|n| request(first + n, say("lobby", &text(n))));
    let frames: Vec<u8> = says
        .flat_map(|packet| wire::masked(FIN | BINARY, &packet))
        .collect();
    ann.client.send(&frames);
    // A refusal does not wait for the fan-out, so it may overtake the line before it.
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    while accepted.len() + refused.len() < 16 {
        match ann.next_packet() {
            PacketBody::Line(line) => accepted.push(line.nonce - first),
            PacketBody::Reply(reply) => refused.push(reply.id - first),
            other => panic!("{other:?}"),
        }
    }
    let fitting = accepted.len() as u64;
    assert!(fitting > 0 && fitting < 16, "24,000 bytes, and 8,000 fit");
    assert!(accepted.into_iter().eq(1..=fitting));
    assert!(refused.into_iter().eq(fitting + 1..=16));
    for n in 1..=16 {
        if n > fitting {
            eventually("a say that is sent again", || {
                ann.send_request(first + n, say("lobby", &text(n)));
                ann.outcome(first + n).ok()
            });
        }
        assert_eq!(observer.line().text, text(n));
    }
    observer.expect_quiet();
}

/// A server that keeps little for a client that reads slowly.
fn small(threads: usize) -> TestServer {
    TestServer::with(Config {
        threads: NonZeroUsize::new(threads).unwrap(),
        max_waiting: 128 * 1024,
        rooms: RoomLimits {
            history: HistoryLimits {
                bytes: 16 * 1024,
                ..RoomLimits::default().history
            },
            ..unpaced()
        },
        ..brisk()
    })
}

/// Connects a client whose kernel buffers hold little, and joins the lobby.
fn narrow(server: &TestServer, name: &str) -> (V1Client, u64) {
    let mut client = V1Client::over(Client::dial_narrow(server.address()));
    let id = client.welcome(hello(name)).unwrap().id;
    client.join("lobby");
    (client, id)
}

#[test]
fn a_member_that_reads_slowly_stays_and_learns_of_its_gaps() {
    const SAID: u64 = 400;
    for threads in [1, 2] {
        let server = small(threads);
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "lobby");
        let (mut slow, id) = narrow(&server, "Slow");
        for _ in 0..SAID {
            ann.say("lobby", &flood_text());
        }
        // It has missed that this client joined.
        let (mut bob, welcome) = V1Client::in_room(server.address(), "Bob", "lobby");
        let (mut last, mut gaps, mut own) = (0, 0, None);
        while last < SAID + 2 {
            match slow.next_packet() {
                PacketBody::Line(line) => {
                    assert_eq!(line.seq, last + 1, "a line is missing");
                    last = line.seq;
                    if own.is_none() {
                        // It may say something all the same, and gets an answer.
                        own = Some(slow.send_say("lobby", "wait for me"));
                    }
                }
                PacketBody::CatchUp(joined) => {
                    gaps += 1;
                    let gap = joined.gap.expect("more was said than the room keeps");
                    assert_eq!((gap.from, gap.to + 1), (last + 1, joined.first_seq));
                    last = gap.to;
                    let members: Vec<u64> = joined.members.iter().map(|one| one.id).collect();
                    assert!(members.contains(&id) && members.contains(&welcome.id));
                    if gaps == 1 {
                        bob.send_say("lobby", "on we go");
                    }
                }
                PacketBody::Reply(reply) => {
                    assert_eq!(Some(reply.id), own);
                    assert!(matches!(reply.result, Some(ReplyResult::Repeated(_))));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(gaps, 1);
        slow.expect_quiet();
        assert_eq!(slow.say("lobby", "here I am").seq, SAID + 3);
    }
}

#[test]
fn a_whisper_to_a_client_that_reads_slowly_is_refused_for_now() {
    for threads in [1, 2] {
        let server = small(threads);
        let (mut slow, to) = narrow(&server, "Slow");
        // On both threads, if there are two.
        let (mut ann, _) = V1Client::hello(server.address(), "Ann");
        let (mut bob, _) = V1Client::hello(server.address(), "Bob");
        let mut accepted = 0;
        for one in [&mut ann, &mut bob] {
            let refused = (0..1_000).find_map(|_| {
                let nonce = one.send(whisper(to, "", &flood_text()));
                let outcome = one.outcome(nonce);
                accepted += u64::from(outcome.is_ok());
                outcome.err()
            });
            let error = refused.expect("4 MB wait for a client that does not read");
            assert_eq!(error.code(), ErrorCode::ReceiverBehind);
            assert!(error.temporary && error.retry_after > 0);
        }
        for seq in 1..=accepted {
            assert_eq!(slow.whisper_line().seq, seq);
        }
        // The same whisper again, now that the client has read: it is the next one.
        let nonce = ann.last_request;
        eventually("a whisper to a client that has read", || {
            ann.send_request(nonce, whisper(to, "", &flood_text()));
            ann.outcome(nonce).ok()
        });
        let repeated = slow.whisper_line();
        assert_eq!((repeated.seq, repeated.nonce), (accepted + 1, 0));
    }
}
