//! Settings that a moderator changes while the server runs.

use super::*;

use guildhall_protocol::{RoomChanged, RoomSettings};
use guildhall_server::policy::{Rule, Rules};
use guildhall_testing::v1_client::say;

use crate::room_rules::changed;

fn change(room: &str) -> ChangeRoom {
    ChangeRoom {
        room: room.into(),
        ..ChangeRoom::default()
    }
}

/// Changes a room, and returns the settings that the moderator is answered with.
fn change_room(client: &mut V1Client, change: ChangeRoom) -> Result<RoomSettings, RequestError> {
    match client.ask(RequestBody::ChangeRoom(change))? {
        ReplyResult::RoomChanged(RoomChanged { settings, .. }) => Ok(settings.unwrap_or_default()),
        other => panic!("not changed: {other:?}"),
    }
}

fn try_say(client: &mut V1Client, room: &str) -> Result<(), RequestError> {
    let nonce = client.send(say(room, "hello"));
    client.outcome(nonce)
}

fn slow(room: &str, seconds: u32) -> ChangeRoom {
    ChangeRoom {
        slow_mode: Some(seconds),
        ..change(room)
    }
}

#[test]
fn a_change_holds_at_once_for_all_members_on_all_threads() {
    let server = TestServer::with(on_threads(2));
    let address = server.address();
    let mut moderator = moderator(address, "red");
    moderator.join("red");
    let mut members = [guest(address), guest(address), guest(address)];
    for member in &mut members {
        member.join("red");
    }
    let topic = ChangeRoom {
        topic: Some("news".into()),
        slow_mode: Some(3_600),
        ..change("Red")
    };
    let told = change_room(&mut moderator, topic).unwrap();
    assert_eq!(
        (&*told.topic, told.slow_mode, told.may_moderate),
        ("news", 0, true)
    );
    for member in &mut members {
        let settings = changed(member, "red").unwrap();
        assert_eq!((&*settings.topic, settings.slow_mode), ("news", 3_600_000));
        try_say(member, "red").unwrap();
        let refused = try_say(member, "red").unwrap_err();
        assert_eq!(refused.code(), ErrorCode::SlowMode);
    }
    // A setting that is absent stays.
    let announce = ChangeRoom {
        announce_only: Some(true),
        slow_mode: Some(0),
        ..change("red")
    };
    let told = change_room(&mut moderator, announce).unwrap();
    assert_eq!(
        (&*told.topic, told.announce_only, told.read_only),
        ("news", true, false)
    );
    let mut late = guest(address);
    assert_eq!(late.join("red").settings.unwrap().topic, "news");
    late.texts(3);
    check_forbidden(try_say(&mut late, "red"), "red", "say");
    try_say(&mut moderator, "red").unwrap();
}

#[test]
fn only_a_moderator_of_the_room_changes_it_and_only_as_far_as_is_allowed() {
    let server = TestServer::with(on_threads(1));
    let address = server.address();
    let mut guest = guest(address);
    guest.join("red");
    let mut moderator = moderator(address, "red");
    check_forbidden(change_room(&mut guest, slow("red", 1)), "red", "moderate");
    check_forbidden(
        change_room(&mut moderator, slow("blue", 1)),
        "blue",
        "moderate",
    );
    let bad = |client: &mut V1Client, change| {
        let error = change_room(client, change).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadRequest, "{error:?}");
        error.arguments.concat()
    };
    assert_eq!(
        bad(&mut moderator, slow("red", 21_601)),
        "slow mode is at most 21600 seconds"
    );
    let topic = |topic: &str| ChangeRoom {
        topic: Some(topic.into()),
        ..change("red")
    };
    assert_eq!(
        bad(&mut moderator, topic(&"x".repeat(1_025))),
        "a topic has at most 1024 bytes"
    );
    assert_eq!(
        bad(&mut moderator, topic("two\nlines")),
        "a topic has no control characters"
    );
    let error = change_room(&mut moderator, slow("no room", 1)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::BadRoomName);
    guest.expect_quiet();
}

#[test]
fn a_change_outlives_a_reload_and_with_a_store_a_restart() {
    let data = DataFolder::pick();
    let server = data.server(on_threads(2));
    let mut moderator = moderator(server.address(), "red");
    change_room(&mut moderator, slow("red", 60)).unwrap();
    let mut member = guest(server.address());
    member.join("red");
    let rules = Rules::new(vec![Rule {
        topic: "of the file".into(),
        ..open("red")
    }]);
    server.reload(Config {
        rules,
        ..on_threads(2)
    });
    let settings = changed(&mut member, "red").unwrap();
    assert_eq!(
        (&*settings.topic, settings.slow_mode),
        ("of the file", 60_000)
    );
    drop((server, moderator, member));
    let server = data.server(on_threads(2));
    let joined = guest(server.address()).join("red");
    assert_eq!(joined.settings.unwrap().slow_mode, 60_000);
}
