//! The server's rooms, driven by hand: a step of the test decides when a request is
//! handled, when a fan-out happens, and when a connection breaks.

mod asks;
mod journal;
mod rules;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::{CloseCode, Protocol, Request, RequestBody};
use guildhall_server::testing::{
    Connection, ConnectionId, Handled, Hub, Moment, Shared, UserId, V1Session,
};

use crate::limits::limits;
use crate::model::{Due, End, Model};
use crate::pipe::Pipe;
use crate::player::Player;
use crate::rule::RoomRule;
use crate::step::{JournalStep, PLAYERS, ROOMS, Step};
use crate::token::{info, verified};

use self::journal::WorldJournal;
use self::rules::settings;

/// How many bytes may wait for a client. That is little, so that lines are left out, but any
/// answer fits into half of it: no client is closed.
const MAX_WAITING: usize = 36 * 1024;

/// The server, the players and the model.
pub(crate) struct World {
    shared: Arc<Shared>,
    hubs: Vec<Hub<Pipe>>,
    model: Model,
    players: Vec<Player>,
    connections: BTreeMap<u64, Served>,
    /// The connections that their players have lost, the oldest first.
    vanished: VecDeque<u64>,
    /// The connections to drain.
    needs_drain: Vec<Rc<Connection<Pipe>>>,
    start: Instant,
    millis: u64,
    /// How many bytes were said since all threads have fanned out.
    said: usize,
    /// Makes every text and every name different.
    counter: u64,
    /// How many connections there were.
    connected: u64,
    /// If there is one, all rooms are durable.
    journal: Option<WorldJournal>,
}

/// The server's end of a connection.
struct Served {
    thread: usize,
    connection: Rc<Connection<Pipe>>,
    session: V1Session<Pipe>,
    requests: VecDeque<Request>,
    /// The messages that its client has to get, beside lines.
    due: VecDeque<Due>,
}

impl World {
    /// A world without connections.
    pub(crate) fn new(threads: usize) -> Self {
        Self::with(Shared::new(threads, limits()), threads)
    }

    fn with(shared: Arc<Shared>, threads: usize) -> Self {
        settings(&shared);
        shared.set_rules(RoomRule::default().rules());
        let hub = |thread| Hub::new(Arc::clone(&shared), thread);
        Self {
            hubs: (0..threads).map(hub).collect(),
            shared,
            model: Model::default(),
            players: (0..PLAYERS).map(Player::new).collect(),
            connections: BTreeMap::new(),
            vanished: VecDeque::new(),
            needs_drain: Vec::new(),
            start: Instant::now(),
            millis: 1_000,
            said: 0,
            counter: 0,
            connected: 0,
            journal: None,
        }
    }

    /// Does a step.
    pub(crate) fn step(&mut self, step: Step) {
        self.millis += 1;
        self.counter += 1;
        match step {
            Step::Connect {
                player,
                thread,
                has_cap,
            } => self.connect(player, thread, has_cap),
            Step::Ask { player, command } => self.ask(player, command),
            Step::Handle { player, count } => {
                if let Some(connection) = self.connection_of(player) {
                    self.handle(connection, count);
                }
            }
            Step::Read { player, count } => {
                self.read(player, count);
            }
            Step::Cut { player, handled } => {
                if let Some(connection) = self.connection_of(player) {
                    self.handle(connection, handled);
                    self.players[player].link = None;
                    self.end(connection, End::Broken);
                }
            }
            Step::Goodbye { player } => {
                if let Some(connection) = self.connection_of(player) {
                    self.players[player] = Player::new(player);
                    self.end(connection, End::Goodbye);
                }
            }
            Step::Vanish { player } => {
                let lost = self.connection_of(player);
                self.players[player].link = None;
                self.vanished.extend(lost);
            }
            Step::HandleLate { count } => {
                if let Some(&connection) = self.vanished.front() {
                    self.handle(connection, count);
                }
            }
            Step::Notice => {
                if let Some(connection) = self.vanished.pop_front() {
                    self.end(connection, End::Broken);
                }
            }
            Step::FanOut { thread } => self.fan_out(thread),
            Step::TellChanges { thread } => self.tell_changes(thread),
            Step::Stall { player, is_stalled } => {
                if let Some(connection) = self.connection_of(player) {
                    self.connections[&connection]
                        .connection
                        .wire()
                        .stall(is_stalled);
                }
            }
            Step::SendAgain { player } => self.send_again(player),
            Step::Sweep { thread } => self.sweep(thread),
            Step::Rule(step) => self.rule_step(step),
            Step::Remove { room, player } => self.remove(room, player),
            Step::Journal(step) => self.journal_step(step),
            Step::Pass { seconds } => {
                // Every thread has had a turn by then.
                self.fan_out_all();
                self.millis += seconds * 1_000;
                self.shared.sweep(self.now());
                self.model.sweep(self.millis);
            }
        }
        self.drain();
        self.check_rooms();
    }

    /// Connects all players, and handles, writes and reads everything. Then compares
    /// all that the players have with the model.
    pub(crate) fn settle(mut self) {
        while let Some(connection) = self.vanished.pop_front() {
            self.end(connection, End::Broken);
        }
        for player in 0..PLAYERS {
            self.connect(player, player, true);
        }
        for connection in self.connections.values() {
            connection.connection.wire().stall(false);
        }
        self.take_all_rules();
        self.journal_step(JournalStep::Heal);
        loop {
            self.millis += 1_000;
            for player in 0..PLAYERS {
                self.send_again(player);
                self.handle_all(player);
            }
            self.decide(usize::MAX);
            (0..PLAYERS).for_each(|player| self.handle_all(player));
            self.decide(usize::MAX);
            self.fan_out_all();
            for thread in 0..self.hubs.len() {
                self.tell_changes(thread);
            }
            for thread in 0..self.hubs.len() {
                self.sweep(thread);
            }
            self.fan_out_all();
            self.drain();
            if !(0..PLAYERS).any(|player| self.read(player, usize::MAX)) {
                break;
            }
        }
        for connection in self.connections.values() {
            assert!(connection.due.is_empty(), "{:?}", connection.due);
        }
        for player in &self.players {
            player.check(&self.model);
        }
    }

    fn connect(&mut self, player: usize, thread: usize, has_cap: bool) {
        if self.players[player].link.is_some() {
            return;
        }
        let thread = thread % self.hubs.len();
        let now = self.now();
        let (wire, max_waiting) = (Pipe::default(), MAX_WAITING);
        let connection = self.hubs[thread].connect(Protocol::V1, wire, max_waiting, now);
        let id = connection.id().0;
        self.connected = id;
        self.model.connect(id, thread);
        let served = Served {
            thread,
            session: V1Session::new(Rc::clone(&connection), 25),
            connection,
            requests: VecDeque::new(),
            due: VecDeque::new(),
        };
        self.connections.insert(id, served);
        self.players[player].connect(id, has_cap, &info(self.counter / 50));
        self.transmit(player);
    }

    fn handle_all(&mut self, player: usize) {
        let connection = self.connection_of(player).expect("it is connected");
        self.handle(connection, usize::MAX);
    }

    fn handle(&mut self, connection: u64, count: usize) {
        for _ in 0..count {
            if !self.handle_one(connection) {
                break;
            }
        }
    }

    /// Handles a request. Returns false if there is none, or if it has to wait.
    fn handle_one(&mut self, id: u64) -> bool {
        let at = self.moment();
        let connection = self.connections.get_mut(&id).expect("it exists");
        // Requests behind a close frame are dropped.
        if let Some(close) = connection.connection.closed() {
            assert_eq!(close.code, CloseCode::Replaced);
            connection.requests.clear();
        }
        // The server reads no request of a client that is behind.
        let next = connection.requests.front();
        let Some(request) = next.filter(|_| !connection.connection.is_behind()) else {
            return false;
        };
        let request = request.clone();
        let said = match &request.ask {
            Some(RequestBody::Say(say)) => say.text.len(),
            Some(RequestBody::Edit(edit)) => edit.text.len(),
            _ => 0,
        };
        // The lines that are pending at a time fit into an outbox, as on a real server.
        self.said += said;
        if self.said > MAX_WAITING / 4 {
            self.decide(usize::MAX);
            self.fan_out_all();
            self.said = said;
        }
        let mut is_receiver_behind = false;
        if let Some(RequestBody::Whisper(whisper)) = &request.ask {
            // A journal keeps a whisper at once, and all that waits before it.
            self.journal_step(JournalStep::Heal);
            // So that whispers that the receiver's thread has not seen do not add up.
            self.deliver_whispers();
            let receivers = self.model.connections_of(whisper.to);
            let is_behind = |id: &u64| self.connections[id].connection.is_behind();
            is_receiver_behind = !receivers.is_empty() && receivers.iter().all(is_behind);
        }
        let connection = self.connections.get_mut(&id).expect("it exists");
        let hub = &mut self.hubs[connection.thread];
        let mut has_waited = false;
        let mut handled = connection.session.handle(hub, request.clone(), at);
        while let Handled::Read(read, request) = handled {
            let journal = self.journal.as_ref().expect("there is one to be read");
            let found = journal.find(&read, &request);
            handled = connection.session.handle_found(hub, request, found, at);
        }
        match handled {
            Handled::Done => {}
            Handled::Verify(request) => {
                let verified = Ok(verified(&request, at));
                (connection.session).handle_verified(hub, &request, verified, at);
            }
            Handled::After(..) => has_waited = true,
            _ => panic!("nothing is busy"),
        }
        self.needs_drain.extend(hub.take_needs_drain());
        self.model.take_rule_for(id);
        let has_to_wait = self.model.has_to_wait(id, &request, at.unix_millis);
        assert_eq!(has_waited, has_to_wait, "{request:?}");
        if has_waited {
            self.note_removed();
            return false;
        }
        connection.requests.pop_front();
        let time = at.unix_millis;
        let answer = (self.model).handle(id, &request, time, is_receiver_behind);
        self.note_removed();
        let connection = self.connections.get_mut(&id).expect("it exists");
        connection.due.extend(answer.map(Box::new).map(Due::Answer));
        if let Some(RequestBody::Whisper(_)) = &request.ask {
            self.decide(usize::MAX);
            self.deliver_whispers();
        }
        true
    }

    /// The game clears a room, or purges a player's user there, if the room is in memory.
    fn remove(&mut self, room: usize, player: Option<usize>) {
        let user = match player {
            None => None,
            Some(player) => match self.players[player].id {
                Some(id) => Some(id),
                None => return,
            },
        };
        let room = ROOMS[room];
        if (self.shared).sweep_in_memory(room, user.map(UserId), self.moment()) {
            self.model.remove_lines(room, user, self.millis);
        }
    }

    fn deliver_whispers(&mut self) {
        if self.hubs.len() > 1 || self.journal.is_some() {
            (0..self.hubs.len()).for_each(|thread| self.fan_out(thread));
        }
    }

    fn send_again(&mut self, player: usize) {
        self.players[player].send_delayed();
        self.transmit(player);
    }

    fn sweep(&mut self, thread: usize) {
        let (thread, now) = (thread % self.hubs.len(), self.now());
        // No connection is ever silent or slow for too long.
        self.hubs[thread].catch_up(now);
        self.needs_drain
            .extend(self.hubs[thread].take_needs_drain());
    }

    /// Reads up to `count` packets. Returns whether there was one.
    fn read(&mut self, player: usize, count: usize) -> bool {
        let Some(id) = self.connection_of(player) else {
            return false;
        };
        let connection = self
            .connections
            .get_mut(&id)
            .expect("the connection exists");
        assert!(
            !connection.connection.is_closed(),
            "the server closed without a reason"
        );
        let mut is_any = false;
        for _ in 0..count {
            let Some(packet) = connection.connection.wire().next() else {
                break;
            };
            is_any = true;
            self.players[player].receive(packet, &mut self.model, &mut connection.due);
        }
        self.transmit(player);
        is_any
    }

    fn transmit(&mut self, player: usize) {
        if let Some(link) = &mut self.players[player].link {
            let connection = self.connections.get_mut(&link.connection);
            let requests = &mut connection.expect("the connection exists").requests;
            requests.extend(link.uplink.drain(..));
        }
    }

    fn end(&mut self, id: u64, end: End) {
        let now = self.now();
        let mut connection = self.connections.remove(&id).expect("the connection exists");
        let hub = &mut self.hubs[connection.thread];
        match end {
            End::Goodbye => connection.session.say_goodbye(hub, now),
            End::Broken => connection.session.end(hub, now),
        }
        connection.connection.abandon();
        hub.disconnect(ConnectionId(id));
        self.model.end(id, end, self.millis);
    }

    fn fan_out(&mut self, thread: usize) {
        let (thread, now) = (thread % self.hubs.len(), self.now());
        self.hubs[thread].fan_out(now);
        self.model.fan_out(thread);
        self.needs_drain
            .extend(self.hubs[thread].take_needs_drain());
    }

    fn fan_out_all(&mut self) {
        while let Some(thread) = self.hubs.iter().position(Hub::has_pending) {
            self.fan_out(thread);
        }
    }

    fn tell_changes(&mut self, thread: usize) {
        let thread = thread % self.hubs.len();
        self.hubs[thread].tell_changes();
    }

    fn drain(&mut self) {
        let now = self.now();
        self.needs_drain.retain(|connection| !connection.drain(now));
    }

    fn connection_of(&self, player: usize) -> Option<u64> {
        let link = self.players[player].link.as_ref()?;
        Some(link.connection)
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.now(),
            unix_millis: self.millis,
        }
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.millis)
    }
}
