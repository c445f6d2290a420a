//! `guildhall chat` of users with tokens, at a server in this process.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use guildhall_cli::token::now;
use guildhall_server::Config;
use guildhall_server::accounts::{Accounts, AccountsConfig, Key, NewToken, SigningKey};
use guildhall_testing::cut_proxy::CutProxy;
use guildhall_testing::fault_proxy::{FaultPlan, FaultProxy};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::eventually;

use crate::piped_chat::{PipedChat, script};
use crate::program::{command, run};

const SECRET: &[u8] = b"a secret of 32 bytes or more, for tests";

/// A server that only users with a token of [`SECRET`] may use.
fn server() -> TestServer {
    let accounts = Accounts {
        keys: vec![Key::secret("HS256", None, SECRET).unwrap()],
        ..Accounts::default()
    };
    TestServer::with(Config {
        accounts: AccountsConfig::new(Some(accounts)),
        ..Config::default()
    })
}

fn url(address: std::net::SocketAddr) -> String {
    format!("ws://{address}/ws")
}

/// A token that is over in so many seconds.
fn token(user: &str, name: &str, seconds: i64) -> String {
    signed(SECRET, user, name, seconds, 0)
}

/// The same, which says that it was made a while ago, so that it is another one.
fn signed(secret: &[u8], user: &str, name: &str, seconds: i64, ago: u64) -> String {
    let now = now().unwrap();
    let key = SigningKey::secret("HS256", None, secret).unwrap();
    key.sign(&NewToken {
        user: user.into(),
        name: Some(name.into()),
        issued: now - 1_000 - ago,
        expires: now.checked_add_signed(seconds).unwrap(),
        ..NewToken::default()
    })
    .unwrap()
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A file with a token.
fn file(folder: &Path, name: &str, token: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, format!("{token}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A command that gives these tokens one after the other, and a file that counts how often it
/// was run.
fn command_for(folder: &Path, tokens: &[String]) -> (String, PathBuf) {
    for (index, token) in tokens.iter().enumerate() {
        file(folder, &format!("token-{}", index + 1), token);
    }
    let count = folder.join("count");
    fs::write(&count, "0").unwrap();
    let here = folder.display();
    let next = format!("n=$(($(cat '{here}/count') + 1)); echo $n > '{here}/count'");
    (format!("{next}; cat '{here}/token-'$n"), count)
}

fn times(count: &Path) -> u64 {
    let text = fs::read_to_string(count).unwrap();
    text.trim().parse().unwrap_or(0)
}

#[test]
fn a_user_signs_in_with_a_file_and_the_token_s_name_counts() {
    let server = server();
    let folder = folder("token-file");
    let mira = file(&folder, "mira", &token("7", "Mira", 600));
    let url = url(server.address());
    let flags = ["--token-file", &mira];
    let output = script(&url, "Somebody", &["hello", "/nick Else", "/who"], &flags);
    assert!(!output.status.success(), "a name of the game's stays");
    assert!(output.output.contains(&"[lobby] Mira: hello".to_owned()));
    assert!(output.output.contains(&"-- [lobby] 1: Mira".to_owned()));
    let told = output.errors.join("\n");
    assert!(told.contains("Your name is the game’s"), "{told}");
}

#[test]
fn a_token_can_be_in_the_environment() {
    let server = server();
    let url = url(server.address());
    let chat = |token: &str| {
        let mut chat = command(&["chat", &url, "--language", "en"]);
        chat.env("GUILDHALL_TOKEN", token);
        run(chat)
    };
    let ended = chat(&token("7", "Mira", 600));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{told}");
    assert!(told.contains("Welcome, Mira!"), "{told}");
    assert!(
        !told.contains("GUILDHALL_TOKEN"),
        "it is no mistake: {told}"
    );
    // There is no other one.
    let ended = chat(&token("7", "Mira", -100));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    let why = "GUILDHALL_TOKEN: there is no other token than the last";
    assert!(told.contains(why), "{told}");
}

#[test]
fn two_devices_of_a_user_are_one_member_and_show_the_same() {
    let server = server();
    let folder = folder("token-devices");
    let mira = file(&folder, "mira", &token("7", "Mira", 600));
    let bob = file(&folder, "bob", &token("8", "Bob", 600));
    let url = url(server.address());
    let mut desk = PipedChat::start(&url, "", &["--token-file", &mira]);
    desk.say(&["from the desk"]);
    desk.wait_for("[lobby] Mira: from the desk");
    let mut phone = PipedChat::start(&url, "", &["--token-file", &mira]);
    phone.say(&["from the phone", "/who"]);
    phone.wait_for("[lobby] Mira: from the phone");
    phone.wait_for("-- [lobby] 1: Mira");
    desk.wait_for("[lobby] Mira: from the phone");
    let mut other = PipedChat::start(&url, "", &["--token-file", &bob]);
    other.say(&["/w Mira psst"]);
    desk.wait_for("→ Mira ← Bob: psst");
    phone.wait_for("→ Mira ← Bob: psst");
    desk.say(&["/r hi"]);
    other.wait_for("→ Bob ← Mira: hi");
    phone.wait_for("→ Bob ← Mira: hi");
    for chat in [desk, phone, other] {
        chat.end().succeeded();
    }
}

#[test]
fn a_token_that_is_over_is_replaced_and_the_session_goes_on() {
    let server = server();
    let folder = folder("token-over");
    let tokens = [
        // Over by more than the clocks may differ.
        signed(SECRET, "7", "Mira", -100, 1),
        // Over in time for the first refresh, at 5 s.
        signed(SECRET, "7", "Mira", 2, 2),
        signed(SECRET, "7", "Mira", 600, 3),
    ];
    let (command, count) = command_for(&folder, &tokens);
    let bob = file(&folder, "bob", &token("8", "Bob", 600));
    let proxy = CutProxy::to(server.address());
    let mut bob = PipedChat::start(&url(server.address()), "", &["--token-file", &bob]);
    bob.say(&["first"]);
    bob.wait_for("[lobby] Bob: first");
    let flags = ["--token-command", &command, "--wait", "60"];
    let mut mira = PipedChat::start(&url(proxy.address()), "", &flags);
    mira.say(&["second"]);
    bob.wait_for("[lobby] Mira: second");
    assert_eq!(times(&count), 2, "the first one was over");
    eventually("a refresh", || (times(&count) == 3).then_some(()));
    mira.say(&["third"]);
    bob.wait_for("[lobby] Mira: third");
    mira.wait_for("[lobby] Mira: third");

    proxy.cut();
    bob.say(&["fourth"]);
    bob.wait_for("[lobby] Bob: fourth");
    mira.say(&["fifth"]);
    proxy.restore();
    mira.expect("· [lobby] Bob: fourth");
    mira.expect("[lobby] Mira: fifth");
    bob.wait_for("[lobby] Mira: fifth");
    assert_eq!(times(&count), 3, "nobody asks for what holds");
    let ended = mira.end();
    let told = ended.errors.join("\n");
    for token in &tokens {
        assert!(!told.contains(token.as_str()), "a token is shown: {told}");
    }
    ended.succeeded();
    bob.end().succeeded();
}

#[test]
fn a_token_that_does_not_hold_ends_the_chat() {
    let server = server();
    let folder = folder("token-bad");
    let bad = signed(&[b'x'; 32], "7", "Mira", 600, 0);
    let file = file(&folder, "bad", &bad);
    let url = url(server.address());
    let ended = script(&url, "", &["hello"], &["--token-file", &file]);
    ended.failed_with("The game did not let you in.");
    let told = ended.errors.join("\n");
    assert!(
        told.contains("The game’s server did not let you in: "),
        "{told}"
    );
    assert!(!told.contains(&bad), "a token is shown: {told}");
    // Without a token, too.
    let ended = script(&url, "Ann", &["hello"], &[]);
    ended.failed_with("The game did not let you in.");
}

/// Every line arrives once and in order over a network that splits, delays and cuts, while each
/// connection needs another token.
#[test]
fn nothing_is_lost_through_cuts_and_refreshes() {
    const LINES: usize = 300;
    let server = server();
    let folder = folder("token-cuts");
    let bob = file(&folder, "bob", &token("8", "Bob", 600));
    let fifo = folder.join("tokens");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let given = Arc::new(AtomicU64::new(0));
    {
        // Each reader gets a token that is over a second later.
        let (fifo, given) = (fifo.clone(), Arc::clone(&given));
        thread::spawn(move || {
            loop {
                let ago = given.fetch_add(1, Ordering::Relaxed);
                let open = fs::OpenOptions::new().write(true).open(&fifo);
                let Ok(mut file) = open else { return };
                let token = signed(SECRET, "7", "Mira", 1, ago);
                let _ = std::io::Write::write_all(&mut file, format!("{token}\n").as_bytes());
            }
        });
    }
    let plan = FaultPlan {
        seed: 5,
        cuts: 5,
        most_bytes: NonZeroUsize::new(3_000).unwrap(),
    };
    let local = "127.0.0.1:0".parse().unwrap();
    let proxy = FaultProxy::start(local, server.address(), plan).unwrap();
    let mut bob = PipedChat::start(&url(server.address()), "", &["--token-file", &bob]);
    bob.say(&["first"]);
    bob.wait_for("[lobby] Bob: first");
    let fifo = fifo.to_str().unwrap();
    let flags = ["--token-file", fifo, "--wait", "60"];
    let mut mira = PipedChat::start(&url(proxy.address()), "", &flags);
    proxy.begin();
    let said: Vec<_> = (0..LINES).map(|number| format!("line {number}")).collect();
    mira.say(&said.iter().map(String::as_str).collect::<Vec<_>>());
    for text in &said {
        bob.expect_said(&format!("[lobby] Mira: {text}"));
    }
    let output = mira.end().succeeded();
    let own = output.iter().filter(|line| line.contains("Mira: "));
    let expected = said.iter().map(|text| format!("[lobby] Mira: {text}"));
    let own: Vec<_> = own
        .map(|line| line.trim_start_matches("· ").to_owned())
        .collect();
    assert!(own.iter().cloned().eq(expected), "{own:?}");
    assert_eq!(proxy.cuts(), 5);
    assert!(given.load(Ordering::Relaxed) > 1, "cuts need other tokens");
    bob.end().succeeded();
}
