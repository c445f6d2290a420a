//! How the model refuses what is said too fast: as the server does, but over one connection
//! and with whole nanoseconds.

/// How many bytes a second a client may say.
pub(crate) const RATE: u64 = 20_000;
/// How many bytes it may say at once.
pub(crate) const BURST: u64 = 60_000;

/// What a message costs beside its text.
const MESSAGE_COST: u64 = 64;
/// How long a client has for sending a message again.
const SEND_AGAIN_WITHIN: u64 = 2_000_000_000;
/// When a whisper to a client that is behind may be sent again.
const RETRY_BEHIND: u64 = 500_000_000;
/// When a line that could not be kept may be sent again.
const RETRY_FAILED: u64 = 1_000_000_000;
const MOST_DEBT: u64 = 10_000_000_000;

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    Room(String),
    User(u64),
}

/// What one connection has said. All times are nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    spent_until: u64,
    /// By destination: the first message that was refused, and when it fits.
    held: Vec<(Destination, u64, u64)>,
}

impl Pace {
    /// Whether the message is admitted. If not, later ones to the destination are held,
    /// unless it `is_repeated`.
    pub(crate) fn admit(
        &mut self,
        to: &Destination,
        id: u64,
        text: &str,
        is_repeated: bool,
        millis: u64,
    ) -> bool {
        let now = millis * 1_000_000;
        let wait = self.wait(to, id, text, now);
        if let Some(wait) = wait {
            if !is_repeated {
                self.hold(to, id, wait, now);
            }
            return false;
        }
        let spent = self.spent_until.saturating_sub(now) + time(cost(text));
        self.spent_until = now + spent.min(time(BURST) + MOST_DEBT);
        self.held
            .retain(|(held, first, _)| held != to || id < *first);
        true
    }

    /// Refuses a whisper to a user that is behind.
    pub(crate) fn refuse_behind(&mut self, to: &Destination, id: u64, millis: u64) {
        self.hold(to, id, RETRY_BEHIND, millis * 1_000_000);
    }

    /// A line could not be kept.
    pub(crate) fn fail(&mut self, to: &Destination, id: u64, millis: u64) {
        self.hold(to, id, RETRY_FAILED, millis * 1_000_000);
    }

    fn wait(&self, to: &Destination, id: u64, text: &str, now: u64) -> Option<u64> {
        let is_earlier = |(held, first, at): &&(Destination, u64, u64)| {
            held == to && *first < id && now < at + SEND_AGAIN_WITHIN
        };
        if let Some((_, _, at)) = self.held.iter().find(is_earlier) {
            return Some(at.saturating_sub(now));
        }
        let needed = self.spent_until.saturating_sub(now) + time(cost(text));
        needed.checked_sub(time(BURST)).filter(|wait| *wait > 0)
    }

    fn hold(&mut self, to: &Destination, id: u64, wait: u64, now: u64) {
        let at = now + wait;
        let Some(held) = self.held.iter_mut().find(|(held, _, _)| held == to) else {
            self.held.push((to.clone(), id, at));
            return;
        };
        if id <= held.1 || held.2 + SEND_AGAIN_WITHIN <= now {
            (held.1, held.2) = (id, at);
        }
    }
}

fn cost(text: &str) -> u64 {
    text.len() as u64 + MESSAGE_COST
}

fn time(bytes: u64) -> u64 {
    bytes * (1_000_000_000 / RATE)
}
