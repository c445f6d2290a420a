//! Moderators act on rooms over their connections: settings that hold at once, rooms that are
//! cleared, and users that are purged, in memory and with a store.

mod settings;
mod sweeps;

use std::net::SocketAddr;

use guildhall_protocol::{
    ChangeKind, ChangeRoom, Clear, ErrorCode, Line, Purge, ReplyResult, RequestBody, RequestError,
};
use guildhall_server::Config;
use guildhall_server::accounts::Right;
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;

use crate::accounts::sign_in;
use crate::room_rules::{allowed, check_forbidden, config, guest, open};

fn on_threads(threads: usize) -> Config {
    Config {
        threads: threads.try_into().unwrap(),
        ..config(&[open("*")])
    }
}

/// Says hello as a user that moderates these rooms.
fn moderator(address: SocketAddr, rooms: &str) -> V1Client {
    sign_in(address, &allowed("mod", rooms, &[Right::Mod])).0
}

fn clear(room: &str) -> RequestBody {
    RequestBody::Clear(Clear { room: room.into() })
}

fn purge(room: &str, user: u64, name: &str) -> RequestBody {
    RequestBody::Purge(Purge {
        room: room.into(),
        user,
        name: name.into(),
    })
}

/// Purges a user. Returns in how many rooms it had said something.
fn purged(client: &mut V1Client, purge: RequestBody) -> Result<u32, RequestError> {
    match client.ask(purge)? {
        ReplyResult::Purged(purged) => Ok(purged.rooms),
        other => panic!("not purged: {other:?}"),
    }
}

/// The kind, the last line and the user of a change that removes many lines.
#[track_caller]
fn swept(line: &Line) -> (ChangeKind, u64, u64) {
    let change = line.change.as_ref().expect("a change");
    (change.kind(), change.seq, change.user)
}
