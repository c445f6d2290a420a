//! Every way in which the server refuses a change or a reply. Nobody else notices, and a refusal
//! takes no number.

use super::*;

use guildhall_protocol::{Edit, ErrorCode, LineRef, React, Remove};

/// A server, and two members of a room in which "mine" and "theirs" were said.
struct Two {
    server: TestServer,
    ann: V1Client,
    bob: V1Client,
    mine: Line,
    theirs: Line,
}

fn two(config: Config) -> Two {
    let server = TestServer::with(config);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
    let mine = ann.say("red", "mine");
    bob.line();
    let theirs = bob.say("red", "theirs");
    ann.line();
    Two {
        server,
        ann,
        bob,
        mine,
        theirs,
    }
}

/// Checks that this is refused, for all time, and that nobody else notices.
#[track_caller]
fn check(two: &mut Two, ask: RequestBody, code: ErrorCode, arguments: &[&str]) {
    let error = refused(&mut two.ann, ask);
    assert_eq!(error.code(), code, "{error:?}");
    assert_eq!(error.arguments, arguments);
    assert!(!error.temporary && error.retry_after == 0);
    let seq = two.bob.say("red", "on").seq;
    assert_eq!(two.ann.line().text, "on");
    assert_eq!(two.ann.fetch("red", 0, 0, 1).lines[0].seq, seq);
    two.ann.expect_quiet();
    two.bob.expect_quiet();
}

fn other(line: &Line, epoch: u32, seq: u64) -> Line {
    Line {
        epoch,
        seq,
        ..line.clone()
    }
}

#[test]
fn only_ones_own_lines_are_edited_and_removed() {
    let mut two = two(Config::default());
    let theirs = two.theirs.clone();
    let forbidden = ErrorCode::Forbidden;
    check(&mut two, edit(&theirs, "x"), forbidden, &["red", "change"]);
    check(&mut two, remove(&theirs), forbidden, &["red", "change"]);
    change(&mut two.ann, react(&theirs, "gg"));
    two.bob.line();
    assert_eq!(two.ann.fetch("red", 0, 0, 0).lines[1].text, "theirs");
}

#[test]
fn a_line_that_is_not_there_cannot_be_changed_or_replied_to() {
    let mut two = two(Config::default());
    let mine = two.mine.clone();
    let missing = ErrorCode::NoSuchLine;
    for (epoch, seq) in [
        (mine.epoch, 0),
        (mine.epoch, 100),
        (mine.epoch, u64::MAX),
        (mine.epoch ^ 1, 1),
        (0, 1),
    ] {
        let line = other(&mine, epoch, seq);
        let arguments = ["red", &*seq.to_string()];
        for ask in [
            edit(&line, "x"),
            remove(&line),
            react(&line, "gg"),
            take_back(&line, "gg"),
            reply(&line, "x"),
        ] {
            check(&mut two, ask, missing, &arguments);
        }
    }
}

#[test]
fn neither_a_change_nor_a_removed_line_can_be_changed() {
    let mut two = two(Config::default());
    let mine = two.mine.clone();
    let edited = change(&mut two.ann, edit(&mine, "x"));
    let removed = change(&mut two.ann, remove(&mine));
    assert_eq!(
        [two.bob.line(), two.bob.line()],
        [edited.clone(), removed.clone()]
    );
    for line in [mine, edited, removed] {
        let arguments = ["red", &*line.seq.to_string()];
        for ask in [
            edit(&line, "x"),
            remove(&line),
            react(&line, "gg"),
            take_back(&line, "gg"),
        ] {
            check(&mut two, ask, ErrorCode::NoSuchLine, &arguments);
        }
    }
}

#[test]
fn an_edit_can_be_too_late() {
    let mut config = Config::default();
    config.rooms.edit_within = Duration::ZERO;
    let mut two = two(config);
    let mine = two.mine.clone();
    check(
        &mut two,
        edit(&mine, "x"),
        ErrorCode::TooLate,
        &["red", "0"],
    );
    // But it can be removed.
    change(&mut two.ann, remove(&mine));
}

#[test]
fn a_line_has_at_most_20_different_reactions() {
    let mut two = two(Config::default());
    let mine = two.mine.clone();
    for number in 0..20 {
        change(&mut two.ann, react(&mine, &number.to_string()));
        two.bob.line();
    }
    let many = ErrorCode::TooManyReactions;
    check(&mut two, react(&mine, "20"), many, &["20"]);
    let line = change(&mut two.bob, react(&mine, "7"));
    check_change(&line, &mine, ChangeKind::Reacted, Some(("7", 2)));
}

#[test]
fn a_bad_text_or_reaction_is_refused_with_the_reason() {
    let mut two = two(Config::default());
    let mine = two.mine.clone();
    let long = "x".repeat(4_097);
    let (empty, too_long) = (ErrorCode::EmptyText, ErrorCode::TextTooLong);
    check(&mut two, edit(&mine, "\u{200b} "), empty, &[]);
    check(&mut two, edit(&mine, &long), too_long, &["4097", "4096"]);
    let bad = ErrorCode::BadRequest;
    for (reaction, reason) in [
        ("", "a reaction has a visible character"),
        (" ", "a reaction has a visible character"),
        ("a\tb", "a reaction has no control characters"),
        (&long[..33], "a reaction has at most 32 bytes of UTF-8"),
    ] {
        check(&mut two, react(&mine, reaction), bad, &[reason]);
        check(&mut two, take_back(&mine, reaction), bad, &[reason]);
    }
    let room = || "red".to_owned();
    let reason = "a change names the line that it is for";
    for ask in [
        RequestBody::Edit(Edit {
            room: room(),
            line: None,
            text: "x".into(),
        }),
        RequestBody::Remove(Remove {
            room: room(),
            line: None,
        }),
        RequestBody::React(React {
            room: room(),
            reaction: "gg".into(),
            ..React::default()
        }),
    ] {
        check(&mut two, ask, bad, &[reason]);
    }
}

#[test]
fn a_room_that_the_client_is_not_in_has_no_lines() {
    let mut two = two(Config::default());
    let elsewhere = Line {
        room: "den".into(),
        ..two.mine.clone()
    };
    let not_in = ErrorCode::NotInRoom;
    check(&mut two, edit(&elsewhere, "x"), not_in, &["den"]);
    check(&mut two, remove(&elsewhere), not_in, &["den"]);
    check(&mut two, react(&elsewhere, "gg"), not_in, &["den"]);
    check(&mut two, reply(&elsewhere, "x"), not_in, &["den"]);
    // The same position in another room is another line.
    let (mut eve, _) = V1Client::in_room(two.server.address(), "Eve", "den");
    eve.say("den", "hers");
    two.ann.join("den");
    two.ann.line();
    let line = place(&elsewhere);
    assert_eq!(line.map(|line| line.seq), Some(1));
    let epoch = line.map_or(0, |line: LineRef| line.epoch);
    let lines = two.ann.fetch("den", 0, 0, 0).lines;
    if lines[0].epoch != epoch {
        check(
            &mut two,
            remove(&elsewhere),
            ErrorCode::NoSuchLine,
            &["den", "1"],
        );
    }
}
