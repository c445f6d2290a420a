//! Which messages have reached which client. Every delivery is checked against
//! what its speaker said.

use std::collections::HashMap;
use std::ops::Range;

/// The most pairs of receiver and speaker that a ledger tracks: 1 GiB.
pub(super) const MAX_PAIRS: usize = 1 << 28;

/// For each receiver and each speaker of its room, the messages that have arrived.
/// Receivers are numbered from 0, and the first of them are the speakers. They take
/// turns in the rooms: receiver 0 is in the first, 1 in the second, and so on.
#[derive(Debug)]
pub struct Ledger {
    speakers: usize,
    receivers: usize,
    rooms: usize,
    own_copies: OwnCopies,
    /// Each receiver blocks so many of those that follow it; behind the last comes the first.
    blocks: usize,
    /// The largest number of speakers in a room.
    columns: usize,
    /// How many messages each speaker has said.
    said: Vec<u32>,
    /// For each receiver a row: the number that is expected next from each
    /// speaker of its room.
    next: Vec<u32>,
    /// By (receiver, speaker): numbers that later ones have overtaken.
    missing: HashMap<(usize, usize), Vec<Range<u32>>>,
    /// How many deliveries there have to be.
    expected: u64,
    delivered: u64,
    acknowledged: u64,
    faults: Faults,
}

/// Whether speakers get their own messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OwnCopies {
    /// They do not, as in the tutorial's protocol.
    None,
    /// They do, and the copy is the acknowledgement, as in `guildhall.v1`.
    Acknowledge,
}

/// The faults of deliveries, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Faults {
    /// Messages that were said and have not arrived.
    pub lost: u64,
    /// Messages that arrived more than once.
    pub duplicated: u64,
    /// Messages that arrived behind a later one of the same speaker.
    pub reordered: u64,
    /// Messages that arrived at a wrong client, or that no client said.
    pub misdirected: u64,
    /// Messages whose own copy has not arrived at the speaker.
    #[serde(default)]
    pub unacknowledged: u64,
    /// Messages whose number is not the next of the room, or differs between
    /// clients.
    #[serde(default)]
    pub misnumbered: u64,
    /// Messages that the server refused, or that its limits forbid.
    #[serde(default)]
    pub refused: u64,
}

impl Faults {
    /// Whether there is no fault.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What a received message counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Another client's message.
    Delivery,
    /// The speaker's own message.
    Acknowledgement,
    /// A message that was there before, or arrived at a wrong client.
    Fault,
}

impl Ledger {
    /// An empty ledger for clients of the tutorial: the first `speakers` of
    /// `receivers` clients will speak, all in one room, and do not get their own
    /// messages.
    #[must_use]
    pub fn tutorial(receivers: usize, speakers: usize) -> Self {
        Self::new(receivers, speakers, 1, OwnCopies::None)
    }

    /// An empty ledger for clients of `guildhall.v1` in this number of rooms. Each
    /// speaker gets its own messages too, which are not deliveries.
    #[must_use]
    pub fn v1(receivers: usize, speakers: usize, rooms: usize) -> Self {
        Self::new(receivers, speakers, rooms, OwnCopies::Acknowledge)
    }

    fn new(receivers: usize, speakers: usize, rooms: usize, own_copies: OwnCopies) -> Self {
        let columns = speakers.div_ceil(rooms);
        Self {
            speakers,
            receivers,
            rooms,
            own_copies,
            blocks: 0,
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

    /// The same ledger for receivers in one room, each of which blocks so many of those that follow
    /// it, fewer than there are. It gets nothing of what they say.
    #[must_use]
    pub fn with_blocks(self, blocks: usize) -> Self {
        Self { blocks, ..self }
    }

    /// Whether `receiver` blocks `speaker`.
    fn is_blocked(&self, receiver: usize, speaker: usize) -> bool {
        let behind = (speaker + self.receivers - receiver) % self.receivers;
        (1..=self.blocks).contains(&behind)
    }

    /// Records a message of `speaker`, and returns its number.
    pub fn say(&mut self, speaker: usize) -> u32 {
        let sequence = self.said[speaker];
        self.said[speaker] += 1;
        self.expected += self.deliveries_of(speaker);
        sequence
    }

    /// Records that `receiver` got message `sequence` of `speaker`.
    #[inline]
    pub fn receive(&mut self, receiver: usize, speaker: usize, sequence: u32) -> Receipt {
        let is_own = receiver == speaker;
        if speaker >= self.speakers
            || sequence >= self.said[speaker]
            || receiver % self.rooms != speaker % self.rooms
            || self.is_blocked(receiver, speaker)
            || (is_own && self.own_copies == OwnCopies::None)
        {
            self.faults.misdirected += 1;
            return Receipt::Fault;
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
            return Receipt::Fault;
        }
        if is_own {
            self.acknowledged += 1;
            Receipt::Acknowledgement
        } else {
            self.delivered += 1;
            Receipt::Delivery
        }
    }

    /// Removes a number from the missing ones. Returns false if it is not missing.
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

    /// Records that the server refused a message.
    pub fn refuse(&mut self) {
        self.faults.refused += 1;
    }

    /// How many deliveries one message of `speaker` makes.
    fn deliveries_of(&self, speaker: usize) -> u64 {
        let room = speaker % self.rooms;
        let members = (self.receivers - room).div_ceil(self.rooms);
        // So many others block it as it blocks.
        members.saturating_sub(1 + self.blocks) as u64
    }

    /// How often one message of `speaker` has to be received: its deliveries, and
    /// its own copy.
    #[must_use]
    pub fn receipts_of(&self, speaker: usize) -> u64 {
        self.deliveries_of(speaker) + u64::from(self.own_copies == OwnCopies::Acknowledge)
    }

    /// How many messages were said.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.said.iter().map(|&said| u64::from(said)).sum()
    }

    /// How many deliveries there have been.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Whether every message has arrived.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let faults = self.faults();
        faults.lost == 0 && faults.unacknowledged == 0
    }

    /// The faults, if nothing more arrives.
    #[must_use]
    pub fn faults(&self) -> Faults {
        let unacknowledged = match self.own_copies {
            OwnCopies::None => 0,
            OwnCopies::Acknowledge => self.messages() - self.acknowledged,
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

    /// Speaker 0 of three says five messages. Client 1 gets all of them, client 2
    /// gets those of `received`.
    fn check(received: &[u32], expected: Faults) {
        let mut ledger = Ledger::tutorial(3, 1);
        for _ in 0..5 {
            let sequence = ledger.say(0);
            assert_eq!(ledger.receive(1, 0, sequence), Receipt::Delivery);
        }
        for &sequence in received {
            ledger.receive(2, 0, sequence);
        }
        assert_eq!(ledger.faults(), expected, "{received:?}");
        assert_eq!(ledger.is_complete(), expected.lost == 0);
        assert_eq!(ledger.delivered(), 10 - expected.lost);
    }

    #[test]
    fn a_perfect_run_has_no_faults() {
        check(&[0, 1, 2, 3, 4], Faults::default());
        assert!(Faults::default().are_none());
    }

    #[test]
    fn what_is_said_by_a_blocked_client_does_not_arrive() {
        let mut ledger = Ledger::v1(5, 5, 1).with_blocks(2);
        // Clients 3 and 4 block client 0.
        let sequence = ledger.say(0);
        assert_eq!(ledger.receipts_of(0), 3);
        assert_eq!(ledger.receive(0, 0, sequence), Receipt::Acknowledgement);
        assert_eq!(ledger.receive(1, 0, sequence), Receipt::Delivery);
        assert_eq!(ledger.receive(2, 0, sequence), Receipt::Delivery);
        assert!(ledger.is_complete() && ledger.faults().are_none());
        assert_eq!(ledger.receive(3, 0, sequence), Receipt::Fault);
        assert_eq!(ledger.receive(4, 0, sequence), Receipt::Fault);
        assert_eq!(ledger.faults().misdirected, 2);
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
    fn a_message_to_its_own_speaker_is_not_a_delivery() {
        let mut ledger = Ledger::tutorial(2, 2);
        let sequence = ledger.say(1);
        assert_eq!(ledger.receive(1, 1, sequence), Receipt::Fault);
        let nobodys = ledger.receive(0, 7, sequence);
        assert_eq!(nobodys, Receipt::Fault, "there is no speaker 7");
        assert_eq!(ledger.receive(0, 1, sequence), Receipt::Delivery);
        assert_eq!(ledger.faults().misdirected, 2);
    }

    #[test]
    fn pairs_do_not_disturb_each_other() {
        let mut ledger = Ledger::tutorial(3, 3);
        for speaker in [0, 1, 2, 2, 1, 0] {
            let sequence = ledger.say(speaker);
            for receiver in 0..3 {
                if receiver != speaker {
                    let receipt = ledger.receive(receiver, speaker, sequence);
                    assert_eq!(receipt, Receipt::Delivery);
                }
            }
        }
        assert!(ledger.is_complete() && ledger.faults().are_none());
        assert_eq!(ledger.delivered(), 12);
    }

    #[test]
    fn an_own_copy_is_an_acknowledgement_and_not_a_delivery() {
        let mut ledger = Ledger::v1(2, 1, 1);
        let sequence = ledger.say(0);
        assert_eq!(ledger.receipts_of(0), 2);
        assert_eq!(ledger.receive(1, 0, sequence), Receipt::Delivery);
        assert_eq!(ledger.faults().unacknowledged, 1);
        assert!(!ledger.is_complete());
        assert_eq!(ledger.receive(0, 0, sequence), Receipt::Acknowledgement);
        assert!(ledger.is_complete() && ledger.faults().are_none());
        assert_eq!(ledger.delivered(), 1);
        assert_eq!(ledger.receive(0, 0, sequence), Receipt::Fault);
        assert_eq!(ledger.faults().duplicated, 1);
    }

    #[test]
    fn a_message_in_another_room_is_misdirected() {
        // The rooms have the clients 0, 3, 6; 1, 4; and 2, 5.
        let mut ledger = Ledger::v1(7, 5, 3);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|s| ledger.receipts_of(s)),
            [3, 2, 2, 3, 2]
        );
        for speaker in 0..5 {
            let sequence = ledger.say(speaker);
            for receiver in (speaker % 3..7).step_by(3) {
                assert_ne!(ledger.receive(receiver, speaker, sequence), Receipt::Fault);
            }
        }
        assert!(ledger.is_complete() && ledger.faults().are_none());
        assert_eq!(ledger.delivered(), 7);
        assert_eq!(ledger.receive(1, 0, 0), Receipt::Fault);
        assert_eq!(ledger.faults().misdirected, 1);
    }
}
