//! The parts of a session that can be read at any time.

use core::fmt;

use super::room::{Room, cut};
use super::{RoomView, Session, State};
use crate::UserId;
use guildhall_protocol::Limits;

impl Session {
    /// The state of the connection.
    #[must_use]
    pub fn state(&self) -> &State {
        self.link.state()
    }

    /// The client's ID; `None` before the first Welcome.
    #[must_use]
    pub fn id(&self) -> Option<UserId> {
        self.id
    }

    /// The client's name; before the first Welcome, the one that the user wants.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that the user has chosen, and wants again when it comes back; empty: none, so it has
    /// what the server gives it.
    #[must_use]
    pub fn chosen_name(&self) -> &str {
        &self.chosen_name
    }

    /// The user's account: the token's `sub`. Empty: a guest.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.account.user
    }

    /// The user's looks, which others see beside the name: see [`Info`](crate::info::Info).
    #[must_use]
    pub fn info(&self) -> &str {
        &self.account.info
    }

    /// The number of this session among those of the user; 0 before the first Welcome.
    #[must_use]
    pub fn session_number(&self) -> u64 {
        self.account.session
    }

    /// Whether the user may choose another name, as the last Welcome says; false before it.
    #[must_use]
    pub fn may_rename(&self) -> bool {
        self.account.may_rename
    }

    /// The server's limits; before the first Welcome, those that a server usually has.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The rooms that the user wants to be in, in the order of [`join`](Self::join).
    pub fn rooms(&self) -> impl Iterator<Item = &RoomView> {
        self.rooms.iter().map(|room| &room.view)
    }

    /// A room that the user wants to be in.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<&RoomView> {
        let index = self.room_index(name)?;
        Some(&self.rooms[index].view)
    }

    /// The client that sent the last whisper: ID and name.
    #[must_use]
    pub fn last_whisperer(&self) -> Option<(UserId, &str)> {
        let (id, name) = self.last_whisperer.as_ref()?;
        Some((*id, name))
    }

    /// The number of the last whisper of another user to this session; 0: there was none.
    #[must_use]
    pub fn last_whisper(&self) -> u64 {
        self.last_heard
    }

    /// The index of the joined room that the server calls by this name.
    pub(super) fn joined_index(&self, name: &str) -> Option<usize> {
        let is_it = |room: &Room| room.view.joined && room.view.name == name;
        self.rooms.iter().position(is_it)
    }

    /// The same, unless a Join for it has no answer yet.
    pub(super) fn settled_index(&self, name: &str) -> Option<usize> {
        let index = self.joined_index(name)?;
        self.rooms[index].joining.is_none().then_some(index)
    }

    pub(super) fn room_index(&self, name: &str) -> Option<usize> {
        let name = cut(name);
        // By its present name first: another room may have been requested by this name.
        let by_name = self.rooms.iter().position(|room| room.view.name == name);
        by_name.or_else(|| self.rooms.iter().position(|room| room.is_called(name)))
    }
}

/// Without what is secret: the user's token, and what resumes the session.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("state", self.state())
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
