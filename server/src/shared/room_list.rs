//! The list of rooms that users ask for: made once a second at most, for all that find the
//! same rooms. `shared` calls it. No clock: the caller passes in `now`.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use guildhall_protocol::{Message as _, RoomInfo, RoomList};

use crate::policy::{Action, Level, Rights, Rule, Who};

use super::presence::count;

/// The most rooms in a list of rooms.
const LISTED_ROOMS: usize = 100;

/// How long one list of rooms answers all requests for it.
pub(super) const LIST_FOR: Duration = Duration::from_secs(1);

/// A room that has members.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) members: usize,
    pub(super) name: Arc<str>,
    pub(super) rule: Arc<Rule>,
}

/// The lists of rooms, as they were at one moment. Each is encoded as a reply's result is.
#[derive(Debug)]
pub(super) struct RoomLists {
    made: Instant,
    guests: Bytes,
    users: Bytes,
    /// All rooms, if some are in the lists of those alone whose tokens name them.
    all: Vec<Listed>,
}

impl RoomLists {
    /// The lists of these rooms.
    pub(super) fn new(rooms: Vec<Listed>, now: Instant) -> Self {
        let guests = found(&rooms, &Rights::default());
        let are_same = rooms.iter().all(|room| room.rule.find == Who::Everyone);
        Self {
            made: now,
            users: if are_same {
                guests.clone()
            } else {
                found(&rooms, &Rights::user(&[]))
            },
            guests,
            all: if rooms.iter().any(|room| room.rule.find == Who::Caps) {
                rooms
            } else {
                Vec::new()
            },
        }
    }

    /// Whether the lists are too old.
    pub(super) fn are_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.made) >= LIST_FOR
    }

    /// The list for a user with these rights.
    pub(super) fn of(&self, rights: &Rights) -> Bytes {
        if rights.has_grants() && !self.all.is_empty() {
            return found(&self.all, rights);
        }
        match rights.level() {
            Level::Reader | Level::Guest => self.guests.clone(),
            Level::User => self.users.clone(),
        }
    }
}

/// The list of those of these rooms that a user with these rights finds, those with the most
/// members first.
fn found(rooms: &[Listed], rights: &Rights) -> Bytes {
    let finds = |room: &&Listed| rights.allow(Action::Find, &room.name, &room.rule);
    let mut rooms: Vec<_> = (rooms.iter().filter(finds))
        .map(|room| (Reverse(room.members), &room.name))
        .collect();
    let total = count(rooms.len());
    if rooms.len() > LISTED_ROOMS {
        rooms.select_nth_unstable(LISTED_ROOMS);
        rooms.truncate(LISTED_ROOMS);
    }
    rooms.sort_unstable();
    let rooms = rooms.into_iter().map(|(Reverse(members), name)| RoomInfo {
        room: name.to_string(),
        count: count(members),
    });
    let rooms = rooms.collect();
    RoomList { rooms, total }.encode_to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Cap, Right};
    use crate::policy::Pattern;

    fn rooms(finds: &[(&str, Who)]) -> Vec<Listed> {
        let rooms = finds.iter().map(|&(name, find)| Listed {
            members: name.len(),
            name: name.into(),
            rule: Arc::new(Rule {
                find,
                ..Rule::open(Pattern::ANY)
            }),
        });
        rooms.collect()
    }

    #[track_caller]
    fn check(list: &Bytes, expected: &[&str]) {
        let list = RoomList::decode(list.clone()).unwrap();
        let names: Vec<_> = list.rooms.iter().map(|room| room.room.as_str()).collect();
        assert_eq!(names, expected);
        assert_eq!(list.total as usize, expected.len());
    }

    #[test]
    fn everybody_gets_the_rooms_that_it_may_find() {
        let rooms = rooms(&[
            ("lobby", Who::Everyone),
            ("users", Who::Users),
            ("guild-4", Who::Caps),
            ("guild-5x", Who::Caps),
            ("hidden-ones", Who::Nobody),
        ]);
        let lists = RoomLists::new(rooms, Instant::now());
        let allow = |allow| {
            Rights::user(&[Cap {
                rooms: vec!["guild-4".into()],
                allow,
            }])
        };
        check(&lists.of(&Rights::guest(true)), &["lobby"]);
        check(&lists.of(&Rights::guest(false)), &["lobby"]);
        check(&lists.of(&Rights::user(&[])), &["lobby", "users"]);
        check(&lists.of(&allow(vec![Right::Say])), &["lobby", "users"]);
        let member = allow(vec![Right::Join]);
        check(&lists.of(&member), &["guild-4", "lobby", "users"]);
    }

    #[test]
    fn without_hidden_rooms_there_is_one_list() {
        let now = Instant::now();
        let lists = RoomLists::new(rooms(&[("a", Who::Everyone), ("bc", Who::Everyone)]), now);
        assert_eq!(lists.guests.as_ptr(), lists.users.as_ptr());
        assert!(lists.all.is_empty());
        check(&lists.users, &["bc", "a"]);
        assert!(!lists.are_old(now + LIST_FOR / 2) && lists.are_old(now + LIST_FOR));
    }
}
