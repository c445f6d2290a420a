//! Moderation in the terminal: the lines that a user sees, and the commands.

use guildhall_protocol::{
    Blocks, Change, ChangeKind, Cleared, ErrorCode, Held, Imposed, Joined, Line, Member, Moderator,
    ModeratorList, Moved, PacketBody, Reason, Rejected, Removed, RemovedReason, ReplyResult,
    ReportDecided, Reported, RequestBody, RequestError, Role, RoomChanged, RoomSettings, Sanction,
    SanctionKind, SanctionList, Sanctions,
};

use crate::chat::test_chat::TestChat;

fn mute(until: u64) -> Sanction {
    Sanction {
        id: 17,
        kind: SanctionKind::Mute.into(),
        room: "lobby".into(),
        until,
        reason: Reason::Spam.into(),
        rule: "Say it once".into(),
        ..Sanction::default()
    }
}

fn hold(sanctions: Vec<Sanction>) -> PacketBody {
    PacketBody::Sanctions(Sanctions { sanctions })
}

/// The lines that were shown since the last look.
fn shown(chat: &mut TestChat) -> Vec<String> {
    std::mem::take(&mut chat.shown)
}

fn moderates(chat: &mut TestChat) {
    chat.receive(PacketBody::RoomChanged(RoomChanged {
        room: "lobby".into(),
        settings: Some(RoomSettings {
            may_moderate: true,
            ..RoomSettings::default()
        }),
    }));
    chat.shown.clear();
}

#[test]
fn a_muted_user_reads_why_and_until_when_and_has_a_dim_prompt() {
    let mut chat = TestChat::open(true);
    let prompt = chat.state.prompt();
    assert_eq!(prompt.text(), "lobby> ");
    // The server's clock began at 0, as the session's.
    chat.receive(hold(vec![mute(40_000)]));
    let text = "-- You are muted in “lobby”: you cannot write anything there. This ends in \
                40 seconds. Reason: Spam or advertising. Rule: “Say it once”. Its number is 17.";
    assert_eq!(shown(&mut chat), [text]);
    assert!(
        prompt.text().starts_with("lobby (muted until "),
        "{}",
        prompt.text()
    );
    chat.typed("hello");
    assert_eq!(shown(&mut chat), [text], "and not sent");
    assert!(chat.says().is_empty());
    chat.tick(40_000);
    assert_eq!(shown(&mut chat), ["-- You can write in “lobby” again."]);
    assert_eq!(prompt.text(), "lobby> ");
    chat.typed("hello");
    assert_eq!(chat.says(), [("lobby", "hello")]);
}

#[test]
fn a_prompt_without_an_end_and_of_a_silent_room() {
    let mut chat = TestChat::open(true);
    let prompt = chat.state.prompt();
    chat.receive(hold(vec![Sanction {
        room: String::new(),
        automated: true,
        ..mute(0)
    }]));
    assert_eq!(prompt.text(), "lobby (muted)> ");
    chat.shown.clear();
    chat.typed("/w bob hi");
    let text = shown(&mut chat).join("");
    assert!(
        text.contains("muted: you cannot write anything. This has no end."),
        "{text}"
    );
    assert!(text.contains("No human has decided this."), "{text}");
    chat.receive(hold(vec![]));
    chat.receive(PacketBody::RoomChanged(RoomChanged {
        room: "lobby".into(),
        settings: Some(RoomSettings {
            read_only: true,
            ..RoomSettings::default()
        }),
    }));
    assert_eq!(prompt.text(), "lobby (read only)> ");
}

#[test]
fn a_message_that_waits_for_a_moderator_says_so() {
    for interactive in [true, false] {
        let mut chat = TestChat::open(interactive);
        chat.typed("hello");
        chat.answer(ReplyResult::Held(Held {}));
        assert_eq!(
            shown(&mut chat),
            ["… [lobby] hello – This message waits for a moderator."]
        );
        assert!(
            chat.state.is_settled(),
            "a script does not wait for moderators"
        );
        assert!(chat.state.all_done());
        chat.receive(PacketBody::Rejected(Rejected {
            room: "lobby".into(),
            nonce: 3,
            session: 7,
            words: "Not here.".into(),
        }));
        let text = shown(&mut chat).join("");
        let expected = "!! [lobby] hello – A moderator has rejected this message. Not here.";
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn moderators_are_told_what_came_of_it() {
    let mut chat = TestChat::open(true);
    moderates(&mut chat);
    chat.typed("/timeout bob 5m hate No");
    let told = Sanction {
        user: Some(Member {
            name: "bob".into(),
            ..Member::default()
        }),
        by: "Ann".into(),
        ..mute(1_767_225_600_000)
    };
    let asked = chat.answer(ReplyResult::Imposed(Imposed {
        sanction: Some(told.clone()),
    }));
    assert!(matches!(asked, RequestBody::Impose(_)), "{asked:?}");
    let line = "-- bob is muted in “lobby”. This ends at 2026-01-01 00:00 UTC. Reason: Spam or \
                advertising. Rule: “Say it once”. Its number is 17. By Ann.";
    assert_eq!(shown(&mut chat), [line]);
    chat.typed("/sanctions");
    chat.answer(ReplyResult::Sanctions(SanctionList {
        sanctions: vec![told],
        more: true,
    }));
    assert_eq!(shown(&mut chat), [line, "-- There are more of them."]);
    chat.typed("/sanctions -all");
    chat.answer(ReplyResult::Sanctions(SanctionList::default()));
    assert_eq!(shown(&mut chat), ["-- Nothing holds against anybody here."]);
    chat.typed("/mods");
    let moderator = |name: &str, role: Role| Moderator {
        member: Some(Member {
            name: name.into(),
            ..Member::default()
        }),
        role: role.into(),
        ..Moderator::default()
    };
    chat.answer(ReplyResult::Moderators(ModeratorList {
        room: "lobby".into(),
        moderators: vec![
            moderator("Ann", Role::Moderator),
            moderator("Zoe", Role::Admin),
        ],
    }));
    assert_eq!(
        shown(&mut chat),
        ["-- Moderators of “lobby”: Ann, Zoe (admin)"]
    );
    chat.typed("/clear");
    chat.answer(ReplyResult::Cleared(Cleared {}));
    assert_eq!(
        shown(&mut chat),
        ["-- Everything that was said in “lobby” is removed."]
    );
    chat.typed("/kick Zoe");
    chat.answer(ReplyResult::Error(RequestError {
        code: ErrorCode::IsModerator.into(),
        arguments: vec!["Zoe".into()],
        ..RequestError::default()
    }));
    assert_eq!(
        shown(&mut chat),
        ["-- Nothing was imposed on “Zoe”. “Zoe” is a moderator, too."]
    );
}

#[test]
fn settings_that_a_moderator_changes_are_shown_once() {
    let mut chat = TestChat::open(true);
    moderates(&mut chat);
    chat.typed("/slow 10s");
    chat.answer(ReplyResult::RoomChanged(RoomChanged {
        room: "lobby".into(),
        settings: Some(RoomSettings {
            slow_mode: 10_000,
            may_moderate: true,
            ..RoomSettings::default()
        }),
    }));
    assert_eq!(
        shown(&mut chat),
        ["-- [lobby] Slow mode: one message in 10 s."]
    );
    assert!(chat.state.is_settled());
}

#[test]
fn blocks_and_reports_have_their_answers() {
    let mut chat = TestChat::open(true);
    let bob = Member {
        id: 9,
        name: "bob".into(),
        ..Member::default()
    };
    let list = |users: &[Member]| {
        ReplyResult::Blocks(Blocks {
            users: users.to_vec(),
        })
    };
    chat.typed("/block bob");
    chat.answer(list(std::slice::from_ref(&bob)));
    assert_eq!(
        shown(&mut chat),
        ["-- You block bob now: you see nothing of what they say."]
    );
    chat.typed("/blocks");
    chat.answer(list(&[bob]));
    assert_eq!(shown(&mut chat), ["-- You block: bob"]);
    chat.typed("/unblock bob");
    chat.answer(list(&[]));
    assert_eq!(shown(&mut chat), ["-- You do not block bob any more."]);
    chat.typed("/blocks");
    chat.answer(list(&[]));
    assert_eq!(shown(&mut chat), ["-- You block nobody."]);
    chat.typed("/report bob harassment");
    chat.answer(ReplyResult::Reported(Reported { id: 41 }));
    assert_eq!(
        shown(&mut chat),
        ["-- The moderators have your report. Its number is 41."]
    );
    chat.receive(PacketBody::ReportDecided(ReportDecided {
        id: 41,
        acted: true,
        words: "Thank you.".into(),
    }));
    assert_eq!(
        shown(&mut chat),
        ["-- Your report 41 was looked at, and something was done about it. Thank you."]
    );
    assert!(chat.state.all_done());
}

fn line(seq: u64, text: &str, change: Option<Change>) -> PacketBody {
    PacketBody::Line(Line {
        room: "lobby".into(),
        epoch: 1,
        seq,
        sender: 9,
        name: "bob".into(),
        text: text.into(),
        change,
        ..Line::default()
    })
}

#[test]
fn lines_are_reported_and_removed_by_the_numbers_that_are_shown() {
    let mut chat = TestChat::open(true);
    chat.typed("/numbers");
    chat.shown.clear();
    chat.receive(line(3, "buy gold", None));
    assert_eq!(shown(&mut chat), ["[lobby] #3 bob: buy gold"]);
    chat.typed("/report 3 spam");
    chat.typed("/delete #3");
    let asked: Vec<_> = chat
        .requests
        .iter()
        .map(|it| it.ask.clone().unwrap())
        .collect();
    // In between, the terminal tells what was read.
    let [_, RequestBody::Report(report), RequestBody::Remove(remove)] = &asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!((report.line, remove.line), (remove.line, report.line));
    assert_eq!(report.line.map(|line| line.seq), Some(3));
    let removed = |seq, kind: ChangeKind, of| {
        let change = Change {
            seq: of,
            kind: kind.into(),
            ..Change::default()
        };
        line(seq, "", Some(change))
    };
    chat.receive(removed(4, ChangeKind::Removed, 3));
    assert_eq!(shown(&mut chat), ["-- [lobby] bob removed message 3."]);
    chat.typed("/numbers");
    chat.typed("/numbers");
    let numbered = shown(&mut chat).pop();
    assert_eq!(
        numbered.as_deref(),
        Some("[lobby] #3 bob: (message removed)")
    );
    chat.receive(removed(5, ChangeKind::Cleared, 4));
    assert_eq!(
        shown(&mut chat),
        ["-- [lobby] bob has removed everything that was said here."]
    );
    chat.typed("/numbers");
    chat.typed("/numbers");
    let numbered = shown(&mut chat).pop().unwrap();
    assert!(!numbered.contains('#'), "no trace: {numbered}");
}

#[test]
fn a_user_is_taken_out_and_put_into_rooms() {
    let mut chat = TestChat::open(true);
    let removed = |reason: RemovedReason, sanction| {
        PacketBody::Removed(Removed {
            room: "lobby".into(),
            reason: reason.into(),
            sanction,
        })
    };
    let kick = Sanction {
        kind: SanctionKind::Kick.into(),
        ..mute(0)
    };
    chat.receive(removed(RemovedReason::Kicked, Some(kick)));
    assert_eq!(
        shown(&mut chat),
        [
            "-- A moderator has taken you out of “lobby”. Reason: Spam or advertising. \
             Rule: “Say it once”. Its number is 17."
        ]
    );
    chat.receive(PacketBody::Moved(Moved {
        from: String::new(),
        joined: Some(Joined {
            room: "match".into(),
            epoch: 1,
            first_seq: 1,
            ..Joined::default()
        }),
    }));
    assert_eq!(
        shown(&mut chat),
        [
            "-- The game has put you into “match”.",
            "-- You joined “match”."
        ]
    );
    assert_eq!(chat.state.prompt().shown(), "match");
    chat.typed("/join lobby");
    chat.answer(ReplyResult::Error(RequestError {
        code: ErrorCode::Banned.into(),
        arguments: ["lobby", "1767225600000", "1", "", "5", "Write to us."]
            .map(String::from)
            .into(),
        ..RequestError::default()
    }));
    assert_eq!(
        shown(&mut chat),
        [
            "-- “lobby” cannot be joined. You are banned from “lobby”. This ends at \
             2026-01-01 00:00 UTC. Reason: Spam or advertising. Its number is 5. \
             You can appeal: Write to us."
        ]
    );
}

#[test]
fn help_has_the_commands_of_moderators_for_them_alone() {
    let mut chat = TestChat::open(true);
    chat.typed("/help");
    let text = shown(&mut chat).join("\n");
    assert!(text.contains("/report NAME|NUMBER|-w [WHY] – "), "{text}");
    assert!(!text.contains("/ban"), "{text}");
    moderates(&mut chat);
    chat.typed("/help");
    let text = shown(&mut chat).join("\n");
    assert!(
        text.contains("/ban [-all] [-ip] NAME [TIME] [WHY] – "),
        "{text}"
    );
    assert!(text.contains("-all means in all rooms"), "{text}");
}
