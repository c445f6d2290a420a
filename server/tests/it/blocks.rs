//! Blocks: what a blocked user says and does reaches no client of the user that blocks it, in
//! rooms, history, searches, whispers, presence and counts, and the blocked user notices nothing.

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::limits::MAX_BLOCKS;
use guildhall_protocol::{
    Block, ErrorCode, Line, LineRef, ListBlocks, ListMembers, ListUnread, Member, PacketBody,
    Presence, React, ReplyResult, RequestBody, RequestError, Search,
};
use guildhall_server::Config;
use guildhall_server::accounts::{AccountsConfig, Guests};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, whisper};

use crate::accounts::{accounts, of, sign_in_to};

/// Runs a test on servers with one thread and with two.
fn on_each_number_of_threads(test: impl Fn(&TestServer)) {
    for threads in 1..=2 {
        test(&TestServer::with(Config {
            threads: NonZeroUsize::new(threads).unwrap(),
            tell_changes_every: Duration::from_millis(5),
            ..Config::default()
        }));
    }
}

fn asked(client: &mut V1Client, block: Block) -> Result<Vec<u64>, RequestError> {
    match client.ask(RequestBody::Block(block))? {
        ReplyResult::Blocks(blocks) => Ok(blocks.users.iter().map(|user| user.id).collect()),
        other => panic!("no blocks: {other:?}"),
    }
}

/// Blocks a user by its ID. Returns all blocked users.
fn block(client: &mut V1Client, user: u64) -> Vec<u64> {
    let block = Block {
        user,
        ..Block::default()
    };
    asked(client, block).unwrap()
}

fn unblock(client: &mut V1Client, user: u64) -> Vec<u64> {
    let block = Block {
        user,
        take_back: true,
        ..Block::default()
    };
    asked(client, block).unwrap()
}

fn hidden(line: &Line) -> Line {
    Line {
        room: line.room.clone(),
        epoch: line.epoch,
        seq: line.seq,
        hidden: true,
        ..Line::default()
    }
}

#[test]
fn lines_of_a_blocked_user_have_nothing_but_their_numbers() {
    on_each_number_of_threads(|server| {
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut eve, e) = V1Client::in_room(server.address(), "Eve", "red");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
        assert_eq!(block(&mut ann, e.id), [e.id]);
        let insult = eve.say("red", "an insult");
        assert_eq!(ann.line(), hidden(&insult));
        assert_eq!(bob.line(), insult);
        let own = ann.say("red", "hello");
        assert_eq!([eve.line(), bob.line()], [own.clone(), own.clone()]);
        let reaction = eve.send(RequestBody::React(React {
            room: "red".into(),
            line: Some(LineRef {
                epoch: own.epoch,
                seq: own.seq,
            }),
            reaction: "no".into(),
            take_back: false,
        }));
        assert_eq!(eve.outcome(reaction), Ok(()));
        assert_eq!(ann.line().seq, own.seq + 1);
        assert_eq!(bob.line().reaction_text(), "no");

        // The same when it comes again, with and without a position, and in pages.
        let page = ann.fetch("red", 0, 0, 0);
        let shown: Vec<_> = page.lines.iter().map(|line| line.hidden).collect();
        assert_eq!(shown, [true, false, true]);
        assert_eq!(page.lines[0], hidden(&insult));
        for (epoch, seq, count) in [(0, 0, 3), (own.epoch, 1, 2), (own.epoch, 0, 3)] {
            let joined = ann.join_from("red", epoch, seq).unwrap();
            assert_eq!(joined.count, 3);
            assert!(joined.members.iter().all(|member| member.id != e.id));
            let lines: Vec<_> = (0..count).map(|_| ann.line()).collect();
            assert!(lines.iter().all(|line| line.text != "an insult"));
            assert_eq!(lines.last().unwrap().seq, 3);
        }
        assert!(unblock(&mut ann, e.id).is_empty());
        let later = eve.say("red", "sorry");
        assert_eq!(ann.line(), later);
        assert_eq!(ann.fetch("red", 0, 0, 0).lines[0], insult);
    });
}

trait ReactionText {
    fn reaction_text(&self) -> &str;
}

impl ReactionText for Line {
    /// The reaction that a change adds.
    fn reaction_text(&self) -> &str {
        let change = self.change.as_ref().expect("a change");
        &change.reaction.as_ref().expect("a reaction").reaction
    }
}

#[test]
fn a_block_holds_for_all_devices_at_once_and_after_they_resume() {
    on_each_number_of_threads(|server| {
        let (mut ann, a) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut eve, e) = V1Client::in_room(server.address(), "Eve", "red");
        block(&mut ann, e.id);
        let last_request = ann.last_request;
        drop(ann);
        let missed = eve.say("red", "while she is away");
        let (mut ann, again) = V1Client::resume(server.address(), &a, last_request, 0);
        assert!(again.resumed);
        ann.join_from("red", missed.epoch, 0).unwrap();
        assert_eq!(ann.line(), hidden(&missed));
        let Ok(ReplyResult::Blocks(blocks)) = ann.ask(RequestBody::ListBlocks(ListBlocks {}))
        else {
            panic!("no list");
        };
        let eve_as_blocked = Member {
            id: e.id,
            name: "Eve".into(),
            ..Member::default()
        };
        assert_eq!(blocks.users, [eve_as_blocked]);
        let later = eve.say("red", "again");
        assert_eq!(ann.line(), hidden(&later));
    });
}

#[test]
fn a_blocked_user_whispers_into_the_void_and_notices_nothing() {
    on_each_number_of_threads(|server| {
        let (mut ann, a) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut eve, e) = V1Client::in_room(server.address(), "Eve", "red");
        let (mut bob, _) = V1Client::hello(server.address(), "Bob");
        block(&mut ann, e.id);
        let nonce = eve.send(whisper(a.id, "", "psst"));
        let copy = eve.whisper_line();
        assert_eq!((copy.nonce, copy.seq, copy.receiver), (nonce, 1, a.id));
        bob.whisper(a.id, "hello");
        let got = ann.whisper_line();
        assert_eq!((got.seq, got.text.as_str()), (1, "hello"));
        // It still gets all that she says.
        let line = ann.say("red", "to all");
        assert_eq!(eve.line(), line);
        ann.whisper(e.id, "why");
        assert_eq!(eve.whisper_line().text, "why");
        unblock(&mut ann, e.id);
        ann.expect_quiet();
    });
}

#[test]
fn whispers_that_wait_for_a_client_are_not_delivered_if_their_sender_is_blocked_since() {
    on_each_number_of_threads(|server| {
        let (ann, a) = V1Client::in_room(server.address(), "Ann", "red");
        let last_request = ann.last_request;
        drop(ann);
        let (mut eve, e) = V1Client::hello(server.address(), "Eve");
        let (mut bob, _) = V1Client::hello(server.address(), "Bob");
        eve.whisper(a.id, "an insult");
        bob.whisper(a.id, "hello");
        let (mut ann, _) = V1Client::resume(server.address(), &a, last_request, 0);
        assert_eq!([ann.whisper_line().seq, ann.whisper_line().seq], [1, 2]);
        block(&mut ann, e.id);
        let last_request = ann.last_request;
        drop(ann);
        let (mut ann, again) = V1Client::resume(server.address(), &a, last_request, 0);
        assert_eq!((again.whisper_seq, again.whisper_gap), (2, None));
        assert_eq!(ann.whisper_line().text, "hello");
        ann.expect_quiet();
    });
}

#[test]
fn presence_leaves_blocked_users_out_and_counts_them() {
    on_each_number_of_threads(|server| {
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
        let (mut eve, e) = V1Client::hello(server.address(), "Eve");
        block(&mut ann, e.id);
        let is_three = |told: &Presence| told.count == 3;
        let is_two = |told: &Presence| told.count == 2 && !told.joined.is_empty();
        ann.presence(is_two);
        let names = |told: Vec<Presence>| -> Vec<String> {
            let joined = told.into_iter().flat_map(|one| one.joined);
            joined.map(|member| member.name).collect()
        };
        eve.join("red");
        assert_eq!(names(ann.presence(is_three)), Vec::<String>::new());
        assert!(names(bob.presence(is_three)).contains(&"Eve".to_owned()));
        let members = |client: &mut V1Client| {
            let list = RequestBody::ListMembers(ListMembers { room: "red".into() });
            match client.ask(list) {
                Ok(ReplyResult::Members(list)) => (list.count, list.members.len()),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(members(&mut ann), (3, 2));
        assert_eq!(members(&mut bob), (3, 3));
        eve.leave("red");
        let told = ann.presence(|told| told.count == 2);
        assert!(told.iter().all(|one| one.left.is_empty()), "{told:?}");
        let told = bob.presence(|told| told.left == [e.id]);
        assert_eq!(told.last().unwrap().count, 2);
    });
}

#[test]
fn searches_and_counts_leave_blocked_users_out() {
    on_each_number_of_threads(|server| {
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut eve, e) = V1Client::in_room(server.address(), "Eve", "red");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
        eve.say("red", "gold for Ann");
        bob.line();
        bob.say("red", "gold for Ann");
        block(&mut ann, e.id);
        let found = |client: &mut V1Client| {
            let search = RequestBody::Search(Search {
                text: "gold".into(),
                ..Search::default()
            });
            match client.ask(search) {
                Ok(ReplyResult::Found(page)) => page.lines.len(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((found(&mut ann), found(&mut bob)), (1, 2));
        let Ok(ReplyResult::Unread(unread)) = ann.ask(RequestBody::ListUnread(ListUnread {}))
        else {
            panic!("no counts");
        };
        let counts = (unread.rooms[0].lines, unread.rooms[0].mentions);
        assert_eq!(counts, (1, 1));
    });
}

#[test]
fn who_is_nobody_or_oneself_or_too_much_is_not_blocked() {
    let server = TestServer::open();
    let (mut ann, a) = V1Client::hello(server.address(), "Ann");
    let refused = |client: &mut V1Client, user, name: &str| {
        let block = Block {
            user,
            name: name.into(),
            take_back: false,
        };
        let error = asked(client, block).unwrap_err();
        (error.code(), error.arguments)
    };
    let no_such = |named: &str| (ErrorCode::NoSuchUser, vec![named.to_owned()]);
    assert_eq!(refused(&mut ann, 77, ""), no_such("77"));
    assert_eq!(refused(&mut ann, 0, "Nobody"), no_such("Nobody"));
    assert_eq!(refused(&mut ann, a.id, "").0, ErrorCode::BadRequest);
    // Clients of the tutorial are users, too.
    let (_tutorial, id) = server.join();
    assert_eq!(block(&mut ann, id), [id]);
    assert_eq!(block(&mut ann, id), [id], "once");
    let (_bob, b) = V1Client::hello(server.address(), "Bob");
    let by_name = Block {
        name: "BOB".into(),
        ..Block::default()
    };
    assert_eq!(asked(&mut ann, by_name), Ok(vec![b.id, id]));
    // One that is gone can still be unblocked, by the name that it had.
    let (eve, e) = V1Client::hello(server.address(), "Eve");
    assert_eq!(block(&mut ann, e.id), [e.id, b.id, id]);
    drop(eve);
    let by_name = Block {
        name: "Eve".into(),
        take_back: true,
        ..Block::default()
    };
    assert_eq!(asked(&mut ann, by_name), Ok(vec![b.id, id]));
    assert_eq!(unblock(&mut ann, b.id), [id]);
    assert_eq!(unblock(&mut ann, b.id), [id], "it is not blocked any more");
}

#[test]
fn a_user_blocks_so_many_and_no_more() {
    let server = TestServer::open();
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    let mut last = 0;
    for _ in 0..MAX_BLOCKS {
        let (eve, e) = V1Client::hello(server.address(), "");
        last = e.id;
        assert_eq!(block(&mut ann, e.id)[0], e.id);
        drop(eve);
    }
    let (_eve, e) = V1Client::hello(server.address(), "");
    let one_more = Block {
        user: e.id,
        ..Block::default()
    };
    let error = asked(&mut ann, one_more.clone()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TooManyBlocks);
    assert_eq!(error.arguments, [MAX_BLOCKS.to_string()]);
    assert_eq!(unblock(&mut ann, last).len(), MAX_BLOCKS - 1);
    assert_eq!(asked(&mut ann, one_more).unwrap().len(), MAX_BLOCKS);
}

#[test]
fn a_block_is_pushed_to_the_users_other_clients_and_outlives_the_users_session() {
    for threads in 1..=2 {
        let server = TestServer::with(Config {
            threads: NonZeroUsize::new(threads).unwrap(),
            accounts: AccountsConfig {
                guests: Guests::Allow,
                ..accounts()
            },
            ..Config::default()
        });
        let address = server.address();
        let (mut phone, _) = sign_in_to(address, &of("ann"), "red");
        let (mut desk, _) = sign_in_to(address, &of("ann"), "red");
        let (mut eve, e) = sign_in_to(address, &of("eve"), "red");
        block(&mut phone, e.id);
        let PacketBody::Blocks(blocks) = desk.next_packet() else {
            panic!("the other client is not told");
        };
        let blocked = &blocks.users[0];
        assert_eq!((blocked.id, blocked.user.as_str()), (e.id, "eve"));
        let line = eve.say("red", "an insult");
        assert_eq!([phone.line(), desk.line()], [hidden(&line), hidden(&line)]);
        // All of her other clients as well, and a later session of his.
        drop((phone, desk));
        let (mut later, _) = sign_in_to(address, &of("ann"), "red");
        assert_eq!(later.line(), hidden(&line));
        let (mut again, _) = sign_in_to(address, &of("eve"), "red");
        assert_eq!(again.line(), line);
        let line = again.say("red", "from another client");
        assert_eq!(later.line(), hidden(&line));
        unblock(&mut later, e.id);
        let line = again.say("red", "sorry");
        assert_eq!(later.line(), line);
    }
}
