//! The Guildhall wire, for the server and for every client: the messages, what a
//! client may send, the limits and the close codes. Needs `alloc` and no `std`, and
//! does no I/O.
//!
//! - [`Packet`] and the messages in it: generated from `proto/packets.proto`.
//! - [`decode`]: turns bytes into one whole packet, or returns a typed error.
//!   [`decode_from_client`] and [`decode_from_server`] do so for one end alone.
//! - [`ClientMessage`]: what the server accepts from a client.
//! - [`UserId`], [`RequestId`], [`Seq`], [`Epoch`]: numbers that cannot be confused.
//! - [`limits`], [`CloseCode`]: the numbers that both ends agree on.
//! - [`NameRule`], [`is_blank`]: which rule a name breaks, and which texts show nothing.
//!
//! # Example
//!
//! ```
//! use guildhall_protocol::{decode, Message, Packet};
//!
//! let bytes = Packet::chat(7, "hi").encode_to_vec();
//! assert_eq!(bytes, [0x08, 0x07, 0x12, 0x04, 0x0a, 0x02, b'h', b'i']);
//! assert_eq!(decode(&bytes).unwrap(), Packet::chat(7, "hi"));
//! ```

#![no_std]

extern crate alloc;

mod client_message;
mod close_code;
mod decode;
mod ids;
pub mod limits;
mod name_rule;
mod packet;
mod subprotocol;
mod text;

pub use client_message::{ClientError, ClientMessage};
pub use close_code::CloseCode;
pub use decode::{DecodeError, decode, decode_from_client, decode_from_server};
pub use ids::{Epoch, RequestId, Seq, UserId};
pub use name_rule::NameRule;
pub use packet::{
    Block, Blocks, Change, ChangeKind, ChangeRoom, ChatMessage, Clear, Cleared, Edit, ErrorCode,
    FetchHistory, Gap, GoingAway, Held, Hello, HistoryPage, IdMessage, Impose, Imposed, Join,
    Joined, Leave, Left, Lift, Lifted, Limits, Line, LineHead, LineRef, ListBlocks, ListMembers,
    ListModerators, ListRooms, ListSanctions, ListUnread, LongResult, MarkRead, MarkedRead, Member,
    MemberList, Moderator, ModeratorList, Moved, Packet, PacketBody, PacketHead, Ping, Pong,
    Presence, Purge, Purged, React, Reaction, ReadMark, Reason, Refresh, Refreshed, Rejected,
    Remove, Removed, RemovedReason, Rename, Renamed, Repeated, Reply, ReplyResult, Report,
    ReportDecided, Reported, Request, RequestBody, RequestError, Role, RoleSet, RoomChanged,
    RoomInfo, RoomList, RoomSettings, Sanction, SanctionKind, SanctionList, Sanctions, Say, Search,
    SearchPage, ServerBody, SetRole, Unread, UnreadList, Welcome, Whisper, WhisperLine,
};

pub use subprotocol::{Protocol, SUBPROTOCOL};
pub use text::{is_blank, is_unseen};

/// The trait that encodes messages: `encode_to_vec`, `encode`, `encoded_len`.
pub use prost::Message;
