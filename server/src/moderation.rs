//! The acts of moderators and of the game on users and rooms, as pure values: who does it, and what
//! the audit log keeps of it. No I/O, no lock, and the time comes as a value.

pub(crate) mod blocked;
mod sanction;

use std::sync::Arc;

use crate::ids::UserId;

pub(crate) use self::sanction::{Author, Ended, RoleRow, Sanction, SanctionRow};
pub use self::sanction::{KeepEvidence, ModerationConfig};

/// Whoever does something that the audit log keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Actor {
    /// A user: a moderator, or one that acts for itself.
    User(UserSnapshot),
    /// The game's server, over the HTTP API.
    Game,
    /// The server itself, by its settings: a filter, the end of a sanction.
    Server,
}

/// A user, as it was when something was done: its names can change later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserSnapshot {
    /// Its number.
    pub(crate) id: UserId,
    /// Its account; empty: a guest.
    pub(crate) account: Arc<str>,
    /// Its name then.
    pub(crate) name: Arc<str>,
}

impl UserSnapshot {
    /// Whether both are the same user, whatever it was called.
    pub(crate) fn is_same_user(&self, other: &Self) -> bool {
        if self.account.is_empty() && other.account.is_empty() {
            self.id == other.id
        } else {
            self.account == other.account
        }
    }
}

/// Something that was done, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act {
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
    pub(crate) by: Actor,
    pub(crate) kind: ActKind,
    /// The user to whom it was done, if it was to one.
    pub(crate) user: Option<UserSnapshot>,
    /// The room; empty: none, or all.
    pub(crate) room: Arc<str>,
    /// More about it, by the names of the fields: `sanction`, `until`, `reason`, `rule`, `note`,
    /// `line`, `report` and so on. Never the text of a chat.
    pub(crate) details: Vec<(&'static str, String)>,
}

/// The kinds of acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ActKind {
    /// A mute, a ban or a kick was imposed.
    Imposed,
    /// A mute or a ban was lifted before its end.
    Lifted,
    /// A user has another role.
    RoleSet,
    /// Settings of a room were changed.
    RoomChanged,
    /// A room was opened by the game.
    RoomOpened,
    /// A room was closed by the game.
    RoomClosed,
    /// A room was cleared.
    Cleared,
    /// All lines of a user were removed.
    Purged,
    /// A line of another user was removed.
    LineRemoved,
    /// A report came.
    Reported,
    /// A moderator has taken a report.
    ReportClaimed,
    /// A moderator has given a report back.
    ReportReleased,
    /// A report was decided.
    ReportDecided,
    /// A report and its evidence were forgotten, because their time was over.
    EvidenceForgotten,
    /// A text was held by a filter or the game.
    Held,
    /// A text that was held was published.
    HeldPublished,
    /// A text that was held was rejected.
    HeldRejected,
    /// The game has put users into a room, taken them out, or moved them.
    Moved,
    /// The game has said something.
    SaidByGame,
    /// A user's facts were changed by the game.
    UserChanged,
    /// A user's data were exported.
    Exported,
    /// A user's data were erased.
    Erased,
}

impl ActKind {
    /// The name that the audit log has for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Imposed => "imposed",
            Self::Lifted => "lifted",
            Self::RoleSet => "role_set",
            Self::RoomChanged => "room_changed",
            Self::RoomOpened => "room_opened",
            Self::RoomClosed => "room_closed",
            Self::Cleared => "cleared",
            Self::Purged => "purged",
            Self::LineRemoved => "line_removed",
            Self::Reported => "reported",
            Self::ReportClaimed => "report_claimed",
            Self::ReportReleased => "report_released",
            Self::ReportDecided => "report_decided",
            Self::EvidenceForgotten => "evidence_forgotten",
            Self::Held => "held",
            Self::HeldPublished => "held_published",
            Self::HeldRejected => "held_rejected",
            Self::Moved => "moved",
            Self::SaidByGame => "said_by_game",
            Self::UserChanged => "user_changed",
            Self::Exported => "exported",
            Self::Erased => "erased",
        }
    }
}
