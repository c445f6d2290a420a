//! One client with a session, as everyone else knows it: what it is called, where
//! it is, what it has asked for, and its whispers.
//!
//! Shared by all network threads. No runtime and no clock.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use guildhall_protocol::{Gap, Packet, PacketBody, WhisperLine};

use crate::frame;
use crate::lock::{Lock, MutexGuard};
use crate::requests::{Request, Requests};

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
    state: Lock<State>,
}

#[derive(Debug)]
struct State {
    name: Name,
    /// Where the connection is, for whispers.
    place: Option<Place>,
    requests: Requests,
    whispers: Whispers,
}

#[derive(Debug, Default)]
struct Whispers {
    last: u64,
    bytes: usize,
    kept: VecDeque<Bytes>,
}

/// The whispers that somebody has missed.
#[derive(Debug, Default)]
pub struct Missed {
    /// The number of the last one that there is.
    pub last: u64,
    /// Those that are kept, as frames.
    pub frames: Vec<Bytes>,
    /// Those that are lost.
    pub gap: Option<Gap>,
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

impl Person {
    /// Somebody who has just come.
    #[must_use]
    pub fn new(id: u64, token: Token, name: Name, place: Place) -> Self {
        Self {
            id,
            token,
            state: Lock::new(State {
                name,
                place: Some(place),
                requests: Requests::default(),
                whispers: Whispers::default(),
            }),
        }
    }

    /// Notes that the person comes back with a hello of this ID, and is at `place`
    /// from now on. What was missed since whisper number `seen`; `None` where the
    /// hello comes late.
    pub(crate) fn come_back(&self, request: u64, place: Place, seen: u64) -> Option<Missed> {
        let mut state = self.lock();
        if state.requests.note(request) != Request::New {
            return None;
        }
        state.place = Some(place);
        Some(state.whispers.after(seen))
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

    /// Judges the ID of a request that comes once, and notes that it came.
    #[must_use]
    pub fn judge(&self, id: u64) -> Request {
        self.lock().requests.note(id)
    }

    /// Judges the ID of a say or a whisper, which a client sends again when its
    /// answer was lost; `is_fit`: nothing but its ID could speak against it.
    ///
    /// What is new and fit is accepted with this, in one step: of two that come
    /// over two connections at once, one is new, and who is told so has it to
    /// do, and cannot fail. So the other's [`Request::Repeated`] is true. What
    /// is new and not fit is to be refused, and is as new when it is repeated.
    #[must_use]
    pub fn judge_message(&self, id: u64, is_fit: bool) -> Request {
        self.lock().requests.note_message(id, is_fit)
    }

    /// Numbers and keeps a whisper, and has `deliver` bring its frame to where
    /// the person is, if they are anywhere. `deliver` must not come back here.
    pub fn whisper(&self, mut line: WhisperLine, deliver: impl FnOnce(Place, Bytes)) {
        let mut state = self.lock();
        state.whispers.last += 1;
        line.seq = state.whispers.last;
        let frame = frame::packet(&Packet::from(PacketBody::Whisper(line)));
        state.whispers.keep(frame.clone());
        if let Some(place) = state.place {
            deliver(place, frame);
        }
    }

    /// What a client has missed that has the whispers up to number `seen`.
    #[must_use]
    pub fn whispers_after(&self, seen: u64) -> Missed {
        self.lock().whispers.after(seen)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Whispers {
    fn after(&self, seen: u64) -> Missed {
        let first = self.last + 1 - self.kept.len() as u64;
        let from = seen.saturating_add(1);
        let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        Missed {
            last: self.last,
            frames: self.kept.iter().skip(skip).cloned().collect(),
            gap: (from < first).then(|| Gap {
                from,
                to: first - 1,
            }),
        }
    }

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
    fn whispers_are_numbered_and_wait_for_who_is_away() {
        let ann = somebody();
        let (_, first) = whisper(&ann, "one").unwrap();
        ann.has_left(HERE);
        assert_eq!(whisper(&ann, "two"), None);
        let missed = ann.whispers_after(1);
        assert_eq!((missed.last, missed.frames.len()), (2, 1));
        assert_eq!(missed.gap, None);
        assert_eq!(ann.whispers_after(0).frames[0], first);
        assert!(ann.whispers_after(u64::MAX).frames.is_empty());
        for _ in 0..KEPT_WHISPERS {
            whisper(&ann, "more");
        }
        let missed = ann.whispers_after(1);
        assert_eq!((missed.last, missed.frames.len()), (102, KEPT_WHISPERS));
        assert_eq!(missed.gap, Some(Gap { from: 2, to: 2 }));
    }

    #[test]
    fn few_large_whispers_are_kept() {
        let ann = somebody();
        for _ in 0..20 {
            whisper(&ann, &"x".repeat(4_000));
        }
        assert_eq!(ann.whispers_after(0).frames.len(), 4);
    }
}

#[cfg(all(test, model))]
mod model {
    use super::*;
    use loom::thread;

    #[test]
    fn of_two_that_are_the_same_one_is_new() {
        loom::model(|| {
            let place = Place {
                thread: 0,
                connection: 1,
            };
            let person = Arc::new(Person::new(1, Token::default(), Name::GUEST, place));
            // It came over neither connection, but a later request did.
            assert_eq!(person.judge(8), Request::New);
            let other = {
                let person = Arc::clone(&person);
                thread::spawn(move || person.judge_message(7, true))
            };
            let mine = person.judge_message(7, true);
            let other = other.join().expect("the thread ends");
            let mut both = [mine, other];
            both.sort_by_key(|request| *request as u8);
            assert_eq!(both, [Request::New, Request::Repeated]);
        });
    }

    #[test]
    fn a_whisper_is_missed_or_brought_and_never_both() {
        loom::model(|| {
            let place = |connection| Place {
                thread: 0,
                connection,
            };
            let person = Person::new(1, Token::default(), Name::GUEST, place(1));
            let person = Arc::new(person);
            let back = {
                let person = Arc::clone(&person);
                thread::spawn(move || person.come_back(2, place(2), 0).expect("it is new"))
            };
            let mut brought = None;
            person.whisper(WhisperLine::default(), |place, _| brought = Some(place));
            let missed = back.join().expect("the thread ends").frames.len();
            assert_eq!(missed == 1, brought == Some(place(1)));
        });
    }
}
