//! The count of a room's lines that a user has not read. No clock, no file: whoever has the lines
//! counts them here.

use guildhall_protocol::{Line, LineRef, Unread};

use crate::ids::{Epoch, Seq, UserId};

use crate::moderation::blocked::Blocked;

use super::ReadMarkRow;
use super::words::Words;

/// The most lines of a room that are counted.
pub(crate) const MOST_UNREAD: usize = 1_000;

/// How many lines are looked at for each one that is counted: those of the user itself, and
/// changes, do not count.
const LOOKED_AT: usize = 4;

/// Counts what a user has not read in a room, from the newest line back.
#[derive(Debug)]
pub(crate) struct UnreadCount<'a> {
    user: UserId,
    name: &'a Words,
    blocked: Option<&'a Blocked>,
    /// The last line that it has read in the room's epoch.
    read: Seq,
    most: usize,
    looked_at: usize,
    unread: Unread,
}

impl<'a> UnreadCount<'a> {
    /// Counts for the user of a mark, in a room of this epoch. Whoever says `name` mentions the
    /// user. Lines of `blocked` users do not count. At most `most` lines are counted.
    pub(crate) fn new(
        mark: &ReadMarkRow,
        epoch: Epoch,
        name: &'a Words,
        blocked: Option<&'a Blocked>,
        most: usize,
    ) -> Self {
        Self {
            user: mark.user,
            name,
            blocked,
            // Of a room that began anew, nothing was read.
            read: if mark.epoch == epoch {
                mark.seq
            } else {
                Seq(0)
            },
            most,
            looked_at: 0,
            unread: Unread {
                room: mark.room.to_string(),
                read: (mark.seq.0 > 0).then_some(LineRef {
                    epoch: mark.epoch.0,
                    seq: mark.seq.0,
                }),
                ..Unread::default()
            },
        }
    }

    /// The last line that the user has read.
    pub(crate) fn read(&self) -> Seq {
        self.read
    }

    /// Counts a line that is older than those before. Returns whether older ones count as well.
    pub(crate) fn add(&mut self, line: &Line) -> bool {
        if line.seq <= self.read.0 {
            return false;
        }
        let counted = usize::try_from(self.unread.lines).unwrap_or(usize::MAX);
        if counted >= self.most || self.looked_at >= LOOKED_AT * self.most {
            self.unread.more = true;
            return false;
        }
        self.looked_at += 1;
        let is_blocked = || self.blocked.is_some_and(|blocked| blocked.has_line(line));
        if line.change.is_none() && !line.removed && line.sender != self.user.0 && !is_blocked() {
            self.unread.lines += 1;
            self.unread.mentions += u32::from(self.name.are_in(&line.text));
        }
        true
    }

    /// Returns the count.
    pub(crate) fn finish(self) -> Unread {
        self.unread
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::Change;

    const USER: UserId = UserId(7);

    fn mark(seq: u64) -> ReadMarkRow {
        ReadMarkRow {
            user: USER,
            room: "red".into(),
            epoch: Epoch(3),
            seq: Seq(seq),
        }
    }

    fn line(seq: u64, sender: u64, text: &str) -> Line {
        Line {
            seq,
            sender,
            text: text.into(),
            ..Line::default()
        }
    }

    #[track_caller]
    fn check(read: u64, epoch: Epoch, most: usize, lines: &[Line], expected: (u32, u32, bool)) {
        let name = Words::name("Anna Bee");
        let mut count = UnreadCount::new(&mark(read), epoch, &name, None, most);
        for line in lines.iter().rev() {
            if !count.add(line) {
                break;
            }
        }
        let unread = count.finish();
        let counted = (unread.lines, unread.mentions, unread.more);
        assert_eq!(counted, expected, "{unread:?}");
        assert_eq!(unread.room, "red");
        assert_eq!(unread.read.map(|read| read.seq), (read > 0).then_some(read));
    }

    #[test]
    fn lines_of_others_behind_the_mark_count() {
        let lines = [
            line(1, 5, "anna bee"),
            line(2, 5, "one"),
            line(3, 7, "my own, for anna bee"),
            line(4, 5, "ANNA BEE!"),
            line(5, 5, "joanna bees"),
            line(6, 5, "@Anna Bee"),
        ];
        check(1, Epoch(3), 9, &lines, (4, 2, false));
        check(6, Epoch(3), 9, &lines, (0, 0, false));
        check(0, Epoch(3), 9, &lines, (5, 3, false));
        // The room began anew since.
        check(4, Epoch(4), 9, &lines, (5, 3, false));
        check(1, Epoch(3), 2, &lines, (2, 1, true));
    }

    #[test]
    fn changes_and_removed_lines_do_not_count() {
        let edited = Line {
            change: Some(Change::default()),
            ..line(3, 5, "anna bee")
        };
        let removed = Line {
            removed: true,
            ..line(2, 5, "")
        };
        let lines = [line(1, 5, "x"), removed, edited];
        check(0, Epoch(3), 9, &lines, (1, 0, false));
    }

    #[test]
    fn a_room_full_of_the_users_own_lines_is_looked_at_in_part() {
        let lines: Vec<_> = (1..=9).map(|seq| line(seq, 7, "mine")).collect();
        check(0, Epoch(3), 2, &lines, (0, 0, true));
    }
}
