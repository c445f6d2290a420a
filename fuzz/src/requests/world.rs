//! The server, driven step by step: two hubs, and the connections of its clients.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::Protocol;
use guildhall_server::accounts::{Accounts, AccountsConfig};
use guildhall_server::policy::Who;
use guildhall_server::testing::{Connection, ConnectionId, Hub, MemoryJournal, Moment, Shared};
use guildhall_server::{Config, HistoryLimits, Rates, RoomLimits};

use super::client::Client;
use super::ledger::Ledger;
use super::rules::{BLOCKED, filters, hook, rules};
use super::wire::Pipe;

/// The number of clients.
pub(super) const CLIENTS: usize = 4;

/// How many threads there are.
const THREADS: usize = 2;

/// When the world begins, in milliseconds since 1970.
const BEGIN: u64 = 1_767_225_600_000;

/// How often a request that cannot be answered yet is handed in again at the end.
const MOST_ATTEMPTS: usize = 1_000;

/// The server and its clients.
pub(super) struct World {
    choice: Choice,
    shared: Arc<Shared>,
    journal: Option<Arc<MemoryJournal>>,
    hubs: Vec<Hub<Pipe>>,
    /// The thread that has the connection of each client.
    threads: [usize; CLIENTS],
    clients: Vec<Client>,
    needs_drain: Vec<Rc<Connection<Pipe>>>,
    ledger: Ledger,
    begin: Instant,
    millis: u64,
}

/// The parts that the server has, and who its clients are: a bit for each.
#[derive(Clone, Copy)]
struct Choice(u8);

impl Choice {
    fn has_journal(self) -> bool {
        self.0 & 1 != 0
    }

    fn has_rates(self) -> bool {
        self.0 & 2 != 0
    }

    fn has_hook(self) -> bool {
        self.0 & 8 != 0
    }

    /// The last client may be one of the tutorial.
    fn protocol(self, client: usize) -> Protocol {
        if client + 1 == CLIENTS && self.0 & 4 != 0 {
            Protocol::Tutorial
        } else {
            Protocol::V1
        }
    }
}

impl World {
    /// A server without clients would have nothing to do: they have all just connected.
    pub(super) fn new(choice: u8) -> Self {
        // So that the same bytes give the same epochs.
        fastrand::seed(7);
        let choice = Choice(choice);
        let begin = Instant::now();
        let journal = choice.has_journal().then(MemoryJournal::new);
        let shared = start(choice, journal.as_ref(), begin);
        let mut world = Self {
            choice,
            hubs: hubs(&shared),
            shared,
            journal,
            threads: std::array::from_fn(|client| client % THREADS),
            clients: Vec::new(),
            needs_drain: Vec::new(),
            ledger: Ledger::new((!choice.has_hook()).then_some(BLOCKED)),
            begin,
            millis: 0,
        };
        let at = world.moment();
        world.clients = (0..CLIENTS)
            .map(|client| {
                let hub = &mut world.hubs[world.threads[client]];
                Client::connect(hub, choice.protocol(client), at)
            })
            .collect();
        world
    }

    /// A client sends a message.
    pub(super) fn receive(&mut self, client: usize, bytes: &[u8]) {
        let at = self.moment();
        let other = self.clients[(client + 1) % CLIENTS].known();
        if self.clients[client].receive(bytes, &other, at) {
            self.handle(client);
        } else {
            self.cut(client);
        }
    }

    /// Handles the messages of a client until one has to wait. Returns whether all are handled.
    fn handle(&mut self, client: usize) -> bool {
        let at = self.moment();
        let hub = &mut self.hubs[self.threads[client]];
        let are_handled = self.clients[client].handle(hub, self.journal.as_deref(), at);
        self.needs_drain.extend(hub.take_needs_drain());
        are_handled
    }

    /// All requests that wait are handed in again.
    pub(super) fn look_again(&mut self) {
        for client in 0..CLIENTS {
            self.handle(client);
        }
    }

    /// Both threads send what is pending.
    pub(super) fn fan_out(&mut self) {
        let now = self.moment().now;
        for hub in &mut self.hubs {
            hub.fan_out(now);
        }
    }

    /// Both threads tell the changes among members.
    pub(super) fn tell_changes(&mut self) {
        self.hubs.iter_mut().for_each(Hub::tell_changes);
    }

    /// Time passes: more with a larger number.
    pub(super) fn pass(&mut self, number: u64) {
        self.millis += number * number;
    }

    /// A client stops to read, perhaps in the middle of a frame, or reads on.
    pub(super) fn stall(&mut self, client: usize) {
        let room = usize::try_from(self.millis % 64).unwrap_or_default();
        let client = &mut self.clients[client];
        client.is_stalled = !client.is_stalled;
        let wire = client.connection.wire();
        wire.take_at_most(client.is_stalled.then_some(room));
        if !client.is_stalled {
            self.needs_drain.push(Rc::clone(&client.connection));
        }
    }

    /// A connection breaks. Its client comes back over another one.
    pub(super) fn cut(&mut self, client: usize) {
        let now = self.moment().now;
        self.clients[client]
            .session
            .end(&mut self.hubs[self.threads[client]], now);
        self.reconnect(client);
    }

    /// The same for a client that says goodbye.
    pub(super) fn say_goodbye(&mut self, client: usize) {
        let now = self.moment().now;
        let hub = &mut self.hubs[self.threads[client]];
        self.clients[client].session.say_goodbye(hub, now);
        self.reconnect(client);
    }

    /// The client comes back over a connection to the next thread.
    fn reconnect(&mut self, index: usize) {
        let at = self.moment();
        let hub = &mut self.hubs[self.threads[index]];
        let client = &mut self.clients[index];
        client.connection.abandon();
        hub.disconnect(client.connection.id());
        self.threads[index] = (self.threads[index] + 1) % THREADS;
        let hub = &mut self.hubs[self.threads[index]];
        if !self.shared.has_numbers() {
            // The server turns clients away until its journal keeps numbers for them again.
            let journal = self.journal.as_ref().expect("it is asked for numbers");
            journal.heal();
            journal.decide_next(usize::MAX);
        }
        client.reconnect(hub, at);
    }

    /// The server is killed, and starts again with what its journal has kept. Its clients come
    /// back.
    pub(super) fn kill(&mut self) {
        let Some(journal) = &self.journal else {
            return;
        };
        self.needs_drain.clear();
        let journal = journal.restarted();
        let at = self.moment();
        self.shared = start(self.choice, Some(&journal), at.now);
        self.hubs = hubs(&self.shared);
        self.journal = Some(journal);
        for (index, client) in self.clients.iter_mut().enumerate() {
            client.reconnect(&mut self.hubs[self.threads[index]], at);
        }
    }

    /// The work that a server does once a second.
    pub(super) fn sweep(&mut self) {
        let now = self.moment().now;
        let deadlines = Config::default().deadlines;
        self.shared.sweep(now);
        for hub in &mut self.hubs {
            hub.catch_up(now);
            let mut after = Some(ConnectionId(0));
            while let Some(last) = after {
                after = hub.sweep(last, 1, &deadlines, Duration::ZERO, now);
            }
        }
    }

    /// The rules of a room change, and all members are checked.
    pub(super) fn change_rules(&mut self, choice: usize) {
        let who = [Who::Everyone, Who::Users, Who::Caps, Who::Nobody];
        self.shared.set_rules(rules(who[choice % who.len()]));
        let at = self.moment();
        for hub in &mut self.hubs {
            hub.take_rules();
            while hub.recheck(1, at) {}
        }
    }

    /// The journal decides some of what waits.
    pub(super) fn decide(&mut self, most: usize) {
        if let Some(journal) = &self.journal {
            journal.decide_next(most);
            journal.answer_next(most);
        }
    }

    /// The journal fails from now on.
    pub(super) fn fail(&mut self) {
        if let Some(journal) = &self.journal {
            journal.fail();
        }
    }

    /// The journal is well again.
    pub(super) fn heal(&mut self) {
        if let Some(journal) = &self.journal {
            journal.heal();
        }
    }

    /// Reads what was written, and checks it.
    pub(super) fn check(&mut self) {
        let now = self.moment().now;
        for hub in &mut self.hubs {
            self.needs_drain.extend(hub.take_needs_drain());
        }
        self.needs_drain
            .retain(|connection| !connection.drain(now) && !connection.wire().is_stalled());
        for client in 0..CLIENTS {
            let it = &mut self.clients[client];
            it.told.read(&it.connection.wire().take(), &mut self.ledger);
            // A connection that the server has closed is over when its client has read that.
            if it.connection.is_closed() && it.connection.is_drained() {
                self.cut(client);
            }
        }
    }

    /// Lets all requests be answered and all clients go, and checks that nothing is left.
    pub(super) fn end(mut self) {
        self.heal();
        for client in 0..CLIENTS {
            self.clients[client].is_stalled = true;
            self.stall(client);
        }
        let mut attempts = 0;
        loop {
            self.pass(32);
            self.decide(usize::MAX);
            self.fan_out();
            self.sweep();
            self.check();
            let is_done = (0..CLIENTS).all(|client| self.handle(client));
            let is_pending = self.hubs.iter().any(Hub::has_pending);
            let is_undecided = self.journal.as_ref().is_some_and(|it| it.waiting() > 0);
            if is_done && !is_pending && !is_undecided {
                break;
            }
            attempts += 1;
            assert!(attempts < MOST_ATTEMPTS, "a request is never answered");
        }
        self.fan_out();
        self.check();
        for client in &self.clients {
            let missing = client.told.unanswered();
            let is_closed = client.connection.is_closed();
            assert!(missing.is_none() || is_closed, "no answer: {missing:?}");
        }
        for client in 0..CLIENTS {
            let now = self.moment().now;
            let hub = &mut self.hubs[self.threads[client]];
            self.clients[client].session.say_goodbye(hub, now);
            self.clients[client].connection.abandon();
            hub.disconnect(self.clients[client].connection.id());
        }
        self.decide(usize::MAX);
        for hub in &self.hubs {
            assert!(hub.is_empty(), "{} connections are left", hub.len());
        }
        // Nobody comes back: all sessions are over then.
        self.millis += 1_000_000;
        for _ in 0..3 {
            self.sweep();
            self.decide(usize::MAX);
        }
        assert!(self.shared.users().is_empty(), "users are left");
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.begin + Duration::from_millis(self.millis),
            unix_millis: BEGIN + self.millis,
        }
    }
}

/// The state of a server that starts.
fn start(choice: Choice, journal: Option<&Arc<MemoryJournal>>, now: Instant) -> Arc<Shared> {
    let limits = RoomLimits {
        history: HistoryLimits {
            lines: 20,
            ..RoomLimits::default().history
        },
        replay: 8,
        rooms: 8,
        keep_empty: Duration::from_secs(30),
        ..RoomLimits::default()
    };
    let shared = match journal {
        Some(journal) => {
            journal.set_edit_within(limits.edit_within);
            Shared::restored_from_memory(THREADS, limits, journal, now)
        }
        None => Shared::new(THREADS, limits),
    };
    if !choice.has_rates() {
        shared.set_rates(&Rates::OFF);
    }
    shared.set_accounts(AccountsConfig {
        accounts: Some(Accounts::default()),
        may_rename: true,
        ..AccountsConfig::default()
    });
    shared.set_rules(rules(Who::Everyone));
    shared.set_publication(filters(), choice.has_hook().then(hook));
    shared
}

/// A hub for each thread.
fn hubs(shared: &Arc<Shared>) -> Vec<Hub<Pipe>> {
    (0..THREADS)
        .map(|thread| Hub::new(Arc::clone(shared), thread))
        .collect()
}
