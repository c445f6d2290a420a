//! How often something may be done: what one client asks for, and what is logged. Sessions and
//! the log count with it. No clock: the caller passes in `now`.

use std::time::{Duration, Instant};

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRate {
    /// How often at once.
    pub burst: u32,
    /// After how long once more.
    pub every: Duration,
}

impl RequestRate {
    /// As often as one likes.
    pub const UNLIMITED: Self = Self {
        burst: u32::MAX,
        every: Duration::ZERO,
    };
}

/// How much of a [`RequestRate`] was used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allowance {
    /// When as much may be done again as if nothing had been done. `None` if nothing was.
    full_at: Option<Instant>,
}

impl Allowance {
    /// Counts once more, if the rate allows it.
    ///
    /// # Errors
    ///
    /// How long to wait until the rate allows it. Nothing is counted then.
    pub(crate) fn take(&mut self, rate: RequestRate, now: Instant) -> Result<(), Duration> {
        let from = self.full_at.map_or(now, |full_at| full_at.max(now));
        let used = from.saturating_duration_since(now) + rate.every;
        let wait = used.saturating_sub(rate.every.saturating_mul(rate.burst));
        if !wait.is_zero() {
            return Err(wait);
        }
        self.full_at = Some(from + rate.every);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_is_allowed_at_once_and_then_the_rate() {
        let (mut allowance, start) = (Allowance::default(), Instant::now());
        let rate = RequestRate {
            burst: 3,
            every: SECOND,
        };
        for _ in 0..3 {
            assert_eq!(allowance.take(rate, start), Ok(()));
        }
        assert_eq!(allowance.take(rate, start), Err(SECOND));
        assert_eq!(
            allowance.take(rate, start + SECOND / 4),
            Err(SECOND * 3 / 4)
        );
        assert_eq!(allowance.take(rate, start + SECOND), Ok(()));
        assert_eq!(allowance.take(rate, start + SECOND), Err(SECOND));
        // Whoever waits for long has the burst again, and not more.
        let later = start + SECOND * 100;
        for _ in 0..3 {
            assert_eq!(allowance.take(rate, later), Ok(()));
        }
        assert_eq!(allowance.take(rate, later), Err(SECOND));
    }

    #[test]
    fn without_a_limit_everything_is_allowed() {
        let (mut allowance, now) = (Allowance::default(), Instant::now());
        for _ in 0..1_000 {
            assert_eq!(allowance.take(RequestRate::UNLIMITED, now), Ok(()));
        }
    }
}
