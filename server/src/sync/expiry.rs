//! A queue of values that are kept for a while after they were last used, the longest
//! unused first: sessions without a connection, and rooms without members. `shared` keeps
//! them in it and holds the lock around it. No clock: the caller passes in `now`.
//!
//! Each value belongs to the network that its user connected from. If there are too many
//! values, the network that holds most of them gives one up, so that nobody can push out
//! what others have.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::network::Network;

/// Values that are not in use, each with a key to remove it by.
#[derive(Debug)]
pub(crate) struct ExpiryQueue<T> {
    next_key: u64,
    /// By key.
    values: BTreeMap<u64, Unused<T>>,
    /// The keys of the values of each network.
    by_network: HashMap<Network, BTreeSet<u64>>,
    /// A rank for each network that has values.
    ranks: BTreeSet<Rank>,
}

#[derive(Debug)]
struct Unused<T> {
    since: Instant,
    network: Network,
    value: T,
}

/// How much a network holds. The largest rank gives up a value first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// How many values, in parts of the shares that the network may have.
    load: usize,
    /// The key of its oldest value: of two networks that hold as much, the one whose value
    /// is older gives it up.
    oldest: Reverse<u64>,
    network: Network,
}

impl Rank {
    /// The rank of a network with these values; `None` if it has none.
    fn of(network: Network, keys: &BTreeSet<u64>) -> Option<Self> {
        keys.first().map(|&oldest| Self {
            load: keys.len() * Network::MOST_SHARES / network.shares(),
            oldest: Reverse(oldest),
            network,
        })
    }
}

impl<T> ExpiryQueue<T> {
    /// Adds a value of `network` that is not in use from `now` on, and returns its key.
    /// Values expire in the order in which they were added.
    pub(crate) fn add(&mut self, value: T, network: Network, now: Instant) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        let unused = Unused {
            since: now,
            network,
            value,
        };
        self.values.insert(key, unused);
        for level in network.levels() {
            self.change(level, |keys| keys.insert(key));
        }
        key
    }

    /// Removes and returns the value with this key, because it is used again. Returns
    /// `None` if it was removed before.
    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        let Unused { network, value, .. } = self.values.remove(&key)?;
        for level in network.levels() {
            self.change(level, |keys| keys.remove(&key));
        }
        Some(value)
    }

    /// The network that the value with this key belongs to, if there is one.
    pub(crate) fn network_of(&self, key: u64) -> Option<Network> {
        self.values.get(&key).map(|unused| unused.network)
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Removes and returns the longest unused value of the network that holds most.
    pub(crate) fn pop_from_largest(&mut self) -> Option<T> {
        let Reverse(oldest) = self.ranks.last()?.oldest;
        self.remove(oldest)
    }

    /// Removes and returns the longest unused value of `network`, or of the larger network
    /// that it is in, if that holds more than an address may: more than `most`.
    pub(crate) fn pop_above(&mut self, network: Network, most: usize) -> Option<T> {
        let above = network.levels().find_map(|level| {
            let keys = self.by_network.get(&level)?;
            let is_above = keys.len() > most.saturating_mul(level.shares());
            is_above.then(|| keys.first().copied()).flatten()
        });
        self.remove(above?)
    }

    /// Removes and returns the value that was unused for the longest time, if that is at
    /// least `keep`.
    pub(crate) fn pop_expired(&mut self, keep: Duration, now: Instant) -> Option<T> {
        let (&key, first) = self.values.first_key_value()?;
        let is_expired = now.saturating_duration_since(first.since) >= keep;
        is_expired.then(|| self.remove(key)).flatten()
    }

    /// Changes the keys of a network, and its rank with them.
    fn change(&mut self, network: Network, change: impl FnOnce(&mut BTreeSet<u64>) -> bool) {
        let mut keys = match self.by_network.entry(network) {
            Entry::Occupied(keys) => keys,
            Entry::Vacant(place) => place.insert_entry(BTreeSet::new()),
        };
        if let Some(rank) = Rank::of(network, keys.get()) {
            self.ranks.remove(&rank);
        }
        change(keys.get_mut());
        match Rank::of(network, keys.get()) {
            Some(rank) => drop(self.ranks.insert(rank)),
            None => drop(keys.remove()),
        }
    }
}

impl<T> Default for ExpiryQueue<T> {
    fn default() -> Self {
        Self {
            next_key: 0,
            values: BTreeMap::new(),
            by_network: HashMap::new(),
            ranks: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HERE: Network = Network::LOOPBACK;

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn values_expire_in_their_order_and_not_too_early() {
        let (mut queue, start) = (ExpiryQueue::default(), Instant::now());
        let second = Duration::from_secs(1);
        queue.add("a", HERE, start);
        let b = queue.add("b", HERE, start);
        queue.add("c", HERE, start + second);
        assert_eq!(queue.remove(b), Some("b"));
        assert_eq!(queue.remove(b), None);
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.pop_expired(second, start), None);
        assert_eq!(queue.pop_expired(second, start + second), Some("a"));
        assert_eq!(queue.pop_expired(second, start + second), None);
        assert_eq!(queue.pop_from_largest(), Some("c"));
        assert_eq!(queue.pop_from_largest(), None);
        assert!(queue.by_network.is_empty() && queue.ranks.is_empty());
    }

    #[test]
    fn the_network_that_holds_most_gives_up_its_oldest_value() {
        let (mut queue, now) = (ExpiryQueue::default(), Instant::now());
        let large = network("10.0.0.9");
        queue.add("oldest", network("10.0.0.1"), now);
        queue.add("a", large, now);
        queue.add("b", large, now);
        queue.add("newest", network("10.0.0.2"), now);
        assert_eq!(queue.pop_from_largest(), Some("a"));
        // All hold one now, and the oldest goes.
        assert_eq!(queue.pop_from_largest(), Some("oldest"));
        assert_eq!(queue.pop_from_largest(), Some("b"));
    }

    #[test]
    fn a_large_network_may_hold_more_than_an_address() {
        let (mut queue, now) = (ExpiryQueue::default(), Instant::now());
        let of = |number: usize| network(&format!("2001:db8:1:{number}::1"));
        queue.add(100, network("10.0.0.1"), now);
        for number in 0..Network::MOST_SHARES {
            queue.add(number, of(number), now);
        }
        // The /48 has as much as its shares allow, and the oldest of all goes.
        assert_eq!(queue.pop_from_largest(), Some(100));
        queue.add(100, network("10.0.0.1"), now);
        queue.add(4, of(4), now);
        assert_eq!(queue.pop_from_largest(), Some(0));
    }

    #[test]
    fn an_address_gives_up_what_is_above_its_share() {
        let (mut queue, now) = (ExpiryQueue::default(), Instant::now());
        queue.add(0, network("10.0.0.1"), now);
        for number in 1..=3 {
            queue.add(number, HERE, now);
        }
        assert_eq!(queue.pop_above(HERE, 2), Some(1));
        assert_eq!(queue.pop_above(HERE, 2), None);
        assert_eq!(queue.pop_above(HERE, usize::MAX), None);
        assert_eq!(queue.pop_above(network("10.0.0.2"), 0), None);
        assert_eq!(queue.len(), 3);
    }

    /// The queue as a list, searched from end to end.
    #[derive(Debug, Default)]
    struct Naive(Vec<(u64, Network)>);

    impl Naive {
        fn load(&self, network: Network) -> usize {
            let is_in = |(_, one): &&(u64, Network)| one.levels().any(|level| level == network);
            self.0.iter().filter(is_in).count() * Network::MOST_SHARES / network.shares()
        }

        fn pop_from_largest(&mut self) -> Option<u64> {
            let levels = |one: &(u64, Network)| one.1.levels();
            let most = self
                .0
                .iter()
                .flat_map(levels)
                .map(|level| self.load(level))
                .max()?;
            let holds_most = |one: &(u64, Network)| levels(one).any(|it| self.load(it) == most);
            let index = self.0.iter().position(holds_most)?;
            Some(self.0.remove(index).0)
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Add(u16, u16),
        Remove(usize),
        PopFromLargest,
        PopOldest,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..3_u16, 0..4_u16).prop_map(|(site, net)| Step::Add(site, net)),
            1 => (0..50_usize).prop_map(Step::Remove),
            2 => Just(Step::PopFromLargest),
            1 => Just(Step::PopOldest),
        ]
    }

    proptest! {
        #[test]
        fn the_queue_does_what_a_simple_list_does(steps in prop::collection::vec(step(), 1..200)) {
            let (mut queue, mut naive) = (ExpiryQueue::default(), Naive::default());
            let now = Instant::now();
            for (number, step) in (0..).zip(steps) {
                match step {
                    Step::Add(site, net) => {
                        let network = match site {
                            0 => network(&format!("10.0.0.{net}")),
                            _ => network(&format!("2001:db8:{site}:{net}::1")),
                        };
                        let key = queue.add(number, network, now);
                        naive.0.push((number, network));
                        prop_assert_eq!(queue.values[&key].value, number);
                    }
                    Step::Remove(index) if index < naive.0.len() => {
                        let (number, _) = naive.0.remove(index);
                        let (&key, _) = queue.values.iter().find(|it| it.1.value == number).unwrap();
                        prop_assert_eq!(queue.remove(key), Some(number));
                    }
                    Step::Remove(_) => {}
                    Step::PopFromLargest => {
                        prop_assert_eq!(queue.pop_from_largest(), naive.pop_from_largest());
                    }
                    Step::PopOldest => {
                        let oldest = (!naive.0.is_empty()).then(|| naive.0.remove(0).0);
                        prop_assert_eq!(queue.pop_expired(Duration::ZERO, now), oldest);
                    }
                }
                prop_assert_eq!(queue.len(), naive.0.len());
            }
            while let Some(number) = naive.pop_from_largest() {
                prop_assert_eq!(queue.pop_from_largest(), Some(number));
            }
            prop_assert!(queue.by_network.is_empty() && queue.ranks.is_empty());
        }
    }
}
