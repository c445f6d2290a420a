//! A queue of values that are kept for a while after they were last used, the longest
//! unused first: sessions without a connection, and rooms without members. `shared` keeps
//! them in it and holds the lock around it. No clock: the caller passes in `now`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Values that are not in use, each with a key to remove it by.
#[derive(Debug)]
pub(crate) struct ExpiryQueue<T> {
    next_key: u64,
    /// By key, each value with the time since when it is not in use.
    values: BTreeMap<u64, (Instant, T)>,
}

impl<T> ExpiryQueue<T> {
    /// Adds a value that is not in use from `now` on, and returns its key. Values
    /// expire in the order in which they were added.
    pub(crate) fn add(&mut self, value: T, now: Instant) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        self.values.insert(key, (now, value));
        key
    }

    /// Removes the value with this key, because it is used again. Does nothing if it was
    /// removed before.
    pub(crate) fn remove(&mut self, key: u64) {
        self.values.remove(&key);
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Removes and returns the value that was unused for the longest time.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let (_, (_, value)) = self.values.pop_first()?;
        Some(value)
    }

    /// The same, if it was unused for at least `keep`.
    pub(crate) fn pop_expired(&mut self, keep: Duration, now: Instant) -> Option<T> {
        let first = self.values.first_entry()?;
        let is_expired = now.saturating_duration_since(first.get().0) >= keep;
        is_expired.then(|| first.remove().1)
    }
}

impl<T> Default for ExpiryQueue<T> {
    fn default() -> Self {
        Self {
            next_key: 0,
            values: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_expire_in_their_order_and_not_too_early() {
        let (mut queue, start) = (ExpiryQueue::default(), Instant::now());
        let second = Duration::from_secs(1);
        queue.add("a", start);
        let b = queue.add("b", start);
        queue.add("c", start + second);
        queue.remove(b);
        queue.remove(b);
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.pop_expired(second, start), None);
        assert_eq!(queue.pop_expired(second, start + second), Some("a"));
        assert_eq!(queue.pop_expired(second, start + second), None);
        assert_eq!((queue.pop(), queue.pop()), (Some("c"), None));
    }
}
