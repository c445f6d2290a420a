//! What a session is asked for and what it answers: values without behaviour,
//! for [`Session`](super::Session) and whoever drives it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{ClientId, RequestId};
use guildhall_protocol::{Member, RequestError, RoomInfo, WhisperLine};

/// What the connection's owner does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens a socket with the subprotocol `guildhall.v1`, then calls
    /// [`opened`](super::Session::opened) or [`closed`](super::Session::closed).
    Open,
    /// Sends this as one binary message.
    Send(Vec<u8>),
    /// Closes the socket with this code (1000, or one from 3000 up: browsers
    /// allow no other) and forgets it: nothing more of it is told to the session.
    Close(u16),
}

/// Where a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody has asked for a connection yet.
    Idle,
    /// From the attempt until Welcome.
    Connecting,
    /// Welcome was said.
    Online,
    /// The connection is lost; the next attempt follows by itself.
    Waiting {
        /// When it follows, in the session's milliseconds.
        until: u64,
        /// The close code of the lost connection; 1006 where there was none.
        code: u16,
        /// What the server's close frame said, in English.
        reason: String,
    },
    /// No attempt follows by itself.
    Closed {
        /// The close code; 1000 after [`close`](super::Session::close), 0 where
        /// there was no socket or Hello was refused.
        code: u16,
        /// What the server's close frame or the platform said.
        reason: String,
    },
}

/// What has happened, for the user.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The state has changed.
    State(State),
    /// The connection stands. Wanted rooms are joined next.
    Welcomed {
        /// The client's ID.
        id: ClientId,
        /// Its name, as the server writes it.
        name: String,
        /// Whether the session of the lost connection goes on.
        resumed: bool,
    },
    /// The wanted name was refused to Hello, which went out again without one.
    NameRefused(RequestError),
    /// A room is joined, at first or again.
    Joined {
        /// The room's name, as the server writes it.
        room: String,
        /// The name that it was known by until now: at first the one that
        /// [`join`](super::Session::join) was called with.
        previous_name: String,
        /// Whether its story goes on where it stopped.
        resumed: bool,
        /// Whether lines of it were known. `rejoined && !resumed`: the story
        /// broke off, and what was said meanwhile is not known to be complete.
        rejoined: bool,
        /// The first line that follows; `last_seq + 1` where none does.
        first_seq: u64,
        /// The newest line; 0 where nothing was said yet.
        last_seq: u64,
    },
    /// A room is no longer wanted.
    Left {
        /// The room.
        room: String,
    },
    /// The next line in its room's order.
    Line(ChatLine),
    /// An answer to [`fetch_history`](super::Session::fetch_history).
    History {
        /// The room.
        room: String,
        /// Oldest first, all of them older than what was known.
        lines: Vec<ChatLine>,
        /// Whether there are lines before these.
        more: bool,
    },
    /// Lines that the server no longer has: they will never be told.
    Gap {
        /// The room.
        room: String,
        /// The first that is lost.
        from: u64,
        /// The last that is lost.
        to: u64,
    },
    /// A whisper to this client, or its own.
    Whisper {
        /// What was whispered.
        line: WhisperLine,
        /// Whether this client whispered it.
        own: bool,
    },
    /// Whispers that the server no longer has: they will never be told.
    WhisperGap {
        /// The first that is lost.
        from: u64,
        /// The last that is lost.
        to: u64,
    },
    /// Who is in a room has changed: its [`RoomView`](super::RoomView) says who.
    MembersChanged {
        /// The room.
        room: String,
        /// How many are in it.
        count: u32,
        /// Whether the room's members are all of them.
        listed: bool,
    },
    /// Somebody came.
    MemberJoined {
        /// The room.
        room: String,
        /// Who.
        id: ClientId,
        /// Its name.
        name: String,
    },
    /// Somebody left.
    MemberLeft {
        /// The room.
        room: String,
        /// Who.
        id: ClientId,
        /// Its name.
        name: String,
    },
    /// Somebody in a room has another name.
    MemberRenamed {
        /// The room.
        room: String,
        /// Who.
        id: ClientId,
        /// The name until now.
        old: String,
        /// The name from now on.
        new: String,
    },
    /// A message is on its way: [`Sent`](Event::Sent) or
    /// [`Failed`](Event::Failed) follows.
    Pending {
        /// The message's number.
        nonce: RequestId,
        /// The room it is said in; `None`: it is a whisper.
        room: Option<String>,
        /// Whom a whisper goes to, by name, or by ID in decimal; else empty.
        to: String,
        /// The text.
        text: String,
        /// Whether it tells what the speaker does.
        action: bool,
    },
    /// The server has stored a message.
    Sent {
        /// The message's number.
        nonce: RequestId,
    },
    /// A message failed. [`retry`](super::Session::retry) sends it anew.
    Failed {
        /// The message's number.
        nonce: RequestId,
        /// Why.
        reason: FailReason,
    },
    /// The client has another name from now on.
    RenamedSelf(String),
    /// An answer to [`list_rooms`](super::Session::list_rooms).
    RoomList {
        /// The rooms with the most members.
        rooms: Vec<RoomInfo>,
        /// How many rooms there are.
        total: u32,
    },
    /// An answer to [`list_members`](super::Session::list_members).
    MemberList {
        /// The room.
        room: String,
        /// How many are in it.
        count: u32,
        /// Whether `members` is all of them.
        listed: bool,
        /// Who is in it.
        members: Vec<Member>,
    },
    /// Something that was asked for was not done.
    RequestFailed {
        /// What was asked for.
        request: RequestKind,
        /// The room or the name that it was about; else empty.
        subject: String,
        /// Why it was not done.
        reason: FailReason,
    },
    /// Something came that is no packet, or answers nothing that was asked. It
    /// is dropped whole. In English, for a developer.
    BadMessage(&'static str),
}

/// A line of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatLine {
    /// The room.
    pub room: String,
    /// With `seq`, the line's place in the room.
    pub epoch: u32,
    /// Lines of one epoch are numbered 1, 2, 3 and so on.
    pub seq: u64,
    /// When, by the server's clock, in milliseconds since 1970.
    pub time: u64,
    /// Who: the ID.
    pub sender: ClientId,
    /// Who: the name at that time.
    pub name: String,
    /// The number of the message, as its sender counts. For an own line it
    /// says which pending message this is.
    pub nonce: RequestId,
    /// The text. Show it as text and never as markup.
    pub text: String,
    /// Whether it tells what the speaker does ("/me waves").
    pub action: bool,
    /// Whether this client said it.
    pub own: bool,
    /// Whether it was said before the room was joined this time.
    pub replay: bool,
}

/// Whom a whisper goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// The client with this ID.
    Id(ClientId),
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

/// Why something that was asked for was not done.
#[derive(Debug, Clone, PartialEq)]
pub enum FailReason {
    /// The server said no.
    Refused(RequestError),
    /// The connection was lost, and nothing was done.
    Disconnected,
    /// The connection was lost, and nobody can say whether it was done.
    Uncertain,
    /// The client is not in this room any more; nothing was sent.
    NotInRoom,
}

/// A request that is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// The first request on a connection.
    Hello,
    /// Entering a room.
    Join,
    /// Leaving a room.
    Leave,
    /// Another name.
    Rename,
    /// Which rooms there are.
    ListRooms,
    /// Who is in a room.
    ListMembers,
    /// Older lines of a room.
    FetchHistory,
}

/// Why a call failed. Nothing is queued and nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no text, or no name.
    #[error("the text or the name is empty")]
    Empty,
    /// The text is too long.
    #[error("the text has {bytes} bytes, and the server takes {limit}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The longest that the server takes.
        limit: usize,
    },
    /// Too many requests wait for their answers.
    #[error("too many requests wait for their answers")]
    TooManyPending,
    /// The room is not wanted, or (for what is no message) not joined.
    #[error("the user is not in this room")]
    NotInRoom,
    /// There is no connection.
    #[error("there is no connection")]
    NotOnline,
    /// There is no failed message with this number.
    #[error("no message with this number has failed")]
    NoSuchMessage,
}
