//! When a receiver that has failed is tried again. Pure: the random number is a value.

use std::time::Duration;

/// The wait after the first failure, at most.
const FIRST: Duration = Duration::from_secs(2);

/// The longest wait. It goes on for as long as there is something to send, which the feed limits.
const LONGEST: Duration = Duration::from_mins(15);

/// The longest wait that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// The failures in a row.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    failures: u32,
}

impl Schedule {
    /// An attempt has failed. Returns how long to wait for the next one: twice as long each time,
    /// between a half and the whole of that by chance, so that those who failed together do not
    /// come together; and as long as the receiver asks for.
    pub(super) fn failed(&mut self, retry_after: Option<Duration>, random: f64) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(16));
        let most = doubled.min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let wait = most.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
        let asked = retry_after.unwrap_or_default().min(LONGEST_ASKED);
        wait.max(asked)
    }

    /// An attempt has succeeded.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let mut schedule = Schedule::default();
        let pauses: Vec<u64> = (0..12)
            .map(|_| schedule.failed(None, 1.0).as_secs())
            .collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        schedule.succeeded();
        assert_eq!(schedule.failed(None, 0.0), Duration::from_secs(1));
        for _ in 0..1_000 {
            assert!(schedule.failed(None, 0.3) <= LONGEST);
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait() {
        let mut schedule = Schedule::default();
        let asked = Duration::from_mins(3);
        assert_eq!(schedule.failed(Some(asked), 0.5), asked);
        let year = Duration::from_hours(24 * 365);
        assert_eq!(schedule.failed(Some(year), 0.5), LONGEST_ASKED);
        let soon = schedule.failed(Some(Duration::ZERO), 0.0);
        assert_eq!(soon, Duration::from_secs(4), "and not for a shorter one");
    }
}
