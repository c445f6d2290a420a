//! The meaning of settings in words, and the faults that a check finds.

use std::fs;

use super::machine::check_folder;
use super::*;
use crate::arguments::Arguments;
use clap::Parser as _;

#[track_caller]
fn check(flags: &[&str], expected: &str) {
    let words = ["guildhall"].iter().chain(flags);
    let serve = Arguments::parse_from(words).serve;
    let value = |key: &str| match key {
        "allow_origin" => r#"["https://a.example", "https://*.b.example"]"#,
        "trusted_proxies" => r#"["10.0.0.2", "fd00::/8"]"#,
        _ => "[]",
    };
    let sentences = meaning(&serve, value);
    assert!(
        sentences.iter().any(|sentence| sentence == expected),
        "{sentences:#?}"
    );
}

#[test]
fn a_folder_for_data_can_be_written_or_the_check_says_why_not() {
    let name = format!("guildhall-check-{:x}", fastrand::u64(..));
    let folder = std::env::temp_dir().join(name);
    assert_eq!(check_folder(&folder.join("new/one")), Ok(None));
    assert!(!folder.exists(), "nothing is made");
    fs::create_dir(&folder).unwrap();
    assert_eq!(check_folder(&folder), Ok(None));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    let file = folder.join("file");
    fs::write(&file, "").unwrap();
    for wrong in [file.clone(), file.join("below")] {
        let refused = check_folder(&wrong).unwrap_err();
        assert!(refused.contains(wrong.to_str().unwrap()), "{refused}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_end_of_a_server_is_told_in_words() {
    check(&[], "closes its clients at once when it has to stop");
    check(
        &["--data", "x", "--drain", "45", "--data-wait", "60"],
        "goes on for 45 seconds when it has to stop, while /healthz says that it is not ready; \
         waits for 60 seconds when it starts, if another server has its folder",
    );
}

#[test]
fn settings_are_told_in_words() {
    check(
        &[],
        "listens on port 8080 of localhost: only this machine can reach it",
    );
    check(
        &["--host", "::", "--port", "0"],
        "listens on a free port of every network of this machine",
    );
    check(
        &["--host", "[::1]"],
        "listens on port 8080 of ::1: only this machine can reach it",
    );
    check(
        &["--host", "chat.example"],
        "listens on port 8080 of chat.example",
    );
    check(
        &[],
        "takes up to 16384 clients, and 256 of them from one address",
    );
    check(
        &["--max-connections-per-address", "0"],
        "takes up to 16384 clients, any number of them from one address",
    );
    check(
        &[],
        "lets pages of these origins connect besides its own: \"https://a.example\", \
         \"https://*.b.example\"",
    );
    check(&[], "gives out a page that connects to it alone");
    check(
        &[],
        "takes each connection for its client's own, because it trusts no proxy",
    );
    check(
        &["--trusted-proxies", "10.0.0.2,fd00::/8"],
        "takes the addresses of clients from X-Forwarded-For and Forwarded, if these proxies \
         send them: \"10.0.0.2\", \"fd00::/8\"",
    );
    check(
        &[
            "--trusted-proxy=10.0.0.2",
            "--trusted-proxy=fd00::/8",
            "--proxy-protocol=on",
        ],
        "demands a header of the PROXY protocol, with the client's address, from these \
         proxies: \"10.0.0.2\", \"fd00::/8\"",
    );
    check(
        &[],
        "has up to 4096 rooms, each of which keeps its last 500 lines (64.00 KiB at most) for \
         24 hours, and 10 minutes longer than its last member stays; whoever joins gets the \
         last 50 at once",
    );
    check(
        &["--history-lines", "0"],
        "has up to 4096 rooms, which keep no lines",
    );
    check(
        &["--resume-seconds", "0"],
        "lets no client continue after a lost connection",
    );
    check(
        &["--client-rate", "0"],
        "lets a client say as much as it likes, and all of a room together 1.00 MiB a second \
         (1.00 MiB at once)",
    );
    check(
        &[
            "--rates-whisper",
            "20, 3/min",
            "--rates-rename",
            "1, 1/h",
            "--rates-join=off",
        ],
        "lets a user say something 8 times at once and then 2 times a second, whisper 20 times \
         at once and then 3 times a minute, join rooms as often as it likes, change its name \
         once at once and then once an hour, search 10 times at once and then once a second, \
         report something 10 times at once and then 10 times a minute, \
         and ask for anything else 200 times at once and then 20 times a second; and refuses a \
         connection 2000 times at once and then 50 times \
         a second before it closes it",
    );
    check(
        &[],
        "lets an address open a connection 512 times at once and then 32 times a second, and all \
         of its guests together ask for 64 times as much as one user",
    );
    for flag in ["--max-connections-per-address=0", "--rates-address-share=0"] {
        check(
            &[flag],
            "does not count what users of one address ask for together",
        );
    }
    check(
        &["--threads", "2"],
        "uses 2 network threads, and holds back at most 1.00 MiB for a client that reads \
         slowly",
    );
}

#[test]
fn the_place_of_the_data_is_told() {
    check(
        &[],
        "keeps everything in memory only, so a restart forgets what was said",
    );
    check(
        &["--data", "/srv/chat"],
        "keeps all lines in the folder /srv/chat as well, for good and over restarts, unless a \
         rule of the rooms says otherwise; and its users and sessions",
    );
}

#[test]
fn how_long_lines_can_be_edited_is_told_in_words() {
    check(
        &[],
        "lets a user edit what it has said for 15 minutes, and remove it at any time",
    );
    check(
        &["--edit-seconds", "0"],
        "lets nobody edit what it has said, but remove it",
    );
    check(
        &["--edit-seconds", "0", "--system-name", "The Herald"],
        "lets nobody edit what it has said, but remove it, and says itself what the game says as \
         \"The Herald\"",
    );
}
