//! The limits of the server in the tests.

use std::time::Duration;

use guildhall_server::{HistoryLimits, Rate, RoomLimits};

use crate::model::changes::EDIT;
use crate::model::pace::{BURST, RATE};
use crate::model::{HISTORY, KEEP_EMPTY, REPLAY, RESUME};

/// The same for a server with a journal. Its rooms stay in memory.
pub(crate) fn durable_limits() -> RoomLimits {
    RoomLimits {
        keep_empty: Duration::from_hours(24),
        ..limits()
    }
}

/// Limits that are short enough for gaps, and for clients that say too much.
pub(crate) fn limits() -> RoomLimits {
    RoomLimits {
        history: HistoryLimits {
            lines: usize::try_from(HISTORY).unwrap(),
            bytes: 1024 * 1024,
            age: Duration::from_hours(24),
        },
        replay: usize::try_from(REPLAY).unwrap(),
        keep_empty: Duration::from_millis(KEEP_EMPTY),
        // The players ask for much within a millisecond.
        resume_within: Duration::from_millis(RESUME),
        client_rate: Rate {
            bytes_per_second: RATE,
            burst: BURST,
        },
        room_rate: Rate::UNBOUNDED,
        edit_within: Duration::from_millis(EDIT),
        ..RoomLimits::default()
    }
}
