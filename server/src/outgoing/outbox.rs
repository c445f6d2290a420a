//! What waits to be written to one client: usually nothing.
//!
//! A send goes straight to the socket; only what the socket does not take
//! waits here, as shared slices of the room's buffer, up to a limit in bytes
//! and for a limited time. No runtime and no clock: a [`Wire`] to write to and
//! `now` are passed in.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::time::Instant;

use bytes::Bytes;

use crate::outgoing::frame;

/// The most slices in one write. More than any turn brings a member in
/// practice; what is beyond takes another write.
const MAX_SLICES: usize = 32;

/// What a waiting slice costs beside its bytes, roughly: its place in the
/// queue and the share of a buffer that it keeps alive.
const SLICE_COST: usize = 64;

/// Where an outbox writes to: a socket, without ever blocking.
pub trait Wire {
    /// Writes as much of `slices` as is taken at once.
    ///
    /// # Errors
    ///
    /// `WouldBlock` where nothing is taken now; others where nothing ever
    /// will be.
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Ends the connection in both directions, at once.
    fn hang_up(&self);
}

/// The bounded queue of one client.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// Whole frames; of the first slice, `sent` bytes are gone already.
    queue: VecDeque<Bytes>,
    sent: usize,
    /// What the queue costs, see [`SLICE_COST`].
    cost: usize,
    max_cost: usize,
    /// When the queue last moved, while it is not empty.
    waits_since: Option<Instant>,
    /// Nothing more is taken, as behind a close frame.
    closed: bool,
}

/// Why an outbox takes nothing more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// What waits would exceed the limit.
    #[error("the outbox is full")]
    Full,
    /// The socket is broken.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

impl Outbox {
    /// An empty outbox in which at most `max_bytes` wait.
    #[must_use]
    pub(crate) const fn new(max_bytes: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            sent: 0,
            cost: 0,
            max_cost: max_bytes,
            waits_since: None,
            closed: false,
        }
    }

    /// Sends the `ranges` of `frames`, each of them whole frames: with one
    /// write if nothing waits, else behind what waits. If something waits
    /// afterwards, [`Outbox::drain`] is to be called when the socket takes
    /// bytes again. Behind a close frame nothing is sent.
    ///
    /// # Errors
    ///
    /// [`SendError`]. What made the outbox full is in it nevertheless:
    /// [`Outbox::cut_off`] is what comes next.
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
                self.waits_since = Some(now);
                return self.push(frames, ranges, written);
            }
            ranges = &ranges[batch.len()..];
        }
        Ok(())
    }

    /// Writes what waits, as far as the socket takes it. True when all is
    /// gone.
    ///
    /// # Errors
    ///
    /// Where the socket is broken; the outbox is given up then.
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

    /// Sends `close_frame` as the last frame, behind what waits.
    pub(crate) fn close(&mut self, wire: &impl Wire, close_frame: &Bytes, now: Instant) {
        let whole = 0..close_frame.len();
        match self.send(wire, close_frame, &[whole], now) {
            // A close frame is small and the last: it may exceed the limit.
            Ok(()) | Err(SendError::Full) => self.closed = true,
            Err(SendError::Broken(_)) => self.give_up(),
        }
    }

    /// Drops what waits, but for the rest of a frame that is partly sent, and
    /// sends `close_frame` as the last frame.
    pub(crate) fn cut_off(&mut self, wire: &impl Wire, close_frame: &Bytes, now: Instant) {
        let rest = self.queue.front().map(|first| {
            let end = frame::end_of_frame(first, self.sent);
            // A copy, so that it keeps no shared buffer alive.
            Bytes::copy_from_slice(&first[self.sent..end])
        });
        self.clear();
        if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
            self.cost += rest.len() + SLICE_COST;
            self.queue.push_back(rest);
            self.waits_since = Some(now);
        }
        self.close(wire, close_frame, now);
    }

    /// When the socket last took something, while something waits.
    #[must_use]
    pub(crate) fn waits_since(&self) -> Option<Instant> {
        self.waits_since
    }

    /// Whether half of what may wait does.
    #[must_use]
    pub(crate) fn is_half_full(&self) -> bool {
        self.cost > self.max_cost / 2
    }

    /// Whether nothing waits.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Queues what is left of `ranges` behind their first `written` bytes.
    /// Fails when the outbox is too full with them in it.
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
        if self.cost > self.max_cost {
            return Err(SendError::Full);
        }
        Ok(())
    }

    fn advance(&mut self, mut written: usize, now: Instant) {
        self.waits_since = Some(now);
        while let Some(first) = self.queue.front() {
            let left = first.len() - self.sent;
            if written < left {
                self.sent += written;
                return;
            }
            written -= left;
            self.cost = self.cost.saturating_sub(first.len() + SLICE_COST);
            self.sent = 0;
            self.queue.pop_front();
        }
        self.clear();
    }

    /// Drops what waits and takes nothing more: the socket is broken, or
    /// whoever is behind it had their time.
    pub(crate) fn give_up(&mut self) {
        self.clear();
        self.closed = true;
    }

    /// Forgets what waits, and gives its memory back.
    fn clear(&mut self) {
        self.queue = VecDeque::new();
        self.sent = 0;
        self.cost = 0;
        self.waits_since = None;
    }
}

/// One write of `ranges`, at most [`MAX_SLICES`] of them. 0 where the wire
/// takes nothing now.
fn write_ranges(wire: &impl Wire, frames: &Bytes, ranges: &[Range<usize>]) -> io::Result<usize> {
    let result = if let [range] = ranges {
        // All there is to do for almost every member of a broadcast.
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
    fn a_send_is_one_write_and_leaves_nothing() {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        let frames = Bytes::from_static(b"0123456789");
        outbox
            .send(&wire, &frames, &[0..2, 5..7], Instant::now())
            .unwrap();
        assert_eq!(wire.written(), b"0156");
        assert_eq!(wire.writes(), 1);
        assert!(outbox.is_empty());
        assert_eq!(outbox.waits_since(), None);
    }

    #[test]
    fn what_the_socket_does_not_take_waits_in_order() {
        for room in 0..16 {
            let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
            wire.take(room);
            let first = id_frame(1);
            send(&mut outbox, &wire, &first).unwrap();
            assert_eq!(outbox.is_empty(), room >= first.len());
            send(&mut outbox, &wire, &id_frame(2)).unwrap();
            wire.take(usize::MAX);
            assert!(outbox.drain(&wire, Instant::now()).unwrap());
            assert_eq!(wire.written(), [id_frame(1), id_frame(2)].concat());
            assert!(outbox.is_empty());
        }
    }

    #[test]
    fn more_ranges_than_one_write_takes_arrive_all_the_same() {
        let frames = Bytes::from(vec![7; 200]);
        let ranges: Vec<_> = (0..100).map(|i| 2 * i..2 * i + 1).collect();
        for room in [usize::MAX, 0, 1, 31, 32, 33, 99] {
            let (mut outbox, wire) = (Outbox::new(100_000), TestWire::open());
            wire.take(room);
            outbox
                .send(&wire, &frames, &ranges, Instant::now())
                .unwrap();
            wire.take(usize::MAX);
            assert!(outbox.drain(&wire, Instant::now()).unwrap());
            assert_eq!(wire.written().len(), 100, "room for {room}");
        }
    }

    #[test]
    fn a_full_outbox_says_so() {
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
    fn cut_off_ends_the_frame_that_was_begun_and_closes() {
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
    fn a_close_frame_comes_behind_what_waits_even_when_full() {
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
    fn waiting_time_counts_from_the_last_progress() {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        let start = Instant::now();
        wire.take(1);
        let frames = id_frame(1);
        outbox.send(&wire, &frames, &[0..8], start).unwrap();
        assert_eq!(outbox.waits_since(), Some(start));
        let later = start + Duration::from_secs(1);
        assert!(!outbox.drain(&wire, later).unwrap());
        assert_eq!(outbox.waits_since(), Some(start));
        wire.take(1);
        assert!(!outbox.drain(&wire, later).unwrap());
        assert_eq!(outbox.waits_since(), Some(later));
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
        assert!(outbox.is_empty(), "nothing waits for a broken socket");
    }
}
