//! The records of texts that wait for a moderator.

use std::sync::Arc;

use guildhall_protocol::LineRef;

use crate::filter::FilterKind;
use crate::ids::{RequestId, Seq, SessionId};
use crate::moderation::UserSnapshot;

/// A text that waits for a moderator: it is no line of a room until it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldText {
    /// Its number, from 1.
    pub(crate) id: u64,
    /// When its user wanted to say it, in milliseconds since 1970.
    pub(crate) time: u64,
    pub(crate) room: Arc<str>,
    /// The user that wants to say it.
    pub(crate) user: UserSnapshot,
    /// The game's facts about the user.
    pub(crate) info: Arc<str>,
    /// The session and the ID of its request.
    pub(crate) session: SessionId,
    pub(crate) nonce: RequestId,
    pub(crate) text: Arc<str>,
    /// Whether the text says what the user does.
    pub(crate) action: bool,
    /// The line that it replies to, or that it edits.
    pub(crate) about: Option<LineRef>,
    /// Whether it edits that line.
    pub(crate) is_edit: bool,
    /// The filter that has found something in it.
    pub(crate) filter: FilterKind,
}

impl HeldText {
    /// The number of the line that it is about, if the room has this epoch; 0: there is none.
    pub(crate) fn line_in(&self, epoch: u32) -> Seq {
        let about = self.about.as_ref().filter(|line| line.epoch == epoch);
        Seq(about.map_or(0, |line| line.seq))
    }
}
