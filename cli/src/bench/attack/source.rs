//! Where attackers connect from: an address of their own, and its ports in turns.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// The receive buffer of attackers that do not read: the server has to keep what
/// waits, and not this kernel.
const SMALL_BUFFER: usize = 4096;

/// The ports that need no privilege and are not those from which Linux chooses for others
/// (`ip_local_port_range`): a port that was bound is no choice for anybody for a minute, so
/// the honest clients would find none.
const PORTS: std::ops::RangeInclusive<u16> = 1024..=32_767;

/// So many ports in a row that others use are a fault.
const TRIES: usize = 64;

/// An address, and its next port. The kernel would choose a port as well, but it looks
/// for long when thousands of connections were there lately.
#[derive(Debug)]
pub(super) struct Source {
    address: Option<IpAddr>,
    port: u16,
}

impl Source {
    /// Connections come from this address, or from the system's choice.
    pub(super) fn new(address: Option<IpAddr>) -> Self {
        Self {
            address,
            port: fastrand::u16(PORTS),
        }
    }

    /// Connects.
    pub(super) fn connect(&mut self, to: SocketAddr, is_reading: bool) -> io::Result<TcpStream> {
        let from = self.address.filter(|from| from.is_ipv4() == to.is_ipv4());
        let mut tries = 0..TRIES;
        loop {
            let from = from.map(|address| SocketAddr::new(address, self.next_port()));
            match connect(to, from, is_reading) {
                Err(error) if is_in_use(&error) && tries.next().is_some() => {}
                done => return done,
            }
        }
    }

    fn next_port(&mut self) -> u16 {
        self.port = match self.port + 1 {
            port if PORTS.contains(&port) => port,
            _ => *PORTS.start(),
        };
        self.port
    }
}

fn connect(to: SocketAddr, from: Option<SocketAddr>, is_reading: bool) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    if let Some(from) = from {
        // Also the ports of connections that are over.
        socket.set_reuse_address(true)?;
        socket.bind(&from.into())?;
    }
    if !is_reading {
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
    }
    socket.connect_timeout(&to.into(), CONNECT_WITHIN)?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

fn is_in_use(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[cfg(target_os = "linux")]
    #[test]
    fn connections_come_from_the_address_and_a_port_in_use_is_left_out() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let address = "127.0.0.2".parse().unwrap();
        let mut source = Source::new(Some(address));
        let first = source.connect(to, true).unwrap();
        let port = first.local_addr().unwrap().port();
        source.port = port - 1;
        let second = source.connect(to, false).unwrap();
        let second = second.local_addr().unwrap();
        assert_eq!(second.ip(), address);
        assert_ne!(second.port(), port);
    }

    #[test]
    fn ports_begin_anew_behind_the_last() {
        let mut source = Source::new(None);
        source.port = PORTS.end() - 1;
        assert_eq!(source.next_port(), *PORTS.end());
        assert_eq!(source.next_port(), *PORTS.start());
    }
}
