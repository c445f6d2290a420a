//! A sanction: a mute, a ban or a kick, with all that its user is told of it and all that
//! moderators see. `shared/sanctions.rs` has those that hold, and a store all of them.

use std::sync::Arc;
use std::time::Duration;

use guildhall_protocol::{Member, Reason, Role, SanctionKind};

use crate::network::Network;

use super::{Actor, UserSnapshot};

/// The settings of moderation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModerationConfig {
    /// The way to appeal against a sanction, in the game's words: an address, or a sentence.
    /// Empty: users are not told.
    pub appeal: String,
    /// For how long reports and the audit log are kept, if they are on a disk.
    pub keep: KeepEvidence,
}

/// For how long reports with their evidence and the audit log are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepEvidence {
    /// A report: from when it was decided on; one that is not, from when it came. `None`: for ever.
    pub reports: Option<Duration>,
    /// An entry of the audit log. `None`: for ever.
    pub audit: Option<Duration>,
}

impl Default for KeepEvidence {
    fn default() -> Self {
        Self {
            reports: Some(Duration::from_hours(180 * 24)),
            audit: Some(Duration::from_hours(365 * 24)),
        }
    }
}

/// A sanction. Its number is never given twice by a server that has a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sanction {
    /// Its number.
    pub(crate) id: u64,
    pub(crate) kind: SanctionKind,
    /// The room; empty: everywhere.
    pub(crate) room: Arc<str>,
    /// The user, as it was then.
    pub(crate) user: UserSnapshot,
    /// The networks whose guests it holds against, too.
    pub(crate) networks: Box<[Network]>,
    /// When it was imposed, in milliseconds since 1970.
    pub(crate) since: u64,
    /// When it ends; 0: it has no end.
    pub(crate) until: u64,
    pub(crate) reason: Reason,
    /// The rule that was broken, for the user to read.
    pub(crate) rule: Box<str>,
    /// For other moderators.
    pub(crate) note: Box<str>,
    /// Whether no human has decided it.
    pub(crate) is_automated: bool,
    /// The moderator that has imposed it.
    pub(crate) by: Author,
    /// The report that it follows from; 0: none.
    pub(crate) report: u64,
}

/// The moderator that has done something, as the record has it. Both are empty if it was the
/// game, or the server itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) account: Arc<str>,
    pub(crate) name: Arc<str>,
}

/// A sanction as the record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SanctionRow {
    pub(crate) sanction: Arc<Sanction>,
    /// How it has ended; `None`: it holds.
    pub(crate) ended: Option<Ended>,
}

/// How a sanction has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
    /// The moderator that has lifted it, or has put another in its place; nobody if its time was
    /// over.
    pub(crate) by: Author,
    /// For other moderators.
    pub(crate) note: Box<str>,
}

/// A role that was given at run time, as the record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleRow {
    /// The account that has it.
    pub(crate) account: Arc<str>,
    /// The room; empty: everywhere.
    pub(crate) room: Arc<str>,
    /// The role; that of a player: it has none any more.
    pub(crate) role: Role,
    /// When it was given, in milliseconds since 1970.
    pub(crate) since: u64,
    /// The admin that has given it.
    pub(crate) by: Author,
}

impl Sanction {
    /// Whether it holds at this time, if nobody has lifted it.
    pub(crate) fn holds_at(&self, unix_millis: u64) -> bool {
        self.kind != SanctionKind::Kick && unix_millis < self.end()
    }

    /// When it ends, as a time that can be compared.
    pub(crate) fn end(&self) -> u64 {
        match self.until {
            0 => u64::MAX,
            until => until,
        }
    }

    /// Whether it is one of this kind in this room.
    pub(crate) fn is(&self, kind: SanctionKind, room: &str) -> bool {
        self.kind == kind && *self.room == *room
    }

    /// Returns what its user is told of it. `appeal` says where to appeal.
    pub(crate) fn told(&self, appeal: &str) -> guildhall_protocol::Sanction {
        guildhall_protocol::Sanction {
            id: self.id,
            kind: self.kind.into(),
            room: self.room.to_string(),
            since: self.since,
            until: self.until,
            reason: self.reason.into(),
            rule: self.rule.to_string(),
            automated: self.is_automated,
            appeal: appeal.to_owned(),
            user: None,
            by: String::new(),
            note: String::new(),
        }
    }

    /// Returns what moderators see of it.
    pub(crate) fn shown(&self, appeal: &str) -> guildhall_protocol::Sanction {
        guildhall_protocol::Sanction {
            user: Some(Member {
                id: self.user.id.0,
                name: self.user.name.to_string(),
                user: self.user.account.to_string(),
                info: String::new(),
            }),
            by: self.by.name.to_string(),
            note: self.note.to_string(),
            ..self.told(appeal)
        }
    }

    /// The arguments of an error that refuses something because of it.
    pub(crate) fn arguments(&self, appeal: &str) -> Vec<String> {
        vec![
            self.room.to_string(),
            self.until.to_string(),
            i32::from(self.reason).to_string(),
            self.rule.to_string(),
            self.id.to_string(),
            appeal.to_owned(),
        ]
    }
}

impl From<&Actor> for Author {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User(user) => Self {
                account: Arc::clone(&user.account),
                name: Arc::clone(&user.name),
            },
            Actor::Game | Actor::Server => Self::default(),
        }
    }
}
