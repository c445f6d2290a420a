//! Values that no client of ours sends.

use guildhall_protocol::limits::MAX_NOTE_BYTES;
use guildhall_protocol::{ListModerators, Role, SetRole};

use super::*;

/// The requests of moderators with names that are far too long.
fn with_long_names() -> Vec<RequestBody> {
    let long = "x".repeat(15_000);
    vec![
        RequestBody::Impose(Impose {
            name: long.clone(),
            ..sanction(SanctionKind::Mute, "red", 0)
        }),
        RequestBody::Impose(sanction(SanctionKind::Mute, &long, 1)),
        RequestBody::Lift(Lift {
            kind: SanctionKind::Mute.into(),
            room: "red".into(),
            name: long.clone(),
            ..Lift::default()
        }),
        RequestBody::Lift(Lift {
            kind: SanctionKind::Mute.into(),
            room: long.clone(),
            ..Lift::default()
        }),
        RequestBody::ListSanctions(ListSanctions { room: long.clone() }),
        RequestBody::ListModerators(ListModerators { room: long.clone() }),
        RequestBody::SetRole(SetRole {
            name: long.clone(),
            role: Role::Moderator.into(),
            ..SetRole::default()
        }),
        RequestBody::SetRole(SetRole {
            room: long,
            role: Role::Moderator.into(),
            ..SetRole::default()
        }),
    ]
}

#[test]
fn long_names_are_refused_with_short_errors() {
    let server = server();
    let address = server.address();
    let admin = sign_in(address, &allowed("boss", "*", &[Right::Admin])).0;
    let guest = V1Client::hello(address, "Bob").0;
    for mut client in [admin, guest] {
        for ask in with_long_names() {
            let refused = client.ask(ask).expect_err("nobody has such a name");
            let bytes: usize = refused.arguments.iter().map(String::len).sum();
            assert!(bytes < 300, "{refused:?}");
        }
        client.expect_quiet();
    }
}

#[test]
fn an_act_with_wrong_values_does_nothing() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let good = || sanction(SanctionKind::Mute, "red", welcome.id);
    let kick = || sanction(SanctionKind::Kick, "red", welcome.id);
    let too_long = "x".repeat(MAX_NOTE_BYTES + 1);
    #[rustfmt::skip]
    let wrong = [
        (Impose { kind: 0, ..good() }, ErrorCode::BadRequest),
        (Impose { kind: 99, ..good() }, ErrorCode::BadRequest),
        (Impose { kind: -1, ..good() }, ErrorCode::BadRequest),
        (Impose { reason: 99, ..good() }, ErrorCode::BadRequest),
        (Impose { reason: i32::MIN, ..good() }, ErrorCode::BadRequest),
        (Impose { rule: too_long.clone(), ..good() }, ErrorCode::TextTooLong),
        (Impose { note: too_long, ..good() }, ErrorCode::TextTooLong),
        (Impose { rule: "a\u{202e}b".into(), ..good() }, ErrorCode::BadRequest),
        (Impose { note: "\0".into(), ..good() }, ErrorCode::BadRequest),
        (Impose { room: "two words".into(), ..good() }, ErrorCode::BadRoomName),
        (Impose { user: u64::MAX, ..good() }, ErrorCode::NoSuchUser),
        (Impose { seconds: 1, ..kick() }, ErrorCode::BadRequest),
        (Impose { address: true, ..kick() }, ErrorCode::BadRequest),
    ];
    for (new, code) in wrong {
        let refused = try_impose(&mut moderator, new.clone()).expect_err("it is wrong");
        assert_eq!(refused.code(), code, "{new:?}");
    }
    bob.expect_quiet();
    bob.say("red", "hello");
    let (mut admin, _) = sign_in(address, &allowed("boss", "*", &[Right::Admin]));
    let (_, player) = sign_in(address, &of("7"));
    let set = SetRole {
        user: player.id,
        role: 99,
        ..SetRole::default()
    };
    let refused = admin.ask(RequestBody::SetRole(set)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::BadRequest);
}

#[test]
fn the_largest_values_are_taken() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let new = Impose {
        seconds: u32::MAX,
        rule: "ü\n".repeat(MAX_NOTE_BYTES / 3),
        note: "x".repeat(MAX_NOTE_BYTES),
        report: u64::MAX,
        ..sanction(SanctionKind::Mute, "red", welcome.id)
    };
    let imposed = impose(&mut moderator, new);
    assert_eq!(imposed.until - imposed.since, u64::from(u32::MAX) * 1_000);
    assert_eq!(told(&mut bob), [as_told(&imposed)]);
    check_refused(&refused_say(&mut bob, "red"), ErrorCode::Muted, &imposed);
}

#[test]
fn more_than_fits_is_listed_in_part_and_refused_above_the_bound() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let new = |room: u32| Impose {
        rule: "x".repeat(MAX_NOTE_BYTES),
        ..sanction(SanctionKind::Mute, &format!("room-{room}"), welcome.id)
    };
    for room in 0..100 {
        impose(&mut moderator, new(room));
        // Each of these fits into a message: the client checks that.
        let told = told(&mut bob);
        assert_eq!(told[0].room, format!("room-{room}"));
    }
    let refused = try_impose(&mut moderator, new(100)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Unavailable);
    let list = list(&mut moderator, "").unwrap();
    assert!(list.more && list.sanctions.len() > 20);
    // Also what it was not told of holds.
    bob.join("room-0");
    assert_eq!(refused_say(&mut bob, "room-0").code(), ErrorCode::Muted);
}
