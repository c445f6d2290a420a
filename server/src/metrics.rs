//! The counts of threads for the operator's metrics. Each network thread has its own numbers, which it
//! alone changes, so counting costs a plain addition. `exposition` reads them when somebody asks,
//! and adds up what is not told by thread.
//!
//! No lock, no clock and no name of a metric is here.

mod counter;
mod histogram;
mod labels;
mod thread;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use self::counter::Counter;
pub(crate) use self::histogram::{BOUNDS, Histogram, Recorded};
pub(crate) use self::labels::{ClosedBy, Dropped, HandshakeRefused, Joined, Limited, State};
pub(crate) use self::thread::{ConnectionCounts, ThreadMetrics};

/// The counts of all network threads.
#[derive(Debug)]
pub(crate) struct Metrics {
    by_thread: Box<[Arc<ThreadMetrics>]>,
    /// When the server started, in milliseconds since 1970.
    started: u64,
}

impl Metrics {
    /// Zeros for this many threads.
    pub(crate) fn new(threads: usize) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        Self {
            by_thread: (0..threads).map(|_| Arc::default()).collect(),
            started: u64::try_from(millis).unwrap_or(0),
        }
    }

    /// The numbers of one thread, which alone may change them.
    pub(crate) fn thread(&self, thread: usize) -> &Arc<ThreadMetrics> {
        &self.by_thread[thread]
    }

    /// The numbers of all threads, by thread.
    pub(crate) fn threads(&self) -> &[Arc<ThreadMetrics>] {
        &self.by_thread
    }

    /// The sum of one number over all threads.
    pub(crate) fn sum(&self, number: impl Fn(&ThreadMetrics) -> &Counter) -> u64 {
        let numbers = self.by_thread.iter().map(|thread| number(thread).get());
        numbers.fold(0, u64::wrapping_add)
    }

    /// When the server started, in milliseconds since 1970.
    pub(crate) fn started(&self) -> u64 {
        self.started
    }
}
