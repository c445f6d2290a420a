//! A moment by both clocks. Only a worker and the task of a WebSocket read the clocks;
//! sessions, rooms and users get the moment as a value.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A moment by both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time for deadlines, by a clock that never goes back.
    pub now: Instant,
    /// The time for users, in milliseconds since 1970, UTC. 0 if the clock shows an
    /// earlier time.
    pub unix_millis: u64,
}

impl Moment {
    /// Reads both clocks. Nothing from `session` down calls it.
    #[must_use]
    pub fn present() -> Self {
        Self::of(Instant::now())
    }

    /// The moment `now`, which was read just before: reads the other clock. A clock costs
    /// what a thousandth of a write does, and every message asks.
    #[must_use]
    pub fn of(now: Instant) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        Self {
            now,
            unix_millis: u64::try_from(millis).unwrap_or(u64::MAX),
        }
    }

    /// Now, but with this time for users: for tests.
    #[cfg(test)]
    pub(crate) fn at(unix_millis: u64) -> Self {
        Self {
            now: Instant::now(),
            unix_millis,
        }
    }
}
