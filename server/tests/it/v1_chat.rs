//! Clients of the tutorial and of `guildhall.v1` in the same rooms: each gets the
//! messages in its own protocol, and those of the tutorial get nothing else.

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::{ListMembers, ListRooms, Member, ReplyResult, RequestBody, Say};
use guildhall_server::Config;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello, whisper};
use guildhall_testing::wire::{self, BINARY, Frame};

/// Runs a test once with all clients on one thread, and once with them on two.
fn on_each_number_of_threads(test: impl Fn(&TestServer)) {
    for threads in 1..=2 {
        test(&TestServer::with(Config {
            threads: NonZeroUsize::new(threads).unwrap(),
            tell_changes_every: Duration::from_millis(5),
            ..Config::default()
        }));
    }
}

/// Two clients of the tutorial in the lobby, and their IDs.
fn tutorial_pair(server: &TestServer) -> [(Client, u64); 2] {
    [server.join(), server.join()]
}

#[test]
fn both_protocols_chat_in_the_lobby_in_one_order() {
    on_each_number_of_threads(|server| {
        let [(mut one, first), (mut two, second)] = tutorial_pair(server);
        let (mut ann, me) = V1Client::in_room(server.address(), "Ann", "lobby");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "Lobby");
        for round in 1..=3 {
            one.say("from the tutorial");
            two.expect_chat(first, "from the tutorial");
            let said = ann.line();
            assert_eq!(bob.line(), said);
            assert_eq!(
                (said.sender, said.nonce, said.action),
                (first, 0, false),
                "a client of the tutorial sends no requests"
            );
            assert_eq!(said.name, format!("Guest {first}"));
            assert_eq!((said.room.as_str(), said.seq), ("lobby", 2 * round - 1));

            let mine = ann.say("lobby", "from v1");
            assert_eq!(bob.line(), mine);
            assert_eq!((mine.sender, mine.name.as_str()), (me.id, "Ann"));
            assert_eq!(mine.seq, 2 * round);
            assert!(mine.time >= said.time && said.time > 1_600_000_000_000);
            one.expect_chat(me.id, "from v1");
            two.expect_chat(me.id, "from v1");
        }
        two.say("the last word");
        one.expect_chat(second, "the last word");
    });
}

#[test]
fn a_client_of_the_tutorial_gets_chats_and_nothing_else() {
    on_each_number_of_threads(|server| {
        let [(mut one, _), (mut two, second)] = tutorial_pair(server);
        let (mut ann, me) = V1Client::in_room(server.address(), "Ann", "lobby");
        let (mut bob, other) = V1Client::in_room(server.address(), "Bob", "lobby");
        bob.presence(|_| true);
        ann.rename("Zoe").unwrap();
        ann.presence(|told| told.joined.iter().any(|member| member.name == "Zoe"));
        ann.whisper(other.id, "psst");
        bob.whisper_line();
        ann.join("den");
        ann.say("den", "elsewhere");
        let action = RequestBody::Say(Say {
            room: "lobby".into(),
            text: "waves".into(),
            action: true,
            reply_to: None,
        });
        ann.send(action);
        assert!(ann.line().action && bob.line().action);
        let refused = ann.ask(whisper(second, "", "psst")).unwrap_err();
        assert_eq!(refused.arguments, [second.to_string()]);
        bob.leave("lobby");
        ann.presence(|told| told.left == [other.id]);
        ann.fetch("lobby", 0, 0, 0);
        drop(bob);
        two.say("all that there is");
        assert_eq!(ann.line().text, "all that there is");

        // Exact bytes, and no other frame before, between or behind them.
        let action = wire::chat(me.id, "waves");
        assert_eq!(one.frame(), Frame::whole(BINARY, action.clone()));
        one.expect_chat(second, "all that there is");
        assert_eq!(two.frame(), Frame::whole(BINARY, action));
        ann.say("lobby", "the end");
        one.expect_chat(me.id, "the end");
        two.expect_chat(me.id, "the end");
    });
}

#[test]
fn a_line_stays_in_its_room() {
    on_each_number_of_threads(|server| {
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "blue");
        let (mut eve, _) = V1Client::in_room(server.address(), "Eve", "red");
        eve.join("blue");
        let red = ann.say("red", "in red");
        let first = eve.line();
        let blue = bob.say("blue", "in blue");
        assert_eq!([first, eve.line()], [red, blue]);
        ann.expect_quiet();
        bob.expect_quiet();
        eve.leave("red");
        ann.say("red", "after");
        eve.expect_quiet();

        let rooms = match ann.ask(RequestBody::ListRooms(ListRooms {})) {
            Ok(ReplyResult::Rooms(list)) => list,
            other => panic!("{other:?}"),
        };
        let listed = rooms.rooms.iter().map(|room| (&*room.room, room.count));
        assert_eq!(listed.collect::<Vec<_>>(), [("blue", 2), ("red", 1)]);
        assert_eq!(rooms.total, 2);
    });
}

#[test]
fn a_whisper_reaches_one_user_and_is_numbered_for_each() {
    on_each_number_of_threads(|server| {
        let (mut ann, a) = V1Client::hello(server.address(), "Ann");
        let (mut bob, b) = V1Client::hello(server.address(), "Bob");
        let (mut eve, _) = V1Client::hello(server.address(), "");
        for round in 1..=3 {
            let mine = ann.whisper(b.id, "psst");
            let his = bob.whisper_line();
            assert_eq!((mine.seq, his.seq), (2 * round - 1, 2 * round - 1));
            assert_eq!((his.sender, his.sender_name.as_str()), (a.id, "Ann"));
            assert_eq!((his.receiver, his.receiver_name.as_str()), (b.id, "Bob"));
            // By a name that counts as the same.
            let nonce = bob.send(whisper(0, "ANN", "back"));
            assert_eq!(bob.whisper_line().nonce, nonce);
            assert_eq!(ann.whisper_line().seq, 2 * round);
        }
        let own = ann.whisper(a.id, "to myself");
        assert_eq!((own.seq, own.sender, own.receiver), (7, a.id, a.id));
        ann.expect_quiet();
        eve.expect_quiet();
    });
}

#[test]
fn names_are_unique_and_follow_their_owner() {
    on_each_number_of_threads(|server| {
        let (mut ann, a) = V1Client::in_room(server.address(), "  Ann  ", "hall");
        assert_eq!(a.name, "Ann");
        let (mut guest, g) = V1Client::in_room(server.address(), "", "hall");
        assert_eq!(g.name, format!("Guest {}", g.id));
        assert_eq!(guest.rename("Bob").unwrap(), "Bob");
        assert_eq!(guest.say("hall", "renamed").name, "Bob");
        assert_eq!(ann.line().name, "Bob");
        let named = |told: &Member| (told.id, told.name.as_str()) == (g.id, "Bob");
        ann.presence(|told| told.joined.iter().any(named));
        let room = "hall".into();
        match ann.ask(RequestBody::ListMembers(ListMembers { room })) {
            Ok(ReplyResult::Members(list)) => {
                let members = list.members.iter();
                let named: Vec<_> = members.map(|member| member.name.as_str()).collect();
                assert_eq!(
                    (named, list.count, list.listed),
                    (vec!["Ann", "Bob"], 2, true)
                );
            }
            other => panic!("{other:?}"),
        }
        // A name that its user has changed is free.
        ann.rename("Zoe").unwrap();
        let mut next = V1Client::dial(server.address());
        assert_eq!(next.welcome(hello("ann")).unwrap().name, "ann");
    });
}

#[test]
fn pipelined_requests_are_answered_in_order_once_each() {
    on_each_number_of_threads(|server| {
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
        let nonces: Vec<u64> = (0..200)
            .map(|n| ann.send_say("hall", &n.to_string()))
            .collect();
        for (seq, nonce) in (1..).zip(nonces) {
            let (mine, his) = (ann.line(), bob.line());
            assert_eq!((mine.nonce, mine.seq), (nonce, seq));
            assert_eq!(mine, his);
        }
        ann.expect_quiet();
        bob.expect_quiet();
    });
}
