//! The mark up to which the user has read a room, on its way to the server: one at a time, and
//! the newest wins. Sends nothing by itself.

/// The shortest time from the answer to a mark until the next mark of the same room, in
/// milliseconds: a user who reads along must not send as much as all others say.
const BETWEEN_MARKS: u64 = 5_000;

/// The mark of one room.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// The number of the line up to which the user has read; 0: nothing is to be sent.
    wanted: u64,
    /// The one that was sent and has no answer; 0: none.
    asked: u64,
    /// Before this time, no mark goes out: one has just been sent, or was refused for now.
    again_at: Option<u64>,
    delays: u32,
}

impl Mark {
    /// The user has read up to this line.
    pub(super) fn want(&mut self, seq: u64) {
        self.wanted = seq;
    }

    /// The line to send now, if there is one.
    pub(super) fn next(&mut self) -> Option<u64> {
        let is_free = self.asked == 0 && self.again_at.is_none();
        if !is_free || self.wanted == 0 {
            return None;
        }
        self.asked = self.wanted;
        Some(self.asked)
    }

    /// The marks of another epoch mean nothing.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The user goes: the mark does not wait.
    pub(super) fn hurry(&mut self) {
        self.again_at = None;
        if self.asked != self.wanted {
            self.asked = 0;
        }
    }

    /// The server knows that the user has read the room up to this line.
    pub(super) fn known(&mut self, seq: u64) {
        if self.wanted <= seq {
            self.wanted = 0;
        }
    }

    pub(super) fn disconnected(&mut self) {
        self.asked = 0;
        self.again_at = None;
        self.delays = 0;
    }

    pub(super) fn again_at(&self) -> Option<u64> {
        self.again_at
    }

    /// Whether a wait is over now.
    pub(super) fn is_due(&mut self, now: u64) -> bool {
        self.again_at.take_if(|at| *at <= now).is_some()
    }

    /// The mark that was sent has its answer.
    pub(super) fn answered(&mut self, now: u64) {
        if self.asked == self.wanted {
            self.wanted = 0;
        }
        self.asked = 0;
        self.delays = 0;
        self.again_at = Some(now.saturating_add(BETWEEN_MARKS));
    }

    /// The server has refused the mark that was sent for now.
    pub(super) fn delayed(&mut self, until: u64) {
        self.asked = 0;
        self.again_at = Some(until);
        self.delays = self.delays.saturating_add(1);
    }

    /// How often in a row it was refused for now.
    pub(super) fn delays(&self) -> u32 {
        self.delays
    }
}
