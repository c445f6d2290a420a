//! The removal of a single line by whoever moderates. What its author removes itself comes over
//! its connection and is decided in its session.

use std::sync::mpsc;

use guildhall_protocol::{Change, ChangeKind};

use crate::journal::Failure;
use crate::moderation::{ActKind, Actor};
use crate::shared::Shared;
use crate::shared::history::NewMessage;
use crate::shared::join::Position;
use crate::shared::room_state::changes::{Changing, NewChange};
use crate::shared::room_state::durable::NotAdded;
use crate::sync::moment::Moment;

use super::rooms::{IfMissing, RoomActError, room_name};
use super::sweeps::speaker;

impl Shared {
    /// Removes a line, whoever has said it. Returns the position of the change. Waits for the
    /// journal.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. Nothing has changed then.
    pub(crate) fn remove_line(
        &self,
        by: &Actor,
        room: &str,
        line: Position,
        at: Moment,
    ) -> Result<Position, RoomActError> {
        let name = room_name(room)?;
        let room = self.room_of_act(&name, IfMissing::Refuse, at.now)?;
        if room.is_full() {
            return Err(Failure::Busy.into());
        }
        // In another epoch, another line has this number.
        if room.facts().newest.epoch != line.epoch {
            return Err(RoomActError::NoSuchLine);
        }
        let (speaker, speakers_name) = speaker(self, by);
        let change = Change {
            seq: line.seq.0,
            kind: ChangeKind::Removed.into(),
            ..Change::default()
        };
        let message = NewMessage {
            name: &speakers_name,
            change: Some(&change),
            ..NewMessage::plain(speaker, "", at.unix_millis)
        };
        let changing = Changing {
            seq: line.seq,
            may_change_others: true,
            edit_within: self.limits.edit_within,
        };
        let (outcome, decided) = mpsc::channel();
        room.change_outside(&NewChange { message, changing }, outcome);
        let position = decided.recv().unwrap_or(Err(NotAdded::CLOSED))?;
        let details = vec![
            ("epoch", line.epoch.0.to_string()),
            ("line", line.seq.0.to_string()),
        ];
        self.note_room_act(by, ActKind::LineRemoved, &name, details, at);
        Ok(position)
    }
}
