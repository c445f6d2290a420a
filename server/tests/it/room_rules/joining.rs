//! The users that get into a room, and those that find out that it is there.

use super::*;
use guildhall_protocol::{FetchHistory, Join, Leave, ListMembers, ListRooms, ReplyResult};
use guildhall_testing::client::{Client, handshake};

#[test]
fn a_room_is_for_those_whom_its_rule_names() {
    let rule = |name, join| Rule { join, ..open(name) };
    let server = server(&[
        rule("users", Who::Users),
        rule("caps-*", Who::Caps),
        rule("nobody", Who::Nobody),
    ]);
    let address = server.address();
    let member = allowed("2", "caps-1", &[Right::Join]);
    let say_alone = allowed("3", "caps-1", &[Right::Say, Right::Mod]);
    let mut clients = [
        guest(address),
        sign_in(address, &of("1")).0,
        sign_in(address, &member).0,
        sign_in(address, &say_alone).0,
    ];
    for (room, may) in [
        ("lobby", [true; 4]),
        ("users", [false, true, true, true]),
        ("caps-1", [false, false, true, false]),
        ("caps-2", [false; 4]),
        ("nobody", [false; 4]),
    ] {
        for (client, may) in clients.iter_mut().zip(may) {
            let joined = client.join_from(room, 0, 0);
            if may {
                assert_eq!(joined.unwrap().settings, None, "{room}");
            } else {
                check_forbidden(joined, room, "join");
            }
        }
    }
}

#[test]
fn case_and_look_alikes_do_not_get_around_a_rule() {
    let server = server(&[Rule {
        join: Who::Caps,
        ..open("Guild-*")
    }]);
    let mut client = guest(server.address());
    for room in [
        "guild-4",
        "GUILD-4",
        "\u{ff47}uild-4",
        "gui1d-4",
        "gu\u{456}ld-4",
    ] {
        let error = client.join_from(room, 0, 0).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Forbidden, "{room}");
        assert_eq!(error.arguments[1], "join");
    }
    client.join("guilds");
    let member = allowed("1", "GUILD-4", &[Right::Join]);
    let (mut member, _) = sign_in(server.address(), &member);
    assert_eq!(member.join("Guild-4").room, "guild-4");
    check_forbidden(member.join_from("gui1d-4", 0, 0), "gui1d-4", "join");
}

/// The answers that a stranger gets about a room, byte by byte.
fn answers(address: SocketAddr) -> Vec<Vec<u8>> {
    let mut stranger = guest(address);
    let room = || "guild-4".to_owned();
    let asked = [
        RequestBody::ListMembers(ListMembers { room: room() }),
        RequestBody::FetchHistory(FetchHistory {
            room: room(),
            ..FetchHistory::default()
        }),
        RequestBody::Leave(Leave { room: room() }),
        say("guild-4", "hello?"),
        RequestBody::Join(Join {
            room: room(),
            ..Join::default()
        }),
        RequestBody::Join(Join {
            room: room(),
            epoch: 1,
            seq: 1,
        }),
        RequestBody::ListRooms(ListRooms {}),
    ];
    let answers = asked.map(|ask| {
        stranger.send(ask);
        stranger.client.frame().payload
    });
    answers.to_vec()
}

#[test]
fn a_room_that_one_may_not_see_answers_as_one_that_is_not_there() {
    let rule = Rule {
        join: Who::Caps,
        find: Who::Caps,
        ..open("guild-*")
    };
    let rules = [rule];
    let (empty, full) = (server(&rules), server(&rules));
    let member = allowed("1", "guild-*", &[Right::Join]);
    let (mut member, _) = sign_in_to(full.address(), &member, "guild-4");
    member.say("guild-4", "a secret");
    assert_eq!(answers(full.address()), answers(empty.address()));
    // And when all have left, and it is kept with its lines.
    member.leave("guild-4");
    assert_eq!(answers(full.address()), answers(empty.address()));
}

#[test]
fn the_list_has_the_rooms_that_a_user_finds() {
    let rule = |name, find| Rule { find, ..open(name) };
    let server = server(&[
        rule("users", Who::Users),
        rule("caps-*", Who::Caps),
        rule("nobody", Who::Nobody),
    ]);
    let address = server.address();
    let mut guest = guest(address);
    for room in ["open", "users", "caps-1", "nobody"] {
        guest.join(room);
    }
    let listed = |client: &mut V1Client| match client.ask(RequestBody::ListRooms(ListRooms {})) {
        Ok(ReplyResult::Rooms(list)) => {
            assert_eq!(list.total as usize, list.rooms.len());
            list.rooms
                .into_iter()
                .map(|room| room.room)
                .collect::<Vec<_>>()
        }
        other => panic!("no list: {other:?}"),
    };
    // A guest is in the other rooms, and its list still does not have them.
    assert_eq!(listed(&mut guest), ["open"]);
    let (mut user, _) = sign_in(address, &of("1"));
    assert_eq!(listed(&mut user), ["open", "users"]);
    let (mut other, _) = sign_in(address, &allowed("2", "caps-2", &[Right::Join]));
    assert_eq!(listed(&mut other), ["open", "users"]);
    let (mut member, _) = sign_in(address, &allowed("3", "caps-1", &[Right::Join]));
    assert_eq!(listed(&mut member), ["caps-1", "open", "users"]);
}

#[test]
fn a_full_room_takes_nobody_until_somebody_leaves() {
    let server = server(&[Rule {
        max_members: Some(2),
        ..open("team-*")
    }]);
    let address = server.address();
    let (mut phone, _) = sign_in_to(address, &of("1"), "team-1");
    let mut second = guest(address);
    second.join("team-1");
    let mut third = guest(address);
    let error = third.join_from("team-1", 0, 0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RoomFull);
    assert_eq!(error.arguments, ["team-1", "2"]);
    assert!(error.temporary && error.retry_after > 0);
    third.join("team-2");
    // A member that joins again, or over another connection, takes no place.
    phone.join("team-1");
    let (mut desk, _) = sign_in_to(address, &of("1"), "team-1");
    phone.leave("team-1");
    assert!(third.join_from("team-1", 0, 0).is_err());
    desk.leave("team-1");
    assert_eq!(third.join("team-1").count, 2);
}

#[test]
fn a_client_of_the_tutorial_that_may_not_be_in_the_lobby_is_closed() {
    for rule in [
        Rule {
            join: Who::Users,
            ..open("lobby")
        },
        Rule {
            max_members: Some(1),
            ..open("lobby")
        },
    ] {
        let server = server(&[rule]);
        let (_user, _) = sign_in_to(server.address(), &of("1"), "lobby");
        let mut tutorial = Client::dial(server.address());
        tutorial.send(handshake("").as_bytes());
        tutorial.expect_upgrade();
        assert_eq!(tutorial.read_to_close().0, Some(1008));
    }
}
