//! Who is in a room, on whichever thread, and what has changed since its
//! members were told last. Changes are told together, so that a crowd that comes
//! at once costs each member a few messages and not one for each newcomer.

use std::collections::HashMap;

use guildhall_protocol::{Member, Packet, PacketBody, Presence};

use crate::person::Name;

/// In a room with more members than this they are counted and not listed: a
/// list has to fit into one message.
pub const LISTED: usize = 100;

/// The clients in one room.
#[derive(Debug, Default)]
pub struct Roster {
    present: HashMap<u64, Present>,
    /// How many of them understand [`Presence`].
    told: usize,
    /// Who changed since the last [`Roster::news`].
    changed: HashMap<u64, Change>,
    /// Something has changed since.
    is_dirty: bool,
    /// Not all changes since the list was last known are in `changed`.
    is_incomplete: bool,
}

#[derive(Debug)]
struct Change {
    /// What they were called before, or `None` where they were not there.
    before: Option<Name>,
    /// Somebody was given a list since: what has changed is told even where it
    /// has changed back by then.
    is_shown: bool,
}

#[derive(Debug)]
struct Present {
    /// Over which connection.
    connection: u64,
    name: Name,
    is_told: bool,
}

impl Roster {
    /// Adds a client; `is_told`: it understands [`Presence`]. A client that is
    /// there over another connection is there once, over the new one.
    pub fn enter(&mut self, id: u64, connection: u64, name: Name, is_told: bool) {
        let present = Present {
            connection,
            name,
            is_told,
        };
        let before = self.present.insert(id, present);
        self.told += usize::from(is_told);
        let before = before.map(|before| {
            self.told -= usize::from(before.is_told);
            before.name
        });
        self.note(id, before);
    }

    /// Takes out a client that is there over this connection.
    pub fn leave(&mut self, id: u64, connection: u64) {
        let is_there = |present: &Present| present.connection == connection;
        if !self.present.get(&id).is_some_and(is_there) {
            return;
        }
        if let Some(before) = self.present.remove(&id) {
            self.told -= usize::from(before.is_told);
            self.note(id, Some(before.name));
        }
    }

    /// Gives a client another name.
    pub fn rename(&mut self, id: u64, name: Name) {
        if let Some(present) = self.present.get_mut(&id) {
            let before = std::mem::replace(&mut present.name, name);
            self.note(id, Some(before));
        }
    }

    /// How many are there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.present.len()
    }

    /// Whether nobody is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// Whether there is news for somebody.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.is_dirty && self.told > 0
    }

    /// Everybody, by ID, to be shown to somebody who is told all news from now
    /// on; `None` where they are too many to be listed.
    #[must_use]
    pub fn show(&mut self) -> Option<Vec<Member>> {
        for change in self.changed.values_mut() {
            change.is_shown = true;
        }
        self.list()
    }

    fn list(&self) -> Option<Vec<Member>> {
        (self.len() <= LISTED).then(|| {
            let mut members: Vec<_> = self
                .present
                .iter()
                .map(|(&id, present)| member(id, &present.name))
                .collect();
            members.sort_by_key(|member| member.id);
            members
        })
    }

    /// What has changed since the last time, for everybody in the room.
    pub fn news(&mut self, room: &str) -> Packet {
        let listed = self.len() <= LISTED;
        let whole = listed && self.is_incomplete;
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        if whole {
            joined = self.list().unwrap_or_default();
        } else if listed {
            for (&id, Change { before, is_shown }) in &self.changed {
                let now = self.present.get(&id).map(|present| &present.name);
                match now {
                    _ if !is_shown && before.as_ref() == now => {}
                    Some(name) => joined.push(member(id, name)),
                    None => left.push(id),
                }
            }
            joined.sort_by_key(|member: &Member| member.id);
            left.sort_unstable();
        }
        self.is_incomplete = !listed;
        self.is_dirty = false;
        self.changed = HashMap::new();
        Packet::from(PacketBody::Presence(Presence {
            room: room.to_owned(),
            count: count(self.len()),
            listed,
            joined,
            left,
            whole,
        }))
    }

    fn note(&mut self, id: u64, before: Option<Name>) {
        if self.told == 0 {
            // Nobody to tell: who comes gets the whole list.
            self.changed = HashMap::new();
            self.is_incomplete = false;
            self.is_dirty = false;
            return;
        }
        self.is_dirty = true;
        if self.is_incomplete || self.len() > LISTED || self.changed.len() > LISTED {
            self.changed = HashMap::new();
            self.is_incomplete = true;
        } else {
            self.changed.entry(id).or_insert(Change {
                before,
                is_shown: false,
            });
        }
    }
}

/// A number of clients as it is on the wire.
#[must_use]
pub fn count(clients: usize) -> u32 {
    u32::try_from(clients).unwrap_or(u32::MAX)
}

fn member(id: u64, name: &Name) -> Member {
    Member {
        id,
        name: name.of(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(roster: &mut Roster, id: u64) {
        roster.enter(id, id, Name::GUEST, true);
    }

    fn news(roster: &mut Roster) -> Presence {
        match roster.news("hall").msg {
            Some(PacketBody::Presence(presence)) => presence,
            other => panic!("{other:?}"),
        }
    }

    fn presence(count: u32, listed: bool, joined: &[u64], left: &[u64]) -> Presence {
        Presence {
            room: "hall".into(),
            count,
            listed,
            joined: joined.iter().map(|&id| member(id, &Name::GUEST)).collect(),
            left: left.to_vec(),
            whole: false,
        }
    }

    #[test]
    fn who_came_and_who_left_is_told_together() {
        let mut roster = Roster::default();
        (1..=3).for_each(|id| enter(&mut roster, id));
        assert_eq!(news(&mut roster), presence(3, true, &[1, 2, 3], &[]));
        assert!(!roster.has_news());
        enter(&mut roster, 4);
        roster.leave(2, 2);
        assert!(roster.has_news());
        assert_eq!(news(&mut roster), presence(3, true, &[4], &[2]));
    }

    #[test]
    fn what_somebody_was_shown_meanwhile_is_told_also_where_it_changed_back() {
        let mut roster = Roster::default();
        enter(&mut roster, 1);
        enter(&mut roster, 2);
        news(&mut roster);
        // Shown: 3 is there and 2 is not.
        enter(&mut roster, 3);
        roster.leave(2, 2);
        enter(&mut roster, 4);
        assert_eq!(roster.show().unwrap().len(), 3);
        roster.leave(3, 3);
        enter(&mut roster, 2);
        assert_eq!(news(&mut roster), presence(3, true, &[2, 4], &[3]));
    }

    #[test]
    fn who_came_and_left_meanwhile_is_not_told_of() {
        let mut roster = Roster::default();
        enter(&mut roster, 1);
        enter(&mut roster, 9);
        news(&mut roster);
        enter(&mut roster, 2);
        roster.leave(2, 2);
        roster.leave(1, 1);
        enter(&mut roster, 1);
        assert_eq!(news(&mut roster), presence(2, true, &[], &[]));
    }

    #[test]
    fn a_client_is_there_once_whatever_its_old_connection_does() {
        let mut roster = Roster::default();
        enter(&mut roster, 1);
        roster.enter(1, 9, Name::GUEST, true);
        roster.leave(1, 1);
        assert_eq!((roster.len(), roster.told), (1, 1));
        roster.leave(1, 9);
        assert_eq!((roster.len(), roster.told), (0, 0));
    }

    #[test]
    fn above_a_number_there_are_counts_alone_and_below_it_the_list_again() {
        let mut roster = Roster::default();
        (1..=100).for_each(|id| enter(&mut roster, id));
        assert!(news(&mut roster).listed);
        assert_eq!(roster.list().map(|list| list.len()), Some(100));
        enter(&mut roster, 101);
        assert_eq!(news(&mut roster), presence(101, false, &[], &[]));
        assert_eq!(roster.list(), None);
        roster.leave(5, 5);
        roster.leave(6, 6);
        let everybody: Vec<u64> = (1..=101).filter(|id| ![5, 6].contains(id)).collect();
        let mut expected = presence(99, true, &everybody, &[]);
        expected.whole = true;
        assert_eq!(news(&mut roster), expected);
        roster.leave(7, 7);
        assert_eq!(news(&mut roster), presence(98, true, &[], &[7]));
    }

    #[test]
    fn a_storm_that_passes_leaves_no_hole_in_what_was_told() {
        let mut roster = Roster::default();
        enter(&mut roster, 1);
        news(&mut roster);
        (2..=150).for_each(|id| enter(&mut roster, id));
        (2..=149).for_each(|id| roster.leave(id, id));
        // All but 150 are gone again: too much changed to say what.
        let mut expected = presence(2, true, &[1, 150], &[]);
        expected.whole = true;
        assert_eq!(news(&mut roster), expected);
        assert!(roster.changed.is_empty());
    }

    #[test]
    fn with_nobody_to_tell_nothing_is_kept() {
        let mut roster = Roster::default();
        (1..=50).for_each(|id| roster.enter(id, id, Name::GUEST, false));
        assert!(!roster.has_news());
        assert!(roster.changed.is_empty());
        assert_eq!(roster.len(), 50);
    }
}
