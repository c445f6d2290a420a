//! The newest events of a server without a journal, in memory.

use std::collections::VecDeque;
use std::time::Duration;

use crate::events::{Event, EventsRead, KeptEvents, NumberedEvent};
use crate::moderation::UserSnapshot;

/// The most events in memory, whatever the settings say.
const MOST: u64 = 64 * 1024;

/// The newest events.
#[derive(Debug)]
pub(super) struct Ring {
    events: VecDeque<Event>,
    /// The number of the newest event.
    newest: u64,
    keep: Duration,
    most: usize,
}

impl Ring {
    /// No event. Each is kept for this long, but at most `most` of them.
    pub(super) fn new(keep: Duration, most: u64) -> Self {
        Self {
            events: VecDeque::new(),
            newest: 0,
            keep,
            most: usize::try_from(most.clamp(1, MOST)).unwrap_or(usize::MAX),
        }
    }

    /// Appends an event. Returns its number. `unix_millis` is the time now.
    pub(super) fn push(&mut self, event: Event, unix_millis: u64) -> u64 {
        let keep = u64::try_from(self.keep.as_millis()).unwrap_or(u64::MAX);
        let is_old = |event: &Event| event.time.saturating_add(keep) < unix_millis;
        while self.events.len() >= self.most || self.events.front().is_some_and(is_old) {
            self.events.pop_front();
        }
        self.events.push_back(event);
        self.newest += 1;
        self.newest
    }

    /// Leaves of what was done by a user, or to it, that it has happened.
    pub(super) fn erase(&mut self, user: &UserSnapshot) {
        let is_of = |of: &UserSnapshot| of.is_same_user(user);
        for event in &mut self.events {
            if event.user.as_ref().is_some_and(is_of) {
                event.user = None;
            }
        }
    }

    /// The events behind a number.
    pub(super) fn read(&self, read: EventsRead) -> KeptEvents {
        let before = self.newest - self.events.len() as u64;
        let skipped = usize::try_from(read.after.saturating_sub(before)).unwrap_or(usize::MAX);
        let events = (before + 1..).zip(&self.events).skip(skipped);
        let events = events.take(read.most).map(|(number, event)| NumberedEvent {
            number,
            event: event.clone(),
            text: None,
        });
        KeptEvents {
            events: events.collect(),
            newest: self.newest,
        }
    }
}
