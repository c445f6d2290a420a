//! A room.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::policy::ChangedSettings;
use crate::shared::acts::rooms::GameRoom;
use crate::shared::join::Position;

/// A room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Room)]
pub(crate) struct RoomModel {
    /// The name, as the server writes it.
    room: String,
    /// How many members it has.
    members: u64,
    /// Whether its lines are kept on the disk.
    durable: bool,
    /// Whether the game keeps it open, also without members.
    open: bool,
    /// The epoch of its lines.
    epoch: u32,
    /// The number of its newest line; 0: there was none yet.
    last: u64,
    /// Its purpose.
    topic: String,
    /// Whether only those who may moderate may say something.
    announce_only: bool,
    /// How many seconds a member has to wait between two messages; 0: not at all.
    slow_mode: u64,
    /// The most members.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_members: Option<u64>,
    /// The settings among these that were changed at run time. The others are of the settings
    /// file.
    changed: RoomSettings,
}

/// Settings of a room that can be changed at run time.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RoomSettings {
    /// Its purpose: at most 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    topic: Option<String>,
    /// How many seconds a member has to wait between two messages; 0: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 21600)]
    slow_mode: Option<u64>,
    /// Whether only those who may moderate may say something.
    #[serde(skip_serializing_if = "Option::is_none")]
    announce_only: Option<bool>,
}

/// The place of a line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Position)]
pub(crate) struct PositionModel {
    /// The room, as the server writes it.
    room: String,
    /// The epoch of its lines.
    epoch: u32,
    /// The number of the line.
    seq: u64,
}

impl PositionModel {
    /// A place in this room.
    pub(crate) fn of(room: String, position: Position) -> Self {
        Self {
            room,
            epoch: position.epoch.0,
            seq: position.seq.0,
        }
    }
}

impl From<GameRoom> for RoomModel {
    fn from(room: GameRoom) -> Self {
        let (facts, rule) = (&room.facts, &room.facts.rule);
        Self {
            room: facts.name.to_string(),
            members: facts.members as u64,
            durable: facts.is_durable,
            open: room.is_open,
            epoch: facts.newest.epoch.0,
            last: facts.newest.seq.0,
            topic: rule.topic.clone(),
            announce_only: rule.announce_only,
            slow_mode: rule.slow_mode.as_secs(),
            max_members: rule.max_members.map(|most| most as u64),
            changed: room.settings.into(),
        }
    }
}

impl From<ChangedSettings> for RoomSettings {
    fn from(settings: ChangedSettings) -> Self {
        Self {
            topic: settings.topic,
            slow_mode: settings.slow_mode.map(|slow| slow.as_secs()),
            announce_only: settings.announce_only,
        }
    }
}

impl From<RoomSettings> for ChangedSettings {
    fn from(settings: RoomSettings) -> Self {
        Self {
            topic: settings.topic,
            slow_mode: settings.slow_mode.map(Duration::from_secs),
            announce_only: settings.announce_only,
        }
    }
}
