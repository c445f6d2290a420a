//! Lines that change where they are kept, at each place of the memory.

use super::*;
use std::time::Duration;

use bytes::Bytes;
use guildhall_protocol::limits::MAX_REACTIONS;
use guildhall_protocol::{Change, ChangeKind, Reaction};

use crate::ids::{Epoch, RequestId, UserId};
use crate::shared::history::{HistoryLimits, PageLimits};

const LIMITS: HistoryLimits = HistoryLimits {
    lines: 5,
    bytes: 10_000,
    age: Duration::from_mins(1),
};

const EDIT_WITHIN: Duration = Duration::from_secs(30);

fn history() -> History {
    History::new("red", Epoch(9), LIMITS)
}

fn say(history: &mut History, text: &str) -> Bytes {
    let mut buffer = BytesMut::new();
    let message = NewMessage {
        nonce: RequestId(3),
        ..NewMessage::plain(UserId(7), text, 1_000)
    };
    history.append(&message, &mut buffer);
    buffer.freeze()
}

fn change(seq: u64, kind: ChangeKind, reaction: Option<&str>) -> Change {
    Change {
        user: 0,
        seq,
        kind: kind.into(),
        reaction: reaction.map(|reaction| Reaction {
            reaction: reaction.into(),
            count: 0,
        }),
    }
}

/// Changes a line as this user. Returns the change as it was sent.
fn try_change(
    history: &mut History,
    user: u64,
    change: &Change,
    text: &str,
) -> Result<Line, ChangeError> {
    let message = NewMessage {
        nonce: RequestId(4),
        change: Some(change),
        ..NewMessage::plain(UserId(user), text, 2_000)
    };
    let prepared = history.prepare(&message, false, EDIT_WITHIN)?;
    let mut buffer = BytesMut::new();
    history.carry_out(prepared, &mut buffer);
    Ok(frame::first_line(&buffer).unwrap())
}

#[track_caller]
fn edit(history: &mut History, seq: u64, text: &str) -> Line {
    let change = change(seq, ChangeKind::Edited, None);
    try_change(history, 7, &change, text).unwrap()
}

/// Reacts to a line as this user. Returns how many have the reaction then.
#[track_caller]
fn react(history: &mut History, user: u64, seq: u64, reaction: &str) -> u32 {
    count(history, user, seq, ChangeKind::Reacted, reaction)
}

#[track_caller]
fn count(history: &mut History, user: u64, seq: u64, kind: ChangeKind, reaction: &str) -> u32 {
    let change = change(seq, kind, Some(reaction));
    let line = try_change(history, user, &change, "").unwrap();
    let change = line.change.unwrap();
    change.reaction.unwrap().count
}

fn kept(history: &History) -> Vec<Line> {
    frame::lines(&history.frames_from(Seq(1)))
}

/// The numbers of the lines that somebody has reacted to, once for each reaction.
fn reacted(history: &History) -> Vec<u64> {
    let known = history.reacted.known.iter();
    known.map(|(seq, _)| seq.0).collect()
}

fn texts(history: &History) -> Vec<String> {
    kept(history).into_iter().map(|line| line.text).collect()
}

#[test]
fn a_change_is_the_next_line_and_the_line_that_it_changes_is_another() {
    let mut history = history();
    say(&mut history, "helo");
    let said = history.find(Seq(1)).unwrap();
    let line = edit(&mut history, 1, "hello");
    let expected = Line {
        room: "red".into(),
        epoch: 9,
        seq: 2,
        time: 2_000,
        sender: 7,
        name: "Guest 7".into(),
        nonce: 4,
        text: "hello".into(),
        change: Some(change(1, ChangeKind::Edited, None)),
        ..Line::default()
    };
    assert_eq!(line, expected);
    let edited = Line {
        text: "hello".into(),
        edited: 2_000,
        ..said
    };
    assert_eq!(kept(&history), [edited, line]);
    // The line that is said next is a message again.
    let next = say(&mut history, "and on");
    let next = frame::first_line(&next).unwrap();
    assert_eq!((next.seq, next.change), (3, None));
}

#[test]
fn a_line_is_overwritten_wherever_it_is_kept() {
    for start in 0..30 {
        for (length, place) in [(0, 1), (1, 3), (5, 2), (300, 1), (300, 4), (2_000, 2)] {
            let mut history = history();
            // So that the memory begins at different places.
            (0..start).for_each(|number| drop(say(&mut history, &"y".repeat(number))));
            for number in 0..LIMITS.lines {
                say(&mut history, &"x".repeat(100 * number));
            }
            let mut expected = kept(&history);
            let line = &mut expected[place];
            line.text = "z".repeat(length);
            history.overwrite(line);
            assert_eq!(kept(&history), expected, "{length} at {place}");
            let each: Vec<_> = (expected.iter())
                .map(|line| history.find(Seq(line.seq)).unwrap())
                .collect();
            assert_eq!(each, expected);
            let limits = PageLimits::of_any_time(9, 99_999);
            let page = history.page(Seq(expected[2].seq), &limits).0;
            assert_eq!(frame::lines(&page), expected[..2]);
            // And it goes on from there.
            say(&mut history, "next");
            assert_eq!(kept(&history)[..4], expected[1..]);
        }
    }
}

#[test]
fn a_longer_text_keeps_within_the_limits() {
    let mut history = history();
    for text in ["a", "b", "c"] {
        say(&mut history, &text.repeat(3_000));
    }
    edit(&mut history, 3, &"d".repeat(6_500));
    assert_eq!((history.first(), history.last()), (Seq(4), Seq(4)));
    assert!(history.frames.capacity() <= LIMITS.bytes);
    // The line that grows is dropped, too, if it does not fit beside those behind it.
    let mut line = history.find(Seq(4)).unwrap();
    line.text = "x".repeat(20_000);
    history.overwrite(&line);
    assert_eq!((history.first(), history.last()), (Seq(5), Seq(4)));
    assert!(history.frames.is_empty() && history.entries.is_empty());
    say(&mut history, "and on");
    assert_eq!(texts(&history), ["and on"]);
}

#[test]
fn the_oldest_lines_make_room_for_one_that_grows() {
    let mut history = history();
    for text in ["a", "b", "c"] {
        say(&mut history, &text.repeat(3_000));
    }
    let mut line = history.find(Seq(2)).unwrap();
    line.text = "d".repeat(5_000);
    history.overwrite(&line);
    assert_eq!(texts(&history), ["d".repeat(5_000), "c".repeat(3_000)]);
    assert!(history.frames.capacity() <= LIMITS.bytes);
    assert!(history.frames.len() <= LIMITS.bytes);
}

#[test]
fn what_is_not_kept_is_neither_found_nor_changed() {
    let mut history = history();
    (0..8).for_each(|_| drop(say(&mut history, "x")));
    let before = history.frames_from(Seq(1));
    for seq in [0, 3, 9, u64::MAX] {
        assert_eq!(history.find(Seq(seq)), None);
        let change = change(seq, ChangeKind::Edited, None);
        let refused = try_change(&mut history, 7, &change, "y");
        assert_eq!(refused.unwrap_err(), ChangeError::NoSuchLine, "{seq}");
        history.overwrite(&Line {
            seq,
            ..Line::default()
        });
    }
    assert_eq!(history.frames_from(Seq(1)), before);
    assert_eq!(history.last(), Seq(8), "a refusal has no number");
    assert!(history.find(Seq(4)).is_some());
}

#[test]
fn a_line_that_is_too_old_cannot_be_changed() {
    let mut history = history();
    say(&mut history, "x");
    let change = change(1, ChangeKind::Removed, None);
    let message = NewMessage {
        change: Some(&change),
        ..NewMessage::plain(UserId(7), "", 61_001)
    };
    let refused = history.prepare(&message, true, EDIT_WITHIN).unwrap_err();
    assert_eq!(refused, ChangeError::NoSuchLine);
}

#[test]
fn a_user_has_a_reaction_once_and_can_take_it_back() {
    let mut history = history();
    history.set_limits(HistoryLimits { lines: 9, ..LIMITS }, 1_000);
    say(&mut history, "x");
    let back = ChangeKind::TookBack;
    assert_eq!(react(&mut history, 8, 1, "gg"), 1);
    assert_eq!(react(&mut history, 8, 1, "gg"), 1, "it is there already");
    assert_eq!(react(&mut history, 9, 1, "gg"), 2);
    assert_eq!(count(&mut history, 10, 1, back, "gg"), 2, "it is not there");
    assert_eq!(count(&mut history, 8, 1, back, "gg"), 1);
    assert_eq!(count(&mut history, 8, 1, back, "gg"), 1, "it is gone");
    assert_eq!(count(&mut history, 9, 1, back, "gg"), 0);
    assert!(history.reacted.known.is_empty());
    assert!(
        history
            .find(Seq(1))
            .is_some_and(|line| line.reactions.is_empty())
    );
}

#[test]
fn reactions_are_known_as_long_as_their_line_is_kept() {
    let mut history = history();
    say(&mut history, "x");
    say(&mut history, "y");
    react(&mut history, 8, 1, "gg");
    react(&mut history, 8, 2, "gg");
    react(&mut history, 9, 2, "gg");
    assert_eq!(reacted(&history), [1, 2, 2]);
    say(&mut history, "z");
    assert_eq!(history.first(), Seq(2));
    assert_eq!(reacted(&history), [2, 2]);
    // Nobody gets to react twice while the line is there.
    assert_eq!(react(&mut history, 8, 6, "gg"), 1);
    assert_eq!(react(&mut history, 8, 6, "gg"), 1);
    say(&mut history, "z");
    history.set_limits(HistoryLimits { lines: 1, ..LIMITS }, 2_000);
    assert!(history.reacted.known.is_empty());
}

#[test]
fn the_oldest_kept_line_keeps_its_reactions_when_another_is_dropped() {
    let mut history = history();
    (0..5).for_each(|_| drop(say(&mut history, "x")));
    react(&mut history, 8, 3, "gg");
    say(&mut history, "y");
    assert_eq!(history.first(), Seq(3));
    assert_eq!(react(&mut history, 9, 3, "gg"), 2);
}

#[test]
fn nobody_has_reacted_to_a_line_that_was_removed() {
    let mut history = history();
    say(&mut history, "x");
    react(&mut history, 8, 1, "gg");
    let removal = change(1, ChangeKind::Removed, None);
    try_change(&mut history, 7, &removal, "").unwrap();
    assert!(history.reacted.known.is_empty());
    let removed = history.find(Seq(1)).unwrap();
    assert!(removed.removed && removed.text.is_empty() && removed.reactions.is_empty());
    let again = change(1, ChangeKind::Reacted, Some("gg"));
    let refused = try_change(&mut history, 8, &again, "").unwrap_err();
    assert_eq!(refused, ChangeError::NoSuchLine);
}

#[test]
fn one_user_cannot_fill_the_memory_with_reactions() {
    let mut history = history();
    history.set_limits(
        HistoryLimits {
            lines: 40,
            ..LIMITS
        },
        1_000,
    );
    for round in 0..40 {
        if round % 10 == 0 {
            say(&mut history, "x");
        }
        let seq = history.last().0;
        for kind in 0..MAX_REACTIONS {
            let change = change(seq, ChangeKind::Reacted, Some(&kind.to_string()));
            let _ = try_change(&mut history, 8, &change, "");
        }
    }
    assert!(reacted(&history).len() <= 40);
}

fn sweep(history: &mut History, kind: ChangeKind, user: u64) -> Line {
    let mut change = change(0, kind, None);
    change.user = user;
    let mut buffer = BytesMut::new();
    let message = NewMessage {
        change: Some(&change),
        ..NewMessage::plain(UserId(9), "", 3_000)
    };
    history.append_sweep(&message, &mut buffer);
    frame::first_line(&buffer).unwrap()
}

fn say_as(history: &mut History, user: u64, text: &str) {
    let message = NewMessage::plain(UserId(user), text, 1_000);
    history.append(&message, &mut BytesMut::new());
}

#[test]
fn a_cleared_history_has_numbers_and_no_texts() {
    let mut history = history();
    for text in ["a", "b", "c"] {
        say(&mut history, text);
    }
    let reacted = change(2, ChangeKind::Reacted, Some("x"));
    try_change(&mut history, 7, &reacted, "").unwrap();
    let cleared = sweep(&mut history, ChangeKind::Cleared, 0);
    assert_eq!((cleared.seq, cleared.change.as_ref().unwrap().seq), (5, 4));
    say(&mut history, "after");
    let lines = frame::lines(&history.frames_from(Seq(1)));
    let numbers: Vec<_> = lines.iter().map(|line| (line.seq, line.removed)).collect();
    let removed = [(2, true), (3, true), (4, true), (5, false), (6, false)];
    assert_eq!(numbers, removed);
    for line in &lines[..3] {
        assert_eq!((line.sender, &*line.text, &*line.name), (0, "", ""));
        assert!(line.change.is_none() && line.reactions.is_empty());
    }
    assert_eq!((&lines[3], &*lines[4].text), (&cleared, "after"));
    let again = try_change(&mut history, 7, &change(2, ChangeKind::Edited, None), "x");
    assert_eq!(again.unwrap_err(), ChangeError::NoSuchLine);
}

#[test]
fn a_purge_takes_the_lines_of_one_user_and_leaves_its_removals() {
    let mut history = history();
    say_as(&mut history, 7, "mine");
    say_as(&mut history, 8, "theirs");
    let edit = change(1, ChangeKind::Edited, None);
    try_change(&mut history, 7, &edit, "mine again").unwrap();
    let purged = sweep(&mut history, ChangeKind::Purged, 7);
    let lines = frame::lines(&history.frames_from(Seq(1)));
    assert!(lines[0].removed && lines[0].sender == 0 && lines[0].text.is_empty());
    assert_eq!((lines[1].sender, &*lines[1].text), (8, "theirs"));
    let edit = lines[2].change.as_ref().unwrap();
    assert_eq!((edit.seq, edit.kind()), (1, ChangeKind::Removed));
    assert_eq!((lines[2].sender, &*lines[2].text), (0, ""));
    assert_eq!(lines[3], purged);
    // The next line is found where it is.
    say_as(&mut history, 7, "again");
    assert_eq!(history.find(Seq(5)).unwrap().text, "again");
    assert_eq!(history.numbers_of(UserId(7), "").len(), 1);
    assert_eq!(history.numbers_of(UserId(8), "nobody").len(), 1);
    assert_eq!(history.numbers_of(UserId(1), "").len(), 0);
}
