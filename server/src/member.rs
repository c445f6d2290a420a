//! One client as rooms and the hub know it: an ID, an outbox, signs of life.
//!
//! No runtime and no clock; the connection that owns the socket reads, writes
//! what waits, and passes `now` in.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::close::Close;
use crate::frame::Form;
use crate::outbox::{Outbox, SendError, Wire};

/// How long a connection may take for what.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// A client silent for this long is pinged.
    pub ping_after: Duration,
    /// A client silent for this long after a ping is closed.
    pub pong_within: Duration,
    /// A client that takes nothing of what waits for this long is closed.
    pub read_within: Duration,
    /// A closed connection that still stands after this long is cut.
    pub close_within: Duration,
}

/// A connected client.
#[derive(Debug)]
pub struct Member<W> {
    id: u64,
    form: Form,
    wire: W,
    outbox: RefCell<Outbox>,
    /// Whether somebody is writing what waits, see [`Member::begin_drain`].
    draining: Cell<bool>,
    heard: Cell<Instant>,
    pinged: Cell<Option<Instant>>,
    closed: RefCell<Option<Closed>>,
}

#[derive(Debug)]
struct Closed {
    close: Close,
    at: Instant,
}

impl<W: Wire> Member<W> {
    /// A member that was just heard, with at most `max_waiting` bytes waiting
    /// for it at any time.
    pub const fn new(id: u64, form: Form, wire: W, max_waiting: usize, now: Instant) -> Self {
        Self {
            id,
            form,
            wire,
            outbox: RefCell::new(Outbox::new(max_waiting)),
            draining: Cell::new(false),
            heard: Cell::new(now),
            pinged: Cell::new(None),
            closed: RefCell::new(None),
        }
    }

    /// The connection's ID, unique in the server's life. A client's own ID is
    /// that of its first connection.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Which messages the client is sent.
    pub fn form(&self) -> Form {
        self.form
    }

    /// What the client's bytes go to and come from.
    pub fn wire(&self) -> &W {
        &self.wire
    }

    /// Sends the `ranges` of `frames`, each of them whole frames. A member
    /// whose outbox is full is closed as a slow consumer.
    pub fn send(&self, frames: &Bytes, ranges: &[Range<usize>], now: Instant) {
        let mut outbox = self.outbox.borrow_mut();
        match outbox.send(&self.wire, frames, ranges, now) {
            Ok(()) => {}
            Err(SendError::Full) => {
                drop(outbox);
                self.close(Close::SLOW_CONSUMER, now);
            }
            // The reader finds out by itself, and says why.
            Err(SendError::Broken(_)) => outbox.give_up(),
        }
    }

    /// Sends all of `frames`.
    pub fn send_all(&self, frames: &Bytes, now: Instant) {
        let whole = 0..frames.len();
        self.send(frames, &[whole], now);
    }

    /// Whether the caller is to write what waits, from now on and until
    /// [`Member::drain`] says that all is gone. To be asked after every send;
    /// true for one caller at a time.
    #[must_use]
    pub fn begin_drain(&self) -> bool {
        !self.outbox.borrow().is_empty() && !self.draining.replace(true)
    }

    /// Writes what waits, as far as the socket takes it. True when there is
    /// nothing more to do.
    #[must_use]
    pub fn drain(&self, now: Instant) -> bool {
        // A broken socket has nothing waiting either.
        let done = self
            .outbox
            .borrow_mut()
            .drain(&self.wire, now)
            .unwrap_or(true);
        self.draining.set(!done);
        done
    }

    /// Notes a sign of life.
    pub fn heard(&self, now: Instant) {
        self.heard.set(now);
        self.pinged.set(None);
    }

    /// Sends a close frame, behind what waits; a slow consumer's is dropped.
    /// The first close counts, later ones do nothing.
    pub fn close(&self, close: Close, now: Instant) {
        let mut closed = self.closed.borrow_mut();
        if closed.is_some() {
            return;
        }
        let mut outbox = self.outbox.borrow_mut();
        let frame = close.frame();
        if close == Close::SLOW_CONSUMER {
            outbox.cut_off(&self.wire, &frame, now);
        } else {
            outbox.close(&self.wire, &frame, now);
        }
        *closed = Some(Closed { close, at: now });
    }

    /// Notes that the client is gone: what waits is dropped, and nothing more
    /// is sent.
    pub fn left(&self) {
        self.outbox.borrow_mut().give_up();
    }

    /// Whether the server closed the connection.
    pub fn is_closed(&self) -> bool {
        self.closed.borrow().is_some()
    }

    /// Why the server closed the connection, if it did.
    pub fn closed(&self) -> Option<Close> {
        let closed = self.closed.borrow();
        closed.as_ref().map(|closed| closed.close.clone())
    }

    /// Whether so much waits that the client is to read before it asks for more.
    pub fn is_behind(&self) -> bool {
        !self.is_closed() && self.outbox.borrow().is_half_full()
    }

    /// Whether nothing waits to be written.
    pub fn is_drained(&self) -> bool {
        self.outbox.borrow().is_empty()
    }

    /// What is due by now: a ping, a close, the cut. To be called about once a
    /// second; ask [`Member::begin_drain`] afterwards.
    pub fn sweep(&self, deadlines: &Deadlines, now: Instant) {
        let late = |since: Instant, limit| now.saturating_duration_since(since) >= limit;
        if let Some(closed) = &*self.closed.borrow() {
            if late(closed.at, deadlines.close_within) {
                self.outbox.borrow_mut().give_up();
                self.wire.hang_up();
            }
            return;
        }
        let waits_since = self.outbox.borrow().waits_since();
        if waits_since.is_some_and(|since| late(since, deadlines.read_within)) {
            self.close(Close::SLOW_CONSUMER, now);
        } else if let Some(pinged) = self.pinged.get() {
            if late(pinged, deadlines.pong_within) {
                self.close(Close::HEARTBEAT_TIMEOUT, now);
            }
        } else if late(self.heard.get(), deadlines.ping_after) {
            self.pinged.set(Some(now));
            self.send_all(&Bytes::from_static(self.form.ping()), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame;
    use crate::test_wire::TestWire;
    use guildhall_protocol::Packet;

    const DEADLINES: Deadlines = Deadlines {
        ping_after: Duration::from_secs(25),
        pong_within: Duration::from_secs(10),
        read_within: Duration::from_secs(10),
        close_within: Duration::from_secs(5),
    };

    fn member(now: Instant) -> Member<TestWire> {
        Member::new(1, Form::Tutorial, TestWire::open(), 1_000, now)
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_silent_client_is_pinged_then_closed_then_cut() {
        let start = Instant::now();
        let member = member(start);
        member.sweep(&DEADLINES, start + seconds(24));
        assert_eq!(member.wire().written(), b"");
        member.sweep(&DEADLINES, start + seconds(25));
        member.sweep(&DEADLINES, start + seconds(34));
        assert_eq!(member.wire().written(), Form::Tutorial.ping());
        assert_eq!(member.closed(), None);
        member.sweep(&DEADLINES, start + seconds(35));
        assert_eq!(member.closed(), Some(Close::HEARTBEAT_TIMEOUT));
        member.sweep(&DEADLINES, start + seconds(39));
        assert!(!member.wire().is_broken());
        member.sweep(&DEADLINES, start + seconds(40));
        assert!(member.wire().is_broken());
    }

    #[test]
    fn a_sign_of_life_ends_the_wait_for_a_pong() {
        let start = Instant::now();
        let member = member(start);
        member.sweep(&DEADLINES, start + seconds(25));
        member.heard(start + seconds(30));
        member.sweep(&DEADLINES, start + seconds(54));
        assert_eq!(member.wire().written(), Form::Tutorial.ping());
        member.sweep(&DEADLINES, start + seconds(55));
        assert_eq!(member.wire().written(), Form::Tutorial.ping().repeat(2));
        assert_eq!(member.closed(), None);
    }

    #[test]
    fn a_client_that_takes_nothing_is_closed_in_time() {
        let start = Instant::now();
        let member = member(start);
        member.wire().take(3);
        let frames = frame::packet(&Packet::id(1));
        member.send_all(&frames, start);
        assert!(member.begin_drain());
        member.sweep(&DEADLINES, start + seconds(9));
        assert_eq!(member.closed(), None);
        member.sweep(&DEADLINES, start + seconds(10));
        assert_eq!(member.closed(), Some(Close::SLOW_CONSUMER));
        member.wire().take(usize::MAX);
        assert!(member.drain(start + seconds(11)));
        let expected = [&frames[..], &Close::SLOW_CONSUMER.frame()].concat();
        assert_eq!(member.wire().written(), expected);
    }

    #[test]
    fn a_client_that_lets_too_much_wait_is_closed_at_once() {
        let now = Instant::now();
        let member = member(now);
        member.wire().take(0);
        let frames = frame::packet(&Packet::chat(1, "x".repeat(600)));
        member.send_all(&frames, now);
        assert_eq!(member.closed(), None);
        member.send_all(&frames, now);
        assert_eq!(member.closed(), Some(Close::SLOW_CONSUMER));
        member.wire().take(usize::MAX);
        assert!(member.drain(now));
        assert_eq!(member.wire().written(), Close::SLOW_CONSUMER.frame());
    }

    #[test]
    fn one_at_a_time_drains() {
        let now = Instant::now();
        let member = member(now);
        assert!(!member.begin_drain(), "nothing waits");
        member.wire().take(0);
        member.send_all(&frame::packet(&Packet::id(1)), now);
        assert!(member.begin_drain());
        assert!(!member.begin_drain());
        assert!(!member.drain(now));
        assert!(!member.begin_drain());
        member.wire().take(usize::MAX);
        assert!(member.drain(now));
        assert!(!member.begin_drain());
    }

    #[test]
    fn the_first_close_counts() {
        let now = Instant::now();
        let member = member(now);
        member.close(Close::GOING_AWAY, now);
        member.close(Close::HEARTBEAT_TIMEOUT, now);
        member.send_all(&frame::packet(&Packet::id(1)), now);
        assert_eq!(member.closed(), Some(Close::GOING_AWAY));
        assert_eq!(member.wire().written(), Close::GOING_AWAY.frame());
    }
}
