//! The rows about users that could not be kept, for as long as the store fails. They are tried
//! again in front of all that comes later. A later row takes the place of an earlier one about
//! the same, so that they are no more than there are users, sessions, marks and blocks, however
//! long a disk stays full. Of events there are so many at most. The thread that writes has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;

use crate::events::{Event, EventKind};
use crate::ids::{Seq, SessionId, UserId};
use crate::journal::Row;
use crate::moderation::blocked::AuthorId;

use super::records;

/// The most acts that wait for a store that is well again.
const MOST_ACTS: usize = 10_000;
/// The most events that wait for the store to get well. Of more, only their number is kept.
const MAX_EVENTS: u64 = 64 * 1024;

/// The thing that a row is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    NextId,
    HealthCheck,
    User(UserId),
    ForgetUser(UserId),
    Session(SessionId),
    EndSession(SessionId),
    Whisper(SessionId, Seq),
    ForgetWhispers(SessionId),
    ReadMark(UserId, Arc<str>),
    /// Acts have no earlier rows, so each has its place.
    Act(u64),
    ReportTold(u64),
    Sanction(u64),
    Role(Arc<str>, Arc<str>),
    RoomSettings(Arc<str>),
    /// The user that blocks, and the one that is blocked.
    Block(AuthorId, AuthorId),
    /// By its place in the order: none takes the place of another.
    Event(u64),
    /// The count of the events for which there is no place.
    Missed,
    Present(Arc<str>, UserId),
    Webhook(Arc<str>),
    Held(u64),
}

impl Key {
    /// The key of a row that gets this place if there is none about the same.
    fn of(row: &Row, place: u64) -> Self {
        match row {
            Row::NextId(_) => Self::NextId,
            Row::HealthCheck(_) => Self::HealthCheck,
            Row::User(user) => Self::User(user.id),
            Row::ForgetUser(user) => Self::ForgetUser(*user),
            Row::Session(session) => Self::Session(session.id),
            Row::EndSession(session) => Self::EndSession(*session),
            Row::Whisper(whisper) => Self::Whisper(whisper.session, whisper.seq),
            Row::ForgetWhispers(session, _) => Self::ForgetWhispers(*session),
            Row::ReadMark(mark) => Self::ReadMark(mark.user, Arc::clone(&mark.room)),
            Row::Act(_) => Self::Act(place),
            Row::ReportTold(report) => Self::ReportTold(*report),
            Row::Sanction(row) => Self::Sanction(row.sanction.id),
            Row::Role(row) => Self::Role(Arc::clone(&row.account), Arc::clone(&row.room)),
            Row::RoomSettings(row) => Self::RoomSettings(Arc::clone(&row.room)),
            Row::Block(block) => Self::Block(block.owner.clone(), block.author.clone()),
            Row::Event(_) => Self::Event(place),
            Row::Present(present) => Self::Present(Arc::clone(&present.room), present.user.id),
            Row::Absent(room, user) => Self::Present(Arc::clone(room), *user),
            Row::Webhook(webhook) => Self::Webhook(Arc::clone(&webhook.url)),
            Row::ForgetWebhook(url) => Self::Webhook(Arc::clone(url)),
            Row::Held(held) => Self::Held(held.id),
            Row::ForgetHeld(id) => Self::Held(*id),
        }
    }
}

/// The rows, in their order.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// By their place in the order.
    rows: BTreeMap<u64, Row>,
    /// The place of the row about something.
    places: BTreeMap<Key, u64>,
    next: u64,
    /// How many events came.
    events: u64,
}

impl Kept {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows, in the order in which they have to be put.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.rows.values()
    }

    /// Nothing has to be tried again.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds a row behind the others. The connection is outside of a transaction.
    pub(crate) fn add(&mut self, connection: &Connection, row: Row) {
        match &row {
            Row::ForgetUser(user) => {
                self.remove(&Key::User(*user));
                self.remove_marks(*user);
                self.remove_blocks(*user);
            }
            Row::Block(block) if block.time == 0 => self.remove(&Key::of(&row, self.next)),
            // Its whispers stay, because they say which requests their senders have used.
            Row::EndSession(session) => {
                self.remove(&Key::Session(*session));
                self.remove(&Key::ForgetWhispers(*session));
            }
            _ => {}
        }
        if self.is_nothing(connection, &row) || self.is_one_too_many(&row) {
            return;
        }
        if let Row::Act(act) = &row
            && !self.has_place_for_acts()
        {
            tracing::error!(kind = act.kind.name(), "the audit log loses an act");
            return;
        }
        let key = Key::of(&row, self.next);
        if let Row::ForgetWhispers(..) = row {
            // Behind the whispers that it is about.
            self.remove(&key);
        } else if let Some(place) = self.places.get(&key)
            && let Some(earlier) = self.rows.get_mut(place)
        {
            // A row that ends a user or a session has taken their earlier rows away, so this
            // one is not put in front of it.
            *earlier = newer(earlier, row);
            return;
        }
        self.places.insert(key, self.next);
        self.rows.insert(self.next, row);
        self.next += 1;
    }

    /// Whether the row removes what was never on the disk, so that it does not have to go.
    fn is_nothing(&self, connection: &Connection, row: &Row) -> bool {
        if let Row::EndSession(session) = row {
            let whispers = Key::Whisper(*session, Seq(0))..=Key::Whisper(*session, Seq(u64::MAX));
            if self.places.range(whispers).next().is_some() {
                return false;
            }
        }
        // If the disk cannot be read, the row is tried again like the others.
        records::is_absent(connection, row).unwrap_or(false)
    }

    /// Whether there may be another act. There are few of them while nothing can be kept.
    fn has_place_for_acts(&self) -> bool {
        let acts = self.places.range(Key::Act(0)..=Key::Act(u64::MAX));
        acts.count() < MOST_ACTS
    }

    /// Counts an event for which there is no place, in the last one that has a place.
    fn is_one_too_many(&mut self, row: &Row) -> bool {
        let Row::Event(event) = row else {
            return false;
        };
        self.events += 1;
        if self.events < MAX_EVENTS {
            return false;
        }
        let missed = |count| Event {
            time: event.time,
            room: "".into(),
            user: None,
            kind: EventKind::Missed(count),
        };
        let count = self.events - MAX_EVENTS + 1;
        let place = *self.places.entry(Key::Missed).or_insert(self.next);
        self.rows.insert(place, Row::Event(missed(count)));
        self.next = self.next.max(place + 1);
        true
    }

    fn remove(&mut self, key: &Key) {
        if let Some(place) = self.places.remove(key) {
            self.rows.remove(&place);
        }
    }

    /// Removes those of a guest. Those of a user with an account stay.
    fn remove_blocks(&mut self, user: UserId) {
        let guest = AuthorId::new(user, "");
        let from = Key::Block(guest.clone(), AuthorId::new(UserId(0), ""));
        let blocks = self.places.range(from..).map(|(key, _)| key);
        let blocks = blocks.take_while(|key| matches!(key, Key::Block(of, _) if *of == guest));
        for key in blocks.cloned().collect::<Vec<_>>() {
            self.remove(&key);
        }
    }

    fn remove_marks(&mut self, user: UserId) {
        let from = Key::ReadMark(user, "".into());
        let marks = self.places.range(from..).map(|(key, _)| key);
        let marks = marks.take_while(|key| matches!(key, Key::ReadMark(of, _) if *of == user));
        for key in marks.cloned().collect::<Vec<_>>() {
            self.remove(&key);
        }
    }
}

/// The row that says what two rows about the same say one after the other.
fn newer(earlier: &Row, row: Row) -> Row {
    match (earlier, row) {
        (Row::NextId(earlier), Row::NextId(id)) => Row::NextId(id.max(*earlier)),
        (_, row) => row,
    }
}
