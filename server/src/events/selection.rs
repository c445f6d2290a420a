//! Which events are wanted: by the feed, or by a webhook that reads it.

use std::sync::Arc;

use crate::policy::Pattern;

use super::EventName;

/// The kinds of events, and the rooms that they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// A bit for each kind.
    kinds: u16,
    /// `None`: all rooms.
    rooms: Option<Arc<[Pattern]>>,
}

impl Selection {
    /// All events.
    #[must_use]
    pub fn all() -> Self {
        Self::new(None, None)
    }

    /// The events of these kinds that are about these rooms, or about none; without a list, of
    /// all kinds, and about all rooms.
    #[must_use]
    pub fn new(kinds: Option<&[EventName]>, rooms: Option<Vec<Pattern>>) -> Self {
        let kinds = kinds.unwrap_or(&EventName::ALL);
        let bits = kinds.iter().map(|kind| bit(*kind));
        Self {
            kinds: bits.fold(bit(EventName::Missed), |all, kind| all | kind),
            rooms: rooms.map(Into::into),
        }
    }

    /// Whether it has any event of this kind.
    #[must_use]
    pub fn has(&self, kind: EventName) -> bool {
        self.kinds & bit(kind) != 0
    }

    /// Whether it has events about this room; empty: about none.
    #[must_use]
    pub fn has_room(&self, room: &str) -> bool {
        let Some(rooms) = &self.rooms else {
            return true;
        };
        room.is_empty() || rooms.iter().any(|pattern| pattern.matches(room))
    }

    /// Whether it has an event of this kind about this room.
    #[must_use]
    pub fn includes(&self, kind: EventName, room: &str) -> bool {
        self.has(kind) && self.has_room(room)
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::all()
    }
}

fn bit(kind: EventName) -> u16 {
    1 << kind as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_has_its_kinds_and_its_rooms() {
        let all = Selection::all();
        assert!(all.includes(EventName::Said, "lobby") && all.includes(EventName::UserSeen, ""));
        let some = Selection::new(
            Some(&[EventName::Joined, EventName::UserSeen]),
            Some(vec![Pattern::new("guild-*")]),
        );
        assert!(some.includes(EventName::Joined, "guild-red"));
        assert!(!some.includes(EventName::Joined, "lobby"));
        assert!(!some.includes(EventName::Left, "guild-red"));
        assert!(some.includes(EventName::UserSeen, ""));
        assert!(some.includes(EventName::Missed, ""), "always");
    }
}
