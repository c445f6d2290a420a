//! Clients that send without a pause, whatever they send: the others are served between
//! two turns of theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use guildhall_server::Config;

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{self, V1Client};
use guildhall_testing::wire::{BINARY, FIN, masked};

/// The opcode of a frame that continues a message.
const CONTINUATION: u8 = 0;

/// How many messages go from one honest client to the other.
const ROUNDS: usize = 50;

/// How many bytes the server may read from all flooders while one message goes to and fro,
/// at most. It is far more than their turns have, because a busy machine may leave the
/// honest clients waiting, too, but a server without turns reads on for ever.
const BYTES_PER_ROUND: u64 = 16 * 1024 * 1024;

/// Connections that write without a pause.
struct Flood {
    is_over: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    /// Starts `flooders` connections. Each sends `opening`, and then `repeated` again and again.
    fn start(server: &TestServer, flooders: usize, opening: &[u8], repeated: &[u8]) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let written = Arc::new(AtomicU64::new(0));
        let repeated = repeated.repeat(1 + 16 * 1024 / repeated.len());
        let threads = (0..flooders).map(|_| {
            let mut client = Client::dial(server.address());
            client.send(handshake("").as_bytes());
            client.expect_upgrade();
            client.send(opening);
            let (repeated, is_over) = (repeated.clone(), Arc::clone(&is_over));
            let written = Arc::clone(&written);
            std::thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) && client.try_send(&repeated) {
                    written.fetch_add(repeated.len() as u64, Ordering::Relaxed);
                }
            })
        });
        Self {
            threads: threads.collect(),
            is_over,
            written,
        }
    }

    fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

/// Checks that two clients chat while others send `opening`, and then `repeated` for ever.
#[track_caller]
fn check_that_others_chat(flooders: usize, opening: &[u8], repeated: &[u8]) {
    let server = TestServer::with(Config::default());
    let (mut one, mut two) = server.pair();
    let flood = Flood::start(&server, flooders, opening, repeated);
    while flood.written.load(Ordering::Relaxed) == 0 {
        std::thread::yield_now();
    }
    let before = flood.written.load(Ordering::Relaxed);
    for round in 0..ROUNDS {
        let text = format!("round {round}");
        one.say(&text);
        two.expect_chat(1, &text);
    }
    let bytes = flood.written.load(Ordering::Relaxed) - before;
    // Ends the flooders' writes, too.
    drop(server);
    flood.end();
    let most = BYTES_PER_ROUND * ROUNDS as u64;
    assert!(bytes < most, "{bytes} bytes of the flood were read");
}

#[test]
fn empty_fragments_do_not_keep_others_waiting() {
    let begin = masked(BINARY, b"");
    let go_on = masked(CONTINUATION, b"");
    check_that_others_chat(16, &begin, &go_on);
}

#[test]
fn requests_of_a_client_that_is_gone_are_not_carried_out() {
    const LINES: usize = 1_500;
    let server = TestServer::open();
    let (mut observer, _) = V1Client::in_room(server.address(), "Observer", "hall");
    let (mut gone, welcome) = V1Client::in_room(server.address(), "Gone", "hall");
    // Between two turns of one client come those of all others, so what it sends waits.
    let begin = masked(BINARY, b"");
    let go_on = masked(CONTINUATION, b"");
    let flood = Flood::start(&server, 8, &begin, &go_on);
    let lines = (0..LINES).flat_map(|line| {
        let request = v1_client::request(2 + line as u64, v1_client::say("hall", "gone"));
        masked(FIN | BINARY, &request)
    });
    let lines: Vec<u8> = lines.collect();
    gone.client.send(&lines);
    gone.client.reset();
    observer.presence(|presence| presence.left.contains(&welcome.id));
    observer.send_say("hall", "last");
    let heard = std::iter::repeat_with(|| observer.line().text)
        .take_while(|text| text != "last")
        .count();
    drop(server);
    flood.end();
    assert!(
        heard < LINES,
        "the server has said all that nobody would read"
    );
}

#[test]
fn empty_pings_do_not_keep_others_waiting() {
    check_that_others_chat(16, &[], &masked(FIN | 9, b""));
}

#[test]
fn bytes_behind_an_error_do_not_keep_others_waiting() {
    // An opcode that RFC 6455 section 5.2 reserves.
    check_that_others_chat(16, &masked(FIN | 3, b""), &[0; 1024]);
}
