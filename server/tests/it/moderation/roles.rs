//! Roles that admins give and take while the server runs.

use guildhall_protocol::{ListModerators, Moderator, Role, RoomSettings, SetRole};

use crate::room_rules::changed;

use super::*;

fn admin(address: SocketAddr, rooms: &str) -> V1Client {
    let token = NewToken {
        name: Some("Boss".into()),
        ..allowed("boss", rooms, &[Right::Admin])
    };
    sign_in_to(address, &token, "red").0
}

fn try_give(by: &mut V1Client, user: u64, room: &str, role: Role) -> Result<(), RequestError> {
    let set = SetRole {
        user,
        room: room.into(),
        role: role.into(),
        ..SetRole::default()
    };
    match by.ask(RequestBody::SetRole(set))? {
        ReplyResult::RoleSet(_) => Ok(()),
        other => panic!("not given: {other:?}"),
    }
}

fn moderators(client: &mut V1Client, room: &str) -> Vec<Moderator> {
    let list = ListModerators { room: room.into() };
    match client.ask(RequestBody::ListModerators(list)).unwrap() {
        ReplyResult::Moderators(list) => {
            assert_eq!(list.room, room);
            list.moderators
        }
        other => panic!("no list: {other:?}"),
    }
}

/// The names of those who moderate a room, and whether they are there.
fn names(client: &mut V1Client, room: &str) -> Vec<(String, Role, bool, bool)> {
    let list = moderators(client, room);
    let mut names: Vec<_> = (list.into_iter())
        .map(|one| {
            let name = one.member.as_ref().unwrap().name.clone();
            (name, one.role(), one.everywhere, one.present)
        })
        .collect();
    names.sort_by(|one, two| one.0.cmp(&two.0));
    names
}

fn is_moderator(settings: Option<RoomSettings>) -> bool {
    settings.is_some_and(|it| it.may_moderate && it.may_remove)
}

#[test]
fn a_role_is_given_and_taken_at_once_on_every_device_and_thread() {
    for threads in [1, 2] {
        let server = TestServer::with(config(threads));
        let address = server.address();
        let mut admin = admin(address, "*");
        let (_ann, victim) = V1Client::in_room(address, "Ann", "red");
        let mut devices = [(); 2].map(|()| sign_in_to(address, &of("7"), "red"));
        devices[0].0.join("blue");
        let id = devices[0].1.id;
        let mute = || sanction(SanctionKind::Mute, "red", victim.id);
        assert!(try_impose(&mut devices[0].0, mute()).is_err());
        try_give(&mut admin, id, "red", Role::Moderator).unwrap();
        for (device, _) in &mut devices {
            assert!(is_moderator(changed(device, "red")));
            impose(device, mute());
            let elsewhere = sanction(SanctionKind::Mute, "blue", victim.id);
            assert!(try_impose(device, elsewhere).is_err());
        }
        try_give(&mut admin, id, "red", Role::Unspecified).unwrap();
        for (device, _) in &mut devices {
            assert!(!is_moderator(changed(device, "red")));
            assert!(try_impose(device, mute()).is_err());
        }
        // Everywhere, and over another connection.
        try_give(&mut admin, id, "", Role::Moderator).unwrap();
        let (mut again, welcome) = sign_in(address, &of("7"));
        assert_eq!(welcome.role(), Role::Moderator);
        assert!(is_moderator(again.join("green").settings));
        impose(&mut again, sanction(SanctionKind::Mute, "", victim.id));
    }
}

#[test]
fn only_admins_give_roles_and_no_one_takes_the_role_of_an_equal() {
    let server = server();
    let address = server.address();
    let mut admin = admin(address, "*");
    let (_, player) = sign_in(address, &of("7"));
    let mut moderator = moderator(address);
    let (_ann, guest) = V1Client::hello(address, "Ann");
    let (_, other_admin) = sign_in(address, &allowed("8", "*", &[Right::Admin]));
    let (_, of_token) = sign_in(address, &moderator_of("9", "red"));
    let code = |result: Result<(), RequestError>| result.unwrap_err().code();
    for room in ["red", ""] {
        let tried = try_give(&mut moderator, player.id, room, Role::Moderator);
        assert_eq!(code(tried), ErrorCode::Forbidden);
    }
    let mut give = |user, role| try_give(&mut admin, user, "red", role);
    assert_eq!(code(give(guest.id, Role::Moderator)), ErrorCode::BadRequest);
    assert_eq!(code(give(999_999, Role::Moderator)), ErrorCode::NoSuchUser);
    assert_eq!(
        code(give(other_admin.id, Role::Unspecified)),
        ErrorCode::IsModerator
    );
    // A role that a token gives, no admin takes.
    assert_eq!(
        code(give(of_token.id, Role::Unspecified)),
        ErrorCode::IsModerator
    );
    give(of_token.id, Role::Admin).unwrap();
    // An admin everywhere outranks one of a room, and not one that it has made its equal.
    give(of_token.id, Role::Moderator).unwrap();
    try_give(&mut admin, player.id, "", Role::Admin).unwrap();
    let taken = try_give(&mut admin, player.id, "", Role::Unspecified);
    assert_eq!(code(taken), ErrorCode::IsModerator);
}

#[test]
fn an_admin_of_a_room_gives_roles_there_alone() {
    let server = server();
    let address = server.address();
    let mut admin = admin(address, "red");
    let (mut player, welcome) = sign_in_to(address, &of("7"), "red");
    for room in ["blue", ""] {
        let refused = try_give(&mut admin, welcome.id, room, Role::Moderator).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
    }
    try_give(&mut admin, welcome.id, "red", Role::Moderator).unwrap();
    assert!(is_moderator(changed(&mut player, "red")));
    // The same once more changes nothing, and tells nothing.
    try_give(&mut admin, welcome.id, "red", Role::Moderator).unwrap();
    player.expect_quiet();
}

#[test]
fn a_refreshed_token_keeps_the_role_that_was_given() {
    let server = server();
    let address = server.address();
    let mut admin = admin(address, "*");
    let (mut player, welcome) = sign_in_to(address, &of("7"), "red");
    try_give(&mut admin, welcome.id, "red", Role::Moderator).unwrap();
    assert!(is_moderator(changed(&mut player, "red")));
    player.refresh(&sign(&of("7"))).unwrap();
    player.expect_quiet();
    // The rights of a token end with it, and the role stays.
    player.refresh(&sign(&moderator_of("7", "*"))).unwrap();
    player.refresh(&sign(&of("7"))).unwrap();
    let (_ann, ann) = V1Client::hello(address, "Ann");
    let mut mute = |room| try_impose(&mut player, sanction(SanctionKind::Mute, room, ann.id));
    mute("red").unwrap();
    assert_eq!(mute("blue").unwrap_err().code(), ErrorCode::Forbidden);
}

#[test]
fn members_see_who_moderates_their_room() {
    let server = server();
    let address = server.address();
    let mut admin = admin(address, "*");
    let (_mod, _) = sign_in_to(address, &moderator_of("1", "red"), "red");
    let (_, _) = sign_in(address, &moderator_of("2", "*"));
    let (_other, _) = sign_in(address, &moderator_of("3", "blue"));
    let named = NewToken {
        name: Some("Zoe".into()),
        ..of("7")
    };
    let (_zoe, zoe) = sign_in(address, &named);
    try_give(&mut admin, zoe.id, "red", Role::Moderator).unwrap();
    let (mut ann, _) = V1Client::in_room(address, "Ann", "red");
    let expected = [
        ("Boss", Role::Admin, true, true),
        ("Mod 1", Role::Moderator, false, true),
        ("Mod 2", Role::Moderator, true, false),
        ("Zoe", Role::Moderator, false, false),
    ];
    let expected = expected.map(|(name, role, all, here)| (name.to_owned(), role, all, here));
    assert_eq!(names(&mut ann, "red"), expected);
    let list = ListModerators {
        room: "blue".into(),
    };
    let refused = ann.ask(RequestBody::ListModerators(list)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NotInRoom);
}
