//! The count of a room's lines that a user has not read. No clock, no file: whoever has the lines
//! counts them here.

use guildhall_protocol::{Line, LineRef, Unread};

use crate::ids::{Epoch, Seq, UserId};

use crate::moderation::blocked::Blocked;

use super::ReadMarkRow;
use super::words::{self, Words};

/// The most lines of a room that are counted.
pub(crate) const MOST_UNREAD: usize = 1_000;

/// How many lines are looked at for each one that is counted: those of the user itself, and
/// changes, do not count.
const LOOKED_AT: usize = 4;

/// The cost of a list of unread lines, in all of its rooms together, at most. Each room has a share, and
/// leaves what it does not need to those behind it.
#[derive(Debug)]
pub(crate) struct UnreadBudget {
    left: usize,
    rooms: usize,
}

impl UnreadBudget {
    /// So much for so many rooms, in units of [`words::cost`].
    pub(crate) fn new(cost: usize, rooms: usize) -> Self {
        Self { left: cost, rooms }
    }

    /// The share of the next room.
    fn share(&mut self) -> usize {
        let share = self.left / self.rooms.max(1);
        self.rooms = self.rooms.saturating_sub(1);
        share
    }
}

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
    budget: &'a mut UnreadBudget,
    /// The rest of the room's share of it.
    share: usize,
    unread: Unread,
}

impl<'a> UnreadCount<'a> {
    /// Counts for the user of a mark, in a room of this epoch. Whoever says `name` mentions the
    /// user. Lines of `blocked` users do not count. At most `most` lines are counted, and as many as
    /// the room's share of `budget` allows; but one at least.
    pub(crate) fn new(
        mark: &ReadMarkRow,
        epoch: Epoch,
        name: &'a Words,
        blocked: Option<&'a Blocked>,
        most: usize,
        budget: &'a mut UnreadBudget,
    ) -> Self {
        Self {
            share: budget.share(),
            budget,
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
        let is_spent = self.looked_at > 0 && self.share == 0;
        if counted >= self.most || self.looked_at >= LOOKED_AT * self.most || is_spent {
            self.unread.more = true;
            return false;
        }
        self.looked_at += 1;
        let cost = words::cost(&line.text, 0);
        self.share = self.share.saturating_sub(cost);
        self.budget.left = self.budget.left.saturating_sub(cost);
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

    fn count(
        read: u64,
        epoch: Epoch,
        most: usize,
        lines: &[Line],
        budget: &mut UnreadBudget,
    ) -> Unread {
        let name = Words::name("Anna Bee");
        let mut count = UnreadCount::new(&mark(read), epoch, &name, None, most, budget);
        for line in lines.iter().rev() {
            if !count.add(line) {
                break;
            }
        }
        count.finish()
    }

    #[track_caller]
    fn check(read: u64, epoch: Epoch, most: usize, lines: &[Line], expected: (u32, u32, bool)) {
        let mut budget = UnreadBudget::new(usize::MAX, 1);
        let unread = count(read, epoch, most, lines, &mut budget);
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
    fn rooms_share_what_a_list_may_cost() {
        let long = "ä".repeat(500);
        let lines: Vec<_> = (1..=9).map(|seq| line(seq, 5, &long)).collect();
        let few = &lines[..1];
        let line_cost = words::cost(&long, 0);
        let mut budget = UnreadBudget::new(6 * line_cost, 3);
        // The first one leaves a part of its share to the others.
        let counts = [few, &lines, &lines].map(|lines| {
            let unread = count(0, Epoch(3), 9, lines, &mut budget);
            (unread.lines, unread.more)
        });
        assert_eq!(counts, [(1, false), (3, true), (2, true)]);
        assert!(budget.left < line_cost);
        // One line is looked at always: nobody takes a room with unread lines for one without.
        let unread = count(0, Epoch(3), 9, &lines, &mut budget);
        assert_eq!((unread.lines, unread.more), (1, true));
    }

    #[test]
    fn a_room_full_of_the_users_own_lines_is_looked_at_in_part() {
        let lines: Vec<_> = (1..=9).map(|seq| line(seq, 7, "mine")).collect();
        check(0, Epoch(3), 2, &lines, (0, 0, true));
    }
}
