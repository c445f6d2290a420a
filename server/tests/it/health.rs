//! `/livez` and `/readyz`: the server turns, and it delivers.

use guildhall_server::Config;
use guildhall_testing::api_client::bearer;
use guildhall_testing::client::Client;
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::metrics::Metrics;
use guildhall_testing::test_server::{API_KEY, TestServer, brisk};
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::eventually;
use serde_json::Value;

/// The status and the body of a health check.
fn ask(client: &mut Client, path: &str) -> (u16, Value) {
    let response = client.get(path, "");
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let body = serde_json::from_slice(&response.body).unwrap();
    (response.status, body)
}

/// Waits until a server says that it is ready. On a busy machine it may be too slow once.
fn expect_ready(address: std::net::SocketAddr) -> Value {
    eventually("the server is ready", || {
        let (status, body) = ask(&mut Client::dial(address), "/readyz");
        (status == 200).then_some(body)
    })
}

/// The names of the checks.
fn checks(body: &Value) -> Vec<&str> {
    let checks = body["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| check["name"].as_str().unwrap())
        .collect()
}

#[test]
fn a_server_is_live_and_ready_on_both_listeners_without_a_key() {
    let server = TestServer::with_api(brisk());
    for address in [server.address(), server.api()] {
        let (status, live) = ask(&mut Client::dial(address), "/livez");
        assert_eq!((status, &live["status"]), (200, &"live".into()));
        assert_eq!(checks(&live), ["threads"]);
        let ready = expect_ready(address);
        assert_eq!(ready["status"], "ready");
        assert_eq!(checks(&ready), ["threads", "delivery"]);
        let health = Client::dial(address).get("/healthz", "");
        assert_eq!(health.status, 200);
    }
}

#[test]
fn a_server_with_a_store_is_ready_if_the_store_keeps_something() {
    let folder = DataFolder::pick();
    let threads = 3.try_into().unwrap();
    let config = Config {
        threads,
        ..folder.kept(brisk())
    };
    let server = TestServer::with_api(config);
    let ready = expect_ready(server.address());
    assert_eq!(checks(&ready), ["threads", "store", "delivery"]);
    drop(server);
    // The records of the checks are in nobody's way.
    let server = folder.server(brisk());
    expect_ready(server.address());
}

#[test]
fn nobody_sees_a_health_check() {
    let server = TestServer::with_api(brisk());
    let (mut ada, _) = V1Client::in_room(server.address(), "ada", "lobby");
    let (_guest, before) = server.join();
    for _ in 0..3 {
        expect_ready(server.address());
    }
    // It takes no number of a connection, and it is in no list and in no count.
    let (_other, after) = server.join();
    assert_eq!(after, before + 1);
    let rooms =
        guildhall_testing::api_client::request(server.api(), "GET", "/rooms", &bearer(API_KEY), "");
    let rooms = rooms.good();
    assert_eq!(rooms["rooms"].as_array().unwrap().len(), 1, "{rooms}");
    let metrics = Metrics::read(server.api(), &bearer(API_KEY));
    for (name, value) in [
        ("guildhall_clients_connected", 3),
        ("guildhall_clients_opened_total{protocol=\"v1\"}", 1),
        ("guildhall_rooms{state=\"members\"}", 1),
        ("guildhall_room_members", 3),
        ("guildhall_lines_total", 0),
        ("guildhall_line_deliveries_total", 0),
        ("guildhall_ready{check=\"delivery\"}", 1),
        ("guildhall_ready{check=\"threads\"}", 1),
    ] {
        assert_eq!(metrics.count(name), value, "{name}");
    }
    ada.expect_quiet();
}

#[test]
fn many_who_ask_at_a_time_are_all_answered() {
    let server = TestServer::with_api(brisk());
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let mut client = Client::dial(server.address());
            client.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
            client
        })
        .collect();
    for mut client in clients {
        assert!([200, 503].contains(&client.response().status));
    }
    expect_ready(server.address());
}

#[test]
fn whoever_asks_and_hangs_up_is_in_nobodys_way() {
    let server = TestServer::with_api(brisk());
    for _ in 0..20 {
        let mut client = Client::dial(server.address());
        client.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        client.reset();
    }
    expect_ready(server.address());
}

#[test]
fn a_health_check_is_a_request_like_others() {
    let server = TestServer::with_api(brisk());
    for path in ["/livez", "/readyz"] {
        let mut client = Client::dial(server.address());
        client.send(format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        assert_eq!(client.response().status, 405);
        let mut client = Client::dial(server.address());
        client.send(format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n").as_bytes());
        assert_eq!(client.response().status, 421);
        let mut client = Client::dial(server.address());
        client.send(format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        assert!([200, 503].contains(&client.response_head().status));
        // A body would be read as the next response.
        assert_eq!(client.get("/healthz", "").text(), "ok\n");
    }
}
