//! The lines of one room as a client of `guildhall.v1` has them that follows the protocol: it
//! adds what it gets, and applies the changes among it. It shares no code with the server or
//! with our clients.

use std::collections::BTreeMap;

use guildhall_protocol::{
    Change, ChangeKind, Edit, Line, LineRef, React, Remove, RequestBody, Say,
};

/// The lines of one room, by their numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineLog(BTreeMap<u64, Line>);

impl LineLog {
    /// Adds a line that has just been said.
    pub fn add(&mut self, line: Line) {
        self.apply(&line);
        self.0.insert(line.seq, line);
    }

    /// Adds the lines that came when the client joined a room or caught up: those from number
    /// `first` on. They are as they are now already, so changes among them are for older lines.
    pub fn add_missed(&mut self, first: u64, lines: impl IntoIterator<Item = Line>) {
        for line in lines {
            let applies = (line.change.as_ref()).is_some_and(|change| {
                // A change that removes many lines may be about older ones as well.
                let is_sweep = [ChangeKind::Cleared, ChangeKind::Purged].contains(&change.kind());
                change.seq < first || is_sweep
            });
            if applies {
                self.apply(&line);
            }
            self.0.insert(line.seq, line);
        }
    }

    /// Applies a change to the line that it is for, if the log has it.
    fn apply(&mut self, line: &Line) {
        let Some(change) = &line.change else {
            return;
        };
        if matches!(change.kind(), ChangeKind::Cleared | ChangeKind::Purged) {
            for (_, target) in self.0.range_mut(..=change.seq) {
                *target = swept(target, change);
            }
            return;
        }
        if change.kind() == ChangeKind::Removed {
            self.clear_edits(change.seq);
        }
        // A line that is removed stays as it is. A change from before its removal comes behind it
        // if the line came in a replay that broke off: the rest of it is in the next one.
        let target = self.0.get_mut(&change.seq);
        let Some(target) = target.filter(|target| !target.removed) else {
            return;
        };
        match change.kind() {
            ChangeKind::Edited => {
                target.text.clone_from(&line.text);
                target.edited = line.time;
            }
            ChangeKind::Removed => {
                target.removed = true;
                target.text.clear();
                target.info.clear();
                target.reactions.clear();
                target.edited = 0;
            }
            ChangeKind::Reacted | ChangeKind::TookBack => {
                let changed = change.reaction.as_ref().expect("a reaction");
                let reactions = &mut target.reactions;
                let known = reactions
                    .iter()
                    .position(|one| one.reaction == changed.reaction);
                match (known, changed.count) {
                    (None, 0) => {}
                    (None, _) => reactions.push(changed.clone()),
                    (Some(index), 0) => drop(reactions.remove(index)),
                    (Some(index), _) => reactions[index] = changed.clone(),
                }
            }
            ChangeKind::Unspecified | ChangeKind::Cleared | ChangeKind::Purged => {
                panic!("no change: {line:?}")
            }
        }
    }

    /// Takes the texts out of the edits of a line that is removed, which may be older than all
    /// lines of this log: nobody is sent them any more.
    fn clear_edits(&mut self, removed: u64) {
        for edit in self.0.range_mut(removed..).map(|(_, edit)| edit) {
            if let Some(change) = &mut edit.change
                && change.seq == removed
                && change.kind() == ChangeKind::Edited
            {
                change.set_kind(ChangeKind::Removed);
                edit.text.clear();
            }
        }
    }

    /// The line with this number.
    pub fn get(&self, seq: u64) -> Option<&Line> {
        self.0.get(&seq)
    }

    /// All lines, in order.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.values()
    }

    /// Forgets the lines before this number.
    pub fn forget_before(&mut self, first: u64) {
        self.0 = self.0.split_off(&first);
    }
}

/// A line as it is behind a change that clears its room or purges a user.
pub fn swept(line: &Line, change: &Change) -> Line {
    let is_cleared = change.kind() == ChangeKind::Cleared;
    if line.seq > change.seq || (!is_cleared && line.sender != change.user) {
        return line.clone();
    }
    let mut left = Line {
        room: line.room.clone(),
        epoch: line.epoch,
        seq: line.seq,
        time: line.time,
        ..Line::default()
    };
    match &line.change {
        // The lines of others that a purged user has changed stay changed.
        Some(own) if !is_cleared => {
            let mut own = own.clone();
            if own.kind() == ChangeKind::Edited {
                own.set_kind(ChangeKind::Removed);
            }
            left.change = Some(own);
        }
        _ => left.removed = true,
    }
    left
}

/// The place of a line in its room.
pub fn place(line: &Line) -> Option<LineRef> {
    Some(LineRef {
        epoch: line.epoch,
        seq: line.seq,
    })
}

/// Asks for another text of a line.
pub fn edit(line: &Line, text: &str) -> RequestBody {
    RequestBody::Edit(Edit {
        room: line.room.clone(),
        line: place(line),
        text: text.into(),
    })
}

/// Asks for the removal of a line.
pub fn remove(line: &Line) -> RequestBody {
    RequestBody::Remove(Remove {
        room: line.room.clone(),
        line: place(line),
    })
}

/// Adds a reaction to a line.
pub fn react(line: &Line, reaction: &str) -> RequestBody {
    RequestBody::React(React {
        room: line.room.clone(),
        line: place(line),
        reaction: reaction.into(),
        take_back: false,
    })
}

/// Takes a reaction to a line back.
pub fn take_back(line: &Line, reaction: &str) -> RequestBody {
    RequestBody::React(React {
        room: line.room.clone(),
        line: place(line),
        reaction: reaction.into(),
        take_back: true,
    })
}

/// Says a text that replies to a line.
pub fn reply(line: &Line, text: &str) -> RequestBody {
    RequestBody::Say(Say {
        room: line.room.clone(),
        text: text.into(),
        action: false,
        reply_to: place(line),
    })
}

#[cfg(test)]
mod tests {
    use guildhall_protocol::Reaction;

    use super::*;

    fn said(seq: u64) -> Line {
        Line {
            seq,
            sender: 7,
            text: "hello".into(),
            ..Line::default()
        }
    }

    /// Line `seq`, a change of line `of`.
    fn change(seq: u64, of: u64, kind: ChangeKind) -> Line {
        let change = Change {
            seq: of,
            kind: kind.into(),
            ..Change::default()
        };
        Line {
            seq,
            change: Some(change),
            ..Line::default()
        }
    }

    #[test]
    fn a_reaction_to_a_line_that_is_gone_already_changes_nothing() {
        let mut purge = change(3, 2, ChangeKind::Purged);
        let purged = purge.change.as_mut().unwrap();
        purged.user = 7;
        let gone = swept(&said(1), purged);
        let mut reaction = change(2, 1, ChangeKind::Reacted);
        reaction.change.as_mut().unwrap().reaction = Some(Reaction {
            reaction: "+1".into(),
            count: 1,
        });
        let mut log = LineLog::default();
        // The connection broke off behind the first line of this replay.
        log.add_missed(1, [gone.clone()]);
        log.add_missed(2, [reaction, purge]);
        assert_eq!(log.get(1), Some(&gone));
    }

    #[test]
    fn a_removal_takes_the_texts_of_edits_also_of_a_line_that_is_not_known() {
        let edit = Line {
            text: "hallo".into(),
            ..change(5, 1, ChangeKind::Edited)
        };
        let mut log = LineLog::default();
        log.add(edit);
        log.add(change(6, 1, ChangeKind::Removed));
        assert_eq!(log.get(5), Some(&change(5, 1, ChangeKind::Removed)));
    }
}
