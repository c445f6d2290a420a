//! Every way in which the server refuses a request of `guildhall.v1`: the code, its
//! arguments, and whether to try again. No other client notices, and the connection
//! stays open.

mod floods;

use std::time::Duration;

use guildhall_protocol::{
    ErrorCode, FetchHistory, Hello, Join, Leave, ListMembers, ListRooms, Rename, Request,
    RequestBody, RequestError,
};
use guildhall_server::{Config, Rates, RequestRate, RoomLimits};

use crate::bystanders::Bystanders;
use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello, say, whisper};
use guildhall_testing::wire::{self, eventually};

/// The rooms of the server in these tests: the bystanders' lobby, "hall", and
/// "last".
const ROOMS: usize = 3;

/// A server with few rooms.
fn small() -> TestServer {
    TestServer::with(Config {
        rooms: RoomLimits {
            rooms: ROOMS,
            ..RoomLimits::default()
        },
        ..Config::default()
    })
}

/// Makes the server refuse a request with `code`. Returns the client, the error and
/// the expected arguments.
///
/// `server` has one more client, "Taken", in a room "last".
fn provoke(code: ErrorCode, server: &TestServer) -> Option<(V1Client, RequestError, Vec<String>)> {
    let mut client = V1Client::dial(server.address());
    let long_name = "x".repeat(25);
    let long_room = "x".repeat(33);
    let before_hello = matches!(
        code,
        ErrorCode::HelloFirst
            | ErrorCode::UnsupportedVersion
            | ErrorCode::BadName
            | ErrorCode::NameTaken
    );
    if !before_hello {
        client.welcome(hello("Culprit")).unwrap();
        if code != ErrorCode::ServerRoomsFull {
            client.join("hall");
        }
    }
    let join = |room: &str| {
        RequestBody::Join(Join {
            room: room.into(),
            epoch: 0,
            seq: 0,
        })
    };
    let (ask, arguments) = match code {
        // No server, or only one with accounts or rules, which have tests of their own.
        ErrorCode::Unspecified
        | ErrorCode::BadToken
        | ErrorCode::NameFixed
        | ErrorCode::Forbidden
        | ErrorCode::RoomFull
        | ErrorCode::SlowMode
        // Of a server with a store, and of changes: tests of their own, too.
        | ErrorCode::Unavailable
        | ErrorCode::NoSuchLine
        | ErrorCode::TooLate
        | ErrorCode::TooManyReactions
        // Of moderators and filters, which have tests of their own.
        | ErrorCode::Muted
        | ErrorCode::Banned
        | ErrorCode::RefusedText
        | ErrorCode::NoSuchUser
        | ErrorCode::AlreadyReported
        | ErrorCode::TooManyBlocks
        | ErrorCode::NoSuchSanction
        | ErrorCode::IsModerator => return None,
        ErrorCode::BadRequest => {
            // The ID of an earlier request.
            let name = "Zoe".into();
            client.send_request(client.last_request, RequestBody::Rename(Rename { name }));
            let error = client.reply(client.last_request).unwrap_err();
            let words = error.arguments.clone();
            assert!(
                !words.concat().is_empty(),
                "the argument says what is wrong"
            );
            return Some((client, error, words));
        }
        ErrorCode::HelloFirst => (join("hall"), vec![]),
        ErrorCode::HelloTwice => (RequestBody::Hello(hello("Again")), vec![]),
        ErrorCode::UnsupportedVersion => {
            let newer = Hello {
                version: 2,
                ..hello("Newer")
            };
            (RequestBody::Hello(newer), vec!["1".into()])
        }
        ErrorCode::BadName => {
            let ask = RequestBody::Hello(hello(&long_name));
            (ask, vec![long_name, "24".into(), "too_long".into()])
        }
        ErrorCode::NameTaken => {
            // Cyrillic а and е, which look like Latin letters.
            let name = "T\u{430}k\u{435}n";
            (RequestBody::Hello(hello(name)), vec![name.into()])
        }
        ErrorCode::BadRoomName => {
            let arguments = vec![long_room.clone(), "32".into(), "too_long".into()];
            (join(&long_room), arguments)
        }
        ErrorCode::TooManyRooms => return Some(too_many_rooms()),
        ErrorCode::ServerRoomsFull => {
            client.join("hall");
            (join("one-too-many"), vec![ROOMS.to_string()])
        }
        ErrorCode::NotInRoom => (say("last", "hi"), vec!["last".into()]),
        ErrorCode::EmptyText => (say("hall", " \n\t"), vec![]),
        ErrorCode::TextTooLong => {
            let text = "x".repeat(4_097);
            (say("hall", &text), vec!["4097".into(), "4096".into()])
        }
        ErrorCode::NoSuchClient => (whisper(0, "Nobody", "hi"), vec!["Nobody".into()]),
        // One of the bystanders, of the tutorial.
        ErrorCode::CannotWhisper => (whisper(1, "", "hi"), vec!["1".into()]),
        ErrorCode::TooManyRequests => return Some(too_many_requests()),
        ErrorCode::AddressRoomsFull => return Some(address_rooms_full()),
        ErrorCode::RateLimited => return Some(floods::rate_limited(client)),
        ErrorCode::ReceiverBehind => return Some(floods::receiver_behind(client, server)),
    };
    let error = client.ask(ask).unwrap_err();
    Some((client, error, arguments))
}

/// The refusal of one room too many, on a server of its own that has place for it.
fn too_many_rooms() -> (V1Client, RequestError, Vec<String>) {
    let server = Box::leak(Box::new(TestServer::open()));
    let (mut client, welcome) = V1Client::hello(server.address(), "Everywhere");
    let most = welcome.limits.unwrap().rooms;
    for room in 0..most {
        client.join(&format!("room-{room}"));
    }
    let error = client.join_from("one-too-many", 0, 0).unwrap_err();
    // A room that the client has joined is not another one, and after a leave it may
    // join another.
    client.join("room-0");
    client.leave("room-0");
    client.join("one-too-many");
    (client, error, vec![most.to_string()])
}

/// The refusal of one name too many, on a server of its own that limits how often.
fn too_many_requests() -> (V1Client, RequestError, Vec<String>) {
    let server = Box::leak(Box::new(TestServer::limited(Config::default())));
    let (mut client, _) = V1Client::hello(server.address(), "Culprit");
    let refused = std::iter::repeat_with(|| client.rename("Culprit").err());
    let error = refused.take(1_000).flatten().next().expect("a refusal");
    (client, error, vec![])
}

/// The refusal of a room above the share of an address.
fn address_rooms_full() -> (V1Client, RequestError, Vec<String>) {
    const SHARE: usize = 2;
    let server = Box::leak(Box::new(TestServer::with(Config {
        rooms: RoomLimits {
            rooms_per_address: SHARE,
            ..RoomLimits::default()
        },
        ..Config::default()
    })));
    let elsewhere = V1Client::over(Client::dial_from("127.0.0.2", server.address()));
    let (mut honest, mut client) = (elsewhere, V1Client::hello(server.address(), "Many").0);
    honest.welcome(hello("Honest")).unwrap();
    for room in 0..SHARE {
        client.join(&format!("room-{room}"));
    }
    let error = client.join_from("one-too-many", 0, 0).unwrap_err();
    honest.join("one-too-many");
    // A room of others, and the lobby, have a place for all.
    client.join("one-too-many");
    client.join("lobby");
    client.leave("room-0");
    client.join("another");
    (client, error, vec![SHARE.to_string()])
}

#[test]
fn every_code_is_provoked_without_disturbing_other_clients() {
    let mut provoked = 0;
    let codes = (0..).map_while(|code| ErrorCode::try_from(code).ok());
    for code in codes {
        let server = small();
        let others = Bystanders::of(&server);
        let (mut taken, _) = V1Client::in_room(server.address(), "Taken", "last");
        let Some((mut client, error, arguments)) = provoke(code, &server) else {
            continue;
        };
        provoked += 1;
        assert_eq!(error.code(), code, "{error:?}");
        assert_eq!(error.arguments, arguments, "{code:?}");
        let is_temporary = matches!(
            code,
            ErrorCode::ServerRoomsFull
                | ErrorCode::TooManyRequests
                | ErrorCode::AddressRoomsFull
                | ErrorCode::RateLimited
                | ErrorCode::ReceiverBehind
        );
        assert_eq!(error.temporary, is_temporary, "{code:?}");
        assert_eq!(error.retry_after > 0, is_temporary, "{code:?}");
        client.expect_quiet();
        taken.expect_quiet();
        taken.say("last", "undisturbed");
        others.undisturbed();
    }
    assert_eq!(provoked, 18, "a code of packets.proto has no test");
}

#[test]
fn a_client_whose_hello_is_refused_may_try_again() {
    let server = TestServer::open();
    let _taken = V1Client::hello(server.address(), "Taken");
    let mut client = V1Client::dial(server.address());
    for (name, code) in [
        ("Taken", ErrorCode::NameTaken),
        ("Guest 7", ErrorCode::NameTaken),
        ("a\u{202e}b", ErrorCode::BadName),
        (" ", ErrorCode::BadName),
    ] {
        assert_eq!(client.welcome(hello(name)).unwrap_err().code(), code);
    }
    for version in [0, 2, u32::MAX] {
        let hello = Hello {
            version,
            ..hello("Ann")
        };
        let error = client.welcome(hello).unwrap_err();
        assert_eq!(error.code(), ErrorCode::UnsupportedVersion);
    }
    assert_eq!(client.welcome(hello("Ann")).unwrap().name, "Ann");
}

#[test]
fn a_request_before_hello_is_refused() {
    let server = TestServer::open();
    let mut client = V1Client::dial(server.address());
    let room = || "hall".to_owned();
    for ask in [
        say("hall", "hi"),
        whisper(1, "", "hi"),
        RequestBody::Leave(Leave { room: room() }),
        RequestBody::Rename(Rename { name: "Ann".into() }),
        RequestBody::ListRooms(ListRooms {}),
        RequestBody::ListMembers(ListMembers { room: room() }),
        RequestBody::FetchHistory(FetchHistory {
            room: room(),
            ..FetchHistory::default()
        }),
    ] {
        assert_eq!(client.ask(ask).unwrap_err().code(), ErrorCode::HelloFirst);
    }
    assert!(client.welcome(hello("Ann")).is_ok());
}

#[test]
fn a_client_that_is_refused_again_and_again_before_its_hello_is_closed() {
    let server = TestServer::open();
    let _taken = V1Client::hello(server.address(), "Taken");
    let requests = || {
        [
            RequestBody::Hello(hello(&"\u{fdfa}".repeat(83))),
            RequestBody::Hello(hello("Taken")),
            say("hall", "hi"),
        ]
        .into_iter()
        .cycle()
    };
    let mut client = V1Client::dial(server.address());
    for ask in requests().take(8) {
        client.ask(ask).unwrap_err();
    }
    let (code, reason) = client.client.read_to_close();
    assert_eq!(code, Some(1008), "{reason}");
    assert!(reason.contains("hello"), "{reason}");
    // One less, and it may still say hello. Later refusals close nothing.
    let mut client = V1Client::dial(server.address());
    for ask in requests().take(7) {
        client.ask(ask).unwrap_err();
    }
    client.welcome(hello("Ann")).unwrap();
    for _ in 0..20 {
        client.ask(say("nowhere", "hi")).unwrap_err();
    }
    client.expect_quiet();
}

#[test]
fn a_request_for_two_things_is_refused_and_neither_is_done() {
    use guildhall_protocol::Message as _;
    let server = TestServer::open();
    let (mut client, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let ask = |ask| Request { id: 50, ask }.encode_to_vec();
    let rename = RequestBody::Rename(Rename { name: "Zoe".into() });
    for second in [rename, say("hall", "two")] {
        let both = [ask(Some(say("hall", "one"))), ask(Some(second))].concat();
        let length = u8::try_from(both.len()).unwrap();
        let packet = [&[0xa2, 0x01, length], &both[..]].concat();
        client.client.send_frame(wire::BINARY, &packet);
        let error = client.reply(50).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadRequest);
        client.expect_quiet();
    }
    // With one ask, the ID is free, and Ann is still Ann.
    client.send_request(50, say("hall", "three"));
    let line = client.line();
    assert_eq!((line.nonce, line.seq, &*line.name), (50, 1, "Ann"));
}

#[test]
fn a_client_that_asks_too_often_has_to_wait() {
    let server = TestServer::limited(Config {
        rates: Rates {
            rename: RequestRate::new(2, Duration::from_millis(20)),
            request: RequestRate::new(3, Duration::from_millis(20)),
            ..Rates::OFF
        },
        ..Config::default()
    });
    let (mut client, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let room = || "hall".to_owned();
    for ask in [
        RequestBody::Rename(Rename { name: "Zoe".into() }),
        RequestBody::ListRooms(ListRooms {}),
        RequestBody::ListMembers(ListMembers { room: room() }),
        RequestBody::FetchHistory(FetchHistory {
            room: room(),
            ..FetchHistory::default()
        }),
    ] {
        let ids: Vec<_> = (0..200).map(|_| client.send(ask.clone())).collect();
        let refused: Vec<_> = ids
            .into_iter()
            .filter_map(|id| client.reply(id).err())
            .collect();
        assert!(!refused.is_empty(), "{ask:?}");
        for error in &refused {
            assert_eq!(error.code(), ErrorCode::TooManyRequests);
            assert!(
                error.temporary && (1..=20).contains(&error.retry_after),
                "{error:?}"
            );
        }
        // Other requests do not wait.
        client.say("hall", "hi");
        let patient = || client.ask(ask.clone()).ok();
        eventually("the client may ask again", patient);
    }
    // A join is counted by itself, because a client that misses lines depends on it.
    for _ in 0..20 {
        client.join("another");
    }
}

#[test]
fn request_ids_grow_and_a_hello_without_one_takes_no_name() {
    let server = TestServer::open();
    let mut client = V1Client::dial(server.address());
    for id in [0, 1 << 63, u64::MAX] {
        client.send_request(id, RequestBody::Hello(hello("Ann")));
        let error = client.reply(id).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadRequest);
    }
    // No session holds the name whose secret no client has.
    let (mut other, _) = V1Client::in_room(server.address(), "Ann", "hall");
    client.last_request = 6;
    client.welcome(hello("Bob")).unwrap();
    let rename = |name: &str| RequestBody::Rename(Rename { name: name.into() });
    for id in [0, 3, 7, 1 << 63] {
        client.send_request(id, rename("Zoe"));
        let error = client.reply(id).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadRequest, "{id}");
    }
    client.send_request(10, None);
    let error = client.reply(10).unwrap_err();
    assert_eq!(
        error.code(),
        ErrorCode::BadRequest,
        "a request without a body"
    );
    client.last_request = (1 << 62) - 1;
    client.join("hall");
    let line = client.say("hall", "with an ID as large as that");
    assert_eq!(line.nonce, (1 << 62) + 1);
    assert_eq!(other.line(), line);
}

#[test]
fn arguments_of_an_error_are_shortened() {
    let server = TestServer::open();
    let (mut client, _) = V1Client::hello(server.address(), "Ann");
    let huge = "\u{1f98a}".repeat(3_000);
    for error in [
        client.rename(&huge).unwrap_err(),
        client.join_from(&huge, 0, 0).unwrap_err(),
        client.ask(say(&huge, "hi")).unwrap_err(),
        client.ask(whisper(0, &huge, "hi")).unwrap_err(),
    ] {
        assert_eq!(error.arguments[0].chars().count(), 64, "{error:?}");
    }
}

#[test]
fn a_request_beside_unknown_fields_is_handled() {
    use guildhall_protocol::{Message as _, Packet, PacketBody};
    let server = TestServer::open();
    let (mut client, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let request = Request {
        id: 50,
        ask: Some(say("hall", "from the future")),
    };
    let mut bytes = Packet::from(PacketBody::Request(request)).encode_to_vec();
    // Field 1000, a varint.
    bytes.extend([0xc0, 0x3e, 0x01]);
    client.client.send_frame(wire::BINARY, &bytes);
    assert_eq!(client.line().nonce, 50);
}
