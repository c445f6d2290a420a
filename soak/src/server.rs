//! The server: the real program as a child process, its settings, its log, and what it says of
//! itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use guildhall_testing::metrics::Metrics;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::clock::Clock;
use crate::shared::locked;

/// How long an answer over HTTP may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The log of all servers of the run.
#[derive(Debug, Default)]
struct Log {
    /// How often each message was logged.
    messages: BTreeMap<String, u64>,
    /// How often each warning and each error was logged, with its level.
    complaints: BTreeMap<String, u64>,
    /// All that is no line of the log: a panic is among them.
    strays: Vec<String>,
}

/// The server's program and the process of now.
#[derive(Debug)]
pub(crate) struct Server {
    program: PathBuf,
    settings: PathBuf,
    clock: Option<Clock>,
    child: Child,
    /// The address for clients.
    pub(crate) address: SocketAddr,
    /// The address for the operator.
    pub(crate) api: SocketAddr,
    log: Arc<Mutex<Log>>,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Server {
    /// Starts the program over `data`. What it needs beside that is in `folder`.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        data: &Path,
        resume_seconds: u64,
        clock: Option<Clock>,
    ) -> Result<Self> {
        let (address, api) = (free_address()?, free_address()?);
        let settings = folder.join("guildhall.toml");
        fs::write(&settings, text(address, api, data, resume_seconds))?;
        let log = Arc::default();
        let child = spawn(program, &settings, clock.as_ref(), &log)?;
        Ok(Self {
            program: program.to_owned(),
            settings,
            clock,
            child,
            address,
            api,
            log,
        })
    }

    /// Starts the program again, after its end.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start_again(&mut self) -> Result<()> {
        self.child = spawn(
            &self.program,
            &self.settings,
            self.clock.as_ref(),
            &self.log,
        )?;
        Ok(())
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid(), signal).context("the server has ended")
    }

    /// Whether it has ended, and how.
    ///
    /// # Errors
    ///
    /// If the system does not say.
    pub(crate) fn end(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks for a path at the operator's listener. `None`: there is no answer.
    pub(crate) fn get(&self, path: &str) -> Option<Answer> {
        get(self.api, path)
    }

    /// Whether it says that it is ready.
    pub(crate) fn is_ready(&self) -> bool {
        self.get("/readyz").is_some_and(|it| it.status == 200)
    }

    /// Its metrics.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub(crate) fn metrics(&self) -> Result<Metrics> {
        let answer = self.get("/metrics").context("no metrics")?;
        ensure!(answer.status == 200, "no metrics: {answer:?}");
        Ok(Metrics::parse(&answer.body))
    }

    /// How often it has logged this.
    pub(crate) fn logged(&self, message: &str) -> u64 {
        let log = locked(&self.log);
        log.messages.get(message).copied().unwrap_or_default()
    }

    /// The warnings and errors of its log, and how often each was there.
    pub(crate) fn complaints(&self) -> BTreeMap<String, u64> {
        locked(&self.log).complaints.clone()
    }

    /// All that it has written that is no line of the log, such as a panic.
    pub(crate) fn strays(&self) -> Vec<String> {
        locked(&self.log).strays.clone()
    }

    /// Has the program check the store, after the server's end.
    ///
    /// # Errors
    ///
    /// If the store is damaged.
    pub(crate) fn check_store(&self, data: &Path) -> Result<()> {
        let mut check = clean(&self.program);
        check.args(["store", "check"]).env("GUILDHALL_DATA", data);
        let output = check.output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "the store is damaged: {said}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // These do nothing if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program without the settings of this environment.
fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GUILDHALL_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn spawn(
    program: &Path,
    settings: &Path,
    clock: Option<&Clock>,
    log: &Arc<Mutex<Log>>,
) -> Result<Child> {
    let mut command = clean(program);
    command.arg("--config").arg(settings).stderr(Stdio::piped());
    if let Some(clock) = clock {
        clock.give_to(&mut command);
    }
    let start = || format!("cannot start {}", program.display());
    let mut child = command.spawn().with_context(start)?;
    let stderr = child.stderr.take().context("a pipe")?;
    let log = Arc::clone(log);
    std::thread::spawn(move || read_log(stderr, &log));
    Ok(child)
}

fn read_log(stderr: ChildStderr, log: &Mutex<Log>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let mut log = locked(log);
        let Ok(Value::Object(fields)) = serde_json::from_str(&line) else {
            eprintln!("the server: {line}");
            log.strays.push(line);
            continue;
        };
        let field = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let message = field("message").to_owned();
        if let level @ ("WARN" | "ERROR") = field("level") {
            let complaint = format!("{level} {message} {}", field("error"));
            *log.complaints.entry(complaint).or_default() += 1;
        }
        *log.messages.entry(message).or_default() += 1;
    }
}

/// A free port outside of those that the system gives to connections: a client that connects to one
/// of these while nobody listens can meet itself.
fn free_address() -> Result<SocketAddr> {
    let ports = (0..100).map(|_| fastrand::u16(20_000..30_000));
    let mut addresses = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let free = addresses.find(|address| TcpListener::bind(address).is_ok());
    free.context("no free port")
}

/// Asks for a path over HTTP. `None`: there is no whole answer in time.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN).ok()?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = body.to_owned();
    Some(Answer { status, body })
}

/// The settings: those of every server, but for longer histories of rooms, and more pages of history
/// for whoever compares all of it in the end.
fn text(address: SocketAddr, api: SocketAddr, data: &Path, resume_seconds: u64) -> String {
    let (port, data) = (address.port(), data.display());
    format!(
        "host = '127.0.0.1'\n\
         port = {port}\n\
         data = '{data}'\n\
         data_wait = 30\n\
         log = 'info,guildhall_server::web_socket=warn'\n\
         log_format = 'json'\n\
         resume_seconds = {resume_seconds}\n\
         keep_empty_rooms = {resume_seconds}\n\
         history_lines = 2000\n\
         history_bytes = 262144\n\
         [rates]\n\
         request = '2000, 1000/s'\n\
         [api]\n\
         listen = '{api}'\n\
         open_metrics = 'on'\n\
         [events]\n\
         enabled = true\n\
         most = 20000\n"
    )
}
