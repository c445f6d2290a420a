//! A server in a process of its own and the load tool in another, each on a given
//! core.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use guildhall_cli::bench::Report;
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::de::DeserializeOwned;

/// The error if there is no `chrt`.
const NO_CHRT: &str = "cannot start chrt: apt-get install util-linux";

/// A measured server does not limit how often users may ask for what. As variables, because an
/// older program that is compared does not know the flags.
const UNLIMITED: [(&str, &str); 5] = [
    ("GUILDHALL_RATES_SAY", "off"),
    ("GUILDHALL_RATES_WHISPER", "off"),
    ("GUILDHALL_RATES_JOIN", "off"),
    ("GUILDHALL_RATES_REQUEST", "off"),
    ("GUILDHALL_RATES_REFUSED", "off"),
];

/// How long a server may take to listen.
const START_WITHIN: Duration = Duration::from_secs(30);

/// A running server. It stops when this value is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    /// The address that it listens on.
    pub address: SocketAddr,
    /// If it speaks TLS: the file with the certificate to trust.
    pub ca: Option<PathBuf>,
}

impl Peer {
    /// Starts a server on `core`: `program` with these arguments and a
    /// `--port`.
    ///
    /// # Errors
    ///
    /// If the server does not start.
    pub fn start(
        program: &Path,
        arguments: &[String],
        core: Option<usize>,
    ) -> anyhow::Result<Self> {
        let address = free_address()?;
        pin_to(core)?;
        let child = Command::new(program)
            .args(arguments)
            .args(["--port", &address.port().to_string()])
            .envs(UNLIMITED)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut peer = Self {
            child,
            address,
            ca: None,
        };
        let deadline = Instant::now() + START_WITHIN;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = peer.child.try_wait()? {
                bail!("{} ended at once: {status}", program.display());
            }
            if Instant::now() > deadline {
                bail!("{} does not listen", program.display());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(peer)
    }

    /// Runs the load tool against this server, on `core`.
    ///
    /// # Errors
    ///
    /// If the load tool fails. The faults that it finds are in the report.
    pub fn load(&self, tool: &Path, flags: &[&str], core: Option<usize>) -> anyhow::Result<Report> {
        let output = self
            .tool(tool, core)?
            .args(["--pid", &self.child.id().to_string()])
            .args(flags)
            .output()
            .context(NO_CHRT)?;
        parse(&output)
    }

    /// Starts a second load tool beside the measured one.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub(crate) fn beside(
        &self,
        tool: &Path,
        flags: &[&str],
        core: Option<usize>,
    ) -> anyhow::Result<Child> {
        self.tool(tool, core)?
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context(NO_CHRT)
    }

    /// Starts handshakes beside the load, which go on until the standard input of the process ends.
    /// They take what time the load leaves on its core, so that they delay the server's answers and
    /// not the reading of them.
    ///
    /// # Errors
    ///
    /// If they do not start.
    pub(crate) fn handshakes(
        &self,
        tool: &Path,
        rate: u32,
        core: Option<usize>,
    ) -> anyhow::Result<Child> {
        let ca = self.ca.as_ref().context("the server has no TLS")?;
        pin_to(core)?;
        Command::new("chrt")
            .args(["--idle", "0"])
            .arg(tool)
            .arg(self.address.to_string())
            .arg("--ca")
            .arg(ca)
            .args(["--rate", &rate.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context(NO_CHRT)
    }

    fn tool(&self, tool: &Path, core: Option<usize>) -> anyhow::Result<Command> {
        pin_to(core)?;
        let scheme = if self.ca.is_some() { "wss" } else { "ws" };
        let url = format!("{scheme}://{}/ws", self.address);
        let mut command = Command::new("chrt");
        // A batch process does not interrupt the server when bytes arrive for it,
        // just as clients on other machines do not: the server finishes its turn.
        command
            .args(["--batch", "0"])
            .arg(tool)
            .args(["bench", &url, "--json"]);
        if let Some(ca) = &self.ca {
            command.arg("--ca").arg(ca);
        }
        Ok(command)
    }
}

/// Reads the report of a tool that has ended.
///
/// # Errors
///
/// If there is no report, with the tool's own error.
pub(crate) fn parse<T: DeserializeOwned>(output: &Output) -> anyhow::Result<T> {
    let words = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("the tool says: {}", words.trim()))
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Fails if the process has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Pins the processes that this thread starts from now on to one core, or to none.
fn pin_to(core: Option<usize>) -> anyhow::Result<()> {
    let mut cores = CpuSet::new();
    match core {
        Some(core) => cores.set(core),
        None => (0..CpuSet::MAX_CPU).for_each(|core| cores.set(core)),
    }
    sched_setaffinity(None, &cores).with_context(|| format!("cannot use core {core:?}"))
}

/// A port that was free a moment ago.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
