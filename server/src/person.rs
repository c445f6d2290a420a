//! One client with a session, as everyone else knows it: what it is called, where
//! it is, what it has asked for, and its whispers.
//!
//! Shared by all network threads. No runtime and no clock.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use guildhall_protocol::{Gap, Packet, WhisperLine, packet_arm};

use crate::frame;

/// How many accepted says and whispers are known again when they are repeated.
/// Twice what a client may have without an answer.
const REMEMBERED: usize = 128;

/// How many whispers wait for somebody who comes back, in number and bytes.
const KEPT_WHISPERS: usize = 100;
const KEPT_WHISPER_BYTES: usize = 16 * 1024;

/// A session's secret.
pub type Token = [u8; 16];

/// What somebody is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Option<Arc<str>>);

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The network thread.
    pub thread: usize,
    /// The connection's ID.
    pub connection: u64,
}

/// Somebody with a session.
#[derive(Debug)]
pub struct Person {
    /// The client's ID, which stays the same when the session is resumed.
    pub id: u64,
    /// What a client resumes the session with.
    pub token: Token,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    name: Name,
    /// Where the connection is, for whispers.
    place: Option<Place>,
    /// The highest request ID so far.
    highest: u64,
    accepted: VecDeque<u64>,
    /// The highest of the accepted IDs that are forgotten.
    forgotten: u64,
    whispers: Whispers,
}

#[derive(Debug, Default)]
struct Whispers {
    last: u64,
    bytes: usize,
    kept: VecDeque<Bytes>,
}

/// What a request ID means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// A new request, or an old one that never arrived.
    New,
    /// It was accepted before.
    Repeated,
    /// Nobody can tell any more, or an ID that cannot be.
    Stale,
}

impl Name {
    /// The name of somebody who chose one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Some(name.into()))
    }

    /// Somebody without a name of their own.
    pub const GUEST: Self = Self(None);

    /// The name that was chosen, if one was.
    #[must_use]
    pub fn given(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Appends the name of the client with this ID.
    pub fn write(&self, id: u64, out: &mut String) {
        match &self.0 {
            Some(name) => out.push_str(name),
            // Writing to a string does not fail.
            None => drop(write!(out, "Guest {id}")),
        }
    }

    /// The name of the client with this ID.
    #[must_use]
    pub fn of(&self, id: u64) -> String {
        let mut name = String::new();
        self.write(id, &mut name);
        name
    }
}

/// Whether a request can have this ID.
#[must_use]
pub fn is_request_id(id: u64) -> bool {
    (1..=i64::MAX.cast_unsigned()).contains(&id)
}

impl Person {
    /// Somebody who has just come.
    #[must_use]
    pub fn new(id: u64, token: Token, name: Name, place: Place) -> Self {
        Self {
            id,
            token,
            state: Mutex::new(State {
                name,
                place: Some(place),
                highest: 0,
                accepted: VecDeque::new(),
                forgotten: 0,
                whispers: Whispers::default(),
            }),
        }
    }

    /// Notes where the person is from now on.
    pub(crate) fn is_at(&self, place: Place) {
        self.lock().place = Some(place);
    }

    /// Notes that the person is not at `place` any more.
    pub(crate) fn has_left(&self, place: Place) {
        let mut state = self.lock();
        if state.place == Some(place) {
            state.place = None;
        }
    }

    /// Notes what the person is called from now on.
    pub(crate) fn is_called(&self, name: Name) {
        self.lock().name = name;
    }

    /// What the person is called now.
    #[must_use]
    pub fn name(&self) -> Name {
        self.lock().name.clone()
    }

    /// Judges the ID of a request. `may_repeat`: a say or a whisper, which a
    /// client sends again when its answer was lost.
    #[must_use]
    pub fn judge(&self, id: u64, may_repeat: bool) -> Request {
        let mut state = self.lock();
        if !is_request_id(id) {
            Request::Stale
        } else if id > state.highest {
            state.highest = id;
            Request::New
        } else if may_repeat && state.accepted.contains(&id) {
            Request::Repeated
        } else if may_repeat && id > state.forgotten {
            Request::New
        } else {
            Request::Stale
        }
    }

    /// Notes the ID of the request that the session began with.
    pub fn arrived(&self, id: u64) {
        let mut state = self.lock();
        state.highest = state.highest.max(id);
    }

    /// Remembers that the say or whisper of this request was accepted.
    pub fn accepted(&self, id: u64) {
        let mut state = self.lock();
        if state.accepted.len() == REMEMBERED
            && let Some(oldest) = state.accepted.pop_front()
        {
            state.forgotten = state.forgotten.max(oldest);
        }
        state.accepted.push_back(id);
    }

    /// Numbers and keeps a whisper, and has `deliver` bring its frame to where
    /// the person is, if they are anywhere. `deliver` must not come back here.
    pub fn whisper(&self, mut line: WhisperLine, deliver: impl FnOnce(Place, Bytes)) {
        let mut state = self.lock();
        state.whispers.last += 1;
        line.seq = state.whispers.last;
        let frame = frame::packet(&Packet::from(packet_arm::Whisper(line)));
        state.whispers.keep(frame.clone());
        if let Some(place) = state.place {
            deliver(place, frame);
        }
    }

    /// The number of the last whisper; the whispers behind number `seq`; and
    /// which of those are lost.
    #[must_use]
    pub fn whispers_after(&self, seq: u64) -> (u64, Vec<Bytes>, Option<Gap>) {
        let state = self.lock();
        let Whispers { last, kept, .. } = &state.whispers;
        let first = last + 1 - kept.len() as u64;
        let from = seq.saturating_add(1);
        let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        let missed = kept.iter().skip(skip).cloned().collect();
        let gap = (from < first).then(|| Gap {
            from,
            to: first - 1,
        });
        (*last, missed, gap)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Whispers {
    fn keep(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.kept.push_back(frame);
        while self.kept.len() > KEPT_WHISPERS || self.bytes > KEPT_WHISPER_BYTES {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place {
        thread: 0,
        connection: 1,
    };

    fn somebody() -> Person {
        Person::new(1, Token::default(), Name::GUEST, HERE)
    }

    fn whisper(person: &Person, text: &str) -> Option<(Place, Bytes)> {
        let mut delivered = None;
        let line = WhisperLine {
            text: text.into(),
            ..WhisperLine::default()
        };
        person.whisper(line, |place, frame| delivered = Some((place, frame)));
        delivered
    }

    #[test]
    fn a_request_is_new_once() {
        let person = somebody();
        assert_eq!(person.judge(0, true), Request::Stale);
        assert_eq!(person.judge(u64::MAX, true), Request::Stale);
        assert_eq!(person.judge(5, false), Request::New);
        assert_eq!(person.judge(5, false), Request::Stale);
        assert_eq!(person.judge(3, false), Request::Stale);
        assert_eq!(person.judge(3, true), Request::New, "it never arrived");
        person.accepted(3);
        assert_eq!(person.judge(3, true), Request::Repeated);
    }

    #[test]
    fn what_was_accepted_long_ago_is_not_accepted_again() {
        let person = somebody();
        for id in 1..=200 {
            assert_eq!(person.judge(id, true), Request::New);
            person.accepted(id);
        }
        assert_eq!(person.judge(200, true), Request::Repeated);
        assert_eq!(person.judge(73, true), Request::Repeated);
        assert_eq!(person.judge(72, true), Request::Stale);
    }

    #[test]
    fn whispers_are_numbered_and_wait_for_who_is_away() {
        let ann = somebody();
        let (_, first) = whisper(&ann, "one").unwrap();
        ann.has_left(HERE);
        assert_eq!(whisper(&ann, "two"), None);
        let (last, missed, gap) = ann.whispers_after(1);
        assert_eq!((last, missed.len(), gap), (2, 1, None));
        let (_, all, _) = ann.whispers_after(0);
        assert_eq!(all[0], first);
        assert!(ann.whispers_after(u64::MAX).1.is_empty());
        for _ in 0..KEPT_WHISPERS {
            whisper(&ann, "more");
        }
        let (last, missed, gap) = ann.whispers_after(1);
        assert_eq!((last, missed.len()), (102, KEPT_WHISPERS));
        assert_eq!(gap, Some(Gap { from: 2, to: 2 }));
    }

    #[test]
    fn few_large_whispers_are_kept() {
        let ann = somebody();
        for _ in 0..20 {
            whisper(&ann, &"x".repeat(4_000));
        }
        assert_eq!(ann.whispers_after(0).1.len(), 4);
    }
}
