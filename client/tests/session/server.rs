//! The smallest server in memory that keeps the protocol's promises: one order in each
//! room, each message stored once, and missed lines or a gap after a resume.

mod rights;

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{
    Gap, Hello, Joined, Left, Line, Member, Message as _, Packet, PacketBody, Presence, Refreshed,
    Repeated, Reply, ReplyResult, Request, RequestBody, RequestError, Welcome, WhisperLine, decode,
};

/// How many lines of a room and whispers of a session are kept.
const KEPT: u64 = 6;

/// How many lines follow a Join without a position.
const NEWEST: u64 = 3;

/// All lines that were said, by the room's name and epoch.
pub(crate) type Logs = BTreeMap<(String, u32), Vec<Line>>;

#[derive(Default)]
pub(crate) struct Server {
    pub(crate) now: u64,
    /// When the tokens of connections are over.
    tokens: BTreeMap<u64, u64>,
    epoch: u32,
    last_id: u64,
    last_peer: u64,
    pub(crate) logs: Logs,
    /// The connections in each room.
    members: BTreeMap<String, BTreeSet<u64>>,
    /// Sessions by their IDs, which are also their secrets.
    pub(crate) people: BTreeMap<u64, Person>,
    /// Connections, with the ID of the session that has said Hello.
    peers: BTreeMap<u64, Option<u64>>,
    /// How many messages of a connection are refused for now.
    refusing: BTreeMap<u64, usize>,
    /// The first message that was refused for now, by connection and recipient.
    held: BTreeMap<(u64, String), u64>,
    /// The connections that get no lines of a room, with the last line that they got.
    left_out: BTreeMap<(u64, String), u64>,
    /// Packets to send, with their connections.
    out: Vec<(u64, Vec<u8>)>,
}

#[derive(Default)]
pub(crate) struct Person {
    name: String,
    peer: Option<u64>,
    /// The number of its session; 0: the one that equals its ID.
    session: u64,
    accepted: BTreeSet<u64>,
    pub(crate) whispers: Vec<WhisperLine>,
}

impl Server {
    /// Begins anew: all sessions and rooms are forgotten, but not the logs for the checks.
    pub(crate) fn restart(&mut self) {
        *self = Self {
            epoch: self.epoch + 1,
            last_id: self.last_id,
            last_peer: self.last_peer,
            now: self.now,
            logs: std::mem::take(&mut self.logs),
            ..Self::default()
        };
    }

    pub(crate) fn open(&mut self) -> u64 {
        self.last_peer += 1;
        self.peers.insert(self.last_peer, None);
        self.last_peer
    }

    pub(crate) fn end(&mut self, peer: u64) {
        self.tokens.remove(&peer);
        let rooms: Vec<_> = self.members.keys().cloned().collect();
        for room in rooms {
            self.leave(peer, &room);
        }
        if let Some(Some(id)) = self.peers.remove(&peer)
            && let Some(person) = self.people.get_mut(&id)
            && person.peer == Some(peer)
        {
            person.peer = None;
        }
    }

    /// Forgets the sessions that are not connected.
    pub(crate) fn expire(&mut self) {
        self.people.retain(|_, person| person.peer.is_some());
    }

    /// Refuses the next messages of a connection for now.
    pub(crate) fn refuse(&mut self, peer: u64, count: usize) {
        self.refusing.insert(peer, count);
    }

    /// Leaves a connection out of what happens in a room.
    pub(crate) fn leave_out(&mut self, peer: u64, room: &str) {
        let is_member = |peers: &BTreeSet<u64>| peers.contains(&peer);
        if self.members.get(room).is_some_and(is_member) {
            let (_, last) = self.last(room);
            self.left_out.entry((peer, room.into())).or_insert(last);
        }
    }

    /// Sends a connection what it has missed since it was left out.
    pub(crate) fn catch_up(&mut self, peer: u64) {
        let key = |(of, _): &&(u64, String)| *of == peer;
        let rooms: Vec<_> = self.left_out.keys().filter(key).cloned().collect();
        for key in rooms {
            let seen = self.left_out.remove(&key).expect("it was left out");
            let room = key.1;
            let joined = self.joined(&room, (self.epoch + 1, seen));
            self.send(peer, PacketBody::CatchUp(joined.clone()));
            self.send_lines(peer, &joined);
        }
    }

    /// Whether a message is refused for now.
    fn is_refused(&mut self, peer: u64, to: &str, id: u64) -> bool {
        let key = (peer, to.to_owned());
        if let Some(first) = self.held.get(&key) {
            if id > *first {
                return true;
            }
            self.held.remove(&key);
        }
        let refusing = self.refusing.entry(peer).or_default();
        if *refusing == 0 {
            return false;
        }
        *refusing -= 1;
        self.held.insert(key, id);
        true
    }

    pub(crate) fn take_out(&mut self) -> Vec<(u64, Vec<u8>)> {
        std::mem::take(&mut self.out)
    }

    /// The names of a room's members, by ID.
    pub(crate) fn members_of(&self, room: &str) -> BTreeMap<u64, String> {
        let peers = self.members.get(room).into_iter().flatten();
        let ids = peers.filter_map(|peer| self.peers[peer]);
        ids.map(|id| (id, self.people[&id].name.clone())).collect()
    }

    pub(crate) fn last(&self, room: &str) -> (u32, u64) {
        let lines = self.logs.get(&(room.to_owned(), self.epoch + 1));
        (self.epoch + 1, lines.map_or(0, |lines| lines.len() as u64))
    }

    pub(crate) fn received(&mut self, peer: u64, bytes: &[u8]) {
        let Some(person) = self.peers.get(&peer).copied() else {
            return;
        };
        let Some(PacketBody::Request(Request { id, ask: Some(ask) })) =
            decode(bytes).expect("a packet").msg
        else {
            panic!("no request: {bytes:?}");
        };
        let answer = match (ask, person) {
            (RequestBody::Hello(hello), None) => {
                return self.hello(peer, id, &hello);
            }
            (RequestBody::Refresh(refresh), Some(_)) => match self.takes(peer, &refresh.token) {
                Some(ttl) => ReplyResult::Refreshed(Refreshed { ttl }),
                None => return self.refuse_token(peer, id),
            },
            (RequestBody::Join(join), Some(_)) => {
                return self.join(peer, id, &join.room, (join.epoch, join.seq));
            }
            (RequestBody::Leave(leave), Some(_)) => {
                let room = leave.room.to_lowercase();
                self.held.remove(&(peer, room.clone()));
                if self.leave(peer, &room) {
                    ReplyResult::Left(Left { room })
                } else {
                    not_in_room()
                }
            }
            (RequestBody::Say(say), Some(me)) => {
                if self.person(me).accepted.contains(&id) {
                    ReplyResult::Repeated(Repeated {})
                } else if self
                    .members
                    .entry(say.room.clone())
                    .or_default()
                    .contains(&peer)
                {
                    if self.is_refused(peer, &say.room, id) {
                        return self.reply(peer, id, later());
                    }
                    self.person(me).accepted.insert(id);
                    return self.say(me, id, &say.room, say.text);
                } else {
                    not_in_room()
                }
            }
            (RequestBody::Whisper(whisper), Some(me)) => {
                if self.person(me).accepted.contains(&id) {
                    ReplyResult::Repeated(Repeated {})
                } else {
                    let to = self
                        .people
                        .iter()
                        .filter(|(_, other)| other.name == whisper.name);
                    let Some(to) = to.map(|(id, _)| *id).next_back() else {
                        self.held.remove(&(peer, format!("@{}", whisper.name)));
                        return self.reply(peer, id, not_in_room());
                    };
                    if self.is_refused(peer, &format!("@{}", whisper.name), id) {
                        return self.reply(peer, id, later());
                    }
                    self.person(me).accepted.insert(id);
                    return self.whisper(me, to, id, whisper.text);
                }
            }
            (ask, person) => panic!("{person:?} asks {ask:?}"),
        };
        self.reply(peer, id, answer);
    }

    fn hello(&mut self, peer: u64, request: u64, hello: &Hello) {
        let (name, seen) = (hello.name.as_str(), hello.whisper_seq);
        let is_user = !hello.token.is_empty();
        let Some(ttl) = self.takes_of(peer, &hello.token) else {
            return self.refuse_token(peer, request);
        };
        let known = <[u8; 8]>::try_from(&hello.session[..])
            .ok()
            .map(u64::from_be_bytes);
        let known = known.filter(|id| self.people.contains_key(id));
        let id = known.unwrap_or_else(|| {
            self.last_id += 1;
            self.last_id
        });
        let person = self.people.entry(id).or_default();
        name.clone_into(&mut person.name);
        person.session = if is_user { id + 1_000 } else { 0 };
        let session_number = person.session;
        if let Some(before) = person.peer.replace(peer) {
            self.end(before);
        }
        self.person(id).peer = Some(peer);
        self.peers.insert(peer, Some(id));
        let last = self.people[&id].whispers.len() as u64;
        let seen = if known.is_some() { seen } else { 0 };
        let first = (seen + 1).max((last + 1).saturating_sub(KEPT));
        let welcome = Welcome {
            version: 1,
            id,
            name: name.to_owned(),
            session: id.to_be_bytes().to_vec(),
            resumed: known.is_some(),
            whisper_seq: last,
            whisper_gap: gap(seen + 1, first),
            ttl,
            user: (if is_user { "user" } else { "" }).into(),
            session_number,
            ..Welcome::default()
        };
        self.reply(peer, request, ReplyResult::Welcome(welcome));
        for seq in first..=last {
            let line = self.people[&id].whispers[usize::try_from(seq - 1).unwrap_or(0)].clone();
            self.send(peer, PacketBody::Whisper(line));
        }
    }

    fn join(&mut self, peer: u64, request: u64, name: &str, position: (u32, u64)) {
        let room = name.to_lowercase();
        let refusing = self.refusing.entry(peer).or_default();
        if *refusing > 0 {
            *refusing -= 1;
            return self.reply(peer, request, later());
        }
        self.left_out.remove(&(peer, room.clone()));
        let is_new = self.members.entry(room.clone()).or_default().insert(peer);
        let joined = self.joined(&room, position);
        self.reply(peer, request, ReplyResult::Joined(joined.clone()));
        self.send_lines(peer, &joined);
        if let (true, Some(id)) = (is_new, self.peers[&peer]) {
            let name = self.people[&id].name.clone();
            let joined = vec![Member {
                id,
                name,
                ..Member::default()
            }];
            self.tell_presence(&room, joined, Vec::new());
        }
    }

    /// What a client gets that joins a room with this position.
    fn joined(&self, room: &str, position: (u32, u64)) -> Joined {
        let (epoch, last) = self.last(room);
        let resumed = position.0 == epoch;
        let first = if resumed {
            (position.1 + 1).max((last + 1).saturating_sub(KEPT))
        } else {
            (last + 1).saturating_sub(NEWEST).max(1)
        };
        let members = self.members_of(room);
        Joined {
            room: room.to_owned(),
            epoch,
            first_seq: first,
            last_seq: last,
            resumed,
            gap: resumed.then(|| gap(position.1 + 1, first)).flatten(),
            count: u32::try_from(members.len()).unwrap_or(0),
            listed: true,
            members: members
                .into_iter()
                .map(|(id, name)| Member {
                    id,
                    name,
                    ..Member::default()
                })
                .collect(),
            ..Joined::default()
        }
    }

    fn send_lines(&mut self, peer: u64, joined: &Joined) {
        for seq in joined.first_seq..=joined.last_seq {
            let lines = &self.logs[&(joined.room.clone(), joined.epoch)];
            let line = lines[usize::try_from(seq - 1).unwrap_or(0)].clone();
            self.send(peer, PacketBody::Line(line));
        }
    }

    fn leave(&mut self, peer: u64, room: &str) -> bool {
        let members = self.members.entry(room.to_owned()).or_default();
        let was_there = members.remove(&peer);
        self.left_out.remove(&(peer, room.to_owned()));
        if let (true, Some(Some(id))) = (was_there, self.peers.get(&peer).copied()) {
            // Unless the same user is back on another connection.
            let is_back = self.members_of(room).contains_key(&id);
            let left = if is_back { Vec::new() } else { vec![id] };
            self.tell_presence(room, Vec::new(), left);
        }
        was_there
    }

    fn tell_presence(&mut self, room: &str, joined: Vec<Member>, left: Vec<u64>) {
        let presence = Presence {
            room: room.to_owned(),
            count: u32::try_from(self.members_of(room).len()).unwrap_or(0),
            listed: true,
            joined,
            left,
            whole: false,
        };
        self.send_all(room, &PacketBody::Presence(presence));
    }

    fn say(&mut self, sender: u64, nonce: u64, room: &str, text: String) {
        let (epoch, last) = self.last(room);
        let line = Line {
            room: room.to_owned(),
            epoch,
            seq: last + 1,
            sender,
            name: self.people[&sender].name.clone(),
            nonce,
            text,
            session: self.people[&sender].session,
            ..Line::default()
        };
        let log = self.logs.entry((room.to_owned(), epoch)).or_default();
        log.push(line.clone());
        self.send_all(room, &PacketBody::Line(line));
    }

    fn whisper(&mut self, sender: u64, receiver: u64, nonce: u64, text: String) {
        let both = BTreeSet::from([sender, receiver]);
        for id in both {
            let person = self.person(id);
            let line = WhisperLine {
                seq: person.whispers.len() as u64 + 1,
                sender,
                receiver,
                nonce,
                text: text.clone(),
                ..WhisperLine::default()
            };
            person.whispers.push(line.clone());
            if let Some(peer) = person.peer {
                self.send(peer, PacketBody::Whisper(line));
            }
        }
    }

    fn person(&mut self, id: u64) -> &mut Person {
        self.people.get_mut(&id).expect("somebody who is connected")
    }

    fn reply(&mut self, peer: u64, id: u64, result: ReplyResult) {
        let result = Some(result);
        self.send(peer, PacketBody::Reply(Reply { id, result }));
    }

    fn send_all(&mut self, room: &str, body: &PacketBody) {
        let peers = self.members.get(room).cloned().unwrap_or_default();
        for peer in peers {
            if !self.left_out.contains_key(&(peer, room.to_owned())) {
                self.send(peer, body.clone());
            } else if let PacketBody::Line(line) = body
                && self.peers[&peer] == Some(line.sender)
            {
                self.reply(peer, line.nonce, ReplyResult::Repeated(Repeated {}));
            }
        }
    }

    fn send(&mut self, peer: u64, body: PacketBody) {
        self.out.push((peer, Packet::from(body).encode_to_vec()));
    }
}

/// The missing lines from `wanted` to `first`, if there are any.
fn gap(wanted: u64, first: u64) -> Option<Gap> {
    let to = first - 1;
    (wanted < first).then_some(Gap { from: wanted, to })
}

fn not_in_room() -> ReplyResult {
    ReplyResult::Error(RequestError {
        code: 10,
        ..RequestError::default()
    })
}

fn later() -> ReplyResult {
    ReplyResult::Error(RequestError {
        code: 15,
        temporary: true,
        retry_after: 200,
        ..RequestError::default()
    })
}
