//! A room: its members, and what was said but is not sent yet.
//!
//! The room is the unit of order. Whatever is said is encoded and framed once,
//! behind what is pending; one fan-out takes all that is pending and hands it
//! to every member as one write.

use std::ops::Range;
use std::rc::Rc;
use std::slice;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use guildhall_protocol::Packet;
use indexmap::IndexMap;

use crate::exchange::Seat;
use crate::frame;
use crate::member::Member;
use crate::outbox::Wire;

/// What pends in a room at most before its speakers have to wait for the
/// fan-out, in bytes.
const MAX_PENDING: usize = 256 * 1024;

/// A buffer is kept from one fan-out to the next unless it grew above this.
const KEEP_BUFFER: usize = 64 * 1024;

/// Marks the end of a chain of segments.
const NONE: usize = usize::MAX;

/// Members who hear the same things in the same order.
#[derive(Debug)]
pub struct Room<W> {
    members: IndexMap<u64, Membership<W>>,
    /// Frames of what was said since the last fan-out.
    pending: BytesMut,
    /// What in `pending` is left out for somebody.
    segments: Vec<Segment>,
    /// For one member at a time: what of `pending` it gets.
    ranges: Vec<Range<usize>>,
    /// The room's place among those of other threads, where there are some.
    seat: Option<Seat>,
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

impl<W: Wire> Room<W> {
    /// A room with nobody in it.
    pub(crate) fn new(seat: Option<Seat>) -> Self {
        Self {
            seat,
            members: IndexMap::new(),
            pending: BytesMut::new(),
            segments: Vec::new(),
            ranges: Vec::new(),
        }
    }

    /// Adds `member`, who gets what is said from now on. Nothing changes for
    /// one who is in the room already.
    pub fn join(&mut self, member: Rc<Member<W>>) {
        let members = &mut self.members;
        members.entry(member.id()).or_insert_with(|| {
            let mut skips = NONE;
            if !self.pending.is_empty() {
                skips = self.segments.len();
                self.segments.push(Segment {
                    bytes: 0..self.pending.len(),
                    previous: NONE,
                });
            }
            Membership { member, skips }
        });
    }

    /// Takes the member with this ID out. What it said last still goes to the
    /// others.
    pub fn leave(&mut self, id: u64) {
        self.members.swap_remove(&id);
    }

    /// How many are in the room.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is in the room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Says `packet` to all but its speaker, at the next fan-out. True if
    /// nothing was pending before: then somebody has to call
    /// [`Room::fan_out`].
    #[must_use]
    pub fn say(&mut self, speaker: u64, packet: &Packet) -> bool {
        let nothing_was_pending = self.pending.is_empty();
        let put = |pending: &mut BytesMut| frame::put_packet(pending, packet);
        let start = if let Some(seat) = &self.seat {
            seat.say(&mut self.pending, put)
        } else {
            let start = self.pending.len();
            put(&mut self.pending);
            start
        };
        if let Some(membership) = self.members.get_mut(&speaker) {
            self.segments.push(Segment {
                bytes: start..self.pending.len(),
                previous: membership.skips,
            });
            membership.skips = self.segments.len() - 1;
        }
        nothing_was_pending
    }

    /// Takes over what was said on other threads. True if nothing was pending
    /// before and something is now.
    #[must_use]
    pub(crate) fn take_over(&mut self) -> bool {
        let nothing_was_pending = self.pending.is_empty();
        if let Some(seat) = &self.seat {
            seat.take_over(&mut self.pending);
        }
        nothing_was_pending && !self.pending.is_empty()
    }

    /// Whether so much is pending, here or on a thread that is behind, that
    /// speakers have to wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let backlog = self.seat.as_ref().map_or(0, Seat::backlog);
        self.pending.len().max(backlog) >= MAX_PENDING
    }

    /// The room's place among those of other threads.
    pub(crate) fn seat(&self) -> Option<&Seat> {
        self.seat.as_ref()
    }

    /// Sends all that is pending to every member, and passes those to `waits`
    /// whose outbox somebody has to drain.
    pub fn fan_out(&mut self, now: Instant, mut waits: impl FnMut(&Rc<Member<W>>)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_wire::TestWire;

    struct Hall {
        room: Room<TestWire>,
        members: Vec<Rc<Member<TestWire>>>,
    }

    impl Hall {
        fn of(count: u64) -> Self {
            let mut hall = Self {
                room: Room::new(None),
                members: Vec::new(),
            };
            for id in 1..=count {
                hall.join(id);
            }
            hall
        }

        fn join(&mut self, id: u64) {
            let member = Rc::new(Member::new(id, TestWire::open(), 10_000, Instant::now()));
            self.members.push(Rc::clone(&member));
            self.room.join(member);
        }

        fn say(&mut self, speaker: u64, text: &str) -> bool {
            self.room.say(speaker, &Packet::chat(speaker, text))
        }

        fn fan_out(&mut self) -> Vec<u64> {
            let mut waiting = Vec::new();
            self.room
                .fan_out(Instant::now(), |member| waiting.push(member.id()));
            waiting
        }

        /// What member `id` heard, as (speaker, text).
        #[track_caller]
        fn check(&self, id: u64, expected: &[(u64, &str)]) {
            let mut bytes = Vec::new();
            for &(speaker, text) in expected {
                bytes.extend(frame::packet(&Packet::chat(speaker, text)));
            }
            let member = self.members.iter().find(|member| member.id() == id);
            assert_eq!(member.unwrap().wire().written(), bytes, "member {id}");
        }

        fn writes(&self) -> Vec<usize> {
            let writes = self.members.iter().map(|member| member.wire().writes());
            writes.collect()
        }
    }

    #[test]
    fn everything_pending_goes_out_as_one_write_without_ones_own() {
        let mut hall = Hall::of(4);
        assert!(hall.say(1, "a"), "somebody has to fan out");
        assert!(!hall.say(2, "b"), "somebody will already");
        assert!(!hall.say(2, "c"));
        assert!(!hall.say(1, "d"));
        assert!(hall.fan_out().is_empty());
        hall.check(1, &[(2, "b"), (2, "c")]);
        hall.check(2, &[(1, "a"), (1, "d")]);
        let all = [(1, "a"), (2, "b"), (2, "c"), (1, "d")];
        hall.check(3, &all);
        hall.check(4, &all);
        assert_eq!(hall.writes(), [1, 1, 1, 1]);
    }

    #[test]
    fn a_lone_speaker_gets_nothing_and_no_write() {
        let mut hall = Hall::of(2);
        let _ = hall.say(1, "a");
        let _ = hall.say(1, "b");
        hall.fan_out();
        hall.check(1, &[]);
        hall.check(2, &[(1, "a"), (1, "b")]);
        assert_eq!(hall.writes(), [0, 1]);
    }

    #[test]
    fn one_turn_leaves_nothing_for_the_next() {
        let mut hall = Hall::of(2);
        let _ = hall.say(1, "a");
        hall.fan_out();
        hall.fan_out();
        assert!(hall.say(2, "b"));
        hall.fan_out();
        hall.check(1, &[(2, "b")]);
        hall.check(2, &[(1, "a")]);
    }

    #[test]
    fn a_newcomer_hears_only_what_is_said_afterwards() {
        let mut hall = Hall::of(1);
        let _ = hall.say(1, "before");
        hall.join(2);
        let _ = hall.say(1, "after");
        let _ = hall.say(2, "mine");
        hall.fan_out();
        hall.check(2, &[(1, "after")]);
        hall.check(1, &[(2, "mine")]);
    }

    #[test]
    fn what_a_leaver_said_last_is_still_heard() {
        let mut hall = Hall::of(3);
        let _ = hall.say(1, "bye");
        let _ = hall.say(3, "wait");
        hall.room.leave(1);
        hall.fan_out();
        hall.check(1, &[]);
        hall.check(2, &[(1, "bye"), (3, "wait")]);
        hall.check(3, &[(1, "bye")]);
        assert_eq!(hall.room.len(), 2);
    }

    #[test]
    fn a_stalled_member_costs_the_others_nothing() {
        let mut hall = Hall::of(3);
        hall.members[1].wire().take(5);
        let _ = hall.say(1, "one");
        assert_eq!(hall.fan_out(), [2], "only member 2 has to be drained");
        let _ = hall.say(1, "two");
        assert!(hall.fan_out().is_empty(), "somebody is at it already");
        hall.check(3, &[(1, "one"), (1, "two")]);
        hall.members[1].wire().take(usize::MAX);
        assert!(hall.members[1].drain(Instant::now()));
        hall.check(2, &[(1, "one"), (1, "two")]);
    }

    #[test]
    fn a_room_is_busy_until_its_fan_out() {
        let mut hall = Hall::of(2);
        let text = "x".repeat(16_000);
        while !hall.room.is_busy() {
            let _ = hall.say(1, &text);
        }
        hall.fan_out();
        assert!(!hall.room.is_busy());
    }
}
