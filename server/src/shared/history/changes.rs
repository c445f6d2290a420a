//! Changes of the lines that a room keeps: a change is a line of its own, and the line that it
//! changes is overwritten where it is kept. So whoever asks for it later gets what holds now.
//! In a room without a journal, [`History::prepare`] decides what changes; a journal decides it
//! by the same [rules](crate::journal::change) and calls [`History::overwrite`].

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::time::Duration;

use bytes::BytesMut;
use guildhall_protocol::{ChangeKind, Line};

use crate::ids::{Seq, UserId};
use crate::journal::ChangeError;
use crate::journal::change::{self, Author, Changed, Terms};
use crate::outgoing::frame;

use super::{History, NewMessage};

/// The users that have reacted to the lines that a room keeps. Each reaction is a line behind the
/// one that it is for, so there are never more of them than kept lines. Of the user and the
/// reaction there is only a hash, with a key that nobody knows: that is small, whatever they are
/// called.
#[derive(Debug, Default)]
pub(super) struct Reacted {
    known: BTreeSet<(Seq, u64)>,
    key: RandomState,
}

/// A change that is possible, with what comes of it.
#[derive(Debug)]
pub(crate) struct PreparedChange {
    /// The line that changes, as it will be.
    target: Line,
    /// The change, without a number.
    line: Line,
    changed: Changed,
}

impl History {
    /// Works out what the change `message` does to a kept line.
    ///
    /// # Errors
    ///
    /// Why it is not possible.
    pub(crate) fn prepare(
        &mut self,
        message: &NewMessage<'_>,
        may_change_others: bool,
        edit_within: Duration,
    ) -> Result<PreparedChange, ChangeError> {
        self.forget_old(message.unix_millis);
        let mut line = message.line(&self.line.room, self.epoch());
        let seq = line.change.as_ref().map_or(0, |change| change.seq);
        let mut target = self.find(Seq(seq)).ok_or(ChangeError::NoSuchLine)?;
        let terms = Terms {
            may_change_others,
            has_reacted: self.reacted.has(&line),
            edit_within,
        };
        let changed = change::apply(&mut target, &mut line, &terms)?;
        Ok(PreparedChange {
            target,
            line,
            changed,
        })
    }

    /// Carries a change out, and appends it to `buffer` as a frame. Nothing else may have
    /// happened since it was prepared.
    pub(crate) fn carry_out(&mut self, prepared: PreparedChange, buffer: &mut BytesMut) {
        let PreparedChange {
            target,
            line,
            changed,
        } = prepared;
        if matches!(changed, Changed::Text | Changed::Removed) {
            self.keep_version(Seq(target.seq), line.time);
        }
        self.reacted.note(&line, changed);
        if changed != Changed::Nothing {
            self.overwrite(&target);
        }
        let seq = self.line.seq + 1;
        self.line = Line { seq, ..line };
        self.put(buffer);
    }

    /// Gives a change that removes many lines the next number, removes them, and appends the change
    /// to `buffer` as a frame.
    pub(crate) fn append_sweep(&mut self, message: &NewMessage<'_>, buffer: &mut BytesMut) {
        let mut line = message.line(&self.line.room, self.epoch());
        change::sweep_up_to(&mut line, self.last());
        line.seq = self.last().0 + 1;
        self.sweep(&line);
        self.line = line;
        self.put(buffer);
    }

    /// Removes the kept lines without a trace that this change is about.
    pub(crate) fn sweep(&mut self, change: &Line) {
        let lines = frame::lines(&self.copy(0..self.frames.len()));
        let mut frames = BytesMut::with_capacity(self.frames.len());
        for (mut line, entry) in lines.into_iter().zip(&mut self.entries) {
            if change::sweep(&mut line, change) && line.removed {
                self.reacted.forget(Seq(line.seq));
                self.versions.forget(Seq(line.seq));
            }
            frame::put_line(&mut frames, &line);
            entry.end = self.dropped + frames.len() as u64;
        }
        // They are never longer than before.
        self.frames.clear();
        self.frames.extend(&frames);
    }

    /// The numbers that this user, or one with its account, has in the kept lines.
    pub(crate) fn numbers_of(&self, user: UserId, account: &str) -> BTreeSet<UserId> {
        let lines = frame::lines(&self.copy(0..self.frames.len()));
        let is_its =
            |line: &Line| line.sender == user.0 || (!account.is_empty() && line.user == account);
        let numbers = lines.iter().filter(|line| line.sender != 0 && is_its(line));
        numbers.map(|line| UserId(line.sender)).collect()
    }

    /// Returns the line with this number, if it is kept.
    pub(crate) fn find(&self, seq: Seq) -> Option<Line> {
        let range = self.range(seq)?;
        frame::first_line(&self.copy(range))
    }

    /// Keeps this line in place of the one with its number, if that is kept. Older lines make
    /// room for it.
    pub(crate) fn overwrite(&mut self, line: &Line) {
        let mut frame = BytesMut::new();
        frame::put_line(&mut frame, line);
        while let Some(range) = self.range(Seq(line.seq)) {
            if self.frames.len() - range.len() + frame.len() <= self.limits.bytes {
                self.replace(range, &frame);
                self.shift_ends(Seq(line.seq), frame.len());
                break;
            }
            self.drop_first();
        }
        self.forget_reactions();
        if line.removed {
            self.clear_edits(Seq(line.seq));
        }
    }

    /// Takes the texts out of the edits of a line that is removed, as a journal does: whoever
    /// comes later gets them as removals.
    fn clear_edits(&mut self, removed: Seq) {
        let first = removed.next().max(self.first());
        let kept = frame::lines(&self.copy(self.start_of(first)..self.frames.len()));
        for mut edit in kept {
            let Some(change) = &mut edit.change else {
                continue;
            };
            if change.seq == removed.0 && change.kind() == ChangeKind::Edited {
                change.set_kind(ChangeKind::Removed);
                edit.text = String::new();
                self.overwrite(&edit);
            }
        }
    }

    /// The indices in `frames` of the line with this number, if it is kept.
    fn range(&self, seq: Seq) -> Option<Range<usize>> {
        let is_kept = self.first() <= seq && seq <= self.last();
        is_kept.then(|| self.start_of(seq)..self.start_of(seq.next()))
    }

    /// Replaces these bytes of `frames`. What is behind them moves, which is no more than a
    /// history may have.
    fn replace(&mut self, range: Range<usize>, frame: &[u8]) {
        let (before, more) = (self.frames.len(), frame.len().saturating_sub(range.len()));
        let after = before - range.len() + frame.len();
        self.make_room_for(more);
        self.frames.resize(before + more, 0);
        let end = range.start + frame.len();
        let frames = self.frames.make_contiguous();
        frames.copy_within(range.end..before, end);
        frames[range.start..end].copy_from_slice(frame);
        self.frames.truncate(after);
    }

    /// Corrects the ends of the lines from this number on, whose frame has `length` bytes now.
    fn shift_ends(&mut self, seq: Seq, length: usize) {
        let index = self.index_of(seq);
        let start = self.start(index) as u64 + self.dropped;
        let (before, after) = (self.entries[index].end, start + length as u64);
        for entry in self.entries.range_mut(index..) {
            entry.end = entry.end - before + after;
        }
    }

    /// Forgets who has reacted to lines that are not kept any more.
    pub(super) fn forget_reactions(&mut self) {
        let first = self.first();
        self.reacted.forget_before(first);
        self.versions.forget_before(first);
    }
}

impl Reacted {
    /// Whether the author of a change has its reaction already.
    fn has(&self, change: &Line) -> bool {
        (self.reaction(change)).is_some_and(|reaction| self.known.contains(&reaction))
    }

    /// Records what has changed.
    fn note(&mut self, change: &Line, changed: Changed) {
        match (changed, self.reaction(change)) {
            (Changed::Reacted, Some(reaction)) => {
                self.known.insert(reaction);
            }
            (Changed::TookBack, Some(reaction)) => {
                self.known.remove(&reaction);
            }
            (Changed::Removed, _) => {
                let removed = change.change.as_ref().map_or(0, |change| change.seq);
                self.known.retain(|(seq, _)| seq.0 != removed);
            }
            (Changed::Text | Changed::Nothing | Changed::Reacted | Changed::TookBack, _) => {}
        }
    }

    /// Forgets the reactions to this line.
    fn forget(&mut self, line: Seq) {
        self.known.retain(|(seq, _)| *seq != line);
    }

    /// Forgets the reactions to the lines before this one.
    fn forget_before(&mut self, first: Seq) {
        while let Some((seq, _)) = self.known.first()
            && *seq < first
        {
            self.known.pop_first();
        }
    }

    /// The line that a change is for, and the hash of its author's reaction.
    fn reaction(&self, change: &Line) -> Option<(Seq, u64)> {
        let what = change.change.as_ref()?;
        let reaction = what.reaction.as_ref()?;
        let hash = self.key.hash_one((Author::of(change), &reaction.reaction));
        Some((Seq(what.seq), hash))
    }
}

#[cfg(test)]
mod tests;
