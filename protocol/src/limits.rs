//! The numbers that both ends of a connection agree on.

use core::time::Duration;

/// The largest message a client may send, in bytes: one encoded packet.
pub const MAX_CLIENT_PACKET_BYTES: usize = 16 * 1024;

/// The most fields of a client's message, at all depths that are looked at together. The
/// largest request, an impose with all that it can have, has thirteen.
pub const MAX_CLIENT_FIELDS: usize = 64;

/// The longest text of a chat line, in bytes of UTF-8: as much as fits into
/// [`MAX_CLIENT_PACKET_BYTES`] beside two tags and two lengths of two bytes each.
pub const MAX_TEXT_BYTES: usize = MAX_CLIENT_PACKET_BYTES - 6;

/// The longest text of a say or a whisper of `guildhall.v1`, in bytes of UTF-8.
pub const MAX_SAY_BYTES: usize = 4096;

/// The most says and whispers of a `guildhall.v1` client that may be without an
/// answer at a time.
pub const MAX_UNANSWERED: u32 = 64;

/// The largest message a server sends, in bytes. It is half of the smallest receive
/// buffer of a client (that of Godot's `WebSocketPeer`: 65,535 bytes).
pub const MAX_SERVER_PACKET_BYTES: usize = 32 * 1024;

/// A server pings a client that was silent for this long.
pub const PING_AFTER: Duration = Duration::from_secs(25);

/// A server closes a client that stays silent for this long after a ping, with
/// [`CloseCode::HeartbeatTimeout`](crate::CloseCode::HeartbeatTimeout).
pub const PONG_WITHIN: Duration = Duration::from_secs(10);

/// The room that every client without a subprotocol is in.
pub const LOBBY: &str = "lobby";

/// The longest name of a user, in Unicode scalar values.
pub const MAX_NAME_CHARACTERS: usize = 24;

/// The longest name of a room, in Unicode scalar values.
pub const MAX_ROOM_NAME_CHARACTERS: usize = 32;

/// How many rooms a client may be in.
pub const MAX_JOINED_ROOMS: usize = 20;

/// The most different reactions to one line.
pub const MAX_REACTIONS: usize = 20;

/// The longest reaction, in bytes of UTF-8.
pub const MAX_REACTION_BYTES: usize = 32;

/// The most users that a user can block.
pub const MAX_BLOCKS: usize = 500;

/// The longest note of a report, or rule or note of a sanction, in bytes of UTF-8.
pub const MAX_NOTE_BYTES: usize = 500;

/// The most lines in a page of history.
pub const MAX_PAGE_LINES: usize = 50;

/// A room with more members than this counts them and does not list them: a list
/// has to fit into [`MAX_SERVER_PACKET_BYTES`].
pub const MAX_LISTED_MEMBERS: usize = 100;
