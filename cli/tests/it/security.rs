//! docs/security.md: every test that it names exists, every demand has a test or a reason, and
//! what no other test shows.

use std::fs;
use std::path::Path;

use guildhall_protocol::Hello;
use guildhall_testing::client::Client;
use guildhall_testing::v1_client::{V1Client, hello};

use crate::program::Program;

const ROOT: &str = "..";

/// The beginning of the list of a demand's tests.
const TESTS: &str = "\nTests: ";

/// The beginning of the reason if there are none.
const NO_TEST: &str = "\nNo test: ";

fn document() -> String {
    fs::read_to_string(Path::new(ROOT).join("docs/security.md")).unwrap()
}

/// The demands: each heading with what stands below it.
fn demands(document: &str) -> Vec<&str> {
    document.split("\n### ").skip(1).collect()
}

/// The tests in a list, each with its file: a name in backticks, or a title in quotes.
fn tests(list: &str) -> Vec<(String, String)> {
    let list = list.replace('\n', " ");
    let mut file = String::new();
    let mut tests = Vec::new();
    // Texts in backticks or in quotes, and what stands between them.
    for (place, text) in list.split(['`', '"']).enumerate() {
        if place % 2 == 0 {
            continue;
        }
        if text.contains('/') {
            text.clone_into(&mut file);
        } else {
            tests.push((file.clone(), text.to_owned()));
        }
    }
    tests
}

/// Whether a file has this test.
fn has_test(text: &str, name: &str) -> bool {
    let of_rust = format!("#[test]\nfn {name}(");
    let of_javascript = format!("test('{name}', ");
    let lines: Vec<_> = text.lines().map(str::trim_start).collect();
    let text = lines.join("\n");
    text.contains(&of_rust) || text.contains(&of_javascript)
}

#[test]
fn every_test_that_the_document_names_exists() {
    let document = document();
    let (mut count, mut missing) = (0, Vec::new());
    for demand in demands(&document) {
        let title = demand.lines().next().unwrap();
        let Some((_, list)) = demand.split_once(TESTS) else {
            continue;
        };
        let list = list.split("\n\n").next().unwrap();
        let named = tests(list);
        assert!(!named.is_empty(), "{title}");
        for (file, name) in named {
            let text = fs::read_to_string(Path::new(ROOT).join(&file));
            let text = text.unwrap_or_else(|error| panic!("{title}: {file}: {error}"));
            if !has_test(&text, &name) {
                missing.push(format!("{title}: {file} has no test {name}"));
            }
            count += 1;
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(count > 100, "{count}");
}

#[test]
fn every_demand_has_tests_or_a_reason_why_not() {
    let document = document();
    let demands = demands(&document);
    assert!(demands.len() > 25, "{}", demands.len());
    for demand in demands {
        let title = demand.lines().next().unwrap();
        let is_proved = demand.contains(TESTS) ^ demand.contains(NO_TEST);
        assert!(is_proved, "{title}");
        // In our words, and then whether it holds.
        assert!(demand.contains("\n*") && demand.contains("**"), "{title}");
    }
}

#[test]
fn a_list_of_tests_is_read_with_its_files() {
    let list = "`a/b.rs`: `one`,\n`two`; `c/d.mjs`: \"a title of\nwords\".";
    let expected = [
        ("a/b.rs", "one"),
        ("a/b.rs", "two"),
        ("c/d.mjs", "a title of words"),
    ];
    let expected = expected.map(|(file, name)| (file.to_owned(), name.to_owned()));
    assert_eq!(tests(list), expected);
    assert!(has_test("    #[test]\n    fn one() {", "one"));
    assert!(has_test("test('one', async () => {", "one"));
    for other in [
        "fn one() {",
        "#[test]\nfn one_more() {",
        "// one",
        "test('one more', ",
    ] {
        assert!(!has_test(other, "one"), "{other}");
    }
}

/// A handshake with these headers and this path, which a page of another host sends.
fn foreign(path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Origin: https://evil.example\r\n{headers}\r\n"
    )
}

#[test]
fn a_cookie_means_nothing() {
    let server = Program::start(&[]);
    let (mut ann, welcome) = V1Client::hello(server.address(), "Ann");
    let secret = hex(&welcome.session);
    let cookie = format!("Cookie: session={secret}; token={secret}\r\n");
    // Another page does not connect with it, and nobody is anybody by it.
    let mut client = Client::dial(server.address());
    client.send(foreign("/ws", &cookie).as_bytes());
    let response = client.response();
    assert_eq!(response.status, 403);
    assert_eq!(response.header("set-cookie"), None);
    let page = Client::dial(server.address()).get("/healthz", &cookie);
    assert_eq!(page.header("set-cookie"), None);
    let mut other = V1Client::over_with(Client::dial(server.address()), &cookie);
    let other = other.welcome(hello("Bob")).unwrap();
    assert!(!other.resumed && other.id != welcome.id);
    ann.expect_quiet();
    server.stop();
}

#[test]
fn tokens_and_secrets_are_in_no_log_and_in_no_response() {
    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4eXp6eSJ9.plughplover";
    let server = Program::start(&["--log", "trace"]);
    let (client, welcome) = V1Client::hello(server.address(), "Ann");
    let last = client.last_request;
    client.client.reset();
    let (_resumed, _) = V1Client::resume(server.address(), &welcome, last, 0);
    let mut with_token = V1Client::dial(server.address());
    let _ = with_token.welcome(Hello {
        token: TOKEN.to_owned(),
        ..hello("Bob")
    });
    let secret = hex(&welcome.session);
    for path in ["/ws", "/", "/healthz", "/nothing"] {
        let path = format!("{path}?token={TOKEN}&session={secret}");
        let mut client = Client::dial(server.address());
        client.send(foreign(&path, "").as_bytes());
        let response = client.response();
        assert!(!response.text().contains(TOKEN), "{path}");
    }
    let log = server.stop();
    assert!(log.len() > 5, "{log:?}");
    let numbers: Vec<_> = welcome.session.iter().map(u8::to_string).collect();
    let forms = [
        TOKEN.to_owned(),
        "plughplover".to_owned(),
        secret,
        numbers.join(", "),
    ];
    for line in log {
        let line = line.to_string();
        for form in &forms {
            assert!(!line.contains(form), "{form} in: {line}");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
