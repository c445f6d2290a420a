//! The rights of one user in one room, by its rule: worked out once when the user joins, and
//! again when the rule or the user's rights change.

use std::time::Duration;

use guildhall_protocol::RoomSettings;

use super::{Action, Rights, Rule};

/// The rights of a member in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Access(u8);

/// The bit of members that may moderate. The bit of an action is the one with its number.
const MODERATES: u8 = 1 << 7;

/// The actions that a member may be without.
const ACTIONS: [Action; 3] = [Action::Say, Action::History, Action::Members];

impl Access {
    /// The rights of a member in a room without a rule, unless it only reads.
    pub const OPEN: Self = Self(bit(Action::Say) | bit(Action::History) | bit(Action::Members));

    /// The rights in the room with this name and rule, for a user with `rights`. `None`: it
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

    /// The same rights without this one.
    #[must_use]
    pub const fn without(self, action: Action) -> Self {
        Self(self.0 & !bit(action))
    }

    /// Whether the member may moderate: it does not wait, and may remove what others have said.
    #[must_use]
    pub const fn may_moderate(self) -> bool {
        self.0 & MODERATES != 0
    }

    /// How long the member waits between two messages.
    #[must_use]
    pub const fn slow_mode(self, rule: &Rule) -> Duration {
        if self.may_moderate() {
            Duration::ZERO
        } else {
            rule.slow_mode
        }
    }

    /// The settings of the room for the member's client. `None`: those of a room without a
    /// rule.
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
            may_remove: self.may_moderate(),
            may_moderate: self.may_moderate(),
        };
        (settings != RoomSettings::default()).then_some(settings)
    }
}

const fn bit(action: Action) -> u8 {
    1 << action as u8
}
