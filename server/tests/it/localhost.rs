//! `localhost` is 127.0.0.1 and `::1`, at the same port.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;

#[test]
fn both_families_lead_to_the_same_room() {
    let server = TestServer::open();
    let addresses = server.addresses();
    assert_eq!(addresses[0].ip(), Ipv4Addr::LOCALHOST);
    let (mut one, _) = Client::join(addresses[0]);
    // The machine says whether it has IPv6, not the server.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        assert_eq!(addresses.len(), 1, "this machine has no IPv6");
        return;
    }
    assert_eq!(addresses.len(), 2);
    assert_eq!(addresses[1].ip(), Ipv6Addr::LOCALHOST);
    assert_eq!(addresses[0].port(), addresses[1].port());
    let (mut two, id) = Client::join(addresses[1]);
    assert_eq!(id, 2);
    one.say("over four");
    two.expect_chat(1, "over four");
    two.say("over six");
    one.expect_chat(2, "over six");
}
