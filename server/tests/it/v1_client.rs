//! A `guildhall.v1` client of the tests' own: says what it is told to, right or
//! wrong, and keeps what comes in order. It knows nothing of reconnecting.

use std::collections::VecDeque;
use std::net::SocketAddr;

use guildhall_protocol::{
    ErrorCode, FetchHistory, Hello, HistoryPage, Join, Joined, Leave, Line, Message as _, Packet,
    Pong, Presence, Rename, Request, RequestError, SUBPROTOCOL, Say, Welcome, Whisper, WhisperLine,
    decode, packet_arm, reply_result, request_ask,
};

use crate::client::{Client, handshake};
use crate::wire::BINARY;

/// No message of the server's is larger, in bytes.
const MAX_MESSAGE: usize = 32 * 1024;

/// One connection.
#[derive(Debug)]
pub(crate) struct V1Client {
    pub(crate) client: Client,
    /// The ID of the last request.
    pub(crate) last_request: u64,
    /// Lines and whispers that came while something else was waited for.
    heard: VecDeque<packet_arm>,
    presences: Vec<Presence>,
}

impl V1Client {
    /// Connects, and has not said hello.
    pub(crate) fn dial(address: SocketAddr) -> Self {
        Self::over(Client::dial(address))
    }

    /// The same over a connection that stands.
    pub(crate) fn over(mut client: Client) -> Self {
        let header = format!("Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n");
        client.send(handshake(&header).as_bytes());
        client.expect_upgrade_to(Some(SUBPROTOCOL));
        Self {
            client,
            last_request: 0,
            heard: VecDeque::new(),
            presences: Vec::new(),
        }
    }

    /// Connects as a new session under this name.
    pub(crate) fn hello(address: SocketAddr, name: &str) -> (Self, Welcome) {
        let mut client = Self::dial(address);
        let welcome = client.welcome(hello(name)).expect("a welcome");
        assert!(!welcome.resumed);
        (client, welcome)
    }

    /// The same, and joins a room.
    pub(crate) fn in_room(address: SocketAddr, name: &str, room: &str) -> (Self, Welcome) {
        let (mut client, welcome) = Self::hello(address, name);
        client.join(room);
        (client, welcome)
    }

    /// Connects anew and goes on with the session of `welcome`, whose requests
    /// went up to `last_request` and whose whispers up to `whisper_seq`.
    pub(crate) fn resume(
        address: SocketAddr,
        welcome: &Welcome,
        last_request: u64,
        whisper_seq: u64,
    ) -> (Self, Welcome) {
        let mut client = Self::dial(address);
        client.last_request = last_request;
        let welcome = client.welcome(Hello {
            session: welcome.session.clone(),
            whisper_seq,
            ..hello("")
        });
        (client, welcome.expect("a welcome"))
    }

    /// Sends a request as it is.
    pub(crate) fn send_request(&mut self, id: u64, ask: impl Into<Option<request_ask>>) {
        let ask = ask.into();
        let packet = Packet::from(packet_arm::Request(Request { id, ask }));
        self.client.send_frame(BINARY, &packet.encode_to_vec());
    }

    /// Sends a request with the next ID, which it gives back.
    pub(crate) fn send(&mut self, ask: request_ask) -> u64 {
        self.last_request += 1;
        self.send_request(self.last_request, ask);
        self.last_request
    }

    /// Sends a request, and waits for its reply.
    pub(crate) fn ask(&mut self, ask: request_ask) -> Result<reply_result, RequestError> {
        let id = self.send(ask);
        self.reply(id)
    }

    /// Waits for the reply to this request.
    pub(crate) fn reply(&mut self, id: u64) -> Result<reply_result, RequestError> {
        loop {
            match self.packet() {
                packet_arm::Reply(reply) => {
                    assert_eq!(reply.id, id, "the reply to another request: {reply:?}");
                    return match reply.result.expect("a result") {
                        reply_result::Error(error) => Err(error),
                        result => Ok(result),
                    };
                }
                other => self.heard.push_back(other),
            }
        }
    }

    /// Says hello.
    pub(crate) fn welcome(&mut self, hello: Hello) -> Result<Welcome, RequestError> {
        match self.ask(request_ask::Hello(hello))? {
            reply_result::Welcome(welcome) => Ok(welcome),
            other => panic!("no welcome: {other:?}"),
        }
    }

    /// Joins a room without a position.
    #[track_caller]
    pub(crate) fn join(&mut self, room: &str) -> Joined {
        self.join_from(room, 0, 0).expect("a place")
    }

    /// Joins a room from a position.
    pub(crate) fn join_from(
        &mut self,
        room: &str,
        epoch: u32,
        seq: u64,
    ) -> Result<Joined, RequestError> {
        let room = room.into();
        match self.ask(request_ask::Join(Join { room, epoch, seq }))? {
            reply_result::Joined(joined) => Ok(joined),
            other => panic!("not joined: {other:?}"),
        }
    }

    /// Leaves a room; nothing of it may follow.
    pub(crate) fn leave(&mut self, room: &str) {
        let left = self.ask(request_ask::Leave(Leave { room: room.into() }));
        assert!(matches!(left, Ok(reply_result::Left(_))), "{left:?}");
    }

    /// Says something, without waiting.
    pub(crate) fn send_say(&mut self, room: &str, text: &str) -> u64 {
        self.send(say(room, text))
    }

    /// Says something, and waits for its own line.
    #[track_caller]
    pub(crate) fn say(&mut self, room: &str, text: &str) -> Line {
        let nonce = self.send_say(room, text);
        let line = self.line();
        assert_eq!((line.nonce, line.text.as_str()), (nonce, text));
        line
    }

    /// Whispers to a client of this ID, and waits for its own copy.
    pub(crate) fn whisper(&mut self, to: u64, text: &str) -> WhisperLine {
        let nonce = self.send(whisper(to, "", text));
        let line = self.whisper_line();
        assert_eq!((line.nonce, line.text.as_str()), (nonce, text));
        line
    }

    /// Asks for another name.
    pub(crate) fn rename(&mut self, name: &str) -> Result<String, RequestError> {
        match self.ask(request_ask::Rename(Rename { name: name.into() }))? {
            reply_result::Renamed(renamed) => Ok(renamed.name),
            other => panic!("not renamed: {other:?}"),
        }
    }

    /// Fetches a page of history.
    pub(crate) fn fetch(&mut self, room: &str, epoch: u32, before: u64, limit: u32) -> HistoryPage {
        let fetch = FetchHistory {
            room: room.into(),
            epoch,
            before,
            limit,
        };
        match self.ask(request_ask::FetchHistory(fetch)) {
            Ok(reply_result::History(page)) => page,
            other => panic!("no history: {other:?}"),
        }
    }

    /// The next line; presence is set aside.
    #[track_caller]
    pub(crate) fn line(&mut self) -> Line {
        match self.next() {
            packet_arm::Line(line) => line,
            other => panic!("no line: {other:?}"),
        }
    }

    /// The texts of the next lines.
    #[track_caller]
    pub(crate) fn texts(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.line().text).collect()
    }

    /// The next whisper; presence is set aside.
    #[track_caller]
    pub(crate) fn whisper_line(&mut self) -> WhisperLine {
        match self.next() {
            packet_arm::Whisper(line) => line,
            other => panic!("no whisper: {other:?}"),
        }
    }

    /// Waits for presence that fulfils `condition`, and gives back all that was
    /// not given back before.
    pub(crate) fn presence(&mut self, condition: impl Fn(&Presence) -> bool) -> Vec<Presence> {
        while !self.presences.iter().any(&condition) {
            let packet = self.receive();
            self.heard.extend(packet);
        }
        self.taken_presences()
    }

    /// Presence that came so far and was not given back before.
    pub(crate) fn taken_presences(&mut self) -> Vec<Presence> {
        std::mem::take(&mut self.presences)
    }

    /// Asks something to see that the connection lives, and that nothing but
    /// presence came meanwhile.
    #[track_caller]
    pub(crate) fn expect_quiet(&mut self) {
        let id = self.send(request_ask::Leave(Leave {
            room: "no room of its own".into(),
        }));
        let error = self.reply(id).expect_err("a room it is not in");
        assert!(matches!(
            error.code(),
            ErrorCode::NotInRoom | ErrorCode::HelloFirst
        ));
        assert!(self.heard.is_empty(), "not quiet: {:?}", self.heard);
    }

    /// The next packet, but for presence and pings.
    fn next(&mut self) -> packet_arm {
        match self.heard.pop_front() {
            Some(packet) => packet,
            None => self.packet(),
        }
    }

    /// The next packet from the connection, but for presence and pings.
    fn packet(&mut self) -> packet_arm {
        loop {
            if let Some(packet) = self.receive() {
                return packet;
            }
        }
    }

    /// Reads one packet. `None`: it was presence, which is set aside, or a
    /// ping, which is answered.
    fn receive(&mut self) -> Option<packet_arm> {
        let frame = self.client.frame();
        assert!(frame.fin && frame.opcode == BINARY, "no packet: {frame:?}");
        assert!(frame.payload.len() <= MAX_MESSAGE);
        let packet = decode(&frame.payload).expect("one whole packet");
        assert_eq!(packet.sender_id, 0);
        match packet.msg.expect("an arm that the schema has") {
            packet_arm::Presence(presence) => self.presences.push(presence),
            packet_arm::Ping(_) => self.pong(),
            packet_arm::Chat(_) | packet_arm::Id(_) => panic!("not of guildhall.v1"),
            other => return Some(other),
        }
        None
    }

    /// Answers a ping.
    pub(crate) fn pong(&mut self) {
        let pong = Packet::from(packet_arm::Pong(Pong {}));
        self.client.send_frame(BINARY, &pong.encode_to_vec());
    }
}

/// Hello for a new session.
pub(crate) fn hello(name: &str) -> Hello {
    Hello {
        version: 1,
        name: name.into(),
        session: Vec::new(),
        whisper_seq: 0,
    }
}

pub(crate) fn say(room: &str, text: &str) -> request_ask {
    request_ask::Say(Say {
        room: room.into(),
        text: text.into(),
        action: false,
    })
}

pub(crate) fn whisper(to: u64, name: &str, text: &str) -> request_ask {
    request_ask::Whisper(Whisper {
        to,
        name: name.into(),
        text: text.into(),
        action: false,
    })
}
