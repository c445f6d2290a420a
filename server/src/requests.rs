//! Which requests of one session have come, and which of its says and whispers
//! were accepted. No lock: they are a part of a [`Person`](crate::person::Person).

use std::collections::VecDeque;

/// How many accepted says and whispers are known again when they are repeated.
/// Twice what a client may have without an answer.
const REMEMBERED: usize = 128;

/// The requests of one session, over all of its connections.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// The highest ID so far.
    highest: u64,
    /// The says and whispers that were accepted, as far as they are remembered.
    accepted: VecDeque<u64>,
    /// The highest of the accepted IDs that are forgotten.
    forgotten: u64,
}

/// What a request ID means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// A new request, or an old one that was not accepted: it never arrived, or
    /// was refused.
    New,
    /// It was accepted before.
    Repeated,
    /// Nobody can tell any more, or an ID that cannot be.
    Stale,
}

/// Whether a request can have this ID.
#[must_use]
pub fn is_request_id(id: u64) -> bool {
    (1..=i64::MAX.cast_unsigned()).contains(&id)
}

impl Requests {
    /// Notes a request that comes once: its ID is higher than any before.
    pub(crate) fn note(&mut self, id: u64) -> Request {
        if !is_request_id(id) || id <= self.highest {
            return Request::Stale;
        }
        self.highest = id;
        Request::New
    }

    /// Notes a say or a whisper, which a client sends again with its old ID when
    /// the answer was lost. Where it is new and `is_fit`, it is accepted with
    /// this; where nothing can be made of it, it is not, and a repeat is new.
    pub(crate) fn note_message(&mut self, id: u64, is_fit: bool) -> Request {
        if !is_request_id(id) {
            return Request::Stale;
        }
        if id <= self.highest {
            if self.accepted.contains(&id) {
                return Request::Repeated;
            }
            if id <= self.forgotten {
                return Request::Stale;
            }
        }
        self.highest = self.highest.max(id);
        if is_fit {
            self.accept(id);
        }
        Request::New
    }

    fn accept(&mut self, id: u64) {
        if self.accepted.len() == REMEMBERED
            && let Some(oldest) = self.accepted.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest);
        }
        self.accepted.push_back(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_new_once() {
        let mut requests = Requests::default();
        assert_eq!(requests.note(0), Request::Stale);
        assert_eq!(requests.note(u64::MAX), Request::Stale);
        assert_eq!(requests.note_message(u64::MAX, true), Request::Stale);
        assert_eq!(requests.note(5), Request::New);
        assert_eq!(requests.note(5), Request::Stale);
        assert_eq!(requests.note(3), Request::Stale);
        let never_arrived = requests.note_message(3, true);
        assert_eq!(never_arrived, Request::New);
        assert_eq!(requests.note_message(3, true), Request::Repeated);
        assert_eq!(requests.note(4), Request::Stale, "no message");
    }

    #[test]
    fn what_was_refused_is_new_again_and_no_repeat() {
        let mut requests = Requests::default();
        for id in [7, 7, 3] {
            assert_eq!(requests.note_message(id, false), Request::New);
        }
        assert_eq!(requests.note(7), Request::Stale, "it has come");
        assert_eq!(requests.note_message(7, true), Request::New);
        // Whatever speaks against it by now, it is stored.
        assert_eq!(requests.note_message(7, false), Request::Repeated);
    }

    #[test]
    fn what_was_accepted_long_ago_is_not_accepted_again() {
        let mut requests = Requests::default();
        for id in 1..=200 {
            assert_eq!(requests.note_message(id, true), Request::New);
        }
        assert_eq!(requests.note_message(200, true), Request::Repeated);
        assert_eq!(requests.note_message(73, true), Request::Repeated);
        assert_eq!(requests.note_message(72, true), Request::Stale);
    }
}
