//! Lines that somebody does not get: in the place of each is one with its position alone, so that
//! the numbers have no gap. Rooms and sessions call it.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use guildhall_protocol::{Line, LineHead, PacketHead};

use super::frame;

/// Writes lines with their positions alone. It reuses one line, so that it allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct HiddenLines(Line);

impl HiddenLines {
    /// Appends the line with this position as a frame, without anything but its position.
    pub(crate) fn put(&mut self, buffer: &mut BytesMut, line: &LineHead<'_>) {
        self.0.room.clear();
        self.0.room.push_str(line.room);
        self.0.epoch = line.epoch;
        self.0.seq = line.seq;
        self.0.hidden = true;
        frame::put_line(buffer, &self.0);
    }
}

/// Calls `each` with the place and the packet of each frame in `frames`, which holds whole frames.
pub(crate) fn each_frame(frames: &[u8], mut each: impl FnMut(Range<usize>, &[u8])) {
    let mut start = 0;
    while start < frames.len() {
        let end = start + frame::behind_frames(&frames[start..], 1);
        each(start..end, frame::payload(&frames[start..end]));
        start = end;
    }
}

/// Returns `frames`, which holds whole frames of lines, with nothing but the positions of those
/// lines that are hidden.
pub(crate) fn hide_lines(frames: Bytes, is_hidden: impl Fn(&LineHead<'_>) -> bool) -> Bytes {
    let (mut hidden, mut shown) = (HiddenLines::default(), None::<BytesMut>);
    each_frame(&frames, |place, packet| {
        if let Some(PacketHead::Line(line)) = PacketHead::of(packet)
            && is_hidden(&line)
        {
            let shown = shown.get_or_insert_with(|| BytesMut::from(&frames[..place.start]));
            hidden.put(shown, &line);
        } else if let Some(shown) = &mut shown {
            shown.extend_from_slice(&frames[place]);
        }
    });
    shown.map_or(frames, BytesMut::freeze)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: u64, sender: u64) -> Line {
        Line {
            room: "red".into(),
            epoch: 7,
            seq,
            sender,
            text: "x".repeat(200),
            ..Line::default()
        }
    }

    fn hidden(seq: u64) -> Line {
        Line {
            room: "red".into(),
            epoch: 7,
            seq,
            hidden: true,
            ..Line::default()
        }
    }

    #[track_caller]
    fn check(senders: &[u64], expected: &[Line]) {
        let mut frames = BytesMut::new();
        for (seq, &sender) in (1..).zip(senders) {
            frame::put_line(&mut frames, &line(seq, sender));
        }
        let frames = frames.freeze();
        let shown = hide_lines(frames, |line| line.sender == 9);
        assert_eq!(frame::lines(&shown), expected);
    }

    #[test]
    fn nothing_but_its_position_is_left_of_a_hidden_line() {
        check(&[], &[]);
        check(&[1, 2], &[line(1, 1), line(2, 2)]);
        check(&[9], &[hidden(1)]);
        check(
            &[1, 9, 9, 2, 9],
            &[line(1, 1), hidden(2), hidden(3), line(4, 2), hidden(5)],
        );
    }

    #[test]
    fn frames_without_a_hidden_line_are_not_copied() {
        let mut frames = BytesMut::new();
        frame::put_line(&mut frames, &line(1, 2));
        let frames = frames.freeze();
        let shown = hide_lines(frames.clone(), |_| false);
        assert_eq!(shown.as_ptr(), frames.as_ptr());
    }
}
