//! The members of a room, on all threads, and the changes that they have not been told of
//! yet. Changes are gathered, so that many users that join at once cost each member a few
//! messages, and not one for each of them. The room's shared state calls it, under its
//! lock.

use std::collections::HashMap;
use std::mem;

use guildhall_protocol::limits::MAX_LISTED_MEMBERS;
use guildhall_protocol::{Member, Message as _, Presence as PresenceMessage, Protocol};
use smallvec::{SmallVec, smallvec};

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

/// The messages to the members of a room about changes among them.
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

/// A member.
#[derive(Debug)]
pub(crate) struct Present {
    /// The connections over which the user is a member: usually one, which needs no place on
    /// the heap.
    connections: SmallVec<[ConnectionId; 1]>,
    name: Name,
    protocol: Protocol,
}

impl Present {
    fn is_told(&self) -> bool {
        self.protocol == Protocol::V1
    }

    /// Adds another connection.
    fn add(&mut self, connection: ConnectionId) {
        if !self.connections.contains(&connection) {
            self.connections.push(connection);
        }
    }

    /// Removes a connection. Returns whether none is left.
    fn remove(&mut self, connection: ConnectionId) -> bool {
        self.connections.retain(|other| *other != connection);
        self.connections.is_empty()
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
            connections: smallvec![connection],
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

    /// Takes a member out, over all of its connections.
    pub(crate) fn take(&mut self, id: UserId) -> Option<Present> {
        let present = self.members.remove(&id)?;
        self.told -= usize::from(present.is_told());
        self.note(id, Some(present.name.clone()));
        Some(present)
    }

    /// Adds a member that was taken out of another room, over all of its connections.
    pub(crate) fn put(&mut self, id: UserId, present: Present) {
        if let Some(here) = self.members.get_mut(&id) {
            present
                .connections
                .into_iter()
                .for_each(|one| here.add(one));
            return;
        }
        self.told += usize::from(present.is_told());
        self.members.insert(id, present);
        self.note(id, None);
    }

    /// The members in the order of their IDs: those behind `after`, at most this many.
    pub(crate) fn after(&self, after: UserId, most: usize) -> Vec<Member> {
        let mut ids: Vec<_> = self.members.keys().filter(|id| **id > after).collect();
        ids.sort_unstable();
        ids.truncate(most);
        let members = ids.into_iter().filter_map(|id| {
            let present = self.members.get(id)?;
            Some(present.name.member(*id))
        });
        members.collect()
    }

    /// Gives a member another name, or shows something else beside it.
    pub(crate) fn rename(&mut self, id: UserId, name: Name) {
        if let Some(present) = self.members.get_mut(&id)
            && present.name != name
        {
            let before = mem::replace(&mut present.name, name);
            self.note(id, Some(before));
        }
    }

    /// Whether the user is a member over this connection.
    pub(crate) fn is_over(&self, id: UserId, connection: ConnectionId) -> bool {
        let present = self.members.get(&id);
        present.is_some_and(|present| present.connections.contains(&connection))
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

    /// Returns at most this many members, those with the smallest IDs.
    pub(crate) fn some(&self, most: usize) -> Vec<Member> {
        let mut ids: Vec<UserId> = self.members.keys().copied().collect();
        ids.sort_unstable();
        ids.truncate(most);
        let member = |id: UserId| Some(self.members.get(&id)?.name.member(id));
        ids.into_iter().filter_map(member).collect()
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
mod tests;
