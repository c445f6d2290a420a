//! A line of a room.

use guildhall_protocol::{ChangeKind, Line};
use serde::Serialize;
use utoipa::ToSchema;

use super::object;

/// A line of a room, as it is now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Line)]
pub(crate) struct LineModel {
    /// The room.
    room: String,
    /// Lines of one epoch have the numbers 1, 2, 3 and so on.
    epoch: u32,
    /// The number.
    seq: u64,
    /// When it was said, in milliseconds since 1970.
    time: u64,
    /// The user that has said it, as it was then.
    sender: SenderModel,
    /// The text; empty if the line was removed.
    text: String,
    /// Whether the text says what the user does, as `/me` in IRC.
    action: bool,
    /// The number of the line that it replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
    /// When the text was edited the last time, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited: Option<u64>,
    /// Whether it was removed.
    removed: bool,
    /// The reactions to it, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<ReactionModel>,
    /// If it is no message but a change of an earlier line.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeModel>,
}

/// The user that has said a line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sender)]
pub(crate) struct SenderModel {
    /// Its number. 0: it was erased.
    id: u64,
    /// The name that it had.
    name: String,
    /// Its account: the `sub` of its token. A guest has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The game's facts about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    info: Option<serde_json::Value>,
}

/// A reaction, and how many users have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reaction)]
pub(crate) struct ReactionModel {
    /// The reaction.
    reaction: String,
    /// How many users have it.
    count: u32,
}

/// A change of an earlier line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(crate) struct ChangeModel {
    /// The number of the line that changes. For `cleared` and `purged` it is the last of them.
    seq: u64,
    /// The kind of the change.
    kind: ChangeKindModel,
}

/// The kinds of changes.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChangeKind)]
pub(crate) enum ChangeKindModel {
    /// The line has another text.
    Edited,
    /// The line is removed.
    Removed,
    /// The sender of the change has added a reaction.
    Reacted,
    /// The sender of the change has taken a reaction back.
    TookBack,
    /// All lines up to the number are removed.
    Cleared,
    /// All lines of one user up to the number are removed.
    Purged,
    /// A kind that this version does not know.
    Other,
}

impl From<Line> for LineModel {
    fn from(line: Line) -> Self {
        let some = |number: u64| (number != 0).then_some(number);
        let change = line.change.map(|change| ChangeModel {
            seq: change.seq,
            kind: change.kind().into(),
        });
        let reactions = line.reactions.into_iter().map(|reaction| ReactionModel {
            reaction: reaction.reaction,
            count: reaction.count,
        });
        Self {
            room: line.room,
            epoch: line.epoch,
            seq: line.seq,
            time: line.time,
            sender: SenderModel {
                id: line.sender,
                name: line.name,
                account: (!line.user.is_empty()).then_some(line.user),
                info: object(&line.info),
            },
            text: line.text,
            action: line.action,
            reply_to: some(line.reply_to),
            edited: some(line.edited),
            removed: line.removed,
            reactions: reactions.collect(),
            change,
        }
    }
}

impl From<ChangeKind> for ChangeKindModel {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Edited => Self::Edited,
            ChangeKind::Removed => Self::Removed,
            ChangeKind::Reacted => Self::Reacted,
            ChangeKind::TookBack => Self::TookBack,
            ChangeKind::Cleared => Self::Cleared,
            ChangeKind::Purged => Self::Purged,
            ChangeKind::Unspecified => Self::Other,
        }
    }
}
