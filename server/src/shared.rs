//! What the network threads share: the registry of connections, the users, the directory
//! of rooms and their rules, and the threads' mailboxes. Hubs and sessions call it.
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
pub(crate) mod presence;
pub(crate) mod rates;
pub(crate) mod request_log;
mod room_list;
pub(crate) mod room_state;
pub(crate) mod settings;
pub(crate) mod slow_mode;
pub(crate) mod subscriber_kind;
pub(crate) mod user;
pub(crate) mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::Protocol;
use guildhall_protocol::limits::LOBBY as LOBBY_NAME;

use crate::accounts::AccountsConfig;
use crate::ids::ConnectionId;
use crate::network::Network;
use crate::policy::{Rights, Rule, Rules};
use crate::sync::lock::Lock;
use crate::sync::registry::SharedCollection;

use self::directory::RoomDirectory;
use self::mailbox::Mailboxes;
use self::rates::RateLimits;
use self::room_list::{Listed, RoomLists};
use self::room_state::{RoomHandle, RoomState};
use self::settings::AccountSettings;
use self::users::Users;

pub(crate) use self::directory::RoomsFull;
pub use self::limits::RoomLimits;
pub use self::rates::Rates;

/// The room that every client of the tutorial is in. The limit on rooms does not apply to
/// it.
pub const LOBBY: &str = LOBBY_NAME;

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
    /// The last lists of rooms.
    lists: Lock<Option<Arc<RoomLists>>>,
    /// The rules of rooms.
    rules: Lock<Arc<Rules>>,
    /// Counts how often there were other rules, so that a thread sees without the lock that
    /// there are.
    rules_version: AtomicU32,
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
            lists: Lock::default(),
            rules: Lock::default(),
            rules_version: AtomicU32::new(0),
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

    /// The rules of rooms, and their version.
    pub(crate) fn rules(&self) -> (Arc<Rules>, u32) {
        let rules = self.rules.lock();
        (
            Arc::clone(&rules),
            self.rules_version.load(Ordering::Relaxed),
        )
    }

    /// The version of the rules.
    pub(crate) fn rules_version(&self) -> u32 {
        self.rules_version.load(Ordering::Relaxed)
    }

    /// Replaces the rules of rooms. Returns whether any rule is another one. Then the caller
    /// has to make each thread take them over: [`Hub::take_rules`](crate::hub::Hub::take_rules).
    pub fn set_rules(&self, rules: Rules) -> bool {
        let mut current = self.rules.lock();
        let rules = rules.in_place_of(&current);
        if rules == **current {
            return false;
        }
        *current = Arc::new(rules);
        self.rules_version.fetch_add(1, Ordering::Relaxed);
        true
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
    /// Creates the room if it does not exist, with this rule.
    ///
    /// # Errors
    ///
    /// [`RoomsFull`].
    pub(crate) fn open_room(
        &self,
        room: &str,
        thread: usize,
        network: Network,
        rule: &Arc<Rule>,
    ) -> Result<RoomHandle, RoomsFull> {
        let create = || RoomState::new(room, self.mailboxes.clone(), &self.limits, rule);
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

    /// Returns a [`RoomList`](guildhall_protocol::RoomList) of the rooms that have members and
    /// that a user with these rights finds, those with the most members first, encoded as a
    /// reply's result is. It may be a second old.
    #[must_use]
    pub fn rooms(&self, rights: &Rights, now: Instant) -> Bytes {
        self.lists(now).of(rights)
    }

    fn lists(&self, now: Instant) -> Arc<RoomLists> {
        let mut lists = self.lists.lock();
        if let Some(lists) = &*lists
            && !lists.are_old(now)
        {
            return Arc::clone(lists);
        }
        let made = Arc::new(RoomLists::new(self.listed(), now));
        *lists = Some(Arc::clone(&made));
        made
    }

    /// The rooms that have members.
    fn listed(&self) -> Vec<Listed> {
        let directory = self.directory.lock();
        let listed = directory.rooms().map(|room| {
            let (members, rule) = room.members();
            Listed {
                members,
                name: Arc::clone(room.name()),
                rule,
            }
        });
        listed.filter(|room| room.members > 0).collect()
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

    fn open_room(shared: &Shared, room: &str) -> Result<RoomHandle, RoomsFull> {
        let (rules, _) = shared.rules();
        shared.open_room(room, 0, Network::LOOPBACK, rules.of(room))
    }

    fn say(handle: &RoomHandle) {
        let mut frames = <[bytes::BytesMut; 3]>::default();
        let message = NewMessage::plain(UserId(1), "hi", 1);
        handle.say(frames.each_mut(), &message);
    }

    #[test]
    fn an_empty_room_keeps_its_history_for_a_while() {
        let (shared, start) = (shared(10), Instant::now());
        let open = || open_room(&shared, "red").unwrap();
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
        let open = |room| open_room(&shared, room);
        let handles = ["a", "b"].map(|room| open(room).unwrap());
        assert_eq!(open("c").unwrap_err(), RoomsFull::Server);
        assert!(open("a").is_ok(), "the room exists already");
        for handle in &handles {
            say(handle);
        }
        shared.close_room(&handles[1], now);
        shared.close_room(&handles[0], now + std::time::Duration::from_secs(1));
        assert!(open("c").is_ok());
        let directory = shared.directory.lock();
        let mut known: Vec<_> = directory.rooms().map(|room| room.name().as_ref()).collect();
        known.sort_unstable();
        assert_eq!(known, ["a", "c"]);
    }
}
