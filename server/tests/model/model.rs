//! What the server has to do, as simply as possible: with lists, sets and maps, and
//! without frames, threads and fan-out. It gets the requests in the order in which
//! the server handles them, and predicts each answer.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{
    ErrorCode, Line, Member, Message as _, Packet, PacketBody, ReplyResult, Request, WhisperLine,
};

pub(crate) mod changes;
mod join;
mod journal;
pub(crate) mod pace;
mod request;
mod rights;

use changes::Changes;
use journal::Undecided;
use pace::Pace;

use crate::rule::RoomRule;

/// How many lines a room keeps.
pub(crate) const HISTORY: u64 = 8;
/// How many lines a client gets that joins without a position.
pub(crate) const REPLAY: u64 = 3;

/// How long an empty room lasts, in milliseconds.
pub(crate) const KEEP_EMPTY: u64 = 20_000;
/// How long a session without a connection lasts, in milliseconds.
pub(crate) const RESUME: u64 = 10_000;

/// How many whispers a session keeps.
const WHISPERS: usize = 100;
/// How many bytes the frames of these whispers have at most.
const WHISPER_BYTES: usize = 16 * 1024;

/// The state that the server has to have.
#[derive(Debug, Default)]
pub(crate) struct Model {
    rooms: BTreeMap<String, Room>,
    /// The lines of each generation of each room.
    pub(crate) lines: BTreeMap<u32, Vec<Line>>,
    changes: Changes,
    generations: u32,
    /// The server's epoch of each generation. The model does not predict epochs, but
    /// no two generations have the same one.
    epochs: BTreeMap<u32, u32>,
    pub(crate) users: BTreeMap<u64, User>,
    /// By number.
    pub(crate) sessions: BTreeMap<u64, Session>,
    /// The highest ID of the requests of each session that has ended.
    ended: BTreeMap<u64, u64>,
    connections: BTreeMap<u64, Connection>,
    /// The connections whose thread has not taken over yet that their user has changed.
    untold: Vec<u64>,
    /// The rule of the room that has one: the last one, and that of each thread.
    pub(crate) rule: RoomRule,
    rules: BTreeMap<usize, RoomRule>,
    /// The connections that were removed from the room since the caller has asked, and what
    /// their clients are told.
    removed: Vec<(u64, Due)>,
    /// The lines that the journal has not decided; `None`: all rooms are in memory only.
    undecided: Option<Undecided>,
}

#[derive(Debug)]
struct Room {
    generation: u32,
    /// The connections in the room.
    connections: BTreeSet<u64>,
    /// By user: the connections over which it is present, and what it is shown as.
    presence: BTreeMap<u64, (BTreeSet<u64>, Shown)>,
    empty_since: Option<u64>,
}

/// The name and the info that a user is shown with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    name: String,
    info: String,
}

/// A user: a guest with its session, or an account that is known.
#[derive(Debug)]
pub(crate) struct User {
    shown: Shown,
    /// Empty if it is a guest.
    account: String,
}

#[derive(Debug)]
pub(crate) struct Session {
    user: u64,
    secret: Option<Vec<u8>>,
    /// The connection over which it is connected.
    connection: Option<u64>,
    away_since: Option<u64>,
    /// The highest ID of its requests.
    highest: u64,
    /// The requests whose messages were stored.
    accepted: BTreeSet<u64>,
    pub(crate) whispers: Vec<WhisperLine>,
}

#[derive(Debug, Default)]
struct Connection {
    thread: usize,
    user: Option<u64>,
    session: u64,
    /// The user's account; empty if it is a guest.
    account: String,
    /// Whether its token allows to join the room with a rule.
    has_cap: bool,
    /// Whether the client is known to have the secret: it has sent a request since its
    /// welcome, or its hello had the secret.
    has_secret: bool,
    /// The name and the info of the user, as this connection knows them.
    shown: Shown,
    rooms: BTreeSet<String>,
    /// The IDs of what it has said in the room with a rule.
    said: BTreeSet<u64>,
    pace: Pace,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client closes it and its session.
    Goodbye,
    /// It breaks. The client may resume its session.
    Broken,
}

/// A message that a client has to get, in this order. Lines are not among them.
#[derive(Debug)]
pub(crate) enum Due {
    Answer(Box<Answer>),
    /// It is not in the room with a rule any more. What it has said there over this connection
    /// is answered.
    Removed {
        said: BTreeSet<u64>,
    },
}

/// An expected answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) request: u64,
    /// The generation of the room that the answer is about.
    generation: Option<u32>,
    result: Result<ReplyResult, ErrorCode>,
}

impl Model {
    /// Adds a connection to this thread.
    pub(crate) fn connect(&mut self, connection: u64, thread: usize) {
        let added = Connection {
            thread,
            ..Connection::default()
        };
        let before = self.connections.insert(connection, added);
        assert!(before.is_none(), "no connection had this ID before");
    }

    /// Ends a connection.
    pub(crate) fn end(&mut self, connection: u64, end: End, time: u64) {
        let ended = self.connections.remove(&connection).expect("a connection");
        let Some(id) = ended.user else { return };
        for room in ended.rooms {
            self.leave(connection, id, &room, time);
        }
        if let Some(session) = self.sessions.get_mut(&ended.session)
            && session.connection == Some(connection)
        {
            session.connection = None;
            session.away_since = Some(time);
            if end == End::Goodbye || !ended.has_secret {
                self.end_session(ended.session);
            }
        }
    }

    /// Ends a session. A guest has no other. A user with an account is still known.
    fn end_session(&mut self, number: u64) {
        let ended = self.sessions.remove(&number).expect("a session");
        self.ended.insert(number, ended.highest);
        if let Some(user) = self.users.get(&ended.user)
            && user.account.is_empty()
        {
            // Its connections may still be open.
            let shown = user.shown.clone();
            for connection in self.connections.values_mut() {
                if connection.user == Some(ended.user) {
                    connection.shown.clone_from(&shown);
                }
            }
            self.users.remove(&ended.user);
        }
    }

    /// Removes the sessions and rooms that were left alone for too long.
    pub(crate) fn sweep(&mut self, time: u64) {
        let is_late = |since: Option<u64>, keep| since.is_some_and(|since| time - since >= keep);
        let sessions = self.sessions.iter();
        let late = sessions.filter(|(_, one)| is_late(one.away_since, RESUME));
        for number in late.map(|(&number, _)| number).collect::<Vec<_>>() {
            self.end_session(number);
        }
        if self.undecided.is_none() {
            self.rooms
                .retain(|_, room| !is_late(room.empty_since, KEEP_EMPTY));
        }
    }

    /// A user has changed: its rooms show that, those of the other threads when they fan out.
    /// The connection of the session `but` is left out.
    fn tell_changed(&mut self, at: u64, user: u64, but: Option<u64>) {
        let thread = self.connections[&at].thread;
        let sessions = self.sessions.iter();
        let others = sessions.filter(|(number, one)| one.user == user && Some(**number) != but);
        let connections: Vec<u64> = others.filter_map(|(_, one)| one.connection).collect();
        for connection in connections {
            if self.connections[&connection].thread == thread {
                self.show(connection);
            } else {
                self.untold.push(connection);
            }
        }
    }

    /// A thread takes over what the others have told it.
    pub(crate) fn fan_out(&mut self, thread: usize) {
        for id in std::mem::take(&mut self.untold) {
            match self.connections.get(&id) {
                Some(connection) if connection.thread == thread => self.show(id),
                Some(_) => self.untold.push(id),
                None => {}
            }
        }
    }

    /// The rooms of a connection show its user as it is now.
    fn show(&mut self, connection: u64) {
        let connection = &self.connections[&connection];
        let Some(id) = connection.user else { return };
        if !self.has_session(id) {
            return;
        }
        let shown = &self.users[&id].shown;
        for room in &connection.rooms {
            let room = self.rooms.get_mut(room).expect("the room is not empty");
            if let Some((_, known)) = room.presence.get_mut(&id) {
                known.clone_from(shown);
            }
        }
    }

    /// Whether a user has a session.
    fn has_session(&self, user: u64) -> bool {
        self.sessions.values().any(|session| session.user == user)
    }

    /// Handles a request and returns the expected answer. `None` if the client's own
    /// copy is the answer.
    /// `is_behind` says whether the receiver of a whisper is behind.
    pub(crate) fn handle(
        &mut self,
        at: u64,
        request: &Request,
        time: u64,
        is_behind: bool,
    ) -> Option<Answer> {
        let mut generation = None;
        let result = self.result(at, request, time, is_behind, &mut generation);
        Some(Answer {
            request: request.id,
            generation,
            result: result.transpose()?,
        })
    }

    /// Compares an answer with the expected one, and takes over the values that the
    /// server chooses freely.
    pub(crate) fn check(&mut self, expected: Answer, found: &ReplyResult) {
        if let (Err(code), ReplyResult::Error(error)) = (&expected.result, found) {
            assert_eq!(error.code(), *code, "{error:?}");
            return;
        }
        let mut due = expected
            .result
            .unwrap_or_else(|code| panic!("not refused with {code:?}: {found:?}"));
        let epoch = match (&mut due, found) {
            (ReplyResult::Welcome(due), ReplyResult::Welcome(found)) => {
                let session = self.sessions.get_mut(&due.session_number);
                due.session.clone_from(&found.session);
                due.limits = found.limits;
                if let Some(session) = session {
                    let secret = session.secret.get_or_insert_with(|| found.session.clone());
                    assert_eq!(*secret, found.session);
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
        if let Some(generation) = expected.generation {
            let known = *self.epochs.entry(generation).or_insert(epoch);
            assert_eq!(known, epoch, "the epoch of a room has changed");
            let same = self.epochs.values().filter(|&&other| other == epoch);
            assert_eq!(same.count(), 1, "no other room had this epoch");
        }
        assert_eq!(*found, due);
    }

    /// Whether a say of this session with this ID is stored.
    pub(crate) fn has_said(&self, session: u64, id: u64) -> bool {
        // One that was cleared or purged says not any more whose it was.
        let lines = self.lines.values().flatten();
        let mut lines = lines.chain(self.changes.versions());
        lines.any(|line| (session_of(line), line.nonce) == (session, id))
    }

    /// The connections of a user.
    pub(crate) fn connections_of(&self, user: u64) -> Vec<u64> {
        let sessions = self.sessions.values();
        let its = sessions.filter(|session| session.user == user);
        its.filter_map(|session| session.connection).collect()
    }

    /// The lines of the room with this epoch.
    pub(crate) fn lines_of(&self, epoch: u32) -> Vec<Line> {
        let generation = self.epochs.iter().find(|&(_, &known)| known == epoch);
        let lines = generation.and_then(|(generation, _)| self.lines.get(generation));
        let with_epoch = |line: &Line| Line {
            epoch,
            ..line.clone()
        };
        lines.into_iter().flatten().map(with_epoch).collect()
    }

    /// The members of a room.
    pub(crate) fn members(&self, room: &str) -> Vec<Member> {
        let presence = self.rooms.get(room).map(|room| &room.presence);
        let account = |id| self.users.get(&id).map(|user| user.account.clone());
        let member = |(&id, (_, shown)): (&u64, &(BTreeSet<u64>, Shown))| Member {
            id,
            name: shown.name.clone(),
            user: account(id).unwrap_or_default(),
            info: shown.info.clone(),
        };
        presence.into_iter().flatten().map(member).collect()
    }
}

fn as_index(seq: u64) -> usize {
    usize::try_from(seq - 1).unwrap()
}

/// The number of the session that said a line.
pub(crate) fn session_of(line: &Line) -> u64 {
    match line.session {
        0 => line.sender,
        session => session,
    }
}

impl Session {
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
