//! The effects of a room's rule on what the threads share of it: on the lines that are kept,
//! the users that wait, and the frames that each member gets.

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
        let kept = |rule| kept(self.state.history, rule, self.is_durable());
        let limits = kept(rule);
        if limits != kept(&inner.rule) {
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

    /// This user has said nothing in such a room, after all: it need not wait.
    pub(crate) fn give_turn_back(&self, speaker: UserId) {
        self.lock().slow_mode.give_back(speaker);
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
        self.take(inner, &mut pending);
        let inbox = &mut inner.inboxes[self.thread];
        inbox.unsubscribe(from);
        inbox.subscribe(to);
        if to == SubscriberKind::V1 {
            inner.presence.tell_all();
        }
    }
}

/// The limits of the history of a room with this rule. That of a durable room is the end of what
/// its journal keeps: as much of that as may be in memory, however old it is.
pub(in crate::shared) fn kept(
    limits: HistoryLimits,
    rule: &Rule,
    is_durable: bool,
) -> HistoryLimits {
    if is_durable {
        return HistoryLimits {
            lines: rule.keep.lines.unwrap_or(usize::MAX).min(limits.lines),
            age: rule.keep.age.unwrap_or(Duration::MAX),
            ..limits
        };
    }
    HistoryLimits {
        lines: rule.keep.lines.unwrap_or(limits.lines),
        age: rule.keep.age.unwrap_or(limits.age),
        ..limits
    }
}
