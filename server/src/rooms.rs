//! The rooms of one network thread: which there are, in which something pends, and
//! whose members are to be told who came and left. Called by the hub.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;

use crate::crossing::Seat;
use crate::member::Member;
use crate::outbox::Wire;
use crate::room::Room;

/// A room, shared by the hub and the connections of its members.
pub type SharedRoom<W> = Rc<RefCell<Room<W>>>;

/// Rooms by name.
#[derive(Debug)]
pub(crate) struct Rooms<W> {
    by_name: HashMap<Arc<str>, SharedRoom<W>>,
    /// Rooms in which something is pending.
    pending: Vec<SharedRoom<W>>,
    /// Rooms whose members are to be told who came and left, by where they are.
    news: IndexMap<*const RefCell<Room<W>>, SharedRoom<W>>,
}

impl<W: Wire> Rooms<W> {
    /// None.
    pub(crate) fn new() -> Self {
        Self {
            by_name: HashMap::new(),
            pending: Vec::new(),
            news: IndexMap::new(),
        }
    }

    /// Whether there is none.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The room of this name, which comes to be with the seat that `take` brings
    /// if it is not there.
    ///
    /// # Errors
    ///
    /// Those of `take`.
    pub(crate) fn open<E>(
        &mut self,
        name: &str,
        take: impl FnOnce() -> Result<Seat, E>,
    ) -> Result<SharedRoom<W>, E> {
        if let Some(room) = self.by_name.get(name) {
            return Ok(Rc::clone(room));
        }
        let room = Room::new(take()?);
        let name = Arc::clone(room.name());
        let room = Rc::new(RefCell::new(room));
        self.by_name.insert(name, Rc::clone(&room));
        Ok(room)
    }

    /// Forgets a room that nobody is in, and what it had to tell: a later one of
    /// the same name would miss that. False where it was forgotten before.
    pub(crate) fn close(&mut self, room: &SharedRoom<W>) -> bool {
        self.news.swap_remove(&Rc::as_ptr(room));
        let name = Arc::clone(room.borrow().name());
        // Not a later one of the same name.
        let is_here = |kept: &SharedRoom<W>| Rc::ptr_eq(kept, room);
        let is_known = self.by_name.get(&name).is_some_and(is_here);
        if is_known {
            self.by_name.remove(&name);
        }
        is_known
    }

    /// Does something to a room and its members, and notes what there is to fan
    /// out and to tell then.
    pub(crate) fn change<T>(
        &mut self,
        room: &SharedRoom<W>,
        change: impl FnOnce(&mut Room<W>) -> T,
    ) -> T {
        let result = self.change_quietly(room, change);
        self.note_news(room);
        result
    }

    /// The same where no member comes, leaves or is renamed.
    pub(crate) fn change_quietly<T>(
        &mut self,
        room: &SharedRoom<W>,
        change: impl FnOnce(&mut Room<W>) -> T,
    ) -> T {
        let mut changed = room.borrow_mut();
        let was_pending = changed.has_pending();
        let result = change(&mut changed);
        if !was_pending && changed.has_pending() {
            self.pending.push(Rc::clone(room));
        }
        result
    }

    fn note_news(&mut self, room: &SharedRoom<W>) {
        if room.borrow().has_news() {
            self.news.insert(Rc::as_ptr(room), Rc::clone(room));
        }
    }

    /// Takes over what was said on other threads in the room of this name. A
    /// room whose last member here has just left is gone.
    pub(crate) fn take_over(&mut self, name: &str) {
        if let Some(room) = self.by_name.get(name).map(Rc::clone) {
            self.change_quietly(&room, Room::take_over);
        }
    }

    /// Notes that members of the room of this name are to be told who came and
    /// left.
    pub(crate) fn note_news_of(&mut self, name: &str) {
        if let Some(room) = self.by_name.get(name).map(Rc::clone) {
            self.note_news(&room);
        }
    }

    /// Whether something is pending in some room.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether members of some room are to be told who came and left.
    pub(crate) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Has the next fan-out tell the news.
    pub(crate) fn tell_news(&mut self) {
        for (_, room) in std::mem::take(&mut self.news) {
            self.change_quietly(&room, Room::tell_news);
        }
    }

    /// Sends all that is pending in all rooms.
    pub(crate) fn fan_out(&mut self, now: Instant, mut waits: impl FnMut(&Rc<Member<W>>)) {
        for room in self.pending.drain(..) {
            room.borrow_mut().fan_out(now, &mut waits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrival::Position;
    use crate::exchange::{Exchange, RoomLimits};
    use crate::frame::Form;
    use crate::person::Name;
    use crate::test_wire::TestWire;

    struct Hall {
        exchange: Arc<Exchange>,
        rooms: Rooms<TestWire>,
    }

    impl Hall {
        fn new() -> Self {
            Self {
                exchange: Exchange::new(1, RoomLimits::default()),
                rooms: Rooms::new(),
            }
        }

        fn open(&mut self, name: &str) -> SharedRoom<TestWire> {
            let take = || self.exchange.enter(name, 0);
            self.rooms.open(name, take).unwrap()
        }

        fn enter(&mut self, id: u64, name: &str) -> SharedRoom<TestWire> {
            let room = self.open(name);
            let now = Instant::now();
            let member = Rc::new(Member::new(id, Form::V1, TestWire::open(), 1_000, now));
            let who = (id, &Name::GUEST);
            self.rooms.change(&room, |room| {
                room.join(member, who, Position::default(), 9, 1)
            });
            room
        }
    }

    #[test]
    fn a_room_is_opened_once_and_closed_once() {
        let mut hall = Hall::new();
        let red = hall.open("red");
        assert!(Rc::ptr_eq(&red, &hall.open("red")));
        assert!(hall.rooms.close(&red));
        let later = hall.open("red");
        assert!(!hall.rooms.close(&red), "a later one of the same name");
        assert!(Rc::ptr_eq(&later, &hall.open("red")));
    }

    #[test]
    fn news_are_told_once_and_not_of_a_room_that_is_gone() {
        let mut hall = Hall::new();
        for id in 1..=3 {
            hall.enter(id, "red");
        }
        let blue = hall.enter(4, "blue");
        assert_eq!(hall.rooms.news.len(), 2);
        hall.rooms.close(&blue);
        assert!(hall.rooms.has_news() && !hall.rooms.has_pending());
        hall.rooms.tell_news();
        assert!(!hall.rooms.has_news());
        assert_eq!(hall.rooms.pending.len(), 1);
    }
}
