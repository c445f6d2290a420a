//! The rooms of all threads by name, and which network holds each of them. `shared` calls
//! it, under its lock.
//!
//! A room that has members is held by the network whose client opened it, and each network
//! may hold its share. A room without members is kept for a while with its history; if there
//! are too many rooms, the network that holds most of these gives one up.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::limits::LOBBY;

use crate::network::Network;
use crate::sync::expiry::ExpiryQueue;
use crate::sync::tally::Tally;

use super::limits::RoomLimits;
use super::room_state::{Remaining, RoomHandle, RoomState};

/// The rooms of all threads.
#[derive(Debug)]
pub(crate) struct RoomDirectory {
    by_name: HashMap<Arc<str>, RoomEntry>,
    /// The rooms without members.
    empty: ExpiryQueue<Arc<str>>,
    /// How many rooms with members each network holds, the lobby aside.
    held: Tally,
    /// How many rooms were removed so far, by a part of the names' hashes. Whoever has read a
    /// room from a journal knows by that whether it may have been here meanwhile.
    removals: [u32; 64],
}

#[derive(Debug)]
struct RoomEntry {
    state: Arc<RoomState>,
    /// The network whose client opened the room, when it had no members.
    holder: Network,
    /// The key in [`RoomDirectory::empty`], if the room has no members.
    empty: Option<u64>,
    /// Whether the room stays without members, too.
    stays: bool,
}

/// The result of adding a room for an act.
#[derive(Debug)]
pub(crate) enum Added {
    /// The room.
    Room(Arc<RoomState>),
    /// Rooms like it were here since it was read, and it has to be read again.
    Changed,
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
    /// Whether there is a room with this name.
    pub(crate) fn has(&self, room: &str) -> bool {
        self.by_name.contains_key(room)
    }

    /// How often rooms were removed whose names are like this one in a part of their hashes.
    pub(crate) fn removals(&self, room: &str) -> u32 {
        self.removals[self.part(room)]
    }

    /// The room with this name, if it is in memory.
    pub(crate) fn get(&self, room: &str) -> Option<Arc<RoomState>> {
        self.by_name.get(room).map(|entry| Arc::clone(&entry.state))
    }

    /// Adds a room without members for an act, or returns the one that is here. `removals` is
    /// what [`RoomDirectory::removals`] was before the room was read.
    ///
    /// # Errors
    ///
    /// [`RoomsFull`].
    pub(crate) fn add(
        &mut self,
        room: &str,
        removals: u32,
        limits: &RoomLimits,
        now: Instant,
        create: impl FnOnce() -> RoomState,
    ) -> Result<Added, RoomsFull> {
        if let Some(state) = self.get(room) {
            return Ok(Added::Room(state));
        }
        if self.removals(room) != removals {
            return Ok(Added::Changed);
        }
        if self.by_name.len() >= limits.rooms {
            self.give_up_one(now)?;
        }
        let state = Arc::new(create());
        let name = Arc::clone(state.name());
        let entry = RoomEntry {
            state: Arc::clone(&state),
            holder: Network::LOOPBACK,
            empty: Some(self.empty.add(Arc::clone(&name), Network::LOOPBACK, now)),
            stays: false,
        };
        self.by_name.insert(name, entry);
        Ok(Added::Room(state))
    }

    /// Keeps a room that is here open, also without members.
    pub(crate) fn keep_open(&mut self, room: &str) {
        let Some(entry) = self.by_name.get_mut(room) else {
            return;
        };
        if entry.stays {
            return;
        }
        entry.stays = true;
        match entry.empty.take() {
            Some(key) => drop(self.empty.remove(key)),
            None if room != LOBBY => self.held.remove(entry.holder),
            None => {}
        }
        entry.holder = Network::LOOPBACK;
    }

    /// A room is kept as any other from now on.
    pub(crate) fn end_keep_open(&mut self, room: &str, now: Instant) {
        let Some(entry) = self.by_name.get_mut(room) else {
            return;
        };
        if !entry.stays {
            return;
        }
        entry.stays = false;
        if entry.state.open_threads().is_empty() {
            let name = Arc::clone(entry.state.name());
            entry.empty = Some(self.empty.add(name, entry.holder, now));
        } else {
            self.held.add(entry.holder);
        }
    }

    fn part(&self, room: &str) -> usize {
        let parts = self.removals.len() as u64;
        let part = self.by_name.hasher().hash_one(room) % parts;
        usize::try_from(part).expect("there are few parts")
    }

    fn remove(&mut self, room: &str) {
        let part = self.part(room);
        self.removals[part] = self.removals[part].wrapping_add(1);
        self.by_name.remove(room);
    }

    /// Adds the lobby, which stays without members, too.
    pub(crate) fn add_lobby(&mut self, lobby: RoomState) {
        let entry = RoomEntry {
            state: Arc::new(lobby),
            holder: Network::LOOPBACK,
            empty: None,
            stays: true,
        };
        self.by_name.insert(Arc::clone(entry.state.name()), entry);
    }

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
        now: Instant,
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
                self.give_up_one(now)?;
            }
            let state = Arc::new(create());
            let entry = RoomEntry {
                state: Arc::clone(&state),
                holder: network,
                empty: None,
                stays: false,
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
        if remaining == Remaining::Members || entry.stays {
            return;
        }
        if &**name != LOBBY {
            self.held.remove(entry.holder);
        }
        if remaining == Remaining::Lines {
            let key = self.empty.add(Arc::clone(name), entry.holder, now);
            entry.empty = Some(key);
        } else {
            self.remove(name);
        }
    }

    /// Removes the rooms that were empty for too long.
    pub(crate) fn sweep(&mut self, limits: &RoomLimits, now: Instant) {
        let mut needed = Vec::new();
        while let Some(room) = self.empty.pop_expired(limits.keep_empty, now) {
            needed.extend(self.remove_unless_needed(room));
        }
        self.keep(needed, now);
    }

    /// Removes a room without members, of the network that holds most of them.
    fn give_up_one(&mut self, now: Instant) -> Result<(), RoomsFull> {
        let mut needed = Vec::new();
        let mut is_removed = false;
        while !is_removed && let Some(room) = self.empty.pop_from_largest() {
            let kept = self.remove_unless_needed(room);
            is_removed = kept.is_none();
            needed.extend(kept);
        }
        self.keep(needed, now);
        is_removed.then_some(()).ok_or(RoomsFull::Server)
    }

    /// Removes a room without members, or returns it: lines that were said there are not
    /// decided yet.
    fn remove_unless_needed(&mut self, room: Arc<str>) -> Option<Arc<str>> {
        let entry = self.by_name.get(&room)?;
        if entry.state.has_undecided() {
            return Some(room);
        }
        self.remove(&room);
        None
    }

    /// Keeps rooms without members for a while.
    fn keep(&mut self, rooms: Vec<Arc<str>>, now: Instant) {
        for room in rooms {
            if let Some(entry) = self.by_name.get_mut(&room) {
                entry.empty = Some(self.empty.add(room, entry.holder, now));
            }
        }
    }

    /// All rooms, with and without members.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &Arc<RoomState>> {
        self.by_name.values().map(|entry| &entry.state)
    }
}

impl Default for RoomDirectory {
    fn default() -> Self {
        Self {
            by_name: HashMap::new(),
            empty: ExpiryQueue::default(),
            held: Tally::default(),
            removals: [0; 64],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ConnectionId, UserId};
    use crate::journal::memory::MemoryJournal;
    use crate::policy::{Pattern, Rule};
    use crate::shared::history::NewMessage;
    use crate::shared::mailbox::Mailboxes;
    use crate::shared::room_state::durable::{Durable, Speaking};

    /// A directory, and the limits that hold for it.
    struct Fixture {
        directory: RoomDirectory,
        limits: RoomLimits,
        /// If there is one, the rooms are durable.
        journal: Option<Arc<MemoryJournal>>,
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
                journal: None,
            }
        }

        fn open(&mut self, room: &str, address: &str) -> Result<RoomHandle, RoomsFull> {
            let limits = &self.limits;
            let rule = Arc::new(Rule::open(Pattern::ANY));
            let durable = self.journal.clone().map(|journal| Durable {
                journal,
                kept: None,
            });
            let create = || RoomState::new(room, Mailboxes::new(1), limits, &rule, durable);
            let state =
                (self.directory).open(room, network(address), limits, Instant::now(), create)?;
            Ok(RoomHandle::open(state, 0))
        }

        /// Opens a room, says a line there, and leaves it.
        fn leave_behind(&mut self, room: &str, address: &str) {
            let handle = self.open(room, address).unwrap();
            let mut frames = <[bytes::BytesMut; 3]>::default();
            let message = NewMessage::plain(UserId(1), "hi", 1);
            if handle.is_durable() {
                let speaking = Speaking {
                    connection: ConnectionId(1),
                    session: None,
                    changing: None,
                };
                handle.hand_over(speaking, &message);
            } else {
                handle.say(frames.each_mut(), &message);
            }
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
    fn a_room_with_lines_that_wait_is_not_removed() {
        let journal = MemoryJournal::new();
        let mut fixture = Fixture::new(2, 9);
        fixture.journal = Some(Arc::clone(&journal));
        fixture.leave_behind("a", "10.0.0.1");
        fixture.leave_behind("b", "10.0.0.1");
        let later = Instant::now() + fixture.limits.keep_empty * 2;
        fixture.directory.sweep(&fixture.limits, later);
        assert!(fixture.has("a") && fixture.has("b"));
        let refused = fixture.open("c", "10.0.0.1").unwrap_err();
        assert_eq!(refused, RoomsFull::Server);
        journal.decide_next(1);
        fixture.open("c", "10.0.0.1").unwrap();
        assert!(!fixture.has("a") && fixture.has("b"));
        journal.decide_next(1);
        let later = later + fixture.limits.keep_empty * 2;
        fixture.directory.sweep(&fixture.limits, later);
        assert!(!fixture.has("b"));
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
