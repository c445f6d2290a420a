//! One connection of a `guildhall.v1` client: what it asks for, in which order it
//! may, and the answers. No I/O and no clock: the connection passes in what
//! came, and the hub what has to go out. Here is how it begins, ends and gives
//! each request one answer; the folder has what the requests do.

mod hello;
mod people;
mod refusal;
mod rooms;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_protocol::{
    ErrorCode, Packet, PacketBody, Reply, ReplyResult, Request, RequestBody, RequestError, decode,
};

use self::refusal::{bad_request, error, ids_grow};
use crate::close::Close;
use crate::exchange::Exchange;
use crate::frame;
use crate::hub::{Hub, SharedRoom};
use crate::member::Member;
use crate::outbox::Wire;
use crate::person::{Name, Person};
use crate::requests;

pub use self::rooms::MAX_ROOMS;

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
type Answer = Result<ReplyResult, RequestError>;

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
        Some(PacketBody::Request(request)) => Ok(Message::Request(request)),
        Some(PacketBody::Pong(_)) => Ok(Message::Pong),
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
    /// wait, or to somebody on a thread that is behind.
    #[must_use]
    pub fn has_to_wait(&self, exchange: &Exchange, request: &Request) -> bool {
        match &request.ask {
            Some(RequestBody::Say(say)) => {
                let room = self.room(&say.room);
                room.is_ok_and(|room| room.borrow().is_busy())
            }
            Some(RequestBody::Whisper(_)) => exchange.is_behind(),
            _ => false,
        }
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
            Err(error) => self.reply(id, ReplyResult::Error(error), at.now),
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
    ) -> Result<Option<ReplyResult>, RequestError> {
        let Some(ask) = request.ask else {
            return Err(bad_request("nothing is asked that this server knows"));
        };
        if let RequestBody::Hello(hello) = ask {
            return self.hello(hub, request.id, &hello, at, waits);
        }
        let Some(person) = self.person.clone() else {
            return Err(error(ErrorCode::HelloFirst, []));
        };
        self.has_secret = true;
        let ask = match ask {
            RequestBody::Say(say) => return self.say(hub, &person, request.id, &say, at),
            RequestBody::Whisper(whisper) => {
                return self.whisper(hub, &person, request.id, whisper, at, waits);
            }
            ask => ask,
        };
        if person.judge(request.id) != requests::Request::New {
            return Err(ids_grow());
        }
        match ask {
            // Were answered above.
            RequestBody::Hello(_) | RequestBody::Say(_) | RequestBody::Whisper(_) => Ok(None),
            RequestBody::Join(join) => {
                let lines = self.join(hub, request.id, &join, at, waits)?;
                self.member.send_all(&lines, at.now);
                Ok(None)
            }
            RequestBody::Leave(leave) => self.leave(hub, &leave.room, at, waits).map(Some),
            RequestBody::Rename(rename) => self.rename(hub, &person, &rename.name).map(Some),
            RequestBody::ListRooms(_) => {
                let rooms = hub.exchange().rooms(at.now);
                Ok(Some(ReplyResult::Rooms(rooms)))
            }
            RequestBody::ListMembers(list) => self.list_members(&list.room).map(Some),
            RequestBody::FetchHistory(fetch) => self.fetch_history(&fetch, at).map(Some),
        }
    }

    fn reply(&self, id: u64, result: ReplyResult, now: Instant) {
        self.member
            .send_all(&frame::packet(&reply(id, result)), now);
    }
}

fn reply(id: u64, result: ReplyResult) -> Packet {
    Packet::from(PacketBody::Reply(Reply {
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
        requests::Request::Stale => Err(ids_grow()),
    }
}

#[cfg(test)]
mod tests {
    use super::hello::VERSION;
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use guildhall_protocol::{Hello, Join, Say, Whisper};

    use crate::arrival::Position;
    use crate::exchange::RoomLimits;
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

        fn ask(&mut self, id: u64, ask: RequestBody) {
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
                RequestBody::Hello(Hello {
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
                RequestBody::Join(Join {
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
                    RequestBody::Say(Say {
                        room: "hall".into(),
                        text,
                        action: false,
                    })
                } else {
                    RequestBody::Whisper(Whisper {
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
            (person.whispers_after(0).last, lines[0].seq)
        });
        assert_eq!((whispers, lines), (ROUNDS / 2, ROUNDS / 2));
    }
}
