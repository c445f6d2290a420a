//! Rooms that the game puts the client into.

use super::room::{Room, cut};
use super::{Event, Session};
use guildhall_protocol::Moved;

/// So many rooms the client is in at the most if the game puts it into another one.
const MOST_ROOMS: usize = 256;

impl Session {
    /// The game has put the client into a room: it is in it as after a join, and in `from` no
    /// more.
    pub(super) fn moved(&mut self, moved: Moved) {
        let Moved { from, joined } = moved;
        let joined = joined.unwrap_or_default();
        let room = joined.room.clone();
        if room.is_empty() || cut(&room) != room || from == room {
            return;
        }
        let is_left = self.joined_index(&from);
        if self.rooms.len() - usize::from(is_left.is_some()) >= MOST_ROOMS {
            return;
        }
        let from = match is_left {
            Some(index) => self.rooms.remove(index).view.name,
            None => from,
        };
        self.given_rooms.retain(|given| *given != from);
        self.emit(Event::Moved {
            from: from.clone(),
            room: room.clone(),
        });
        if is_left.is_some() {
            self.emit(Event::Left { room: from });
        }
        let is_it = |it: &Room| it.view.name == room;
        let index = self.rooms.iter().position(is_it).unwrap_or_else(|| {
            self.rooms.push(Room::new(&room));
            self.rooms.len() - 1
        });
        // The answer to a Join that is on its way says the same, for the position in it.
        if self.rooms[index].joining.is_none() {
            self.take_room(index, room, joined);
        }
        self.fail_in_unwanted_rooms();
    }
}
