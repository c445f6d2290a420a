//! The game's hook with a game that answers over HTTP: what it says, what it does not say, and
//! when it is gone; and filters that a server takes over while it runs.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use guildhall_protocol::{ErrorCode, ReplyResult, RequestError};
use guildhall_server::hook::signature::Secret;
use guildhall_testing::v1_client::{V1Client, say};
use rustix::process::Signal;
use serde_json::Value;

use crate::data_folder::Folder;
use crate::program::{Program, free_address};
use crate::settings_file::File;
use crate::tls_end::Authority;

const SECRETS: [&str; 2] = [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
];

/// A request that the game got.
#[derive(Debug, Clone)]
struct Got {
    /// The header's names in small letters, and the values.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A game that does what the text of the question says.
struct TestGame {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    connections: Arc<Mutex<usize>>,
}

impl TestGame {
    fn new() -> Self {
        Self::on("127.0.0.1:0".parse().unwrap())
    }

    fn on(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let game = Self {
            address: listener.local_addr().unwrap(),
            got: Arc::default(),
            connections: Arc::default(),
        };
        let (got, connections) = (Arc::clone(&game.got), Arc::clone(&game.connections));
        thread::spawn(move || {
            for stream in listener.incoming() {
                *connections.lock().unwrap() += 1;
                let got = Arc::clone(&got);
                thread::spawn(move || serve(&stream.unwrap(), &got));
            }
        });
        game
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// A settings file with this hook.
    fn settings(&self, more: &str) -> File {
        settings(&format!("http://{}/hook?a=1", self.address), more)
    }
}

fn settings(url: &str, more: &str) -> File {
    File::new(&format!(
        "[hook]\nurl = '{url}'\nsecret = ['{}', '{}']\n{more}\n",
        SECRETS[0], SECRETS[1]
    ))
}

/// Serves one connection, on which one request follows the other.
fn serve(stream: &TcpStream, all: &Mutex<Vec<Got>>) {
    let mut reader = BufReader::new(stream);
    while let Some(got) = read(&mut reader) {
        let question = got.json();
        all.lock().unwrap().push(got);
        let text = question["text"].as_str().unwrap();
        let (status, body) = match text.split(' ').next().unwrap() {
            "reject" => ("200 OK", r#"{"action":"reject","reason":"Not here."}"#),
            "replace" => ("200 OK", r#"{"action":"replace","text":"something else"}"#),
            "hold" => ("200 OK", r#"{"action":"hold"}"#),
            "nothing" => ("204 No Content", ""),
            "fail" => ("500 Internal Server Error", r#"{"action":"accept"}"#),
            "teapot" => ("418 I'm a teapot", ""),
            "redirect" => ("302 Found", ""),
            "nonsense" => ("200 OK", "nonsense"),
            "unknown" => ("200 OK", r#"{"action":"delete"}"#),
            "die" => return,
            "hang" => loop {
                thread::park();
            },
            "close" => ("200 OK", r#"{"action":"accept"}"#),
            _ => ("200 OK", r#"{"action":"accept","more":1}"#),
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
        let mut writer = stream;
        if writer.write_all(answer.as_bytes()).is_err() || text == "close" {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Got> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or(("", line));
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let mut got = Got {
        headers,
        body: Vec::new(),
    };
    let length = got.header("content-length").parse().unwrap();
    got.body = vec![0; length];
    reader.read_exact(&mut got.body).ok()?;
    Some(got)
}

/// A server with this settings file, and a client in the room "red" of it.
fn start(file: &File) -> (Program, V1Client) {
    let program = Program::start(&["--config", file.path()]);
    let (ann, _) = V1Client::in_room(program.address(), "ann", "red");
    (program, ann)
}

fn ask(client: &mut V1Client, text: &str) -> Result<(), RequestError> {
    let nonce = client.send_say("red", text);
    client.outcome(nonce)
}

/// Why a text was refused, in the game's words.
#[track_caller]
fn refused(outcome: Result<(), RequestError>) -> String {
    let error = outcome.expect_err("it is refused");
    assert_eq!(error.code(), ErrorCode::RefusedText, "{error:?}");
    assert_eq!(error.arguments[0], "game");
    error.arguments[1].clone()
}

#[test]
fn the_game_decides_what_is_said() {
    let game = TestGame::new();
    let (program, mut ann) = start(&game.settings("on_failure = 'reject'"));
    ann.say("red", "accept this");
    ann.say("red", "nothing to say about it");
    assert_eq!(refused(ask(&mut ann, "reject this")), "Not here.");
    ann.send_say("red", "replace this");
    assert_eq!(ann.line().text, "something else");
    let held = ann.ask(say("red", "hold this"));
    assert!(matches!(held, Ok(ReplyResult::Held(_))), "{held:?}");
    for text in ["fail", "teapot", "redirect", "nonsense", "unknown", "die"] {
        assert_eq!(refused(ask(&mut ann, text)), "", "{text}");
    }
    // A connection that the game has closed is made anew.
    ann.say("red", "close");
    ann.say("red", "accept this, too");
    let texts: Vec<_> = game
        .got()
        .iter()
        .map(|got| got.json()["text"].clone())
        .collect();
    assert!(texts.contains(&"close".into()));
    program.stop();
}

#[test]
fn a_question_says_who_says_what_where_and_is_signed() {
    let game = TestGame::new();
    let (program, mut ann) = start(&game.settings(""));
    let nonce = ann.say("red", "hello, \"world\" 🎉").nonce;
    let got = &game.got()[0];
    assert_eq!(got.headers[0].1, "POST /hook?a=1 HTTP/1.1");
    assert_eq!(got.header("host"), game.address.to_string());
    assert_eq!(got.header("content-type"), "application/json");
    let question = got.json();
    let time = question["time"].as_u64().unwrap();
    assert!(time > 1_700_000_000_000);
    let expected = serde_json::json!({
        "type": "say",
        "time": time,
        "room": "red",
        "text": "hello, \"world\" 🎉",
        "action": false,
        "user": { "id": 1, "name": "ann" },
        "session": 1,
        "request": nonce,
    });
    assert_eq!(question, expected);
    let id = got.header("webhook-id");
    assert_eq!(id, format!("msg_1_{nonce}"));
    let timestamp: u64 = got.header("webhook-timestamp").parse().unwrap();
    assert!(timestamp.abs_diff(time / 1_000) < 60);
    let signatures = SECRETS.map(|secret| {
        let secret: Secret = secret.parse().unwrap();
        secret.sign(id, timestamp, &got.body)
    });
    assert_eq!(got.header("webhook-signature"), signatures.join(" "));
    // All over one connection.
    for _ in 0..20 {
        ann.say("red", "hello");
    }
    assert_eq!(*game.connections.lock().unwrap(), 1);
    program.stop();
}

#[test]
fn a_game_that_hangs_delays_its_rooms_alone_and_only_for_its_time() {
    let game = TestGame::new();
    let more = "rooms = 'red'\ntimeout = '300ms'\nat_once = 1";
    let (mut program, mut ann) = start(&game.settings(more));
    let (mut bob, _) = V1Client::in_room(program.address(), "bob", "blue");
    let start = Instant::now();
    let nonce = ann.send_say("red", "hang");
    bob.say("blue", "not delayed");
    assert!(start.elapsed() < Duration::from_millis(300));
    ann.outcome(nonce).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));
    program.wait_for("the game does not answer");
    // More than may wait: some are not asked about at all. All is said.
    let mut others: Vec<_> = (0..40)
        .map(|n| V1Client::in_room(program.address(), &format!("user{n}"), "red").0)
        .collect();
    let start = Instant::now();
    let nonces: Vec<_> = (others.iter_mut())
        .map(|other| other.send_say("red", "hang"))
        .collect();
    for (other, nonce) in others.iter_mut().zip(nonces) {
        other.outcome(nonce).unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(8));
    program.stop();
}

#[test]
fn a_game_that_is_gone_is_asked_again_when_it_is_back() {
    let address = free_address();
    let file = settings(&format!("http://{address}/"), "on_failure = 'reject'");
    let (program, mut ann) = start(&file);
    assert_eq!(refused(ask(&mut ann, "accept")), "");
    let game = TestGame::on(address);
    ann.say("red", "accept");
    assert_eq!(game.got().len(), 1);
    program.stop();
}

#[test]
fn a_game_is_asked_over_tls_if_its_certificate_is_trusted() {
    let game = TestGame::new();
    let authority = Authority::new();
    let port = authority.end(game.address, &["localhost"]);
    let url = format!("https://localhost:{port}/");
    let file = settings(&url, "on_failure = 'reject'");
    let other = Authority::new();
    for (trusted, is_said) in [(authority.file(), true), (other.file(), false)] {
        let variables = [
            ("GUILDHALL_PORT", "0"),
            ("GUILDHALL_LOG_FORMAT", "json"),
            ("SSL_CERT_FILE", trusted),
        ];
        let program = Program::start_with(&["--config", file.path()], variables);
        let (mut ann, _) = V1Client::in_room(program.address(), "ann", "red");
        assert_eq!(ask(&mut ann, "accept").is_ok(), is_said);
        program.stop();
    }
}

#[test]
fn what_is_held_waits_over_a_kill() {
    let game = TestGame::new();
    let folder = Folder::new();
    let file = game.settings("");
    let start = || folder.start(&["--config", file.path()]);
    let program = start();
    let (mut ann, welcome) = V1Client::in_room(program.address(), "ann", "red");
    let held = ann.ask(say("red", "hold this"));
    assert!(matches!(held, Ok(ReplyResult::Held(_))), "{held:?}");
    let nonce = ann.last_request;
    program.end_by(Signal::KILL);
    let program = start();
    let (mut ann, welcome) = V1Client::resume(program.address(), &welcome, nonce, 0);
    assert!(welcome.resumed);
    assert_eq!(ann.join("red").last_seq, 0);
    ann.send_request(nonce, say("red", "hold this"));
    assert!(matches!(ann.reply(nonce), Ok(ReplyResult::Held(_))));
    assert_eq!(game.got().len(), 1, "it was not asked again");
    program.stop();
}

#[test]
fn filters_and_the_hook_are_reloaded() {
    let game = TestGame::new();
    let file = File::new("[[filters]]\nfile = 'words-reload.txt'\nact = 'block'\n");
    let list = std::path::Path::new(file.path()).with_file_name("words-reload.txt");
    fs::write(&list, "bad\n").unwrap();
    let (mut program, mut ann) = start(&file);
    assert_eq!(ask(&mut ann, "bad").unwrap_err().arguments[0], "words");
    ann.say("red", "worse");
    // Another list in the same file.
    fs::write(&list, "worse\n").unwrap();
    program.signal(Signal::HUP);
    assert_eq!(program.wait_for("SIGHUP: reloaded")["settings"], "filters");
    ann.say("red", "bad");
    assert_eq!(ask(&mut ann, "worse").unwrap_err().arguments[0], "words");
    // A mistake changes nothing.
    fs::write(&list, "worse\n...\n").unwrap();
    program.signal(Signal::HUP);
    let kept = program.wait_for("SIGHUP: the settings stay as they are");
    assert!(
        kept["problem"].as_str().unwrap().contains("line 2"),
        "{kept}"
    );
    assert_eq!(ask(&mut ann, "worse").unwrap_err().arguments[0], "words");
    let hook = fs::read_to_string(game.settings("").path()).unwrap();
    fs::write(file.path(), hook).unwrap();
    program.signal(Signal::HUP);
    let reloaded = program.wait_for("SIGHUP: reloaded");
    assert_eq!(reloaded["settings"], "filters, hook");
    ann.say("red", "worse");
    assert_eq!(refused(ask(&mut ann, "reject")), "Not here.");
    program.stop();
}

#[test]
fn a_secret_is_not_shown_by_a_check() {
    let game = TestGame::new();
    let file = game.settings("timeout = '1500ms'\non_failure = 'hold'");
    let printed = crate::program::printed(crate::program::command(&["check", file.path()]));
    assert!(!printed.contains("whsec_"), "{printed}");
    let sentence = format!(
        "asks http://{}/hook?a=1 before something is said, and holds the text until a moderator \
         decides if there is no answer within 1.5s",
        game.address
    );
    assert!(printed.contains(&sentence), "{printed}");
    for (more, word) in [
        ("timeout = '1'", "from \"50ms\" to \"30s\""),
        ("timeout = '1m'", "from \"50ms\""),
        ("on_failure = 'drop'", "`publish`"),
        ("at_once = 0", "from 1 to 1024"),
        ("secret_file = 'x'", "one of them"),
        ("rooms = 'no room'", "no room has a name like"),
    ] {
        let file = game.settings(more);
        let output = crate::program::run(crate::program::command(&["check", file.path()]));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && error.contains(word),
            "{more}: {error}"
        );
        assert!(!error.contains("whsec_"), "{error}");
    }
    for secret in ["short", "whsec_", "whsec_c2hvcnQ="] {
        let file = File::new(&format!(
            "[hook]\nurl = 'http://localhost/'\nsecret = '{secret}'"
        ));
        let output = crate::program::run(crate::program::command(&["check", file.path()]));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("24 to 64 random bytes"), "{error}");
    }
}

#[test]
fn a_variable_with_the_secret_is_no_unknown_setting() {
    let hook = "[hook]\nurl = 'http://localhost/'\nsecret_env = 'GUILDHALL_HOOK_SECRET'\n";
    let file = File::new(hook);
    let mut check = crate::program::command(&["check", file.path()]);
    check.env("GUILDHALL_HOOK_SECRET", SECRETS[0]);
    let told = crate::program::printed(check);
    assert!(!told.contains("no such setting"), "{told}");
}
