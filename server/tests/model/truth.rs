//! What the server ought to do, said as simply as can be: lists, sets and maps,
//! no frames, no threads, no fan-out. It knows the requests in the order in
//! which the server handles them, and foretells each answer.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{
    ErrorCode, Gap, HistoryPage, Joined, Left, Line, Member, MemberList, Message as _, Packet,
    Renamed, Repeated, Request, Welcome, WhisperLine, packet_arm, reply_result, request_ask,
};

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
    /// Whether the client can resume the session, as far as the server knows.
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
    result: Result<reply_result, ErrorCode>,
}

impl Truth {
    /// A new connection.
    pub(crate) fn connect(&mut self, connection: u64) {
        let fresh = self.connections.insert(connection, Connection::default());
        assert!(fresh.is_none(), "an ID that was given twice");
    }

    /// The end of a connection.
    pub(crate) fn end(&mut self, connection: u64, time: u64) {
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
            if !ended.has_secret {
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
    pub(crate) fn check(&mut self, foretold: Answer, found: &reply_result) {
        if let (Err(code), reply_result::Error(error)) = (&foretold.result, found) {
            assert_eq!(error.code(), *code, "{error:?}");
            return;
        }
        let mut due = foretold
            .result
            .unwrap_or_else(|code| panic!("not refused with {code:?}: {found:?}"));
        let epoch = match (&mut due, found) {
            (reply_result::Welcome(due), reply_result::Welcome(found)) => {
                let person = self.people.get_mut(&due.id);
                due.session.clone_from(&found.session);
                due.limits = found.limits;
                if let Some(person) = person {
                    let token = person.token.get_or_insert_with(|| found.session.clone());
                    assert_eq!(*token, found.session);
                }
                0
            }
            (reply_result::Joined(due), reply_result::Joined(found)) => {
                due.epoch = found.epoch;
                found.epoch
            }
            (reply_result::History(due), reply_result::History(found)) => {
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

    fn result(
        &mut self,
        at: u64,
        request: &Request,
        time: u64,
        generation: &mut Option<u32>,
    ) -> Result<Option<reply_result>, ErrorCode> {
        let ask = request.ask.as_ref().expect("something is asked");
        if let request_ask::Hello(hello) = ask {
            return self.hello(at, request.id, &hello.session, hello.whisper_seq, time);
        }
        let connection = self.connections.get_mut(&at).expect("a connection");
        let me = connection.person.ok_or(ErrorCode::HelloFirst)?;
        connection.has_secret = true;
        let is_message = matches!(ask, request_ask::Say(_) | request_ask::Whisper(_));
        // A session that is gone while its connection stands is still whole.
        if let Some(person) = self.people.get_mut(&me) {
            if is_message && person.accepted.contains(&request.id) {
                return Ok(Some(reply_result::Repeated(Repeated {})));
            }
            if !is_message && request.id <= person.highest {
                return Err(ErrorCode::BadRequest);
            }
            person.highest = person.highest.max(request.id);
        }
        match ask {
            request_ask::Hello(_) => unreachable!(),
            request_ask::Say(say) => {
                let room = self.room(at, &say.room)?;
                let room_generation = room.generation;
                let line = Line {
                    room: say.room.clone(),
                    epoch: 0,
                    seq: self.last(room_generation) + 1,
                    time,
                    sender: me,
                    name: self.connections[&at].name.clone(),
                    nonce: request.id,
                    text: say.text.clone(),
                    action: say.action,
                };
                self.lines.entry(room_generation).or_default().push(line);
                self.accept(me, request.id);
                Ok(None)
            }
            request_ask::Whisper(whisper) => {
                let Some(receiver) = self.people.get(&whisper.to) else {
                    let is_there = self.connections.contains_key(&whisper.to);
                    return Err(if is_there {
                        ErrorCode::CannotWhisper
                    } else {
                        ErrorCode::NoSuchClient
                    });
                };
                let line = WhisperLine {
                    seq: 0,
                    time,
                    sender: me,
                    sender_name: self.connections[&at].name.clone(),
                    receiver: whisper.to,
                    receiver_name: receiver.name.clone(),
                    nonce: request.id,
                    text: whisper.text.clone(),
                    action: whisper.action,
                };
                for id in BTreeSet::from([whisper.to, me]) {
                    let person = self.people.get_mut(&id).expect("somebody");
                    let seq = person.whispers.len() as u64 + 1;
                    person.whispers.push(WhisperLine {
                        seq,
                        ..line.clone()
                    });
                }
                self.accept(me, request.id);
                Ok(None)
            }
            request_ask::Join(join) => {
                let joined = self.join(at, me, &join.room, join.epoch, join.seq);
                *generation = Some(self.rooms[&join.room].generation);
                Ok(Some(joined))
            }
            request_ask::Leave(leave) => {
                self.room(at, &leave.room)?;
                self.connections
                    .get_mut(&at)
                    .expect("it")
                    .rooms
                    .remove(&leave.room);
                self.leave(at, me, &leave.room, time);
                let room = leave.room.clone();
                Ok(Some(reply_result::Left(Left { room })))
            }
            request_ask::Rename(rename) => {
                let connection = self.connections.get_mut(&at).expect("it");
                connection.name.clone_from(&rename.name);
                for room in &connection.rooms {
                    let room = self.rooms.get_mut(room).expect("a room with somebody");
                    if let Some((_, name)) = room.roster.get_mut(&me) {
                        name.clone_from(&rename.name);
                    }
                }
                let person = self.people.get_mut(&me).expect("me");
                person.name.clone_from(&rename.name);
                let name = rename.name.clone();
                Ok(Some(reply_result::Renamed(Renamed { name })))
            }
            request_ask::ListMembers(list) => {
                self.room(at, &list.room)?;
                let members = self.members(&list.room);
                Ok(Some(reply_result::Members(MemberList {
                    room: list.room.clone(),
                    count: u32::try_from(members.len()).unwrap(),
                    listed: true,
                    members,
                })))
            }
            request_ask::FetchHistory(fetch) => {
                let room = self.room(at, &fetch.room)?.generation;
                *generation = Some(room);
                let last = self.last(room);
                let first = (last + 1).saturating_sub(HISTORY).max(1);
                let is_known = self.epochs.get(&room) == Some(&fetch.epoch);
                let end = if fetch.before == 0 {
                    last + 1
                } else {
                    fetch.before.min(last + 1)
                };
                let start = end.saturating_sub(u64::from(fetch.limit)).max(first);
                let lines = self.lines.get(&room).map_or(&[][..], Vec::as_slice);
                let page = if start < end && (is_known || fetch.before == 0) {
                    &lines[as_index(start)..as_index(end)]
                } else {
                    &[]
                };
                Ok(Some(reply_result::History(HistoryPage {
                    room: fetch.room.clone(),
                    epoch: 0,
                    lines: page.to_vec(),
                    more: page.first().is_some_and(|line| line.seq > first),
                })))
            }
            request_ask::ListRooms(_) => unreachable!("not asked here"),
        }
    }

    fn hello(
        &mut self,
        at: u64,
        request: u64,
        token: &[u8],
        seen: u64,
        time: u64,
    ) -> Result<Option<reply_result>, ErrorCode> {
        let is_it = |person: &Person| person.token.as_deref() == Some(token);
        let found = self.people.iter_mut().find(|(_, person)| is_it(person));
        let resumed = found.is_some();
        let (&id, person) = if let Some(found) = found {
            if request <= found.1.highest {
                return Err(ErrorCode::BadRequest);
            }
            found
        } else {
            let person = Person {
                name: format!("Guest {at}"),
                token: None,
                place: None,
                away_since: None,
                highest: 0,
                accepted: BTreeSet::new(),
                whispers: Vec::new(),
            };
            self.people.insert(at, person);
            (&at, self.people.get_mut(&at).expect("just put there"))
        };
        person.highest = request;
        person.place = Some(at);
        person.away_since = None;
        let connection = self.connections.get_mut(&at).expect("it");
        connection.person = Some(id);
        connection.has_secret = resumed;
        connection.name.clone_from(&person.name);
        let last = person.whispers.len() as u64;
        let next = if resumed { seen + 1 } else { 1 };
        let first = person.first_whisper();
        Ok(Some(reply_result::Welcome(Welcome {
            version: 1,
            id,
            name: person.name.clone(),
            session: Vec::new(),
            resumed,
            limits: None,
            time,
            whisper_seq: last,
            whisper_gap: (next < first).then(|| Gap {
                from: next,
                to: first - 1,
            }),
        })))
    }

    fn join(&mut self, at: u64, me: u64, name: &str, epoch: u32, seq: u64) -> reply_result {
        let connection = self.connections.get_mut(&at).expect("it");
        let is_again = !connection.rooms.insert(name.to_owned());
        if !self.rooms.contains_key(name) {
            self.generations += 1;
            let room = Room {
                generation: self.generations,
                inside: BTreeSet::new(),
                roster: BTreeMap::new(),
                empty_since: None,
            };
            self.rooms.insert(name.to_owned(), room);
        }
        let room = self.rooms.get_mut(name).expect("it is there now");
        if !is_again {
            room.inside.insert(at);
            room.empty_since = None;
            room.roster.insert(me, (at, connection.name.clone()));
        }
        let generation = room.generation;
        let last = self.last(generation);
        let first = (last + 1).saturating_sub(HISTORY).max(1);
        let resumed = self.epochs.get(&generation) == Some(&epoch) && seq <= last;
        let gap = (resumed && seq + 1 < first).then(|| Gap {
            from: seq + 1,
            to: first - 1,
        });
        let first_seq = if resumed {
            first.max(seq + 1)
        } else {
            first.max((last + 1).saturating_sub(REPLAY))
        };
        let members = self.members(name);
        reply_result::Joined(Joined {
            room: name.to_owned(),
            epoch: 0,
            first_seq,
            last_seq: last,
            resumed,
            gap,
            count: u32::try_from(members.len()).unwrap(),
            listed: true,
            members,
        })
    }

    fn leave(&mut self, at: u64, me: u64, name: &str, time: u64) {
        let room = self.rooms.get_mut(name).expect("a room with somebody");
        room.inside.remove(&at);
        if room
            .roster
            .get(&me)
            .is_some_and(|(connection, _)| *connection == at)
        {
            room.roster.remove(&me);
        }
        let generation = room.generation;
        if room.inside.is_empty() {
            room.empty_since = Some(time);
            if self.last(generation) == 0 {
                self.rooms.remove(name);
            }
        }
    }

    fn room(&self, at: u64, name: &str) -> Result<&Room, ErrorCode> {
        if !self.connections[&at].rooms.contains(name) {
            return Err(ErrorCode::NotInRoom);
        }
        Ok(&self.rooms[name])
    }

    fn last(&self, generation: u32) -> u64 {
        self.lines
            .get(&generation)
            .map_or(0, |lines| lines.len() as u64)
    }

    fn accept(&mut self, person: u64, request: u64) {
        if let Some(person) = self.people.get_mut(&person) {
            person.accepted.insert(request);
        }
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
                let packet = Packet::from(packet_arm::Whisper((*line).clone()));
                let length = packet.encoded_len();
                bytes += length + if length > 125 { 4 } else { 2 };
                bytes <= WHISPER_BYTES
            });
        (self.whispers.len() - kept.count()) as u64 + 1
    }
}

fn as_index(seq: u64) -> usize {
    usize::try_from(seq - 1).unwrap()
}
