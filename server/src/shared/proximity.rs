//! The users that hear each other in rooms in which not everybody hears everybody: the game says so
//! for each speaker, or by cells of a grid. The acts set it, and the fan-out of such a room asks
//! it. It is known for a room that nobody has opened, too, because the game may be first.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ids::UserId;
use crate::sync::lock::Lock;

/// A cell of a grid in the game's world. A user hears whoever is in the same cell, or in one of
/// the eight around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    /// From west to east.
    pub x: i32,
    /// From north to south.
    pub y: i32,
}

impl Cell {
    fn is_near(self, other: Self) -> bool {
        self.x.abs_diff(other.x) <= 1 && self.y.abs_diff(other.y) <= 1
    }
}

/// The users that hear each speaker of one room.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hearing {
    /// The users that hear a speaker, wherever they are.
    hearers: HashMap<UserId, HashSet<UserId>>,
    cells: HashMap<UserId, Cell>,
}

impl Hearing {
    /// Whether `listener` hears what `speaker` says. Everybody hears itself, and the server.
    pub(crate) fn hears(&self, speaker: UserId, listener: UserId) -> bool {
        speaker == listener
            || speaker == UserId(0)
            || self.is_near(speaker, listener)
            || (self.hearers.get(&speaker)).is_some_and(|hearers| hearers.contains(&listener))
    }

    fn is_near(&self, speaker: UserId, listener: UserId) -> bool {
        let cells = (self.cells.get(&speaker)).zip(self.cells.get(&listener));
        cells.is_some_and(|(one, other)| one.is_near(*other))
    }

    /// Whether the user has a cell.
    pub(crate) fn has_cell(&self, user: UserId) -> bool {
        self.cells.contains_key(&user)
    }

    /// How many users have a cell or hearers.
    pub(crate) fn users(&self) -> usize {
        self.cells.len() + self.hearers.len()
    }

    /// The users that have a cell or hearers; some of them twice.
    pub(crate) fn named(&self) -> impl Iterator<Item = UserId> {
        self.cells.keys().chain(self.hearers.keys()).copied()
    }

    /// Forgets these users.
    pub(crate) fn forget(&mut self, users: &HashSet<UserId>) {
        self.cells.retain(|user, _| !users.contains(user));
        self.hearers.retain(|user, _| !users.contains(user));
    }

    /// Sets who hears a speaker, beside those that are near. Nobody: it is forgotten.
    pub(crate) fn set_hearers(&mut self, speaker: UserId, hearers: HashSet<UserId>) {
        if hearers.is_empty() {
            self.hearers.remove(&speaker);
        } else {
            self.hearers.insert(speaker, hearers);
        }
    }

    /// Sets the cell of a user. `None`: it is forgotten.
    pub(crate) fn set_cell(&mut self, user: UserId, cell: Option<Cell>) {
        match cell {
            Some(cell) => drop(self.cells.insert(user, cell)),
            None => drop(self.cells.remove(&user)),
        }
    }
}

/// A room in which not everybody hears everybody.
#[derive(Debug)]
pub(crate) struct NearRoom {
    /// Copied if it changes while a fan-out asks it.
    hearing: Lock<Arc<Hearing>>,
    has_history: AtomicBool,
}

impl NearRoom {
    /// A room in which everybody hears itself alone.
    pub(crate) fn new(has_history: bool) -> Self {
        Self {
            hearing: Lock::default(),
            has_history: AtomicBool::new(has_history),
        }
    }

    /// Returns the hearing as it is now.
    pub(crate) fn hearing(&self) -> Arc<Hearing> {
        Arc::clone(&self.hearing.lock())
    }

    /// Changes who hears whom.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Hearing) -> T) -> T {
        change(Arc::make_mut(&mut self.hearing.lock()))
    }

    /// Whether members get what was said before, as in other rooms, also if they did not hear it.
    pub(crate) fn has_history(&self) -> bool {
        self.has_history.load(Ordering::Relaxed)
    }

    /// Sets whether they do.
    pub(crate) fn set_history(&self, has_history: bool) {
        self.has_history.store(has_history, Ordering::Relaxed);
    }
}

/// The rooms in which not everybody hears everybody, by name.
#[derive(Debug, Default)]
pub(crate) struct NearRooms {
    rooms: Lock<HashMap<Arc<str>, Arc<NearRoom>>>,
    /// Whether there is any.
    is_any: AtomicBool,
}

impl NearRooms {
    /// The room with this name, if not everybody hears everybody there.
    pub(crate) fn get(&self, room: &str) -> Option<Arc<NearRoom>> {
        if !self.is_any.load(Ordering::Acquire) {
            return None;
        }
        self.rooms.lock().get(room).cloned()
    }

    /// Adds a room, or returns the one that is there. `None`: there are `most` rooms already.
    pub(crate) fn add(&self, room: &str, has_history: bool, most: usize) -> Option<Arc<NearRoom>> {
        let mut rooms = self.rooms.lock();
        if let Some(near) = rooms.get(room) {
            near.set_history(has_history);
            return Some(Arc::clone(near));
        }
        if rooms.len() >= most {
            return None;
        }
        let near = Arc::new(NearRoom::new(has_history));
        rooms.insert(room.into(), Arc::clone(&near));
        self.is_any.store(true, Ordering::Release);
        Some(near)
    }

    /// Everybody hears everybody in this room from now on.
    pub(crate) fn remove(&self, room: &str) {
        let mut rooms = self.rooms.lock();
        rooms.remove(room);
        self.is_any.store(!rooms.is_empty(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    #[track_caller]
    fn check_cells(ann: (i32, i32), bob: (i32, i32), hears: bool) {
        let mut hearing = Hearing::default();
        for (user, (x, y)) in [(ANN, ann), (BOB, bob)] {
            hearing.set_cell(user, Some(Cell { x, y }));
        }
        assert_eq!(hearing.hears(ANN, BOB), hears);
        assert_eq!(hearing.hears(BOB, ANN), hears);
        hearing.set_cell(BOB, None);
        assert!(!hearing.hears(ANN, BOB) && !hearing.hears(BOB, ANN));
    }

    #[test]
    fn users_in_the_same_cell_and_those_around_it_hear_each_other() {
        check_cells((5, 5), (5, 5), true);
        check_cells((5, 5), (4, 6), true);
        check_cells((5, 5), (7, 5), false);
        check_cells((5, 5), (5, 3), false);
        check_cells((-1, 0), (0, 0), true);
        check_cells((i32::MIN, 0), (i32::MAX, 0), false);
    }

    #[test]
    fn hearers_hear_their_speaker_and_not_the_other_way_round() {
        let mut hearing = Hearing::default();
        assert!(!hearing.hears(ANN, BOB));
        hearing.set_hearers(ANN, HashSet::from([BOB]));
        assert!(hearing.hears(ANN, BOB) && !hearing.hears(BOB, ANN));
        hearing.set_hearers(ANN, HashSet::new());
        assert!(!hearing.hears(ANN, BOB));
        assert_eq!(hearing.users(), 0);
    }

    #[test]
    fn everybody_hears_itself_and_the_server() {
        let hearing = Hearing::default();
        assert!(hearing.hears(ANN, ANN) && hearing.hears(UserId(0), ANN));
    }

    #[test]
    fn what_a_fan_out_asks_does_not_change_meanwhile() {
        let room = NearRoom::new(false);
        let before = room.hearing();
        room.change(|hearing| hearing.set_hearers(ANN, HashSet::from([BOB])));
        assert!(!before.hears(ANN, BOB) && room.hearing().hears(ANN, BOB));
    }
}
