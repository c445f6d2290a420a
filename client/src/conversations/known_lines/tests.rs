use super::*;
use alloc::vec;
use guildhall_protocol::{Reaction, RequestId};

fn line(seq: u64, text: &str) -> ChatLine {
    ChatLine {
        room: "hall".into(),
        epoch: 5,
        seq,
        time: 1,
        sender: UserId(9),
        name: "bob".into(),
        nonce: RequestId(0),
        text: text.into(),
        action: false,
        own: false,
        replay: false,
        reply_to: 0,
        edited: 0,
        removed: false,
        reactions: vec![],
        user: String::new(),
        info: String::new(),
    }
}

fn change(line: u64, own: bool) -> LineChange {
    LineChange {
        room: "hall".into(),
        epoch: 5,
        seq: 100,
        line,
        time: 77,
        sender: UserId(9),
        name: "bob".into(),
        user: String::new(),
        nonce: RequestId(0),
        own,
        replay: false,
    }
}

#[test]
fn a_line_is_as_its_last_change_says() {
    let mut lines = KnownLines::default();
    lines.add(&line(3, "three"));
    lines.edit(&change(3, false), "drei");
    lines.edit(&change(4, false), "of no line");
    let three = lines.get(3).unwrap();
    assert_eq!((&*three.text, three.edited), ("drei", 77));
    lines.remove(&change(3, false));
    lines.edit(&change(3, false), "what was removed stays so");
    lines.react(&change(3, false), "+1", 1, false);
    let three = lines.get(3).unwrap();
    assert!(three.removed && three.text.is_empty() && three.reactions.is_empty());
    assert!(lines.get(4).is_none());
}

#[test]
fn reactions_are_counted_and_own_ones_known() {
    let mut lines = KnownLines::default();
    let mut three = line(3, "three");
    three.reactions = vec![Reaction {
        reaction: "+1".into(),
        count: 2,
    }];
    lines.add(&three);
    assert!(!lines.get(3).unwrap().has_own("+1"));
    lines.react(&change(3, true), "+1", 3, false);
    lines.react(&change(3, false), "+1", 4, false);
    assert!(lines.get(3).unwrap().has_own("+1"));
    three.reactions[0].count = 4;
    lines.add(&three);
    assert!(lines.get(3).unwrap().has_own("+1"), "the line came again");
    lines.react(&change(3, true), "+1", 3, true);
    let reactions = &lines.get(3).unwrap().reactions;
    assert_eq!((reactions[0].count, reactions[0].own), (3, false));
    lines.react(&change(3, false), "+1", 0, true);
    assert!(lines.get(3).unwrap().reactions.is_empty());
    for number in 0..100 {
        lines.react(&change(3, false), &alloc::format!("{number}"), 1, false);
    }
    assert_eq!(lines.get(3).unwrap().reactions.len(), 64);
}

#[test]
fn the_oldest_lines_are_forgotten() {
    let mut lines = KnownLines::default();
    for seq in 10..1_010 {
        lines.add(&line(seq, "x"));
    }
    lines.add(&line(9, "older"));
    assert_eq!(lines.iter().next().unwrap().seq, 10);
    lines.add(&line(1_010, "newer"));
    assert_eq!(lines.iter().next().unwrap().seq, 11);
    assert_eq!(lines.iter().count(), 1_000);
}

#[test]
fn a_quote_is_one_short_line() {
    let mut lines = KnownLines::default();
    lines.add(&line(1, " two\n\nlines\t of text "));
    assert_eq!(lines.get(1).unwrap().quote().text, "two lines of text");
    lines.add(&line(2, &"ä".repeat(81)));
    let quote = lines.get(2).unwrap().quote();
    assert_eq!(quote.text, "ä".repeat(80) + "…");
    lines.add(&line(3, &"ä".repeat(80)));
    assert_eq!(lines.get(3).unwrap().quote().text, "ä".repeat(80));
}

#[test]
fn a_text_names_the_user_by_a_whole_word() {
    for (text, expected) in [
        ("hi ann", true),
        ("ANN!", true),
        ("@ann: come", true),
        ("anna", false),
        ("joann", false),
        ("änn ann", true),
        ("éann", false),
        ("ann_", false),
        ("", false),
    ] {
        assert_eq!(names(text, "Ann"), expected, "{text:?}");
    }
    assert!(!names("hi", ""));
    assert!(names("ask Anna Lee now", "anna lee"));
}
