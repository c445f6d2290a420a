//! All that holds against one user, as its session keeps it, and how the user is told of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use guildhall_protocol::{Message as _, SanctionKind};

use crate::moderation::Sanction;
use crate::policy::{Rank, Rights};

use super::Sanctions;

/// The most bytes of the sanctions that a user is told at once, so that they fit into one message
/// beside a welcome. Of the others it is told when it is refused something because of them.
pub(super) const TOLD_BYTES: usize = 16 * 1024;

/// All that held against somebody when it was looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Against {
    pub(super) version: u32,
    pub(super) all: Box<[Arc<Sanction>]>,
}

impl Against {
    /// Whether nothing has changed since it was looked at. Costs no lock.
    pub(crate) fn is_of(&self, sanctions: &Sanctions) -> bool {
        self.version == sanctions.version.load(Ordering::Acquire)
    }

    /// The sanction of this kind that holds in this room, or everywhere, at this time. With an
    /// empty name, only one that holds everywhere. If there are several, the one that ends last.
    pub(crate) fn find(
        &self,
        kind: SanctionKind,
        room: &str,
        unix_millis: u64,
    ) -> Option<&Arc<Sanction>> {
        let is_here = |one: &Sanction| one.room.is_empty() || *one.room == *room;
        self.last(kind, is_here, unix_millis)
    }

    /// The same for any room: one that holds everywhere or in some room.
    pub(crate) fn find_anywhere(
        &self,
        kind: SanctionKind,
        unix_millis: u64,
    ) -> Option<&Arc<Sanction>> {
        self.last(kind, |_| true, unix_millis)
    }

    /// The rank that these rights give somebody in a room, or everywhere with an empty name. Who is
    /// banned from a room has none there.
    pub(crate) fn rank(&self, rights: &Rights, room: &str, unix_millis: u64) -> Rank {
        match self.find(SanctionKind::Ban, room, unix_millis) {
            Some(_) => Rank::Player,
            None => rights.rank(room),
        }
    }

    /// The one that ends last of those that hold where it matters.
    fn last(
        &self,
        kind: SanctionKind,
        matters: impl Fn(&Sanction) -> bool,
        unix_millis: u64,
    ) -> Option<&Arc<Sanction>> {
        let all = self.all.iter();
        let holding =
            all.filter(|one| one.kind == kind && matters(one) && one.holds_at(unix_millis));
        holding.max_by_key(|one| one.end())
    }

    /// Returns the sanctions as the user is told of them: first those that hold everywhere, and of
    /// the rest the newest first. Those that are over at this time are left out.
    pub(crate) fn told(&self, appeal: &str, unix_millis: u64) -> Vec<guildhall_protocol::Sanction> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.retain(|one| one.holds_at(unix_millis));
        all.sort_by_key(|one| (!one.room.is_empty(), std::cmp::Reverse(one.id)));
        fitting(all.into_iter().map(|one| one.told(appeal)), TOLD_BYTES).0
    }
}

/// The first of these sanctions that have at most so many bytes together, and whether there are
/// more.
pub(crate) fn fitting(
    sanctions: impl Iterator<Item = guildhall_protocol::Sanction>,
    most: usize,
) -> (Vec<guildhall_protocol::Sanction>, bool) {
    /// The tag and the length in front of each.
    const HEAD: usize = 4;
    let (mut fitting, mut bytes) = (Vec::new(), 0);
    for sanction in sanctions {
        bytes += sanction.encoded_len() + HEAD;
        if bytes > most {
            return (fitting, true);
        }
        fitting.push(sanction);
    }
    (fitting, false)
}
