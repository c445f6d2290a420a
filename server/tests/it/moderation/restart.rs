//! Sanctions hold over a restart of a server with a store.

use guildhall_protocol::{Role, SetRole};
use guildhall_testing::data_folder::DataFolder;

use super::*;

#[test]
fn what_holds_goes_on_holding_after_a_restart() {
    let folder = DataFolder::pick();
    let server = folder.server(config(2));
    let address = server.address();
    let mut moderator_before = moderator(address);
    let (_bob, bob) = sign_in(address, &of("7"));
    let (mut guest, guest_welcome) = V1Client::in_room(address, "Ann", "red");
    let (_, lifted) = sign_in(address, &of("8"));
    let ban = impose(
        &mut moderator_before,
        sanction(SanctionKind::Ban, "", bob.id),
    );
    let of_guest = with_address(sanction(SanctionKind::Mute, "red", guest_welcome.id));
    let mute = impose(&mut moderator_before, of_guest);
    told(&mut guest);
    impose(
        &mut moderator_before,
        sanction(SanctionKind::Ban, "", lifted.id),
    );
    try_lift(&mut moderator_before, SanctionKind::Ban, "", lifted.id).unwrap();
    drop(server);

    let server = folder.server(config(2));
    let address = server.address();
    let hello_of = |user: &str| Hello {
        token: sign(&of(user)),
        ..hello("")
    };
    check_refused(
        &banned_hello(address, hello_of("7")),
        ErrorCode::Banned,
        &ban,
    );
    sign_in(address, &of("8"));
    // The guest's own session, and a new guest of its address.
    let (mut resumed, welcome) = V1Client::resume(address, &guest_welcome, 1_000, 0);
    assert!(welcome.resumed);
    let (mut other, _) = V1Client::hello(address, "Rob");
    for client in [&mut resumed, &mut other] {
        client.join("red");
        check_refused(&refused_say(client, "red"), ErrorCode::Muted, &mute);
    }
    // Moderators see them, and can lift them: the user need not have come back.
    let mut moderator = moderator(address);
    assert_eq!(
        list(&mut moderator, "").unwrap().sanctions,
        [mute, ban.clone()]
    );
    let lift = Lift {
        kind: SanctionKind::Ban.into(),
        name: "7".into(),
        ..Lift::default()
    };
    moderator.ask(RequestBody::Lift(lift)).unwrap();
    sign_in(address, &of("7"));
    // Numbers go on.
    let next = impose(
        &mut moderator,
        sanction(SanctionKind::Mute, "blue", welcome.id),
    );
    assert!(next.id > ban.id + 2, "{}", next.id);
}

#[test]
fn roles_go_on_after_a_restart() {
    let folder = DataFolder::pick();
    let server = folder.server(config(2));
    let address = server.address();
    let (mut admin, _) = sign_in(address, &allowed("boss", "*", &[Right::Admin]));
    for (user, role) in [
        ("7", Role::Moderator),
        ("8", Role::Admin),
        ("7", Role::Unspecified),
        ("7", Role::Admin),
        ("9", Role::Moderator),
        ("9", Role::Unspecified),
    ] {
        let (_, welcome) = sign_in(address, &of(user));
        let set = SetRole {
            user: welcome.id,
            role: role.into(),
            // An admin everywhere is the equal of the one who has given that.
            room: if user == "8" { "" } else { "red" }.into(),
            ..SetRole::default()
        };
        admin.ask(RequestBody::SetRole(set)).unwrap();
    }
    drop(server);
    let server = folder.server(config(2));
    let address = server.address();
    assert_eq!(sign_in(address, &of("8")).1.role(), Role::Admin);
    let may_moderate = |user: &str| {
        let (mut client, _) = sign_in(address, &of(user));
        client
            .join("red")
            .settings
            .is_some_and(|it| it.may_moderate)
    };
    assert_eq!(["7", "8", "9"].map(may_moderate), [true, true, false]);
}
