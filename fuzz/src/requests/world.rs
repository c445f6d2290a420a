//! The server, driven step by step: two hubs, and a connection for each client.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use guildhall_protocol::{LineRef, Protocol, Request, RequestBody};
use guildhall_server::accounts::{Accounts, AccountsConfig};
use guildhall_server::policy::Who;
use guildhall_server::testing::{
    Act, Acted, Connection, ConnectionId, Handled, Hub, MemoryJournal, Moment, Shared, V1Session,
    decode_request,
};
use guildhall_server::{Config, HistoryLimits, Rates, RoomLimits};

use super::rules::{filters, rules};
use super::token;
use super::wire::{Pipe, Received};

/// The number of clients.
pub(super) const CLIENTS: usize = 4;

/// How many threads there are.
const THREADS: usize = 2;

/// How many bytes may wait for a client.
const MAX_WAITING: usize = 128 * 1024;

/// The most requests of a client that are not handled yet.
const MOST_WAITING: usize = 16;

/// When the world begins, in milliseconds since 1970.
const BEGIN: u64 = 1_767_225_600_000;

/// How often a request that cannot be answered yet is handed in again at the end.
const MOST_ATTEMPTS: usize = 1_000;

/// The server and its clients.
pub(super) struct World {
    shared: Arc<Shared>,
    journal: Option<Arc<MemoryJournal>>,
    hubs: Vec<Hub<Pipe>>,
    clients: Vec<Client>,
    needs_drain: Vec<Rc<Connection<Pipe>>>,
    begin: Instant,
    millis: u64,
}

/// A client with the server's end of its connection.
struct Client {
    connection: Rc<Connection<Pipe>>,
    session: V1Session<Pipe>,
    requests: VecDeque<Request>,
    received: Received,
    is_stalled: bool,
}

impl World {
    /// A server: with rates or without, with a journal or without.
    pub(super) fn new(choice: u8) -> Self {
        // So that the same bytes give the same epochs.
        fastrand::seed(7);
        let journal = (choice % 2 == 1).then(MemoryJournal::new);
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
        let shared = match &journal {
            Some(journal) => {
                journal.set_edit_within(limits.edit_within);
                Shared::with_memory_journal(THREADS, limits, journal)
            }
            None => Shared::new(THREADS, limits),
        };
        if (choice / 2).is_multiple_of(2) {
            shared.set_rates(&Rates::OFF);
        }
        shared.set_accounts(AccountsConfig {
            accounts: Some(Accounts::default()),
            may_rename: true,
            ..AccountsConfig::default()
        });
        shared.set_rules(rules(Who::Everyone));
        shared.set_publication(filters(), None);
        let begin = Instant::now();
        let mut hubs: Vec<_> = (0..THREADS)
            .map(|thread| Hub::new(Arc::clone(&shared), thread))
            .collect();
        let clients =
            (0..CLIENTS).map(|client| Client::connect(&mut hubs[client % THREADS], begin));
        Self {
            clients: clients.collect(),
            shared,
            journal,
            hubs,
            needs_drain: Vec::new(),
            begin,
            millis: 0,
        }
    }

    /// A client sends a message.
    pub(super) fn receive(&mut self, client: usize, bytes: &[u8]) {
        let now = self.moment().now;
        let Client {
            connection,
            requests,
            received,
            ..
        } = &mut self.clients[client];
        if requests.len() >= MOST_WAITING {
            return;
        }
        connection.heard(now);
        match decode_request(bytes) {
            Ok(None) => {}
            Ok(Some(mut request)) => {
                fill_in(&mut request, received);
                *received.unanswered.entry(request.id).or_default() += 1;
                requests.push_back(request);
            }
            Err(close) => {
                connection.close(close, now);
                self.cut(client);
                return;
            }
        }
        self.handle(client);
    }

    /// Handles the requests of a client until one has to wait. Returns whether all are handled.
    fn handle(&mut self, client: usize) -> bool {
        let at = self.moment();
        let hub = &mut self.hubs[client % THREADS];
        let Client {
            connection,
            session,
            requests,
            ..
        } = &mut self.clients[client];
        while let Some(request) = requests.pop_front() {
            if connection.is_closed() {
                requests.clear();
                break;
            }
            if connection.is_behind() {
                requests.push_front(request);
                return false;
            }
            let mut handled = session.handle(hub, request, at);
            let waits = loop {
                handled = match handled {
                    Handled::Done => break None,
                    Handled::Later(request) | Handled::After(_, request) => break Some(request),
                    Handled::Read(read, request) => {
                        let journal = self.journal.as_ref().expect("only a journal is read");
                        session.handle_found(hub, request, journal.find(&read), at)
                    }
                    Handled::Verify(request) => {
                        let verified = token::verify(token_of(&request), at);
                        session.handle_verified(hub, &request, verified, at);
                        break None;
                    }
                    Handled::Act(act, request) => {
                        let acted = carry_out(act, self.journal.as_deref());
                        session.handle_acted(hub, &request, acted, at.now);
                        break None;
                    }
                    other => panic!("there is no game to ask: {other:?}"),
                };
            };
            self.needs_drain.extend(hub.take_needs_drain());
            if let Some(request) = waits {
                requests.push_front(request);
                return false;
            }
        }
        true
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

    /// A client stops to read, or reads on.
    pub(super) fn stall(&mut self, client: usize) {
        let client = &mut self.clients[client];
        client.is_stalled = !client.is_stalled;
        client.connection.wire().stall(client.is_stalled);
        if !client.is_stalled {
            self.needs_drain.push(Rc::clone(&client.connection));
        }
    }

    /// A connection breaks. Its client comes back over another one.
    pub(super) fn cut(&mut self, client: usize) {
        let now = self.moment().now;
        self.clients[client]
            .session
            .end(&mut self.hubs[client % THREADS], now);
        self.reconnect(client);
    }

    /// The same for a client that says goodbye.
    pub(super) fn say_goodbye(&mut self, client: usize) {
        let now = self.moment().now;
        let hub = &mut self.hubs[client % THREADS];
        self.clients[client].session.say_goodbye(hub, now);
        self.reconnect(client);
    }

    fn reconnect(&mut self, client: usize) {
        let now = self.moment().now;
        let hub = &mut self.hubs[client % THREADS];
        let before = &mut self.clients[client];
        before.connection.abandon();
        hub.disconnect(before.connection.id());
        let secret = std::mem::take(&mut before.received.secret);
        let epoch = before.received.epoch;
        *before = Client::connect(hub, now);
        before.received.secret = secret;
        before.received.epoch = epoch;
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

    /// The journal fails, or is well again.
    pub(super) fn fail(&mut self, choice: usize) {
        if let Some(journal) = &self.journal {
            if choice.is_multiple_of(2) {
                journal.fail();
            } else {
                journal.heal();
            }
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
            it.received.read(&it.connection.wire().take());
            // A connection that the server has closed is over when its client has read that.
            if it.connection.is_closed() && it.connection.is_drained() {
                self.cut(client);
            }
        }
    }

    /// Lets all requests be answered and all clients go, and checks that nothing is left.
    pub(super) fn end(mut self) {
        self.fail(1);
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
            let unanswered = &client.received.unanswered;
            let missing = unanswered.iter().find(|(_, count)| **count > 0);
            let is_closed = client.connection.is_closed();
            assert!(missing.is_none() || is_closed, "no answer: {missing:?}");
        }
        for client in 0..CLIENTS {
            let now = self.moment().now;
            let hub = &mut self.hubs[client % THREADS];
            self.clients[client].session.say_goodbye(hub, now);
            self.clients[client].connection.abandon();
            hub.disconnect(self.clients[client].connection.id());
        }
        self.decide(usize::MAX);
        for hub in &self.hubs {
            assert!(hub.is_empty(), "{} connections are left", hub.len());
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.begin + Duration::from_millis(self.millis),
            unix_millis: BEGIN + self.millis,
        }
    }
}

impl Client {
    fn connect(hub: &mut Hub<Pipe>, now: Instant) -> Self {
        let connection = hub.connect(Protocol::V1, Pipe::default(), MAX_WAITING, now);
        Self {
            session: V1Session::new(Rc::clone(&connection), 25),
            connection,
            requests: VecDeque::new(),
            received: Received::default(),
            is_stalled: false,
        }
    }
}

/// Puts into a request what no bytes can guess: a small number stands for the secret of the
/// client's session and for the epoch that it has seen last.
fn fill_in(request: &mut Request, received: &Received) {
    let line_of = |line: &mut Option<LineRef>| {
        if let Some(line) = line
            && line.epoch == 1
        {
            line.epoch = received.epoch;
        }
    };
    match &mut request.ask {
        Some(RequestBody::Hello(hello)) if hello.session.len() == 1 => {
            hello.session.clone_from(&received.secret);
        }
        Some(RequestBody::Join(join)) if join.epoch == 1 => join.epoch = received.epoch,
        Some(RequestBody::Say(say)) => line_of(&mut say.reply_to),
        Some(RequestBody::Edit(edit)) => line_of(&mut edit.line),
        Some(RequestBody::Remove(remove)) => line_of(&mut remove.line),
        Some(RequestBody::React(react)) => line_of(&mut react.line),
        Some(RequestBody::Report(report)) => line_of(&mut report.line),
        _ => {}
    }
}

fn token_of(request: &Request) -> &str {
    match &request.ask {
        Some(RequestBody::Hello(hello)) => &hello.token,
        Some(RequestBody::Refresh(refresh)) => &refresh.token,
        _ => "",
    }
}

/// Carries out an act, which may wait for the journal.
fn carry_out(act: Act, journal: Option<&MemoryJournal>) -> Acted {
    let Some(journal) = journal else {
        return act.carry_out();
    };
    thread::scope(|scope| {
        let acting = scope.spawn(|| act.carry_out());
        while !acting.is_finished() {
            journal.decide_next(usize::MAX);
            journal.answer_next(usize::MAX);
            thread::yield_now();
        }
        acting.join().expect("an act does not panic")
    })
}
