//! Rooms as the game and moderators have them: their settings at run time, and which are kept open.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use guildhall_protocol::Member;

use crate::ids::UserId;
use crate::journal::{Failure, Found, Read, RoomSettingsRow, Row};
use crate::moderation::{Act, ActKind, Actor};
use crate::names::{self, NameFault};
use crate::policy::{BadSettings, ChangedSettings, MOST_CHANGED, Rules};
use crate::shared::directory::{Added, RoomsFull};
use crate::shared::records::Records;
use crate::shared::room_state::RoomState;
use crate::shared::room_state::durable::{Durable, NotAdded};
use crate::shared::room_state::outside::RoomFacts;
use crate::shared::{LOBBY, Shared};
use crate::sync::moment::Moment;

/// How often a room is read that the directory loses meanwhile.
const MOST_READS: usize = 3;

/// Why something is not done in a room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RoomActError {
    /// No room can have this name.
    #[error("no room can have this name: {}", .0.rule.word())]
    BadName(NameFault),
    /// There is no such room.
    #[error("there is no such room")]
    NoSuchRoom,
    /// The settings are not possible.
    #[error(transparent)]
    Settings(#[from] BadSettings),
    /// As many rooms have settings of their own, or are kept open, as may.
    #[error("{0} rooms have settings of their own, as many as may")]
    TooMany(usize),
    /// The server has as many rooms as it may have.
    #[error(transparent)]
    Full(#[from] RoomsFull),
    /// Users are moved from a room into itself.
    #[error("users are moved from one room into another")]
    SameRoom,
    /// There is no such line in the room any more.
    #[error("there is no such line in the room")]
    NoSuchLine,
    /// The lobby is always open.
    #[error("the lobby is always open")]
    Lobby,
    /// It cannot be kept or read now.
    #[error("it cannot be kept or read now: {0}")]
    Unavailable(Failure),
}

impl From<NotAdded> for RoomActError {
    fn from(why: NotAdded) -> Self {
        match why {
            NotAdded::NotKept(failure) => failure.into(),
            // Nothing else keeps a moderator from changing one.
            NotAdded::Impossible(_) => Self::NoSuchLine,
        }
    }
}

impl From<Failure> for RoomActError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(failure)
    }
}

/// The game's record of a room.
#[derive(Debug, Clone)]
pub(crate) struct GameRoom {
    pub(crate) facts: RoomFacts,
    /// The changes of the settings file's rule.
    pub(crate) settings: ChangedSettings,
    /// Whether the game keeps it open.
    pub(crate) is_open: bool,
}

/// The name of a room, as the server writes it.
///
/// # Errors
///
/// [`RoomActError::BadName`].
pub(crate) fn room_name(raw: &str) -> Result<Arc<str>, RoomActError> {
    let name = names::room_name(raw).map_err(RoomActError::BadName)?;
    Ok(name.into())
}

impl Shared {
    /// Changes settings of a room, which need not exist, until they are changed again. What is
    /// `None` stays. Its members are told at once. Returns all that is changed of it now.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. Nothing has changed then.
    pub(crate) fn change_room(
        &self,
        by: &Actor,
        room: &str,
        settings: ChangedSettings,
        at: Moment,
    ) -> Result<ChangedSettings, RoomActError> {
        settings.check()?;
        let name = room_name(room)?;
        let details = details(&settings);
        let settings = self.put_settings(&name, |before| settings.over(before))?;
        self.note_room_act(by, ActKind::RoomChanged, &name, details, at);
        Ok(settings)
    }

    /// Undoes what was changed of a room: the rule of the settings file holds again.
    ///
    /// # Errors
    ///
    /// [`RoomActError`].
    pub(crate) fn reset_room(
        &self,
        by: &Actor,
        room: &str,
        at: Moment,
    ) -> Result<(), RoomActError> {
        let name = room_name(room)?;
        self.put_settings(&name, |_| ChangedSettings::default())?;
        self.note_room_act(by, ActKind::RoomChanged, &name, Vec::new(), at);
        Ok(())
    }

    fn put_settings(
        &self,
        room: &Arc<str>,
        change: impl FnOnce(&ChangedSettings) -> ChangedSettings,
    ) -> Result<ChangedSettings, RoomActError> {
        let mut current = self.rules.lock();
        let before = current.changed_settings(room);
        if before.is_none() && current.changed_rooms() >= MOST_CHANGED {
            return Err(RoomActError::TooMany(MOST_CHANGED));
        }
        let settings = change(before.unwrap_or(&ChangedSettings::default()));
        let rules = current.with_settings([(Arc::clone(room), settings.clone())]);
        if rules != **current {
            self.put_rules(&mut current, rules);
        }
        // Under the lock, so that the later one is kept behind the earlier one.
        self.note_settings(room, &settings, self.kept_open.lock().contains(room));
        Ok(settings)
    }

    /// Puts rules of rooms in place of those of before, and wakes all threads to take them over.
    pub(in crate::shared) fn put_rules(&self, current: &mut Arc<Rules>, rules: Rules) {
        *current = Arc::new(rules);
        if let Some(journal) = &self.journal {
            journal.set_rules(current);
        }
        self.rules_version.fetch_add(1, Ordering::Relaxed);
        self.mailboxes.notify_rules();
    }

    fn note_settings(&self, room: &Arc<str>, settings: &ChangedSettings, is_open: bool) {
        let row = || RoomSettingsRow {
            room: Arc::clone(room),
            settings: settings.clone(),
            is_open,
        };
        Records::new(self.journal.clone()).note_some(|| Some(Row::RoomSettings(row())));
    }

    /// Takes over what the journal knows of rooms. Called once, at the start.
    pub(crate) fn restore_rooms(&self, rows: Vec<RoomSettingsRow>) {
        let mut current = self.rules.lock();
        let mut open = self.kept_open.lock();
        let mut settings = Vec::new();
        for row in rows.into_iter().take(MOST_CHANGED) {
            if row.is_open {
                open.insert(Arc::clone(&row.room));
            }
            settings.push((row.room, row.settings));
        }
        let rules = current.with_settings(settings);
        self.put_rules(&mut current, rules);
    }

    /// Opens a room and keeps it open, also without members, until it is closed. It may exist
    /// already. Waits for the journal.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. Nothing has changed then.
    pub(crate) fn keep_room_open(
        &self,
        by: &Actor,
        room: &str,
        settings: ChangedSettings,
        at: Moment,
    ) -> Result<GameRoom, RoomActError> {
        settings.check()?;
        let name = room_name(room)?;
        {
            let mut open = self.kept_open.lock();
            if open.len() >= MOST_CHANGED && !open.contains(&name) {
                return Err(RoomActError::TooMany(MOST_CHANGED));
            }
            open.insert(Arc::clone(&name));
        }
        let opened = (self.put_settings(&name, |before| settings.over(before)))
            .and_then(|_| self.room_of_act(&name, IfMissing::Create, at.now));
        if let Err(error) = opened {
            self.forget_open(&name);
            return Err(error);
        }
        self.directory.lock().keep_open(&name);
        self.note_room_act(by, ActKind::RoomOpened, &name, Vec::new(), at);
        self.game_room(&name, at)
    }

    fn forget_open(&self, name: &Arc<str>) {
        let current = self.rules.lock();
        let settings = current.changed_settings(name).cloned().unwrap_or_default();
        self.kept_open.lock().remove(name);
        self.note_settings(name, &settings, false);
    }

    /// Closes a room: its members are taken out, it is not kept open any more, and the rule of the
    /// settings file holds for it again. What was said there is kept as in any room without
    /// members.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. Nothing has changed then.
    pub(crate) fn close_game_room(
        &self,
        by: &Actor,
        room: &str,
        at: Moment,
    ) -> Result<(), RoomActError> {
        let name = room_name(room)?;
        if &*name == LOBBY {
            return Err(RoomActError::Lobby);
        }
        // Those that are away as well.
        self.users.end_invitations(&name);
        let state = self.directory.lock().get(&name);
        let was_open = self.kept_open.lock().remove(&name);
        let had_settings = self.rules().0.changed_settings(&name).is_some();
        if state.is_none() && !was_open && !had_settings {
            return Err(RoomActError::NoSuchRoom);
        }
        self.put_settings(&name, |_| ChangedSettings::default())?;
        self.directory.lock().end_keep_open(&name, at.now);
        if let Some(state) = state {
            self.take_all_out(&state);
        }
        self.note_room_act(by, ActKind::RoomClosed, &name, Vec::new(), at);
        Ok(())
    }

    /// A room, as the game sees it. One that is not in memory is read: waits for the journal.
    ///
    /// # Errors
    ///
    /// [`RoomActError`].
    pub(crate) fn game_room(&self, room: &str, at: Moment) -> Result<GameRoom, RoomActError> {
        let name = room_name(room)?;
        let is_open = self.kept_open.lock().contains(&name);
        let if_missing = if is_open {
            IfMissing::Create
        } else {
            IfMissing::Refuse
        };
        let state = self.room_of_act(&name, if_missing, at.now)?;
        Ok(self.game_room_of(&state))
    }

    fn game_room_of(&self, state: &RoomState) -> GameRoom {
        let mut facts = state.facts();
        let (rules, _) = self.rules();
        // The room itself has it when one of its threads has looked.
        facts.rule = Arc::clone(rules.of(&facts.name));
        let settings = rules.changed_settings(&facts.name).cloned();
        GameRoom {
            settings: settings.unwrap_or_default(),
            is_open: self.kept_open.lock().contains(&facts.name),
            facts,
        }
    }

    /// The rooms that are in memory or kept open and that are `wanted`, in the order of their
    /// names: those behind `after`, at most this many. Returns whether there are more, too. Waits
    /// for the journal.
    pub(crate) fn game_rooms(
        &self,
        after: &str,
        most: usize,
        wanted: impl Fn(&str) -> bool,
        at: Moment,
    ) -> (Vec<GameRoom>, bool) {
        let mut names: Vec<_> = {
            let directory = self.directory.lock();
            directory
                .rooms()
                .map(|room| Arc::clone(room.name()))
                .collect()
        };
        names.extend(self.kept_open.lock().iter().map(Arc::clone));
        names.retain(|name| &**name > after && wanted(name));
        names.sort_unstable();
        names.dedup();
        let rooms = names.iter().take(most);
        // One may be gone meanwhile.
        let rooms = rooms.filter_map(|name| self.game_room(name, at).ok());
        (rooms.collect(), names.len() > most)
    }

    /// The members of a room in the order of their IDs: those behind `after`, at most this many.
    ///
    /// # Errors
    ///
    /// [`RoomActError`].
    pub(crate) fn members_of(
        &self,
        room: &str,
        after: UserId,
        most: usize,
        at: Moment,
    ) -> Result<Vec<Member>, RoomActError> {
        let name = room_name(room)?;
        let room = self.room_of_act(&name, IfMissing::Refuse, at.now)?;
        Ok(room.members_after(after, most))
    }

    /// The room with this name, for an act. A durable one that is not in memory is read: waits
    /// for the journal.
    ///
    /// # Errors
    ///
    /// [`RoomActError`].
    pub(crate) fn room_of_act(
        &self,
        name: &str,
        if_missing: IfMissing,
        now: Instant,
    ) -> Result<Arc<RoomState>, RoomActError> {
        for _ in 0..MOST_READS {
            let (here, removals) = {
                let directory = self.directory.lock();
                (directory.get(name), directory.removals(name))
            };
            if let Some(room) = here {
                return Ok(room);
            }
            let (rules, _) = self.rules();
            let rule = rules.of(name);
            let journal = self.journal.as_ref();
            let journal = journal.filter(|_| rule.keep.is_durable() && name != LOBBY);
            let mut durable = None;
            if let Some(journal) = journal {
                let kept = match self.read_and_wait(self.read_of_room(name, rule))? {
                    Found::Room(kept) => kept,
                    _ => None,
                };
                if kept.is_none() && if_missing == IfMissing::Refuse {
                    return Err(RoomActError::NoSuchRoom);
                }
                let journal = Arc::clone(journal);
                durable = Some(Durable { journal, kept });
            } else if if_missing == IfMissing::Refuse {
                return Err(RoomActError::NoSuchRoom);
            }
            let create = || self.new_room(name, rule, durable);
            let mut directory = self.directory.lock();
            match directory.add(name, removals, &self.limits, now, create)? {
                Added::Room(room) => return Ok(room),
                // It was in memory meanwhile.
                Added::Changed => {}
            }
        }
        Err(RoomActError::Unavailable(Failure::Busy))
    }

    /// The room with this name, if it is in memory.
    #[cfg(test)]
    pub(crate) fn room_in_memory(&self, room: &str) -> Option<Arc<RoomState>> {
        self.directory.lock().get(room)
    }

    /// Reads something from the journal, and waits for it.
    pub(super) fn read_and_wait(&self, read: Read) -> Result<Found, Failure> {
        let journal = self.journal.as_ref().ok_or(Failure::Closed)?;
        let (done, found) = mpsc::channel();
        let done = move |result| {
            // It is waited for, below.
            let _ = done.send(result);
        };
        journal.read(read, Box::new(done));
        found.recv().unwrap_or(Err(Failure::Closed))
    }

    pub(super) fn note_room_act(
        &self,
        by: &Actor,
        kind: ActKind,
        room: &Arc<str>,
        details: Vec<(&'static str, String)>,
        at: Moment,
    ) {
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.clone(),
            kind,
            user: None,
            room: Arc::clone(room),
            details,
        });
    }
}

/// The choice for an act whose room does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMissing {
    /// It is created.
    Create,
    /// The act is refused.
    Refuse,
}

fn details(settings: &ChangedSettings) -> Vec<(&'static str, String)> {
    let ChangedSettings {
        topic,
        slow_mode,
        announce_only,
    } = settings;
    let topic = topic.clone().map(|topic| ("topic", topic));
    let slow_mode = slow_mode.map(|slow| ("slow_mode", slow.as_secs().to_string()));
    let announce_only = announce_only.map(|only| ("announce_only", only.to_string()));
    [topic, slow_mode, announce_only]
        .into_iter()
        .flatten()
        .collect()
}
