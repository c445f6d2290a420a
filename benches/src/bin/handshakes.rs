//! `handshakes`: does TLS handshakes with a server, evenly, and hangs up behind each. `cost` runs it
//! beside a chat.

use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Parser;
use futures_rustls::pki_types::pem::PemObject as _;
use futures_rustls::pki_types::{CertificateDer, ServerName};
use futures_rustls::rustls::client::Resumption;
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore};
use guildhall_benches::handshakes::Handshakes;

/// How many handshakes can be under way at once.
const THREADS: u32 = 16;

/// A handshake that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Does TLS handshakes with a server until the standard input ends. Prints what came of them, as
/// JSON.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server's address
    address: SocketAddr,

    /// A PEM file with the certificate to trust
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,

    /// How many handshakes a second
    #[arg(long)]
    rate: u32,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.rate > 0, "--rate 1 at least");
    let config = full_handshakes(&arguments.ca)?;
    let over = AtomicBool::new(false);
    let begin = Instant::now();
    let took = thread::scope(|scope| -> anyhow::Result<_> {
        let (arguments, config, over) = (&arguments, &config, &over);
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || every(arguments, config, begin, first, over)))
            .collect();
        io::stdin().read_to_end(&mut Vec::new())?;
        over.store(true, Ordering::Relaxed);
        let mut took = Vec::new();
        for thread in threads {
            let done = thread.join();
            took.extend(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(took)
    })?;
    ensure!(
        !took.is_empty(),
        "the input ended before the first handshake"
    );
    let report = Handshakes::of(took, begin.elapsed());
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

/// Trusts this certificate, and remembers nothing that would shorten the next handshake: the
/// clients of a server are not one client that comes again.
fn full_handshakes(ca: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).context("cannot read --ca")?)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Does the handshakes with the numbers `first`, `first + THREADS` and so on, each at its time.
/// Returns how long each took from that time on.
fn every(
    arguments: &Arguments,
    config: &Arc<ClientConfig>,
    begin: Instant,
    first: u32,
    over: &AtomicBool,
) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::new();
    for number in (first..).step_by(THREADS as usize) {
        let due = begin + Duration::from_secs(1) * number / arguments.rate;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if over.load(Ordering::Relaxed) {
            break;
        }
        handshake(arguments.address, config).context("a handshake has failed")?;
        took.push(due.elapsed());
    }
    Ok(took)
}

/// Connects, does the handshake, says goodbye and hangs up.
fn handshake(address: SocketAddr, config: &Arc<ClientConfig>) -> anyhow::Result<()> {
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let name = ServerName::from(address.ip());
    let mut connection = ClientConnection::new(Arc::clone(config), name)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    connection.send_close_notify();
    while connection.wants_write() {
        connection.write_tls(&mut socket)?;
    }
    Ok(())
}
