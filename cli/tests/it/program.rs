//! The binary as a child process. It is killed when it is dropped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use guildhall_testing::client::Client;
use guildhall_testing::wire::{PATIENCE, eventually};

/// A running `guildhall`, logging in JSON.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    /// Every address it listens on, IPv4 first.
    addresses: Vec<SocketAddr>,
    log: Receiver<String>,
    /// What was logged so far.
    seen: Vec<Value>,
}

/// The binary, with none of the tester's own settings.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guildhall"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GUILDHALL_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the binary to its end, which has to come soon.
pub(crate) fn run(mut command: Command) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary");
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} goes on");
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

impl Program {
    /// Starts it with these arguments; without a port among them on a free one.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        let mut child = command
            .env("GUILDHALL_PORT", "0")
            .env("GUILDHALL_LOG_FORMAT", "json")
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

    /// Where it listens on 127.0.0.1.
    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where it listens.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// A new client in the room, and its ID.
    pub(crate) fn join(&self) -> (Client, u64) {
        Client::join(self.address())
    }

    /// The next line of the log with this message.
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

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// How many files it has open.
    pub(crate) fn open_files(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.child.id());
        std::fs::read_dir(folder).expect("Linux's /proc").count()
    }

    /// Waits for its end: the status, and all it ever logged.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<Value>) {
        let status = eventually("the program's end", || self.child.try_wait().unwrap());
        // Ends with the pipe, which nobody holds any more.
        self.seen.extend(self.log.iter().map(|line| parse(&line)));
        (status, std::mem::take(&mut self.seen))
    }

    /// The same with SIGTERM first, and exit code 0.
    pub(crate) fn stop(self) -> Vec<Value> {
        self.signal(Signal::TERM);
        let (status, log) = self.end();
        assert!(status.success(), "{status:?} {:?}", status.signal());
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Where it ended already, these do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A thread reads the log, or the pipe would fill up.
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
