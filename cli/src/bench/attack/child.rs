//! The attackers as a process of their own, so that they take no time from the
//! honest clients: this program starts itself.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::super::arguments::Attack;
use super::super::raise_file_limit;
use super::crew::{self, CrewPlan, Sent};
use super::script::Victims;
use crate::server_url::ServerUrl;

/// Where the attackers come from, so that what a server allows to one address is
/// theirs and not the honest clients'. All of 127.0.0.0/8 is this machine on Linux.
const ATTACKERS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The lowest priority.
#[cfg(unix)]
const NICE: i32 = 19;

/// What the child has to do: its one argument, as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ChildArguments {
    pub(super) url: String,
    pub(super) attack: Attack,
    pub(super) attackers: u32,
    /// A room that honest clients are in.
    pub(super) room: String,
    /// The ID of one of them.
    pub(super) user: u64,
}

/// A line of the child.
#[derive(Debug, Serialize, Deserialize)]
enum Line {
    /// All attackers have begun.
    Ready,
    /// What they did.
    Sent(Sent),
}

/// The attackers' process. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Attackers {
    child: Child,
    lines: Receiver<String>,
}

impl Attackers {
    /// Starts the process.
    pub(super) fn start(arguments: &ChildArguments) -> anyhow::Result<Self> {
        let program = env::current_exe().context("cannot find this program")?;
        let mut child = Command::new(program)
            .args(["bench", &arguments.url, "--attack-child"])
            .arg(serde_json::to_string(arguments)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the attackers")?;
        let stdout = child.stdout.take().context("no output")?;
        Ok(Self {
            child,
            lines: read_lines(stdout),
        })
    }

    /// Whether all attackers have begun. Does not wait.
    pub(super) fn are_ready(&mut self) -> anyhow::Result<bool> {
        match self.lines.try_recv() {
            Ok(_) => Ok(true),
            Err(TryRecvError::Empty) => Ok(false),
            Err(TryRecvError::Disconnected) => bail!("the attackers could not begin"),
        }
    }

    /// Tells them to stop.
    pub(super) fn stop(&mut self) {
        self.child.stdin = None;
    }

    /// Waits for their end. Returns what they did.
    pub(super) fn end(mut self) -> anyhow::Result<Sent> {
        self.stop();
        let lines = self.lines.iter().map(|line| serde_json::from_str(&line));
        for line in lines.collect::<Vec<_>>() {
            if let Line::Sent(sent) = line? {
                return Ok(sent);
            }
        }
        bail!("the attackers ended without a report")
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        // These do nothing if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the child's lines on a thread: the caller has honest clients to care for.
fn read_lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The child: attacks until its standard input ends, as it does if its parent is
/// gone.
pub(super) fn attack(arguments: &str) -> anyhow::Result<()> {
    let arguments: ChildArguments = serde_json::from_str(arguments).context("--attack-child")?;
    #[cfg(unix)]
    // Without it, the attack is no less an attack.
    let _ = rustix::process::setpriority_process(None, NICE);
    let attackers = arguments.attackers as usize;
    raise_file_limit(attackers, "--attackers")?;
    let server = ServerUrl::parse(&arguments.url)?;
    let plan = CrewPlan {
        attack: arguments.attack,
        attackers,
        from: (cfg!(target_os = "linux") && server.is_loopback()).then_some(ATTACKERS),
        victims: Victims {
            host: server.host.clone(),
            room: arguments.room,
            user: arguments.user,
        },
        server,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&stop);
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        is_over.store(true, Ordering::Relaxed);
    });
    let sent = crew::run(&plan, &stop, || say(&Line::Ready))?;
    say(&Line::Sent(sent));
    Ok(())
}

fn say(line: &Line) {
    if let Ok(line) = serde_json::to_string(line) {
        // A parent that is gone needs no line.
        let _ = writeln!(io::stdout(), "{line}");
    }
}
