//! The limits on how many connections there are, in all and from one address.
//!
//! Every accepted socket holds a [`ConnectionPermit`], and [`ConnectionPermit::admit`]
//! counts it as a client when its handshake succeeds. Dropping the permit makes room for
//! another connection. `listen` and `http` call it; it knows no sockets.
//!
//! The connections of a trusted proxy are its clients'. Until the proxy has named the client,
//! only the limit of the whole server holds for such a connection.

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

    /// How many sockets there are now, and how many of them are clients'.
    #[must_use]
    pub(crate) fn counts_now(&self) -> (usize, usize) {
        let counts = self.counts();
        (counts.all_sockets, counts.all_clients)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock()
    }

    /// Whether a network may have one more socket.
    fn has_socket(&self, counts: &Counts, network: Network, opener: Opener) -> bool {
        let most = self.per_address().saturating_add(HTTP_SLACK_PER_ADDRESS);
        opener == Opener::Proxy || counts.sockets.has_place(network, most)
    }

    /// Counts a socket that is not a client's yet for the network `to`, and no longer for
    /// `from`.
    fn move_socket(
        &self,
        counts: &mut Counts,
        key: HalfOpenKey,
        (from, to): (Network, Network),
        opener: Opener,
    ) -> Result<(), Refusal> {
        if from == to {
            return Ok(());
        }
        if !self.has_socket(counts, to, opener) {
            return Err(Refusal::AddressFull);
        }
        if !counts.half_open.transfer(from, to, key) {
            // It was evicted, and is about to end.
            return Err(Refusal::Full);
        }
        counts.sockets.remove(from);
        counts.sockets.add(to);
        Ok(())
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
        let way = (self.network, network);
        (self.gate).move_socket(&mut counts, key, way, opener)?;
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
        if !counts.clients.has_place(network, most) {
            return Err(Refusal::AddressFull);
        }
        let way = (self.network, network);
        (self.gate).move_socket(&mut counts, key, way, Opener::Client)?;
        self.network = network;
        if !counts.half_open.remove(network, key) {
            // It was evicted, and is about to end.
            return Err(Refusal::Full);
        }
        counts.all_clients += 1;
        counts.clients.add(network);
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
    fn remove_socket(&mut self, network: Network) {
        self.all_sockets -= 1;
        self.sockets.remove(network);
    }
}

#[cfg(test)]
mod tests;
