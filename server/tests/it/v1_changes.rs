//! Lines that are edited, removed and reacted to, and replies, as all members of a room see them.

mod errors;
mod missed;
mod rights;

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::{
    ChangeKind, Line, Reaction, Repeated, ReplyResult, RequestBody, RequestError, Say,
};
use guildhall_server::{Config, RoomLimits};

use guildhall_testing::line_log::{LineLog, edit, place, react, remove, reply, take_back};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;

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

/// Changes a line, and waits for the client's own copy of the change.
#[track_caller]
fn change(client: &mut V1Client, change: RequestBody) -> Line {
    let nonce = client.send(change);
    let line = client.line();
    assert_eq!(line.nonce, nonce, "{line:?}");
    line
}

/// The change of this kind in a line.
#[track_caller]
fn check_change(line: &Line, target: &Line, kind: ChangeKind, reaction: Option<(&str, u32)>) {
    let found = line.change.as_ref().unwrap();
    assert_eq!((found.seq, found.kind()), (target.seq, kind));
    let expected = reaction.map(|(reaction, count)| Reaction {
        reaction: reaction.into(),
        count,
    });
    assert_eq!(found.reaction, expected);
}

/// Asks for something that is refused.
#[track_caller]
fn refused(client: &mut V1Client, ask: RequestBody) -> RequestError {
    client.ask(ask).unwrap_err()
}

#[test]
fn a_change_is_a_line_in_the_order_of_the_room() {
    on_each_number_of_threads(|server| {
        let (mut ann, me) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
        let said = ann.say("red", "helo");
        assert_eq!(bob.line(), said);
        let edited = change(&mut ann, edit(&said, "hello"));
        assert_eq!(bob.line(), edited);
        check_change(&edited, &said, ChangeKind::Edited, None);
        assert_eq!((edited.seq, edited.epoch), (said.seq + 1, said.epoch));
        assert_eq!((edited.sender, &*edited.name), (me.id, "Ann"));
        assert_eq!((&*edited.text, edited.action), ("hello", false));
        assert!(edited.time >= said.time);

        let liked = change(&mut bob, react(&said, "👍"));
        assert_eq!(ann.line(), liked);
        check_change(&liked, &said, ChangeKind::Reacted, Some(("👍", 1)));
        assert_eq!((liked.seq, &*liked.name, &*liked.text), (3, "Bob", ""));

        let removed = change(&mut ann, remove(&said));
        assert_eq!(bob.line(), removed);
        check_change(&removed, &said, ChangeKind::Removed, None);
        let next = bob.say("red", "next");
        assert_eq!((next.seq, next.change.clone()), (5, None));
        assert_eq!(ann.line(), next);
    });
}

#[test]
fn a_page_has_what_holds_now() {
    on_each_number_of_threads(|server| {
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
        let first = ann.say("red", "first");
        let second = ann.say("red", "second");
        let third = ann.say("red", "third");
        let edited = change(&mut ann, edit(&first, "a text of another length"));
        let removed = change(&mut ann, remove(&second));
        let liked = change(&mut ann, react(&third, "gg"));
        let page = ann.fetch("red", 0, 0, 0).lines;
        let expected = [
            Line {
                text: "a text of another length".into(),
                edited: edited.time,
                ..first
            },
            Line {
                text: String::new(),
                removed: true,
                ..second
            },
            Line {
                reactions: vec![Reaction {
                    reaction: "gg".into(),
                    count: 1,
                }],
                ..third
            },
            edited,
            removed,
            liked,
        ];
        assert_eq!(page, expected);
    });
}

#[test]
fn an_action_stays_one_when_it_is_edited() {
    let server = TestServer::open();
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
    ann.send(RequestBody::Say(Say {
        room: "red".into(),
        text: "waves".into(),
        action: true,
        reply_to: None,
    }));
    let said = ann.line();
    let edited = change(&mut ann, edit(&said, "bows"));
    let page = ann.fetch("red", 0, 0, 0).lines;
    let expected = Line {
        text: "bows".into(),
        edited: edited.time,
        ..said
    };
    assert_eq!(page[0], expected);
    assert!(page[0].action);
}

#[test]
fn each_user_has_a_reaction_once_over_all_its_connections() {
    on_each_number_of_threads(|server| {
        let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
        let said = ann.say("red", "hi");
        bob.line();
        let count = |client: &mut V1Client, other: &mut V1Client, body| {
            let line = change(client, body);
            assert_eq!(other.line(), line);
            line.change.unwrap().reaction.unwrap().count
        };
        let (ann, bob) = (&mut ann, &mut bob);
        assert_eq!(count(ann, bob, react(&said, "gg")), 1);
        assert_eq!(count(ann, bob, react(&said, "gg")), 1);
        assert_eq!(count(bob, ann, react(&said, "gg")), 2);
        assert_eq!(count(bob, ann, react(&said, "+1")), 1);
        let again = V1Client::resume(server.address(), &welcome, ann.last_request, 0);
        *ann = again.0;
        ann.join_from("red", said.epoch, said.seq + 4).unwrap();
        assert_eq!(
            count(ann, bob, react(&said, "gg")),
            2,
            "it is the same user"
        );
        assert_eq!(count(ann, bob, take_back(&said, "gg")), 1);
        assert_eq!(count(ann, bob, take_back(&said, "gg")), 1);
        assert_eq!(count(bob, ann, take_back(&said, "gg")), 0);
        let page = ann.fetch("red", 0, 0, 0).lines;
        let left: Vec<_> = (page[0].reactions.iter())
            .map(|one| (&*one.reaction, one.count))
            .collect();
        assert_eq!(left, [("+1", 1)]);
    });
}

#[test]
fn a_reply_names_the_line_that_it_replies_to() {
    on_each_number_of_threads(|server| {
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
        let said = ann.say("red", "who is there?");
        assert_eq!((bob.line(), said.reply_to), (said.clone(), 0));
        let nonce = bob.send(reply(&said, "me"));
        let answer = bob.line();
        assert_eq!((answer.nonce, answer.reply_to), (nonce, said.seq));
        assert_eq!(ann.line(), answer);
        // A line that is removed, or forgotten, was there all the same.
        change(&mut ann, remove(&said));
        bob.line();
        bob.send(reply(&said, "nobody?"));
        assert_eq!(bob.line().reply_to, said.seq);
        let page = ann.fetch("red", 0, 0, 0).lines;
        let replies: Vec<_> = page.iter().map(|line| line.reply_to).collect();
        assert_eq!(replies, [0, said.seq, 0, said.seq]);
    });
}

#[test]
fn a_reply_to_a_forgotten_line_is_said() {
    let mut config = Config::default();
    config.rooms.history.lines = 1;
    let server = TestServer::with(config);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
    let said = ann.say("red", "one");
    ann.say("red", "two");
    ann.send(reply(&said, "three"));
    assert_eq!(ann.line().reply_to, said.seq);
    let refused = refused(&mut ann, edit(&said, "too late"));
    assert_eq!(refused.arguments, ["red", "1"]);
}

#[test]
fn clients_of_the_tutorial_get_nothing_of_changes() {
    on_each_number_of_threads(|server| {
        let (mut one, first) = server.join();
        let (mut two, _) = server.join();
        let (mut ann, me) = V1Client::in_room(server.address(), "Ann", "lobby");
        one.say("from the tutorial");
        two.expect_chat(first, "from the tutorial");
        let theirs = ann.line();
        let mine = ann.say("lobby", "helo");
        change(&mut ann, edit(&mine, "hello"));
        change(&mut ann, react(&theirs, "👍"));
        change(&mut ann, take_back(&theirs, "👍"));
        change(&mut ann, remove(&mine));
        ann.send(reply(&theirs, "a reply is a message"));
        ann.line();
        for client in [&mut one, &mut two] {
            client.expect_chat(me.id, "helo");
            client.expect_chat(me.id, "a reply is a message");
        }
        // Others react to the line that they say.
        two.say("the end");
        one.expect_chat(2, "the end");
        assert_eq!(ann.line().seq, 8);
    });
}

#[test]
fn a_change_that_is_sent_again_is_made_once() {
    on_each_number_of_threads(|server| {
        let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "red");
        let said = ann.say("red", "helo");
        let edited = change(&mut ann, edit(&said, "hello"));
        // The same again, over this connection and over the next one.
        ann.send_request(edited.nonce, edit(&said, "hello"));
        let repeated = ReplyResult::Repeated(Repeated {});
        assert_eq!(ann.reply(edited.nonce), Ok(repeated.clone()));
        let liked = change(&mut ann, react(&said, "gg"));
        let (mut ann, _) = V1Client::resume(server.address(), &welcome, ann.last_request, 0);
        let joined = ann.join_from("red", said.epoch, liked.seq).unwrap();
        assert_eq!(joined.last_seq, liked.seq);
        ann.send_request(liked.nonce, react(&said, "gg"));
        assert_eq!(ann.reply(liked.nonce), Ok(repeated));
        // One that was refused can be sent again.
        let removal = remove(&said);
        let removed = change(&mut ann, removal.clone());
        let late = ann.send(edit(&said, "too late"));
        let refused = ann.reply(late).unwrap_err();
        ann.send_request(late, edit(&said, "too late"));
        assert_eq!(ann.reply(late), Err(refused));
        ann.send_request(removed.nonce, removal);
        assert!(ann.reply(removed.nonce).is_ok());
        let next = ann.say("red", "next");
        assert_eq!(next.seq, removed.seq + 1);
    });
}

#[test]
fn a_welcome_tells_how_lines_can_be_changed() {
    let rooms = |edit_within| RoomLimits {
        edit_within,
        ..RoomLimits::default()
    };
    for (edit_within, seconds) in [(Duration::ZERO, 0), (Duration::from_secs(77), 77)] {
        let server = TestServer::with(Config {
            rooms: rooms(edit_within),
            ..Config::default()
        });
        let (_, welcome) = V1Client::hello(server.address(), "Ann");
        let limits = welcome.limits.unwrap();
        assert_eq!(limits.edit_seconds, seconds);
        assert_eq!((limits.reactions, limits.reaction_bytes), (20, 32));
    }
    let (_, welcome) = V1Client::hello(TestServer::open().address(), "Ann");
    assert_eq!(welcome.limits.unwrap().edit_seconds, 15 * 60);
}
