//! `/metrics`: what happens is counted, everything is bounded, and only those read it who may.

mod access;
mod documented;
mod refusals;

use std::time::Duration;

use guildhall_protocol::{Join, RequestBody};
use guildhall_server::{Config, EventsConfig, Rates, RequestRate};
use guildhall_testing::api_client::bearer;
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::metrics::Metrics;
use guildhall_testing::test_server::{API_KEY, TestServer, brisk};
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::eventually;

/// The metrics of a server now.
#[track_caller]
fn read(server: &TestServer) -> Metrics {
    Metrics::read(server.api(), &bearer(API_KEY))
}

/// Waits until these samples have these values: connections end, and are counted, a moment after
/// their clients see it.
#[track_caller]
fn expect(server: &TestServer, expected: &[(&str, u64)]) -> Metrics {
    let what = format!("the metrics are {expected:?}");
    eventually(&what, || {
        let metrics = read(server);
        let mut samples = expected.iter();
        let are_all = samples.all(|(name, value)| metrics.count(name) == *value);
        are_all.then_some(metrics)
    })
}

#[test]
fn lines_and_their_deliveries_are_counted_in_both_protocols() {
    let server = TestServer::with_api(brisk());
    let (mut guest, _) = server.join();
    let (mut other, _) = server.join();
    let (mut ada, _) = V1Client::in_room(server.address(), "ada", "lobby");
    let (mut bob, _) = V1Client::in_room(server.address(), "bob", "red");
    guest.say("from the tutorial");
    assert_eq!(other.chat().1, "from the tutorial");
    assert_eq!(ada.line().text, "from the tutorial");
    ada.say("lobby", "from v1");
    assert_eq!(guest.chat().1, "from v1");
    assert_eq!(other.chat().1, "from v1");
    bob.say("red", "to nobody else");
    let metrics = expect(
        &server,
        &[
            ("guildhall_lines_total", 3),
            // The speaker of the tutorial does not get its own line, those of v1 do.
            ("guildhall_line_deliveries_total", 2 + 3 + 1),
            ("guildhall_clients{protocol=\"tutorial\",state=\"open\"}", 2),
            ("guildhall_clients{protocol=\"v1\",state=\"open\"}", 2),
        ],
    );
    assert_eq!(metrics.count("guildhall_clients_connected"), 4);
    assert_eq!(metrics.count("guildhall_users"), 2);
    assert_eq!(metrics.count("guildhall_rooms{state=\"members\"}"), 2);
    assert_eq!(metrics.count("guildhall_room_members"), 4);
    assert_eq!(metrics.count("guildhall_sessions{state=\"here\"}"), 2);
    assert_eq!(
        metrics.count("guildhall_sessions_begun_total{kind=\"new\"}"),
        2
    );
    assert_eq!(metrics.count("guildhall_joins_total{kind=\"new\"}"), 2);
    assert!(metrics.value("guildhall_fan_out_seconds_count") >= 3.0);
    for name in [
        "guildhall_sent_bytes_total",
        "guildhall_received_bytes_total",
    ] {
        assert!(metrics.value(name) > 100.0, "{name}");
    }
    assert!(metrics.nonzero("guildhall_errors").is_empty());
}

#[test]
fn lines_are_counted_once_on_several_threads() {
    let threads = 3.try_into().unwrap();
    let config = Config { threads, ..brisk() };
    let server = TestServer::with_api(config);
    let mut clients: Vec<_> = (0..6)
        .map(|n| V1Client::in_room(server.address(), &format!("user{n}"), "red").0)
        .collect();
    clients[0].say("red", "one");
    for client in &mut clients[1..] {
        assert_eq!(client.line().text, "one");
    }
    let metrics = expect(
        &server,
        &[
            ("guildhall_lines_total", 1),
            ("guildhall_line_deliveries_total", 6),
            ("guildhall_clients{protocol=\"v1\",state=\"open\"}", 6),
        ],
    );
    for thread in 0..3 {
        let looks = format!("guildhall_network_looks_total{{thread=\"network-{thread}\"}}");
        assert!(metrics.value(&looks) > 0.0);
    }
}

#[test]
fn the_end_of_a_connection_is_counted_by_who_ended_it_and_why() {
    let server = TestServer::with_api(brisk());
    let (mut goodbye, _) = V1Client::hello(server.address(), "ada");
    goodbye.client.say_goodbye();
    let (lost, _) = server.join();
    lost.reset();
    let (mut wrong, _) = server.join();
    wrong.send_frame(1, b"text");
    wrong.expect_close(1003);
    drop((goodbye, wrong));
    expect(
        &server,
        &[
            (
                "guildhall_clients_closed_total{by=\"client\",code=\"1000\"}",
                1,
            ),
            (
                "guildhall_clients_closed_total{by=\"nobody\",code=\"none\"}",
                1,
            ),
            (
                "guildhall_clients_closed_total{by=\"server\",code=\"1003\"}",
                1,
            ),
            ("guildhall_clients_opened_total{protocol=\"tutorial\"}", 2),
            ("guildhall_clients_opened_total{protocol=\"v1\"}", 1),
            ("guildhall_clients_connected", 0),
        ],
    );
}

#[test]
fn refused_requests_are_counted_by_their_errors_and_limits() {
    let config = Config {
        rates: Rates {
            join: RequestRate::new(1, Duration::from_hours(1)),
            ..Rates::OFF
        },
        ..brisk()
    };
    let server = TestServer::with_api_and_rates(config);
    let (mut ada, _) = V1Client::in_room(server.address(), "ada", "red");
    let join = RequestBody::Join(Join {
        room: "blue".into(),
        ..Join::default()
    });
    ada.ask(join).unwrap_err();
    ada.rename("\u{202e}").unwrap_err();
    let (mut eve, _) = server.join();
    let refused = Client::dial(server.address()).get("/ws", "");
    assert_eq!(refused.status, 426);
    let mut foreign = Client::dial(server.address());
    foreign.send(handshake("Origin: https://evil.example\r\n").as_bytes());
    assert_eq!(foreign.response().status, 403);
    eve.say("fine");
    let metrics = expect(
        &server,
        &[
            ("guildhall_errors_total{code=\"TOO_MANY_REQUESTS\"}", 1),
            ("guildhall_errors_total{code=\"BAD_NAME\"}", 1),
            ("guildhall_rate_limited_total{limit=\"join\"}", 1),
            (
                "guildhall_handshakes_refused_total{reason=\"not_websocket\"}",
                1,
            ),
            ("guildhall_handshakes_refused_total{reason=\"origin\"}", 1),
        ],
    );
    assert_eq!(metrics.nonzero("guildhall_errors").len(), 2);
    assert_eq!(metrics.nonzero("guildhall_handshakes_refused").len(), 2);
}

#[test]
fn what_never_becomes_a_request_of_a_client_is_counted() {
    let server = TestServer::with_api(brisk());
    // One that is idle after an answer has got one.
    let mut idle = Client::dial(server.address());
    assert_eq!(idle.get("/healthz", "").status, 200);
    let mut slow = Client::dial(server.address());
    slow.send(b"GET /ws HTTP/1.1\r\nHost: local");
    let mut no_http = Client::dial(server.address());
    no_http.send(b"\x16\x03\x01\x02\r\n\r\n");
    assert_eq!(no_http.response().status, 400);
    let mut posted = Client::dial(server.address());
    posted.send(handshake("").replacen("GET", "POST", 1).as_bytes());
    assert_eq!(posted.response().status, 405);
    for client in [&mut slow, &mut idle] {
        assert!(client.ends_silently());
    }
    let metrics = expect(
        &server,
        &[
            ("guildhall_connections_dropped_total{reason=\"headers\"}", 1),
            (
                "guildhall_connections_dropped_total{reason=\"bad_request\"}",
                1,
            ),
            (
                "guildhall_handshakes_refused_total{reason=\"bad_request\"}",
                1,
            ),
        ],
    );
    assert_eq!(metrics.nonzero("guildhall_connections_dropped").len(), 2);
    assert_eq!(metrics.nonzero("guildhall_handshakes_refused").len(), 1);
}

#[test]
fn a_client_that_comes_back_and_misses_nothing_is_counted() {
    let server = TestServer::with_api(brisk());
    let (mut ada, welcome) = V1Client::in_room(server.address(), "ada", "red");
    let line = ada.say("red", "one");
    drop(ada);
    let (mut ada, resumed) = V1Client::resume(server.address(), &welcome, 100, 0);
    assert!(resumed.resumed);
    ada.join_from("red", line.epoch, line.seq).unwrap();
    expect(
        &server,
        &[
            ("guildhall_sessions_begun_total{kind=\"resumed\"}", 1),
            ("guildhall_joins_total{kind=\"recovered\"}", 1),
            ("guildhall_joins_total{kind=\"gap\"}", 0),
        ],
    );
}

#[test]
fn a_client_that_does_not_read_shows_in_the_queues() {
    let server = TestServer::with_api(Config {
        rooms: guildhall_testing::test_server::unpaced(),
        ..brisk()
    });
    let mut slow = V1Client::over(Client::dial_narrow(server.address()));
    slow.welcome(guildhall_testing::v1_client::hello("slow"))
        .unwrap();
    slow.join("red");
    let (mut ada, _) = V1Client::in_room(server.address(), "ada", "red");
    let line = "x".repeat(4_000);
    eventually("the slow client is behind", || {
        for _ in 0..20 {
            ada.say("red", &line);
        }
        let metrics = read(&server);
        let is_behind = metrics.value("guildhall_clients_behind") > 0.0
            && metrics.value("guildhall_left_out_total") > 0.0;
        is_behind.then(|| {
            assert_eq!(metrics.count("guildhall_clients_queued"), 1);
            let queued = metrics.count("guildhall_queued_bytes");
            assert!(queued > 500_000, "{queued}");
            assert_eq!(metrics.count("guildhall_largest_queue_bytes"), queued);
        })
    });
}

#[test]
fn the_commits_of_a_store_and_its_events_are_counted() {
    let folder = DataFolder::pick();
    let config = Config {
        events: Some(EventsConfig::default()),
        ..folder.kept(brisk())
    };
    let server = TestServer::with_api(config);
    let (mut ada, _) = V1Client::in_room(server.address(), "ada", "red");
    let before = read(&server);
    ada.say("red", "kept");
    let metrics = eventually("the line is counted", || {
        let metrics = read(&server);
        let entries = |metrics: &Metrics| metrics.value("guildhall_store_entries_total");
        (entries(&metrics) > entries(&before)).then_some(metrics)
    });
    assert!(metrics.value("guildhall_store_commit_seconds_count") > 0.0);
    assert_eq!(metrics.count("guildhall_store_commits_failed_total"), 0);
    assert!(metrics.value("guildhall_events_total") > 0.0);
    // Nothing waits when all is said.
    expect(
        &server,
        &[
            ("guildhall_store_waiting", 0),
            ("guildhall_store_lag_seconds", 0),
        ],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn threads_and_memory_are_those_of_the_system() {
    let server = TestServer::with_api(brisk());
    server.pair();
    let metrics = read(&server);
    assert!(metrics.value("process_resident_memory_bytes") > 1e6);
    assert!(metrics.value("process_open_fds") > 4.0);
    assert!(metrics.value("process_start_time_seconds") > 1.6e9);
    let cpu = metrics.value("guildhall_thread_cpu_seconds_total{thread=\"network-0\"}");
    assert!(cpu > 0.0, "{cpu}");
    assert!(
        metrics
            .samples
            .contains_key("guildhall_thread_cpu_seconds_total{thread=\"api\"}")
    );
}
