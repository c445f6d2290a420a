//! The decisions about reports of which their reporters are not told yet, because they are away.
//! Bounded: the oldest is given up. The lock is taken alone, or in front of that of one user.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::ids::UserId;
use crate::journal::reports::DecisionNotice;
use crate::moderation::UserSnapshot;
use crate::sync::lock::Lock;

/// The most of them.
const MOST: usize = 10_000;

/// The most of one user.
const MOST_OWN: usize = 64;

/// The decisions that wait for their reporters.
#[derive(Debug, Default)]
pub(crate) struct Notices(Lock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// In the order in which they came.
    waiting: BTreeMap<u64, DecisionNotice>,
    /// The places in `waiting` of a reporter's.
    by_user: HashMap<Key, Vec<u64>>,
    next: u64,
}

/// The identity of a reporter, whatever its name is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(Arc<str>),
    Guest(UserId),
}

impl Key {
    fn of(user: &UserSnapshot) -> Self {
        if user.account.is_empty() {
            Self::Guest(user.id)
        } else {
            Self::Account(Arc::clone(&user.account))
        }
    }
}

impl Notices {
    /// A decision waits for its reporter.
    pub(crate) fn add(&self, notice: DecisionNotice) {
        let inner = &mut *self.0.lock();
        let key = Key::of(&notice.reporter);
        let own = inner.by_user.entry(key).or_default();
        own.push(inner.next);
        let oldest_own = (own.len() > MOST_OWN).then(|| own[0]);
        inner.waiting.insert(inner.next, notice);
        inner.next += 1;
        let oldest = (inner.waiting.len() > MOST).then(|| inner.waiting.first_key_value());
        let oldest = oldest.flatten().map(|(&place, _)| place);
        if let Some(place) = oldest_own.or(oldest) {
            inner.remove(place);
        }
    }

    /// Takes those of a user, the oldest first. Costs a look at a map if there are none.
    pub(crate) fn take(&self, user: &UserSnapshot) -> Vec<DecisionNotice> {
        let inner = &mut *self.0.lock();
        if inner.waiting.is_empty() {
            return Vec::new();
        }
        let places = inner.by_user.remove(&Key::of(user)).unwrap_or_default();
        let waiting = &mut inner.waiting;
        places
            .iter()
            .filter_map(|place| waiting.remove(place))
            .collect()
    }
}

impl Inner {
    fn remove(&mut self, place: u64) {
        let Some(notice) = self.waiting.remove(&place) else {
            return;
        };
        let key = Key::of(&notice.reporter);
        if let Some(own) = self.by_user.get_mut(&key) {
            own.retain(|one| *one != place);
            if own.is_empty() {
                self.by_user.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(report: u64, id: u64, account: &str) -> DecisionNotice {
        DecisionNotice {
            report,
            reporter: user(id, account),
            acted: true,
            words: "".into(),
        }
    }

    fn user(id: u64, account: &str) -> UserSnapshot {
        UserSnapshot {
            id: UserId(id),
            account: account.into(),
            name: "Ann".into(),
        }
    }

    fn reports(notices: &Notices, id: u64, account: &str) -> Vec<u64> {
        let taken = notices.take(&user(id, account));
        taken.into_iter().map(|notice| notice.report).collect()
    }

    #[test]
    fn a_user_with_an_account_gets_its_notices_under_another_number_and_a_guest_does_not() {
        let notices = Notices::default();
        notices.add(notice(1, 7, "ann"));
        notices.add(notice(2, 7, ""));
        assert_eq!(reports(&notices, 8, "ann"), [1]);
        assert!(reports(&notices, 8, "").is_empty());
        assert_eq!(reports(&notices, 7, ""), [2]);
        assert!(reports(&notices, 7, "").is_empty(), "each is taken once");
    }

    #[test]
    fn the_oldest_notices_of_a_user_and_of_all_are_given_up() {
        let notices = Notices::default();
        (1..=100).for_each(|report| notices.add(notice(report, 7, "ann")));
        let kept: Vec<u64> = (37..=100).collect();
        assert_eq!(reports(&notices, 7, "ann"), kept);
        let many = MOST as u64 + 5;
        (1..=many).for_each(|id| notices.add(notice(id, id, "")));
        assert!(reports(&notices, 5, "").is_empty());
        assert_eq!(reports(&notices, 6, ""), [6]);
        assert_eq!(notices.0.lock().waiting.len(), MOST - 1);
    }
}
