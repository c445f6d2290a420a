//! Rooms with rules, as clients see them: who may join, speak, read and see in which room,
//! and what happens when a rule or a user's rights change.

mod changes;
mod joining;
mod reading;
mod speaking;

use std::net::SocketAddr;
use std::time::Duration;

use guildhall_protocol::{
    ErrorCode, PacketBody, RequestBody, RequestError, RoomChanged, RoomSettings,
};
use guildhall_server::Config;
use guildhall_server::accounts::{AccountsConfig, Cap, Guests, NewToken, Right};
use guildhall_server::policy::{Pattern, Rule, Rules, Who};

use crate::accounts::{accounts, of, sign, sign_in, sign_in_to};
use guildhall_testing::test_server::{TestServer, brisk};
use guildhall_testing::v1_client::{V1Client, say};

/// The rule that lets everybody do everything in these rooms.
pub(crate) fn open(rooms: &str) -> Rule {
    Rule::open(Pattern::new(rooms))
}

/// The settings of a server with these rules, which lets guests in and knows users.
pub(crate) fn config(rules: &[Rule]) -> Config {
    Config {
        accounts: AccountsConfig {
            guests: Guests::Allow,
            ..accounts()
        },
        rules: Rules::new(rules.to_vec()),
        tell_changes_every: Duration::from_millis(5),
        ..brisk()
    }
}

pub(crate) fn server(rules: &[Rule]) -> TestServer {
    TestServer::with(config(rules))
}

/// A token of this user that allows this in these rooms.
pub(crate) fn allowed(user: &str, rooms: &str, allow: &[Right]) -> NewToken {
    NewToken {
        caps: vec![Cap {
            rooms: vec![rooms.into()],
            allow: allow.to_vec(),
        }],
        ..of(user)
    }
}

/// Says hello as a guest.
pub(crate) fn guest(address: SocketAddr) -> V1Client {
    V1Client::hello(address, "").0
}

/// Says a text, and waits for the answer.
fn try_say(client: &mut V1Client, room: &str, text: &str) -> Result<(), RequestError> {
    let nonce = client.send(say(room, text));
    client.outcome(nonce)
}

/// Checks that the client may not do this in this room.
#[track_caller]
pub(crate) fn check_forbidden<T: std::fmt::Debug>(
    result: Result<T, RequestError>,
    room: &str,
    action: &str,
) {
    let error = result.expect_err("it is forbidden");
    assert_eq!(error.code(), ErrorCode::Forbidden, "{error:?}");
    assert_eq!(error.arguments, [room, action]);
    assert!(!error.temporary && error.retry_after == 0);
}

/// The settings that the client is told next.
#[track_caller]
pub(crate) fn changed(client: &mut V1Client, room: &str) -> Option<RoomSettings> {
    match client.next_packet() {
        PacketBody::RoomChanged(RoomChanged { room: of, settings }) => {
            assert_eq!(of, room);
            settings
        }
        other => panic!("no change of the room: {other:?}"),
    }
}
