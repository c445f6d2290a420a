//! The users that are in each room, as the game is told it. A user is in a room as long as one of
//! its connections is, or one of its sessions was there when its connection was lost and may still
//! be resumed. So the game hears of a joining and of a leaving once, however often the connection
//! changes in between.
//!
//! Its lock is below that of a room, and above that of a journal: events about a room get the
//! order in which they happen.

mod resumed;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use smallvec::{SmallVec, smallvec};

use crate::events::selection::Selection;
use crate::events::{Event, EventKind, EventName, LeaveReason, PresentRow};
use crate::ids::{ConnectionId, SessionId, UserId};
use crate::journal::Row;
use crate::moderation::UserSnapshot;
use crate::shared::name::Name;
use crate::sync::lock::Lock;

use self::resumed::Resumed;
use super::Feed;

/// The users in rooms.
#[derive(Debug)]
pub(super) struct Attendance {
    /// Whether the feed has any event that needs it.
    is_on: bool,
    inner: Lock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    rooms: HashMap<Arc<str>, HashMap<UserId, Attending>>,
    /// The rooms in which each of them holds a place for its user.
    holders: HashMap<Holder, Held>,
    /// When the places of sessions that are away are given up.
    expiry: BTreeSet<(Instant, SessionId)>,
    /// The sessions that were resumed and still hold places, by their connections.
    resumed: Resumed,
}

/// A user in a room.
#[derive(Debug)]
struct Attending {
    /// `None`: it is erased.
    user: Option<UserSnapshot>,
    /// Usually one, which needs no place on the heap.
    holders: SmallVec<[Holder; 1]>,
}

/// Something that holds a user's place in rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    /// A connection in the room.
    Connection(ConnectionId),
    /// A session whose connection in the room was lost.
    Away(SessionId),
}

/// The places of a holder.
#[derive(Debug)]
struct Held {
    user: UserId,
    rooms: Vec<Arc<str>>,
    /// For a session that is away, when it gives them up.
    until: Option<Instant>,
}

/// The events and the rows that follow from a change.
#[derive(Debug, Default)]
struct Changes {
    events: Vec<Event>,
    rows: Vec<Row>,
}

impl Attendance {
    pub(super) fn new(selection: &Selection) -> Self {
        let needed = [EventName::Joined, EventName::Left, EventName::RoomEmpty];
        Self {
            is_on: needed.into_iter().any(|kind| selection.has(kind)),
            inner: Lock::default(),
        }
    }

    /// Whether the game is told who is in this room.
    pub(super) fn follows(&self, room: &str, selection: &Selection) -> bool {
        self.is_on && selection.has_room(room)
    }

    /// Whether it knows of nobody.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let inner = self.inner.lock();
        inner.rooms.is_empty() && inner.holders.is_empty() && inner.expiry.is_empty()
    }

    /// Takes over the users that were in rooms. Those without a session have left.
    pub(super) fn restore(
        &self,
        feed: &Feed,
        present: Vec<PresentRow>,
        resume_within: Duration,
        now: Instant,
        sessions: impl Fn(UserId) -> Vec<SessionId>,
    ) {
        let mut inner = self.inner.lock();
        let mut gone = Vec::new();
        for PresentRow { room, user } in present {
            let id = user.id;
            let holders = sessions(id).into_iter().map(Holder::Away);
            let holders: SmallVec<[Holder; 1]> = holders.collect();
            for &holder in &holders {
                inner.hold(holder, id, &room, Some(now + resume_within));
            }
            if holders.is_empty() {
                gone.push((Arc::clone(&room), id));
            }
            let attending = Attending {
                user: Some(user),
                holders,
            };
            inner.rooms.entry(room).or_default().insert(id, attending);
        }
        let mut changes = Changes::default();
        for (room, id) in gone {
            inner.leave(feed.time(), &room, id, LeaveReason::Lost, &mut changes);
        }
        feed.tell_with(changes.events, changes.rows);
    }

    pub(super) fn join(
        &self,
        feed: &Feed,
        room: &Arc<str>,
        connection: ConnectionId,
        id: UserId,
        name: &Name,
    ) {
        let mut inner = self.inner.lock();
        let holder = Holder::Connection(connection);
        if let Some(session) = inner.resumed.session_of(connection) {
            // The connection has its place from now on.
            inner.take_over(session, connection, room);
        }
        inner.hold(holder, id, room, None);
        let members = inner.rooms.entry(Arc::clone(room)).or_default();
        if let Some(attending) = members.get_mut(&id) {
            if !attending.holders.contains(&holder) {
                attending.holders.push(holder);
            }
            return;
        }
        let user = name.snapshot(id);
        let attending = Attending {
            user: Some(user.clone()),
            holders: smallvec![holder],
        };
        members.insert(id, attending);
        let row = Row::Present(PresentRow {
            room: Arc::clone(room),
            user: user.clone(),
        });
        let event = Event {
            time: feed.time(),
            room: Arc::clone(room),
            user: Some(user),
            kind: EventKind::Joined,
        };
        // Under the lock, as all that follows: the events have the order of what happens.
        feed.tell_with([event], vec![row]);
    }

    pub(super) fn leave(
        &self,
        feed: &Feed,
        room: &Arc<str>,
        connection: ConnectionId,
        id: UserId,
        reason: LeaveReason,
    ) {
        if !self.is_on {
            return;
        }
        let mut inner = self.inner.lock();
        let holder = Holder::Connection(connection);
        let Some(held) = inner.holders.get_mut(&holder) else {
            return;
        };
        let Some(place) = held.rooms.iter().position(|held| held == room) else {
            return;
        };
        held.rooms.swap_remove(place);
        if held.rooms.is_empty() {
            inner.holders.remove(&holder);
        }
        let mut changes = Changes::default();
        inner.give_up(feed.time(), holder, room, id, reason, &mut changes);
        feed.tell_with(changes.events, changes.rows);
    }

    pub(super) fn rename(&self, room: &str, id: UserId, name: &Name) {
        if !self.is_on {
            return;
        }
        let mut inner = self.inner.lock();
        let members = inner.rooms.get_mut(room);
        if let Some(attending) = members.and_then(|members| members.get_mut(&id)) {
            attending.user = Some(name.snapshot(id));
        }
    }

    pub(super) fn end(&self, feed: &Feed, connection: ConnectionId, reason: LeaveReason) {
        if !self.is_on {
            return;
        }
        let mut inner = self.inner.lock();
        let mut changes = Changes::default();
        if let Some(session) = inner.resumed.end(connection) {
            inner.give_up_all(feed.time(), Holder::Away(session), reason, &mut changes);
        }
        let holder = Holder::Connection(connection);
        inner.give_up_all(feed.time(), holder, reason, &mut changes);
        feed.tell_with(changes.events, changes.rows);
    }

    pub(super) fn lose(&self, connection: ConnectionId, session: SessionId, until: Instant) {
        if !self.is_on {
            return;
        }
        let mut inner = self.inner.lock();
        inner.resumed.end(connection);
        let holder = Holder::Connection(connection);
        let Some(held) = inner.holders.remove(&holder) else {
            return;
        };
        // The session may have been resumed before this connection has ended.
        let resumed = inner.resumed.connection_of(session);
        let resumed = resumed.map(Holder::Connection);
        for room in &held.rooms {
            let Some(members) = inner.rooms.get_mut(room) else {
                continue;
            };
            let Some(attending) = members.get_mut(&held.user) else {
                continue;
            };
            attending.holders.retain(|one| *one != holder);
            let away = Holder::Away(session);
            let has_place = |one: &Holder| *one == away || Some(*one) == resumed;
            if !attending.holders.iter().any(has_place) {
                attending.holders.push(away);
                inner.hold(away, held.user, room, Some(until));
            }
        }
    }

    pub(super) fn resume(&self, session: SessionId, connection: ConnectionId, until: Instant) {
        if !self.is_on {
            return;
        }
        let mut inner = self.inner.lock();
        inner.resumed.begin(session, connection);
        // Otherwise the connection before may not have ended yet.
        if let Some(held) = inner.holders.get_mut(&Holder::Away(session)) {
            let before = held.until.replace(until);
            if let Some(before) = before {
                inner.expiry.remove(&(before, session));
            }
            inner.expiry.insert((until, session));
        }
    }

    /// The user has left all rooms, and no event says any more who it was.
    pub(super) fn erase(&self, feed: &Feed, id: UserId) {
        if !self.is_on {
            return;
        }
        let mut inner = self.inner.lock();
        for members in inner.rooms.values_mut() {
            if let Some(attending) = members.get_mut(&id) {
                attending.user = None;
            }
        }
        let holders = inner.holders.iter().filter(|(_, held)| held.user == id);
        let holders: Vec<_> = holders.map(|(&holder, _)| holder).collect();
        let mut changes = Changes::default();
        for holder in holders {
            inner.give_up_all(feed.time(), holder, LeaveReason::Lost, &mut changes);
        }
        feed.tell_with(changes.events, changes.rows);
    }

    pub(super) fn sweep(&self, feed: &Feed, now: Instant) {
        if !self.is_on {
            return;
        }
        let mut inner = self.inner.lock();
        let mut changes = Changes::default();
        while let Some(&(until, session)) = inner.expiry.first()
            && until <= now
        {
            let away = Holder::Away(session);
            inner.give_up_all(feed.time(), away, LeaveReason::Lost, &mut changes);
            // It has given up all of them already, if it was not there.
            inner.expiry.remove(&(until, session));
        }
        feed.tell_with(changes.events, changes.rows);
    }
}

impl Inner {
    /// A holder has a place in a room for its user, until a time.
    fn hold(&mut self, holder: Holder, user: UserId, room: &Arc<str>, until: Option<Instant>) {
        let held = self.holders.entry(holder).or_insert_with(|| Held {
            user,
            rooms: Vec::new(),
            until: None,
        });
        if !held.rooms.contains(room) {
            held.rooms.push(Arc::clone(room));
        }
        let before = held.until;
        held.until = until;
        if let Holder::Away(session) = holder {
            if let Some(before) = before {
                self.expiry.remove(&(before, session));
            }
            if let Some(until) = until {
                self.expiry.insert((until, session));
            }
        }
    }

    /// The connection over which a session was resumed takes its place in a room.
    fn take_over(&mut self, session: SessionId, connection: ConnectionId, room: &Arc<str>) {
        let away = Holder::Away(session);
        let Some(held) = self.holders.get_mut(&away) else {
            return;
        };
        let Some(place) = held.rooms.iter().position(|held| held == room) else {
            return;
        };
        held.rooms.swap_remove(place);
        let (user, until, is_last) = (held.user, held.until, held.rooms.is_empty());
        if is_last {
            self.forget(away, until);
        }
        let members = self.rooms.get_mut(room);
        if let Some(attending) = members.and_then(|members| members.get_mut(&user)) {
            attending.holders.retain(|one| *one != away);
            attending.holders.push(Holder::Connection(connection));
        }
    }

    /// A holder has no places any more.
    fn forget(&mut self, holder: Holder, until: Option<Instant>) {
        self.holders.remove(&holder);
        if let (Holder::Away(session), Some(until)) = (holder, until) {
            self.expiry.remove(&(until, session));
        }
    }

    /// A holder gives up all of its places.
    fn give_up_all(
        &mut self,
        time: u64,
        holder: Holder,
        reason: LeaveReason,
        changes: &mut Changes,
    ) {
        let Some(held) = self.holders.get_mut(&holder) else {
            return;
        };
        let (user, until) = (held.user, held.until);
        let rooms = std::mem::take(&mut held.rooms);
        self.forget(holder, until);
        for room in rooms {
            self.give_up(time, holder, &room, user, reason, changes);
        }
    }

    /// A user has one holder less in a room. If it was the last one, it has left.
    fn give_up(
        &mut self,
        time: u64,
        holder: Holder,
        room: &Arc<str>,
        id: UserId,
        reason: LeaveReason,
        changes: &mut Changes,
    ) {
        let members = self.rooms.get_mut(room);
        let Some(attending) = members.and_then(|members| members.get_mut(&id)) else {
            return;
        };
        attending.holders.retain(|one| *one != holder);
        if attending.holders.is_empty() {
            self.leave(time, room, id, reason, changes);
        }
    }

    /// A user has left a room.
    fn leave(
        &mut self,
        time: u64,
        room: &Arc<str>,
        id: UserId,
        reason: LeaveReason,
        changes: &mut Changes,
    ) {
        let Some(members) = self.rooms.get_mut(room) else {
            return;
        };
        let Some(Attending { user, .. }) = members.remove(&id) else {
            return;
        };
        let event = |user, kind| Event {
            time,
            room: Arc::clone(room),
            user,
            kind,
        };
        changes.rows.push(Row::Absent(Arc::clone(room), id));
        changes.events.push(event(user, EventKind::Left(reason)));
        if members.is_empty() {
            self.rooms.remove(room);
            changes.events.push(event(None, EventKind::RoomEmpty));
        }
    }
}
