//! The listening sockets: [`bind`] opens them and explains to the operator why it cannot,
//! and the accept loop takes connections for as long as the server runs. It does not
//! read from them.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpListener as MioListener;
use smol::Timer;
use socket2::{Domain, Protocol, Socket, Type};

use crate::log_limit::LogKind;
use crate::metrics::Dropped;
use crate::net::exhaustion::Exhaustion;
use crate::net::gate::TOO_MANY;
use crate::net::reactor::{Direction, Registered};
use crate::network::ClientAddress;
use crate::threads::{Accepted, Entry, Threads};

/// How many connections the kernel completes before the server accepts them.
const BACKLOG: i32 = 4096;

/// How many bytes the kernel may buffer of what a client has sent and the server has not
/// read. By default it is megabytes, and a client that is gone would leave work for
/// seconds behind. The sockets of clients have it from their listener.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// How long the server waits before it accepts again if there are no file descriptors or
/// no memory.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// How many ports are tried if any will do: the system chooses one that is free on the
/// first address, and it may be in use on another.
const PORT_ATTEMPTS: u32 = 8;

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The host's name has no address.
    #[error("cannot find the address of '{host}': {error}")]
    UnknownHost {
        /// The host as it was given.
        host: String,
        /// The resolver's error. Not a source, because the text has it already.
        error: io::Error,
    },
    /// Another program uses the port.
    #[error("port {} is in use on {}: end the program that has it, or choose another with {flag}", .0.port(), .0.ip(), flag = .1)]
    InUse(SocketAddr, &'static str),
    /// The port is below 1024, and the program is not privileged.
    #[error("no permission to listen on {address}: choose a port from 1024 up with {flag}", address = .0, flag = .1)]
    NoPermission(SocketAddr, &'static str),
    /// This machine does not have the address.
    #[error("cannot listen on {0}: this machine does not have that address")]
    NotOurs(SocketAddr),
    /// Any other error.
    #[error("cannot listen on {address}: {error}")]
    Other {
        /// The address.
        address: SocketAddr,
        /// The system's error. Not a source, because the text has it already.
        error: io::Error,
    },
}

/// Listens on all addresses of `host` with the same `port`, and returns the listeners.
/// If `port` is 0, the system chooses a free one.
///
/// `localhost` means 127.0.0.1 and `::1`. An address that this machine does not have is
/// left out, unless it has none of them.
///
/// # Errors
///
/// [`ListenError`], whose text tells the operator what to do.
///
/// ```
/// let listeners = guildhall_server::listen::bind("127.0.0.1", 0)?;
/// assert_ne!(listeners[0].local_addr()?.port(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bind(host: &str, port: u16) -> Result<Vec<TcpListener>, ListenError> {
    bind_for("--port", host, port)
}

/// The same for a port that another `flag` of the program sets, which errors name.
///
/// # Errors
///
/// [`ListenError`].
pub fn bind_for(
    flag: &'static str,
    host: &str,
    port: u16,
) -> Result<Vec<TcpListener>, ListenError> {
    let addresses = addresses_of(host)?;
    let mut attempts = if port == 0 { PORT_ATTEMPTS } else { 1 };
    loop {
        attempts -= 1;
        match bind_all(&addresses, port, |address| bind_one(address, flag)) {
            Err(ListenError::InUse(..)) if attempts > 0 => {}
            result => return result,
        }
    }
}

/// Whether [`bind_for`] would succeed now. It does not listen, so a server that starts at the same
/// time is not in its way.
///
/// # Errors
///
/// [`ListenError`], as of [`bind_for`].
pub fn try_bind(flag: &'static str, host: &str, port: u16) -> Result<(), ListenError> {
    let addresses = addresses_of(host)?;
    let reserve = |address| match reserve(address) {
        Ok(socket) => Ok(socket.into()),
        Err(error) => Err(explained(error, address, flag)),
    };
    bind_all(&addresses, port, reserve).map(drop)
}

/// Whether these sockets listen on addresses of `host`, on this port; 0: on any.
///
/// # Errors
///
/// [`ListenError::UnknownHost`].
pub fn are_on(listeners: &[TcpListener], host: &str, port: u16) -> Result<bool, ListenError> {
    let addresses = addresses_of(host)?;
    Ok(listeners.iter().all(|listener| {
        listener
            .local_addr()
            .is_ok_and(|has| addresses.contains(&has.ip()) && (port == 0 || port == has.port()))
    }))
}

/// The addresses of `host` that none of these sockets listens on.
///
/// # Errors
///
/// [`ListenError::UnknownHost`].
pub fn left_out(listeners: &[TcpListener], host: &str) -> Result<Vec<IpAddr>, ListenError> {
    let mut addresses = addresses_of(host)?;
    addresses.retain(|address| {
        let mut taken = listeners.iter().filter_map(|it| it.local_addr().ok());
        !taken.any(|has| has.ip() == *address)
    });
    Ok(addresses)
}

/// Whether the same port of both hosts is one of the same address: only one listener can have it.
///
/// # Errors
///
/// [`ListenError::UnknownHost`].
pub fn overlap(one: &str, other: &str) -> Result<bool, ListenError> {
    let (one, other) = (addresses_of(one)?, addresses_of(other)?);
    // A socket on `::` takes IPv4, too.
    let has = |all: &IpAddr, address: &IpAddr| {
        all.is_unspecified() && (all.is_ipv6() || address.is_ipv4())
    };
    let is_same = |a: &IpAddr, b: &IpAddr| a == b || has(a, b) || has(b, a);
    Ok(one.iter().any(|a| other.iter().any(|b| is_same(a, b))))
}

/// Makes a socket that another program has opened, and that listens, like one of [`bind`].
///
/// # Errors
///
/// If the system does not let it have the buffer and the queue.
pub fn adopt(listener: TcpListener) -> io::Result<TcpListener> {
    let socket = Socket::from(listener);
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn addresses_of(host: &str) -> Result<Vec<IpAddr>, ListenError> {
    if host == "localhost" {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    // An address in brackets, as in a browser's address bar, is accepted too.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let found = (name, 0)
        .to_socket_addrs()
        .map_err(|error| ListenError::UnknownHost {
            host: host.to_owned(),
            error,
        })?;
    let mut addresses: Vec<_> = found.map(|address| address.ip()).collect();
    addresses.dedup();
    Ok(addresses)
}

fn bind_all(
    addresses: &[IpAddr],
    mut port: u16,
    bind_one: impl Fn(SocketAddr) -> Result<TcpListener, ListenError>,
) -> Result<Vec<TcpListener>, ListenError> {
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

fn bind_one(address: SocketAddr, flag: &'static str) -> Result<TcpListener, ListenError> {
    let listen = |socket: Socket| {
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    reserve(address)
        .and_then(listen)
        .map_err(|error| explained(error, address, flag))
}

/// A socket that has the address, and does not listen.
fn reserve(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // So that a restarted server can use its port again at once.
    socket.set_reuse_address(true)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn explained(error: io::Error, address: SocketAddr, flag: &'static str) -> ListenError {
    match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse(address, flag),
        io::ErrorKind::PermissionDenied => ListenError::NoPermission(address, flag),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported => {
            ListenError::NotOurs(address)
        }
        // The kernel has no IPv6.
        _ if error.raw_os_error() == Some(EAFNOSUPPORT) => ListenError::NotOurs(address),
        _ => ListenError::Other { address, error },
    }
}

/// The error "address family not supported by protocol", for which `io::ErrorKind` has
/// no stable name.
const EAFNOSUPPORT: i32 = 97;

/// Accepts connections for as long as the server runs, and assigns them to the network
/// threads.
pub(crate) async fn accept(threads: Arc<Threads>, listener: Registered<MioListener>, entry: Entry) {
    let mut exhaustion = Exhaustion::default();
    loop {
        let next = poll_fn(|context| listener.poll(Direction::Read, context, MioListener::accept));
        match next.await {
            Ok((stream, peer)) => {
                threads.count_connection();
                // A socket without a permit is closed without an answer, see
                // `Gate::permit`.
                let opener = threads.access().proxies.opener(peer.ip());
                if let Some(permit) = threads.gate.permit(peer.ip(), opener) {
                    threads.assign(Accepted {
                        stream,
                        peer,
                        permit,
                        entry,
                    });
                } else {
                    listener.metrics().count_dropped(Dropped::TooMany);
                    log_drop(&threads, peer);
                }
            }
            // The client hung up before it was accepted.
            Err(error) if is_client_error(&error) => {}
            Err(error) => {
                // There are no file descriptors or no memory. The kernel keeps the
                // connections until they can be accepted.
                if exhaustion.begins(Instant::now()) {
                    tracing::error!(%error, "cannot accept connections, will keep trying");
                }
                Timer::after(RETRY_AFTER).await;
            }
        }
    }
}

fn log_drop(threads: &Threads, peer: SocketAddr) {
    if threads.may_log(LogKind::Dropped) {
        let address = ClientAddress::of(peer);
        tracing::info!(%address, reason = TOO_MANY, "{}", LogKind::Dropped.message());
    }
}

fn is_client_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_host_that_has_no_socket_is_left_out() {
        let listeners = bind("127.0.0.1", 0).unwrap();
        assert!(left_out(&listeners, "127.0.0.1").unwrap().is_empty());
        let missing = left_out(&listeners, "localhost").unwrap();
        assert_eq!(missing, [Ipv6Addr::LOCALHOST]);
    }
}
