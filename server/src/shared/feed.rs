//! The feed of events that the game reads: who tells it of what, and how it is read. With a
//! journal, the events are in that; without one, the newest of them are in memory, and a restart
//! begins another feed.
//!
//! Rooms, users and acts call it, under their locks. [`attendance`] knows who is in which room as
//! the game is told it.

mod attendance;
mod reading;
mod ring;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::events::selection::Selection;
use crate::events::tail::Tail;
use crate::events::webhook::WebhookState;
use crate::events::{
    self, Event, EventKind, EventName, EventsConfig, FeedTerms, KnownFeed, LeaveReason, WebhookRow,
};
use crate::ids::{ConnectionId, SessionId, UserId};
use crate::journal::{Entry, Failure, Journal, Record, Row};
use crate::moderation::UserSnapshot;
use crate::sync::lock::Lock;
use crate::sync::moment::Moment;

pub(crate) use self::reading::EventsError;

use self::attendance::Attendance;
use self::ring::Ring;
use super::history::NewMessage;
use super::join::Position;
use super::name::Name;

/// The feed of events of a server that has one.
#[derive(Debug)]
pub(crate) struct Feed {
    selection: Selection,
    tail: Arc<Tail>,
    /// The feed's name: numbers of another feed mean other events.
    id: OnceLock<Arc<str>>,
    keeper: Keeper,
    attendance: Attendance,
    clock: Clock,
    /// The webhooks of before the start.
    webhooks: Lock<Vec<WebhookRow>>,
    /// How the webhooks do now.
    states: Lock<Vec<WebhookState>>,
}

/// The place in which the events are.
#[derive(Debug)]
enum Keeper {
    Journal(Arc<dyn Journal>),
    Memory(Lock<Ring>),
}

/// The time for users, as it follows from that of deadlines: nothing here reads a clock.
#[derive(Debug)]
struct Clock {
    start: Instant,
    /// The time for users at `start`, by the last moment that was noted.
    unix_start: AtomicU64,
    /// The newest time for users.
    unix_now: AtomicU64,
}

impl Feed {
    /// The feed of a server with these settings that has this journal, or none.
    pub(crate) fn new(
        config: &EventsConfig,
        journal: Option<Arc<dyn Journal>>,
        at: Moment,
    ) -> Arc<Self> {
        let EventsConfig {
            selection,
            keep,
            most,
            ..
        } = config.clone();
        let tail = Arc::new(Tail::default());
        let id = OnceLock::new();
        let keeper = if let Some(journal) = journal {
            journal.set_feed(&FeedTerms {
                selection: selection.clone(),
                keep,
                most,
                tail: Arc::clone(&tail),
            });
            Keeper::Journal(journal)
        } else {
            let random = format!("memory-{:016x}", fastrand::u64(..));
            id.set(random.into()).expect("it is new");
            Keeper::Memory(Lock::new(Ring::new(keep, most)))
        };
        Arc::new(Self {
            attendance: Attendance::new(&selection),
            selection,
            tail,
            id,
            keeper,
            clock: Clock {
                start: at.now,
                unix_start: AtomicU64::new(at.unix_millis),
                unix_now: AtomicU64::new(at.unix_millis),
            },
            webhooks: Lock::default(),
            states: Lock::default(),
        })
    }

    /// Takes over what the journal knows of the feed. The users that were in rooms are away
    /// `now`, as their sessions are: `sessions` returns those of a user that can be resumed.
    /// Called once, before anybody else.
    pub(crate) fn restore(
        &self,
        known: KnownFeed,
        resume_within: Duration,
        now: Instant,
        sessions: impl Fn(UserId) -> Vec<SessionId>,
    ) {
        let KnownFeed {
            feed,
            newest,
            present,
            webhooks,
        } = known;
        // It was not set before.
        let _ = self.id.set(feed);
        self.tail.set(newest);
        *self.webhooks.lock() = webhooks;
        self.advance(now);
        (self.attendance).restore(self, present, resume_within, now, sessions);
    }

    /// How far the webhooks of before the start have come.
    pub(crate) fn webhooks(&self) -> Vec<WebhookRow> {
        self.webhooks.lock().clone()
    }

    /// Whether it has events of this kind about this room; empty: about none.
    pub(crate) fn includes(&self, kind: EventName, room: &str) -> bool {
        self.selection.includes(kind, room)
    }

    /// Adds an event, if the feed has such events.
    pub(crate) fn tell(&self, event: Event) {
        self.tell_with(Some(event), Vec::new());
    }

    /// Adds an event, if the feed has such events, and keeps these rows with it: all or none.
    pub(crate) fn tell_with(&self, event: impl IntoIterator<Item = Event>, mut rows: Vec<Row>) {
        match &self.keeper {
            Keeper::Memory(ring) => {
                for event in event {
                    if self.includes(event.kind.name(), &event.room) {
                        // Under the lock, so that no reader misses it.
                        let newest = ring.lock().push(event, self.time());
                        self.tail.set(newest);
                    }
                }
            }
            Keeper::Journal(journal) => {
                let wanted = event.into_iter();
                let wanted = wanted.filter(|event| self.includes(event.kind.name(), &event.room));
                rows.extend(wanted.map(Row::Event));
                if !rows.is_empty() {
                    journal.append(Entry::Record(Record {
                        rows: Box::new(move || rows),
                        done: None,
                    }));
                }
            }
        }
    }

    /// A user that is erased has left all rooms, and is not named as one that has.
    pub(crate) fn forget_places(&self, user: UserId) {
        self.attendance.erase(self, user);
    }

    /// Forgets who a user was in the events in memory. Those of a journal are erased there.
    pub(crate) fn erase(&self, user: &UserSnapshot) {
        if let Keeper::Memory(ring) = &self.keeper {
            ring.lock().erase(user);
        }
    }

    /// The same for an event that belongs to rows of the caller: returns its row, which has to be
    /// handed over with those. `None`: there is none.
    pub(crate) fn row_of(&self, event: Event) -> Option<Row> {
        if !self.includes(event.kind.name(), &event.room) {
            return None;
        }
        match &self.keeper {
            Keeper::Memory(_) => {
                self.tell(event);
                None
            }
            Keeper::Journal(_) => Some(Row::Event(event)),
        }
    }

    /// Keeps how far a webhook has come. `done` is called when it is kept, or is not.
    pub(crate) fn keep_webhook(&self, row: Row, done: Box<dyn FnOnce(Result<(), Failure>) + Send>) {
        match &self.keeper {
            // Neither the events nor how far they were read outlive the server.
            Keeper::Memory(_) => done(Ok(())),
            Keeper::Journal(journal) => journal.append(Entry::Record(Record {
                rows: Box::new(move || vec![row]),
                done: Some(done),
            })),
        }
    }

    /// A webhook does so now.
    pub(crate) fn set_webhook_state(&self, state: WebhookState) {
        let mut states = self.states.lock();
        match states.iter_mut().find(|one| one.url == state.url) {
            Some(one) => *one = state,
            None => states.push(state),
        }
    }

    /// How the webhooks do now.
    pub(crate) fn webhook_states(&self) -> Vec<WebhookState> {
        self.states.lock().clone()
    }

    /// A moment, which says what the time for users is.
    pub(crate) fn note_time(&self, at: Moment) {
        let since = millis(at.now.saturating_duration_since(self.clock.start));
        let start = at.unix_millis.saturating_sub(since);
        self.clock.unix_start.store(start, Ordering::Relaxed);
        self.clock.unix_now.store(at.unix_millis, Ordering::Relaxed);
    }

    /// It is `now`.
    pub(crate) fn advance(&self, now: Instant) {
        let since = millis(now.saturating_duration_since(self.clock.start));
        let start = self.clock.unix_start.load(Ordering::Relaxed);
        self.clock.unix_now.store(start + since, Ordering::Relaxed);
    }

    /// The time for users, in milliseconds since 1970, as it was noted last.
    pub(crate) fn time(&self) -> u64 {
        self.clock.unix_now.load(Ordering::Relaxed)
    }

    /// A user is seen for the first time. `rows` are kept with the event.
    pub(crate) fn user_seen(&self, id: UserId, name: &Name, rows: Vec<Row>) {
        let event = Event {
            time: self.time(),
            room: "".into(),
            user: Some(name.snapshot(id)),
            kind: EventKind::UserSeen,
        };
        self.tell_with([event], rows);
    }

    /// A user has joined a room over this connection.
    pub(crate) fn joined(
        &self,
        room: &Arc<str>,
        connection: ConnectionId,
        id: UserId,
        name: &Name,
    ) {
        if self.attendance.follows(room, &self.selection) {
            self.attendance.join(self, room, connection, id, name);
        }
    }

    /// A message was said in a room that is in memory only, and has this position; or a line was
    /// changed there. Of what is said in durable rooms, the journal makes events.
    pub(crate) fn said(&self, room: &Arc<str>, message: &NewMessage<'_>, at: Position) {
        let Position { epoch, seq } = at;
        let kind = match message.change {
            None => Some(EventKind::Said { epoch, seq }),
            Some(change) => events::kind_of_change(change, epoch, seq),
        };
        let Some(kind) = kind.filter(|kind| self.includes(kind.name(), room)) else {
            return;
        };
        self.tell(Event {
            time: message.unix_millis,
            room: Arc::clone(room),
            user: Some(message.name.snapshot(message.speaker)),
            kind,
        });
    }

    /// A connection is not in a room any more.
    pub(crate) fn left(
        &self,
        room: &Arc<str>,
        connection: ConnectionId,
        id: UserId,
        reason: LeaveReason,
    ) {
        self.attendance.leave(self, room, connection, id, reason);
    }

    /// A member of a room is called something else.
    pub(crate) fn renamed(&self, room: &str, id: UserId, name: &Name) {
        self.attendance.rename(room, id, name);
    }

    /// A connection ends, and this is why its user leaves its rooms.
    pub(crate) fn connection_ended(&self, connection: ConnectionId, reason: LeaveReason) {
        self.attendance.end(self, connection, reason);
    }

    /// A connection is lost. Its user stays in its rooms until `until`, in case that its session
    /// is resumed.
    pub(crate) fn connection_lost(
        &self,
        connection: ConnectionId,
        session: SessionId,
        until: Instant,
    ) {
        self.attendance.lose(connection, session, until);
    }

    /// A session is resumed over this connection, whose client joins its rooms again until
    /// `until`.
    pub(crate) fn resumed(&self, session: SessionId, connection: ConnectionId, until: Instant) {
        self.attendance.resume(session, connection, until);
    }

    /// Users that have not come back in time have left their rooms.
    pub(crate) fn sweep(&self, now: Instant) {
        self.advance(now);
        self.attendance.sweep(self, now);
    }

    /// Wakes those who wait for events: the server stops.
    pub(crate) fn close(&self) {
        self.tail.close();
    }

    /// Whether the server stops.
    pub(crate) fn is_closed(&self) -> bool {
        self.tail.is_closed()
    }

    /// The feed's name, and the number of the newest event; 0: there was none.
    pub(crate) fn newest(&self) -> (Arc<str>, u64) {
        (self.id(), self.tail.newest())
    }

    fn id(&self) -> Arc<str> {
        self.id.get().cloned().unwrap_or_default()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Name {
    /// The user with this ID as it is now.
    pub(crate) fn snapshot(&self, id: UserId) -> UserSnapshot {
        UserSnapshot {
            id,
            account: self.user().into(),
            name: self.of(id).into(),
        }
    }
}

impl fmt::Display for LeaveReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
