//! No source gets more than its turn between two looks at the sockets.

use std::cell::Cell;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::rc::Rc;

use mio::net::TcpStream as MioStream;
use smol::LocalExecutor;

use super::*;
use crate::net::turns::{LONG_LOOP, SHORT_TURN};

/// The bytes that a peer has sent, and that are read one by one.
const SENT: usize = 16 * 1024;

/// A reactor and the tasks that run on it.
struct Fixture {
    reactor: Rc<Reactor>,
    executor: LocalExecutor<'static>,
    /// Keeps the peers' ends open.
    peers: Vec<TcpStream>,
}

impl Fixture {
    fn new() -> Self {
        Self {
            reactor: Reactor::new(Arc::default()).unwrap(),
            executor: LocalExecutor::new(),
            peers: Vec::new(),
        }
    }

    /// Starts a task that reads byte by byte from a peer that has sent many. Returns how many
    /// it has read so far.
    fn greedy(&mut self) -> Rc<Cell<usize>> {
        self.greedy_for(0)
    }

    /// The same for a task whose bytes cost this much each, beside the reading.
    fn greedy_for(&mut self, cost: u32) -> Rc<Cell<usize>> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        peer.write_all(&vec![0; SENT]).unwrap();
        self.peers.push(peer);
        stream.set_nonblocking(true).unwrap();
        let stream = self.reactor.register(MioStream::from_std(stream)).unwrap();
        let count = Rc::new(Cell::new(0));
        let counted = Rc::clone(&count);
        let task = self.executor.spawn(async move {
            while counted.get() < SENT {
                let read = |mut stream: &MioStream| stream.read(&mut [0]);
                let read = poll_fn(|context| stream.poll(Direction::Read, context, read)).await;
                assert_eq!(read.unwrap(), 1);
                stream.spend(cost);
                counted.set(counted.get() + 1);
            }
        });
        task.detach();
        count
    }

    /// Runs the tasks, and returns how many bytes `reads` of them had read at each of the
    /// next `looks` looks at the sockets.
    fn looks(&self, looks: usize, reads: &[Rc<Cell<usize>>]) -> Vec<Vec<usize>> {
        let reactor = &self.reactor;
        let observer = async {
            let mut seen = Vec::new();
            for _ in 0..looks {
                reactor.rest().await;
                seen.push(reads.iter().map(|count| count.get()).collect());
            }
            seen
        };
        reactor.block_on(self.executor.run(observer)).unwrap()
    }
}

/// How many bytes each task has read between two looks.
fn turns(seen: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let turn = |pair: &[Vec<usize>]| {
        let (before, after) = (pair[0].iter(), pair[1].iter());
        after
            .zip(before)
            .map(|(after, before)| after - before)
            .collect()
    };
    seen.windows(2).map(turn).collect()
}

#[test]
fn a_source_that_is_always_ready_has_one_turn_between_two_looks() {
    let mut fixture = Fixture::new();
    let greedy = fixture.greedy();
    let seen = fixture.looks(100, &[greedy]);
    let turns = turns(&seen);
    let longest = turns.iter().flatten().max();
    assert_eq!(longest, Some(&(TURN as usize)), "{turns:?}");
}

#[test]
fn sources_whose_turns_are_used_up_have_the_next_one_by_one() {
    let mut fixture = Fixture::new();
    let greedy: Vec<_> = (0..8).map(|_| fixture.greedy()).collect();
    let seen = fixture.looks(100, &greedy);
    // In the first turns none is used up.
    for turn in turns(&seen).iter().skip(2) {
        assert!(turn.iter().sum::<usize>() <= TURN as usize, "{turn:?}");
        assert!(
            turn.iter().filter(|&&read| read > 0).count() <= 1,
            "{turn:?}"
        );
    }
    // Each has had about as many as any other.
    let read = seen.last().unwrap();
    let (least, most) = (read.iter().min().unwrap(), read.iter().max().unwrap());
    assert!(most - least <= 2 * TURN as usize, "{read:?}");
}

#[test]
fn tasks_in_the_queue_go_on_one_by_one() {
    let fixture = Fixture::new();
    let counts: Vec<_> = (0..8).map(|_| Rc::new(Cell::new(0))).collect();
    for count in &counts {
        let (count, reactor) = (Rc::clone(count), Rc::clone(&fixture.reactor));
        let task = fixture.executor.spawn(async move {
            loop {
                reactor.queue().await;
                count.set(count.get() + 1);
            }
        });
        task.detach();
    }
    let seen = fixture.looks(100, &counts);
    for turn in turns(&seen) {
        assert!(turn.iter().sum::<usize>() <= 1, "{turn:?}");
    }
    let last = seen.last().unwrap();
    assert!(last.iter().all(|&count| count >= 10), "{last:?}");
}

#[test]
fn tasks_that_are_gone_keep_nobody_in_the_queue_waiting() {
    let fixture = Fixture::new();
    for _ in 0..100 {
        let rested = smol::block_on(smol::future::poll_once(fixture.reactor.queue()));
        assert_eq!(rested, None);
    }
    let count = Rc::new(Cell::new(0));
    let (counted, reactor) = (Rc::clone(&count), Rc::clone(&fixture.reactor));
    let task = fixture.executor.spawn(async move {
        reactor.queue().await;
        counted.set(1);
    });
    task.detach();
    let seen = fixture.looks(5, &[count]);
    assert_eq!(seen[4], [1], "{seen:?}");
}

#[test]
fn turns_are_short_while_many_sources_have_much_to_do() {
    const SOURCES: usize = 64;
    let mut fixture = Fixture::new();
    let greedy: Vec<_> = (0..SOURCES).map(|_| fixture.greedy()).collect();
    let seen = fixture.looks(4, &greedy);
    let most = LONG_LOOP as usize + SOURCES * SHORT_TURN as usize + TURN as usize;
    for turn in turns(&seen) {
        assert!(turn.iter().sum::<usize>() <= most, "{turn:?}");
    }
}

#[test]
fn what_a_fan_out_has_sent_is_worth_short_turns_of_half_as_much() {
    const SENDS: usize = 1_000;
    let mut fixture = Fixture::new();
    let greedy: Vec<_> = (0..256).map(|_| fixture.greedy()).collect();
    // All have used up their turns then, and rest.
    fixture.looks(3, &greedy);
    let mut seen = Vec::new();
    for _ in 0..20 {
        fixture.reactor.add_sends(SENDS);
        seen.push(fixture.looks(1, &greedy).remove(0));
    }
    // The tasks of one look may go on behind the next observation, but no more than these
    // have a turn.
    let turns_taken = turns(&seen).concat();
    let looks = seen.len() - 1;
    let took: usize = turns_taken.iter().filter(|&&read| read > 0).count();
    let short = SENDS / 2 / SHORT_TURN as usize;
    assert!(((looks - 1) * (1 + short)..=(looks + 1) * (1 + short)).contains(&took));
    let read: usize = turns_taken.iter().sum();
    assert!(read <= (looks + 1) * (SENDS / 2 + TURN as usize), "{read}");
    // Without sends, one goes on.
    let seen = fixture.looks(3, &greedy);
    let last = turns(&seen).pop().unwrap();
    assert!(last.iter().filter(|&&read| read > 0).count() <= 1);
}

#[test]
fn what_costs_much_takes_fewer_turns_behind_a_fan_out() {
    const SENDS: usize = 1_000;
    const COST: u32 = 40;
    let mut fixture = Fixture::new();
    let greedy: Vec<_> = (0..256).map(|_| fixture.greedy_for(COST)).collect();
    fixture.looks(3, &greedy);
    let mut seen = Vec::new();
    for _ in 0..20 {
        fixture.reactor.add_sends(SENDS);
        seen.push(fixture.looks(1, &greedy).remove(0));
    }
    let each = COST as usize + 1;
    // One turn too long by a byte, and the first one.
    let most = (SENDS / 2 + 2 * TURN as usize) / each + 2;
    for turn in turns(&seen) {
        let read = turn.iter().sum::<usize>();
        assert!((1..=most).contains(&read), "{read} of {most}");
    }
    // Those that had nothing of their turn are the next ones: all come to it.
    let seen = fixture.looks(3_000, &greedy);
    let read = seen.last().unwrap();
    let (least, most) = (read.iter().min().unwrap(), read.iter().max().unwrap());
    assert!(*least > 0 && most - least <= 8, "{least} to {most}");
}

#[test]
fn a_source_that_was_dropped_while_it_rested_does_no_harm() {
    let mut fixture = Fixture::new();
    let dropped = fixture.greedy();
    fixture.looks(3, &[dropped]);
    fixture.executor = LocalExecutor::new();
    let next = fixture.greedy();
    let seen = fixture.looks(SENT / TURN as usize * 2, &[next]);
    assert_eq!(seen.last(), Some(&vec![SENT]));
    assert!(!fixture.reactor.turns.has_resting() || fixture.reactor.sources.borrow().is_empty());
}

/// Every wait for a socket in this crate, so that a new one is noticed: each has to count
/// what it costs, see the reactor's documentation.
#[test]
fn these_are_the_waits_for_sockets() {
    /// What waits for a socket, by its text.
    const WAITS: [&str; 6] = [
        "poll(Direction::",
        "poll_ready(Direction::",
        ".wire().read(",
        ".wire().writable(",
        "web_socket.next(",
        "serve_connection(",
    ];
    let mut found = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.ends_with("net/reactor.rs") || path.ends_with("net/reactor/tests.rs") {
                continue;
            }
            let file = path.strip_prefix(&source).unwrap().display().to_string();
            for line in fs::read_to_string(&path).unwrap().lines() {
                let here = WAITS.iter().filter(|wait| line.contains(**wait));
                found.extend(here.map(|wait| format!("{file}: {wait}")));
            }
        }
    }
    let mut known = [
        // Each connection that is accepted costs one.
        "listen.rs: poll(Direction::",
        // Each read and each write costs one: of HTTP, of a WebSocket, and at its end.
        "net/socket.rs: poll(Direction::",
        "net/socket.rs: poll(Direction::",
        "net/socket.rs: poll(Direction::",
        // The same with TLS.
        "net/socket/secure.rs: poll(Direction::",
        "net/socket/secure.rs: poll(Direction::",
        // A task that waits until a socket takes bytes writes once for each event, until
        // the socket takes no more.
        "net/socket.rs: poll_ready(Direction::",
        // These go through the above. A WebSocket's messages cost more, by their size.
        "http.rs: serve_connection(",
        "web_socket/finish.rs: .wire().read(",
        "web_socket.rs: web_socket.next(",
        // Of tests, whose streams are no sockets.
        "web_socket/messages.rs: web_socket.next(",
        // Of the HTTP API, on a thread of its own.
        "api/listener.rs: serve_connection(",
        "worker.rs: .wire().writable(",
        // Of the server itself, which writes nothing into it.
        "worker/probes.rs: .wire().read(",
    ];
    found.sort();
    known.sort_unstable();
    assert_eq!(found, known);
}
