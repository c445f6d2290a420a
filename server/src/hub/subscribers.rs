//! The connections in a room that speak the same protocol, and what is pending for them:
//! the frames since the last fan-out. The thread's half of the room calls it.

use std::ops::Range;
use std::rc::Rc;
use std::slice;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use indexmap::IndexMap;

use crate::ids::ConnectionId;
use crate::outgoing::connection::{Connection, NeedsDrain};
use crate::outgoing::outbox::Wire;

/// A buffer with a capacity above this, in bytes, is not kept for the next fan-out. Every
/// room has some of these buffers, and there may be thousands of rooms.
const KEEP_BUFFER: usize = 8 * 1024;

/// The end of a chain of segments.
const NONE: usize = usize::MAX;

/// Connections that get the same bytes in the same order.
#[derive(Debug)]
pub(crate) struct Subscribers<W> {
    by_id: IndexMap<ConnectionId, Subscriber<W>>,
    /// The frames that the next fan-out sends.
    pub(crate) pending: BytesMut,
    /// The parts of `pending` that a subscriber does not get.
    segments: Vec<Segment>,
    /// The parts of `pending` that one subscriber gets: a buffer that is used for one
    /// subscriber after the other.
    ranges: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Subscriber<W> {
    connection: Rc<Connection<W>>,
    /// The last segment of `segments` that this subscriber does not get, or
    /// [`NONE`].
    skips: usize,
}

/// Bytes of `pending` that one subscriber does not get, and the index of the previous
/// segment that the same subscriber does not get.
#[derive(Debug)]
struct Segment {
    bytes: Range<usize>,
    previous: usize,
}

impl<W: Wire> Subscribers<W> {
    /// No subscribers.
    pub(crate) fn new() -> Self {
        Self {
            by_id: IndexMap::new(),
            pending: BytesMut::new(),
            segments: Vec::new(),
            ranges: Vec::new(),
        }
    }

    /// How many subscribers there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether this connection is a subscriber.
    pub(crate) fn has(&self, id: ConnectionId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// Adds a connection, which may be a subscriber already. It does not get what is pending
    /// now: it gets that in a snapshot, or not at all.
    pub(crate) fn join(&mut self, connection: Rc<Connection<W>>) {
        let mut skips = NONE;
        if !self.pending.is_empty() {
            skips = self.segments.len();
            self.segments.push(Segment {
                bytes: 0..self.pending.len(),
                previous: NONE,
            });
        }
        let subscriber = Subscriber { connection, skips };
        self.by_id.insert(subscriber.connection.id(), subscriber);
    }

    /// Leaves out what was appended to `pending` from `start` on for this connection,
    /// because it sent it itself.
    pub(crate) fn skip_own(&mut self, id: ConnectionId, start: usize) {
        if let Some(subscriber) = self.by_id.get_mut(&id) {
            self.segments.push(Segment {
                bytes: start..self.pending.len(),
                previous: subscriber.skips,
            });
            subscriber.skips = self.segments.len() - 1;
        }
    }

    /// Removes a connection. Returns false if it was not a subscriber.
    pub(crate) fn leave(&mut self, id: ConnectionId) -> bool {
        self.by_id.swap_remove(&id).is_some()
    }

    /// Sends all that is pending to every subscriber, with one write for each.
    pub(crate) fn fan_out(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        if self.pending.is_empty() {
            return;
        }
        let frames = std::mem::take(&mut self.pending).freeze();
        let everything = 0..frames.len();
        for Subscriber { connection, skips } in self.by_id.values_mut() {
            let ranges = if *skips == NONE {
                slice::from_ref(&everything)
            } else {
                remaining(&self.segments, *skips, frames.len(), &mut self.ranges);
                *skips = NONE;
                &self.ranges
            };
            connection.send(&frames, ranges, now);
            needs_drain.note(connection);
        }
        self.segments.clear();
        self.reclaim(frames);
    }

    /// Keeps the buffer for the next fan-out, unless an outbox has queued a part of it.
    fn reclaim(&mut self, frames: Bytes) {
        if let Ok(mut buffer) = frames.try_into_mut()
            && buffer.capacity() <= KEEP_BUFFER
        {
            buffer.clear();
            self.pending = buffer;
        }
        if self.segments.capacity() * size_of::<Segment>() > KEEP_BUFFER {
            self.segments = Vec::new();
        }
    }
}

/// Fills `ranges` with all of `length` bytes except for the chain of segments that ends
/// with `last`.
fn remaining(segments: &[Segment], mut last: usize, length: usize, ranges: &mut Vec<Range<usize>>) {
    // The chain leads from the last segment back to the first.
    ranges.clear();
    let mut end = length;
    while last != NONE {
        let Segment { bytes, previous } = &segments[last];
        if bytes.end < end {
            ranges.push(bytes.end..end);
        }
        end = bytes.start;
        last = *previous;
    }
    if end > 0 {
        ranges.push(0..end);
    }
    ranges.reverse();
}
