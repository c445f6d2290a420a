//! The packets that the server sends unasked about this client's rights: the client is not in a
//! room any more, a room has other settings, the client has another name. This file also keeps
//! the time when the user may say the next thing.

use alloc::boxed::Box;
use alloc::string::String;

use super::{Event, Session, sanctions};
use crate::RequestId;
use guildhall_protocol::{
    Rejected, Removed, ReportDecided, RequestError, RoomChanged, RoomSettings, ServerBody,
};

/// Of the rooms that tokens name, the session joins so many.
const MOST_GIVEN_ROOMS: usize = 64;

impl Session {
    /// A packet that the server sends unasked, while online.
    pub(super) fn pushed(&mut self, body: ServerBody, now: u64) {
        match body {
            ServerBody::Renamed(it) if !it.name.is_empty() => self.renamed(it.name),
            ServerBody::Sanctions(all) => self.set_sanctions(all.sanctions, now),
            ServerBody::Rejected(rejected) => self.rejected(rejected),
            ServerBody::Blocks(blocks) => self.set_blocks(blocks.users),
            ServerBody::ReportDecided(ReportDecided { id, acted, words }) => {
                self.emit(Event::ReportDecided { id, acted, words });
            }
            ServerBody::Moved(moved) => self.moved(moved),
            // A later server may send packets that this client does not know.
            _ => {}
        }
    }

    /// A moderator has rejected what has waited: in this session or in another one.
    fn rejected(&mut self, rejected: Rejected) {
        let Rejected {
            room,
            nonce,
            session,
            words,
        } = rejected;
        let (nonce, session) = (RequestId(nonce), self.own().session_or_id(session));
        if self.messages.is_held(nonce, session) {
            let events = &mut self.events;
            self.messages
                .rejected(nonce, words, |event| events.push_back(event));
        } else {
            self.emit(Event::Rejected { room, words });
        }
    }

    /// The client is not in a room any more.
    pub(super) fn removed(&mut self, removed: Removed) {
        let Some(index) = self.settled_index(&removed.room) else {
            return;
        };
        let room = self.rooms.remove(index).view.name;
        self.given_rooms.retain(|given| *given != room);
        let reason = removed.reason();
        let sanction = removed.sanction.map(|it| Box::new(sanctions::bounded(it)));
        self.emit(Event::Removed {
            room,
            reason,
            sanction,
        });
        self.fail_in_unwanted_rooms();
    }

    pub(super) fn room_changed(&mut self, changed: RoomChanged) {
        if let Some(index) = self.joined_index(&changed.room) {
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
