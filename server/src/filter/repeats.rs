//! The last texts of one user, so that the same text again and again is noticed. Of a text there
//! is only a hash.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Instant;

use super::Repeats;
use super::normal::{Normal, Reading};

/// How many texts are remembered of a user.
const REMEMBERED: usize = 32;

/// The last texts of a user.
#[derive(Debug, Default)]
pub(crate) struct RecentTexts {
    key: RandomState,
    /// The hash of each, and when it was said; the oldest first.
    texts: VecDeque<(u64, Instant)>,
}

impl RecentTexts {
    /// Whether this text was said as often as it may be.
    pub(super) fn is_repeated(&self, plain: &Normal, most: Repeats, now: Instant) -> bool {
        let hash = self.hash(plain);
        let is_it = |(text, at): &&(u64, Instant)| {
            *text == hash && now.saturating_duration_since(*at) < most.within
        };
        self.texts.iter().filter(is_it).count() >= most.times
    }

    /// The user says this text.
    pub(crate) fn said(&mut self, text: &str, now: Instant) {
        let plain = super::normal::of_entry(text, Reading::Plain);
        let hash = self.hash(&plain);
        if self.texts.len() == REMEMBERED {
            self.texts.pop_front();
        }
        self.texts.push_back((hash, now));
    }

    fn hash(&self, plain: &Normal) -> u64 {
        self.key.hash_one(&plain.text)
    }
}

/// The most times that can be asked for.
pub(super) const MOST_TIMES: usize = REMEMBERED;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_same_text_is_repeated_within_a_time() {
        let most = Repeats {
            times: 2,
            within: Duration::from_secs(30),
        };
        let (mut recent, start) = (RecentTexts::default(), Instant::now());
        let is_repeated = |recent: &RecentTexts, text: &str, now| {
            let plain = super::super::normal::of_entry(text, Reading::Plain);
            recent.is_repeated(&plain, most, now)
        };
        for text in ["Buy gold!", "hello", "BUY  gold!!!"] {
            assert!(!is_repeated(&recent, text, start));
            recent.said(text, start);
        }
        assert!(is_repeated(&recent, "buy gooold", start));
        assert!(!is_repeated(&recent, "hello", start));
        let later = start + Duration::from_secs(30);
        assert!(!is_repeated(&recent, "buy gold", later));
        for number in 0..1_000 {
            recent.said(&format!("text {number}"), later);
        }
        assert_eq!(recent.texts.len(), REMEMBERED);
    }
}
