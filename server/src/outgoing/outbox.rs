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
use std::time::Instant;

use bytes::Bytes;

use crate::outgoing::frame;

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
    /// When the socket last took something, if the queue is not empty.
    last_progress: Option<Instant>,
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
            last_progress: None,
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
        if !self.queue.is_empty() {
            return self.push(frames, ranges, 0);
        }
        let mut ranges = ranges;
        while !ranges.is_empty() {
            let batch = &ranges[..ranges.len().min(MAX_SLICES)];
            let length: usize = batch.iter().map(ExactSizeIterator::len).sum();
            let written = write_ranges(wire, frames, batch)?;
            if written < length {
                self.last_progress = Some(now);
                return self.push(frames, ranges, written);
            }
            ranges = &ranges[batch.len()..];
        }
        Ok(())
    }

    /// Writes as much of the queue as the socket takes. Returns true if the queue is
    /// empty then.
    ///
    /// # Errors
    ///
    /// If the socket is broken. The outbox is given up then.
    pub(crate) fn drain(&mut self, wire: &impl Wire, now: Instant) -> io::Result<bool> {
        while !self.queue.is_empty() {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let mut count = 0;
            for (slot, bytes) in slices.iter_mut().zip(&self.queue) {
                let sent = if count == 0 { self.sent } else { 0 };
                *slot = IoSlice::new(&bytes[sent..]);
                count += 1;
            }
            match wire.write(&slices[..count]) {
                Ok(written) => self.advance(written, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => {
                    self.give_up();
                    return Err(error);
                }
            }
        }
        Ok(true)
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
            self.last_progress = Some(now);
        }
        self.close(wire, close_frame, now);
    }

    /// When the socket last took something. `None` if the queue is empty.
    #[must_use]
    pub(crate) fn last_progress(&self) -> Option<Instant> {
        self.last_progress
    }

    /// Whether the queue has more than half of the bytes that it may have.
    #[must_use]
    pub(crate) fn is_half_full(&self) -> bool {
        self.cost > self.max_cost / 2
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

    /// Whether nothing is queued.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
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

    fn advance(&mut self, mut written: usize, now: Instant) {
        self.last_progress = Some(now);
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
        self.clear();
        self.closed = true;
    }

    /// Empties the queue, and frees its memory.
    fn clear(&mut self) {
        self.queue = VecDeque::new();
        self.sent = 0;
        self.cost = 0;
        self.last_progress = None;
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
mod tests {
    use super::*;
    use crate::outgoing::test_wire::TestWire;
    use guildhall_protocol::{CloseCode, Packet};
    use std::time::Duration;

    const LIMIT: usize = 1_000;

    fn id_frame(id: u64) -> Bytes {
        frame::packet(&Packet::id(id))
    }

    fn send(outbox: &mut Outbox, wire: &TestWire, frames: &Bytes) -> Result<(), SendError> {
        outbox.send(wire, frames, &[0..frames.len()], Instant::now())
    }

    #[test]
    fn a_send_is_one_write_and_queues_nothing() {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        let frames = Bytes::from_static(b"0123456789");
        outbox
            .send(&wire, &frames, &[0..2, 5..7], Instant::now())
            .unwrap();
        assert_eq!(wire.written(), b"0156");
        assert_eq!(wire.writes(), 1);
        assert!(outbox.is_empty());
        assert_eq!(outbox.last_progress(), None);
    }

    #[test]
    fn what_the_socket_does_not_take_is_queued_in_order() {
        for capacity in 0..16 {
            let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
            wire.take(capacity);
            let first = id_frame(1);
            send(&mut outbox, &wire, &first).unwrap();
            assert_eq!(outbox.is_empty(), capacity >= first.len());
            send(&mut outbox, &wire, &id_frame(2)).unwrap();
            wire.take(usize::MAX);
            assert!(outbox.drain(&wire, Instant::now()).unwrap());
            assert_eq!(wire.written(), [id_frame(1), id_frame(2)].concat());
            assert!(outbox.is_empty());
        }
    }

    #[test]
    fn more_ranges_than_fit_into_one_write_all_arrive() {
        let frames = Bytes::from(vec![7; 200]);
        let ranges: Vec<_> = (0..100).map(|i| 2 * i..2 * i + 1).collect();
        for capacity in [usize::MAX, 0, 1, 31, 32, 33, 99] {
            let (mut outbox, wire) = (Outbox::new(100_000), TestWire::open());
            wire.take(capacity);
            outbox
                .send(&wire, &frames, &ranges, Instant::now())
                .unwrap();
            wire.take(usize::MAX);
            assert!(outbox.drain(&wire, Instant::now()).unwrap());
            assert_eq!(
                wire.written().len(),
                100,
                "a wire that takes {capacity} bytes"
            );
        }
    }

    #[test]
    fn a_send_to_a_full_outbox_fails() {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        wire.take(0);
        let frames = Bytes::from(vec![0; LIMIT / 2]);
        assert!(!outbox.is_half_full());
        send(&mut outbox, &wire, &frames).unwrap();
        assert!(outbox.is_half_full());
        assert!(matches!(
            send(&mut outbox, &wire, &frames),
            Err(SendError::Full)
        ));
    }

    #[test]
    fn a_cut_off_completes_a_frame_that_is_partly_written_and_closes() {
        let close = frame::close(CloseCode::SlowConsumer, "slow");
        for sent in 0..8 {
            let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
            wire.take(8 + sent);
            let frames = Bytes::from([id_frame(1), id_frame(2), id_frame(3)].concat());
            send(&mut outbox, &wire, &frames).unwrap();
            outbox.cut_off(&wire, &close, Instant::now());
            send(&mut outbox, &wire, &id_frame(4)).unwrap();
            wire.take(usize::MAX);
            assert!(outbox.drain(&wire, Instant::now()).unwrap());
            let mut expected = id_frame(1).to_vec();
            if sent > 0 {
                expected.extend(id_frame(2));
            }
            expected.extend(&close);
            assert_eq!(wire.written(), expected, "{sent} bytes of the second frame");
        }
    }

    #[test]
    fn a_close_frame_is_sent_behind_the_queue_of_a_full_outbox() {
        let (mut outbox, wire) = (Outbox::new(80), TestWire::open());
        wire.take(0);
        send(&mut outbox, &wire, &id_frame(1)).unwrap();
        let close = frame::close(CloseCode::GoingAway, "bye");
        outbox.close(&wire, &close, Instant::now());
        wire.take(usize::MAX);
        assert!(outbox.drain(&wire, Instant::now()).unwrap());
        assert_eq!(wire.written(), [id_frame(1), close].concat());
    }

    #[test]
    fn the_last_progress_is_when_the_socket_last_took_something() {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        let start = Instant::now();
        wire.take(1);
        let frames = id_frame(1);
        outbox.send(&wire, &frames, &[0..8], start).unwrap();
        assert_eq!(outbox.last_progress(), Some(start));
        let later = start + Duration::from_secs(1);
        assert!(!outbox.drain(&wire, later).unwrap());
        assert_eq!(outbox.last_progress(), Some(start));
        wire.take(1);
        assert!(!outbox.drain(&wire, later).unwrap());
        assert_eq!(outbox.last_progress(), Some(later));
    }

    #[test]
    fn a_broken_socket_empties_the_outbox() {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        wire.take(0);
        send(&mut outbox, &wire, &id_frame(1)).unwrap();
        wire.break_it();
        assert!(outbox.drain(&wire, Instant::now()).is_err());
        assert!(outbox.is_empty());
        send(&mut outbox, &wire, &id_frame(2)).unwrap();
        assert!(outbox.is_empty(), "nothing is queued for a broken socket");
    }
}
