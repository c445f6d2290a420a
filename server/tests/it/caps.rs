//! The limits of connected clients, in all and from one address.

use std::num::NonZeroUsize;

use guildhall_server::Config;
use guildhall_server::{Caps, testing::HTTP_SLACK};

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::eventually;

/// How many more sockets one address may have beside its clients, see `gate.rs`.
const HTTP_SLACK_PER_ADDRESS: usize = 64;

/// An address of this machine that is not 127.0.0.1.
const ELSEWHERE: &str = "127.0.0.2";

fn server(total: usize, per_address: usize) -> TestServer {
    TestServer::with(Config {
        caps: Caps { total, per_address },
        ..Config::default()
    })
}

/// Does the handshake with `client`. Returns the client's ID, or the status of the
/// refusal.
fn ask(client: &mut Client) -> Result<u64, u16> {
    client.send(handshake("").as_bytes());
    let response = client.response();
    match response.status {
        101 => Ok(client.expect_id()),
        status => {
            assert!(!response.text().is_empty(), "a refusal has a reason");
            let seconds = response
                .header("retry-after")
                .expect("a refusal says when to try again");
            assert!(seconds.parse::<u32>().unwrap() > 0);
            Err(status)
        }
    }
}

/// Checks that the server hangs up without an answer. A silent client would not show
/// it: the server hangs up on it as well, when the headers do not arrive in time.
#[track_caller]
fn check_dropped(mut socket: Client) {
    assert_eq!(socket.try_get("/healthz"), None);
}

#[test]
fn a_full_server_answers_503_until_a_client_leaves() {
    let server = server(2, 0);
    let (mut one, two) = server.pair();
    for _ in 0..3 {
        assert_eq!(ask(&mut Client::dial(server.address())), Err(503));
        let mut elsewhere = Client::dial_from(ELSEWHERE, server.address());
        assert_eq!(ask(&mut elsewhere), Err(503));
    }
    // A full server still answers other requests.
    assert_eq!(
        Client::dial(server.address()).get("/healthz", "").status,
        200
    );
    drop(two);
    let (mut three, id) = eventually("a free place", || {
        let mut client = Client::dial(server.address());
        let id = ask(&mut client).ok()?;
        Some((client, id))
    });
    assert_eq!(id, 3, "refused clients got no IDs");
    three.say("I am connected");
    one.expect_chat(3, "I am connected");
    assert_eq!(ask(&mut Client::dial(server.address())), Err(503));
}

#[test]
fn a_cap_holds_for_all_threads_together() {
    let server = TestServer::with(Config {
        threads: NonZeroUsize::new(3).unwrap(),
        caps: Caps {
            total: 7,
            per_address: 5,
        },
        ..Config::default()
    });
    let here: Vec<_> = (0..5).map(|_| server.join()).collect();
    assert_eq!(ask(&mut Client::dial(server.address())), Err(429));
    let elsewhere = || Client::dial_from(ELSEWHERE, server.address());
    let (mut six, id) = elsewhere().joined();
    let _seven = elsewhere().joined();
    assert_eq!(id, 6, "the IDs of all threads are one sequence");
    assert_eq!(ask(&mut elsewhere()), Err(503));
    six.say("all here?");
    for (mut client, _) in here {
        client.expect_chat(6, "all here?");
    }
}

#[test]
fn a_refused_client_may_ask_again_on_the_same_connection() {
    let server = server(1, 0);
    let (one, _) = server.join();
    let mut waiting = Client::dial(server.address());
    assert_eq!(ask(&mut waiting), Err(503));
    drop(one);
    let id = eventually("a free place", || ask(&mut waiting).ok());
    assert_eq!(id, 2);
}

#[test]
fn a_full_address_is_answered_with_429_and_other_addresses_are_not() {
    let server = server(100, 2);
    let (mut one, two) = server.pair();
    assert_eq!(ask(&mut Client::dial(server.address())), Err(429));
    let mut elsewhere = Client::dial_from(ELSEWHERE, server.address());
    assert_eq!(ask(&mut elsewhere), Ok(3));
    elsewhere.say("from elsewhere");
    one.expect_chat(3, "from elsewhere");
    drop(two);
    let id = eventually("a free place", || {
        ask(&mut Client::dial(server.address())).ok()
    });
    assert_eq!(id, 4);
}

#[test]
fn sockets_above_the_slack_of_an_address_are_dropped() {
    let server = server(100, 1);
    let (mut client, _) = server.join();
    let mut sockets = Vec::new();
    for _ in 0..HTTP_SLACK_PER_ADDRESS {
        let mut socket = Client::dial(server.address());
        // The server has answered, so it has counted this socket.
        assert_eq!(socket.get("/healthz", "").status, 200);
        sockets.push(socket);
    }
    check_dropped(Client::dial(server.address()));
    // Other addresses and connected clients are not affected.
    let (mut elsewhere, id) = Client::dial_from(ELSEWHERE, server.address()).joined();
    client.say("still here");
    elsewhere.expect_chat(1, "still here");
    assert_eq!(id, 2);
    assert_eq!(sockets[0].get("/healthz", "").status, 200);
    sockets.pop();
    eventually("a free socket", || {
        let mut socket = Client::dial(server.address());
        socket.try_get("/healthz").filter(|&status| status == 200)
    });
}

#[test]
fn an_address_with_most_sockets_makes_room_for_others() {
    let server = server(0, 0);
    let mut sockets = Vec::new();
    for _ in 0..HTTP_SLACK {
        let mut socket = Client::dial(server.address());
        assert_eq!(socket.get("/healthz", "").status, 200);
        sockets.push(socket);
    }
    // The address that has all sockets gets no more.
    check_dropped(Client::dial(server.address()));
    // Others do, and its oldest go for them.
    let mut others = Vec::new();
    for socket in &mut sockets[..10] {
        let mut other = Client::dial_from(ELSEWHERE, server.address());
        assert_eq!(other.get("/healthz", "").status, 200);
        others.push(other);
        assert!(socket.ends_silently());
    }
    for socket in sockets[10..].iter_mut().chain(&mut others) {
        assert_eq!(socket.get("/healthz", "").status, 200);
    }
    check_dropped(Client::dial(server.address()));
    drop((sockets, others));
    eventually("a free socket", || {
        let mut socket = Client::dial(server.address());
        socket.try_get("/healthz").filter(|&status| status == 200)
    });
}
