//! The examples of the HTTP API, each in its language, against the real program.

use std::process::Command;

use guildhall_testing::api_client::{bearer, request};

use crate::program::{Program, free_address};

const KEY: &str = "a-key-for-the-examples-of-32-bytes";

/// Runs an example, if its language is on this machine. Returns whether it is.
fn check(program: &str, arguments: &[&str]) -> bool {
    if Command::new(program).arg("--version").output().is_err() {
        return false;
    }
    let address = free_address();
    let listen = format!("--api-listen={address}");
    let server = Program::start(&[&listen, &format!("--api-key={KEY}")]);
    let output = Command::new(program)
        .args(arguments)
        .current_dir("../examples/api")
        .env("GUILDHALL_API", format!("http://{address}"))
        .env("GUILDHALL_API_KEY", KEY)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {printed}{error}");
    assert!(
        printed.contains("The match begins"),
        "{program}: {printed}{error}"
    );
    let ask = |path: &str| request(address, "GET", path, &bearer(KEY), "").good();
    let sanctions = ask("/sanctions?account=eve");
    assert_eq!(sanctions["sanctions"][0]["room"], "match-7", "{program}");
    let kinds = ask("/audit");
    let kinds = kinds["entries"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|entry| entry["kind"].as_str().unwrap()).collect();
    let expected = ["room_opened", "said_by_game", "imposed", "room_closed"];
    assert_eq!(kinds, expected, "{program}");
    server.stop();
    true
}

#[test]
fn the_example_with_curl_does_what_it_says() {
    let is_there = Command::new("curl").arg("--version").output().is_ok();
    // Every machine has sh.
    assert!(!is_there || check("sh", &["match.sh"]));
}

#[test]
fn the_example_in_node_does_what_it_says() {
    check("node", &["match.mjs"]);
}

#[test]
fn the_example_in_godot_does_what_it_says() {
    check("godot", &["--headless", "--script", "match.gd"]);
}
