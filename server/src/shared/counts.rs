//! How many rooms there are, for the operator's metrics.

use super::Shared;

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
