//! Many clients at once: all get the same messages in the same order, without a loss
//! or a repeat, also while other clients connect, leave, break or flood.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use fastrand::Rng;
use guildhall_server::Config;

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::{TestServer, unpaced};
use guildhall_testing::wire::{self, BINARY, FIN, eventually};

/// The messages that a client got: sender and text.
type Transcript = Vec<(u64, String)>;

const LAST_WORD: &str = "that is all";

/// Lines of random lengths, all different.
fn lines(seed: u64, count: usize) -> Vec<String> {
    let mut random = Rng::with_seed(seed);
    let mut line = |n| {
        let longest = if random.u8(..) < 8 { 16_000 } else { 300 };
        let filling: String = (0..random.usize(..longest))
            .map(|_| random.alphanumeric())
            .collect();
        format!("{seed}.{n} {filling}")
    };
    (0..count).map(&mut line).collect()
}

/// Reads all messages up to the last word, on a thread.
fn listen(mut client: Client) -> JoinHandle<Transcript> {
    thread::spawn(move || {
        let mut transcript = Transcript::new();
        loop {
            let (speaker, text) = client.chat();
            if text == LAST_WORD {
                return transcript;
            }
            transcript.push((speaker, text));
        }
    })
}

/// A server that keeps many bytes for clients that read slowly.
fn generous() -> TestServer {
    TestServer::with(Config {
        max_waiting: 64 * 1024 * 1024,
        rooms: unpaced(),
        ..Config::default()
    })
}

/// Has `speakers` clients say `count` lines each, all at the same time. They and the
/// same number of silent clients read. Checks that all of them got all lines in the
/// same order.
fn check_order(
    server: &TestServer,
    speakers: usize,
    count: usize,
    meanwhile: impl FnOnce(SocketAddr),
) {
    let (mut master, _) = server.join();
    let silent: Vec<_> = (0..speakers).map(|_| listen(server.join().0)).collect();
    // All clients are connected before the first line.
    let clients: Vec<_> = (0..speakers).map(|_| server.join()).collect();
    let mut loud = Vec::new();
    let mut said = Vec::new();
    let mut speaking = Vec::new();
    for (seed, (client, id)) in (0..).zip(clients) {
        let mut writer = client.writer();
        loud.push((id, listen(client)));
        let lines = lines(seed, count);
        said.push((id, lines.clone()));
        speaking.push(thread::spawn(move || {
            for line in &lines {
                writer.say(line);
            }
        }));
    }
    meanwhile(server.address());
    for speaker in speaking {
        speaker.join().expect("all lines are said");
    }
    // All lines are said when the master has got them.
    let mut received = 0;
    while received < speakers * count {
        let (speaker, _) = master.chat();
        received += usize::from(said.iter().any(|&(id, _)| id == speaker));
    }
    master.say(LAST_WORD);

    let mut transcripts = silent.into_iter().map(|one| one.join().unwrap());
    let everything = transcripts.next().expect("a listener");
    for transcript in transcripts {
        assert!(transcript == everything, "two listeners disagree");
    }
    for (id, lines) in &said {
        let of_one = everything.iter().filter(|(speaker, _)| speaker == id);
        let of_one: Vec<_> = of_one.map(|(_, text)| text).collect();
        assert!(of_one == lines.iter().collect::<Vec<_>>(), "of {id}");
    }
    for (id, transcript) in loud {
        let transcript = transcript.join().unwrap();
        let others = everything.iter().filter(|&&(speaker, _)| speaker != id);
        assert!(transcript.iter().eq(others), "{id} disagrees");
    }
}

#[test]
fn all_clients_get_the_same_messages_in_the_same_order() {
    let server = generous();
    check_order(&server, 4, 1500, |_| {});
}

#[test]
fn all_clients_get_the_same_messages_on_several_threads() {
    for threads in [2, 3] {
        let server = TestServer::with(Config {
            threads: NonZeroUsize::new(threads).unwrap(),
            max_waiting: 64 * 1024 * 1024,
            rooms: unpaced(),
            ..Config::default()
        });
        check_order(&server, 4, 500, |_| {});
    }
}

#[test]
fn all_clients_get_the_same_messages_while_others_connect_leave_and_break() {
    let server = generous();
    check_order(&server, 3, 700, |address| {
        for round in 0..60 {
            let (mut client, _) = Client::join(address);
            match round % 5 {
                // Closes its socket without a close frame.
                0 => drop(client),
                1 => client.reset(),
                2 => {
                    client.say("passing through");
                    client.reset();
                }
                // Leaves in the middle of a frame.
                3 => {
                    let frame = wire::masked(FIN | BINARY, &wire::chat(0, "unfinished"));
                    client.send(&frame[..frame.len() / 2]);
                    drop(client);
                }
                // Leaves in the middle of a handshake.
                _ => {
                    let mut other = Client::dial(address);
                    other.send(&handshake("").as_bytes()[..60]);
                    other.reset();
                    client.say("me too");
                    client.send_frame(wire::CLOSE, &[]);
                    assert_eq!(client.read_to_close().0, None);
                }
            }
        }
    });
}

#[test]
fn a_burst_longer_than_any_queue_is_delivered_whole() {
    const COUNT: usize = 5_000;
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let (mut late, _) = server.join();
    let lines: Vec<_> = (0..COUNT).map(|n| format!("line {n}")).collect();
    for line in &lines {
        one.say(line);
    }
    for line in &lines {
        two.expect_chat(1, line);
    }
    // A client that has not read so far gets all of it, too.
    for line in &lines {
        late.expect_chat(1, line);
    }
}

#[test]
fn a_flood_that_is_relayed_starves_no_client() {
    const ROUNDS: usize = 100;
    // How far the flood may be ahead of its slowest reader. The test is about a flood
    // and not about slow readers.
    const AHEAD: usize = 2_000;
    let server = generous();
    let (one, two) = server.pair();
    let (flooder, flooder_id) = server.join();
    let mut writer = flooder.writer();
    let read_by_two = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(AtomicBool::new(false));
    let flooding = {
        let (read, enough) = (Arc::clone(&read_by_two), Arc::clone(&enough));
        thread::spawn(move || {
            let mut count = 0;
            while !enough.load(Ordering::SeqCst) {
                if count > read.load(Ordering::SeqCst) + AHEAD {
                    thread::yield_now();
                    continue;
                }
                let lines = (count..count + 100).map(|n| format!("flood {n}"));
                let frames = lines.map(|text| wire::masked(FIN | BINARY, &wire::chat(0, &text)));
                writer.send(&frames.collect::<Vec<_>>().concat());
                count += 100;
            }
            count
        })
    };
    let flooder_transcript = listen(flooder);
    let mut one = Flooded::new(one, flooder_id);
    let mut two = Flooded::new(two, flooder_id);
    let mut rounds = 0;
    // Until the flood has arrived, not only been sent.
    while rounds < ROUNDS || two.next < AHEAD {
        let text = format!("question {rounds}");
        one.client.say(&text);
        two.expect_chat(1, &text);
        read_by_two.store(two.next, Ordering::SeqCst);
        let text = format!("answer {rounds}");
        two.client.say(&text);
        one.expect_chat(2, &text);
        rounds += 1;
    }
    enough.store(true, Ordering::SeqCst);
    let count = flooding.join().expect("the server reads the flood");
    // No line of the flood is lost.
    one.drain(count);
    two.drain(count);
    one.client.say(LAST_WORD);
    two.expect_chat(1, LAST_WORD);
    let transcript = flooder_transcript
        .join()
        .expect("the flooder gets the others' lines");
    assert_eq!(transcript.len(), 2 * rounds);
}

#[test]
fn a_flood_of_empty_texts_starves_no_client() {
    const ROUNDS: usize = 100;
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let (hose, _) = server.join();
    let mut writer = hose.writer();
    let enough = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&enough);
    let flood = Arc::new(AtomicBool::new(false));
    let begun = Arc::clone(&flood);
    let flooding = thread::spawn(move || {
        // Empty texts are ignored, so only the server has work.
        let frames = wire::masked(FIN | BINARY, &[0x12, 0x00]).repeat(8_000);
        while !asked.load(Ordering::SeqCst) {
            writer.send(&frames);
            begun.store(true, Ordering::SeqCst);
        }
    });
    eventually("a flood", || flood.load(Ordering::SeqCst).then_some(()));
    for round in 0..ROUNDS {
        let text = format!("question {round}");
        one.say(&text);
        two.expect_chat(1, &text);
        let text = format!("answer {round}");
        two.say(&text);
        one.expect_chat(2, &text);
    }
    enough.store(true, Ordering::SeqCst);
    flooding.join().expect("the server reads the flood");
    drop(hose);
}

/// A client that reads a flood between other messages, and checks that it is whole.
struct Flooded {
    client: Client,
    flooder: u64,
    /// The number of the next line of the flood.
    next: usize,
}

impl Flooded {
    fn new(client: Client, flooder: u64) -> Self {
        Self {
            client,
            flooder,
            next: 0,
        }
    }

    /// Reads the next chat that is not of the flood, which has to be this one.
    fn expect_chat(&mut self, speaker: u64, text: &str) {
        loop {
            let (sender, found) = self.client.chat();
            if sender != self.flooder {
                assert_eq!((sender, found.as_str()), (speaker, text));
                return;
            }
            self.count(&found);
        }
    }

    /// Reads the flood to its end.
    fn drain(&mut self, count: usize) {
        while self.next < count {
            let (sender, found) = self.client.chat();
            assert_eq!(sender, self.flooder);
            self.count(&found);
        }
    }

    fn count(&mut self, text: &str) {
        assert_eq!(text, format!("flood {}", self.next));
        self.next += 1;
    }
}
