//! The binary as a child process. It is killed when it is dropped.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
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
const UNLIMITED: [(&str, &str); 9] = [
    ("GUILDHALL_RATES_SAY", "off"),
    ("GUILDHALL_RATES_WHISPER", "off"),
    ("GUILDHALL_RATES_JOIN", "off"),
    ("GUILDHALL_RATES_RENAME", "off"),
    ("GUILDHALL_RATES_SEARCH", "off"),
    ("GUILDHALL_RATES_REPORT", "off"),
    ("GUILDHALL_RATES_REQUEST", "off"),
    ("GUILDHALL_RATES_REFUSED", "off"),
    ("GUILDHALL_RATES_HANDSHAKE", "off"),
];

/// The variables of a server on a free port, unless its arguments name one.
fn usual() -> impl Iterator<Item = (&'static str, &'static str)> {
    let variables = [("GUILDHALL_PORT", "0"), ("GUILDHALL_LOG_FORMAT", "json")];
    variables.into_iter().chain(UNLIMITED)
}

/// A running `guildhall` that logs in JSON.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    /// All addresses that it listens on, IPv4 first.
    addresses: Vec<SocketAddr>,
    log: Receiver<String>,
    /// The lines of the log so far.
    seen: Vec<Value>,
    /// Those of the start that came before the last address, for which nobody has waited yet.
    early: VecDeque<Value>,
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

/// A free port outside of those that the system gives to connections. A client that connects to
/// one of these while nobody listens can meet itself.
pub(crate) fn free_address() -> SocketAddr {
    let addresses =
        (0..100).map(|_| SocketAddr::from(([127, 0, 0, 1], fastrand::u16(20_000..30_000))));
    let mut free = addresses.filter(|address| TcpListener::bind(address).is_ok());
    free.next().expect("a free port")
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

/// Runs the binary, which has to succeed. Returns its output.
#[track_caller]
pub(crate) fn printed(command: Command) -> String {
    let output = run(command);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Checks the one line of a program that ends at once.
#[track_caller]
pub(crate) fn check_refused(command: Command, words: &[&str], not: &str) {
    let shown = format!("{command:?}");
    let output = run(command);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{shown}: {text}");
    assert_eq!(text.lines().count(), 1, "{shown}: {text}");
    for word in words.iter().chain(&["guildhall: ", "guildhall --help"]) {
        assert!(text.contains(word), "{shown}: no {word} in: {text}");
    }
    assert!(!text.contains(not), "{shown}: {not} in: {text}");
}

/// Runs the program, which ends with one line that has all of these parts.
#[track_caller]
pub(crate) fn check_fails(words: &[&str], parts: &[&str]) {
    let output = run(command(words));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{words:?}");
    assert_eq!(error.lines().count(), 1, "{words:?}: {error}");
    for part in parts {
        assert!(error.contains(part), "{words:?}: no {part} in {error}");
    }
}

impl Program {
    /// Starts the server with these arguments, on a free port if they have none. Unless they
    /// say so, it does not limit how often users may ask for what: tests ask faster.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, usual())
    }

    /// Starts the server with these arguments and variables, which have it log in JSON.
    pub(crate) fn start_with<'a>(
        arguments: &[&str],
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        Self::start_command(command(arguments), variables)
    }

    /// Starts the server behind a shell that carries out a script first, as root of a user
    /// namespace with mounts of its own.
    pub(crate) fn start_in_namespace(script: &str, arguments: &[&str]) -> Self {
        let inner = command(arguments);
        let mut outer = Command::new("unshare");
        let script = format!("{script} && exec \"$@\"");
        outer.args(["-rm", "sh", "-c", &script, "sh"]);
        outer.arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        outer.stdin(Stdio::null());
        Self::start_command(outer, usual())
    }

    /// Starts the server by this command, which hands over so many sockets.
    pub(crate) fn start_on(command: Command, sockets: usize) -> Self {
        Self::start_listening(command, usual(), sockets)
    }

    fn start_command<'a>(
        command: Command,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
        Self::start_listening(command, variables, if has_ipv6 { 2 } else { 1 })
    }

    fn start_listening<'a>(
        mut command: Command,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
        expected: usize,
    ) -> Self {
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
            early: VecDeque::new(),
        };
        while program.addresses.len() < expected {
            let line = program.wait_for("listening");
            let address = line["address"].as_str().expect("an address");
            program.addresses.push(address.parse().unwrap());
        }
        let is_early = |line: &&Value| line["message"] != "listening";
        program.early = program.seen.iter().filter(is_early).cloned().collect();
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

    /// Waits for the next line of the log with this message. It may be one of the start: what
    /// other threads log then comes before the addresses or behind them.
    pub(crate) fn wait_for(&mut self, message: &str) -> Value {
        self.wait_doing(message, PATIENCE, |_| {})
    }

    /// The same, and does something again and again until that line comes: at once, and whenever
    /// there was no line for so long.
    pub(crate) fn wait_doing(
        &mut self,
        message: &str,
        every: Duration,
        mut action: impl FnMut(&Self),
    ) -> Value {
        while let Some(line) = self.early.pop_front() {
            if line["message"] == message {
                return line;
            }
        }
        let start = Instant::now();
        loop {
            action(self);
            let left = PATIENCE.saturating_sub(start.elapsed());
            let line = match self.log.recv_timeout(left.min(every)) {
                Ok(line) => parse(&line),
                Err(RecvTimeoutError::Timeout) if start.elapsed() < PATIENCE => continue,
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

    /// Sends it this signal, and waits until it ends, as [`Self::end`] does.
    pub(crate) fn end_by(self, signal: Signal) -> (ExitStatus, Vec<Value>) {
        self.signal(signal);
        self.end()
    }

    /// Stops it with SIGTERM and checks for exit code 0. Returns all lines of its log.
    pub(crate) fn stop(self) -> Vec<Value> {
        let (status, log) = self.end_by(Signal::TERM);
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
    // A terminal may carry it out.
    assert!(!line.contains(char::is_control), "{line:?}");
    value
}
