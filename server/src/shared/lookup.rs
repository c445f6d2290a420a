//! The findings of a join in the journal so far. A durable room that is not in memory is read
//! first, and so are lines that its history does not have any more. The session keeps this
//! between two reads; the hub asks for the next one, or joins with what there is.

use crate::journal::{Found, KeptLines, KeptRoom};

/// The most reads of one kind for one join. One is enough, unless the room changes faster than
/// the journal reads.
const MOST_READS: u8 = 3;

/// The findings of a join in the journal so far.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    /// The room, as it was read.
    room: Option<ReadRoom>,
    /// How often the directory had removed rooms when the room was asked for.
    removals: u32,
    room_reads: u8,
    /// The lines that the room's history did not have, as they were read.
    lines: Option<KeptLines>,
    line_reads: u8,
}

/// A room that was read.
#[derive(Debug)]
pub(crate) struct ReadRoom {
    /// The part that the journal has kept of it. `None`: nothing was ever said there.
    pub(crate) kept: Option<KeptRoom>,
    /// How often the directory had removed rooms like this when it was asked for. If it has
    /// done so since, the room may have been in memory meanwhile, and has to be read again.
    pub(crate) removals: u32,
}

impl Lookup {
    /// Takes over what was found.
    pub(crate) fn add(&mut self, found: Found) {
        match found {
            Found::Room(kept) => {
                let removals = self.removals;
                self.room = Some(ReadRoom { kept, removals });
            }
            Found::Lines(lines) => self.lines = Some(lines),
            // Nobody has asked for these.
            Found::Search(..)
            | Found::Unread(_)
            | Found::Speakers(_)
            | Found::Reports(..)
            | Found::Report(_)
            | Found::Audit(..)
            | Found::Events(_) => {}
        }
    }

    /// Takes the room, if it was read.
    pub(crate) fn take_room(&mut self) -> Option<ReadRoom> {
        self.room.take()
    }

    /// Counts a read of the room, before which the directory has removed rooms so often. Returns
    /// false if that were too many reads.
    pub(crate) fn reads_room(&mut self, removals: u32) -> bool {
        self.removals = removals;
        self.room_reads += 1;
        self.room_reads <= MOST_READS
    }

    /// The lines that were read.
    pub(crate) fn lines(&self) -> Option<&KeptLines> {
        self.lines.as_ref()
    }

    /// Counts a read of lines. Returns false if that were too many reads.
    pub(crate) fn reads_lines(&mut self) -> bool {
        self.line_reads += 1;
        self.line_reads <= MOST_READS
    }
}
