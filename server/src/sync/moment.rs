//! A moment by both clocks. State and rules take it as a value and have no clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// When something happens.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// For deadlines: this clock never goes back.
    pub now: Instant,
    /// For users: milliseconds since 1970, UTC. 0 if the clock shows a time before
    /// that.
    pub unix_millis: u64,
}

impl Moment {
    /// The present moment. Only a worker asks for it.
    #[must_use]
    pub fn present() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        Self {
            now: Instant::now(),
            unix_millis: u64::try_from(millis).unwrap_or(u64::MAX),
        }
    }

    /// The present by the steady clock, with this time for users: for tests.
    #[cfg(test)]
    pub(crate) fn at(unix_millis: u64) -> Self {
        Self {
            now: Instant::now(),
            unix_millis,
        }
    }
}
