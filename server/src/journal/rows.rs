//! The facts about users and rooms that a journal keeps, and all of them that it knows when it is
//! opened.

use super::{
    Act, Arc, AuthorId, Bytes, ChangedSettings, DecisionNotice, Epoch, Event, HeldText, KnownFeed,
    PresentRow, RequestId, RoleRow, Sanction, SanctionRow, Seq, SessionId, UserId, WebhookRow,
};

/// A fact about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Row {
    /// No number below this one is given to a new connection, user or session.
    NextId(u64),
    /// A user, in place of what was known of it.
    User(UserRow),
    /// A user is not known any more, and neither are its marks.
    ForgetUser(UserId),
    /// A session that can be resumed.
    Session(SessionRow),
    /// It cannot be resumed any more, and its whispers are gone.
    EndSession(SessionId),
    /// A whisper to a session.
    Whisper(WhisperRow),
    /// The whispers of a session up to this number are not needed any more.
    ForgetWhispers(SessionId, Seq),
    /// How far a user has read a room.
    ReadMark(ReadMarkRow),
    /// Something was done that the audit log keeps.
    Act(Box<Act>),
    /// The reporter of this report was told what was decided.
    ReportTold(u64),
    /// A text that waits for a moderator.
    Held(Box<HeldText>),
    /// It waits no more.
    ForgetHeld(u64),
    /// A sanction, in place of what was known of it.
    Sanction(Box<SanctionRow>),
    /// A role that was given at run time, or taken.
    Role(Box<RoleRow>),
    /// The settings of a room that were changed while the server runs, in place of those before.
    RoomSettings(RoomSettingsRow),
    /// A user that another one blocks, or no longer blocks.
    Block(BlockRow),
    /// An event, which gets the feed's next number.
    Event(Event),
    /// A user is in a room, for the feed.
    Present(PresentRow),
    /// It is not any more.
    Absent(Arc<str>, UserId),
    /// How far a webhook has come.
    Webhook(WebhookRow),
    /// Somebody has asked at this time whether the store keeps something.
    HealthCheck(u64),
    /// There is no such webhook any more.
    ForgetWebhook(Arc<str>),
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserRow {
    /// Its number.
    pub(crate) id: UserId,
    /// Its account: the `sub` of its token. `None`: a guest.
    pub(crate) account: Option<Arc<str>>,
    /// The name that it has chosen.
    pub(crate) chosen: Option<Arc<str>>,
    /// The name that its token gives it, as the token says it.
    pub(crate) claimed: Option<Arc<str>>,
    /// The `info` of its token.
    pub(crate) info: Arc<str>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionRow {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) secret: [u8; 16],
}

/// A whisper to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WhisperRow {
    pub(crate) session: SessionId,
    pub(crate) seq: Seq,
    /// The session that whispers, and the ID of its request.
    pub(crate) sender: (SessionId, RequestId),
    /// The whisper as a frame.
    pub(crate) frame: Bytes,
}

/// How far a user has read a room. Number 0: the room has no mark any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadMarkRow {
    pub(crate) user: UserId,
    pub(crate) room: Arc<str>,
    pub(crate) epoch: Epoch,
    pub(crate) seq: Seq,
}

/// The settings of a room that were changed while the server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoomSettingsRow {
    pub(crate) room: Arc<str>,
    pub(crate) settings: ChangedSettings,
    /// Whether the game keeps the room open.
    pub(crate) is_open: bool,
}

/// A user that another one blocks. Time 0: it is not blocked any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockRow {
    /// The user that blocks.
    pub(crate) owner: AuthorId,
    /// The user that is blocked.
    pub(crate) author: AuthorId,
    /// The number and the name of that one when it was blocked.
    pub(crate) id: UserId,
    pub(crate) name: Arc<str>,
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
}

/// All that a journal knows when it is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The first number that a connection may get.
    pub(crate) next_id: u64,
    pub(crate) users: Vec<UserRow>,
    pub(crate) sessions: Vec<KnownSession>,
    /// The whispers to sessions that are not among these: no client can resume those.
    pub(crate) orphans: Vec<WhisperRow>,
    pub(crate) read_marks: Vec<ReadMarkRow>,
    /// The decisions about reports of which their reporters are not told.
    pub(crate) notices: Vec<DecisionNotice>,
    /// The sanctions that hold, unless their time is over.
    pub(crate) sanctions: Vec<Sanction>,
    /// The first number that no sanction has had; 0: there was none.
    pub(crate) next_sanction: u64,
    pub(crate) roles: Vec<RoleRow>,
    pub(crate) room_settings: Vec<RoomSettingsRow>,
    pub(crate) blocks: Vec<BlockRow>,
    /// Its knowledge of the feed of events.
    pub(crate) feed: KnownFeed,
    /// The texts that wait for a moderator, in the order of their numbers.
    pub(crate) held: Vec<HeldText>,
    /// The first number that no such text has had; 0: there was none.
    pub(crate) next_held: u64,
}

/// A session that can be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownSession {
    pub(crate) row: SessionRow,
    /// The highest ID of a line or a whisper that it has said.
    pub(crate) highest: RequestId,
    /// The whispers that are kept for it, the oldest first.
    pub(crate) whispers: Vec<WhisperRow>,
    /// The IDs of its requests that wait for a moderator.
    pub(crate) held: Vec<RequestId>,
}
