//! Sanctions and roles, as clients see them: what a moderator does, what the person is told, what
//! it can do about it, and that it does not escape.

mod bans;
mod escapes;
mod hostile;
mod lists;
mod mutes;
mod restart;
mod roles;
mod tutorial;

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use guildhall_protocol::{
    ErrorCode, Hello, Impose, Lift, ListSanctions, PacketBody, Reason, RemovedReason, ReplyResult,
    RequestBody, RequestError, Sanction, SanctionKind, SanctionList, Sanctions, Welcome,
};
use guildhall_server::accounts::{NewToken, Right};
use guildhall_server::{Config, ModerationConfig};
use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello, say};

use crate::accounts::{of, sign, sign_in, sign_in_to};
use crate::room_rules::{allowed, config as open_config};

/// Another address of this machine.
const ELSEWHERE: &str = "127.0.0.2";

/// The address for appeals, on the tests' servers.
const APPEAL: &str = "https://game.example/appeal";

/// The settings of a server with so many threads, which lets guests in and knows users.
pub(crate) fn config(threads: usize) -> Config {
    Config {
        threads: NonZeroUsize::new(threads).unwrap(),
        moderation: ModerationConfig {
            appeal: APPEAL.into(),
            ..ModerationConfig::default()
        },
        ..open_config(&[])
    }
}

fn server() -> TestServer {
    TestServer::with(config(1))
}

/// A token of a moderator of these rooms.
fn moderator_of(user: &str, rooms: &str) -> NewToken {
    NewToken {
        name: Some(format!("Mod {user}")),
        ..allowed(user, rooms, &[Right::Mod])
    }
}

/// A moderator of all rooms, who is in the room `red`.
pub(crate) fn moderator(address: SocketAddr) -> V1Client {
    sign_in_to(address, &moderator_of("m", "*"), "red").0
}

/// A sanction of this user, for a minute.
pub(crate) fn sanction(kind: SanctionKind, room: &str, user: u64) -> Impose {
    Impose {
        kind: kind.into(),
        room: room.into(),
        user,
        seconds: match kind {
            SanctionKind::Kick => 0,
            _ => 60,
        },
        reason: Reason::Harassment.into(),
        rule: "Be kind".into(),
        note: "the third time".into(),
        ..Impose::default()
    }
}

/// The same against the guests of the user's address, too.
fn with_address(impose: Impose) -> Impose {
    Impose {
        address: true,
        ..impose
    }
}

fn try_impose(by: &mut V1Client, impose: Impose) -> Result<Sanction, RequestError> {
    match by.ask(RequestBody::Impose(impose))? {
        ReplyResult::Imposed(imposed) => Ok(imposed.sanction.expect("a sanction")),
        other => panic!("not imposed: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn impose(by: &mut V1Client, impose: Impose) -> Sanction {
    try_impose(by, impose).expect("the moderator may")
}

fn try_lift(
    by: &mut V1Client,
    kind: SanctionKind,
    room: &str,
    user: u64,
) -> Result<(), RequestError> {
    let lift = Lift {
        kind: kind.into(),
        room: room.into(),
        user,
        ..Lift::default()
    };
    match by.ask(RequestBody::Lift(lift))? {
        ReplyResult::Lifted(_) => Ok(()),
        other => panic!("not lifted: {other:?}"),
    }
}

fn list(by: &mut V1Client, room: &str) -> Result<SanctionList, RequestError> {
    let list = ListSanctions { room: room.into() };
    match by.ask(RequestBody::ListSanctions(list))? {
        ReplyResult::Sanctions(list) => Ok(list),
        other => panic!("no list: {other:?}"),
    }
}

/// Returns the sanctions that hold against the client, as it is told them next.
#[track_caller]
fn told(client: &mut V1Client) -> Vec<Sanction> {
    match client.next_packet() {
        PacketBody::Sanctions(Sanctions { sanctions }) => sanctions,
        other => panic!("no sanctions: {other:?}"),
    }
}

/// The room that the client is told next that it is not in any more, and the sanction.
#[track_caller]
fn removed(client: &mut V1Client, reason: RemovedReason) -> (String, Sanction) {
    match client.next_packet() {
        PacketBody::Removed(removed) => {
            assert_eq!(removed.reason(), reason);
            (removed.room, removed.sanction.expect("a sanction"))
        }
        other => panic!("not removed: {other:?}"),
    }
}

/// Says something, and returns the error.
#[track_caller]
fn refused_say(client: &mut V1Client, room: &str) -> RequestError {
    let refused = client.ask(say(room, "let me speak"));
    refused.expect_err("it may say nothing")
}

/// Checks that an error tells of this sanction.
#[track_caller]
fn check_refused(refused: &RequestError, code: ErrorCode, sanction: &Sanction) {
    assert_eq!(refused.code(), code, "{refused:?}");
    assert!(!refused.temporary, "the client does not send it again");
    let expected = [
        sanction.room.clone(),
        sanction.until.to_string(),
        sanction.reason.to_string(),
        sanction.rule.clone(),
        sanction.id.to_string(),
        APPEAL.to_owned(),
    ];
    assert_eq!(refused.arguments, expected);
}

/// The sanction without what moderators alone see.
fn as_told(sanction: &Sanction) -> Sanction {
    Sanction {
        user: None,
        by: String::new(),
        note: String::new(),
        ..sanction.clone()
    }
}

/// Says hello over a connection from another address.
fn hello_from(source: &str, address: SocketAddr, hello: Hello) -> Result<Welcome, RequestError> {
    V1Client::over(Client::dial_from(source, address)).welcome(hello)
}

/// Says hello as a guest, and returns the refusal behind which the connection is closed.
#[track_caller]
fn banned_hello(address: SocketAddr, hello: Hello) -> RequestError {
    let mut client = V1Client::dial(address);
    let refused = client.welcome(hello).expect_err("it is banned");
    client.client.expect_close(3503);
    refused
}
