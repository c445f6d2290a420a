//! The log: it has each connect and disconnect with its reason, and never a text of the
//! chat.

use std::time::Instant;

use rustix::process::Signal;
use serde_json::Value;

use crate::program::{Program, free_address};
use guildhall_server::testing::HTTP_SLACK;
use guildhall_testing::api_client::{bearer, request};
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::v1_client::{V1Client, hello};
use guildhall_testing::wire::{self, BINARY, CLOSE, CONTINUATION, FIN, PING, TEXT};

/// The text that clients say in these tests and nowhere else.
const SECRET: &str = "xyzzyplughplover";

fn lines_of<'a>(log: &'a [Value], message: &str, client: u64) -> Vec<&'a Value> {
    log.iter()
        .filter(|line| line["message"] == message && line["client"] == client)
        .collect()
}

#[test]
fn the_log_has_one_line_for_a_connect_and_one_for_a_disconnect() {
    let mut program = Program::start(&[]);
    let mut addresses = Vec::new();
    let mut join = || {
        let (client, _) = program.join();
        addresses.push(client.address());
        client
    };
    let [mut one, mut two, mut three, four, mut five] = std::array::from_fn(|_| join());
    one.send_frame(CLOSE, &1000_u16.to_be_bytes());
    one.read_to_close();
    two.send_frame(TEXT, b"hello");
    two.read_to_close();
    three.send_frame(CLOSE, b"");
    three.read_to_close();
    four.reset();
    drop((one, two, three));
    // All but the fifth have disconnected before the shutdown, which would otherwise be
    // their reason.
    for _ in 0..4 {
        program.wait_for("client disconnected");
    }
    program.signal(Signal::TERM);
    five.read_to_close();
    drop(five);
    let (status, log) = program.end();
    assert!(status.success());

    let reasons = [
        "left with 1000",
        "closed with 1003",
        "left",
        "lost",
        "closed with 1001",
    ];
    for ((id, address), reason) in (1..).zip(addresses).zip(reasons) {
        let address = address.to_string();
        let connected = lines_of(&log, "client connected", id);
        let disconnected = lines_of(&log, "client disconnected", id);
        assert_eq!(
            (connected.len(), disconnected.len()),
            (1, 1),
            "client {id}: {log:?}"
        );
        assert_eq!(connected[0]["address"], address);
        assert_eq!(disconnected[0]["address"], address);
        let found = disconnected[0]["reason"].as_str().expect("a reason");
        assert!(found.starts_with(reason), "client {id}: {found}");
        assert_eq!(
            (&connected[0]["level"], &disconnected[0]["level"]),
            (&"INFO".into(), &"INFO".into())
        );
    }
    assert_eq!(
        log.iter().filter(|line| line["client"].is_u64()).count(),
        10,
        "two lines for each: {log:?}"
    );
}

#[test]
fn log_lines_are_objects_with_time_and_level() {
    let program = Program::start(&[]);
    drop(program.join());
    // Reading a line checks that it is JSON.
    let log = program.stop();
    assert!(log.len() >= 5, "{log:?}");
    for line in log {
        assert!(line["timestamp"].is_string(), "{line}");
        assert!(line["level"].is_string(), "{line}");
        assert!(line["message"].is_string(), "{line}");
    }
}

#[test]
fn the_log_has_no_text_of_the_chat_at_any_level() {
    let program = Program::start(&["--log", "trace"]);
    let (mut one, _) = program.join();
    let (mut two, _) = program.join();
    one.say(SECRET);
    two.expect_chat(1, SECRET);
    let packet = wire::chat(0, SECRET);
    one.send(&wire::masked(BINARY, &packet[..7]));
    one.send(&wire::masked(FIN | CONTINUATION, &packet[7..]));
    two.expect_chat(1, SECRET);
    one.send_frame(PING, SECRET.as_bytes());
    assert_eq!(one.frame().payload, SECRET.as_bytes());
    // Nor a text in a message that the server does not accept.
    let bad = [&packet[..], &[0xff]].concat();
    let text = SECRET.as_bytes();
    let reason = [&1000_u16.to_be_bytes()[..], text].concat();
    for frame in [
        wire::masked(FIN | BINARY, text),
        wire::masked(FIN | BINARY, &bad),
        wire::masked(FIN | BINARY, &[&packet[..], &packet[..]].concat()),
        wire::masked(FIN | TEXT, text),
        wire::masked(FIN | TEXT, &[text, &[0xff]].concat()),
        wire::masked(FIN | CLOSE, &reason),
        wire::unmasked(FIN | BINARY, &packet),
        SECRET.repeat(20).into_bytes(),
    ] {
        let (mut culprit, _) = program.join();
        culprit.try_send(&frame);
        let (code, _) = culprit.read_to_close();
        assert!(code.is_some());
    }
    drop((one, two));
    let log = program.stop();
    assert_eq!(lines_of(&log, "client disconnected", 1).len(), 1);

    let numbers: Vec<_> = SECRET.bytes().map(|byte| byte.to_string()).collect();
    let hex: Vec<_> = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    for line in log {
        let line = line.to_string();
        for form in [
            SECRET[3..].to_owned(),
            numbers[3..].join(", "),
            hex[3..].join(""),
            hex[3..].join(", "),
        ] {
            assert!(!line.contains(&form), "{line}");
        }
    }
}

/// Sends a handshake with these lines for a host and an origin. Returns the status.
fn shake_hands(program: &Program, headers: &str) -> u16 {
    let mut client = Client::dial(program.address());
    let handshake = handshake("").replace("Host: localhost:8080\r\n", headers);
    client.send(handshake.as_bytes());
    client.response().status
}

#[test]
fn a_refused_request_is_logged_with_what_explains_it() {
    let padding = "x".repeat(1_000);
    let program = Program::start(&["--max-connections-per-address", "1"]);
    let (_client, _) = program.join();
    let refused = [
        (
            "Host: evil.example\r\n".to_owned(),
            421,
            "evil.example",
            None,
        ),
        (
            "Host: localhost\r\nOrigin: https://evil.example\r\n".to_owned(),
            403,
            "localhost",
            Some("https://evil.example".to_owned()),
        ),
        (
            format!("Host: localhost\r\nOrigin: {padding}\r\n"),
            403,
            "localhost",
            Some("x".repeat(128)),
        ),
        (
            "Host: chat.localhost\r\nOrigin: https://chat.localhost:8443\r\n".to_owned(),
            403,
            "chat.localhost",
            Some("https://chat.localhost:8443".to_owned()),
        ),
        (
            format!("Host: localhost\r\nOrigin: https://{padding}\r\n"),
            403,
            "localhost",
            Some(format!("https://{}", "x".repeat(120))),
        ),
        ("Host: [::1]:80\r\n".to_owned(), 429, "[::1]:80", None),
    ];
    for (headers, status, ..) in &refused {
        assert_eq!(shake_hands(&program, headers), *status);
    }
    let log = program.stop();
    let lines: Vec<_> = log
        .iter()
        .filter(|line| line["message"] == "request refused")
        .collect();
    assert_eq!(lines.len(), refused.len(), "{log:?}");
    let reason = lines[3]["reason"].as_str().expect("a reason");
    for word in [
        "Host is chat.localhost,",
        "$http_host",
        "--allow-origin https://chat.localhost:8443",
    ] {
        assert!(reason.contains(word), "{reason}");
    }
    for (line, (_, status, host, origin)) in lines.into_iter().zip(refused) {
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["host"], host, "{line}");
        assert_eq!(line["origin"].as_str(), origin.as_deref(), "{line}");
        let address = line["address"].as_str().expect("an address");
        assert!(address.starts_with("127.0.0.1:"), "{line}");
        assert!(line.to_string().len() < 2_000, "{line}");
        assert!(!line["reason"].as_str().expect("a reason").is_empty());
    }
}

#[test]
fn a_flood_of_lines_is_counted() {
    const REQUESTS: u64 = 3_000;
    let program = Program::start(&[]);
    let request = "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".repeat(100);
    let start = Instant::now();
    for _ in 0..REQUESTS / 100 {
        let mut client = Client::dial(program.address());
        client.send(request.as_bytes());
        for _ in 0..100 {
            assert_eq!(client.response().status, 421);
        }
    }
    let log = program.stop();
    let seconds = start.elapsed().as_secs() + 1;
    let of = |message: &str| -> Vec<_> {
        log.iter()
            .filter(|line| line["message"] == message)
            .collect()
    };
    let logged = of("request refused").len() as u64;
    assert!(
        (500..=500 + 100 * seconds).contains(&logged),
        "{logged} in {seconds} s"
    );
    let counts = of("and more, which were not logged");
    let counted: u64 = counts
        .iter()
        .map(|line| line["lines"].as_u64().unwrap())
        .sum();
    assert_eq!(logged + counted, REQUESTS);
    assert!(
        counts.iter().all(|line| line["of"] == "request refused"),
        "{counts:?}"
    );
}

#[test]
fn a_connection_that_is_dropped_without_an_answer_is_logged() {
    let mut program = Program::start(&["--max-connections", "1"]);
    let (_client, _) = program.join();
    let sockets: Vec<_> = (0..HTTP_SLACK)
        .map(|_| {
            let mut socket = Client::dial(program.address());
            assert_eq!(socket.get("/healthz", "").status, 200);
            socket
        })
        .collect();
    let mut one_more = Client::dial(program.address());
    assert_eq!(one_more.try_get("/healthz"), None);
    let line = program.wait_for("connection dropped");
    assert_eq!(line["address"], one_more.address().to_string());
    // For a client of another address, the oldest makes room.
    let mut other = Client::dial_from("127.0.0.2", program.address());
    assert_eq!(other.get("/healthz", "").status, 200);
    let line = program.wait_for("connection dropped");
    assert_eq!(line["address"], sockets[0].address().to_string());
    let reason = line["reason"].as_str().expect("a reason");
    assert!(reason.contains("make room"), "{reason}");
}

#[test]
fn a_line_tells_what_a_client_speaks_and_who_it_was() {
    let program = Program::start(&[]);
    let mut refused = Client::dial(program.address());
    let agent = "User-Agent: Tester/1.0 \"x\"\r\n";
    let headers = format!("{agent}Origin: https://evil.example\r\n");
    refused.send(handshake(&headers).as_bytes());
    assert_eq!(refused.response().status, 403);
    let endless = format!("User-Agent: {}\r\n", "y".repeat(1_000));
    let mut ann = V1Client::over_with(Client::dial(program.address()), agent);
    let welcome = ann.welcome(hello("Ann")).unwrap();
    ann.client.say_goodbye();
    let mut bob = V1Client::over_with(Client::dial(program.address()), &endless);
    bob.welcome(hello("")).unwrap();
    drop(bob);
    let nobody = V1Client::dial(program.address());
    drop(nobody);
    let (mut guest, _) = program.join();
    guest.say_goodbye();
    drop((refused, guest, ann));
    let log = program.stop();
    let of = |message: &str| -> Vec<&Value> {
        log.iter()
            .filter(|line| line["message"] == message)
            .collect()
    };
    let refused = of("request refused")[0];
    assert_eq!(refused["user_agent"], "Tester/1.0 \"x\"");
    let connected = of("client connected").into_iter();
    let connected = connected.map(|line| (&line["protocol"], &line["user_agent"]));
    let connected: Vec<_> = connected.collect();
    let cut = Value::from("y".repeat(128));
    let (v1, tutorial) = (Value::from("guildhall.v1"), Value::from("tutorial"));
    let agent = Value::from("Tester/1.0 \"x\"");
    assert_eq!(
        connected,
        [
            (&v1, &agent),
            (&v1, &cut),
            (&v1, &Value::Null),
            (&tutorial, &Value::Null)
        ]
    );
    let line_of = |client: u64| lines_of(&log, "client disconnected", client)[0];
    let ann = line_of(1);
    assert_eq!(
        (&ann["name"], ann["user"].as_u64()),
        (&"Ann".into(), Some(welcome.id))
    );
    let bob = line_of(2);
    assert_eq!(bob["name"], format!("Guest {}", bob["user"]));
    for client in [3, 4] {
        let line = line_of(client);
        assert!(line["name"].is_null() && line["user"].is_null(), "{line}");
    }
}

#[test]
fn the_api_changes_what_the_log_has() {
    const KEY: &str = "the-only-key-of-32-bytes-and-more";
    let address = free_address();
    let mut program = Program::start(&[
        &format!("--api-listen={address}"),
        &format!("--api-key={KEY}"),
        "--log",
        "warn,guildhall=info,guildhall_server=info",
    ]);
    let key = bearer(KEY);
    let ask = |method: &str, filter: &str| {
        let body = match method {
            "GET" => String::new(),
            _ => serde_json::json!({ "filter": filter }).to_string(),
        };
        request(address, method, "/log", &key, &body)
    };
    let filter = ask("GET", "").good()["filter"].clone();
    assert_eq!(filter, "warn,guildhall=info,guildhall_server=info");
    assert_eq!(ask("PUT", "info,guildhall_server::api=debug").status, 200);
    let changed = program.wait_for("the API has changed what the log has");
    assert_eq!(changed["filter"], "info,guildhall_server::api=debug");
    assert_eq!(
        ask("GET", "").good()["filter"],
        "info,guildhall_server::api=debug"
    );
    // Lines of this level were left out before.
    let (write, read) = (
        program.wait_for("API request"),
        program.wait_for("API request"),
    );
    assert_eq!(
        (&write["level"], &write["method"]),
        (&"INFO".into(), &"PUT".into())
    );
    assert_eq!(
        (&read["level"], &read["path"]),
        (&"DEBUG".into(), &"/api/v1/log".into())
    );
    let wrong = ask("PUT", "loud");
    assert_eq!(wrong.status, 400);
    let detail = wrong.json["detail"].as_str().unwrap();
    assert!(detail.contains("is no level"), "{detail}");
    // The settings hold again.
    program.signal(Signal::HUP);
    let reloaded = program.wait_for("SIGHUP: reloaded");
    assert_eq!(reloaded["settings"], "log");
    assert_eq!(ask("GET", "").good()["filter"], filter);
    program.stop();
}

#[test]
fn a_request_of_the_api_is_in_the_log_by_its_id() {
    const KEY: &str = "the-only-key-of-32-bytes-and-more";
    let address = free_address();
    let mut program = Program::start(&[
        &format!("--api-listen={address}"),
        &format!("--api-key={KEY}"),
    ]);
    let named = |key: &str, id: &str| format!("{}X-Request-Id: {id}\r\n", bearer(key));
    let opened = request(address, "PUT", "/rooms/red", &named(KEY, "game-17"), "{}");
    assert!(opened.status < 300, "{opened:?}");
    let line = program.wait_for("API request");
    assert_eq!(line["request_id"], "game-17");
    assert_eq!(
        (&line["method"], &line["path"]),
        (&"PUT".into(), &"/api/v1/rooms/red".into())
    );
    assert_eq!(
        (&line["level"], line["status"].as_u64()),
        (&"INFO".into(), Some(u64::from(opened.status)))
    );
    assert!(line["millis"].is_u64(), "{line}");
    let refused = request(address, "GET", "/rooms", &named("wrong", "game-18"), "");
    assert_eq!(refused.status, 401);
    let line = program.wait_for("API: request refused");
    assert_eq!(
        (&line["request_id"], &line["address"]),
        (&"game-18".into(), &"127.0.0.1".into())
    );
    program.stop();
}
