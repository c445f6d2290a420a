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
//! 3. all users ([`users`]), or all sanctions ([`sanctions`]), or all roles ([`roles`])
//! 4. one user ([`user`]), or one room ([`room_state`])
//! 5. one session of a user ([`user::session`])
//! 6. who is in which room for the [`feed`]
//! 7. a mailbox ([`mailbox`]), the registry of connections, the queue of a journal, or the events
//!    in memory

pub(crate) mod acts;
pub(crate) mod budget;
mod counts;
pub(crate) mod destination;
pub(crate) mod directory;
pub(crate) mod feed;
pub(crate) mod flagged;
pub(crate) mod gone_guests;
pub(crate) mod held;
pub(crate) mod history;
pub(crate) mod inbox;
pub(crate) mod join;
pub(crate) mod kept_whisper;
pub(crate) mod limits;
pub(crate) mod lookup;
pub(crate) mod mailbox;
pub(crate) mod name;
mod notices;
mod numbers;
pub(crate) mod opening;
pub(crate) mod orders;
pub(crate) mod presence;
pub(crate) mod proximity;
pub(crate) mod rates;
mod records;
pub(crate) mod request_log;
mod restore;
pub(crate) mod roles;
mod room_list;
pub(crate) mod room_state;
pub(crate) mod sanctions;
pub(crate) mod settings;
pub(crate) mod slow_mode;
pub(crate) mod subscriber_kind;
mod telling;
pub(crate) mod user;
pub(crate) mod users;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::Protocol;
use guildhall_protocol::limits::LOBBY as LOBBY_NAME;

use crate::accounts::AccountsConfig;
use crate::events::Event;
use crate::filter::Filters;
use crate::hook::Hook;
use crate::ids::ConnectionId;
use crate::journal::audit::AuditBook;
use crate::journal::memory::MemoryJournal;
use crate::journal::reports::book::ReportBook;
use crate::journal::{Journal, Known, Row};
use crate::metrics::Metrics;
use crate::moderation::Act;
use crate::network::Network;
use crate::policy::{Rights, Rules};
use crate::sync::lock::Lock;
use crate::sync::moment::Moment;
use crate::sync::registry::SharedCollection;

use self::directory::RoomDirectory;
use self::feed::Feed;
use self::gone_guests::GoneGuests;
use self::held::HeldTexts;
use self::kept_whisper::KeptWhisper;
use self::mailbox::Mailboxes;
use self::name::Name;
use self::notices::Notices;
use self::numbers::{FirstNumbers, Numbers};
use self::proximity::NearRooms;
use self::rates::RateLimits;
use self::records::Records;
use self::roles::Roles;
use self::room_list::{Listed, RoomLists};
use self::room_state::RoomHandle;
use self::sanctions::Sanctions;
use self::settings::{AccountSettings, Publication, PublicationSettings};
use self::users::Users;

pub(crate) use self::directory::RoomsFull;
pub use self::limits::RoomLimits;
pub use self::rates::Rates;

/// The room that every client of the tutorial is in. The limit on rooms does not apply to
/// it.
pub const LOBBY: &str = LOBBY_NAME;

/// The name by which the server itself says something, unless the settings have another.
pub const SYSTEM_NAME: &str = "Server";

/// What a server's network threads share.
#[derive(Debug)]
pub struct Shared {
    /// The protocol of each connection, and the network that it comes from.
    connections: SharedCollection<(Protocol, Network)>,
    /// Which numbers connections may have, if there is a journal that knows those of before.
    numbers: OnceLock<Numbers>,
    users: Users,
    gone_guests: GoneGuests,
    sanctions: Sanctions,
    roles: Roles,
    held: HeldTexts,
    accounts: AccountSettings,
    publication: PublicationSettings,
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
    /// The rooms that the game keeps open.
    kept_open: Lock<HashSet<Arc<str>>>,
    /// The name by which the server itself says something.
    system_name: Lock<Name>,
    /// The rooms in which not everybody hears everybody.
    near_rooms: NearRooms,
    /// Orders and keeps what is said in durable rooms; `None`: there are none.
    journal: Option<Arc<dyn Journal>>,
    /// The reports, if there is no journal.
    memory_reports: Lock<ReportBook>,
    /// The audit log, if there is no journal.
    memory_audit: Lock<AuditBook>,
    /// The decisions about reports of which their reporters are not told.
    notices: Notices,
    /// Tells the game what happens, if it listens.
    feed: Option<Arc<Feed>>,
    /// The counts of the network threads.
    metrics: Metrics,
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
        Self::with_journal(threads, limits, None)
    }

    /// The same for a server with durable rooms, if there is a journal.
    pub(crate) fn with_journal(
        threads: usize,
        limits: RoomLimits,
        journal: Option<Arc<dyn Journal>>,
    ) -> Arc<Self> {
        Self::with_feed(threads, limits, journal, None)
    }

    /// The same for a server that tells the game of events, if there is a feed.
    pub(crate) fn with_feed(
        threads: usize,
        limits: RoomLimits,
        journal: Option<Arc<dyn Journal>>,
        feed: Option<Arc<Feed>>,
    ) -> Arc<Self> {
        assert!(threads > 0, "a server has at least one thread");
        Arc::new(Self {
            connections: SharedCollection::new(),
            numbers: OnceLock::new(),
            users: Users::with_records(&limits, Records::new(journal.clone()), feed.clone()),
            gone_guests: GoneGuests::default(),
            sanctions: Sanctions::new(Records::new(journal.clone()), feed.clone()),
            roles: Roles::new(Records::new(journal.clone())),
            held: HeldTexts::default(),
            accounts: AccountSettings::default(),
            publication: PublicationSettings::default(),
            limits,
            rates: RateLimits::default(),
            mailboxes: match journal {
                Some(_) => Mailboxes::beside_a_journal(threads),
                None => Mailboxes::new(threads),
            },
            directory: Lock::default(),
            lists: Lock::default(),
            rules: Lock::default(),
            rules_version: AtomicU32::new(0),
            kept_open: Lock::default(),
            system_name: Lock::new(Name::new(SYSTEM_NAME)),
            near_rooms: NearRooms::default(),
            journal,
            memory_reports: Lock::default(),
            memory_audit: Lock::default(),
            notices: Notices::default(),
            feed,
            metrics: Metrics::new(threads),
        })
    }

    /// The same for tests, with this journal. All rooms are durable, and the lobby is loaded.
    ///
    /// # Panics
    ///
    /// If the lobby cannot be read.
    #[must_use]
    pub fn with_memory_journal(
        threads: usize,
        limits: RoomLimits,
        journal: &Arc<MemoryJournal>,
    ) -> Arc<Self> {
        let shared = Arc::clone(journal) as Arc<dyn Journal>;
        let shared = Self::with_journal(threads, limits, Some(shared));
        let loaded = shared.load_lobby_after(|| journal.answer_next(1));
        loaded.expect("a journal in memory reads");
        shared
    }

    /// Hands a whisper over to the journal, if there is one.
    pub(crate) fn whisper(&self, whisper: KeptWhisper) {
        let records = Records::new(self.journal.clone());
        whisper.hand_over(&records, &self.mailboxes);
    }

    /// Whether a connection that is about to begin gets a number. If not, the journal cannot
    /// reserve any, and nobody may connect.
    pub fn has_numbers(&self) -> bool {
        self.numbers.get().is_none_or(Numbers::are_left)
    }

    /// The way of facts to the journal.
    pub(crate) fn records(&self) -> Records {
        Records::new(self.journal.clone())
    }

    /// The journal, if there are durable rooms.
    pub(crate) fn journal(&self) -> Option<&Arc<dyn Journal>> {
        self.journal.as_ref()
    }

    /// The counts of the network threads.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
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

    /// Replaces the rules of rooms. Returns whether any rule is another one. Then each thread is
    /// woken to take them over: [`Hub::take_rules`](crate::hub::Hub::take_rules).
    pub fn set_rules(&self, rules: Rules) -> bool {
        let mut current = self.rules.lock();
        let rules = rules.in_place_of(&current);
        if rules == **current {
            return false;
        }
        self.put_rules(&mut current, rules);
        true
    }

    /// All users with a session.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// The guests that have left a short time ago.
    pub(crate) fn gone_guests(&self) -> &GoneGuests {
        &self.gone_guests
    }

    /// The sanctions that hold.
    pub(crate) fn sanctions(&self) -> &Sanctions {
        &self.sanctions
    }

    /// The users that moderate.
    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Replaces the settings of accounts.
    pub fn set_accounts(&self, config: AccountsConfig) {
        self.accounts.replace(config);
    }

    /// Sets the filters and the hook that decide on each text before it is said, from now on.
    pub fn set_publication(&self, filters: Filters, hook: Option<Hook>) {
        self.publication.replace(Publication { filters, hook });
    }

    /// The filters and the hook that decide on each text before it is said. `None`: there are none.
    pub(crate) fn publication(&self) -> Option<Arc<Publication>> {
        self.publication.get()
    }

    /// The settings of accounts.
    pub(crate) fn accounts(&self) -> &AccountSettings {
        &self.accounts
    }

    /// The room with this name, as the server writes it, if it is in memory.
    pub(crate) fn room(&self, name: &str) -> Option<Arc<room_state::RoomState>> {
        self.directory.lock().get(name)
    }

    /// The threads' mailboxes.
    pub(crate) fn mailboxes(&self) -> &Mailboxes {
        &self.mailboxes
    }

    /// Adds a connection from this network, and returns its ID.
    pub(crate) fn add_connection(&self, protocol: Protocol, network: Network) -> ConnectionId {
        let id = self.connections.add((protocol, network));
        if let Some(numbers) = self.numbers.get() {
            numbers.given(id);
        }
        ConnectionId(id)
    }

    /// Removes a connection.
    pub(crate) fn remove_connection(&self, id: ConnectionId) {
        self.connections.remove(id.0);
    }

    /// The protocol of this connection. `None` if there is no such connection now.
    pub(crate) fn protocol_of(&self, id: ConnectionId) -> Option<Protocol> {
        self.connections.get(id.0).map(|(protocol, _)| protocol)
    }

    /// The network that this connection comes from. `None` if there is no such connection now.
    pub(crate) fn network_of(&self, id: ConnectionId) -> Option<Network> {
        self.connections.get(id.0).map(|(_, network)| network)
    }

    /// Whether there is a room with this name in memory.
    pub(crate) fn has_room(&self, name: &str) -> bool {
        self.directory.lock().has(name)
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
        if let Some(feed) = &self.feed {
            feed.sweep(now);
        }
        self.gone_guests.sweep(now);
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
mod tests;
