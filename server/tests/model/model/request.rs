//! How the model handles each request.

use std::collections::BTreeSet;

use guildhall_protocol::{
    ErrorCode, FetchHistory, Gap, Hello, HistoryPage, Left, Line, MemberList, Refreshed, Renamed,
    Repeated, ReplyResult, Request, RequestBody, Say, Welcome, Whisper, WhisperLine,
};

use super::changes::Wanted;
use super::pace::Destination;
use super::{HISTORY, Model, Room, Session, Shown, User, as_index};
use crate::rule::limits;
use crate::token::{TTL, Token};

impl Model {
    #[expect(clippy::too_many_lines, reason = "an arm for each request")]
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
            return self.hello(at, request.id, hello, time);
        }
        let connection = self
            .connections
            .get_mut(&at)
            .expect("the connection exists");
        let me = connection.user.ok_or(ErrorCode::HelloFirst)?;
        connection.has_secret = true;
        self.recheck(at, time);
        let connection = self.connections.get_mut(&at).expect("it exists");
        if let Some(user) = self.users.get(&me) {
            connection.shown.clone_from(&user.shown);
        }
        let number = connection.session;
        self.hear_of_failed(at, ask, time);
        let wanted = Wanted::of(ask);
        let is_message =
            wanted.is_some() || matches!(ask, RequestBody::Say(_) | RequestBody::Whisper(_));
        // If the session is gone and its connection still open, its requests are in order all the same.
        if let Some(highest) = self.ended.get_mut(&number)
            && !is_message
        {
            if request.id <= *highest {
                return Err(ErrorCode::BadRequest);
            }
            *highest = request.id;
        }
        if let Some(session) = self.sessions.get_mut(&number) {
            if is_message && session.accepted.contains(&request.id) {
                self.repeat(at, ask, request.id, time);
                return Ok(Some(ReplyResult::Repeated(Repeated {})));
            }
            if !is_message && request.id <= session.highest {
                return Err(ErrorCode::BadRequest);
            }
            session.highest = session.highest.max(request.id);
        }
        if let Some(wanted) = wanted {
            return self.change(at, me, request.id, &wanted, time);
        }
        match ask {
            // The first is the model's start, the next ones change lines, and the others are
            // asked for in tests of their own.
            RequestBody::Hello(_)
            | RequestBody::Edit(_)
            | RequestBody::Remove(_)
            | RequestBody::React(_)
            | RequestBody::MarkRead(_)
            | RequestBody::ListUnread(_)
            | RequestBody::Search(_)
            | RequestBody::Block(_)
            | RequestBody::ListBlocks(_)
            | RequestBody::Report(_)
            | RequestBody::Impose(_)
            | RequestBody::Lift(_)
            | RequestBody::ChangeRoom(_)
            | RequestBody::Clear(_)
            | RequestBody::Purge(_)
            | RequestBody::SetRole(_)
            | RequestBody::ListModerators(_)
            | RequestBody::ListSanctions(_) => unreachable!(),
            RequestBody::Refresh(refresh) => {
                let token = Token::read(&refresh.token).expect("only users refresh");
                self.set_info(at, me, token.info, None);
                self.connections.get_mut(&at).expect("it exists").has_cap = token.has_cap;
                self.recheck(at, time);
                Ok(Some(ReplyResult::Refreshed(Refreshed { ttl: TTL })))
            }
            RequestBody::Say(say) => self.say(at, me, request.id, say, time),
            RequestBody::Whisper(whisper) => {
                self.whisper(at, me, request.id, whisper, time, is_behind)
            }
            RequestBody::Join(join) => {
                let joined = self.join(at, me, &join.room, join.epoch, join.seq)?;
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
            RequestBody::Rename(rename) => self.rename(at, me, &rename.name).map(Some),
            RequestBody::ListMembers(list) => {
                self.room(at, &list.room)?;
                let members = self.members(&list.room);
                let is_limited = limits(&list.room, &self.connections[&at].account);
                Ok(Some(ReplyResult::Members(MemberList {
                    room: list.room.clone(),
                    count: u32::try_from(members.len()).unwrap(),
                    listed: !is_limited,
                    members: if is_limited { Vec::new() } else { members },
                })))
            }
            RequestBody::FetchHistory(fetch) => {
                let room = self.room(at, &fetch.room)?.generation;
                if limits(&fetch.room, &self.connections[&at].account) {
                    return Err(ErrorCode::Forbidden);
                }
                *generation = Some(room);
                Ok(Some(self.page(room, fetch)))
            }
            RequestBody::ListRooms(_) => unreachable!("no player asks for it"),
        }
    }

    /// A repeat costs what the message costs, if there is enough, and is never refused.
    fn repeat(&mut self, at: u64, ask: &RequestBody, id: u64, time: u64) {
        let connection = &self.connections[&at];
        let (to, text) = match ask {
            RequestBody::Say(say) if connection.rooms.contains(&say.room) => {
                if (say.reply_to).is_some_and(|line| !self.has_line(&say.room, line)) {
                    return;
                }
                (Destination::Room(say.room.clone()), &*say.text)
            }
            RequestBody::Whisper(whisper) if self.has_session(whisper.to) => {
                (Destination::User(whisper.to), &*whisper.text)
            }
            _ => match Wanted::of(ask) {
                Some(wanted)
                    if connection.rooms.contains(wanted.room)
                        && self.has_line(wanted.room, wanted.line) =>
                {
                    (Destination::Room(wanted.room.to_owned()), wanted.text)
                }
                _ => return,
            },
        };
        let connection = self.connections.get_mut(&at).expect("it exists");
        connection.pace.admit(&to, id, text, true, time);
    }

    pub(super) fn admit(
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
        if limits(&say.room, &self.connections[&at].account) {
            return Err(ErrorCode::Forbidden);
        }
        if (say.reply_to).is_some_and(|line| !self.has_line(&say.room, line)) {
            return Err(ErrorCode::NoSuchLine);
        }
        let to = Destination::Room(say.room.clone());
        self.admit(at, &to, request, &say.text, time)?;
        let line = Line {
            text: say.text.clone(),
            action: say.action,
            reply_to: say.reply_to.map_or(0, |line| line.seq),
            ..self.line_of(at, me, request, &say.room, time)
        };
        self.hand_over(at, room_generation, line)?;
        Ok(None)
    }

    /// The next line of a room, over this connection, without what it says.
    pub(super) fn line_of(&self, at: u64, me: u64, request: u64, room: &str, time: u64) -> Line {
        let connection = &self.connections[&at];
        Line {
            room: room.to_owned(),
            epoch: 0,
            seq: 0,
            time,
            sender: me,
            name: connection.shown.name.clone(),
            nonce: request,
            session: if connection.session == me {
                0
            } else {
                connection.session
            },
            user: connection.account.clone(),
            info: connection.shown.info.clone(),
            ..Line::default()
        }
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
        if !self.has_session(whisper.to) {
            return Err(ErrorCode::NoSuchClient);
        }
        let to = Destination::User(whisper.to);
        if is_behind && whisper.to != me {
            let connection = self.connections.get_mut(&at).expect("it exists");
            connection.pace.refuse_behind(&to, request, time);
            return Err(ErrorCode::ReceiverBehind);
        }
        self.admit(at, &to, request, &whisper.text, time)?;
        let (receiver, connection) = (&self.users[&whisper.to], &self.connections[&at]);
        let asked = connection.session;
        let line = WhisperLine {
            seq: 0,
            time,
            sender: me,
            sender_name: connection.shown.name.clone(),
            receiver: whisper.to,
            receiver_name: receiver.shown.name.clone(),
            nonce: 0,
            text: whisper.text.clone(),
            action: whisper.action,
            sender_user: connection.account.clone(),
            sender_info: connection.shown.info.clone(),
            receiver_user: receiver.account.clone(),
        };
        for (&number, session) in &mut self.sessions {
            if session.user == whisper.to || session.user == me {
                session.whispers.push(WhisperLine {
                    seq: session.whispers.len() as u64 + 1,
                    nonce: if number == asked { request } else { 0 },
                    ..line.clone()
                });
            }
        }
        self.accept(at, request);
        Ok(None)
    }

    fn rename(&mut self, at: u64, me: u64, to: &str) -> Result<ReplyResult, ErrorCode> {
        let name = to.to_owned();
        let user = self.users.get_mut(&me).ok_or(ErrorCode::NameTaken)?;
        user.shown.name.clone_from(&name);
        let connection = self
            .connections
            .get_mut(&at)
            .expect("the connection exists");
        connection.shown.clone_from(&user.shown);
        for room in &connection.rooms {
            let room = self.rooms.get_mut(room).expect("the room is not empty");
            if let Some((_, known)) = room.presence.get_mut(&me) {
                known.clone_from(&connection.shown);
            }
        }
        let but = Some(connection.session);
        self.tell_changed(at, me, but);
        Ok(ReplyResult::Renamed(Renamed { name }))
    }

    /// A token has told what is shown of a user. The session `but` is not told.
    fn set_info(&mut self, at: u64, user: u64, info: &str, but: Option<u64>) {
        let known = self.users.get_mut(&user).expect("the user exists");
        if known.shown.info == info {
            return;
        }
        info.clone_into(&mut known.shown.info);
        self.tell_changed(at, user, but);
    }

    fn page(&self, room: u32, fetch: &FetchHistory) -> ReplyResult {
        let last = self.last(room);
        let is_durable = self.undecided.is_some();
        // The journal has what the history has not.
        let most = if is_durable { u64::MAX } else { HISTORY };
        let first = (last + 1).saturating_sub(most).max(1);
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
        hello: &Hello,
        time: u64,
    ) -> Result<Option<ReplyResult>, ErrorCode> {
        let token = Token::read(&hello.token).unwrap_or_default();
        let Token { account, info, .. } = token;
        let users = &self.users;
        let is_it = |session: &Session| {
            session.secret.as_deref() == Some(&hello.session)
                && users[&session.user].account == account
        };
        let found = self.sessions.iter_mut().find(|(_, one)| is_it(one));
        let resumed = found.is_some();
        let number = if let Some((&number, session)) = found {
            if request <= session.highest {
                return Err(ErrorCode::BadRequest);
            }
            session.connection = Some(at);
            number
        } else {
            let known = self.users.iter();
            let mut same = known.filter(|(_, user)| !account.is_empty() && user.account == account);
            let user = same.next().map_or(at, |(&id, _)| id);
            self.users.entry(user).or_insert_with(|| User {
                shown: Shown {
                    name: format!("Guest {at}"),
                    info: info.to_owned(),
                },
                account: account.to_owned(),
            });
            let session = Session {
                user,
                secret: None,
                connection: Some(at),
                away_since: None,
                highest: 0,
                accepted: BTreeSet::new(),
                whispers: Vec::new(),
            };
            self.sessions.insert(at, session);
            at
        };
        let id = self.sessions[&number].user;
        self.set_info(at, id, info, Some(number));
        let (user, session) = (&self.users[&id], self.sessions.get_mut(&number));
        let session = session.expect("it exists");
        session.highest = request;
        session.away_since = None;
        let connection = self
            .connections
            .get_mut(&at)
            .expect("the connection exists");
        connection.user = Some(id);
        connection.session = number;
        connection.account.clone_from(&user.account);
        connection.has_cap = token.has_cap;
        connection.has_secret = resumed;
        connection.shown.clone_from(&user.shown);
        let last = session.whispers.len() as u64;
        let next = if resumed { hello.whisper_seq + 1 } else { 1 };
        let first = session.first_whisper();
        Ok(Some(ReplyResult::Welcome(Welcome {
            version: 1,
            id,
            name: user.shown.name.clone(),
            session: Vec::new(),
            resumed,
            limits: None,
            time,
            whisper_seq: last,
            whisper_gap: (next < first).then(|| Gap {
                from: next,
                to: first - 1,
            }),
            ttl: if account.is_empty() { 0 } else { TTL },
            user: user.account.clone(),
            info: user.shown.info.clone(),
            session_number: number,
            rooms: Vec::new(),
            may_rename: true,
            role: 0,
            sanctions: Vec::new(),
        })))
    }

    pub(super) fn room(&self, at: u64, name: &str) -> Result<&Room, ErrorCode> {
        if !self.connections[&at].rooms.contains(name) {
            return Err(ErrorCode::NotInRoom);
        }
        Ok(&self.rooms[name])
    }

    pub(super) fn last(&self, generation: u32) -> u64 {
        self.lines
            .get(&generation)
            .map_or(0, |lines| lines.len() as u64)
    }

    pub(super) fn accept(&mut self, at: u64, request: u64) {
        let number = self.connections[&at].session;
        if let Some(session) = self.sessions.get_mut(&number) {
            session.accepted.insert(request);
        }
    }
}
