//! The connection as a session sees it: its state, and what time does to it
//! (docs/client.md, "States" and "Heartbeat"). Knows nothing of packets.

use alloc::string::String;

use super::State;
use guildhall_protocol::CloseCode;

/// An attempt that has no Welcome after so many milliseconds has failed.
const WELCOME_WITHIN: u64 = 10_000;

/// A connection that was online for so many milliseconds was a good one.
const GOOD_AFTER: u64 = 5_000;

/// The shortest wait for the next attempt, in milliseconds.
const LEAST_WAIT: u64 = 100;

/// The longest wait after a first failure; it doubles with each.
const FIRST_WAIT: u64 = 500;

/// The longest wait at all.
const MOST_WAIT: u64 = 20_000;

/// How often the wait can double before it is above [`MOST_WAIT`].
const MOST_DOUBLINGS: u32 = 6;

/// What a connection that went without a word is said to be closed with.
pub(super) const NO_CLOSE_FRAME: u16 = 1006;

#[derive(Debug)]
pub(super) struct Link {
    state: State,
    /// Failures since the last good connection.
    failures: u32,
    /// Whether the socket's handshake is done.
    is_open: bool,
    /// When the state began.
    since: u64,
    /// When something came last.
    heard: u64,
}

impl Link {
    pub(super) const fn new() -> Self {
        Self {
            state: State::Idle,
            failures: 0,
            is_open: false,
            since: 0,
            heard: 0,
        }
    }

    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    /// Whether packets come and go.
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    pub(super) fn is_online(&self) -> bool {
        self.state == State::Online
    }

    /// Whether there is a socket, or one that is being opened.
    pub(super) const fn has_socket(&self) -> bool {
        matches!(self.state, State::Connecting | State::Online)
    }

    /// Begins an attempt, unless there is one.
    pub(super) fn connect(&mut self, now: u64) -> bool {
        if self.has_socket() {
            return false;
        }
        if !matches!(self.state, State::Waiting { .. }) {
            self.failures = 0;
        }
        self.state = State::Connecting;
        self.since = now;
        true
    }

    /// The socket is there. Not so where none was asked for.
    pub(super) fn opened(&mut self, now: u64) -> bool {
        let is_expected = self.state == State::Connecting && !self.is_open;
        if is_expected {
            self.is_open = true;
            self.heard = now;
        }
        is_expected
    }

    pub(super) const fn hear(&mut self, now: u64) {
        self.heard = now;
    }

    pub(super) fn welcomed(&mut self, now: u64) {
        self.state = State::Online;
        self.since = now;
    }

    /// The connection is gone, and none follows by itself.
    pub(super) fn close(&mut self, code: u16, reason: &str) {
        self.is_open = false;
        self.state = State::Closed {
            code,
            reason: String::from(reason),
        };
    }

    /// The connection is gone. Whether another follows is in its close code.
    pub(super) fn lost(&mut self, code: u16, reason: &str, now: u64, random: f64) {
        if !CloseCode::reconnect(code) {
            return self.close(code, reason);
        }
        if self.is_online() && now.saturating_sub(self.since) >= GOOD_AFTER {
            self.failures = 0;
        }
        let until = now.saturating_add(wait(self.failures, random));
        self.failures = self.failures.saturating_add(1);
        self.is_open = false;
        self.state = State::Waiting {
            until,
            code,
            reason: String::from(reason),
        };
    }

    /// When something is due, with silence of so many milliseconds allowed.
    pub(super) fn wake_at(&self, silence: u64) -> Option<u64> {
        match &self.state {
            State::Idle | State::Closed { .. } => None,
            State::Connecting => Some(self.since.saturating_add(WELCOME_WITHIN)),
            State::Online => Some(self.heard.saturating_add(silence)),
            State::Waiting { until, .. } => Some(*until),
        }
    }
}

/// How long to wait after so many failures before this one: full jitter, so
/// that a restarted server does not meet all its clients at once.
fn wait(failures: u32, random: f64) -> u64 {
    let most = MOST_WAIT.min(FIRST_WAIT << failures.min(MOST_DOUBLINGS));
    let spread = most - LEAST_WAIT;
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number of milliseconds below 20,000; NaN becomes 0"
    )]
    let part = (spread as f64 * random) as u64;
    LEAST_WAIT + part.min(spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_their_bounds() {
        assert_eq!(wait(0, 0.0), 100);
        assert_eq!(wait(0, 0.5), 300);
        assert_eq!(wait(1, 0.5), 550);
        assert_eq!(wait(5, 0.5), 8_050);
        assert_eq!(wait(6, 0.5), 10_050);
        assert_eq!(wait(u32::MAX, 0.999_999), 19_999);
    }

    #[test]
    fn a_random_number_that_is_none_is_harmless() {
        for random in [f64::NAN, -1.0, f64::NEG_INFINITY] {
            assert_eq!(wait(3, random), 100);
        }
        for random in [1.0, 7.0, f64::INFINITY] {
            assert_eq!(wait(3, random), 4_000);
        }
    }

    #[test]
    fn failures_count_until_a_connection_was_good() {
        let mut link = Link::new();
        let mut waits = alloc::vec::Vec::new();
        for online_for in [None, Some(4_999), Some(5_000), None] {
            assert!(link.connect(0));
            if let Some(online_for) = online_for {
                link.welcomed(0);
                link.lost(1006, "", online_for, 0.5);
            } else {
                link.lost(1006, "", 0, 0.5);
            }
            let State::Waiting { until, .. } = link.state() else {
                panic!("{:?}", link.state());
            };
            waits.push(until - online_for.unwrap_or(0));
        }
        assert_eq!(waits, [300, 550, 300, 550]);
    }

    #[test]
    fn a_clock_at_its_end_does_not_overflow() {
        let mut link = Link::new();
        link.connect(u64::MAX);
        assert_eq!(link.wake_at(50), Some(u64::MAX));
        link.opened(u64::MAX);
        link.welcomed(u64::MAX);
        assert_eq!(link.wake_at(u64::MAX), Some(u64::MAX));
        link.lost(1006, "", u64::MAX, 0.5);
        assert_eq!(link.wake_at(50), Some(u64::MAX));
    }
}
