//! Steps that change the rules of rooms, and let the threads take them over bit by bit.

use guildhall_server::Rates;
use guildhall_server::accounts::{Accounts, AccountsConfig};
use guildhall_server::testing::{ConnectionId, Shared};

use super::World;
use crate::rule::{RULED, RoomRule};
use crate::step::{ROOMS, RuleStep};

impl World {
    pub(super) fn rule_step(&mut self, step: RuleStep) {
        let threads = self.hubs.len();
        match step {
            RuleStep::Change { join } => {
                let topic = format!("Topic {}", self.counter);
                self.model.rule = RoomRule { topic, join };
                self.shared.set_rules(self.model.rule.rules());
            }
            RuleStep::Take { thread } => {
                let thread = thread % threads;
                self.hubs[thread].take_rules();
                self.model.take_rule(thread);
            }
            RuleStep::Check { thread } => {
                self.check_members(thread % threads, 1);
            }
        }
    }

    /// All threads take over the rules, and check all members.
    pub(super) fn take_all_rules(&mut self) {
        for thread in 0..self.hubs.len() {
            self.rule_step(RuleStep::Take { thread });
            while self.check_members(thread, usize::MAX) {}
        }
    }

    /// A thread checks at most `most` members. Returns whether there are more to check.
    fn check_members(&mut self, thread: usize, most: usize) -> bool {
        let at = self.moment();
        let is_more = self.hubs[thread].recheck(most, at);
        let drain = self.hubs[thread].take_needs_drain();
        self.needs_drain.extend(drain);
        let mut removed = Vec::new();
        for (&id, served) in &self.connections {
            let is_in = self.hubs[thread].has_member(RULED, ConnectionId(id));
            if served.thread == thread && self.model.is_in(id, RULED) && !is_in {
                removed.push(id);
            }
        }
        assert!(removed.len() <= most, "more than it was to check");
        for id in removed {
            self.model.remove(id, self.millis);
        }
        self.note_removed();
        if !is_more {
            self.model.check_done(thread);
        }
        is_more
    }

    /// The clients of connections that were removed from the room have to be told.
    pub(super) fn note_removed(&mut self) {
        for (id, due) in self.model.take_removed() {
            let served = self.connections.get_mut(&id).expect("it exists");
            served.due.push_back(due);
        }
    }

    /// Compares who is in which room.
    pub(super) fn check_rooms(&self) {
        for (&id, served) in &self.connections {
            for room in ROOMS {
                let is_in = self.hubs[served.thread].has_member(room, ConnectionId(id));
                assert_eq!(is_in, self.model.is_in(id, room), "{id} in {room}");
            }
        }
    }
}

/// The settings of a server, apart from its rules.
pub(super) fn settings(shared: &Shared) {
    // The players ask for much within a millisecond.
    shared.set_rates(&Rates::OFF);
    shared.set_accounts(AccountsConfig {
        accounts: Some(Accounts::default()),
        may_rename: true,
        ..AccountsConfig::default()
    });
}
