//! Texts, names and pages at their limit and one above it. `v1_errors` tests the codes
//! themselves.

use std::time::Duration;

use guildhall_protocol::ErrorCode;
use guildhall_server::Config;
use guildhall_server::HistoryLimits;
use guildhall_server::RoomLimits;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello, say, whisper};
use guildhall_testing::wire::eventually;

fn with_history(lines: usize, bytes: usize, age: Duration) -> TestServer {
    TestServer::with(Config {
        rooms: RoomLimits {
            history: HistoryLimits { lines, bytes, age },
            ..RoomLimits::default()
        },
        ..Config::default()
    })
}

#[test]
fn a_text_is_at_most_as_long_as_welcome_says() {
    let server = TestServer::open();
    let (mut ann, a) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, b) = V1Client::in_room(server.address(), "Bob", "hall");
    let most = a.limits.unwrap().text_bytes as usize;
    // The limit is in bytes, not in characters.
    for longest in ["x".repeat(most), "\u{1f98a}".repeat(most / 4)] {
        assert_eq!(longest.len(), most);
        let line = ann.say("hall", &longest);
        assert_eq!(bob.line(), line);
        ann.whisper(b.id, &longest);
        assert_eq!(bob.whisper_line().text, longest);
        for ask in [
            say("hall", &(longest.clone() + "x")),
            whisper(b.id, "", &(longest.clone() + "x")),
        ] {
            let error = ann.ask(ask).unwrap_err();
            assert_eq!(error.code(), ErrorCode::TextTooLong);
        }
    }
    for empty in [
        "",
        " ",
        "\n \t\u{2003}",
        "\u{200b}",
        "\u{2800}",
        "\u{3164}",
        "\u{ad}\u{2060}",
        "\u{feff}",
        "\u{301}",
        "\u{e48}",
    ] {
        for ask in [say("hall", empty), whisper(b.id, "", empty)] {
            let error = ann.ask(ask).unwrap_err();
            assert_eq!(error.code(), ErrorCode::EmptyText);
        }
    }
    bob.expect_quiet();
}

#[test]
fn hostile_texts_are_relayed_unchanged() {
    let server = TestServer::open();
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
    for text in [
        "<script>alert(1)</script>",
        "[url=http://example.com]click[/url]",
        "a\u{202e}b\u{200b}c\u{0}d",
        &"e\u{301}\u{302}\u{303}".repeat(100),
        "line\nline\r\n",
        "/me is no command here",
    ] {
        let line = ann.say("hall", text);
        assert_eq!(bob.line(), line);
    }
}

#[test]
fn names_of_users_are_short_and_readable() {
    let server = TestServer::open();
    let longest = "x".repeat(24);
    let mut present = Vec::new();
    for (name, expected) in [
        (longest.as_str(), longest.as_str()),
        ("  two   words ", "two words"),
        ("Jose\u{301}", "José"),
        ("\u{1f98a}", "\u{1f98a}"),
        ("\u{1f9d1}\u{200d}\u{1f680}", "\u{1f9d1}\u{200d}\u{1f680}"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("ကျော်", "ကျော်"),
        ("น้ำ", "น้ำ"),
    ] {
        let (client, welcome) = V1Client::hello(server.address(), name);
        assert_eq!(welcome.name, expected);
        present.push(client);
    }
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    for bad in [
        "",
        "...",
        "a\nb",
        "a\u{202e}b",
        "a\u{200b}b",
        "\u{301}",
        "a\u{301}\u{302}\u{303}\u{304}",
        &"x".repeat(25),
        &"x".repeat(10_000),
    ] {
        let error = ann.rename(bad).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadName, "{bad:?}");
    }
    for taken in [
        "guest 77",
        "Gu\u{435}st",
        "J\u{43e}s\u{e9}",
        "twowords",
        "\"two\" words",
        "You",
        "S\u{435}rver",
    ] {
        let error = ann.rename(taken).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NameTaken, "{taken:?}");
    }
    assert_eq!(ann.rename("ANN").unwrap(), "ANN", "her own name");
}

#[test]
fn names_of_rooms_are_plain_and_short() {
    let server = TestServer::open();
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    let longest = "x".repeat(32);
    for (name, expected) in [
        (longest.as_str(), longest.as_str()),
        ("LOBBY", "lobby"),
        ("Über-Raum_1", "über-raum_1"),
        ("हिन्दी", "हिन्दी"),
        ("தமிழ்", "தமிழ்"),
        ("ห้อง", "ห้อง"),
        ("İstanbul", "istanbul"),
    ] {
        assert_eq!(ann.join(name).room, expected);
        // A say may use the name of the join, too.
        assert_eq!(ann.say(name, "hi").room, expected);
    }
    for bad in ["", "two words", "#red", "a/b", "a\u{202e}", &"x".repeat(33)] {
        let error = ann.join_from(bad, 0, 0).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadRoomName, "{bad:?}");
    }
}

#[test]
fn a_page_of_the_longest_lines_fits_into_one_message() {
    let server = with_history(500, 1024 * 1024, Duration::from_mins(1));
    let (mut ann, welcome) = V1Client::hello(server.address(), "Ann");
    let epoch = ann.join("hall").epoch;
    let text = "x".repeat(4_096);
    for _ in 0..60 {
        ann.say("hall", &text);
    }
    // The tests' client fails at a message above 32 KiB.
    let (mut before, mut pages, mut seen) = (0, 0, Vec::new());
    loop {
        let page = ann.fetch("hall", epoch, before, 0);
        assert!(page.lines.len() >= 4, "{} lines", page.lines.len());
        before = page.lines[0].seq;
        pages += 1;
        let seqs = page.lines.iter().map(|line| line.seq);
        seen.splice(0..0, seqs);
        if !page.more {
            break;
        }
    }
    assert!(pages > 10, "{pages}");
    assert!(seen.iter().copied().eq(1..=60));
    // The longest line comes from a client of the tutorial.
    let (mut tutorial, _) = server.join();
    let mut bob = V1Client::in_room(server.address(), "Bob", "lobby").0;
    let longest = "x".repeat(16_378);
    tutorial.say(&longest);
    assert_eq!(bob.line().text, longest);
    assert_eq!(bob.fetch("lobby", 0, 0, 0).lines[0].text, longest);
    // A page of short lines is bounded by their number.
    for _ in 0..60 {
        ann.say("hall", "short");
    }
    let most = welcome.limits.unwrap().history_page as usize;
    for (limit, expected) in [(0, most), (1, 1), (7, 7), (u32::MAX, most)] {
        assert_eq!(ann.fetch("hall", 0, 0, limit).lines.len(), expected);
    }
}

#[test]
fn history_is_bounded_by_lines_and_by_age() {
    let server = with_history(5, 10_000, Duration::from_mins(1));
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    for text in ["1", "2", "3", "4", "5", "6", "7"] {
        ann.say("hall", text);
    }
    let page = ann.fetch("hall", 0, 0, 0);
    let texts: Vec<_> = page.lines.iter().map(|line| &*line.text).collect();
    assert_eq!((texts, page.more), (vec!["3", "4", "5", "6", "7"], false));
    // There are no lines before the first that is kept, nor of another epoch.
    assert!(ann.fetch("hall", page.epoch, 3, 0).lines.is_empty());
    let other = page.epoch.wrapping_add(1);
    let none = ann.fetch("hall", other, 5, 0);
    assert_eq!(
        (none.epoch, none.lines.len(), none.more),
        (page.epoch, 0, false)
    );

    let server = with_history(5, 10_000, Duration::ZERO);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let said = ann.say("hall", "gone with its millisecond");
    eventually("a forgotten line", || {
        ann.fetch("hall", 0, 0, 0).lines.is_empty().then_some(())
    });
    assert_eq!(ann.say("hall", "next").seq, said.seq + 1);
}

#[test]
fn a_join_returns_the_newest_lines_and_a_fetch_the_older_ones() {
    let server = TestServer::with(Config {
        rooms: RoomLimits {
            replay: 3,
            ..RoomLimits::default()
        },
        ..Config::default()
    });
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let said: Vec<_> = (1..=10).map(|n| ann.say("hall", &n.to_string())).collect();
    let (mut bob, _) = V1Client::hello(server.address(), "Bob");
    let joined = bob.join("hall");
    assert_eq!((joined.first_seq, joined.last_seq), (8, 10));
    assert!(!joined.resumed && joined.gap.is_none());
    let replayed = [bob.line(), bob.line(), bob.line()];
    assert_eq!(replayed, said[7..]);
    let page = bob.fetch("hall", joined.epoch, 8, 4);
    assert_eq!((page.lines.as_slice(), page.more), (&said[3..7], true));
    let page = bob.fetch("hall", joined.epoch, 4, 4);
    assert_eq!((page.lines.as_slice(), page.more), (&said[..3], false));
    bob.expect_quiet();
}

#[test]
fn an_address_that_leaves_many_sessions_behind_ends_only_its_own() {
    let server = TestServer::with(Config {
        rooms: RoomLimits {
            away: 5,
            ..RoomLimits::default()
        },
        tell_changes_every: Duration::from_millis(5),
        ..Config::default()
    });
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
    let (ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    let last = ann.last_request;
    ann.client.reset();
    bob.presence(|told| told.left.contains(&welcome.id));
    for number in 0..20 {
        let elsewhere = Client::dial_from("127.0.0.2", server.address());
        let mut eve = V1Client::over(elsewhere);
        eve.welcome(hello(&format!("Eve {number}"))).unwrap();
        // She has her secret, so her session is kept.
        eve.join("elsewhere");
        eve.client.reset();
    }
    eventually("the end of Eve's oldest session", || {
        let mut other = V1Client::dial(server.address());
        other.welcome(hello("Eve 0")).ok()
    });
    // Ann was away before all of them.
    let (_ann, again) = V1Client::resume(server.address(), &welcome, last, 0);
    assert!(again.resumed && again.id == welcome.id);
}

#[test]
fn welcome_has_the_limits_of_the_server() {
    let server = TestServer::with(Config {
        rooms: RoomLimits {
            resume_within: Duration::from_secs(77),
            ..RoomLimits::default()
        },
        ..Config::default()
    });
    let mut client = V1Client::dial(server.address());
    let limits = client.welcome(hello("")).unwrap().limits.unwrap();
    let numbers = [
        limits.text_bytes,
        limits.name_characters,
        limits.room_name_characters,
        limits.rooms,
        limits.history_page,
        limits.resume_seconds,
        limits.heartbeat_seconds,
        limits.unanswered,
    ];
    assert_eq!(numbers, [4096, 24, 32, 20, 50, 77, 25, 64]);
}
