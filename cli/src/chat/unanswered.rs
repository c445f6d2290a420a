//! What the user wanted and the server has not answered: messages, and requests
//! for lists and names. Also what failed and may be sent again.

use std::collections::BTreeMap;

use guildhall_client::session::RequestKind;

use super::own_message::OwnMessage;

/// What has no answer for this long is shown as waiting, in milliseconds: what was
/// typed is not on the screen any more, and not yet in its room.
pub(super) const SHOW_WAITING_AFTER: u64 = 1_000;

/// What waits for an answer.
#[derive(Debug, Default)]
pub(super) struct Unanswered {
    /// Messages, by their numbers.
    messages: BTreeMap<u64, Pending>,
    /// Messages that failed, by their numbers.
    failed: BTreeMap<u64, OwnMessage>,
    requests: Vec<RequestKind>,
    /// Whether something was not done.
    troubled: bool,
    /// How often the server has answered something.
    answers: u64,
}

/// A message without an answer.
#[derive(Debug)]
struct Pending {
    message: OwnMessage,
    /// When the user is told that it waits; `None` where that was done, or
    /// nobody is there.
    told_at: Option<u64>,
}

impl Unanswered {
    /// A message that the user is told of where it waits for too long from `now`
    /// on, if there is a `now`.
    pub(super) fn message(&mut self, nonce: u64, message: OwnMessage, now: Option<u64>) {
        let told_at = now.map(|now| now + SHOW_WAITING_AFTER);
        self.messages.insert(nonce, Pending { message, told_at });
    }

    /// A message is in its room, or has reached whom it was for.
    pub(super) fn sent(&mut self, nonce: u64) {
        self.answers += 1;
        self.messages.remove(&nonce);
    }

    /// A message has failed.
    pub(super) fn failed(&mut self, nonce: u64) -> Option<OwnMessage> {
        self.answers += 1;
        self.troubled = true;
        self.messages.remove(&nonce).map(|pending| pending.message)
    }

    /// Keeps what failed, to be sent again.
    pub(super) fn keep(&mut self, nonce: u64, message: OwnMessage) {
        self.failed.insert(nonce, message);
    }

    /// What failed and was kept, in its order.
    pub(super) fn take_failed(&mut self) -> BTreeMap<u64, OwnMessage> {
        std::mem::take(&mut self.failed)
    }

    /// A request that is no message.
    pub(super) fn request(&mut self, kind: RequestKind) {
        self.requests.push(kind);
    }

    /// The answer to one, or to something that nobody waits for.
    pub(super) fn answered(&mut self, kind: RequestKind) {
        self.answers += 1;
        if let Some(at) = self.requests.iter().position(|&asked| asked == kind) {
            self.requests.swap_remove(at);
        }
    }

    /// Something was not done.
    pub(super) fn trouble(&mut self) {
        self.troubled = true;
    }

    /// When [`Unanswered::overdue`] is due.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let told = self.messages.values().filter_map(|pending| pending.told_at);
        told.min()
    }

    /// Messages that have waited for too long, each of them once.
    pub(super) fn overdue(&mut self, now: u64) -> impl Iterator<Item = &OwnMessage> {
        self.messages.values_mut().filter_map(move |pending| {
            let due = pending.told_at.take_if(|at| *at <= now);
            due.map(|_| &pending.message)
        })
    }

    /// How many messages have no answer.
    pub(super) fn messages(&self) -> usize {
        self.messages.len()
    }

    /// Whether any request has none.
    pub(super) fn has_requests(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Whether everything that was asked for was done so far.
    pub(super) fn all_done(&self) -> bool {
        !self.troubled && self.messages.is_empty() && self.requests.is_empty()
    }

    /// How often the server has answered something: while that grows, waiting
    /// is worth it.
    pub(super) fn answers(&self) -> u64 {
        self.answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> OwnMessage {
        OwnMessage {
            room: Some("lobby".into()),
            to: String::new(),
            text: text.into(),
        }
    }

    #[test]
    fn who_waits_for_long_is_told_once() {
        let mut unanswered = Unanswered::default();
        unanswered.message(1, message("quick"), Some(5));
        unanswered.message(2, message("slow"), Some(7));
        unanswered.message(3, message("nobody looks"), None);
        unanswered.sent(1);
        let due = 7 + SHOW_WAITING_AFTER;
        assert_eq!(unanswered.wake_at(), Some(due));
        assert_eq!(unanswered.overdue(due - 1).count(), 0);
        let told: Vec<_> = unanswered.overdue(due).cloned().collect();
        assert_eq!(told, [message("slow")]);
        assert_eq!(unanswered.overdue(due + 1).count(), 0);
        assert_eq!(unanswered.wake_at(), None);
    }

    #[test]
    fn all_is_done_when_nothing_waits_or_has_failed() {
        let mut unanswered = Unanswered::default();
        assert!(unanswered.all_done());
        unanswered.request(RequestKind::ListRooms);
        assert!(!unanswered.all_done());
        unanswered.answered(RequestKind::ListMembers);
        assert!(unanswered.has_requests(), "another answer");
        unanswered.answered(RequestKind::ListRooms);
        assert!(unanswered.all_done());
        unanswered.message(1, message("hello"), None);
        assert_eq!(unanswered.failed(1), Some(message("hello")));
        assert_eq!(unanswered.messages(), 0);
        assert!(!unanswered.all_done(), "never again");
        assert_eq!(unanswered.answers(), 3);
    }
}
