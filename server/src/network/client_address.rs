//! The address of a client, as far as the server knows it: its own, or what a trusted proxy says.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::Network;

/// The address of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress {
    ip: IpAddr,
    /// The client's port, if it is known.
    port: Option<u16>,
    /// The other end of the connection, if that is a proxy.
    proxy: Option<SocketAddr>,
}

impl ClientAddress {
    /// The other end of a connection.
    pub(crate) fn of(peer: SocketAddr) -> Self {
        Self {
            ip: peer.ip().to_canonical(),
            port: Some(peer.port()),
            proxy: None,
        }
    }

    /// The same, for a connection that a proxy makes for this client.
    pub(crate) fn behind(proxy: SocketAddr, client: SocketAddr) -> Self {
        Self {
            proxy: Some(proxy),
            ..Self::of(client)
        }
    }

    /// A client whose connection this proxy has taken.
    pub(crate) fn forwarded_by(self, ip: IpAddr, port: Option<u16>) -> Self {
        let other_end = self.port.map(|port| SocketAddr::new(self.ip, port));
        Self {
            ip: ip.to_canonical(),
            port,
            proxy: self.proxy.or(other_end),
        }
    }

    /// The IP address.
    pub(crate) fn ip(self) -> IpAddr {
        self.ip
    }

    /// The network that the client is counted in.
    pub(crate) fn network(self) -> Network {
        Network::of(self.ip)
    }

    /// The proxy that the connection comes from.
    pub(crate) fn behind_proxy(self) -> Option<SocketAddr> {
        self.proxy
    }

    /// The same, for the log.
    pub(crate) fn proxy(self) -> Option<tracing::field::DisplayValue<SocketAddr>> {
        self.proxy.map(tracing::field::display)
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => SocketAddr::new(self.ip, port).fmt(f),
            None => self.ip.fmt(f),
        }
    }
}
