//! The users that have said something in a room in slow mode, and have to wait. The room's
//! shared state calls it, under its lock. No clock: the caller passes in `now`.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::ids::UserId;

/// The most users that are remembered. The one that has waited longest is forgotten first, so
/// that a crowd of new users costs a bounded memory.
const MOST_USERS: usize = 4_096;

/// The users that have said something in one room.
#[derive(Debug, Default)]
pub(crate) struct SlowMode {
    said: HashMap<UserId, Instant>,
    /// The same, the earliest first. A user that said something later than an entry says has
    /// another one.
    order: VecDeque<(Instant, UserId)>,
}

impl SlowMode {
    /// How long the user has to wait, if everybody waits for `every` between two messages.
    pub(crate) fn wait(&self, user: UserId, every: Duration, now: Instant) -> Duration {
        let since = |&said: &Instant| now.saturating_duration_since(said);
        let waited = self.said.get(&user).map_or(Duration::MAX, since);
        every.saturating_sub(waited)
    }

    /// Records that the user says something, if it need not wait.
    ///
    /// # Errors
    ///
    /// How long it has to wait. Nothing is recorded then.
    pub(crate) fn say(
        &mut self,
        user: UserId,
        every: Duration,
        now: Instant,
    ) -> Result<(), Duration> {
        let wait = self.wait(user, every, now);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.forget(every, now);
        self.said.insert(user, now);
        self.order.push_back((now, user));
        Ok(())
    }

    /// The user has said nothing, after all: it need not wait.
    pub(crate) fn give_back(&mut self, user: UserId) {
        self.said.remove(&user);
    }

    /// Forgets the users that need not wait any more, and the first ones if they are too many.
    fn forget(&mut self, every: Duration, now: Instant) {
        while let Some(&(said, user)) = self.order.front() {
            let is_over = now.saturating_duration_since(said) >= every;
            if !is_over && self.order.len() < MOST_USERS {
                return;
            }
            self.order.pop_front();
            if self.said.get(&user) == Some(&said) {
                self.said.remove(&user);
            }
        }
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    #[test]
    fn each_user_waits_for_its_own_last_message() {
        let (mut slow, start) = (SlowMode::default(), Instant::now());
        let second = |number| start + Duration::from_secs(number);
        let [ann, bob] = [1, 2].map(UserId);
        assert_eq!(slow.say(ann, EVERY, start), Ok(()));
        assert_eq!(slow.say(bob, EVERY, second(4)), Ok(()));
        assert_eq!(slow.say(ann, EVERY, second(4)), Err(EVERY * 6 / 10));
        assert_eq!(slow.wait(ann, EVERY, second(9)), EVERY / 10);
        assert_eq!(slow.say(ann, EVERY, second(10)), Ok(()));
        assert_eq!(slow.say(bob, EVERY, second(10)), Err(EVERY * 4 / 10));
        // Another rule counts at once.
        assert_eq!(slow.wait(bob, EVERY / 2, second(10)), Duration::ZERO);
        assert_eq!(slow.wait(bob, EVERY * 2, second(10)), EVERY * 14 / 10);
    }

    #[test]
    fn who_has_said_nothing_need_not_wait() {
        let (mut slow, start) = (SlowMode::default(), Instant::now());
        let [ann, bob] = [1, 2].map(UserId);
        for user in [ann, bob] {
            assert_eq!(slow.say(user, EVERY, start), Ok(()));
        }
        slow.give_back(ann);
        assert_eq!(slow.say(ann, EVERY, start), Ok(()));
        assert_eq!(slow.wait(bob, EVERY, start), EVERY);
        assert_eq!(slow.say(ann, EVERY, start + EVERY), Ok(()));
    }

    #[test]
    fn nobody_is_remembered_for_longer_than_it_waits() {
        let (mut slow, start) = (SlowMode::default(), Instant::now());
        for id in 0..100 {
            assert_eq!(slow.say(UserId(id), EVERY, start), Ok(()));
        }
        assert_eq!(slow.said.len(), 100);
        assert_eq!(slow.say(UserId(1), EVERY, start + EVERY), Ok(()));
        assert_eq!((slow.said.len(), slow.order.len()), (1, 1));
    }

    #[test]
    fn a_crowd_costs_a_bounded_memory() {
        let (mut slow, start) = (SlowMode::default(), Instant::now());
        for id in 0..3 * MOST_USERS as u64 {
            let now = start + Duration::from_micros(id);
            assert_eq!(slow.say(UserId(id), EVERY, now), Ok(()));
        }
        assert_eq!(slow.said.len(), MOST_USERS);
        let last = UserId(3 * MOST_USERS as u64 - 1);
        assert!(slow.say(last, EVERY, start + EVERY / 2).is_err());
    }
}
