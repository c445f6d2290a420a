//! The head of a packet: what a server has to know of its own packets to keep some of them from
//! somebody. It is read without a copy of any text.

use core::str;

use prost::encoding::{WireType, decode_key, decode_varint};

use super::{CHAT_FIELD, ChangeKind, LINE_FIELD, SENDER_FIELD};

const PRESENCE_FIELD: u32 = 24;

/// The numbers of fields in [`Line`](super::Line).
mod line {
    pub(super) const ROOM: u32 = 1;
    pub(super) const EPOCH: u32 = 2;
    pub(super) const SEQ: u32 = 3;
    pub(super) const SENDER: u32 = 5;
    pub(super) const USER: u32 = 11;
    pub(super) const CHANGE: u32 = 14;
}

/// The number of `kind` in [`Change`](super::Change).
const CHANGE_KIND_FIELD: u32 = 2;

/// The kind of a packet, with its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacketHead<'a> {
    /// A line of a room.
    Line(LineHead<'a>),
    /// A line of the tutorial, of this sender.
    Chat(u64),
    /// Changes among the members of a room.
    Presence,
    /// Another packet.
    Other,
}

/// The position of a [`Line`](super::Line), and who has said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineHead<'a> {
    /// The room.
    pub room: &'a str,
    /// The epoch.
    pub epoch: u32,
    /// The number.
    pub seq: u64,
    /// The speaker's ID.
    pub sender: u64,
    /// The speaker's account; empty: a guest.
    pub user: &'a str,
    /// Whether it is a change that takes lines away, and so says nothing itself.
    pub removes: bool,
}

impl<'a> PacketHead<'a> {
    /// Reads the head of an encoded packet. `None` if the bytes are no packet.
    #[must_use]
    pub fn of(packet: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(packet);
        let (mut sender, mut head) = (0, Self::Other);
        while let Some((field, value)) = fields.next()? {
            match (field, value) {
                (SENDER_FIELD, Value::Number(id)) => sender = id,
                (CHAT_FIELD, Value::Bytes(_)) => head = Self::Chat(0),
                (LINE_FIELD, Value::Bytes(line)) => head = Self::Line(LineHead::of(line)?),
                (PRESENCE_FIELD, Value::Bytes(_)) => head = Self::Presence,
                _ => {}
            }
        }
        Some(match head {
            Self::Chat(_) => Self::Chat(sender),
            head => head,
        })
    }
}

impl<'a> LineHead<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(line);
        let mut head = Self::default();
        while let Some((field, value)) = fields.next()? {
            match (field, value) {
                (line::ROOM, Value::Bytes(room)) => head.room = str::from_utf8(room).ok()?,
                (line::EPOCH, Value::Number(epoch)) => head.epoch = u32::try_from(epoch).ok()?,
                (line::SEQ, Value::Number(seq)) => head.seq = seq,
                (line::SENDER, Value::Number(sender)) => head.sender = sender,
                (line::USER, Value::Bytes(user)) => head.user = str::from_utf8(user).ok()?,
                (line::CHANGE, Value::Bytes(change)) => head.removes = removes(change)?,
                _ => {}
            }
        }
        Some(head)
    }
}

/// Whether this change takes lines away.
fn removes(change: &[u8]) -> Option<bool> {
    let mut fields = Fields(change);
    let mut kind = ChangeKind::Unspecified;
    while let Some((field, value)) = fields.next()? {
        if let (CHANGE_KIND_FIELD, Value::Number(number)) = (field, value) {
            kind = i32::try_from(number).ok()?.try_into().unwrap_or_default();
        }
    }
    Some(matches!(
        kind,
        ChangeKind::Removed | ChangeKind::Cleared | ChangeKind::Purged
    ))
}

/// The rest of a message.
struct Fields<'a>(&'a [u8]);

/// The value of a field.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    /// The next field and its value, if there is one. `None` on the outside if the bytes are no
    /// message, or one with a kind of value that no message of ours has.
    #[expect(clippy::option_option, reason = "an error, an end, or a field")]
    fn next(&mut self) -> Option<Option<(u32, Value<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let (field, kind) = decode_key(&mut self.0).ok()?;
        let number = match kind {
            WireType::Varint | WireType::LengthDelimited => decode_varint(&mut self.0).ok()?,
            _ => return None,
        };
        if kind == WireType::Varint {
            return Some(Some((field, Value::Number(number))));
        }
        let length = usize::try_from(number).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Some((field, Value::Bytes(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Change, Line, Packet, PacketBody, Ping, Presence, Reaction};
    use alloc::vec;
    use prost::Message as _;

    #[track_caller]
    fn check(body: PacketBody, expected: PacketHead<'_>) {
        let bytes = Packet::from(body).encode_to_vec();
        assert_eq!(PacketHead::of(&bytes), Some(expected));
        for end in 1..bytes.len() {
            // A packet that is cut is none, and reading it does not panic.
            assert_eq!(PacketHead::of(&bytes[..end]), None, "{end}");
        }
    }

    #[test]
    fn a_lines_head_is_its_position_and_its_speaker() {
        let line = Line {
            room: "the inn".into(),
            epoch: u32::MAX,
            seq: 1 << 40,
            time: 99,
            sender: 1 << 60,
            name: "Mira".into(),
            nonce: 7,
            text: "x".repeat(300),
            action: true,
            session: 8,
            user: "account-42".into(),
            info: "{}".into(),
            reply_to: 3,
            change: Some(Change {
                seq: 5,
                kind: 3,
                user: 4,
                reaction: None,
            }),
            edited: 6,
            removed: true,
            reactions: vec![Reaction {
                reaction: "gg".into(),
                count: 2,
            }],
            hidden: true,
        };
        let head = LineHead {
            room: "the inn",
            epoch: u32::MAX,
            seq: 1 << 40,
            sender: 1 << 60,
            user: "account-42",
            removes: false,
        };
        check(PacketBody::Line(line.clone()), PacketHead::Line(head));
        check(
            PacketBody::Line(Line::default()),
            PacketHead::Line(LineHead::default()),
        );
    }

    #[test]
    fn a_change_that_takes_lines_away_is_known() {
        for (kind, removes) in [
            (ChangeKind::Edited, false),
            (ChangeKind::Removed, true),
            (ChangeKind::Reacted, false),
            (ChangeKind::TookBack, false),
            (ChangeKind::Cleared, true),
            (ChangeKind::Purged, true),
        ] {
            let change = Some(Change {
                seq: 5,
                kind: kind.into(),
                ..Change::default()
            });
            let line = Line {
                change,
                ..Line::default()
            };
            let head = LineHead {
                removes,
                ..LineHead::default()
            };
            check(PacketBody::Line(line), PacketHead::Line(head));
        }
    }

    #[test]
    fn other_packets_are_known_by_their_kind() {
        check(
            PacketBody::Presence(Presence::default()),
            PacketHead::Presence,
        );
        check(PacketBody::Ping(Ping {}), PacketHead::Other);
        let chat = Packet::chat(7, "hi").encode_to_vec();
        assert_eq!(PacketHead::of(&chat), Some(PacketHead::Chat(7)));
        assert_eq!(PacketHead::of(&[0xff]), None);
    }
}
