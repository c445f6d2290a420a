//! The rights of moderators: their rooms, the users that they act against, and their lists.

use super::*;

/// Checks that a request is refused because the client does not moderate this room.
#[track_caller]
fn check_no_moderator<T: std::fmt::Debug>(result: Result<T, RequestError>, room: &str) {
    let refused = result.expect_err("it is no moderator");
    assert_eq!(refused.code(), ErrorCode::Forbidden, "{refused:?}");
    assert_eq!(refused.arguments, [room, "moderate"]);
}

#[track_caller]
fn check_is_moderator<T: std::fmt::Debug>(result: Result<T, RequestError>, name: &str) {
    let refused = result.expect_err("it is a moderator");
    assert_eq!(refused.code(), ErrorCode::IsModerator, "{refused:?}");
    assert_eq!(refused.arguments, [name]);
}

#[test]
fn who_is_no_moderator_does_nothing() {
    let server = server();
    let address = server.address();
    let (_ann, victim) = V1Client::in_room(address, "Ann", "red");
    let (guest, _) = V1Client::in_room(address, "Bob", "red");
    let (player, _) = sign_in_to(address, &of("7"), "red");
    for mut client in [guest, player] {
        for room in ["red", ""] {
            for kind in [SanctionKind::Mute, SanctionKind::Ban, SanctionKind::Kick] {
                let new = sanction(kind, room, victim.id);
                check_no_moderator(try_impose(&mut client, new), room);
                check_no_moderator(try_lift(&mut client, kind, room, victim.id), room);
            }
            check_no_moderator(list(&mut client, room), room);
        }
    }
}

#[test]
fn a_moderator_of_some_rooms_acts_there_alone() {
    let server = server();
    let address = server.address();
    let (_ann, victim) = V1Client::in_room(address, "Ann", "guild-1");
    let (mut of_guilds, _) = sign_in(address, &moderator_of("m", "guild-*"));
    let mut everywhere = moderator(address);
    let kind = SanctionKind::Mute;
    let here = impose(&mut of_guilds, sanction(kind, "guild-1", victim.id));
    for room in ["red", ""] {
        check_no_moderator(
            try_impose(&mut of_guilds, sanction(kind, room, victim.id)),
            room,
        );
    }
    let elsewhere = impose(&mut everywhere, sanction(kind, "red", victim.id));
    let of_all = impose(&mut everywhere, sanction(kind, "", victim.id));
    check_no_moderator(try_lift(&mut of_guilds, kind, "", victim.id), "");
    check_no_moderator(list(&mut of_guilds, "red"), "red");

    let check = |client: &mut V1Client, room: &str, expected: &[&Sanction]| {
        let list = list(client, room).unwrap();
        assert!(!list.more);
        assert!(
            list.sanctions.iter().eq(expected.iter().copied()),
            "{list:?}"
        );
    };
    check(&mut of_guilds, "", &[&here]);
    check(&mut of_guilds, "guild-1", &[&here]);
    check(&mut everywhere, "red", &[&elsewhere]);
    check(&mut everywhere, "", &[&of_all, &elsewhere, &here]);
    check(&mut everywhere, "blue", &[]);
}

#[test]
fn moderators_do_nothing_to_each_other_and_to_themselves() {
    let server = server();
    let address = server.address();
    let (mut one, own) = sign_in(address, &moderator_of("1", "*"));
    let (mut two, other) = sign_in(address, &moderator_of("2", "*"));
    let (mut of_red, in_red) = sign_in(address, &moderator_of("3", "red"));
    let (mut admin, boss) = sign_in(address, &allowed("4", "*", &[Right::Admin]));
    let kind = SanctionKind::Mute;
    for (user, name) in [(own.id, "Mod 1"), (other.id, "Mod 2"), (in_red.id, "Mod 3")] {
        check_is_moderator(try_impose(&mut one, sanction(kind, "red", user)), name);
    }
    let boss_name = boss.name.as_str();
    check_is_moderator(try_impose(&mut one, sanction(kind, "", boss.id)), boss_name);
    check_is_moderator(
        try_impose(&mut admin, sanction(kind, "", boss.id)),
        boss_name,
    );
    // A moderator of a room is a player elsewhere.
    impose(&mut one, sanction(kind, "blue", in_red.id));
    check_is_moderator(
        try_impose(&mut of_red, sanction(kind, "red", other.id)),
        "Mod 2",
    );
    // An admin acts against moderators, and they do not lift it themselves.
    impose(&mut admin, sanction(kind, "red", other.id));
    assert_eq!(told(&mut two).len(), 1);
    two.join("red");
    assert_eq!(refused_say(&mut two, "red").code(), ErrorCode::Muted);
    check_is_moderator(try_lift(&mut two, kind, "red", other.id), "Mod 2");
    check_is_moderator(try_lift(&mut one, kind, "red", other.id), "Mod 2");
    try_lift(&mut admin, kind, "red", other.id).unwrap();
}

#[test]
fn a_user_is_meant_by_its_number_account_or_name() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let named = NewToken {
        name: Some("Mira".into()),
        ..of("user-7")
    };
    let (_mira, mira) = sign_in(address, &named);
    let (_bob, bob) = V1Client::hello(address, "Bob");
    let (_guest, guest) = V1Client::hello(address, "");
    for (user, name, id) in [
        (mira.id, "", mira.id),
        (0, "user-7", mira.id),
        (0, "mira", mira.id),
        (0, "BOB", bob.id),
        (0, guest.name.as_str(), guest.id),
    ] {
        let new = Impose {
            user,
            name: name.into(),
            ..sanction(SanctionKind::Mute, "red", 0)
        };
        let imposed = impose(&mut moderator, new);
        assert_eq!(imposed.user.unwrap().id, id, "{user} {name:?}");
    }
    for (user, name, shown) in [
        (999_999, "Bob", "999999"),
        (0, "Nobody", "Nobody"),
        (0, "", ""),
    ] {
        let new = Impose {
            user,
            name: name.into(),
            ..sanction(SanctionKind::Mute, "red", 0)
        };
        let refused = try_impose(&mut moderator, new).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NoSuchUser);
        assert_eq!(refused.arguments, [shown]);
    }
}
