//! Whether all members of a room get the same lines under the same numbers,
//! without a gap: the order that `guildhall.v1` promises.

use super::dialect::Position;

/// What is known of the numbers that came.
#[derive(Debug)]
pub(super) struct Numbering {
    /// The last that each receiver got; none before the first.
    last: Vec<Option<Position>>,
    /// The number of each speaker's messages, by theirs; 0 where it is not
    /// known yet.
    given: Vec<Vec<u64>>,
    faults: u64,
}

impl Numbering {
    /// Nothing came yet.
    pub(super) fn new(receivers: usize, speakers: usize) -> Self {
        Self {
            last: vec![None; receivers],
            given: vec![Vec::new(); speakers],
            faults: 0,
        }
    }

    /// Notes a line that `receiver` got, whoever said it. The first of each
    /// receiver sets where it begins.
    #[inline]
    pub(super) fn arrive(&mut self, receiver: usize, at: Position) {
        let last = &mut self.last[receiver];
        let follows = last.is_none_or(|last| last.epoch == at.epoch && last.seq + 1 == at.seq);
        self.faults += u64::from(!follows);
        *last = Some(at);
    }

    /// Notes that message `sequence` of `speaker` has this number.
    #[inline]
    pub(super) fn belongs(&mut self, speaker: usize, sequence: u32, at: Position) {
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
    fn numbers_go_on_from_the_first() {
        let mut numbering = Numbering::new(2, 1);
        for seq in 5..8 {
            numbering.arrive(0, at(9, seq));
        }
        numbering.arrive(1, at(9, 7));
        assert_eq!(numbering.faults(), 0);
        numbering.arrive(0, at(9, 9));
        assert_eq!(numbering.faults(), 1, "a gap");
        numbering.arrive(0, at(9, 9));
        assert_eq!(numbering.faults(), 2, "the same");
        numbering.arrive(0, at(8, 10));
        assert_eq!(numbering.faults(), 3, "another epoch");
        numbering.arrive(0, at(8, 11));
        assert_eq!(numbering.faults(), 3);
    }

    #[test]
    fn a_message_has_the_same_number_for_everybody() {
        let mut numbering = Numbering::new(3, 2);
        numbering.belongs(0, 0, at(9, 1));
        numbering.belongs(1, 0, at(9, 2));
        numbering.belongs(0, 0, at(9, 1));
        assert_eq!(numbering.faults(), 0);
        numbering.belongs(0, 0, at(9, 2));
        assert_eq!(numbering.faults(), 1);
    }
}
