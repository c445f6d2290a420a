//! The limits on how many connections there are, in all and from one address.
//!
//! Every accepted socket holds a [`ConnectionPermit`], and [`ConnectionPermit::admit`]
//! counts it as a client when its handshake succeeds. Dropping the permit makes room for
//! another connection. `listen` and `http` call it; it knows no sockets.
//!
//! What a trusted proxy opens is its clients'. Until it has said whose, only the limit of the
//! whole server holds for it.

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

/// Why a connection gets no permit, for the log.
pub(crate) const TOO_MANY: &str = "too many connections without a client";

/// Whose connections come from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opener {
    /// A client's own.
    Client,
    /// Those of many clients, because a trusted proxy has it.
    Proxy,
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
    ///
    /// An address may have only so many, and is refused if it has most itself. Neither is
    /// so for a proxy, because the newcomer need not be one of those who have so much.
    pub(crate) fn permit(
        self: &Arc<Self>,
        address: IpAddr,
        opener: Opener,
    ) -> Option<ConnectionPermit> {
        let network = Network::of(address);
        let mut counts = self.counts();
        if !self.has_socket(&counts, network, opener) {
            return None;
        }
        if counts.all_sockets >= self.caps.total.saturating_add(HTTP_SLACK) {
            let evicted = match opener {
                Opener::Client => counts.half_open.evict_for(network)?,
                Opener::Proxy => counts.half_open.evict()?,
            };
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

    /// Whether a network may have one more socket.
    fn has_socket(&self, counts: &Counts, network: Network, opener: Opener) -> bool {
        let most = self.per_address().saturating_add(HTTP_SLACK_PER_ADDRESS);
        opener == Opener::Proxy || counts.sockets.has_place(network, most)
    }

    fn per_address(&self) -> usize {
        match self.caps.per_address {
            0 => usize::MAX,
            cap => cap,
        }
    }
}

impl ConnectionPermit {
    /// Counts this connection, which is not a client yet, for the address whose it is: the
    /// proxy that has opened it has said so.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if that address has too many, or if the connection had to make room.
    pub(crate) fn assign(&mut self, address: IpAddr, opener: Opener) -> Result<(), Refusal> {
        let network = Network::of(address);
        let mut counts = self.gate.counts();
        let Some((key, _)) = self.half_open else {
            return Ok(());
        };
        if network == self.network {
            return Ok(());
        }
        if !self.gate.has_socket(&counts, network, opener) {
            return Err(Refusal::AddressFull);
        }
        if !counts.half_open.transfer(self.network, network, key) {
            return Err(Refusal::Full);
        }
        counts.move_socket(self.network, network);
        self.network = network;
        Ok(())
    }

    /// Counts this connection as a client of this network.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if a limit is reached.
    pub(crate) fn admit(&mut self, network: Network) -> Result<(), Refusal> {
        let mut counts = self.gate.counts();
        let Some((key, _)) = self.half_open else {
            return Ok(());
        };
        if counts.all_clients >= self.gate.caps.total {
            return Err(Refusal::Full);
        }
        let most = self.gate.per_address();
        let is_moved = network != self.network;
        if !counts.clients.has_place(network, most)
            || (is_moved && !self.gate.has_socket(&counts, network, Opener::Client))
        {
            return Err(Refusal::AddressFull);
        }
        if !counts.half_open.remove(self.network, key) {
            // It was evicted, and is about to end.
            return Err(Refusal::Full);
        }
        counts.all_clients += 1;
        counts.clients.add(network);
        counts.move_socket(self.network, network);
        self.network = network;
        self.half_open = None;
        Ok(())
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
    fn move_socket(&mut self, from: Network, to: Network) {
        if from != to {
            self.sockets.remove(from);
            self.sockets.add(to);
        }
    }

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

    /// A socket that a client opens.
    fn socket(gate: &Arc<Gate>, address: &str) -> Option<ConnectionPermit> {
        gate.permit(address.parse().unwrap(), Opener::Client)
    }

    /// A socket that a trusted proxy opens.
    fn of_proxy(gate: &Arc<Gate>) -> Option<ConnectionPermit> {
        gate.permit(PROXY.parse().unwrap(), Opener::Proxy)
    }

    fn client(gate: &Arc<Gate>, address: &str) -> Result<ConnectionPermit, Refusal> {
        let mut permit = socket(gate, address).expect("there is slack for HTTP");
        permit.admit(network(address)).map(|()| permit)
    }

    /// A client that a proxy's headers name.
    fn client_of_proxy(gate: &Arc<Gate>, address: &str) -> Result<ConnectionPermit, Refusal> {
        let mut permit = of_proxy(gate).expect("a proxy has no limit of its own");
        permit.admit(network(address)).map(|()| permit)
    }

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    const PROXY: &str = "10.9.9.9";

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
        let permits: Vec<_> = std::iter::from_fn(|| socket(&gate, "10.0.0.1")).collect();
        assert_eq!(permits.len(), HTTP_SLACK);
        drop(permits);
        assert!(socket(&gate, "10.0.0.1").is_some());
        assert!(gate.counts().sockets.is_empty() && gate.counts().clients.is_empty());
    }

    #[test]
    fn a_full_server_takes_a_socket_from_who_has_most() {
        let gate = gate(0, 0);
        let flood: Vec<_> = std::iter::from_fn(|| socket(&gate, "10.0.0.1")).collect();
        let others: Vec<_> = std::iter::from_fn(|| socket(&gate, "10.0.0.2")).collect();
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
        let one = "10.0.0.1";
        let mut first = socket(&gate, one).unwrap();
        let client = client(&gate, one).unwrap();
        let _flood: Vec<_> = std::iter::from_fn(|| socket(&gate, one)).collect();
        let _other = socket(&gate, "10.0.0.2").expect("the first makes room");
        drop(client);
        assert_eq!(first.admit(network(one)), Err(Refusal::Full));
        assert_eq!(
            first.assign("10.0.0.3".parse().unwrap(), Opener::Client),
            Err(Refusal::Full)
        );
        assert_eq!(gate.clients(), 0);
    }

    #[test]
    fn clients_behind_a_proxy_are_counted_and_the_proxy_is_not() {
        let gate = gate(1_000, 2);
        let clients: Vec<_> = (0..500)
            .map(|number| client_of_proxy(&gate, &format!("10.1.{}.1", number / 2)))
            .collect();
        assert!(clients.iter().all(Result::is_ok));
        for address in ["10.1.0.1", "10.1.249.1"] {
            let refused = client_of_proxy(&gate, address).unwrap_err();
            assert_eq!(refused, Refusal::AddressFull);
            // Nor without the proxy: they are the same client.
            assert_eq!(client(&gate, address).unwrap_err(), Refusal::AddressFull);
        }
        // If it is not known whose a client is, it is the proxy's, which has a share, too.
        let own = [(); 2].map(|()| client_of_proxy(&gate, PROXY).unwrap());
        let refused = client_of_proxy(&gate, PROXY).unwrap_err();
        assert_eq!(refused, Refusal::AddressFull);
        drop(clients);
        assert_eq!(gate.clients(), 2);
        drop(own);
        assert!(gate.counts().sockets.is_empty() && gate.counts().clients.is_empty());
    }

    #[test]
    fn a_connection_counts_for_its_client_as_soon_as_the_proxy_has_named_it() {
        let gate = gate(10_000, 1);
        let assign = |address: &str| {
            let mut permit = of_proxy(&gate).unwrap();
            let assigned = permit.assign(address.parse().unwrap(), Opener::Client);
            assigned.map(|()| permit)
        };
        let most = 1 + HTTP_SLACK_PER_ADDRESS;
        let mut here: Vec<_> = (0..most).map(|_| assign("10.0.0.1").unwrap()).collect();
        assert_eq!(assign("10.0.0.1").unwrap_err(), Refusal::AddressFull);
        assert!(socket(&gate, "10.0.0.1").is_none());
        let mut elsewhere = assign("10.0.0.2").unwrap();
        assert_eq!(elsewhere.admit(network("10.0.0.2")), Ok(()));
        assert_eq!(here[0].admit(network("10.0.0.1")), Ok(()));
        assert_eq!(
            here[1].admit(network("10.0.0.1")),
            Err(Refusal::AddressFull)
        );
        // It is another proxy's.
        let mut chained = of_proxy(&gate).unwrap();
        let next = "10.0.0.1".parse().unwrap();
        assert_eq!(chained.assign(next, Opener::Proxy), Ok(()));
        drop((here, elsewhere, chained));
        assert!(gate.counts().sockets.is_empty() && gate.counts().clients.is_empty());
    }

    #[test]
    fn what_a_proxy_opens_is_bounded_by_the_server_and_its_oldest_make_room() {
        let gate = gate(0, 0);
        let mut sockets: Vec<_> = (0..HTTP_SLACK).map(|_| of_proxy(&gate).unwrap()).collect();
        // A new connection through the proxy is not kept out by old ones.
        let _new: Vec<_> = (0..10).map(|_| of_proxy(&gate).unwrap()).collect();
        assert_eq!(gate.counts().all_sockets, HTTP_SLACK);
        for (number, permit) in sockets.iter_mut().enumerate() {
            let address = format!("10.0.0.{}", number % 200).parse().unwrap();
            let is_here = permit.assign(address, Opener::Client).is_ok();
            assert_eq!(is_here, number >= 10, "{number}");
        }
    }

    #[test]
    fn a_client_that_holds_many_makes_room_before_a_proxy_does() {
        let gate = gate(0, 0);
        let mut through_proxy: Vec<_> = (0..10).map(|_| of_proxy(&gate).unwrap()).collect();
        let _flood: Vec<_> = std::iter::from_fn(|| socket(&gate, "10.0.0.1")).collect();
        through_proxy.extend((0..10).map(|_| of_proxy(&gate).unwrap()));
        for permit in &mut through_proxy {
            let client = "10.0.0.2".parse().unwrap();
            assert_eq!(permit.assign(client, Opener::Client), Ok(()));
        }
    }
}
