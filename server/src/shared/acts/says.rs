//! Says in rooms what the game says: as the system, or as a user. It waits for the journal.

use std::sync::{Arc, mpsc};

use guildhall_protocol::limits::MAX_SAY_BYTES;

use crate::ids::{Seq, UserId};
use crate::journal::Failure;
use crate::moderation::{Act, ActKind, Actor};
use crate::names;
use crate::shared::Shared;
use crate::shared::history::{NewMessage, TextKind};
use crate::shared::join::Position;
use crate::shared::name::Name;
use crate::shared::room_state::RoomState;
use crate::shared::room_state::durable::{NotAdded, Outcome};
use crate::shared::user::User;
use crate::sync::moment::Moment;

use super::rooms::{IfMissing, RoomActError, room_name};
use super::snapshot;

/// Why something is not said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSaid {
    /// Nothing of the text can be seen.
    #[error("nothing of the text can be seen")]
    EmptyText,
    /// The text is too long.
    #[error("the text has {0} bytes, and at most {MAX_SAY_BYTES} are allowed")]
    LongText(usize),
    /// The room, or what keeps it.
    #[error(transparent)]
    Room(#[from] RoomActError),
}

/// A text of the game.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GameText<'a> {
    pub(crate) text: &'a str,
    pub(crate) kind: TextKind,
}

impl GameText<'_> {
    fn check(self) -> Result<(), NotSaid> {
        if self.text.len() > MAX_SAY_BYTES {
            return Err(NotSaid::LongText(self.text.len()));
        }
        if names::is_blank_text(self.text) {
            return Err(NotSaid::EmptyText);
        }
        Ok(())
    }
}

impl Shared {
    /// Says a text in a room: as this user, which may be away, or as the system, whose number is 0.
    /// No rule of the room is asked. Returns the line's position. Waits for the journal.
    ///
    /// # Errors
    ///
    /// [`NotSaid`].
    pub(crate) fn say_for_game(
        &self,
        by: &Actor,
        room: &str,
        user: Option<&User>,
        text: GameText<'_>,
        at: Moment,
    ) -> Result<Position, NotSaid> {
        text.check()?;
        let name = room_name(room)?;
        let room = self.room_of_act(&name, IfMissing::Refuse, at.now)?;
        if room.is_full() {
            return Err(RoomActError::Unavailable(Failure::Busy).into());
        }
        let said = self.say_outside(&room, user, text, at);
        let position = said.recv().unwrap_or(Err(NotAdded::CLOSED));
        let position = position.map_err(RoomActError::from)?;
        self.note_said(by, user, &name, position.seq, at);
        Ok(position)
    }

    /// Says a text as the system in all rooms that have members. Returns in how many. Waits for
    /// the journal.
    ///
    /// # Errors
    ///
    /// [`NotSaid`]. In some of the rooms it may be said.
    pub(crate) fn announce(
        &self,
        by: &Actor,
        text: GameText<'_>,
        at: Moment,
    ) -> Result<usize, NotSaid> {
        text.check()?;
        let rooms: Vec<_> = self.directory.lock().rooms().map(Arc::clone).collect();
        let with_members = rooms.iter().filter(|room| room.members().0 > 0);
        let said: Vec<_> = with_members
            .map(|room| self.say_outside(room, None, text, at))
            .collect();
        let count = said.len();
        for one in said {
            let outcome = one.recv().unwrap_or(Err(NotAdded::CLOSED));
            outcome.map_err(RoomActError::from)?;
        }
        self.note_said(by, None, &"".into(), Seq(0), at);
        Ok(count)
    }

    /// From now on, the server itself says something by this name.
    pub(crate) fn set_system_name(&self, name: &str) {
        *self.system_name.lock() = Name::new(name);
    }

    /// The name by which the server itself says something.
    pub(crate) fn system_name(&self) -> Name {
        self.system_name.lock().clone()
    }

    fn say_outside(
        &self,
        room: &Arc<RoomState>,
        user: Option<&User>,
        GameText { text, kind }: GameText<'_>,
        at: Moment,
    ) -> mpsc::Receiver<Outcome> {
        let (speaker, name) = match user {
            Some(user) => (user.id, user.name()),
            None => (UserId(0), self.system_name()),
        };
        let message = NewMessage {
            name: &name,
            kind,
            ..NewMessage::plain(speaker, text, at.unix_millis)
        };
        let (outcome, said) = mpsc::channel();
        room.say_outside(&message, outcome);
        said
    }

    fn note_said(&self, by: &Actor, user: Option<&User>, room: &Arc<str>, line: Seq, at: Moment) {
        let line = (line != Seq(0)).then(|| ("line", line.0.to_string()));
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.clone(),
            kind: ActKind::SaidByGame,
            user: user.map(snapshot),
            room: Arc::clone(room),
            details: line.into_iter().collect(),
        });
    }
}
