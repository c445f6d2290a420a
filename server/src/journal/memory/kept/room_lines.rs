//! The changes of the lines of a room in a journal in memory.

use super::{Author, ChangeError, Changed, Duration, Line, RoomLines, Seq, Terms, change};

impl RoomLines {
    /// Removes lines without a trace, as the change says.
    pub(super) fn sweep(&mut self, change: &mut Line) {
        change::sweep_up_to(change, Seq(self.lines.len() as u64));
        for line in &mut self.lines {
            if change::sweep(line, change) && line.removed {
                self.reacted.retain(|(seq, ..)| *seq != line.seq);
            }
        }
    }

    /// Changes a line. Returns it as it is now.
    pub(super) fn change(
        &mut self,
        change: &mut Line,
        may_change_others: bool,
        edit_within: Duration,
    ) -> Result<Line, ChangeError> {
        let what = change.change.clone().unwrap_or_default();
        let index = usize::try_from(what.seq).ok();
        let index = index.and_then(|seq| seq.checked_sub(1));
        let target = index.and_then(|index| self.lines.get_mut(index));
        let target = target.ok_or(ChangeError::NoSuchLine)?;
        let Author { account, guest } = Author::of(change);
        let reaction = what.reaction.unwrap_or_default().reaction;
        let by = (what.seq, account.to_owned(), guest, reaction);
        let terms = Terms {
            may_change_others,
            has_reacted: self.reacted.contains(&by),
            edit_within,
        };
        match change::apply(target, change, &terms)? {
            Changed::Reacted => drop(self.reacted.insert(by)),
            Changed::TookBack => drop(self.reacted.remove(&by)),
            Changed::Removed => self.reacted.retain(|(seq, ..)| *seq != what.seq),
            Changed::Text | Changed::Nothing => {}
        }
        Ok(target.clone())
    }
}
