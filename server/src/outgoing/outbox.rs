//! The queue of bytes that are to be written to one client. It is usually empty.
//!
//! A send writes to the socket at once. Only what the socket does not take is queued,
//! as shared slices of the room's buffer, up to a limit in bytes and for a limited
//! time. The client's [`Connection`](super::connection::Connection) calls it. No
//! runtime and no clock: the caller passes in a [`Wire`] to write to, and `now`.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::network::{ClientAddress, Network};
use crate::outgoing::frame;
use crate::outgoing::progress::Progress;

/// The most slices in one write. A fan-out has fewer for one client in practice; more
/// of them take another write.
const MAX_SLICES: usize = 32;

/// What a queued slice costs beside its bytes, roughly: an entry in the queue, and the
/// part of a buffer that it keeps alive.
const SLICE_COST: usize = 64;

/// What an outbox writes to: a socket that never blocks.
pub trait Wire {
    /// Writes as much of `slices` as the socket takes at once, and returns how many
    /// bytes that was.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if the socket takes nothing now; any other error if it is broken.
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Ends the connection in both directions, at once.
    fn hang_up(&self);

    /// How many bytes it has taken and holds back, because the socket does not take them: those
    /// of an encrypted record are sent whole or not at all. A plain socket holds nothing.
    fn held(&self) -> usize {
        0
    }

    /// Writes as much of what it holds as the socket takes, and returns how many bytes that was.
    ///
    /// # Errors
    ///
    /// As those of [`Wire::write`].
    fn write_held(&self) -> io::Result<usize> {
        Ok(0)
    }

    /// Adds this to what the client's turn on its network thread has cost, for a request that takes
    /// long. In tests, nobody waits for a turn.
    fn spend(&self, _cost: u32) {}

    /// The network that the client connects from.
    fn network(&self) -> Network {
        Network::LOOPBACK
    }

    /// The address that the client connects from, for the operator. `None`: it has none, as in
    /// tests.
    fn address(&self) -> Option<ClientAddress> {
        None
    }
}

/// The bounded queue of one client.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// Whole frames. Of the first slice, `sent` bytes are written already.
    queue: VecDeque<Bytes>,
    sent: usize,
    /// What the queue costs, see [`SLICE_COST`].
    cost: usize,
    max_cost: usize,
    /// Whether the wire holds bytes that the socket has not taken: they go before the queue.
    is_held: bool,
    /// The bytes that the socket has taken of late, if something waits.
    progress: Option<Progress>,
    /// Whether later sends are ignored, because a close frame is the last frame.
    closed: bool,
    /// Whether the queue is more than half full, for other threads that ask.
    is_behind: Option<Arc<AtomicBool>>,
}

/// Why a send failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// More is queued than the limit allows.
    #[error("the outbox is full")]
    Full,
    /// The socket is broken.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

impl Outbox {
    /// An empty outbox that queues at most `max_bytes` bytes.
    #[must_use]
    pub(crate) const fn new(max_bytes: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            sent: 0,
            cost: 0,
            max_cost: max_bytes,
            is_held: false,
            progress: None,
            closed: false,
            is_behind: None,
        }
    }

    /// Sends the `ranges` of `frames`, each of which holds whole frames: with one write
    /// if the queue is empty, and behind the queue otherwise. If the queue is not empty
    /// afterwards, the caller calls [`Outbox::drain`] when the socket takes bytes again.
    /// Does nothing behind a close frame.
    ///
    /// # Errors
    ///
    /// [`SendError`]. If the outbox is full, it has queued the ranges all the same: the
    /// caller calls [`Outbox::cut_off`] next.
    pub(crate) fn send(
        &mut self,
        wire: &impl Wire,
        frames: &Bytes,
        ranges: &[Range<usize>],
        now: Instant,
    ) -> Result<(), SendError> {
        if self.closed {
            return Ok(());
        }
        if !self.is_empty() {
            return self.push(frames, ranges, 0);
        }
        let mut ranges = ranges;
        while !ranges.is_empty() {
            let batch = &ranges[..ranges.len().min(MAX_SLICES)];
            let length: usize = batch.iter().map(ExactSizeIterator::len).sum();
            let written = write_ranges(wire, frames, batch)?;
            self.is_held = wire.held() > 0;
            if written < length {
                self.progress = Some(Progress::none(now));
                return self.push(frames, ranges, written);
            }
            ranges = &ranges[batch.len()..];
        }
        if self.is_held {
            self.progress = Some(Progress::none(now));
        }
        Ok(())
    }

    /// Writes as much of what waits as the socket takes: what the wire holds, and then the
    /// queue. Returns true if nothing waits then.
    ///
    /// # Errors
    ///
    /// If the socket is broken. The outbox is given up then.
    pub(crate) fn drain(&mut self, wire: &impl Wire, now: Instant) -> io::Result<bool> {
        while !self.is_empty() {
            let written = if self.is_held {
                wire.write_held().map(|bytes| (bytes, 0))
            } else {
                let held = |bytes: usize| (bytes - bytes.min(wire.held()), bytes);
                self.write_queue(wire).map(held)
            };
            match written {
                Ok((sent, taken)) => {
                    self.progress.get_or_insert(Progress::none(now)).add(sent);
                    self.is_held = wire.held() > 0;
                    self.advance(taken);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => {
                    self.give_up();
                    return Err(error);
                }
            }
        }
        Ok(true)
    }

    /// Writes the beginning of the queue. Returns how many bytes the wire took.
    fn write_queue(&self, wire: &impl Wire) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut count = 0;
        for (slot, bytes) in slices.iter_mut().zip(&self.queue) {
            let sent = if count == 0 { self.sent } else { 0 };
            *slot = IoSlice::new(&bytes[sent..]);
            count += 1;
        }
        wire.write(&slices[..count])
    }

    /// Sends `close_frame` as the last frame, behind the queue.
    pub(crate) fn close(&mut self, wire: &impl Wire, close_frame: &Bytes, now: Instant) {
        let whole = 0..close_frame.len();
        match self.send(wire, close_frame, &[whole], now) {
            // It may exceed the limit, because it is small and the last frame.
            Ok(()) | Err(SendError::Full) => self.closed = true,
            Err(SendError::Broken(_)) => self.give_up(),
        }
    }

    /// Empties the queue, except for the rest of a frame that is partly written, and
    /// sends `close_frame` as the last frame.
    pub(crate) fn cut_off(&mut self, wire: &impl Wire, close_frame: &Bytes, now: Instant) {
        let rest = self.queue.front().map(|first| {
            let end = frame::end_of_frame(first, self.sent);
            // A copy keeps no shared buffer alive.
            Bytes::copy_from_slice(&first[self.sent..end])
        });
        self.clear();
        if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
            self.cost += rest.len() + SLICE_COST;
            self.queue.push_back(rest);
            self.progress = Some(Progress::none(now));
        }
        self.close(wire, close_frame, now);
    }

    /// Whether the socket takes too little, although something is queued all the time, see
    /// [`Progress::is_too_slow`].
    #[must_use]
    pub(crate) fn is_too_slow(&mut self, window: Duration, now: Instant) -> bool {
        let progress = self.progress.as_mut();
        progress.is_some_and(|progress| progress.is_too_slow(window, now))
    }

    /// Does not count the last `time` against the socket, see [`Progress::excuse`].
    pub(crate) fn excuse(&mut self, time: Duration, now: Instant) {
        if let Some(progress) = &mut self.progress {
            progress.excuse(time, now);
        }
    }

    /// How many bytes are queued, with what the slices cost.
    #[must_use]
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// Whether the queue has more than half of the bytes that it may have.
    #[must_use]
    pub(crate) fn is_half_full(&self) -> bool {
        self.cost > self.max_cost / 2
    }

    /// How many more bytes may be queued before it is more than half full.
    #[must_use]
    pub(crate) fn room_in_half(&self) -> usize {
        (self.max_cost / 2).saturating_sub(self.cost)
    }

    /// Whether these frames are better left out, because the client reads too slowly: the
    /// queue is more than half full, or would be more than three quarters full. The last
    /// quarter is for answers.
    #[must_use]
    pub(crate) fn is_behind_for(&self, frames: usize) -> bool {
        self.cost > 0 && (self.is_half_full() || self.cost + frames > self.max_cost / 4 * 3)
    }

    /// Whether so little is queued that frames may be sent again that were left out.
    #[must_use]
    pub(crate) fn has_caught_up(&self) -> bool {
        !self.closed && self.cost <= self.max_cost / 8
    }

    /// The most bytes that may be queued.
    #[must_use]
    pub(crate) fn max_cost(&self) -> usize {
        self.max_cost
    }

    /// A flag that says from now on whether the queue is more than half full.
    #[must_use]
    pub(crate) fn watch_behind(&mut self) -> Arc<AtomicBool> {
        let flag = Arc::clone(self.is_behind.get_or_insert_default());
        self.tell_behind();
        flag
    }

    fn tell_behind(&self) {
        if let Some(flag) = &self.is_behind {
            flag.store(self.is_half_full(), Ordering::Relaxed);
        }
    }

    /// Whether nothing waits, neither in the queue nor in the wire.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty() && !self.is_held
    }

    /// Queues `ranges` without their first `written` bytes. Fails if the queue exceeds
    /// its limit then.
    fn push(
        &mut self,
        frames: &Bytes,
        ranges: &[Range<usize>],
        mut written: usize,
    ) -> Result<(), SendError> {
        for range in ranges {
            if written >= range.len() {
                written -= range.len();
                continue;
            }
            if self.queue.is_empty() {
                self.sent = written;
            }
            written = 0;
            self.cost += range.len() + SLICE_COST;
            self.queue.push_back(frames.slice(range.clone()));
        }
        self.tell_behind();
        if self.cost > self.max_cost {
            return Err(SendError::Full);
        }
        Ok(())
    }

    /// Removes what the wire took from the queue.
    fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.queue.front() {
            let left = first.len() - self.sent;
            if written < left {
                self.sent += written;
                self.tell_behind();
                return;
            }
            written -= left;
            self.cost = self.cost.saturating_sub(first.len() + SLICE_COST);
            self.sent = 0;
            self.queue.pop_front();
        }
        self.clear();
    }

    /// Empties the queue and ignores later sends: the socket is broken, or the client
    /// has had its time.
    pub(crate) fn give_up(&mut self) {
        self.is_held = false;
        self.clear();
        self.closed = true;
    }

    /// Empties the queue, and frees its memory.
    fn clear(&mut self) {
        self.queue = VecDeque::new();
        self.sent = 0;
        self.cost = 0;
        if !self.is_held {
            self.progress = None;
        }
        self.tell_behind();
    }
}

/// Writes `ranges`, at most [`MAX_SLICES`] of them, with one write. Returns how many
/// bytes the wire took: 0 if it takes nothing now.
fn write_ranges(wire: &impl Wire, frames: &Bytes, ranges: &[Range<usize>]) -> io::Result<usize> {
    let result = if let [range] = ranges {
        // Almost every subscriber of a fan-out comes this way.
        wire.write(&[IoSlice::new(&frames[range.clone()])])
    } else {
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        for (slot, range) in slices.iter_mut().zip(ranges) {
            *slot = IoSlice::new(&frames[range.clone()]);
        }
        wire.write(&slices[..ranges.len()])
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

#[cfg(test)]
mod tests;
