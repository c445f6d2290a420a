//! Tells the game of events, and notes acts in the audit log.

use super::{Act, Arc, Event, Feed, Moment, Records, Row, Shared};

impl Shared {
    /// Notes in the audit log what was done.
    pub(crate) fn note_act(&self, act: &Act) {
        let (user, kind) = (act.user.as_ref().map(|user| user.id.0), act.kind.name());
        tracing::info!(kind, user, room = %act.room, "moderation");
        match &self.journal {
            Some(_) => {
                let records = Records::new(self.journal.clone());
                records.note(|| vec![Row::Act(Box::new(act.clone()))]);
            }
            None => self.memory_audit.lock().note(act),
        }
    }

    /// Whether so much waits for the journal that whoever has something for it has to wait.
    pub(crate) fn is_journal_full(&self) -> bool {
        self.journal
            .as_ref()
            .is_some_and(|journal| journal.is_full())
    }

    /// Tells the game of what has happened. `event` is called only if a game listens.
    pub(crate) fn tell_game(&self, event: impl FnOnce() -> Event) {
        if let Some(feed) = &self.feed {
            feed.tell(event());
        }
    }

    /// The same for an event that comes of rows that the caller hands to the journal: returns its
    /// row, which belongs into the same record. So a crash keeps both or none. `None`: nobody
    /// listens, or there is no journal and the game was told.
    pub(crate) fn event_row(&self, event: impl FnOnce() -> Event) -> Option<Row> {
        self.feed.as_ref()?.row_of(event())
    }

    /// A moment, for the times of events that have none of their own.
    pub(crate) fn note_time(&self, at: Moment) {
        if let Some(feed) = &self.feed {
            feed.note_time(at);
        }
    }

    /// The feed of events, if the game listens.
    pub(crate) fn feed(&self) -> Option<&Arc<Feed>> {
        self.feed.as_ref()
    }
}
