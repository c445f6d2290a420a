//! The feed of events in a journal in memory.

use super::{Arc, BTreeMap, Event, FeedTerms, Line, PresentRow, WebhookRow, events};

/// The feed of events. Number 1 is the first.
#[derive(Debug, Default)]
pub(super) struct KeptFeed {
    pub(super) terms: Option<FeedTerms>,
    pub(super) events: Vec<Event>,
    pub(super) present: BTreeMap<(Arc<str>, u64), PresentRow>,
    pub(super) webhooks: BTreeMap<Arc<str>, WebhookRow>,
}

impl KeptFeed {
    pub(super) fn add(&mut self, event: Event) {
        self.events.push(event);
        if let Some(terms) = &self.terms {
            terms.tail.set(self.events.len() as u64);
        }
    }

    pub(super) fn note_line(&mut self, room: &Arc<str>, line: &Line) {
        if let Some(terms) = &self.terms
            && let Some(event) = events::of_line(room, line)
            && terms.selection.includes(event.kind.name(), room)
        {
            self.add(event);
        }
    }
}
