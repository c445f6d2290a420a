//! What the truth makes of each request.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{
    ErrorCode, FetchHistory, Gap, HistoryPage, Joined, Left, Line, MemberList, Renamed, Repeated,
    ReplyResult, Request, RequestBody, Say, Welcome, Whisper, WhisperLine,
};

use super::{HISTORY, Person, REPLAY, Room, Truth};

impl Truth {
    pub(super) fn result(
        &mut self,
        at: u64,
        request: &Request,
        time: u64,
        generation: &mut Option<u32>,
    ) -> Result<Option<ReplyResult>, ErrorCode> {
        let ask = request.ask.as_ref().expect("something is asked");
        if let RequestBody::Hello(hello) = ask {
            return self.hello(at, request.id, &hello.session, hello.whisper_seq, time);
        }
        let connection = self.connections.get_mut(&at).expect("it");
        let me = connection.person.ok_or(ErrorCode::HelloFirst)?;
        connection.has_secret = true;
        let is_message = matches!(ask, RequestBody::Say(_) | RequestBody::Whisper(_));
        // A session that is gone while its connection stands is still whole.
        if let Some(person) = self.people.get_mut(&me) {
            if is_message && person.accepted.contains(&request.id) {
                return Ok(Some(ReplyResult::Repeated(Repeated {})));
            }
            if !is_message && request.id <= person.highest {
                return Err(ErrorCode::BadRequest);
            }
            person.highest = person.highest.max(request.id);
        }
        match ask {
            RequestBody::Hello(_) => unreachable!(),
            RequestBody::Say(say) => self.say(at, me, request.id, say, time),
            RequestBody::Whisper(whisper) => self.whisper(at, me, request.id, whisper, time),
            RequestBody::Join(join) => {
                let joined = self.join(at, me, &join.room, join.epoch, join.seq);
                *generation = Some(self.rooms[&join.room].generation);
                Ok(Some(joined))
            }
            RequestBody::Leave(leave) => {
                self.room(at, &leave.room)?;
                self.connections
                    .get_mut(&at)
                    .expect("it")
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
            RequestBody::ListRooms(_) => unreachable!("not asked here"),
        }
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
    ) -> Result<Option<ReplyResult>, ErrorCode> {
        let Some(receiver) = self.people.get(&whisper.to) else {
            return Err(ErrorCode::NoSuchClient);
        };
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
        };
        for id in BTreeSet::from([whisper.to, me]) {
            let person = self.people.get_mut(&id).expect("somebody");
            let seq = person.whispers.len() as u64 + 1;
            person.whispers.push(WhisperLine {
                seq,
                ..line.clone()
            });
        }
        self.accept(me, request);
        Ok(None)
    }

    fn rename(&mut self, at: u64, me: u64, to: &str) -> ReplyResult {
        let name = to.to_owned();
        let connection = self.connections.get_mut(&at).expect("it");
        connection.name.clone_from(&name);
        for room in &connection.rooms {
            let room = self.rooms.get_mut(room).expect("a room with somebody");
            if let Some((_, known)) = room.roster.get_mut(&me) {
                known.clone_from(&name);
            }
        }
        let person = self.people.get_mut(&me).expect("me");
        person.name.clone_from(&name);
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
        token: &[u8],
        seen: u64,
        time: u64,
    ) -> Result<Option<ReplyResult>, ErrorCode> {
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
        Ok(Some(ReplyResult::Welcome(Welcome {
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

    fn join(&mut self, at: u64, me: u64, name: &str, epoch: u32, seq: u64) -> ReplyResult {
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
        })
    }

    pub(super) fn leave(&mut self, at: u64, me: u64, name: &str, time: u64) {
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

fn as_index(seq: u64) -> usize {
    usize::try_from(seq - 1).unwrap()
}
