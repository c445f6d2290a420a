//! `guildhall chat` in rooms with rules, at a server that reads them from its file.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::piped_chat::PipedChat;
use crate::program::Program;

const RULES: &str = r#"
[[rooms]]
match = "news"
topic = "What is new"
announce_only = true

[[rooms]]
match = "raid"
max_members = 1

[[rooms]]
match = "slow"
slow_mode = 1
text_bytes = 20
"#;

/// A file with these settings, of this test's own.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

fn start(file: &Path) -> (Program, String) {
    let program = Program::start(&["--config", file.to_str().unwrap()]);
    let url = format!("ws://{}/ws", program.address());
    (program, url)
}

#[test]
fn the_user_is_told_what_holds_in_a_room_and_kept_to_it() {
    let (_program, url) = start(&file("rules-told.toml", RULES));
    let rooms = ["--room", "news", "--room", "slow"];
    let mut ann = PipedChat::start(&url, "Ann", &rooms);
    ann.wait_for(
        "-- [news] Only a few may say something here. You may not say anything here. Topic: What \
         is new",
    );
    ann.wait_for(
        "-- [slow] Slow mode: one message in 1 s. Messages are short here: at most 20 bytes.",
    );
    // A message that is too early goes out by itself, in its order.
    ann.say(&[
        "not here",
        "/leave news",
        "one",
        "two",
        "more than twenty bytes",
    ]);
    ann.wait_for("[slow] Ann: one");
    ann.wait_for("[slow] Ann: two");
    let ended = ann.end();
    ended.failed_with("not everything was done");
    let told = ended.errors.join("\n");
    assert!(told.contains("You may not say anything here."), "{told}");
    assert!(told.contains("at most 20 are allowed"), "{told}");
}

#[test]
fn a_room_that_is_full_is_joined_as_soon_as_somebody_leaves() {
    let (_program, url) = start(&file("rules-full.toml", RULES));
    let mut bob = PipedChat::start(&url, "Bob", &["--room", "raid", "--room", "inn"]);
    bob.wait_for("-- You joined “raid”.");
    let mut ann = PipedChat::start(&url, "Ann", &["--room", "raid"]);
    ann.say(&["in at last"]);
    let full = "-- The room “raid” is full: no more than 1 can be in it. You join “raid” as soon \
                as that is possible.";
    while crate::piped_chat::next(&ann.errors) != full {}
    bob.say(&["/leave raid"]);
    ann.wait_for("-- You joined “raid”.");
    ann.wait_for("[raid] Ann: in at last");
    ann.end().succeeded();
    bob.end().succeeded();
}

#[test]
fn a_rule_that_changes_takes_the_user_out_of_the_room() {
    let file = file("rules-reload.toml", "");
    let (mut program, url) = start(&file);
    let mut ann = PipedChat::start(&url, "Ann", &["--room", "inn", "--room", "hall"]);
    ann.say(&["hello"]);
    ann.wait_for("[inn] Ann: hello");
    fs::write(&file, "[[rooms]]\nmatch = 'inn'\nsay = 'nobody'\n").unwrap();
    program.signal(Signal::HUP);
    ann.wait_for("-- [inn] You may not say anything here.");
    fs::write(&file, "[[rooms]]\nmatch = 'inn'\njoin = 'nobody'\n").unwrap();
    program.signal(Signal::HUP);
    ann.wait_for("-- You are not in “inn” any more: the game does not allow it.");
    ann.say(&["here"]);
    ann.wait_for("[hall] Ann: here");
    ann.end().succeeded();
    program.wait_for("client disconnected");
}
