//! Which requests of one session were received, and which of its says and whispers were
//! accepted. No lock: a log is a part of a
//! [`UserSession`](super::user::session::UserSession), which calls it.

use std::collections::VecDeque;

use crate::ids::RequestId;

/// How many accepted says and whispers are remembered, to recognise repeats. Twice as
/// many as a client may have without an answer.
const REMEMBERED: usize = 128;

/// The requests of one session, over all of its connections.
#[derive(Debug)]
pub(crate) struct RequestLog {
    /// The highest ID so far.
    highest: RequestId,
    /// The accepted says and whispers that are remembered, oldest first.
    accepted: VecDeque<RequestId>,
    /// The messages that a journal was handed and has not decided.
    waiting: Vec<RequestId>,
    /// The highest accepted ID that is not remembered any more.
    forgotten: RequestId,
}

/// What the ID of a request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestStatus {
    /// The request is new, or it is an old one that was not accepted: it never
    /// arrived, or was refused.
    New,
    /// The request was accepted before.
    Repeated,
    /// The request was handed to a journal, which has not decided yet whether it is accepted.
    Waiting,
    /// The log cannot tell any more, or no request can have this ID.
    Stale,
}

impl RequestLog {
    /// The log of a session of before the start of the server: the highest ID of what it has
    /// said, and the IDs that are remembered.
    pub(crate) fn restored(highest: RequestId, mut accepted: Vec<RequestId>) -> Self {
        accepted.sort_unstable();
        accepted.dedup();
        let mut log = Self {
            highest,
            ..Self::default()
        };
        for id in accepted {
            log.highest = log.highest.max(id);
            log.accept(id);
        }
        log
    }

    /// Records a request that is not repeated: it is new if its ID is higher than any
    /// before.
    pub(crate) fn record(&mut self, id: RequestId) -> RequestStatus {
        if !id.is_valid() || id <= self.highest {
            return RequestStatus::Stale;
        }
        self.highest = id;
        RequestStatus::New
    }

    /// Records a say or a whisper, which a client sends again with its old ID if the
    /// answer was lost. A message that is new and `is_valid` is accepted by this call. One
    /// that is not valid is not accepted, and is new again if it is repeated.
    pub(crate) fn record_message(&mut self, id: RequestId, is_valid: bool) -> RequestStatus {
        let status = self.status_of(id);
        if status == RequestStatus::New && is_valid {
            self.accept(id);
        }
        status
    }

    /// The same for a message that a journal is handed if it is new and valid: it waits, until
    /// [`RequestLog::decide`].
    pub(crate) fn record_waiting(&mut self, id: RequestId, is_valid: bool) -> RequestStatus {
        let status = self.status_of(id);
        if status == RequestStatus::New && is_valid {
            self.waiting.push(id);
        }
        status
    }

    /// A message waits no more: it is accepted now, or it is new again if it is repeated.
    pub(crate) fn decide(&mut self, id: RequestId, is_accepted: bool) {
        self.waiting.retain(|waiting| *waiting != id);
        if is_accepted && !self.accepted.contains(&id) {
            self.accept(id);
        }
    }

    /// How many messages wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Returns the status of a message with this ID, which was received now.
    fn status_of(&mut self, id: RequestId) -> RequestStatus {
        if !id.is_valid() {
            return RequestStatus::Stale;
        }
        if id <= self.highest {
            if self.waiting.contains(&id) {
                return RequestStatus::Waiting;
            }
            if self.accepted.contains(&id) {
                return RequestStatus::Repeated;
            }
            if id <= self.forgotten {
                return RequestStatus::Stale;
            }
        }
        self.highest = self.highest.max(id);
        RequestStatus::New
    }

    /// Whether a message with this ID waits.
    pub(crate) fn is_waiting(&self, id: RequestId) -> bool {
        self.waiting.contains(&id)
    }

    /// Whether a message with this ID waits, or was accepted and is remembered.
    pub(crate) fn has_accepted(&self, id: RequestId) -> bool {
        self.accepted.contains(&id) || self.is_waiting(id)
    }

    fn accept(&mut self, id: RequestId) {
        if self.accepted.len() == REMEMBERED
            && let Some(oldest) = self.accepted.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest);
        }
        self.accepted.push_back(id);
    }
}

impl Default for RequestLog {
    fn default() -> Self {
        Self {
            highest: RequestId::NONE,
            accepted: VecDeque::new(),
            waiting: Vec::new(),
            forgotten: RequestId::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_new_only_once() {
        let mut log = RequestLog::default();
        assert_eq!(log.record(RequestId(0)), RequestStatus::Stale);
        assert_eq!(log.record(RequestId(u64::MAX)), RequestStatus::Stale);
        assert_eq!(
            log.record_message(RequestId(u64::MAX), true),
            RequestStatus::Stale
        );
        assert_eq!(log.record(RequestId(5)), RequestStatus::New);
        assert_eq!(log.record(RequestId(5)), RequestStatus::Stale);
        assert_eq!(log.record(RequestId(3)), RequestStatus::Stale);
        let never_arrived = log.record_message(RequestId(3), true);
        assert_eq!(never_arrived, RequestStatus::New);
        assert_eq!(
            log.record_message(RequestId(3), true),
            RequestStatus::Repeated
        );
        assert_eq!(log.record(RequestId(4)), RequestStatus::Stale, "no message");
    }

    #[test]
    fn a_refused_message_that_is_repeated_is_new() {
        let mut log = RequestLog::default();
        for id in [7, 7, 3] {
            assert_eq!(log.record_message(RequestId(id), false), RequestStatus::New);
        }
        assert_eq!(
            log.record(RequestId(7)),
            RequestStatus::Stale,
            "it was received"
        );
        assert_eq!(log.record_message(RequestId(7), true), RequestStatus::New);
        // It is stored already, even if it would be refused now.
        assert_eq!(
            log.record_message(RequestId(7), false),
            RequestStatus::Repeated
        );
    }

    #[test]
    fn a_message_waits_until_it_is_decided_and_is_new_again_if_it_failed() {
        let mut log = RequestLog::default();
        let record = |log: &mut RequestLog, id| log.record_waiting(RequestId(id), true);
        for id in [5, 6] {
            assert_eq!(record(&mut log, id), RequestStatus::New);
            assert_eq!(record(&mut log, id), RequestStatus::Waiting);
            assert!(log.has_accepted(RequestId(id)));
        }
        // Whatever it is now, and wherever it goes.
        let elsewhere = log.record_message(RequestId(5), false);
        assert_eq!(elsewhere, RequestStatus::Waiting);
        assert_eq!(log.record(RequestId(6)), RequestStatus::Stale);
        log.decide(RequestId(5), true);
        log.decide(RequestId(6), false);
        assert_eq!(record(&mut log, 5), RequestStatus::Repeated);
        assert_eq!(record(&mut log, 6), RequestStatus::New);
    }

    #[test]
    fn a_message_that_was_accepted_long_ago_is_not_accepted_again() {
        let mut log = RequestLog::default();
        for id in 1..=200 {
            assert_eq!(log.record_message(RequestId(id), true), RequestStatus::New);
        }
        assert_eq!(
            log.record_message(RequestId(200), true),
            RequestStatus::Repeated
        );
        assert_eq!(
            log.record_message(RequestId(73), true),
            RequestStatus::Repeated
        );
        assert_eq!(
            log.record_message(RequestId(72), true),
            RequestStatus::Stale
        );
    }
}
