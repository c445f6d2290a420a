//! The members of a room who are sent the same form of its messages, and what
//! pends for them: frames of what was said since the last fan-out.

use std::ops::Range;
use std::rc::Rc;
use std::slice;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use indexmap::IndexMap;

use crate::member::Member;
use crate::outbox::Wire;

/// A buffer is kept from one fan-out to the next unless it grew above this.
const KEEP_BUFFER: usize = 64 * 1024;

/// Marks the end of a chain of segments.
const NONE: usize = usize::MAX;

/// Members who get the same bytes in the same order.
#[derive(Debug)]
pub(crate) struct Audience<W> {
    members: IndexMap<u64, Membership<W>>,
    /// What goes out at the next fan-out.
    pub(crate) pending: BytesMut,
    /// What in `pending` is left out for somebody.
    segments: Vec<Segment>,
    /// For one member at a time: what of `pending` it gets.
    ranges: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Membership<W> {
    member: Rc<Member<W>>,
    /// The last segment of `segments` that this member does not get, or
    /// [`NONE`].
    skips: usize,
}

/// Bytes of `pending` that one member does not get, linked to the one before
/// that the same member does not get.
#[derive(Debug)]
struct Segment {
    bytes: Range<usize>,
    previous: usize,
}

impl<W: Wire> Audience<W> {
    /// Nobody.
    pub(crate) fn new() -> Self {
        Self {
            members: IndexMap::new(),
            pending: BytesMut::new(),
            segments: Vec::new(),
            ranges: Vec::new(),
        }
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the member with this ID is there.
    pub(crate) fn has(&self, id: u64) -> bool {
        self.members.contains_key(&id)
    }

    /// Adds `member`, or finds it there, and leaves out for it all that pends
    /// already: it got that in another way, or does not want it.
    pub(crate) fn join(&mut self, member: Rc<Member<W>>) {
        let mut skips = NONE;
        if !self.pending.is_empty() {
            skips = self.segments.len();
            self.segments.push(Segment {
                bytes: 0..self.pending.len(),
                previous: NONE,
            });
        }
        let id = member.id();
        self.members.insert(id, Membership { member, skips });
    }

    /// Leaves out what was appended from `start` on for this member, whose own
    /// it is.
    pub(crate) fn skip_own(&mut self, id: u64, start: usize) {
        if let Some(membership) = self.members.get_mut(&id) {
            self.segments.push(Segment {
                bytes: start..self.pending.len(),
                previous: membership.skips,
            });
            membership.skips = self.segments.len() - 1;
        }
    }

    /// Takes the member with this ID out; false where there is none.
    pub(crate) fn leave(&mut self, id: u64) -> bool {
        self.members.swap_remove(&id).is_some()
    }

    /// Sends all that pends to every member, and passes those to `waits` whose
    /// outbox somebody has to drain.
    pub(crate) fn fan_out(&mut self, now: Instant, mut waits: impl FnMut(&Rc<Member<W>>)) {
        if self.pending.is_empty() {
            return;
        }
        let frames = std::mem::take(&mut self.pending).freeze();
        let everything = 0..frames.len();
        for membership in self.members.values_mut() {
            let ranges = if membership.skips == NONE {
                slice::from_ref(&everything)
            } else {
                remaining(
                    &self.segments,
                    membership.skips,
                    frames.len(),
                    &mut self.ranges,
                );
                membership.skips = NONE;
                &self.ranges
            };
            membership.member.send(&frames, ranges, now);
            if membership.member.begin_drain() {
                waits(&membership.member);
            }
        }
        self.segments.clear();
        self.reclaim(frames);
    }

    /// Keeps the buffer for the next turn where no outbox holds a part of it.
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

/// Fills `ranges` with what is left of `length` bytes without the chain of
/// segments that ends at `last`.
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
