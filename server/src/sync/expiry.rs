//! What nobody needs at the moment and is kept for a while, the longest unneeded
//! first: sessions without a connection, rooms without members.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Things, each with a ticket to take it out again.
#[derive(Debug)]
pub(crate) struct ExpiryQueue<T> {
    next: u64,
    since: BTreeMap<u64, (Instant, T)>,
}

impl<T> ExpiryQueue<T> {
    /// Adds something that nobody needs from now on.
    pub(crate) fn add(&mut self, what: T, now: Instant) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.since.insert(ticket, (now, what));
        ticket
    }

    /// Takes out what is needed again.
    pub(crate) fn remove(&mut self, ticket: u64) {
        self.since.remove(&ticket);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.since.len()
    }

    /// Takes out what nobody has needed for the longest time.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let (_, (_, what)) = self.since.pop_first()?;
        Some(what)
    }

    /// The same, if that was for as long as `keep`.
    pub(crate) fn pop_late(&mut self, keep: Duration, now: Instant) -> Option<T> {
        let first = self.since.first_entry()?;
        let is_late = now.saturating_duration_since(first.get().0) >= keep;
        is_late.then(|| first.remove().1)
    }
}

impl<T> Default for ExpiryQueue<T> {
    fn default() -> Self {
        Self {
            next: 0,
            since: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unneeded_go_first_and_not_before_their_time() {
        let (mut idle, start) = (ExpiryQueue::default(), Instant::now());
        let second = Duration::from_secs(1);
        idle.add("a", start);
        let b = idle.add("b", start);
        idle.add("c", start + second);
        idle.remove(b);
        idle.remove(b);
        assert_eq!(idle.len(), 2);
        assert_eq!(idle.pop_late(second, start), None);
        assert_eq!(idle.pop_late(second, start + second), Some("a"));
        assert_eq!(idle.pop_late(second, start + second), None);
        assert_eq!((idle.pop(), idle.pop()), (Some("c"), None));
    }
}
