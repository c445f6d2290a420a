//! A server for the criterion benches, in a process of the bench's own binary: one
//! process may not open enough files for both ends of ten thousand connections.

use std::env;
use std::future;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio, exit};
use std::thread;

use anyhow::Context as _;
use guildhall_cli::bench::Process;
use guildhall_server::Caps;
use guildhall_server::{Config, Rate, Rates, RoomLimits, listen, run};

use crate::floor::{self, Sends};
use crate::scenario::Server;

/// The variable that tells a bench's binary to serve, and with which server.
const SERVE: &str = "GUILDHALL_BENCH_SERVES";

/// A running server. It stops when this value is dropped, or when this process
/// ends.
#[derive(Debug)]
pub struct Relay {
    child: Child,
    /// The address that it listens on.
    pub address: SocketAddr,
}

impl Relay {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// If the server does not start, or the bench's `main` does not call
    /// [`serve_if_asked`].
    pub fn start(server: Server) -> anyhow::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .env(SERVE, format!("{server:?}"))
            // The server ends when this pipe is closed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse().context("the server does not start")?;
        Ok(Self { child, address })
    }

    /// The server's process.
    #[must_use]
    pub fn process(&self) -> Process {
        Process::of(self.child.id())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Fails if the process has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves and never returns, if this process was started as a server. A bench's
/// `main` has to call it first.
pub fn serve_if_asked() {
    let Ok(server) = env::var(SERVE) else {
        return;
    };
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        exit(0);
    });
    if let Err(error) = serve(&server) {
        eprintln!("{error:#}");
        exit(1);
    }
    exit(0);
}

fn serve(server: &str) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let sends = match server {
        "Floor" => Sends::Single,
        "JoinedFloor" => Sends::Joined,
        _ => return serve_guildhall(),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?);
    // The other end is never closed: the floor runs until the process ends.
    let (stop, _never) = UnixStream::pair()?;
    floor::run(&listener, sends, None, stop)?;
    Ok(())
}

fn serve_guildhall() -> anyhow::Result<()> {
    let listeners = listen::bind("127.0.0.1", 0)?;
    println!("{}", listeners[0].local_addr()?);
    let config = Config {
        caps: Caps {
            total: usize::MAX,
            per_address: 0,
        },
        // The benches measure what the server can do.
        rooms: RoomLimits {
            client_rate: Rate::UNBOUNDED,
            room_rate: Rate::UNBOUNDED,
            ..RoomLimits::default()
        },
        rates: Rates::OFF,
        ..Config::default()
    };
    run(config, listeners, future::pending())?;
    Ok(())
}
