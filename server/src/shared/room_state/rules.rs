//! What a room's rule changes in what the threads share of it: what is kept, who waits, and who
//! is told what.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ids::UserId;
use crate::policy::Rule;
use crate::shared::history::HistoryLimits;
use crate::shared::inbox::Pending;
use crate::shared::subscriber_kind::SubscriberKind;

use super::RoomHandle;

impl RoomHandle {
    /// From now on, this rule holds for the room. `unix_millis` is the time, in milliseconds
    /// since 1970.
    pub(crate) fn set_rule(&self, rule: &Arc<Rule>, unix_millis: u64) {
        let inner = &mut *self.lock();
        if Arc::ptr_eq(&inner.rule, rule) {
            return;
        }
        let limits = kept(self.state.history, rule);
        if limits != kept(self.state.history, &inner.rule) {
            inner.history.set_limits(limits, unix_millis);
        }
        inner.rule = Arc::clone(rule);
    }

    /// How long this user has to wait in a room in which everybody waits for `every` between
    /// two messages.
    pub(crate) fn slow_wait(&self, speaker: UserId, every: Duration, now: Instant) -> Duration {
        self.lock().slow_mode.wait(speaker, every, now)
    }

    /// Records that this user says something in such a room, if it need not wait.
    ///
    /// # Errors
    ///
    /// How long it has to wait.
    pub(crate) fn say_slowly(
        &self,
        speaker: UserId,
        every: Duration,
        now: Instant,
    ) -> Result<(), Duration> {
        self.lock().slow_mode.say(speaker, every, now)
    }

    /// A member's connection gets the frames of another kind from now on, behind those that
    /// are pending then.
    pub(crate) fn change_kind(
        &self,
        mut pending: Pending<'_>,
        from: SubscriberKind,
        to: SubscriberKind,
    ) {
        let inner = &mut *self.lock();
        let inbox = &mut inner.inboxes[self.thread];
        inbox.take(&mut pending);
        inbox.unsubscribe(from);
        inbox.subscribe(to);
        if to == SubscriberKind::V1 {
            inner.presence.tell_all();
        }
    }
}

/// What a room with this rule keeps.
pub(super) fn kept(limits: HistoryLimits, rule: &Rule) -> HistoryLimits {
    HistoryLimits {
        lines: rule.keep.lines.unwrap_or(limits.lines),
        age: rule.keep.age.unwrap_or(limits.age),
        ..limits
    }
}
