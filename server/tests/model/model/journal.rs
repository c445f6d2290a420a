//! The difference that a journal makes: a line waits until it is decided, and gets its number
//! then. It may not be kept, and the server may begin again with what was kept.

use std::collections::{BTreeSet, VecDeque};

use guildhall_protocol::{ErrorCode, Line, Request, RequestBody};

use super::changes::Wanted;
use super::pace::Destination;
use super::{Model, session_of};
use crate::rule::RULED;

/// How many lines of one connection may wait in a room.
const MOST_WAITING: usize = 64;

/// The lines that the journal of a model has not decided, and those that it could not keep.
#[derive(Debug, Default)]
pub(crate) struct Undecided {
    lines: VecDeque<Waiting>,
    /// The sessions and the IDs of lines that were not kept.
    failed: BTreeSet<(u64, u64)>,
    /// Those of changes that were not possible, and why.
    refused: BTreeSet<(u64, u64, ErrorCode)>,
    /// Those that the session has not heard of: later ones wait for them.
    unheard: Vec<(u64, String, u64)>,
}

/// A line that waits.
#[derive(Debug)]
struct Waiting {
    at: u64,
    generation: u32,
    line: Line,
}

impl Model {
    /// The model of a server with a journal.
    pub(crate) fn durable() -> Self {
        Self {
            undecided: Some(Undecided::default()),
            ..Self::default()
        }
    }

    /// A line is handed to the journal; without one, it has its number at once.
    pub(super) fn hand_over(
        &mut self,
        at: u64,
        generation: u32,
        line: Line,
    ) -> Result<(), ErrorCode> {
        let waiting = Waiting {
            at,
            generation,
            line,
        };
        match &mut self.undecided {
            Some(undecided) => undecided.lines.push_back(waiting),
            None => self.store(waiting)?,
        }
        Ok(())
    }

    /// Keeps a line as the next one, unless it is a change that is not possible.
    fn store(&mut self, waiting: Waiting) -> Result<(), ErrorCode> {
        let Waiting {
            at,
            generation,
            mut line,
        } = waiting;
        line.seq = self.last(generation) + 1;
        self.carry_out(generation, &mut line)?;
        let request = line.nonce;
        if let Some(session) = self.sessions.get_mut(&session_of(&line)) {
            session.accepted.insert(request);
        }
        if line.room == RULED
            && let Some(connection) = self.connections.get_mut(&at)
        {
            connection.said.insert(request);
        }
        self.lines.entry(generation).or_default().push(line);
        Ok(())
    }

    /// The journal decides the oldest lines, at most this many, or fails, and refuses all.
    pub(crate) fn decide(&mut self, most: usize, is_failing: bool) {
        let most = if is_failing { usize::MAX } else { most };
        for _ in 0..most {
            let Some(undecided) = &mut self.undecided else {
                return;
            };
            let Some(waiting) = undecided.lines.pop_front() else {
                return;
            };
            let (session, id) = (session_of(&waiting.line), waiting.line.nonce);
            if !is_failing {
                let refused = self.store(waiting).err().map(|code| (session, id, code));
                let undecided = self.undecided.as_mut().expect("it has a journal");
                undecided.refused.extend(refused);
                continue;
            }
            undecided.failed.insert((session, id));
            let state = self.sessions.get(&session);
            if state.is_some_and(|state| state.connection.is_some()) {
                let room = waiting.line.room;
                undecided.unheard.push((session, room, id));
            }
        }
    }

    /// Whether lines of a room wait.
    pub(super) fn has_undecided(&self, generation: u32) -> bool {
        let is_of = |waiting: &Waiting| waiting.generation == generation;
        let undecided = self.undecided.as_ref();
        undecided.is_some_and(|undecided| undecided.lines.iter().any(is_of))
    }

    /// Whether the journal could not keep this line.
    pub(crate) fn has_failed(&self, session: u64, id: u64) -> bool {
        let undecided = self.undecided.as_ref();
        undecided.is_some_and(|undecided| undecided.failed.contains(&(session, id)))
    }

    /// Whether the journal has refused this change, for this reason.
    pub(crate) fn has_refused(&self, session: u64, id: u64, code: ErrorCode) -> bool {
        let undecided = self.undecided.as_ref();
        undecided.is_some_and(|undecided| undecided.refused.contains(&(session, id, code)))
    }

    /// Whether a request has to wait for the journal.
    pub(crate) fn has_to_wait(&mut self, at: u64, request: &Request, time: u64) -> bool {
        if self.undecided.is_none() || self.connections[&at].user.is_none() {
            return false;
        }
        let connection = self.connections.get_mut(&at).expect("it exists");
        connection.has_secret = true;
        self.recheck(at, time);
        let connection = &self.connections[&at];
        let undecided = self.undecided.as_ref().expect("it has a journal");
        let own = |room: &str| {
            let is_own = |waiting: &&Waiting| waiting.at == at && waiting.line.room == room;
            undecided.lines.iter().filter(is_own).count()
        };
        let id = (connection.session, request.id);
        let mut lines = undecided.lines.iter();
        let is_waiting = lines.any(|waiting| (session_of(&waiting.line), waiting.line.nonce) == id);
        let is_in = |room: &String| connection.rooms.contains(room);
        match request.ask.as_ref().expect("a request has a body") {
            RequestBody::Join(join) => is_in(&join.room) && own(&join.room) > 0,
            RequestBody::Leave(leave) => is_in(&leave.room) && own(&leave.room) > 0,
            RequestBody::Say(say) => {
                is_waiting || is_in(&say.room) && own(&say.room) >= MOST_WAITING
            }
            RequestBody::Whisper(_) => is_waiting,
            ask => Wanted::of(ask).is_some_and(|wanted| {
                let room = wanted.room.to_owned();
                is_waiting || is_in(&room) && own(&room) >= MOST_WAITING
            }),
        }
    }

    /// A session that says or whispers something hears of what could not be kept.
    pub(super) fn hear_of_failed(&mut self, at: u64, ask: &RequestBody, time: u64) {
        let connection = self.connections.get_mut(&at).expect("it exists");
        let room = match ask {
            RequestBody::Say(say) => Some(&*say.room),
            RequestBody::Whisper(_) => None,
            ask => match Wanted::of(ask) {
                Some(wanted) => Some(wanted.room),
                None => return,
            },
        };
        let Some(undecided) = &mut self.undecided else {
            return;
        };
        if room.is_some_and(|room| !connection.rooms.contains(room)) {
            return;
        }
        let number = connection.session;
        let heard = (undecided.unheard).extract_if(.., |(session, ..)| *session == number);
        for (_, room, id) in heard {
            (connection.pace).fail(&Destination::Room(room), id, time);
        }
    }

    /// The server begins again with what its journal has kept.
    pub(crate) fn restart(&mut self, threads: usize) {
        self.undecided = Some(Undecided::default());
        self.users.clear();
        self.sessions.clear();
        self.connections.clear();
        self.untold.clear();
        self.removed.clear();
        self.rules = (0..threads)
            .map(|thread| (thread, self.rule.clone()))
            .collect();
        let lines = &self.lines;
        self.rooms
            .retain(|_, room| lines.get(&room.generation).is_some());
        for room in self.rooms.values_mut() {
            room.connections.clear();
            room.presence.clear();
            room.empty_since = Some(0);
        }
    }
}
