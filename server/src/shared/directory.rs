//! The rooms of all threads by name, and which network holds each of them. `shared` calls
//! it, under its lock.
//!
//! A room that has members is held by the network whose client opened it, and each network
//! may hold its share. A room without members is kept for a while with its history; if there
//! are too many rooms, the network that holds most of these gives one up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::limits::LOBBY;

use crate::network::Network;
use crate::sync::expiry::ExpiryQueue;
use crate::sync::tally::Tally;

use super::limits::RoomLimits;
use super::room_state::{Remaining, RoomHandle, RoomState};

/// The rooms of all threads.
#[derive(Debug, Default)]
pub(crate) struct RoomDirectory {
    by_name: HashMap<Arc<str>, RoomEntry>,
    /// The rooms without members.
    empty: ExpiryQueue<Arc<str>>,
    /// How many rooms with members each network holds, the lobby aside.
    held: Tally,
}

#[derive(Debug)]
struct RoomEntry {
    state: Arc<RoomState>,
    /// The network whose client opened the room, when it had no members.
    holder: Network,
    /// The key in [`RoomDirectory::empty`], if the room has no members.
    empty: Option<u64>,
}

/// Why a room is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomsFull {
    /// The server has the most rooms that it may have, and each of them has members.
    #[error("there are as many rooms as there may be")]
    Server,
    /// The client's address holds as many rooms as it may.
    #[error("the address holds as many rooms as it may")]
    Address,
}

impl RoomDirectory {
    /// Returns the room with this name, for a client of `network` that joins it. Calls
    /// `create` if it does not exist. The lobby always has a place.
    ///
    /// # Errors
    ///
    /// [`RoomsFull`].
    pub(crate) fn open(
        &mut self,
        room: &str,
        network: Network,
        limits: &RoomLimits,
        create: impl FnOnce() -> RoomState,
    ) -> Result<Arc<RoomState>, RoomsFull> {
        let entry = self.by_name.get_mut(room);
        if let Some(RoomEntry {
            state, empty: None, ..
        }) = entry
        {
            return Ok(Arc::clone(state));
        }
        let is_lobby = room == LOBBY;
        if !is_lobby && !self.held.has_place(network, limits.rooms_per_address) {
            return Err(RoomsFull::Address);
        }
        let state = if let Some(entry) = entry {
            entry.holder = network;
            if let Some(key) = entry.empty.take() {
                self.empty.remove(key);
            }
            Arc::clone(&entry.state)
        } else {
            if !is_lobby && self.by_name.len() >= limits.rooms {
                let given_up = self.empty.pop_from_largest().ok_or(RoomsFull::Server)?;
                self.by_name.remove(&given_up);
            }
            let state = Arc::new(create());
            let entry = RoomEntry {
                state: Arc::clone(&state),
                holder: network,
                empty: None,
            };
            self.by_name.insert(Arc::clone(state.name()), entry);
            state
        };
        if !is_lobby {
            self.held.add(network);
        }
        Ok(state)
    }

    /// Closes a room for the thread whose last member has left it. A room that is empty
    /// then is kept for a while with its history, and removed at once if it has none.
    pub(crate) fn close(&mut self, room: &RoomHandle, now: Instant) {
        let remaining = room.close();
        let name = room.name();
        let Some(entry) = self.by_name.get_mut(name) else {
            return;
        };
        if remaining == Remaining::Members {
            return;
        }
        if &**name != LOBBY {
            self.held.remove(entry.holder);
        }
        if remaining == Remaining::Lines {
            let key = self.empty.add(Arc::clone(name), entry.holder, now);
            entry.empty = Some(key);
        } else {
            self.by_name.remove(name);
        }
    }

    /// Removes the rooms that were empty for too long.
    pub(crate) fn sweep(&mut self, limits: &RoomLimits, now: Instant) {
        while let Some(room) = self.empty.pop_expired(limits.keep_empty, now) {
            self.by_name.remove(&room);
        }
    }

    /// All rooms, with and without members.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &Arc<RoomState>> {
        self.by_name.values().map(|entry| &entry.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::policy::{Pattern, Rule};
    use crate::shared::history::NewMessage;
    use crate::shared::mailbox::Mailboxes;

    /// A directory, and the limits that hold for it.
    struct Fixture {
        directory: RoomDirectory,
        limits: RoomLimits,
    }

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    impl Fixture {
        fn new(rooms: usize, rooms_per_address: usize) -> Self {
            Self {
                directory: RoomDirectory::default(),
                limits: RoomLimits {
                    rooms,
                    rooms_per_address,
                    ..RoomLimits::default()
                },
            }
        }

        fn open(&mut self, room: &str, address: &str) -> Result<RoomHandle, RoomsFull> {
            let limits = &self.limits;
            let rule = Arc::new(Rule::open(Pattern::ANY));
            let create = || RoomState::new(room, Mailboxes::new(1), limits, &rule);
            let state = (self.directory).open(room, network(address), limits, create)?;
            Ok(RoomHandle::open(state, 0))
        }

        /// Opens a room, says a line there, and leaves it.
        fn leave_behind(&mut self, room: &str, address: &str) {
            let handle = self.open(room, address).unwrap();
            let mut frames = <[bytes::BytesMut; 3]>::default();
            let message = NewMessage::plain(UserId(1), "hi", 1);
            handle.say(frames.each_mut(), &message);
            self.directory.close(&handle, Instant::now());
        }

        fn has(&self, room: &str) -> bool {
            self.directory.by_name.contains_key(room)
        }
    }

    #[test]
    fn an_address_holds_no_more_than_its_share_of_rooms() {
        let mut fixture = Fixture::new(10, 2);
        let kept = fixture.open("a", "10.0.0.1").unwrap();
        fixture.open("b", "10.0.0.1").unwrap();
        let refused = |fixture: &mut Fixture, room| fixture.open(room, "10.0.0.1").unwrap_err();
        assert_eq!(refused(&mut fixture, "c"), RoomsFull::Address);
        // The lobby, and rooms that others hold, count for nobody.
        assert!(fixture.open(LOBBY, "10.0.0.1").is_ok());
        fixture.open("theirs", "10.0.0.2").unwrap();
        assert!(fixture.open("theirs", "10.0.0.1").is_ok());
        fixture.directory.close(&kept, Instant::now());
        assert!(fixture.open("c", "10.0.0.1").is_ok());
        // A room without members counts for whoever opens it again.
        fixture.leave_behind("d", "10.0.0.3");
        assert_eq!(refused(&mut fixture, "d"), RoomsFull::Address);
        assert!(fixture.open("d", "10.0.0.4").is_ok());
    }

    #[test]
    fn a_full_directory_gives_up_rooms_of_the_address_that_left_most_behind() {
        let mut fixture = Fixture::new(4, 9);
        fixture.leave_behind("honest", "10.0.0.1");
        for room in ["a", "b", "c"] {
            fixture.leave_behind(room, "10.0.0.9");
        }
        fixture.open("new", "10.0.0.2").unwrap();
        assert!(fixture.has("honest") && fixture.has("new") && !fixture.has("a"));
        fixture.open("newer", "10.0.0.2").unwrap();
        assert!(fixture.has("honest") && !fixture.has("b"));
        for room in ["newest", "last"] {
            fixture.open(room, "10.0.0.2").unwrap();
        }
        let refused = fixture.open("one too many", "10.0.0.2").unwrap_err();
        assert_eq!(refused, RoomsFull::Server);
        assert!(fixture.open(LOBBY, "10.0.0.2").is_ok());
    }
}
