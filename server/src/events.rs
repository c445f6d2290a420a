//! The events that the game is told of: a feed, in which each has a number. Whoever makes events
//! happen calls it; the HTTP API and the webhooks read it. Pure values, and in [`tail`] the call
//! that wakes the readers.

pub(crate) mod json;
pub(crate) mod selection;
pub(crate) mod tail;
pub(crate) mod webhook;

use std::sync::Arc;
use std::time::Duration;

use guildhall_protocol::{Change, ChangeKind, Line};

use crate::ids::{Epoch, Seq, UserId};
use crate::moderation::UserSnapshot;

/// Something that the game is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
    /// The room; empty: none.
    pub(crate) room: Arc<str>,
    /// The user that it is about; `None`: none.
    pub(crate) user: Option<UserSnapshot>,
    pub(crate) kind: EventKind,
}

/// The kinds of events, with what each is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// The server has seen this user for the first time.
    UserSeen,
    /// A user has joined a room.
    Joined,
    /// A user has left a room. If its connection was lost, this comes when its session can not
    /// be resumed any more.
    Left(LeaveReason),
    /// The last member of a room has left.
    RoomEmpty,
    /// A line was said.
    Said { epoch: Epoch, seq: Seq },
    /// A line was edited; `line` is its number, `seq` that of the change.
    Edited { epoch: Epoch, seq: Seq, line: Seq },
    /// A line was removed.
    Removed { epoch: Epoch, seq: Seq, line: Seq },
    /// All lines of a room up to `line` were removed.
    Cleared { epoch: Epoch, seq: Seq, line: Seq },
    /// All lines of a user in a room up to `line` were removed.
    Purged {
        epoch: Epoch,
        seq: Seq,
        line: Seq,
        user: UserId,
    },
    /// A report came; its number.
    Reported(u64),
    /// A sanction was imposed; its number.
    Sanctioned(u64),
    /// So many events are not in the feed, because the store could not keep them.
    Missed(u64),
}

/// Why a user has left a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaveReason {
    /// It wanted to.
    Left,
    /// Its connection was lost and it did not come back in time.
    Lost,
    /// It said goodbye.
    Goodbye,
    /// It was taken out: by a moderator, the game, or other rules.
    Removed,
}

/// An event of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NumberedEvent {
    /// Its number: that of the event before, and one.
    pub(crate) number: u64,
    pub(crate) event: Event,
    /// The text of the line that was said or edited, as it is now. `None`: it is not kept.
    pub(crate) text: Option<String>,
}

/// Some events of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventsPage {
    /// The feed. Another one begins its numbers anew.
    pub(crate) feed: Arc<str>,
    /// The events, one number behind the other.
    pub(crate) events: Vec<NumberedEvent>,
    /// The number of the newest event that there is; 0: there was none.
    pub(crate) newest: u64,
}

/// The events that a reader gets that has those up to `after`, at most `most`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventsRead {
    /// The number of the last event that the reader has; 0: it wants all that are kept.
    pub(crate) after: u64,
    pub(crate) most: usize,
}

/// The events that a journal has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptEvents {
    /// The oldest events behind the number that the reader has.
    pub(crate) events: Vec<NumberedEvent>,
    /// The number of the newest event; 0: there was none.
    pub(crate) newest: u64,
}

/// The settings of the feed.
#[derive(Debug, Clone)]
pub struct EventsConfig {
    /// The events that it has.
    pub selection: selection::Selection,
    /// How long an event is kept.
    pub keep: Duration,
    /// The most events that are kept.
    pub most: u64,
    /// The addresses that are sent events.
    pub webhooks: Vec<webhook::WebhookConfig>,
}

impl Default for EventsConfig {
    fn default() -> Self {
        Self {
            selection: selection::Selection::all(),
            keep: Duration::from_hours(7 * 24),
            most: 1_000_000,
            webhooks: Vec::new(),
        }
    }
}

/// How the feed is kept: what it has, for how long, and who is told.
#[derive(Debug, Clone)]
pub(crate) struct FeedTerms {
    pub(crate) selection: selection::Selection,
    /// How long an event is kept.
    pub(crate) keep: Duration,
    /// The most events that are kept.
    pub(crate) most: u64,
    /// Told of the newest number.
    pub(crate) tail: Arc<tail::Tail>,
}

/// A user in a room, as the feed has told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresentRow {
    pub(crate) room: Arc<str>,
    pub(crate) user: UserSnapshot,
}

/// How far a webhook has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookRow {
    /// Its address.
    pub(crate) url: Arc<str>,
    /// The number of the last event that its receiver has acknowledged, or that is not for it.
    pub(crate) acknowledged: u64,
    /// The number of the last event of the message that is under way; 0: none is.
    pub(crate) sending: u64,
    /// When the receiver has said that it wants no more, in milliseconds since 1970; 0: it has
    /// not.
    pub(crate) disabled: u64,
}

/// All that a journal knows of the feed when it is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KnownFeed {
    /// The feed.
    pub(crate) feed: Arc<str>,
    /// The number of its newest event.
    pub(crate) newest: u64,
    /// The users that were in rooms.
    pub(crate) present: Vec<PresentRow>,
    /// The webhooks that there were.
    pub(crate) webhooks: Vec<WebhookRow>,
}

/// The names of the kinds, as settings and readers have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventName {
    /// The server has seen a user for the first time.
    UserSeen,
    /// A user has joined a room.
    Joined,
    /// A user has left a room.
    Left,
    /// The last member of a room has left.
    RoomEmpty,
    /// A line was said.
    Said,
    /// A line was edited.
    Edited,
    /// A line was removed.
    Removed,
    /// A room was cleared.
    Cleared,
    /// All lines of a user in a room were removed.
    Purged,
    /// A report came.
    Reported,
    /// A sanction was imposed.
    Sanctioned,
    /// Events are not in the feed.
    Missed,
}

impl EventName {
    /// All of them that can be chosen. [`EventName::Missed`] is always told.
    pub const ALL: [Self; 11] = [
        Self::UserSeen,
        Self::Joined,
        Self::Left,
        Self::RoomEmpty,
        Self::Said,
        Self::Edited,
        Self::Removed,
        Self::Cleared,
        Self::Purged,
        Self::Reported,
        Self::Sanctioned,
    ];

    /// The name as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserSeen => "user_seen",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::RoomEmpty => "room_empty",
            Self::Said => "said",
            Self::Edited => "edited",
            Self::Removed => "removed",
            Self::Cleared => "cleared",
            Self::Purged => "purged",
            Self::Reported => "reported",
            Self::Sanctioned => "sanctioned",
            Self::Missed => "missed",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl EventKind {
    /// The kind's name.
    pub(crate) const fn name(&self) -> EventName {
        match self {
            Self::UserSeen => EventName::UserSeen,
            Self::Joined => EventName::Joined,
            Self::Left(_) => EventName::Left,
            Self::RoomEmpty => EventName::RoomEmpty,
            Self::Said { .. } => EventName::Said,
            Self::Edited { .. } => EventName::Edited,
            Self::Removed { .. } => EventName::Removed,
            Self::Cleared { .. } => EventName::Cleared,
            Self::Purged { .. } => EventName::Purged,
            Self::Reported(_) => EventName::Reported,
            Self::Sanctioned(_) => EventName::Sanctioned,
            Self::Missed(_) => EventName::Missed,
        }
    }
}

impl LeaveReason {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Left, Self::Lost, Self::Goodbye, Self::Removed];

    /// The reason as text.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Lost => "lost",
            Self::Goodbye => "goodbye",
            Self::Removed => "removed",
        }
    }
}

/// The kind of the event that a line with its number is. `None`: the game is not told of it.
pub(crate) fn kind_of(line: &Line) -> Option<EventKind> {
    let (epoch, seq) = (Epoch(line.epoch), Seq(line.seq));
    match &line.change {
        None => Some(EventKind::Said { epoch, seq }),
        Some(change) => kind_of_change(change, epoch, seq),
    }
}

/// The same for a change with this number.
pub(crate) fn kind_of_change(change: &Change, epoch: Epoch, seq: Seq) -> Option<EventKind> {
    let line = match Seq(change.seq) {
        // A change of all lines before it, which has not been told so yet.
        Seq(0) => seq.previous(),
        line => line,
    };
    match change.kind() {
        ChangeKind::Edited => Some(EventKind::Edited { epoch, seq, line }),
        ChangeKind::Removed => Some(EventKind::Removed { epoch, seq, line }),
        ChangeKind::Cleared => Some(EventKind::Cleared { epoch, seq, line }),
        ChangeKind::Purged => Some(EventKind::Purged {
            epoch,
            seq,
            line,
            user: UserId(change.user),
        }),
        _ => None,
    }
}

/// The event that a line with its number is, in the room with this name.
pub(crate) fn of_line(room: &Arc<str>, line: &Line) -> Option<Event> {
    Some(Event {
        time: line.time,
        room: Arc::clone(room),
        user: Some(UserSnapshot {
            id: UserId(line.sender),
            account: line.user.as_str().into(),
            name: line.name.as_str().into(),
        }),
        kind: kind_of(line)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_by_its_name() {
        for kind in EventName::ALL {
            assert_eq!(EventName::new(kind.as_str()), Some(kind));
        }
        assert_eq!(EventName::new("missed"), None);
        assert_eq!(EventName::new("Said"), None);
    }

    #[test]
    fn a_reaction_is_no_event() {
        let mut line = Line {
            seq: 7,
            epoch: 3,
            change: Some(Change {
                seq: 2,
                kind: ChangeKind::Reacted.into(),
                ..Change::default()
            }),
            ..Line::default()
        };
        assert_eq!(kind_of(&line), None);
        line.change.as_mut().unwrap().set_kind(ChangeKind::Edited);
        let edited = EventKind::Edited {
            epoch: Epoch(3),
            seq: Seq(7),
            line: Seq(2),
        };
        assert_eq!(kind_of(&line), Some(edited));
    }
}
