//! The HTTP API of the program: its key comes from where the settings say, and is never shown.

use std::fs;

use guildhall_testing::api_client::{Answer, bearer, request};
use guildhall_testing::metrics::Metrics;
use guildhall_testing::wire::eventually;
use rustix::process::Signal;

use crate::data_folder::Folder;
use crate::program::{Program, command, free_address, printed, run};

const KEY: &str = "the-first-key-of-32-bytes-and-more";
const OTHER_KEY: &str = "the-second-key-of-32-bytes-and-more";

/// A folder with a settings file, and the keys of the API in two files.
fn folder(settings: &str) -> Folder {
    let folder = Folder::empty();
    fs::write(folder.join("one.key"), format!("{KEY}\n")).unwrap();
    fs::write(folder.join("two.key"), OTHER_KEY).unwrap();
    fs::write(folder.join("short.key"), "secretive").unwrap();
    fs::write(folder.join("guildhall.toml"), settings).unwrap();
    folder
}

#[test]
fn a_key_is_replaced_while_the_server_runs() {
    let address = free_address();
    let settings = |keys: &str| format!("[api]\nlisten = \"{address}\"\nkey_file = {keys}\n");
    let folder = folder(&settings("\"one.key\""));
    let file = folder.join("guildhall.toml");
    let mut program = Program::start(&["--config", file.to_str().unwrap()]);
    let ask = |key: &str| request(address, "GET", "/rooms", &bearer(key), "").status;
    assert_eq!((ask(KEY), ask(OTHER_KEY)), (200, 401));
    fs::write(&file, settings("[\"one.key\", \"two.key\"]")).unwrap();
    program.signal(Signal::HUP);
    assert_eq!(
        program.wait_for("SIGHUP: reloaded")["settings"],
        "api.key_file"
    );
    eventually("both keys", || (ask(OTHER_KEY) == 200).then_some(()));
    assert_eq!(ask(KEY), 200);
    // The same files with other keys.
    fs::write(
        folder.join("one.key"),
        "a-third-key-that-has-32-bytes-and-more",
    )
    .unwrap();
    program.signal(Signal::HUP);
    assert_eq!(program.wait_for("SIGHUP: reloaded")["settings"], "api.key");
    eventually("the first key is gone", || (ask(KEY) == 401).then_some(()));
    let log = program.stop();
    let log = format!("{log:?}");
    for key in [KEY, OTHER_KEY] {
        assert!(!log.contains(key), "{log}");
    }
}

#[test]
fn a_key_from_a_variable_or_a_flag_is_used_and_not_shown() {
    let address = free_address();
    let listen = format!("--api-listen={address}");
    let mut check = command(&["check"]);
    check.env("GUILDHALL_API_KEY", format!("{KEY},{OTHER_KEY}"));
    check.env("GUILDHALL_API_LISTEN", address.to_string());
    let checked = printed(check);
    assert!(checked.contains("with one of 2 keys"), "{checked}");
    let mut help = command(&["--help"]);
    help.env("GUILDHALL_API_KEY", KEY);
    for shown in [&checked, &printed(help)] {
        assert!(
            shown.contains("api") && !shown.contains("-key-of-32"),
            "{shown}"
        );
    }
    let program = Program::start(&[&listen, &format!("--api-key={KEY}")]);
    let health: Answer = request(address, "GET", "/health", "", "");
    assert_eq!(health.good()["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        request(address, "GET", "/rooms", &bearer(KEY), "").status,
        200
    );
    program.stop();
}

#[test]
fn a_server_does_not_start_with_a_key_that_can_be_guessed_or_without_one() {
    let folder = folder("");
    let file = |name: &str| format!("--api-key-file={}", folder.join(name).display());
    let listen = "--api-listen=127.0.0.1:0";
    for (arguments, words) in [
        (vec![listen], ["api.key_file", "openssl rand -hex 32"]),
        (vec![listen, "--api-key=secretive"], ["api.key", "32 bytes"]),
        (vec!["--api-key=secretive"], ["api.key", "32 bytes"]),
        (vec![listen, &file("short.key")], ["short.key", "32 bytes"]),
        (
            vec![listen, &file("none.key")],
            ["none.key", "No such file"],
        ),
    ] {
        let output = run(command(&arguments));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        for word in words {
            assert!(error.contains(word), "{arguments:?}: no {word} in {error}");
        }
        assert!(!error.contains("secretive"), "{error}");
    }
}

#[test]
fn a_port_of_the_api_that_is_in_use_blames_its_flag() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("--api-listen={}", taken.local_addr().unwrap());
    let output = run(command(&["--port=0", &listen, &format!("--api-key={KEY}")]));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("--api-listen"), "{error}");
}

#[test]
fn the_metrics_have_a_key_of_their_own_which_is_replaced_while_the_server_runs() {
    let address = free_address();
    let settings = |more: &str| format!("[api]\nlisten = \"{address}\"\n{more}");
    let folder = folder(&settings("metrics_key_file = \"one.key\"\n"));
    let file = folder.join("guildhall.toml");
    let mut program = Program::start(&["--config", file.to_str().unwrap()]);
    let ask = |headers: &str| Metrics::ask(address, headers).status;
    assert_eq!(
        (ask(&bearer(KEY)), ask(&bearer(OTHER_KEY)), ask("")),
        (200, 401, 401)
    );
    let rooms = request(address, "GET", "/rooms", &bearer(KEY), "").status;
    assert_eq!(rooms, 401, "it is good for the metrics alone");
    fs::write(
        &file,
        settings("open_metrics = \"on\"\nkey_file = \"two.key\"\n"),
    )
    .unwrap();
    program.signal(Signal::HUP);
    let reloaded = program.wait_for("SIGHUP: reloaded");
    assert_eq!(
        reloaded["settings"],
        "api.key_file, api.metrics_key_file, api.open_metrics"
    );
    eventually("nobody here needs a key", || (ask("") == 200).then_some(()));
    let rooms = request(address, "GET", "/rooms", &bearer(OTHER_KEY), "").status;
    assert_eq!(rooms, 200);
    let text = Metrics::read(address, "");
    // It is the program's own thread, which has another name for the system.
    let busy = "guildhall_thread_cpu_seconds_total{thread=\"network-0\"}";
    assert!(text.value(busy) > 0.0);
    program.stop();
}
