//! How fast one client may speak: its own budget, and that of the room that it speaks in.
//! The sessions of both protocols ask before they say something.

use std::time::{Duration, Instant};

use crate::hub::{Hub, SharedRoom};
use crate::ids::UserId;
use crate::outgoing::outbox::Wire;
use crate::shared::budget::{self, Budget};

/// What one client has said over its connection, measured in bytes over time.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    budget: Budget,
}

impl Pace {
    /// Records that the client says a text, in a room or in a whisper.
    ///
    /// # Errors
    ///
    /// How long the client has to wait until it may say the text. Nothing is recorded then.
    pub(crate) fn admit<W: Wire>(
        &mut self,
        hub: &Hub<W>,
        room: Option<&SharedRoom<W>>,
        speaker: UserId,
        text: &str,
        now: Instant,
    ) -> Result<(), Duration> {
        let (rate, bytes) = (hub.shared().limits().client_rate, budget::cost(text));
        let wait = self.budget.wait(&rate, bytes, now);
        if wait > Duration::ZERO {
            return Err(wait);
        }
        if let Some(room) = room
            && !hub.shared().limits().room_rate.is_unbounded()
        {
            room.borrow().spend(speaker, bytes, now)?;
        }
        self.budget.spend(&rate, bytes, now);
        Ok(())
    }
}
