//! How much may be said in a time: a rate with a burst, and what was spent of it. Sessions
//! have one budget for each client, and rooms one for all of their speakers. No clock and
//! no timer: the caller passes in `now`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::ids::UserId;

/// What a message costs beside the bytes of its text, roughly: its frame, and the names in
/// it. So many small messages are not free.
const MESSAGE_COST: u64 = 64;

/// A budget is overdrawn for at most this long, so that what was spent long ago is
/// forgiven.
const MOST_DEBT: Duration = Duration::from_secs(10);

/// A speaker that was silent may always say this many bytes in a room at once.
const LEAST_SHARE: u64 = 1024;

/// A speaker counts as one of a room's speakers for this long after it has said something.
const ACTIVE_FOR: Duration = Duration::from_secs(10);

/// How often speakers that are silent again are forgotten.
const FORGET_EVERY: Duration = Duration::from_millis(100);

/// How many bytes may be said in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many bytes a second, for any length of time. 0 for no bound.
    pub bytes_per_second: u64,
    /// How many bytes at once, after a silence.
    pub burst: u64,
}

/// Returns what a message with this text costs, in bytes.
#[must_use]
pub(crate) fn cost(text: &str) -> u64 {
    text.len() as u64 + MESSAGE_COST
}

impl Rate {
    /// No bound.
    pub const UNBOUNDED: Self = Self {
        bytes_per_second: 0,
        burst: 0,
    };

    /// Whether there is no bound.
    pub(crate) fn is_unbounded(&self) -> bool {
        self.bytes_per_second == 0
    }

    /// How long these bytes take at this rate.
    fn time(&self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// What was spent of a rate. It is one moment: until then, the sustained rate is used up by
/// what was spent so far (the generic cell rate algorithm, ITU-T I.371).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Budget {
    spent_until: Option<Instant>,
}

impl Budget {
    /// How long the caller has to wait until these bytes fit. More bytes than a burst has
    /// fit if nothing is spent.
    #[must_use]
    pub(crate) fn wait(&self, rate: &Rate, bytes: u64, now: Instant) -> Duration {
        if rate.is_unbounded() {
            return Duration::ZERO;
        }
        let needed = self.spent(now) + rate.time(bytes);
        needed.saturating_sub(rate.time(rate.burst.max(bytes)))
    }

    /// Spends these bytes, whether they fit or not.
    pub(crate) fn spend(&mut self, rate: &Rate, bytes: u64, now: Instant) {
        if rate.is_unbounded() {
            return;
        }
        let most = rate.time(rate.burst) + MOST_DEBT;
        let spent = self.spent(now).saturating_add(rate.time(bytes)).min(most);
        self.spent_until = now.checked_add(spent);
    }

    /// Whether anything was spent within the last [`ACTIVE_FOR`], or is not made up for yet.
    fn is_active(&self, now: Instant) -> bool {
        self.spent_until
            .is_some_and(|until| now.saturating_duration_since(until) < ACTIVE_FOR)
    }

    /// How long the sustained rate takes for what was spent and is not made up for yet.
    fn spent(&self, now: Instant) -> Duration {
        let until = self.spent_until.unwrap_or(now);
        until.saturating_duration_since(now)
    }
}

/// What may be said in one room, over all of its speakers.
///
/// While there is enough, everybody may speak. When the room's budget is used up, each
/// speaker still has an equal share of the rate, so whoever says little is not refused
/// because others say much.
#[derive(Debug)]
pub(crate) struct RoomBudget {
    rate: Rate,
    all: Budget,
    /// What each speaker has spent of its share, since half of the burst was used up.
    /// Empty in a room that is not that busy.
    speakers: HashMap<UserId, Budget>,
    /// When the silent speakers were forgotten.
    forgot: Option<Instant>,
}

impl RoomBudget {
    /// A budget of which nothing is spent.
    #[must_use]
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            all: Budget::default(),
            speakers: HashMap::new(),
            forgot: None,
        }
    }

    /// Spends what a message costs.
    ///
    /// # Errors
    ///
    /// How long the speaker has to wait until it fits. Nothing is spent then.
    pub(crate) fn spend(
        &mut self,
        speaker: UserId,
        bytes: u64,
        now: Instant,
    ) -> Result<(), Duration> {
        let rate = self.rate;
        if rate.is_unbounded() {
            return Ok(());
        }
        let spent = self.all.spent(now);
        if spent < rate.time(rate.burst) / 2 {
            if spent.is_zero() && !self.speakers.is_empty() {
                self.speakers = HashMap::new();
            }
            self.all.spend(&rate, bytes, now);
            return Ok(());
        }
        self.forget_silent(now);
        let share = self.share(speaker);
        let own = self.speakers.entry(speaker).or_default();
        let wait = self.all.wait(&rate, bytes, now);
        let wait = wait.min(own.wait(&share, bytes, now));
        if wait > Duration::ZERO {
            return Err(wait);
        }
        own.spend(&share, bytes, now);
        self.all.spend(&rate, bytes, now);
        Ok(())
    }

    /// The share of one speaker.
    fn share(&self, speaker: UserId) -> Rate {
        let is_new = !self.speakers.contains_key(&speaker);
        let speakers = self.speakers.len() as u64 + u64::from(is_new);
        let bytes_per_second = (self.rate.bytes_per_second / speakers.max(1)).max(1);
        Rate {
            bytes_per_second,
            burst: bytes_per_second.min(self.rate.burst).max(LEAST_SHARE),
        }
    }

    fn forget_silent(&mut self, now: Instant) {
        let is_due = |forgot| now.saturating_duration_since(forgot) >= FORGET_EVERY;
        if self.forgot.is_none_or(is_due) {
            self.forgot = Some(now);
            self.speakers.retain(|_, own| own.is_active(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        bytes_per_second: 1_000,
        burst: 4_000,
    };

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_burst_fits_and_then_the_sustained_rate() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        for _ in 0..4 {
            assert_eq!(budget.wait(&RATE, 1_000, start), Duration::ZERO);
            budget.spend(&RATE, 1_000, start);
        }
        assert_eq!(budget.wait(&RATE, 1_000, start), millis(1_000));
        assert_eq!(budget.wait(&RATE, 500, start), millis(500));
        let later = start + millis(700);
        assert_eq!(budget.wait(&RATE, 1_000, later), millis(300));
        let fits = start + millis(1_000);
        assert_eq!(budget.wait(&RATE, 1_000, fits), Duration::ZERO);
        budget.spend(&RATE, 1_000, fits);
        assert_eq!(budget.wait(&RATE, 1, fits), millis(1));
        // After a silence it is a burst again, and not more.
        let long_after = start + Duration::from_hours(1);
        assert_eq!(budget.wait(&RATE, 4_000, long_after), Duration::ZERO);
        budget.spend(&RATE, 4_000, long_after);
        assert_eq!(budget.wait(&RATE, 1, long_after), millis(1));
    }

    #[test]
    fn more_than_a_burst_fits_if_nothing_is_spent() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        assert_eq!(budget.wait(&RATE, 9_000, now), Duration::ZERO);
        budget.spend(&RATE, 9_000, now);
        assert_eq!(budget.wait(&RATE, 1_000, now), millis(6_000));
    }

    #[test]
    fn a_debt_is_bounded() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        for _ in 0..1_000 {
            budget.spend(&RATE, 16_000, now);
        }
        let wait = budget.wait(&RATE, 1_000, now);
        assert!(wait <= MOST_DEBT + millis(1_000), "{wait:?}");
        budget.spend(&RATE, u64::MAX, now);
        assert!(budget.wait(&RATE, u64::MAX, now) <= MOST_DEBT + millis(4_000));
    }

    #[test]
    fn without_a_bound_everything_fits() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        budget.spend(&Rate::UNBOUNDED, u64::MAX, now);
        assert_eq!(budget.wait(&Rate::UNBOUNDED, u64::MAX, now), Duration::ZERO);
        let mut room = RoomBudget::new(Rate::UNBOUNDED);
        assert_eq!(room.spend(UserId(1), u64::MAX, now), Ok(()));
    }

    /// How many of its bytes each speaker gets through in 20 s, if it tries to say
    /// `bytes` every `every` milliseconds.
    fn said(speakers: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let rate = Rate {
            bytes_per_second: 10_000,
            burst: 10_000,
        };
        let (mut room, start) = (RoomBudget::new(rate), Instant::now());
        let mut said = vec![(0, 0); speakers.len()];
        for at in 0..20_000 {
            for (id, &(bytes, every)) in speakers.iter().enumerate() {
                if at % every == id as u64 % every {
                    let spent = room.spend(UserId(id as u64), bytes, start + millis(at));
                    said[id].0 += if spent.is_ok() { bytes } else { 0 };
                    said[id].1 += u64::from(spent.is_err());
                }
            }
        }
        said
    }

    #[test]
    fn only_the_flooder_waits() {
        let mut speakers = vec![(100, 2_000); 50];
        speakers.push((4_000, 1));
        let said = said(&speakers);
        for (id, (bytes, refused)) in said[..50].iter().enumerate() {
            assert_eq!((*bytes, *refused), (1_000, 0), "speaker {id}");
        }
        let (bytes, refused) = said[50];
        assert!(bytes > 100_000 && refused > 19_000, "{bytes} {refused}");
        let all: u64 = said.iter().map(|(bytes, _)| bytes).sum();
        assert!(all <= 10_000 * 20 + 20_000, "{all} bytes in 20 s");
    }

    #[test]
    fn flooders_share_the_rate() {
        let said = said(&[(1_000, 1); 4]);
        let all: u64 = said.iter().map(|(bytes, _)| bytes).sum();
        assert!(
            (180_000..=230_000).contains(&all),
            "{all} bytes in 20 s: {said:?}"
        );
        for (bytes, _) in said {
            assert!(bytes > 30_000, "{bytes} of an equal share of 50,000");
        }
    }

    #[test]
    fn a_quiet_room_remembers_no_speaker() {
        let rate = Rate {
            bytes_per_second: 10_000,
            burst: 10_000,
        };
        let (mut room, now) = (RoomBudget::new(rate), Instant::now());
        for id in 0..100 {
            let _ = room.spend(UserId(id), 1_000, now);
        }
        assert!(!room.speakers.is_empty());
        let later = now + Duration::from_mins(1);
        assert_eq!(room.spend(UserId(1), 100, later), Ok(()));
        assert!(room.speakers.is_empty());
    }
}
