//! A client's connection as rooms and the hub know it: its ID, its outbox, and when
//! the client was last heard.
//!
//! No runtime and no clock. The connection's own task reads the socket, a task of the
//! worker writes what is queued, and both pass in `now`.

mod facts;

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;

use guildhall_protocol::Protocol;

use crate::accounts::Guests;
use crate::accounts::config::Revoked;
use crate::ids::{ConnectionId, UserId};
use crate::metrics::ConnectionCounts;
use crate::policy::Rights;

use super::close::Close;
use super::frame;
use super::outbox::{Outbox, SendError, Wire};

pub(crate) use self::facts::ClientFacts;
use self::facts::Refusals;

/// How long a client has to bring a new token after its own is over.
pub(crate) const TOKEN_GRACE: Duration = Duration::from_secs(25);

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
    /// The user, once the client is welcome.
    user: Cell<UserId>,
    /// The token of the user. `None` for a guest, on the heap for the others, so that guests do
    /// not pay for it.
    token: RefCell<Option<Box<HeldToken>>>,
    /// The rights of the user, as its session knows them.
    rights: RefCell<Rights>,
    /// Whether the game has put the connection into a room, or taken it out of one, and the session
    /// does not know of it yet.
    is_moved: Cell<bool>,
    connected: Instant,
    /// The requests that were refused, on the heap for those clients that were refused something.
    refused: RefCell<Option<Box<Refusals>>>,
}

/// The part of its user's token that a connection keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldToken {
    /// The user: the token's `sub`.
    pub(crate) user: Box<str>,
    /// When it was issued, in seconds since 1970, if it says so.
    pub(crate) issued: Option<u64>,
    /// When the connection is closed if no other token has come.
    pub(crate) until: Instant,
}

/// Whom the server lets in, as far as it may have changed since a client was welcome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admission<'a> {
    /// The setting for guests.
    pub(crate) guests: Guests,
    /// The tokens that were revoked.
    pub(crate) revoked: &'a Revoked,
}

#[derive(Debug)]
struct Closed {
    close: Close,
    at: Instant,
}

impl<W: Wire> Connection<W> {
    /// A connection that was heard just now. At most `max_waiting` bytes are queued for
    /// it.
    pub fn new(
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
            user: Cell::new(id.user_id()),
            token: RefCell::new(None),
            rights: RefCell::default(),
            is_moved: Cell::new(false),
            connected: now,
            refused: RefCell::new(None),
        }
    }

    /// The rights of the user, as its session knows them.
    pub(crate) fn rights(&self) -> Rights {
        self.rights.borrow().clone()
    }

    /// The session knows other rights of the user.
    pub(crate) fn set_rights(&self, rights: Rights) {
        self.rights.replace(rights);
    }

    /// The connection was put into a room, or taken out of one.
    pub(crate) fn note_moved(&self) {
        self.is_moved.set(true);
    }

    /// Whether it was since the last call.
    pub(crate) fn take_moved(&self) -> bool {
        self.is_moved.take()
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

    /// Whether the caller has to say the end of a connection that the server has closed, because
    /// nothing is queued, and no task writes that will say it: only one may wait for the socket.
    #[must_use]
    pub fn begin_end(&self) -> bool {
        self.outbox.borrow().is_empty() && !self.draining.replace(true)
    }

    /// Writes as much of what is queued as the socket takes. Returns true if there is
    /// nothing left to do, but to say the end of a connection that the server has closed.
    #[must_use]
    pub fn drain(&self, now: Instant) -> bool {
        // Nothing is queued for a broken socket.
        let done = self
            .outbox
            .borrow_mut()
            .drain(&self.wire, now)
            .unwrap_or(true);
        // Whoever says the end keeps others from it.
        self.draining.set(!done || self.is_closed());
        done
    }

    /// Records that the client was heard.
    pub fn heard(&self, now: Instant) {
        self.heard.set(now);
        self.pinged.set(None);
    }

    /// Records that the client has said hello and is welcome, as this user.
    pub fn welcomed(&self, user: UserId) {
        self.hello_since.set(None);
        self.user.set(user);
    }

    /// The user of a client that is welcome, and its account, which is empty for a guest. `None`
    /// before the hello.
    pub(crate) fn user(&self) -> Option<(UserId, String)> {
        let token = self.token.borrow();
        let account = token.as_ref().map_or("", |token| &token.user);
        self.is_welcome()
            .then(|| (self.user.get(), account.to_owned()))
    }

    /// Whether the client is a guest that is welcome.
    pub(crate) fn is_guest(&self) -> bool {
        self.is_welcome() && self.token.borrow().is_none()
    }

    fn is_welcome(&self) -> bool {
        self.hello_since.get().is_none()
    }

    /// Keeps the token of the client's user, in place of the one before.
    pub(crate) fn hold_token(&self, token: HeldToken) {
        *self.token.borrow_mut() = Some(Box::new(token));
    }

    /// Closes the connection if its client may not stay: its token is over or was revoked, or
    /// it is a guest, and there are none any more. Call it with [`Connection::sweep`].
    pub(crate) fn check_admission(&self, admission: Admission<'_>, now: Instant) {
        let Admission { guests, revoked } = admission;
        let close = match &*self.token.borrow() {
            None if guests != Guests::Deny || self.hello_since.get().is_some() => None,
            None if self.protocol == Protocol::Tutorial => Some(Close::NO_GUESTS),
            None => Some(Close::NEEDS_TOKEN),
            Some(token) if token.until <= now => Some(Close::TOKEN_EXPIRED),
            Some(token) if revoked.has(&token.user, token.issued) => Some(Close::TOKEN_REVOKED),
            Some(_) => None,
        };
        if let Some(close) = close {
            self.close(close, now);
        }
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

    /// How many more bytes may be queued before the client [is behind](Self::is_behind).
    pub(crate) fn room_in_half(&self) -> usize {
        self.outbox.borrow().room_in_half()
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

    /// Adds the connection to those that are counted.
    pub(crate) fn count(&self, counts: &mut ConnectionCounts) {
        let outbox = self.outbox.borrow();
        let (queued, is_behind) = (outbox.cost(), outbox.is_half_full());
        counts.add(self.protocol, self.state(), queued, is_behind);
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
        // The client may have sent another token, which has to be read. One that is not over yet
        // stays as it is: on a busy server, where each sweep is a little late, it would not end.
        if let Some(token) = &mut *self.token.borrow_mut()
            && token.until <= now
        {
            token.until = (token.until + time).min(now + TOKEN_GRACE);
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
mod tests;
