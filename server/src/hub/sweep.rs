//! The hub's part of the sweep, about once a second: it looks at all rooms and all connections.

use std::time::{Duration, Instant};

use crate::ids::ConnectionId;
use crate::outgoing::connection::{Admission, Deadlines};
use crate::outgoing::outbox::Wire;

use super::Hub;

impl<W: Wire> Hub<W> {
    /// Lets members of rooms catch up that have read what waited for them. Call it about once
    /// a second.
    pub fn catch_up(&mut self, now: Instant) {
        let sent = self.rooms.catch_up(now, &mut self.needs_drain);
        sent.add_to(&self.metrics);
    }

    /// Pings, closes and cuts those of `most` connections for which it is due, see
    /// [`Connection::sweep`]: the first ones after the connection with the ID `after`.
    /// Returns the last one's ID, or `None` if there are no more.
    pub fn sweep(
        &mut self,
        after: ConnectionId,
        most: usize,
        deadlines: &Deadlines,
        excused: Duration,
        now: Instant,
    ) -> Option<ConnectionId> {
        let accounts = self.shared.accounts().get();
        let admission = Admission {
            guests: accounts.config.guests,
            revoked: &accounts.revoked,
        };
        let needs_drain = &mut self.needs_drain;
        let due = (deadlines, excused, now);
        let counts = &mut self.counting;
        let last = (self.connections).sweep(after, most, due, admission, counts, needs_drain);
        if last.is_none() {
            let counts = std::mem::take(&mut self.counting);
            self.metrics.connections.set(&counts);
        }
        last
    }
}
