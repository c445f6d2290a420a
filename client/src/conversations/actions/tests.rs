//! What commands and buttons become.

use super::super::test_chat::{TestChat, line, own_line, whisper};
use super::super::{CommandFailure, Layout, OlderLines, Outcome};
use crate::session::{RequestKind, SendError};
use alloc::string::ToString as _;
use guildhall_protocol::{ErrorCode, RequestBody};

#[test]
fn texts_go_to_the_current_conversation() {
    let mut chat = TestChat::online(Layout::Tabs);
    assert_eq!(chat.run("hello"), Err(CommandFailure::NoConversation));
    chat.join("lobby");
    chat.joined("lobby");
    assert!(matches!(chat.run("hello"), Ok(Outcome::Sent(_))));
    chat.receive(whisper(9, "Bob"));
    let bob = chat.conversations.of_partner_name("bob").unwrap().id();
    chat.conversations.select(bob);
    assert!(matches!(chat.run("/me waves"), Ok(Outcome::Sent(_))));
    let RequestBody::Say(say) = chat.requests.remove(0) else {
        panic!("{:?}", chat.requests);
    };
    assert_eq!((say.room.as_str(), say.text.as_str()), ("lobby", "hello"));
    let RequestBody::Whisper(whisper) = chat.requests.remove(0) else {
        panic!("{:?}", chat.requests);
    };
    assert_eq!((whisper.to, whisper.action), (9, true));
}

#[test]
fn a_text_goes_to_the_room_it_was_typed_for() {
    let mut chat = TestChat::online(Layout::Stream);
    chat.join("Inn");
    chat.joined("inn");
    chat.join("lobby");
    let command = crate::command::parse("hello").unwrap().unwrap();
    let (session, conversations) = (&mut chat.session, &mut chat.conversations);
    conversations.run(session, command, Some("Inn")).unwrap();
    chat.drain();
    assert_eq!(chat.conversations.current().unwrap().name(), "lobby");
    let inn = chat.conversations.of_room("inn").unwrap().id();
    let own = chat.conversations.own_messages().next().unwrap();
    assert_eq!(own.conversation, Some(inn));
}

#[test]
fn a_whisper_is_addressed_by_name_when_the_id_may_be_another_users() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.receive(whisper(9, "Bob"));
    chat.disconnect();
    chat.run("psst").unwrap();
    chat.welcome(false);
    let RequestBody::Whisper(whisper) = &chat.requests[0] else {
        panic!("{:?}", chat.requests);
    };
    assert_eq!((whisper.to, whisper.name.as_str()), (0, "Bob"));
}

#[test]
fn a_reply_goes_to_the_last_whisperer() {
    let mut chat = TestChat::online(Layout::Tabs);
    assert_eq!(chat.run("/r hello"), Err(CommandFailure::NobodyWhispered));
    chat.join("lobby");
    chat.joined("lobby");
    chat.receive(whisper(9, "Bob"));
    assert_eq!(chat.current(), "lobby");
    let long = ["/r ", &"x".repeat(5_000)].concat();
    assert!(chat.run(&long).is_err());
    assert_eq!(chat.current(), "lobby", "nothing was sent");
    chat.run("/r hello").unwrap();
    assert_eq!(chat.current(), "Bob");
    let RequestBody::Whisper(whisper) = &chat.requests[0] else {
        panic!("{:?}", chat.requests);
    };
    assert_eq!(whisper.to, 9);
}

#[test]
fn leaving_needs_a_conversation() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("lobby");
    chat.joined("lobby");
    assert_eq!(
        chat.run("/leave attic"),
        Err(CommandFailure::NothingToLeave)
    );
    assert_eq!(chat.run("/leave"), Ok(Outcome::Done));
    assert!(matches!(&chat.requests[0], RequestBody::Leave(leave) if leave.room == "lobby"));
    assert!(chat.conversations.current().is_none());
}

#[test]
fn requests_say_what_they_wait_for() {
    let mut chat = TestChat::online(Layout::Stream);
    assert_eq!(
        chat.run("/rooms"),
        Ok(Outcome::Requested(RequestKind::ListRooms))
    );
    assert_eq!(
        chat.run("/nick Zoe"),
        Ok(Outcome::Requested(RequestKind::Rename))
    );
    assert_eq!(chat.run("/help"), Ok(Outcome::Help));
    let nowhere = chat.run("/who").unwrap_err();
    assert_eq!(nowhere, CommandFailure::Send(SendError::NotInRoom));
    assert_eq!(nowhere.to_string(), "the user is not in this room");
}

#[test]
fn a_failed_whisper_is_sent_again_to_its_partner() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.receive(whisper(9, "Bob"));
    let Ok(Outcome::Sent(nonce)) = chat.run("psst") else {
        panic!("it is not sent");
    };
    chat.refuse(ErrorCode::NoSuchClient);
    assert!(chat.conversations.own_message(nonce).unwrap().has_failed());
    let again = chat.conversations.retry(&mut chat.session, nonce).unwrap();
    chat.drain();
    assert!(chat.conversations.own_message(nonce).is_none());
    assert!(!chat.conversations.own_message(again).unwrap().has_failed());
    let RequestBody::Whisper(whisper) = &chat.requests[0] else {
        panic!("{:?}", chat.requests);
    };
    assert_eq!((whisper.to, whisper.name.as_str()), (0, "Bob"), "by name");
    let gone = chat.conversations.retry(&mut chat.session, nonce);
    assert_eq!(gone, Err(SendError::NoSuchMessage));
}

#[test]
fn a_failed_whisper_to_another_user_never_goes_to_the_partner_shown() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.receive(whisper(9, "Bob"));
    assert_eq!(chat.current(), "Bob");
    let Ok(Outcome::Sent(nonce)) = chat.run("/w Zed secret") else {
        panic!("it is not sent");
    };
    chat.refuse(ErrorCode::NoSuchClient);
    let bob = chat.conversations.current().unwrap().partner().unwrap();
    assert_eq!(bob.id, Some(crate::UserId(9)), "Bob is still there");
    chat.conversations.retry(&mut chat.session, nonce).unwrap();
    chat.drain();
    let RequestBody::Whisper(whisper) = &chat.requests[0] else {
        panic!("{:?}", chat.requests);
    };
    assert_eq!((whisper.to, whisper.name.as_str()), (0, "Zed"));
}

#[test]
fn only_a_failed_message_can_be_discarded() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("lobby");
    chat.joined("lobby");
    let Ok(Outcome::Sent(nonce)) = chat.run("hello") else {
        panic!("it is not sent");
    };
    chat.conversations.discard(&mut chat.session, nonce);
    assert!(chat.conversations.own_message(nonce).is_some(), "pending");
    chat.receive(own_line("lobby", 1, nonce));
    assert!(chat.conversations.own_message(nonce).is_none());
}

#[test]
fn a_refused_room_is_joined_again_from_its_tab() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("inn");
    chat.joined("inn");
    chat.disconnect();
    chat.welcome(true);
    chat.refuse(ErrorCode::ServerRoomsFull);
    assert!(chat.session.room("inn").is_none(), "the session gave it up");
    assert_eq!(chat.run("/join inn"), Ok(Outcome::Done));
    assert!(chat.session.room("inn").is_some(), "it is wanted again");
}

#[test]
fn older_lines_load_once() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("lobby");
    chat.joined("lobby");
    let lobby = chat.conversations.current().unwrap().id();
    chat.conversations
        .fetch_older(&mut chat.session, lobby)
        .unwrap();
    let older = |chat: &TestChat| chat.conversations.get(lobby).unwrap().older();
    assert_eq!(older(&chat), OlderLines::Loading);
    chat.drain();
    chat.refuse(ErrorCode::BadRequest);
    assert_eq!(older(&chat), OlderLines::Possible);
}

#[test]
fn lines_that_a_client_has_put_away_are_fetched_again() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("inn");
    chat.joined("inn");
    for seq in 1..=5 {
        chat.receive(line("inn", seq));
    }
    let id = chat.conversations.current().unwrap().id();
    assert_eq!(
        chat.conversations.current().unwrap().older(),
        OlderLines::None
    );
    (chat.conversations).forget_before(&mut chat.session, id, 4);
    let older = chat.conversations.current().unwrap().older();
    assert_eq!(older, OlderLines::Possible);
    (chat.conversations)
        .fetch_older(&mut chat.session, id)
        .unwrap();
    chat.drain();
    let RequestBody::FetchHistory(fetch) = &chat.requests[0] else {
        panic!("{:?}", chat.requests);
    };
    assert_eq!(fetch.before, 4);
}
