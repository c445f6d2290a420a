//! The last texts of one user, so that the same text again and again is noticed. Of a text there
//! is only a hash.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Instant;

use crate::ids::{RequestId, SessionId};

use super::Repeats;
use super::normal::{Normal, Reading};

/// How many texts are remembered of a user.
const REMEMBERED: usize = 32;

/// A message of a client. One that was not kept, and comes again, is the same.
pub(crate) type MessageId = (SessionId, RequestId);

/// The last texts of a user.
#[derive(Debug, Default)]
pub(crate) struct RecentTexts {
    key: RandomState,
    /// The oldest first.
    texts: VecDeque<RecentText>,
}

#[derive(Debug)]
struct RecentText {
    message: Option<MessageId>,
    hash: u64,
    at: Instant,
}

impl RecentTexts {
    /// Whether this text was said as often as it may be, in other messages than this one.
    pub(super) fn is_repeated(
        &self,
        (text, plain): (&str, &Normal),
        message: Option<MessageId>,
        most: Repeats,
        now: Instant,
    ) -> bool {
        let hash = self.hash(text, plain);
        let is_it = |said: &&RecentText| {
            said.hash == hash
                && !is_same(said.message, message)
                && now.saturating_duration_since(said.at) < most.within
        };
        self.texts.iter().filter(is_it).count() >= most.times
    }

    /// The user says this text with this message.
    pub(crate) fn said(&mut self, text: &str, message: Option<MessageId>, now: Instant) {
        let plain = super::normal::of_entry(text, Reading::Plain);
        let hash = self.hash(text, &plain);
        self.texts.retain(|said| !is_same(said.message, message));
        if self.texts.len() == REMEMBERED {
            self.texts.pop_front();
        }
        self.texts.push_back(RecentText {
            message,
            hash,
            at: now,
        });
    }

    /// Signs do not count, but texts of signs alone are not all one text.
    fn hash(&self, text: &str, plain: &Normal) -> u64 {
        if plain.text.trim().is_empty() {
            self.key.hash_one(text)
        } else {
            self.key.hash_one(&plain.text)
        }
    }
}

/// Messages without a number never come again.
fn is_same(one: Option<MessageId>, other: Option<MessageId>) -> bool {
    one.is_some() && one == other
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
        let of = |number| Some((SessionId(1), RequestId(number)));
        let is_repeated = |recent: &RecentTexts, text: &str, now| {
            let plain = super::super::normal::of_entry(text, Reading::Plain);
            recent.is_repeated((text, &plain), of(99), most, now)
        };
        for (number, text) in (1..).zip(["Buy gold!", "hello", "BUY  gold!!!", "👍", "🎉", "❤"])
        {
            assert!(!is_repeated(&recent, text, start));
            recent.said(text, of(number), start);
            // It was not kept, and comes again.
            recent.said(text, of(number), start);
        }
        assert!(is_repeated(&recent, "buy gooold", start));
        assert!(!is_repeated(&recent, "hello", start));
        let later = start + Duration::from_secs(30);
        assert!(!is_repeated(&recent, "buy gold", later));
        for number in 0..1_000 {
            recent.said(&format!("text {number}"), of(number), later);
        }
        assert_eq!(recent.texts.len(), REMEMBERED);
    }
}
