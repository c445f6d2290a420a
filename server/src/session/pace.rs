//! How fast one client may speak: how often, as its user; how much, as its connection; and how
//! much the room that it speaks in may get. The sessions of both protocols ask before they say
//! something.

use std::time::{Duration, Instant};

use crate::hub::{Hub, SharedRoom};
use crate::ids::UserId;
use crate::metrics::Limited;
use crate::outgoing::outbox::Wire;
use crate::shared::budget::{self, Budget};
use crate::shared::rates::{AddressUse, Asked};
use crate::sync::rate::SharedAllowance;

/// What one client has said over its connection, measured in bytes over time.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    budget: Budget,
}

/// The user that speaks, and the counts of its messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speaker<'a> {
    pub(crate) id: UserId,
    /// Whether it says or whispers.
    pub(crate) asked: Asked,
    /// The part of the rate that its user has used.
    pub(crate) own: &'a SharedAllowance,
    /// The part that its address has used, if it is a guest.
    pub(crate) address: Option<&'a AddressUse>,
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
        speaker: Speaker<'_>,
        text: &str,
        now: Instant,
    ) -> Result<(), Duration> {
        let (limits, rates) = (hub.shared().limits(), hub.shared().rates());
        let (rate, bytes) = (limits.client_rate, budget::cost(text));
        let wait = self.budget.wait(&rate, bytes, now);
        if wait > Duration::ZERO {
            hub.metrics().count_limited(Limited::ClientBytes);
            return Err(wait);
        }
        let Speaker {
            id,
            asked,
            own,
            address,
        } = speaker;
        let taken = rates.take(asked, own, address, now);
        taken.inspect_err(|_| hub.metrics().count_limited(asked.limited()))?;
        if let Some(room) = room
            && !limits.room_rate.is_unbounded()
        {
            let spent = room.borrow().spend(id, bytes, now);
            spent.inspect_err(|_| {
                hub.metrics().count_limited(Limited::RoomBytes);
                rates.give_back(asked, own, address);
            })?;
        }
        self.budget.spend(&rate, bytes, now);
        Ok(())
    }
}
