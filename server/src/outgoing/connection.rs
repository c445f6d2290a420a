//! A client's connection as rooms and the hub know it: its ID, its outbox, and when
//! the client was last heard.
//!
//! No runtime and no clock. The connection's own task reads the socket, a task of the
//! worker writes what is queued, and both pass in `now`.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;

use guildhall_protocol::Protocol;

use crate::ids::ConnectionId;

use super::close::Close;
use super::frame;
use super::outbox::{Outbox, SendError, Wire};

/// How long a connection may be silent, slow or closed.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// A client silent for this long is pinged.
    pub ping_after: Duration,
    /// A client silent for this long after a ping is closed.
    pub pong_within: Duration,
    /// A client that takes too little for this long, although something is queued for it, is
    /// closed.
    pub read_within: Duration,
    /// A closed connection that is still open after this long is cut.
    pub close_within: Duration,
    /// A client of `guildhall.v1` that is not welcome after this long is closed.
    pub hello_within: Duration,
}

/// A client's connection.
#[derive(Debug)]
pub struct Connection<W> {
    id: ConnectionId,
    protocol: Protocol,
    wire: W,
    outbox: RefCell<Outbox>,
    /// Whether a task writes what is queued, see [`Connection::begin_drain`].
    draining: Cell<bool>,
    heard: Cell<Instant>,
    pinged: Cell<Option<Instant>>,
    /// Since when the client has to say hello. `None` if it is welcome, or has none to say.
    hello_since: Cell<Option<Instant>>,
    closed: RefCell<Option<Closed>>,
}

#[derive(Debug)]
struct Closed {
    close: Close,
    at: Instant,
}

impl<W: Wire> Connection<W> {
    /// A connection that was heard just now. At most `max_waiting` bytes are queued for
    /// it.
    pub const fn new(
        id: ConnectionId,
        protocol: Protocol,
        wire: W,
        max_waiting: usize,
        now: Instant,
    ) -> Self {
        let hello_since = match protocol {
            Protocol::Tutorial => None,
            Protocol::V1 => Some(now),
        };
        Self {
            id,
            protocol,
            wire,
            outbox: RefCell::new(Outbox::new(max_waiting)),
            draining: Cell::new(false),
            heard: Cell::new(now),
            pinged: Cell::new(None),
            hello_since: Cell::new(hello_since),
            closed: RefCell::new(None),
        }
    }

    /// The connection's ID.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// The protocol that the client speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The socket, or a test's replacement for it.
    pub fn wire(&self) -> &W {
        &self.wire
    }

    /// Sends the `ranges` of `frames`, each of which holds whole frames. Closes the
    /// connection as a slow consumer if its outbox is full.
    pub fn send(&self, frames: &Bytes, ranges: &[Range<usize>], now: Instant) {
        let mut outbox = self.outbox.borrow_mut();
        match outbox.send(&self.wire, frames, ranges, now) {
            Ok(()) => {}
            Err(SendError::Full) => {
                drop(outbox);
                self.close(Close::SLOW_CONSUMER, now);
            }
            // The reading task gets an error too, and logs it.
            Err(SendError::Broken(_)) => outbox.give_up(),
        }
    }

    /// The same, unless the client reads so slowly that the frames are better left out.
    /// Returns whether they were sent.
    #[must_use]
    pub fn send_unless_behind(
        &self,
        frames: &Bytes,
        ranges: &[Range<usize>],
        now: Instant,
    ) -> bool {
        let is_behind = self.outbox.borrow().is_behind_for(frames.len());
        if !is_behind {
            self.send(frames, ranges, now);
        }
        !is_behind
    }

    /// Sends all of `frames`.
    pub fn send_all(&self, frames: &Bytes, now: Instant) {
        let whole = 0..frames.len();
        self.send(frames, &[whole], now);
    }

    /// Whether the caller has to start a task that writes what is queued, until
    /// [`Connection::drain`] returns true. Call it after every send: it returns true to
    /// one caller at a time.
    #[must_use]
    pub fn begin_drain(&self) -> bool {
        !self.outbox.borrow().is_empty() && !self.draining.replace(true)
    }

    /// Writes as much of what is queued as the socket takes. Returns true if there is
    /// nothing left to do.
    #[must_use]
    pub fn drain(&self, now: Instant) -> bool {
        // Nothing is queued for a broken socket.
        let done = self
            .outbox
            .borrow_mut()
            .drain(&self.wire, now)
            .unwrap_or(true);
        self.draining.set(!done);
        done
    }

    /// Records that the client was heard.
    pub fn heard(&self, now: Instant) {
        self.heard.set(now);
        self.pinged.set(None);
    }

    /// Records that the client has said hello and is welcome.
    pub fn welcomed(&self) {
        self.hello_since.set(None);
    }

    /// Sends a close frame behind what is queued; for a slow consumer, instead of what
    /// is queued. Only the first close has an effect.
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

    /// Drops what is queued, and sends nothing more: the client is gone.
    pub fn abandon(&self) {
        self.outbox.borrow_mut().give_up();
    }

    /// Whether the server closed the connection.
    pub fn is_closed(&self) -> bool {
        self.closed.borrow().is_some()
    }

    /// Why the server closed the connection. `None` if it did not.
    pub fn closed(&self) -> Option<Close> {
        let closed = self.closed.borrow();
        closed.as_ref().map(|closed| closed.close.clone())
    }

    /// Whether so much is queued that the client has to read before its next request is
    /// handled.
    pub fn is_behind(&self) -> bool {
        !self.is_closed() && self.outbox.borrow().is_half_full()
    }

    /// Whether so little is queued that frames may be sent again that were left out.
    pub fn has_caught_up(&self) -> bool {
        self.outbox.borrow().has_caught_up()
    }

    /// The most bytes that may be queued.
    pub fn max_waiting(&self) -> usize {
        self.outbox.borrow().max_cost()
    }

    /// A flag that says from now on whether the client is behind. Other threads read it.
    #[must_use]
    pub fn watch_behind(&self) -> Arc<AtomicBool> {
        self.outbox.borrow_mut().watch_behind()
    }

    /// Whether nothing is queued.
    pub fn is_drained(&self) -> bool {
        self.outbox.borrow().is_empty()
    }

    /// Pings the client, closes the connection or cuts it, if that is due by now. Call
    /// it about once a second, and [`Connection::begin_drain`] afterwards.
    ///
    /// `excused` is a time, just before now, in which the server did not serve: it was
    /// paused, or had too much to do. It does not count, because what a client sent then
    /// may not have been read yet.
    pub fn sweep(&self, deadlines: &Deadlines, excused: Duration, now: Instant) {
        if !excused.is_zero() {
            self.excuse(excused, now);
        }
        let late = |since: Instant, limit| now.saturating_duration_since(since) >= limit;
        if let Some(closed) = &*self.closed.borrow() {
            if late(closed.at, deadlines.close_within) {
                self.outbox.borrow_mut().give_up();
                self.wire.hang_up();
            }
            return;
        }
        let is_too_slow = (self.outbox.borrow_mut()).is_too_slow(deadlines.read_within, now);
        if is_too_slow {
            self.close(Close::SLOW_CONSUMER, now);
        } else if (self.hello_since.get()).is_some_and(|since| late(since, deadlines.hello_within))
        {
            self.close(Close::NO_HELLO, now);
        } else if let Some(pinged) = self.pinged.get() {
            if late(pinged, deadlines.pong_within) {
                self.close(Close::HEARTBEAT_TIMEOUT, now);
            }
        } else if late(self.heard.get(), deadlines.ping_after) {
            self.pinged.set(Some(now));
            self.send_all(&Bytes::from_static(frame::ping(self.protocol)), now);
        }
    }

    /// Moves all that deadlines are counted from by `time`, but not beyond `now`.
    fn excuse(&self, time: Duration, now: Instant) {
        let later = |since: Instant| (since + time).min(now);
        self.heard.set(later(self.heard.get()));
        self.pinged.set(self.pinged.get().map(later));
        self.hello_since.set(self.hello_since.get().map(later));
        if let Some(closed) = &mut *self.closed.borrow_mut() {
            closed.at = later(closed.at);
        }
        self.outbox.borrow_mut().excuse(time, now);
    }
}

/// Connections with queued bytes that no task writes yet. Code that sends to a
/// connection notes it here; the worker takes the list after each step and starts the
/// tasks.
#[derive(Debug)]
pub struct NeedsDrain<W>(Vec<Rc<Connection<W>>>);

impl<W: Wire> NeedsDrain<W> {
    /// Notes the connection, if bytes are queued for it and no task writes them.
    pub fn note(&mut self, connection: &Rc<Connection<W>>) {
        if connection.begin_drain() {
            self.0.push(Rc::clone(connection));
        }
    }

    /// Takes the connections that were noted. The caller has to start a task for each.
    #[must_use]
    pub fn take(&mut self) -> Vec<Rc<Connection<W>>> {
        std::mem::take(&mut self.0)
    }
}

impl<W> Default for NeedsDrain<W> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::test_wire::TestWire;
    use guildhall_protocol::Packet;
    use std::sync::atomic::Ordering;

    const DEADLINES: Deadlines = Deadlines {
        ping_after: Duration::from_secs(25),
        pong_within: Duration::from_secs(10),
        read_within: Duration::from_secs(10),
        close_within: Duration::from_secs(5),
        hello_within: Duration::from_secs(10),
    };

    fn connection(now: Instant) -> Connection<TestWire> {
        Connection::new(
            ConnectionId(1),
            Protocol::Tutorial,
            TestWire::open(),
            1_000,
            now,
        )
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_silent_client_is_pinged_then_closed_then_cut() {
        let start = Instant::now();
        let connection = connection(start);
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(24));
        assert_eq!(connection.wire().written(), b"");
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(25));
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(34));
        assert_eq!(connection.wire().written(), frame::ping(Protocol::Tutorial));
        assert_eq!(connection.closed(), None);
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(35));
        assert_eq!(connection.closed(), Some(Close::HEARTBEAT_TIMEOUT));
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(39));
        assert!(!connection.wire().is_broken());
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(40));
        assert!(connection.wire().is_broken());
    }

    #[test]
    fn a_client_that_is_heard_after_a_ping_is_not_closed() {
        let start = Instant::now();
        let connection = connection(start);
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(25));
        connection.heard(start + seconds(30));
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(54));
        assert_eq!(connection.wire().written(), frame::ping(Protocol::Tutorial));
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(55));
        assert_eq!(
            connection.wire().written(),
            frame::ping(Protocol::Tutorial).repeat(2)
        );
        assert_eq!(connection.closed(), None);
    }

    #[test]
    fn time_in_which_the_server_did_not_serve_does_not_count() {
        let start = Instant::now();
        let connection = connection(start);
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(25));
        // The server is paused for an hour. The pong lies in the socket.
        let hour = seconds(3_600);
        let after = start + seconds(26) + hour;
        connection.sweep(&DEADLINES, hour, after);
        assert_eq!(connection.closed(), None);
        connection.sweep(&DEADLINES, Duration::ZERO, after + seconds(8));
        assert_eq!(connection.closed(), None);
        connection.sweep(&DEADLINES, Duration::ZERO, after + seconds(9));
        assert_eq!(connection.closed(), Some(Close::HEARTBEAT_TIMEOUT));
        connection.sweep(&DEADLINES, hour, after + seconds(9) + hour);
        assert!(!connection.wire().is_broken(), "it had no time to hang up");
    }

    #[test]
    fn a_client_is_not_slow_while_the_server_does_not_serve() {
        let start = Instant::now();
        let connection = connection(start);
        connection.wire().take(3);
        connection.send_all(&frame::packet(&Packet::id(1)), start);
        assert!(connection.begin_drain());
        let hour = seconds(3_600);
        connection.sweep(&DEADLINES, hour, start + seconds(1) + hour);
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(9) + hour);
        assert_eq!(connection.closed(), None);
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(10) + hour);
        assert_eq!(connection.closed(), Some(Close::SLOW_CONSUMER));
    }

    #[test]
    fn a_v1_client_that_is_not_welcome_in_time_is_closed() {
        let start = Instant::now();
        let wire = TestWire::open;
        let new = |protocol| Connection::new(ConnectionId(1), protocol, wire(), 1_000, start);
        let silent = new(Protocol::V1);
        silent.sweep(&DEADLINES, Duration::ZERO, start + seconds(9));
        // What it says instead is no hello.
        silent.heard(start + seconds(9));
        assert_eq!(silent.closed(), None);
        silent.sweep(&DEADLINES, Duration::ZERO, start + seconds(10));
        assert_eq!(silent.closed(), Some(Close::NO_HELLO));
        let welcome = new(Protocol::V1);
        welcome.welcomed();
        for connection in [welcome, new(Protocol::Tutorial)] {
            connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(24));
            assert_eq!(connection.closed(), None);
        }
    }

    #[test]
    fn a_client_that_takes_nothing_is_closed_after_a_while() {
        let start = Instant::now();
        let connection = connection(start);
        connection.wire().take(3);
        let frames = frame::packet(&Packet::id(1));
        connection.send_all(&frames, start);
        assert!(connection.begin_drain());
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(9));
        assert_eq!(connection.closed(), None);
        connection.sweep(&DEADLINES, Duration::ZERO, start + seconds(10));
        assert_eq!(connection.closed(), Some(Close::SLOW_CONSUMER));
        connection.wire().take(usize::MAX);
        assert!(connection.drain(start + seconds(11)));
        let expected = [&frames[..], &Close::SLOW_CONSUMER.frame()].concat();
        assert_eq!(connection.wire().written(), expected);
    }

    #[test]
    fn a_client_with_a_full_outbox_is_closed_at_once() {
        let now = Instant::now();
        let connection = connection(now);
        connection.wire().take(0);
        let frames = frame::packet(&Packet::chat(1, "x".repeat(600)));
        connection.send_all(&frames, now);
        assert_eq!(connection.closed(), None);
        connection.send_all(&frames, now);
        assert_eq!(connection.closed(), Some(Close::SLOW_CONSUMER));
        connection.wire().take(usize::MAX);
        assert!(connection.drain(now));
        assert_eq!(connection.wire().written(), Close::SLOW_CONSUMER.frame());
    }

    #[test]
    fn a_client_that_reads_slowly_is_behind_until_it_has_read() {
        let now = Instant::now();
        let connection = connection(now);
        let is_behind = connection.watch_behind();
        let check = |behind: bool, caught_up: bool| {
            assert_eq!(is_behind.load(Ordering::Relaxed), behind);
            let found = (connection.is_behind(), connection.has_caught_up());
            assert_eq!(found, (behind, caught_up));
        };
        check(false, true);
        connection.wire().take(0);
        let frames = Bytes::from(vec![0; 300]);
        let send = |ranges: &[Range<usize>]| connection.send_unless_behind(&frames, ranges, now);
        assert!(send(&[0..300]));
        check(false, false);
        assert!(send(&[0..200]));
        check(true, false);
        assert!(!send(&[0..1]));
        connection.wire().take(400);
        assert!(!connection.drain(now));
        check(false, false);
        connection.wire().take(100);
        assert!(connection.drain(now));
        check(false, true);
        // More than three quarters would wait.
        connection.wire().take(0);
        assert!(send(&[0..300]));
        let large = Bytes::from(vec![0; 500]);
        assert!(!connection.send_unless_behind(&large, &[0..500], now));
        assert_eq!(connection.closed(), None);
    }

    #[test]
    fn one_task_at_a_time_drains() {
        let now = Instant::now();
        let connection = connection(now);
        assert!(!connection.begin_drain(), "nothing is queued");
        connection.wire().take(0);
        connection.send_all(&frame::packet(&Packet::id(1)), now);
        assert!(connection.begin_drain());
        assert!(!connection.begin_drain());
        assert!(!connection.drain(now));
        assert!(!connection.begin_drain());
        connection.wire().take(usize::MAX);
        assert!(connection.drain(now));
        assert!(!connection.begin_drain());
    }

    #[test]
    fn only_the_first_close_has_an_effect() {
        let now = Instant::now();
        let connection = connection(now);
        connection.close(Close::GOING_AWAY, now);
        connection.close(Close::HEARTBEAT_TIMEOUT, now);
        connection.send_all(&frame::packet(&Packet::id(1)), now);
        assert_eq!(connection.closed(), Some(Close::GOING_AWAY));
        assert_eq!(connection.wire().written(), Close::GOING_AWAY.frame());
    }
}
