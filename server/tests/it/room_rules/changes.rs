//! Rights that end, and rules that change, while users are in rooms.

use super::*;
use guildhall_protocol::{PacketBody, RemovedReason, ReplyResult};
use guildhall_server::policy::Keep;
use guildhall_testing::wire::eventually;

/// The room that the client is told it is not in any more.
#[track_caller]
fn removed(client: &mut V1Client) -> String {
    match client.next_packet() {
        PacketBody::Removed(removed) => {
            assert_eq!(removed.reason(), RemovedReason::Forbidden);
            removed.room
        }
        other => panic!("not removed: {other:?}"),
    }
}

#[track_caller]
fn check_not_in_room(client: &mut V1Client, room: &str) {
    let error = try_say(client, room, "hello?").unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotInRoom, "{error:?}");
    assert_eq!(error.arguments, [room]);
}

#[test]
fn a_refresh_that_takes_the_right_to_be_there_removes_at_once() {
    let server = server(&[Rule {
        join: Who::Caps,
        ..open("guild-*")
    }]);
    let address = server.address();
    let join = |user, rooms| allowed(user, rooms, &[Right::Join]);
    let (mut mira, welcome) = sign_in_to(address, &join("1", "guild-*"), "guild-1");
    mira.join("guild-2");
    mira.join("lobby");
    let (mut other, _) = sign_in_to(address, &join("2", "guild-1"), "guild-1");
    other.presence(|told| told.count == 2);
    mira.say("guild-1", "goodbye");
    mira.refresh(&sign(&join("1", "guild-2"))).unwrap();
    assert_eq!(removed(&mut mira), "guild-1");
    other.presence(|told| told.left == [welcome.id]);
    assert_eq!(other.line().text, "goodbye");
    check_not_in_room(&mut mira, "guild-1");
    check_forbidden(mira.join_from("guild-1", 0, 0), "guild-1", "join");
    // The other rooms go on, and the room goes on for the others.
    mira.say("guild-2", "here");
    mira.say("lobby", "and here");
    other.say("guild-1", "alone");
    mira.expect_quiet();
    // With the right it may come back.
    mira.refresh(&sign(&join("1", "guild-*"))).unwrap();
    mira.join("guild-1");
}

#[test]
fn a_refresh_that_changes_what_a_member_may_do_tells_its_client() {
    let rule = Rule {
        say: Who::Caps,
        history: Who::Caps,
        members: Who::Caps,
        slow_mode: Duration::from_secs(1),
        ..open("team")
    };
    let server = server(&[rule]);
    let address = server.address();
    let all = [Right::Say, Right::History, Right::Members, Right::Mod];
    let (mut mira, _) = sign_in(address, &allowed("1", "team", &all));
    let moderates = RoomSettings {
        may_remove: true,
        may_moderate: true,
        ..RoomSettings::default()
    };
    assert_eq!(mira.join("team").settings, Some(moderates.clone()));
    mira.say("team", "one");
    mira.presence(|told| told.listed);
    mira.refresh(&sign(&of("1"))).unwrap();
    let nothing = RoomSettings {
        slow_mode: 1_000,
        read_only: true,
        no_history: true,
        no_members: true,
        ..RoomSettings::default()
    };
    assert_eq!(changed(&mut mira, "team"), Some(nothing));
    check_forbidden(try_say(&mut mira, "team", "two"), "team", "say");
    let mut other = guest(address);
    other.join("team");
    for told in mira.presence(|told| told.count == 2) {
        assert!(!told.listed && told.joined.is_empty(), "{told:?}");
    }
    // A token that changes nothing tells nothing.
    mira.refresh(&sign(&of("1"))).unwrap();
    mira.expect_quiet();
    mira.refresh(&sign(&allowed("1", "team", &all))).unwrap();
    assert_eq!(changed(&mut mira, "team"), Some(moderates));
    mira.say("team", "three");
    // It gets to know who is there.
    mira.presence(|told| told.whole && told.joined.len() == 2);
}

#[test]
fn a_reload_changes_the_settings_of_those_that_are_there() {
    for threads in 1..=2 {
        let with = |topic: &str| Config {
            threads: threads.try_into().unwrap(),
            ..config(&[Rule {
                topic: topic.into(),
                ..open("plaza")
            }])
        };
        let server = TestServer::with(with("Trade"));
        let topic = |topic: &str| {
            Some(RoomSettings {
                topic: topic.into(),
                ..RoomSettings::default()
            })
        };
        let mut clients = [(); 4].map(|()| guest(server.address()));
        for client in &mut clients {
            assert_eq!(client.join("plaza").settings, topic("Trade"));
            assert_eq!(client.join("lobby").settings, None);
        }
        server.reload(with("Trade and talk"));
        for client in &mut clients {
            assert_eq!(changed(client, "plaza"), topic("Trade and talk"));
        }
        // One that changes nothing, and one that takes the rule away.
        server.reload(with("Trade and talk"));
        server.reload(Config {
            rules: Rules::default(),
            ..with("")
        });
        for client in &mut clients {
            assert_eq!(changed(client, "plaza"), None);
            client.expect_quiet();
        }
        assert_eq!(clients[0].join("plaza").settings, None);
    }
}

#[test]
fn a_reload_removes_those_that_may_not_be_there_any_more() {
    for threads in 1..=2 {
        let with = |rules: &[Rule]| Config {
            threads: threads.try_into().unwrap(),
            ..config(rules)
        };
        let server = TestServer::with(with(&[]));
        let address = server.address();
        let (mut user, _) = sign_in_to(address, &of("1"), "lobby");
        let mut guests = [(); 3].map(|()| guest(address));
        for client in &mut guests {
            client.join("lobby");
            client.join("hall");
        }
        let (mut tutorial, _) = server.join();
        server.reload(with(&[Rule {
            join: Who::Users,
            ..open("lobby")
        }]));
        for client in &mut guests {
            assert_eq!(removed(client), "lobby");
            check_not_in_room(client, "lobby");
            check_forbidden(client.join_from("lobby", 0, 0), "lobby", "join");
        }
        assert_eq!(tutorial.read_to_close().0, Some(1008));
        user.presence(|told| told.count == 1);
        user.say("lobby", "users only");
        guests[0].say("hall", "guests");
        assert_eq!(guests[1].line().text, "guests");
    }
}

#[test]
fn a_reload_of_what_a_room_keeps_holds_for_what_it_has() {
    let server = server(&[]);
    let mut client = guest(server.address());
    let joined = client.join("plaza");
    for text in ["a", "b", "c"] {
        client.say("plaza", text);
    }
    server.reload(config(&[Rule {
        keep: Keep::NONE,
        topic: "Nothing is kept".into(),
        ..open("plaza")
    }]));
    assert!(changed(&mut client, "plaza").is_some());
    assert!(client.fetch("plaza", joined.epoch, 0, 0).lines.is_empty());
    client.say("plaza", "d");
    assert!(client.fetch("plaza", joined.epoch, 0, 0).lines.is_empty());
    server.reload(config(&[]));
    assert_eq!(changed(&mut client, "plaza"), None);
    client.say("plaza", "e");
    let lines = client.fetch("plaza", joined.epoch, 0, 0).lines;
    assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), [5]);
}

#[test]
fn a_guest_that_may_only_read_is_told_so_in_its_rooms() {
    let read_only = |guests| Config {
        accounts: AccountsConfig {
            guests,
            ..accounts()
        },
        ..config(&[])
    };
    let server = TestServer::with(read_only(Guests::Allow));
    let mut client = guest(server.address());
    assert_eq!(client.join("lobby").settings, None);
    server.reload(read_only(Guests::ReadOnly));
    // It follows at the next request.
    eventually("guests may only read", || {
        let listed = client.ask(RequestBody::ListRooms(guildhall_protocol::ListRooms {}));
        assert!(matches!(listed, Ok(ReplyResult::Rooms(_))));
        let said = try_say(&mut client, "lobby", "hi");
        said.is_err().then_some(())
    });
    let joined = client.join("lobby");
    assert!(joined.settings.unwrap().read_only);
}

#[test]
fn a_text_that_waits_in_slow_mode_is_said_when_the_rule_ends() {
    let slow = Rule {
        slow_mode: Duration::from_hours(1),
        ..open("lobby")
    };
    let server = server(&[slow]);
    let (mut tutorial, id) = server.join();
    let (mut other, _) = server.join();
    tutorial.say("one");
    tutorial.say("two");
    other.expect_chat(id, "one");
    server.reload(config(&[]));
    other.expect_chat(id, "two");
}

#[test]
fn what_was_said_before_a_right_ended_is_answered_as_a_repeat() {
    let server = server(&[Rule {
        join: Who::Caps,
        say: Who::Caps,
        ..open("team")
    }]);
    let allow = |allow: &[Right]| allowed("1", "team", allow);
    let both = allow(&[Right::Join, Right::Say]);
    let (mut mira, _) = sign_in_to(server.address(), &both, "team");
    let said = mira.say("team", "one").nonce;
    let check_repeated = |mira: &mut V1Client| {
        // As if its answer had been lost.
        mira.send_request(said, say("team", "one"));
        let repeated = mira.reply(said);
        assert!(
            matches!(repeated, Ok(ReplyResult::Repeated(_))),
            "{repeated:?}"
        );
    };
    mira.refresh(&sign(&allow(&[Right::Join]))).unwrap();
    assert!(changed(&mut mira, "team").unwrap().read_only);
    check_repeated(&mut mira);
    check_forbidden(try_say(&mut mira, "team", "two"), "team", "say");
    mira.refresh(&sign(&allow(&[]))).unwrap();
    assert_eq!(removed(&mut mira), "team");
    check_repeated(&mut mira);
    check_not_in_room(&mut mira, "team");
    mira.refresh(&sign(&both)).unwrap();
    let joined = mira.join("team");
    assert_eq!((joined.last_seq, joined.settings), (1, None));
}
