//! What one user may do in one room, by its rule: worked out once when the user joins, and
//! again when the rule or the user's rights change.

use std::time::Duration;

use guildhall_protocol::RoomSettings;

use super::{Action, Rights, Rule};

/// What a member may do in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Access(u8);

/// Who moderates has this bit; the actions have those of their numbers.
const MODERATES: u8 = 1 << 7;

/// The actions that a member may be without.
const ACTIONS: [Action; 3] = [Action::Say, Action::History, Action::Members];

impl Access {
    /// What a member may do in a room without a rule, unless it only reads.
    pub const OPEN: Self = Self(bit(Action::Say) | bit(Action::History) | bit(Action::Members));

    /// What a user with these rights may do in the room with this name and rule. `None`: it
    /// may not be in the room.
    #[must_use]
    pub fn of(rights: &Rights, room: &str, rule: &Rule) -> Option<Self> {
        if !rights.allow(Action::Join, room, rule) {
            return None;
        }
        let allowed = (ACTIONS.into_iter()).filter(|&action| rights.allow(action, room, rule));
        let mut bits = allowed.fold(0, |bits, action| bits | bit(action));
        if rights.may_moderate(room) {
            bits |= MODERATES;
        }
        Some(Self(bits))
    }

    /// Whether the member may do this.
    #[must_use]
    pub const fn may(self, action: Action) -> bool {
        match action {
            // It is there.
            Action::Join | Action::Find => true,
            Action::Say | Action::History | Action::Members => self.0 & bit(action) != 0,
        }
    }

    /// How long the member waits between two messages.
    #[must_use]
    pub const fn slow_mode(self, rule: &Rule) -> Duration {
        if self.0 & MODERATES == 0 {
            rule.slow_mode
        } else {
            Duration::ZERO
        }
    }

    /// What the member's client is told of the room. `None`: that of a room without a rule.
    #[must_use]
    pub fn settings(self, rule: &Rule) -> Option<RoomSettings> {
        let millis = self.slow_mode(rule).as_millis();
        let settings = RoomSettings {
            topic: rule.topic.clone(),
            slow_mode: u32::try_from(millis).unwrap_or(u32::MAX),
            text_bytes: rule
                .text_bytes
                .map_or(0, |most| u32::try_from(most).unwrap_or(0)),
            read_only: !self.may(Action::Say),
            announce_only: rule.announce_only,
            no_history: !self.may(Action::History),
            no_members: !self.may(Action::Members),
        };
        (settings != RoomSettings::default()).then_some(settings)
    }
}

const fn bit(action: Action) -> u8 {
    1 << action as u8
}
