//! How many clients may be connected, in all and from one address.

use std::num::NonZeroUsize;

use guildhall_server::Config;
use guildhall_server::{Caps, testing::HTTP_SLACK};

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::eventually;

/// Sockets from one address beside its clients, see `gate.rs`.
const HTTP_SLACK_PER_ADDRESS: usize = 64;

/// An address of this machine that is not 127.0.0.1.
const ELSEWHERE: &str = "127.0.0.2";

fn hall(total: usize, per_address: usize) -> TestServer {
    TestServer::with(Config {
        caps: Caps { total, per_address },
        ..Config::default()
    })
}

/// Asks for a place with `client`; the refusal's status, or the client's ID.
fn ask(client: &mut Client) -> Result<u64, u16> {
    client.send(handshake("").as_bytes());
    let response = client.response();
    match response.status {
        101 => Ok(client.expect_id()),
        status => {
            assert!(!response.text().is_empty(), "a refusal has a reason");
            let seconds = response.header("retry-after").expect("when to come back");
            assert!(seconds.parse::<u32>().unwrap() > 0);
            Err(status)
        }
    }
}

#[test]
fn a_full_server_answers_503_and_a_place_is_free_after_a_leave() {
    let hall = hall(2, 0);
    let (mut one, two) = hall.pair();
    for _ in 0..3 {
        assert_eq!(ask(&mut Client::dial(hall.address())), Err(503));
        let mut elsewhere = Client::dial_from(ELSEWHERE, hall.address());
        assert_eq!(ask(&mut elsewhere), Err(503));
    }
    // Full is not deaf.
    assert_eq!(Client::dial(hall.address()).get("/healthz", "").status, 200);
    drop(two);
    let (mut three, id) = eventually("a free place", || {
        let mut client = Client::dial(hall.address());
        let id = ask(&mut client).ok()?;
        Some((client, id))
    });
    assert_eq!(id, 3, "the refused took no IDs");
    three.say("I am in");
    one.expect_chat(3, "I am in");
    assert_eq!(ask(&mut Client::dial(hall.address())), Err(503));
}

#[test]
fn a_cap_holds_for_all_threads_together() {
    let hall = TestServer::with(Config {
        threads: NonZeroUsize::new(3).unwrap(),
        caps: Caps {
            total: 7,
            per_address: 5,
        },
        ..Config::default()
    });
    let here: Vec<_> = (0..5).map(|_| hall.join()).collect();
    assert_eq!(ask(&mut Client::dial(hall.address())), Err(429));
    let elsewhere = || Client::dial_from(ELSEWHERE, hall.address());
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
    let hall = hall(1, 0);
    let (one, _) = hall.join();
    let mut waiting = Client::dial(hall.address());
    assert_eq!(ask(&mut waiting), Err(503));
    drop(one);
    let id = eventually("a free place", || ask(&mut waiting).ok());
    assert_eq!(id, 2);
}

#[test]
fn a_full_address_is_answered_with_429_and_others_are_not() {
    let hall = hall(100, 2);
    let (mut one, two) = hall.pair();
    assert_eq!(ask(&mut Client::dial(hall.address())), Err(429));
    let mut elsewhere = Client::dial_from(ELSEWHERE, hall.address());
    assert_eq!(ask(&mut elsewhere), Ok(3));
    elsewhere.say("from elsewhere");
    one.expect_chat(3, "from elsewhere");
    drop(two);
    let id = eventually("a free place", || {
        ask(&mut Client::dial(hall.address())).ok()
    });
    assert_eq!(id, 4);
}

#[test]
fn beyond_the_slack_of_an_address_sockets_are_dropped() {
    let hall = hall(100, 1);
    let (mut client, _) = hall.join();
    let mut visitors = Vec::new();
    for _ in 0..HTTP_SLACK_PER_ADDRESS {
        let mut visitor = Client::dial(hall.address());
        // Answered, so it is counted by now.
        assert_eq!(visitor.get("/healthz", "").status, 200);
        visitors.push(visitor);
    }
    assert!(Client::dial(hall.address()).ends_silently());
    // Nobody else suffers, and those inside do not.
    let (mut elsewhere, id) = Client::dial_from(ELSEWHERE, hall.address()).joined();
    client.say("still here");
    elsewhere.expect_chat(1, "still here");
    assert_eq!(id, 2);
    assert_eq!(visitors[0].get("/healthz", "").status, 200);
    visitors.pop();
    eventually("room for a visitor", || {
        let mut visitor = Client::dial(hall.address());
        visitor.try_get("/healthz").filter(|&status| status == 200)
    });
}

#[test]
fn beyond_the_slack_of_all_sockets_are_dropped() {
    let hall = hall(0, 0);
    let mut visitors = Vec::new();
    for _ in 0..HTTP_SLACK {
        let mut visitor = Client::dial(hall.address());
        assert_eq!(visitor.get("/healthz", "").status, 200);
        visitors.push(visitor);
    }
    assert!(Client::dial(hall.address()).ends_silently());
    assert!(Client::dial_from(ELSEWHERE, hall.address()).ends_silently());
    drop(visitors);
    eventually("room for a visitor", || {
        let mut visitor = Client::dial(hall.address());
        visitor.try_get("/healthz").filter(|&status| status == 200)
    });
}
