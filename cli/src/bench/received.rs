//! What the load tool finds in a packet that arrives: a message with its number,
//! or a refusal.
//!
//! It reads the bytes by hand, beside each client's session
//! ([`Client`](super::client::Client)): a session mends what a server does wrong,
//! and a load tool has to find it.

use guildhall_protocol::Protocol;

use super::chat_text::chat_text;
use super::fields::{Fields, Value};

/// What a packet holds that the load tool checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received<'a> {
    /// A message's text, and its position in the room if the protocol has one.
    Message(&'a [u8], Option<Position>),
    /// A line that the client does not get to see has its position alone.
    Hidden(Position),
    /// The server refused a request.
    Refused,
}

/// A line's position in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) epoch: u64,
    pub(super) seq: u64,
}

/// The function that reads a packet of this protocol.
pub(super) fn reader(protocol: Protocol) -> fn(&[u8]) -> Option<Received<'_>> {
    match protocol {
        Protocol::Tutorial => |packet| chat_text(packet).map(|text| Received::Message(text, None)),
        Protocol::V1 => read_v1,
    }
}

/// The number of the line in a packet.
const LINE: u64 = 22;

/// Whether a packet of `guildhall.v1` is a line.
#[inline]
pub(super) fn is_line(packet: &[u8]) -> bool {
    matches!(Fields(packet).next(), Some((LINE, Value::Bytes(_))))
}

/// Finds the line in a packet, or the error of a reply.
fn read_v1(packet: &[u8]) -> Option<Received<'_>> {
    const REPLY: u64 = 21;
    const ERROR: u64 = 2;
    Fields(packet).find_map(|field| match field {
        (LINE, Value::Bytes(inside)) => line(inside),
        (REPLY, Value::Bytes(inside)) => Fields(inside).bytes(ERROR).map(|_| Received::Refused),
        _ => None,
    })
}

#[inline]
fn line(line: &[u8]) -> Option<Received<'_>> {
    const EPOCH: u64 = 2;
    const SEQ: u64 = 3;
    const TEXT: u64 = 8;
    const HIDDEN: u64 = 18;
    let mut position = Position { epoch: 0, seq: 0 };
    let mut text = None;
    for field in Fields(line) {
        match field {
            (EPOCH, Value::Number(epoch)) => position.epoch = epoch,
            (SEQ, Value::Number(seq)) => position.seq = seq,
            (TEXT, Value::Bytes(bytes)) => text = Some(bytes),
            (HIDDEN, Value::Number(1)) => return Some(Received::Hidden(position)),
            _ => {}
        }
    }
    text.map(|text| Received::Message(text, Some(position)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::{
        ErrorCode, Joined, Line, Message as _, Packet, PacketBody, Reply, ReplyResult, RequestError,
    };

    fn packet(body: PacketBody) -> Vec<u8> {
        Packet::from(body).encode_to_vec()
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
            ..Line::default()
        }));
        let position = Position {
            epoch: 77,
            seq: 300,
        };
        let message = Received::Message(b"hello", Some(position));
        assert_eq!(read_v1(&line), Some(message));
        for length in 0..line.len() {
            assert_eq!(read_v1(&line[..length]), None, "{length}");
        }
        let hidden = packet(PacketBody::Line(Line {
            room: "mine".into(),
            epoch: 77,
            seq: 300,
            hidden: true,
            ..Line::default()
        }));
        assert_eq!(read_v1(&hidden), Some(Received::Hidden(position)));
        assert_eq!(read_v1(&error()), Some(Received::Refused));
        let joined = reply(ReplyResult::Joined(Joined::default()));
        assert_eq!(read_v1(&joined), None);
        assert_eq!(read_v1(b""), None);
    }
}
