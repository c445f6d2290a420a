//! A number that one thread changes and any thread reads.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that one thread changes and any thread reads. A change is a load and a store, which the
/// processor does not have to agree on with others: no more than that of a plain integer.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds to the number. If two threads did so at a time, one of the additions could be lost.
    pub(crate) fn add(&self, count: u64) {
        let sum = self.0.load(Relaxed).wrapping_add(count);
        self.0.store(sum, Relaxed);
    }

    /// Adds one.
    pub(crate) fn count(&self) {
        self.add(1);
    }

    /// Replaces the number, which is one of now then and no sum.
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    /// The number.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
