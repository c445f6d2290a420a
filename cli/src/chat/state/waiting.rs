//! What the user waits for: messages that are long on their way, and answers to
//! requests for lists and names. The messages themselves are in the client crate's
//! model.

use std::collections::BTreeMap;

use guildhall_client::RequestId;
use guildhall_client::session::RequestKind;

/// A message without an answer for this long is shown as waiting, in milliseconds: what
/// was typed is not on the screen any more, and not yet in its room.
pub(in crate::chat) const SHOW_WAITING_AFTER: u64 = 1_000;

/// What waits for an answer.
#[derive(Debug, Default)]
pub(in crate::chat) struct Waiting {
    /// When each message is to be shown as waiting.
    show_at: BTreeMap<RequestId, u64>,
    requests: Vec<RequestKind>,
    /// Edits, removals and reactions.
    changes: Vec<RequestId>,
    /// Whether something was not done.
    troubled: bool,
    /// How often the server has answered something.
    answers: u64,
}

impl Waiting {
    /// A message was sent at `now`. It is shown as waiting if its answer takes long.
    pub(in crate::chat) fn message(&mut self, nonce: RequestId, now: u64) {
        self.show_at.insert(nonce, now + SHOW_WAITING_AFTER);
    }

    /// A message has its answer: it was delivered, or it failed.
    pub(in crate::chat) fn message_answered(&mut self, nonce: RequestId) {
        self.answers += 1;
        self.show_at.remove(&nonce);
        self.changes.retain(|change| *change != nonce);
    }

    /// An edit, a removal or a reaction was sent.
    pub(in crate::chat) fn change(&mut self, nonce: RequestId) {
        self.changes.push(nonce);
    }

    /// A request that is no message was sent.
    pub(in crate::chat) fn request(&mut self, kind: RequestKind) {
        self.requests.push(kind);
    }

    /// The answer to a request, or to one that the user did not make.
    pub(in crate::chat) fn answered(&mut self, kind: RequestKind) {
        self.answers += 1;
        if let Some(at) = self.requests.iter().position(|&request| request == kind) {
            self.requests.swap_remove(at);
        }
    }

    /// Something was not done.
    pub(in crate::chat) fn trouble(&mut self) {
        self.troubled = true;
    }

    /// When [`Waiting::overdue`] is due.
    pub(in crate::chat) fn wake_at(&self) -> Option<u64> {
        self.show_at.values().min().copied()
    }

    /// Messages that have waited for too long, each of them once, in their order.
    pub(in crate::chat) fn overdue(&mut self, now: u64) -> impl Iterator<Item = RequestId> + use<> {
        let late = self.show_at.extract_if(.., |_, at| *at <= now);
        let late: Vec<_> = late.map(|(nonce, _)| nonce).collect();
        late.into_iter()
    }

    /// Whether any request has no answer.
    pub(in crate::chat) fn has_requests(&self) -> bool {
        !self.requests.is_empty() || !self.changes.is_empty()
    }

    /// Whether the user has made such a request.
    pub(in crate::chat) fn is_requested(&self, kind: RequestKind) -> bool {
        self.requests.contains(&kind)
    }

    /// Whether every request has its answer, and nothing went wrong.
    pub(in crate::chat) fn all_done(&self) -> bool {
        !self.troubled && !self.has_requests()
    }

    /// How often the server has answered something: while that grows, waiting is
    /// worth it.
    pub(in crate::chat) fn answers(&self) -> u64 {
        self.answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_waits_for_long_is_shown_once() {
        let mut waiting = Waiting::default();
        waiting.message(RequestId(1), 5);
        waiting.message(RequestId(2), 7);
        waiting.message_answered(RequestId(1));
        let due = 7 + SHOW_WAITING_AFTER;
        assert_eq!(waiting.wake_at(), Some(due));
        assert_eq!(waiting.overdue(due - 1).count(), 0);
        let shown: Vec<_> = waiting.overdue(due).collect();
        assert_eq!(shown, [RequestId(2)]);
        assert_eq!(waiting.overdue(due + 1).count(), 0);
        assert_eq!(waiting.wake_at(), None);
    }

    #[test]
    fn a_change_waits_for_its_answer() {
        let mut waiting = Waiting::default();
        waiting.change(RequestId(3));
        waiting.message_answered(RequestId(2));
        assert!(waiting.has_requests() && !waiting.all_done());
        waiting.message_answered(RequestId(3));
        assert!(waiting.all_done());
    }

    #[test]
    fn all_is_done_when_nothing_waits_or_has_failed() {
        let mut waiting = Waiting::default();
        assert!(waiting.all_done());
        waiting.request(RequestKind::ListRooms);
        assert!(!waiting.all_done());
        waiting.answered(RequestKind::ListMembers);
        assert!(waiting.has_requests(), "another answer");
        waiting.answered(RequestKind::ListRooms);
        assert!(waiting.all_done());
        waiting.message_answered(RequestId(1));
        waiting.trouble();
        assert!(!waiting.all_done(), "never again");
        assert_eq!(waiting.answers(), 3);
    }
}
