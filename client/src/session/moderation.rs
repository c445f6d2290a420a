//! The requests of moderators: sanctions, settings of rooms, removals and roles. The server decides
//! who may.

use alloc::string::String;

use super::blocks::named;
use super::requests::check_length;
use super::room::cut;
use super::{Recipient, RequestKind, SendError, Session};
use guildhall_protocol::{
    ChangeRoom, Clear, Impose, Lift, ListModerators, ListSanctions, Purge, Reason, RequestBody,
    Role, SanctionKind, SetRole,
};

/// The longest topic that a room can have, in bytes.
const MOST_TOPIC: u32 = 1_024;

/// A sanction to be imposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imposition<'a> {
    /// The kind.
    pub kind: SanctionKind,
    /// The room; empty: everywhere.
    pub room: &'a str,
    /// The user.
    pub user: Recipient<'a>,
    /// How long it holds; 0: without an end.
    pub seconds: u32,
    /// Why.
    pub reason: Reason,
    /// The rule that was broken, for the user to read.
    pub rule: &'a str,
    /// For other moderators.
    pub note: &'a str,
    /// Whether it also holds against guests from the address of the user.
    pub address: bool,
    /// The report that it follows from; 0: none.
    pub report: u64,
}

/// A change of a room's settings. What is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomChange {
    /// The subject of the room.
    pub topic: Option<String>,
    /// How long users have to wait between two says, in seconds; 0: not at all.
    pub slow_mode: Option<u32>,
    /// Whether only a few may say something.
    pub announce_only: Option<bool>,
}

impl Session {
    /// Imposes a sanction on a user: [`Event::Imposed`](super::Event::Imposed) is the answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooLong` for a rule or a note above the server's limit, `Empty`,
    /// `TooManyPending`.
    pub fn impose(&mut self, imposition: &Imposition<'_>) -> Result<(), SendError> {
        self.check_can_request()?;
        for text in [imposition.rule, imposition.note] {
            check_length(text, self.limits.note_bytes)?;
        }
        let (user, name, subject) = named(imposition.user)?;
        let impose = Impose {
            kind: imposition.kind.into(),
            room: self.present_name(imposition.room),
            user,
            name,
            seconds: imposition.seconds,
            reason: imposition.reason.into(),
            rule: imposition.rule.into(),
            note: imposition.note.into(),
            address: imposition.address,
            report: imposition.report,
        };
        self.ask(RequestBody::Impose(impose), RequestKind::Impose, subject);
        Ok(())
    }

    /// Ends a sanction: [`Event::Done`](super::Event::Done) is the answer.
    ///
    /// # Errors
    ///
    /// As for [`impose`](Self::impose).
    pub fn lift(
        &mut self,
        kind: SanctionKind,
        room: &str,
        user: Recipient<'_>,
        note: &str,
    ) -> Result<(), SendError> {
        self.check_can_request()?;
        check_length(note, self.limits.note_bytes)?;
        let (user, name, subject) = named(user)?;
        let lift = Lift {
            kind: kind.into(),
            room: self.present_name(room),
            user,
            name,
            note: note.into(),
        };
        self.ask(RequestBody::Lift(lift), RequestKind::Lift, subject);
        Ok(())
    }

    /// Changes settings of a room: [`Event::RoomChanged`](super::Event::RoomChanged) is the
    /// answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooLong` for a topic above 1,024 bytes, `TooManyPending`.
    pub fn change_room(&mut self, room: &str, change: RoomChange) -> Result<(), SendError> {
        self.check_can_request()?;
        let topic = change.topic.as_deref().unwrap_or_default();
        check_length(topic, MOST_TOPIC)?;
        let room = self.present_name(room);
        let change = ChangeRoom {
            room: room.clone(),
            topic: change.topic,
            slow_mode: change.slow_mode,
            announce_only: change.announce_only,
        };
        self.ask(
            RequestBody::ChangeRoom(change),
            RequestKind::ChangeRoom,
            room,
        );
        Ok(())
    }

    /// Removes all that was said in a room: [`Event::Done`](super::Event::Done) is the answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooManyPending`.
    pub fn clear(&mut self, room: &str) -> Result<(), SendError> {
        self.check_can_request()?;
        let room = self.present_name(room);
        let clear = Clear { room: room.clone() };
        self.ask(RequestBody::Clear(clear), RequestKind::Clear, room);
        Ok(())
    }

    /// Removes all that a user has said, in a room or everywhere if it is empty:
    /// [`Event::Purged`](super::Event::Purged) is the answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `Empty`, `TooManyPending`.
    pub fn purge(&mut self, room: &str, user: Recipient<'_>) -> Result<(), SendError> {
        self.check_can_request()?;
        let (user, name, subject) = named(user)?;
        let room = self.present_name(room);
        let purge = Purge { room, user, name };
        self.ask(RequestBody::Purge(purge), RequestKind::Purge, subject);
        Ok(())
    }

    /// Gives a user a role, in a room or everywhere if it is empty:
    /// [`Event::Done`](super::Event::Done) is the answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `Empty`, `TooManyPending`.
    pub fn set_role(
        &mut self,
        user: Recipient<'_>,
        room: &str,
        role: Role,
    ) -> Result<(), SendError> {
        self.check_can_request()?;
        let (user, name, subject) = named(user)?;
        let set = SetRole {
            user,
            name,
            room: self.present_name(room),
            role: role.into(),
        };
        self.ask(RequestBody::SetRole(set), RequestKind::SetRole, subject);
        Ok(())
    }

    /// Asks for the moderators of a joined room:
    /// [`Event::ModeratorList`](super::Event::ModeratorList) is the answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `NotInRoom`, `TooManyPending`.
    pub fn list_moderators(&mut self, room: &str) -> Result<(), SendError> {
        self.check_can_request()?;
        let room = self.joined_room(room)?.view.name.clone();
        let list = ListModerators { room: room.clone() };
        self.ask(
            RequestBody::ListModerators(list),
            RequestKind::ListModerators,
            room,
        );
        Ok(())
    }

    /// Asks for the sanctions that hold in a room, or in all that the user moderates if it is
    /// empty: [`Event::SanctionList`](super::Event::SanctionList) is the answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooManyPending`.
    pub fn list_sanctions(&mut self, room: &str) -> Result<(), SendError> {
        self.check_can_request()?;
        let room = self.present_name(room);
        let list = ListSanctions { room: room.clone() };
        self.ask(
            RequestBody::ListSanctions(list),
            RequestKind::ListSanctions,
            room,
        );
        Ok(())
    }

    /// The name that a room has now, if the user wants it. A moderator may mean another one.
    fn present_name(&self, room: &str) -> String {
        let view = self.room(room).filter(|_| !room.is_empty());
        view.map_or_else(|| cut(room).into(), |view| view.name.clone())
    }
}
