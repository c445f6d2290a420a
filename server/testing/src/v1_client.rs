//! A `guildhall.v1` client of the tests' own. It sends whatever a test asks for,
//! right or wrong, and keeps in order what arrives. It does not reconnect.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

use guildhall_protocol::{
    ErrorCode, FetchHistory, Hello, HistoryPage, Join, Joined, Leave, Line, Message as _, Packet,
    PacketBody, Pong, Presence, Refresh, Rename, ReplyResult, Request, RequestBody, RequestError,
    SUBPROTOCOL, Say, Welcome, Whisper, WhisperLine, decode,
};

use crate::client::{Client, handshake};
use crate::wire::BINARY;

/// The largest message of the server, in bytes.
const MAX_MESSAGE: usize = 32 * 1024;

/// One connection.
#[derive(Debug)]
pub struct V1Client {
    /// The WebSocket.
    pub client: Client,
    /// The ID of the last request.
    pub last_request: u64,
    /// Lines and whispers that arrived while the test waited for another packet.
    queued: VecDeque<PacketBody>,
    presences: Vec<Presence>,
}

impl V1Client {
    /// Connects, without a hello.
    pub fn dial(address: SocketAddr) -> Self {
        Self::over(Client::dial(address))
    }

    /// Does the handshake on an open connection, without a hello.
    pub fn over(client: Client) -> Self {
        Self::over_with(client, "")
    }

    /// The same with more headers, each with CR LF at its end.
    pub fn over_with(mut client: Client, headers: &str) -> Self {
        let headers = format!("Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n{headers}");
        client.send(handshake(&headers).as_bytes());
        client.expect_upgrade_to(Some(SUBPROTOCOL));
        Self {
            client,
            last_request: 0,
            queued: VecDeque::new(),
            presences: Vec::new(),
        }
    }

    /// Connects, and starts a new session with this name.
    pub fn hello(address: SocketAddr, name: &str) -> (Self, Welcome) {
        let mut client = Self::dial(address);
        let welcome = client.welcome(hello(name)).expect("a welcome");
        assert!(!welcome.resumed);
        (client, welcome)
    }

    /// Connects, starts a new session with this name, and joins a room.
    pub fn in_room(address: SocketAddr, name: &str, room: &str) -> (Self, Welcome) {
        let (mut client, welcome) = Self::hello(address, name);
        client.join(room);
        (client, welcome)
    }

    /// Connects again and resumes the session of `welcome`. `last_request` and
    /// `whisper_seq` are the last ones of the session.
    pub fn resume(
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
    pub fn send_request(&mut self, id: u64, ask: impl Into<Option<RequestBody>>) {
        self.client.send_frame(BINARY, &request(id, ask));
    }

    /// Sends a request with the next ID, and returns the ID.
    pub fn send(&mut self, ask: RequestBody) -> u64 {
        self.last_request += 1;
        self.send_request(self.last_request, ask);
        self.last_request
    }

    /// Sends a request, and waits for its reply.
    pub fn ask(&mut self, ask: RequestBody) -> Result<ReplyResult, RequestError> {
        let id = self.send(ask);
        self.reply(id)
    }

    /// The same, but if the server wants it later, it waits for as long as it is told to.
    fn ask_in_time(&mut self, ask: &RequestBody) -> Result<ReplyResult, RequestError> {
        loop {
            match self.ask(ask.clone()) {
                Err(later) if later.temporary && later.retry_after > 0 => {
                    sleep(Duration::from_millis(later.retry_after.into()));
                }
                answer => return answer,
            }
        }
    }

    /// Waits until the server says that it stops. Returns over how many milliseconds its clients
    /// come back.
    pub fn going_away(&mut self) -> u32 {
        loop {
            if let PacketBody::GoingAway(going) = self.next_packet() {
                return going.return_within;
            }
        }
    }

    /// Waits for the reply to this request.
    pub fn reply(&mut self, id: u64) -> Result<ReplyResult, RequestError> {
        loop {
            match self.packet() {
                PacketBody::Reply(reply) => {
                    assert_eq!(reply.id, id, "the reply to another request: {reply:?}");
                    return match reply.result.expect("a result") {
                        ReplyResult::Error(error) => Err(error),
                        result => Ok(result),
                    };
                }
                other => self.queued.push_back(other),
            }
        }
    }

    /// Waits for the answer to a say or a whisper: the client's own copy, or a reply.
    /// Everything before it is dropped.
    pub fn outcome(&mut self, nonce: u64) -> Result<(), RequestError> {
        loop {
            match self.next_packet() {
                PacketBody::Line(line) if line.nonce == nonce => return Ok(()),
                PacketBody::Whisper(line) if line.nonce == nonce => return Ok(()),
                PacketBody::Reply(reply) if reply.id == nonce => {
                    return match reply.result.expect("a result") {
                        ReplyResult::Error(error) => Err(error),
                        _ => Ok(()),
                    };
                }
                _ => {}
            }
        }
    }

    /// Says hello.
    pub fn welcome(&mut self, hello: Hello) -> Result<Welcome, RequestError> {
        match self.ask(RequestBody::Hello(hello))? {
            ReplyResult::Welcome(welcome) => Ok(welcome),
            other => panic!("no welcome: {other:?}"),
        }
    }

    /// Joins a room without a position.
    #[track_caller]
    pub fn join(&mut self, room: &str) -> Joined {
        self.join_from(room, 0, 0).expect("the client may join")
    }

    /// Joins a room from a position.
    pub fn join_from(&mut self, room: &str, epoch: u32, seq: u64) -> Result<Joined, RequestError> {
        let room = room.into();
        match self.ask(RequestBody::Join(Join { room, epoch, seq }))? {
            ReplyResult::Joined(joined) => Ok(joined),
            other => panic!("not joined: {other:?}"),
        }
    }

    /// Leaves a room.
    pub fn leave(&mut self, room: &str) {
        let left = self.ask_in_time(&RequestBody::Leave(Leave { room: room.into() }));
        assert!(matches!(left, Ok(ReplyResult::Left(_))), "{left:?}");
    }

    /// Brings a new token. Returns for how many seconds it holds.
    pub fn refresh(&mut self, token: &str) -> Result<u32, RequestError> {
        let token = token.into();
        match self.ask(RequestBody::Refresh(Refresh { token }))? {
            ReplyResult::Refreshed(refreshed) => Ok(refreshed.ttl),
            other => panic!("not refreshed: {other:?}"),
        }
    }

    /// Says a text, without waiting.
    pub fn send_say(&mut self, room: &str, text: &str) -> u64 {
        self.send(say(room, text))
    }

    /// Says a text, and waits for its own copy.
    #[track_caller]
    pub fn say(&mut self, room: &str, text: &str) -> Line {
        let nonce = self.send_say(room, text);
        let line = self.line();
        assert_eq!((line.nonce, line.text.as_str()), (nonce, text));
        line
    }

    /// Whispers to the client with this ID, and waits for its own copy.
    pub fn whisper(&mut self, to: u64, text: &str) -> WhisperLine {
        let nonce = self.send(whisper(to, "", text));
        let line = self.whisper_line();
        assert_eq!((line.nonce, line.text.as_str()), (nonce, text));
        line
    }

    /// Asks for another name.
    pub fn rename(&mut self, name: &str) -> Result<String, RequestError> {
        match self.ask(RequestBody::Rename(Rename { name: name.into() }))? {
            ReplyResult::Renamed(renamed) => Ok(renamed.name),
            other => panic!("not renamed: {other:?}"),
        }
    }

    /// Fetches a page of history.
    pub fn fetch(&mut self, room: &str, epoch: u32, before: u64, limit: u32) -> HistoryPage {
        let fetch = FetchHistory {
            room: room.into(),
            epoch,
            before,
            limit,
            before_time: 0,
            after_time: 0,
        };
        match self.ask_in_time(&RequestBody::FetchHistory(fetch)) {
            Ok(ReplyResult::History(page)) => page,
            other => panic!("no history: {other:?}"),
        }
    }

    /// The next line. Presence is kept apart.
    #[track_caller]
    pub fn line(&mut self) -> Line {
        match self.next_packet() {
            PacketBody::Line(line) => line,
            other => panic!("no line: {other:?}"),
        }
    }

    /// The texts of the next lines.
    #[track_caller]
    pub fn texts(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.line().text).collect()
    }

    /// The next whisper. Presence is kept apart.
    #[track_caller]
    pub fn whisper_line(&mut self) -> WhisperLine {
        match self.next_packet() {
            PacketBody::Whisper(line) => line,
            other => panic!("no whisper: {other:?}"),
        }
    }

    /// Waits for presence that fulfils `condition`. Returns all presence since the
    /// last call.
    pub fn presence(&mut self, condition: impl Fn(&Presence) -> bool) -> Vec<Presence> {
        while !self.presences.iter().any(&condition) {
            let packet = self.receive();
            self.queued.extend(packet);
        }
        self.taken_presences()
    }

    /// The presence that has arrived since the last call.
    pub fn taken_presences(&mut self) -> Vec<Presence> {
        std::mem::take(&mut self.presences)
    }

    /// Checks that the connection works, and that nothing but presence has arrived.
    #[track_caller]
    pub fn expect_quiet(&mut self) {
        let id = self.send(RequestBody::Leave(Leave {
            room: "no room of its own".into(),
        }));
        let error = self.reply(id).expect_err("a room it is not in");
        assert!(matches!(
            error.code(),
            ErrorCode::NotInRoom | ErrorCode::HelloFirst | ErrorCode::TooManyRequests
        ));
        assert!(self.queued.is_empty(), "not quiet: {:?}", self.queued);
    }

    /// The next packet that is not presence or a ping.
    pub fn next_packet(&mut self) -> PacketBody {
        match self.queued.pop_front() {
            Some(packet) => packet,
            None => self.packet(),
        }
    }

    /// The next packet from the connection that is not presence or a ping.
    fn packet(&mut self) -> PacketBody {
        loop {
            if let Some(packet) = self.receive() {
                return packet;
            }
        }
    }

    /// Reads one packet. Keeps presence apart and answers a ping, and then returns
    /// `None`.
    fn receive(&mut self) -> Option<PacketBody> {
        let frame = self.client.frame();
        assert!(frame.fin && frame.opcode == BINARY, "no packet: {frame:?}");
        assert!(frame.payload.len() <= MAX_MESSAGE);
        let packet = decode(&frame.payload).expect("one whole packet");
        assert_eq!(packet.sender_id, 0);
        match packet.msg.expect("a body that the schema has") {
            PacketBody::Presence(presence) => self.presences.push(presence),
            PacketBody::Ping(_) => self.pong(),
            PacketBody::Chat(_) | PacketBody::Id(_) => panic!("not of guildhall.v1"),
            other => return Some(other),
        }
        None
    }

    /// Answers a ping.
    pub fn pong(&mut self) {
        let pong = Packet::from(PacketBody::Pong(Pong {}));
        self.client.send_frame(BINARY, &pong.encode_to_vec());
    }
}

/// A hello for a new session.
pub fn hello(name: &str) -> Hello {
    Hello {
        version: 1,
        name: name.into(),
        session: Vec::new(),
        whisper_seq: 0,
        token: String::new(),
    }
}

/// The packet of a request with this ID.
pub fn request(id: u64, ask: impl Into<Option<RequestBody>>) -> Vec<u8> {
    let ask = ask.into();
    Packet::from(PacketBody::Request(Request { id, ask })).encode_to_vec()
}

/// A say that is not an action.
pub fn say(room: &str, text: &str) -> RequestBody {
    RequestBody::Say(Say {
        room: room.into(),
        text: text.into(),
        action: false,
        reply_to: None,
    })
}

/// A whisper to this user.
pub fn whisper(to: u64, name: &str, text: &str) -> RequestBody {
    RequestBody::Whisper(Whisper {
        to,
        name: name.into(),
        text: text.into(),
        action: false,
    })
}
