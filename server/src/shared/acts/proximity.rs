//! The game says who hears whom in a room: for players that walk about, say. In such a room a
//! line reaches its speaker, the users that the game has named as the speaker's hearers, and those
//! in the same cell of a grid or in one of the eight around it. The others get its number alone.
//!
//! The game may move hundreds of players many times a second: one call moves all of them, and
//! nothing is sent for it.

use std::collections::HashSet;
use std::sync::Arc;

use guildhall_protocol::Protocol;

use crate::ids::{ConnectionId, UserId};
use crate::moderation::{Act, ActKind, Actor};
use crate::names::{self, NameFault};
use crate::shared::Shared;
use crate::shared::proximity::{Cell, Hearing, NearRoom};
use crate::sync::moment::Moment;

/// The most users of a room that have a cell or hearers.
pub const MAX_NEAR_USERS: usize = 16_384;

/// The most hearers of one speaker.
pub const MAX_HEARERS: usize = 4_096;

/// Why it is not said who hears whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProximityError {
    /// No room can have this name.
    #[error("no room can have this name")]
    BadRoomName,
    /// Everybody hears everybody in this room, until its proximity is switched on.
    #[error("the room has no proximity")]
    NoProximity,
    /// As many rooms have proximity as may be: this many.
    #[error("{0} rooms have proximity, as many as may")]
    TooManyRooms(usize),
    /// As many users of the room have cells or hearers as may be: this many.
    #[error("{0} users of the room have a cell or hearers, as many as may")]
    TooManyUsers(usize),
    /// The speaker has more hearers than it may have: this many.
    #[error("a speaker has at most {0} hearers")]
    TooManyHearers(usize),
}

impl From<NameFault> for ProximityError {
    fn from(_: NameFault) -> Self {
        Self::BadRoomName
    }
}

impl Shared {
    /// Switches a room's proximity on: a speaker is heard by itself alone, until
    /// [`Shared::set_cells`] or [`Shared::set_hearers`] says more. Members get nothing of what was
    /// said before, because it may be what they did not hear, unless `has_history` is set. If it is
    /// on already, who hears whom stays. The room may not be open yet.
    ///
    /// # Errors
    ///
    /// [`ProximityError`].
    pub fn begin_proximity(
        &self,
        room: &str,
        has_history: bool,
        at: Moment,
    ) -> Result<(), ProximityError> {
        let name = names::room_name(room)?;
        let most = self.limits.rooms;
        {
            // Under the lock, so that a room that is opened meanwhile has it as well.
            let directory = self.directory.lock();
            let near = self.near_rooms.add(&name, has_history, most);
            let near = near.ok_or(ProximityError::TooManyRooms(most))?;
            if let Some(state) = directory.get(&name) {
                state.set_near(Some(near));
            }
        }
        self.note_proximity(&name, "on", at);
        Ok(())
    }

    /// Switches a room's proximity off: everybody hears everybody.
    ///
    /// # Errors
    ///
    /// [`ProximityError::BadRoomName`].
    pub fn end_proximity(&self, room: &str, at: Moment) -> Result<(), ProximityError> {
        let name = names::room_name(room)?;
        {
            let directory = self.directory.lock();
            self.near_rooms.remove(&name);
            if let Some(state) = directory.get(&name) {
                state.set_near(None);
            }
        }
        self.note_proximity(&name, "off", at);
        Ok(())
    }

    /// Sets who hears this speaker in a room, beside those that are near: in place of those that
    /// were set before. It holds for the next line that is sent.
    ///
    /// # Errors
    ///
    /// [`ProximityError`]. Nothing has changed then.
    pub fn set_hearers(
        &self,
        room: &str,
        speaker: UserId,
        hearers: impl IntoIterator<Item = UserId>,
    ) -> Result<(), ProximityError> {
        let near = self.near_room(room)?;
        self.make_place(&near, 1);
        let hearers: HashSet<_> = hearers.into_iter().take(MAX_HEARERS + 1).collect();
        if hearers.len() > MAX_HEARERS {
            return Err(ProximityError::TooManyHearers(MAX_HEARERS));
        }
        near.change(|hearing| {
            has_place(hearing, usize::from(!hearers.is_empty()))?;
            hearing.set_hearers(speaker, hearers);
            Ok(())
        })
    }

    /// Sets in which cells these users of a room are; `None`: in none, so that nobody hears them
    /// and they hear nobody. Users that are not named stay where they are. It holds for the next
    /// line that is sent.
    ///
    /// # Errors
    ///
    /// [`ProximityError`]. Nothing has changed then.
    pub fn set_cells(
        &self,
        room: &str,
        cells: &[(UserId, Option<Cell>)],
    ) -> Result<(), ProximityError> {
        let near = self.near_room(room)?;
        self.make_place(&near, cells.len());
        near.change(|hearing| {
            let new =
                |(user, cell): &&(UserId, Option<Cell>)| cell.is_some() && !hearing.has_cell(*user);
            has_place(hearing, cells.iter().filter(new).count())?;
            for &(user, cell) in cells {
                hearing.set_cell(user, cell);
            }
            Ok(())
        })
    }

    /// Forgets who was in a room and is not known any more, if so many more users may not have
    /// place.
    fn make_place(&self, near: &NearRoom, more: usize) {
        let hearing = near.hearing();
        if has_place(&hearing, more).is_ok() {
            return;
        }
        let is_known = |user: UserId| {
            let is_tutorial = self.protocol_of(ConnectionId(user.0)) == Some(Protocol::Tutorial);
            is_tutorial || self.users.with_id(user).is_some()
        };
        let gone = hearing.named().filter(|&user| !is_known(user)).collect();
        drop(hearing);
        near.change(|hearing| hearing.forget(&gone));
    }

    /// Whether members of this room get nothing of what was said before, because not everybody
    /// hears everybody there.
    pub(crate) fn is_near_without_history(&self, room: &str) -> bool {
        let near = self.near_rooms.get(room);
        near.is_some_and(|near| !near.has_history())
    }

    fn near_room(&self, room: &str) -> Result<Arc<NearRoom>, ProximityError> {
        let name = names::room_name(room)?;
        self.near_rooms
            .get(&name)
            .ok_or(ProximityError::NoProximity)
    }

    fn note_proximity(&self, room: &str, value: &str, at: Moment) {
        self.note_act(&Act {
            time: at.unix_millis,
            by: Actor::Game,
            kind: ActKind::RoomChanged,
            user: None,
            room: room.into(),
            details: vec![("proximity", value.to_owned())],
        });
    }
}

/// Whether so many more users may have a cell or hearers.
fn has_place(hearing: &Hearing, more: usize) -> Result<(), ProximityError> {
    if more > 0 && hearing.users() + more > MAX_NEAR_USERS {
        return Err(ProximityError::TooManyUsers(MAX_NEAR_USERS));
    }
    Ok(())
}
