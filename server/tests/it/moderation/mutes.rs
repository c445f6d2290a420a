//! Mutes: what the person is told, and what it cannot do until the end.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use guildhall_protocol::{Edit, LineRef, React, Remove, Role};
use guildhall_testing::v1_client::whisper;

use super::*;

#[test]
fn a_muted_user_is_told_why_and_until_when_and_says_nothing() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let line = bob.say("red", "something rude");
    moderator.line();

    let imposed = impose(
        &mut moderator,
        sanction(SanctionKind::Mute, "red", welcome.id),
    );
    assert_eq!(imposed.until, imposed.since + 60_000);
    assert_eq!(
        (imposed.by.as_str(), imposed.note.as_str()),
        ("Mod m", "the third time")
    );
    assert_eq!(imposed.user.as_ref().unwrap().name, "Bob");
    assert!(!imposed.automated);
    assert_eq!(told(&mut bob), [as_told(&imposed)]);

    let line = LineRef {
        epoch: line.epoch,
        seq: line.seq,
    };
    check_refused(&refused_say(&mut bob, "red"), ErrorCode::Muted, &imposed);
    for ask in [
        RequestBody::Edit(Edit {
            room: "red".into(),
            line: Some(line),
            text: "something ruder".into(),
        }),
        RequestBody::React(React {
            room: "red".into(),
            line: Some(line),
            reaction: "👎".into(),
            take_back: false,
        }),
    ] {
        check_refused(&bob.ask(ask).unwrap_err(), ErrorCode::Muted, &imposed);
    }
    // A name is something that the room reads, too.
    check_refused(&bob.rename("Rude").unwrap_err(), ErrorCode::Muted, &imposed);
    moderator.expect_quiet();
    // It may take back what it has said, and speak elsewhere.
    let nonce = bob.send(RequestBody::Remove(Remove {
        room: "red".into(),
        line: Some(line),
    }));
    bob.outcome(nonce).unwrap();
    moderator.line();
    bob.join("blue");
    bob.say("blue", "hello");
    bob.whisper(welcome.id, "it is in no room");
}

#[test]
fn a_mute_everywhere_is_of_all_rooms_and_of_whispers() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let imposed = impose(&mut moderator, sanction(SanctionKind::Mute, "", welcome.id));
    told(&mut bob);
    bob.join("blue");
    for room in ["red", "blue"] {
        check_refused(&refused_say(&mut bob, room), ErrorCode::Muted, &imposed);
    }
    let refused = bob.ask(whisper(welcome.id, "", "psst")).unwrap_err();
    check_refused(&refused, ErrorCode::Muted, &imposed);
    check_refused(&bob.rename("Rude").unwrap_err(), ErrorCode::Muted, &imposed);
}

#[test]
fn a_mute_ends_by_itself_and_needs_no_hint() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let start = Instant::now();
    let short = Impose {
        seconds: 1,
        ..sanction(SanctionKind::Mute, "red", welcome.id)
    };
    let imposed = impose(&mut moderator, short);
    told(&mut bob);
    check_refused(&refused_say(&mut bob, "red"), ErrorCode::Muted, &imposed);
    while {
        let nonce = bob.send_say("red", "now?");
        bob.outcome(nonce).is_err()
    } {
        assert!(start.elapsed() < Duration::from_secs(20), "it does not end");
        thread::sleep(Duration::from_millis(20));
    }
    // By the clock of the day, which the server counts in whole milliseconds.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(now >= Duration::from_millis(imposed.until), "{now:?}");
    assert!(list(&mut moderator, "red").unwrap().sanctions.is_empty());
}

#[test]
fn a_lifted_mute_is_told_and_the_user_speaks_again() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let kind = SanctionKind::Mute;
    let refused = try_lift(&mut moderator, kind, "red", welcome.id).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NoSuchSanction);
    assert_eq!(refused.arguments, [welcome.id.to_string()]);
    impose(&mut moderator, sanction(kind, "red", welcome.id));
    assert_eq!(told(&mut bob).len(), 1);
    // It is of this room and of this kind alone.
    for (kind, room) in [(SanctionKind::Ban, "red"), (kind, "blue"), (kind, "")] {
        assert!(try_lift(&mut moderator, kind, room, welcome.id).is_err());
    }
    try_lift(&mut moderator, kind, "red", welcome.id).unwrap();
    assert!(told(&mut bob).is_empty());
    bob.say("red", "thank you");
    assert!(try_lift(&mut moderator, kind, "red", welcome.id).is_err());
}

#[test]
fn a_second_mute_of_the_same_room_takes_the_place_of_the_first() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let first = impose(
        &mut moderator,
        sanction(SanctionKind::Mute, "red", welcome.id),
    );
    told(&mut bob);
    let endless = Impose {
        seconds: 0,
        ..sanction(SanctionKind::Mute, "red", welcome.id)
    };
    let second = impose(&mut moderator, endless);
    assert!(second.id > first.id && second.until == 0);
    assert_eq!(told(&mut bob), [as_told(&second)]);
    assert_eq!(list(&mut moderator, "red").unwrap().sanctions, [second]);
}

#[test]
fn what_was_said_before_the_mute_and_is_sent_again_is_a_repeat() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let nonce = bob.send_say("red", "once");
    bob.outcome(nonce).unwrap();
    impose(
        &mut moderator,
        sanction(SanctionKind::Mute, "red", welcome.id),
    );
    told(&mut bob);
    bob.send_request(nonce, say("red", "once"));
    assert!(matches!(bob.reply(nonce), Ok(ReplyResult::Repeated(_))));
}

#[test]
fn a_welcome_tells_what_holds_and_what_the_user_may_do() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (_, player) = sign_in(address, &of("7"));
    assert_eq!(player.role(), Role::Unspecified);
    assert!(player.sanctions.is_empty());
    let in_red = impose(
        &mut moderator,
        sanction(SanctionKind::Mute, "red", player.id),
    );
    let everywhere = impose(&mut moderator, sanction(SanctionKind::Mute, "", player.id));
    let (_, again) = sign_in(address, &of("7"));
    let expected = [as_told(&everywhere), as_told(&in_red)];
    assert_eq!(again.sanctions, expected);
    let role = |token: &NewToken| sign_in(address, token).1.role();
    assert_eq!(role(&moderator_of("8", "*")), Role::Moderator);
    assert_eq!(role(&moderator_of("9", "red")), Role::Unspecified);
    assert_eq!(role(&allowed("10", "*", &[Right::Admin])), Role::Admin);
}

#[test]
fn a_mute_of_one_room_keeps_a_user_from_another_name_wherever_it_is() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "blue");
    let mut moderator = moderator(address);
    let mute = sanction(SanctionKind::Mute, "red", welcome.id);
    let imposed = impose(&mut moderator, mute);
    told(&mut bob);
    // It is not in the room, where its name would be read when it comes.
    check_refused(&bob.rename("Rude").unwrap_err(), ErrorCode::Muted, &imposed);
    try_lift(&mut moderator, SanctionKind::Mute, "red", welcome.id).unwrap();
    bob.rename("Bobby").unwrap();
}

#[test]
fn an_account_that_is_muted_in_a_room_brings_no_name_with_another_device() {
    let server = server();
    let address = server.address();
    let (_bob, welcome) = sign_in_to(address, &of("bob"), "red");
    let mut moderator = moderator(address);
    impose(
        &mut moderator,
        sanction(SanctionKind::Mute, "red", welcome.id),
    );
    let mut device = V1Client::dial(address);
    let second = device.welcome(Hello {
        token: sign(&of("bob")),
        ..hello("Rude")
    });
    assert_eq!(second.unwrap().name, welcome.name);
}
