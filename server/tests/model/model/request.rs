//! How the model handles each request.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{
    ErrorCode, FetchHistory, Gap, HistoryPage, Joined, Left, Line, MemberList, Renamed, Repeated,
    ReplyResult, Request, RequestBody, Say, Welcome, Whisper, WhisperLine,
};

use super::pace::Destination;
use super::{HISTORY, Model, REPLAY, Room, User};

impl Model {
    pub(super) fn result(
        &mut self,
        at: u64,
        request: &Request,
        time: u64,
        is_behind: bool,
        generation: &mut Option<u32>,
    ) -> Result<Option<ReplyResult>, ErrorCode> {
        let ask = request.ask.as_ref().expect("a request has a body");
        if let RequestBody::Hello(hello) = ask {
            return self.hello(at, request.id, &hello.session, hello.whisper_seq, time);
        }
        let connection = self
            .connections
            .get_mut(&at)
            .expect("the connection exists");
        let me = connection.user.ok_or(ErrorCode::HelloFirst)?;
        connection.has_secret = true;
        let is_message = matches!(ask, RequestBody::Say(_) | RequestBody::Whisper(_));
        // If the session is gone and its connection still open, requests are not checked.
        if let Some(user) = self.users.get_mut(&me) {
            if is_message && user.accepted.contains(&request.id) {
                self.repeat(at, ask, request.id, time);
                return Ok(Some(ReplyResult::Repeated(Repeated {})));
            }
            if !is_message && request.id <= user.highest {
                return Err(ErrorCode::BadRequest);
            }
            user.highest = user.highest.max(request.id);
        }
        match ask {
            RequestBody::Hello(_) => unreachable!(),
            RequestBody::Refresh(_) => unreachable!("no player has a token"),
            RequestBody::Say(say) => self.say(at, me, request.id, say, time),
            RequestBody::Whisper(whisper) => {
                self.whisper(at, me, request.id, whisper, time, is_behind)
            }
            RequestBody::Join(join) => {
                let joined = self.join(at, me, &join.room, join.epoch, join.seq);
                *generation = Some(self.rooms[&join.room].generation);
                Ok(Some(joined))
            }
            RequestBody::Leave(leave) => {
                self.room(at, &leave.room)?;
                self.connections
                    .get_mut(&at)
                    .expect("the connection exists")
                    .rooms
                    .remove(&leave.room);
                self.leave(at, me, &leave.room, time);
                let room = leave.room.clone();
                Ok(Some(ReplyResult::Left(Left { room })))
            }
            RequestBody::Rename(rename) => Ok(Some(self.rename(at, me, &rename.name))),
            RequestBody::ListMembers(list) => {
                self.room(at, &list.room)?;
                let members = self.members(&list.room);
                Ok(Some(ReplyResult::Members(MemberList {
                    room: list.room.clone(),
                    count: u32::try_from(members.len()).unwrap(),
                    listed: true,
                    members,
                })))
            }
            RequestBody::FetchHistory(fetch) => {
                let room = self.room(at, &fetch.room)?.generation;
                *generation = Some(room);
                Ok(Some(self.page(room, fetch)))
            }
            RequestBody::ListRooms(_) => unreachable!("no player asks for it"),
        }
    }

    /// A repeat costs what the message costs, if there is enough, and is never refused.
    fn repeat(&mut self, at: u64, ask: &RequestBody, id: u64, time: u64) {
        let connection = self.connections.get_mut(&at).expect("it exists");
        let (to, text) = match ask {
            RequestBody::Say(say) if connection.rooms.contains(&say.room) => {
                (Destination::Room(say.room.clone()), &say.text)
            }
            RequestBody::Whisper(whisper) if self.users.contains_key(&whisper.to) => {
                (Destination::User(whisper.to), &whisper.text)
            }
            _ => return,
        };
        connection.pace.admit(&to, id, text, true, time);
    }

    fn admit(
        &mut self,
        at: u64,
        to: &Destination,
        id: u64,
        text: &str,
        time: u64,
    ) -> Result<(), ErrorCode> {
        let connection = self.connections.get_mut(&at).expect("it exists");
        let is_admitted = connection.pace.admit(to, id, text, false, time);
        is_admitted.then_some(()).ok_or(ErrorCode::RateLimited)
    }

    fn say(
        &mut self,
        at: u64,
        me: u64,
        request: u64,
        say: &Say,
        time: u64,
    ) -> Result<Option<ReplyResult>, ErrorCode> {
        let room = self.room(at, &say.room)?;
        let room_generation = room.generation;
        let to = Destination::Room(say.room.clone());
        self.admit(at, &to, request, &say.text, time)?;
        let line = Line {
            room: say.room.clone(),
            epoch: 0,
            seq: self.last(room_generation) + 1,
            time,
            sender: me,
            name: self.connections[&at].name.clone(),
            nonce: request,
            text: say.text.clone(),
            action: say.action,
            ..Line::default()
        };
        self.lines.entry(room_generation).or_default().push(line);
        self.accept(me, request);
        Ok(None)
    }

    fn whisper(
        &mut self,
        at: u64,
        me: u64,
        request: u64,
        whisper: &Whisper,
        time: u64,
        is_behind: bool,
    ) -> Result<Option<ReplyResult>, ErrorCode> {
        if !self.users.contains_key(&whisper.to) {
            return Err(ErrorCode::NoSuchClient);
        }
        let to = Destination::User(whisper.to);
        if is_behind && whisper.to != me {
            let connection = self.connections.get_mut(&at).expect("it exists");
            connection.pace.refuse_behind(&to, request, time);
            return Err(ErrorCode::ReceiverBehind);
        }
        self.admit(at, &to, request, &whisper.text, time)?;
        let receiver = &self.users[&whisper.to];
        let line = WhisperLine {
            seq: 0,
            time,
            sender: me,
            sender_name: self.connections[&at].name.clone(),
            receiver: whisper.to,
            receiver_name: receiver.name.clone(),
            nonce: request,
            text: whisper.text.clone(),
            action: whisper.action,
            ..WhisperLine::default()
        };
        for id in BTreeSet::from([whisper.to, me]) {
            let user = self.users.get_mut(&id).expect("the user exists");
            let seq = user.whispers.len() as u64 + 1;
            user.whispers.push(WhisperLine {
                seq,
                ..line.clone()
            });
        }
        self.accept(me, request);
        Ok(None)
    }

    fn rename(&mut self, at: u64, me: u64, to: &str) -> ReplyResult {
        let name = to.to_owned();
        let connection = self
            .connections
            .get_mut(&at)
            .expect("the connection exists");
        connection.name.clone_from(&name);
        for room in &connection.rooms {
            let room = self.rooms.get_mut(room).expect("the room is not empty");
            if let Some((_, known)) = room.presence.get_mut(&me) {
                known.clone_from(&name);
            }
        }
        let user = self.users.get_mut(&me).expect("the user exists");
        user.name.clone_from(&name);
        ReplyResult::Renamed(Renamed { name })
    }

    fn page(&self, room: u32, fetch: &FetchHistory) -> ReplyResult {
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
        ReplyResult::History(HistoryPage {
            room: fetch.room.clone(),
            epoch: 0,
            lines: page.to_vec(),
            more: page.first().is_some_and(|line| line.seq > first),
        })
    }

    fn hello(
        &mut self,
        at: u64,
        request: u64,
        secret: &[u8],
        seen: u64,
        time: u64,
    ) -> Result<Option<ReplyResult>, ErrorCode> {
        let is_it = |user: &User| user.secret.as_deref() == Some(secret);
        let found = self.users.iter_mut().find(|(_, user)| is_it(user));
        let resumed = found.is_some();
        let (&id, user) = if let Some(found) = found {
            if request <= found.1.highest {
                return Err(ErrorCode::BadRequest);
            }
            found
        } else {
            let user = User {
                name: format!("Guest {at}"),
                secret: None,
                connection: None,
                away_since: None,
                highest: 0,
                accepted: BTreeSet::new(),
                whispers: Vec::new(),
            };
            self.users.insert(at, user);
            (&at, self.users.get_mut(&at).expect("it was inserted"))
        };
        user.highest = request;
        user.connection = Some(at);
        user.away_since = None;
        let connection = self
            .connections
            .get_mut(&at)
            .expect("the connection exists");
        connection.user = Some(id);
        connection.has_secret = resumed;
        connection.name.clone_from(&user.name);
        let last = user.whispers.len() as u64;
        let next = if resumed { seen + 1 } else { 1 };
        let first = user.first_whisper();
        Ok(Some(ReplyResult::Welcome(Welcome {
            version: 1,
            id,
            name: user.name.clone(),
            session: Vec::new(),
            resumed,
            limits: None,
            time,
            whisper_seq: last,
            whisper_gap: (next < first).then(|| Gap {
                from: next,
                to: first - 1,
            }),
            // A guest is the user of its one session.
            session_number: id,
            may_rename: true,
            ..Welcome::default()
        })))
    }

    fn join(&mut self, at: u64, me: u64, name: &str, epoch: u32, seq: u64) -> ReplyResult {
        let connection = self
            .connections
            .get_mut(&at)
            .expect("the connection exists");
        let is_again = !connection.rooms.insert(name.to_owned());
        if !self.rooms.contains_key(name) {
            self.generations += 1;
            let room = Room {
                generation: self.generations,
                connections: BTreeSet::new(),
                presence: BTreeMap::new(),
                empty_since: None,
            };
            self.rooms.insert(name.to_owned(), room);
        }
        let room = self.rooms.get_mut(name).expect("it was inserted");
        if !is_again {
            room.connections.insert(at);
            room.empty_since = None;
            room.presence.insert(me, (at, connection.name.clone()));
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
        ReplyResult::Joined(Joined {
            room: name.to_owned(),
            epoch: 0,
            first_seq,
            last_seq: last,
            resumed,
            gap,
            count: u32::try_from(members.len()).unwrap(),
            listed: true,
            members,
            ..Joined::default()
        })
    }

    pub(super) fn leave(&mut self, at: u64, me: u64, name: &str, time: u64) {
        let room = self.rooms.get_mut(name).expect("the room is not empty");
        room.connections.remove(&at);
        if room
            .presence
            .get(&me)
            .is_some_and(|(connection, _)| *connection == at)
        {
            room.presence.remove(&me);
        }
        let generation = room.generation;
        if room.connections.is_empty() {
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

    fn accept(&mut self, user: u64, request: u64) {
        if let Some(user) = self.users.get_mut(&user) {
            user.accepted.insert(request);
        }
    }
}

fn as_index(seq: u64) -> usize {
    usize::try_from(seq - 1).unwrap()
}
