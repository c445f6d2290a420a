//! How often something may be done: what users ask for, and what is logged. `shared` and the log
//! count with it. No clock: the caller passes in `now`.
//!
//! It is the generic cell rate algorithm (ITU-T I.371): what was used is one moment, until
//! which the sustained rate is used up. The crate `governor` counts in the same way, and was
//! looked at (0.10.4): each of its limiters has a clock of its own, which cannot be passed in
//! with the message, and a quota that is fixed when it is made. So a user would cost several
//! times the eight bytes that it costs here, and settings could not be reloaded. What is left
//! of it is the comparison below.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The largest number in a rate's text.
const MOST: u32 = 1_000_000;

/// The units of a rate's text.
const UNITS: [(&str, Duration); 3] = [
    ("s", Duration::from_secs(1)),
    ("min", Duration::from_mins(1)),
    ("h", Duration::from_hours(1)),
];

/// How often something may be done.
///
/// ```
/// use guildhall_server::RequestRate;
///
/// // Eight times at once, and then two times a second.
/// let rate: RequestRate = "8, 2/s".parse()?;
/// assert_eq!((rate.burst, rate.every.as_millis()), (8, 500));
/// assert_eq!("off".parse(), Ok(RequestRate::UNLIMITED));
/// # Ok::<(), guildhall_server::InvalidRate>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRate {
    /// How often at once.
    pub burst: u32,
    /// After how long once more.
    pub every: Duration,
}

/// A text that is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a rate is how often at once and how often then, such as \"8, 2/s\" (or /min, /h), each from 1 \
     to {MOST}; or \"off\""
)]
pub struct InvalidRate;

impl RequestRate {
    /// As often as one likes.
    pub const UNLIMITED: Self = Self {
        burst: u32::MAX,
        every: Duration::ZERO,
    };

    /// This often at once, and then once after each `every`.
    #[must_use]
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every }
    }

    /// How often in which unit of time, after the burst: two in `s`. `None` if there is no
    /// limit.
    #[must_use]
    pub fn frequency(self) -> Option<(u128, &'static str)> {
        let every = self.every.as_nanos();
        if every == 0 {
            return None;
        }
        let times = UNITS.map(|(unit, time)| {
            let times = (time.as_nanos() + every / 2) / every;
            // Not all of them divide a second.
            let is_exact = times > 0 && (time.as_nanos() / times).abs_diff(every) <= 1;
            (times, unit, is_exact)
        });
        let exact = times.iter().find(|(.., is_exact)| *is_exact);
        let (times, unit, _) = exact.unwrap_or(&times[2]);
        Some((*times, unit))
    }
}

/// As a settings file has it: `8, 2/s`, or `off`.
impl fmt::Display for RequestRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.frequency() {
            Some((times, unit)) => write!(f, "{}, {times}/{unit}", self.burst),
            None => f.write_str("off"),
        }
    }
}

impl FromStr for RequestRate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        // 0 turns off what the older rates count, too.
        if matches!(text.trim(), "off" | "0") {
            return Ok(Self::UNLIMITED);
        }
        let (burst, then) = text.split_once(',').ok_or(InvalidRate)?;
        let (times, unit) = then.split_once('/').ok_or(InvalidRate)?;
        let unit = UNITS.iter().find(|(name, _)| *name == unit.trim());
        let (_, time) = unit.ok_or(InvalidRate)?;
        Ok(Self::new(number(burst)?, *time / number(times)?))
    }
}

fn number(text: &str) -> Result<u32, InvalidRate> {
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number);
    number
        .filter(|number| (1..=MOST).contains(number))
        .ok_or(InvalidRate)
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

/// A [`RequestRate`] that can change while several threads read it.
#[derive(Debug, Default)]
pub(crate) struct SharedRate {
    /// In nanoseconds. 0 for no limit.
    every: AtomicU64,
    /// How long the sustained rate takes for the burst, in nanoseconds.
    burst: AtomicU64,
}

impl SharedRate {
    /// From now on, the rate is this one. A thread that reads it meanwhile may see the burst
    /// of the one and the frequency of the other, for one message.
    pub(crate) fn set(&self, rate: RequestRate) {
        let burst = rate.every.saturating_mul(rate.burst);
        self.burst.store(nanos(burst), Relaxed);
        self.every.store(nanos(rate.every), Relaxed);
    }

    /// After how many nanoseconds once more; 0 for no limit.
    pub(crate) fn every(&self) -> u64 {
        self.every.load(Relaxed)
    }
}

/// How much of a [`SharedRate`] was used, by several threads: when as much may be done again
/// as if nothing had been done. The caller counts time in nanoseconds, from a moment of its
/// choice.
#[derive(Debug, Default)]
pub(crate) struct SharedAllowance(AtomicU64);

impl SharedAllowance {
    /// Counts once more, if this many `shares` of the rate allow it.
    ///
    /// # Errors
    ///
    /// For how many nanoseconds to wait until they do. Nothing is counted then.
    pub(crate) fn take(&self, rate: &SharedRate, shares: u64, now: u64) -> Result<(), u64> {
        let every = rate.every() / shares.max(1);
        if every == 0 {
            return Ok(());
        }
        // As many bursts take as long, because the rate has as many shares.
        let burst = rate.burst.load(Relaxed);
        let mut full_at = self.0.load(Relaxed);
        loop {
            let used = (full_at.saturating_sub(now)).saturating_add(every);
            if used > burst {
                return Err(used - burst);
            }
            let next = now + used;
            match (self.0).compare_exchange_weak(full_at, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => full_at = other,
            }
        }
    }

    /// Takes back what was counted last: it was not done after all.
    pub(crate) fn give_back(&self, rate: &SharedRate, shares: u64) {
        let every = rate.every() / shares.max(1);
        // A closure that returns a value cannot fail.
        let _ = (self.0).fetch_update(Relaxed, Relaxed, |full_at| {
            Some(full_at.saturating_sub(every))
        });
    }

    /// Whether as much may be done as if nothing had been done.
    pub(crate) fn is_full(&self, now: u64) -> bool {
        self.0.load(Relaxed) <= now
    }
}

/// The duration in nanoseconds.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
