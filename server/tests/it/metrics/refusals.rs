//! Handshakes and requests that are refused are counted by the reason.

use std::time::Duration;

use guildhall_server::{Caps, Config, HistoryLimits, Rates, RequestRate, RoomLimits};
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::{TestServer, brisk};
use guildhall_testing::v1_client::V1Client;

use super::expect;

/// Once, and then not for an hour.
fn hourly() -> RequestRate {
    RequestRate::new(1, Duration::from_hours(1))
}

/// Checks that the second of two handshakes gets this status, and is counted by this reason.
#[track_caller]
fn second_is_refused(server: &TestServer, status: u16, reason: &str) {
    let (_first, _) = server.join();
    let mut second = Client::dial(server.address());
    second.send(handshake("").as_bytes());
    assert_eq!(second.response().status, status);
    let name = format!("guildhall_handshakes_refused_total{{reason=\"{reason}\"}}");
    let metrics = expect(server, &[(&name, 1)]);
    assert_eq!(metrics.nonzero("guildhall_handshakes_refused").len(), 1);
}

#[test]
fn handshakes_that_a_full_server_refuses_are_counted() {
    let capped = |total, per_address| {
        TestServer::with_api(Config {
            caps: Caps { total, per_address },
            ..brisk()
        })
    };
    second_is_refused(&capped(1, 0), 503, "full");
    second_is_refused(&capped(10, 1), 429, "address_full");
}

#[test]
fn handshakes_that_come_too_often_are_counted() {
    let rates = Rates {
        handshake: hourly(),
        address_share: 1,
        ..Rates::OFF
    };
    let server = TestServer::with_api_and_rates(Config { rates, ..brisk() });
    second_is_refused(&server, 429, "rate");
}

#[test]
fn a_handshake_for_another_host_is_counted() {
    let server = TestServer::with_api(brisk());
    let mut client = Client::dial(server.address());
    let request = handshake("");
    let (line, rest) = request.split_once("Host: ").expect("a host");
    let (_, rest) = rest.split_once("\r\n").expect("the end of a line");
    client.send(format!("{line}Host: evil.example\r\n{rest}").as_bytes());
    assert_eq!(client.response().status, 421);
    expect(
        &server,
        &[("guildhall_handshakes_refused_total{reason=\"host\"}", 1)],
    );
}

#[test]
fn a_rate_limit_that_a_client_reaches_is_counted() {
    let rates = Rates {
        say: hourly(),
        ..Rates::OFF
    };
    let server = TestServer::with_api_and_rates(Config { rates, ..brisk() });
    let (mut ada, _) = V1Client::in_room(server.address(), "ada", "red");
    ada.say("red", "one");
    let id = ada.send(guildhall_testing::v1_client::say("red", "two"));
    ada.outcome(id).unwrap_err();
    expect(
        &server,
        &[
            ("guildhall_errors_total{code=\"RATE_LIMITED\"}", 1),
            ("guildhall_rate_limited_total{limit=\"say\"}", 1),
        ],
    );
}

#[test]
fn a_client_that_comes_back_to_a_gap_is_counted() {
    let limits = RoomLimits::default();
    let history = HistoryLimits {
        lines: 1,
        ..limits.history
    };
    let rooms = RoomLimits { history, ..limits };
    let server = TestServer::with_api(Config { rooms, ..brisk() });
    let (mut ada, welcome) = V1Client::in_room(server.address(), "ada", "red");
    let (mut bob, _) = V1Client::in_room(server.address(), "bob", "red");
    let line = ada.say("red", "one");
    assert_eq!(bob.line().text, "one");
    drop(ada);
    for text in ["two", "three", "four"] {
        bob.say("red", text);
    }
    let (mut ada, resumed) = V1Client::resume(server.address(), &welcome, 100, 0);
    assert!(resumed.resumed);
    let joined = ada.join_from("red", line.epoch, line.seq).unwrap();
    assert!(joined.gap.is_some());
    expect(&server, &[("guildhall_joins_total{kind=\"gap\"}", 1)]);
}
