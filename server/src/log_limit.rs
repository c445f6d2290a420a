//! How many log lines the clients can cause. A client that connects and leaves again and
//! again would fill the disk otherwise, and hide what else the log tells.
//!
//! `listen`, `http` and `web_socket` ask before they log; the worker logs what was left out.
//! No clock: the caller passes in `now`.

use std::time::{Duration, Instant};

use crate::sync::lock::Lock;
use crate::sync::rate::{Allowance, RequestRate};

/// How many lines of a kind are logged: 500 at once, and then 100 a second.
const RATE: RequestRate = RequestRate {
    burst: 500,
    every: Duration::from_millis(10),
};

/// What a client can cause a log line about. Each kind has a limit of its own, so that a
/// flood of one does not hide the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogKind {
    /// A client connected.
    Connected,
    /// A client disconnected.
    Disconnected,
    /// A client was lost in the handshake.
    Lost,
    /// A request was refused.
    Refused,
    /// A connection was dropped without an answer.
    Dropped,
    /// A text of a guest was not said, and the guest has no way to be told.
    Silenced,
    /// A proxy did not say clearly whose request it passed on.
    Unnamed,
    /// The game's server has called the API.
    Called,
    /// A request of the API was refused.
    ApiRefused,
}

/// Counts the lines of each kind.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    kinds: [Lock<Budget>; LogKind::ALL.len()],
}

/// The lines of one kind.
#[derive(Debug, Default)]
struct Budget {
    logged: Allowance,
    left_out: u64,
}

impl LogKind {
    const ALL: [Self; 9] = [
        Self::Connected,
        Self::Disconnected,
        Self::Lost,
        Self::Refused,
        Self::Dropped,
        Self::Silenced,
        Self::Unnamed,
        Self::Called,
        Self::ApiRefused,
    ];

    /// The message of the lines.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Connected => "client connected",
            Self::Disconnected => "client disconnected",
            Self::Lost => "client lost in the handshake",
            Self::Refused => "request refused",
            Self::Dropped => "connection dropped",
            Self::Silenced => "text of a guest dropped",
            Self::Unnamed => "a proxy does not name its client",
            Self::Called => "API request",
            Self::ApiRefused => "API: request refused",
        }
    }
}

impl LogLimit {
    /// Whether a line of this kind may be logged now. If not, it is counted.
    pub(crate) fn allows(&self, kind: LogKind, now: Instant) -> bool {
        self.kinds[kind as usize].lock().allows(now)
    }

    /// Logs how many lines were left out since the last call: one line for each kind of
    /// which lines were.
    pub(crate) fn report(&self) {
        for (kind, lines) in self.take_left_out() {
            tracing::info!(
                lines,
                of = kind.message(),
                "and more, which were not logged"
            );
        }
    }

    fn take_left_out(&self) -> impl Iterator<Item = (LogKind, u64)> {
        LogKind::ALL.into_iter().filter_map(|kind| {
            let left_out = std::mem::take(&mut self.kinds[kind as usize].lock().left_out);
            (left_out > 0).then_some((kind, left_out))
        })
    }
}

impl Budget {
    fn allows(&mut self, now: Instant) -> bool {
        let allowed = self.logged.take(RATE, now).is_ok();
        if !allowed {
            self.left_out += 1;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(limit: &LogLimit, kind: LogKind, lines: usize, now: Instant) -> usize {
        (0..lines).filter(|_| limit.allows(kind, now)).count()
    }

    #[test]
    fn a_burst_is_logged_and_then_a_hundred_lines_a_second() {
        let (limit, start) = (LogLimit::default(), Instant::now());
        assert_eq!(allowed(&limit, LogKind::Connected, 10_000, start), 500);
        let later = start + Duration::from_secs(1);
        assert_eq!(allowed(&limit, LogKind::Connected, 10_000, later), 100);
        let much_later = later + Duration::from_mins(1);
        assert_eq!(allowed(&limit, LogKind::Connected, 10_000, much_later), 500);
    }

    #[test]
    fn what_is_left_out_is_counted_by_kind_and_told_once() {
        let (limit, now) = (LogLimit::default(), Instant::now());
        allowed(&limit, LogKind::Connected, 1_734, now);
        allowed(&limit, LogKind::Refused, 501, now);
        assert!(limit.allows(LogKind::Disconnected, now));
        let left_out: Vec<_> = limit.take_left_out().collect();
        assert_eq!(
            left_out,
            [(LogKind::Connected, 1_234), (LogKind::Refused, 1)]
        );
        assert_eq!(limit.take_left_out().count(), 0);
    }

    #[test]
    fn each_kind_has_a_limit_of_its_own() {
        for (index, kind) in LogKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
        }
    }
}
