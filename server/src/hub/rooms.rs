//! The rooms that one network thread has open: all of them by name, those with something
//! pending, and those with changes to tell. The hub calls it.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;

use crate::ids::ConnectionId;
use crate::outgoing::connection::NeedsDrain;
use crate::outgoing::outbox::Wire;

use super::probe;
use super::room::Room;
use super::sent::Sent;

/// A room, shared by the hub and the sessions of its connections.
pub type SharedRoom<W> = Rc<RefCell<Room<W>>>;

/// Rooms by name.
#[derive(Debug)]
pub(crate) struct Rooms<W> {
    by_name: HashMap<Arc<str>, SharedRoom<W>>,
    /// Rooms with something pending, in the order of their fan-out.
    pending: VecDeque<SharedRoom<W>>,
    /// Rooms with changes among their members to tell, by their addresses.
    changed: IndexMap<*const RefCell<Room<W>>, SharedRoom<W>>,
}

impl<W: Wire> Rooms<W> {
    /// No rooms.
    pub(crate) fn new() -> Self {
        Self {
            by_name: HashMap::new(),
            pending: VecDeque::new(),
            changed: IndexMap::new(),
        }
    }

    /// Whether no room is open.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The rooms that a connection of this thread is in. It looks at all rooms, so it is for
    /// what is rare.
    pub(crate) fn of(&self, connection: ConnectionId) -> Vec<SharedRoom<W>> {
        let rooms = self.by_name.values();
        let is_in = |room: &&SharedRoom<W>| room.borrow().has(connection);
        rooms.filter(is_in).cloned().collect()
    }

    /// The room with this name, if the thread has it open.
    pub(crate) fn get(&self, name: &str) -> Option<SharedRoom<W>> {
        self.by_name.get(name).map(Rc::clone)
    }

    /// All rooms that the thread has open, but for those of health checks, which no rule is for.
    pub(crate) fn all(&self) -> impl Iterator<Item = &SharedRoom<W>> {
        let rooms = self.by_name.iter();
        let rooms = rooms.filter(|(name, _)| !probe::is_of_a_check(name));
        rooms.map(|(_, room)| room)
    }

    /// Returns the room with this name. If the thread does not have it open, opens it: `open`
    /// returns it.
    ///
    /// # Errors
    ///
    /// The error that `open` returns.
    pub(crate) fn open<E>(
        &mut self,
        name: &str,
        open: impl FnOnce() -> Result<Room<W>, E>,
    ) -> Result<SharedRoom<W>, E> {
        if let Some(room) = self.get(name) {
            return Ok(room);
        }
        let room = open()?;
        let name = Arc::clone(room.name());
        let room = Rc::new(RefCell::new(room));
        self.by_name.insert(name, Rc::clone(&room));
        Ok(room)
    }

    /// Removes a room that has no connections. The changes that it had to tell are left to
    /// another thread. Returns false if the room was removed before.
    pub(crate) fn close(&mut self, room: &SharedRoom<W>) -> bool {
        self.changed.swap_remove(&Rc::as_ptr(room));
        let name = Arc::clone(room.borrow().name());
        // A later room may have the same name.
        let is_here = |kept: &SharedRoom<W>| Rc::ptr_eq(kept, room);
        let is_known = self.by_name.get(&name).is_some_and(is_here);
        if is_known {
            self.by_name.remove(&name);
        }
        is_known
    }

    /// Changes a room and its members. Notes whether the room has something pending and
    /// changes to tell then.
    pub(crate) fn change<T>(
        &mut self,
        room: &SharedRoom<W>,
        change: impl FnOnce(&mut Room<W>) -> T,
    ) -> T {
        let result = self.change_lines(room, change);
        self.note_changes(room);
        result
    }

    /// The same for a change by which no member joins, leaves or is renamed.
    pub(crate) fn change_lines<T>(
        &mut self,
        room: &SharedRoom<W>,
        change: impl FnOnce(&mut Room<W>) -> T,
    ) -> T {
        let mut changed = room.borrow_mut();
        let was_pending = changed.has_pending();
        let result = change(&mut changed);
        if !was_pending && changed.has_pending() {
            self.pending.push_back(Rc::clone(room));
        }
        result
    }

    fn note_changes(&mut self, room: &SharedRoom<W>) {
        if room.borrow().has_changes() {
            self.changed.insert(Rc::as_ptr(room), Rc::clone(room));
        }
    }

    /// Takes the frames of other threads for the room with this name. Does nothing if the
    /// room's last connection on this thread has just left.
    pub(crate) fn take_inbox(&mut self, name: &str) {
        if let Some(room) = self.get(name) {
            self.change_lines(&room, Room::take_inbox);
        }
    }

    /// Notes the room with this name, if it has changes to tell.
    pub(crate) fn note_changes_of(&mut self, name: &str) {
        if let Some(room) = self.get(name) {
            self.note_changes(&room);
        }
    }

    /// Whether any room has something pending.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// How many rooms have changes to tell.
    pub(crate) fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Adds the changes of at most `most` rooms to what is pending, so that the next
    /// fan-out sends them.
    pub(crate) fn tell_changes(&mut self, most: usize) {
        let most = most.min(self.changed.len());
        let rooms: Vec<_> = self.changed.drain(..most).map(|(_, room)| room).collect();
        for room in rooms {
            // A very large room may tell them later.
            self.change(&room, Room::tell_changes);
        }
    }

    /// Sends all that is pending in one room after the other, until that were at least
    /// `most` connections, or nothing is pending. Returns how many those were, and what was sent.
    pub(crate) fn fan_out(
        &mut self,
        most: usize,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) -> (usize, Sent) {
        let (mut connections, mut sent) = (0, Sent::default());
        while connections < most
            && let Some(room) = self.pending.pop_front()
        {
            let mut room = room.borrow_mut();
            connections += room.len() + 1;
            let of_room = room.fan_out(now, needs_drain);
            if !probe::is_of_a_check(room.name()) {
                sent += of_room;
            }
        }
        (connections, sent)
    }

    /// Lets members catch up that were left out of fan-outs, if nothing is said now. Returns what
    /// was sent.
    pub(crate) fn catch_up(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) -> Sent {
        let mut sent = Sent::default();
        for room in self.by_name.values() {
            sent += room.borrow_mut().sweep(now, needs_drain);
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::room::Joining;
    use crate::network::Network;
    use crate::outgoing::connection::Connection;
    use crate::outgoing::test_wire::TestWire;
    use crate::policy::{Access, Rights};
    use crate::shared::join::Position;
    use crate::shared::name::Name;
    use crate::shared::opening::NotOpened;
    use crate::shared::{RoomLimits, Shared};
    use crate::sync::moment::Moment;
    use guildhall_protocol::Protocol;

    struct Fixture {
        shared: Arc<Shared>,
        rooms: Rooms<TestWire>,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                shared: Shared::new(1, RoomLimits::default()),
                rooms: Rooms::new(),
            }
        }

        fn open(&mut self, name: &str) -> SharedRoom<TestWire> {
            let open = || {
                let (rules, version) = self.shared.rules();
                let rule = rules.of(name);
                let handle = self.shared.open_room(
                    name,
                    0,
                    Network::LOOPBACK,
                    rule,
                    None,
                    Instant::now(),
                )?;
                Ok::<_, NotOpened>(Room::new(handle, Arc::clone(rule), version))
            };
            self.rooms.open(name, open).unwrap()
        }

        fn join(&mut self, id: u64, name: &str) -> SharedRoom<TestWire> {
            let room = self.open(name);
            let now = Instant::now();
            let (id, wire) = (ConnectionId(id), TestWire::open());
            let connection = Rc::new(Connection::new(id, Protocol::V1, wire, 1_000, now));
            let joining = Joining {
                id: id.user_id(),
                name: &Name::GUEST,
                rights: &Rights::default(),
                position: Position::default(),
            };
            let join = |room: &mut Room<_>| {
                room.join(&connection, joining, Access::OPEN, 9, None, Moment::at(1))
            };
            self.rooms.change(&room, join).unwrap();
            room
        }
    }

    #[test]
    fn a_room_is_opened_once_and_closed_once() {
        let mut fixture = Fixture::new();
        let red = fixture.open("red");
        assert!(Rc::ptr_eq(&red, &fixture.open("red")));
        assert!(fixture.rooms.close(&red));
        let later = fixture.open("red");
        assert!(!fixture.rooms.close(&red), "a later room has the same name");
        assert!(Rc::ptr_eq(&later, &fixture.open("red")));
    }

    #[test]
    fn a_room_that_tells_its_changes_later_is_asked_again() {
        let mut fixture = Fixture::new();
        (1..=1_001).for_each(|id| drop(fixture.join(id, "red")));
        fixture.rooms.tell_changes(9);
        assert!(fixture.rooms.changed.len() == 1 && !fixture.rooms.has_pending());
        fixture.rooms.tell_changes(9);
        assert!(fixture.rooms.changed.is_empty() && fixture.rooms.has_pending());
    }

    #[test]
    fn changes_are_told_once_and_not_by_a_closed_room() {
        let mut fixture = Fixture::new();
        for id in 1..=3 {
            fixture.join(id, "red");
        }
        let blue = fixture.join(4, "blue");
        assert_eq!(fixture.rooms.changed.len(), 2);
        fixture.rooms.close(&blue);
        assert!(fixture.rooms.changed() > 0 && !fixture.rooms.has_pending());
        fixture.rooms.tell_changes(9);
        assert_eq!(fixture.rooms.changed(), 0);
        assert_eq!(fixture.rooms.pending.len(), 1);
    }
}
