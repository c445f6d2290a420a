//! A sanctioned user tries to escape: by another name, another connection, another device, another
//! session, as a guest from the same address. On one thread and on several.

use super::*;

/// The kinds that go on holding, everywhere.
const HOLDING: [SanctionKind; 2] = [SanctionKind::Mute, SanctionKind::Ban];

/// Checks that a hello does not help against this sanction.
#[track_caller]
fn check_held(address: SocketAddr, hello: Hello, sanction: &Sanction) {
    if sanction.kind() == SanctionKind::Ban {
        check_refused(&banned_hello(address, hello), ErrorCode::Banned, sanction);
        return;
    }
    let mut client = V1Client::dial(address);
    client.last_request = 1_000;
    let welcome = client.welcome(hello).expect("a muted user may read");
    assert_eq!(welcome.sanctions, [as_told(sanction)]);
    client.join("red");
    check_refused(&refused_say(&mut client, "red"), ErrorCode::Muted, sanction);
}

#[test]
fn an_account_is_sanctioned_on_every_device_and_under_every_name() {
    for (threads, kind) in [1, 2]
        .into_iter()
        .flat_map(|n| HOLDING.map(|kind| (n, kind)))
    {
        let server = TestServer::with(config(threads));
        let address = server.address();
        let mut moderator = moderator(address);
        let token = |name: &str| NewToken {
            name: Some(name.into()),
            ..of("7")
        };
        let mut devices = ["Bob", "Bob"].map(|name| sign_in_to(address, &token(name), "red"));
        let id = devices[0].1.id;
        let imposed = impose(&mut moderator, sanction(kind, "", id));
        for (device, _) in &mut devices {
            assert_eq!(told(device), [as_told(&imposed)]);
            if kind == SanctionKind::Ban {
                removed(device, RemovedReason::Banned);
                device.client.expect_close(3503);
            } else {
                check_refused(&refused_say(device, "red"), ErrorCode::Muted, &imposed);
            }
        }
        // A resumed session, a new one, and one under another name.
        for (name, session) in [
            ("Bob", devices[0].1.session.clone()),
            ("Bob", Vec::new()),
            ("Somebody else", Vec::new()),
        ] {
            let hello = Hello {
                token: sign(&token(name)),
                session,
                ..hello(name)
            };
            check_held(address, hello, &imposed);
        }
    }
}

#[test]
fn a_guest_is_sanctioned_in_its_session() {
    for (threads, kind) in [1, 2]
        .into_iter()
        .flat_map(|n| HOLDING.map(|kind| (n, kind)))
    {
        let server = TestServer::with(config(threads));
        let address = server.address();
        let mut moderator = moderator(address);
        let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
        bob.rename("Rob").unwrap();
        let imposed = impose(&mut moderator, sanction(kind, "", welcome.id));
        assert_eq!(told(&mut bob), [as_told(&imposed)]);
        bob.client.reset();
        let hello = |session: &[u8]| Hello {
            session: session.to_vec(),
            ..hello("Innocent")
        };
        check_held(address, hello(&welcome.session), &imposed);
        // A new session is another guest, if nobody has said that it is about the address.
        let (mut other, welcome) = V1Client::in_room(address, "Innocent", "red");
        assert!(welcome.sanctions.is_empty());
        other.say("red", "hello");
    }
}

#[test]
fn a_guest_does_not_escape_with_a_new_session_if_its_address_is_sanctioned() {
    for (threads, kind) in [1, 2]
        .into_iter()
        .flat_map(|n| HOLDING.map(|kind| (n, kind)))
    {
        let server = TestServer::with(config(threads));
        let address = server.address();
        let mut moderator = moderator(address);
        let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
        // Another guest of the same address, who is there already, on any thread.
        let (mut friend, _) = V1Client::in_room(address, "Friend", "red");
        let new = with_address(sanction(kind, "", welcome.id));
        let imposed = impose(&mut moderator, new);
        for client in [&mut bob, &mut friend] {
            assert_eq!(told(client), [as_told(&imposed)]);
            if kind == SanctionKind::Ban {
                removed(client, RemovedReason::Banned);
                client.client.expect_close(3503);
            } else {
                check_refused(&refused_say(client, "red"), ErrorCode::Muted, &imposed);
            }
        }
        for name in ["", "Bob", "Somebody else"] {
            check_held(address, hello(name), &imposed);
        }
        // Others are not meant: guests of another address, and users with an account.
        let elsewhere = hello_from(ELSEWHERE, address, hello("Zoe")).unwrap();
        assert!(elsewhere.sanctions.is_empty());
        let (mut mira, welcome) = sign_in_to(address, &of("8"), "red");
        assert!(welcome.sanctions.is_empty());
        mira.say("red", "hello");
        try_lift(&mut moderator, kind, "", imposed.user.unwrap().id).unwrap();
        let (mut back, _) = V1Client::in_room(address, "Back", "blue");
        back.say("blue", "hello");
    }
}

#[test]
fn the_address_of_a_user_that_is_away_counts_while_its_session_can_be_resumed() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (bob, welcome) = V1Client::in_room(address, "Bob", "red");
    moderator.presence(|it| !it.joined.is_empty());
    bob.client.reset();
    moderator.presence(|it| it.left.contains(&welcome.id));
    let new = with_address(sanction(SanctionKind::Ban, "", welcome.id));
    let imposed = impose(&mut moderator, new);
    check_refused(
        &banned_hello(address, hello("Rob")),
        ErrorCode::Banned,
        &imposed,
    );
}

#[test]
fn a_guest_that_says_something_and_leaves_is_still_meant_with_its_address() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let line = bob.say("red", "something rude");
    bob.client.say_goodbye();
    moderator.line();
    assert_eq!(line.sender, welcome.id);
    let new = with_address(sanction(SanctionKind::Ban, "", line.sender));
    let imposed = impose(&mut moderator, new);
    assert_eq!(imposed.user.as_ref().unwrap().name, "Bob");
    check_refused(
        &banned_hello(address, hello("Rob")),
        ErrorCode::Banned,
        &imposed,
    );
    // A client of the tutorial, which has no session at all, from another address.
    moderator.join("lobby");
    let (mut tutorial, sender) = Client::dial_from(ELSEWHERE, address).joined();
    // A member that comes and goes in a moment is told of by nobody.
    moderator.presence(|it| it.joined.iter().any(|one| one.id == sender));
    tutorial.say("something rude");
    assert_eq!(moderator.line().sender, sender);
    tutorial.reset();
    moderator.presence(|it| it.room == "lobby" && it.left.contains(&sender));
    impose(
        &mut moderator,
        with_address(sanction(SanctionKind::Ban, "", sender)),
    );
    let refused = hello_from(ELSEWHERE, address, hello("Zoe")).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Banned);
}

#[test]
fn the_address_of_a_user_with_an_account_counts_for_guests() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (mut bob, welcome) = sign_in_to(address, &of("7"), "red");
    let new = with_address(sanction(SanctionKind::Ban, "red", welcome.id));
    let imposed = impose(&mut moderator, new);
    told(&mut bob);
    removed(&mut bob, RemovedReason::Banned);
    let (mut guest, welcome) = V1Client::hello(address, "Rob");
    assert_eq!(welcome.sanctions, [as_told(&imposed)]);
    let refused = guest.join_from("red", 0, 0).unwrap_err();
    check_refused(&refused, ErrorCode::Banned, &imposed);
    guest.join("blue");
    guest.say("blue", "hello");
}

#[test]
fn a_muted_guest_cannot_speak_by_a_name() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let new = with_address(sanction(SanctionKind::Mute, "", welcome.id));
    impose(&mut moderator, new);
    told(&mut bob);
    let (mut again, welcome) = V1Client::hello(address, "All mods are bad");
    assert_eq!(welcome.name, format!("Guest {}", welcome.id));
    assert_eq!(
        again.rename("Mods are bad").unwrap_err().code(),
        ErrorCode::Muted
    );
}

#[test]
fn a_goodbye_does_not_end_what_holds_against_an_account() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (mut bob, welcome) = sign_in_to(address, &of("7"), "red");
    let imposed = impose(
        &mut moderator,
        sanction(SanctionKind::Mute, "red", welcome.id),
    );
    bob.client.say_goodbye();
    let (mut again, welcome) = sign_in_to(address, &of("7"), "red");
    assert_eq!(welcome.sanctions, [as_told(&imposed)]);
    check_refused(&refused_say(&mut again, "red"), ErrorCode::Muted, &imposed);
}

#[test]
fn a_room_under_another_spelling_is_the_same_room() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let imposed = impose(
        &mut moderator,
        sanction(SanctionKind::Ban, "RED", welcome.id),
    );
    assert_eq!(imposed.room, "red");
    told(&mut bob);
    removed(&mut bob, RemovedReason::Banned);
    for spelling in ["red", "Red", "RED", "ｒｅｄ"] {
        let refused = bob.join_from(spelling, 0, 0).unwrap_err();
        check_refused(&refused, ErrorCode::Banned, &imposed);
    }
}
