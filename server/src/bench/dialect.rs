//! What the clients of a crowd speak: the tutorial's wire, or `guildhall.v1` in
//! rooms of their choice.
//!
//! Lines are taken apart by hand here and not by the protocol crate's session:
//! a load tool that keeps presence, positions and texts of thousands of clients
//! would be slower than the server it measures.

use guildhall_protocol::{
    Hello, Join, Message as _, Packet, Request, Say, decode, packet_arm, reply_result, request_ask,
};

use super::chat_text::chat_text;
use super::fields::{Fields, Value};

/// The subprotocol of `guildhall.v1`, as its handshake names it.
pub(super) const SUBPROTOCOL: &str = "guildhall.v1";

/// The IDs of the first two requests on each connection.
const HELLO: u64 = 1;
const JOIN: u64 = 2;

/// The server's question whether a client is there, and the answer: arms 25
/// and 26 of a packet, both empty.
const PING: &[u8] = &[0xca, 0x01, 0];
const PONG: &[u8] = &[0xd2, 0x01, 0];

/// What a crowd's clients speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialect {
    /// Without a subprotocol: one room, and nobody hears itself.
    Tutorial,
    /// `guildhall.v1`. The clients take turns in these rooms, at least one.
    V1(Vec<String>),
}

/// Something that a client hears while it chats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard<'a> {
    /// Something said, with its place in the room's order where it has one.
    Said(&'a [u8], Option<Position>),
    /// A request was not done.
    Refused,
}

/// A line's place in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) epoch: u64,
    pub(super) seq: u64,
}

/// How far a greeting is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Greeting {
    /// The client has its place.
    Done,
    /// More is to come.
    Goes,
    /// The server will not have it, in its words.
    Refused(String),
}

impl Dialect {
    /// How many rooms there are.
    #[must_use]
    pub fn rooms(&self) -> usize {
        match self {
            Self::Tutorial => 1,
            Self::V1(rooms) => rooms.len(),
        }
    }

    /// What the handshake asks for.
    pub(super) fn subprotocol(&self) -> Option<&'static str> {
        match self {
            Self::Tutorial => None,
            Self::V1(_) => Some(SUBPROTOCOL),
        }
    }

    /// Whether speakers get their own messages too.
    pub(super) fn echoes(&self) -> bool {
        matches!(self, Self::V1(_))
    }

    /// What client `index` sends first.
    pub(super) fn greetings(&self, index: usize) -> Vec<Vec<u8>> {
        let Self::V1(rooms) = self else {
            return Vec::new();
        };
        let hello = Hello {
            version: 1,
            ..Hello::default()
        };
        let join = Join {
            room: rooms[index % rooms.len()].clone(),
            ..Join::default()
        };
        vec![
            request(HELLO, request_ask::Hello(hello)),
            request(JOIN, request_ask::Join(join)),
        ]
    }

    /// What a message says about the greeting.
    pub(super) fn greeted(&self, packet: &[u8]) -> Greeting {
        if *self == Self::Tutorial {
            // The ID, or somebody's chat: the client is in the room.
            return Greeting::Done;
        }
        let Some(packet_arm::Reply(reply)) = decode(packet).ok().and_then(|packet| packet.msg)
        else {
            return Greeting::Goes;
        };
        match reply.result {
            Some(reply_result::Joined(_)) => Greeting::Done,
            Some(reply_result::Error(error)) => Greeting::Refused(format!(
                "{} {}",
                error.code().as_str_name(),
                error.arguments.join(" ")
            )),
            _ => Greeting::Goes,
        }
    }

    /// What client `index` sends to say `text`, as its `count`th message from 0.
    pub(super) fn say(&self, index: usize, count: u64, text: &str) -> Vec<u8> {
        match self {
            Self::Tutorial => Packet::chat(0, text).encode_to_vec(),
            Self::V1(rooms) => {
                let say = Say {
                    room: rooms[index % rooms.len()].clone(),
                    text: text.to_owned(),
                    action: false,
                };
                request(JOIN + 1 + count, request_ask::Say(say))
            }
        }
    }

    /// What has to be answered at once, and with what.
    #[inline]
    pub(super) fn answer(&self, packet: &[u8]) -> Option<&'static [u8]> {
        (packet == PING && self.echoes()).then_some(PONG)
    }

    /// Finds out what a message says.
    pub(super) fn hearing(&self) -> fn(&[u8]) -> Option<Heard<'_>> {
        match self {
            Self::Tutorial => |packet| chat_text(packet).map(|text| Heard::Said(text, None)),
            Self::V1(_) => hear_v1,
        }
    }
}

/// Finds the line in a packet, or the error.
fn hear_v1(packet: &[u8]) -> Option<Heard<'_>> {
    const REPLY: u64 = 21;
    const LINE: u64 = 22;
    const ERROR: u64 = 2;
    Fields(packet).find_map(|field| match field {
        (LINE, Value::Bytes(inside)) => line(inside),
        (REPLY, Value::Bytes(inside)) => Fields(inside).bytes(ERROR).map(|_| Heard::Refused),
        _ => None,
    })
}

#[inline]
fn line(line: &[u8]) -> Option<Heard<'_>> {
    const EPOCH: u64 = 2;
    const SEQ: u64 = 3;
    const TEXT: u64 = 8;
    let mut position = Position { epoch: 0, seq: 0 };
    let mut text = None;
    for field in Fields(line) {
        match field {
            (EPOCH, Value::Number(epoch)) => position.epoch = epoch,
            (SEQ, Value::Number(seq)) => position.seq = seq,
            (TEXT, Value::Bytes(bytes)) => text = Some(bytes),
            _ => {}
        }
    }
    text.map(|text| Heard::Said(text, Some(position)))
}

fn request(id: u64, ask: request_ask) -> Vec<u8> {
    let request = Request { id, ask: Some(ask) };
    Packet::from(packet_arm::Request(request)).encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::{ErrorCode, Joined, Line, Ping, Pong, Reply, RequestError, Welcome};

    fn v1() -> Dialect {
        Dialect::V1(vec!["mine".into(), "inn".into()])
    }

    fn packet(arm: packet_arm) -> Vec<u8> {
        Packet::from(arm).encode_to_vec()
    }

    fn reply(result: reply_result) -> Vec<u8> {
        packet(packet_arm::Reply(Reply {
            id: 1,
            result: Some(result),
        }))
    }

    fn error() -> Vec<u8> {
        reply(reply_result::Error(RequestError {
            code: ErrorCode::BadRoomName.into(),
            arguments: vec!["?".into(), "32".into()],
            ..RequestError::default()
        }))
    }

    #[test]
    fn what_is_asked_is_what_the_schema_says() {
        let asks = |bytes: Vec<u8>| match decode(&bytes).unwrap().msg {
            Some(packet_arm::Request(request)) => (request.id, request.ask.unwrap()),
            other => panic!("{other:?}"),
        };
        let greetings: Vec<_> = v1().greetings(3).into_iter().map(asks).collect();
        assert!(
            matches!(&greetings[0], (1, request_ask::Hello(hello)) if hello.version == 1),
            "{greetings:?}"
        );
        assert!(
            matches!(&greetings[1], (2, request_ask::Join(join)) if join.room == "inn"),
            "{greetings:?}"
        );
        let said = asks(v1().say(4, 7, "hi"));
        let expected = Say {
            room: "mine".into(),
            text: "hi".into(),
            action: false,
        };
        assert_eq!(said, (10, request_ask::Say(expected)));
        assert!(Dialect::Tutorial.greetings(0).is_empty());
    }

    #[test]
    fn a_greeting_is_over_when_the_room_is_joined() {
        let welcome = reply(reply_result::Welcome(Welcome::default()));
        assert_eq!(v1().greeted(&welcome), Greeting::Goes);
        let joined = reply(reply_result::Joined(Joined::default()));
        assert_eq!(v1().greeted(&joined), Greeting::Done);
        let refused = Greeting::Refused("ERROR_CODE_BAD_ROOM_NAME ? 32".into());
        assert_eq!(v1().greeted(&error()), refused);
        let id = Packet::id(1).encode_to_vec();
        assert_eq!(Dialect::Tutorial.greeted(&id), Greeting::Done);
    }

    #[test]
    fn a_line_has_its_text_and_its_position() {
        let line = packet(packet_arm::Line(Line {
            room: "mine".into(),
            epoch: 77,
            seq: 300,
            time: 1_700_000_000_000,
            sender: 9,
            name: "Ann".into(),
            nonce: 5,
            text: "hello".into(),
            action: true,
        }));
        let position = Position {
            epoch: 77,
            seq: 300,
        };
        let said = Heard::Said(b"hello", Some(position));
        assert_eq!(hear_v1(&line), Some(said));
        for length in 0..line.len() {
            assert_eq!(hear_v1(&line[..length]), None, "{length}");
        }
        assert_eq!(hear_v1(&error()), Some(Heard::Refused));
        let joined = reply(reply_result::Joined(Joined::default()));
        assert_eq!(hear_v1(&joined), None);
        assert_eq!(hear_v1(b""), None);
    }

    #[test]
    fn a_ping_is_known_to_the_byte() {
        let question = packet(packet_arm::Ping(Ping {}));
        let answer = packet(packet_arm::Pong(Pong {}));
        assert_eq!(v1().answer(&question), Some(&answer[..]));
        assert_eq!(v1().answer(&answer), None);
        assert_eq!(Dialect::Tutorial.answer(&question), None);
    }
}
