//! The audit log: what moderators, the game and the server have done, each with a number. Nobody
//! changes it. [`AuditBook`] is that of a server that keeps it in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::moderation::{Act, Actor, UserSnapshot};

/// The most entries that one read returns.
pub(crate) const MOST_READ: usize = 200;

/// The most entries that are kept in memory.
const MOST: usize = 10_000;

/// The most characters of one detail of an act.
const MOST_DETAIL: usize = 1_024;

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number: 1, 2, 3 and so on.
    pub(crate) id: u64,
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
    pub(crate) by: Actor,
    /// The name of its kind, see [`ActKind::name`](crate::moderation::ActKind::name).
    pub(crate) kind: String,
    /// The user to whom it was done, if it was to one.
    pub(crate) user: Option<UserSnapshot>,
    /// The room; empty: none, or all.
    pub(crate) room: Arc<str>,
    /// More about it, by name.
    pub(crate) details: Vec<(String, String)>,
}

/// A look at the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRead {
    /// The entries behind this one; if `newest_first`, those before it, and 0 is behind the last.
    pub(crate) behind: u64,
    /// Whether the newest come first.
    pub(crate) newest_first: bool,
    /// Only what was done to this user; `None`: to anybody.
    pub(crate) user: Option<UserSnapshot>,
    /// The most entries, and at most [`MOST_READ`].
    pub(crate) most: usize,
}

/// The newest entries of an audit log in memory.
#[derive(Debug, Default)]
pub(crate) struct AuditBook {
    entries: VecDeque<AuditEntry>,
    last: u64,
}

impl AuditEntry {
    /// The entry about an act, with this number. What is too long in it is cut.
    pub(crate) fn new(id: u64, act: &Act) -> Self {
        let details = act.details.iter();
        let details = details.map(|(name, value)| ((*name).to_owned(), cut(value)));
        Self {
            id,
            time: act.time,
            by: act.by.clone(),
            kind: act.kind.name().to_owned(),
            user: act.user.clone(),
            room: Arc::clone(&act.room),
            details: details.collect(),
        }
    }
}

fn cut(value: &str) -> String {
    value.chars().take(MOST_DETAIL).collect()
}

impl AuditRead {
    /// How many entries it returns at most.
    pub(crate) fn most(&self) -> usize {
        self.most.clamp(1, MOST_READ)
    }

    fn has(&self, entry: &AuditEntry) -> bool {
        match (&self.user, &entry.user) {
            (None, _) => true,
            (Some(wanted), Some(user)) => user.is_same_user(wanted),
            (Some(_), None) => false,
        }
    }
}

impl AuditBook {
    /// Notes an act. The oldest makes room for it.
    pub(crate) fn note(&mut self, act: &Act) {
        self.last += 1;
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(AuditEntry::new(self.last, act));
    }

    /// All entries, the oldest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &AuditEntry> {
        self.entries.iter()
    }

    /// The entries that a read is for, and whether there are more.
    pub(crate) fn list(&self, read: &AuditRead) -> (Vec<AuditEntry>, bool) {
        let most = read.most();
        let entries = self.entries.iter().filter(|entry| read.has(entry));
        let mut found: Vec<_> = if read.newest_first {
            let end = if read.behind == 0 {
                u64::MAX
            } else {
                read.behind
            };
            let older = entries.rev().filter(|entry| entry.id < end);
            older.take(most + 1).cloned().collect()
        } else {
            let newer = entries.filter(|entry| entry.id > read.behind);
            newer.take(most + 1).cloned().collect()
        };
        let more = found.len() > most;
        found.truncate(most);
        (found, more)
    }
}
