//! The connections that may be in the room with a rule, and those that are removed because the
//! rule has changed or their rights have ended.

use super::{Due, Model};
use crate::rule::{RULED, RoomRule};

impl Model {
    /// A thread takes over the rule. It has to check its members then.
    pub(crate) fn take_rule(&mut self, thread: usize) {
        self.rules.insert(thread, self.rule.clone());
    }

    /// A thread takes over the rule when a client that has said hello asks for something.
    pub(crate) fn take_rule_for(&mut self, at: u64) {
        let connection = &self.connections[&at];
        if connection.user.is_some() {
            self.take_rule(connection.thread);
        }
    }

    /// The rule that a thread goes by.
    pub(super) fn rule_of(&self, thread: usize) -> RoomRule {
        self.rules.get(&thread).cloned().unwrap_or_default()
    }

    /// Whether this connection may be in a room, by the rule of its thread.
    pub(super) fn may_be_in(&self, at: u64, room: &str) -> bool {
        let connection = &self.connections[&at];
        let rule = self.rule_of(connection.thread);
        room != RULED || rule.lets_in(&connection.account, connection.has_cap)
    }

    /// Whether a connection is in a room.
    pub(crate) fn is_in(&self, at: u64, room: &str) -> bool {
        self.connections[&at].rooms.contains(room)
    }

    /// Checks a connection before its request is handled, and when its rights change.
    pub(super) fn recheck(&mut self, at: u64, time: u64) {
        if self.is_in(at, RULED) && !self.may_be_in(at, RULED) {
            self.remove(at, time);
        }
    }

    /// A thread has removed a connection: which one it checks first is left to it.
    pub(crate) fn remove(&mut self, at: u64, time: u64) {
        assert!(!self.may_be_in(at, RULED), "it may be there");
        let connection = self.connections.get_mut(&at).expect("it exists");
        connection.rooms.remove(RULED);
        let said = connection.said.clone();
        let user = connection.user.expect("it is in a room");
        self.leave(at, user, RULED, time);
        self.removed.push((at, Due::Removed { said }));
    }

    /// The connections that were removed since the last call.
    pub(crate) fn take_removed(&mut self) -> Vec<(u64, Due)> {
        std::mem::take(&mut self.removed)
    }

    /// A thread has checked all of its members.
    pub(crate) fn check_done(&self, thread: usize) {
        for (&at, connection) in &self.connections {
            if connection.thread == thread && self.is_in(at, RULED) {
                assert!(self.may_be_in(at, RULED), "it may not be there");
            }
        }
    }
}
