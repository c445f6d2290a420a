//! What the server says unasked of this client's rights: rooms that it is not in any more,
//! settings that hold in a room now, another name. And what follows from them: when the user
//! may say the next thing.

use alloc::string::String;

use super::room::Room;
use super::{Event, Session};
use guildhall_protocol::{Removed, RequestError, RoomChanged, RoomSettings};

/// Of the rooms that tokens name, the session joins so many.
const MOST_GIVEN_ROOMS: usize = 64;

impl Session {
    /// The client is not in a room any more.
    pub(super) fn removed(&mut self, removed: &Removed) {
        let is_it = |room: &Room| {
            room.view.name == removed.room && room.view.joined && room.joining.is_none()
        };
        let Some(index) = self.rooms.iter().position(is_it) else {
            return;
        };
        let room = self.rooms.remove(index).view.name;
        self.given_rooms.retain(|given| *given != room);
        let reason = removed.reason();
        self.emit(Event::Removed { room, reason });
        self.fail_in_unwanted_rooms();
    }

    pub(super) fn room_changed(&mut self, changed: RoomChanged) {
        let is_it = |room: &Room| room.view.name == changed.room && room.view.joined;
        if let Some(index) = self.rooms.iter().position(is_it) {
            self.set_settings(index, changed.settings);
        }
    }

    /// These settings hold in a room now.
    pub(super) fn set_settings(&mut self, index: usize, settings: Option<RoomSettings>) {
        if self.rooms[index].set_settings(settings.unwrap_or_default()) {
            let room = self.rooms[index].view.name.clone();
            self.emit(Event::RoomChanged { room });
        }
    }

    /// The client has another name, and did not ask for one. A guest did not want it.
    pub(super) fn renamed(&mut self, name: String) {
        self.chosen_name.clear();
        if !self.account.user.is_empty() {
            self.chosen_name.clone_from(&name);
        }
        self.name.clone_from(&name);
        self.emit(Event::RenamedSelf(name));
    }

    /// The user has said something in a room, in this session or in another one.
    pub(super) fn said(&mut self, index: usize, now: u64) {
        let wait = self.rooms[index].view.settings.slow_mode;
        if wait > 0 {
            self.wait_to_say(index, wait, now);
        }
    }

    /// The server says that a say has to wait.
    pub(super) fn slowed(&mut self, error: &RequestError, now: u64) {
        let room = error.arguments.first().map_or("", String::as_str);
        if let Some(index) = self.room_index(room) {
            self.wait_to_say(index, error.retry_after, now);
        }
    }

    fn wait_to_say(&mut self, index: usize, wait: u32, now: u64) {
        let until = now.saturating_add(wait.into());
        let view = &mut self.rooms[index].view;
        if core::mem::replace(&mut view.may_say_at, until) != until {
            let room = view.name.clone();
            self.emit(Event::SlowMode { room, until });
        }
    }

    /// The token names these rooms: the client wants each of them, unless it has wanted it
    /// before and has left it.
    pub(super) fn give_rooms(&mut self, rooms: &[String]) {
        for room in rooms {
            if self.given_rooms.len() < MOST_GIVEN_ROOMS && !self.given_rooms.contains(room) {
                self.given_rooms.push(room.clone());
                self.join(room);
            }
        }
    }
}
