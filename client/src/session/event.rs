//! The events that a [`Session`](super::Session) tells its owner. No behaviour.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{ChatLine, FailReason, LineChange, RequestKind, State};
use crate::{RequestId, UserId};
use guildhall_protocol::{
    Member, Moderator, RemovedReason, RequestError, RoomInfo, Sanction, Unread, WhisperLine,
};

mod about;

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
        /// The sanction for which it was, if it was for one.
        sanction: Option<Box<Sanction>>,
    },
    /// The game has put the user into a room. [`Joined`](Event::Joined) of that room follows,
    /// and before it [`Left`](Event::Left), if the user was taken out of another one.
    Moved {
        /// The room that the user is not in any more; empty: none.
        from: String,
        /// The room that the user is in now.
        room: String,
    },
    /// The user has left a room.
    Left {
        /// The room.
        room: String,
    },
    /// The next line of a room, in the room's order.
    Line(ChatLine),
    /// An earlier line of a room has another text.
    LineEdited {
        /// Which line it is, and who has edited it.
        change: LineChange,
        /// The text that it has now. `change.time` is when it was edited.
        text: String,
    },
    /// An earlier line of a room is removed: it has no text any more.
    LineRemoved(LineChange),
    /// All lines of a room up to `line` are removed. No trace of them is to be shown.
    LinesCleared(LineChange),
    /// All lines of one user up to `line` are removed. No trace of them is to be shown.
    LinesPurged {
        /// Up to which line, and who has removed them.
        change: LineChange,
        /// The ID of the user who has said them.
        user: UserId,
    },
    /// An earlier line of a room has a reaction more, or one less.
    ReactionsChanged {
        /// Which line it is, and who has added the reaction or taken it back.
        change: LineChange,
        /// The reaction.
        reaction: String,
        /// How many users have it now.
        count: u32,
        /// Whether it was taken back.
        taken_back: bool,
    },
    /// An edit, a removal or a reaction of this session was not done. It is not kept: the user
    /// may ask for it anew.
    ChangeFailed {
        /// Its number.
        nonce: RequestId,
        /// The room.
        room: String,
        /// The number of the line that it was about.
        line: u64,
        /// Why not.
        reason: FailReason,
    },
    /// The user has read a room up to this line, over another connection.
    ReadMark {
        /// The room.
        room: String,
        /// The number of the line.
        seq: u64,
    },
    /// An answer to [`list_unread`](super::Session::list_unread).
    UnreadList(Vec<Unread>),
    /// An answer to [`search`](super::Session::search) or
    /// [`search_on`](super::Session::search_on).
    SearchPage {
        /// The newest first. Each has its room.
        lines: Vec<ChatLine>,
        /// Whether `search_on` finds further ones.
        more: bool,
        /// Whether these are the first ones of the search.
        is_first: bool,
    },
    /// An answer to [`fetch_history_of`](super::Session::fetch_history_of).
    HistoryOf {
        /// The room.
        room: String,
        /// Oldest first. They need not stand beside those that are known.
        lines: Vec<ChatLine>,
        /// Whether more lines belong to the answer.
        more: bool,
    },
    /// An answer to [`fetch_history`](super::Session::fetch_history).
    History {
        /// The room.
        room: String,
        /// Oldest first. All of them are older than those that were known.
        lines: Vec<ChatLine>,
        /// Whether there are lines before these.
        more: bool,
    },
    /// Lines are missing: they do not come by themselves, and the history may have them.
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
        /// The number of the line that it replies to; 0: none.
        reply_to: u64,
    },
    /// A message or an edit waits for a moderator. Nobody else sees it yet. [`Sent`](Event::Sent)
    /// or a failure follows, perhaps much later.
    Held {
        /// The message's number.
        nonce: RequestId,
    },
    /// A moderator has rejected something that the user has said in another session.
    Rejected {
        /// The room.
        room: String,
        /// Why, in the game's words. It may be empty.
        words: String,
    },
    /// The server has stored a message, or an edit, a removal or a reaction.
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
    /// Something holds against the user: it was imposed, or is another than it was, or the
    /// session learns of it. [`sanctions`](super::Session::sanctions) has all that hold.
    Sanctioned {
        /// The sanction, with its reason.
        sanction: Box<Sanction>,
        /// How long it still holds, in milliseconds; `None`: it has no end.
        left: Option<u64>,
    },
    /// This does not hold against the user any more.
    SanctionEnded(Box<Sanction>),
    /// Whom the user blocks has changed, or is known now: [`blocks`](super::Session::blocks)
    /// has all of them.
    BlocksChanged,
    /// An answer to [`list_blocks`](super::Session::list_blocks): whom the user blocks.
    BlockList(Vec<Member>),
    /// An answer to [`report`](super::Session::report): a receipt.
    Reported {
        /// The number of the report.
        id: u64,
    },
    /// A report of the user was decided.
    ReportDecided {
        /// The number of the report.
        id: u64,
        /// Whether something was done about it.
        acted: bool,
        /// The moderator's words. They may be empty.
        words: String,
    },
    /// An answer to [`impose`](super::Session::impose): this holds against another user now.
    Imposed(Box<Sanction>),
    /// An answer to [`purge`](super::Session::purge).
    Purged {
        /// The user as this one has named it.
        user: String,
        /// In how many rooms.
        rooms: u32,
    },
    /// An answer to [`list_moderators`](super::Session::list_moderators).
    ModeratorList {
        /// The room.
        room: String,
        /// Its moderators, and those of all rooms.
        moderators: Vec<Moderator>,
    },
    /// An answer to [`list_sanctions`](super::Session::list_sanctions).
    SanctionList {
        /// The room; empty: all that the user moderates.
        room: String,
        /// The newest first.
        sanctions: Vec<Sanction>,
        /// Whether there are more.
        more: bool,
    },
    /// A request was done, and its answer says nothing more.
    Done {
        /// The kind of the request.
        request: RequestKind,
        /// The room or the user that it was about, as this user has named it.
        subject: String,
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
