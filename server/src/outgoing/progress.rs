//! What a client's socket takes of what is queued for it. The outbox counts, and the sweep
//! judges.

use std::time::{Duration, Instant};

/// The least that a client has to read, in bytes a second, while something waits for it.
/// Slow links take several times as much; a client that takes less would keep its outbox
/// full for ever.
const LEAST_PER_SECOND: u32 = 8 * 1024;

/// The bytes that a socket has taken since some time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    since: Instant,
    bytes: usize,
}

impl Progress {
    /// Nothing was taken yet.
    #[must_use]
    pub(crate) const fn none(now: Instant) -> Self {
        Self {
            since: now,
            bytes: 0,
        }
    }

    /// Counts bytes that the socket has taken.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Does not count the last `time`, in which nobody wrote to the socket.
    pub(crate) fn excuse(&mut self, time: Duration, now: Instant) {
        self.since = (self.since + time).min(now);
    }

    /// Whether the socket has taken less than [`LEAST_PER_SECOND`] in the last `window`. It
    /// is judged once in each window: before its end, and in the calls behind it, the
    /// socket is not too slow.
    #[must_use]
    pub(crate) fn is_too_slow(&mut self, window: Duration, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) < window {
            return false;
        }
        // Of one window: a call that is late asks for no more.
        let least = u128::from(LEAST_PER_SECOND) * window.as_millis() / 1_000;
        let is_too_slow = (self.bytes as u128) < least;
        *self = Self::none(now);
        is_too_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_too_slow_if_it_takes_too_little_in_a_window() {
        const WINDOW: Duration = Duration::from_secs(2);
        const LEAST: usize = 2 * LEAST_PER_SECOND as usize;
        let start = Instant::now();
        let mut progress = Progress::none(start);
        let mut after = |windows, bytes| {
            progress.add(bytes);
            progress.is_too_slow(WINDOW, start + windows * WINDOW)
        };
        assert!(!after(1, LEAST), "just enough");
        assert!(after(2, LEAST - 1));
        assert!(!after(3, 2 * LEAST - 1));
        assert!(after(4, 1), "what it took before does not count for later");
        let half = start + 9 * WINDOW / 2;
        assert!(
            !progress.is_too_slow(WINDOW, half),
            "the window is not over"
        );
        let late = start + 9 * WINDOW;
        progress.add(LEAST);
        assert!(
            !progress.is_too_slow(WINDOW, late),
            "a late call asks for no more"
        );
    }
}
