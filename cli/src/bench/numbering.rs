//! Whether all members of a room get the same lines under the same numbers,
//! without a gap: the order that `guildhall.v1` promises.

use super::received::Position;

/// The numbers that clients have received so far.
#[derive(Debug)]
pub(super) struct Numbering {
    /// The last number that each receiver got; `None` before the first.
    last: Vec<Option<Position>>,
    /// For each speaker, the room's numbers of its messages; 0 if a number is not
    /// known yet.
    given: Vec<Vec<u64>>,
    faults: u64,
}

impl Numbering {
    /// No numbers yet.
    pub(super) fn new(receivers: usize, speakers: usize) -> Self {
        Self {
            last: vec![None; receivers],
            given: vec![Vec::new(); speakers],
            faults: 0,
        }
    }

    /// Records the number of a line that `receiver` got, from any speaker. The
    /// first line of each receiver sets where its numbers begin.
    #[inline]
    pub(super) fn record(&mut self, receiver: usize, at: Position) {
        let last = &mut self.last[receiver];
        let follows = last.is_none_or(|last| last.epoch == at.epoch && last.seq + 1 == at.seq);
        self.faults += u64::from(!follows);
        *last = Some(at);
    }

    /// Records that message `sequence` of `speaker` has this number.
    #[inline]
    pub(super) fn record_message(&mut self, speaker: usize, sequence: u32, at: Position) {
        let given = &mut self.given[speaker];
        let sequence = sequence as usize;
        if given.len() <= sequence {
            given.resize(sequence + 1, 0);
        }
        let known = &mut given[sequence];
        if *known == 0 {
            *known = at.seq;
        }
        self.faults += u64::from(*known != at.seq);
    }

    /// How many numbers were wrong.
    pub(super) fn faults(&self) -> u64 {
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: u64, seq: u64) -> Position {
        Position { epoch, seq }
    }

    #[test]
    fn numbers_continue_from_the_first_one() {
        let mut numbering = Numbering::new(2, 1);
        for seq in 5..8 {
            numbering.record(0, at(9, seq));
        }
        numbering.record(1, at(9, 7));
        assert_eq!(numbering.faults(), 0);
        numbering.record(0, at(9, 9));
        assert_eq!(numbering.faults(), 1, "a gap");
        numbering.record(0, at(9, 9));
        assert_eq!(numbering.faults(), 2, "the same");
        numbering.record(0, at(8, 10));
        assert_eq!(numbering.faults(), 3, "another epoch");
        numbering.record(0, at(8, 11));
        assert_eq!(numbering.faults(), 3);
    }

    #[test]
    fn a_message_has_the_same_number_for_all_clients() {
        let mut numbering = Numbering::new(3, 2);
        numbering.record_message(0, 0, at(9, 1));
        numbering.record_message(1, 0, at(9, 2));
        numbering.record_message(0, 0, at(9, 1));
        assert_eq!(numbering.faults(), 0);
        numbering.record_message(0, 0, at(9, 2));
        assert_eq!(numbering.faults(), 1);
    }
}
