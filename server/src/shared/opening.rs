//! How a room is opened: one that is in memory, one that begins anew, and a durable one that was
//! read from the journal.

use std::sync::{Arc, mpsc};
use std::time::Instant;

use crate::journal::{Failure, Found, Read};
use crate::network::Network;
use crate::policy::Rule;

use super::directory::RoomsFull;
use super::history::HistoryLimits;
use super::lookup::ReadRoom;
use super::room_state::durable::Durable;
use super::room_state::{RoomHandle, RoomState, kept};
use super::{LOBBY, Shared};

/// Why a room is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// There are too many rooms.
    Full(RoomsFull),
    /// It is durable, and has to be read first, or again. The directory has removed rooms like it
    /// so often.
    Unread(u32),
}

impl From<RoomsFull> for NotOpened {
    fn from(full: RoomsFull) -> Self {
        Self::Full(full)
    }
}

impl Shared {
    /// Opens a room for the thread whose first member joins it, a client of `network`. Creates the
    /// room if it does not exist, with this rule. A durable room has to be `read` before.
    ///
    /// # Errors
    ///
    /// [`NotOpened`].
    pub(crate) fn open_room(
        &self,
        room: &str,
        thread: usize,
        network: Network,
        rule: &Arc<Rule>,
        read: Option<ReadRoom>,
        now: Instant,
    ) -> Result<RoomHandle, NotOpened> {
        let mut directory = self.directory.lock();
        let mut durable = None;
        if let Some(journal) = &self.journal
            // One that is not here is in memory only: a durable one was loaded at the start.
            && room != LOBBY
            && rule.keep.is_durable()
            && !directory.has(room)
        {
            let removals = directory.removals(room);
            let read = read.filter(|read| read.removals == removals);
            durable = Some(Durable {
                kept: read.ok_or(NotOpened::Unread(removals))?.kept,
                journal: Arc::clone(journal),
            });
        }
        let create = || self.new_room(room, rule, durable);
        let state = directory.open(room, network, &self.limits, now, create)?;
        if self.kept_open.lock().contains(room) {
            directory.keep_open(room);
        }
        // Under the lock, so that the room is not closed meanwhile.
        Ok(RoomHandle::open(state, thread))
    }

    /// A room that gets into memory. The directory is locked, so that proximity is not switched
    /// meanwhile.
    pub(super) fn new_room(
        &self,
        name: &str,
        rule: &Arc<Rule>,
        durable: Option<Durable>,
    ) -> RoomState {
        let state = RoomState::new(name, self.mailboxes.clone(), &self.limits, rule, durable);
        let state = state.with_feed(self.feed.clone());
        state.set_near(self.near_rooms.get(name));
        state
    }

    /// Returns the read that the journal has to answer before a durable room with this rule is
    /// opened.
    pub(crate) fn read_of_room(&self, room: &str, rule: &Rule) -> Read {
        let HistoryLimits { lines, bytes, .. } = kept(self.limits.history, rule, true);
        Read::Room {
            room: room.into(),
            most: lines,
            bytes,
        }
    }

    /// Loads the lobby, if it is durable, before any client is there. It stays in memory as long
    /// as the server runs, because clients of the tutorial join it without a request that could
    /// wait for it. Blocks.
    ///
    /// # Errors
    ///
    /// The journal cannot read it.
    pub(crate) fn load_lobby(&self) -> Result<(), Failure> {
        self.load_lobby_after(|| {})
    }

    /// The same, and calls `asked` when the journal was asked for it.
    pub(super) fn load_lobby_after(&self, asked: impl FnOnce()) -> Result<(), Failure> {
        let (rules, _) = self.rules();
        let rule = rules.of(LOBBY);
        let Some(journal) = self.journal.as_ref().filter(|_| rule.keep.is_durable()) else {
            return Ok(());
        };
        let (done, found) = mpsc::channel();
        let read = self.read_of_room(LOBBY, rule);
        let done = move |found| {
            // It is waited for, below.
            let _ = done.send(found);
        };
        journal.read(read, Box::new(done));
        asked();
        let kept = match found.recv().unwrap_or(Err(Failure::Closed))? {
            Found::Room(kept) => kept,
            _ => None,
        };
        let journal = Arc::clone(journal);
        let durable = Some(Durable { journal, kept });
        let mailboxes = self.mailboxes.clone();
        let lobby = RoomState::new(LOBBY, mailboxes, &self.limits, rule, durable);
        let lobby = lobby.with_feed(self.feed.clone());
        lobby.set_near(self.near_rooms.get(LOBBY));
        self.directory.lock().add_lobby(lobby);
        Ok(())
    }
}
