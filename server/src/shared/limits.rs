//! The limits of rooms and sessions.

use std::time::Duration;

use super::budget::Rate;
use super::history::HistoryLimits;

/// The limits of rooms and sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomLimits {
    /// How many lines each room keeps.
    pub history: HistoryLimits,
    /// The most lines that a client gets if it joins without a position.
    pub replay: usize,
    /// How long a room without members keeps its history.
    pub keep_empty: Duration,
    /// The most rooms.
    pub rooms: usize,
    /// The most rooms with members that clients of one address hold open.
    pub rooms_per_address: usize,
    /// For how long a user can edit what it has said; zero: not at all.
    pub edit_within: Duration,
    /// How long a session without a connection can be resumed.
    pub resume_within: Duration,
    /// The most sessions without a connection.
    pub away: usize,
    /// The most of them whose clients had one address.
    pub away_per_address: usize,
    /// How long a user with an account is known that has no session: its name and its number
    /// stay its own.
    pub keep_users: Duration,
    /// The most such users. The one that was there last is known longest.
    pub absent_users: usize,
    /// How much one client may say, in rooms and in whispers.
    pub client_rate: Rate,
    /// How much may be said in one room, by all of its members.
    pub room_rate: Rate,
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
            edit_within: Duration::from_mins(15),
            resume_within: Duration::from_mins(2),
            rooms_per_address: 512,
            away: 16_384,
            away_per_address: 1_024,
            keep_users: Duration::from_hours(24),
            absent_users: 16_384,
            client_rate: Rate {
                bytes_per_second: 64 * 1024,
                burst: 256 * 1024,
            },
            room_rate: Rate {
                bytes_per_second: 1024 * 1024,
                burst: 1024 * 1024,
            },
        }
    }
}
