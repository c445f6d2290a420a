//! The server's rooms, driven by hand: a step of the test decides when a request is
//! handled, when a fan-out happens, and when a connection breaks.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::{
    FetchHistory, Leave, ListMembers, Protocol, Rename, Request, RequestBody, Say, Whisper,
};
use guildhall_server::testing::{
    Connection, ConnectionId, Handled, Hub, Moment, Shared, V1Session,
};
use guildhall_server::{HistoryLimits, RequestRate, RequestRates, RoomLimits};

use crate::model::{Answer, End, HISTORY, KEEP_EMPTY, Model, REPLAY, RESUME};
use crate::pipe::Pipe;
use crate::player::Player;

/// How many clients there are.
pub(crate) const PLAYERS: usize = 4;
/// The names of the rooms.
pub(crate) const ROOMS: [&str; 3] = ["red", "green", "blue"];

/// A step of a test.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A player connects to a thread, if it has no connection.
    Connect { player: usize, thread: usize },
    /// A player asks for something.
    Ask { player: usize, command: Command },
    /// The server handles this many of a player's requests.
    Handle { player: usize, count: usize },
    /// A player reads this many packets.
    Read { player: usize, count: usize },
    /// A connection breaks when the server has handled this many more requests. The
    /// bytes that are written and not read are lost.
    Cut { player: usize, handled: usize },
    /// A player says goodbye. Its next connection is another user's.
    Goodbye { player: usize },
    /// A connection breaks, and the server does not notice yet.
    Vanish { player: usize },
    /// The server handles requests of a connection that its player has lost.
    HandleLate { count: usize },
    /// The server notices that such a connection is broken.
    Notice,
    /// A thread fans out.
    FanOut { thread: usize },
    /// A thread tells the changes of presence.
    TellChanges { thread: usize },
    /// A player's socket takes no bytes, or takes them again.
    Stall { player: usize, is_stalled: bool },
    /// Time passes.
    Pass { seconds: u64 },
}

/// What a player asks for.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Join { room: usize },
    Leave { room: usize },
    Say { room: usize },
    Whisper { to: usize, is_long: bool },
    Rename,
    Members { room: usize },
    History { room: usize, back: u64, limit: u32 },
}

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
    /// Makes every text and every name different.
    counter: u64,
}

/// The server's end of a connection.
struct Served {
    thread: usize,
    connection: Rc<Connection<Pipe>>,
    session: V1Session<Pipe>,
    requests: VecDeque<Request>,
    answers: VecDeque<Answer>,
}

impl World {
    /// A world without connections.
    pub(crate) fn new(threads: usize) -> Self {
        let limits = RoomLimits {
            history: HistoryLimits {
                lines: usize::try_from(HISTORY).unwrap(),
                bytes: 1024 * 1024,
                age: Duration::from_hours(24),
            },
            replay: usize::try_from(REPLAY).unwrap(),
            keep_empty: Duration::from_millis(KEEP_EMPTY),
            // The players ask for much within a millisecond.
            rates: RequestRates {
                rename: RequestRate::UNLIMITED,
                look: RequestRate::UNLIMITED,
            },
            resume_within: Duration::from_millis(RESUME),
            ..RoomLimits::default()
        };
        let shared = Shared::new(threads, limits);
        let hub = |thread| Hub::new(Arc::clone(&shared), thread);
        Self {
            hubs: (0..threads).map(hub).collect(),
            shared,
            model: Model::default(),
            players: (0..PLAYERS).map(|_| Player::default()).collect(),
            connections: BTreeMap::new(),
            vanished: VecDeque::new(),
            needs_drain: Vec::new(),
            start: Instant::now(),
            millis: 1_000,
            counter: 0,
        }
    }

    /// Does a step.
    pub(crate) fn step(&mut self, step: Step) {
        self.millis += 1;
        self.counter += 1;
        match step {
            Step::Connect { player, thread } => self.connect(player, thread),
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
                    self.players[player] = Player::default();
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
            Step::Pass { seconds } => {
                // Every thread has had a turn by then.
                self.fan_out_all();
                self.millis += seconds * 1_000;
                self.shared.sweep(self.now());
                self.model.sweep(self.millis);
            }
        }
        self.drain();
    }

    /// Connects all players, and handles, writes and reads everything. Then compares
    /// all that the players have with the model.
    pub(crate) fn settle(mut self) {
        while let Some(connection) = self.vanished.pop_front() {
            self.end(connection, End::Broken);
        }
        for player in 0..PLAYERS {
            self.connect(player, player);
        }
        for connection in self.connections.values() {
            connection.connection.wire().stall(false);
        }
        loop {
            for player in 0..PLAYERS {
                let connection = self.connection_of(player).expect("it is connected");
                self.handle(connection, usize::MAX);
            }
            self.fan_out_all();
            for thread in 0..self.hubs.len() {
                self.tell_changes(thread);
            }
            self.fan_out_all();
            self.drain();
            if !(0..PLAYERS).any(|player| self.read(player, usize::MAX)) {
                break;
            }
        }
        for connection in self.connections.values() {
            assert!(connection.answers.is_empty(), "a request without an answer");
        }
        for player in &self.players {
            player.check(&self.model);
        }
    }

    fn connect(&mut self, player: usize, thread: usize) {
        if self.players[player].link.is_some() {
            return;
        }
        let thread = thread % self.hubs.len();
        let now = self.now();
        let (wire, max_waiting) = (Pipe::default(), 16 * 1024 * 1024);
        let connection = self.hubs[thread].connect(Protocol::V1, wire, max_waiting, now);
        let id = connection.id().0;
        self.model.connect(id);
        let served = Served {
            thread,
            session: V1Session::new(Rc::clone(&connection), 25),
            connection,
            requests: VecDeque::new(),
            answers: VecDeque::new(),
        };
        self.connections.insert(id, served);
        self.players[player].connect(id);
        self.transmit(player);
    }

    fn ask(&mut self, player: usize, command: Command) {
        let peers: Vec<Option<u64>> = self.players.iter().map(|player| player.id).collect();
        let text = self.counter.to_string();
        let player_at = player;
        let player = &mut self.players[player];
        let Some(link) = &player.link else { return };
        if !link.is_welcome {
            return;
        }
        let is_busy = |room: usize| link.busy.contains(ROOMS[room]);
        match command {
            Command::Join { room } if !is_busy(room) => player.join(ROOMS[room]),
            Command::Leave { room } if !is_busy(room) && player.is_in(ROOMS[room]) => {
                player
                    .link
                    .as_mut()
                    .unwrap()
                    .busy
                    .insert(ROOMS[room].into());
                let room = ROOMS[room].into();
                player.send(RequestBody::Leave(Leave { room }));
            }
            Command::Join { .. } | Command::Leave { .. } => {}
            Command::Say { room } => player.send(RequestBody::Say(Say {
                room: ROOMS[room].into(),
                text,
                action: false,
            })),
            Command::Whisper { to, is_long } => {
                // No user has such an ID.
                let to = peers[to].unwrap_or(1 << 40);
                let text = if is_long { "x".repeat(4_000) } else { text };
                player.send(RequestBody::Whisper(Whisper {
                    to,
                    name: String::new(),
                    text,
                    action: true,
                }));
            }
            Command::Rename => player.send(RequestBody::Rename(Rename {
                name: format!("Player {text}"),
            })),
            Command::Members { room } => {
                let room = ROOMS[room].into();
                player.send(RequestBody::ListMembers(ListMembers { room }));
            }
            Command::History { room, back, limit } => {
                let (epoch, before) = player.before(ROOMS[room], back);
                player.send(RequestBody::FetchHistory(FetchHistory {
                    room: ROOMS[room].into(),
                    epoch,
                    before,
                    limit,
                }));
            }
        }
        self.transmit(player_at);
    }

    fn handle(&mut self, connection: u64, count: usize) {
        let at = Moment {
            now: self.now(),
            unix_millis: self.millis,
        };
        let id = connection;
        let connection = self
            .connections
            .get_mut(&connection)
            .expect("the connection exists");
        for _ in 0..count {
            // Requests behind a close frame are dropped.
            if connection.connection.is_closed() {
                connection.requests.clear();
            }
            let Some(request) = connection.requests.pop_front() else {
                break;
            };
            let hub = &mut self.hubs[connection.thread];
            let handled = connection.session.handle(hub, request.clone(), at);
            self.needs_drain.extend(hub.take_needs_drain());
            if let Handled::Later(request) = handled {
                connection.requests.push_front(request);
                break;
            }
            let answer = self.model.handle(id, &request, at.unix_millis);
            connection.answers.extend(answer);
        }
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
            self.players[player].receive(packet, &mut self.model, &mut connection.answers);
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

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.millis)
    }
}
