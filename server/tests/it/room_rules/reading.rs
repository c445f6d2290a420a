//! The history that a member of a room reads, and the members that it sees.

use super::*;
use guildhall_protocol::{FetchHistory, Gap, ListMembers, ReplyResult};
use guildhall_server::policy::Keep;

fn fetch(client: &mut V1Client, room: &str) -> Result<usize, RequestError> {
    let fetch = FetchHistory {
        room: room.into(),
        ..FetchHistory::default()
    };
    match client.ask(RequestBody::FetchHistory(fetch))? {
        ReplyResult::History(page) => Ok(page.lines.len()),
        other => panic!("no history: {other:?}"),
    }
}

#[test]
fn history_is_for_those_whom_the_rule_names() {
    let rule = |name, history| Rule {
        history,
        ..open(name)
    };
    let server = server(&[
        rule("users", Who::Users),
        rule("caps-*", Who::Caps),
        rule("nobody", Who::Nobody),
    ]);
    let address = server.address();
    let reader = allowed("2", "caps-1", &[Right::History]);
    let mut clients = [
        guest(address),
        sign_in(address, &of("1")).0,
        sign_in(address, &reader).0,
    ];
    let mut speaker = guest(address);
    for (room, may) in [
        ("lobby", [true; 3]),
        ("users", [false, true, true]),
        ("caps-1", [false, false, true]),
        ("nobody", [false; 3]),
    ] {
        speaker.join(room);
        speaker.say(room, "before");
        for (client, may) in clients.iter_mut().zip(may) {
            let joined = client.join(room);
            assert_eq!(joined.last_seq, 1);
            if may {
                assert_eq!((joined.settings, joined.first_seq), (None, 1), "{room}");
                assert_eq!(client.line().text, "before");
                assert_eq!(fetch(client, room), Ok(1));
            } else {
                assert!(joined.settings.unwrap().no_history);
                assert_eq!(joined.first_seq, 2, "{room}");
                check_forbidden(fetch(client, room), room, "history");
                // Nor by a position that the client has made up.
                let resumed = client.join_from(room, joined.epoch, 0).unwrap();
                assert_eq!((resumed.resumed, resumed.first_seq), (true, 2));
                assert_eq!(resumed.gap, Some(Gap { from: 1, to: 1 }));
            }
            client.expect_quiet();
        }
        // All members get the lines from now on.
        speaker.say(room, "now");
        for client in &mut clients {
            assert_eq!(client.line().text, "now");
        }
    }
}

#[test]
fn a_room_keeps_what_its_rule_says() {
    let rule = |name, lines| Rule {
        keep: Keep {
            lines: Some(lines),
            ..Keep::default()
        },
        ..open(name)
    };
    let server = server(&[rule("none", 0), rule("two", 2)]);
    let address = server.address();
    let mut speaker = guest(address);
    let mut client = guest(address);
    for (room, kept) in [("none", 0), ("two", 2), ("lobby", 4)] {
        let joined = client.join(room);
        speaker.join(room);
        for text in ["a", "b", "c", "d"] {
            speaker.say(room, text);
        }
        assert_eq!(client.texts(4), ["a", "b", "c", "d"]);
        assert_eq!(fetch(&mut client, room), Ok(kept), "{room}");
        // A client that has lost its connection behind the first line.
        let resumed = speaker.join_from(room, joined.epoch, 1).unwrap();
        let gap = match kept {
            0 => Some(Gap { from: 2, to: 4 }),
            2 => Some(Gap { from: 2, to: 2 }),
            _ => None,
        };
        assert_eq!((resumed.resumed, resumed.gap), (true, gap), "{room}");
        let follow = 5 - usize::try_from(resumed.first_seq).unwrap();
        assert_eq!(speaker.texts(follow), ["b", "c", "d"][3 - follow..]);
        let mut new = guest(address);
        let joined = new.join(room);
        assert_eq!(joined.settings, None, "it is no setting of a client");
        let texts = new.texts(kept);
        assert_eq!(texts, ["a", "b", "c", "d"][4 - kept..]);
    }
}

#[test]
fn a_member_that_joins_gets_at_most_as_many_lines_as_the_rule_says() {
    let rule = |name, replay| Rule {
        replay: Some(replay),
        ..open(name)
    };
    let server = server(&[rule("none", 0), rule("one", 1), rule("many", 1_000)]);
    let mut speaker = guest(server.address());
    for (room, lines) in [("none", 0), ("one", 1), ("many", 60), ("lobby", 50)] {
        speaker.join(room);
        for number in 1..=60 {
            speaker.say(room, &number.to_string());
        }
        let mut new = guest(server.address());
        let joined = new.join(room);
        assert_eq!(joined.first_seq, 61 - lines, "{room}");
        let texts = new.texts(usize::try_from(lines).unwrap());
        assert_eq!(
            texts.last().map_or("", |last| last),
            if lines > 0 { "60" } else { "" }
        );
        new.expect_quiet();
        // It may still ask for the others.
        assert_eq!(fetch(&mut new, room), Ok(50));
    }
}

#[test]
fn who_may_not_see_the_members_gets_their_number_alone() {
    for threads in 1..=2 {
        let rules = [Rule {
            members: Who::Users,
            ..open("plaza")
        }];
        let server = TestServer::with(Config {
            threads: threads.try_into().unwrap(),
            ..config(&rules)
        });
        let address = server.address();
        let (mut user, welcome) = sign_in(address, &of("1"));
        let joined = user.join("plaza");
        assert_eq!((joined.settings, joined.members.len()), (None, 1));
        user.presence(|told| told.count == 1 && told.listed);
        let mut guests = [(); 3].map(|()| guest(address));
        for (client, count) in guests.iter_mut().zip(2..) {
            let joined = client.join("plaza");
            assert_eq!((joined.count, joined.listed), (count, false));
            assert!(joined.members.is_empty());
            let settings = RoomSettings {
                no_members: true,
                ..RoomSettings::default()
            };
            assert_eq!(joined.settings, Some(settings));
        }
        let room = || "plaza".to_owned();
        let [one, two, three] = &mut guests;
        match one.ask(RequestBody::ListMembers(ListMembers { room: room() })) {
            Ok(ReplyResult::Members(list)) => {
                assert_eq!((list.count, list.listed), (4, false));
                assert!(list.members.is_empty());
            }
            other => panic!("no list: {other:?}"),
        }
        // Everybody is told how many there are, and users who.
        let mut known: Vec<u64> = joined.members.iter().map(|member| member.id).collect();
        for told in user.presence(|told| told.count == 4) {
            assert!(told.listed);
            known.extend(told.joined.iter().map(|member| member.id));
        }
        assert_eq!(known.len(), 4, "{known:?}");
        three.leave("plaza");
        user.presence(|told| told.count == 3 && told.left.len() == 1);
        for client in [&mut *one, two] {
            for told in client.presence(|told| told.count == 3) {
                assert!(!told.listed && !told.whole, "{told:?}");
                assert!(told.joined.is_empty() && told.left.is_empty(), "{told:?}");
            }
        }
        // All get the same lines in the same order, and each its own.
        for number in 0..10 {
            one.send_say("plaza", &format!("one {number}"));
            user.send_say("plaza", &format!("user {number}"));
        }
        let lines = user.texts(20);
        assert_eq!(one.texts(20), lines);
        assert_eq!(two.texts(20), lines);
        assert!(lines.iter().any(|text| text == "user 9"));
        assert!(welcome.id > 0);
    }
}
