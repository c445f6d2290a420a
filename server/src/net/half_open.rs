//! Connections that are not clients yet, and which of them has to go if there is no room
//! for another: one of the address that has most.
//!
//! So a client that opens many connections and finishes no handshake keeps nobody else out.
//! The gate holds the lock around it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::network::Network;
use crate::sync::notify::Notify;

/// The connections that are not clients yet.
#[derive(Debug, Default)]
pub(crate) struct HalfOpen {
    next_key: u64,
    /// By address, and then in the order in which they were accepted.
    connections: BTreeMap<(Network, u64), Arc<Eviction>>,
    ranks: HashMap<Network, Rank>,
    /// The same ranks in order. The last address has to give up a connection first.
    ranking: BTreeSet<(Rank, Network)>,
}

/// An address gives up a connection before those that have fewer, and, of several with as
/// many, the one whose oldest connection is the oldest of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    connections: usize,
    oldest: Reverse<u64>,
}

/// The key of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HalfOpenKey(u64);

/// Tells a connection that it has to go.
#[derive(Debug, Default)]
pub(crate) struct Eviction {
    is_evicted: AtomicBool,
    notify: Notify,
}

impl HalfOpen {
    /// Adds a connection from this address.
    pub(crate) fn add(&mut self, address: Network) -> (HalfOpenKey, Arc<Eviction>) {
        let key = self.next_key;
        self.next_key += 1;
        let eviction = Arc::<Eviction>::default();
        self.connections
            .insert((address, key), Arc::clone(&eviction));
        self.rank(address, 1);
        (HalfOpenKey(key), eviction)
    }

    /// Removes a connection, which is a client now or has ended. Returns false if it was
    /// evicted before.
    pub(crate) fn remove(&mut self, address: Network, key: HalfOpenKey) -> bool {
        let is_here = self.connections.remove(&(address, key.0)).is_some();
        if is_here {
            self.rank(address, -1);
        }
        is_here
    }

    /// Counts a connection as one of `to` and no longer as one of `from`, now that it is
    /// known whose it is. It is still as old as it was. Returns false if it was evicted before.
    pub(crate) fn transfer(&mut self, from: Network, to: Network, key: HalfOpenKey) -> bool {
        let Some(eviction) = self.connections.remove(&(from, key.0)) else {
            return false;
        };
        self.rank(from, -1);
        self.connections.insert((to, key.0), eviction);
        self.rank(to, 1);
        true
    }

    /// Evicts a connection to make room for one from `newcomer`: the oldest of the address
    /// that has most. Returns the address, or `None` if no address has more than the
    /// newcomer has already.
    pub(crate) fn evict_for(&mut self, newcomer: Network) -> Option<Network> {
        let (most, _) = *self.ranking.last()?;
        let here = self.ranks.get(&newcomer);
        if here.is_some_and(|here| here.connections >= most.connections) {
            return None;
        }
        self.evict()
    }

    /// Evicts the oldest connection of the address that has most. Returns the address, or
    /// `None` if there is no connection.
    pub(crate) fn evict(&mut self) -> Option<Network> {
        let (most, address) = *self.ranking.last()?;
        let eviction = self.connections.remove(&(address, most.oldest.0))?;
        eviction.is_evicted.store(true, Ordering::SeqCst);
        eviction.notify.notify();
        self.rank(address, -1);
        Some(address)
    }

    /// Whether nothing is left of any connection.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.ranks.is_empty() && self.ranking.is_empty()
    }

    /// Ranks an address again that has `change` connections more.
    fn rank(&mut self, address: Network, change: isize) {
        let before = self.ranks.remove(&address);
        if let Some(rank) = before {
            self.ranking.remove(&(rank, address));
        }
        let mut left = self.connections.range((address, 0)..=(address, u64::MAX));
        let Some((&(_, oldest), _)) = left.next() else {
            return;
        };
        let rank = Rank {
            connections: before
                .map_or(0, |rank| rank.connections)
                .saturating_add_signed(change),
            oldest: Reverse(oldest),
        };
        self.ranks.insert(address, rank);
        self.ranking.insert((rank, address));
    }
}

impl Eviction {
    /// Waits until the connection has to go.
    pub(crate) async fn evicted(&self) {
        let is_evicted = || self.is_evicted.load(Ordering::SeqCst);
        self.notify.until(is_evicted).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> Network {
        Network::of([10, 0, 0, n].into())
    }

    fn is_evicted(eviction: &Eviction) -> bool {
        eviction.is_evicted.load(Ordering::SeqCst)
    }

    #[test]
    fn who_has_most_gives_up_its_oldest() {
        let mut half_open = HalfOpen::default();
        let (key, one) = half_open.add(address(1));
        let [(_, first), (_, second), _] = std::array::from_fn(|_| half_open.add(address(2)));
        assert_eq!(half_open.evict_for(address(3)), Some(address(2)));
        assert!(is_evicted(&first) && !is_evicted(&second));
        // The address that has most itself gets no room.
        assert_eq!(half_open.evict_for(address(2)), None);
        assert_eq!(half_open.evict_for(address(1)), Some(address(2)));
        assert!(is_evicted(&second) && !is_evicted(&one));
        assert_eq!(half_open.evict_for(address(1)), None);
        assert!(half_open.remove(address(1), key));
        assert!(!half_open.remove(address(1), key));
    }

    #[test]
    fn of_addresses_with_as_many_the_oldest_connection_goes() {
        let mut half_open = HalfOpen::default();
        let all: Vec<_> = (1..=9).map(|n| half_open.add(address(n))).collect();
        assert!(half_open.remove(address(1), all[0].0));
        assert_eq!(half_open.evict_for(address(100)), Some(address(2)));
        assert_eq!(half_open.evict_for(address(100)), Some(address(3)));
        assert_eq!(half_open.evict_for(address(9)), None);
    }

    #[test]
    fn a_connection_that_turns_out_to_be_anothers_counts_there() {
        let mut half_open = HalfOpen::default();
        let (proxy, client) = (address(1), address(2));
        let (key, first) = half_open.add(proxy);
        half_open.add(client);
        let (_, last) = half_open.add(proxy);
        assert!(half_open.transfer(proxy, client, key));
        assert!(!half_open.transfer(proxy, client, key));
        // The client has two now, and this one is the older.
        assert_eq!(half_open.evict(), Some(client));
        assert!(is_evicted(&first) && !is_evicted(&last));
        assert!(!half_open.transfer(client, proxy, key));
        assert_eq!(half_open.evict(), Some(client));
        assert_eq!(half_open.evict(), Some(proxy));
        assert_eq!(half_open.evict(), None);
        assert!(half_open.ranks.is_empty() && half_open.ranking.is_empty());
    }

    #[test]
    fn nothing_is_left_of_connections_that_are_gone() {
        let mut half_open = HalfOpen::default();
        assert_eq!(half_open.evict_for(address(1)), None);
        let (key, _) = half_open.add(address(1));
        half_open.add(address(2));
        half_open.add(address(2));
        assert!(half_open.remove(address(1), key));
        half_open.evict_for(address(3));
        half_open.evict_for(address(3));
        assert!(half_open.connections.is_empty());
        assert!(half_open.ranks.is_empty() && half_open.ranking.is_empty());
    }
}
