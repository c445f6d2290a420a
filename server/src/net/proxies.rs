//! Whose a connection is that a proxy makes: the proxies whose word counts, and what they
//! say of their clients. From anyone else, what these headers say means nothing.
//!
//! `listen` and `http` ask. What a proxy says about one request is in its headers
//! ([`forwarded`]), and what it says about a whole connection in its first bytes
//! ([`protocol`]).

pub(crate) mod forwarded;
pub(crate) mod protocol;

use std::net::IpAddr;
use std::str::FromStr;

use hyper::header::HeaderMap;
use ipnet::IpNet;

use super::gate::Opener;
use super::origin::Scheme;
use crate::network::ClientAddress;
use forwarded::Doubt;

/// A proxy, or a network of proxies, whose word on its clients' addresses counts.
///
/// ```
/// use guildhall_server::TrustedProxy;
///
/// let one: TrustedProxy = "10.0.0.2".parse()?;
/// assert_eq!(one, "10.0.0.2/32".parse()?);
/// assert!("10.0.0.2/8".parse::<TrustedProxy>().is_err());
/// # Ok::<(), guildhall_server::InvalidProxy>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// Why a text is not a proxy's address or network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    /// It is neither.
    #[error(
        "not an address or a network: expected something like 10.0.0.2, 10.0.0.0/8 or fd00::/8"
    )]
    NoNetwork,
    /// The network's address has bits that are not the network's, so that it is not clear
    /// which of the two is meant.
    #[error("write {address} for one proxy, or {network} for all of that network")]
    Both {
        /// The address.
        address: IpAddr,
        /// The network that it is in.
        network: IpNet,
    },
}

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let Some((address, prefix)) = text.split_once('/') else {
            let address: IpAddr = text.parse().map_err(|_| InvalidProxy::NoNetwork)?;
            return Ok(Self(address.to_canonical().into()));
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidProxy::NoNetwork)?;
        let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u8 = match prefix.parse() {
            Ok(prefix) if is_number => prefix,
            _ => return Err(InvalidProxy::NoNetwork),
        };
        // An IPv4 network may be written as a part of IPv6, and is counted as IPv4.
        let (address, prefix) = match (address, address.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(v4)) if prefix >= 96 => (v4.into(), prefix - 96),
            _ => (address, prefix),
        };
        let network = IpNet::new(address, prefix).map_err(|_| InvalidProxy::NoNetwork)?;
        if network.addr() != network.network() {
            let network = network.trunc();
            return Err(InvalidProxy::Both { address, network });
        }
        Ok(Self(network))
    }
}

impl TrustedProxy {
    /// Whether every address of a kind is one of its, so that every client could say that it
    /// is somebody else.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        self.0.prefix_len() == 0
    }
}

/// The proxies in front of a server.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Those whose word counts.
    pub trusted: Vec<TrustedProxy>,
    /// Whether their connections begin with a header of the PROXY protocol, version 1 or 2.
    pub proxy_protocol: bool,
}

/// The client that has sent a request, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sender {
    /// Its address; that of a proxy, if the proxy does not say more.
    pub(crate) address: ClientAddress,
    /// Whether it used TLS, as its proxy says.
    pub(crate) scheme: Option<Scheme>,
    /// Why the address is only that of a proxy.
    pub(crate) doubt: Option<Doubt>,
}

impl Proxies {
    /// Whether this is the address of a proxy whose word counts.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|proxy| proxy.0.contains(&address))
    }

    /// Whose connections come from this address.
    pub(crate) fn opener(&self, address: IpAddr) -> Opener {
        if self.trust(address) {
            Opener::Proxy
        } else {
            Opener::Client
        }
    }

    /// Whether a connection from this address begins with a header of the PROXY protocol. The
    /// address alone decides: what a connection begins with must not be guessed from its bytes.
    #[must_use]
    pub fn begin_with_header(&self, address: IpAddr) -> bool {
        self.proxy_protocol && self.trust(address)
    }

    /// Returns the client that has sent a request with these headers over a connection of `peer`.
    pub(crate) fn sender(&self, peer: ClientAddress, headers: &HeaderMap) -> Sender {
        if !self.trust(peer.ip()) {
            return Sender::of(peer);
        }
        forwarded::sender(peer, headers, |address| self.trust(address))
    }
}

impl Sender {
    /// The client at this address.
    fn of(address: ClientAddress) -> Self {
        Self {
            address,
            scheme: None,
            doubt: None,
        }
    }

    /// The client of the proxy at this address, on a connection that begins with a header which
    /// names nobody. Headers of its requests mean nothing: a proxy that passes on connections
    /// leaves them as the client has written them.
    pub(crate) fn unnamed(address: ClientAddress) -> Self {
        Self {
            doubt: Some(Doubt::Nobody),
            ..Self::of(address)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, inside: &[&str], outside: &[&str]) {
        let proxies = Proxies {
            trusted: vec![text.parse().unwrap()],
            proxy_protocol: false,
        };
        for (addresses, expected) in [(inside, true), (outside, false)] {
            for address in addresses {
                let found = proxies.trust(address.parse().unwrap());
                assert_eq!(found, expected, "{address} in {text}");
            }
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        check("10.0.0.2", &["10.0.0.2", "::ffff:10.0.0.2"], &["10.0.0.3"]);
        check("10.0.0.0/8", &["10.255.255.255"], &["11.0.0.0", "::1"]);
        check("::ffff:10.0.0.2", &["10.0.0.2"], &["10.0.0.3"]);
        check("::ffff:10.0.0.0/104", &["10.1.1.1"], &["11.0.0.0"]);
        check("fd00::/8", &["fd12::1"], &["fe80::1", "10.0.0.1"]);
        check("::1", &["::1"], &["::2", "127.0.0.1"]);
        check("0.0.0.0/0", &["1.2.3.4", "::ffff:1.2.3.4"], &["::1"]);
        check("::/0", &["::1", "2001:db8::1"], &["1.2.3.4"]);
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_may_be_meant() {
        for text in [
            "",
            "proxy.example",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "10.0.0.0/255.0.0.0",
            "010.0.0.1",
            "10.0.0.1:80",
            "[::1]",
            "fe80::1%eth0",
            "::/129",
            "*",
        ] {
            let refused = text.parse::<TrustedProxy>().unwrap_err();
            assert_eq!(refused, InvalidProxy::NoNetwork, "{text}");
        }
        let both = "10.0.0.5/8".parse::<TrustedProxy>().unwrap_err();
        let both = both.to_string();
        assert!(
            both.contains("10.0.0.5 ") && both.contains("10.0.0.0/8"),
            "{both}"
        );
    }

    #[test]
    fn nobody_is_trusted_by_default() {
        let proxies = Proxies::default();
        assert!(!proxies.trust("127.0.0.1".parse().unwrap()));
        let peer = ClientAddress::of("127.0.0.1:80".parse().unwrap());
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
        headers.insert("forwarded", "for=192.0.2.1;proto=https".parse().unwrap());
        assert_eq!(proxies.sender(peer, &headers), Sender::of(peer));
    }

    #[test]
    fn an_address_is_logged_with_the_port_that_is_known() {
        let peer = ClientAddress::of("[::ffff:10.0.0.1]:80".parse().unwrap());
        assert_eq!(peer.to_string(), "10.0.0.1:80");
        let v6: IpAddr = "2001:db8::1".parse().unwrap();
        let client = peer.forwarded_by(v6, None);
        assert_eq!(client.to_string(), "2001:db8::1");
        assert_eq!(client.behind_proxy(), Some("10.0.0.1:80".parse().unwrap()));
        let client = peer.forwarded_by(v6, Some(7));
        assert_eq!(client.to_string(), "[2001:db8::1]:7");
    }
}
