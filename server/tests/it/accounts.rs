//! Users with tokens of the game's own backend, as their clients see it. What needs a clock
//! that a test sets is tested beside the sessions (`server/src/session/v1/tests`).

mod guests;
mod names;
mod rates;
mod reloads;
mod sessions;
mod tokens;
mod verifying;

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use guildhall_protocol::{ErrorCode, Hello, PacketBody, RequestError, Welcome};
use guildhall_server::Config;
use guildhall_server::accounts::{Accounts, AccountsConfig, Key, NewToken, SigningKey};

use guildhall_testing::test_server::{TestServer, brisk};
use guildhall_testing::v1_client::{V1Client, hello};

const SECRET: &[u8] = b"a secret of 32 bytes or more, for tests";

/// The time now, in seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// The settings of a server with a key.
pub(crate) fn accounts() -> AccountsConfig {
    AccountsConfig::new(Some(Accounts {
        keys: vec![Key::secret("HS256", None, SECRET).unwrap()],
        ..Accounts::default()
    }))
}

/// The settings of a server with these accounts, which checks often who may stay.
fn config(accounts: AccountsConfig) -> Config {
    Config {
        accounts,
        ..brisk()
    }
}

/// A server with a key.
fn server() -> TestServer {
    TestServer::with(config(accounts()))
}

/// A token of this user, without a name. It holds for a minute.
pub(crate) fn of(user: &str) -> NewToken {
    NewToken {
        user: user.into(),
        issued: now(),
        expires: now() + 60,
        ..NewToken::default()
    }
}

/// A token that gives this user a name.
fn named(user: &str, name: &str) -> NewToken {
    NewToken {
        name: Some(name.into()),
        ..of(user)
    }
}

pub(crate) fn sign(token: &NewToken) -> String {
    let key = SigningKey::secret("HS256", None, SECRET).unwrap();
    key.sign(token).unwrap()
}

/// A hello with this token.
fn with_token(token: &NewToken) -> Hello {
    Hello {
        token: sign(token),
        ..hello("")
    }
}

/// Connects, and says hello with this token.
#[track_caller]
pub(crate) fn sign_in(address: SocketAddr, token: &NewToken) -> (V1Client, Welcome) {
    let mut client = V1Client::dial(address);
    let welcome = client.welcome(with_token(token)).expect("a welcome");
    (client, welcome)
}

/// The same, and joins a room.
#[track_caller]
pub(crate) fn sign_in_to(address: SocketAddr, token: &NewToken, room: &str) -> (V1Client, Welcome) {
    let (mut client, welcome) = sign_in(address, token);
    client.join(room);
    (client, welcome)
}

/// The name that the server tells the client unasked.
#[track_caller]
fn new_name(client: &mut V1Client) -> String {
    match client.next_packet() {
        PacketBody::Renamed(renamed) => renamed.name,
        other => panic!("not renamed: {other:?}"),
    }
}

/// Checks that a request was refused because of its token, with a reason that has these words,
/// and that the connection is closed with this code.
#[track_caller]
fn check_refused<T: std::fmt::Debug>(
    mut client: V1Client,
    refused: Result<T, RequestError>,
    reason: &str,
    code: u16,
) {
    let error = refused.expect_err("a refusal");
    assert_eq!(error.code(), ErrorCode::BadToken);
    assert!(!error.temporary);
    let [why] = error.arguments.as_slice() else {
        panic!("one argument: {error:?}");
    };
    assert!(why.contains(reason), "{why}");
    client.client.expect_close(code);
}
