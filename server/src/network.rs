//! Where a client connects from, as far as it matters for fair shares: the address, or the
//! networks that count as one address. Whatever one address could take from all others is
//! counted by it.

mod client_address;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

pub use self::client_address::ClientAddress;

/// An address whose clients are counted together, or a network of such addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    /// An IPv4 address.
    Address(Ipv4Addr),
    /// The first 64 bits of an IPv6 address. They count as one address, because a single
    /// customer usually has such a network.
    Slash64(u64),
    /// The first 48 bits, in a number of 64. Many customers can have such a network, which
    /// is made of 65,536 smaller ones.
    Slash48(u64),
}

impl Network {
    /// The network of this machine.
    pub const LOOPBACK: Self = Self::Address(Ipv4Addr::LOCALHOST);

    /// How many shares of an address the largest network may have.
    pub(crate) const MOST_SHARES: usize = 4;

    /// Returns what counts as one address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::Address(address),
            IpAddr::V6(address) => {
                let first = address.octets().into_iter().take(8);
                Self::Slash64(first.fold(0, |bits, octet| bits << 8 | u64::from(octet)))
            }
        }
    }

    /// Whether it is this machine.
    pub(crate) const fn is_loopback(self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            // `::1` is the only address of it that anybody has.
            Self::Slash64(bits) => bits == 0,
            Self::Slash48(_) => false,
        }
    }

    /// Returns the network, and then the larger one that it is counted in as well.
    pub(crate) fn levels(self) -> impl Iterator<Item = Self> {
        let wider = match self {
            Self::Slash64(bits) => Some(Self::Slash48(bits & !0xffff)),
            Self::Address(_) | Self::Slash48(_) => None,
        };
        std::iter::once(self).chain(wider)
    }

    /// How many shares of an address it may have.
    pub(crate) const fn shares(self) -> usize {
        match self {
            Self::Address(_) | Self::Slash64(_) => 1,
            Self::Slash48(_) => Self::MOST_SHARES,
        }
    }
}

/// As an operator writes it: `192.0.2.1`, `2001:db8:1:2::/64`, `2001:db8:1::/48`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v6 = |bits: u64| Ipv6Addr::from(u128::from(bits) << 64);
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Slash64(bits) => write!(f, "{}/64", v6(*bits)),
            Self::Slash48(bits) => write!(f, "{}/48", v6(*bits)),
        }
    }
}

/// The text is no network that counts as one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no IPv4 address, and no IPv6 network of 48 or 64 bits")]
pub struct InvalidNetwork;

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let first = |address: Ipv6Addr| (u128::from(address) >> 64) as u64;
        match text.split_once('/') {
            None => text.parse().map(Self::Address).map_err(|_| InvalidNetwork),
            Some((address, bits)) => {
                let bits_of = first(address.parse().map_err(|_| InvalidNetwork)?);
                match bits {
                    "64" => Ok(Self::Slash64(bits_of)),
                    "48" => Ok(Self::Slash48(bits_of & !0xffff)),
                    _ => Err(InvalidNetwork),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn an_ipv6_slash_64_is_one_address_and_a_slash_48_is_counted_too() {
        let here = network("2001:db8:1:2:3::4");
        assert_eq!(here, network("2001:db8:1:2:ffff::"));
        assert_ne!(here, network("2001:db8:1:3::4"));
        let wider = |address| network(address).levels().nth(1);
        assert_eq!(wider("2001:db8:1:2::"), wider("2001:db8:1:ffff::1"));
        assert_ne!(wider("2001:db8:1:2::"), wider("2001:db8:2:2::"));
        assert_eq!(wider("2001:db8::").unwrap().shares(), Network::MOST_SHARES);
        assert_eq!(here.shares(), 1);
    }

    #[test]
    fn a_network_is_written_and_read_again() {
        for (network, text) in [
            (network("10.0.0.1"), "10.0.0.1"),
            (network("2001:db8:1:2:3::4"), "2001:db8:1:2::/64"),
            (
                network("2001:db8:1:2::").levels().nth(1).unwrap(),
                "2001:db8:1::/48",
            ),
        ] {
            assert_eq!(network.to_string(), text);
            assert_eq!(text.parse(), Ok(network));
        }
        for wrong in ["", "10.0.0.1/24", "2001:db8::", "2001:db8::/65", "x/64"] {
            assert_eq!(wrong.parse::<Network>(), Err(InvalidNetwork), "{wrong}");
        }
    }

    #[test]
    fn a_mapped_ipv4_address_is_ipv4_and_is_counted_once() {
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
        assert_eq!(network("10.0.0.1").levels().count(), 1);
        assert_eq!(network("127.0.0.1"), Network::LOOPBACK);
    }
}
