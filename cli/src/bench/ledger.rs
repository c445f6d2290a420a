//! Which messages have reached whom: every delivery is checked against what
//! its speaker said.

use std::collections::HashMap;
use std::ops::Range;

/// The most pairs of receiver and speaker that are kept track of: 1 GiB.
pub(super) const MAX_PAIRS: usize = 1 << 28;

/// For each receiver and each speaker of its room, what has arrived. Receivers
/// are numbered from 0, and the first of them are the speakers. Rooms take
/// turns: receiver 0 is in the first, 1 in the second, and so on.
#[derive(Debug)]
pub struct Ledger {
    speakers: usize,
    receivers: usize,
    rooms: usize,
    /// Whether speakers get their own messages.
    echoes: bool,
    /// The most speakers that a room has.
    columns: usize,
    /// How much each speaker has said.
    said: Vec<u32>,
    /// For each receiver a row with the number expected next of each speaker
    /// of its room.
    next: Vec<u32>,
    /// Numbers that others overtook, of (receiver, speaker).
    missing: HashMap<(usize, usize), Vec<Range<u32>>>,
    /// How many deliveries there are to be.
    expected: u64,
    delivered: u64,
    acknowledged: u64,
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
    /// Arrived where it should not, or never said.
    pub misdirected: u64,
    /// Said, and the speaker's own copy has not arrived.
    #[serde(default)]
    pub unacknowledged: u64,
    /// Arrived with a number that was not the next of its room, or is another
    /// one elsewhere.
    #[serde(default)]
    pub misnumbered: u64,
    /// Not accepted by the server, or beyond the limits that it told.
    #[serde(default)]
    pub refused: u64,
}

impl Faults {
    /// Whether nothing went wrong.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What an arrival is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// A message has reached somebody.
    Delivery,
    /// A speaker's own message has come back to it.
    Acknowledgement,
    /// Not the first time, or not where it belongs.
    Fault,
}

impl Ledger {
    /// Nothing said. The first `speakers` of `receivers` clients will speak,
    /// all in one room, and do not hear themselves.
    #[must_use]
    pub fn new(receivers: usize, speakers: usize) -> Self {
        Self::of_rooms(receivers, speakers, 1, false)
    }

    /// The same in so many rooms. With `echoes` each speaker gets its own
    /// messages too, which are no deliveries.
    #[must_use]
    pub fn of_rooms(receivers: usize, speakers: usize, rooms: usize, echoes: bool) -> Self {
        let columns = speakers.div_ceil(rooms);
        Self {
            speakers,
            receivers,
            rooms,
            echoes,
            columns,
            said: vec![0; speakers],
            next: vec![0; receivers * columns],
            missing: HashMap::new(),
            expected: 0,
            delivered: 0,
            acknowledged: 0,
            faults: Faults::default(),
        }
    }

    /// Notes that `speaker` says something, and gives its number.
    pub fn say(&mut self, speaker: usize) -> u32 {
        let sequence = self.said[speaker];
        self.said[speaker] += 1;
        self.expected += self.deliveries_of(speaker);
        sequence
    }

    /// Notes that `receiver` got message `sequence` of `speaker`.
    #[inline]
    pub fn arrive(&mut self, receiver: usize, speaker: usize, sequence: u32) -> Arrival {
        let is_own = receiver == speaker;
        if speaker >= self.speakers
            || sequence >= self.said[speaker]
            || receiver % self.rooms != speaker % self.rooms
            || (is_own && !self.echoes)
        {
            self.faults.misdirected += 1;
            return Arrival::Fault;
        }
        let next = &mut self.next[receiver * self.columns + speaker / self.rooms];
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
            return Arrival::Fault;
        }
        if is_own {
            self.acknowledged += 1;
            Arrival::Acknowledgement
        } else {
            self.delivered += 1;
            Arrival::Delivery
        }
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

    /// Notes that the server has not accepted something.
    pub fn refuse(&mut self) {
        self.faults.refused += 1;
    }

    /// How many deliveries one message of `speaker` makes.
    fn deliveries_of(&self, speaker: usize) -> u64 {
        let room = speaker % self.rooms;
        let members = (self.receivers - room).div_ceil(self.rooms);
        members as u64 - 1
    }

    /// How many arrivals one message of `speaker` makes: deliveries, and its
    /// own copy.
    #[must_use]
    pub fn arrivals_of(&self, speaker: usize) -> u64 {
        self.deliveries_of(speaker) + u64::from(self.echoes)
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
        let faults = self.faults();
        faults.lost == 0 && faults.unacknowledged == 0
    }

    /// What went wrong, if nothing more arrives.
    #[must_use]
    pub fn faults(&self) -> Faults {
        let unacknowledged = if self.echoes {
            self.messages() - self.acknowledged
        } else {
            0
        };
        Faults {
            lost: self.expected - self.delivered,
            unacknowledged,
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
            assert_eq!(ledger.arrive(1, 0, sequence), Arrival::Delivery);
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
            ..Faults::default()
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
        assert_eq!(ledger.arrive(1, 1, sequence), Arrival::Fault);
        let nobodys = ledger.arrive(0, 7, sequence);
        assert_eq!(nobodys, Arrival::Fault, "there is no speaker 7");
        assert_eq!(ledger.arrive(0, 1, sequence), Arrival::Delivery);
        assert_eq!(ledger.faults().misdirected, 2);
    }

    #[test]
    fn pairs_do_not_disturb_each_other() {
        let mut ledger = Ledger::new(3, 3);
        for speaker in [0, 1, 2, 2, 1, 0] {
            let sequence = ledger.say(speaker);
            for receiver in 0..3 {
                if receiver != speaker {
                    let arrival = ledger.arrive(receiver, speaker, sequence);
                    assert_eq!(arrival, Arrival::Delivery);
                }
            }
        }
        assert!(ledger.is_complete() && ledger.faults().are_none());
        assert_eq!(ledger.delivered(), 12);
    }

    #[test]
    fn an_own_copy_acknowledges_and_is_no_delivery() {
        let mut ledger = Ledger::of_rooms(2, 1, 1, true);
        let sequence = ledger.say(0);
        assert_eq!(ledger.arrivals_of(0), 2);
        assert_eq!(ledger.arrive(1, 0, sequence), Arrival::Delivery);
        assert_eq!(ledger.faults().unacknowledged, 1);
        assert!(!ledger.is_complete());
        assert_eq!(ledger.arrive(0, 0, sequence), Arrival::Acknowledgement);
        assert!(ledger.is_complete() && ledger.faults().are_none());
        assert_eq!(ledger.delivered(), 1);
        assert_eq!(ledger.arrive(0, 0, sequence), Arrival::Fault);
        assert_eq!(ledger.faults().duplicated, 1);
    }

    #[test]
    fn a_message_stays_in_its_room() {
        // Rooms of 0, 3, 6 and of 1, 4 and of 2, 5.
        let mut ledger = Ledger::of_rooms(7, 5, 3, true);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|s| ledger.arrivals_of(s)),
            [3, 2, 2, 3, 2]
        );
        for speaker in 0..5 {
            let sequence = ledger.say(speaker);
            for receiver in (speaker % 3..7).step_by(3) {
                assert_ne!(ledger.arrive(receiver, speaker, sequence), Arrival::Fault);
            }
        }
        assert!(ledger.is_complete() && ledger.faults().are_none());
        assert_eq!(ledger.delivered(), 7);
        assert_eq!(ledger.arrive(1, 0, 0), Arrival::Fault);
        assert_eq!(ledger.faults().misdirected, 1);
    }
}
