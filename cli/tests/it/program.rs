//! The binary as a child process. It is killed when it is dropped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use guildhall_testing::client::Client;
use guildhall_testing::wire::{PATIENCE, eventually};

/// How long a command may run. A run of the load tool takes several seconds, and a busy
/// machine makes it longer.
const RUN_WITHIN: Duration = Duration::from_mins(1);

/// The variables of a server that does not limit how often users may ask for what.
const UNLIMITED: [(&str, &str); 7] = [
    ("GUILDHALL_RATES_SAY", "off"),
    ("GUILDHALL_RATES_WHISPER", "off"),
    ("GUILDHALL_RATES_JOIN", "off"),
    ("GUILDHALL_RATES_RENAME", "off"),
    ("GUILDHALL_RATES_REQUEST", "off"),
    ("GUILDHALL_RATES_REFUSED", "off"),
    ("GUILDHALL_RATES_HANDSHAKE", "off"),
];

/// A running `guildhall` that logs in JSON.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    /// All addresses that it listens on, IPv4 first.
    addresses: Vec<SocketAddr>,
    log: Receiver<String>,
    /// The lines of the log so far.
    seen: Vec<Value>,
}

/// A command for the binary, without the settings of the tester's environment, and with a
/// state folder of its own.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guildhall"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GUILDHALL_")) {
        command.env_remove(name);
    }
    command.env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the binary until it ends. Fails the test if it does not.
pub(crate) fn run(mut command: Command) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary");
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > RUN_WITHIN {
            child.kill().unwrap();
            panic!("{command:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

impl Program {
    /// Starts the server with these arguments, on a free port if they have none. Unless they
    /// say so, it does not limit how often users may ask for what: tests ask faster.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let variables = [("GUILDHALL_PORT", "0"), ("GUILDHALL_LOG_FORMAT", "json")];
        Self::start_with(arguments, variables.into_iter().chain(UNLIMITED))
    }

    /// Starts the server with these arguments and variables, which have it log in JSON.
    pub(crate) fn start_with<'a>(
        arguments: &[&str],
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut command = command(arguments);
        let mut child = command
            .envs(variables)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        let log = read_lines(child.stderr.take().expect("a pipe"));
        let mut program = Self {
            child,
            addresses: Vec::new(),
            log,
            seen: Vec::new(),
        };
        let mut expected = 1;
        if std::net::TcpListener::bind("[::1]:0").is_ok() {
            expected = 2;
        }
        while program.addresses.len() < expected {
            let line = program.wait_for("listening");
            let address = line["address"].as_str().expect("an address");
            program.addresses.push(address.parse().unwrap());
        }
        program
    }

    /// The address that it listens on at 127.0.0.1.
    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// The addresses that it listens on.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Connects a client to the room. Returns it and its ID.
    pub(crate) fn join(&self) -> (Client, u64) {
        Client::join(self.address())
    }

    /// Waits for the next line of the log with this message.
    pub(crate) fn wait_for(&mut self, message: &str) -> Value {
        let start = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(start.elapsed());
            let line = match self.log.recv_timeout(left) {
                Ok(line) => parse(&line),
                Err(RecvTimeoutError::Timeout) => panic!("never logged: {message}"),
                Err(RecvTimeoutError::Disconnected) => panic!("ended without: {message}"),
            };
            self.seen.push(line.clone());
            if line["message"] == message {
                return line;
            }
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// The ID of its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The number of its open files.
    pub(crate) fn open_files(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.child.id());
        std::fs::read_dir(folder).expect("Linux's /proc").count()
    }

    /// Waits until it ends. Returns its status and all lines of its log.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<Value>) {
        let status = eventually("the program's end", || self.child.try_wait().unwrap());
        // Ends with the pipe, whose other end is closed now.
        self.seen.extend(self.log.iter().map(|line| parse(&line)));
        (status, std::mem::take(&mut self.seen))
    }

    /// Stops it with SIGTERM and checks for exit code 0. Returns all lines of its log.
    pub(crate) fn stop(self) -> Vec<Value> {
        self.signal(Signal::TERM);
        let (status, log) = self.end();
        assert!(status.success(), "{status:?} {:?}", status.signal());
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // These do nothing if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the log on a thread, so that the pipe does not fill up.
fn read_lines(stderr: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines() {
            let line = line.expect("text");
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn parse(line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    assert!(value.is_object(), "{line}");
    value
}
