//! What the clients of a crowd speak: the tutorial's wire, or `guildhall.v1` in
//! rooms of their choice.
//!
//! What arrives is taken apart here by hand, beside each client's session
//! ([`Voice`](super::voice::Voice)): a session mends what a server does wrong,
//! and a load tool is to find it.

use guildhall_protocol::SUBPROTOCOL;

use super::chat_text::chat_text;
use super::fields::{Fields, Value};

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

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::{
        ErrorCode, Joined, Line, Message as _, Packet, PacketBody, Reply, ReplyResult, RequestError,
    };

    fn packet(arm: PacketBody) -> Vec<u8> {
        Packet::from(arm).encode_to_vec()
    }

    fn reply(result: ReplyResult) -> Vec<u8> {
        packet(PacketBody::Reply(Reply {
            id: 1,
            result: Some(result),
        }))
    }

    fn error() -> Vec<u8> {
        reply(ReplyResult::Error(RequestError {
            code: ErrorCode::BadRoomName.into(),
            arguments: vec!["?".into(), "32".into()],
            ..RequestError::default()
        }))
    }

    #[test]
    fn a_line_has_its_text_and_its_position() {
        let line = packet(PacketBody::Line(Line {
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
        let joined = reply(ReplyResult::Joined(Joined::default()));
        assert_eq!(hear_v1(&joined), None);
        assert_eq!(hear_v1(b""), None);
    }
}
