//! The removal of many lines at once: a room is cleared, or a user is purged from one room or from
//! all. Each is one change in a room's order. What comes later shows nothing of these lines.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, mpsc};

use guildhall_protocol::{Change, ChangeKind};

use crate::ids::UserId;
use crate::journal::{Failure, Found, Read, SpeakersRead};
use crate::moderation::{Act, ActKind, Actor, UserSnapshot};
use crate::shared::Shared;
use crate::shared::history::NewMessage;
use crate::shared::join::Position;
use crate::shared::name::{Account, Name};
use crate::shared::records::Records;
use crate::shared::room_state::RoomState;
use crate::shared::room_state::durable::{NotAdded, OutcomeSender};
use crate::sync::moment::Moment;

use super::rooms::{IfMissing, RoomActError, room_name};

/// The number and the name of whoever does something in a room, as its members see it.
pub(super) fn speaker(shared: &Shared, by: &Actor) -> (UserId, Name) {
    match by {
        Actor::User(user) => {
            let account = (!user.account.is_empty()).then(|| {
                Arc::new(Account {
                    user: (&*user.account).into(),
                    info: "".into(),
                })
            });
            (user.id, Name::new(&user.name).with_account(account))
        }
        Actor::Game | Actor::Server => (UserId(0), shared.system_name()),
    }
}

impl Shared {
    /// Removes all that was said in a room until now. Returns the position of the change. Waits
    /// for the journal.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. Nothing has changed then.
    pub(crate) fn clear_room(
        &self,
        by: &Actor,
        room: &str,
        at: Moment,
    ) -> Result<Position, RoomActError> {
        let name = room_name(room)?;
        let room = self.room_of_act(&name, IfMissing::Refuse, at.now)?;
        let change = Change {
            kind: ChangeKind::Cleared.into(),
            ..Change::default()
        };
        let (outcome, decided) = mpsc::channel();
        self.sweep_room(by, &room, &change, outcome, at);
        let position = decided.recv().unwrap_or(Err(NotAdded::CLOSED))?;
        let details = vec![("line", position.seq.0.to_string())];
        self.note_room_act(by, ActKind::Cleared, &name, details, at);
        Ok(position)
    }

    /// Removes all that a user has said until now: in one room, or in all, also those that are not
    /// in memory. Returns in how many rooms there was something. Waits for the journal.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. In some of the rooms it may be done.
    pub(crate) fn purge_user(
        &self,
        by: &Actor,
        user: &UserSnapshot,
        room: Option<&str>,
        at: Moment,
    ) -> Result<usize, RoomActError> {
        let only = room.map(room_name).transpose()?;
        let said = self.rooms_with_lines_of(user.id, &user.account, only.as_ref())?;
        let rooms = said.len();
        let mut waiting = Vec::new();
        for (name, numbers) in said {
            let room = match self.room_of_act(&name, IfMissing::Refuse, at.now) {
                Ok(room) => room,
                // Its last line was forgotten meanwhile.
                Err(RoomActError::NoSuchRoom) => continue,
                Err(error) => return Err(error),
            };
            for number in numbers {
                let change = Change {
                    kind: ChangeKind::Purged.into(),
                    user: number.0,
                    ..Change::default()
                };
                let (outcome, decided) = mpsc::channel();
                self.sweep_room(by, &room, &change, outcome, at);
                waiting.push(decided);
            }
        }
        for decided in waiting {
            decided.recv().unwrap_or(Err(NotAdded::CLOSED))?;
        }
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.clone(),
            kind: ActKind::Purged,
            user: Some(user.clone()),
            room: only.unwrap_or_default(),
            details: vec![("rooms", rooms.to_string())],
        });
        Ok(rooms)
    }

    /// Clears a room that is in memory, or purges a user there, without waiting: for tests. Returns
    /// false if it is not in memory.
    #[doc(hidden)]
    #[must_use]
    pub fn sweep_in_memory(&self, room: &str, user: Option<UserId>, at: Moment) -> bool {
        let Some(room) = self.directory.lock().get(room) else {
            return false;
        };
        let kind = match user {
            Some(_) => ChangeKind::Purged,
            None => ChangeKind::Cleared,
        };
        let change = Change {
            kind: kind.into(),
            user: user.map_or(0, |user| user.0),
            ..Change::default()
        };
        self.sweep_room(&Actor::Game, &room, &change, mpsc::channel().0, at);
        true
    }

    /// The rooms in which a user has said something, with the numbers that it had there: a user
    /// with an account that was forgotten and came back has another one.
    fn rooms_with_lines_of(
        &self,
        user: UserId,
        account: &str,
        only: Option<&Arc<str>>,
    ) -> Result<BTreeMap<Arc<str>, BTreeSet<UserId>>, RoomActError> {
        let mut said: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let rooms: Vec<_> = {
            let directory = self.directory.lock();
            let rooms = directory.rooms();
            let wanted = rooms.filter(|room| only.is_none_or(|only| only == room.name()));
            wanted.map(Arc::clone).collect()
        };
        for room in rooms.iter().filter(|room| !room.is_durable()) {
            let numbers = room.numbers_of(user, account);
            if !numbers.is_empty() {
                said.insert(Arc::clone(room.name()), numbers);
            }
        }
        if self.journal.is_none() {
            return Ok(said);
        }
        // The journal decides first on all that was said before this call.
        let (done, decided) = mpsc::channel();
        let done = move |result| drop(done.send(result));
        Records::new(self.journal.clone()).try_note(Vec::new, Box::new(done));
        decided.recv().unwrap_or(Err(Failure::Closed))?;
        let read = Read::Speakers(SpeakersRead {
            user,
            account: account.into(),
            room: only.cloned(),
        });
        if let Found::Speakers(found) = self.read_and_wait(read)? {
            for (room, number) in found {
                said.entry(room).or_default().insert(number);
            }
        }
        Ok(said)
    }

    fn sweep_room(
        &self,
        by: &Actor,
        room: &Arc<RoomState>,
        change: &Change,
        outcome: OutcomeSender,
        at: Moment,
    ) {
        let (speaker, name) = speaker(self, by);
        let message = NewMessage {
            name: &name,
            change: Some(change),
            ..NewMessage::plain(speaker, "", at.unix_millis)
        };
        room.say_outside(&message, outcome);
    }
}
