//! Sets of keys that a server fetches over https.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::accounts::sign_in;
use crate::program::{Program, command, printed};
use crate::settings_file::File;
use crate::tls_end::Authority;

const JWKS: &str = include_str!("../../../server/src/accounts/testdata/jwks.json");

/// A server without TLS that gives this answer to every request, until it is changed.
struct Answers {
    address: SocketAddr,
    answer: Arc<Mutex<String>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Answers {
    fn new(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, requests) = (Arc::new(Mutex::new(answer)), Arc::default());
        let answers = Self {
            address,
            answer: Arc::clone(&answer),
            requests: Arc::clone(&requests),
        };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head = lines
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty());
                let head: Vec<_> = head.collect();
                requests.lock().unwrap().push(head.join("\n"));
                let answer = answer.lock().unwrap().clone();
                // A client that has enough hangs up.
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        answers
    }

    fn set(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// A settings file with a set of keys at this port.
fn settings(port: u16) -> File {
    File::new(&format!(
        "[accounts]\naudience = 'game'\nkeys = [{{ jwks_url = 'https://localhost:{port}/keys?a=1' }}]\n"
    ))
}

/// The output of `guildhall check`, if it trusts the certificates in this file.
fn check(file: &File, trusted: &str) -> String {
    let mut check = command(&["check", file.path()]);
    check.env("SSL_CERT_FILE", trusted);
    check.env_remove("SSL_CERT_DIR");
    printed(check)
}

/// A token that is signed with a private key of the set, which has this ID.
fn token(id: &str) -> String {
    let token = printed(command(&[
        "token",
        "--user=42",
        "--audience=game",
        "--pem-file=../server/src/accounts/testdata/ed25519.pem",
        &format!("--kid={id}"),
    ]));
    token.trim_end().into()
}

#[test]
fn a_check_says_what_there_is_at_the_address() {
    let answers = Answers::new(ok(JWKS));
    let authority = Authority::new();
    let port = authority.end(answers.address, &["localhost"]);
    let file = settings(port);
    let url = format!("https://localhost:{port}/keys?a=1");
    let checked = || check(&file, authority.file());
    let printed = checked();
    assert!(
        printed.contains(&format!("The number of keys at {url}: 4")),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("signed with the set of keys at {url}")),
        "{printed}"
    );
    let request = answers.requests().remove(0);
    assert!(request.starts_with("GET /keys?a=1 HTTP/1.1\n"), "{request}");
    let host = format!("host: localhost:{port}");
    assert!(
        request.lines().any(|line| line.eq_ignore_ascii_case(&host)),
        "{request}"
    );
    let elsewhere = format!(
        "HTTP/1.1 302 Found\r\nLocation: https://localhost:{port}/\r\nContent-Length: 0\r\n\r\n"
    );
    for (answer, words) in [
        (elsewhere, "the answer is 302"),
        (ok("[]"), "not a set of keys"),
        (ok("{\"keys\":[]}"), "no key"),
        (
            ok(&" ".repeat(100 * 1024 + 1)),
            "the answer's body: length limit exceeded",
        ),
        ("nonsense\r\n\r\n".into(), "invalid HTTP version"),
        (String::new(), "connection"),
    ] {
        let before = answers.requests().len();
        answers.set(answer);
        let printed = checked();
        let warning = format!("Warning: cannot fetch the keys at {url}: ");
        assert!(
            printed.contains(&warning) && printed.contains(words),
            "{words}: {printed}"
        );
        // The content of an answer stays as it is: only a connection may do better.
        let attempts = answers.requests().split_off(before);
        assert!((1..=2).contains(&attempts.len()), "{words}: {attempts:?}");
    }
    let stranger = Authority::new();
    let printed = check(&file, stranger.file());
    assert!(printed.contains("SSL_CERT_FILE names others"), "{printed}");
}

#[test]
fn an_address_that_does_not_answer_is_given_up_and_the_server_starts() {
    // It accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = settings(silent.local_addr().unwrap().port());
    let printed = check(&file, Authority::new().file());
    assert!(printed.contains("no answer within 1 s"), "{printed}");
    let mut program = Program::start(&["--config", file.path()]);
    let line = program.wait_for("cannot fetch the keys of accounts: those that are known stay");
    assert_eq!(line["problem"], "no answer within 1 s");
    // Nobody knows yet whether the token is right: the client comes back.
    let (mut client, answer) = sign_in(&program, &token("ed25519"));
    answer.unwrap_err();
    client.client.expect_close(3002);
    program.stop();
}

#[test]
fn keys_at_a_new_address_are_fetched_once() {
    let answers = Answers::new(ok(JWKS));
    let authority = Authority::new();
    let port = authority.end(answers.address, &["localhost"]);
    let file = File::new("");
    let variables = [
        ("GUILDHALL_PORT", "0"),
        ("GUILDHALL_LOG_FORMAT", "json"),
        ("SSL_CERT_FILE", authority.file()),
    ];
    let mut program = Program::start_with(&["--config", file.path()], variables);
    fs::copy(settings(port).path(), file.path()).unwrap();
    program.signal(Signal::HUP);
    program.wait_for("fetched the keys of accounts");
    assert_eq!(sign_in(&program, &token("ed25519")).1.unwrap().user, "42");
    // A second attempt would begin at once.
    thread::sleep(Duration::from_millis(500));
    assert_eq!(answers.requests().len(), 1);
    program.stop();
}

#[test]
fn a_hang_up_fetches_the_keys_again_and_a_failure_keeps_them() {
    let answers = Answers::new(ok(JWKS));
    let authority = Authority::new();
    let port = authority.end(answers.address, &["localhost"]);
    let file = settings(port);
    let variables = [
        ("GUILDHALL_PORT", "0"),
        ("GUILDHALL_LOG_FORMAT", "json"),
        ("SSL_CERT_FILE", authority.file()),
    ];
    let mut program = Program::start_with(&["--config", file.path()], variables);
    let line = program.wait_for("fetched the keys of accounts");
    assert_eq!(line["keys"], 4);
    assert_eq!(sign_in(&program, &token("ed25519")).1.unwrap().user, "42");
    // The keys are fresh, so that an unknown one is no reason to ask again.
    let (mut client, answer) = sign_in(&program, &token("unknown"));
    answer.unwrap_err();
    client.client.expect_close(3501);
    assert_eq!(answers.requests().len(), 1);
    answers.set(ok("{}"));
    program.signal(Signal::HUP);
    let line = program.wait_for("cannot fetch the keys of accounts: those that are known stay");
    assert!(
        line["problem"]
            .as_str()
            .unwrap()
            .contains("not a set of keys")
    );
    answers.set(ok(JWKS));
    // Another setting is changed as well: the set stays the same one.
    let text = fs::read_to_string(file.path()).unwrap();
    fs::write(file.path(), format!("{text}guests = 'read-only'\n")).unwrap();
    program.signal(Signal::HUP);
    assert_eq!(program.wait_for("SIGHUP: reloaded")["settings"], "accounts");
    program.wait_for("fetched the keys of accounts");
    program.stop();
}
