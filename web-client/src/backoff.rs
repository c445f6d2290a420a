//! How long to wait before the next attempt: exponential, with full jitter, so
//! that the clients of a restarted server do not all come back at once.

/// No wait is shorter: a server that refuses at once is not hammered.
const FLOOR_MILLIS: u32 = 100;
/// The longest the first wait may be.
const BASE_MILLIS: u32 = 500;
/// The longest any wait may be.
const CAP_MILLIS: u32 = 20_000;

/// Counts failures in a row and turns them into waits.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait in milliseconds: anywhere between the floor and
    /// `min(cap, base * 2^failures)`. `random` is in `[0, 1)`.
    pub(crate) fn next(&mut self, random: f64) -> u32 {
        let longest = BASE_MILLIS
            .saturating_mul(1 << self.failures.min(16))
            .min(CAP_MILLIS);
        self.failures = self.failures.saturating_add(1);
        let span = f64::from(longest - FLOOR_MILLIS);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the cap"
        )]
        let jitter = (random.clamp(0.0, 1.0) * span) as u32;
        FLOOR_MILLIS + jitter
    }

    /// Forgets the failures: the connection has proved itself.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(random: f64) -> Vec<u32> {
        let mut backoff = Backoff::default();
        (0..8).map(|_| backoff.next(random)).collect()
    }

    #[test]
    fn the_longest_wait_doubles_up_to_the_cap() {
        assert_eq!(
            waits(1.0),
            [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]
        );
    }

    #[test]
    fn the_shortest_wait_is_always_the_floor() {
        assert_eq!(waits(0.0), [FLOOR_MILLIS; 8]);
    }

    #[test]
    fn jitter_is_spread_over_the_whole_span() {
        let mut backoff = Backoff { failures: 6 };
        assert_eq!(backoff.next(0.5), 10_050);
    }

    #[test]
    fn a_year_of_failures_does_not_overflow() {
        let mut backoff = Backoff { failures: u32::MAX };
        assert_eq!(backoff.next(1.0), CAP_MILLIS);
        assert_eq!(backoff.next(1.0), CAP_MILLIS);
    }

    #[test]
    fn success_starts_over() {
        let mut backoff = Backoff { failures: 5 };
        backoff.reset();
        assert_eq!(backoff.next(1.0), BASE_MILLIS);
    }
}
