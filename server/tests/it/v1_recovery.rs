//! What a client that resumes gets back: its session, the messages that it missed,
//! and the gap if some of them are lost.

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::{ErrorCode, Gap, Hello, Join, ReplyResult, RequestBody};
use guildhall_server::Config;
use guildhall_server::HistoryLimits;
use guildhall_server::RoomLimits;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::{TestServer, brisk, unpaced};
use guildhall_testing::v1_client::{V1Client, hello, say, whisper};
use guildhall_testing::wire::eventually;

fn server(threads: usize, rooms: RoomLimits) -> TestServer {
    TestServer::with(Config {
        threads: NonZeroUsize::new(threads).unwrap(),
        rooms,
        ..brisk()
    })
}

/// Limits of rooms that keep this many lines.
fn lines(lines: usize) -> RoomLimits {
    let limits = RoomLimits::default();
    RoomLimits {
        history: HistoryLimits {
            lines,
            ..limits.history
        },
        ..limits
    }
}

#[test]
fn a_resumed_client_gets_the_missed_lines_once() {
    for threads in 1..=2 {
        let server = server(threads, lines(100));
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
        let (mut bob, b) = V1Client::hello(server.address(), "Bob");
        let epoch = bob.join("hall").epoch;
        ann.say("hall", "before");
        let seen = bob.line().seq;
        bob.client.try_send(&[0x82]);
        let last = bob.last_request;
        bob.client.reset();
        let missed: Vec<_> = (0..10).map(|n| ann.say("hall", &n.to_string())).collect();

        let (mut bob, again) = V1Client::resume(server.address(), &b, last, 0);
        assert!(again.resumed);
        assert_eq!((again.id, again.name.as_str()), (b.id, "Bob"));
        assert_eq!(again.session, b.session);
        let joined = bob.join_from("hall", epoch, seen).unwrap();
        assert!(joined.resumed && joined.gap.is_none());
        assert_eq!((joined.first_seq, joined.last_seq), (2, 11));
        let replayed: Vec<_> = (0..10).map(|_| bob.line()).collect();
        assert_eq!(replayed, missed);
        assert_eq!(bob.say("hall", "after").sender, b.id);
        assert_eq!(ann.line().text, "after");
    }
}

#[test]
fn a_gap_is_told_if_lines_are_lost() {
    let server = server(1, lines(3));
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, _) = V1Client::hello(server.address(), "Bob");
    let epoch = bob.join("hall").epoch;
    for text in ["1", "2", "3", "4", "5", "6"] {
        ann.say("hall", text);
        bob.line();
    }
    for (seq, gap, first) in [
        (0, Some(Gap { from: 1, to: 3 }), 4),
        (2, Some(Gap { from: 3, to: 3 }), 4),
        (3, None, 4),
        (5, None, 6),
        (6, None, 7),
    ] {
        let joined = bob.join_from("hall", epoch, seq).unwrap();
        assert!(joined.resumed);
        assert_eq!((joined.gap, joined.first_seq), (gap, first), "{seq}");
        for seq in first..=6 {
            assert_eq!(bob.line().seq, seq);
        }
    }
    // A position of another epoch, or ahead of the room: the client gets what a new
    // client gets.
    for (epoch, seq) in [(epoch.wrapping_add(1), 3), (epoch, 7), (0, 3)] {
        let joined = bob.join_from("hall", epoch, seq).unwrap();
        assert!(!joined.resumed && joined.gap.is_none());
        assert_eq!(bob.texts(3), ["4", "5", "6"]);
    }
    bob.expect_quiet();
}

#[test]
fn a_say_that_is_repeated_is_stored_once() {
    for threads in 1..=2 {
        let server = server(threads, lines(100));
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
        let (mut bob, b) = V1Client::in_room(server.address(), "Bob", "hall");
        // In this order: when Ann gets the line, the server has handled both.
        let psst = bob.send(whisper(b.id, "", "me"));
        let said = bob.send_say("hall", "once");
        assert_eq!(ann.line().nonce, said);
        // The client does not know of any answer.
        bob.client.reset();
        let (mut bob, again) = V1Client::resume(server.address(), &b, said, 0);
        assert!(again.resumed);
        assert_eq!(again.whisper_seq, 1);
        assert_eq!(bob.whisper_line().nonce, psst);
        bob.join("hall");
        assert_eq!(bob.line().nonce, said);
        for (id, ask) in [(said, say("hall", "once")), (psst, whisper(b.id, "", "me"))] {
            bob.send_request(id, ask);
            assert!(matches!(bob.reply(id), Ok(ReplyResult::Repeated(_))));
        }
        bob.expect_quiet();
        bob.say("hall", "twice");
        assert_eq!(ann.line().seq, 2, "nothing was stored between");
    }
}

#[test]
fn whispers_wait_for_an_absent_user_and_the_gap_is_told() {
    for threads in 1..=2 {
        let server = server(threads, lines(100));
        let (mut ann, _) = V1Client::hello(server.address(), "Ann");
        let (bob, b) = V1Client::in_room(server.address(), "Bob", "hall");
        let last = bob.last_request;
        bob.client.reset();
        for number in 1..=3 {
            ann.whisper(b.id, &number.to_string());
        }
        let (mut bob, again) = V1Client::resume(server.address(), &b, last, 1);
        assert_eq!((again.whisper_seq, again.whisper_gap), (3, None));
        for number in 2..=3 {
            let line = bob.whisper_line();
            assert_eq!((line.seq, line.text), (number, number.to_string()));
        }
        let last = bob.last_request;
        bob.client.reset();
        for _ in 0..110 {
            ann.whisper(b.id, "many");
        }
        let (mut bob, again) = V1Client::resume(server.address(), &b, last, 3);
        let gap = Gap { from: 4, to: 13 };
        assert_eq!((again.whisper_seq, again.whisper_gap), (113, Some(gap)));
        for number in 14..=113 {
            assert_eq!(bob.whisper_line().seq, number);
        }
        assert_eq!(ann.whisper(b.id, "and on").text, "and on");
        assert_eq!(bob.whisper_line().seq, 114);
    }
}

#[test]
fn a_session_moves_from_an_open_connection_to_a_new_one() {
    for threads in 1..=2 {
        let server = server(threads, lines(100));
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
        let (mut old, b) = V1Client::in_room(server.address(), "Bob", "hall");
        let (mut new, again) = V1Client::resume(server.address(), &b, old.last_request, 0);
        assert!(again.resumed);
        assert_eq!(new.join("hall").count, 2, "Bob is present once");
        old.client.expect_close(3500);
        ann.say("hall", "to the new one");
        assert_eq!(new.line().text, "to the new one");
        ann.whisper(b.id, "psst");
        assert_eq!(new.whisper_line().text, "psst");
        // The third connection's number is not a user's ID.
        let error = ann.ask(whisper(3, "", "psst")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NoSuchClient);
        // The end of the old connection takes nothing from the new one.
        assert_eq!(new.join("hall").count, 2);
        assert_eq!(new.line().seq, 1);
        assert_eq!(new.say("hall", "still Bob").name, "Bob");
        assert_eq!(ann.line().sender, b.id);
    }
}

#[test]
fn a_late_hello_does_not_take_over_the_session() {
    let server = server(2, lines(100));
    let (mut bob, b) = V1Client::in_room(server.address(), "Bob", "hall");
    let mut late = V1Client::dial(server.address());
    // Sent before the open connection's hello, and delayed.
    late.send_request(
        1,
        RequestBody::Hello(Hello {
            session: b.session.clone(),
            ..hello("")
        }),
    );
    assert_eq!(late.reply(1).unwrap_err().code(), ErrorCode::BadRequest);
    bob.say("hall", "still here");
    bob.expect_quiet();
}

#[test]
fn a_session_ends_after_too_long_without_a_connection() {
    let rooms = RoomLimits {
        resume_within: Duration::from_millis(50),
        ..RoomLimits::default()
    };
    let server = server(2, rooms);
    let (bob, b) = V1Client::hello(server.address(), "Bob");
    let last = bob.last_request;
    bob.client.reset();
    // The name is free when the session has ended.
    let mut eve = V1Client::dial(server.address());
    eventually("Bob's name", || match eve.welcome(hello("Bob")) {
        Ok(welcome) => Some(welcome),
        Err(error) => {
            assert_eq!(error.code(), ErrorCode::NameTaken);
            None
        }
    });
    let (mut bob, anew) = V1Client::resume(server.address(), &b, last, 7);
    assert!(!anew.resumed);
    assert_ne!(anew.id, b.id);
    assert_ne!(anew.session, b.session);
    assert_eq!((anew.whisper_seq, anew.whisper_gap), (0, None));
    let error = eve.ask(whisper(b.id, "", "psst")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NoSuchClient);
    bob.join("hall");
}

#[test]
fn a_wrong_secret_resumes_no_session() {
    let server = TestServer::open();
    let (_bob, b) = V1Client::hello(server.address(), "Bob");
    assert!(b.session.len() >= 16);
    let mut wrong = b.clone();
    wrong.session[0] ^= 1;
    let longer = [b.session.as_slice(), b"x"].concat();
    for session in [wrong.session, longer, b.session[1..].to_vec(), vec![0; 16]] {
        let of = guildhall_protocol::Welcome {
            session,
            ..b.clone()
        };
        assert!(!V1Client::resume(server.address(), &of, 0, 0).1.resumed);
    }
}

#[test]
fn an_empty_room_keeps_its_lines_for_a_while() {
    let server = server(2, lines(100));
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    let epoch = ann.join("hall").epoch;
    let said = ann.say("hall", "an echo");
    ann.leave("hall");
    let (mut bob, _) = V1Client::hello(server.address(), "Bob");
    assert_eq!(bob.join("hall").epoch, epoch);
    assert_eq!(bob.line(), said);

    let rooms = RoomLimits {
        keep_empty: Duration::ZERO,
        ..RoomLimits::default()
    };
    let server = self::server(2, rooms);
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    let first = ann.join("hall").epoch;
    ann.say("hall", "no echo");
    eventually("another epoch", || {
        ann.leave("hall");
        let joined = ann.join("hall");
        if joined.epoch == first {
            assert_eq!(ann.line().text, "no echo");
            return None;
        }
        Some(joined)
    });
    let joined = ann.join_from("hall", first, 1).unwrap();
    assert!(!joined.resumed && joined.gap.is_none());
    assert_eq!((joined.first_seq, joined.last_seq), (1, 0));
}

#[test]
fn a_slow_reader_gets_all_of_a_long_replay_at_once() {
    let limits = unpaced();
    let rooms = RoomLimits {
        history: HistoryLimits {
            lines: 500,
            bytes: 900_000,
            ..limits.history
        },
        ..limits
    };
    // Neither a sweep nor presence wakes the server.
    let server = TestServer::with(Config {
        rooms,
        sweep_every: Duration::from_mins(10),
        tell_changes_every: Duration::from_mins(10),
        ..Config::default()
    });
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    let epoch = ann.join("hall").epoch;
    let text = "x".repeat(4_000);
    for _ in 0..200 {
        ann.say("hall", &text);
    }
    let mut slow = V1Client::over(Client::dial_narrow(server.address()));
    slow.welcome(hello("Slow")).unwrap();
    let joined = slow.join_from("hall", epoch, 0).unwrap();
    assert!(joined.resumed);
    for seq in 1..=200 {
        assert_eq!(slow.line().seq, seq);
    }
}

#[test]
fn a_client_that_resumes_many_full_rooms_is_not_a_slow_consumer() {
    // News of members would find the client behind in a room, and it would have to catch up with
    // nothing.
    let server = TestServer::with(Config {
        max_waiting: 256 * 1024,
        rooms: unpaced(),
        tell_changes_every: Duration::from_mins(10),
        ..brisk()
    });
    let rooms: Vec<String> = (0..20).map(|room| format!("room-{room}")).collect();
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    let text = "x".repeat(4_000);
    let epochs: Vec<u32> = rooms
        .iter()
        .map(|room| {
            let epoch = ann.join(room).epoch;
            for _ in 0..15 {
                ann.say(room, &text);
            }
            epoch
        })
        .collect();
    let mut back = V1Client::over(Client::dial_narrow(server.address()));
    back.welcome(hello("Back")).unwrap();
    // All joins at once, without reading meanwhile.
    let joins: Vec<u64> = std::iter::zip(&rooms, epochs)
        .map(|(room, epoch)| {
            back.send(RequestBody::Join(Join {
                room: room.clone(),
                epoch,
                seq: 0,
            }))
        })
        .collect();
    for (room, join) in std::iter::zip(&rooms, joins) {
        assert!(matches!(back.reply(join), Ok(ReplyResult::Joined(_))));
        for seq in 1..=15 {
            let line = back.line();
            assert_eq!((&line.room, line.seq), (room, seq));
        }
    }
}

#[test]
fn a_welcome_that_did_not_arrive_holds_no_name() {
    let server = server(1, RoomLimits::default());
    let (lost, _) = V1Client::hello(server.address(), "Ann");
    lost.client.reset();
    // The server notices by itself that the connection is broken.
    eventually("the name is free", || {
        let mut ann = V1Client::dial(server.address());
        ann.welcome(hello("Ann")).ok()
    });
}
