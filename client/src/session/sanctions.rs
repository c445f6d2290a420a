//! The sanctions of the user: mutes and bans, with their ends by the session's clock
//! (docs/client.md, "Sanctions"). Told when the server imposes or lifts one, and when one ends.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::room::cut;
use super::{Event, SendError, Session};
use guildhall_protocol::{Role, Sanction, SanctionKind};

/// So many sanctions of the user are kept.
const MOST_SANCTIONS: usize = 64;

/// The sanctions that hold, and the server's clock.
#[derive(Debug, Default)]
pub(super) struct Sanctions {
    all: Vec<Sanction>,
    /// The server's time at Welcome, and the session's.
    clock: (u64, u64),
}

impl Sanctions {
    /// When this ends, in the session's milliseconds; `None`: it has no end.
    fn end_of(&self, sanction: &Sanction) -> Option<u64> {
        let (server, session) = self.clock;
        let after_welcome = sanction.until.saturating_sub(server);
        (sanction.until > 0).then(|| session.saturating_add(after_welcome))
    }

    /// When the first of them ends.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let ends = self.all.iter().filter_map(|it| self.end_of(it));
        ends.min()
    }
}

/// The part of a sanction against its own user that a client keeps: nothing without bounds, and
/// nothing that only moderators get.
pub(super) fn bounded(mut sanction: Sanction) -> Sanction {
    for text in [&mut sanction.room, &mut sanction.rule, &mut sanction.appeal] {
        let length = cut(text).len();
        text.truncate(length);
    }
    Sanction {
        user: None,
        by: String::new(),
        note: String::new(),
        ..sanction
    }
}

impl Session {
    /// The sanctions that hold against the user now: mutes and bans.
    #[must_use]
    pub fn sanctions(&self) -> &[Sanction] {
        &self.sanctions.all
    }

    /// The mute for which the user cannot say anything in this room, nor react to anything; if
    /// there are several, the one that ends last. An empty name means whispers.
    #[must_use]
    pub fn muted(&self, room: &str) -> Option<&Sanction> {
        let room = match self.room_index(room) {
            Some(index) => &self.rooms[index].view.name,
            None => room,
        };
        let mut last: Option<&Sanction> = None;
        for it in &self.sanctions.all {
            let is_it = it.kind() == SanctionKind::Mute && (it.room.is_empty() || it.room == room);
            let end = |it: &Sanction| self.ends_at(it).unwrap_or(u64::MAX);
            if is_it && last.is_none_or(|last| end(it) > end(last)) {
                last = Some(it);
            }
        }
        last
    }

    /// Whether the user can say something in this room, as far as is known: the user wants to be
    /// in it, and neither its settings nor a [mute](Self::muted) forbid it.
    #[must_use]
    pub fn can_say(&self, room: &str) -> bool {
        let view = self.room(room);
        view.is_some_and(|view| !view.settings.read_only) && self.muted(room).is_none()
    }

    /// When a sanction against the user ends, in the session's milliseconds; `None`: it has no
    /// end.
    #[must_use]
    pub fn ends_at(&self, sanction: &Sanction) -> Option<u64> {
        self.sanctions.end_of(sanction)
    }

    /// The user's role everywhere, as the last Welcome says.
    #[must_use]
    pub fn role(&self) -> Role {
        self.account.role
    }

    /// Whether the user may moderate this room.
    #[must_use]
    pub fn may_moderate(&self, room: &str) -> bool {
        let view = self.room(room);
        self.account.role != Role::Unspecified
            || view.is_some_and(|view| view.settings.may_moderate)
    }

    pub(super) fn check_not_muted(&self, room: &str) -> Result<(), SendError> {
        match self.muted(room) {
            Some(_) => Err(SendError::Muted),
            None => Ok(()),
        }
    }

    /// The client is online: this is the server's clock.
    pub(super) fn set_server_time(&mut self, time: u64, now: u64) {
        self.sanctions.clock = (time, now);
    }

    /// This is all that holds against the user now.
    pub(super) fn set_sanctions(&mut self, all: Vec<Sanction>, now: u64) {
        let mut new: Vec<Sanction> = Vec::new();
        for sanction in all {
            let holds = matches!(sanction.kind(), SanctionKind::Mute | SanctionKind::Ban)
                && self.ends_at(&sanction).is_none_or(|end| now < end);
            let is_twice = new.iter().any(|it| it.id == sanction.id);
            if holds && !is_twice && new.len() < MOST_SANCTIONS {
                new.push(bounded(sanction));
            }
        }
        let old = core::mem::take(&mut self.sanctions.all);
        for before in &old {
            if new.iter().all(|it| it.id != before.id) {
                self.emit(Event::SanctionEnded(Box::new(before.clone())));
            }
        }
        for sanction in &new {
            if !old.contains(sanction) {
                let left = self.ends_at(sanction).map(|end| end.saturating_sub(now));
                let sanction = Box::new(sanction.clone());
                self.emit(Event::Sanctioned { sanction, left });
            }
        }
        self.sanctions.all = new;
    }

    /// Forgets what has reached its end.
    pub(super) fn end_sanctions(&mut self, now: u64) {
        if self.sanctions.wake_at().is_some_and(|end| end <= now) {
            let all = self.sanctions.all.clone();
            self.set_sanctions(all, now);
        }
    }
}
