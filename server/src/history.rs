//! What was said in a room: its lines as framed bytes, one after the other, and
//! their positions. Bounded by count, bytes and age. No clock: the time is a
//! part of each line.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use guildhall_protocol::Line;

use crate::frame;
use crate::person::Name;

/// How much of what was said a room keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLimits {
    /// At most so many lines.
    pub lines: usize,
    /// At most so many bytes of framed lines.
    pub bytes: usize,
    /// No lines older than this.
    pub age: Duration,
}

/// Something that is said.
#[derive(Debug, Clone, Copy)]
pub struct Saying<'a> {
    /// Who says it.
    pub speaker: u64,
    /// Under which name.
    pub name: &'a Name,
    /// The ID of the speaker's request; 0 from a client without requests.
    pub nonce: u64,
    /// What.
    pub text: &'a str,
    /// Whether it tells what the speaker does.
    pub action: bool,
    /// When, in milliseconds since 1970.
    pub time: u64,
}

impl<'a> Saying<'a> {
    /// What a client of the tutorial says: it has no name and no requests.
    #[must_use]
    pub const fn plain(speaker: u64, text: &'a str, time: u64) -> Self {
        Self {
            speaker,
            name: &Name::GUEST,
            nonce: 0,
            text,
            action: false,
            time,
        }
    }
}

/// The lines of one room.
#[derive(Debug)]
pub struct History {
    limits: HistoryLimits,
    /// The line that is said next, but for what differs from line to line: its
    /// strings are kept, so that saying allocates nothing.
    line: Line,
    /// The frames of the lines that are kept.
    frames: VecDeque<u8>,
    entries: VecDeque<Entry>,
    /// How many bytes were dropped from the front of `frames` so far.
    dropped: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    time: u64,
    /// Where the frame ends, counted from the first byte ever said.
    end: u64,
}

impl History {
    /// An empty history of the room of this name.
    #[must_use]
    pub fn new(room: &str, epoch: u32, limits: HistoryLimits) -> Self {
        Self {
            limits,
            line: Line {
                room: room.to_owned(),
                epoch,
                ..Line::default()
            },
            frames: VecDeque::new(),
            entries: VecDeque::new(),
            dropped: 0,
        }
    }

    /// Positions of another epoch mean nothing here.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.line.epoch
    }

    /// The number of the newest line; 0 where nothing was said yet.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.line.seq
    }

    /// The number of the oldest line that is kept; one behind the newest where
    /// none is.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.line.seq + 1 - self.entries.len() as u64
    }

    /// Appends what is said as a frame to `buffer`, and keeps it.
    pub fn say(&mut self, saying: &Saying<'_>, buffer: &mut BytesMut) {
        let line = &mut self.line;
        line.seq += 1;
        line.time = saying.time;
        line.sender = saying.speaker;
        line.nonce = saying.nonce;
        line.action = saying.action;
        line.name.clear();
        saying.name.write(saying.speaker, &mut line.name);
        line.text.clear();
        line.text.push_str(saying.text);
        let start = buffer.len();
        frame::put_line(buffer, line);
        self.keep(&buffer[start..], saying.time);
    }

    fn keep(&mut self, frame: &[u8], time: u64) {
        self.frames.extend(frame);
        self.entries.push_back(Entry {
            time,
            end: self.dropped + self.frames.len() as u64,
        });
        while self.entries.len() > self.limits.lines || self.frames.len() > self.limits.bytes {
            self.drop_first();
        }
        self.forget_old(time);
    }

    /// Drops what is too old by now, in milliseconds since 1970.
    pub fn forget_old(&mut self, now: u64) {
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
    }

    fn drop_first(&mut self) {
        if let Some(first) = self.entries.pop_front() {
            let length = self.offset(first.end);
            self.frames.drain(..length);
            self.dropped = first.end;
        }
    }

    /// Where in `frames` an [`Entry::end`] is.
    fn offset(&self, end: u64) -> usize {
        usize::try_from(end - self.dropped).expect("what is kept is in memory")
    }

    /// The frames of the lines from number `first` on, oldest first.
    #[must_use]
    pub fn from(&self, first: u64) -> Bytes {
        let start = self.start_of(first);
        self.frames.range(start..).copied().collect()
    }

    /// The lines before number `before`, oldest first: at most `most`, the
    /// newest of them, and no more than fit into `bytes` of frames, but one at
    /// least. 0: before none, so the newest.
    #[must_use]
    pub fn page(&self, before: u64, most: usize, bytes: usize) -> Vec<Line> {
        let end = if before == 0 { self.last() + 1 } else { before };
        let count = end.clamp(self.first(), self.last() + 1) - self.first();
        let count = usize::try_from(count).expect("what is kept is in memory");
        let stop = self.start(count);
        let mut from = count;
        while from > 0
            && count - from < most
            && (from == count || stop - self.start(from - 1) <= bytes)
        {
            from -= 1;
        }
        let frames: Vec<u8> = self.frames.range(self.start(from)..stop).copied().collect();
        frame::lines(&frames)
    }

    /// Where in `frames` the line of this number begins.
    fn start_of(&self, seq: u64) -> usize {
        let place = seq.clamp(self.first(), self.last() + 1) - self.first();
        self.start(usize::try_from(place).expect("what is kept is in memory"))
    }

    /// Where in `frames` the line at this place of `entries` begins.
    fn start(&self, place: usize) -> usize {
        match place.checked_sub(1) {
            None => 0,
            Some(before) => self.offset(self.entries[before].end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HistoryLimits = HistoryLimits {
        lines: 5,
        bytes: 10_000,
        age: Duration::from_mins(1),
    };

    fn say(history: &mut History, text: &str, time: u64) -> Bytes {
        let mut buffer = BytesMut::new();
        let saying = Saying {
            nonce: 3,
            ..Saying::plain(7, text, time)
        };
        history.say(&saying, &mut buffer);
        buffer.freeze()
    }

    fn texts(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn lines_are_numbered_and_kept_as_they_were_said() {
        let mut history = History::new("hall", 9, LIMITS);
        assert_eq!((history.first(), history.last()), (1, 0));
        let frames = [say(&mut history, "a", 1_000), say(&mut history, "b", 2_000)];
        assert_eq!((history.first(), history.last()), (1, 2));
        assert_eq!(history.from(1), frames.concat());
        assert_eq!(history.from(2), frames[1]);
        assert_eq!(history.from(3), b""[..]);
        let line = &frame::lines(&frames[1])[0];
        let expected = Line {
            room: "hall".into(),
            epoch: 9,
            seq: 2,
            time: 2_000,
            sender: 7,
            name: "Guest 7".into(),
            nonce: 3,
            text: "b".into(),
            action: false,
        };
        assert_eq!(line, &expected);
    }

    #[test]
    fn count_bytes_and_age_are_bounded() {
        let mut history = History::new("hall", 9, LIMITS);
        for number in 1..=8 {
            say(&mut history, &number.to_string(), 1_000);
        }
        assert_eq!((history.first(), history.last()), (4, 8));
        assert_eq!(texts(&history.page(0, 9, 9_999)), ["4", "5", "6", "7", "8"]);
        say(&mut history, &"x".repeat(9_950), 1_000);
        assert_eq!(history.first(), 9, "the bytes are full");
        history.forget_old(61_000);
        assert_eq!(history.first(), 9);
        history.forget_old(61_001);
        assert_eq!((history.first(), history.last()), (10, 9));
        say(&mut history, "new", 70_000);
        assert_eq!(texts(&history.page(0, 9, 9_999)), ["new"]);
    }

    #[test]
    fn a_line_that_is_larger_than_the_history_is_not_kept() {
        let mut history = History::new("hall", 9, LIMITS);
        let frame = say(&mut history, &"x".repeat(12_000), 1_000);
        assert!(frame.len() > 12_000);
        assert_eq!((history.first(), history.last()), (2, 1));
        assert_eq!(history.from(1), b""[..]);
        assert!(history.page(0, 9, 9_999).is_empty());
    }

    #[test]
    fn pages_go_backwards_and_are_bounded() {
        let mut history = History::new("hall", 9, LIMITS);
        for text in ["a", "b", "c", "d", "e"] {
            say(&mut history, text, 1_000);
        }
        assert_eq!(texts(&history.page(0, 2, 9_999)), ["d", "e"]);
        assert_eq!(texts(&history.page(4, 2, 9_999)), ["b", "c"]);
        assert_eq!(texts(&history.page(2, 2, 9_999)), ["a"]);
        assert!(history.page(1, 2, 9_999).is_empty());
        assert_eq!(texts(&history.page(u64::MAX, 1, 9_999)), ["e"]);
        assert_eq!(texts(&history.page(0, 9, 1)), ["e"], "one at least");
    }
}
