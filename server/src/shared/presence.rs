//! The members of a room, on all threads, and the changes that they have not been told of
//! yet. Changes are gathered, so that many users that join at once cost each member a few
//! messages, and not one for each of them. The room's shared state calls it, under its
//! lock.

use std::collections::HashMap;

use guildhall_protocol::limits::MAX_LISTED_MEMBERS;
use guildhall_protocol::{Member, Message as _, Presence as PresenceMessage, Protocol};

use crate::ids::{ConnectionId, UserId};

use super::name::Name;

/// A room with more members than this is told of changes less often: so many members more,
/// one interval more. So the messages of all intervals are as many as in a room of this size,
/// and a client that joins and leaves all the time costs the members of a large room no more.
const MEMBERS_AN_INTERVAL: usize = 1_000;

/// The most bytes of the members in one message. If they have more, some come without their
/// `info`. Their names and accounts always fit.
const MAX_MEMBERS_BYTES: usize = 28 * 1024;

/// The members of one room.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    members: HashMap<UserId, Present>,
    /// How many of them are told of changes, because they understand [`PresenceMessage`].
    told: usize,
    /// The changes since the last [`Presence::take_changes`], by user.
    changed: HashMap<UserId, Change>,
    /// Whether anything has changed since the last [`Presence::take_changes`].
    is_dirty: bool,
    /// Whether `changed` lacks changes since the members last knew the whole list.
    is_incomplete: bool,
    /// How many members there are, as far as all that are told know; `None` if they know
    /// different numbers.
    known_count: Option<usize>,
    /// How many intervals have passed in which the members were not told of changes, because
    /// they are so many.
    waited: usize,
}

/// What the members of a room are told.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Changes {
    /// Those that may see who is there.
    pub(crate) listed: Option<PresenceMessage>,
    /// The others: only how many they are.
    pub(crate) unlisted: Option<PresenceMessage>,
}

#[derive(Debug)]
struct Change {
    /// The user's name before; `None` if the user was not a member.
    before: Option<Name>,
    /// Whether a client was shown the list after the change. Then the change is told even
    /// if it was undone afterwards.
    is_shown: bool,
}

#[derive(Debug)]
struct Present {
    /// A connection over which the user is a member.
    connection: ConnectionId,
    /// The user's other ones: usually none.
    others: Vec<ConnectionId>,
    name: Name,
    protocol: Protocol,
}

impl Present {
    fn is_told(&self) -> bool {
        self.protocol == Protocol::V1
    }

    /// Adds another connection.
    fn add(&mut self, connection: ConnectionId) {
        if self.connection != connection && !self.others.contains(&connection) {
            self.others.reserve_exact(1);
            self.others.push(connection);
        }
    }

    /// Removes a connection. Returns whether none is left.
    fn remove(&mut self, connection: ConnectionId) -> bool {
        if self.connection != connection {
            self.others.retain(|&other| other != connection);
            return false;
        }
        match self.others.pop() {
            Some(other) => self.connection = other,
            None => return true,
        }
        false
    }
}

impl Presence {
    /// Adds a member. A user that is a member over another connection already stays one
    /// member.
    pub(crate) fn join(
        &mut self,
        id: UserId,
        connection: ConnectionId,
        name: Name,
        protocol: Protocol,
    ) {
        if let Some(present) = self.members.get_mut(&id) {
            present.add(connection);
            return self.rename(id, name);
        }
        let present = Present {
            connection,
            others: Vec::new(),
            name,
            protocol,
        };
        self.told += usize::from(present.is_told());
        self.members.insert(id, present);
        self.note(id, None);
    }

    /// Removes a user that is a member over this connection, unless it is one over another
    /// as well.
    pub(crate) fn leave(&mut self, id: UserId, connection: ConnectionId) {
        let Some(present) = self.members.get_mut(&id) else {
            return;
        };
        if present.remove(connection)
            && let Some(before) = self.members.remove(&id)
        {
            self.told -= usize::from(before.is_told());
            self.note(id, Some(before.name));
        }
    }

    /// Gives a member another name, or shows something else beside it.
    pub(crate) fn rename(&mut self, id: UserId, name: Name) {
        if let Some(present) = self.members.get_mut(&id)
            && present.name != name
        {
            let before = std::mem::replace(&mut present.name, name);
            self.note(id, Some(before));
        }
    }

    /// Whether the user is a member.
    pub(crate) fn has(&self, id: UserId) -> bool {
        self.members.contains_key(&id)
    }

    /// How many members there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are changes, and a member to tell of them.
    #[must_use]
    pub(crate) fn has_changes(&self) -> bool {
        self.is_dirty && self.told > 0
    }

    /// Returns all members, sorted by ID, for a client that is told of all changes from now
    /// on. `None` if they are too many to be listed.
    #[must_use]
    pub(crate) fn show(&mut self) -> Option<Vec<Member>> {
        for change in self.changed.values_mut() {
            change.is_shown = true;
        }
        self.show_count();
        self.list()
    }

    /// Notes that a client is told the number of members, and no more.
    pub(crate) fn show_count(&mut self) {
        self.known_count = self.known_count.filter(|&count| count == self.len());
    }

    fn list(&self) -> Option<Vec<Member>> {
        (self.len() <= MAX_LISTED_MEMBERS).then(|| {
            let mut members: Vec<_> = self
                .members
                .iter()
                .map(|(&id, present)| present.name.member(id))
                .collect();
            members.sort_by_key(|member| member.id);
            shorten(&mut members);
            members
        })
    }

    /// Makes the next message of changes have every member, because one member is shown the
    /// list from now on that was not shown it before.
    pub(crate) fn tell_all(&mut self) {
        self.is_dirty = true;
        self.is_incomplete = true;
        self.changed = HashMap::new();
    }

    /// Returns the changes since the last call, as messages to the members of this room. There
    /// is none if there is nothing that they do not know: what changed was undone, or is a name
    /// in a room too large to list its members. There also is none if the members are so many
    /// that they are told later: then there still are changes.
    pub(crate) fn take_changes(&mut self, room: &str) -> Changes {
        let listed = self.len() <= MAX_LISTED_MEMBERS;
        let is_known = !listed && self.known_count == Some(self.len());
        if !listed && !is_known && self.waited < self.len() / MEMBERS_AN_INTERVAL {
            self.waited += 1;
            return Changes::default();
        }
        self.waited = 0;
        let whole = listed && self.is_incomplete;
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        if whole {
            joined = self.list().unwrap_or_default();
        } else if listed {
            for (&id, Change { before, is_shown }) in &self.changed {
                let now = self.members.get(&id).map(|present| &present.name);
                match now {
                    _ if !is_shown && before.as_ref() == now => {}
                    Some(name) => joined.push(name.member(id)),
                    None => left.push(id.0),
                }
            }
            joined.sort_by_key(|member: &Member| member.id);
            shorten(&mut joined);
            left.sort_unstable();
        }
        self.is_incomplete = !listed;
        self.is_dirty = false;
        self.changed = HashMap::new();
        let is_same_count = self.known_count.replace(self.len()) == Some(self.len());
        let message = PresenceMessage {
            room: room.to_owned(),
            count: count(self.len()),
            ..PresenceMessage::default()
        };
        let is_told = !is_same_count || whole || !joined.is_empty() || !left.is_empty();
        Changes {
            unlisted: (!is_same_count).then(|| message.clone()),
            listed: is_told.then_some(PresenceMessage {
                listed,
                joined,
                left,
                whole,
                ..message
            }),
        }
    }

    fn note(&mut self, id: UserId, before: Option<Name>) {
        if self.told == 0 {
            // There is no member to tell. One that joins later gets the whole list.
            self.changed = HashMap::new();
            self.is_incomplete = false;
            self.is_dirty = false;
            return;
        }
        self.is_dirty = true;
        let is_full = self.changed.len() > MAX_LISTED_MEMBERS;
        if self.is_incomplete || self.len() > MAX_LISTED_MEMBERS || is_full {
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

/// Returns a number of members or rooms as it is on the wire.
#[must_use]
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Leaves out the `info` of the members for which there is no place in their message.
fn shorten(members: &mut [Member]) {
    // With a key and a length of its own.
    let lean = |member: &Member| member.encoded_len() + 4 - info_len(member);
    let mut bytes: usize = members.iter().map(lean).sum();
    for member in members {
        bytes += info_len(member);
        if bytes > MAX_MEMBERS_BYTES {
            bytes -= info_len(member);
            member.info.clear();
        }
    }
}

/// How many bytes the `info` of a member takes at least.
fn info_len(member: &Member) -> usize {
    member.info.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(presence: &mut Presence, id: u64) {
        presence.join(UserId(id), ConnectionId(id), Name::GUEST, Protocol::V1);
    }

    fn changes(presence: &mut Presence) -> PresenceMessage {
        presence.take_changes("red").listed.unwrap()
    }

    fn message(count: u32, listed: bool, joined: &[u64], left: &[u64]) -> PresenceMessage {
        PresenceMessage {
            room: "red".into(),
            count,
            listed,
            joined: joined
                .iter()
                .map(|&id| Name::GUEST.member(UserId(id)))
                .collect(),
            left: left.to_vec(),
            whole: false,
        }
    }

    #[test]
    fn members_that_joined_and_left_are_told_together() {
        let mut presence = Presence::default();
        (1..=3).for_each(|id| join(&mut presence, id));
        assert_eq!(changes(&mut presence), message(3, true, &[1, 2, 3], &[]));
        assert!(!presence.has_changes());
        join(&mut presence, 4);
        presence.leave(UserId(2), ConnectionId(2));
        assert!(presence.has_changes());
        assert_eq!(changes(&mut presence), message(3, true, &[4], &[2]));
    }

    #[test]
    fn a_change_that_a_client_was_shown_is_told_even_if_it_was_undone() {
        let mut presence = Presence::default();
        join(&mut presence, 1);
        join(&mut presence, 2);
        changes(&mut presence);
        // A client is shown that 3 is a member and 2 is not.
        join(&mut presence, 3);
        presence.leave(UserId(2), ConnectionId(2));
        join(&mut presence, 4);
        assert_eq!(presence.show().unwrap().len(), 3);
        presence.leave(UserId(3), ConnectionId(3));
        join(&mut presence, 2);
        assert_eq!(changes(&mut presence), message(3, true, &[2, 4], &[3]));
    }

    #[test]
    fn a_change_that_was_undone_is_not_told() {
        let mut presence = Presence::default();
        join(&mut presence, 1);
        join(&mut presence, 9);
        changes(&mut presence);
        join(&mut presence, 2);
        presence.leave(UserId(2), ConnectionId(2));
        presence.leave(UserId(1), ConnectionId(1));
        join(&mut presence, 1);
        assert!(presence.has_changes());
        assert_eq!(presence.take_changes("red"), Changes::default());
        assert!(!presence.has_changes());
    }

    #[test]
    fn a_very_large_room_is_told_less_often() {
        let mut presence = Presence::default();
        (1..=3_500).for_each(|id| join(&mut presence, id));
        for _ in 0..2 {
            for _ in 0..3 {
                assert_eq!(presence.take_changes("red"), Changes::default());
                assert!(presence.has_changes(), "it is told later");
            }
            assert!(!changes(&mut presence).listed);
            assert!(!presence.has_changes());
            let id = presence.len() as u64 + 1;
            join(&mut presence, id);
        }
        // A change that was undone is not told later.
        let id = presence.len() as u64;
        presence.leave(UserId(id), ConnectionId(id));
        assert_eq!(presence.take_changes("red"), Changes::default());
        assert!(!presence.has_changes());
    }

    #[test]
    fn a_name_in_a_room_too_large_to_list_is_not_told() {
        let mut presence = Presence::default();
        (1..=101).for_each(|id| join(&mut presence, id));
        assert_eq!(changes(&mut presence), message(101, false, &[], &[]));
        presence.rename(UserId(7), Name::new("Zoe"));
        assert_eq!(presence.take_changes("red"), Changes::default());
        // One joined and another left: the number is the same as before.
        join(&mut presence, 102);
        presence.leave(UserId(7), ConnectionId(7));
        assert_eq!(presence.take_changes("red"), Changes::default());
        // But here a client was told another one in between.
        join(&mut presence, 103);
        assert_eq!(presence.show(), None);
        presence.leave(UserId(8), ConnectionId(8));
        assert_eq!(changes(&mut presence), message(101, false, &[], &[]));
        assert_eq!(presence.take_changes("red"), Changes::default());
        // The names are told when there are few enough members to list them.
        presence.leave(UserId(9), ConnectionId(9));
        assert!(changes(&mut presence).whole);
    }

    #[test]
    fn a_user_with_a_new_connection_is_one_member() {
        let mut presence = Presence::default();
        join(&mut presence, 1);
        presence.join(UserId(1), ConnectionId(9), Name::GUEST, Protocol::V1);
        presence.leave(UserId(1), ConnectionId(1));
        assert_eq!((presence.len(), presence.told), (1, 1));
        presence.leave(UserId(1), ConnectionId(9));
        assert_eq!((presence.len(), presence.told), (0, 0));
    }

    #[test]
    fn a_large_room_is_told_its_count_and_the_whole_list_when_it_shrinks() {
        let mut presence = Presence::default();
        (1..=100).for_each(|id| join(&mut presence, id));
        assert!(changes(&mut presence).listed);
        assert_eq!(presence.list().map(|list| list.len()), Some(100));
        join(&mut presence, 101);
        assert_eq!(changes(&mut presence), message(101, false, &[], &[]));
        assert_eq!(presence.list(), None);
        presence.leave(UserId(5), ConnectionId(5));
        presence.leave(UserId(6), ConnectionId(6));
        let remaining: Vec<u64> = (1..=101).filter(|id| ![5, 6].contains(id)).collect();
        let mut expected = message(99, true, &remaining, &[]);
        expected.whole = true;
        assert_eq!(changes(&mut presence), expected);
        presence.leave(UserId(7), ConnectionId(7));
        assert_eq!(changes(&mut presence), message(98, true, &[], &[7]));
    }

    #[test]
    fn after_too_many_changes_the_whole_list_is_told() {
        let mut presence = Presence::default();
        join(&mut presence, 1);
        changes(&mut presence);
        (2..=150).for_each(|id| join(&mut presence, id));
        (2..=149).for_each(|id| presence.leave(UserId(id), ConnectionId(id)));
        // All of them but 150 have left again. There were too many changes to tell each.
        let mut expected = message(2, true, &[1, 150], &[]);
        expected.whole = true;
        assert_eq!(changes(&mut presence), expected);
        assert!(presence.changed.is_empty());
    }

    #[test]
    fn members_that_may_not_see_who_is_there_are_told_how_many_are() {
        let mut presence = Presence::default();
        let unlisted = |count| Some(message(count, false, &[], &[]));
        join(&mut presence, 1);
        assert_eq!(presence.take_changes("red").unlisted, unlisted(1));
        presence.rename(UserId(1), Name::new("Ann"));
        let changes = presence.take_changes("red");
        assert!(changes.unlisted.is_none() && changes.listed.is_some());
        join(&mut presence, 2);
        presence.show_count();
        assert_eq!(presence.take_changes("red").unlisted, unlisted(2));
        // A member that may see the others from now on.
        presence.tell_all();
        assert!(presence.has_changes());
        let changes = presence.take_changes("red");
        let listed = changes.listed.unwrap();
        assert!(listed.whole && listed.joined.len() == 2);
        assert!(changes.unlisted.is_none() && !presence.has_changes());
    }

    #[test]
    fn without_a_member_to_tell_no_changes_are_kept() {
        let mut presence = Presence::default();
        (1..=50).for_each(|id| {
            presence.join(
                UserId(id),
                ConnectionId(id),
                Name::GUEST,
                Protocol::Tutorial,
            );
        });
        assert!(!presence.has_changes());
        assert!(presence.changed.is_empty());
        assert_eq!(presence.len(), 50);
    }
}
