//! The effect of a change on the line that it changes, who may change it, and until when. Whatever
//! keeps lines calls it: the history of a room in memory, and journals. Pure: the times are those
//! of the lines.

use std::time::Duration;

use guildhall_protocol::limits::MAX_REACTIONS;
use guildhall_protocol::{ChangeKind, Line, Reaction};

use crate::ids::Seq;

use super::ChangeError;

/// The facts that a change depends on beside the two lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Whether its user may remove what others have said.
    pub(crate) may_change_others: bool,
    /// Whether its user has this reaction to the line already. Only asked for reactions.
    pub(crate) has_reacted: bool,
    /// For how long a line can be edited; zero: never.
    pub(crate) edit_within: Duration,
}

/// The part that a change has made another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    /// The line's text.
    Text,
    /// The line is removed, and nobody has reacted to it any more.
    Removed,
    /// The author of the change has this reaction now.
    Reacted,
    /// The author of the change does not have this reaction any more.
    TookBack,
    /// Nothing: the reaction was there already, or it was not there and is taken back. The
    /// change is accepted all the same, and says how many have the reaction.
    Nothing,
}

/// Whose a line or a change is: of the account's user, or of a guest with this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Author<'a> {
    /// The account. Empty: a guest.
    pub(crate) account: &'a str,
    /// The guest's number; 0 if there is an account, which a user keeps over a new number.
    pub(crate) guest: u64,
}

impl<'a> Author<'a> {
    /// The author of a line or a change.
    pub(crate) fn of(line: &'a Line) -> Self {
        let guest = if line.user.is_empty() { line.sender } else { 0 };
        Self {
            account: &line.user,
            guest,
        }
    }
}

/// Changes the line `target`, and completes `change`: a reaction gets its count. Both stay as
/// they are if that is not possible.
///
/// # Errors
///
/// Why the change is not possible. A `change` that changes nothing that this server knows is one
/// of no line.
pub(crate) fn apply(
    target: &mut Line,
    change: &mut Line,
    terms: &Terms,
) -> Result<Changed, ChangeError> {
    let is_own = Author::of(target) == Author::of(change);
    let Some(what) = &mut change.change else {
        return Err(ChangeError::NoSuchLine);
    };
    // Neither can be changed any more.
    if target.change.is_some() || target.removed {
        return Err(ChangeError::NoSuchLine);
    }
    match (what.kind(), &mut what.reaction) {
        (ChangeKind::Edited, _) => {
            if !is_own {
                return Err(ChangeError::NotOwn);
            }
            if !is_within(target.time, change.time, terms.edit_within) {
                return Err(ChangeError::TooLate);
            }
            target.text.clone_from(&change.text);
            target.edited = change.time;
            Ok(Changed::Text)
        }
        (ChangeKind::Removed, _) => {
            if !is_own && !terms.may_change_others {
                return Err(ChangeError::NotOwn);
            }
            remove(target);
            Ok(Changed::Removed)
        }
        (ChangeKind::Reacted, Some(reaction)) => {
            add(&mut target.reactions, reaction, terms.has_reacted)
        }
        (ChangeKind::TookBack, Some(reaction)) => Ok(take_back(
            &mut target.reactions,
            reaction,
            terms.has_reacted,
        )),
        // A change that clears a room or purges a user is about no single line.
        (
            ChangeKind::Unspecified
            | ChangeKind::Reacted
            | ChangeKind::TookBack
            | ChangeKind::Cleared
            | ChangeKind::Purged,
            _,
        ) => Err(ChangeError::NoSuchLine),
    }
}

/// Does to a line what an accepted change says, also if the line has that change already. Later
/// changes of the line have to follow: what has lost its text says nothing.
pub(crate) fn repeat(target: &mut Line, change: &Line) {
    let Some(what) = &change.change else {
        return;
    };
    if sweeps(change) {
        sweep(target, change);
        return;
    }
    if target.change.is_some() || target.removed {
        return;
    }
    match (what.kind(), &what.reaction) {
        (ChangeKind::Edited, _) if !change.text.is_empty() => {
            target.text.clone_from(&change.text);
            target.edited = change.time;
        }
        (ChangeKind::Removed, _) => remove(target),
        (ChangeKind::Reacted | ChangeKind::TookBack, Some(reaction)) => {
            match position(&target.reactions, reaction) {
                Some(index) => target.reactions[index].count = reaction.count,
                None => target.reactions.push(reaction.clone()),
            }
            target.reactions.retain(|reaction| reaction.count > 0);
        }
        _ => {}
    }
}

/// Whether a line is a change that removes many lines: a room is cleared, or a user purged.
pub(crate) fn sweeps(line: &Line) -> bool {
    let kind = line.change.as_ref().map(guildhall_protocol::Change::kind);
    matches!(kind, Some(ChangeKind::Cleared | ChangeKind::Purged))
}

/// Completes a change that [`sweeps`]: it is about all lines before it, of which this is the last.
pub(crate) fn sweep_up_to(change: &mut Line, last: Seq) {
    if let Some(what) = &mut change.change {
        what.seq = last.0;
    }
}

/// Does to a line what a change says that [`sweeps`]. A line that is removed by it keeps its number
/// and its time, and nothing else. Returns whether the line is another one now.
pub(crate) fn sweep(target: &mut Line, change: &Line) -> bool {
    let Some(what) = &change.change else {
        return false;
    };
    if target.seq > what.seq {
        return false;
    }
    if what.kind() == ChangeKind::Cleared {
        return blank(target);
    }
    if target.sender == 0 || target.sender != what.user {
        return false;
    }
    let Some(own) = &mut target.change else {
        return blank(target);
    };
    // The user's changes to lines of others stay, and clients that have these lines learn of it.
    if own.kind() == ChangeKind::Edited {
        own.set_kind(ChangeKind::Removed);
        target.text = String::new();
    }
    target.sender = 0;
    target.session = 0;
    target.nonce = 0;
    target.name = String::new();
    target.user = String::new();
    target.info = String::new();
    true
}

/// Leaves of a line what says that there was one.
fn blank(target: &mut Line) -> bool {
    let blank = Line {
        room: std::mem::take(&mut target.room),
        epoch: target.epoch,
        seq: target.seq,
        time: target.time,
        removed: true,
        ..Line::default()
    };
    let is_other = target.sender != 0
        || target.change.is_some()
        || !target.text.is_empty()
        || !target.name.is_empty();
    *target = blank;
    is_other
}

fn remove(target: &mut Line) {
    target.removed = true;
    target.text = String::new();
    target.info = String::new();
    target.edited = 0;
    target.reactions = Vec::new();
}

/// Whether a line of the time `said` can be edited at the time `now`, both in milliseconds since
/// 1970. A clock that went back makes it no older.
fn is_within(said: u64, now: u64, edit_within: Duration) -> bool {
    let age = Duration::from_millis(now.saturating_sub(said));
    !edit_within.is_zero() && age <= edit_within
}

/// Adds a reaction to those of a line, and sets its count. `is_there`: its user has it already.
fn add(
    reactions: &mut Vec<Reaction>,
    reaction: &mut Reaction,
    is_there: bool,
) -> Result<Changed, ChangeError> {
    let changed = match position(reactions, reaction) {
        Some(index) if is_there => {
            reaction.count = reactions[index].count;
            return Ok(Changed::Nothing);
        }
        Some(index) => &mut reactions[index],
        None if reactions.len() >= MAX_REACTIONS => return Err(ChangeError::TooManyReactions),
        None => reactions.push_mut(Reaction {
            reaction: reaction.reaction.clone(),
            count: 0,
        }),
    };
    changed.count = changed.count.saturating_add(1);
    reaction.count = changed.count;
    Ok(Changed::Reacted)
}

/// Takes a reaction back from those of a line, and sets its count. `is_there`: its user has it.
fn take_back(reactions: &mut Vec<Reaction>, reaction: &mut Reaction, is_there: bool) -> Changed {
    let Some(index) = position(reactions, reaction) else {
        reaction.count = 0;
        return Changed::Nothing;
    };
    let changed = &mut reactions[index];
    if !is_there {
        reaction.count = changed.count;
        return Changed::Nothing;
    }
    changed.count = changed.count.saturating_sub(1);
    reaction.count = changed.count;
    if changed.count == 0 {
        reactions.remove(index);
    }
    Changed::TookBack
}

fn position(reactions: &[Reaction], wanted: &Reaction) -> Option<usize> {
    let mut reactions = reactions.iter();
    reactions.position(|reaction| reaction.reaction == wanted.reaction)
}

#[cfg(test)]
mod tests;
