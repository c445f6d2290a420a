//! What the network threads share: the registry of connections, the users, the directory
//! of rooms, and the threads' mailboxes. Hubs and sessions call it.
//!
//! Each connection belongs to one thread alone. [`room_state`] has what the threads share
//! of one room.
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
//! 5. one session of a user ([`user::session`])
//! 6. a mailbox ([`mailbox`]), or the registry of connections

pub(crate) mod budget;
pub(crate) mod directory;
pub(crate) mod history;
pub(crate) mod inbox;
pub(crate) mod join;
pub(crate) mod limits;
pub(crate) mod mailbox;
pub(crate) mod name;
pub(crate) mod names;
pub(crate) mod presence;
pub(crate) mod rates;
pub(crate) mod request_log;
pub(crate) mod room_state;
pub(crate) mod settings;
pub(crate) mod user;
pub(crate) mod users;

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use guildhall_protocol::limits::LOBBY as LOBBY_NAME;
use guildhall_protocol::{Message as _, Protocol, RoomInfo, RoomList};

use crate::accounts::AccountsConfig;
use crate::ids::ConnectionId;
use crate::network::Network;
use crate::sync::lock::Lock;
use crate::sync::registry::SharedCollection;

use self::directory::RoomDirectory;
use self::mailbox::Mailboxes;
use self::presence::count;
use self::rates::RateLimits;
use self::room_state::{RoomHandle, RoomState};
use self::settings::AccountSettings;
use self::users::Users;

pub(crate) use self::directory::RoomsFull;
pub use self::limits::RoomLimits;
pub use self::rates::Rates;

/// The room that every client of the tutorial is in. The limit on rooms does not apply to
/// it.
pub const LOBBY: &str = LOBBY_NAME;

/// The most rooms in a list of rooms.
const LISTED_ROOMS: usize = 100;

/// How long one list of rooms answers all requests for it.
const LIST_FOR: Duration = Duration::from_secs(1);

/// What a server's network threads share.
#[derive(Debug)]
pub struct Shared {
    /// The protocol of each connection.
    connections: SharedCollection<Protocol>,
    users: Users,
    accounts: AccountSettings,
    limits: RoomLimits,
    rates: RateLimits,
    mailboxes: Mailboxes,
    directory: Lock<RoomDirectory>,
    /// The last list of rooms, encoded as a reply's result is, and when it was made.
    list: Lock<Option<(Instant, Bytes)>>,
}

impl Shared {
    /// Creates what this many threads share. Users may ask for everything as often as they
    /// like, until [`Shared::set_rates`].
    ///
    /// # Panics
    ///
    /// If `threads` is 0.
    #[must_use]
    pub fn new(threads: usize, limits: RoomLimits) -> Arc<Self> {
        assert!(threads > 0, "a server has at least one thread");
        Arc::new(Self {
            connections: SharedCollection::new(),
            users: Users::new(&limits),
            accounts: AccountSettings::default(),
            limits,
            rates: RateLimits::off(),
            mailboxes: Mailboxes::new(threads),
            directory: Lock::default(),
            list: Lock::default(),
        })
    }

    /// The limits of rooms and sessions.
    #[must_use]
    pub fn limits(&self) -> &RoomLimits {
        &self.limits
    }

    /// How often users may ask for what, from now on.
    pub fn set_rates(&self, rates: &Rates) {
        self.rates.set(rates);
    }

    /// How often users may ask for what.
    pub(crate) fn rates(&self) -> &RateLimits {
        &self.rates
    }

    /// All users with a session.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// Replaces the settings of accounts.
    pub fn set_accounts(&self, config: AccountsConfig) {
        self.accounts.replace(config);
    }

    /// The settings of accounts.
    pub(crate) fn accounts(&self) -> &AccountSettings {
        &self.accounts
    }

    /// The threads' mailboxes.
    pub(crate) fn mailboxes(&self) -> &Mailboxes {
        &self.mailboxes
    }

    /// Adds a connection, and returns its ID.
    pub(crate) fn add_connection(&self, protocol: Protocol) -> ConnectionId {
        ConnectionId(self.connections.add(protocol))
    }

    /// Removes a connection.
    pub(crate) fn remove_connection(&self, id: ConnectionId) {
        self.connections.remove(id.0);
    }

    /// The protocol of this connection. `None` if there is no such connection now.
    pub(crate) fn protocol_of(&self, id: ConnectionId) -> Option<Protocol> {
        self.connections.get(id.0)
    }

    /// Opens a room for the thread whose first member joins it, a client of `network`.
    /// Creates the room if it does not exist.
    ///
    /// # Errors
    ///
    /// [`RoomsFull`].
    pub(crate) fn open_room(
        &self,
        room: &str,
        thread: usize,
        network: Network,
    ) -> Result<RoomHandle, RoomsFull> {
        let create = || RoomState::new(room, self.mailboxes.clone(), &self.limits);
        let mut directory = self.directory.lock();
        let state = directory.open(room, network, &self.limits, create)?;
        // Under the lock, so that the room is not closed meanwhile.
        Ok(RoomHandle::open(state, thread))
    }

    /// Closes a room for the thread whose last member has left it. A room that is empty
    /// then is kept for a while with its history, and removed at once if it has none.
    pub(crate) fn close_room(&self, room: &RoomHandle, now: Instant) {
        self.directory.lock().close(room, now);
    }

    /// Removes the rooms that were empty for too long, and ends the sessions that were
    /// without a connection for too long. One thread calls it, about once a second.
    pub fn sweep(&self, now: Instant) {
        self.users.sweep(now);
        self.directory.lock().sweep(&self.limits, now);
    }

    /// Returns a [`RoomList`] of the rooms that have members, those with the most members
    /// first, encoded as a reply's result is. It may be a second old.
    #[must_use]
    pub fn rooms(&self, now: Instant) -> Bytes {
        let mut list = self.list.lock();
        if let Some((made, list)) = &*list
            && now.saturating_duration_since(*made) < LIST_FOR
        {
            return list.clone();
        }
        let directory = self.directory.lock();
        let mut rooms: Vec<_> = directory
            .rooms()
            .map(|room| (Reverse(room.members()), Arc::clone(room.name())))
            .filter(|(members, _)| members.0 > 0)
            .collect();
        drop(directory);
        let total = count(rooms.len());
        if rooms.len() > LISTED_ROOMS {
            rooms.select_nth_unstable(LISTED_ROOMS);
            rooms.truncate(LISTED_ROOMS);
        }
        rooms.sort_unstable();
        let rooms = rooms.into_iter().map(|(Reverse(members), name)| RoomInfo {
            room: name.to_string(),
            count: count(members),
        });
        let rooms = rooms.collect();
        let made: Bytes = RoomList { rooms, total }.encode_to_vec().into();
        *list = Some((now, made.clone()));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::outgoing::frame;
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
        let open = || shared.open_room("red", 0, Network::LOOPBACK).unwrap();
        let handle = open();
        say(&handle);
        shared.close_room(&handle, start);
        let keep = shared.limits().keep_empty;
        shared.sweep(start + keep / 2);
        let again = open();
        let page = |handle: &RoomHandle| handle.page(Position::default(), 9, 999, 1);
        assert_eq!(frame::lines(&page(&again).frames).len(), 1);
        shared.sweep(start + keep * 2);
        shared.close_room(&again, start + keep * 2);
        shared.sweep(start + keep * 3);
        assert_eq!(shared.directory.lock().rooms().count(), 0);
        let created_again = open();
        assert!(page(&created_again).frames.is_empty());
        assert_ne!(page(&created_again).epoch, page(&again).epoch);
    }

    #[test]
    fn the_longest_empty_room_is_removed_if_there_are_too_many() {
        let (shared, now) = (shared(2), Instant::now());
        let open = |room| shared.open_room(room, 0, Network::LOOPBACK);
        let handles = ["a", "b"].map(|room| open(room).unwrap());
        assert_eq!(open("c").unwrap_err(), RoomsFull::Server);
        assert!(open("a").is_ok(), "the room exists already");
        for handle in &handles {
            say(handle);
        }
        shared.close_room(&handles[1], now);
        shared.close_room(&handles[0], now + LIST_FOR);
        assert!(open("c").is_ok());
        let directory = shared.directory.lock();
        let mut known: Vec<_> = directory.rooms().map(|room| room.name().as_ref()).collect();
        known.sort_unstable();
        assert_eq!(known, ["a", "c"]);
    }
}
