//! The log's lines about requests that are refused and of connections that never become one: enough to
//! find the proxy or the client that is to blame, whatever a flood does meanwhile.

use rustix::process::Signal;

use crate::program::{Program, free_address};
use guildhall_testing::api_client::{bearer, request};
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::wire::eventually;

const KEY: &str = "the-only-key-of-32-bytes-and-more";

/// Sends a request, and returns the status of the answer.
fn ask(program: &Program, request: &str) -> u16 {
    let mut client = Client::dial(program.address());
    client.send(request.as_bytes());
    client.response().status
}

#[test]
fn a_request_without_what_a_websocket_needs_is_logged_with_what_is_missing() {
    let mut program = Program::start(&[]);
    let agent = handshake("User-Agent: Tester/1.0\r\n");
    for (from, to, status, word) in [
        ("Upgrade: websocket\r\n", "", 426, "`upgrade: websocket`"),
        ("Connection: Upgrade\r\n", "", 426, "`connection: upgrade`"),
        ("-Version: 13", "-Version: 8", 426, "Sec-WebSocket-Version"),
        ("GET", "POST", 405, "only GET"),
        ("Host: localhost:8080", "Host: a b", 400, "host"),
    ] {
        assert!(agent.contains(from), "{agent}");
        assert_eq!(
            ask(&program, &agent.replacen(from, to, 1)),
            status,
            "{from}"
        );
        let line = program.wait_for("request refused");
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["user_agent"], "Tester/1.0", "{line}");
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.contains(word), "{reason}");
    }
    assert_eq!(ask(&program, "\u{16}\u{3}\u{1} is no HTTP\r\n\r\n"), 400);
    let line = program.wait_for("connection dropped");
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.contains("is no request of HTTP/1"), "{reason}");
    program.stop();
}

#[test]
fn a_flood_at_the_port_of_the_chat_does_not_hide_a_wrong_key_of_the_api() {
    let api = free_address();
    let listen = format!("--api-listen={api}");
    let mut program = Program::start(&[&listen, &format!("--api-key={KEY}")]);
    let refused = "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".repeat(100);
    for _ in 0..20 {
        let mut client = Client::dial(program.address());
        client.send(refused.as_bytes());
        for _ in 0..100 {
            assert_eq!(client.response().status, 421);
        }
    }
    let wrong = format!("{}User-Agent: Prober/2\r\n", bearer("wrong"));
    assert_eq!(request(api, "GET", "/rooms", &wrong, "").status, 401);
    let line = program.wait_for("API: request refused");
    assert_eq!(line["user_agent"], "Prober/2", "{line}");
    assert_eq!(line["status"], 401, "{line}");
    program.stop();
}

#[test]
fn a_log_that_has_less_from_now_on_says_so_before() {
    let api = free_address();
    let listen = format!("--api-listen={api}");
    let mut program = Program::start(&[&listen, &format!("--api-key={KEY}")]);
    let set = |filter: &str| {
        let body = serde_json::json!({ "filter": filter }).to_string();
        request(api, "PUT", "/log", &bearer(KEY), &body).status
    };
    // A text that is no filter changes nothing, and nothing is said.
    assert_eq!(set("loud"), 400);
    assert_eq!(set("error"), 200);
    let line = program.wait_for("the API changes what the log has");
    assert_eq!(line["level"], "WARN", "{line}");
    assert_eq!(line["filter"], "error", "{line}");
    let log = program.stop();
    let said = |message: &str| log.iter().any(|line| line["message"] == message);
    assert!(!said("the API has changed what the log has"), "{log:?}");
}

#[test]
fn a_health_check_that_fails_adds_no_line_of_its_own() {
    let api = free_address();
    let listen = format!("--api-listen={api}");
    let key = format!("--api-key={KEY}");
    let program = Program::start(&[&listen, &key, "--drain=30"]);
    let (holder, _) = program.join();
    program.signal(Signal::TERM);
    for path in ["/readyz", "/healthz"] {
        eventually("the server stops", || {
            let status = Client::dial(api).get(path, "").status;
            (status == 503).then_some(())
        });
    }
    drop(holder);
    // The second one ends the drain.
    let (_, log) = program.end_by(Signal::TERM);
    let lines: Vec<_> = log
        .iter()
        .filter(|line| line["message"] == "API request")
        .collect();
    assert!(lines.is_empty(), "{lines:?}");
}

#[test]
fn a_line_of_json_has_no_control_character_of_a_user_agent() {
    let program = Program::start(&[]);
    let agent = "Host: evil.example\r\nUser-Agent: a\u{9b}2Jb\r\n";
    assert_eq!(
        ask(&program, &format!("GET / HTTP/1.1\r\n{agent}\r\n")),
        421
    );
    // Reading a line checks that it has none.
    let log = program.stop();
    let line = log.iter().find(|line| line["message"] == "request refused");
    // It is still the same text for whoever reads JSON.
    assert_eq!(line.unwrap()["user_agent"], "a\u{9b}2Jb");
}
