//! The connection as a session sees it: its state, and its deadlines (docs/client.md,
//! "States" and "Heartbeat"). Knows nothing of packets.

use alloc::string::String;

use super::State;
use guildhall_protocol::CloseCode;

/// An attempt fails if there is no Welcome within this many milliseconds.
const WELCOME_WITHIN: u64 = 10_000;

/// A connection was a good one if it was online for this many milliseconds.
const GOOD_AFTER: u64 = 5_000;

/// The shortest wait for the next attempt, in milliseconds.
const LEAST_WAIT: u64 = 100;

/// The longest wait after the first failure. It doubles with each further one.
const FIRST_WAIT: u64 = 500;

/// The longest wait after any number of failures.
const MOST_WAIT: u64 = 20_000;

/// The longest time over which a server that stops may spread its clients.
const LONGEST_SPREAD: u64 = 120_000;

/// How often the wait can double before it is above [`MOST_WAIT`].
const MOST_DOUBLINGS: u32 = 6;

/// The code for a connection that ended without a close frame.
pub(super) const NO_CLOSE_FRAME: u16 = 1006;

#[derive(Debug)]
pub(super) struct Link {
    state: State,
    /// Failures since the last good connection.
    failures: u32,
    /// Whether the socket's handshake is done.
    is_open: bool,
    /// Whether the attempt waits for the user's token and has no socket yet.
    is_held: bool,
    /// When the state began.
    since: u64,
    /// When the last message was received.
    last_received: u64,
    /// Over how much time a server that stops spreads its clients. 0: it has not said so.
    spread: u64,
}

impl Link {
    pub(super) const fn new() -> Self {
        Self {
            state: State::Idle,
            failures: 0,
            is_open: false,
            is_held: false,
            since: 0,
            last_received: 0,
            spread: 0,
        }
    }

    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    /// Whether packets can be sent and received.
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    pub(super) fn is_online(&self) -> bool {
        self.state == State::Online
    }

    /// Whether there is a socket, open or being opened.
    pub(super) const fn has_socket(&self) -> bool {
        self.is_under_way() && !self.is_held
    }

    const fn is_under_way(&self) -> bool {
        matches!(self.state, State::Connecting | State::Online)
    }

    /// Whether the attempt waits for the user's token.
    pub(super) const fn is_held(&self) -> bool {
        self.is_held
    }

    /// The attempt opens no socket until the user's token is there.
    pub(super) const fn hold(&mut self) {
        self.is_held = true;
    }

    /// The token is there. Returns whether an attempt has waited for it: it starts now.
    pub(super) const fn release(&mut self, now: u64) -> bool {
        let was_held = self.is_held;
        if was_held {
            self.is_held = false;
            self.since = now;
        }
        was_held
    }

    /// Starts an attempt. Returns false if one is under way or has succeeded.
    pub(super) fn connect(&mut self, now: u64) -> bool {
        if self.is_under_way() {
            return false;
        }
        if !matches!(self.state, State::Waiting { .. }) {
            self.failures = 0;
        }
        self.state = State::Connecting;
        self.since = now;
        self.spread = 0;
        true
    }

    /// The socket is open. Returns false if none was being opened.
    pub(super) fn opened(&mut self, now: u64) -> bool {
        let is_expected = self.state == State::Connecting && !self.is_open && !self.is_held;
        if is_expected {
            self.is_open = true;
            self.last_received = now;
        }
        is_expected
    }

    /// A message was received.
    pub(super) const fn received(&mut self, now: u64) {
        self.last_received = now;
    }

    /// When the last message was received.
    pub(super) const fn last_received(&self) -> u64 {
        self.last_received
    }

    /// The server stops: the wait for the next attempt is anything up to this, in milliseconds.
    pub(super) fn going_away(&mut self, return_within: u32) {
        self.spread = LONGEST_SPREAD.min(return_within.into());
    }

    pub(super) fn welcomed(&mut self, now: u64) {
        self.state = State::Online;
        self.since = now;
    }

    /// The connection is lost, and no attempt follows by itself.
    pub(super) fn close(&mut self, code: u16, reason: &str) {
        self.is_open = false;
        self.is_held = false;
        self.state = State::Closed {
            code,
            reason: String::from(reason),
        };
    }

    /// The connection is lost. The close code decides whether an attempt follows.
    pub(super) fn lost(&mut self, code: u16, reason: &str, now: u64, random: f64) {
        if !CloseCode::reconnect(code) {
            return self.close(code, reason);
        }
        if self.is_online() && now.saturating_sub(self.since) >= GOOD_AFTER {
            self.failures = 0;
        }
        let most = longest_wait(self.failures).max(core::mem::take(&mut self.spread));
        let until = now.saturating_add(part_of(most, random));
        self.failures = self.failures.saturating_add(1);
        self.is_open = false;
        self.is_held = false;
        self.state = State::Waiting {
            until,
            code,
            reason: String::from(reason),
        };
    }

    /// When the next deadline is, if the server may be silent for this many milliseconds.
    pub(super) fn wake_at(&self, silence: u64) -> Option<u64> {
        match &self.state {
            State::Idle | State::Closed { .. } => None,
            State::Connecting if self.is_held => None,
            State::Connecting => Some(self.since.saturating_add(WELCOME_WITHIN)),
            State::Online => Some(self.last_received.saturating_add(silence)),
            State::Waiting { until, .. } => Some(*until),
        }
    }
}

/// How long to wait after this many failures in a row: full jitter, so that a restarted
/// server does not get all its clients back at once.
pub(super) fn wait(failures: u32, random: f64) -> u64 {
    part_of(longest_wait(failures), random)
}

/// The longest wait after this many failures in a row.
fn longest_wait(failures: u32) -> u64 {
    MOST_WAIT.min(FIRST_WAIT << failures.min(MOST_DOUBLINGS))
}

/// A random wait of at most this.
fn part_of(most: u64, random: f64) -> u64 {
    let spread = most - LEAST_WAIT;
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number of milliseconds below 120,000; NaN becomes 0"
    )]
    let part = (spread as f64 * random) as u64;
    LEAST_WAIT + part.min(spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_within_their_bounds() {
        assert_eq!(wait(0, 0.0), 100);
        assert_eq!(wait(0, 0.5), 300);
        assert_eq!(wait(1, 0.5), 550);
        assert_eq!(wait(5, 0.5), 8_050);
        assert_eq!(wait(6, 0.5), 10_050);
        assert_eq!(wait(u32::MAX, 0.999_999), 19_999);
    }

    #[test]
    fn a_random_number_out_of_range_is_harmless() {
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
