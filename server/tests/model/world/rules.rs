//! Steps that change the rules of rooms, and let the threads take them over bit by bit.

use guildhall_server::testing::Moment;

use super::World;
use crate::rule::rules;
use crate::step::RuleStep;

impl World {
    pub(super) fn rule_step(&mut self, step: RuleStep) {
        let threads = self.hubs.len();
        match step {
            RuleStep::Change => {
                self.model.topic = format!("Topic {}", self.counter);
                self.shared.set_rules(rules(&self.model.topic));
            }
            RuleStep::Take { thread } => {
                let thread = thread % threads;
                self.hubs[thread].take_rules();
                let topic = self.model.topic.clone();
                self.model.topics.insert(thread, topic);
            }
            RuleStep::Check { thread } => {
                let at = self.moment();
                self.hubs[thread % threads].recheck(1, at);
            }
        }
    }

    /// All threads take over the rules, and check all members.
    pub(super) fn take_all_rules(&mut self) {
        for thread in 0..self.hubs.len() {
            self.rule_step(RuleStep::Take { thread });
            let at = self.moment();
            while self.hubs[thread].recheck(usize::MAX, at) {}
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.now(),
            unix_millis: self.millis,
        }
    }
}
