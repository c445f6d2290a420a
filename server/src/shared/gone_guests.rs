//! Guests whose connections have ended a short time ago, with their addresses: somebody who says
//! something and leaves at once can still be meant by a moderator, who bans the address. Sessions
//! call it when they end. No clock: the caller passes in `now`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::UserId;
use crate::moderation::UserSnapshot;
use crate::network::Network;
use crate::sync::expiry::ExpiryQueue;
use crate::sync::lock::Lock;

/// How long a guest can be meant after it has left.
const KEEP: Duration = Duration::from_mins(10);

/// The most guests that are remembered. Above that, the network that has most of them gives one
/// up, so that nobody pushes out those of others.
const MOST: usize = 1_024;

/// Guests that have left a short time ago.
#[derive(Debug, Default)]
pub(crate) struct GoneGuests(Lock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    queue: ExpiryQueue<UserId>,
    by_id: HashMap<UserId, Gone>,
}

#[derive(Debug)]
struct Gone {
    name: Arc<str>,
    network: Network,
    /// In [`Inner::queue`].
    key: u64,
}

impl GoneGuests {
    /// A connection of this guest from this network has ended.
    pub(crate) fn add(&self, id: UserId, name: &str, network: Network, now: Instant) {
        let mut inner = self.0.lock();
        if let Some(before) = inner.by_id.remove(&id) {
            inner.queue.remove(before.key);
        }
        let gone = Gone {
            name: name.into(),
            network,
            key: inner.queue.add(id, network, now),
        };
        inner.by_id.insert(id, gone);
        if inner.queue.len() > MOST
            && let Some(id) = inner.queue.pop_from_largest()
        {
            inner.by_id.remove(&id);
        }
    }

    /// A guest is erased.
    pub(crate) fn forget(&self, id: UserId) {
        let mut inner = self.0.lock();
        if let Some(gone) = inner.by_id.remove(&id) {
            inner.queue.remove(gone.key);
        }
    }

    /// The guest with this number, or with this name if the number is 0.
    pub(crate) fn user(&self, id: u64, name: &str) -> Option<UserSnapshot> {
        let inner = self.0.lock();
        let (id, gone) = match id {
            0 => {
                let mut named = inner.by_id.iter().filter(|(_, gone)| *gone.name == *name);
                // The one that has left last, if there are several.
                let first = named.next()?;
                named.fold(
                    first,
                    |last, one| if one.1.key > last.1.key { one } else { last },
                )
            }
            id => inner.by_id.get_key_value(&UserId(id))?,
        };
        Some(UserSnapshot {
            id: *id,
            account: "".into(),
            name: Arc::clone(&gone.name),
        })
    }

    /// The network that a guest came from.
    pub(crate) fn network(&self, id: UserId) -> Option<Network> {
        self.0.lock().by_id.get(&id).map(|gone| gone.network)
    }

    /// Forgets those that have left too long ago.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut inner = self.0.lock();
        while let Some(id) = inner.queue.pop_expired(KEEP, now) {
            inner.by_id.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> Network {
        format!("10.0.0.{last}").parse().unwrap()
    }

    #[test]
    fn a_guest_is_known_for_a_while_after_it_has_left() {
        let (guests, start) = (GoneGuests::default(), Instant::now());
        guests.add(UserId(7), "Bob", network(1), start);
        guests.add(UserId(8), "Bob", network(2), start);
        assert_eq!(guests.user(0, "Bob").unwrap().id, UserId(8));
        assert_eq!(&*guests.user(7, "").unwrap().name, "Bob");
        assert_eq!(guests.network(UserId(7)), Some(network(1)));
        assert!(guests.user(0, "bob").is_none() && guests.user(9, "Bob").is_none());
        // It was there again, from another address.
        guests.add(UserId(7), "Rob", network(3), start + KEEP / 2);
        guests.sweep(start + KEEP);
        assert_eq!(guests.network(UserId(7)), Some(network(3)));
        assert!(guests.user(8, "").is_none());
        guests.sweep(start + KEEP * 2);
        assert!(guests.0.lock().by_id.is_empty() && guests.0.lock().queue.len() == 0);
    }

    #[test]
    fn guests_of_one_address_do_not_push_out_those_of_others() {
        let (guests, now) = (GoneGuests::default(), Instant::now());
        guests.add(UserId(1), "Bob", network(1), now);
        for id in 2..=2 * MOST as u64 {
            guests.add(UserId(id), "", network(2), now);
        }
        assert!(guests.user(1, "").is_some());
        assert_eq!(guests.0.lock().by_id.len(), MOST);
    }
}
