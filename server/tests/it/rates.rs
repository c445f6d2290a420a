//! How often a user, and an address, may ask for what: what is within a rate is done, what is
//! above it waits, and a client that goes on regardless is closed.

use std::time::{Duration, Instant};

use guildhall_protocol::{
    ErrorCode, FetchHistory, Join, Leave, ListMembers, ListRooms, PacketBody, Rename, RequestBody,
    RequestError,
};
use guildhall_server::{Config, Rates, RequestRate};

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello, request, say, whisper};
use guildhall_testing::wire::{BINARY, FIN, chat, eventually, masked};

/// An address of this machine that is not 127.0.0.1.
const ELSEWHERE: &str = "127.0.0.2";

const HOUR: Duration = Duration::from_hours(1);

/// Three times at once, and then not again as long as a test runs.
const THREE: RequestRate = RequestRate::new(3, HOUR);

fn server(rates: Rates) -> TestServer {
    TestServer::limited(Config {
        rates,
        ..Config::default()
    })
}

/// Asks once, and waits for the answer.
fn outcome(client: &mut V1Client, ask: RequestBody) -> Result<(), RequestError> {
    match ask {
        RequestBody::Say(_) | RequestBody::Whisper(_) => {
            let id = client.send(ask);
            client.outcome(id)
        }
        ask => client.ask(ask).map(drop),
    }
}

/// Checks that the client may ask for this three times, and is refused with `code` then.
#[track_caller]
fn check_three(client: &mut V1Client, ask: &RequestBody, code: ErrorCode) {
    for _ in 0..3 {
        assert_eq!(outcome(client, ask.clone()), Ok(()), "{ask:?}");
    }
    let error = outcome(client, ask.clone()).unwrap_err();
    assert_eq!(error.code(), code, "{ask:?}");
    assert!(error.temporary, "{ask:?}");
    let wait = Duration::from_millis(error.retry_after.into());
    let soon = Duration::from_mins(55);
    assert!(
        wait > soon && wait <= HOUR + Duration::from_millis(1),
        "{wait:?}"
    );
}

fn join(room: &str) -> RequestBody {
    RequestBody::Join(Join {
        room: room.into(),
        ..Join::default()
    })
}

#[test]
fn each_kind_of_request_has_a_rate_of_its_own() {
    let server = server(Rates {
        say: THREE,
        whisper: THREE,
        join: THREE,
        rename: THREE,
        request: THREE,
        ..Rates::OFF
    });
    let (_bob, bob) = V1Client::hello(server.address(), "Bob");
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    let room = || "hall".to_owned();
    check_three(&mut ann, &join("hall"), ErrorCode::TooManyRequests);
    check_three(&mut ann, &say("hall", "hi"), ErrorCode::RateLimited);
    check_three(&mut ann, &whisper(bob.id, "", "hi"), ErrorCode::RateLimited);
    let rename = RequestBody::Rename(Rename { name: "Zoe".into() });
    check_three(&mut ann, &rename, ErrorCode::TooManyRequests);
    // All others are one kind.
    let (list, members) = (ListRooms {}, ListMembers { room: room() });
    let history = FetchHistory {
        room: room(),
        ..FetchHistory::default()
    };
    for ask in [
        RequestBody::ListRooms(list),
        RequestBody::ListMembers(members),
        RequestBody::FetchHistory(history),
    ] {
        assert_eq!(outcome(&mut ann, ask), Ok(()));
    }
    let leave = RequestBody::Leave(Leave { room: room() });
    let error = ann.ask(leave).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TooManyRequests);
    // She is in the room as before, and others are not concerned.
    let (mut eve, _) = V1Client::in_room(server.address(), "Eve", "hall");
    assert_eq!(eve.texts(3), ["hi", "hi", "hi"]);
    eve.say("hall", "hello");
    assert_eq!(ann.line().text, "hello");
}

#[test]
fn what_is_refused_for_now_is_done_when_it_comes_again_after_the_time() {
    let often = RequestRate::new(2, Duration::from_millis(40));
    let server = server(Rates {
        say: often,
        join: often,
        ..Rates::OFF
    });
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let mut refusals = 0;
    for number in 0..8 {
        for ask in [say("hall", &number.to_string()), join("hall")] {
            eventually("a request that comes again", || {
                let error = outcome(&mut ann, ask.clone()).err();
                if let Some(error) = &error {
                    refusals += 1;
                    assert!((1..=41).contains(&error.retry_after), "{error:?}");
                    std::thread::sleep(Duration::from_millis(error.retry_after.into()));
                }
                error.is_none().then_some(())
            });
        }
    }
    assert!(refusals > 0, "8 in no time, and 2 at once");
}

#[test]
fn messages_above_the_rate_keep_their_order() {
    let server = server(Rates {
        say: RequestRate::new(4, Duration::from_millis(30)),
        ..Rates::OFF
    });
    let (mut observer, _) = V1Client::in_room(server.address(), "Observer", "lobby");
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "lobby");
    let first = ann.last_request;
    let send = |ann: &mut V1Client, numbers: &[u64]| {
        let frames = numbers.iter().flat_map(|n| {
            let packet = request(first + n, say("lobby", &n.to_string()));
            masked(FIN | BINARY, &packet)
        });
        ann.client.send(&frames.collect::<Vec<_>>());
    };
    // Again and again all that was refused, as fast as the answers come.
    let mut open: Vec<u64> = (1..=12).collect();
    let mut tries = 0;
    while !open.is_empty() {
        tries += 1;
        send(&mut ann, &open);
        for _ in 0..open.clone().len() {
            match ann.next_packet() {
                PacketBody::Line(line) => open.retain(|&n| n != line.nonce - first),
                PacketBody::Reply(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(tries > 1, "4 fit at once");
    for n in 1..=12 {
        assert_eq!(observer.line().text, n.to_string());
    }
    observer.expect_quiet();
}

#[test]
fn a_session_that_is_resumed_has_no_new_burst() {
    let server = server(Rates {
        say: THREE,
        ..Rates::OFF
    });
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    for _ in 0..3 {
        ann.say("hall", "hi");
    }
    let last = ann.last_request;
    ann.client.reset();
    let (mut ann, welcome) = V1Client::resume(server.address(), &welcome, last, 0);
    assert!(welcome.resumed);
    ann.join("hall");
    let error = outcome(&mut ann, say("hall", "hi")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RateLimited);
}

#[test]
fn the_guests_of_an_address_share_many_times_the_rate() {
    let server = server(Rates {
        say: THREE,
        address_share: 2,
        ..Rates::OFF
    });
    let mut here: Vec<_> = ["Ann", "Bob", "Cleo"]
        .map(|name| V1Client::in_room(server.address(), name, name).0)
        .into();
    for (client, name) in here.iter_mut().zip(["Ann", "Bob"]) {
        for _ in 0..3 {
            assert_eq!(outcome(client, say(name, "hi")), Ok(()));
        }
    }
    let error = outcome(&mut here[2], say("Cleo", "hi")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RateLimited);
    // A client of the tutorial is a guest, too: nobody hears it for now.
    let (mut tutorial, _) = server.join();
    let (mut listener, _) = V1Client::in_room(server.address(), "Dora", "lobby");
    tutorial.say("hi");
    listener.expect_quiet();
    let mut elsewhere = V1Client::over(Client::dial_from(ELSEWHERE, server.address()));
    elsewhere.welcome(hello("Eve")).unwrap();
    elsewhere.join("hall");
    assert_eq!(outcome(&mut elsewhere, say("hall", "hi")), Ok(()));
}

#[test]
fn a_client_that_goes_on_although_it_is_refused_is_closed() {
    // `accepted` of them are within the rate.
    let flooded = |ask: RequestBody, accepted: usize| {
        let server = server(Rates {
            say: THREE,
            request: THREE,
            refused: RequestRate::new(100, HOUR),
            ..Rates::OFF
        });
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "elsewhere");
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
        let is_accepted = |ann: &mut V1Client| outcome(ann, ask.clone()).is_ok();
        let answers: Vec<_> = (0..accepted + 101).map(|_| is_accepted(&mut ann)).collect();
        assert!(answers[..accepted].iter().all(|is_accepted| *is_accepted));
        assert!(!answers[accepted..].iter().any(|is_accepted| *is_accepted));
        // The last answer was one too many.
        ann.client.expect_close(3003);
        bob.say("elsewhere", "still here");
    };
    flooded(say("hall", "hi"), 3);
    flooded(RequestBody::ListRooms(ListRooms {}), 3);
    // Whatever the reason is.
    flooded(say("hall", ""), 0);
}

#[test]
fn a_client_that_repeats_what_was_said_is_closed_too() {
    let server = server(Rates {
        refused: RequestRate::new(100, HOUR),
        ..Rates::OFF
    });
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let id = ann.send_say("hall", "hi");
    ann.outcome(id).unwrap();
    for _ in 0..100 {
        ann.send_request(id, say("hall", "hi"));
        ann.reply(id).unwrap();
    }
    ann.send_request(id, say("hall", "hi"));
    ann.reply(id).unwrap();
    ann.client.expect_close(3003);
}

#[test]
fn an_address_opens_so_many_connections_in_a_time() {
    let server = server(Rates {
        handshake: THREE,
        address_share: 1,
        ..Rates::OFF
    });
    let clients: Vec<_> = (0..3).map(|_| server.join()).collect();
    let mut refused = Client::dial(server.address());
    refused.send(handshake("").as_bytes());
    let response = refused.response();
    assert_eq!(response.status, 429);
    let seconds: u64 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((3_300..=3_600).contains(&seconds), "{seconds}");
    assert!(
        response.text().contains("your address"),
        "{}",
        response.text()
    );
    // Pages are no connections, those who are there stay, and others may come.
    assert_eq!(
        Client::dial(server.address()).get("/healthz", "").status,
        200
    );
    for (client, _) in clients {
        let mut client = client;
        assert!(client.is_open());
    }
    Client::dial_from(ELSEWHERE, server.address()).joined();
}

#[test]
fn what_a_client_of_the_tutorial_says_too_fast_is_said_later_and_nothing_is_lost() {
    const LINES: u32 = 30;
    let every = Duration::from_millis(10);
    let server = server(Rates {
        say: RequestRate::new(5, every),
        refused: RequestRate::new(1, HOUR),
        ..Rates::OFF
    });
    let (mut one, mut two) = server.pair();
    let start = Instant::now();
    let frames = (0..LINES).flat_map(|n| masked(FIN | BINARY, &chat(0, &n.to_string())));
    one.send(&frames.collect::<Vec<u8>>());
    for n in 0..LINES {
        two.expect_chat(1, &n.to_string());
    }
    assert!(start.elapsed() >= every * (LINES - 5));
    assert!(one.is_open(), "it was not refused");
    // Of one that is gone, all is said as well.
    let frames = (0..LINES).flat_map(|n| masked(FIN | BINARY, &chat(0, &n.to_string())));
    one.send(&frames.collect::<Vec<u8>>());
    drop(one);
    for n in 0..LINES {
        two.expect_chat(1, &n.to_string());
    }
}

#[test]
fn somebody_who_types_fast_is_not_refused() {
    let server = server(Rates::default());
    let (_bob, bob) = V1Client::hello(server.address(), "Bob");
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    for number in 0..8 {
        ann.say("hall", &number.to_string());
        ann.whisper(bob.id, &number.to_string());
    }
    for number in 0..19 {
        ann.join(&format!("room-{number}"));
    }
    for name in ["Anna", "Anne", "Hanna"] {
        assert_eq!(ann.rename(name).unwrap(), name);
    }
    for _ in 0..50 {
        ann.fetch("hall", 0, 0, 0);
    }
    for number in 0..19 {
        ann.leave(&format!("room-{number}"));
    }
}
