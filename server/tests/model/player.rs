//! A client that follows docs/client.md. It fails the test if what it gets differs
//! from the model: a missing line, a repeated one, an answer too many.

mod lines;
mod packets;
mod rooms;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use guildhall_protocol::{
    Hello, Join, Member, PacketBody, ReplyResult, Request, RequestBody, RoomSettings, WhisperLine,
};

use guildhall_testing::line_log::LineLog;

use crate::model::{Due, Model};
use crate::rule::settings;
use crate::step::ROOMS;
use crate::token::Token;

use self::lines::Replay;
use self::packets::{by_id, is_temporary, recipient, room_of};

/// One session of a user, over all of its connections.
#[derive(Debug, Default)]
pub(crate) struct Player {
    pub(crate) id: Option<u64>,
    /// The number of its session.
    session: u64,
    /// Its user's account; `None`: it is a guest. Another player may have the same.
    account: Option<&'static str>,
    secret: Vec<u8>,
    requests: u64,
    wanted: Vec<String>,
    /// The last line that it has of each room, by epoch and number.
    positions: BTreeMap<String, (u32, u64)>,
    /// The lines that it has of each room.
    logs: BTreeMap<String, LineLog>,
    last_whisper: u64,
    /// The says and whispers without an answer.
    unanswered: BTreeMap<u64, RequestBody>,
    pub(crate) link: Option<Link>,
}

/// What a client knows of its connection.
#[derive(Debug, Default)]
pub(crate) struct Link {
    pub(crate) connection: u64,
    pub(crate) is_welcome: bool,
    /// The requests to send.
    pub(crate) uplink: Vec<Request>,
    /// The requests on this connection without an answer.
    open: BTreeSet<u64>,
    /// The requests that an own copy has answered.
    answered: BTreeSet<u64>,
    rooms: BTreeMap<String, Inside>,
    /// The messages that were refused for now and have no answer yet.
    delayed: BTreeSet<u64>,
    /// The messages to be sent again, or behind one that is.
    waiting: BTreeSet<u64>,
    /// How many new tokens it has brought.
    pub(crate) refreshes: u32,
    /// The rooms with a join or a leave on its way, and its ID.
    pub(crate) busy: BTreeMap<String, u64>,
    /// The replay that has to follow at once.
    replay: Option<Replay>,
    /// The next and the last of the whispers that have to follow at once.
    whispers: Option<(u64, u64)>,
}

/// A room that the client has joined.
#[derive(Debug)]
struct Inside {
    members: BTreeMap<u64, Member>,
    count: u32,
    settings: Option<RoomSettings>,
}

impl Player {
    /// The player with this number: two are one user, one is another, and one is a guest.
    pub(crate) fn new(number: usize) -> Self {
        Self {
            account: [Some("ann"), Some("ann"), Some("bob"), None][number],
            ..Self::default()
        }
    }

    /// A token that shows `info`; `None` for a guest.
    pub(crate) fn token(&self, has_cap: bool, info: &str) -> Option<String> {
        let token = |account| Token {
            account,
            has_cap,
            info,
        };
        Some(token(self.account?).write())
    }

    /// Says hello on a new connection.
    pub(crate) fn connect(&mut self, connection: u64, has_cap: bool, info: &str) {
        self.link = Some(Link {
            connection,
            ..Link::default()
        });
        self.send(RequestBody::Hello(Hello {
            version: 1,
            name: String::new(),
            session: self.secret.clone(),
            whisper_seq: self.last_whisper,
            token: self.token(has_cap, info).unwrap_or_default(),
        }));
    }

    /// Whether it has joined this room, as far as it knows.
    pub(crate) fn is_in(&self, room: &str) -> bool {
        let link = self.link.as_ref();
        link.is_some_and(|link| link.rooms.contains_key(room))
    }

    /// Joins a room, or joins it again, from its last position.
    pub(crate) fn join(&mut self, room: &str) {
        self.want(room);
        let (epoch, seq) = self.positions.get(room).copied().unwrap_or_default();
        let to = room.to_owned();
        let id = self.ask(RequestBody::Join(Join {
            room: to,
            epoch,
            seq,
        }));
        self.link().busy.insert(room.to_owned(), id);
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, ask: RequestBody) {
        self.ask(ask);
    }

    /// Sends a request, and returns its ID.
    fn ask(&mut self, ask: RequestBody) -> u64 {
        self.requests += 1;
        let id = self.requests;
        if room_of(&ask).is_some() || matches!(ask, RequestBody::Whisper(_)) {
            self.unanswered.insert(id, ask.clone());
            if self.has_to_wait(id) {
                self.link().waiting.insert(id);
                return id;
            }
        }
        self.send_as(id, ask);
        id
    }

    /// Sends again what was refused for now, and what waits behind that.
    pub(crate) fn send_delayed(&mut self) {
        let Some(link) = &self.link else { return };
        for id in link.waiting.clone() {
            if self.has_to_wait(id) {
                continue;
            }
            self.link().waiting.remove(&id);
            if let Some(ask) = self.unanswered.get(&id) {
                self.send_as(id, ask.clone());
            }
        }
    }

    /// Whether an earlier message to the same recipient was refused for now.
    fn has_to_wait(&self, id: u64) -> bool {
        let to = |id| self.unanswered.get(&id).map(recipient);
        let link = self.link.as_ref().expect("a connection");
        let mut earlier = link.delayed.range(..id);
        earlier.any(|&earlier| to(earlier).is_some() && to(earlier) == to(id))
    }

    /// A message has its answer.
    fn settled(&mut self, id: u64) {
        self.unanswered.remove(&id);
        let link = self.link();
        link.delayed.remove(&id);
        link.waiting.remove(&id);
    }

    /// The position `back` lines before the last one, for a page of history.
    pub(crate) fn before(&self, room: &str, back: u64) -> (u32, u64) {
        let (epoch, seq) = self.positions.get(room).copied().unwrap_or_default();
        (epoch, (seq + 1).saturating_sub(back))
    }

    /// Takes a packet from the server.
    pub(crate) fn receive(
        &mut self,
        packet: PacketBody,
        model: &mut Model,
        due: &mut VecDeque<Due>,
    ) {
        match packet {
            PacketBody::Reply(reply) => {
                self.check_nothing_is_due();
                let result = reply.result.expect("a result");
                let is_it =
                    |one: &mut Due| matches!(one, Due::Answer(it) if it.request == reply.id);
                let Some(Due::Answer(expected)) = due.pop_front_if(is_it) else {
                    return self.left_out(reply.id, &result, model);
                };
                model.check(*expected, &result);
                let was_open = self.link().open.remove(&reply.id);
                let is_repeated = matches!(result, ReplyResult::Repeated(_));
                assert!(
                    was_open || is_repeated && self.link().answered.contains(&reply.id),
                    "a second answer"
                );
                if is_temporary(&result) {
                    return self.delay(reply.id);
                }
                self.settled(reply.id);
                self.answer(reply.id, result);
            }
            PacketBody::Line(line) => self.line(line, model),
            PacketBody::Whisper(line) => self.whisper(line, model),
            PacketBody::Presence(presence) => self.presence(presence),
            PacketBody::CatchUp(joined) => self.catch_up(joined),
            PacketBody::RoomChanged(changed) => self.room_changed(changed),
            PacketBody::Removed(removed) => {
                let Some(Due::Removed { said }) = due.pop_front() else {
                    panic!("it is not due: {removed:?}");
                };
                self.removed(&removed, &said);
            }
            // The name of its user, by another session.
            PacketBody::Renamed(_) => {
                self.check_nothing_is_due();
                assert!(self.account.is_some(), "a guest has one session");
            }
            other => panic!("an unexpected packet: {other:?}"),
        }
    }

    /// Compares all that it has with the model, when nothing is on its way.
    pub(crate) fn check(&self, model: &Model) {
        let link = self.link.as_ref().expect("a connection");
        assert!(self.unanswered.is_empty(), "{:?}", self.unanswered);
        assert!(link.open.is_empty(), "{:?}", link.open);
        let whispers = model.sessions[&self.session].whispers.len();
        assert_eq!(self.last_whisper, whispers as u64);
        assert_eq!(link.rooms.len(), self.wanted.len());
        for room in ROOMS {
            let is_in = link.rooms.contains_key(room);
            assert_eq!(is_in, model.is_in(link.connection, room), "in {room}");
        }
        for (room, inside) in &link.rooms {
            let (epoch, seq) = self.positions[room];
            assert_eq!(
                seq,
                model.lines_of(epoch).len() as u64,
                "the last line of {room}"
            );
            for line in self.logs.get(room).into_iter().flat_map(LineLog::lines) {
                assert_eq!(*line, model.line_at(epoch, line.seq, seq), "as it is now");
            }
            let mut members = model.members(room);
            assert_eq!(inside.count as usize, members.len());
            if self.sees_no_members(room) {
                members.clear();
            }
            let known: Vec<_> = inside.members.values().cloned().collect();
            assert_eq!(known, members, "the members of {room}");
            let settings = settings(room, self.account.unwrap_or_default(), &model.rule.topic);
            assert_eq!(inside.settings, settings);
        }
    }

    fn answer(&mut self, id: u64, result: ReplyResult) {
        match result {
            ReplyResult::Welcome(welcome) => {
                if !welcome.resumed {
                    self.unanswered.clear();
                    self.last_whisper = 0;
                }
                self.id = Some(welcome.id);
                self.session = welcome.session_number;
                self.secret = welcome.session;
                if let Some(gap) = welcome.whisper_gap {
                    assert_eq!(gap.from, self.last_whisper + 1);
                    self.last_whisper = gap.to;
                }
                self.link().is_welcome = true;
                if welcome.whisper_seq > self.last_whisper {
                    self.link().whispers = Some((self.last_whisper + 1, welcome.whisper_seq));
                }
                let wanted = self.wanted.clone();
                self.unanswered.retain(|_, ask| {
                    room_of(ask).is_none_or(|room| wanted.iter().any(|wanted| wanted == room))
                });
                for room in &wanted {
                    self.join(room);
                }
                self.send_again(|ask| matches!(ask, RequestBody::Whisper(_)));
            }
            ReplyResult::Joined(joined) => {
                let room = joined.room;
                let position = self.positions.entry(room.clone()).or_default();
                if !joined.resumed {
                    *position = (joined.epoch, joined.first_seq - 1);
                    self.logs.remove(&room);
                } else if let Some(gap) = joined.gap {
                    assert_eq!(gap.from, position.1 + 1);
                    position.1 = gap.to;
                    // It may hide changes.
                    self.logs.remove(&room);
                }
                let inside = Inside {
                    members: by_id(joined.members),
                    count: joined.count,
                    settings: joined.settings,
                };
                self.want(&room);
                let link = self.link();
                link.busy.remove(&room);
                link.rooms.insert(room.clone(), inside);
                if joined.first_seq <= joined.last_seq {
                    let replay = Replay::new(room.clone(), joined.first_seq, joined.last_seq);
                    link.replay = Some(replay);
                }
                self.send_again(|ask| room_of(ask) == Some(&room));
            }
            ReplyResult::Left(left) => {
                self.wanted.retain(|wanted| *wanted != left.room);
                self.positions.remove(&left.room);
                self.logs.remove(&left.room);
                self.link().busy.remove(&left.room);
                self.link().rooms.remove(&left.room);
            }
            ReplyResult::Error(_) => self.refused(id),
            _ => {}
        }
    }

    /// The answer to a say whose line is left out, because this client reads too slowly or is not
    /// in the room any more, or which the journal could not keep.
    fn left_out(&mut self, id: u64, result: &ReplyResult, model: &Model) {
        assert!(self.link().open.remove(&id), "a second answer");
        if is_temporary(result) {
            assert!(model.has_failed(self.session, id), "it has not failed");
            return self.delay(id);
        }
        if let ReplyResult::Error(error) = result {
            assert!(
                model.has_refused(self.session, id, error.code()),
                "{error:?}"
            );
            return self.settled(id);
        }
        assert!(matches!(result, ReplyResult::Repeated(_)), "{result:?}");
        assert!(model.has_said(self.session, id), "it is not stored");
        let link = self.link();
        link.answered.insert(id);
        self.settled(id);
    }

    /// A message was refused for now.
    fn delay(&mut self, id: u64) {
        let link = self.link();
        link.delayed.insert(id);
        link.waiting.insert(id);
    }

    fn whisper(&mut self, received: WhisperLine, model: &Model) {
        let me = self.id.expect("welcome comes first");
        assert_eq!(
            received.seq,
            self.last_whisper + 1,
            "a missing or a repeated one"
        );
        self.last_whisper = received.seq;
        if let Some(session) = model.sessions.get(&self.session) {
            let whispered = &session.whispers[usize::try_from(received.seq - 1).unwrap()];
            assert_eq!(received, *whispered);
        }
        let is_mine = received.sender == me && received.nonce != 0;
        if is_mine {
            self.settled(received.nonce);
        }
        let link = self.link();
        assert!(link.replay.is_none(), "the replay follows at once");
        if let Some((next, last)) = link.whispers.take() {
            assert_eq!(received.seq, next);
            link.whispers = (next < last).then_some((next + 1, last));
        } else if is_mine && link.open.remove(&received.nonce) {
            link.answered.insert(received.nonce);
        }
    }

    fn send_again(&mut self, which: impl Fn(&RequestBody) -> bool) {
        let open = &self.link.as_ref().expect("a connection").open;
        let again: Vec<_> = self
            .unanswered
            .iter()
            .filter(|(id, ask)| !open.contains(id) && which(ask))
            .map(|(&id, ask)| (id, ask.clone()))
            .collect();
        for (id, ask) in again {
            self.send_as(id, ask);
        }
    }

    fn send_as(&mut self, id: u64, ask: RequestBody) {
        let link = self.link();
        link.open.insert(id);
        link.waiting.remove(&id);
        let ask = Some(ask);
        link.uplink.push(Request { id, ask });
    }

    fn check_nothing_is_due(&mut self) {
        let link = self.link();
        assert!(link.replay.is_none(), "the replay follows at once");
        assert!(
            link.whispers.is_none(),
            "the missed whispers follow at once"
        );
    }

    fn link(&mut self) -> &mut Link {
        self.link.as_mut().expect("a connection")
    }
}
