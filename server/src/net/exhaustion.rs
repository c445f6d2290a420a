//! A listener without file descriptors, or without memory, for the next connection.

use std::time::{Duration, Instant};

/// For how long there have to be no such errors before one is logged again.
const CALM_FOR: Duration = Duration::from_mins(1);

/// When a listener last had no file descriptors or no memory for a connection.
#[derive(Debug, Default)]
pub(crate) struct Exhaustion(Option<Instant>);

impl Exhaustion {
    /// Whether an error that has come `now` is to be logged: the first of many, which may come ten
    /// times a second, also while connections are accepted between them.
    pub(crate) fn begins(&mut self, now: Instant) -> bool {
        let last = self.0.replace(now);
        last.is_none_or(|last| now.saturating_duration_since(last) >= CALM_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_come_again_and_again_are_logged_once() {
        let start = Instant::now();
        let mut exhaustion = Exhaustion::default();
        let mut at = |seconds| exhaustion.begins(start + Duration::from_secs(seconds));
        assert!(at(0));
        assert!(!at(1) && !at(60) && !at(119));
        assert!(at(179));
        assert!(!at(180));
    }
}
