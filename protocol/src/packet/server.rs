//! A packet of a server, as a client of `guildhall.v1` reads it. Requests are not in it, so that
//! a client in a browser does not have to download the decoders of all that only clients send.

use super::{Blocks, GoingAway, Moved, Rejected, ReportDecided, Sanctions};
use super::{ChatMessage, IdMessage, Joined, Line, Ping, Pong, Presence, Reply, WhisperLine};
use super::{ReadMark, Removed, Renamed, RoomChanged};

/// The body of a server's packet, for a client of `guildhall.v1`.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ServerBody {
    /// A line of the tutorial. Here as the next one, so that what is not one packet is refused.
    #[prost(message, tag = "2")]
    Chat(ChatMessage),
    /// The client's ID in the tutorial.
    #[prost(message, tag = "3")]
    Id(IdMessage),
    /// The one answer to a request.
    #[prost(message, tag = "21")]
    Reply(Reply),
    /// A line in one of the client's rooms.
    #[prost(message, tag = "22")]
    Line(Line),
    /// A whisper to the client, or its own.
    #[prost(message, tag = "23")]
    Whisper(WhisperLine),
    /// Which members joined and left one of its rooms.
    #[prost(message, tag = "24")]
    Presence(Presence),
    /// Asks for a pong.
    #[prost(message, tag = "25")]
    Ping(Ping),
    /// The answer to a ping, which no server sends.
    #[prost(message, tag = "26")]
    Pong(Pong),
    /// The server left out lines of one of its rooms.
    #[prost(message, tag = "27")]
    CatchUp(Joined),
    /// The client is not in this room any more.
    #[prost(message, tag = "28")]
    Removed(Removed),
    /// Another setting holds in one of its rooms.
    #[prost(message, tag = "29")]
    RoomChanged(RoomChanged),
    /// The client has another name.
    #[prost(message, tag = "30")]
    Renamed(Renamed),
    /// The user has read a room over another connection.
    #[prost(message, tag = "31")]
    ReadMark(ReadMark),
    /// The sanctions that hold against the client's user now.
    #[prost(message, tag = "32")]
    Sanctions(Sanctions),
    /// A moderator has rejected something that its user has said.
    #[prost(message, tag = "33")]
    Rejected(Rejected),
    /// Whom its user blocks now.
    #[prost(message, tag = "34")]
    Blocks(Blocks),
    /// The decision about a report of its user.
    #[prost(message, tag = "35")]
    ReportDecided(ReportDecided),
    /// The game has put it into a room.
    #[prost(message, tag = "36")]
    Moved(Moved),
    /// The server stops.
    #[prost(message, tag = "37")]
    GoingAway(GoingAway),
}

/// A packet with nothing but that.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ServerPacket {
    #[prost(
        oneof = "ServerBody",
        tags = "2, 3, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37"
    )]
    pub(crate) body: Option<ServerBody>,
}

#[cfg(test)]
mod tests {
    use super::{Blocks, GoingAway, Moved, Rejected, ReportDecided, Sanctions};
    use super::{Ping, Presence, ReadMark, Removed, Renamed, RoomChanged, ServerBody, WhisperLine};
    use crate::packet::{ChatMessage, IdMessage, Packet, PacketBody, Pong, Request};
    use crate::{Message as _, decode_from_server};
    use alloc::vec::Vec;
    use prost::encoding::decode_key;

    /// The body that a client of `guildhall.v1` decodes. Does not compile if the schema has a
    /// body that nobody has thought of here.
    fn expected(body: PacketBody) -> Option<ServerBody> {
        Some(match body {
            PacketBody::Reply(it) => ServerBody::Reply(it),
            PacketBody::Line(it) => ServerBody::Line(it),
            PacketBody::Whisper(it) => ServerBody::Whisper(it),
            PacketBody::Presence(it) => ServerBody::Presence(it),
            PacketBody::Ping(it) => ServerBody::Ping(it),
            PacketBody::CatchUp(it) => ServerBody::CatchUp(it),
            PacketBody::Removed(it) => ServerBody::Removed(it),
            PacketBody::RoomChanged(it) => ServerBody::RoomChanged(it),
            PacketBody::Renamed(it) => ServerBody::Renamed(it),
            PacketBody::ReadMark(it) => ServerBody::ReadMark(it),
            PacketBody::Sanctions(it) => ServerBody::Sanctions(it),
            PacketBody::Rejected(it) => ServerBody::Rejected(it),
            PacketBody::Blocks(it) => ServerBody::Blocks(it),
            PacketBody::ReportDecided(it) => ServerBody::ReportDecided(it),
            PacketBody::Moved(it) => ServerBody::Moved(it),
            PacketBody::GoingAway(it) => ServerBody::GoingAway(it),
            PacketBody::Chat(it) => ServerBody::Chat(it),
            PacketBody::Id(it) => ServerBody::Id(it),
            PacketBody::Pong(it) => ServerBody::Pong(it),
            PacketBody::Request(_) => return None,
        })
    }

    #[test]
    fn a_packet_of_a_server_is_decoded_as_the_same_packet() {
        let bodies = [
            PacketBody::Chat(ChatMessage::default()),
            PacketBody::Id(IdMessage::default()),
            PacketBody::Request(Request::default()),
            PacketBody::Reply(crate::Reply {
                id: 7,
                ..crate::Reply::default()
            }),
            PacketBody::Line(crate::Line {
                text: "hi".into(),
                ..crate::Line::default()
            }),
            PacketBody::Whisper(WhisperLine::default()),
            PacketBody::Presence(Presence::default()),
            PacketBody::Ping(Ping::default()),
            PacketBody::Pong(Pong::default()),
            PacketBody::CatchUp(crate::Joined {
                room: "hall".into(),
                ..crate::Joined::default()
            }),
            PacketBody::Removed(Removed::default()),
            PacketBody::RoomChanged(RoomChanged::default()),
            PacketBody::Renamed(Renamed::default()),
            PacketBody::ReadMark(ReadMark::default()),
            PacketBody::Sanctions(Sanctions::default()),
            PacketBody::Rejected(Rejected::default()),
            PacketBody::Blocks(Blocks::default()),
            PacketBody::ReportDecided(ReportDecided::default()),
            PacketBody::Moved(Moved::default()),
            PacketBody::GoingAway(GoingAway::default()),
        ];
        let fields: Vec<_> = bodies
            .into_iter()
            .map(|body| {
                let bytes = Packet::from(body.clone()).encode_to_vec();
                assert_eq!(decode_from_server(&bytes), Ok(expected(body)));
                decode_key(&mut &bytes[..]).unwrap().0
            })
            .collect();
        assert!(fields.is_sorted(), "each body has a field of its own");
    }
}
