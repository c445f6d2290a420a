//! The connections in a room that get the same frames, and what is pending for them:
//! the frames since the last fan-out. The thread's half of the room calls it. [`cuts`] has what
//! some of them get less.

mod cuts;

use std::iter;
use std::ops::Range;
use std::rc::Rc;
use std::slice;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use indexmap::IndexMap;

use crate::ids::{ConnectionId, RequestId, Seq, UserId};
use crate::moderation::blocked::Blocked;
use crate::outgoing::connection::{Connection, NeedsDrain};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::shared::proximity::Hearing;
use crate::shared::subscriber_kind::SubscriberKind;

use super::membership::Membership;
use super::sent::Sent;

use self::cuts::{Cuts, Listener};

/// A buffer with a capacity above this, in bytes, is not kept for the next fan-out. Every
/// room has some of these buffers, and there may be thousands of rooms.
const KEEP_BUFFER: usize = 8 * 1024;

/// The end of a chain of segments.
const NONE: usize = usize::MAX;

/// Connections that get the same bytes in the same order.
///
/// A subscriber of `guildhall.v1` that reads too slowly is left out of fan-outs, until it has
/// read nearly all of what waits for it. Then the room tells it what it has missed.
#[derive(Debug)]
pub(crate) struct Subscribers<W> {
    kind: SubscriberKind,
    by_id: IndexMap<ConnectionId, Subscriber<W>>,
    /// The frames that the next fan-out sends.
    pub(crate) pending: BytesMut,
    /// The parts of `pending` that a subscriber does not get.
    segments: Vec<Segment>,
    /// The parts of `pending` that one subscriber gets: a buffer that is used for one
    /// subscriber after the other.
    ranges: Vec<Range<usize>>,
    /// The parts of what is pending that some subscribers do not get.
    cuts: Cuts,
    /// How many subscribers block somebody.
    blocking: usize,
    /// How many subscribers are left out.
    left_out: usize,
    /// Whether one of them had read nearly all that waits for it at the last fan-out.
    is_any_ready: bool,
    /// The says in `pending`, by the connections that they came over.
    said: Vec<(ConnectionId, RequestId)>,
    /// Those of them whose answers, the speakers' own lines, were left out.
    unanswered: Vec<(Rc<Connection<W>>, RequestId)>,
}

/// What a subscriber gets of what is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// Everything.
    All,
    /// Everything but a chain of segments, which ends with this one.
    AllBut(usize),
    /// Nothing, because it reads too slowly. This is the first line that it has missed; 0 if
    /// it has missed none yet.
    Nothing(Seq),
}

/// A connection in a room.
#[derive(Debug)]
pub(crate) struct Subscriber<W> {
    pub(crate) connection: Rc<Connection<W>>,
    pub(crate) user: UserId,
    /// On the heap, because the fan-out does not look at it, and most members have the same.
    pub(crate) membership: Rc<Membership>,
    /// The users from whom it gets nothing; `None`: it blocks nobody.
    pub(crate) blocked: Option<Arc<Blocked>>,
    share: Share,
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
    pub(crate) fn new(kind: SubscriberKind) -> Self {
        Self {
            kind,
            by_id: IndexMap::new(),
            pending: BytesMut::new(),
            segments: Vec::new(),
            ranges: Vec::new(),
            cuts: Cuts::default(),
            blocking: 0,
            left_out: 0,
            is_any_ready: false,
            said: Vec::new(),
            unanswered: Vec::new(),
        }
    }

    /// How many subscribers there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The connections of all subscribers.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ConnectionId> {
        self.by_id.keys().copied()
    }

    /// Whether this connection is a subscriber.
    pub(crate) fn has(&self, id: ConnectionId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// Adds a connection, which may be a subscriber already. It does not get what is pending
    /// now: it gets that in a snapshot, or not at all.
    pub(crate) fn join(
        &mut self,
        connection: Rc<Connection<W>>,
        user: UserId,
        membership: Rc<Membership>,
        blocked: Option<Arc<Blocked>>,
    ) {
        let mut share = Share::All;
        if !self.pending.is_empty() {
            share = Share::AllBut(self.segments.len());
            self.segments.push(Segment {
                bytes: 0..self.pending.len(),
                previous: NONE,
            });
        }
        let subscriber = Subscriber {
            connection,
            user,
            membership,
            blocked,
            share,
        };
        self.insert(subscriber);
    }

    fn insert(&mut self, subscriber: Subscriber<W>) {
        self.left_out += usize::from(subscriber.is_left_out());
        self.blocking += usize::from(subscriber.blocked.is_some());
        let before = self.by_id.insert(subscriber.connection.id(), subscriber);
        if let Some(before) = before {
            self.count_removed(&before);
        }
    }

    fn count_removed(&mut self, removed: &Subscriber<W>) {
        self.left_out -= usize::from(removed.is_left_out());
        self.blocking -= usize::from(removed.blocked.is_some());
    }

    /// From now on a subscriber gets nothing from these users, and also nothing of what is pending
    /// of them. Does nothing if this connection is not a subscriber.
    pub(crate) fn set_blocked(&mut self, id: ConnectionId, blocked: Option<Arc<Blocked>>) {
        if let Some(subscriber) = self.by_id.get_mut(&id) {
            self.blocking += usize::from(blocked.is_some());
            self.blocking -= usize::from(subscriber.blocked.is_some());
            subscriber.blocked = blocked;
        }
    }

    /// Leaves out these bytes of `pending` for this connection, because it sent them itself.
    /// They are behind those that it was left out of before.
    pub(crate) fn skip_own(&mut self, id: ConnectionId, bytes: Range<usize>) {
        if let Some(subscriber) = self.by_id.get_mut(&id) {
            let previous = match subscriber.share {
                Share::All => NONE,
                Share::AllBut(last) => last,
                Share::Nothing(_) => return,
            };
            subscriber.share = Share::AllBut(self.segments.len());
            self.segments.push(Segment { bytes, previous });
        }
    }

    /// Removes a connection, and returns it. `None` if it was not a subscriber. The last
    /// subscriber gets its place.
    pub(crate) fn leave(&mut self, id: ConnectionId) -> Option<Subscriber<W>> {
        let removed = self.by_id.swap_remove(&id)?;
        self.count_removed(&removed);
        Some(removed)
    }

    /// Adds a connection that was a subscriber of another kind, when nothing was pending there
    /// or here. It stays left out if it was.
    pub(crate) fn take_over(&mut self, subscriber: Subscriber<W>) {
        debug_assert!(self.pending.is_empty(), "it would get what was said before");
        self.insert(subscriber);
    }

    /// The subscriber at this place, from 0.
    pub(crate) fn at(&self, place: usize) -> Option<&Subscriber<W>> {
        self.by_id
            .get_index(place)
            .map(|(_, subscriber)| subscriber)
    }

    /// The place of a connection.
    pub(crate) fn place_of(&self, id: ConnectionId) -> Option<usize> {
        self.by_id.get_index_of(&id)
    }

    /// Sets the permissions of the subscriber at this place.
    pub(crate) fn set_membership(&mut self, place: usize, membership: Rc<Membership>) {
        if let Some((_, subscriber)) = self.by_id.get_index_mut(place) {
            subscriber.membership = membership;
        }
    }

    /// Sends all that is pending to every subscriber, with one write for each. `hearing` says who
    /// hears whom; `None`: everybody hears everybody. Returns what was sent.
    pub(crate) fn fan_out(
        &mut self,
        hearing: Option<&Hearing>,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) -> Sent {
        let mut sent = Sent::default();
        if self.pending.is_empty() {
            return sent;
        }
        let everything = 0..self.pending.len();
        let is_cut = self.blocking > 0 || hearing.is_some();
        if is_cut {
            let subscribers = self.by_id.values();
            let blocked = subscribers.filter_map(|subscriber| subscriber.blocked.as_deref());
            self.cuts.read(&mut self.pending, blocked);
        }
        let frames = std::mem::take(&mut self.pending).freeze();
        let is_spared = self.kind != SubscriberKind::Tutorial;
        // The bytes that take the place of hidden lines are behind these.
        let lines = frame::count_lines(&frames[everything.clone()]);
        for Subscriber {
            connection,
            user,
            blocked,
            share,
            ..
        } in self.by_id.values_mut()
        {
            let mut own_lines = lines;
            let mut ranges = match share {
                Share::All => slice::from_ref(&everything),
                Share::AllBut(last) => {
                    remaining(&self.segments, *last, everything.end, &mut self.ranges);
                    // Its own segments are short. The ranges have all that the others have said,
                    // and so each line would be looked at for each speaker.
                    let segments = chain(&self.segments, *last);
                    own_lines -= segments
                        .map(|bytes| frame::count_lines(&frames[bytes.clone()]))
                        .sum::<u64>();
                    *share = Share::All;
                    &self.ranges
                }
                Share::Nothing(missed) => {
                    if *missed == Seq(0) {
                        *missed = first_missed(&frames, slice::from_ref(&everything));
                    }
                    self.is_any_ready |= connection.has_caught_up();
                    continue;
                }
            };
            if is_cut {
                let listener = Listener {
                    user: *user,
                    blocked: blocked.as_deref(),
                    hearing,
                };
                ranges = self.cuts.ranges(listener, ranges).unwrap_or(ranges);
            }
            if !is_spared {
                connection.send(&frames, ranges, now);
            } else if !connection.send_unless_behind(&frames, ranges, now) {
                *share = Share::Nothing(first_missed(&frames, ranges));
                self.left_out += 1;
                sent.left_out += 1;
                own_lines = 0;
            }
            sent.deliveries += own_lines;
            needs_drain.note(connection);
        }
        if self.left_out > 0 {
            self.note_left_out();
        }
        if is_cut {
            self.cuts.clear();
        }
        self.said.clear();
        self.segments.clear();
        self.reclaim(frames);
        sent
    }

    /// Whether any subscriber is left out.
    pub(crate) fn has_left_out(&self) -> bool {
        self.left_out > 0
    }

    /// Whether a subscriber that was left out had read nearly all that waits for it at the
    /// last fan-out.
    pub(crate) fn take_any_ready(&mut self) -> bool {
        std::mem::take(&mut self.is_any_ready)
    }

    /// The subscribers that were left out and have read nearly all that waited for them, and
    /// the first line that each has missed; 0 if it has missed none yet.
    pub(crate) fn caught_up(&self) -> Vec<(ConnectionId, Seq)> {
        let caught_up = |subscriber: &Subscriber<W>| match subscriber.share {
            Share::Nothing(missed) if subscriber.connection.has_caught_up() => {
                Some((subscriber.connection.id(), missed))
            }
            _ => None,
        };
        self.by_id.values().filter_map(caught_up).collect()
    }

    /// Notes a say in what is pending, which came over this connection.
    pub(crate) fn note_said(&mut self, id: ConnectionId, nonce: RequestId) {
        self.said.push((id, nonce));
    }

    /// Takes the says in the last fan-outs whose speakers were left out.
    pub(crate) fn take_unanswered(&mut self) -> Vec<(Rc<Connection<W>>, RequestId)> {
        std::mem::take(&mut self.unanswered)
    }

    fn note_left_out(&mut self) {
        for &(id, nonce) in &self.said {
            if let Some(subscriber) = self.by_id.get(&id)
                && subscriber.is_left_out()
            {
                let connection = Rc::clone(&subscriber.connection);
                self.unanswered.push((connection, nonce));
            }
        }
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
        if self.said.capacity() * size_of::<(ConnectionId, RequestId)>() > KEEP_BUFFER {
            self.said = Vec::new();
        }
    }
}

impl<W> Subscriber<W> {
    fn is_left_out(&self) -> bool {
        matches!(self.share, Share::Nothing(_))
    }
}

/// The first line in these ranges; 0 if there is none.
fn first_missed(frames: &[u8], ranges: &[Range<usize>]) -> Seq {
    let first = |range: &Range<usize>| frame::first_line(&frames[range.clone()]);
    Seq(ranges.iter().find_map(first).map_or(0, |line| line.seq))
}

/// The bytes of the segments that one subscriber does not get, from the `last` back to the first.
fn chain(segments: &[Segment], last: usize) -> impl Iterator<Item = &Range<usize>> {
    let last = segments.get(last);
    let chain = iter::successors(last, |segment| segments.get(segment.previous));
    chain.map(|segment| &segment.bytes)
}

/// Fills `ranges` with all of `length` bytes except for the chain of segments that ends
/// with `last`.
fn remaining(segments: &[Segment], last: usize, length: usize, ranges: &mut Vec<Range<usize>>) {
    ranges.clear();
    let mut end = length;
    for bytes in chain(segments, last) {
        if bytes.end < end {
            ranges.push(bytes.end..end);
        }
        end = bytes.start;
    }
    if end > 0 {
        ranges.push(0..end);
    }
    ranges.reverse();
}
