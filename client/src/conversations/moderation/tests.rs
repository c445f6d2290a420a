use alloc::string::String;

use super::super::test_chat::{TestChat, line, whisper};
use super::super::{CommandFailure, Layout, Outcome};
use crate::session::{RequestKind, SendError};
use guildhall_protocol::{
    Block, ChangeRoom, Clear, Impose, Lift, LineRef, ListBlocks, ListModerators, ListSanctions,
    Purge, Reason, Report, RequestBody, Role, SanctionKind, SetRole,
};

fn in_two_rooms() -> TestChat {
    let mut chat = TestChat::online(Layout::Stream);
    for room in ["inn", "attic"] {
        chat.join(room);
        chat.joined(room);
    }
    chat
}

#[track_caller]
fn check(typed: &str, kind: RequestKind, request: RequestBody) {
    let mut chat = in_two_rooms();
    chat.receive(line("attic", 1));
    assert_eq!(chat.run(typed), Ok(Outcome::Requested(kind)), "{typed}");
    assert_eq!(chat.requests, [request], "{typed}");
}

#[test]
fn sanctions_are_about_the_room_that_is_shown_or_about_all() {
    let (room, name) = (String::from("attic"), String::from("bob"));
    check(
        "/timeout bob 5m hate again",
        RequestKind::Impose,
        RequestBody::Impose(Impose {
            kind: SanctionKind::Mute.into(),
            room: room.clone(),
            name: name.clone(),
            seconds: 300,
            reason: Reason::Hate.into(),
            rule: "again".into(),
            ..Impose::default()
        }),
    );
    check(
        "/ban -all -ip bob",
        RequestKind::Impose,
        RequestBody::Impose(Impose {
            kind: SanctionKind::Ban.into(),
            name: name.clone(),
            reason: Reason::Other.into(),
            address: true,
            ..Impose::default()
        }),
    );
    check(
        "/unmute bob",
        RequestKind::Lift,
        RequestBody::Lift(Lift {
            kind: SanctionKind::Mute.into(),
            room: room.clone(),
            name: name.clone(),
            ..Lift::default()
        }),
    );
    check(
        "/topic Raid at 8",
        RequestKind::ChangeRoom,
        RequestBody::ChangeRoom(ChangeRoom {
            room: room.clone(),
            topic: Some("Raid at 8".into()),
            ..ChangeRoom::default()
        }),
    );
}

#[test]
fn commands_about_a_room_are_about_the_one_that_is_shown() {
    let (room, name) = (String::from("attic"), String::from("bob"));
    check(
        "/clear",
        RequestKind::Clear,
        RequestBody::Clear(Clear { room: room.clone() }),
    );
    check(
        "/purge -all bob",
        RequestKind::Purge,
        RequestBody::Purge(Purge {
            name: name.clone(),
            ..Purge::default()
        }),
    );
    check(
        "/mod bob",
        RequestKind::SetRole,
        RequestBody::SetRole(SetRole {
            name: name.clone(),
            room: room.clone(),
            role: Role::Moderator.into(),
            ..SetRole::default()
        }),
    );
    check(
        "/mods",
        RequestKind::ListModerators,
        RequestBody::ListModerators(ListModerators { room: room.clone() }),
    );
    check(
        "/sanctions",
        RequestKind::ListSanctions,
        RequestBody::ListSanctions(ListSanctions { room: room.clone() }),
    );
    check(
        "/unblock bob",
        RequestKind::Unblock,
        RequestBody::Block(Block {
            name: name.clone(),
            take_back: true,
            ..Block::default()
        }),
    );
    check(
        "/blocks",
        RequestKind::ListBlocks,
        RequestBody::ListBlocks(ListBlocks {}),
    );
    check(
        "/report #1 spam",
        RequestKind::Report,
        RequestBody::Report(Report {
            room,
            line: Some(LineRef { epoch: 1, seq: 1 }),
            reason: Reason::Spam.into(),
            ..Report::default()
        }),
    );
    check(
        "/report bob rude",
        RequestKind::Report,
        RequestBody::Report(Report {
            name,
            reason: Reason::Other.into(),
            note: "rude".into(),
            ..Report::default()
        }),
    );
}

#[test]
fn the_last_whisper_can_be_reported_if_there_is_one() {
    let mut chat = in_two_rooms();
    assert_eq!(chat.run("/report -w"), Err(CommandFailure::NobodyWhispered));
    chat.receive(whisper(9, "Bob"));
    chat.receive(whisper(9, "Bob"));
    let asked = chat.run("/report -w");
    assert_eq!(asked, Ok(Outcome::Requested(RequestKind::Report)));
    let expected = Report {
        whisper: 2,
        reason: Reason::Other.into(),
        ..Report::default()
    };
    assert_eq!(chat.requests, [RequestBody::Report(expected)]);
}

#[test]
fn what_is_about_a_room_needs_one() {
    let mut chat = TestChat::online(Layout::Tabs);
    for typed in ["/clear", "/timeout bob", "/report 1", "/mods"] {
        let failed = chat.run(typed);
        assert_eq!(failed, Err(CommandFailure::NoConversation), "{typed}");
    }
    assert!(chat.run("/ban -all bob").is_ok());
    assert!(chat.run("/block bob").is_ok());
    chat.receive(whisper(9, "Bob"));
    let failed = chat.run("/clear");
    assert_eq!(
        failed,
        Err(CommandFailure::NoConversation),
        "among whispers"
    );
    let mut chat = in_two_rooms();
    let failed = chat.run("/report 7");
    assert_eq!(failed, Err(SendError::NoSuchLine.into()));
}
