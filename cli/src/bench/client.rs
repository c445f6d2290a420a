//! One client of the load tool as a speaker of its protocol: how it is greeted,
//! what it sends to say something, what it answers by itself. For `guildhall.v1`
//! it is the client crate's session, the same that players' clients have.
//!
//! This file does not judge whether the messages that arrive are right: a session
//! hides a repeated line and asks again for a missing one. The load tool checks the
//! bytes themselves.

use std::collections::VecDeque;

use guildhall_client::session::{Action, Event, MessageKind, Recipient, SendError, Session};
use guildhall_client::texts::{self, Language};
use guildhall_protocol::{Message as _, Packet, Protocol, UserId};

use super::received::is_line;

/// A client and its progress.
#[derive(Debug)]
pub(super) enum Client {
    /// A client of the tutorial. The first message greets it.
    Tutorial {
        /// Whether that message has arrived.
        is_greeted: bool,
    },
    /// A client of `guildhall.v1`.
    V1(Box<V1Client>),
}

/// A client of `guildhall.v1`, in one room.
#[derive(Debug)]
pub(super) struct V1Client {
    session: Session,
    room: String,
    /// Texts that wait until fewer messages are unanswered: the server recognizes
    /// only so many repeated ones.
    backlog: VecDeque<String>,
    /// How many texts the server's limits forbid.
    unsent: u64,
    /// Why the server refused a request, in words.
    refused: Option<String>,
    /// Whether it says nothing any more. Then its session has no use for lines.
    only_listens: bool,
}

/// How far a greeting is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Greeting<'a> {
    /// The client is in its room.
    Done,
    /// More has to arrive.
    Pending,
    /// The server refused a request, with this reason.
    Refused(&'a str),
}

impl Client {
    /// Client `index` of many, which take turns in `rooms`. `send` gets the
    /// packets that it sends once its socket is open.
    pub(super) fn open(
        protocol: Protocol,
        rooms: &[String],
        index: usize,
        send: impl FnMut(&[u8]),
    ) -> Self {
        match protocol {
            Protocol::Tutorial => Self::Tutorial { is_greeted: false },
            Protocol::V1 => {
                let room = &rooms[index % rooms.len()];
                Self::V1(Box::new(V1Client::open(room, send)))
            }
        }
    }

    /// Takes a packet that arrived at `now`, by some clock in milliseconds. `send`
    /// gets the packets that the client answers with.
    #[inline]
    pub(super) fn receive(&mut self, packet: &[u8], now: u64, send: impl FnMut(&[u8])) {
        match self {
            // The client's ID or another client's chat: it is in the room.
            Self::Tutorial { is_greeted } => *is_greeted = true,
            Self::V1(client) => client.receive(packet, now, send),
        }
    }

    pub(super) fn greeting(&self) -> Greeting<'_> {
        match self {
            Self::Tutorial { is_greeted: true } => Greeting::Done,
            Self::Tutorial { is_greeted: false } => Greeting::Pending,
            Self::V1(client) => client.greeting(),
        }
    }

    /// The ID that the server gave to a client of `guildhall.v1`.
    pub(super) fn id(&self) -> Option<UserId> {
        match self {
            Self::Tutorial { .. } => None,
            Self::V1(client) => client.session.id(),
        }
    }

    /// Says `text` as soon as the protocol allows it.
    pub(super) fn say(&mut self, text: &str, mut send: impl FnMut(&[u8])) {
        match self {
            Self::Tutorial { .. } => send(&Packet::chat(0, text).encode_to_vec()),
            Self::V1(client) => client.say(text, send),
        }
    }

    /// It says nothing from now on. The load is the lighter for it: a session has to see the lines
    /// of others only for its own.
    pub(super) fn only_listen(&mut self) {
        if let Self::V1(client) = self {
            client.only_listens = true;
        }
    }

    /// Blocks another client of `guildhall.v1`.
    pub(super) fn block(&mut self, id: UserId, send: impl FnMut(&[u8])) {
        if let Self::V1(client) = self {
            client.block(id, send);
        }
    }

    /// How many users the client blocks, as far as the server has told it.
    pub(super) fn blocks(&self) -> usize {
        match self {
            Self::Tutorial { .. } => 0,
            Self::V1(client) => client.session.blocks().map_or(0, <[_]>::len),
        }
    }

    /// How many texts were not sent because the server's limits forbid them.
    pub(super) fn unsent(&self) -> u64 {
        match self {
            Self::Tutorial { .. } => 0,
            Self::V1(client) => client.unsent,
        }
    }
}

impl V1Client {
    fn open(room: &str, send: impl FnMut(&[u8])) -> Self {
        let mut session = Session::new("");
        session.join(room);
        session.connect(0);
        session.opened(0);
        let mut client = Self {
            session,
            room: room.to_owned(),
            backlog: VecDeque::new(),
            unsent: 0,
            refused: None,
            only_listens: false,
        };
        client.act(send);
        client
    }

    fn receive(&mut self, packet: &[u8], now: u64, send: impl FnMut(&[u8])) {
        if self.only_listens && is_line(packet) {
            return;
        }
        self.session.received(packet, now);
        if matches!(self.greeting(), Greeting::Done) {
            // Sends again what the server has refused for now. Packets that arrive tell the
            // time.
            self.session.tick(now, 0.5);
        }
        self.act(send);
    }

    fn say(&mut self, text: &str, send: impl FnMut(&[u8])) {
        assert!(!self.only_listens, "it was to say nothing any more");
        self.backlog.push_back(text.to_owned());
        self.send_backlog();
        self.act(send);
    }

    fn block(&mut self, id: UserId, send: impl FnMut(&[u8])) {
        // If the server refuses it, it is found missing among the blocks.
        let _ = self.session.block(Recipient::Id(id), false);
        self.act(send);
    }

    /// Sends texts of the backlog in their order, until one has to wait.
    fn send_backlog(&mut self) {
        while let Some(text) = self.backlog.front() {
            match self.session.say(&self.room, text, MessageKind::Text) {
                Ok(_) => {}
                Err(SendError::TooManyPending) => return,
                Err(_) => self.unsent += 1,
            }
            self.backlog.pop_front();
        }
    }

    /// Does whatever the session asks for, until it asks for nothing more.
    fn act(&mut self, mut send: impl FnMut(&[u8])) {
        loop {
            while let Some(event) = self.session.next_event() {
                match event {
                    Event::Sent { .. } | Event::Failed { .. } => self.send_backlog(),
                    Event::RequestFailed { reason, .. } => {
                        let why = texts::fail_reason(Language::En, &reason);
                        self.refused.get_or_insert(why);
                    }
                    _ => {}
                }
            }
            match self.session.next_action() {
                Some(Action::Send(packet)) => send(&packet),
                // `Clients` opens and closes the sockets.
                Some(Action::Open | Action::Close(_)) => {}
                None => return,
            }
        }
    }

    fn greeting(&self) -> Greeting<'_> {
        match &self.refused {
            Some(why) => Greeting::Refused(why),
            None if self.session.rooms().any(|room| room.joined) => Greeting::Done,
            None => Greeting::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::{
        ErrorCode, Joined, Limits, Line, PacketBody, Ping, Reply, ReplyResult, Request,
        RequestBody, RequestError, Welcome, decode,
    };

    /// The client's ID in all tests.
    const ME: u64 = 9;

    /// A client of `guildhall.v1`, and the requests that it has sent.
    struct Recorded {
        client: Client,
        requests: Vec<Request>,
    }

    impl Recorded {
        fn open(rooms: &[String], index: usize) -> Self {
            let mut requests = Vec::new();
            let client = Client::open(Protocol::V1, rooms, index, |packet| {
                requests.push(request(packet));
            });
            Self { client, requests }
        }

        fn receive(&mut self, body: PacketBody) {
            self.receive_at(0, body);
        }

        fn receive_at(&mut self, now: u64, body: PacketBody) {
            let packet = Packet::from(body).encode_to_vec();
            self.client
                .receive(&packet, now, |answer| self.requests.push(request(answer)));
        }

        fn answer(&mut self, result: ReplyResult) {
            let id = self.requests.last().unwrap().id;
            let result = Some(result);
            self.receive(PacketBody::Reply(Reply { id, result }));
        }

        fn say(&mut self, text: &str) {
            self.client
                .say(text, |packet| self.requests.push(request(packet)));
        }

        fn says(&self) -> Vec<(u64, &str)> {
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

    /// A client of two rooms that was welcomed and has asked to join the second.
    fn joining_the_inn() -> Recorded {
        let mut recorded = Recorded::open(&["mine".into(), "inn".into()], 3);
        assert_eq!(recorded.client.greeting(), Greeting::Pending);
        recorded.answer(welcome());
        assert!(
            matches!(&recorded.requests[1].ask, Some(RequestBody::Join(join)) if join.room == "inn"),
            "{:?}",
            recorded.requests
        );
        assert_eq!(recorded.client.greeting(), Greeting::Pending);
        recorded
    }

    #[test]
    fn a_greeting_is_over_when_the_room_is_joined() {
        let mut recorded = joining_the_inn();
        recorded.answer(joined());
        assert_eq!(recorded.client.greeting(), Greeting::Done);
    }

    #[test]
    fn a_refused_client_knows_the_reason() {
        let mut recorded = joining_the_inn();
        recorded.answer(refused(ErrorCode::BadRoomName));
        assert!(
            matches!(recorded.client.greeting(), Greeting::Refused(why) if why.contains("inn")),
            "{:?}",
            recorded.client.greeting()
        );
    }

    #[test]
    fn an_id_greets_a_client_of_the_tutorial() {
        let mut client = Client::open(Protocol::Tutorial, &[], 0, |packet| {
            panic!("{packet:?} is sent before the ID")
        });
        assert_eq!(client.greeting(), Greeting::Pending);
        let id = Packet::id(1).encode_to_vec();
        client.receive(&id, 0, |answer| panic!("an ID is answered with {answer:?}"));
        assert_eq!(client.greeting(), Greeting::Done);
        let mut said = Vec::new();
        client.say("hi", |packet| said.push(packet.to_vec()));
        assert_eq!(said, [Packet::chat(0, "hi").encode_to_vec()]);
    }

    #[test]
    fn texts_above_the_limit_of_unanswered_ones_wait_for_their_turn() {
        let mut recorded = joining_the_inn();
        recorded.answer(joined());
        for text in ["a", "b", "c", "d"] {
            recorded.say(text);
        }
        assert_eq!(recorded.says(), [(3, "a"), (4, "b")]);
        recorded.receive(PacketBody::Line(Line {
            room: "inn".into(),
            epoch: 1,
            seq: 1,
            sender: ME,
            nonce: 3,
            text: "a".into(),
            ..Line::default()
        }));
        assert_eq!(recorded.says().last().unwrap().1, "c");
        let id = 4;
        let result = Some(refused(ErrorCode::TextTooLong));
        recorded.receive(PacketBody::Reply(Reply { id, result }));
        let texts: Vec<_> = recorded.says().iter().map(|say| say.1).collect();
        assert_eq!(texts, ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_text_that_is_refused_for_now_is_sent_again() {
        let mut recorded = joining_the_inn();
        recorded.answer(joined());
        recorded.say("a");
        let result = Some(ReplyResult::Error(RequestError {
            code: ErrorCode::RateLimited.into(),
            temporary: true,
            retry_after: 500,
            ..RequestError::default()
        }));
        recorded.receive(PacketBody::Reply(Reply { id: 3, result }));
        for (now, says) in [(499, 1), (500, 2)] {
            recorded.receive_at(now, PacketBody::Line(Line::default()));
            assert_eq!(recorded.says(), vec![(3, "a"); says]);
        }
    }

    #[test]
    fn a_client_that_only_listens_answers_all_but_lines() {
        let mut recorded = joining_the_inn();
        recorded.answer(joined());
        let asked = recorded.requests.len();
        recorded.client.only_listen();
        // Far ahead of what its session knows, which would otherwise ask for what is missing.
        let line = Line {
            room: "inn".into(),
            epoch: 1,
            seq: 100,
            ..Line::default()
        };
        recorded.receive(PacketBody::Line(line));
        assert_eq!(recorded.requests.len(), asked);
        let ping = Packet::from(PacketBody::Ping(Ping {})).encode_to_vec();
        let mut answers = 0;
        recorded.client.receive(&ping, 0, |_| answers += 1);
        assert_eq!(answers, 1);
    }

    #[test]
    fn texts_that_the_servers_limits_forbid_are_counted() {
        let mut recorded = joining_the_inn();
        recorded.answer(joined());
        recorded.say("hello");
        recorded.say("hello!");
        assert_eq!(recorded.says().len(), 1);
        assert_eq!(recorded.client.unsent(), 1);
    }
}
