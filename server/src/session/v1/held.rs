//! Says and whispers that were refused because they came too fast, and that the client is
//! going to send again. Until then, later ones for the same destination are refused as
//! well, so that a client that sends many at once gets them said in its order.

use std::time::{Duration, Instant};

use crate::ids::RequestId;
use crate::shared::destination::Destination;

/// How long a client has for sending a message again after it may. Later messages are
/// no longer refused for its sake then.
const SEND_AGAIN_WITHIN: Duration = Duration::from_secs(2);

/// The most destinations that are remembered.
const MOST_HELD: usize = 64;

/// The destinations for which a message was refused.
#[derive(Debug, Default)]
pub(super) struct HeldMessages(Vec<Held>);

#[derive(Debug)]
struct Held {
    to: Destination,
    /// The first message that was refused.
    first: RequestId,
    /// When the client may send it again.
    at: Instant,
    later: HeldBack,
}

/// Which later messages wait for one that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeldBack {
    /// All of the same destination.
    All,
    /// All but changes, which slow mode does not hold up.
    NoChanges,
}

impl Held {
    fn holds(&self, is_change: bool) -> bool {
        self.later == HeldBack::All || !is_change
    }
}

impl HeldMessages {
    /// Whether this message may be admitted now.
    ///
    /// # Errors
    ///
    /// How long the client has to wait, because an earlier message for the same destination
    /// was refused.
    pub(super) fn check(
        &self,
        to: &Destination,
        id: RequestId,
        is_change: bool,
        now: Instant,
    ) -> Result<(), Duration> {
        let is_earlier = |held: &&Held| {
            held.to == *to
                && held.holds(is_change)
                && held.first < id
                && now < held.at + SEND_AGAIN_WITHIN
        };
        match self.0.iter().find(is_earlier) {
            // It may be sent behind the other one at once.
            Some(held) => Err(held.at.saturating_duration_since(now)),
            None => Ok(()),
        }
    }

    /// Records that this message was refused, and may be sent again after `wait`. Until then, later
    /// ones wait for it.
    pub(super) fn refused(
        &mut self,
        to: &Destination,
        id: RequestId,
        (wait, later): (Duration, HeldBack),
        now: Instant,
    ) {
        let at = now + wait;
        if let Some(held) = self.0.iter_mut().find(|held| held.to == *to) {
            if id <= held.first || held.at + SEND_AGAIN_WITHIN <= now {
                (held.first, held.at, held.later) = (id, at, later);
            }
            return;
        }
        if self.0.len() == MOST_HELD {
            self.0.remove(0);
        }
        self.0.push(Held {
            to: to.clone(),
            first: id,
            at,
            later,
        });
    }

    /// Records that this message was admitted.
    pub(super) fn admitted(&mut self, to: &Destination, id: RequestId, is_change: bool) {
        self.0
            .retain(|held| held.to != *to || id < held.first || !held.holds(is_change));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    #[test]
    fn later_messages_for_the_same_destination_wait_for_the_first_one() {
        let (mut held, now) = (HeldMessages::default(), Instant::now());
        let (hall, bob) = (
            Destination::Room("hall".into()),
            Destination::User(UserId(9)),
        );
        let second = Duration::from_secs(1);
        held.refused(&hall, RequestId(5), (second, HeldBack::All), now);
        held.refused(&hall, RequestId(6), (second * 9, HeldBack::All), now);
        assert_eq!(held.check(&hall, RequestId(6), false, now), Err(second));
        assert_eq!(held.check(&hall, RequestId(5), false, now), Ok(()));
        assert_eq!(held.check(&hall, RequestId(4), false, now), Ok(()));
        assert_eq!(held.check(&bob, RequestId(6), false, now), Ok(()));
        held.admitted(&hall, RequestId(4), false);
        assert_eq!(
            held.check(&hall, RequestId(7), false, now + second),
            Err(Duration::ZERO)
        );
        held.admitted(&hall, RequestId(5), false);
        assert_eq!(held.check(&hall, RequestId(6), false, now + second), Ok(()));
    }

    #[test]
    fn changes_do_not_wait_for_what_slow_mode_holds_up() {
        let (mut held, now) = (HeldMessages::default(), Instant::now());
        let hall = Destination::Room("hall".into());
        let hour = Duration::from_hours(1);
        held.refused(&hall, RequestId(5), (hour, HeldBack::NoChanges), now);
        assert_eq!(held.check(&hall, RequestId(6), false, now), Err(hour));
        assert_eq!(held.check(&hall, RequestId(6), true, now), Ok(()));
        held.admitted(&hall, RequestId(6), true);
        assert_eq!(held.check(&hall, RequestId(7), false, now), Err(hour));
    }

    #[test]
    fn a_message_that_is_not_sent_again_is_given_up() {
        let (mut held, now) = (HeldMessages::default(), Instant::now());
        let hall = Destination::Room("hall".into());
        let second = Duration::from_secs(1);
        held.refused(&hall, RequestId(5), (second, HeldBack::All), now);
        let late = now + second + SEND_AGAIN_WITHIN;
        assert_eq!(held.check(&hall, RequestId(6), false, late), Ok(()));
        held.refused(&hall, RequestId(6), (second, HeldBack::All), late);
        assert_eq!(held.check(&hall, RequestId(7), false, late), Err(second));
    }

    #[test]
    fn the_number_of_destinations_is_bounded() {
        let (mut held, now) = (HeldMessages::default(), Instant::now());
        for id in 0..1_000 {
            let to = Destination::User(UserId(id));
            held.refused(
                &to,
                RequestId(id),
                (Duration::from_secs(1), HeldBack::All),
                now,
            );
        }
        assert_eq!(held.0.len(), MOST_HELD);
    }
}
