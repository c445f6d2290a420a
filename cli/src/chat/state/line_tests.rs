//! Edits, removals, reactions, replies, searches and unread lines, as a user at the terminal sees
//! them.

use crate::chat::test_chat::TestChat;
use guildhall_protocol::{
    Change, ChangeKind, Edit, Joined, Line, LineRef, MarkRead, PacketBody, React, Reaction, Remove,
    ReplyResult, RequestBody, Say, SearchPage, Unread, UnreadList,
};

/// A line of the lobby, by Ann (the user, 7) or Bob (9).
fn line(seq: u64, sender: u64, text: &str) -> Line {
    Line {
        room: "lobby".into(),
        epoch: 1,
        seq,
        sender,
        name: if sender == 7 { "Ann" } else { "Bob" }.into(),
        text: text.into(),
        ..Line::default()
    }
}

fn change(seq: u64, sender: u64, kind: ChangeKind, changed: u64, text: &str) -> Line {
    Line {
        change: Some(Change {
            user: 0,
            seq: changed,
            kind: kind.into(),
            reaction: Some(Reaction {
                reaction: "+1".into(),
                count: 1,
            }),
        }),
        ..line(seq, sender, text)
    }
}

fn at(seq: u64) -> LineRef {
    LineRef { epoch: 1, seq }
}

/// A chat in which these lines were said, from number 3 on.
fn chat(interactive: bool, lines: &[(u64, &str)]) -> TestChat {
    let mut chat = TestChat::open(interactive);
    for (seq, (sender, text)) in (3..).zip(lines) {
        chat.receive(PacketBody::Line(line(seq, *sender, text)));
    }
    chat.shown.clear();
    chat.requests.clear();
    chat
}

/// The requests that the user has made.
fn asks(chat: &TestChat) -> Vec<RequestBody> {
    let asks = chat.requests.iter().filter_map(|it| it.ask.clone());
    asks.collect()
}

#[test]
fn changes_are_told_and_are_no_messages() {
    let mut chat = chat(true, &[(9, "hi"), (7, "hello")]);
    chat.receive(PacketBody::Line(change(
        5,
        9,
        ChangeKind::Edited,
        3,
        "hi\nall",
    )));
    chat.receive(PacketBody::Line(change(6, 9, ChangeKind::Reacted, 4, "")));
    chat.receive(PacketBody::Line(change(7, 9, ChangeKind::TookBack, 4, "")));
    chat.receive(PacketBody::Line(change(8, 9, ChangeKind::Removed, 3, "")));
    assert_eq!(
        chat.shown,
        [
            "-- [lobby] Bob edited message 3: hi\n      all",
            "-- [lobby] Bob reacted with +1 to message 4 (Ann: hello)",
            "-- [lobby] Bob took +1 back from message 4 (Ann: hello)",
            "-- [lobby] Bob removed message 3.",
        ]
    );
}

#[test]
fn a_reply_stands_below_a_quote() {
    let mut chat = chat(true, &[(9, "how are\nyou?")]);
    let reply = |seq, reply_to| {
        PacketBody::Line(Line {
            reply_to,
            ..line(seq, 7, "fine")
        })
    };
    chat.receive(reply(4, 3));
    chat.receive(reply(5, 1));
    chat.receive(PacketBody::Line(change(6, 9, ChangeKind::Removed, 3, "")));
    chat.receive(reply(7, 3));
    assert_eq!(
        chat.shown,
        [
            "-- [lobby] Reply to Bob: how are you?",
            "[lobby] Ann: fine",
            "-- [lobby] Reply to an earlier message",
            "[lobby] Ann: fine",
            "-- [lobby] Bob removed message 3.",
            "-- [lobby] Reply to Bob: (message removed)",
            "[lobby] Ann: fine",
        ]
    );
}

#[test]
fn a_room_that_is_joined_tells_no_old_changes() {
    let mut chat = TestChat::new(true);
    chat.state.session().opened(0);
    chat.drain();
    chat.welcome();
    let joined = Joined {
        room: "lobby".into(),
        epoch: 1,
        first_seq: 3,
        last_seq: 5,
        count: 1,
        ..Joined::default()
    };
    chat.answer(ReplyResult::Joined(joined.clone()));
    chat.shown.clear();
    chat.receive(PacketBody::Line(Line {
        edited: 1,
        ..line(3, 9, "new")
    }));
    chat.receive(PacketBody::Line(line(4, 9, "more")));
    chat.receive(PacketBody::Line(change(5, 9, ChangeKind::Edited, 3, "new")));
    assert_eq!(
        chat.shown,
        ["· [lobby] Bob: new (edited)", "· [lobby] Bob: more"]
    );
    // But those that came while the user was away.
    chat.shown.clear();
    chat.requests.clear();
    chat.receive(PacketBody::Line(change(7, 9, ChangeKind::Edited, 4, "x")));
    chat.answer(ReplyResult::Joined(Joined {
        first_seq: 6,
        last_seq: 7,
        resumed: true,
        ..joined
    }));
    chat.receive(PacketBody::Line(line(6, 9, "missed")));
    chat.receive(PacketBody::Line(change(7, 9, ChangeKind::Edited, 4, "x")));
    let expected = [
        "· [lobby] Bob: missed",
        "-- [lobby] Bob edited message 4: x",
    ];
    assert_eq!(chat.shown, expected);
}

#[test]
fn numbers_are_shown_on_demand_and_name_a_line() {
    let mut chat = chat(false, &[(7, "one"), (9, "two"), (7, "three")]);
    chat.typed("/numbers");
    assert_eq!(
        chat.shown[1..],
        [
            "[lobby] #3 Ann: one",
            "[lobby] #4 Bob: two",
            "[lobby] #5 Ann: three"
        ]
    );
    chat.shown.clear();
    chat.receive(PacketBody::Line(line(6, 9, "four")));
    assert_eq!(chat.shown, ["[lobby] #6 Bob: four"]);
    chat.typed("/edit 3 uno");
    chat.typed("/delete #5");
    let room = || "lobby".to_owned();
    let react = |take_back| {
        RequestBody::React(React {
            room: room(),
            line: Some(at(4)),
            reaction: "+1".into(),
            take_back,
        })
    };
    // Two at a time: the server of these tests takes no more.
    let edit = RequestBody::Edit(Edit {
        room: room(),
        line: Some(at(3)),
        text: "uno".into(),
    });
    let remove = RequestBody::Remove(Remove {
        room: room(),
        line: Some(at(5)),
    });
    assert_eq!(asks(&chat), [edit, remove]);
    chat.receive(PacketBody::Line(Line {
        nonce: chat.requests[0].id,
        ..change(7, 7, ChangeKind::Edited, 3, "uno")
    }));
    chat.receive(PacketBody::Line(Line {
        nonce: chat.requests[1].id,
        ..change(8, 7, ChangeKind::Removed, 5, "")
    }));
    chat.requests.clear();
    chat.typed("/react 4 +1");
    chat.typed("/unreact 4 +1");
    assert_eq!(asks(&chat), [react(false), react(true)]);
    chat.shown.clear();
    chat.typed("/numbers");
    chat.receive(PacketBody::Line(line(9, 9, "five")));
    assert_eq!(
        chat.shown,
        ["-- Messages have no numbers any more.", "[lobby] Bob: five"]
    );
}

#[test]
fn a_reply_is_sent_to_the_newest_line_of_others() {
    let mut chat = chat(true, &[(9, "how are you?"), (7, "hm")]);
    chat.typed("/quote fine");
    let say = RequestBody::Say(Say {
        room: "lobby".into(),
        text: "fine".into(),
        action: false,
        reply_to: Some(at(3)),
    });
    assert_eq!(asks(&chat), [say]);
}

#[test]
fn a_script_waits_for_the_answer_to_its_change() {
    let mut chat = chat(false, &[(7, "helo")]);
    chat.typed("/edit hello");
    assert!(!chat.state.is_settled() && !chat.state.takes("next"));
    chat.receive(PacketBody::Line(Line {
        nonce: chat.requests[0].id,
        ..change(4, 7, ChangeKind::Edited, 3, "hello")
    }));
    assert!(chat.state.is_settled() && chat.state.all_done());
    chat.requests.clear();
    chat.typed("/delete");
    chat.refuse();
    assert!(chat.state.is_settled() && !chat.state.all_done());
    let told = chat.shown.last().unwrap();
    assert!(told.starts_with("-- [lobby] The message stays"), "{told}");
}

#[test]
fn a_command_about_no_line_is_refused() {
    let mut chat = chat(true, &[]);
    for typed in ["/edit x", "/delete", "/react +1", "/unreact +1", "/quote x"] {
        chat.shown.clear();
        chat.typed(typed);
        let words = "-- There is no message that this could be about.";
        assert_eq!(chat.shown, [words], "{typed}");
    }
    assert!(chat.requests.is_empty() && !chat.state.all_done());
}

#[test]
fn what_is_found_has_its_room_and_its_number() {
    let mut chat = chat(false, &[]);
    chat.typed("/search");
    assert_eq!(chat.shown, ["-- There is nothing more to be found."]);
    chat.shown.clear();
    chat.typed("/search dragon");
    assert!(!chat.state.is_settled());
    let mut elsewhere = line(40, 9, "a dragon!");
    elsewhere.room = "attic".into();
    chat.answer(ReplyResult::Found(SearchPage {
        lines: vec![elsewhere, line(2, 7, "dragon?")],
        next: vec![1],
    }));
    assert_eq!(
        chat.shown,
        [
            "-- 2 messages found:",
            "[attic] #40 Bob: a dragon!",
            "[lobby] #2 Ann: dragon?",
            "-- End of what was found so far. /search alone shows more.",
        ]
    );
    chat.shown.clear();
    chat.typed("/search");
    chat.answer(ReplyResult::Found(SearchPage::default()));
    assert_eq!(chat.shown, ["-- Nothing was found."]);
    assert!(chat.state.is_settled());
}

/// A user who joins the lobby, and has read up to line 2 of 4.
fn chat_with_unread(interactive: bool) -> TestChat {
    let mut chat = TestChat::new(interactive);
    chat.state.session().opened(0);
    chat.drain();
    chat.welcome();
    chat.answer(ReplyResult::Joined(Joined {
        room: "lobby".into(),
        epoch: 1,
        first_seq: 3,
        last_seq: 4,
        count: 1,
        read_seq: 2,
        ..Joined::default()
    }));
    chat.shown.clear();
    chat
}

fn unread(room: &str, lines: u32, mentions: u32, more: bool) -> Unread {
    Unread {
        room: room.into(),
        read: Some(at(2)),
        lines,
        mentions,
        more,
    }
}

fn list(rooms: &[Unread]) -> ReplyResult {
    let rooms = rooms.to_vec();
    ReplyResult::Unread(UnreadList { rooms })
}

#[test]
fn what_is_unread_is_told_at_the_start() {
    let mut chat = chat_with_unread(true);
    chat.receive(PacketBody::Line(line(3, 9, "hi")));
    assert!(matches!(asks(&chat)[0], RequestBody::ListUnread(_)));
    let mark = RequestBody::MarkRead(MarkRead {
        room: "lobby".into(),
        line: Some(at(3)),
    });
    assert_eq!(asks(&chat)[1], mark, "behind the question");
    chat.shown.clear();
    chat.answer(list(&[
        unread("lobby", 2, 0, false),
        unread("attic", 1, 1, false),
        unread("hall", 500, 3, true),
        unread("inn", 0, 0, false),
    ]));
    assert_eq!(
        chat.shown,
        [
            "-- “lobby”: 2 new messages",
            "-- “attic”: 1 new message, 1 names you",
            "-- “hall”: more than 500 new messages, 3 name you",
        ]
    );
}

#[test]
fn that_nothing_is_unread_is_told_to_who_asks() {
    let mut chat = chat_with_unread(true);
    chat.answer(list(&[]));
    assert!(chat.shown.is_empty(), "{:?}", chat.shown);
    chat.typed("/unread");
    chat.answer(list(&[unread("lobby", 0, 0, false)]));
    assert_eq!(chat.shown, ["-- You have read everything."]);
    assert!(chat.state.is_settled());
}

#[test]
fn an_error_to_what_nobody_asked_for_is_not_told() {
    let mut chat = chat_with_unread(true);
    chat.refuse();
    assert!(chat.shown.is_empty() && chat.state.all_done());
    chat.typed("/unread");
    chat.refuse();
    assert!(chat.shown[0].contains("did not come") && !chat.state.all_done());
}

#[test]
fn a_script_marks_nothing_as_read() {
    let mut chat = chat_with_unread(false);
    chat.receive(PacketBody::Line(line(3, 9, "hi")));
    assert!(chat.requests.is_empty(), "{:?}", chat.requests);
}
