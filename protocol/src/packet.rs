//! The messages that are generated from the schema, and functions that make them.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::BufMut;
use prost::encoding::{
    WireType, decode_key, encode_key, encode_varint, encoded_len_varint, key_len,
};
use prost::encoding::{message, uint64};

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    reason = "generated from proto/packets.proto by `cargo xtask messages`"
)]
#[rustfmt::skip]
mod generated;
mod head;
mod server;

pub use generated::packet::Msg as PacketBody;
pub use generated::reply::Result as ReplyResult;
pub use generated::request::Ask as RequestBody;
pub use generated::{
    Block, Blocks, Change, ChangeKind, ChangeRoom, ChatMessage, Clear, Cleared, Edit, ErrorCode,
    FetchHistory, Gap, GoingAway, Held, Hello, HistoryPage, IdMessage, Impose, Imposed, Join,
    Joined, Leave, Left, Lift, Lifted, Limits, Line, LineRef, ListBlocks, ListMembers,
    ListModerators, ListRooms, ListSanctions, ListUnread, MarkRead, MarkedRead, Member, MemberList,
    Moderator, ModeratorList, Moved, Packet, Ping, Pong, Presence, Purge, Purged, React, Reaction,
    ReadMark, Reason, Refresh, Refreshed, Rejected, Remove, Removed, RemovedReason, Rename,
    Renamed, Repeated, Reply, Report, ReportDecided, Reported, Request, RequestError, Role,
    RoleSet, RoomChanged, RoomInfo, RoomList, RoomSettings, Sanction, SanctionKind, SanctionList,
    Sanctions, Say, Search, SearchPage, SetRole, Unread, UnreadList, Welcome, Whisper, WhisperLine,
};

pub use head::{LineHead, PacketHead};
pub use server::ServerBody;
pub(crate) use server::ServerPacket;

impl Packet {
    /// Returns a chat line of `sender_id`. A client leaves it 0; the server sets it.
    #[must_use]
    pub fn chat(sender_id: u64, text: impl Into<String>) -> Self {
        Self {
            sender_id,
            msg: Some(PacketBody::Chat(ChatMessage { msg: text.into() })),
        }
    }

    /// Returns the length of [`Packet::chat`] on the wire, in bytes.
    #[must_use]
    pub fn chat_len(sender_id: u64, text: &str) -> usize {
        let sender = match sender_id {
            0 => 0,
            id => uint64::encoded_len(SENDER_FIELD, &id),
        };
        let chat = chat_message_len(text);
        sender + key_len(CHAT_FIELD) + encoded_len_varint(chat as u64) + chat
    }

    /// Appends [`Packet::chat`] as it is on the wire, without copying the text into a
    /// packet first.
    pub fn encode_chat(sender_id: u64, text: &str, buffer: &mut impl BufMut) {
        if sender_id != 0 {
            uint64::encode(SENDER_FIELD, &sender_id, buffer);
        }
        encode_key(CHAT_FIELD, WireType::LengthDelimited, buffer);
        encode_varint(chat_message_len(text) as u64, buffer);
        if !text.is_empty() {
            encode_key(TEXT_FIELD, WireType::LengthDelimited, buffer);
            encode_varint(text.len() as u64, buffer);
            buffer.put_slice(text.as_bytes());
        }
    }

    /// Returns the packet that tells client `id` its ID: the first one that the
    /// server sends.
    #[must_use]
    pub const fn id(id: u64) -> Self {
        Self {
            sender_id: id,
            msg: Some(PacketBody::Id(IdMessage { id })),
        }
    }
}

impl From<PacketBody> for Packet {
    /// Returns a packet of `guildhall.v1`, which has no sender.
    fn from(msg: PacketBody) -> Self {
        Self {
            sender_id: 0,
            msg: Some(msg),
        }
    }
}

/// The numbers of fields: of [`Packet`], and of the text in [`ChatMessage`].
const SENDER_FIELD: u32 = 1;
const CHAT_FIELD: u32 = 2;
const REQUEST_FIELD: u32 = 20;
const LINE_FIELD: u32 = 22;
const PONG_FIELD: u32 = 26;
const TEXT_FIELD: u32 = 1;
const REPLY_FIELD: u32 = 21;
const REPLY_ID_FIELD: u32 = 1;
/// The number of the lines in a [`HistoryPage`].
const LINES_FIELD: u32 = 3;

impl Request {
    /// Returns the packet that holds this request, as it is on the wire. A client that sends
    /// no other packet, but for [`Pong::encode_packet`], has no code for any other.
    #[must_use]
    pub fn encode_packet(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        message::encode(REQUEST_FIELD, self, &mut bytes);
        bytes
    }
}

impl Pong {
    /// Returns the packet that holds this answer, as it is on the wire.
    #[must_use]
    pub fn encode_packet(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        message::encode(PONG_FIELD, self, &mut bytes);
        bytes
    }
}

fn chat_message_len(text: &str) -> usize {
    match text.len() {
        0 => 0,
        length => key_len(TEXT_FIELD) + encoded_len_varint(length as u64) + length,
    }
}

/// A result of a [`Reply`] that may be encoded before the reply is, because it is long: the
/// number of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongResult {
    /// A [`RoomList`].
    Rooms = 6,
    /// A [`HistoryPage`].
    History = 11,
}

impl Reply {
    /// Returns the length of the packet that holds the reply to request `id`, in bytes. The
    /// result is encoded already, in `result` bytes.
    #[must_use]
    pub fn packet_len(id: u64, field: LongResult, result: usize) -> usize {
        let reply = reply_len(id, field, result);
        key_len(REPLY_FIELD) + encoded_len_varint(reply as u64) + reply
    }

    /// Appends that packet up to the `result` bytes of the result, which have to follow.
    pub fn encode_packet_start(
        id: u64,
        field: LongResult,
        result: usize,
        buffer: &mut impl BufMut,
    ) {
        encode_key(REPLY_FIELD, WireType::LengthDelimited, buffer);
        encode_varint(reply_len(id, field, result) as u64, buffer);
        if id != 0 {
            uint64::encode(REPLY_ID_FIELD, &id, buffer);
        }
        encode_key(field as u32, WireType::LengthDelimited, buffer);
        encode_varint(result as u64, buffer);
    }
}

fn reply_len(id: u64, field: LongResult, result: usize) -> usize {
    let id = match id {
        0 => 0,
        id => uint64::encoded_len(REPLY_ID_FIELD, &id),
    };
    id + key_len(field as u32) + encoded_len_varint(result as u64) + result
}

impl HistoryPage {
    /// Appends a line to an encoded page: `packet` is the packet that holds the line, as
    /// [`Line::encode_packet`] makes it. Does nothing with any other packet.
    pub fn encode_line(mut packet: &[u8], buffer: &mut impl BufMut) {
        if let Ok((LINE_FIELD, WireType::LengthDelimited)) = decode_key(&mut packet) {
            encode_key(LINES_FIELD, WireType::LengthDelimited, buffer);
            buffer.put_slice(packet);
        }
    }
}

impl Line {
    /// Returns the length of the packet that holds this line, in bytes.
    #[must_use]
    pub fn packet_len(&self) -> usize {
        message::encoded_len(LINE_FIELD, self)
    }

    /// Appends the packet that holds this line. It takes the line by reference, so
    /// that a server can use one `Line` for a thousand packets.
    pub fn encode_packet(&self, buffer: &mut impl BufMut) {
        message::encode(LINE_FIELD, self, buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    #[test]
    fn chat_is_encoded_as_the_packet_that_holds_it() {
        let long = "x".repeat(20_000);
        for (sender, text) in [(0, ""), (0, "hi"), (7, ""), (1 << 62, &long)] {
            let packet = Packet::chat(sender, text);
            let mut bytes = alloc::vec::Vec::new();
            Packet::encode_chat(sender, text, &mut bytes);
            assert_eq!(bytes, packet.encode_to_vec());
            assert_eq!(Packet::chat_len(sender, text), bytes.len());
        }
    }

    fn check_long(id: u64, field: LongResult, result: ReplyResult, encoded: &[u8]) {
        let result = Some(result);
        let packet = Packet::from(PacketBody::Reply(Reply { id, result }));
        let mut bytes = alloc::vec::Vec::new();
        Reply::encode_packet_start(id, field, encoded.len(), &mut bytes);
        bytes.extend(encoded);
        assert_eq!(bytes, packet.encode_to_vec());
        assert_eq!(Reply::packet_len(id, field, encoded.len()), bytes.len());
    }

    #[test]
    fn a_long_result_is_encoded_as_the_packet_that_holds_it() {
        let room = |count| RoomInfo {
            room: "hall".into(),
            count,
        };
        for (id, rooms) in [(0, 0), (1, 1), (1 << 60, 100), (300, 9_000)] {
            let list = RoomList {
                rooms: (0..rooms).map(room).collect(),
                total: rooms,
            };
            let encoded = list.encode_to_vec();
            check_long(id, LongResult::Rooms, ReplyResult::Rooms(list), &encoded);
        }
        let lines = ["short", &"long".repeat(50)].map(|text| Line {
            room: "hall".into(),
            text: text.into(),
            ..Line::default()
        });
        let mut page = HistoryPage {
            room: "hall".into(),
            epoch: 7,
            ..HistoryPage::default()
        };
        let mut encoded = page.encode_to_vec();
        for line in &lines {
            let mut packet = alloc::vec::Vec::new();
            line.encode_packet(&mut packet);
            HistoryPage::encode_line(&packet, &mut encoded);
        }
        HistoryPage::encode_line(&Packet::id(7).encode_to_vec(), &mut encoded);
        page.lines = lines.into();
        check_long(9, LongResult::History, ReplyResult::History(page), &encoded);
    }

    #[test]
    fn what_a_client_sends_is_encoded_as_the_packet_that_holds_it() {
        let ask = Some(RequestBody::ListRooms(ListRooms {}));
        let request = Request { id: 300, ask };
        let bytes = request.encode_packet();
        let packet = Packet::from(PacketBody::Request(request));
        assert_eq!(bytes, packet.encode_to_vec());
        let pong = Packet::from(PacketBody::Pong(Pong {}));
        assert_eq!(Pong {}.encode_packet(), pong.encode_to_vec());
    }

    #[test]
    fn a_line_is_encoded_as_the_packet_that_holds_it() {
        let line = Line {
            room: "lobby".into(),
            epoch: 7,
            seq: 1 << 40,
            text: "x".repeat(300),
            ..Line::default()
        };
        let packet = Packet::from(PacketBody::Line(line.clone()));
        let mut bytes = alloc::vec::Vec::new();
        line.encode_packet(&mut bytes);
        assert_eq!(bytes, packet.encode_to_vec());
        assert_eq!(line.packet_len(), bytes.len());
    }
}
