//! The server's rooms, driven by hand: every request handled, every fan-out and
//! every loss of a connection is a step of the test's choosing.

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
use guildhall_server::{HistoryLimits, RoomLimits};

use crate::pipe::Pipe;
use crate::player::Player;
use crate::truth::{Answer, HISTORY, KEEP_EMPTY, REPLAY, RESUME, Truth};

/// How many clients and rooms there are.
pub(crate) const PLAYERS: usize = 4;
pub(crate) const ROOMS: [&str; 3] = ["red", "green", "blue"];

/// A step.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A player connects to a thread, if it has no connection.
    Connect { player: usize, thread: usize },
    /// A player asks for something.
    Ask { player: usize, what: What },
    /// The server handles so many of a player's requests.
    Handle { player: usize, count: usize },
    /// A player reads so many packets.
    Read { player: usize, count: usize },
    /// A connection breaks when the server has handled so many more; what is
    /// written and not read is lost.
    Cut { player: usize, handled: usize },
    /// A player closes its connection for good, and is somebody else next time.
    Goodbye { player: usize },
    /// A connection breaks, and the server has not noticed yet.
    Vanish { player: usize },
    /// The server handles what came over a connection that its player has lost.
    HandleLate { count: usize },
    /// The server notices that such a connection is lost.
    Notice,
    /// A turn of a thread.
    FanOut { thread: usize },
    /// A thread tells who came and left.
    News { thread: usize },
    /// A player's socket takes nothing, or all again.
    Stall { player: usize, is_stalled: bool },
    /// Time passes.
    Pass { seconds: u64 },
}

/// What a player asks for.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Join { room: usize },
    Leave { room: usize },
    Say { room: usize },
    Whisper { to: usize, is_long: bool },
    Rename,
    Members { room: usize },
    History { room: usize, back: u64, limit: u32 },
}

/// Server, players and truth.
pub(crate) struct World {
    shared: Arc<Shared>,
    hubs: Vec<Hub<Pipe>>,
    truth: Truth,
    players: Vec<Player>,
    connections: BTreeMap<u64, Served>,
    /// Connections that their players have lost, oldest first.
    vanished: VecDeque<u64>,
    /// Connections with bytes that wait.
    waiting: Vec<Rc<Connection<Pipe>>>,
    start: Instant,
    millis: u64,
    /// Makes every text and name another one.
    counter: u64,
}

/// A connection, as the server has it.
struct Served {
    thread: usize,
    connection: Rc<Connection<Pipe>>,
    session: V1Session<Pipe>,
    requests: VecDeque<Request>,
    answers: VecDeque<Answer>,
}

impl World {
    /// Nobody is there yet.
    pub(crate) fn new(threads: usize) -> Self {
        let limits = RoomLimits {
            history: HistoryLimits {
                lines: usize::try_from(HISTORY).unwrap(),
                bytes: 1024 * 1024,
                age: Duration::from_hours(24),
            },
            replay: usize::try_from(REPLAY).unwrap(),
            keep_empty: Duration::from_millis(KEEP_EMPTY),
            resume_within: Duration::from_millis(RESUME),
            ..RoomLimits::default()
        };
        let shared = Shared::new(threads, limits);
        let hub = |thread| Hub::new(Arc::clone(&shared), thread);
        Self {
            hubs: (0..threads).map(hub).collect(),
            shared,
            truth: Truth::default(),
            players: (0..PLAYERS).map(|_| Player::default()).collect(),
            connections: BTreeMap::new(),
            vanished: VecDeque::new(),
            waiting: Vec::new(),
            start: Instant::now(),
            millis: 1_000,
            counter: 0,
        }
    }

    /// Takes a step.
    pub(crate) fn step(&mut self, step: Step) {
        self.millis += 1;
        self.counter += 1;
        match step {
            Step::Connect { player, thread } => self.connect(player, thread),
            Step::Ask { player, what } => self.ask(player, what),
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
                    self.end(connection, false);
                }
            }
            Step::Goodbye { player } => {
                if let Some(connection) = self.connection_of(player) {
                    self.players[player] = Player::default();
                    self.end(connection, true);
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
                    self.end(connection, false);
                }
            }
            Step::FanOut { thread } => self.fan_out(thread),
            Step::News { thread } => self.news(thread),
            Step::Stall { player, is_stalled } => {
                if let Some(connection) = self.connection_of(player) {
                    self.connections[&connection]
                        .connection
                        .wire()
                        .stall(is_stalled);
                }
            }
            Step::Pass { seconds } => {
                // Each thread has had its turn by then.
                self.fan_out_all();
                self.millis += seconds * 1_000;
                self.shared.sweep(self.now());
                self.truth.sweep(self.millis);
            }
        }
        self.drain();
    }

    /// Everybody comes back, all is handled, written and read; then everybody
    /// has what the truth says.
    pub(crate) fn settle(mut self) {
        while let Some(connection) = self.vanished.pop_front() {
            self.end(connection, false);
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
                self.news(thread);
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
            player.check(&self.truth);
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
        self.truth.connect(id);
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

    fn ask(&mut self, player: usize, what: What) {
        let peers: Vec<Option<u64>> = self.players.iter().map(|player| player.id).collect();
        let text = self.counter.to_string();
        let player_at = player;
        let player = &mut self.players[player];
        let Some(link) = &player.link else { return };
        if !link.is_welcome {
            return;
        }
        let is_busy = |room: usize| link.busy.contains(ROOMS[room]);
        match what {
            What::Join { room } if !is_busy(room) => player.join(ROOMS[room]),
            What::Leave { room } if !is_busy(room) && player.is_in(ROOMS[room]) => {
                player
                    .link
                    .as_mut()
                    .unwrap()
                    .busy
                    .insert(ROOMS[room].into());
                let room = ROOMS[room].into();
                player.send(RequestBody::Leave(Leave { room }));
            }
            What::Join { .. } | What::Leave { .. } => {}
            What::Say { room } => player.send(RequestBody::Say(Say {
                room: ROOMS[room].into(),
                text,
                action: false,
            })),
            What::Whisper { to, is_long } => {
                // Nobody has such an ID.
                let to = peers[to].unwrap_or(1 << 40);
                let text = if is_long { "x".repeat(4_000) } else { text };
                player.send(RequestBody::Whisper(Whisper {
                    to,
                    name: String::new(),
                    text,
                    action: true,
                }));
            }
            What::Rename => player.send(RequestBody::Rename(Rename {
                name: format!("Player {text}"),
            })),
            What::Members { room } => {
                let room = ROOMS[room].into();
                player.send(RequestBody::ListMembers(ListMembers { room }));
            }
            What::History { room, back, limit } => {
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
        let connection = self.connections.get_mut(&connection).expect("it stands");
        for _ in 0..count {
            // What comes behind a close frame is too late.
            if connection.connection.is_closed() {
                connection.requests.clear();
            }
            let Some(request) = connection.requests.pop_front() else {
                break;
            };
            let hub = &mut self.hubs[connection.thread];
            let handled = connection.session.handle(hub, request.clone(), at);
            self.waiting.extend(hub.take_needs_drain());
            if let Handled::Later(request) = handled {
                connection.requests.push_front(request);
                break;
            }
            let answer = self.truth.handle(id, &request, at.unix_millis);
            connection.answers.extend(answer);
        }
    }

    /// Whether there was something to read.
    fn read(&mut self, player: usize, count: usize) -> bool {
        let Some(id) = self.connection_of(player) else {
            return false;
        };
        let connection = self.connections.get_mut(&id).expect("it stands");
        assert!(
            !connection.connection.is_closed(),
            "closed without a reason"
        );
        let mut is_any = false;
        for _ in 0..count {
            let Some(packet) = connection.connection.wire().next() else {
                break;
            };
            is_any = true;
            self.players[player].receive(packet, &mut self.truth, &mut connection.answers);
        }
        self.transmit(player);
        is_any
    }

    fn transmit(&mut self, player: usize) {
        if let Some(link) = &mut self.players[player].link {
            let connection = self.connections.get_mut(&link.connection);
            let requests = &mut connection.expect("it stands").requests;
            requests.extend(link.uplink.drain(..));
        }
    }

    fn end(&mut self, id: u64, is_goodbye: bool) {
        let now = self.now();
        let mut connection = self.connections.remove(&id).expect("it stands");
        let hub = &mut self.hubs[connection.thread];
        if is_goodbye {
            connection.session.say_goodbye(hub, now);
        } else {
            connection.session.end(hub, now);
        }
        connection.connection.abandon();
        hub.disconnect(ConnectionId(id));
        self.truth.end(id, is_goodbye, self.millis);
    }

    fn fan_out(&mut self, thread: usize) {
        let (thread, now) = (thread % self.hubs.len(), self.now());
        self.hubs[thread].fan_out(now);
        self.waiting.extend(self.hubs[thread].take_needs_drain());
    }

    fn fan_out_all(&mut self) {
        while let Some(thread) = self.hubs.iter().position(Hub::has_pending) {
            self.fan_out(thread);
        }
    }

    fn news(&mut self, thread: usize) {
        let thread = thread % self.hubs.len();
        self.hubs[thread].tell_changes();
    }

    fn drain(&mut self) {
        let now = self.now();
        self.waiting.retain(|connection| !connection.drain(now));
    }

    fn connection_of(&self, player: usize) -> Option<u64> {
        let link = self.players[player].link.as_ref()?;
        Some(link.connection)
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.millis)
    }
}
