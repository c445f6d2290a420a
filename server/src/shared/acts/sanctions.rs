//! Mutes, bans and kicks.

use std::collections::BTreeSet;
use std::sync::Arc;

use guildhall_protocol::{Protocol, Reason, SanctionKind};

use crate::ids::ConnectionId;
use crate::moderation::{Act, ActKind, Actor, Author, Ended, Sanction, UserSnapshot};
use crate::network::Network;
use crate::shared::Shared;
use crate::shared::mailbox::{SanctionChange, ThreadMessage};
use crate::shared::sanctions::SanctionsFull;
use crate::sync::moment::Moment;

use super::By;

/// A sanction that somebody imposes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewSanction<'a> {
    pub(crate) kind: SanctionKind,
    /// The room, as the server writes it; empty: everywhere.
    pub(crate) room: &'a str,
    /// How long it holds, in seconds; 0: without an end.
    pub(crate) seconds: u32,
    pub(crate) reason: Reason,
    /// The rule that was broken, for the user to read.
    pub(crate) rule: &'a str,
    /// For other moderators.
    pub(crate) note: &'a str,
    /// Whether it also holds against guests from the addresses of the user, as far as they are
    /// known.
    pub(crate) of_address: bool,
    /// The report that it follows from; 0: none.
    pub(crate) report: u64,
    /// Whether no human has decided it.
    pub(crate) is_automated: bool,
}

/// Why a sanction is not imposed, or not lifted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SanctionError {
    /// It is the actor itself, or one whose rank is not below that of the actor.
    #[error("{0} is a moderator")]
    IsModerator(Arc<str>),
    /// As many hold as may.
    #[error(transparent)]
    Full(#[from] SanctionsFull),
    /// Nothing of this kind holds against the user.
    #[error("nothing of this kind holds against the user")]
    NoneHolds,
}

impl Shared {
    /// Imposes a sanction on a user. It holds at once, and is kept as soon as the journal can. The
    /// user's clients are told, and leave what they may not be in any more.
    ///
    /// # Errors
    ///
    /// [`SanctionError`].
    pub(crate) fn impose(
        &self,
        by: By<'_>,
        user: &UserSnapshot,
        new: &NewSanction<'_>,
        at: Moment,
    ) -> Result<Arc<Sanction>, SanctionError> {
        self.check_rank(by, user, new.room)?;
        let since = at.unix_millis;
        let seconds = u64::from(new.seconds);
        let is_kick = new.kind == SanctionKind::Kick;
        let of_address = new.of_address && !is_kick;
        let sanction = Sanction {
            id: 0,
            kind: new.kind,
            room: new.room.into(),
            user: user.clone(),
            networks: if of_address {
                self.networks_of(user)
            } else {
                Box::default()
            },
            since,
            until: if is_kick || seconds == 0 {
                0
            } else {
                since + seconds * 1_000
            },
            reason: new.reason,
            rule: new.rule.into(),
            note: new.note.into(),
            is_automated: new.is_automated,
            by: Author::from(by.actor),
            report: new.report,
        };
        let imposed = self.sanctions.impose(sanction.clone(), of_address);
        let imposed = imposed.or_else(|SanctionsFull| {
            self.forget_lost_guests(since);
            self.sanctions.impose(sanction, of_address)
        })?;
        self.note_imposed(by.actor, &imposed, at);
        self.tell_threads(&imposed, false);
        Ok(imposed)
    }

    /// Lifts the sanction of this kind in this room. The user's clients are told.
    ///
    /// # Errors
    ///
    /// [`SanctionError`].
    pub(crate) fn lift(
        &self,
        by: By<'_>,
        user: &UserSnapshot,
        (kind, room): (SanctionKind, &str),
        note: &str,
        at: Moment,
    ) -> Result<Arc<Sanction>, SanctionError> {
        self.check_rank(by, user, room)?;
        let ended = Ended {
            time: at.unix_millis,
            by: Author::from(by.actor),
            note: note.into(),
        };
        let whose = (&*user.account, user.id);
        let lifted = self.sanctions.lift(whose, (kind, room), ended);
        let lifted = lifted.ok_or(SanctionError::NoneHolds)?;
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.actor.clone(),
            kind: ActKind::Lifted,
            user: Some(lifted.user.clone()),
            room: Arc::clone(&lifted.room),
            details: vec![
                ("sanction", lifted.id.to_string()),
                ("kind", kind_name(kind).into()),
                ("note", note.into()),
            ],
        });
        self.tell_threads(&lifted, true);
        Ok(lifted)
    }

    /// Whether somebody may act against a user in this room, or everywhere.
    ///
    /// # Errors
    ///
    /// [`SanctionError::IsModerator`].
    pub(crate) fn check_rank(
        &self,
        by: By<'_>,
        user: &UserSnapshot,
        room: &str,
    ) -> Result<(), SanctionError> {
        if by.is(user) || self.roles.rank(&user.account, room) >= by.rank {
            return Err(SanctionError::IsModerator(Arc::clone(&user.name)));
        }
        Ok(())
    }

    /// Whether somebody may remove what a user has said in this room, or everywhere. What it has said
    /// itself it may take back.
    ///
    /// # Errors
    ///
    /// [`SanctionError::IsModerator`].
    pub(crate) fn check_purge(
        &self,
        by: By<'_>,
        user: &UserSnapshot,
        room: &str,
    ) -> Result<(), SanctionError> {
        if by.is(user) {
            return Ok(());
        }
        self.check_rank(by, user, room)
    }

    /// The networks of a user, as far as they are known: those of its connections, and those that
    /// its sessions came from which are away; of a guest that has left, the last one.
    fn networks_of(&self, user: &UserSnapshot) -> Box<[Network]> {
        let mut networks = BTreeSet::new();
        if let Some(known) = self.users.by_id(user.id) {
            let connections = known.connections(None);
            networks.extend(connections.iter().filter_map(|one| self.network_of(one.id)));
            networks.extend(self.users.away_networks(&known));
        } else if self.protocol_of(ConnectionId(user.id.0)) == Some(Protocol::Tutorial) {
            networks.extend(self.network_of(ConnectionId(user.id.0)));
        } else if user.account.is_empty() {
            networks.extend(self.gone_guests.network(user.id));
        }
        networks.into_iter().collect()
    }

    /// Forgets what holds against guests whose sessions have ended: nobody has their numbers any
    /// more.
    fn forget_lost_guests(&self, unix_millis: u64) {
        let mut guests = self.sanctions.guests();
        guests.retain(|(user, _)| {
            let is_tutorial = self.protocol_of(ConnectionId(user.0)) == Some(Protocol::Tutorial);
            !is_tutorial && self.users.by_id(*user).is_none()
        });
        let sanctions: Vec<_> = guests.into_iter().map(|(_, sanction)| sanction).collect();
        self.sanctions.forget(&sanctions, unix_millis);
    }

    fn note_imposed(&self, actor: &Actor, sanction: &Sanction, at: Moment) {
        self.note_act(&Act {
            time: at.unix_millis,
            by: actor.clone(),
            kind: ActKind::Imposed,
            user: Some(sanction.user.clone()),
            room: Arc::clone(&sanction.room),
            details: vec![
                ("sanction", sanction.id.to_string()),
                ("kind", kind_name(sanction.kind).into()),
                ("until", sanction.until.to_string()),
                ("reason", i32::from(sanction.reason).to_string()),
                ("rule", sanction.rule.to_string()),
                ("note", sanction.note.to_string()),
                ("address", (!sanction.networks.is_empty()).to_string()),
                ("automated", sanction.is_automated.to_string()),
                ("report", sanction.report.to_string()),
            ],
        });
    }

    /// Has each thread tell the connections that a sanction is about, and take them out of where
    /// they may not be any more.
    fn tell_threads(&self, sanction: &Arc<Sanction>, is_lifted: bool) {
        // A user with an account may have another number since.
        let user = match &*sanction.user.account {
            "" => self.users.by_id(sanction.user.id),
            account => self.users.with_account(account),
        };
        let connections = user.map_or_else(Vec::new, |user| user.connections(None));
        for thread in 0..self.mailboxes.threads() {
            let here = connections.iter().filter(|one| one.thread == thread);
            let change = SanctionChange {
                sanction: Arc::clone(sanction),
                is_lifted,
                connections: here.map(|one| one.id).collect(),
            };
            let message = ThreadMessage::Sanctioned(Box::new(change));
            self.mailboxes.send(thread, message);
        }
    }
}

/// The name that the audit log has for a kind of sanctions.
pub(crate) const fn kind_name(kind: SanctionKind) -> &'static str {
    match kind {
        SanctionKind::Unspecified => "",
        SanctionKind::Mute => "mute",
        SanctionKind::Ban => "ban",
        SanctionKind::Kick => "kick",
    }
}
