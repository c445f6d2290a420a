//! `guildhall doctor`: it finds nothing wrong with a good server, and says of each fault where it
//! is and what to do.

mod frames;
mod odd_answers;
mod rules;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use rcgen::date_time_ymd;
use serde_json::Value;

use crate::program::{Program, command, free_address, run};
use crate::tls_end::{Authority, params};

/// The doctor's report, and whether it was content.
fn examine(url: &str, flags: &[&str]) -> (bool, Value) {
    let mut doctor = command(&["doctor", url, "--json"]);
    doctor.args(flags);
    if !flags.contains(&"--timeout") {
        doctor.args(["--timeout", "60"]);
    }
    let output = run(doctor);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{errors}"));
    assert_eq!(report["ok"], output.status.success(), "{errors}");
    (output.status.success(), report)
}

/// The names and outcomes of all steps.
fn outcomes(report: &Value) -> Vec<(&str, &str)> {
    let steps = report["steps"].as_array().expect("steps").iter();
    steps
        .map(|step| {
            assert!(step["millis"].is_number(), "{step}");
            assert!(!step["found"].as_str().unwrap().is_empty(), "{step}");
            let is_good = step["outcome"] == "good";
            assert_eq!(step.get("advice").is_none(), is_good, "{step}");
            (
                step["step"].as_str().unwrap(),
                step["outcome"].as_str().unwrap(),
            )
        })
        .collect()
}

/// Checks that the doctor stops at this step, and that what it says has these words.
#[track_caller]
fn fails(url: &str, flags: &[&str], step: &str, words: &[&str]) {
    let (ok, report) = examine(url, flags);
    let steps = outcomes(&report);
    assert!(!ok && steps.last() == Some(&(step, "failed")), "{steps:?}");
    has_words(&report, step, words);
}

/// Checks that the doctor ends at this step because the server's rules end it, and that what it says
/// has these words.
#[track_caller]
fn ends(url: &str, flags: &[&str], step: &str, words: &[&str]) {
    let (ok, report) = examine(url, flags);
    let steps = outcomes(&report);
    assert!(ok && steps.last() == Some(&(step, "end")), "{report:#}");
    has_words(&report, step, words);
}

/// Checks that what the doctor says of this step has these words.
#[track_caller]
fn has_words(report: &Value, step: &str, words: &[&str]) {
    let steps = report["steps"].as_array().unwrap();
    let found = steps.iter().find(|it| it["step"] == step).unwrap();
    let said = format!("{} {}", found["found"], found["advice"]);
    for word in words {
        assert!(said.contains(word), "no {word} in {said}");
    }
}

/// A proxy between the doctor and a server: each connection's first bytes are changed in both
/// directions, and all others are passed on.
fn between(
    server: SocketAddr,
    asked: fn(String) -> String,
    answered: fn(String) -> String,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(server).unwrap();
            for (from, to, change) in [(&client, &server, asked), (&server, &client, answered)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                thread::spawn(move || {
                    let mut bytes = vec![0; 64 * 1024];
                    let read = from.read(&mut bytes).unwrap_or_default();
                    // A head comes in one piece from a client and from a server on this machine;
                    // frames behind it are bytes, and stay so.
                    let end = bytes[..read].windows(4).position(|it| it == b"\r\n\r\n");
                    let end = end.map_or(read, |end| end + 4);
                    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                    let _ = to.write_all(change(head).as_bytes());
                    let _ = to.write_all(&bytes[end..read]);
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
    address
}

#[test]
fn a_good_server_passes_every_step() {
    let program = Program::start(&[]);
    let address = program.address();
    let (ok, report) = examine(&format!("http://{address}/"), &["--idle", "1"]);
    assert!(ok, "{report:#}");
    assert_eq!(report["url"], format!("ws://{address}/ws"));
    let names = [
        "dns",
        "tcp",
        "http",
        "websocket",
        "hello",
        "room",
        "latency",
        "clock",
        "frame",
        "idle",
    ];
    let expected: Vec<_> = names.map(|name| (name, "good")).into();
    assert_eq!(outcomes(&report), expected, "{report:#}");
    let words = run(command(&["doctor", &address.to_string()]));
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(words.ends_with("The chat works from here.\n"), "{words}");
    assert!(words.contains("ok      hello"), "{words}");
    // It leaves nothing behind, and its room is a room of its own.
    let log = program.stop();
    let names: Vec<_> = (log.iter())
        .filter(|line| line["message"] == "client disconnected")
        .map(|line| (&line["reason"], line["name"].as_str()))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names.iter().all(|(reason, _)| *reason == "left with 1000"),
        "{names:?}"
    );
}

#[test]
fn a_certificate_is_looked_at() {
    let program = Program::start(&["--allow-host", "*"]);
    let authority = Authority::new();
    let ca = ["--ca", authority.file()];
    let url = |port: u16| format!("https://localhost:{port}");
    let good = authority.end(program.address(), &["localhost"]);
    let (ok, report) = examine(&url(good), &ca);
    assert!(ok, "{report:#}");
    let steps = report["steps"].as_array().unwrap();
    let tls = steps.iter().find(|it| it["step"] == "tls").unwrap();
    let found = tls["found"].as_str().unwrap();
    // rcgen's certificates end then, unless they say so.
    assert!(
        found.contains("TLS 1.3") && found.ends_with("valid until 4096-01-01"),
        "{found}"
    );

    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(5 * 24);
    let soon = soon.strftime("%Y-%m-%d").to_string();
    let numbers: Vec<u16> = soon.split('-').map(|part| part.parse().unwrap()).collect();
    let [year, month, day] = numbers[..] else {
        panic!("{soon}");
    };
    let mut ending = params(&["localhost"]);
    let part = |number: u16| u8::try_from(number).unwrap();
    ending.not_after = date_time_ymd(year.into(), part(month), part(day));
    let ending = authority.end_with(program.address(), ending);
    let (ok, report) = examine(&url(ending), &ca);
    assert!(
        ok && outcomes(&report).contains(&("tls", "warning")),
        "{report:#}"
    );
    assert!(report.to_string().contains(&soon), "{report:#}");

    let mut over = params(&["localhost"]);
    over.not_after = date_time_ymd(2020, 2, 3);
    let over = authority.end_with(program.address(), over);
    fails(&url(over), &ca, "tls", &["2020-02-03", "renew", "clock"]);
    let mut early = params(&["localhost"]);
    early.not_before = date_time_ymd(3020, 2, 3);
    let early = authority.end_with(program.address(), early);
    fails(&url(early), &ca, "tls", &["3020-02-03", "clock"]);
    let other = authority.end(program.address(), &["other.example"]);
    let words = ["other.example", "a certificate for localhost"];
    fails(&url(other), &ca, "tls", &words);
    fails(
        &url(good),
        &[],
        "tls",
        &["nobody whom this computer trusts", "full chain", "--ca"],
    );
    // No TLS at all.
    let plain = program.address().port();
    let address = format!("use ws://localhost:{plain}/ws");
    fails(&url(plain), &ca, "tls", &["does not speak TLS", &address]);
    // TLS, and the address asks for none.
    let plain = format!("http://localhost:{good}");
    let address = format!("use wss://localhost:{good}/ws");
    fails(&plain, &[], "http", &["TLS", &address]);
}

#[test]
fn an_address_that_is_none_is_explained() {
    fails(
        "wss://nowhere.invalid",
        &[],
        "dns",
        &["nowhere.invalid", "DNS"],
    );
    fails("ftp://chat.example", &[], "dns", &["wss://chat.example/ws"]);
    let closed = free_address();
    let port = closed.port().to_string();
    fails(
        &closed.to_string(),
        &[],
        "tcp",
        &["firewall", "--host", &port],
    );
}

#[test]
fn a_page_that_may_not_connect_is_told_the_setting() {
    let program = Program::start(&["--allow-origin", "https://game.example"]);
    let url = program.address().to_string();
    let (ok, report) = examine(&url, &["--origin", "https://game.example"]);
    assert!(
        ok && report
            .to_string()
            .contains("for pages of https://game.example")
    );
    // The address of the page will do.
    let other = ["--origin", "https://other.example/play/"];
    let words = ["403", "--allow-origin https://other.example"];
    fails(&url, &other, "websocket", &words);
    let mut wrong = command(&["doctor", &url, "--origin", "a\nb"]);
    wrong.arg("--json");
    let output = run(wrong);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is no origin"));
    let output = run(command(&["doctor", &url, "--origin", "game.example"]));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("such as https://game.example"));
}

#[test]
fn headers_that_a_proxy_eats_are_named() {
    let program = Program::start(&[]);
    let server = program.address();
    let same = |head: String| head;
    let url = |address: SocketAddr| address.to_string();
    // As nginx does it without its two lines.
    let eaten = between(
        server,
        |head| {
            let head = head.replace("Upgrade: websocket\r\n", "");
            head.replace("Connection: Upgrade", "Connection: close")
        },
        same,
    );
    fails(
        &url(eaten),
        &[],
        "websocket",
        &["426", "Upgrade and Connection", "nginx"],
    );
    let protocol = between(
        server,
        |head| head.replace("Sec-WebSocket-Protocol", "X-Removed"),
        same,
    );
    fails(
        &url(protocol),
        &[],
        "websocket",
        &["guildhall.v1", "Sec-WebSocket-Protocol"],
    );
    let cached = between(server, same, |head| {
        head.replace("sec-websocket-accept: ", "sec-websocket-accept: x")
    });
    fails(
        &url(cached),
        &[],
        "websocket",
        &["Sec-WebSocket-Accept", "cache"],
    );
    let away = between(server, same, |head| {
        head.replace("200 OK", "502 Bad Gateway")
    });
    fails(&url(away), &[], "http", &["502", "proxy"]);
    // A path that is not the chat's.
    fails(
        &format!("ws://{server}/chat"),
        &[],
        "websocket",
        &["404", "/ws"],
    );
    let named = Program::start(&["--allow-host", "chat.example"]);
    let by_other = between(
        named.address(),
        |head| head.replace("Host: 127.0.0.1", "Host: x"),
        same,
    );
    fails(&url(by_other), &[], "http", &["421", "--allow-host"]);
}

#[test]
fn a_server_without_guests_wants_a_token() {
    let settings = std::env::temp_dir().join(format!("guildhall-doctor-{}", std::process::id()));
    std::fs::create_dir_all(&settings).unwrap();
    let (file, secret) = (settings.join("guildhall.toml"), settings.join("secret"));
    std::fs::write(&secret, "a secret of at least 32 bytes, as it has to be").unwrap();
    let table = format!(
        "[accounts]\nguests = \"deny\"\nkeys = [{{ secret_file = {secret:?}, algorithm = \"HS256\" }}]\n"
    );
    std::fs::write(&file, table).unwrap();
    let program = Program::start(&["--config", file.to_str().unwrap()]);
    let url = program.address().to_string();
    ends(&url, &[], "hello", &["no guests", "--token-file"]);
    let words = run(command(&["doctor", &url]));
    assert!(words.status.success());
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(words.contains("The way to the chat is free."), "{words}");
    let token = settings.join("token");
    std::fs::write(&token, "not a token").unwrap();
    let flags = ["--token-file", token.to_str().unwrap()];
    fails(&url, &flags, "hello", &["new token"]);
    let mut make = command(&["token", "--user", "42", "--secret-file"]);
    make.arg(&secret);
    std::fs::write(&token, run(make).stdout).unwrap();
    let (ok, report) = examine(&url, &flags);
    assert!(ok, "{report:#}");
    std::fs::remove_dir_all(&settings).unwrap();
}
