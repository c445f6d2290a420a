//! Requests that the server refuses for now, and that the session sends again by itself: joins
//! and renames. (Messages are in `message`.)

use alloc::string::String;

use super::{Event, Session};
use guildhall_protocol::RequestError;

/// The longest wait before a request is sent again, in milliseconds.
const MOST_WAIT: u64 = 60_000;

/// The shortest time between two joins of a room that another epoch of it leads to, in
/// milliseconds.
const BETWEEN_EPOCHS: u64 = 5_000;

/// How often the shortest wait, of one second, doubles.
const MOST_DOUBLINGS: u32 = 5;

/// When to send again what was refused `times` before: when the server says, but each time
/// later.
pub(super) fn again_at(error: &RequestError, times: u32, now: u64) -> u64 {
    let least = 1_000 << times.min(MOST_DOUBLINGS);
    let wait = u64::from(error.retry_after).max(least).min(MOST_WAIT);
    now.saturating_add(wait)
}

impl Session {
    /// A room cannot be joined now.
    pub(super) fn delay_join(&mut self, index: usize, error: RequestError, now: u64) {
        let room = &mut self.rooms[index];
        room.joining = None;
        room.join_at = Some(again_at(&error, room.delays, now));
        room.delays = room.delays.saturating_add(1);
        let is_news = core::mem::replace(&mut room.delayed_by, error.code) != error.code;
        // To be in a room, and to be joining it for what was missed, is no news.
        if is_news && !room.view.joined {
            let room = room.view.name.clone();
            self.emit(Event::JoinDelayed { room, error });
        }
    }

    /// The server sends lines of another epoch of a room: the room has begun anew. At once, but
    /// a server that goes on so does not make the client join all the time.
    pub(super) fn join_other_epoch(&mut self, index: usize, now: u64) {
        let room = &mut self.rooms[index];
        if now < room.no_rejoin_before {
            room.join_at = Some(room.no_rejoin_before);
        } else {
            room.no_rejoin_before = now.saturating_add(BETWEEN_EPOCHS);
            self.request_join(index);
        }
    }

    /// The name cannot be changed now.
    pub(super) fn delay_rename(&mut self, name: String, error: RequestError, now: u64) {
        self.delayed_rename = Some((name.clone(), again_at(&error, 0, now)));
        self.emit(Event::RenameDelayed { name, error });
    }

    /// When the first of them is due.
    pub(super) fn delayed_until(&self) -> Option<u64> {
        let rename_at = self.delayed_rename.as_ref().map(|(_, until)| *until);
        let joins = self.rooms.iter().filter_map(|room| room.join_at);
        let marks = self.rooms.iter().filter_map(|room| room.mark.again_at());
        joins.chain(marks).chain(rename_at).min()
    }

    /// Sends what is due.
    pub(super) fn send_delayed(&mut self, now: u64) {
        let is_due = |(_, until): &mut (String, u64)| *until <= now;
        if let Some((name, _)) = self.delayed_rename.take_if(is_due) {
            self.request_rename(name);
        }
        for index in 0..self.rooms.len() {
            if self.rooms[index].join_at.is_some_and(|at| at <= now) {
                self.request_join(index);
            }
            if self.rooms[index].mark.is_due(now) {
                self.send_mark(index);
            }
        }
    }
}
