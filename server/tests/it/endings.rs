//! Every way a connection can end: each gives its place back, and nobody else
//! notices.

use guildhall_server::Caps;
use guildhall_server::Config;

use crate::bystanders::Bystanders;
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::endings::{EARLY_ENDINGS, ENDINGS, end_in_every_way};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::eventually;

#[test]
fn every_ending_gives_its_place_back() {
    let hall = TestServer::with(Config {
        caps: Caps {
            total: 1,
            per_address: 0,
        },
        ..Config::default()
    });
    let join = || {
        let mut client = Client::dial(hall.address());
        client.send(handshake("").as_bytes());
        (client.response().status == 101).then(|| {
            client.expect_id();
            client
        })
    };
    for (name, end) in ENDINGS {
        let client = eventually(&format!("the place before {name}"), join);
        assert!(join().is_none(), "the only place is taken");
        end(client);
    }
    for (name, end) in EARLY_ENDINGS {
        end(Client::dial(hall.address()));
        eventually(&format!("the place after {name}"), join);
    }
}

#[test]
fn no_ending_disturbs_the_others() {
    let hall = TestServer::open();
    let others = Bystanders::of(&hall);
    end_in_every_way(hall.address(), 3);
    others.undisturbed();
}

#[test]
fn all_at_once_are_gone_and_the_room_goes_on() {
    let hall = TestServer::open();
    let (mut one, mut two) = hall.pair();
    let crowd: Vec<_> = (0..100).map(|_| hall.join().0).collect();
    for client in crowd {
        client.reset();
    }
    for n in 0..10 {
        let text = format!("line {n}");
        one.say(&text);
        two.expect_chat(1, &text);
    }
}
