//! The limits on how many connections there are, in all and from one address.
//!
//! Every accepted socket holds a [`ConnectionPermit`], and [`ConnectionPermit::admit`]
//! counts it as a client when its handshake succeeds. Dropping the permit makes room for
//! another connection. `listen` and `http` call it; it knows no sockets.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::half_open::{Eviction, HalfOpen, HalfOpenKey};
use crate::sync::lock::{Lock, MutexGuard};

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
    /// The most clients from one address (for IPv6, from one /64 network). 0 is no limit.
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
    all: Count,
    by_address: HashMap<IpAddr, Count>,
    half_open: HalfOpen,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    sockets: usize,
    clients: usize,
}

/// The permit of one connection, which is counted until it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    gate: Arc<Gate>,
    address: IpAddr,
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
        let address = network_of(address);
        let mut counts = self.counts();
        let from_here = counts.by_address.get(&address).copied().unwrap_or_default();
        if from_here.sockets >= self.per_address().saturating_add(HTTP_SLACK_PER_ADDRESS) {
            return None;
        }
        if counts.all.sockets >= self.caps.total.saturating_add(HTTP_SLACK) {
            let evicted = counts.half_open.evict_for(address)?;
            counts.remove_socket(evicted, false);
        }
        counts.update(address, |count| count.sockets += 1);
        let half_open = Some(counts.half_open.add(address));
        Some(ConnectionPermit {
            gate: Arc::clone(self),
            address,
            half_open,
        })
    }

    /// How many clients are connected.
    #[must_use]
    pub(crate) fn clients(&self) -> usize {
        self.counts().all.clients
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
        if counts.all.clients >= self.gate.caps.total {
            return Err(Refusal::Full);
        }
        let from_here = counts.by_address.get(&self.address);
        if from_here.is_some_and(|count| count.clients >= self.gate.per_address()) {
            return Err(Refusal::AddressFull);
        }
        if !counts.half_open.remove(self.address, key) {
            // It was evicted, and is about to end.
            return Err(Refusal::Full);
        }
        counts.update(self.address, |count| count.clients += 1);
        self.half_open = None;
        Ok(())
    }

    /// What tells the connection that it has to make room for another. `None` if it is a
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
            None => counts.remove_socket(self.address, true),
            Some((key, _)) if counts.half_open.remove(self.address, key) => {
                counts.remove_socket(self.address, false);
            }
            // It was evicted, and is not counted any more.
            Some(_) => {}
        }
    }
}

impl Counts {
    fn update(&mut self, address: IpAddr, mut change: impl FnMut(&mut Count)) {
        change(&mut self.all);
        change(self.by_address.entry(address).or_default());
    }

    fn remove_socket(&mut self, address: IpAddr, is_client: bool) {
        self.update(address, |count| {
            count.sockets -= 1;
            count.clients -= usize::from(is_client);
        });
        if self.by_address[&address].sockets == 0 {
            self.by_address.remove(&address);
        }
    }
}

/// What is counted as one address. For IPv6 it is the /64 network, because a single
/// customer usually has one.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
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
    fn sockets_without_a_client_are_limited_too() {
        let gate = gate(0, 0);
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        let permits: Vec<_> = std::iter::from_fn(|| gate.permit(address)).collect();
        assert_eq!(permits.len(), HTTP_SLACK);
        drop(permits);
        assert!(gate.permit(address).is_some());
        assert!(gate.counts().by_address.is_empty());
    }

    #[test]
    fn a_full_server_takes_a_socket_from_who_has_most() {
        let gate = gate(0, 0);
        let (flooder, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let flood: Vec<_> = std::iter::from_fn(|| gate.permit(flooder)).collect();
        let others: Vec<_> = std::iter::from_fn(|| gate.permit(other)).collect();
        assert_eq!((flood.len(), others.len()), (HTTP_SLACK, HTTP_SLACK / 2));
        assert_eq!(gate.counts().all.sockets, HTTP_SLACK);
        // Those that were evicted are not counted a second time.
        drop(flood);
        assert_eq!(gate.counts().all.sockets, others.len());
        assert_eq!(gate.counts().by_address.len(), 1);
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
