//! How many rooms there are, for the operator's metrics, and in which of them most is said.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::ids::Seq;
use crate::sync::moment::Moment;

use super::Shared;

/// The time over which the lines of busy rooms are counted, in milliseconds.
const BUSY_MILLIS: u64 = 60_000;

/// How much is going on in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoomActivity {
    pub(crate) name: Arc<str>,
    pub(crate) members: usize,
    /// How many of the lines that the room has in memory are of the last minute.
    pub(crate) lines: usize,
    /// The number of its newest line.
    pub(crate) newest: Seq,
}

/// How many rooms are in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RoomCounts {
    /// Those that have members.
    pub(crate) with_members: usize,
    /// Those that have none, and are kept for a while or kept open.
    pub(crate) empty: usize,
    /// The members of all rooms: a user that is in two of them counts twice.
    pub(crate) members: usize,
}

impl Shared {
    /// The rooms in memory in which most was said in the last minute, and of those in which as much
    /// was said, those with most members first: at most this many. It looks at all of them.
    pub(crate) fn busiest_rooms(&self, most: usize, at: Moment) -> Vec<RoomActivity> {
        let since = at.unix_millis.saturating_sub(BUSY_MILLIS);
        let rooms: Vec<_> = {
            let directory = self.directory.lock();
            directory.rooms().map(Arc::clone).collect()
        };
        let mut rooms: Vec<_> = rooms.iter().map(|room| room.activity(since)).collect();
        rooms.sort_unstable_by(|one, other| {
            let key = |room: &RoomActivity| (Reverse(room.lines), Reverse(room.members));
            (key(one), &one.name).cmp(&(key(other), &other.name))
        });
        rooms.truncate(most);
        rooms
    }

    /// How many rooms are in memory. It looks at all of them.
    pub(crate) fn room_counts(&self) -> RoomCounts {
        let mut counts = RoomCounts::default();
        let directory = self.directory.lock();
        for room in directory.rooms() {
            let (members, _) = room.members();
            counts.with_members += usize::from(members > 0);
            counts.empty += usize::from(members == 0);
            counts.members += members;
        }
        counts
    }
}
