//! The settings for guests: they may do everything, only read, or nothing.

use guildhall_protocol::{CloseCode, ErrorCode};
use guildhall_server::accounts::{AccountsConfig, Guests};

use super::*;
use guildhall_testing::client::Client;
use guildhall_testing::v1_client::{say, whisper};

/// A server with a key, on which guests may do this.
fn server_with(guests: Guests) -> TestServer {
    TestServer::with(config(AccountsConfig {
        guests,
        ..accounts()
    }))
}

#[test]
fn a_server_without_keys_has_guests_and_one_with_keys_has_none() {
    let server = TestServer::open();
    V1Client::hello(server.address(), "Ann");
    server.join();

    let server = self::server();
    let mut client = V1Client::dial(server.address());
    let refused = client.welcome(hello("Ann"));
    check_refused(client, refused, "no guests", 3501);
    let (_, welcome) = sign_in(server.address(), &of("42"));
    assert_eq!(welcome.user, "42");
}

#[test]
fn a_client_of_the_tutorial_is_closed_if_there_are_no_guests() {
    let server = server_with(Guests::Deny);
    let mut client = Client::dial(server.address());
    client.send(guildhall_testing::client::handshake("").as_bytes());
    client.expect_upgrade();
    let (code, reason) = client.read_to_close();
    assert_eq!(code, Some(CloseCode::PolicyViolation.code()));
    assert!(reason.contains("no guests"), "{reason}");
}

#[test]
fn guests_that_may_read_get_what_is_said_and_say_nothing() {
    let server = server_with(Guests::ReadOnly);
    let address = server.address();
    let (mut tutorial, _) = server.join();
    let (mut guest, welcome) = V1Client::in_room(address, "Ann", "lobby");
    let (mut mira, user) = sign_in_to(address, &named("42", "Mira"), "lobby");
    mira.say("lobby", "hello readers");
    assert_eq!(tutorial.chat().1, "hello readers");
    assert_eq!(guest.line().text, "hello readers");
    for ask in [say("lobby", "hi"), whisper(user.id, "", "hi")] {
        let refused = guest.ask(ask).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        assert_eq!(refused.arguments[1], "say");
        assert!(!refused.temporary);
    }
    tutorial.say("hi");
    // The text of the tutorial's client was read before this answer.
    let line = mira.say("lobby", "still here");
    assert_eq!(line.seq, 2, "nobody else has said anything");
    assert_eq!(tutorial.chat().1, "still here");
    assert_eq!(guest.line().seq, 2);
    // It may do all else, and others may whisper to it.
    guest.rename("Zoe").unwrap();
    mira.whisper(welcome.id, "psst");
    assert_eq!(guest.whisper_line().text, "psst");
}

#[test]
fn guests_that_are_allowed_beside_users_chat_with_them() {
    let server = server_with(Guests::Allow);
    let (mut tutorial, id) = server.join();
    let (mut guest, _) = V1Client::in_room(server.address(), "Ann", "lobby");
    let (mut mira, _) = sign_in_to(server.address(), &named("42", "Mira"), "lobby");
    tutorial.say("hi all");
    for client in [&mut guest, &mut mira] {
        let line = client.line();
        assert_eq!((line.sender, &*line.user), (id, ""));
    }
    guest.say("lobby", "hi Mira");
    assert_eq!(mira.line().text, "hi Mira");
}
