//! Whether the server answers (docs/client.md, "Heartbeat"): a server that is frozen, or that
//! nothing reaches any more, is noticed long before the heartbeat tells. Knows nothing of
//! packets and of the connection's state.

/// The server does not answer if nothing came from it for this many milliseconds.
const OVERDUE_AFTER: u64 = 5_000;

/// How long the server has owed an answer.
#[derive(Debug)]
pub(super) struct Answers {
    /// Since when something waits for an answer and nothing has come. `None`: that is not
    /// known yet, or nothing waits.
    since: Option<u64>,
    /// Whether the user was told that the server does not answer.
    are_overdue: bool,
}

impl Answers {
    pub(super) const fn new() -> Self {
        Self {
            since: None,
            are_overdue: false,
        }
    }

    pub(super) const fn are_overdue(&self) -> bool {
        self.are_overdue
    }

    /// Something begins to wait for an answer, at a time that is not known.
    pub(super) const fn asked(&mut self) {
        self.since = None;
    }

    /// The connection is lost.
    pub(super) const fn reset(&mut self) {
        *self = Self::new();
    }

    /// Something came from the server at this time; `waits` is whether something else waits
    /// for its answer. Returns whether the server did not answer before.
    pub(super) fn received(&mut self, now: u64, waits: bool) -> bool {
        self.since = waits.then_some(now);
        core::mem::take(&mut self.are_overdue)
    }

    /// Time has passed while something waits for an answer. Returns whether the server does
    /// not answer, as of now.
    pub(super) fn tick(&mut self, now: u64) -> bool {
        let since = *self.since.get_or_insert(now);
        let is_news = !self.are_overdue && now >= since.saturating_add(OVERDUE_AFTER);
        self.are_overdue |= is_news;
        is_news
    }

    /// When [`tick`](Self::tick) is due, while something waits for an answer: at once, which
    /// `now` is or was, if it is not known since when.
    pub(super) fn wake_at(&self, now: u64) -> Option<u64> {
        let due = |since: u64| since.saturating_add(OVERDUE_AFTER);
        (!self.are_overdue).then(|| self.since.map_or(now, due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_overdue_once_and_until_something_comes() {
        let mut answers = Answers::new();
        assert_eq!(answers.wake_at(7), Some(7), "at once, to know since when");
        assert!(!answers.tick(1_000));
        assert_eq!(answers.wake_at(7), Some(6_000));
        assert!(!answers.tick(5_999));
        assert!(answers.tick(6_000) && answers.are_overdue());
        assert!(!answers.tick(60_000), "told once");
        assert_eq!(answers.wake_at(7), None);
        assert!(answers.received(70_000, true));
        assert!(!answers.received(70_001, true));
        assert_eq!(answers.wake_at(7), Some(75_001));
    }

    #[test]
    fn a_clock_at_its_end_does_not_overflow() {
        let mut answers = Answers::new();
        answers.received(u64::MAX, true);
        assert_eq!(answers.wake_at(0), Some(u64::MAX));
        assert!(answers.tick(u64::MAX));
    }
}
