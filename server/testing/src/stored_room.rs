//! A room as the server has it, for a comparison with what clients were told ([`crate::heard`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::heard::{Changed, Said, What};
use crate::v1_client::V1Client;

/// All that a room has, read page by page.
#[derive(Debug)]
pub struct StoredRoom {
    /// The epoch of all numbers.
    pub epoch: u32,
    /// The lines by their numbers.
    pub lines: BTreeMap<u64, Said>,
    /// The changes by their numbers.
    pub changes: BTreeMap<u64, Changed>,
}

impl StoredRoom {
    /// Reads the room as a client that is in it.
    pub fn read(reader: &mut V1Client, room: &str) -> Self {
        let (mut lines, mut changes) = (BTreeMap::new(), BTreeMap::new());
        let (mut epoch, mut before) = (0, 0);
        loop {
            let page = reader.fetch(room, epoch, before, 0);
            epoch = page.epoch;
            before = page.lines.first().map_or(0, |line| line.seq);
            for line in page.lines {
                let seq = line.seq;
                let again = match Changed::of_line(&line) {
                    Some(change) => changes.insert(seq, change).is_some(),
                    None => lines.insert(seq, Said::of_line(line)).is_some(),
                };
                assert!(!again, "number {seq} is in two pages");
            }
            if !page.more {
                break;
            }
        }
        Self {
            epoch,
            lines,
            changes,
        }
    }

    /// Each number is that of one line or one change, without holes, and each line is what its
    /// changes make of it.
    ///
    /// Fails the test if it is not so.
    pub fn check(&self) {
        let both = self.lines.keys().chain(self.changes.keys());
        let numbers: BTreeSet<u64> = both.copied().collect();
        let count = self.lines.len() + self.changes.len();
        assert!(
            numbers.len() == count && numbers.iter().copied().eq(1..=count as u64),
            "the numbers have holes, or are used twice"
        );
        for (seq, change) in &self.changes {
            let line = self.lines.get(&change.line);
            let line = line.unwrap_or_else(|| panic!("change {seq} is about no line: {change:?}"));
            let is_own = line.sender == change.sender;
            match &change.what {
                What::Edited(_) | What::Removed => {
                    assert!(is_own, "somebody else has changed {line:?}: {change:?}");
                }
                What::Reacted(_) | What::TookBack(_) => {}
            }
        }
        let mut changes_of: BTreeMap<u64, Vec<&Changed>> = BTreeMap::new();
        for change in self.changes.values() {
            changes_of.entry(change.line).or_default().push(change);
        }
        for (&seq, line) in &self.lines {
            let changes = changes_of.remove(&seq).unwrap_or_default();
            let removed = changes.iter().any(|it| it.what == What::Removed);
            assert_eq!(line.removed, removed, "line {seq}");
            if removed {
                assert!(line.text.is_empty() && line.reactions.is_empty());
                continue;
            }
            let edit = changes.iter().rev().find_map(|change| match &change.what {
                What::Edited(text) => Some((text.as_str(), change.time)),
                _ => None,
            });
            assert_eq!(line.edited, edit.map_or(0, |(_, time)| time), "line {seq}");
            if let Some((text, _)) = edit {
                assert_eq!(line.text, text, "line {seq}");
            }
            let mut expected: BTreeMap<String, u32> = BTreeMap::new();
            for (_, reaction) in reactors(&changes) {
                *expected.entry(reaction.to_owned()).or_default() += 1;
            }
            assert_eq!(line.reactions, expected, "the reactions to line {seq}");
        }
    }

    /// The changes of a line, in their order.
    pub fn changes_of(&self, line: u64) -> Vec<&Changed> {
        let after = self.changes.range(line..).map(|(_, change)| change);
        after.filter(|change| change.line == line).collect()
    }
}

/// The reactions to a line after these changes, each with the user that has it.
pub fn reactors<'a>(changes: &[&'a Changed]) -> BTreeSet<(u64, &'a str)> {
    let mut reactors = BTreeSet::new();
    for change in changes {
        match &change.what {
            What::Reacted(reaction) => {
                reactors.insert((change.sender, reaction.reaction.as_str()));
            }
            What::TookBack(reaction) => {
                reactors.remove(&(change.sender, reaction.reaction.as_str()));
            }
            What::Edited(_) | What::Removed => {}
        }
    }
    reactors
}
