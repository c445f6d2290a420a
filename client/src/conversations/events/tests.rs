//! What the session's events mean for the conversations.

use super::super::test_chat::{TestChat, line, own_line, own_whisper, whisper};
use super::super::{DeliveryStatus, Outcome};
use super::*;
use alloc::vec::Vec;
use guildhall_protocol::{Line, PacketBody, Removed, RemovedReason, RoomChanged, RoomSettings};

fn in_lobby() -> TestChat {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("lobby");
    chat.joined("lobby");
    chat
}

#[test]
fn only_what_others_say_unseen_is_unread() {
    let mut chat = in_lobby();
    assert_eq!(chat.receive(line("lobby", 1)).unread, Unread::No, "seen");
    chat.sees_newest = false;
    assert_eq!(chat.receive(line("lobby", 2)).unread, Unread::First);
    assert_eq!(chat.receive(line("lobby", 3)).unread, Unread::More);
    let own = own_line("lobby", 4, RequestId(99));
    assert_eq!(chat.receive(own).unread, Unread::No);
    let update = chat.receive(whisper(9, "Bob"));
    assert_eq!(update.unread, Unread::First, "in a conversation of its own");
    assert!(!update.selected);
    assert_eq!(chat.conversations.unread(), 3);
    let lobby = chat.conversations.current().unwrap().id();
    assert!(chat.conversations.mark_read(lobby));
    assert!(!chat.conversations.mark_read(lobby));
    assert_eq!(chat.conversations.unread(), 1);
}

#[test]
fn what_was_said_before_the_first_visit_is_not_unread() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.sees_newest = false;
    chat.join("lobby");
    chat.joined_with_lines("lobby", 2);
    assert_eq!(chat.receive(line("lobby", 1)).unread, Unread::No);
    chat.disconnect();
    chat.welcome(true);
    chat.rejoined("lobby", 3);
    assert_eq!(
        chat.receive(line("lobby", 2)).unread,
        Unread::First,
        "missed"
    );
}

#[test]
fn a_partner_is_found_by_id_and_then_by_name() {
    let mut chat = in_lobby();
    chat.receive(whisper(9, "Bob"));
    chat.receive(whisper(9, "Rob"));
    assert!(
        chat.conversations.of_partner_name("ROB").is_some(),
        "renamed"
    );
    chat.receive(whisper(12, "Rob"));
    let partners: Vec<_> = chat
        .conversations
        .iter()
        .filter_map(Conversation::partner)
        .collect();
    let rob = Partner {
        id: Some(UserId(12)),
        name: "Rob".into(),
    };
    assert_eq!(partners, [&rob], "the partner came back");
}

#[test]
fn a_new_session_forgets_ids() {
    let mut chat = in_lobby();
    chat.receive(whisper(9, "Bob"));
    let id = |chat: &TestChat| {
        let bob = chat.conversations.of_partner_name("bob").unwrap();
        bob.partner().unwrap().id
    };
    chat.disconnect();
    chat.welcome(true);
    assert_eq!(id(&chat), Some(UserId(9)));
    chat.disconnect();
    chat.welcome(false);
    assert_eq!(id(&chat), None);
}

#[test]
fn a_whisper_typed_in_a_room_goes_on_with_its_partner() {
    let mut chat = in_lobby();
    let Ok(Outcome::Sent(nonce)) = chat.run("/w Bob psst") else {
        panic!("it is not sent");
    };
    let lobby = chat.conversations.current().unwrap().id();
    let typed_in = chat.conversations.of_message(nonce).unwrap().id();
    assert_eq!(typed_in, lobby, "until the server knows Bob");
    let update = chat.receive(own_whisper(9, "Bob", nonce));
    assert!(update.selected);
    assert_eq!(chat.current(), "Bob");
    assert!(chat.conversations.own_message(nonce).is_none());
}

#[test]
fn a_partner_who_is_gone_is_named_and_has_no_id() {
    let mut chat = in_lobby();
    chat.receive(whisper(9, "Bob"));
    let Ok(Outcome::Sent(nonce)) = chat.run("/r hello") else {
        panic!("it is not sent");
    };
    chat.refuse(ErrorCode::NoSuchClient);
    let own = chat.conversations.own_message(nonce).unwrap();
    let DeliveryStatus::Failed(FailReason::Refused(error)) = &own.status else {
        panic!("{own:?}");
    };
    assert_eq!(error.arguments, ["Bob"]);
    let bob = chat.conversations.of_message(nonce).unwrap();
    assert_eq!(bob.partner().unwrap().id, None);
}

#[test]
fn a_room_that_cannot_be_joined_has_no_conversation() {
    let mut chat = TestChat::online(Layout::Stream);
    chat.join("lobby");
    chat.joined("lobby");
    chat.join("???");
    chat.refuse(ErrorCode::BadRoomName);
    assert_eq!(chat.current(), "lobby");
    assert_eq!(chat.conversations.iter().count(), 1);
}

#[test]
fn two_names_of_one_room_are_one_conversation() {
    let mut chat = TestChat::online(Layout::Stream);
    chat.join("inn");
    chat.joined("inn");
    chat.join("Inn");
    assert_eq!(chat.conversations.iter().count(), 2);
    chat.joined("inn");
    assert_eq!(chat.conversations.iter().count(), 1);
    assert_eq!(chat.current(), "inn");
    chat.join("Inn");
    assert_eq!(chat.conversations.iter().count(), 1, "by its former name");
}

#[test]
fn messages_of_a_closed_tab_are_forgotten() {
    for (layout, kept) in [(Layout::Tabs, 0), (Layout::Stream, 1)] {
        let mut chat = TestChat::online(layout);
        chat.join("lobby");
        chat.joined("lobby");
        chat.run("hello").unwrap();
        chat.run("/leave").unwrap();
        assert_eq!(chat.conversations.own_messages().count(), kept);
    }
}

#[test]
fn a_room_left_and_wanted_again_keeps_its_conversation() {
    let mut chat = TestChat::online(Layout::Stream);
    chat.join("lobby");
    chat.joined("lobby");
    let lobby = chat.conversations.current().unwrap().id();
    chat.conversations.leave(&mut chat.session, lobby);
    chat.conversations.join(&mut chat.session, "lobby");
    chat.drain();
    assert_eq!(chat.current(), "lobby");
}

#[test]
fn a_first_line_has_nothing_before_it() {
    let mut chat = in_lobby();
    let older = |chat: &TestChat| chat.conversations.current().unwrap().older();
    assert_eq!(older(&chat), OlderLines::None);
    chat.run("/leave").unwrap();
    chat.forget_requests();
    chat.join("lobby");
    chat.joined_from("lobby", 5);
    assert_eq!(older(&chat), OlderLines::Possible);
}

#[test]
fn a_whisper_before_the_room_that_the_user_wants_is_unread() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("inn");
    let update = chat.receive(whisper(9, "Bob"));
    assert_eq!(update.unread, Unread::First);
    assert!(chat.conversations.current().is_none());
    chat.joined("inn");
    assert_eq!((chat.current(), chat.conversations.unread()), ("inn", 1));

    // If the room cannot be joined, there is something to see all the same.
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("???");
    chat.receive(whisper(9, "Bob"));
    chat.refuse(ErrorCode::BadRoomName);
    assert_eq!(chat.current(), "Bob");

    // The same if the user gives it up.
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("inn");
    chat.receive(whisper(9, "Bob"));
    chat.session.leave("inn");
    chat.drain();
    assert_eq!(chat.current(), "Bob");
}

fn removed(room: &str) -> PacketBody {
    PacketBody::Removed(Removed {
        sanction: None,
        room: room.into(),
        reason: RemovedReason::Forbidden.into(),
    })
}

#[test]
fn a_tab_stays_readable_when_the_user_is_taken_out_of_its_room() {
    let mut chat = in_lobby();
    chat.join("inn");
    chat.joined("inn");
    let lobby = chat.conversations.of_room("lobby").unwrap().id();
    chat.conversations.select(lobby);
    let update = chat.receive(removed("lobby"));
    assert_eq!((update.conversation, update.selected), (Some(lobby), false));
    let conversation = chat.conversations.get(lobby).unwrap();
    assert_eq!(conversation.removed(), Some(RemovedReason::Forbidden));
    assert_eq!(conversation.older(), OlderLines::Forbidden);
    assert!(chat.run("hello").is_err());

    // The room lets the user in again: its newest lines come once more.
    chat.join("lobby");
    chat.joined_with_lines("lobby", 1);
    let again = chat.conversations.current().unwrap();
    assert!(again.id() != lobby && again.removed().is_none());
    assert!(chat.conversations.get(lobby).is_none());
    let rooms: Vec<_> = chat.conversations.iter().map(Conversation::name).collect();
    assert_eq!(rooms, ["lobby", "inn"], "in the same place");
    assert!(chat.run("hello").is_ok());
}

#[test]
fn a_tab_of_a_room_that_the_user_was_taken_out_of_can_be_closed() {
    let mut chat = in_lobby();
    chat.receive(removed("lobby"));
    chat.run("/leave").unwrap();
    assert_eq!(chat.conversations.iter().count(), 0);
}

#[test]
fn a_stream_is_in_a_room_no_more_that_the_user_was_taken_out_of() {
    let mut chat = TestChat::online(Layout::Stream);
    for room in ["lobby", "inn"] {
        chat.join(room);
        chat.joined(room);
    }
    assert_eq!(chat.receive(removed("inn")).conversation, None);
    assert_eq!(chat.current(), "lobby");
}

#[test]
fn older_lines_are_not_asked_for_where_the_user_may_not_see_them() {
    let mut chat = in_lobby();
    let id = chat.conversations.current().unwrap().id();
    for (no_history, older) in [(true, OlderLines::Forbidden), (false, OlderLines::Possible)] {
        chat.receive(PacketBody::RoomChanged(RoomChanged {
            room: "lobby".into(),
            settings: Some(RoomSettings {
                no_history,
                ..RoomSettings::default()
            }),
        }));
        assert_eq!(chat.conversations.get(id).unwrap().older(), older);
    }
}

#[test]
fn a_room_that_is_joined_late_does_not_take_the_user_away() {
    let mut chat = in_lobby();
    chat.join("raid");
    chat.delay(ErrorCode::RoomFull);
    chat.session.tick(1_000, 0.0);
    chat.drain();
    chat.joined("raid");
    assert!(chat.conversations.of_room("raid").is_some());
    assert_eq!(chat.current(), "lobby");
}

#[test]
fn what_the_user_says_elsewhere_answers_nothing_here() {
    let mut chat = in_lobby();
    chat.sees_newest = false;
    let Ok(Outcome::Sent(nonce)) = chat.run("hello") else {
        panic!("it is sent");
    };
    let PacketBody::Line(own) = own_line("lobby", 1, nonce) else {
        unreachable!("it is a line");
    };
    let elsewhere = Line { session: 71, ..own };
    let update = chat.receive(PacketBody::Line(elsewhere));
    assert_eq!(update.unread, Unread::No, "it is the user's own");
    assert!(
        chat.conversations.own_message(nonce).is_some(),
        "on its way"
    );
    chat.receive(own_line("lobby", 2, nonce));
    assert!(chat.conversations.own_message(nonce).is_none());
    // A whisper that was typed elsewhere opens the conversation here.
    chat.receive(own_whisper(9, "Bob", RequestId(0)));
    assert!(chat.conversations.of_partner_name("Bob").is_some());
}
