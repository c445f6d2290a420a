//! The lines that a room keeps, as frames one behind the other, and their numbers. They
//! are limited in number, bytes and age. The room's shared state calls it, under its lock.
//! No clock: each line has its time. [`changes`] has what happens to lines later, and [`pages`]
//! the pages that clients ask for.

pub(crate) mod changes;
mod pages;
mod versions;

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use guildhall_protocol::{Change, Line};

use crate::ids::{Epoch, RequestId, Seq, UserId};
use crate::journal::KeptRoom;
use crate::outgoing::frame;
use crate::shared::name::Name;

use self::changes::Reacted;
pub(crate) use self::pages::PageLimits;
use self::versions::Versions;

/// How many lines a room keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLimits {
    /// The most lines.
    pub lines: usize,
    /// The most bytes of lines, as frames.
    pub bytes: usize,
    /// How long a line is kept.
    pub age: Duration,
}

/// Whether a text is speech or an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// The speaker says the text.
    Speech,
    /// The text says what the speaker does, like `/me` in IRC.
    Action,
}

/// A message that has no number in its room yet.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage<'a> {
    /// The speaker.
    pub speaker: UserId,
    /// The speaker's name.
    pub name: &'a Name,
    /// The number of the speaker's session; 0 if it is that of the speaker.
    pub session: u64,
    /// The ID of the speaker's request; [`RequestId::NONE`] if the client has no requests.
    pub nonce: RequestId,
    /// The text.
    pub text: &'a str,
    /// Whether the text is speech or an action.
    pub kind: TextKind,
    /// The time, in milliseconds since 1970.
    pub unix_millis: u64,
    /// The line that it replies to; 0: none.
    pub reply_to: Seq,
    /// The change, if this is one of an earlier line. The text is another one of that line
    /// then.
    pub change: Option<&'a Change>,
}

impl<'a> NewMessage<'a> {
    /// The message as a line of a room, without a number.
    #[must_use]
    pub(crate) fn line(&self, room: &str, epoch: Epoch) -> Line {
        let mut line = Line {
            room: room.to_owned(),
            epoch: epoch.0,
            ..Line::default()
        };
        fill(&mut line, self);
        line
    }

    /// A message of a client of the tutorial, which has no name and no requests.
    #[must_use]
    pub const fn plain(speaker: UserId, text: &'a str, unix_millis: u64) -> Self {
        Self {
            speaker,
            name: &Name::GUEST,
            session: 0,
            nonce: RequestId::NONE,
            text,
            kind: TextKind::Speech,
            unix_millis,
            reply_to: Seq(0),
            change: None,
        }
    }
}

impl TextKind {
    /// The kind of a text with this `action` field on the wire.
    #[must_use]
    pub const fn from_action(action: bool) -> Self {
        if action { Self::Action } else { Self::Speech }
    }

    /// The `action` field of the text on the wire.
    #[must_use]
    pub const fn is_action(self) -> bool {
        matches!(self, Self::Action)
    }
}

/// The lines of one room.
#[derive(Debug)]
pub(crate) struct History {
    limits: HistoryLimits,
    /// The last line. The next one reuses its strings, so that a say allocates nothing.
    line: Line,
    /// The frames of the kept lines.
    frames: VecDeque<u8>,
    /// The kept lines, oldest first.
    entries: VecDeque<Entry>,
    /// How many bytes were dropped from the front of `frames` so far.
    dropped: u64,
    /// The users that have reacted to the kept lines.
    reacted: Reacted,
    /// The texts that kept lines had before.
    versions: Versions,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    time: u64,
    /// The end of the line's frame, counted in bytes from the start of the room's first
    /// line.
    end: u64,
}

impl History {
    /// The empty history of the room with this name.
    #[must_use]
    pub(crate) fn new(room: &str, epoch: Epoch, limits: HistoryLimits) -> Self {
        Self {
            limits,
            line: Line {
                room: room.to_owned(),
                epoch: epoch.0,
                ..Line::default()
            },
            frames: VecDeque::new(),
            entries: VecDeque::new(),
            dropped: 0,
            reacted: Reacted::default(),
            versions: Versions::default(),
        }
    }

    /// The room's epoch.
    #[must_use]
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.line.epoch)
    }

    /// The number of the newest line; 0 if there was no line yet.
    #[must_use]
    pub(crate) fn last(&self) -> Seq {
        Seq(self.line.seq)
    }

    /// The number of the oldest kept line; that of the next line if none is kept.
    #[must_use]
    pub(crate) fn first(&self) -> Seq {
        Seq(self.line.seq + 1 - self.entries.len() as u64)
    }

    /// Gives `message` the next number, appends it to `buffer` as a frame, and keeps it.
    pub(crate) fn append(&mut self, message: &NewMessage<'_>, buffer: &mut BytesMut) {
        self.line.seq += 1;
        fill(&mut self.line, message);
        self.put(buffer);
    }

    /// Appends the last line to `buffer` as a frame, and keeps it.
    fn put(&mut self, buffer: &mut BytesMut) {
        let start = buffer.len();
        frame::put_line(buffer, &self.line);
        self.keep(&buffer[start..], self.line.time);
    }

    /// Appends a line that has a number to `buffer` as a frame, and keeps it. If there is a gap
    /// between the newest line and this one, only this one is kept.
    pub(crate) fn append_numbered(&mut self, line: &Line, buffer: &mut BytesMut) {
        if line.seq != self.line.seq + 1 {
            self.forget_all();
        }
        self.line.seq = line.seq;
        let start = buffer.len();
        frame::put_line(buffer, line);
        self.keep(&buffer[start..], line.time);
    }

    /// The history of a room that a journal has kept.
    pub(crate) fn restored(room: &str, limits: HistoryLimits, kept: &KeptRoom) -> Self {
        let mut history = Self::new(room, kept.epoch, limits);
        let mut buffer = BytesMut::new();
        if let Some(first) = kept.lines.first() {
            history.line.seq = Seq(first.seq).previous().0;
        }
        for line in &kept.lines {
            history.append_numbered(line, &mut buffer);
            buffer.clear();
        }
        if history.last() != kept.last {
            history.forget_all();
            history.line.seq = kept.last.0;
        }
        history
    }

    fn forget_all(&mut self) {
        while !self.entries.is_empty() {
            self.drop_first();
        }
    }

    /// Keeps lines by other limits from now on. `now` is the time, in milliseconds since 1970.
    pub(crate) fn set_limits(&mut self, limits: HistoryLimits, now: u64) {
        self.limits = limits;
        while self.entries.len() > limits.lines || self.frames.len() > limits.bytes {
            self.drop_first();
        }
        self.forget_old(now);
    }

    fn keep(&mut self, frame: &[u8], time: u64) {
        let HistoryLimits { lines, bytes, .. } = self.limits;
        // First, so that the buffer is never larger than the limit.
        while !self.entries.is_empty()
            && (self.entries.len() >= lines || self.frames.len() + frame.len() > bytes)
        {
            self.drop_first();
        }
        if frame.len() <= bytes && lines > 0 {
            self.make_room_for(frame.len());
            self.frames.extend(frame);
            self.entries.push_back(Entry {
                time,
                end: self.dropped + self.frames.len() as u64,
            });
        }
        self.forget_old(time);
    }

    /// Grows the buffer for `more` bytes: to twice its size, as it would by itself, but not
    /// above the limit.
    fn make_room_for(&mut self, more: usize) {
        let needed = self.frames.len() + more;
        if needed > self.frames.capacity() {
            let doubled = (2 * self.frames.capacity()).min(self.limits.bytes);
            let target = doubled.max(needed);
            self.frames.reserve_exact(target - self.frames.len());
        }
    }

    /// Drops the lines that are too old at `now`, in milliseconds since 1970.
    pub(crate) fn forget_old(&mut self, now: u64) {
        let age = u64::try_from(self.limits.age.as_millis()).unwrap_or(u64::MAX);
        let oldest = now.saturating_sub(age);
        while self
            .entries
            .front()
            .is_some_and(|first| first.time < oldest)
        {
            self.drop_first();
        }
        if self.entries.is_empty() {
            self.frames = VecDeque::new();
            self.entries = VecDeque::new();
        }
        self.forget_reactions();
    }

    fn drop_first(&mut self) {
        if let Some(first) = self.entries.pop_front() {
            let length = self.offset(first.end);
            self.frames.drain(..length);
            self.dropped = first.end;
        }
    }

    /// The index in `frames` of an [`Entry::end`].
    fn offset(&self, end: u64) -> usize {
        usize::try_from(end - self.dropped).expect("kept lines are in memory")
    }

    /// The number of the oldest kept line from which on all lines have at most `bytes` bytes
    /// as frames; that of the next line if the newest has more.
    #[must_use]
    pub(crate) fn first_within(&self, bytes: usize) -> Seq {
        if self.frames.len() <= bytes {
            return self.first();
        }
        let end = self.dropped + self.frames.len() as u64;
        let kept = self.entries.iter().rev();
        // A line begins where the one before it ends.
        let starts = kept.skip(1).map(|entry| entry.end);
        let fitting = starts.take_while(|start| end - start <= bytes as u64);
        Seq(self.line.seq + 1 - fitting.count() as u64)
    }

    /// Returns the frames of the kept lines from number `first` on, oldest first.
    #[must_use]
    pub(crate) fn frames_from(&self, first: Seq) -> Bytes {
        self.copy(self.start_of(first)..self.frames.len())
    }

    /// Returns a part of `frames`.
    fn copy(&self, range: Range<usize>) -> Bytes {
        // In two pieces at most, which is much faster than byte by byte.
        let (front, back) = self.frames.as_slices();
        let in_front = |index: usize| index.min(front.len());
        let in_back = |index: usize| index.saturating_sub(front.len());
        let pieces = [
            &front[in_front(range.start)..in_front(range.end)],
            &back[in_back(range.start)..in_back(range.end)],
        ];
        pieces.concat().into()
    }

    /// The index in `frames` where the line with this number begins.
    fn start_of(&self, seq: Seq) -> usize {
        self.start(self.index_of(seq))
    }

    /// The index in `entries` of the line with this number, or of the next kept one.
    fn index_of(&self, seq: Seq) -> usize {
        let (first, end) = (self.first().0, self.last().0 + 1);
        let index = seq.0.clamp(first, end) - first;
        usize::try_from(index).expect("kept lines are in memory")
    }

    /// The index in `frames` where the line at this index of `entries` begins.
    fn start(&self, index: usize) -> usize {
        match index.checked_sub(1) {
            None => 0,
            Some(before) => self.offset(self.entries[before].end),
        }
    }
}

/// Makes `line` say this message. Its room and its number stay what they are.
fn fill(line: &mut Line, message: &NewMessage<'_>) {
    line.time = message.unix_millis;
    line.sender = message.speaker.0;
    line.nonce = message.nonce.0;
    line.action = message.kind.is_action();
    line.session = message.session;
    line.user.clear();
    line.user.push_str(message.name.user());
    line.info.clear();
    line.info.push_str(message.name.info());
    line.name.clear();
    message.name.write(message.speaker, &mut line.name);
    line.text.clear();
    line.text.push_str(message.text);
    line.reply_to = message.reply_to.0;
    line.change = message.change.cloned();
}

#[cfg(test)]
mod tests;
