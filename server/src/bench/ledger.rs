//! Which messages have reached whom: every delivery is checked against what
//! its speaker said.

use std::collections::HashMap;
use std::ops::Range;

/// The most pairs of receiver and speaker that are kept track of: 1 GiB.
pub(super) const MAX_PAIRS: usize = 1 << 28;

/// For each receiver and each speaker, what has arrived. Receivers are
/// numbered from 0, and the first of them are the speakers.
#[derive(Debug)]
pub struct Ledger {
    speakers: usize,
    receivers: usize,
    /// How much each speaker has said.
    said: Vec<u32>,
    /// For each receiver a row with the number expected next of each speaker.
    next: Vec<u32>,
    /// Numbers that others overtook, of (receiver, speaker).
    missing: HashMap<(usize, usize), Vec<Range<u32>>>,
    delivered: u64,
    faults: Faults,
}

/// What went wrong with deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Faults {
    /// Said, and not arrived.
    pub lost: u64,
    /// Arrived more than once.
    pub duplicated: u64,
    /// Arrived behind something the same speaker said later.
    pub reordered: u64,
    /// Arrived at their own speaker, or never said.
    pub misdirected: u64,
}

impl Faults {
    /// Whether nothing went wrong.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Ledger {
    /// Nothing said. The first `speakers` of `receivers` clients will speak.
    #[must_use]
    pub fn new(receivers: usize, speakers: usize) -> Self {
        Self {
            speakers,
            receivers,
            said: vec![0; speakers],
            next: vec![0; receivers * speakers],
            missing: HashMap::new(),
            delivered: 0,
            faults: Faults::default(),
        }
    }

    /// Notes that `speaker` says something, and gives its number.
    pub fn say(&mut self, speaker: usize) -> u32 {
        let sequence = self.said[speaker];
        self.said[speaker] += 1;
        sequence
    }

    /// Notes that `receiver` got message `sequence` of `speaker`. True if that
    /// is a delivery: not a second one, not one to the speaker.
    #[inline]
    pub fn arrive(&mut self, receiver: usize, speaker: usize, sequence: u32) -> bool {
        if receiver == speaker || speaker >= self.speakers || sequence >= self.said[speaker] {
            self.faults.misdirected += 1;
            return false;
        }
        let next = &mut self.next[receiver * self.speakers + speaker];
        if sequence == *next {
            *next += 1;
        } else if sequence > *next {
            let gap = *next..sequence;
            *next = sequence + 1;
            let gaps = self.missing.entry((receiver, speaker)).or_default();
            gaps.push(gap);
        } else if self.fill_gap(receiver, speaker, sequence) {
            self.faults.reordered += 1;
        } else {
            self.faults.duplicated += 1;
            return false;
        }
        self.delivered += 1;
        true
    }

    /// Takes a number out of those that are missing, if it is one.
    fn fill_gap(&mut self, receiver: usize, speaker: usize, sequence: u32) -> bool {
        let Some(gaps) = self.missing.get_mut(&(receiver, speaker)) else {
            return false;
        };
        let Some(at) = gaps.iter().position(|gap| gap.contains(&sequence)) else {
            return false;
        };
        let gap = gaps.swap_remove(at);
        let parts = [gap.start..sequence, sequence + 1..gap.end];
        gaps.extend(parts.into_iter().filter(|part| !part.is_empty()));
        true
    }

    /// How many deliveries one message makes.
    #[must_use]
    pub fn deliveries_per_message(&self) -> u64 {
        self.receivers as u64 - 1
    }

    /// How many messages were said.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.said.iter().map(|&said| u64::from(said)).sum()
    }

    /// How many deliveries there were.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Whether all has arrived that was said.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.delivered == self.messages() * self.deliveries_per_message()
    }

    /// What went wrong, if nothing more arrives.
    #[must_use]
    pub fn faults(&self) -> Faults {
        let expected = self.messages() * self.deliveries_per_message();
        Faults {
            lost: expected - self.delivered,
            ..self.faults
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speaker 0 of three says five things; client 1 gets all, client 2 gets
    /// `arrivals`.
    fn check(arrivals: &[u32], expected: Faults) {
        let mut ledger = Ledger::new(3, 1);
        for _ in 0..5 {
            let sequence = ledger.say(0);
            assert!(ledger.arrive(1, 0, sequence));
        }
        for &sequence in arrivals {
            ledger.arrive(2, 0, sequence);
        }
        assert_eq!(ledger.faults(), expected, "{arrivals:?}");
        assert_eq!(ledger.is_complete(), expected.lost == 0);
        assert_eq!(ledger.delivered(), 10 - expected.lost);
    }

    #[test]
    fn a_perfect_run_has_no_faults() {
        check(&[0, 1, 2, 3, 4], Faults::default());
        assert!(Faults::default().are_none());
    }

    #[test]
    fn each_fault_is_found_and_named() {
        let lost = |lost| Faults {
            lost,
            ..Faults::default()
        };
        check(&[], lost(5));
        check(&[1, 2, 3, 4], lost(1));
        check(&[0, 1, 2, 3], lost(1));
        check(&[0, 2, 4], lost(2));
        let duplicated = Faults {
            duplicated: 2,
            ..Faults::default()
        };
        check(&[0, 0, 1, 2, 3, 4, 3], duplicated);
        let reordered = Faults {
            reordered: 1,
            ..Faults::default()
        };
        check(&[0, 2, 1, 3, 4], reordered);
        check(&[1, 2, 3, 4, 0], reordered);
        let all = Faults {
            lost: 1,
            duplicated: 1,
            reordered: 2,
            misdirected: 1,
        };
        check(
            &[4, 2, 2, 0, 1, 99],
            Faults {
                reordered: 3,
                ..all
            },
        );
        check(&[0, 4, 2, 1, 1, 5], all);
        assert!(!all.are_none());
    }

    #[test]
    fn a_message_to_its_own_speaker_is_no_delivery() {
        let mut ledger = Ledger::new(2, 2);
        let sequence = ledger.say(1);
        assert!(!ledger.arrive(1, 1, sequence));
        assert!(!ledger.arrive(0, 7, sequence), "there is no speaker 7");
        assert!(ledger.arrive(0, 1, sequence));
        assert_eq!(ledger.faults().misdirected, 2);
    }

    #[test]
    fn pairs_do_not_disturb_each_other() {
        let mut ledger = Ledger::new(3, 3);
        for speaker in [0, 1, 2, 2, 1, 0] {
            let sequence = ledger.say(speaker);
            for receiver in 0..3 {
                if receiver != speaker {
                    assert!(ledger.arrive(receiver, speaker, sequence));
                }
            }
        }
        assert!(ledger.is_complete() && ledger.faults().are_none());
        assert_eq!(ledger.delivered(), 12);
    }
}
