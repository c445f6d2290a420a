//! Users and a server with a bad network between them.

use std::collections::{BTreeMap, VecDeque};

use guildhall_client::RequestId;
use guildhall_client::session::{Action, State};
use guildhall_protocol::{PacketBody, decode};

use crate::server::Server;
use crate::user::{Outcome, User};

pub(crate) const USERS: usize = 3;
pub(crate) const ROOMS: [&str; 3] = ["a", "b", "A"];

/// Something that happens. The first number is the user's.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Join(usize, usize),
    Leave(usize, usize),
    Say(usize, usize),
    Whisper(usize, usize),
    /// This many messages arrive at the server.
    Up(usize, usize),
    /// This many messages arrive at the user.
    Down(usize, usize),
    /// The connection breaks. This many messages still arrive at the server, which may
    /// notice at once or later.
    Lose(usize, usize, bool),
    /// One line to the user gets lost, which TCP would not allow.
    LoseLine(usize, usize),
    /// The server refuses this many messages for now.
    Refuse(usize, usize),
    /// The server leaves the user out of a room, because it reads too slowly.
    LeaveOut(usize, usize),
    /// The server takes the user out of a room.
    Remove(usize, usize),
    /// The user's application has a token, which holds for so many milliseconds.
    Token(usize, u64),
    /// It has none.
    NoToken(usize),
    /// The server sends the user what it has missed.
    CatchUp(usize),
    /// The server notices all connections that are broken.
    Notice,
    /// The server forgets all sessions without a connection.
    Expire,
    Restart,
    Time(u64),
}

struct Wire {
    peer: u64,
    is_open: bool,
    up: VecDeque<Vec<u8>>,
    down: VecDeque<Vec<u8>>,
}

pub(crate) struct World {
    now: u64,
    server: Server,
    users: Vec<User>,
    wires: Vec<Option<Wire>>,
    /// Broken connections that the server has not noticed.
    broken: Vec<u64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut world = Self {
            now: 0,
            server: Server::default(),
            // The first one has tokens.
            users: (0..USERS)
                .map(|user| User::new(name(user), user == 0))
                .collect(),
            wires: (0..USERS).map(|_| None).collect(),
            broken: Vec::new(),
        };
        world.exchange();
        world
    }

    pub(crate) fn step(&mut self, step: &Step) {
        match *step {
            Step::Join(user, room) => self.users[user].session.join(ROOMS[room]),
            Step::Leave(user, room) => self.users[user].session.leave(ROOMS[room]),
            Step::Say(user, room) => self.users[user].say(ROOMS[room]),
            Step::Whisper(user, to) => self.users[user].whisper(&name(to)),
            Step::Up(user, count) => self.up(user, count),
            Step::Down(user, count) => self.down(user, count),
            Step::Lose(user, arrive, is_noticed) => {
                if self.wires[user].is_some() {
                    self.up(user, arrive);
                    self.cut(user, is_noticed);
                    let session = &mut self.users[user].session;
                    session.closed(1006, "", self.now, 0.5);
                }
            }
            Step::LoseLine(user, index) => {
                if let Some(wire) = &mut self.wires[user] {
                    let is_line = |bytes: &Vec<u8>| {
                        let packet = decode(bytes).unwrap_or_default();
                        matches!(packet.msg, Some(PacketBody::Line(_)))
                    };
                    if wire.down.get(index).is_some_and(is_line) {
                        wire.down.remove(index);
                    }
                }
            }
            Step::Refuse(user, count) => {
                if let Some(wire) = &self.wires[user] {
                    self.server.refuse(wire.peer, count);
                }
            }
            Step::LeaveOut(user, room) => {
                if let Some(wire) = &self.wires[user] {
                    self.server
                        .leave_out(wire.peer, &ROOMS[room].to_lowercase());
                }
            }
            Step::Remove(user, room) => {
                if let Some(wire) = &self.wires[user] {
                    self.server.remove(wire.peer, &ROOMS[room].to_lowercase());
                }
            }
            Step::Token(user, millis) => self.give_token(user, millis),
            Step::NoToken(user) => self.users[user].session.no_token("", self.now, 0.5),
            Step::CatchUp(user) => self.catch_up(user),
            Step::Notice => self.notice(),
            Step::Expire => self.server.expire(),
            Step::Restart => {
                self.server.restart();
                self.broken.clear();
                for user in 0..USERS {
                    if self.wires[user].take().is_some() {
                        let session = &mut self.users[user].session;
                        session.closed(1001, "restart", self.now, 0.5);
                    }
                }
            }
            Step::Time(millis) => {
                self.now += millis;
                self.server.tick(self.now);
                for user in &mut self.users {
                    user.session.tick(self.now, 0.5);
                }
            }
        }
        self.exchange();
    }

    /// Plays on until all users are online and all messages have arrived. What was refused before
    /// may be refused three times more, and wait up to 32 seconds each time.
    pub(crate) fn settle(&mut self) {
        for _ in 0..400 {
            for user in 0..USERS {
                self.up(user, usize::MAX);
                self.down(user, usize::MAX);
            }
            self.notice();
            (0..USERS).for_each(|user| self.catch_up(user));
            self.exchange();
            let idle = |wire: &Option<Wire>| {
                let wire = wire.as_ref();
                wire.is_some_and(|wire| wire.is_open && wire.up.is_empty() && wire.down.is_empty())
            };
            if self.wires.iter().all(idle)
                && self.users.iter().all(|user| user.is_settled(self.now))
            {
                return;
            }
            // Enough for what was refused for now.
            self.now += 400;
            for user in 0..USERS {
                self.give_token(user, 600_000);
            }
            for user in &mut self.users {
                if let State::Waiting { until, .. } = *user.session.state() {
                    self.now = self.now.max(until);
                }
                user.session.tick(self.now, 0.5);
            }
            self.server.tick(self.now);
            self.exchange();
        }
        panic!("it does not settle");
    }

    /// Compares what each user has with what the server has.
    pub(crate) fn check(&self) {
        for user in &self.users {
            for room in user.session.rooms() {
                let (epoch, last) = self.server.last(&room.name);
                assert_eq!(user.next()[&room.name], (epoch, last + 1), "{}", room.name);
                let members = room
                    .members
                    .iter()
                    .map(|(id, member)| (id.0, member.name.clone()));
                let members: BTreeMap<_, _> = members.collect();
                assert_eq!(members, self.server.members_of(&room.name));
                assert_eq!(room.count as usize, room.members.len());
            }
            assert_eq!(user.next().len(), user.session.rooms().count());
            let (next, id) = user.next_whisper;
            let whispers = &self.server.people[&id.0].whispers;
            assert_eq!(next, whispers.len() as u64 + 1);
            let told = user.whispers.iter().filter(|(of, _, _)| *of == id);
            for (_, seq, text) in told {
                let index = usize::try_from(*seq - 1).expect("a small number");
                assert_eq!(whispers[index].text, *text);
            }
            self.check_messages(user);
        }
    }

    /// Every message has an outcome and is stored at most once: exactly once if it was
    /// reported as sent, and never if it was reported as not done.
    fn check_messages(&self, user: &User) {
        let mut said: Vec<&str> = Vec::new();
        for line in self.server.logs.values().flatten() {
            said.push(&line.text);
        }
        let own = user.whispers.iter().map(|(_, _, text)| text.as_str());
        let whispered: Vec<_> = own.collect();
        for (nonce, (text, outcome)) in &user.messages {
            let times = said.iter().filter(|other| *other == text).count();
            let is_whisper = whispered.contains(&text.as_str());
            assert!(times <= 1, "{nonce} was said {times} times");
            match outcome {
                Outcome::Pending => panic!("{nonce} has not ended"),
                // A whisper may be in a gap, or on the server before a restart.
                Outcome::Sent | Outcome::Uncertain => {}
                Outcome::NotDone => assert!(times == 0 && !is_whisper, "{nonce} was done"),
            }
        }
        // Two names of one room are two rooms until they are joined.
        for (log, room) in self
            .server
            .logs
            .values()
            .flat_map(|log| ROOMS.map(|room| (log, room)))
        {
            let to = format!("to {room}: ");
            let here = log.iter().filter(|line| line.text.contains(&to));
            let own = here.filter_map(|line| {
                let mut messages = user.messages.iter();
                let own = messages.find(|(_, (text, _))| *text == line.text);
                own.map(|(nonce, _)| nonce)
            });
            assert!(own.is_sorted(), "a user's own messages keep their order");
        }
    }

    /// Every message that was reported as sent is stored. Not true after a restart, which
    /// forgets the whispers.
    pub(crate) fn check_sent(&self) {
        let lines = self.server.logs.values().flatten().map(|line| &line.text);
        let whispers = self
            .server
            .people
            .values()
            .flat_map(|person| &person.whispers);
        let all: Vec<_> = lines.chain(whispers.map(|line| &line.text)).collect();
        for (text, outcome) in self.users.iter().flat_map(|user| user.messages.values()) {
            assert!(*outcome != Outcome::Sent || all.contains(&text), "{text}");
        }
    }

    fn up(&mut self, user: usize, count: usize) {
        for _ in 0..count {
            let Some(wire) = &mut self.wires[user] else {
                return;
            };
            if !wire.is_open {
                wire.is_open = true;
                self.users[user].session.opened(self.now);
                self.exchange();
                continue;
            }
            let Some(bytes) = wire.up.pop_front() else {
                return;
            };
            let peer = wire.peer;
            self.server.received(peer, &bytes);
            self.exchange();
        }
    }

    fn down(&mut self, user: usize, count: usize) {
        for _ in 0..count {
            let wire = self.wires[user].as_mut();
            let Some(bytes) = wire.and_then(|wire| wire.down.pop_front()) else {
                return;
            };
            if bytes.is_empty() {
                self.wires[user] = None;
                let session = &mut self.users[user].session;
                session.closed(3002, "the token is over", self.now, 0.5);
            } else {
                self.users[user].session.received(&bytes, self.now);
            }
            self.exchange();
        }
    }

    /// Answers a session that needs a token.
    fn give_token(&mut self, user: usize, millis: u64) {
        let (session, until) = (&mut self.users[user].session, self.now + millis);
        if session.awaits_token() {
            session.set_token(&until.to_string(), self.now);
        }
    }

    fn catch_up(&mut self, user: usize) {
        if let Some(wire) = &self.wires[user] {
            self.server.catch_up(wire.peer);
        }
    }

    fn notice(&mut self) {
        for peer in std::mem::take(&mut self.broken) {
            self.server.end(peer);
        }
    }

    fn cut(&mut self, user: usize, is_noticed: bool) {
        if let Some(wire) = self.wires[user].take() {
            self.broken.push(wire.peer);
        }
        if is_noticed {
            self.notice();
        }
    }

    /// Puts the packets of the server and the users on the wires.
    fn exchange(&mut self) {
        for user in 0..USERS {
            let actions = self.users[user].drain(&self.server.logs);
            if let Some(wire) = &self.wires[user] {
                let messages = &self.users[user].messages;
                let is_pending = |nonce: u64| {
                    let message = messages.get(&RequestId(nonce));
                    message.is_some_and(|(_, outcome)| *outcome == Outcome::Pending)
                };
                self.server.forget_held(wire.peer, is_pending);
            }
            for action in actions {
                match (action, &mut self.wires[user]) {
                    (Action::Open, wire @ None) => {
                        *wire = Some(Wire {
                            peer: self.server.open(),
                            is_open: false,
                            up: VecDeque::new(),
                            down: VecDeque::new(),
                        });
                    }
                    (Action::Send(bytes), Some(wire)) => wire.up.push_back(bytes),
                    (Action::Close(3001), Some(_)) => self.cut(user, false),
                    (action, _) => panic!("{action:?}"),
                }
            }
        }
        for (peer, bytes) in self.server.take_out() {
            let wires = self.wires.iter_mut().flatten();
            if let Some(wire) = wires.into_iter().find(|wire| wire.peer == peer) {
                wire.down.push_back(bytes);
            }
        }
    }
}

fn name(user: usize) -> String {
    format!("user {user}")
}
