//! The log that an observer keeps: all that it hears in its rooms, and what it was told of its own
//! requests.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use guildhall_client::RequestId;
use guildhall_client::session::{ChatLine, Event};
use guildhall_testing::heard::{RoomLog, What};

/// How many of its own lines an observer remembers, to change one of them.
const RECENT: usize = 8;

/// The log of an observer.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    /// Its number, which is in its name.
    pub(crate) number: usize,
    /// All that it has heard in each room.
    pub(crate) rooms: BTreeMap<String, RoomLog>,
    /// The texts that it has said and that were acknowledged, with their rooms.
    pub(crate) acknowledged: Vec<(String, String)>,
    /// Those that were refused.
    pub(crate) refused: Vec<String>,
    /// The number and the first text of each of its own lines, as it has heard them, by room.
    pub(crate) own: BTreeMap<String, BTreeMap<String, u64>>,
    /// The whispers that it has heard.
    pub(crate) whispers: BTreeSet<String>,
    /// Whether the server had forgotten its session once: then whispers may be missing.
    pub(crate) has_lost_session: bool,
    /// The texts that it has said and has no answer for: the room and the text. Nothing for a change.
    pub(super) waiting: HashMap<RequestId, Option<(String, String)>>,
    /// The line that it says for the round of now.
    pub(super) round: usize,
    pub(super) round_line: Option<RequestId>,
    pub(super) has_answered: bool,
    /// The newest of its own lines.
    recent: Vec<(String, u64)>,
}

impl Observer {
    /// The observer with this number, which has heard nothing.
    pub(crate) fn new(number: usize) -> Self {
        Self {
            number,
            ..Self::default()
        }
    }

    /// It hears a line.
    pub(super) fn hear(&mut self, line: ChatLine) {
        if line.own {
            let own = self.own.entry(line.room.clone()).or_default();
            let again = own.insert(line.text.clone(), line.seq);
            assert_eq!(again, None, "{} is in {} twice", line.text, line.room);
            self.recent.insert(0, (line.room.clone(), line.seq));
            self.recent.truncate(RECENT);
        }
        self.rooms.entry(line.room.clone()).or_default().hear(line);
    }

    /// It is told of a change.
    pub(super) fn note_change(&mut self, event: Event) {
        if let Some((change, what)) = What::of(event) {
            let room = self.rooms.entry(change.room.clone()).or_default();
            room.change(&change, what);
        }
    }

    /// One of its own newest lines.
    pub(super) fn recent(&self) -> Option<(String, u64)> {
        fastrand::choice(&self.recent).cloned()
    }

    /// One of its requests was acknowledged.
    pub(super) fn acknowledge(&mut self, nonce: RequestId) {
        if let Some(Some(said)) = self.waiting.remove(&nonce) {
            self.acknowledged.push(said);
        }
    }

    /// One of its requests was not done, or (if it `is_open`) perhaps it was.
    pub(super) fn fail(&mut self, nonce: RequestId, is_open: bool) {
        if let Some(Some((_, text))) = self.waiting.remove(&nonce)
            && !is_open
        {
            self.refused.push(text);
        }
        if self.round_line == Some(nonce) {
            self.round_line = None;
        }
    }
}
