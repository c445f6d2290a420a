//! The report on TLS handshakes that were done evenly.

use std::fmt::{self, Display};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The handshakes of one run. None has failed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Handshakes {
    /// How many a second.
    pub per_second: f64,
    /// How long half of them took at most, from the time when they were due, in milliseconds.
    pub p50_ms: f64,
    /// How long all but one in a hundred took at most.
    pub p99_ms: f64,
}

impl Handshakes {
    /// Sums up handshakes, each of which `took` so long, and which took `all` in all. Without any,
    /// the times are not a number.
    #[must_use]
    pub fn of(mut took: Vec<Duration>, all: Duration) -> Self {
        took.sort_unstable();
        let at = |hundredths: usize| {
            let index = (took.len() * hundredths / 100).min(took.len().saturating_sub(1));
            took.get(index)
                .map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
        };
        #[allow(
            clippy::cast_precision_loss,
            reason = "nobody does 2^53 handshakes in a run"
        )]
        let count = took.len() as f64;
        Self {
            per_second: count / all.as_secs_f64(),
            p50_ms: at(50),
            p99_ms: at(99),
        }
    }
}

impl Display for Handshakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} handshakes a second (p50 {:.2} ms, p99 {:.2} ms)",
            self.per_second, self.p50_ms, self.p99_ms
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_handshakes_the_longest_is_the_last_hundredth() {
        let took = (1..=100).rev().map(Duration::from_millis).collect();
        let handshakes = Handshakes::of(took, Duration::from_secs(2));
        assert_eq!(
            handshakes.to_string(),
            "50 handshakes a second (p50 51.00 ms, p99 100.00 ms)"
        );
        let none = Handshakes::of(Vec::new(), Duration::from_secs(1));
        assert!(none.per_second == 0.0 && none.p99_ms.is_nan());
    }
}
