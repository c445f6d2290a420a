//! How many things each network has: sockets, clients, rooms. `shared` and the gate count
//! with it, and hold the lock around it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::network::Network;

/// How many things each network has.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: HashMap<Network, usize>,
}

impl Tally {
    /// Whether `network` has fewer things than an address may have, which is `most`; and the
    /// larger network that it is in fewer than several addresses may have.
    pub(crate) fn has_place(&self, network: Network, most: usize) -> bool {
        network.levels().all(|level| {
            let count = self.counts.get(&level).copied().unwrap_or(0);
            count < most.saturating_mul(level.shares())
        })
    }

    /// Counts one thing more.
    pub(crate) fn add(&mut self, network: Network) {
        for level in network.levels() {
            *self.counts.entry(level).or_default() += 1;
        }
    }

    /// Counts one thing less, which was added before.
    pub(crate) fn remove(&mut self, network: Network) {
        for level in network.levels() {
            if let Entry::Occupied(mut count) = self.counts.entry(level) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
        }
    }

    /// Whether nothing is counted.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn an_address_has_one_share_and_a_large_network_several() {
        let mut tally = Tally::default();
        let (one, other) = (network("10.0.0.1"), network("10.0.0.2"));
        tally.add(one);
        tally.add(one);
        assert!(!tally.has_place(one, 2) && tally.has_place(other, 2));
        tally.remove(one);
        assert!(tally.has_place(one, 2));
        tally.remove(one);
        assert!(tally.is_empty());
        let of = |number: usize| network(&format!("2001:db8:1:{number}::1"));
        for number in 0..Network::MOST_SHARES {
            assert!(tally.has_place(of(number), 1));
            tally.add(of(number));
        }
        assert!(!tally.has_place(of(99), 1), "the /48 has its shares");
        assert!(tally.has_place(network("2001:db8:2:99::1"), 1));
        assert!(tally.has_place(of(99), usize::MAX), "no limit");
    }
}
