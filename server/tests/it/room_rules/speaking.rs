//! The users that may say something in a room, how long a text may be, and how often.

use super::*;
use std::thread::sleep;

use guildhall_protocol::ReplyResult;

#[test]
fn those_speak_whom_the_rule_names() {
    let rule = |name, say| Rule { say, ..open(name) };
    let server = server(&[
        rule("users", Who::Users),
        rule("caps-*", Who::Caps),
        rule("nobody", Who::Nobody),
    ]);
    let address = server.address();
    let speaker = allowed("2", "caps-1", &[Right::Say]);
    let mut clients = [
        guest(address),
        sign_in(address, &of("1")).0,
        sign_in(address, &speaker).0,
    ];
    for (room, may) in [
        ("lobby", [true; 3]),
        ("users", [false, true, true]),
        ("caps-1", [false, false, true]),
        ("nobody", [false; 3]),
    ] {
        for (client, may) in clients.iter_mut().zip(may) {
            let settings = client.join(room).settings;
            let read_only = RoomSettings {
                read_only: true,
                ..RoomSettings::default()
            };
            assert_eq!(settings, (!may).then_some(read_only), "{room}");
            let said = try_say(client, room, "hi");
            if may {
                said.unwrap();
            } else {
                check_forbidden(said, room, "say");
            }
        }
    }
}

#[test]
fn only_moderators_announce() {
    let server = server(&[Rule {
        announce_only: true,
        ..open("news")
    }]);
    let address = server.address();
    let mut listener = guest(address);
    let settings = |read_only| RoomSettings {
        announce_only: true,
        read_only,
        may_remove: !read_only,
        may_moderate: !read_only,
        ..RoomSettings::default()
    };
    assert_eq!(listener.join("news").settings, Some(settings(true)));
    check_forbidden(try_say(&mut listener, "news", "me too"), "news", "say");
    let (mut moderator, _) = sign_in(address, &allowed("1", "news", &[Right::Mod]));
    assert_eq!(moderator.join("news").settings, Some(settings(false)));
    moderator.say("news", "Patch 7 is out");
    assert_eq!(listener.line().text, "Patch 7 is out");
}

#[test]
fn a_text_is_as_long_as_the_room_allows() {
    let server = server(&[Rule {
        text_bytes: Some(10),
        ..open("plaza")
    }]);
    let mut client = guest(server.address());
    let settings = client.join("plaza").settings.unwrap();
    assert_eq!(settings.text_bytes, 10);
    // Bytes of UTF-8, and not characters.
    client.say("plaza", "\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}");
    let error = try_say(&mut client, "plaza", "0123456789a").unwrap_err();
    assert_eq!(error.code(), ErrorCode::TextTooLong);
    assert_eq!(error.arguments, ["11", "10"]);
    assert!(!error.temporary);
    client.join("lobby");
    client.say("lobby", "0123456789a");
}

fn slow(name: &str, seconds: f32) -> Rule {
    Rule {
        slow_mode: Duration::from_secs_f32(seconds),
        ..open(name)
    }
}

#[track_caller]
fn check_slow(result: Result<(), RequestError>, room: &str) -> u32 {
    let error = result.expect_err("it has to wait");
    assert_eq!(error.code(), ErrorCode::SlowMode, "{error:?}");
    assert_eq!(error.arguments, [room]);
    assert!(error.temporary && error.retry_after > 0);
    error.retry_after
}

#[test]
fn in_slow_mode_a_user_waits_in_each_room_over_all_its_connections() {
    let server = server(&[slow("slow-*", 3_600.0)]);
    let address = server.address();
    let (mut phone, _) = sign_in(address, &of("1"));
    let settings = phone.join("slow-1").settings.unwrap();
    assert_eq!(settings.slow_mode, 3_600_000);
    phone.say("slow-1", "one");
    let retry_after = check_slow(try_say(&mut phone, "slow-1", "two"), "slow-1");
    assert!(
        (3_500_000..=3_600_001).contains(&retry_after),
        "{retry_after}"
    );
    phone.join("slow-2");
    phone.say("slow-2", "another room");
    let (mut desk, _) = sign_in_to(address, &of("1"), "slow-1");
    assert_eq!(desk.line().text, "one");
    check_slow(try_say(&mut desk, "slow-1", "two"), "slow-1");
    let (mut bob, _) = sign_in_to(address, &of("2"), "slow-1");
    assert_eq!(bob.line().text, "one");
    bob.say("slow-1", "hi");
    // Those who moderate the room do not wait.
    let moderator = allowed("3", "slow-1", &[Right::Mod]);
    let (mut moderator, _) = sign_in(address, &moderator);
    let settings = moderator.join("slow-1").settings.unwrap();
    assert_eq!((settings.slow_mode, settings.may_remove), (0, true));
    assert_eq!(moderator.texts(2), ["one", "hi"]);
    for text in ["one", "two", "three"] {
        moderator.say("slow-1", text);
    }
}

#[test]
fn a_say_that_had_to_wait_is_accepted_in_time_and_a_repeat_at_once() {
    let server = server(&[slow("slow", 0.3)]);
    let mut client = guest(server.address());
    client.join("slow");
    let first = client.say("slow", "one").nonce;
    let second = client.send(say("slow", "two"));
    let wait = check_slow(client.outcome(second), "slow");
    // A later one does not get in front of it.
    let third = client.send(say("slow", "three"));
    client.outcome(third).unwrap_err();
    // The same request as before is said once, and not refused.
    client.send_request(first, say("slow", "one"));
    let repeated = client.reply(first);
    assert!(
        matches!(repeated, Ok(ReplyResult::Repeated(_))),
        "{repeated:?}"
    );
    // The time that the server has told is what is tested.
    sleep(Duration::from_millis(wait.into()));
    client.send_request(second, say("slow", "two"));
    client.outcome(second).unwrap();
    let wait = {
        client.send_request(third, say("slow", "three"));
        check_slow(client.outcome(third), "slow")
    };
    sleep(Duration::from_millis(wait.into()));
    client.send_request(third, say("slow", "three"));
    client.outcome(third).unwrap();
    let epoch = client.join("slow").epoch;
    let texts = client.fetch("slow", epoch, 0, 0).lines;
    let texts: Vec<_> = texts.into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[test]
fn a_client_of_the_tutorial_gets_no_answer_where_guests_may_not_speak() {
    let server = server(&[Rule {
        say: Who::Users,
        ..open("lobby")
    }]);
    let (mut tutorial, _) = server.join();
    let (mut other, _) = server.join();
    let (mut user, welcome) = sign_in_to(server.address(), &of("1"), "lobby");
    tutorial.say("hello?");
    user.say("lobby", "users only");
    // In the order of the room there is nothing before it.
    tutorial.expect_chat(welcome.id, "users only");
    other.expect_chat(welcome.id, "users only");
    tutorial.say("still there");
    user.say("lobby", "goodbye");
    tutorial.expect_chat(welcome.id, "goodbye");
    user.expect_quiet();
}

#[test]
fn a_long_text_of_a_client_of_the_tutorial_is_dropped_and_a_fast_one_is_said_later() {
    let server = server(&[Rule {
        text_bytes: Some(5),
        ..slow("lobby", 0.2)
    }]);
    let (mut tutorial, id) = server.join();
    let (mut other, _) = server.join();
    for text in ["one", "too long", "two", "three"] {
        tutorial.say(text);
    }
    for text in ["one", "two", "three"] {
        other.expect_chat(id, text);
    }
}
