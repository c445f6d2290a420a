//! The evidence of a report, frozen when the report comes: the message with all its versions, the
//! lines around it, and who was there. It is kept as JSON, so that a tool can read it in ten years.

use guildhall_protocol::{Change, ChangeKind, Line, Member, WhisperLine};
use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::moderation::UserSnapshot;

/// How many lines before the reported one are kept with it.
pub(crate) const BEFORE: usize = 10;

/// How many lines behind it.
pub(crate) const AFTER: usize = 5;

/// How many numbers on each side of a line are looked through for them: most lines of a room can
/// be reactions, which are left out.
pub(crate) const LOOKED_THROUGH: u64 = 256;

/// The most members of the room that are kept by name.
pub(crate) const MOST_MEMBERS: usize = 256;

/// The most versions of the message that are kept: the first, and the newest of the others.
pub(crate) const MOST_VERSIONS: usize = 32;

/// The evidence of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Evidence {
    /// The message as it was when it was reported. `None`: the report is about a user.
    pub(crate) message: Option<EvidenceLine>,
    /// The texts that the message had before, the oldest first.
    pub(crate) versions: Vec<EvidenceVersion>,
    /// The lines before it, the oldest first.
    pub(crate) before: Vec<EvidenceLine>,
    /// The lines behind it, the oldest first.
    pub(crate) after: Vec<EvidenceLine>,
    /// How many users were in the room.
    pub(crate) member_count: u64,
    /// Some of them.
    pub(crate) members: Vec<EvidenceUser>,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EvidenceLine {
    /// Its number in the room, or in the reporter's whispers.
    pub(crate) seq: u64,
    /// When it was said, in milliseconds since 1970.
    pub(crate) time: u64,
    pub(crate) from: EvidenceUser,
    /// For a whisper: whom it was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<EvidenceUser>,
    pub(crate) text: String,
    pub(crate) action: bool,
    /// The line that it replies to; 0: none.
    pub(crate) reply_to: u64,
    /// When it was edited, in milliseconds since 1970; 0: never.
    pub(crate) edited: u64,
    pub(crate) removed: bool,
    /// The reactions, and how many users have each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reactions: Vec<(String, u32)>,
    /// For a reaction that is reported: the line that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reaction_to: Option<u64>,
}

/// A text that a message had before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EvidenceVersion {
    /// Until when it was there, in milliseconds since 1970; 0: that is not known.
    pub(crate) until: u64,
    pub(crate) text: String,
}

/// A user, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EvidenceUser {
    pub(crate) id: u64,
    /// Its account; empty: a guest.
    pub(crate) account: String,
    pub(crate) name: String,
}

/// A reported line with its surroundings, as whoever keeps it finds it.
#[derive(Debug, Default)]
pub(crate) struct FoundLines {
    /// The line.
    pub(crate) line: Line,
    /// Its earlier texts, the oldest first.
    pub(crate) versions: Vec<EvidenceVersion>,
    /// Lines around it, in their order. Changes are left out.
    pub(crate) around: Vec<Line>,
}

impl FoundLines {
    /// The user that has said the line. `None`: nobody is known to have said it, or it is a change
    /// that says nothing.
    pub(crate) fn user(&self) -> Option<UserSnapshot> {
        let Line {
            sender,
            user,
            name,
            change,
            ..
        } = &self.line;
        let is_said = change
            .as_ref()
            .is_none_or(|change| change.reaction.is_some());
        (*sender != 0 && is_said).then(|| UserSnapshot {
            id: UserId(*sender),
            account: user.as_str().into(),
            name: name.as_str().into(),
        })
    }

    /// The evidence.
    pub(crate) fn into_evidence(self) -> Evidence {
        let Self {
            line,
            mut versions,
            around,
        } = self;
        if versions.len() > MOST_VERSIONS {
            let newest = versions.len() + 1 - MOST_VERSIONS;
            versions.drain(1..newest);
        }
        let said = |line: &&Line| line.change.is_none();
        let before = around.iter().filter(said).filter(|one| one.seq < line.seq);
        let mut before: Vec<_> = before.rev().take(BEFORE).map(EvidenceLine::of).collect();
        before.reverse();
        let after = around.iter().filter(said).filter(|one| one.seq > line.seq);
        Evidence {
            message: Some(EvidenceLine::of(&line)),
            versions,
            before,
            after: after.take(AFTER).map(EvidenceLine::of).collect(),
            ..Evidence::default()
        }
    }
}

/// The number of the line that a report about `line` is about: of an edit or a removal, the line
/// that it has changed. `None`: `line` itself.
pub(crate) fn changed_by(line: &Line) -> Option<u64> {
    let change = line.change.as_ref()?;
    matches!(change.kind(), ChangeKind::Edited | ChangeKind::Removed).then_some(change.seq)
}

impl Evidence {
    /// The evidence about a whisper: `whispers` are those of the reporter's session between the
    /// same two users, in their order.
    pub(crate) fn of_whisper(whisper: &WhisperLine, whispers: &[WhisperLine]) -> Self {
        let before = whispers.iter().filter(|one| one.seq < whisper.seq);
        let mut before: Vec<_> = before
            .rev()
            .take(BEFORE)
            .map(EvidenceLine::whisper)
            .collect();
        before.reverse();
        let after = whispers.iter().filter(|one| one.seq > whisper.seq);
        Self {
            message: Some(EvidenceLine::whisper(whisper)),
            before,
            after: after.take(AFTER).map(EvidenceLine::whisper).collect(),
            ..Self::default()
        }
    }

    /// How much memory it takes, roughly, in bytes.
    pub(crate) fn size(&self) -> usize {
        let user = |user: &EvidenceUser| 80 + user.account.len() + user.name.len();
        let line = |line: &EvidenceLine| 160 + user(&line.from) + line.text.len();
        let lines = self.message.iter().chain(&self.before).chain(&self.after);
        lines.map(line).sum::<usize>()
            + self.members.iter().map(user).sum::<usize>()
            + (self.versions.iter().map(|one| 40 + one.text.len())).sum::<usize>()
    }
}

impl EvidenceLine {
    fn of(line: &Line) -> Self {
        let reaction = line.change.as_ref().and_then(|change| {
            let Change { seq, reaction, .. } = change;
            reaction.as_ref().map(|reaction| (*seq, reaction))
        });
        Self {
            seq: line.seq,
            time: line.time,
            from: EvidenceUser {
                id: line.sender,
                account: line.user.clone(),
                name: line.name.clone(),
            },
            to: None,
            text: match reaction {
                Some((_, reaction)) => reaction.reaction.clone(),
                None => line.text.clone(),
            },
            action: line.action,
            reply_to: line.reply_to,
            edited: line.edited,
            removed: line.removed,
            reactions: (line.reactions.iter())
                .map(|one| (one.reaction.clone(), one.count))
                .collect(),
            reaction_to: reaction.map(|(seq, _)| seq),
        }
    }

    fn whisper(line: &WhisperLine) -> Self {
        Self {
            seq: line.seq,
            time: line.time,
            from: EvidenceUser {
                id: line.sender,
                account: line.sender_user.clone(),
                name: line.sender_name.clone(),
            },
            to: Some(EvidenceUser {
                id: line.receiver,
                account: line.receiver_user.clone(),
                name: line.receiver_name.clone(),
            }),
            text: line.text.clone(),
            action: line.action,
            ..Self::default()
        }
    }
}

impl From<Member> for EvidenceUser {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            account: member.user,
            name: member.name,
        }
    }
}
