//! The limits on how many connections there are, in all and from one address.
//!
//! Every accepted socket holds a [`ConnectionPermit`], and [`ConnectionPermit::admit`]
//! counts it as a client when its handshake succeeds. Dropping the permit makes room for
//! another connection. `listen` and `http` call it; it knows no sockets.

use std::net::IpAddr;
use std::sync::Arc;

use super::half_open::{Eviction, HalfOpen, HalfOpenKey};
use crate::network::Network;
use crate::sync::lock::{Lock, MutexGuard};
use crate::sync::tally::Tally;

/// How many sockets may be open besides the clients, for HTTP: handshakes, pages,
/// health checks, refusals with a reason.
pub const HTTP_SLACK: usize = 256;

/// The same for one address.
const HTTP_SLACK_PER_ADDRESS: usize = 64;

/// The limits on clients.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// The most clients in all.
    pub total: usize,
    /// The most clients from one address (for IPv6, from one /64 network, and four times as
    /// many from one /48). 0 is no limit.
    pub per_address: usize,
}

/// Counts connections against the limits.
#[derive(Debug)]
pub(crate) struct Gate {
    caps: Caps,
    counts: Lock<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all_sockets: usize,
    all_clients: usize,
    sockets: Tally,
    clients: Tally,
    half_open: HalfOpen,
}

/// The permit of one connection, which is counted until it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    gate: Arc<Gate>,
    network: Network,
    /// Until the connection is a client: its key, and what ends it if it has to make room.
    half_open: Option<(HalfOpenKey, Arc<Eviction>)>,
}

/// Why a connection does not become a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The server is full.
    #[error("the server is full, try again later")]
    Full,
    /// There are too many clients from this address.
    #[error("too many clients from your address")]
    AddressFull,
}

impl Gate {
    /// A gate with these limits, without connections.
    #[must_use]
    pub(crate) fn new(caps: Caps) -> Arc<Self> {
        Arc::new(Self {
            caps,
            counts: Lock::default(),
        })
    }

    /// Returns a permit for a socket from this address. `None` if there are so many
    /// sockets that the server cannot even answer with a refusal. If that is so for all
    /// addresses together, a connection of the address that has most makes room.
    pub(crate) fn permit(self: &Arc<Self>, address: IpAddr) -> Option<ConnectionPermit> {
        let network = Network::of(address);
        let mut counts = self.counts();
        let most = self.per_address().saturating_add(HTTP_SLACK_PER_ADDRESS);
        if !counts.sockets.has_place(network, most) {
            return None;
        }
        if counts.all_sockets >= self.caps.total.saturating_add(HTTP_SLACK) {
            let evicted = counts.half_open.evict_for(network)?;
            counts.remove_socket(evicted);
        }
        counts.all_sockets += 1;
        counts.sockets.add(network);
        let half_open = Some(counts.half_open.add(network));
        Some(ConnectionPermit {
            gate: Arc::clone(self),
            network,
            half_open,
        })
    }

    /// How many clients are connected.
    #[must_use]
    pub(crate) fn clients(&self) -> usize {
        self.counts().all_clients
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock()
    }

    fn per_address(&self) -> usize {
        match self.caps.per_address {
            0 => usize::MAX,
            cap => cap,
        }
    }
}

impl ConnectionPermit {
    /// Counts this connection as a client.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if a limit is reached.
    pub(crate) fn admit(&mut self) -> Result<(), Refusal> {
        let mut counts = self.gate.counts();
        let Some((key, _)) = self.half_open else {
            return Ok(());
        };
        if counts.all_clients >= self.gate.caps.total {
            return Err(Refusal::Full);
        }
        let most = self.gate.per_address();
        if !counts.clients.has_place(self.network, most) {
            return Err(Refusal::AddressFull);
        }
        if !counts.half_open.remove(self.network, key) {
            // It was evicted, and is about to end.
            return Err(Refusal::Full);
        }
        counts.all_clients += 1;
        counts.clients.add(self.network);
        self.half_open = None;
        Ok(())
    }

    /// Where the client connects from.
    pub(crate) fn network(&self) -> Network {
        self.network
    }

    /// Tells the connection that it has to make room for another. `None` if it is a
    /// client, which never has to.
    pub(crate) fn eviction(&self) -> Option<Arc<Eviction>> {
        let (_, eviction) = self.half_open.as_ref()?;
        Some(Arc::clone(eviction))
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.gate.counts();
        match self.half_open {
            None => {
                counts.all_clients -= 1;
                counts.clients.remove(self.network);
                counts.remove_socket(self.network);
            }
            Some((key, _)) if counts.half_open.remove(self.network, key) => {
                counts.remove_socket(self.network);
            }
            // It was evicted, and is not counted any more.
            Some(_) => {}
        }
    }
}

impl Counts {
    fn remove_socket(&mut self, network: Network) {
        self.all_sockets -= 1;
        self.sockets.remove(network);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(total: usize, per_address: usize) -> Arc<Gate> {
        Gate::new(Caps { total, per_address })
    }

    fn client(gate: &Arc<Gate>, address: &str) -> Result<ConnectionPermit, Refusal> {
        let mut permit = gate
            .permit(address.parse().unwrap())
            .expect("there is slack for HTTP");
        permit.admit().map(|()| permit)
    }

    #[test]
    fn the_total_is_limited_and_a_dropped_permit_makes_room() {
        let gate = gate(2, 0);
        let first = client(&gate, "10.0.0.1").unwrap();
        let _second = client(&gate, "10.0.0.1").unwrap();
        assert_eq!(client(&gate, "10.0.0.2").unwrap_err(), Refusal::Full);
        drop(first);
        assert!(client(&gate, "10.0.0.2").is_ok());
    }

    #[test]
    fn the_limit_of_one_address_does_not_concern_others() {
        let gate = gate(100, 1);
        let _first = client(&gate, "10.0.0.1").unwrap();
        assert_eq!(client(&gate, "10.0.0.1").unwrap_err(), Refusal::AddressFull);
        assert!(client(&gate, "10.0.0.2").is_ok());
    }

    #[test]
    fn an_ipv6_network_is_one_address_and_mapped_ipv4_is_ipv4() {
        let gate = gate(100, 1);
        let _six = client(&gate, "2001:db8:1:2:3::4").unwrap();
        assert!(client(&gate, "2001:db8:1:2:ffff::").is_err());
        assert!(client(&gate, "2001:db8:1:3::4").is_ok());
        let _four = client(&gate, "10.0.0.1").unwrap();
        assert!(client(&gate, "::ffff:10.0.0.1").is_err());
    }

    #[test]
    fn a_slash_48_has_as_many_clients_as_four_addresses() {
        let gate = gate(100, 2);
        let of = |number: usize| format!("2001:db8:1:{number}::1");
        let _clients: Vec<_> = (0..8).map(|one| client(&gate, &of(one)).unwrap()).collect();
        assert_eq!(client(&gate, &of(9)).unwrap_err(), Refusal::AddressFull);
        assert!(client(&gate, "2001:db8:2::1").is_ok());
    }

    #[test]
    fn sockets_without_a_client_are_limited_too() {
        let gate = gate(0, 0);
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        let permits: Vec<_> = std::iter::from_fn(|| gate.permit(address)).collect();
        assert_eq!(permits.len(), HTTP_SLACK);
        drop(permits);
        assert!(gate.permit(address).is_some());
        assert!(gate.counts().sockets.is_empty() && gate.counts().clients.is_empty());
    }

    #[test]
    fn a_full_server_takes_a_socket_from_who_has_most() {
        let gate = gate(0, 0);
        let (flooder, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let flood: Vec<_> = std::iter::from_fn(|| gate.permit(flooder)).collect();
        let others: Vec<_> = std::iter::from_fn(|| gate.permit(other)).collect();
        assert_eq!((flood.len(), others.len()), (HTTP_SLACK, HTTP_SLACK / 2));
        assert_eq!(gate.counts().all_sockets, HTTP_SLACK);
        // Those that were evicted are not counted a second time.
        drop(flood);
        assert_eq!(gate.counts().all_sockets, others.len());
        drop(others);
        assert!(gate.counts().sockets.is_empty());
    }

    #[test]
    fn a_client_is_never_evicted_and_an_evicted_socket_is_no_client() {
        let gate = gate(1, 0);
        let (one, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let mut first = gate.permit(one).unwrap();
        let client = client(&gate, "10.0.0.1").unwrap();
        let _flood: Vec<_> = std::iter::from_fn(|| gate.permit(one)).collect();
        let _other = gate.permit(other).expect("the first makes room");
        drop(client);
        assert_eq!(first.admit(), Err(Refusal::Full));
        assert_eq!(gate.clients(), 0);
    }
}
