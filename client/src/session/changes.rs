//! Changes by the user of a line: its text, whether it is there, and the reactions to it; and
//! replies. They go out as says do, in the same order, and are sent again like them.

use super::message::Content;
use super::{MessageKind, SendError, Session};
use crate::RequestId;
use guildhall_protocol::LineRef;

impl Session {
    /// Says something in reply to the line with this number. Else as [`say`](Self::say).
    ///
    /// # Errors
    ///
    /// [`SendError`]: as for `say`, and `NoSuchLine`.
    pub fn reply_to(
        &mut self,
        room: &str,
        seq: u64,
        text: &str,
        kind: MessageKind,
    ) -> Result<RequestId, SendError> {
        self.check_text(text)?;
        let (_, line) = self.line_of(room, seq)?;
        self.say_with(room, text, kind, Some(line))
    }

    /// Gives the line with this number, which the user has said, another text: at once, or when
    /// the room is joined. Returns the change's number:
    /// [`Event::Sent`](super::Event::Sent) or
    /// [`Event::ChangeFailed`](super::Event::ChangeFailed) has it.
    ///
    /// # Errors
    ///
    /// [`SendError`]: `NotOnline` if the session is closed, `Empty`, `TooLong`,
    /// `NotInRoom`, `NoSuchLine`, `Muted`, `TooManyPending`.
    pub fn edit(&mut self, room: &str, seq: u64, text: &str) -> Result<RequestId, SendError> {
        self.check_text(text)?;
        let (index, line) = self.line_of(room, seq)?;
        self.check_not_muted(room)?;
        self.check_room_text(index, text)?;
        let text = text.into();
        self.push_in_room(index, Content::Edit { line, text })
    }

    /// Removes the line with this number. Else as [`edit`](Self::edit).
    ///
    /// # Errors
    ///
    /// [`SendError`]: `NotOnline` if the session is closed, `NotInRoom`, `NoSuchLine`,
    /// `TooManyPending`.
    pub fn remove(&mut self, room: &str, seq: u64) -> Result<RequestId, SendError> {
        self.check_not_closed()?;
        let (index, line) = self.line_of(room, seq)?;
        self.push_in_room(index, Content::Remove { line })
    }

    /// Adds a reaction of the user to the line with this number, or takes it back. Else as
    /// [`edit`](Self::edit).
    ///
    /// # Errors
    ///
    /// [`SendError`]: as for `edit`.
    pub fn react(
        &mut self,
        room: &str,
        seq: u64,
        reaction: &str,
        take_back: bool,
    ) -> Result<RequestId, SendError> {
        self.check_message(reaction, self.limits.reaction_bytes)?;
        let (index, line) = self.line_of(room, seq)?;
        self.check_not_muted(room)?;
        let content = Content::React {
            line,
            reaction: reaction.into(),
            take_back,
        };
        self.push_in_room(index, content)
    }

    /// The index of a wanted room, and its line with this number.
    pub(super) fn line_of(&self, room: &str, seq: u64) -> Result<(usize, LineRef), SendError> {
        let index = self.room_index(room).ok_or(SendError::NotInRoom)?;
        let view = &self.rooms[index].view;
        if !(1..=view.last_seq).contains(&seq) || view.epoch == 0 {
            return Err(SendError::NoSuchLine);
        }
        let epoch = view.epoch;
        Ok((index, LineRef { epoch, seq }))
    }
}
