use crate::chat::state::waiting::SHOW_WAITING_AFTER;
use crate::chat::test_chat::TestChat;
use guildhall_protocol::{
    ErrorCode, Joined, Line, Member, MemberList, PacketBody, Presence, Removed, RemovedReason,
    Repeated, ReplyResult, RequestError, RoomChanged, RoomList, RoomSettings,
};

#[test]
fn a_message_typed_offline_is_shown_as_waiting() {
    let mut chat = TestChat::new(true);
    chat.typed("hello");
    assert_eq!(chat.shown.last().unwrap(), "… [lobby] hello");
    assert!(chat.says().is_empty());
    chat.state.session().opened(0);
    chat.drain();
    chat.welcome();
    chat.join("lobby");
    assert_eq!(chat.says(), [("lobby", "hello")]);
}

#[test]
fn a_message_without_an_answer_is_shown_as_waiting() {
    let mut chat = TestChat::open(true);
    chat.typed("quick");
    chat.typed("slow");
    chat.answer(ReplyResult::Repeated(Repeated {}));
    assert_eq!(chat.state.wake_at(), Some(SHOW_WAITING_AFTER));
    chat.tick(SHOW_WAITING_AFTER - 1);
    assert!(chat.shown.is_empty(), "{:?}", chat.shown);
    chat.tick(SHOW_WAITING_AFTER);
    chat.tick(SHOW_WAITING_AFTER + 1);
    assert_eq!(chat.shown, ["… [lobby] slow"], "once");
}

#[test]
fn a_script_is_not_told_how_to_send_again() {
    let mut chat = TestChat::open(false);
    chat.typed("hello");
    assert!(!chat.state.is_settled());
    chat.refuse();
    assert!(!chat.shown[0].contains("/retry"), "{:?}", chat.shown);
    assert!(chat.state.is_settled());
    assert!(!chat.state.all_done());
}

#[test]
fn a_script_s_line_waits_for_its_turn() {
    let mut chat = TestChat::new(false);
    assert!(!chat.state.takes("early"));
    chat = TestChat::open(false);
    assert!(chat.state.takes("/who"));
    chat.typed("one");
    assert!(chat.state.takes("two"));
    assert!(!chat.state.takes(" /who"), "not before the text");
    chat.typed("two");
    assert!(!chat.state.takes("three"), "as many as may be");
    chat.answer(ReplyResult::Repeated(Repeated {}));
    assert!(chat.state.takes("three"));
    chat.typed("/who");
    chat.answer(ReplyResult::Repeated(Repeated {}));
    assert!(!chat.state.takes("three"), "not before the answer");
    let list = MemberList::default();
    chat.answer(ReplyResult::Members(list));
    assert!(chat.state.takes("three"));
    assert!(chat.state.all_done());
}

#[test]
fn a_room_that_cannot_be_joined_is_not_current() {
    let mut chat = TestChat::open(true);
    chat.typed("/join ???");
    chat.refuse();
    assert_eq!(chat.state.prompt.shown(), "lobby");
    chat.state.typed("not to the lobby", Some("???"));
    chat.drain();
    assert!(chat.says().is_empty(), "{:?}", chat.says());
}

/// A change of the lobby's members, of which there are `count` now.
fn presence(count: u32, joined: &[(u64, &str)], left: &[u64]) -> PacketBody {
    let member = |&(id, name): &(u64, &str)| Member {
        id,
        name: name.to_owned(),
        ..Member::default()
    };
    PacketBody::Presence(Presence {
        room: "lobby".into(),
        count,
        listed: true,
        joined: joined.iter().map(member).collect(),
        left: left.to_vec(),
        whole: false,
    })
}

/// A user who knows who is in the lobby: nobody else.
fn chat_with_members() -> TestChat {
    let mut chat = TestChat::open(true);
    let mut all = presence(1, &[(7, "Ann")], &[]);
    if let PacketBody::Presence(presence) = &mut all {
        presence.whole = true;
    }
    chat.receive(all);
    assert!(chat.shown.is_empty(), "{:?}", chat.shown);
    chat
}

#[test]
fn a_crowd_that_joins_or_leaves_is_one_notice_or_none() {
    let mut chat = chat_with_members();
    chat.receive(presence(3, &[(8, "Bob"), (9, "Cid")], &[]));
    assert_eq!(chat.shown, ["-- [lobby] Bob, Cid joined."]);
    chat.shown.clear();
    chat.receive(presence(1, &[], &[8, 9]));
    assert_eq!(chat.shown, ["-- [lobby] Bob, Cid left."]);
    chat.shown.clear();
    let names: Vec<_> = (100..190).map(|id| format!("P{id}")).collect();
    let crowd: Vec<_> = (100..).zip(names.iter().map(String::as_str)).collect();
    chat.receive(presence(91, &crowd, &[]));
    let ids: Vec<_> = crowd.iter().map(|&(id, _)| id).collect();
    chat.receive(presence(1, &[], &ids));
    assert!(chat.shown.is_empty(), "{:?}", chat.shown);
}

#[test]
fn a_member_that_has_spoken_and_the_user_s_own_name_need_no_notice() {
    let mut chat = chat_with_members();
    let line = Line {
        room: "lobby".into(),
        epoch: 1,
        seq: 3,
        sender: 9,
        name: "Olga".into(),
        text: "hello".into(),
        ..Line::default()
    };
    chat.receive(PacketBody::Line(line));
    chat.receive(presence(2, &[(9, "Olga"), (7, "Anna")], &[]));
    assert_eq!(chat.shown, ["[lobby] Olga: hello"]);
}

#[test]
fn the_user_is_told_that_the_server_does_not_answer() {
    let mut chat = TestChat::open(true);
    chat.typed("/rooms");
    chat.tick(0);
    let due = chat.state.wake_at().unwrap();
    chat.tick(due - 1);
    assert!(chat.shown.is_empty(), "{:?}", chat.shown);
    chat.tick(due);
    chat.tick(due + 1);
    assert_eq!(chat.shown, ["-- The server does not answer."], "once");
    chat.shown.clear();
    chat.answer(ReplyResult::Rooms(RoomList::default()));
    assert_eq!(chat.shown, ["-- The server answers again."]);
}

/// Another setting holds in the lobby now.
fn changed(settings: RoomSettings) -> PacketBody {
    PacketBody::RoomChanged(RoomChanged {
        room: "lobby".into(),
        settings: Some(settings),
    })
}

#[test]
fn the_user_sees_what_holds_in_a_room() {
    let mut chat = TestChat::open(true);
    chat.receive(changed(RoomSettings {
        topic: "Raid at 8".into(),
        read_only: true,
        announce_only: true,
        ..RoomSettings::default()
    }));
    assert_eq!(
        chat.shown,
        [
            "-- [lobby] Only a few may say something here. You may not say anything here. Topic: \
             Raid at 8"
        ]
    );
    chat.shown.clear();
    chat.typed("hello");
    assert_eq!(chat.shown, ["-- You may not say anything here."]);
    assert!(chat.says().is_empty());
    chat.shown.clear();
    chat.receive(changed(RoomSettings::default()));
    assert_eq!(chat.shown, ["-- [lobby] Everyone may say something here."]);
}

#[test]
fn a_message_in_slow_mode_tells_how_long_it_waits() {
    let mut chat = TestChat::open(true);
    chat.receive(changed(RoomSettings {
        slow_mode: 5_000,
        ..RoomSettings::default()
    }));
    assert_eq!(chat.shown, ["-- [lobby] Slow mode: one message in 5 s."]);
    chat.typed("one");
    chat.shown.clear();
    chat.receive(PacketBody::Line(Line {
        room: "lobby".into(),
        epoch: 1,
        seq: 3,
        sender: 7,
        name: "Ann".into(),
        nonce: chat.requests[0].id,
        text: "one".into(),
        ..Line::default()
    }));
    chat.typed("two");
    let told = [
        "[lobby] Ann: one",
        "-- [lobby] You can say something again in 5 s.",
    ];
    assert_eq!(chat.shown, told);
}

#[test]
fn a_room_that_is_full_is_joined_later() {
    let mut chat = TestChat::open(true);
    chat.typed("/join raid");
    let full = RequestError {
        code: ErrorCode::RoomFull.into(),
        arguments: vec!["raid".into(), "40".into()],
        temporary: true,
        retry_after: 2_000,
    };
    chat.answer(ReplyResult::Error(full));
    assert_eq!(
        chat.shown,
        [
            "-- The room “raid” is full: no more than 40 can be in it. You join “raid” as soon as \
             that is possible."
        ]
    );
    assert_eq!(
        chat.state.prompt.shown(),
        "raid",
        "the user goes on to wait"
    );
    assert_eq!(chat.state.wake_at(), Some(2_000));
    chat.shown.clear();
    chat.tick(2_000);
    chat.answer(ReplyResult::Joined(Joined {
        room: "raid".into(),
        epoch: 1,
        first_seq: 1,
        ..Joined::default()
    }));
    assert_eq!(chat.shown, ["-- You joined “raid”."]);
}

#[test]
fn a_user_that_is_removed_from_a_room_is_told_why() {
    let mut chat = TestChat::open(true);
    chat.receive(PacketBody::Removed(Removed {
        sanction: None,
        room: "lobby".into(),
        reason: RemovedReason::Forbidden.into(),
    }));
    let told = "-- You are not in “lobby” any more: the game does not allow it.";
    assert_eq!(chat.shown, [told]);
    assert_eq!(chat.state.prompt.shown(), "");
}
