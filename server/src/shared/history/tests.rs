//! Lines that a room keeps, and for how long.

use super::*;

const LIMITS: HistoryLimits = HistoryLimits {
    lines: 5,
    bytes: 10_000,
    age: Duration::from_mins(1),
};

fn say(history: &mut History, text: &str, time: u64) -> Bytes {
    let mut buffer = BytesMut::new();
    let message = NewMessage {
        nonce: RequestId(3),
        ..NewMessage::plain(UserId(7), text, time)
    };
    history.append(&message, &mut buffer);
    buffer.freeze()
}

/// A page of lines of any time.
fn page(history: &History, before: u64, most: usize, bytes: usize) -> (Bytes, bool) {
    history.page(Seq(before), &PageLimits::of_any_time(most, bytes))
}

fn texts(page: &(Bytes, bool)) -> Vec<String> {
    let lines = frame::lines(&page.0).into_iter();
    lines.map(|line| line.text).collect()
}

#[test]
fn lines_are_numbered_and_kept_as_they_were_sent() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    assert_eq!((history.first(), history.last()), (Seq(1), Seq(0)));
    let frames = [say(&mut history, "a", 1_000), say(&mut history, "b", 2_000)];
    assert_eq!((history.first(), history.last()), (Seq(1), Seq(2)));
    assert_eq!(history.frames_from(Seq(1)), frames.concat());
    assert_eq!(history.frames_from(Seq(2)), frames[1]);
    assert_eq!(history.frames_from(Seq(3)), b""[..]);
    let line = &frame::lines(&frames[1])[0];
    let expected = Line {
        room: "red".into(),
        epoch: 9,
        seq: 2,
        time: 2_000,
        sender: 7,
        name: "Guest 7".into(),
        nonce: 3,
        text: "b".into(),
        action: false,
        ..Line::default()
    };
    assert_eq!(line, &expected);
}

#[test]
fn lines_are_whole_wherever_the_memory_begins() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    let mut said: Vec<Bytes> = Vec::new();
    let mut has_wrapped = false;
    for number in 0..50 {
        said.push(say(&mut history, &"x".repeat(number), 1_000));
        has_wrapped |= !history.frames.as_slices().1.is_empty();
        let kept = &said[said.len().saturating_sub(LIMITS.lines)..];
        for (index, first) in (history.first().0..).enumerate().take(kept.len()) {
            let (before, after) = kept.split_at(index);
            assert_eq!(history.frames_from(Seq(first)), after.concat());
            let page = page(&history, first, 9, 9_999).0;
            assert_eq!(page, before.concat());
        }
    }
    assert!(has_wrapped);
}

#[test]
fn a_history_is_limited_in_lines_bytes_and_age() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    for number in 1..=8 {
        say(&mut history, &number.to_string(), 1_000);
    }
    assert_eq!((history.first(), history.last()), (Seq(4), Seq(8)));
    assert_eq!(
        texts(&page(&history, 0, 9, 9_999)),
        ["4", "5", "6", "7", "8"]
    );
    say(&mut history, &"x".repeat(9_950), 1_000);
    assert_eq!(history.first(), Seq(9), "there is no room for the others");
    history.forget_old(61_000);
    assert_eq!(history.first(), Seq(9));
    history.forget_old(61_001);
    assert_eq!((history.first(), history.last()), (Seq(10), Seq(9)));
    say(&mut history, "new", 70_000);
    assert_eq!(texts(&page(&history, 0, 9, 9_999)), ["new"]);
}

#[test]
fn other_limits_hold_at_once() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    for number in 1..=5 {
        say(&mut history, &number.to_string(), 1_000 * number);
    }
    history.set_limits(HistoryLimits { lines: 3, ..LIMITS }, 5_000);
    assert_eq!(texts(&page(&history, 0, 9, 9_999)), ["3", "4", "5"]);
    let age = Duration::from_secs(1);
    history.set_limits(HistoryLimits { age, ..LIMITS }, 5_500);
    assert_eq!(texts(&page(&history, 0, 9, 9_999)), ["5"]);
    history.set_limits(HistoryLimits { lines: 0, ..LIMITS }, 5_500);
    assert_eq!((history.first(), history.last()), (Seq(6), Seq(5)));
    say(&mut history, "6", 6_000);
    assert_eq!((history.first(), history.last()), (Seq(7), Seq(6)));
    history.set_limits(LIMITS, 6_000);
    say(&mut history, "7", 7_000);
    assert_eq!(texts(&page(&history, 0, 9, 9_999)), ["7"]);
}

#[test]
fn the_buffer_is_never_larger_than_the_limit() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    for length in [1, 700, 6_000, 3_000, 9_900, 50, 2_000, 9_000] {
        say(&mut history, &"x".repeat(length), 1_000);
        assert!(history.frames.capacity() <= LIMITS.bytes);
    }
}

#[test]
fn the_newest_lines_that_fit_into_some_bytes_are_found() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    assert_eq!(history.first_within(0), Seq(1));
    let mut frames = Vec::new();
    for number in 1..=8 {
        frames.push(say(&mut history, &"x".repeat(number), 1_000));
    }
    let last_two = frames[6].len() + frames[7].len();
    let all: usize = frames[3..].iter().map(Bytes::len).sum();
    for (bytes, first) in [
        (0, 9),
        (frames[7].len() - 1, 9),
        (frames[7].len(), 8),
        (last_two - 1, 8),
        (last_two, 7),
        (all - 1, 5),
        (all, 4),
        (usize::MAX, 4),
    ] {
        assert_eq!(history.first_within(bytes), Seq(first), "{bytes} bytes");
    }
}

#[test]
fn a_line_that_is_larger_than_the_history_is_not_kept() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    let frame = say(&mut history, &"x".repeat(12_000), 1_000);
    assert!(frame.len() > 12_000);
    assert_eq!((history.first(), history.last()), (Seq(2), Seq(1)));
    assert_eq!(history.frames_from(Seq(1)), b""[..]);
    assert!(page(&history, 0, 9, 9_999).0.is_empty());
}

#[test]
fn a_page_has_the_lines_before_a_number_and_is_limited() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    for text in ["a", "b", "c", "d", "e"] {
        say(&mut history, text, 1_000);
    }
    assert_eq!(texts(&page(&history, 0, 2, 9_999)), ["d", "e"]);
    assert_eq!(texts(&page(&history, 4, 2, 9_999)), ["b", "c"]);
    assert_eq!(texts(&page(&history, 2, 2, 9_999)), ["a"]);
    assert!(page(&history, 1, 2, 9_999).0.is_empty());
    let more = |before, most| page(&history, before, most, 9_999).1;
    assert!(more(0, 2) && more(4, 2));
    assert!(!more(0, 5) && !more(2, 1));
    assert_eq!(texts(&page(&history, u64::MAX, 1, 9_999)), ["e"]);
    assert_eq!(texts(&page(&history, 0, 9, 1)), ["e"], "one at least");
}

fn numbered(seq: u64, text: &str) -> Line {
    Line {
        room: "red".into(),
        epoch: 9,
        seq,
        time: 1_000,
        text: text.into(),
        ..Line::default()
    }
}

#[test]
fn a_line_behind_a_hole_is_the_first_that_is_kept() {
    let mut history = History::new("red", Epoch(9), LIMITS);
    let mut buffer = BytesMut::new();
    for (seq, text) in [(1, "a"), (2, "b"), (7, "c"), (8, "d")] {
        history.append_numbered(&numbered(seq, text), &mut buffer);
    }
    assert_eq!((history.first(), history.last()), (Seq(7), Seq(8)));
    assert_eq!(texts(&page(&history, 0, 9, 9_999)), ["c", "d"]);
    let sent: Vec<_> = frame::lines(&buffer).iter().map(|line| line.seq).collect();
    assert_eq!(sent, [1, 2, 7, 8], "as they are numbered");
    // A line that the room says itself has the next number.
    say(&mut history, "e", 1_000);
    assert_eq!(history.last(), Seq(9));
}

#[test]
fn a_restored_history_goes_on_where_the_journal_ended() {
    let restored = |last: u64, lines: &[(u64, &str)]| {
        let lines = lines.iter().map(|&(seq, text)| numbered(seq, text));
        let kept = KeptRoom {
            epoch: Epoch(9),
            last: Seq(last),
            lines: lines.collect(),
        };
        History::restored("red", LIMITS, &kept)
    };
    let history = restored(5, &[(4, "a"), (5, "b")]);
    assert_eq!((history.first(), history.last()), (Seq(4), Seq(5)));
    assert_eq!(history.epoch(), Epoch(9));
    assert_eq!(texts(&page(&history, 0, 9, 9_999)), ["a", "b"]);
    // Its lines are forgotten, and its numbers are not.
    let history = restored(5, &[]);
    assert_eq!((history.first(), history.last()), (Seq(6), Seq(5)));
    assert!(page(&history, 0, 9, 9_999).0.is_empty());
}
