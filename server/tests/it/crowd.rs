//! Many at once: one order for all, nothing lost, nothing twice, whoever
//! comes, goes, breaks or floods meanwhile.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use fastrand::Rng;
use guildhall_server::Config;

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::{self, BINARY, FIN, eventually};

/// What somebody heard: who said what.
type Transcript = Vec<(u64, String)>;

const LAST_WORD: &str = "that is all";

/// Lines of random sizes, each different.
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

/// Hears everything until the last word.
fn listen(mut client: Client) -> JoinHandle<Transcript> {
    thread::spawn(move || {
        let mut heard = Transcript::new();
        loop {
            let (speaker, text) = client.chat();
            if text == LAST_WORD {
                return heard;
            }
            heard.push((speaker, text));
        }
    })
}

/// A server that waits for those who hear much more slowly than others talk.
fn generous() -> TestServer {
    TestServer::with(Config {
        max_waiting: 64 * 1024 * 1024,
        ..Config::default()
    })
}

/// `speakers` say `count` lines each, all at once, heard by all of them and by
/// as many who only listen; returns once everybody heard everything and was
/// found to agree.
fn check_order(
    hall: &TestServer,
    speakers: usize,
    count: usize,
    meanwhile: impl FnOnce(SocketAddr),
) {
    let (mut master, _) = hall.join();
    let silent: Vec<_> = (0..speakers).map(|_| listen(hall.join().0)).collect();
    // All are there before the first word.
    let clients: Vec<_> = (0..speakers).map(|_| hall.join()).collect();
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
    meanwhile(hall.address());
    for speaker in speaking {
        speaker.join().expect("everything is said");
    }
    // All is said when the master heard it all.
    let mut heard = 0;
    while heard < speakers * count {
        let (speaker, _) = master.chat();
        heard += usize::from(said.iter().any(|&(id, _)| id == speaker));
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
fn all_hear_the_same_in_the_same_order() {
    let hall = generous();
    check_order(&hall, 4, 1500, |_| {});
}

#[test]
fn all_hear_the_same_on_several_threads() {
    for threads in [2, 3] {
        let hall = TestServer::with(Config {
            threads: NonZeroUsize::new(threads).unwrap(),
            max_waiting: 64 * 1024 * 1024,
            ..Config::default()
        });
        check_order(&hall, 4, 500, |_| {});
    }
}

#[test]
fn all_hear_the_same_while_others_come_and_go_and_break() {
    let hall = generous();
    check_order(&hall, 3, 700, |address| {
        for round in 0..60 {
            let (mut client, _) = Client::join(address);
            match round % 5 {
                // Gone without a word.
                0 => drop(client),
                1 => client.reset(),
                2 => {
                    client.say("passing through");
                    client.reset();
                }
                // In the middle of a frame.
                3 => {
                    let frame = wire::masked(FIN | BINARY, &wire::chat(0, "unfinished"));
                    client.send(&frame[..frame.len() / 2]);
                    drop(client);
                }
                // In the middle of a handshake.
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
fn a_burst_beyond_any_queues_length_is_heard_whole() {
    const COUNT: usize = 5_000;
    let hall = TestServer::open();
    let (mut one, mut two) = hall.pair();
    let (mut late, _) = hall.join();
    let lines: Vec<_> = (0..COUNT).map(|n| format!("line {n}")).collect();
    for line in &lines {
        one.say(line);
    }
    for line in &lines {
        two.expect_chat(1, line);
    }
    // Who read nothing so far has missed nothing either.
    for line in &lines {
        late.expect_chat(1, line);
    }
}

#[test]
fn a_flood_that_is_relayed_starves_nobody() {
    const ROUNDS: usize = 100;
    // How far the flood may be ahead of its slowest hearer: this is about the
    // server's patience and not about the test's.
    const AHEAD: usize = 2_000;
    let hall = generous();
    let (one, two) = hall.pair();
    let (flooder, flooder_id) = hall.join();
    let mut writer = flooder.writer();
    let heard_by_two = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(AtomicBool::new(false));
    let flooding = {
        let (heard, enough) = (Arc::clone(&heard_by_two), Arc::clone(&enough));
        thread::spawn(move || {
            let mut count = 0;
            while !enough.load(Ordering::SeqCst) {
                if count > heard.load(Ordering::SeqCst) + AHEAD {
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
    let flooder_hears = listen(flooder);
    let mut one = Flooded::new(one, flooder_id);
    let mut two = Flooded::new(two, flooder_id);
    let mut rounds = 0;
    // Until the flood was heard, not only sent.
    while rounds < ROUNDS || two.next < AHEAD {
        let text = format!("question {rounds}");
        one.client.say(&text);
        two.expect_chat(1, &text);
        heard_by_two.store(two.next, Ordering::SeqCst);
        let text = format!("answer {rounds}");
        two.client.say(&text);
        one.expect_chat(2, &text);
        rounds += 1;
    }
    enough.store(true, Ordering::SeqCst);
    let count = flooding.join().expect("the flood was taken in");
    // The flood itself is not lost either.
    one.drain(count);
    two.drain(count);
    one.client.say(LAST_WORD);
    two.expect_chat(1, LAST_WORD);
    let heard = flooder_hears.join().expect("the flooder hears the others");
    assert_eq!(heard.len(), 2 * rounds);
}

#[test]
fn a_flood_of_nothing_starves_nobody() {
    const ROUNDS: usize = 100;
    let hall = TestServer::open();
    let (mut one, mut two) = hall.pair();
    let (hose, _) = hall.join();
    let mut writer = hose.writer();
    let enough = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&enough);
    let flood = Arc::new(AtomicBool::new(false));
    let begun = Arc::clone(&flood);
    let flooding = thread::spawn(move || {
        // Empty texts, which are ignored: all the work is the server's.
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
    flooding.join().expect("the flood was taken in");
    drop(hose);
}

/// A client that hears a flood among the rest, and all of it.
struct Flooded {
    client: Client,
    flooder: u64,
    /// The line of the flood that is due.
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

    /// This chat is the next that is not of the flood.
    fn expect_chat(&mut self, speaker: u64, text: &str) {
        loop {
            let (found, heard) = self.client.chat();
            if found != self.flooder {
                assert_eq!((found, heard.as_str()), (speaker, text));
                return;
            }
            self.count(&heard);
        }
    }

    /// Hears the flood up to its end.
    fn drain(&mut self, count: usize) {
        while self.next < count {
            let (found, heard) = self.client.chat();
            assert_eq!(found, self.flooder);
            self.count(&heard);
        }
    }

    fn count(&mut self, heard: &str) {
        assert_eq!(heard, format!("flood {}", self.next));
        self.next += 1;
    }
}
