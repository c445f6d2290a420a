//! The parts of a fan-out that some subscribers do not get: lines of users that they block or do
//! not hear, and such users among the members that joined and left. The subscribers call it, for
//! each fan-out in which anybody gets less than all.
//!
//! The bytes that a subscriber gets instead are behind all that is pending, in the same buffer, and
//! there once for all of them. So each still gets its share by one write of slices.

use std::ops::Range;

use bytes::BytesMut;
use guildhall_protocol::{Packet, PacketBody, PacketHead, Presence};

use crate::ids::UserId;
use crate::moderation::blocked::{AuthorKey, Blocked};
use crate::outgoing::frame;
use crate::outgoing::hidden::{HiddenLines, each_frame};
use crate::shared::proximity::Hearing;

/// How many lines are remembered without giving memory back.
const KEEP_LINES: usize = 128;

/// The parts of a fan-out that may be kept from somebody.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    lines: Vec<LineCut>,
    presences: Vec<PresenceCut>,
    /// The bits of all authors.
    bits: u64,
    hidden: HiddenLines,
    /// The frames that one subscriber does not get, with what it gets instead: a buffer that is
    /// used for one subscriber after the other.
    chosen: Vec<(Range<usize>, Range<usize>)>,
    /// The parts that one subscriber gets: the same.
    ranges: Vec<Range<usize>>,
}

/// A line among what is pending.
#[derive(Debug)]
struct LineCut {
    bytes: Range<usize>,
    speaker: UserId,
    author: AuthorKey,
    /// The bytes for a subscriber that does not get the line; empty in the tutorial's protocol.
    instead: Range<usize>,
}

/// Changes among the members among what is pending.
#[derive(Debug)]
struct PresenceCut {
    bytes: Range<usize>,
    presence: Presence,
    /// The same without the users that somebody blocks: which of its users those are, and where
    /// the frame is.
    instead: Vec<(Vec<u64>, Range<usize>)>,
}

/// A subscriber that does not get everything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listener<'a> {
    pub(super) user: UserId,
    pub(super) blocked: Option<&'a Blocked>,
    /// The hearing of the room; `None`: everybody hears everybody.
    pub(super) hearing: Option<&'a Hearing>,
}

impl Cuts {
    /// Reads what is pending, and appends to it what some get instead. `listeners` are the blocks
    /// of those that have some.
    pub(super) fn read<'a>(
        &mut self,
        pending: &mut BytesMut,
        listeners: impl Iterator<Item = &'a Blocked>,
    ) {
        self.clear();
        let end = pending.len();
        let mut instead = BytesMut::new();
        each_frame(pending, |bytes, packet| {
            let (speaker, author) = match PacketHead::of(packet) {
                // Whoever has a line is told that it is taken away.
                Some(PacketHead::Line(line)) if line.removes => return,
                Some(PacketHead::Line(line)) => {
                    let start = end + instead.len();
                    self.hidden.put(&mut instead, &line);
                    let instead = start..end + instead.len();
                    let author = AuthorKey::of_line(&line);
                    return self.add(LineCut {
                        bytes,
                        speaker: UserId(line.sender),
                        author,
                        instead,
                    });
                }
                Some(PacketHead::Chat(sender)) => (UserId(sender), AuthorKey::of(sender, "")),
                Some(PacketHead::Presence) => {
                    return self.presences.extend(PresenceCut::read(bytes, packet));
                }
                Some(PacketHead::Other) | None => return,
            };
            self.add(LineCut {
                bytes,
                speaker,
                author,
                instead: 0..0,
            });
        });
        pending.extend_from_slice(&instead);
        if !self.presences.is_empty() {
            for blocked in listeners {
                for presence in &mut self.presences {
                    presence.prepare(blocked, pending);
                }
            }
        }
    }

    fn add(&mut self, line: LineCut) {
        self.bits |= line.author.bit();
        self.lines.push(line);
    }

    /// The parts of the buffer that a subscriber gets whose share is `share`, if these are not its
    /// share: whole frames, in their order.
    pub(super) fn ranges(
        &mut self,
        listener: Listener<'_>,
        share: &[Range<usize>],
    ) -> Option<&[Range<usize>]> {
        self.choose(listener);
        if self.chosen.is_empty() {
            return None;
        }
        self.ranges.clear();
        let mut chosen = self.chosen.iter().peekable();
        for part in share {
            let mut start = part.start;
            while let Some((bytes, instead)) = chosen.next_if(|(bytes, _)| bytes.end <= part.end) {
                // Others were not in its share before.
                if bytes.start >= start {
                    put(&mut self.ranges, start..bytes.start);
                    put(&mut self.ranges, instead.clone());
                    start = bytes.end;
                }
            }
            put(&mut self.ranges, start..part.end);
        }
        Some(&self.ranges)
    }

    /// Finds what a subscriber does not get.
    fn choose(&mut self, listener: Listener<'_>) {
        let Listener {
            user,
            blocked,
            hearing,
        } = listener;
        self.chosen.clear();
        let blocked_lines = blocked.filter(|blocked| blocked.bits() & self.bits != 0);
        if blocked_lines.is_some() || hearing.is_some() {
            let is_hidden = |line: &&LineCut| {
                blocked_lines.is_some_and(|blocked| blocked.has(line.author))
                    || hearing.is_some_and(|hearing| !hearing.hears(line.speaker, user))
            };
            let lines = self.lines.iter().filter(is_hidden);
            (self.chosen).extend(lines.map(|line| (line.bytes.clone(), line.instead.clone())));
        }
        let Some(blocked) = blocked.filter(|_| !self.presences.is_empty()) else {
            return;
        };
        let lines = self.chosen.len();
        let instead = |presence: &PresenceCut| {
            let instead = presence.instead_for(blocked)?;
            Some((presence.bytes.clone(), instead))
        };
        (self.chosen).extend(self.presences.iter().filter_map(instead));
        if self.chosen.len() > lines {
            self.chosen.sort_unstable_by_key(|(bytes, _)| bytes.start);
        }
    }

    /// Forgets what was pending.
    pub(super) fn clear(&mut self) {
        self.bits = 0;
        self.presences = Vec::new();
        if self.lines.capacity() > KEEP_LINES {
            *self = Self::default();
        }
        self.lines.clear();
    }
}

impl PresenceCut {
    fn read(bytes: Range<usize>, packet: &[u8]) -> Option<Self> {
        match guildhall_protocol::decode(packet).ok()?.msg? {
            PacketBody::Presence(presence) => Some(Self {
                bytes,
                presence,
                instead: Vec::new(),
            }),
            _ => None,
        }
    }

    /// Appends the message without the users that somebody blocks, unless it is there.
    fn prepare(&mut self, blocked: &Blocked, buffer: &mut BytesMut) {
        let users = self.blocked_users(blocked);
        if users.is_empty() || self.instead.iter().any(|(same, _)| *same == users) {
            return;
        }
        let mut presence = self.presence.clone();
        (presence.joined).retain(|member| !users.contains(&member.id));
        presence.left.retain(|id| !users.contains(id));
        let start = buffer.len();
        frame::put_packet(buffer, &Packet::from(PacketBody::Presence(presence)));
        self.instead.push((users, start..buffer.len()));
    }

    fn instead_for(&self, blocked: &Blocked) -> Option<Range<usize>> {
        if self.instead.is_empty() {
            return None;
        }
        let users = self.blocked_users(blocked);
        let mut instead = self.instead.iter();
        let found = instead.find(|(same, _)| *same == users);
        found.map(|(_, range)| range.clone())
    }

    /// The numbers of those users in the message that somebody blocks.
    fn blocked_users(&self, blocked: &Blocked) -> Vec<u64> {
        let Presence { joined, left, .. } = &self.presence;
        let joined = joined.iter().filter(|member| blocked.has_member(member));
        let left = left.iter().filter(|id| blocked.has_id(**id));
        joined
            .map(|member| member.id)
            .chain(left.copied())
            .collect()
    }
}

/// Adds a part behind the others. It is joined to the last one if it follows it.
fn put(ranges: &mut Vec<Range<usize>>, part: Range<usize>) {
    if part.is_empty() {
        return;
    }
    match ranges.last_mut() {
        Some(last) if last.end == part.start => last.end = part.end,
        _ => ranges.push(part),
    }
}
