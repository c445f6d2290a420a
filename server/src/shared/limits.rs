//! What rooms and sessions may grow to.

use std::time::Duration;

use super::history::HistoryLimits;

/// What rooms and sessions may grow to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomLimits {
    /// How much of what was said is kept in each room.
    pub history: HistoryLimits,
    /// How many lines a client gets that joins without a position.
    pub replay: usize,
    /// How long a room without members keeps its history.
    pub keep_empty: Duration,
    /// How many rooms there may be.
    pub rooms: usize,
    /// How long a session can be resumed.
    pub resume_within: Duration,
    /// How many sessions may be without a connection.
    pub away: usize,
}

impl Default for RoomLimits {
    fn default() -> Self {
        Self {
            history: HistoryLimits {
                lines: 500,
                bytes: 64 * 1024,
                age: Duration::from_hours(24),
            },
            replay: 50,
            keep_empty: Duration::from_mins(10),
            rooms: 4_096,
            resume_within: Duration::from_mins(2),
            away: 16_384,
        }
    }
}
