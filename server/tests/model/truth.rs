//! What the server ought to do, said as simply as can be: lists, sets and maps,
//! no frames, no threads, no fan-out. It knows the requests in the order in
//! which the server handles them, and foretells each answer.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{
    ErrorCode, Line, Member, Message as _, Packet, PacketBody, ReplyResult, Request, WhisperLine,
};

mod request;

/// How many lines a room keeps, and a newcomer gets.
pub(crate) const HISTORY: u64 = 8;
pub(crate) const REPLAY: u64 = 3;

/// How long an empty room and a session without a connection last, in
/// milliseconds.
pub(crate) const KEEP_EMPTY: u64 = 20_000;
pub(crate) const RESUME: u64 = 10_000;

/// What is kept of whispers: their number and the bytes of their frames.
const WHISPERS: usize = 100;
const WHISPER_BYTES: usize = 16 * 1024;

/// The whole world as it ought to be.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    rooms: BTreeMap<String, Room>,
    /// The lines of each generation of each room.
    pub(crate) lines: BTreeMap<u32, Vec<Line>>,
    generations: u32,
    /// The server's epochs, of which only one thing is foretold: no two
    /// generations have the same.
    epochs: BTreeMap<u32, u32>,
    pub(crate) people: BTreeMap<u64, Person>,
    connections: BTreeMap<u64, Connection>,
}

#[derive(Debug)]
struct Room {
    generation: u32,
    /// Connections, of whichever client.
    inside: BTreeSet<u64>,
    /// Clients, over which connection, and what they are called.
    roster: BTreeMap<u64, (u64, String)>,
    empty_since: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Person {
    name: String,
    token: Option<Vec<u8>>,
    place: Option<u64>,
    away_since: Option<u64>,
    highest: u64,
    accepted: BTreeSet<u64>,
    pub(crate) whispers: Vec<WhisperLine>,
}

#[derive(Debug, Default)]
struct Connection {
    person: Option<u64>,
    /// Whether the client has asked for something since its welcome, or came
    /// with the secret: else nobody may have it.
    has_secret: bool,
    /// Kept by each connection for itself.
    name: String,
    rooms: BTreeSet<String>,
}

/// An answer as it is foretold.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) request: u64,
    /// The generation of the room in it.
    generation: Option<u32>,
    result: Result<ReplyResult, ErrorCode>,
}

impl Truth {
    /// A new connection.
    pub(crate) fn connect(&mut self, connection: u64) {
        let fresh = self.connections.insert(connection, Connection::default());
        assert!(fresh.is_none(), "an ID that was given twice");
    }

    /// The end of a connection, with a goodbye or without.
    pub(crate) fn end(&mut self, connection: u64, is_goodbye: bool, time: u64) {
        let ended = self.connections.remove(&connection).expect("a connection");
        let Some(id) = ended.person else { return };
        for room in ended.rooms {
            self.leave(connection, id, &room, time);
        }
        if let Some(person) = self.people.get_mut(&id)
            && person.place == Some(connection)
        {
            person.place = None;
            person.away_since = Some(time);
            if is_goodbye || !ended.has_secret {
                self.people.remove(&id);
            }
        }
    }

    /// Sessions and rooms that nobody came back to.
    pub(crate) fn sweep(&mut self, time: u64) {
        let is_late = |since: Option<u64>, keep| since.is_some_and(|since| time - since >= keep);
        self.people
            .retain(|_, one| !is_late(one.away_since, RESUME));
        self.rooms
            .retain(|_, room| !is_late(room.empty_since, KEEP_EMPTY));
    }

    /// What the server does with a request, and answers; `None` where the
    /// client's own copy is the answer.
    pub(crate) fn handle(&mut self, at: u64, request: &Request, time: u64) -> Option<Answer> {
        let mut generation = None;
        let result = self.result(at, request, time, &mut generation);
        Some(Answer {
            request: request.id,
            generation,
            result: result.transpose()?,
        })
    }

    /// Holds an answer against the foretold one, and learns what only the
    /// server can choose.
    pub(crate) fn check(&mut self, foretold: Answer, found: &ReplyResult) {
        if let (Err(code), ReplyResult::Error(error)) = (&foretold.result, found) {
            assert_eq!(error.code(), *code, "{error:?}");
            return;
        }
        let mut due = foretold
            .result
            .unwrap_or_else(|code| panic!("not refused with {code:?}: {found:?}"));
        let epoch = match (&mut due, found) {
            (ReplyResult::Welcome(due), ReplyResult::Welcome(found)) => {
                let person = self.people.get_mut(&due.id);
                due.session.clone_from(&found.session);
                due.limits = found.limits;
                if let Some(person) = person {
                    let token = person.token.get_or_insert_with(|| found.session.clone());
                    assert_eq!(*token, found.session);
                }
                0
            }
            (ReplyResult::Joined(due), ReplyResult::Joined(found)) => {
                due.epoch = found.epoch;
                found.epoch
            }
            (ReplyResult::History(due), ReplyResult::History(found)) => {
                due.epoch = found.epoch;
                for line in &mut due.lines {
                    line.epoch = found.epoch;
                }
                found.epoch
            }
            _ => 0,
        };
        if let Some(generation) = foretold.generation {
            let known = *self.epochs.entry(generation).or_insert(epoch);
            assert_eq!(known, epoch, "the epoch of a room changed");
            let same = self.epochs.values().filter(|&&other| other == epoch);
            assert_eq!(same.count(), 1, "an epoch that was there before");
        }
        assert_eq!(*found, due);
    }

    /// The lines that were said in the room of this epoch.
    pub(crate) fn lines_of(&self, epoch: u32) -> Vec<Line> {
        let generation = self.epochs.iter().find(|&(_, &known)| known == epoch);
        let lines = generation.and_then(|(generation, _)| self.lines.get(generation));
        let with_epoch = |line: &Line| Line {
            epoch,
            ..line.clone()
        };
        lines.into_iter().flatten().map(with_epoch).collect()
    }

    /// Who is in a room.
    pub(crate) fn members(&self, room: &str) -> Vec<Member> {
        let roster = self.rooms.get(room).map(|room| &room.roster);
        let member = |(&id, (_, name)): (&u64, &(u64, String))| Member {
            id,
            name: name.clone(),
        };
        roster.into_iter().flatten().map(member).collect()
    }
}

impl Person {
    /// The number of the oldest whisper that is kept.
    fn first_whisper(&self) -> u64 {
        let mut bytes = 0;
        let kept = self
            .whispers
            .iter()
            .rev()
            .take(WHISPERS)
            .take_while(|line| {
                let packet = Packet::from(PacketBody::Whisper((*line).clone()));
                let length = packet.encoded_len();
                bytes += length + if length > 125 { 4 } else { 2 };
                bytes <= WHISPER_BYTES
            });
        (self.whispers.len() - kept.count()) as u64 + 1
    }
}
