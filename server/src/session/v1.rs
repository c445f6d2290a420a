//! One connection of a `guildhall.v1` client: what it asks for, in which order it
//! may, and the answers. No I/O and no clock: the connection passes in what
//! came, and the hub what has to go out.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::limits::{MAX_CLIENT_PACKET_BYTES, MAX_SAY_BYTES, MAX_UNANSWERED};
use guildhall_protocol::{
    ErrorCode, FetchHistory, Hello, HistoryPage, Join, Joined, Left, Limits, MemberList, Packet,
    Renamed, Repeated, Reply, Request, RequestError, Say, Welcome, Whisper, WhisperLine, decode,
    packet_arm, reply_result, request_ask,
};

use crate::close::Close;
use crate::crossing::Position;
use crate::frame;
use crate::history::Saying;
use crate::hub::{Hub, SharedRoom};
use crate::member::Member;
use crate::names::{self, MAX_NAME_CHARACTERS, MAX_ROOM_NAME_CHARACTERS};
use crate::outbox::Wire;
use crate::people::NameError;
use crate::person::{Name, Person};
use crate::requests::{self, is_request_id};
use crate::roster;

/// The only version there is.
const VERSION: u32 = 1;

/// How many rooms a client may be in.
pub const MAX_ROOMS: usize = 20;

/// The most lines in a page of history, and the most bytes: one message holds
/// it, with room for what is around the lines.
const PAGE_LINES: usize = 50;
const PAGE_BYTES: usize = 24 * 1024;

/// What is wrong with a request's ID.
const IDS_GROW: &str = "request IDs grow, from 1 up to 2^63 - 1";

/// When to ask again for what is full now, in milliseconds.
const RETRY_MILLIS: u32 = 10_000;

/// The moment of a request.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// For deadlines.
    pub now: Instant,
    /// For people: milliseconds since 1970.
    pub time: u64,
}

/// One connection's side of a session.
#[derive(Debug)]
pub struct V1Session<W> {
    member: Rc<Member<W>>,
    /// How often a silent client is pinged, in seconds.
    heartbeat: u32,
    /// `None` before hello.
    person: Option<Arc<Person>>,
    /// Whether the client has the session's secret: it has asked for something
    /// since its welcome.
    has_secret: bool,
    /// What the person is called, as the rooms know it.
    name: Name,
    rooms: Vec<SharedRoom<W>>,
}

/// What the answer to a request is.
type Answer = Result<reply_result, RequestError>;

/// Something a client says.
#[derive(Debug)]
pub enum Message {
    /// To be answered.
    Request(Request),
    /// A sign of life.
    Pong,
}

/// Decodes one binary message of a `guildhall.v1` client.
///
/// # Errors
///
/// Where the connection has to end: it is no packet, or none that a client
/// sends.
pub fn receive(bytes: &[u8]) -> Result<Message, Close> {
    if bytes.len() > MAX_CLIENT_PACKET_BYTES {
        return Err(Close::too_big(bytes.len()));
    }
    let packet = decode(bytes).map_err(|error| Close::not_a_packet(&error))?;
    match packet.msg {
        Some(packet_arm::Request(request)) => Ok(Message::Request(request)),
        Some(packet_arm::Pong(_)) => Ok(Message::Pong),
        _ => Err(Close::NOT_A_REQUEST),
    }
}

impl<W: Wire> V1Session<W> {
    /// The session of a connection that has said nothing yet. A silent client
    /// is pinged after `heartbeat` seconds.
    #[must_use]
    pub fn new(member: Rc<Member<W>>, heartbeat: u32) -> Self {
        Self {
            member,
            heartbeat,
            person: None,
            has_secret: false,
            name: Name::GUEST,
            rooms: Vec::new(),
        }
    }

    /// Whether the request says something in a room whose speakers have to
    /// wait.
    #[must_use]
    pub fn has_to_wait(&self, request: &Request) -> bool {
        let Some(request_ask::Say(say)) = &request.ask else {
            return false;
        };
        let room = self.room(&say.room);
        room.is_ok_and(|room| room.borrow().is_busy())
    }

    /// Does what is asked for, and answers. `waits` as in [`Hub`].
    pub fn handle(
        &mut self,
        hub: &mut Hub<W>,
        request: Request,
        at: Moment,
        mut waits: impl FnMut(&Rc<Member<W>>),
    ) {
        let id = request.id;
        let answer = self.answer(hub, request, at, &mut waits);
        match answer {
            Ok(Some(result)) => self.reply(id, result, at.now),
            // A say and a whisper are answered with the client's own copy, and
            // what else has no result here has sent its answer itself.
            Ok(None) => {}
            Err(error) => self.reply(id, reply_result::Error(error), at.now),
        }
        if self.member.begin_drain() {
            waits(&self.member);
        }
    }

    /// Leaves all rooms: the connection is over. The session can be resumed for
    /// a while. Not so where the welcome may be lost: nobody could, and it would
    /// keep its name from the one who comes back for it.
    pub fn end(&mut self, hub: &mut Hub<W>, now: Instant) {
        let keep = self.has_secret.then_some(now);
        self.finish(hub, now, keep);
    }

    /// The same for a client that has said goodbye: nothing is kept for it.
    pub fn say_goodbye(&mut self, hub: &mut Hub<W>, now: Instant) {
        self.finish(hub, now, None);
    }

    /// Leaves all rooms. The session is kept from `keep` on, or forgotten.
    fn finish(&mut self, hub: &mut Hub<W>, now: Instant, keep: Option<Instant>) {
        let id = self.id();
        for room in std::mem::take(&mut self.rooms) {
            hub.leave(&room, id, &self.member, now);
        }
        if let Some(person) = self.person.take() {
            let place = hub.place(self.member.id());
            let people = hub.exchange().people();
            match keep {
                Some(since) => people.leave(&person, place, since),
                None => people.forget(&person, place),
            }
        }
    }

    /// The client's ID; before hello that of its connection.
    #[must_use]
    pub fn id(&self) -> u64 {
        let person = self.person.as_ref();
        person.map_or_else(|| self.member.id(), |person| person.id)
    }

    fn answer(
        &mut self,
        hub: &mut Hub<W>,
        request: Request,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Result<Option<reply_result>, RequestError> {
        let Some(ask) = request.ask else {
            return Err(bad_request("nothing is asked that this server knows"));
        };
        if let request_ask::Hello(hello) = ask {
            return self.hello(hub, request.id, &hello, at, waits);
        }
        let Some(person) = self.person.clone() else {
            return Err(error(ErrorCode::HelloFirst, []));
        };
        self.has_secret = true;
        let ask = match ask {
            request_ask::Say(say) => return self.say(hub, &person, request.id, &say, at),
            request_ask::Whisper(whisper) => {
                return self.whisper(hub, &person, request.id, whisper, at, waits);
            }
            ask => ask,
        };
        if person.judge(request.id) != requests::Request::New {
            return Err(bad_request(IDS_GROW));
        }
        match ask {
            // Were answered above.
            request_ask::Hello(_) | request_ask::Say(_) | request_ask::Whisper(_) => Ok(None),
            request_ask::Join(join) => {
                let lines = self.join(hub, request.id, &join, at, waits)?;
                self.member.send_all(&lines, at.now);
                Ok(None)
            }
            request_ask::Leave(leave) => self.leave(hub, &leave.room, at, waits).map(Some),
            request_ask::Rename(rename) => self.rename(hub, &person, &rename.name).map(Some),
            request_ask::ListRooms(_) => {
                let rooms = hub.exchange().rooms(at.now);
                Ok(Some(reply_result::Rooms(rooms)))
            }
            request_ask::ListMembers(list) => self.list_members(&list.room).map(Some),
            request_ask::FetchHistory(fetch) => self.fetch_history(&fetch, at).map(Some),
        }
    }

    fn hello(
        &mut self,
        hub: &mut Hub<W>,
        request: u64,
        hello: &Hello,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Result<Option<reply_result>, RequestError> {
        if self.person.is_some() {
            return Err(error(ErrorCode::HelloTwice, []));
        }
        // Before there is a session, that nobody would have the secret of.
        if !is_request_id(request) {
            return Err(bad_request(IDS_GROW));
        }
        if hello.version != VERSION {
            let largest = VERSION.to_string();
            return Err(error(ErrorCode::UnsupportedVersion, [largest]));
        }
        let place = hub.place(self.member.id());
        let people = hub.exchange().people();
        // A hello that comes late, over a connection that its client has given
        // up, takes nothing over.
        let known = people.by_token(&hello.session);
        let is_late = |person: Arc<Person>| person.judge(request) != requests::Request::New;
        if known.is_some_and(is_late) {
            return Err(bad_request(IDS_GROW));
        }
        let resumed = people.resume(&hello.session, place);
        let is_resumed = resumed.is_some();
        self.has_secret = is_resumed;
        let person = if let Some((person, before)) = resumed {
            if let Some(before) = before {
                hub.replace(before, at.now, &mut *waits);
            }
            person
        } else {
            let greeted = people.greet(self.member.id(), &hello.name, place);
            let person = greeted.map_err(|problem| name_error(problem, &hello.name))?;
            // The session's first, so it is new.
            let _ = person.judge(request);
            person
        };
        self.name = person.name();
        self.person = Some(Arc::clone(&person));
        let seen = if is_resumed { hello.whisper_seq } else { 0 };
        let (whisper_seq, missed, whisper_gap) = person.whispers_after(seen);
        let welcome = Welcome {
            version: VERSION,
            id: person.id,
            name: self.name.of(person.id),
            session: person.token.to_vec(),
            resumed: is_resumed,
            limits: Some(self.limits(hub)),
            time: at.time,
            whisper_seq,
            whisper_gap,
        };
        self.reply(request, reply_result::Welcome(welcome), at.now);
        for whisper in missed {
            self.member.send_all(&whisper, at.now);
        }
        Ok(None)
    }

    fn limits(&self, hub: &Hub<W>) -> Limits {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let resume = hub.exchange().limits().resume_within.as_secs();
        Limits {
            text_bytes: number(MAX_SAY_BYTES),
            name_characters: number(MAX_NAME_CHARACTERS),
            room_name_characters: number(MAX_ROOM_NAME_CHARACTERS),
            rooms: number(MAX_ROOMS),
            history_page: number(PAGE_LINES),
            resume_seconds: u32::try_from(resume).unwrap_or(u32::MAX),
            heartbeat_seconds: self.heartbeat,
            unanswered: MAX_UNANSWERED,
        }
    }

    /// The reply and the lines behind it, as one piece: nothing comes between.
    fn join(
        &mut self,
        hub: &mut Hub<W>,
        request: u64,
        join: &Join,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Result<bytes::Bytes, RequestError> {
        let Some(name) = names::room_name(&join.room) else {
            let most = MAX_ROOM_NAME_CHARACTERS.to_string();
            return Err(error(ErrorCode::BadRoomName, [shown(&join.room), most]));
        };
        let is_there = self.room(&name).is_ok();
        if let Ok(room) = self.room(&name) {
            // What the client said last is answered, also where it is not among
            // the lines that it gets now.
            room.borrow_mut().fan_out(at.now, waits);
        } else if self.rooms.len() == MAX_ROOMS {
            return Err(error(ErrorCode::TooManyRooms, [MAX_ROOMS.to_string()]));
        }
        let position = Position {
            epoch: join.epoch,
            seq: join.seq,
        };
        let member = Rc::clone(&self.member);
        let who = (self.id(), &self.name);
        let Ok((room, arrival)) = hub.enter(&name, member, who, position, at.time) else {
            return Err(RequestError {
                temporary: true,
                retry_after: RETRY_MILLIS,
                ..error(
                    ErrorCode::ServerRoomsFull,
                    [hub.exchange().limits().rooms.to_string()],
                )
            });
        };
        if !is_there {
            self.rooms.push(room);
        }
        let joined = Joined {
            room: name,
            epoch: arrival.epoch,
            first_seq: arrival.first,
            last_seq: arrival.last,
            resumed: arrival.resumed,
            gap: arrival.gap,
            count: roster::count(arrival.count),
            listed: arrival.members.is_some(),
            members: arrival.members.unwrap_or_default(),
        };
        let mut frames = bytes::BytesMut::new();
        frame::put_packet(&mut frames, &reply(request, reply_result::Joined(joined)));
        frames.extend_from_slice(&arrival.lines);
        Ok(frames.freeze())
    }

    fn leave(
        &mut self,
        hub: &mut Hub<W>,
        name: &str,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Answer {
        let room = Rc::clone(self.room(name)?);
        let name = room.borrow().name().to_string();
        // What the client said last is still answered, and what it has heard of
        // is whole.
        room.borrow_mut().fan_out(at.now, waits);
        hub.leave(&room, self.id(), &self.member, at.now);
        self.rooms.retain(|kept| !Rc::ptr_eq(kept, &room));
        Ok(reply_result::Left(Left { room: name }))
    }

    /// Answered with the client's own copy, or here.
    fn say(
        &self,
        hub: &mut Hub<W>,
        speaker: &Person,
        nonce: u64,
        say: &Say,
        at: Moment,
    ) -> Result<Option<reply_result>, RequestError> {
        let room = self.room(&say.room);
        let room = room.and_then(|room| check_text(&say.text).map(|()| room));
        let Some(room) = once(speaker, nonce, room)? else {
            return Ok(Some(reply_result::Repeated(Repeated {})));
        };
        let saying = Saying {
            speaker: speaker.id,
            name: &self.name,
            nonce,
            text: &say.text,
            action: say.action,
            time: at.time,
        };
        hub.say(room, self.member.id(), &saying);
        Ok(None)
    }

    /// Answered with the client's own copy, or here.
    fn whisper(
        &self,
        hub: &Hub<W>,
        sender: &Person,
        nonce: u64,
        whisper: Whisper,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Result<Option<reply_result>, RequestError> {
        let receiver = check_text(&whisper.text).and_then(|()| receiver(hub, &whisper));
        let Some(receiver) = once(sender, nonce, receiver)? else {
            return Ok(Some(reply_result::Repeated(Repeated {})));
        };
        let line = WhisperLine {
            seq: 0,
            time: at.time,
            sender: sender.id,
            sender_name: self.name.of(sender.id),
            receiver: receiver.id,
            receiver_name: receiver.name().of(receiver.id),
            nonce,
            text: whisper.text,
            action: whisper.action,
        };
        if receiver.id != sender.id {
            hub.whisper(&receiver, line.clone(), at.now, &mut *waits);
        }
        hub.whisper(sender, line, at.now, waits);
        Ok(None)
    }

    fn rename(&mut self, hub: &mut Hub<W>, person: &Person, raw: &str) -> Answer {
        let renamed = hub.exchange().people().rename(person, raw);
        self.name = renamed.map_err(|problem| name_error(problem, raw))?;
        for room in &self.rooms {
            hub.rename(room, person.id, self.name.clone());
        }
        let name = self.name.of(person.id);
        Ok(reply_result::Renamed(Renamed { name }))
    }

    fn list_members(&self, room: &str) -> Answer {
        let room = self.room(room)?.borrow();
        let (count, members) = room.members();
        Ok(reply_result::Members(MemberList {
            room: room.name().to_string(),
            count: roster::count(count),
            listed: members.is_some(),
            members: members.unwrap_or_default(),
        }))
    }

    fn fetch_history(&self, fetch: &FetchHistory, at: Moment) -> Answer {
        let room = self.room(&fetch.room)?.borrow();
        let most = match usize::try_from(fetch.limit) {
            Ok(limit @ 1..=PAGE_LINES) => limit,
            _ => PAGE_LINES,
        };
        let before = Position {
            epoch: fetch.epoch,
            seq: fetch.before,
        };
        let (epoch, lines, more) = room.page(before, most, PAGE_BYTES, at.time);
        Ok(reply_result::History(HistoryPage {
            room: room.name().to_string(),
            epoch,
            lines,
            more,
        }))
    }

    /// The room of this name, if the client is in it.
    fn room(&self, name: &str) -> Result<&SharedRoom<W>, RequestError> {
        let is_it = |room: &&SharedRoom<W>| &**room.borrow().name() == name;
        let found = self.rooms.iter().find(is_it).or_else(|| {
            let name = names::room_name(name)?;
            self.rooms
                .iter()
                .find(|room| **room.borrow().name() == *name)
        });
        found.ok_or_else(|| error(ErrorCode::NotInRoom, [shown(name)]))
    }

    fn reply(&self, id: u64, result: reply_result, now: Instant) {
        self.member
            .send_all(&frame::packet(&reply(id, result)), now);
    }
}

fn reply(id: u64, result: reply_result) -> Packet {
    Packet::from(packet_arm::Reply(Reply {
        id,
        result: Some(result),
    }))
}

/// Accepts the say or the whisper with this ID where it is new: then whoever
/// calls has it to do. `fit` is what it takes to do it, or why it is refused.
/// `None` where it was accepted before.
fn once<T>(
    person: &Person,
    id: u64,
    fit: Result<T, RequestError>,
) -> Result<Option<T>, RequestError> {
    match person.judge_message(id, fit.is_ok()) {
        requests::Request::New => fit.map(Some),
        requests::Request::Repeated => Ok(None),
        requests::Request::Stale => Err(bad_request(IDS_GROW)),
    }
}

/// Whom a whisper is for.
fn receiver<W: Wire>(hub: &Hub<W>, whisper: &Whisper) -> Result<Arc<Person>, RequestError> {
    let people = hub.exchange().people();
    let id = match whisper.to {
        0 => people.id_of(&whisper.name),
        id => Some(id),
    };
    if let Some(person) = id.and_then(|id| people.by_id(id)) {
        return Ok(person);
    }
    let is_there = id.is_some_and(|id| hub.exchange().clients().get(id).is_some());
    let code = if is_there {
        ErrorCode::CannotWhisper
    } else {
        ErrorCode::NoSuchClient
    };
    let asked = match whisper.to {
        0 => shown(&whisper.name),
        id => id.to_string(),
    };
    Err(error(code, [asked]))
}

fn check_text(text: &str) -> Result<(), RequestError> {
    if text.trim().is_empty() {
        return Err(error(ErrorCode::EmptyText, []));
    }
    if text.len() > MAX_SAY_BYTES {
        let arguments = [text.len(), MAX_SAY_BYTES].map(|number| number.to_string());
        return Err(error(ErrorCode::TextTooLong, arguments));
    }
    Ok(())
}

fn name_error(problem: NameError, name: &str) -> RequestError {
    match problem {
        NameError::Bad => {
            let most = MAX_NAME_CHARACTERS.to_string();
            error(ErrorCode::BadName, [shown(name), most])
        }
        NameError::Taken => error(ErrorCode::NameTaken, [shown(name)]),
    }
}

fn bad_request(what: &str) -> RequestError {
    error(ErrorCode::BadRequest, [what.to_owned()])
}

fn error<const N: usize>(code: ErrorCode, arguments: [String; N]) -> RequestError {
    RequestError {
        code: code.into(),
        arguments: arguments.into(),
        temporary: false,
        retry_after: 0,
    }
}

/// The beginning of what a client asked for, to be shown to it again: a hostile
/// 16 KiB name does not come back whole.
fn shown(asked: &str) -> String {
    asked.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use crate::exchange::{Exchange, RoomLimits};
    use crate::test_wire::TestWire;

    const AT: u64 = 1_000;

    /// A connection to a thread of its own.
    struct Line {
        hub: Hub<TestWire>,
        session: V1Session<TestWire>,
    }

    impl Line {
        fn to(exchange: &Arc<Exchange>, thread: usize) -> Self {
            let mut hub = Hub::new(Arc::clone(exchange), thread);
            let wire = TestWire::open();
            let member = hub.connect_v1(wire, 100_000_000, Instant::now());
            let session = V1Session::new(member, 25);
            Self { hub, session }
        }

        fn ask(&mut self, id: u64, ask: request_ask) {
            let request = Request { id, ask: Some(ask) };
            let at = Moment {
                now: Instant::now(),
                time: AT,
            };
            self.session.handle(&mut self.hub, request, at, |_| {});
        }

        fn hello(&mut self, id: u64, session: &[u8]) -> Vec<u8> {
            self.ask(
                id,
                request_ask::Hello(Hello {
                    version: VERSION,
                    session: session.to_vec(),
                    ..Hello::default()
                }),
            );
            let person = self.session.person.as_ref();
            person.expect("a session").token.to_vec()
        }

        fn join(&mut self, id: u64) -> SharedRoom<TestWire> {
            let room = "hall".to_owned();
            self.ask(
                id,
                request_ask::Join(Join {
                    room,
                    ..Join::default()
                }),
            );
            Rc::clone(self.session.room("hall").expect("it is in the room"))
        }
    }

    /// Says and whispers that come over two connections at once, which threads of
    /// their own serve: the client has lost the one and sends again over the other.
    #[test]
    fn what_is_sent_again_over_another_thread_meanwhile_is_stored_once() {
        const ROUNDS: u64 = 2_000;
        let exchange = Exchange::new(2, RoomLimits::default());
        let mut old = Line::to(&exchange, 0);
        let token = old.hello(1, &[]);
        let room = old.join(2);
        let id = old.session.id();
        let arrivals = AtomicU64::new(0);
        let repeat = |line: &mut Line| {
            for round in 1..=ROUNDS {
                // Not a barrier: whoever sleeps there is late.
                arrivals.fetch_add(1, Ordering::SeqCst);
                while arrivals.load(Ordering::SeqCst) < 2 * round {
                    thread::yield_now();
                }
                let text = round.to_string();
                let ask = if round % 2 == 0 {
                    request_ask::Say(Say {
                        room: "hall".into(),
                        text,
                        action: false,
                    })
                } else {
                    request_ask::Whisper(Whisper {
                        to: id,
                        text,
                        ..Whisper::default()
                    })
                };
                line.ask(10 + round, ask);
                line.hub.fan_out(Instant::now(), |_| {});
            }
        };
        let (whispers, lines) = thread::scope(|scope| {
            scope.spawn(|| {
                let mut new = Line::to(&exchange, 1);
                new.hello(3, &token);
                new.join(4);
                repeat(&mut new);
            });
            repeat(&mut old);
            let person = old.session.person.as_ref().expect("a session");
            let (_, lines, _) = room.borrow().page(Position::default(), 1, 999, AT);
            (person.whispers_after(0).0, lines[0].seq)
        });
        assert_eq!((whispers, lines), (ROUNDS / 2, ROUNDS / 2));
    }
}
