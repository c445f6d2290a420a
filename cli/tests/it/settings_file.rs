//! The settings file, and `guildhall check`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use guildhall_protocol::ErrorCode;
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::v1_client::{V1Client, say};
use guildhall_testing::wire::eventually;
use rustix::process::Signal;

use crate::program::{self, Program, command};

/// The file that shows all settings.
const EXAMPLE: &str = "../docs/guildhall.toml";

/// A file with settings, which is removed when it is dropped.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new(text: &str) -> Self {
        let name = format!("guildhall-it-{}.toml", fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Returns the output of `guildhall check`.
fn check(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut check = command(&["check"]);
    check.args(arguments).envs(variables.iter().copied());
    let output = program::run(check);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{error}");
    assert_eq!(error, "");
    String::from_utf8(output.stdout).unwrap()
}

/// The settings of a check: each key with its value and where that is from.
fn settings(printed: &str) -> Vec<(&str, &str, &str)> {
    let setting = |line| {
        let (pair, origin) = str::split_once(line, " # ")?;
        let (key, value) = pair.split_once(" = ")?;
        Some((key, value.trim_end(), origin))
    };
    printed.lines().filter_map(setting).collect()
}

#[test]
fn the_example_has_every_setting_with_its_default() {
    let (default, example) = (check(&[], &[]), check(&[EXAMPLE], &[]));
    let (default, example) = (settings(&default), settings(&example));
    assert!(default.len() > 20, "{default:?}");
    let values = |settings: &[(&str, &str, &str)]| -> Vec<_> {
        let values = settings.iter();
        values
            .map(|(key, value, _)| (key.to_string(), value.to_string()))
            .collect()
    };
    assert_eq!(values(&default), values(&example));
    assert!(default.iter().all(|(_, _, origin)| *origin == "default"));
    for (key, _, origin) in example {
        assert!(origin.ends_with(" of the file"), "{key}: {origin}");
    }
}

#[test]
fn a_variable_counts_more_than_the_file_and_the_file_more_than_the_default() {
    let file = File::new("max_rooms = 7\nreplay_lines = 8\nallow_origin = ['https://a.example']\n");
    let printed = check(&[file.path()], &[("GUILDHALL_REPLAY_LINES", "9")]);
    let settings = settings(&printed);
    for expected in [
        ("max_rooms", "7", "line 1 of the file"),
        ("replay_lines", "9", "variable"),
        (
            "allow_origin",
            r#"["https://a.example"]"#,
            "line 3 of the file",
        ),
        ("history_lines", "500", "default"),
    ] {
        assert!(settings.contains(&expected), "{expected:?}: {printed}");
    }
    assert!(printed.contains("https://a.example"));
    assert!(printed.contains("up to 7 rooms"));
}

#[test]
fn a_server_takes_its_settings_from_the_file_and_a_flag_counts_more() {
    let file = File::new("port = 0\nlog_format = 'json'\nlog = 'off'\nhistory_bytes = 999999\n");
    // The program is taken to have started when it has logged that in JSON.
    Program::start_with(&["--config", file.path(), "--log", "info"], []).stop();
    // The file may also be named by a variable.
    let variables = [("GUILDHALL_CONFIG", file.path()), ("GUILDHALL_LOG", "info")];
    Program::start_with(&[], variables).stop();
}

#[test]
fn a_wrong_file_ends_the_start_with_its_line() {
    let wrong = |text: &str, expected: &[&str]| {
        let file = File::new(text);
        for words in [vec!["--config", file.path()], vec!["check", file.path()]] {
            let output = program::run(command(&words));
            let error = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success());
            assert_eq!(output.stdout, b"");
            assert_eq!(error.lines().count(), 1, "{error}");
            assert!(error.contains(file.path()), "{error}");
            for part in expected {
                assert!(error.contains(part), "{error}");
            }
        }
    };
    wrong("\nprot = 1\n", &["line 2", "`port`"]);
    wrong("port = 99999\n", &["line 1", "from 0 to 65535"]);
    wrong("port = 1\nhost = \n", &["line 2"]);
    let missing = Path::new("/nowhere/guildhall.toml").to_str().unwrap();
    let output = program::run(command(&["--config", missing]));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(missing) && error.contains("No such file"));
}

#[test]
fn a_check_warns_of_proxies_that_mean_nothing_or_everybody() {
    for (text, word) in [
        ("proxy_protocol = 'on'", "it lists none"),
        ("trusted_proxies = ['10.0.0.1', '::/0']", "everybody"),
    ] {
        let file = File::new(text);
        let printed = check(&[file.path()], &[]);
        let warning = printed.lines().next().unwrap();
        assert!(
            warning.starts_with("Warning: ") && warning.contains(word),
            "{printed}"
        );
    }
    let file = File::new("trusted_proxies = ['10.0.0.1']\nproxy_protocol = 'on'");
    let printed = check(&[file.path()], &[]);
    assert!(!printed.contains("Warning"), "{printed}");
    assert!(printed.contains("PROXY protocol"), "{printed}");
}

#[test]
fn a_check_warns_of_what_a_start_would_warn_of() {
    let file = File::new("history_bytes = 999999\n");
    let printed = check(&[file.path()], &[("GUILDHALL_PROT", "1")]);
    let warnings = printed.lines().filter(|line| line.starts_with("Warning: "));
    let warnings: Vec<_> = warnings.collect();
    assert_eq!(warnings.len(), 2, "{printed}");
    assert!(warnings[0].contains("GUILDHALL_PROT"), "{printed}");
    assert!(warnings[1].contains("--history-bytes"), "{printed}");
}

/// The status of a handshake of a page from this origin.
fn handshake_from(program: &Program, origin: &str) -> String {
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Origin: {origin}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(program.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status).unwrap();
    status.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_hang_up_reloads_what_can_change_and_names_what_cannot() {
    const PAGE: &str = "https://game.example";
    let file = File::new("port = 0\nlog_format = 'json'\n");
    let mut program = Program::start_with(&["--config", file.path()], []);
    let (mut one, _) = program.join();
    let (mut two, _) = program.join();
    assert_eq!(handshake_from(&program, PAGE), "403");
    let text = "port = 0\nlog_format = 'json'\nallow_origin = ['https://game.example']\n";
    fs::write(file.path(), format!("{text}max_rooms = 9\nlog = 'debug'\n")).unwrap();
    program.signal(Signal::HUP);
    let line = program.wait_for("SIGHUP: reloaded");
    assert_eq!(line["settings"], "allow_origin, log");
    let line = program.wait_for("SIGHUP: for other values of these, restart the server");
    assert_eq!(line["settings"], "max_rooms");
    eventually("the origin may connect", || {
        (handshake_from(&program, PAGE) == "101").then_some(())
    });
    // Clients that were connected before stay.
    one.say("still here");
    two.expect_chat(1, "still here");
    fs::write(file.path(), "prot = 0\n").unwrap();
    program.signal(Signal::HUP);
    let line = program.wait_for("SIGHUP: the settings stay as they are");
    let problem = line["problem"].as_str().unwrap();
    assert!(problem.contains("line 1") && problem.contains("`port`"));
    assert_eq!(handshake_from(&program, PAGE), "101");
    fs::write(file.path(), text).unwrap();
    program.signal(Signal::HUP);
    let line = program.wait_for("SIGHUP: reloaded");
    assert_eq!(line["settings"], "log");
    drop((one, two));
    program.stop();
}

#[test]
fn a_hang_up_reloads_the_trusted_proxies() {
    let file = File::new("port = 0\nlog_format = 'json'\n");
    let mut program = Program::start_with(&["--config", file.path()], []);
    let address = |program: &mut Program| {
        let mut client = Client::dial(program.address());
        client.send(handshake("X-Forwarded-For: 192.0.2.1\r\n").as_bytes());
        client.expect_upgrade();
        let line = program.wait_for("client connected");
        line["address"].as_str().unwrap() == "192.0.2.1"
    };
    assert!(!address(&mut program));
    for (trusted, expected) in [("['127.0.0.0/8']", true), ("[]", false)] {
        let text = format!("port = 0\nlog_format = 'json'\ntrusted_proxies = {trusted}\n");
        fs::write(file.path(), text).unwrap();
        program.signal(Signal::HUP);
        let line = program.wait_for("SIGHUP: reloaded");
        assert_eq!(line["settings"], "trusted_proxies");
        eventually("the proxies are taken over", || {
            (address(&mut program) == expected).then_some(())
        });
    }
    program.stop();
}

#[test]
fn a_hang_up_reloads_the_rates_for_those_who_are_connected() {
    let with = |say: &str| format!("port = 0\nlog_format = 'json'\n[rates]\nsay = '{say}'\n");
    let file = File::new(&with("2, 1/h"));
    let mut program = Program::start_with(&["--config", file.path()], []);
    let (mut ann, _) = V1Client::in_room(program.address(), "Ann", "hall");
    ann.say("hall", "one");
    ann.say("hall", "two");
    let third = ann.send_say("hall", "three");
    let error = ann.outcome(third).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RateLimited);
    fs::write(file.path(), with("3, 1/h")).unwrap();
    program.signal(Signal::HUP);
    let line = program.wait_for("SIGHUP: reloaded");
    assert_eq!(line["settings"], "rates.say");
    // The log has the line a moment before.
    eventually("a say that fits", || {
        ann.send_request(third, say("hall", "three"));
        ann.outcome(third).ok()
    });
    let fourth = ann.send_say("hall", "four");
    let error = ann.outcome(fourth).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RateLimited);
    program.stop();
}

#[test]
fn the_tools_take_no_settings_file() {
    let file = File::new("nonsense");
    let mut help = command(&["bench", "--help"]);
    help.env("GUILDHALL_CONFIG", file.path());
    assert!(program::run(help).status.success());
    let both = program::run(command(&["--config", file.path(), "check"]));
    assert_eq!(both.status.code(), Some(2));
}
