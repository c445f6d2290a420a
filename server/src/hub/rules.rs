//! The check of members after a room got another rule, or a user other rights. After the rules
//! have changed, the worker lets the hub check all members, a bounded number in each turn; a
//! session whose client asks for something is checked before.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::ids::ConnectionId;
use crate::outgoing::outbox::Wire;
use crate::policy::Rights;
use crate::sync::moment::Moment;

use super::room::{RecheckFrom, Rechecked, Room};
use super::{Hub, SharedRoom};

/// How many members are worth as much as finding the rule of a room.
const ROOM_COST: usize = 4;

/// The rooms whose members have to be checked.
#[derive(Debug)]
pub(super) struct Recheck<W> {
    rooms: VecDeque<SharedRoom<W>>,
    /// The place in the first of them from which the check goes on.
    place: RecheckFrom,
}

impl<W> Default for Recheck<W> {
    fn default() -> Self {
        Self {
            rooms: VecDeque::new(),
            place: RecheckFrom::START,
        }
    }
}

impl<W: Wire> Hub<W> {
    /// The version of the rules of rooms. A session whose version is another one has to
    /// [check](Self::recheck_member) its rooms.
    #[must_use]
    pub fn rules_version(&self) -> u32 {
        self.rules.1
    }

    /// Takes over the rules of rooms that all threads share, if they have changed. Then the
    /// caller has to [check](Self::recheck) the members of all rooms.
    pub fn take_rules(&mut self) {
        if self.shared.rules_version() == self.rules.1 {
            return;
        }
        self.rules = self.shared.rules();
        self.recheck = Recheck {
            rooms: self.rooms.all().map(SharedRoom::clone).collect(),
            place: RecheckFrom::START,
        };
    }

    /// Whether members have to be checked by other rules.
    #[must_use]
    pub fn has_to_recheck(&self) -> bool {
        self.shared.rules_version() != self.rules.1 || !self.recheck.rooms.is_empty()
    }

    /// Checks members of rooms by the new rules: about as many as `most`. Returns whether there
    /// are more to check.
    pub fn recheck(&mut self, most: usize, at: Moment) -> bool {
        let mut cost = 0;
        while cost < most
            && let Some(room) = self.recheck.rooms.pop_front()
        {
            cost += ROOM_COST;
            self.renew_rule(&room, at.unix_millis);
            if !room.borrow().is_rule_new() {
                self.recheck.place = RecheckFrom::START;
                continue;
            }
            let place = self.recheck.place;
            let left = most.saturating_sub(cost).max(1);
            let needs_drain = &mut self.needs_drain;
            let check = |room: &mut Room<W>| room.recheck(place, left, at.now, needs_drain);
            let (checked, next) = self.rooms.change(&room, check);
            cost += checked;
            self.close_if_empty(&room, at.now);
            self.recheck.place = next.unwrap_or(RecheckFrom::START);
            if next.is_some() {
                self.recheck.rooms.push_front(room);
            }
        }
        !self.recheck.rooms.is_empty()
    }

    /// Checks one member of a room, which has these rights from now on.
    pub(crate) fn recheck_member(
        &mut self,
        room: &SharedRoom<W>,
        connection: ConnectionId,
        rights: &Rights,
        at: Moment,
    ) -> Rechecked {
        self.renew_rule(room, at.unix_millis);
        let needs_drain = &mut self.needs_drain;
        let check = |room: &mut Room<W>| room.recheck_one(connection, rights, at.now, needs_drain);
        let rechecked = self.rooms.change(room, check);
        self.close_if_empty(room, at.now);
        rechecked
    }

    /// Gives a room the rule that holds for it now, if there are new rules.
    pub(super) fn renew_rule(&self, room: &SharedRoom<W>, unix_millis: u64) {
        let (rules, version) = &self.rules;
        if room.borrow().rules_version() != *version {
            let mut room = room.borrow_mut();
            let rule = Arc::clone(rules.of(room.name()));
            room.set_rule(&rule, *version, unix_millis);
        }
    }
}

#[cfg(test)]
mod tests;
