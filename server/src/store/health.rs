//! Whether the store keeps what it is given, as the log tells it. On a disk that is almost full,
//! small commits succeed between large ones that fail, many times a second: the log says once
//! that the store is ill, and once that it is well again.

use std::time::{Duration, Instant};

/// For how long no commit may fail before the store counts as well again.
const SETTLED: Duration = Duration::from_secs(5);

/// How often an illness that stays is told.
const AGAIN: Duration = Duration::from_mins(10);

/// A state of the store that is to be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// The store cannot keep anything, or not everything.
    Ill,
    /// It keeps everything again.
    Well,
}

/// The state that was logged, and since when it holds.
#[derive(Debug, Default)]
pub(super) struct Health(Option<Illness>);

#[derive(Debug)]
struct Illness {
    /// When a commit failed the last time.
    failed: Instant,
    /// When it was told.
    told: Instant,
}

impl Health {
    /// Records a commit. Returns what is to be logged about it.
    pub(super) fn note(&mut self, is_kept: bool, now: Instant) -> Option<Report> {
        match (&mut self.0, is_kept) {
            (None, true) => None,
            (None, false) => {
                let (failed, told) = (now, now);
                self.0 = Some(Illness { failed, told });
                Some(Report::Ill)
            }
            (Some(illness), true) => {
                if now.saturating_duration_since(illness.failed) < SETTLED {
                    return None;
                }
                self.0 = None;
                Some(Report::Well)
            }
            (Some(illness), false) => {
                illness.failed = now;
                if now.saturating_duration_since(illness.told) < AGAIN {
                    return None;
                }
                illness.told = now;
                Some(Report::Ill)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_that_fail_now_and_then_are_one_illness() {
        let (mut health, start) = (Health::default(), Instant::now());
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(health.note(true, after(0)), None);
        assert_eq!(health.note(false, after(1)), Some(Report::Ill));
        for at in (2..60_000).step_by(500) {
            assert_eq!(health.note(true, after(at)), None);
            assert_eq!(health.note(false, after(at + 1)), None);
        }
        assert_eq!(health.note(true, after(63_000)), None);
        assert_eq!(health.note(true, after(66_000)), Some(Report::Well));
        assert_eq!(health.note(true, after(67_000)), None);
        assert_eq!(health.note(false, after(68_000)), Some(Report::Ill));
    }

    #[test]
    fn an_illness_that_stays_is_told_again() {
        let (mut health, start) = (Health::default(), Instant::now());
        let told = (0..3_600).filter(|&second| {
            let now = start + Duration::from_secs(second);
            health.note(false, now).is_some()
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            [0, 600, 1_200, 1_800, 2_400, 3_000]
        );
    }
}
