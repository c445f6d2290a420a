//! A server in a process of its own, and the load tool in another, each on the
//! cores it is given.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use guildhall_cli::bench::Report;
use rustix::thread::{CpuSet, sched_setaffinity};

/// What a missing `chrt` means.
const NO_CHRT: &str = "cannot start chrt: apt-get install util-linux";

/// How long a server may take to listen.
const START_WITHIN: Duration = Duration::from_secs(30);

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Peer {
    /// Starts a server on `core`: `program` with these arguments and a
    /// `--port`.
    ///
    /// # Errors
    ///
    /// Where it does not start.
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
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut peer = Self { child, address };
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
    /// Where it does not run to its end. What it finds wrong is in the report.
    pub fn load(&self, tool: &Path, flags: &[&str], core: Option<usize>) -> anyhow::Result<Report> {
        let output = self
            .tool(tool, core)?
            .args(["--pid", &self.child.id().to_string()])
            .args(flags)
            .output()
            .context(NO_CHRT)?;
        parse(&output)
    }

    /// Starts the load tool once more, to run beside the measured one. It ends
    /// when it is done.
    ///
    /// # Errors
    ///
    /// Where it does not start.
    pub fn beside(
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

    fn tool(&self, tool: &Path, core: Option<usize>) -> anyhow::Result<Command> {
        pin_to(core)?;
        let url = format!("ws://{}/ws", self.address);
        let mut command = Command::new("chrt");
        // A batch process does not cut in whenever something arrives for it, as
        // clients on other machines would not: the server ends its turn first.
        command
            .args(["--batch", "0"])
            .arg(tool)
            .args(["bench", &url, "--json"]);
        Ok(command)
    }
}

/// The report of a load tool that has ended.
///
/// # Errors
///
/// Where there is none, with what it says.
pub fn parse(output: &Output) -> anyhow::Result<Report> {
    let words = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("the load tool says: {}", words.trim()))
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Fails where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what is started from now on by this thread to one core, or to none.
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
