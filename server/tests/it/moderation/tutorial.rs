//! Clients of the tutorial: they are told by a close alone.

use guildhall_protocol::CloseCode;
use guildhall_testing::client::handshake;

use super::*;

/// Connects as a client of the tutorial from this address, and returns why it is closed.
fn close_reason(mut client: Client) -> String {
    client.send(handshake("").as_bytes());
    client.expect_upgrade();
    let (code, reason) = client.read_to_close();
    assert_eq!(code, Some(CloseCode::PolicyViolation.code()));
    reason
}

#[test]
fn a_muted_client_of_the_tutorial_is_heard_by_nobody() {
    let server = server();
    let address = server.address();
    let (mut moderator, _) = sign_in_to(address, &moderator_of("m", "*"), "lobby");
    let (mut tutorial, id) = server.join();
    tutorial.say("hello");
    assert_eq!(moderator.line().text, "hello");
    let imposed = impose(&mut moderator, sanction(SanctionKind::Mute, "lobby", id));
    assert_eq!(imposed.user.unwrap().name, format!("Guest {id}"));
    tutorial.say("something rude");
    // The text was read before this one, on the same thread.
    let (mut other, _) = server.join();
    other.say("on");
    assert_eq!(moderator.line().text, "on");
    assert_eq!(tutorial.chat().1, "on");
    try_lift(&mut moderator, SanctionKind::Mute, "lobby", id).unwrap();
    tutorial.say("sorry");
    assert_eq!(moderator.line().text, "sorry");
}

#[test]
fn a_client_of_the_tutorial_from_a_banned_address_is_refused_with_a_reason() {
    for room in ["", "lobby"] {
        let server = server();
        let address = server.address();
        let (mut moderator, _) = sign_in_to(address, &moderator_of("m", "*"), "lobby");
        let (mut tutorial, id) = server.join();
        let new = with_address(sanction(SanctionKind::Ban, room, id));
        let imposed = impose(&mut moderator, new);
        let (code, reason) = tutorial.read_to_close();
        assert_eq!(code, Some(CloseCode::PolicyViolation.code()));
        assert!(reason.contains("banned"), "{reason}");
        assert!(close_reason(Client::dial(address)).contains("banned"));
        Client::dial_from(ELSEWHERE, address).joined();
        try_lift(
            &mut moderator,
            SanctionKind::Ban,
            room,
            imposed.user.unwrap().id,
        )
        .unwrap();
        server.join();
    }
}

#[test]
fn a_kicked_client_of_the_tutorial_is_closed_and_may_come_back() {
    for room in ["", "lobby"] {
        let server = server();
        let address = server.address();
        let (mut moderator, _) = sign_in_to(address, &moderator_of("m", "*"), "lobby");
        let (mut tutorial, id) = server.join();
        impose(&mut moderator, sanction(SanctionKind::Kick, room, id));
        let (code, reason) = tutorial.read_to_close();
        assert_eq!(code, Some(CloseCode::PolicyViolation.code()));
        assert!(reason.contains("taken you out"), "{reason}");
        let (mut again, _) = server.join();
        again.say("hello");
        assert_eq!(moderator.line().text, "hello");
    }
}

#[test]
fn the_address_of_a_muted_guest_counts_for_clients_of_the_tutorial() {
    let server = server();
    let address = server.address();
    let (mut moderator, _) = sign_in_to(address, &moderator_of("m", "*"), "lobby");
    let (_bob, welcome) = V1Client::in_room(address, "Bob", "lobby");
    impose(
        &mut moderator,
        with_address(sanction(SanctionKind::Mute, "lobby", welcome.id)),
    );
    let (mut muted, _) = server.join();
    muted.say("something rude");
    let (mut elsewhere, _) = Client::dial_from(ELSEWHERE, address).joined();
    elsewhere.say("on");
    // The first one was read before it.
    assert_eq!(muted.chat().1, "on");
    assert_eq!(moderator.line().text, "on");
}
