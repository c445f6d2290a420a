//! How the model lets connections join rooms and leave them.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{ErrorCode, Gap, Joined, ReplyResult};

use super::{HISTORY, Model, REPLAY, Room};
use crate::rule::{limits, settings};

impl Model {
    pub(super) fn join(
        &mut self,
        at: u64,
        me: u64,
        name: &str,
        epoch: u32,
        seq: u64,
    ) -> Result<ReplyResult, ErrorCode> {
        if !self.may_be_in(at, name) {
            return Err(ErrorCode::Forbidden);
        }
        let connection = self
            .connections
            .get_mut(&at)
            .expect("the connection exists");
        let is_again = !connection.rooms.insert(name.to_owned());
        if !self.rooms.contains_key(name) {
            self.generations += 1;
            let room = Room {
                generation: self.generations,
                connections: BTreeSet::new(),
                presence: BTreeMap::new(),
                empty_since: None,
            };
            self.rooms.insert(name.to_owned(), room);
        }
        let room = self.rooms.get_mut(name).expect("it was inserted");
        if !is_again {
            room.connections.insert(at);
            room.empty_since = None;
            let present = room.presence.entry(me).or_default();
            present.0.insert(at);
            present.1.clone_from(&connection.shown);
        }
        let generation = room.generation;
        let last = self.last(generation);
        let first = (last + 1).saturating_sub(HISTORY).max(1);
        let resumed = self.epochs.get(&generation) == Some(&epoch) && seq <= last;
        let connection = &self.connections[&at];
        let is_limited = limits(name, &connection.account);
        let first = if is_limited { last + 1 } else { first };
        let gap = (resumed && seq + 1 < first).then(|| Gap {
            from: seq + 1,
            to: first - 1,
        });
        let first_seq = if resumed {
            first.max(seq + 1)
        } else {
            first.max((last + 1).saturating_sub(REPLAY))
        };
        let topic = &self.rule_of(connection.thread).topic;
        let settings = settings(name, &connection.account, topic);
        let members = self.members(name);
        Ok(ReplyResult::Joined(Joined {
            room: name.to_owned(),
            epoch: 0,
            first_seq,
            last_seq: last,
            resumed,
            gap,
            count: u32::try_from(members.len()).unwrap(),
            listed: !is_limited,
            members: if is_limited { Vec::new() } else { members },
            settings,
            read_seq: 0,
            durable: self.undecided.is_some(),
        }))
    }

    pub(super) fn leave(&mut self, at: u64, me: u64, name: &str, time: u64) {
        let room = self.rooms.get_mut(name).expect("the room is not empty");
        room.connections.remove(&at);
        if let Some((connections, _)) = room.presence.get_mut(&me) {
            connections.remove(&at);
            if connections.is_empty() {
                room.presence.remove(&me);
            }
        }
        let generation = room.generation;
        if room.connections.is_empty() {
            room.empty_since = Some(time);
            if self.last(generation) == 0 && !self.has_undecided(generation) {
                self.rooms.remove(name);
            }
        }
    }
}
