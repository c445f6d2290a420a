//! The acts of a moderator on a room over its connection: it changes settings, clears the room,
//! and removes all that a user has said. The rights are asked here; [`acts`] does it.
//!
//! [`acts`]: crate::shared::acts

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use guildhall_protocol::{
    ChangeRoom, Clear, Cleared, ErrorCode, Purge, Purged, ReplyResult, RequestError, RoomChanged,
};

use crate::hub::Hub;
use crate::ids::UserId;
use crate::moderation::UserSnapshot;
use crate::names;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, ChangedSettings, Rank};
use crate::session::Act;
use crate::shared::acts::By;
use crate::shared::acts::rooms::RoomActError;
use crate::sync::moment::Moment;

use super::refusal::{bad_request, error, forbidden, room_name_error, shown, unavailable};
use super::welcomed::{JoinedRoom, Welcomed};
use super::{Answer, Answered};

impl<W: Wire> Welcomed<W> {
    /// Changes settings of a room. Its members are told by their threads.
    pub(super) fn change_room(
        &self,
        hub: &Hub<W>,
        change: &ChangeRoom,
        at: Moment,
    ) -> Result<ReplyResult, RequestError> {
        let room = self.moderated_room(&change.room, at)?;
        let settings = ChangedSettings {
            topic: change.topic.clone(),
            slow_mode: change
                .slow_mode
                .map(|slow| Duration::from_secs(slow.into())),
            announce_only: change.announce_only,
        };
        let shared = hub.shared();
        let changed = shared.change_room(&self.actor(), &room, settings, at);
        changed.map_err(|refused| act_error(refused, &room))?;
        let (rules, _) = shared.rules();
        let rule = rules.of(&room);
        let access = Access::of(&self.rights, &room, rule);
        Ok(ReplyResult::RoomChanged(RoomChanged {
            settings: access.and_then(|access| access.settings(rule)),
            room,
        }))
    }

    /// Removes all that was said in a room.
    pub(super) fn clear(&self, hub: &Hub<W>, clear: &Clear, at: Moment) -> Answered {
        let room = self.moderated_room(&clear.room, at)?;
        let (shared, by) = (Arc::clone(hub.shared()), self.actor());
        Ok(Answer::Act(Act::new(move || {
            let cleared = shared.clear_room(&by, &room, at);
            cleared.map_err(|refused| act_error(refused, &room))?;
            Ok(ReplyResult::Cleared(Cleared {}))
        })))
    }

    /// Removes all that a user has said, in one room or in all.
    pub(super) fn purge(&self, hub: &Hub<W>, purge: &Purge, at: Moment) -> Answered {
        let room = if purge.room.is_empty() {
            if self.rank("", at) < Rank::Moderator {
                return Err(forbidden("", "moderate"));
            }
            None
        } else {
            Some(self.moderated_room(&purge.room, at)?)
        };
        let known = hub.shared().user_meant(purge.user, &purge.name);
        let user = match (known, purge.user) {
            (Some(user), _) => user,
            (None, 0) => return Err(error(ErrorCode::NoSuchUser, [shown(&purge.name)])),
            // A guest that is gone. What it has said is still there.
            (None, id) => UserSnapshot {
                id: UserId(id),
                account: "".into(),
                name: "".into(),
            },
        };
        let (shared, by) = (Arc::clone(hub.shared()), self.actor());
        let place = room.as_deref().unwrap_or_default();
        let rank = self.rights.rank(place);
        let checked = shared.check_purge(By { actor: &by, rank }, &user, place);
        checked.map_err(|_| error(ErrorCode::IsModerator, [shown(&user.name)]))?;
        Ok(Answer::Act(Act::new(move || {
            let purged = shared.purge_user(&by, &user, room.as_deref(), at);
            let rooms = purged
                .map_err(|refused| act_error(refused, room.as_deref().unwrap_or_default()))?;
            let rooms = u32::try_from(rooms).unwrap_or(u32::MAX);
            Ok(ReplyResult::Purged(Purged { rooms }))
        })))
    }

    /// Takes over into which rooms the game has put the connection, and out of which it was taken.
    pub(super) fn follow_moves(&mut self, hub: &mut Hub<W>) {
        if !self.connection.take_moved() {
            return;
        }
        let id = self.connection.id();
        self.rooms.retain(|joined| joined.room.borrow().has(id));
        for (room, access) in hub.take_put_in(id) {
            if !room.borrow().has(id) {
                continue;
            }
            let mut known = self.rooms.iter_mut();
            match known.find(|joined| Rc::ptr_eq(&joined.room, &room)) {
                Some(joined) => joined.access = access,
                None => self.rooms.push(JoinedRoom { room, access }),
            }
        }
    }

    /// The name of a room that the client moderates, as the server writes it.
    ///
    /// # Errors
    ///
    /// It does not moderate it, whether it exists or not.
    fn moderated_room(&self, room: &str, at: Moment) -> Result<String, RequestError> {
        let name = names::room_name(room).map_err(|fault| room_name_error(fault, room))?;
        if self.rank(&name, at) == Rank::Player {
            return Err(forbidden(&name, "moderate"));
        }
        Ok(name)
    }
}

/// The error for something that is not done in this room; empty: in none, or in all.
fn act_error(refused: RoomActError, room: &str) -> RequestError {
    match refused {
        RoomActError::BadName(fault) => room_name_error(fault, room),
        RoomActError::NoSuchRoom => error(ErrorCode::NotInRoom, [shown(room)]),
        RoomActError::TooMany(most) => error(ErrorCode::ServerRoomsFull, [most.to_string()]),
        RoomActError::Unavailable(failure) => {
            unavailable(&failure, Some(room).filter(|room| !room.is_empty()))
        }
        RoomActError::Settings(_)
        | RoomActError::SameRoom
        | RoomActError::Full(_)
        | RoomActError::NoSuchLine
        | RoomActError::Lobby => bad_request(&refused.to_string()),
    }
}
