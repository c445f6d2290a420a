//! The acts of moderators on texts that wait for them: they look at them, publish them, and reject
//! them.

use std::sync::{Arc, mpsc};

use guildhall_protocol::{Change, ChangeKind, Packet, PacketBody, Rejected};

use crate::ids::Seq;
use crate::journal::{Failure, HeldText, Row};
use crate::moderation::{Act, ActKind, Actor, UserSnapshot};
use crate::outgoing::frame;
use crate::shared::Shared;
use crate::shared::history::{NewMessage, TextKind};
use crate::shared::join::Position;
use crate::shared::name::{Account, Name};
use crate::shared::records::Records;
use crate::shared::room_state::changes::{Changing, NewChange};
use crate::shared::room_state::durable::NotAdded;
use crate::shared::user::session::ConnectionRef;
use crate::sync::moment::Moment;

use super::rooms::{IfMissing, RoomActError};

/// Why a text that waits is not published or rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeldError {
    /// No text with this number waits, or somebody else decides about it just now.
    #[error("no text with the number {0} waits")]
    NotHeld(u64),
    /// It edits a line that cannot be edited any more. It still waits, and can be rejected.
    #[error("the line that it edits cannot be edited any more")]
    NoLine,
    /// The room cannot be opened, or the line cannot be kept now. It still waits.
    #[error(transparent)]
    Room(#[from] RoomActError),
}

impl From<Failure> for HeldError {
    fn from(failure: Failure) -> Self {
        Self::Room(failure.into())
    }
}

impl Shared {
    /// The texts that wait behind the number `after`, the oldest first, at most so many, in the
    /// rooms that `is_wanted` names.
    pub(crate) fn held_texts(
        &self,
        after: u64,
        most: usize,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Vec<Arc<HeldText>> {
        self.held.after(after, most, is_wanted)
    }

    /// Publishes a text that waits, as a line of its user that is said now. An edit is one of the
    /// time at which its user wanted it, so that it does not come too late. Returns the position
    /// of the line. Waits for the journal.
    ///
    /// # Errors
    ///
    /// [`HeldError`].
    pub(crate) fn publish_held(
        &self,
        by: &Actor,
        id: u64,
        at: Moment,
    ) -> Result<Position, HeldError> {
        let held = self.held.take(id).ok_or(HeldError::NotHeld(id))?;
        let published = self.say_held(&held, at);
        let position = published.inspect_err(|_| self.held.give_back(id))?;
        self.held.remove(id, None);
        self.forget_held(id);
        let line = ("line", position.seq.0.to_string());
        self.note_held_act(by, ActKind::HeldPublished, &held, Some(line), at);
        Ok(position)
    }

    /// Rejects a text that waits. All clients of its user are told, with these words, which may be
    /// empty.
    ///
    /// # Errors
    ///
    /// [`HeldError`].
    pub(crate) fn reject_held(
        &self,
        by: &Actor,
        id: u64,
        words: &str,
        at: Moment,
    ) -> Result<(), HeldError> {
        let held = self.held.take(id).ok_or(HeldError::NotHeld(id))?;
        self.held.remove(id, Some(&words.into()));
        self.forget_held(id);
        if let Some(user) = self.users.by_id(held.user.id) {
            let rejected = PacketBody::Rejected(Rejected {
                room: held.room.to_string(),
                nonce: held.nonce.0,
                session: held.session.0,
                words: words.to_owned(),
            });
            let frames = frame::packet(&Packet::from(rejected));
            for ConnectionRef { thread, id } in user.connections(None) {
                self.mailboxes.deliver(thread, id, frames.clone());
            }
        }
        self.note_held_act(by, ActKind::HeldRejected, &held, None, at);
        Ok(())
    }

    /// Removes what a user wants to say, because the user is erased. Nobody is told.
    pub(crate) fn erase_held(&self, user: &UserSnapshot) -> usize {
        let own = self.held.of_user(user);
        for id in &own {
            self.held.remove(*id, None);
            self.forget_held(*id);
        }
        own.len()
    }

    /// Says the text in its room.
    fn say_held(&self, held: &HeldText, at: Moment) -> Result<Position, HeldError> {
        let room = self.room_of_act(&held.room, IfMissing::Create, at.now)?;
        if room.is_full() {
            return Err(Failure::Busy.into());
        }
        let epoch = room.facts().newest.epoch;
        let line = held.line_in(epoch.0);
        if held.is_edit && line == Seq(0) {
            return Err(HeldError::NoLine);
        }
        let name = self.name_of_author(held);
        let change = held.is_edit.then(|| Change {
            seq: line.0,
            kind: ChangeKind::Edited.into(),
            reaction: None,
            user: 0,
        });
        let is_first = held.session.0 == held.user.id.0;
        let message = NewMessage {
            speaker: held.user.id,
            name: &name,
            session: if is_first { 0 } else { held.session.0 },
            nonce: held.nonce,
            text: &held.text,
            kind: TextKind::from_action(held.action),
            unix_millis: if held.is_edit {
                held.time
            } else {
                at.unix_millis
            },
            reply_to: if held.is_edit { Seq(0) } else { line },
            change: change.as_ref(),
        };
        let (outcome, said) = mpsc::channel();
        if held.is_edit {
            let changing = Changing {
                seq: line,
                may_change_others: false,
                edit_within: self.limits.edit_within,
            };
            room.change_outside(&NewChange { message, changing }, outcome);
        } else {
            room.say_outside(&message, outcome);
        }
        match said.recv().unwrap_or(Err(NotAdded::CLOSED)) {
            Ok(position) => Ok(position),
            Err(NotAdded::Impossible(_)) => Err(HeldError::NoLine),
            Err(NotAdded::NotKept(failure)) => Err(failure.into()),
        }
    }

    /// The author's name: that of now, if the server knows the user.
    fn name_of_author(&self, held: &HeldText) -> Name {
        if let Some(user) = self.users.meant(held.user.id.0, "") {
            return user.name();
        }
        let account = (!held.user.account.is_empty()).then(|| {
            Arc::new(Account {
                user: (&*held.user.account).into(),
                info: (&*held.info).into(),
            })
        });
        Name::new(&held.user.name).with_account(account)
    }

    fn forget_held(&self, id: u64) {
        Records::new(self.journal.clone()).note(|| vec![Row::ForgetHeld(id)]);
    }

    fn note_held_act(
        &self,
        by: &Actor,
        kind: ActKind,
        held: &HeldText,
        detail: Option<(&'static str, String)>,
        at: Moment,
    ) {
        let details = [("held", held.id.to_string())].into_iter().chain(detail);
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.clone(),
            kind,
            user: Some(held.user.clone()),
            room: Arc::clone(&held.room),
            details: details.collect(),
        });
    }
}
