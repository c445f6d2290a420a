//! The listening sockets: bound with clear errors, and accepted from, whatever
//! happens.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use mio::net::TcpListener as MioListener;
use smol::Timer;
use smol::future::yield_now;
use socket2::{Domain, Protocol, Socket, Type};

use crate::net::reactor::{Direction, Registered};
use crate::threads::{Accepted, Threads};

/// Connections the kernel completes before we accept them.
const BACKLOG: i32 = 4096;

/// How many connections are accepted before others get their turn.
const ACCEPTS_PER_TURN: u64 = 64;

/// How long accepting rests when there are no file descriptors or no memory.
const REST: Duration = Duration::from_millis(100);

/// With port 0 the first address gets any port; how often to try for one that
/// is free on the others as well.
const TRIES_FOR_A_PORT: u32 = 8;

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The host's name has no address.
    #[error("cannot find the address of '{host}': {source}")]
    UnknownHost {
        /// As it was given.
        host: String,
        /// The resolver's words.
        source: io::Error,
    },
    /// Another program has the port.
    #[error("port {} is in use on {}: end the program that has it, or choose another with --port", .0.port(), .0.ip())]
    InUse(SocketAddr),
    /// Ports below 1024 are for privileged programs.
    #[error("no permission to listen on {0}: choose a port from 1024 up with --port")]
    NoPermission(SocketAddr),
    /// This machine does not have the address.
    #[error("cannot listen on {0}: this machine does not have that address")]
    NotOurs(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {address}: {source}")]
    Other {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// Listens on all addresses of `host`, all at one port; 0 for any free one.
///
/// `localhost` is 127.0.0.1 and `::1`, and one of them is enough.
///
/// # Errors
///
/// [`ListenError`], in words for the operator.
pub fn bind(host: &str, port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let addresses = addresses_of(host)?;
    let mut tries = if port == 0 { TRIES_FOR_A_PORT } else { 1 };
    loop {
        tries -= 1;
        match bind_all(&addresses, port) {
            Err(ListenError::InUse(_)) if tries > 0 => {}
            result => return result,
        }
    }
}

fn addresses_of(host: &str) -> Result<Vec<IpAddr>, ListenError> {
    if host == "localhost" {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    // `[::1]`, as in an address bar, is fine too.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let found = (name, 0)
        .to_socket_addrs()
        .map_err(|source| ListenError::UnknownHost {
            host: host.to_owned(),
            source,
        })?;
    let mut addresses: Vec<_> = found.map(|address| address.ip()).collect();
    addresses.dedup();
    Ok(addresses)
}

fn bind_all(addresses: &[IpAddr], mut port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = Vec::new();
    let mut missing = None;
    for &ip in addresses {
        match bind_one(SocketAddr::new(ip, port)) {
            Ok(listener) => {
                if let Ok(address) = listener.local_addr() {
                    port = address.port();
                }
                listeners.push(listener);
            }
            Err(error @ ListenError::NotOurs(_)) => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

fn bind_one(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let listen = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // A restarted server gets its port back at once.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    listen().map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse(address),
        io::ErrorKind::PermissionDenied => ListenError::NoPermission(address),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported => {
            ListenError::NotOurs(address)
        }
        // A kernel without IPv6.
        _ if source.raw_os_error() == Some(EAFNOSUPPORT) => ListenError::NotOurs(address),
        _ => ListenError::Other { address, source },
    })
}

/// "Address family not supported by protocol", which `io::ErrorKind` has no
/// stable name for.
const EAFNOSUPPORT: i32 = 97;

/// Accepts connections for as long as the server runs, and hands them to the
/// network threads.
pub(crate) async fn accept(threads: Arc<Threads>, listener: Registered<MioListener>) {
    let mut exhausted = false;
    let mut accepted: u64 = 0;
    loop {
        let next = poll_fn(|context| listener.poll(Direction::Read, context, MioListener::accept));
        match next.await {
            Ok((stream, peer)) => {
                exhausted = false;
                // Without a permit a socket is closed without a word: there are so
                // many that not even a refusal is affordable.
                if let Some(permit) = threads.gate.permit(peer.ip()) {
                    threads.assign(Accepted {
                        stream,
                        peer,
                        permit,
                    });
                }
                accepted += 1;
                if accepted.is_multiple_of(ACCEPTS_PER_TURN) {
                    yield_now().await;
                }
            }
            // The client was gone before it was accepted.
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                // No file descriptors or no memory: connections that wait are accepted
                // when some are free again. Said once, not ten times a second.
                if !exhausted {
                    tracing::error!(%error, "cannot accept connections, will keep trying");
                    exhausted = true;
                }
                Timer::after(REST).await;
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
