//! The values that a [`Session`](super::Session) and its owner exchange: actions, events
//! and recipients. No behaviour.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{FailReason, RequestKind};
use crate::{RequestId, UserId};
use guildhall_protocol::{Member, RemovedReason, RequestError, RoomInfo, WhisperLine};

/// What the connection's owner does next.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens a socket with the subprotocol `guildhall.v1`, then calls
    /// [`opened`](super::Session::opened) or [`closed`](super::Session::closed).
    Open,
    /// Sends this as one binary message.
    Send(Vec<u8>),
    /// Closes the socket with this code (1000, or one from 3000 up: browsers
    /// allow no other) and forgets it: the session is told nothing more of it.
    Close(u16),
}

/// Without the bytes: they may have the user's token.
impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::Send(bytes) => write!(f, "Send({} bytes)", bytes.len()),
            Self::Close(code) => write!(f, "Close({code})"),
        }
    }
}

/// The state of a session's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The user has not asked for a connection yet.
    Idle,
    /// An attempt is under way, and the server has not said Welcome yet.
    Connecting,
    /// The server has said Welcome.
    Online,
    /// The connection is lost; the next attempt follows by itself.
    Waiting {
        /// When it follows, in the session's milliseconds.
        until: u64,
        /// The close code of the lost connection; 1006 if there was none.
        code: u16,
        /// What the server's close frame said, in English.
        reason: String,
    },
    /// No attempt follows by itself.
    Closed {
        /// The close code; 1000 after [`close`](super::Session::close), 0 if there was no
        /// socket or Hello was refused.
        code: u16,
        /// What the server's close frame or the platform said.
        reason: String,
    },
}

/// What has happened, to be shown to the user.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The state has changed.
    State(State),
    /// The client is online. The rooms that the user wants are joined next.
    Welcomed {
        /// The client's ID.
        id: UserId,
        /// Its name, as the server writes it.
        name: String,
        /// Whether the session of the lost connection was resumed.
        resumed: bool,
    },
    /// The server refused the name in Hello. The client said Hello again without one.
    NameRefused(RequestError),
    /// A room is joined, for the first time or again.
    Joined {
        /// The room's name, as the server writes it.
        room: String,
        /// The name that it was known by until now: at first the one that
        /// [`join`](super::Session::join) was called with.
        previous_name: String,
        /// Whether its lines go on where they stopped.
        resumed: bool,
        /// Whether the client was in the room before. If it is `rejoined` and not `resumed`,
        /// lines that were said meanwhile may be missing.
        rejoined: bool,
        /// The number of the first line that follows; `last_seq + 1` if none does.
        first_seq: u64,
        /// The number of the newest line; 0 if nothing was said yet.
        last_seq: u64,
    },
    /// A room cannot be joined now: the session tries again by itself. Told once for each
    /// reason.
    JoinDelayed {
        /// The room.
        room: String,
        /// Why not.
        error: RequestError,
    },
    /// Other settings hold in a room: its [`RoomView`](super::RoomView) has them.
    RoomChanged {
        /// The room.
        room: String,
    },
    /// The user may say nothing in a room for a while. What is said nevertheless goes out later.
    SlowMode {
        /// The room.
        room: String,
        /// Until when, in the session's milliseconds.
        until: u64,
    },
    /// The server has taken the user out of a room, which is not joined again by itself.
    Removed {
        /// The room.
        room: String,
        /// Why.
        reason: RemovedReason,
    },
    /// The user has left a room.
    Left {
        /// The room.
        room: String,
    },
    /// The next line of a room, in the room's order.
    Line(ChatLine),
    /// An answer to [`fetch_history`](super::Session::fetch_history).
    History {
        /// The room.
        room: String,
        /// Oldest first. All of them are older than those that were known.
        lines: Vec<ChatLine>,
        /// Whether there are lines before these.
        more: bool,
    },
    /// Lines are missing: the server no longer has them.
    Gap {
        /// The room.
        room: String,
        /// The first one that is missing.
        from: u64,
        /// The last one that is missing.
        to: u64,
    },
    /// A whisper to this client, or one of its own.
    Whisper {
        /// The whisper.
        line: WhisperLine,
        /// Whether this user sent it, in this session or in another one.
        own: bool,
    },
    /// Whispers are missing: the server no longer has them.
    WhisperGap {
        /// The first one that is missing.
        from: u64,
        /// The last one that is missing.
        to: u64,
    },
    /// The members of a room have changed: its [`RoomView`](super::RoomView) has them.
    MembersChanged {
        /// The room.
        room: String,
        /// How many members it has.
        count: u32,
        /// Whether the view lists all of them.
        listed: bool,
    },
    /// A client joined a room.
    MemberJoined {
        /// The room.
        room: String,
        /// The client's ID.
        id: UserId,
        /// The client's name.
        name: String,
    },
    /// A client left a room.
    MemberLeft {
        /// The room.
        room: String,
        /// The client's ID.
        id: UserId,
        /// The client's name.
        name: String,
    },
    /// A client in a room has another name.
    MemberRenamed {
        /// The room.
        room: String,
        /// The client's ID.
        id: UserId,
        /// The name until now.
        old: String,
        /// The name from now on.
        new: String,
    },
    /// What a client may tell its user of the members that joined, left or have new names: one
    /// notice for all that the server told at once. There is none if a room has many members,
    /// and none about this client, or about a user who has said something since joining.
    PresenceNotice {
        /// The room.
        room: String,
        /// The names of those who joined.
        joined: Vec<String>,
        /// The names of those who left.
        left: Vec<String>,
        /// The old and the new names of those who have another one now.
        renamed: Vec<(String, String)>,
    },
    /// A message is on its way: [`Sent`](Event::Sent) or
    /// [`Failed`](Event::Failed) follows.
    Pending {
        /// The message's number.
        nonce: RequestId,
        /// The room that it is for; `None`: it is a whisper.
        room: Option<String>,
        /// The receiver of a whisper, by name, or by ID in decimal; else empty.
        to: String,
        /// The text.
        text: String,
        /// Whether it tells what the user does.
        action: bool,
    },
    /// The server has stored a message.
    Sent {
        /// The message's number.
        nonce: RequestId,
    },
    /// A message failed. [`retry`](super::Session::retry) sends it again.
    Failed {
        /// The message's number.
        nonce: RequestId,
        /// Why.
        reason: FailReason,
    },
    /// This client has another name from now on.
    RenamedSelf(String),
    /// The name cannot be changed now: the session tries again by itself.
    RenameDelayed {
        /// The name.
        name: String,
        /// Why not.
        error: RequestError,
    },
    /// The session needs a token of the user: [`set_token`](super::Session::set_token) or
    /// [`no_token`](super::Session::no_token) answers. It asks once and waits.
    TokenNeeded,
    /// An answer to [`list_rooms`](super::Session::list_rooms).
    RoomList {
        /// The rooms that have the most members.
        rooms: Vec<RoomInfo>,
        /// How many rooms there are.
        total: u32,
    },
    /// An answer to [`list_members`](super::Session::list_members).
    MemberList {
        /// The room.
        room: String,
        /// How many members it has.
        count: u32,
        /// Whether `members` is all of them.
        listed: bool,
        /// Its members.
        members: Vec<Member>,
    },
    /// Whether the server answers. It does not if something waits for its answer and nothing
    /// at all came from it for 5 s; it does again with the next message. A lost connection
    /// ends this without an event.
    ServerAnswers(bool),
    /// A request was not done.
    RequestFailed {
        /// The kind of the request.
        request: RequestKind,
        /// The room or the name that it was about; else empty.
        subject: String,
        /// Why not.
        reason: FailReason,
    },
    /// The server sent a message that is not a packet, or an answer that does not fit its
    /// request. The message is dropped. The text is English, for a developer.
    BadMessage(&'static str),
}

impl Event {
    /// The room that the event is about, if it is about one: its line or notice belongs
    /// there.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        match self {
            Self::Joined { room, .. }
            | Self::Left { room }
            | Self::JoinDelayed { room, .. }
            | Self::RoomChanged { room }
            | Self::SlowMode { room, .. }
            | Self::Removed { room, .. }
            | Self::Line(ChatLine { room, .. })
            | Self::History { room, .. }
            | Self::Gap { room, .. }
            | Self::MembersChanged { room, .. }
            | Self::MemberJoined { room, .. }
            | Self::MemberLeft { room, .. }
            | Self::MemberRenamed { room, .. }
            | Self::PresenceNotice { room, .. }
            | Self::MemberList { room, .. } => Some(room),
            Self::Pending { room, .. } => room.as_deref(),
            Self::State(_)
            | Self::Welcomed { .. }
            | Self::NameRefused(_)
            | Self::Whisper { .. }
            | Self::WhisperGap { .. }
            | Self::Sent { .. }
            | Self::Failed { .. }
            | Self::RenamedSelf(_)
            | Self::RenameDelayed { .. }
            | Self::TokenNeeded
            | Self::RoomList { .. }
            | Self::ServerAnswers(_)
            | Self::RequestFailed { .. }
            | Self::BadMessage(_) => None,
        }
    }

    /// Whether the event is about the connection, or about something that went wrong, and
    /// not part of the chat. A client may show such events in another place.
    #[must_use]
    pub fn is_about_connection(&self) -> bool {
        matches!(
            self,
            Self::State(_)
                | Self::Welcomed { .. }
                | Self::NameRefused(_)
                | Self::Failed { .. }
                | Self::ServerAnswers(_)
                | Self::JoinDelayed { .. }
                | Self::RenameDelayed { .. }
                | Self::TokenNeeded
                | Self::RequestFailed { .. }
                | Self::BadMessage(_)
        )
    }
}

/// A line of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatLine {
    /// The room.
    pub room: String,
    /// What `seq` counts in: a room that begins anew has another epoch.
    pub epoch: u32,
    /// Lines of one epoch are numbered 1, 2, 3 and so on.
    pub seq: u64,
    /// When it was said, by the server's clock, in milliseconds since 1970.
    pub time: u64,
    /// The sender's ID.
    pub sender: UserId,
    /// The sender's name at that time.
    pub name: String,
    /// The number of the message, as its sender counts. For an own line, it tells which
    /// pending message this is; 0: it was said in another session of this user.
    pub nonce: RequestId,
    /// The text. Show it as text and never as markup.
    pub text: String,
    /// Whether it tells what the sender does ("/me waves").
    pub action: bool,
    /// Whether this user sent it, in this session or in another one.
    pub own: bool,
    /// Whether it was said before the client joined the room this time.
    pub replay: bool,
    /// The sender's account; empty: a guest.
    pub user: String,
    /// What the game shows of the sender beside the name: see [`Info`](crate::info::Info).
    pub info: String,
}

/// The client that a whisper goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// The client with this ID.
    Id(UserId),
    /// The client with this name.
    Name(&'a str),
}

/// How a text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// The user says it.
    Text,
    /// It tells what the user does ("waves").
    Action,
}

impl MessageKind {
    /// The kind of a message whose `action` is this on the wire.
    #[must_use]
    pub const fn from_action(action: bool) -> Self {
        if action { Self::Action } else { Self::Text }
    }

    /// Whether the message tells what the user does.
    #[must_use]
    pub const fn is_action(self) -> bool {
        matches!(self, Self::Action)
    }
}
