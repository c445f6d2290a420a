//! Starts the state that the threads share with what a journal knows when the server starts.

use super::{
    Arc, FirstNumbers, Instant, Known, MemoryJournal, Numbers, Records, RoomLimits, Shared,
};

impl Shared {
    /// [`with_memory_journal`](Self::with_memory_journal) with all that the journal knows, as when a
    /// server starts. The users are away `now`. The journal decides all that waits.
    ///
    /// # Panics
    ///
    /// If the journal fails.
    #[must_use]
    pub fn restored_from_memory(
        threads: usize,
        limits: RoomLimits,
        journal: &Arc<MemoryJournal>,
        now: Instant,
    ) -> Arc<Self> {
        let shared = Self::with_memory_journal(threads, limits, journal);
        let numbers = shared.restore(journal.known(), now);
        journal.decide_next(usize::MAX);
        numbers.wait().expect("a journal in memory keeps numbers");
        shared
    }

    /// Takes over what the journal knows of users, who are all away `now`. Called once, before
    /// the threads start, and only with a journal. There are no numbers for connections until
    /// the journal has reserved some.
    pub(crate) fn restore(&self, known: Known, now: Instant) -> FirstNumbers {
        let Known {
            next_id,
            users,
            sessions,
            orphans,
            read_marks,
            notices,
            sanctions,
            next_sanction,
            roles,
            room_settings,
            blocks,
            feed: events,
            held,
            next_held,
        } = known;
        let first = next_id.max(1);
        self.connections.begin_at(first);
        (self.users).restore(users, sessions, &orphans, read_marks, blocks, now);
        for notice in notices {
            self.notices.add(notice);
        }
        self.sanctions.restore(sanctions, next_sanction);
        self.roles.restore(&roles);
        self.held.restore(held, next_held);
        self.restore_rooms(room_settings);
        if let Some(feed) = &self.feed {
            feed.restore(events, self.limits.resume_within, now, |id| {
                self.users.sessions_of(id)
            });
        }
        let records = Records::new(self.journal.clone());
        let (numbers, reserved) = Numbers::new(records, first);
        self.numbers
            .set(numbers)
            .expect("a server is restored once");
        reserved
    }
}
