//! How the model changes lines: with all versions of each line, because a client may get one that
//! was sent before a change.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{
    Change, ChangeKind, ErrorCode, Line, LineRef, Reaction, ReplyResult, RequestBody,
};

use guildhall_testing::line_log::swept;

use super::pace::Destination;
use super::{HISTORY, Model};
use crate::rule::{limits, may_remove};

/// For how many milliseconds a line can be edited.
pub(crate) const EDIT: u64 = 5_000;

/// The changes of lines.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The versions of each line that has changed, by generation and number: from which number
    /// of the room on it is like that. The first one is from 0 on.
    versions: BTreeMap<(u32, u64), Vec<(u64, Line)>>,
    /// The reactions to each line, with their users.
    reacted: BTreeSet<(u32, u64, String, String)>,
}

/// A change that a client asks for.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) room: &'a str,
    pub(super) line: LineRef,
    kind: ChangeKind,
    /// The other text, or the reaction.
    pub(super) text: &'a str,
}

impl<'a> Wanted<'a> {
    /// The change in a request. `None`: it asks for something else.
    pub(super) fn of(ask: &'a RequestBody) -> Option<Self> {
        let (room, line, kind, text) = match ask {
            RequestBody::Edit(edit) => (&edit.room, edit.line, ChangeKind::Edited, &*edit.text),
            RequestBody::Remove(remove) => (&remove.room, remove.line, ChangeKind::Removed, ""),
            RequestBody::React(react) => {
                let kind = if react.take_back {
                    ChangeKind::TookBack
                } else {
                    ChangeKind::Reacted
                };
                (&react.room, react.line, kind, &*react.reaction)
            }
            _ => return None,
        };
        Some(Self {
            room,
            line: line.expect("players name a line"),
            kind,
            text,
        })
    }
}

impl Changes {
    /// All versions of all lines that have changed.
    pub(super) fn versions(&self) -> impl Iterator<Item = &Line> {
        let versions = self.versions.values().flatten();
        versions.map(|(_, line)| line)
    }

    /// Puts another version in the place of a line, which holds from number `from` of the room on.
    fn replace(&mut self, generation: u32, place: &mut Line, line: Line, from: u64) {
        let versions = self.versions.entry((generation, place.seq));
        let versions = versions.or_insert_with(|| vec![(0, place.clone())]);
        versions.push((from, line.clone()));
        *place = line;
    }
}

impl Model {
    /// Whether there is or was such a line in the room of this name.
    pub(super) fn has_line(&self, room: &str, line: LineRef) -> bool {
        let Some(room) = self.rooms.get(room) else {
            return false;
        };
        self.epochs.get(&room.generation) == Some(&line.epoch)
            && (1..=self.last(room.generation)).contains(&line.seq)
    }

    pub(super) fn change(
        &mut self,
        at: u64,
        me: u64,
        request: u64,
        wanted: &Wanted<'_>,
        time: u64,
    ) -> Result<Option<ReplyResult>, ErrorCode> {
        let generation = self.room(at, wanted.room)?.generation;
        let is_limited = limits(wanted.room, &self.connections[&at].account);
        if is_limited && wanted.kind != ChangeKind::Removed {
            return Err(ErrorCode::Forbidden);
        }
        if !self.has_line(wanted.room, wanted.line) {
            return Err(ErrorCode::NoSuchLine);
        }
        let to = Destination::Room(wanted.room.to_owned());
        self.admit(at, &to, request, wanted.text, time)?;
        let mut line = self.line_of(at, me, request, wanted.room, time);
        let mut reaction = None;
        match wanted.kind {
            ChangeKind::Edited => wanted.text.clone_into(&mut line.text),
            ChangeKind::Removed => {}
            _ => {
                reaction = Some(Reaction {
                    reaction: wanted.text.to_owned(),
                    count: 0,
                });
            }
        }
        line.change = Some(Change {
            user: 0,
            seq: wanted.line.seq,
            kind: wanted.kind.into(),
            reaction,
        });
        self.hand_over(at, generation, line)?;
        Ok(None)
    }

    /// Carries out a change that is the next line of its room. Nothing happens if it is none.
    pub(super) fn carry_out(&mut self, generation: u32, line: &mut Line) -> Result<(), ErrorCode> {
        let Some(change) = line.change.clone() else {
            return Ok(());
        };
        if [ChangeKind::Cleared, ChangeKind::Purged].contains(&change.kind()) {
            self.remove_all(generation, line, change);
            return Ok(());
        }
        let (target, reaction) = self.changed(generation, line, &change)?;
        line.change = Some(Change {
            user: 0,
            reaction,
            ..change
        });
        let lines = self.lines.get_mut(&generation).expect("it has lines");
        let place = &mut lines[super::as_index(target.seq)];
        let (seq, is_removed) = (target.seq, target.removed);
        self.changes.replace(generation, place, target, line.seq);
        if is_removed {
            self.clear_edits(generation, seq, line.seq);
        }
        Ok(())
    }

    /// The game clears a room that is there, or purges a user in it.
    pub(crate) fn remove_lines(&mut self, room: &str, user: Option<u64>, time: u64) {
        let kind = match user {
            Some(_) => ChangeKind::Purged,
            None => ChangeKind::Cleared,
        };
        let line = Line {
            room: room.to_owned(),
            time,
            name: "Server".into(),
            change: Some(Change {
                kind: kind.into(),
                user: user.unwrap_or_default(),
                ..Change::default()
            }),
            ..Line::default()
        };
        let generation = self.rooms[room].generation;
        // Over no connection.
        (self.hand_over(0, generation, line)).expect("it is always possible");
    }

    fn remove_all(&mut self, generation: u32, line: &mut Line, mut change: Change) {
        change.seq = self.last(generation);
        for place in self.lines.entry(generation).or_default() {
            let left = swept(place, &change);
            if left != *place {
                self.changes.replace(generation, place, left, line.seq);
            }
        }
        let lines = &self.lines[&generation];
        (self.changes.reacted)
            .retain(|(of, seq, ..)| *of != generation || !lines[super::as_index(*seq)].removed);
        line.change = Some(change);
    }

    /// Nobody is sent the texts of a removed line's edits any more: they are removals.
    fn clear_edits(&mut self, generation: u32, removed: u64, by: u64) {
        let lines = self.lines.get_mut(&generation).expect("it has lines");
        for line in lines {
            let Some(change) = &line.change else {
                continue;
            };
            if change.seq != removed || change.kind() != ChangeKind::Edited {
                continue;
            }
            let removal = Line {
                change: Some(Change {
                    user: 0,
                    kind: ChangeKind::Removed.into(),
                    ..change.clone()
                }),
                text: String::new(),
                ..line.clone()
            };
            self.changes.replace(generation, line, removal, by);
        }
    }

    /// The line as it is when it has changed, and the reaction of the change.
    fn changed(
        &mut self,
        generation: u32,
        change: &Line,
        what: &Change,
    ) -> Result<(Line, Option<Reaction>), ErrorCode> {
        let (seq, kind, time) = (what.seq, what.kind(), change.time);
        let mut target = self.lines[&generation][super::as_index(seq)].clone();
        // A journal keeps all lines.
        let is_kept = self.undecided.is_some() || seq + HISTORY > self.last(generation);
        if !is_kept || target.removed || target.change.is_some() {
            return Err(ErrorCode::NoSuchLine);
        }
        let is_own = target.user == change.user
            && (!target.user.is_empty() || target.sender == change.sender);
        match kind {
            ChangeKind::Edited if !is_own => return Err(ErrorCode::Forbidden),
            ChangeKind::Edited if time - target.time > EDIT => return Err(ErrorCode::TooLate),
            ChangeKind::Edited => {
                target.text.clone_from(&change.text);
                target.edited = time;
                return Ok((target, None));
            }
            ChangeKind::Removed if !is_own && !may_remove(&change.room, &change.user) => {
                return Err(ErrorCode::Forbidden);
            }
            ChangeKind::Removed => {
                target.removed = true;
                target.edited = 0;
                target.text.clear();
                target.info.clear();
                target.reactions.clear();
                return Ok((target, None));
            }
            _ => {}
        }
        let who = if change.user.is_empty() {
            change.sender.to_string()
        } else {
            change.user.clone()
        };
        let asked = what.reaction.clone().expect("a reaction").reaction;
        let by = (generation, seq, who, asked.clone());
        if kind == ChangeKind::Reacted {
            self.changes.reacted.insert(by);
        } else {
            self.changes.reacted.remove(&by);
        }
        let all = self.changes.reacted.iter();
        let same = all
            .filter(|(of, line, _, reaction)| (*of, *line, reaction) == (generation, seq, &asked));
        let reaction = Reaction {
            count: u32::try_from(same.count()).unwrap(),
            reaction: asked,
        };
        let known = target.reactions.iter_mut();
        let mut known = known.filter(|known| known.reaction == reaction.reaction);
        match known.next() {
            Some(known) => known.count = reaction.count,
            None => target.reactions.push(reaction.clone()),
        }
        target.reactions.retain(|reaction| reaction.count > 0);
        Ok((target, Some(reaction)))
    }

    /// The line with this number as it was when the room had the lines up to `last`.
    pub(crate) fn line_at(&self, epoch: u32, seq: u64, last: u64) -> Line {
        let (generation, _) = (self.epochs.iter())
            .find(|&(_, &known)| known == epoch)
            .expect("a known epoch");
        let versions = self.changes.versions.get(&(*generation, seq));
        let mut versions = versions.into_iter().flatten().rev();
        let then = versions.find(|(from, _)| *from <= last);
        let line = match then {
            Some((_, line)) => line,
            None => &self.lines[generation][super::as_index(seq)],
        };
        Line {
            epoch,
            ..line.clone()
        }
    }
}
