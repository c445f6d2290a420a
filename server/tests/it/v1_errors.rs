//! Every way in which a request of `guildhall.v1` can be refused: the code, its
//! arguments, whether to try again; and that nobody else notices and the
//! connection lives.

use guildhall_protocol::{
    ErrorCode, FetchHistory, Hello, Join, Leave, ListMembers, Rename, Request, RequestBody,
    RequestError,
};
use guildhall_server::Config;
use guildhall_server::RoomLimits;

use crate::bystanders::Bystanders;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello, say, whisper};

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

/// What a client does to be refused with `code`, and the arguments due.
///
/// `hall` has one more client, "Taken", in a room "last".
fn provoke(code: ErrorCode, hall: &TestServer) -> Option<(V1Client, RequestError, Vec<String>)> {
    let mut client = V1Client::dial(hall.address());
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
        ErrorCode::Unspecified => return None,
        ErrorCode::BadRequest => {
            // An ID that was there.
            let name = "Zoe".into();
            client.send_request(client.last_request, RequestBody::Rename(Rename { name }));
            let error = client.reply(client.last_request).unwrap_err();
            let words = error.arguments.clone();
            assert!(!words.concat().is_empty(), "what is wrong, in words");
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
            (ask, vec![long_name, "24".into()])
        }
        ErrorCode::NameTaken => {
            // Cyrillic а and е.
            let name = "T\u{430}k\u{435}n";
            (RequestBody::Hello(hello(name)), vec![name.into()])
        }
        ErrorCode::BadRoomName => (join(&long_room), vec![long_room.clone(), "32".into()]),
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
    };
    let error = client.ask(ask).unwrap_err();
    Some((client, error, arguments))
}

/// On a server of its own, that has place for so many.
fn too_many_rooms() -> (V1Client, RequestError, Vec<String>) {
    let hall = Box::leak(Box::new(TestServer::open()));
    let (mut client, welcome) = V1Client::hello(hall.address(), "Everywhere");
    let most = welcome.limits.unwrap().rooms;
    for room in 0..most {
        client.join(&format!("room-{room}"));
    }
    let error = client.join_from("one-too-many", 0, 0).unwrap_err();
    // One that it is in already is none more, and who leaves one has a place.
    client.join("room-0");
    client.leave("room-0");
    client.join("one-too-many");
    (client, error, vec![most.to_string()])
}

#[test]
fn every_code_is_provoked_and_nobody_else_notices() {
    let mut provoked = 0;
    let codes = (0..).map_while(|code| ErrorCode::try_from(code).ok());
    for code in codes {
        let hall = small();
        let others = Bystanders::of(&hall);
        let (mut taken, _) = V1Client::in_room(hall.address(), "Taken", "last");
        let Some((mut client, error, arguments)) = provoke(code, &hall) else {
            continue;
        };
        provoked += 1;
        assert_eq!(error.code(), code, "{error:?}");
        assert_eq!(error.arguments, arguments, "{code:?}");
        let is_temporary = code == ErrorCode::ServerRoomsFull;
        assert_eq!(error.temporary, is_temporary, "{code:?}");
        assert_eq!(error.retry_after > 0, is_temporary, "{code:?}");
        client.expect_quiet();
        taken.expect_quiet();
        taken.say("last", "undisturbed");
        others.undisturbed();
    }
    assert_eq!(provoked, 14, "the codes of packets.proto count on");
}

#[test]
fn who_is_refused_before_hello_may_say_hello_again() {
    let hall = TestServer::open();
    let _taken = V1Client::hello(hall.address(), "Taken");
    let mut client = V1Client::dial(hall.address());
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
fn nothing_may_come_before_hello() {
    let hall = TestServer::open();
    let mut client = V1Client::dial(hall.address());
    let room = || "hall".to_owned();
    for ask in [
        say("hall", "hi"),
        whisper(1, "", "hi"),
        RequestBody::Leave(Leave { room: room() }),
        RequestBody::Rename(Rename { name: "Ann".into() }),
        RequestBody::ListRooms(guildhall_protocol::ListRooms {}),
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
fn request_ids_grow_and_a_hello_without_one_costs_no_name() {
    let hall = TestServer::open();
    let mut client = V1Client::dial(hall.address());
    for id in [0, 1 << 63, u64::MAX] {
        client.send_request(id, RequestBody::Hello(hello("Ann")));
        let error = client.reply(id).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadRequest);
    }
    // The name is not held by a session that nobody has the secret of.
    let (mut other, _) = V1Client::in_room(hall.address(), "Ann", "hall");
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
    assert_eq!(error.code(), ErrorCode::BadRequest, "nothing is asked");
    client.last_request = (1 << 62) - 1;
    client.join("hall");
    let line = client.say("hall", "with an ID as large as that");
    assert_eq!(line.nonce, (1 << 62) + 1);
    assert_eq!(other.line(), line);
}

#[test]
fn what_is_refused_comes_back_short() {
    let hall = TestServer::open();
    let (mut client, _) = V1Client::hello(hall.address(), "Ann");
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
fn a_request_beside_unknown_fields_is_done() {
    use guildhall_protocol::{Message as _, Packet, PacketBody};
    let hall = TestServer::open();
    let (mut client, _) = V1Client::in_room(hall.address(), "Ann", "hall");
    let request = Request {
        id: 50,
        ask: Some(say("hall", "from the future")),
    };
    let mut bytes = Packet::from(PacketBody::Request(request)).encode_to_vec();
    // Field 1000, a varint.
    bytes.extend([0xc0, 0x3e, 0x01]);
    client
        .client
        .send_frame(guildhall_testing::wire::BINARY, &bytes);
    assert_eq!(client.line().nonce, 50);
}
