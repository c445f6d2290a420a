//! The state that all clients and the run share: what is to be done now, and what there was.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The work of the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Mode {
    /// Each has its own habit.
    Mixed,
    /// They talk and read, and nobody floods, stalls or breaks off.
    Calm,
    /// All leave but the observers, who say nothing new.
    Leaving,
    /// The observers end as soon as they have heard what [`Shared::ends`] says.
    Ending,
}

/// Counters for the progress, and for the sum at the end.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Clients that are connected and greeted.
    pub(crate) online: AtomicUsize,
    /// Lines that clients of `guildhall.v1` have heard.
    pub(crate) heard: AtomicU64,
    /// All that clients of the tutorial have heard.
    pub(crate) chats: AtomicU64,
    /// Requests that were acknowledged.
    pub(crate) acknowledged: AtomicU64,
    /// Messages that were refused, or lost with a session.
    pub(crate) failed: AtomicU64,
    /// Sessions that were resumed.
    pub(crate) resumed: AtomicU64,
    /// Sessions that could not be resumed any more.
    pub(crate) lost_sessions: AtomicU64,
    /// Connections that have ended.
    pub(crate) ended: AtomicU64,
    /// Lines that somebody missed for good, because it did not read.
    pub(crate) missed: AtomicU64,
}

/// The lines of a room, by epoch and number: the sender, and the time when it was said.
type Heard = BTreeMap<(u32, u64), (u64, u64)>;

/// The state that all share.
pub(crate) struct Shared {
    /// The server's address.
    pub(crate) server: SocketAddr,
    /// The zero of all clients' clocks.
    pub(crate) start: Instant,
    pub(crate) counts: Counts,
    /// The time of the line that an observer heard last, in milliseconds since 1970.
    pub(crate) newest_time: AtomicU64,
    /// Each observer says a line of its own when this has grown, and counts in `rounds_done` when
    /// it is acknowledged.
    pub(crate) round: AtomicUsize,
    pub(crate) rounds_done: AtomicUsize,
    /// How many observers have all their answers, once all others have left.
    pub(crate) answered: AtomicUsize,
    /// The number of the last line of each room.
    pub(crate) ends: Mutex<BTreeMap<String, u64>>,
    /// The whispers that were acknowledged: the observer's number and the text.
    pub(crate) whispers: Mutex<BTreeSet<(usize, String)>>,
    /// The sender and the time of each line, as somebody has heard it: all others have to hear
    /// the same.
    record: Mutex<BTreeMap<String, Heard>>,
    /// Close codes, and how often each has ended a connection.
    closes: Mutex<BTreeMap<u16, u64>>,
    mode: AtomicU8,
    has_failed: AtomicBool,
}

impl Shared {
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self {
            server,
            start: Instant::now(),
            counts: Counts::default(),
            newest_time: AtomicU64::new(0),
            round: AtomicUsize::new(0),
            rounds_done: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            ends: Mutex::default(),
            whispers: Mutex::default(),
            record: Mutex::default(),
            closes: Mutex::default(),
            mode: AtomicU8::new(Mode::Mixed as u8),
            has_failed: AtomicBool::new(false),
        }
    }

    /// The clients' time, in milliseconds.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn mode(&self) -> Mode {
        match self.mode.load(Ordering::SeqCst) {
            0 => Mode::Mixed,
            1 => Mode::Calm,
            2 => Mode::Leaving,
            _ => Mode::Ending,
        }
    }

    pub(crate) fn set_mode(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    /// A thread of clients has failed a check.
    pub(crate) fn fail(&self) {
        self.has_failed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::SeqCst)
    }

    /// Somebody has heard a line of a room.
    ///
    /// Fails the run if somebody else has heard another one with this number.
    pub(crate) fn hear(&self, room: &str, place: (u32, u64), line: (u64, u64)) {
        self.counts.heard.fetch_add(1, Ordering::Relaxed);
        let mut record = locked(&self.record);
        if !record.contains_key(room) {
            record.insert(room.to_owned(), Heard::new());
        }
        let known = *record
            .get_mut(room)
            .map(|lines| lines.entry(place).or_insert(line))
            .expect("the room was added");
        assert_eq!(
            known, line,
            "two clients have heard different lines {place:?} in {room}"
        );
    }

    /// The lines of a room as they were heard.
    pub(crate) fn heard_in(&self, room: &str) -> Heard {
        locked(&self.record).get(room).cloned().unwrap_or_default()
    }

    /// A connection has ended with this code.
    pub(crate) fn note_end(&self, code: u16) {
        self.counts.ended.fetch_add(1, Ordering::Relaxed);
        *locked(&self.closes).entry(code).or_default() += 1;
    }

    /// How often each close code has ended a connection, in words.
    pub(crate) fn closes(&self) -> String {
        let closes = locked(&self.closes);
        let each = closes
            .iter()
            .map(|(code, count)| format!("{code}: {count}"));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// The lock, also if a thread has panicked with it: the run fails anyway.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
