//! A line of a room as events tell it: what was said, or what changed of it. Bounds what a server
//! can make a client keep of one.

use alloc::string::String;
use alloc::vec::Vec;

use super::Event;
use crate::{RequestId, UserId};
use guildhall_protocol::{Change, ChangeKind, Line, Reaction};

/// The longest account of a user that is kept, in bytes.
const LONGEST_USER: usize = 128;

/// The most that is kept of what is shown of a user, in bytes.
const LONGEST_INFO: usize = 1024;

/// The most different reactions to a line that are kept, and the longest one, in bytes.
const MOST_REACTIONS: usize = 64;
const LONGEST_REACTION: usize = 128;

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

/// A line of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says another thing of a line, and all can hold together"
)]
pub struct ChatLine {
    /// The room.
    pub room: String,
    /// The epoch that `seq` counts in: a room that begins anew has another one.
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
    /// The number of the line that it replies to; 0: none.
    pub reply_to: u64,
    /// When it was edited the last time, as `time`; 0: never.
    pub edited: u64,
    /// Whether it was removed. It has no text then.
    pub removed: bool,
    /// The reactions to it, the oldest first.
    pub reactions: Vec<Reaction>,
    /// The sender's account; empty: a guest.
    pub user: String,
    /// The sender's looks, which the game gives: see [`Info`](crate::info::Info).
    pub info: String,
}

/// A change of an earlier line of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineChange {
    /// The room.
    pub room: String,
    /// The epoch that the numbers count in.
    pub epoch: u32,
    /// The number of the change: it has its place in the room's order, as a line.
    pub seq: u64,
    /// The number of the line that changes.
    pub line: u64,
    /// When it changed, by the server's clock, in milliseconds since 1970.
    pub time: u64,
    /// The ID of the user who changed it.
    pub sender: UserId,
    /// That user's name at that time.
    pub name: String,
    /// That user's account; empty: a guest.
    pub user: String,
    /// The number of the request, as its sender counts; 0: it was made in another session of
    /// this user.
    pub nonce: RequestId,
    /// Whether this user changed it, in this session or in another one.
    pub own: bool,
    /// Whether it was changed before the client joined the room this time.
    pub replay: bool,
}

/// Drops what is too long of a user's account and of what is shown of it: no server can make a
/// client keep any amount.
pub(super) fn bound(user: &mut String, info: &mut String) {
    bound_user(user);
    if info.len() > LONGEST_INFO {
        info.clear();
    }
}

/// The same for an account alone.
pub(super) fn bound_user(user: &mut String) {
    if user.len() > LONGEST_USER {
        user.clear();
    }
}

/// The sender of this user's own lines.
pub(super) struct Own {
    pub(super) id: Option<UserId>,
    /// The number of this session among those of the user; 0: the one that equals the ID.
    pub(super) session: u64,
}

impl Own {
    /// Whether this session said the line: its `nonce` is of one of our messages.
    pub(super) fn said(&self, line: &Line) -> bool {
        self.is_sender(line) && self.session_of(line) == self.session_number()
    }

    /// The number of this session, also if it is the one that equals the ID.
    pub(super) fn session_number(&self) -> u64 {
        self.session_or_id(self.session)
    }

    /// The number of the session that said an own line; 0: it is no own line.
    pub(super) fn session_of(&self, line: &Line) -> u64 {
        if self.is_sender(line) {
            self.session_or_id(line.session)
        } else {
            0
        }
    }

    /// The number of a session in a line: 0 stands for the sender's own ID.
    pub(super) fn session_or_id(&self, session: u64) -> u64 {
        match session {
            0 => self.id.map_or(0, |id| id.0),
            session => session,
        }
    }

    /// Whether this user said the line, in this session or in another one.
    fn is_sender(&self, line: &Line) -> bool {
        self.id == Some(UserId(line.sender))
    }

    /// The number of a line as its sender counts; 0 for what this user said in another session.
    fn nonce(&self, line: &Line) -> RequestId {
        let is_other = self.is_sender(line) && !self.said(line);
        RequestId(if is_other { 0 } else { line.nonce })
    }
}

/// The event's form of a line.
pub(super) fn chat_line(mut line: Line, me: &Own, replay: bool) -> ChatLine {
    bound(&mut line.user, &mut line.info);
    line.reactions.retain(is_reaction);
    line.reactions.truncate(MOST_REACTIONS);
    if line.removed {
        line.text.clear();
        line.reactions.clear();
    }
    let own = me.is_sender(&line);
    let nonce = me.nonce(&line);
    ChatLine {
        own,
        room: line.room,
        epoch: line.epoch,
        seq: line.seq,
        time: line.time,
        sender: UserId(line.sender),
        name: line.name,
        nonce,
        text: line.text,
        action: line.action,
        replay,
        reply_to: line.reply_to,
        edited: line.edited,
        removed: line.removed,
        reactions: line.reactions,
        user: line.user,
        info: line.info,
    }
}

/// The event of a line that changes an earlier one; `None` if it changes nothing that this
/// client knows, or does not say what.
pub(super) fn change_event(line: Line, change: Change, me: &Own, replay: bool) -> Option<Event> {
    if change.seq == 0 || change.seq >= line.seq {
        return None;
    }
    let (own, nonce, kind) = (me.is_sender(&line), me.nonce(&line), change.kind());
    let mut user = line.user;
    bound_user(&mut user);
    let about = LineChange {
        room: line.room,
        epoch: line.epoch,
        seq: line.seq,
        line: change.seq,
        time: line.time,
        sender: UserId(line.sender),
        name: line.name,
        user,
        nonce,
        own,
        replay,
    };
    Some(match kind {
        ChangeKind::Unspecified => return None,
        ChangeKind::Cleared => Event::LinesCleared(about),
        ChangeKind::Purged => Event::LinesPurged {
            change: about,
            user: UserId(change.user),
        },
        ChangeKind::Edited => Event::LineEdited {
            change: about,
            text: line.text,
        },
        ChangeKind::Removed => Event::LineRemoved(about),
        ChangeKind::Reacted | ChangeKind::TookBack => {
            let reaction = change.reaction.filter(fits)?;
            Event::ReactionsChanged {
                change: about,
                reaction: reaction.reaction,
                count: reaction.count,
                taken_back: kind == ChangeKind::TookBack,
            }
        }
    })
}

/// The number of the line that an event changes, if it is about a change.
pub(super) fn changed_line(event: &Event) -> u64 {
    match event {
        Event::LineEdited { change, .. }
        | Event::LineRemoved(change)
        | Event::LinesCleared(change)
        | Event::LinesPurged { change, .. }
        | Event::ReactionsChanged { change, .. } => change.line,
        _ => 0,
    }
}

/// Whether an event is about all lines up to one.
pub(super) fn changes_many(event: &Event) -> bool {
    matches!(event, Event::LinesCleared(_) | Event::LinesPurged { .. })
}

fn fits(reaction: &Reaction) -> bool {
    (1..=LONGEST_REACTION).contains(&reaction.reaction.len())
}

fn is_reaction(reaction: &Reaction) -> bool {
    reaction.count > 0 && fits(reaction)
}
