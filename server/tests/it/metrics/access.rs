//! The readers of the metrics: the operator's Prometheus, and nobody else.

use guildhall_server::accounts::ApiKeys;
use guildhall_server::{Config, MetricsAccess};
use guildhall_testing::api_client::{bearer, request};
use guildhall_testing::client::Client;
use guildhall_testing::metrics::Metrics;
use guildhall_testing::test_server::{API_KEY, TestServer};

const METRICS_KEY: &str = "a-key-for-the-metrics-and-nothing-else";

fn with_access(is_open_here: bool) -> TestServer {
    TestServer::with_api(Config {
        metrics: MetricsAccess {
            keys: ApiKeys::new(&[METRICS_KEY]).unwrap(),
            is_open_here,
        },
        ..Config::default()
    })
}

#[test]
fn metrics_need_a_key_and_theirs_is_good_for_nothing_else() {
    let server = with_access(false);
    let status = |headers: &str| Metrics::ask(server.api(), headers).status;
    for good in [API_KEY, METRICS_KEY] {
        assert_eq!(status(&bearer(good)), 200);
        assert_eq!(status(&format!("X-API-Key: {good}\r\n")), 200);
    }
    for bad in [
        "",
        "Authorization: Bearer a.b.c\r\n",
        "Authorization: Bearer a-key-for-the-metrics-and-nothing-els\r\n",
        "X-API-Key: \r\n",
    ] {
        let refused = Metrics::ask(server.api(), bad);
        assert_eq!(refused.status, 401, "{bad}");
        assert!(refused.header("www-authenticate").is_some());
        assert!(!refused.text().contains("guildhall_"), "{bad}");
    }
    let refused = request(server.api(), "GET", "/rooms", &bearer(METRICS_KEY), "");
    refused.expect_problem(401, "unauthorized");
}

#[test]
fn callers_of_this_machine_need_no_key_if_the_settings_say_so_and_no_proxy_is_between() {
    let server = with_access(true);
    let status = |headers: &str| Metrics::ask(server.api(), headers).status;
    assert_eq!(status(""), 200);
    for passed_on in [
        "X-Forwarded-For: 192.0.2.7\r\n",
        "Forwarded: for=192.0.2.7\r\n",
        "Via: 1.1 proxy\r\n",
    ] {
        assert_eq!(status(passed_on), 401, "{passed_on}");
        let with_key = format!("{passed_on}{}", bearer(METRICS_KEY));
        assert_eq!(status(&with_key), 200);
    }
    let refused = request(server.api(), "GET", "/rooms", "", "");
    refused.expect_problem(401, "unauthorized");
}

#[test]
fn a_page_whose_name_was_bound_to_this_machine_is_no_caller_of_it() {
    let server = with_access(true);
    let status = |hosts: &str, headers: &str| {
        let mut client = Client::dial(server.api());
        client.send(format!("GET /metrics HTTP/1.1\r\n{hosts}{headers}\r\n").as_bytes());
        client.response().status
    };
    for here in ["localhost:8081", "127.0.0.1:8081", "[::1]:8081"] {
        assert_eq!(status(&format!("Host: {here}\r\n"), ""), 200, "{here}");
    }
    for elsewhere in ["evil.example:8081", "localhost.evil.example", "a b", ""] {
        let host = format!("Host: {elsewhere}\r\n");
        assert_eq!(status(&host, ""), 401, "{elsewhere}");
        assert_eq!(status(&host, &bearer(METRICS_KEY)), 200, "{elsewhere}");
    }
    let several = "Host: localhost\r\nHost: evil.example\r\n";
    assert_eq!(status(several, ""), 401);
}

#[test]
fn the_chats_own_listener_has_no_metrics() {
    let server = with_access(true);
    let mut client = Client::dial(server.address());
    assert_eq!(client.get("/metrics", &bearer(API_KEY)).status, 404);
}

#[test]
fn other_methods_are_refused_and_head_has_no_body() {
    let server = with_access(true);
    let mut client = Client::dial(server.api());
    client.send(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(client.response_head().status, 200);
    let mut client = Client::dial(server.api());
    client.send(b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    let refused = client.response();
    assert_eq!(
        (refused.status, refused.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[test]
fn a_new_key_counts_after_a_reload() {
    let server = with_access(false);
    let other = "another-key-for-the-metrics-after-a-reload";
    let config = Config {
        api_keys: ApiKeys::new(&[API_KEY]).unwrap(),
        metrics: MetricsAccess {
            keys: ApiKeys::new(&[other]).unwrap(),
            is_open_here: false,
        },
        ..Config::default()
    };
    server.reload(config);
    guildhall_testing::wire::eventually("the new key counts", || {
        let status = |key: &str| Metrics::ask(server.api(), &bearer(key)).status;
        (status(other) == 200 && status(METRICS_KEY) == 401).then_some(())
    });
}
