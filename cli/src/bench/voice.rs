//! One client's side of what a crowd speaks: how it is greeted, what it sends to
//! say something, what it answers by itself. For `guildhall.v1` that is the
//! protocol crate's session, the one that players' clients have.
//!
//! Whether what arrives is right is not asked here: a session hides what comes
//! twice and asks again for what is missing. The load looks at the bytes.

use std::collections::VecDeque;

use guildhall_client::session::{Action, Event, MessageKind, SendError, Session};
use guildhall_client::texts::{self, Language};
use guildhall_protocol::{Message as _, Packet};

use super::dialect::Dialect;

/// What one client speaks, and how far it is.
#[derive(Debug)]
pub(super) enum Voice {
    /// The tutorial's: greeted by the first message.
    Tutorial {
        /// Whether it came.
        greeted: bool,
    },
    /// `guildhall.v1`.
    V1(Box<Player>),
}

/// A client of `guildhall.v1`, in one room.
#[derive(Debug)]
pub(super) struct Player {
    session: Session,
    room: String,
    /// What is to be said when fewer messages are without an answer: the server
    /// knows only so many again.
    backlog: VecDeque<String>,
    /// How many texts the server's limits forbid.
    unsaid: u64,
    /// Why the server will not have it, in words.
    refused: Option<String>,
}

/// How far a greeting is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Greeting<'a> {
    /// The client has its place.
    Done,
    /// More is to come.
    Goes,
    /// The server will not have it, in words.
    Refused(&'a str),
}

impl Voice {
    /// Of client `index` of a crowd. `send` gets the packets that it sends once
    /// its socket is there.
    pub(super) fn open(dialect: &Dialect, index: usize, send: impl FnMut(&[u8])) -> Self {
        match dialect {
            Dialect::Tutorial => Self::Tutorial { greeted: false },
            Dialect::V1(rooms) => {
                Self::V1(Box::new(Player::open(&rooms[index % rooms.len()], send)))
            }
        }
    }

    /// A packet has come, `now` by some clock in milliseconds. `send` gets what
    /// follows from it.
    #[inline]
    pub(super) fn hear(&mut self, packet: &[u8], now: u64, send: impl FnMut(&[u8])) {
        match self {
            // The ID, or somebody's chat: the client is in the room.
            Self::Tutorial { greeted } => *greeted = true,
            Self::V1(player) => player.hear(packet, now, send),
        }
    }

    pub(super) fn greeting(&self) -> Greeting<'_> {
        match self {
            Self::Tutorial { greeted: true } => Greeting::Done,
            Self::Tutorial { greeted: false } => Greeting::Goes,
            Self::V1(player) => player.greeting(),
        }
    }

    /// Says `text`, as soon as may be.
    pub(super) fn say(&mut self, text: &str, mut send: impl FnMut(&[u8])) {
        match self {
            Self::Tutorial { .. } => send(&Packet::chat(0, text).encode_to_vec()),
            Self::V1(player) => player.say(text, send),
        }
    }

    /// How much was to be said that the server's limits forbid.
    pub(super) fn unsaid(&self) -> u64 {
        match self {
            Self::Tutorial { .. } => 0,
            Self::V1(player) => player.unsaid,
        }
    }
}

impl Player {
    fn open(room: &str, send: impl FnMut(&[u8])) -> Self {
        let mut session = Session::new("");
        session.join(room);
        session.connect(0);
        session.opened(0);
        let mut player = Self {
            session,
            room: room.to_owned(),
            backlog: VecDeque::new(),
            unsaid: 0,
            refused: None,
        };
        player.act(send);
        player
    }

    fn hear(&mut self, packet: &[u8], now: u64, send: impl FnMut(&[u8])) {
        self.session.received(packet, now);
        self.act(send);
    }

    fn say(&mut self, text: &str, send: impl FnMut(&[u8])) {
        self.backlog.push_back(text.to_owned());
        self.say_what_waits();
        self.act(send);
    }

    /// Nothing is said out of its turn.
    fn say_what_waits(&mut self) {
        while let Some(text) = self.backlog.front() {
            match self.session.say(&self.room, text, MessageKind::Text) {
                Ok(_) => {}
                Err(SendError::TooManyPending) => return,
                Err(_) => self.unsaid += 1,
            }
            self.backlog.pop_front();
        }
    }

    /// Does what the session wants, until it wants no more.
    fn act(&mut self, mut send: impl FnMut(&[u8])) {
        loop {
            while let Some(event) = self.session.next_event() {
                match event {
                    Event::Sent { .. } | Event::Failed { .. } => self.say_what_waits(),
                    Event::RequestFailed { reason, .. } => {
                        let why = texts::fail_reason(Language::En, &reason);
                        self.refused.get_or_insert(why);
                    }
                    _ => {}
                }
            }
            match self.session.next_action() {
                Some(Action::Send(packet)) => send(&packet),
                // The crowd opens sockets and closes them.
                Some(Action::Open | Action::Close(_)) => {}
                None => return,
            }
        }
    }

    fn greeting(&self) -> Greeting<'_> {
        match &self.refused {
            Some(why) => Greeting::Refused(why),
            None if self.session.rooms().any(|room| room.joined) => Greeting::Done,
            None => Greeting::Goes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::{
        ErrorCode, Joined, Limits, Line, PacketBody, Reply, ReplyResult, Request, RequestBody,
        RequestError, Welcome, decode,
    };

    /// The ID of the client in all tests.
    const ME: u64 = 9;

    /// A voice, and the requests that it has sent.
    struct Heard {
        voice: Voice,
        requests: Vec<Request>,
    }

    impl Heard {
        fn open(dialect: &Dialect, index: usize) -> Self {
            let mut requests = Vec::new();
            let voice = Voice::open(dialect, index, |packet| requests.push(request(packet)));
            Self { voice, requests }
        }

        fn hear(&mut self, arm: PacketBody) {
            let packet = Packet::from(arm).encode_to_vec();
            self.voice
                .hear(&packet, 0, |answer| self.requests.push(request(answer)));
        }

        fn answer(&mut self, result: ReplyResult) {
            let id = self.requests.last().unwrap().id;
            let result = Some(result);
            self.hear(PacketBody::Reply(Reply { id, result }));
        }

        fn say(&mut self, text: &str) {
            self.voice
                .say(text, |packet| self.requests.push(request(packet)));
        }

        fn said(&self) -> Vec<(u64, &str)> {
            let says = self
                .requests
                .iter()
                .filter_map(|request| match &request.ask {
                    Some(RequestBody::Say(say)) => Some((request.id, say.text.as_str())),
                    _ => None,
                });
            says.collect()
        }
    }

    fn request(packet: &[u8]) -> Request {
        match decode(packet).unwrap().msg {
            Some(PacketBody::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn welcome() -> ReplyResult {
        ReplyResult::Welcome(Welcome {
            id: ME,
            limits: Some(Limits {
                text_bytes: 5,
                unanswered: 2,
                ..Limits::default()
            }),
            ..Welcome::default()
        })
    }

    fn joined() -> ReplyResult {
        ReplyResult::Joined(Joined {
            room: "inn".into(),
            epoch: 1,
            first_seq: 1,
            ..Joined::default()
        })
    }

    fn refused(code: ErrorCode) -> ReplyResult {
        ReplyResult::Error(RequestError {
            code: code.into(),
            arguments: vec!["inn".into(), "32".into()],
            ..RequestError::default()
        })
    }

    /// A client of two rooms in the second.
    fn in_inn() -> Heard {
        let rooms = Dialect::V1(vec!["mine".into(), "inn".into()]);
        let mut heard = Heard::open(&rooms, 3);
        assert_eq!(heard.voice.greeting(), Greeting::Goes);
        heard.answer(welcome());
        assert!(
            matches!(&heard.requests[1].ask, Some(RequestBody::Join(join)) if join.room == "inn"),
            "{:?}",
            heard.requests
        );
        assert_eq!(heard.voice.greeting(), Greeting::Goes);
        heard
    }

    #[test]
    fn a_greeting_is_over_when_the_room_is_joined() {
        let mut heard = in_inn();
        heard.answer(joined());
        assert_eq!(heard.voice.greeting(), Greeting::Done);
    }

    #[test]
    fn who_is_refused_knows_why() {
        let mut heard = in_inn();
        heard.answer(refused(ErrorCode::BadRoomName));
        assert!(
            matches!(heard.voice.greeting(), Greeting::Refused(why) if why.contains("inn")),
            "{:?}",
            heard.voice.greeting()
        );
    }

    #[test]
    fn a_tutorials_client_is_greeted_by_its_id() {
        let mut heard = Heard::open(&Dialect::Tutorial, 0);
        assert_eq!(heard.voice.greeting(), Greeting::Goes);
        let id = Packet::id(1).encode_to_vec();
        heard
            .voice
            .hear(&id, 0, |answer| panic!("{answer:?} is nothing to say"));
        assert_eq!(heard.voice.greeting(), Greeting::Done);
        let mut said = Vec::new();
        heard.voice.say("hi", |packet| said.push(packet.to_vec()));
        assert_eq!(said, [Packet::chat(0, "hi").encode_to_vec()]);
    }

    #[test]
    fn what_may_not_be_said_yet_is_said_in_its_turn() {
        let mut heard = in_inn();
        heard.answer(joined());
        for text in ["a", "b", "c", "d"] {
            heard.say(text);
        }
        assert_eq!(heard.said(), [(3, "a"), (4, "b")]);
        heard.hear(PacketBody::Line(Line {
            room: "inn".into(),
            epoch: 1,
            seq: 1,
            sender: ME,
            nonce: 3,
            text: "a".into(),
            ..Line::default()
        }));
        assert_eq!(heard.said().last().unwrap().1, "c");
        let id = 4;
        let result = Some(refused(ErrorCode::TextTooLong));
        heard.hear(PacketBody::Reply(Reply { id, result }));
        let texts: Vec<_> = heard.said().iter().map(|said| said.1).collect();
        assert_eq!(texts, ["a", "b", "c", "d"]);
    }

    #[test]
    fn what_the_servers_limits_forbid_is_counted() {
        let mut heard = in_inn();
        heard.answer(joined());
        heard.say("hello");
        heard.say("hello!");
        assert_eq!(heard.said().len(), 1);
        assert_eq!(heard.voice.unsaid(), 1);
    }
}
