//! Every way in which a connection can end: each frees the client's place, and does
//! not disturb other clients.

use guildhall_server::Caps;
use guildhall_server::Config;

use crate::bystanders::Bystanders;
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::endings::{EARLY_ENDINGS, ENDINGS, end_in_every_way};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::eventually;

#[test]
fn every_ending_frees_the_place() {
    let server = TestServer::with(Config {
        caps: Caps {
            total: 1,
            per_address: 0,
        },
        ..Config::default()
    });
    let join = || {
        let mut client = Client::dial(server.address());
        client.send(handshake("").as_bytes());
        (client.response().status == 101).then(|| {
            client.expect_id();
            client
        })
    };
    for (name, end) in ENDINGS {
        let client = eventually(&format!("the place before {name}"), join);
        assert!(join().is_none(), "the only place is free");
        end(client);
    }
    for (name, end) in EARLY_ENDINGS {
        end(Client::dial(server.address()));
        eventually(&format!("the place after {name}"), join);
    }
}

#[test]
fn no_ending_disturbs_other_clients() {
    let server = TestServer::open();
    let others = Bystanders::of(&server);
    end_in_every_way(server.address(), 3);
    others.undisturbed();
}

#[test]
fn the_room_works_on_after_a_hundred_clients_break_at_once() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let clients: Vec<_> = (0..100).map(|_| server.join().0).collect();
    for client in clients {
        client.reset();
    }
    for n in 0..10 {
        let text = format!("line {n}");
        one.say(&text);
        two.expect_chat(1, &text);
    }
}

#[test]
fn a_client_that_leaves_gets_whole_frames_and_an_answer() {
    // More than the sockets hold, so that some waits in the outbox.
    const LINES: usize = 40;
    let server = TestServer::open();
    let (mut speaker, mut listener) = server.pair();
    let (mut leaver, _) = Client::dial_narrow(server.address()).joined();
    let line = "x".repeat(16_000);
    for _ in 0..LINES {
        speaker.say(&line);
        listener.expect_chat(1, &line);
    }
    leaver.say_goodbye();
}
