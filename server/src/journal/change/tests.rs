use super::*;
use guildhall_protocol::Change;

const MINUTE: u64 = 60_000;

const TERMS: Terms = Terms {
    may_change_others: false,
    has_reacted: false,
    edit_within: Duration::from_mins(15),
};

const MODERATOR: Terms = Terms {
    may_change_others: true,
    ..TERMS
};

const AGAIN: Terms = Terms {
    has_reacted: true,
    ..TERMS
};

/// A line of Ann, the guest 7, with two reactions.
fn said() -> Line {
    Line {
        room: "red".into(),
        epoch: 9,
        seq: 3,
        time: 100 * MINUTE,
        sender: 7,
        name: "Ann".into(),
        nonce: 5,
        text: "helo".into(),
        action: true,
        session: 8,
        info: "{}".into(),
        reply_to: 2,
        reactions: vec![reaction("👍", 2), reaction("gg", 1)],
        ..Line::default()
    }
}

fn reaction(reaction: &str, count: u32) -> Reaction {
    Reaction {
        reaction: reaction.into(),
        count,
    }
}

/// A change of that line by the guest 7, one minute later.
fn change(kind: ChangeKind) -> Line {
    Line {
        room: "red".into(),
        epoch: 9,
        time: 101 * MINUTE,
        sender: 7,
        name: "Ann B".into(),
        nonce: 6,
        change: Some(Change {
            user: 0,
            seq: 3,
            kind: kind.into(),
            reaction: None,
        }),
        ..Line::default()
    }
}

fn edit(text: &str) -> Line {
    Line {
        text: text.into(),
        ..change(ChangeKind::Edited)
    }
}

fn react(kind: ChangeKind, which: &str) -> Line {
    let mut line = change(kind);
    line.change.as_mut().unwrap().reaction = Some(reaction(which, 0));
    line
}

/// The same of another guest.
fn of_another(change: Line) -> Line {
    Line {
        sender: 70,
        ..change
    }
}

/// The same of the user of an account, whose number is this one.
fn of_account(line: Line, user: &str, sender: u64) -> Line {
    Line {
        sender,
        user: user.into(),
        ..line
    }
}

#[track_caller]
fn refused(mut target: Line, mut change: Line, terms: &Terms) -> ChangeError {
    let before = (target.clone(), change.clone());
    let refused = apply(&mut target, &mut change, terms).unwrap_err();
    assert_eq!((target, change), before, "a refusal changes nothing");
    refused
}

#[track_caller]
fn check_reaction(
    kind: ChangeKind,
    which: &str,
    terms: &Terms,
    changed: Changed,
    count: u32,
    expected: &[(&str, u32)],
) {
    let mut target = said();
    let mut change = react(kind, which);
    assert_eq!(apply(&mut target, &mut change, terms), Ok(changed));
    let said_before = change.clone();
    let what = change.change.unwrap();
    assert_eq!(what.reaction, Some(reaction(which, count)));
    let expected: Vec<Reaction> = (expected.iter())
        .map(|&(which, count)| reaction(which, count))
        .collect();
    let reactions = expected.clone();
    assert_eq!(
        target,
        Line {
            reactions,
            ..said()
        }
    );
    // Apart from the count, it is what was asked for.
    let mut asked = react(kind, which);
    asked.change.as_mut().unwrap().reaction = Some(reaction(which, count));
    assert_eq!(said_before, asked);
}

#[test]
fn an_edit_replaces_the_text_and_says_when() {
    let mut target = said();
    let mut change = edit("hello");
    let before = change.clone();
    assert_eq!(apply(&mut target, &mut change, &TERMS), Ok(Changed::Text));
    let expected = Line {
        text: "hello".into(),
        edited: 101 * MINUTE,
        ..said()
    };
    assert_eq!((target.clone(), &change), (expected, &before));
    // And again: the last edit counts.
    let mut change = Line {
        time: 102 * MINUTE,
        ..edit("hello!")
    };
    assert_eq!(apply(&mut target, &mut change, &TERMS), Ok(Changed::Text));
    assert_eq!((&*target.text, target.edited), ("hello!", 102 * MINUTE));
}

#[test]
fn a_removed_line_keeps_its_number_its_time_and_its_sender() {
    let mut target = said();
    let mut change = change(ChangeKind::Removed);
    let before = change.clone();
    assert_eq!(
        apply(&mut target, &mut change, &TERMS),
        Ok(Changed::Removed)
    );
    let expected = Line {
        text: String::new(),
        info: String::new(),
        reactions: Vec::new(),
        removed: true,
        ..said()
    };
    assert_eq!((target, change), (expected, before));
}

#[test]
fn only_its_own_user_edits_a_line_whatever_the_rights() {
    for terms in [TERMS, MODERATOR] {
        let refused = refused(said(), of_another(edit("hello")), &terms);
        assert_eq!(refused, ChangeError::NotOwn);
    }
}

#[test]
fn others_remove_a_line_with_the_right_only() {
    let removal = of_another(change(ChangeKind::Removed));
    assert_eq!(
        refused(said(), removal.clone(), &TERMS),
        ChangeError::NotOwn
    );
    let (mut target, mut removal) = (said(), removal);
    let removed = apply(&mut target, &mut removal, &MODERATOR);
    assert_eq!((removed, target.removed), (Ok(Changed::Removed), true));
}

#[test]
fn a_line_belongs_to_the_account_or_to_the_guest() {
    #[track_caller]
    fn check(said_by: (&str, u64), changed_by: (&str, u64), is_own: bool) {
        let mut target = of_account(said(), said_by.0, said_by.1);
        let mut change = of_account(edit("hello"), changed_by.0, changed_by.1);
        let changed = apply(&mut target, &mut change, &TERMS);
        let expected = if is_own {
            Ok(Changed::Text)
        } else {
            Err(ChangeError::NotOwn)
        };
        assert_eq!(changed, expected);
    }
    check(("", 7), ("", 7), true);
    check(("", 7), ("", 8), false);
    check(("ann", 7), ("ann", 7), true);
    // The user was forgotten in between, and has another number now.
    check(("ann", 7), ("ann", 70), true);
    check(("ann", 7), ("bob", 8), false);
    // A guest is not an account, and accounts differ in their letter case.
    check(("ann", 7), ("", 7), false);
    check(("", 7), ("ann", 7), false);
    check(("ann", 7), ("Ann", 7), false);
}

#[test]
fn a_line_can_be_edited_for_a_time() {
    #[track_caller]
    fn check(age: Duration, edit_within: Duration, changed: Result<Changed, ChangeError>) {
        let mut target = said();
        let mut change = Line {
            time: target.time + u64::try_from(age.as_millis()).unwrap(),
            ..edit("hello")
        };
        let terms = Terms {
            edit_within,
            ..TERMS
        };
        assert_eq!(apply(&mut target, &mut change, &terms), changed);
    }
    let within = Duration::from_mins(15);
    let late = within + Duration::from_millis(1);
    check(Duration::ZERO, within, Ok(Changed::Text));
    check(within, within, Ok(Changed::Text));
    check(late, within, Err(ChangeError::TooLate));
    check(late, Duration::MAX, Ok(Changed::Text));
    // Editing is off, even in the same millisecond.
    check(Duration::ZERO, Duration::ZERO, Err(ChangeError::TooLate));
}

#[test]
fn a_line_counts_from_when_it_was_said_and_not_from_its_last_edit() {
    let mut target = said();
    for minute in [110, 115] {
        let time = minute * MINUTE;
        let mut change = Line {
            time,
            ..edit("hello")
        };
        assert_eq!(apply(&mut target, &mut change, &TERMS), Ok(Changed::Text));
    }
    let late = Line {
        time: 116 * MINUTE,
        ..edit("hello")
    };
    assert_eq!(refused(target, late, &TERMS), ChangeError::TooLate);
}

#[test]
fn a_clock_that_went_back_makes_a_line_no_older() {
    let mut target = said();
    let mut change = Line {
        time: MINUTE,
        ..edit("hello")
    };
    assert_eq!(apply(&mut target, &mut change, &TERMS), Ok(Changed::Text));
    assert_eq!(target.edited, MINUTE);
}

#[test]
fn a_line_can_be_removed_and_reacted_to_at_any_time() {
    for kind in [
        ChangeKind::Removed,
        ChangeKind::Reacted,
        ChangeKind::TookBack,
    ] {
        let mut change = Line {
            time: u64::MAX,
            ..react(kind, "gg")
        };
        let terms = Terms {
            edit_within: Duration::ZERO,
            ..TERMS
        };
        assert!(apply(&mut said(), &mut change, &terms).is_ok(), "{kind:?}");
    }
}

#[test]
fn a_removed_line_and_a_change_cannot_be_changed() {
    let removed = Line {
        removed: true,
        ..said()
    };
    let changes = [
        edit("hello"),
        change(ChangeKind::Removed),
        react(ChangeKind::Reacted, "gg"),
        react(ChangeKind::TookBack, "gg"),
    ];
    for change in &changes {
        for target in changes.iter().chain([&removed]) {
            for (change, terms) in [
                (change.clone(), TERMS),
                (change.clone(), AGAIN),
                (of_another(change.clone()), TERMS),
                (of_another(change.clone()), MODERATOR),
            ] {
                // Before anything else, so that it does not say whose the line was.
                let refused = refused(target.clone(), change, &terms);
                assert_eq!(refused, ChangeError::NoSuchLine);
            }
        }
    }
}

#[test]
fn a_change_of_nothing_that_the_server_knows_is_refused() {
    let mut unknown = change(ChangeKind::Edited);
    unknown.change.as_mut().unwrap().kind = 99;
    let changes = [
        said(),
        unknown,
        change(ChangeKind::Unspecified),
        change(ChangeKind::Reacted),
        change(ChangeKind::TookBack),
    ];
    for change in changes {
        assert_eq!(refused(said(), change, &TERMS), ChangeError::NoSuchLine);
    }
}

#[test]
fn a_reaction_is_counted_in_the_order_of_its_first_use() {
    let add = ChangeKind::Reacted;
    let all = [("👍", 2), ("gg", 1), ("❤", 1)];
    check_reaction(add, "❤", &TERMS, Changed::Reacted, 1, &all);
    check_reaction(
        add,
        "👍",
        &TERMS,
        Changed::Reacted,
        3,
        &[("👍", 3), ("gg", 1)],
    );
    check_reaction(
        add,
        "gg",
        &TERMS,
        Changed::Reacted,
        2,
        &[("👍", 2), ("gg", 2)],
    );
    // Another letter case is another reaction.
    let all = [("👍", 2), ("gg", 1), ("GG", 1)];
    check_reaction(add, "GG", &TERMS, Changed::Reacted, 1, &all);
}

#[test]
fn a_reaction_that_nobody_has_any_more_is_gone() {
    let back = ChangeKind::TookBack;
    check_reaction(
        back,
        "👍",
        &AGAIN,
        Changed::TookBack,
        1,
        &[("👍", 1), ("gg", 1)],
    );
    check_reaction(back, "gg", &AGAIN, Changed::TookBack, 0, &[("👍", 2)]);
}

#[test]
fn a_user_has_each_reaction_once() {
    let same = [("👍", 2), ("gg", 1)];
    let (add, back) = (ChangeKind::Reacted, ChangeKind::TookBack);
    check_reaction(add, "👍", &AGAIN, Changed::Nothing, 2, &same);
    check_reaction(back, "👍", &TERMS, Changed::Nothing, 2, &same);
    check_reaction(back, "❤", &TERMS, Changed::Nothing, 0, &same);
}

#[test]
fn the_count_of_a_change_is_not_what_its_user_says() {
    let mut change = react(ChangeKind::Reacted, "gg");
    change.change.as_mut().unwrap().reaction = Some(reaction("gg", 1_000));
    apply(&mut said(), &mut change, &TERMS).unwrap();
    assert_eq!(change.change.unwrap().reaction, Some(reaction("gg", 2)));
}

#[test]
fn anybody_reacts_to_a_line() {
    let mut change = of_another(react(ChangeKind::Reacted, "gg"));
    let changed = apply(&mut said(), &mut change, &TERMS);
    assert_eq!(changed, Ok(Changed::Reacted));
}

#[test]
fn a_line_has_a_limited_number_of_different_reactions() {
    let mut target = said();
    target.reactions = (0..MAX_REACTIONS)
        .map(|number| reaction(&number.to_string(), 1))
        .collect();
    let one_more = react(ChangeKind::Reacted, "gg");
    assert_eq!(
        refused(target.clone(), one_more.clone(), &MODERATOR),
        ChangeError::TooManyReactions
    );
    // One of those that are there can still be added.
    let mut known = react(ChangeKind::Reacted, "0");
    assert_eq!(apply(&mut target, &mut known, &TERMS), Ok(Changed::Reacted));
    // Whoever takes the only one back makes room.
    let mut back = react(ChangeKind::TookBack, "7");
    assert_eq!(apply(&mut target, &mut back, &AGAIN), Ok(Changed::TookBack));
    let mut one_more = one_more;
    assert_eq!(
        apply(&mut target, &mut one_more, &TERMS),
        Ok(Changed::Reacted)
    );
    assert_eq!(target.reactions.len(), MAX_REACTIONS);
    assert_eq!(target.reactions.last(), Some(&reaction("gg", 1)));
}

#[test]
fn wrong_counts_never_overflow() {
    let mut target = said();
    target.reactions = vec![reaction("full", u32::MAX), reaction("none", 0)];
    let mut add = react(ChangeKind::Reacted, "full");
    assert_eq!(apply(&mut target, &mut add, &TERMS), Ok(Changed::Reacted));
    let mut back = react(ChangeKind::TookBack, "none");
    assert_eq!(apply(&mut target, &mut back, &AGAIN), Ok(Changed::TookBack));
    assert_eq!(target.reactions, [reaction("full", u32::MAX)]);
}

#[test]
fn an_edited_line_keeps_its_reactions() {
    let mut target = said();
    apply(&mut target, &mut edit("hello"), &TERMS).unwrap();
    assert_eq!(target.reactions, said().reactions);
}
