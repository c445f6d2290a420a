//! How many may be connected, in all and from one address.
//!
//! Every accepted socket is a [`Visitor`]; a visitor that becomes a chat
//! client is admitted. Dropping it makes room again.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use crate::lock::{Lock, MutexGuard};

/// Sockets that may be open beside the clients, for HTTP: handshakes, pages,
/// health checks, refusals with a reason.
pub const HTTP_SLACK: usize = 256;

/// The same from one address.
const HTTP_SLACK_PER_ADDRESS: usize = 64;

/// The caps on clients.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Clients in all.
    pub total: usize,
    /// Clients from one address (of IPv6: from one /64 network). 0: no cap.
    pub per_address: usize,
}

/// Counts who is there.
#[derive(Debug)]
pub struct Gate {
    caps: Caps,
    counts: Lock<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: Count,
    by_address: HashMap<IpAddr, Count>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    sockets: usize,
    clients: usize,
}

/// A connected socket. Its place is free again when it is dropped.
#[derive(Debug)]
pub struct Visitor {
    gate: Arc<Gate>,
    address: IpAddr,
    is_client: bool,
}

/// Why a visitor does not become a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The server is full.
    #[error("the server is full, try again later")]
    Full,
    /// There are too many clients from this address.
    #[error("too many clients from your address")]
    AddressFull,
}

impl Gate {
    /// A gate with nobody inside.
    #[must_use]
    pub fn new(caps: Caps) -> Arc<Self> {
        Arc::new(Self {
            caps,
            counts: Lock::default(),
        })
    }

    /// Lets a socket in, unless there are so many that not even a refusal can
    /// be afforded.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Visitor> {
        let address = network_of(address);
        let mut counts = self.counts();
        let here = counts.by_address.get(&address).copied().unwrap_or_default();
        if counts.all.sockets >= self.caps.total.saturating_add(HTTP_SLACK)
            || here.sockets >= self.per_address().saturating_add(HTTP_SLACK_PER_ADDRESS)
        {
            return None;
        }
        counts.update(address, |count| count.sockets += 1);
        Some(Visitor {
            gate: Arc::clone(self),
            address,
            is_client: false,
        })
    }

    /// How many clients are inside.
    #[must_use]
    pub fn clients(&self) -> usize {
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

impl Visitor {
    /// Makes this visitor a client.
    ///
    /// # Errors
    ///
    /// Where a cap is reached.
    pub fn admit(&mut self) -> Result<(), Refusal> {
        let mut counts = self.gate.counts();
        if counts.all.clients >= self.gate.caps.total {
            return Err(Refusal::Full);
        }
        if counts.by_address[&self.address].clients >= self.gate.per_address() {
            return Err(Refusal::AddressFull);
        }
        counts.update(self.address, |count| count.clients += 1);
        self.is_client = true;
        Ok(())
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        let mut counts = self.gate.counts();
        counts.update(self.address, |count| {
            count.sockets -= 1;
            count.clients -= usize::from(self.is_client);
        });
        if counts.by_address[&self.address].sockets == 0 {
            counts.by_address.remove(&self.address);
        }
    }
}

impl Counts {
    fn update(&mut self, address: IpAddr, mut change: impl FnMut(&mut Count)) {
        change(&mut self.all);
        change(self.by_address.entry(address).or_default());
    }
}

/// What counts as one address: an IPv6 customer has a whole /64.
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

    fn client(gate: &Arc<Gate>, address: &str) -> Result<Visitor, Refusal> {
        let mut visitor = gate.enter(address.parse().unwrap()).expect("slack");
        visitor.admit().map(|()| visitor)
    }

    #[test]
    fn the_total_is_capped_and_places_become_free() {
        let gate = gate(2, 0);
        let first = client(&gate, "10.0.0.1").unwrap();
        let _second = client(&gate, "10.0.0.1").unwrap();
        assert_eq!(client(&gate, "10.0.0.2").unwrap_err(), Refusal::Full);
        drop(first);
        assert!(client(&gate, "10.0.0.2").is_ok());
    }

    #[test]
    fn an_address_is_capped_and_others_are_not() {
        let gate = gate(100, 1);
        let _first = client(&gate, "10.0.0.1").unwrap();
        assert_eq!(client(&gate, "10.0.0.1").unwrap_err(), Refusal::AddressFull);
        assert!(client(&gate, "10.0.0.2").is_ok());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address_and_mapped_ipv4_as_ipv4() {
        let gate = gate(100, 1);
        let _six = client(&gate, "2001:db8:1:2:3::4").unwrap();
        assert!(client(&gate, "2001:db8:1:2:ffff::").is_err());
        assert!(client(&gate, "2001:db8:1:3::4").is_ok());
        let _four = client(&gate, "10.0.0.1").unwrap();
        assert!(client(&gate, "::ffff:10.0.0.1").is_err());
    }

    #[test]
    fn not_even_refusals_are_unlimited() {
        let gate = gate(0, 0);
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        let visitors: Vec<_> = std::iter::from_fn(|| gate.enter(address)).collect();
        assert_eq!(visitors.len(), HTTP_SLACK);
        drop(visitors);
        assert!(gate.enter(address).is_some());
        assert!(gate.counts().by_address.is_empty());
    }
}
