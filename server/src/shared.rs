//! What the network threads have in common: the connections' IDs, the users, the
//! directory of rooms, and mailboxes between threads.
//!
//! A thread owns its connections alone. What the threads share of one room is its
//! [`room_state`]'s to know.
//!
//! # The order of locks
//!
//! A thread that holds one of these may take one further down, and never one
//! further up. ARCHITECTURE.md has the same list.
//!
//! 1. the list of rooms ([`Shared::rooms`])
//! 2. the directory of rooms
//! 3. all users ([`users`])
//! 4. one user ([`user`]), or one room ([`room_state`])
//! 5. a mailbox ([`mailbox`]), or the register of connections

pub(crate) mod history;
pub(crate) mod inbox;
pub(crate) mod join;
pub(crate) mod limits;
pub(crate) mod mailbox;
pub(crate) mod name;
pub(crate) mod names;
pub(crate) mod presence;
pub(crate) mod request_log;
pub(crate) mod room_state;
pub(crate) mod user;
pub(crate) mod users;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::limits::LOBBY as LOBBY_NAME;
use guildhall_protocol::{Protocol, RoomInfo, RoomList};

use crate::ids::ConnectionId;
use crate::sync::expiry::ExpiryQueue;
use crate::sync::lock::Lock;
use crate::sync::registry::SharedCollection;

use self::mailbox::Mailboxes;
use self::presence::count;
use self::room_state::{Remaining, RoomHandle, RoomState};
use self::users::Users;

pub use self::limits::RoomLimits;

/// The room that every client without a subprotocol is in. There is always a
/// place for it among the rooms.
pub const LOBBY: &str = LOBBY_NAME;

/// The most rooms in one list.
const LISTED_ROOMS: usize = 100;

/// A list of the rooms serves everyone who asks within this time.
const LIST_FOR: Duration = Duration::from_secs(1);

/// What a server's network threads share.
#[derive(Debug)]
pub struct Shared {
    /// What the client of each connection speaks.
    connections: SharedCollection<Protocol>,
    users: Users,
    limits: RoomLimits,
    mailboxes: Mailboxes,
    directory: Lock<RoomDirectory>,
    list: Lock<Option<(Instant, RoomList)>>,
}

/// The rooms of all threads.
#[derive(Debug, Default)]
struct RoomDirectory {
    by_name: HashMap<Arc<str>, RoomEntry>,
    /// Those without members.
    empty: ExpiryQueue<Arc<str>>,
}

#[derive(Debug)]
struct RoomEntry {
    state: Arc<RoomState>,
    /// The key in [`RoomDirectory::empty`], if it has no members.
    empty: Option<u64>,
}

/// The server has as many rooms as it may have, and somebody is in each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are as many rooms as there may be")]
pub struct RoomsFull;

impl Shared {
    /// What this many threads share.
    ///
    /// # Panics
    ///
    /// If there is not even one thread.
    #[must_use]
    pub fn new(threads: usize, limits: RoomLimits) -> Arc<Self> {
        assert!(threads > 0, "a server has a thread");
        Arc::new(Self {
            connections: SharedCollection::new(),
            users: Users::new(limits.resume_within, limits.away),
            limits,
            mailboxes: Mailboxes::new(threads),
            directory: Lock::default(),
            list: Lock::default(),
        })
    }

    /// What rooms and sessions may grow to.
    #[must_use]
    pub fn limits(&self) -> &RoomLimits {
        &self.limits
    }

    /// Everyone with a session.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// The threads' mailboxes.
    pub(crate) fn mailboxes(&self) -> &Mailboxes {
        &self.mailboxes
    }

    /// Adds a connection, and gives it its ID.
    pub(crate) fn add_connection(&self, protocol: Protocol) -> ConnectionId {
        ConnectionId(self.connections.add(protocol))
    }

    /// Removes a connection.
    pub(crate) fn remove_connection(&self, id: ConnectionId) {
        self.connections.remove(id.0);
    }

    /// What the client of this connection speaks, if it is connected.
    pub(crate) fn protocol_of(&self, id: ConnectionId) -> Option<Protocol> {
        self.connections.get(id.0)
    }

    /// Opens a room for the thread whose first member joins it. Creates the room if
    /// it does not exist.
    ///
    /// # Errors
    ///
    /// [`RoomsFull`].
    pub(crate) fn open_room(&self, room: &str, thread: usize) -> Result<RoomHandle, RoomsFull> {
        let directory = &mut *self.directory.lock();
        if let Some(entry) = directory.by_name.get_mut(room) {
            if let Some(key) = entry.empty.take() {
                directory.empty.remove(key);
            }
            return Ok(RoomHandle::open(Arc::clone(&entry.state), thread));
        }
        if directory.by_name.len() >= self.limits.rooms && room != LOBBY {
            let longest_empty = directory.empty.pop().ok_or(RoomsFull)?;
            directory.by_name.remove(&longest_empty);
        }
        let state = RoomState::new(room, self.mailboxes.clone(), self.limits.history);
        let state = Arc::new(state);
        let entry = RoomEntry {
            state: Arc::clone(&state),
            empty: None,
        };
        directory.by_name.insert(Arc::clone(state.name()), entry);
        Ok(RoomHandle::open(state, thread))
    }

    /// Closes the room of a thread whose last member has left it. A room that is
    /// empty now keeps its history for a while; one without history goes at once.
    pub(crate) fn close_room(&self, room: &RoomHandle, now: Instant) {
        let directory = &mut *self.directory.lock();
        match room.close() {
            Remaining::Members => {}
            Remaining::Lines => {
                if let Some(entry) = directory.by_name.get_mut(room.name()) {
                    entry.empty = Some(directory.empty.add(Arc::clone(room.name()), now));
                }
            }
            Remaining::Nothing => {
                directory.by_name.remove(room.name());
            }
        }
    }

    /// Forgets the rooms that were empty and the sessions that were away for too
    /// long. One thread calls it, about once a second.
    pub fn sweep(&self, now: Instant) {
        self.users.sweep(now);
        let directory = &mut *self.directory.lock();
        while let Some(room) = directory.empty.pop_late(self.limits.keep_empty, now) {
            directory.by_name.remove(&room);
        }
    }

    /// The rooms with members, those with the most first.
    #[must_use]
    pub fn rooms(&self, now: Instant) -> RoomList {
        let mut list = self.list.lock();
        if let Some((made, list)) = &*list
            && now.saturating_duration_since(*made) < LIST_FOR
        {
            return list.clone();
        }
        let directory = self.directory.lock();
        let mut rooms: Vec<RoomInfo> = directory
            .by_name
            .values()
            .map(|RoomEntry { state, .. }| RoomInfo {
                room: state.name().to_string(),
                count: count(state.members()),
            })
            .filter(|room| room.count > 0)
            .collect();
        drop(directory);
        let total = count(rooms.len());
        rooms.sort_by(|one, other| {
            (Reverse(one.count), &one.room).cmp(&(Reverse(other.count), &other.room))
        });
        rooms.truncate(LISTED_ROOMS);
        let made = RoomList { rooms, total };
        *list = Some((now, made.clone()));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::shared::history::NewMessage;
    use crate::shared::join::Position;

    fn shared(rooms: usize) -> Arc<Shared> {
        let limits = RoomLimits {
            rooms,
            ..RoomLimits::default()
        };
        Shared::new(1, limits)
    }

    fn say(handle: &RoomHandle) {
        let mut frames = <[bytes::BytesMut; 2]>::default();
        let message = NewMessage::plain(UserId(1), "hi", 1);
        handle.say(frames.each_mut(), &message);
    }

    #[test]
    fn an_empty_room_keeps_its_history_for_a_while() {
        let (shared, start) = (shared(10), Instant::now());
        let handle = shared.open_room("hall", 0).unwrap();
        say(&handle);
        shared.close_room(&handle, start);
        let keep = shared.limits().keep_empty;
        shared.sweep(start + keep / 2);
        let again = shared.open_room("hall", 0).unwrap();
        let page = |handle: &RoomHandle| handle.page(Position::default(), 9, 999, 1);
        assert_eq!(page(&again).lines.len(), 1);
        shared.sweep(start + keep * 2);
        shared.close_room(&again, start + keep * 2);
        shared.sweep(start + keep * 3);
        assert!(shared.directory.lock().by_name.is_empty());
        let anew = shared.open_room("hall", 0).unwrap();
        assert!(page(&anew).lines.is_empty());
        assert_ne!(page(&anew).epoch, page(&again).epoch, "another epoch");
    }

    #[test]
    fn the_longest_empty_room_goes_if_rooms_are_full() {
        let (shared, now) = (shared(2), Instant::now());
        let handles = ["a", "b"].map(|room| shared.open_room(room, 0).unwrap());
        assert_eq!(shared.open_room("c", 0).unwrap_err(), RoomsFull);
        assert!(shared.open_room("a", 0).is_ok(), "it is there already");
        for handle in &handles {
            say(handle);
        }
        shared.close_room(&handles[1], now);
        shared.close_room(&handles[0], now + LIST_FOR);
        assert!(shared.open_room("c", 0).is_ok());
        let known = &shared.directory.lock().by_name;
        assert!(known.contains_key("a") && !known.contains_key("b"));
    }
}
