//! The read marks of one user: the last line that it has read in each room. No lock: the marks are
//! a part of a [`User`](super::User).

use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;

use crate::ids::UserId;
use crate::journal::{ReadMarkRow, Row};
use crate::shared::join::Position;

/// The most rooms of one user that have a mark. Above that, the one that was marked longest
/// ago loses it.
const MOST_ROOMS: usize = 256;

/// The marks of a user are handed over to the journal at most this often, because many clients
/// mark each line of a busy room.
const HAND_OVER_EVERY: Duration = Duration::from_secs(1);

/// The last lines that a user has read.
#[derive(Debug, Default)]
pub(super) struct ReadMarks {
    /// By room, the one that was marked longest ago first.
    marks: IndexMap<Arc<str>, Mark>,
    /// The rooms that have lost their marks since the last handing over.
    lost: Vec<Arc<str>>,
    /// Whether the journal will ask for what is new, now or when it is due.
    is_waiting: bool,
    handed_over: Option<Instant>,
}

#[derive(Debug)]
struct Mark {
    read: Position,
    /// Whether the journal does not have it yet.
    is_new: bool,
}

/// When the marks of a user are handed over to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HandOver {
    /// They are handed over, and not written yet.
    Waiting,
    /// Now.
    Now,
    /// With the next sweep.
    Later,
}

impl ReadMarks {
    /// Records that the user has read the room up to this line. Returns false if it was known
    /// already: a mark never goes back within an epoch.
    pub(super) fn mark(&mut self, room: &Arc<str>, read: Position) -> bool {
        if let Some(index) = self.marks.get_index_of(room) {
            let mark = &mut self.marks[index];
            if mark.read.epoch == read.epoch && mark.read.seq >= read.seq {
                return false;
            }
            *mark = Mark { read, is_new: true };
            self.marks.move_index(index, self.marks.len() - 1);
            return true;
        }
        if self.marks.len() == MOST_ROOMS
            && let Some((room, _)) = self.marks.shift_remove_index(0)
        {
            self.lost.push(room);
        }
        let mark = Mark { read, is_new: true };
        self.marks.insert(Arc::clone(room), mark);
        true
    }

    /// Takes over what the journal knows.
    pub(super) fn restore(&mut self, room: &Arc<str>, read: Position) {
        self.mark(room, read);
        if let Some(mark) = self.marks.get_mut(room) {
            mark.is_new = false;
        }
    }

    /// The last line of this room that the user has read; `None` if that is not known.
    pub(super) fn get(&self, room: &str) -> Option<Position> {
        self.marks.get(room).map(|mark| mark.read)
    }

    /// All marks of the user, whose ID this is.
    pub(super) fn rows(&self, user: UserId) -> Vec<ReadMarkRow> {
        let rows = self
            .marks
            .iter()
            .map(|(room, mark)| row(user, room, mark.read));
        rows.collect()
    }

    /// Whether new marks have to be handed over now. If not now, the caller calls
    /// [`ReadMarks::hand_over`] when it is due.
    pub(super) fn begin_hand_over(&mut self, now: Instant) -> HandOver {
        if self.is_waiting {
            return HandOver::Waiting;
        }
        self.is_waiting = true;
        let is_early = |before| now.saturating_duration_since(before) < HAND_OVER_EVERY;
        if self.handed_over.is_some_and(is_early) {
            return HandOver::Later;
        }
        self.handed_over = Some(now);
        HandOver::Now
    }

    /// Forgets which marks were lost: without a journal, nobody has them.
    pub(super) fn forget_lost(&mut self) {
        self.lost = Vec::new();
    }

    /// Takes what is new since the last handing over, for the user with this ID.
    pub(super) fn take_new(&mut self, user: UserId) -> Vec<Row> {
        self.is_waiting = false;
        let mut rows = Vec::new();
        for room in self.lost.drain(..) {
            rows.push(Row::ReadMark(row(user, &room, Position::default())));
        }
        for (room, mark) in &mut self.marks {
            if std::mem::take(&mut mark.is_new) {
                rows.push(Row::ReadMark(row(user, room, mark.read)));
            }
        }
        rows
    }
}

fn row(user: UserId, room: &Arc<str>, read: Position) -> ReadMarkRow {
    ReadMarkRow {
        user,
        room: Arc::clone(room),
        epoch: read.epoch,
        seq: read.seq,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Epoch, Seq};

    const ANN: UserId = UserId(1);

    fn at(epoch: u32, seq: u64) -> Position {
        Position {
            epoch: Epoch(epoch),
            seq: Seq(seq),
        }
    }

    #[test]
    fn a_mark_never_goes_back_within_an_epoch() {
        let (mut marks, red) = (ReadMarks::default(), "red".into());
        assert_eq!(marks.get("red"), None);
        assert!(marks.mark(&red, at(7, 5)));
        assert!(!marks.mark(&red, at(7, 5)) && !marks.mark(&red, at(7, 4)));
        assert_eq!(marks.get("red"), Some(at(7, 5)));
        assert!(marks.mark(&red, at(8, 1)), "the room began anew");
        assert_eq!(marks.get("red"), Some(at(8, 1)));
    }

    #[test]
    fn above_the_most_rooms_the_one_that_was_marked_longest_ago_loses_its_mark() {
        let mut marks = ReadMarks::default();
        let room = |number: u64| Arc::from(number.to_string());
        for number in 1..=256 {
            marks.mark(&room(number), at(7, 1));
        }
        marks.mark(&room(1), at(7, 2));
        marks.take_new(ANN);
        marks.mark(&room(257), at(7, 1));
        assert_eq!(marks.get("2"), None);
        assert_eq!(marks.get("1"), Some(at(7, 2)));
        let rows = [row(ANN, &room(2), at(0, 0)), row(ANN, &room(257), at(7, 1))];
        assert_eq!(marks.take_new(ANN), rows.map(Row::ReadMark));
    }

    #[test]
    fn without_a_journal_lost_marks_are_forgotten() {
        let mut marks = ReadMarks::default();
        for number in 1..=2_000_u64 {
            marks.mark(&Arc::from(number.to_string()), at(7, 1));
            marks.forget_lost();
        }
        assert_eq!(marks.lost.capacity(), 0);
        assert_eq!(marks.rows(ANN).len(), MOST_ROOMS);
    }

    #[test]
    fn many_marks_are_handed_over_as_one_and_not_all_the_time() {
        let (mut marks, red, now) = (ReadMarks::default(), "red".into(), Instant::now());
        marks.mark(&red, at(7, 1));
        assert_eq!(marks.begin_hand_over(now), HandOver::Now);
        marks.mark(&red, at(7, 2));
        assert_eq!(marks.begin_hand_over(now), HandOver::Waiting);
        assert_eq!(
            marks.take_new(ANN),
            [Row::ReadMark(row(ANN, &red, at(7, 2)))]
        );
        assert_eq!(marks.take_new(ANN), []);
        marks.mark(&red, at(7, 3));
        let soon = now + HAND_OVER_EVERY / 2;
        assert_eq!(marks.begin_hand_over(soon), HandOver::Later);
        assert_eq!(marks.begin_hand_over(soon), HandOver::Waiting);
        marks.take_new(ANN);
        assert_eq!(marks.begin_hand_over(now + HAND_OVER_EVERY), HandOver::Now);
    }
}
