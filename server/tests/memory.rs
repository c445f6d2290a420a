//! The most memory that a client or a room can take, as docs/operations.md states it, is
//! reached here and counted. A binary of its own, because the counter replaces the
//! allocator of the whole process, and one test, because it counts all threads.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Instant;

use guildhall_protocol::limits::{MAX_CLIENT_PACKET_BYTES, MAX_SAY_BYTES};
use guildhall_protocol::{Hello, Protocol};
use guildhall_server::accounts::{Accounts, AccountsConfig, Key, NewToken, SigningKey};
use guildhall_server::policy::Rights;
use guildhall_server::testing::{
    ConnectionId, Hub, Joining, Moment, Name, NewMessage, Position, UserId,
};
use guildhall_server::{Config, RoomLimits};
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::null_wire::NullWire;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello};
use guildhall_testing::wire::{BINARY, eventually, masked};
use serde_json::value::RawValue;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const KIB: usize = 1024;

/// What a client takes beside what it has sent in part and what waits for it.
const PER_CLIENT: usize = 8 * KIB;

/// What a client takes that has sent a part of a message, as docs/operations.md says.
const PER_PART: usize = 24 * KIB;

/// The memory of a user with an account that has no session, as docs/operations.md says.
const PER_ABSENT_USER: usize = 3 * KIB;

/// What a room takes beside its history, as docs/operations.md says.
const PER_ROOM: usize = 16 * KIB;

fn in_use() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// Clients whose messages never end.
fn parts_of_messages() {
    const CLIENTS: usize = 32;
    let server = TestServer::open();
    let before = in_use();
    // All but one byte of the longest message, in two fragments.
    let part = vec![0; MAX_CLIENT_PACKET_BYTES / 2];
    let rest = vec![0; MAX_CLIENT_PACKET_BYTES / 2 - 1];
    let clients: Vec<Client> = (0..CLIENTS)
        .map(|_| {
            let mut client = Client::dial(server.address());
            client.send(handshake("").as_bytes());
            client.expect_upgrade();
            client.expect_id();
            client.send(&masked(BINARY, &part));
            client.send(&masked(0, &rest));
            client
        })
        .collect();
    let least = CLIENTS * MAX_CLIENT_PACKET_BYTES;
    let taken = eventually("the server has read all parts", || {
        let taken = in_use().saturating_sub(before);
        (taken >= least).then_some(taken)
    });
    println!(
        "a client with a part of a message: {} bytes",
        taken / CLIENTS
    );
    assert!(
        taken <= CLIENTS * (PER_CLIENT + PER_PART),
        "{} bytes for a client",
        taken / CLIENTS
    );
    drop(clients);
}

/// Guests that are in a room and do nothing. What users with accounts have, they do not pay
/// for.
fn idle_guests() {
    const CLIENTS: usize = 200;
    let server = TestServer::open();
    let mut clients: Vec<V1Client> = Vec::with_capacity(CLIENTS);
    let connect = || V1Client::in_room(server.address(), "", "lobby").0;
    clients.push(connect());
    let before = in_use();
    clients.extend((1..CLIENTS).map(|_| connect()));
    let per_client = in_use().saturating_sub(before) / (CLIENTS - 1);
    println!("an idle guest, and its end of the connection: {per_client} bytes");
    assert!(per_client <= PER_CLIENT, "{per_client} bytes for a guest");
}

/// Users with accounts that were there once. The server knows them for a while.
fn absent_users() {
    const USERS: usize = 200;
    let key = Key::secret("HS256", None, &[7; 32]).unwrap();
    let server = TestServer::with(Config {
        accounts: AccountsConfig::new(Some(Accounts {
            keys: vec![key],
            ..Accounts::default()
        })),
        ..Config::default()
    });
    let signing = SigningKey::secret("HS256", None, &[7; 32]).unwrap();
    let visit = |number: usize| {
        let token = NewToken {
            user: format!("{number:0>128}"),
            name: Some(format!("A user with number {number:0>4}")),
            info: Some(RawValue::from_string(format!("{{\"a\":\"{number:0>1016}\"}}")).unwrap()),
            expires: u64::from(u32::MAX),
            ..NewToken::default()
        };
        let mut client = V1Client::dial(server.address());
        let hello = Hello {
            token: signing.sign(&token).unwrap(),
            ..hello("")
        };
        assert_eq!(client.welcome(hello).unwrap().info.len(), 1_024);
        client.client.say_goodbye();
    };
    visit(0);
    let before = in_use();
    (1..=USERS).for_each(visit);
    let per_user = eventually("the last connections have gone", || {
        let per_user = in_use().saturating_sub(before) / USERS;
        (per_user <= PER_ABSENT_USER).then_some(per_user)
    });
    println!("an absent user: {per_user} bytes");
    assert!(per_user > 1_024, "its name is kept, and its info");
}

/// A client that reads nothing of what is said.
fn what_waits() {
    let config = Config::default();
    let most = config.max_waiting;
    let server = TestServer::with(config);
    let mut one = server.join().0;
    let slow = Client::dial_narrow(server.address()).joined().0;
    let before = in_use();
    let mut highest = 0;
    let text = "x".repeat(MAX_SAY_BYTES);
    // The server closes the client on the way, and what waits is dropped.
    for _ in 0..2 * most / text.len() {
        one.say(&text);
        highest = highest.max(in_use().saturating_sub(before));
    }
    println!("a client that does not read: {highest} bytes");
    assert!(highest <= most + most / 4, "{highest} bytes waited");
    drop(slow);
}

/// Rooms whose histories are full.
fn full_rooms() {
    const ROOMS: usize = 32;
    let mut hub = Hub::default();
    let at = Moment::present();
    let now = Instant::now();
    let text = "x".repeat(MAX_SAY_BYTES);
    let connection = hub.connect(Protocol::V1, NullWire::default(), 100_000, now);
    let before = in_use();
    let mut rooms = Vec::new();
    for room in 0..ROOMS {
        let name = format!("room {room}");
        let joining = Joining {
            id: UserId(1),
            name: &Name::GUEST,
            rights: &Rights::default(),
            position: Position::default(),
        };
        let joined = hub.join(&name, &connection, joining, at);
        let (room, ..) = joined.unwrap();
        for _ in 0..=RoomLimits::default().history.bytes / text.len() {
            // More at once than is usual.
            for _ in 0..16 {
                hub.say(
                    &room,
                    ConnectionId(1),
                    &NewMessage::plain(UserId(1), &text, 1),
                );
            }
            hub.fan_out(now);
        }
        rooms.push(room);
    }
    let per_room = (in_use() - before) / ROOMS;
    println!("a room with a full history: {per_room} bytes");
    let most = RoomLimits::default().history.bytes + PER_ROOM;
    assert!(per_room <= most, "{per_room} bytes for a room");
}

#[test]
fn nothing_takes_more_than_is_documented() {
    let _profiler = dhat::Profiler::builder().testing().build();
    full_rooms();
    idle_guests();
    absent_users();
    parts_of_messages();
    what_waits();
}
