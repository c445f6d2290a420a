//! The generated messages, and how to make them.

use alloc::string::String;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    reason = "generated from proto/packets.proto, which holds the documentation"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/packets.rs"));
}

pub use generated::packet::Msg as packet_arm;
pub use generated::reply::Result as reply_result;
pub use generated::request::Ask as request_ask;
pub use generated::{
    ChatMessage, ErrorCode, FetchHistory, Gap, Hello, HistoryPage, IdMessage, Join, Joined, Leave,
    Left, Limits, Line, ListMembers, ListRooms, Member, MemberList, Packet, Ping, Pong, Presence,
    Rename, Renamed, Repeated, Reply, Request, RequestError, RoomInfo, RoomList, Say, Welcome,
    Whisper, WhisperLine,
};

impl Packet {
    /// A chat line by `sender_id` (0 from a client: the server fills it in).
    #[must_use]
    pub fn chat(sender_id: u64, text: impl Into<String>) -> Self {
        Self {
            sender_id,
            msg: Some(packet_arm::Chat(ChatMessage { msg: text.into() })),
        }
    }

    /// The packet that tells client `id` its ID, as the server sends it first.
    #[must_use]
    pub const fn id(id: u64) -> Self {
        Self {
            sender_id: id,
            msg: Some(packet_arm::Id(IdMessage { id })),
        }
    }
}

impl From<packet_arm> for Packet {
    /// A packet of `guildhall.v1`, which leaves the sender out.
    fn from(msg: packet_arm) -> Self {
        Self {
            sender_id: 0,
            msg: Some(msg),
        }
    }
}
