//! Counts the system calls of a broadcast with strace. The count hardly depends on
//! time, so it is exact.

use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::https::Folder;
use crate::program::Program;
use futures_rustls::rustls::ALL_VERSIONS;
use guildhall_testing::authority::Authority;
use guildhall_testing::client::Client;
use guildhall_testing::wire::{self, BINARY, FIN};

const MEMBERS: usize = 100;
const ROUNDS: usize = 50;

/// The system calls that a message can cost. Other calls are for the sweep's timer and
/// the log, and depend on how long the test takes.
const OF_MESSAGES: &[&str] = &[
    "sendto",
    "writev",
    "sendmsg",
    "recvfrom",
    "epoll_wait",
    "epoll_ctl",
];

/// How many of these calls may be for other things in a run of up to half a minute: the
/// sweep wakes the thread once a second.
const SLACK: usize = 60;

/// A strace that counts the system calls of a running program.
struct Counter {
    strace: Child,
    /// The pipe of its other messages, such as those about new threads. If it were
    /// closed, strace would end.
    messages: Lines<BufReader<ChildStderr>>,
    report: std::path::PathBuf,
    start: Instant,
}

impl Counter {
    fn attach(pid: Pid) -> Self {
        let name = format!("guildhall-strace-{}", pid.as_raw_nonzero());
        let report = std::env::temp_dir().join(name);
        let mut strace = Command::new("strace")
            .args(["-f", "-c", "-o"])
            .arg(&report)
            .args(["-p", &pid.as_raw_nonzero().to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .expect("this test needs strace: apt-get install strace");
        let mut lines = BufReader::new(strace.stderr.take().unwrap()).lines();
        let attached = lines.next().expect("strace says what it does").unwrap();
        assert!(attached.contains("attached"), "{attached}");
        Self {
            strace,
            messages: lines,
            report,
            start: Instant::now(),
        }
    }

    /// Ends strace and returns its counts. strace may not have counted the last write
    /// yet when a client has its bytes, so the program makes other calls first, which
    /// are not writes.
    fn count(mut self, program: &Program) -> Calls {
        let mut socket = TcpStream::connect(program.address()).unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        assert_eq!(socket.read(&mut [0]).unwrap(), 0, "it hangs up");
        kill_process(Pid::from_child(&self.strace), Signal::INT).unwrap();
        self.strace.wait().unwrap();
        drop(self.messages);
        let report = std::fs::read_to_string(&self.report).unwrap();
        std::fs::remove_file(&self.report).unwrap();
        let seconds = usize::try_from(self.start.elapsed().as_secs()).unwrap();
        Calls {
            report,
            slack: SLACK.max(2 * seconds),
        }
    }
}

/// What strace has counted.
struct Calls {
    /// The table that `strace -c` prints.
    report: String,
    /// How many of the calls may be for other things than messages. A busy machine makes
    /// a run longer, so that it has more sweeps.
    slack: usize,
}

impl Calls {
    /// The number of calls with these names; "total" counts all of them.
    fn of(&self, names: &[&str]) -> usize {
        let rows = self.report.lines().filter_map(|line| {
            // % time, seconds, usecs/call, calls, errors if any, name.
            let columns: Vec<_> = line.split_whitespace().collect();
            let name = columns.last()?;
            names
                .contains(name)
                .then(|| columns[3].parse::<usize>().expect("a number"))
        });
        rows.sum()
    }
}

#[test]
fn a_message_costs_a_wait_a_read_and_one_write_for_each_listener() {
    let program = Program::start(&[]);
    let address = program.address();
    check_each_message(program, address);
}

#[test]
fn with_tls_a_message_costs_no_more_calls() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.put(&authority.issue(&["localhost"]));
    let flags = folder.flags();
    let program = Program::start(&[&flags[0], &flags[1]]);
    let address = authority.tunnel(program.address(), ALL_VERSIONS);
    check_each_message(program, address);
}

/// Counts what messages cost to members that connect here.
#[track_caller]
fn check_each_message(program: Program, address: SocketAddr) {
    let (mut speaker, mut listeners) = room_at(address);
    let counter = Counter::attach(program.pid());
    for round in 0..ROUNDS {
        let text = round.to_string();
        speaker.say(&text);
        for listener in &mut listeners {
            listener.expect_chat(1, &text);
        }
    }
    let calls = counter.count(&program);
    let deliveries = ROUNDS * listeners.len();
    let report = &calls.report;
    assert_eq!(calls.of(&["sendto", "writev"]), deliveries, "{report}");
    let total = calls.of(OF_MESSAGES);
    // A wait and a read for each message, and a second wait if the first found a task
    // that was woken while others ran.
    let allowed = deliveries + 3 * ROUNDS + calls.slack;
    assert!(
        total <= allowed,
        "{total} calls, {allowed} allowed:\n{report}"
    );
    drop((speaker, listeners));
    program.stop();
}

#[test]
fn messages_that_arrive_together_cost_one_write_for_each_listener() {
    const TOGETHER: usize = 16;
    let (program, mut speaker, mut listeners) = full_room();
    let burst: Vec<u8> = (0..TOGETHER)
        .flat_map(|n| wire::masked(FIN | BINARY, &wire::chat(0, &n.to_string())))
        .collect();
    let counter = Counter::attach(program.pid());
    for _ in 0..ROUNDS {
        speaker.send(&burst);
        for listener in &mut listeners {
            for n in 0..TOGETHER {
                listener.expect_chat(1, &n.to_string());
            }
        }
    }
    let calls = counter.count(&program);
    let report = &calls.report;
    let writes = ROUNDS * listeners.len();
    assert_eq!(calls.of(&["sendto", "writev"]), writes, "{report}");
    let total = calls.of(OF_MESSAGES);
    let allowed = writes + 3 * ROUNDS + calls.slack;
    assert!(
        total <= allowed,
        "{total} calls, {allowed} allowed:\n{report}"
    );
    drop((speaker, listeners));
    program.stop();
}

fn full_room() -> (Program, Client, Vec<Client>) {
    let program = Program::start(&[]);
    let (speaker, listeners) = room_at(program.address());
    (program, speaker, listeners)
}

fn room_at(address: SocketAddr) -> (Client, Vec<Client>) {
    let (speaker, id) = Client::join(address);
    assert_eq!(id, 1);
    let listeners = (1..MEMBERS).map(|_| Client::join(address).0).collect();
    (speaker, listeners)
}
