//! The rules of rooms in the settings file of a real server: what is wrong is named, what is
//! right holds, and a hang-up replaces it.

use std::fs;

use guildhall_protocol::{ErrorCode, PacketBody};
use guildhall_testing::v1_client::{V1Client, say};
use rustix::process::Signal;

use crate::program::{self, Program, command, printed};
use crate::settings_file::File;

/// The text of a settings file with these rules, in its third line and below.
fn with(rules: &str) -> String {
    format!("port = 0\nlog_format = 'json'\n{rules}")
}

#[test]
fn a_wrong_rule_is_named_with_its_line() {
    for (rules, line, expected) in [
        ("[[rooms]]\nmatch = 'a b'\n", 4, "no room has a name like"),
        ("[[rooms]]\nmatch = 'a'\njoin = 'all'\n", 5, "`everyone`"),
        (
            "[[rooms]]\nmatch = 'a'\n\nslow_mode = -1\n",
            6,
            "0 to 21600",
        ),
        (
            "[[rooms]]\nmatch = 'a'\nkepp = 1\n",
            5,
            "did you mean `keep`?",
        ),
        (
            "[[rooms]]\nmatch = 'a'\nkeep = { line = 1 }\n",
            5,
            "did you mean `lines`?",
        ),
        ("[[rooms]]\ntopic = 'a'\n", 3, "missing field `match`"),
        ("[[room]]\nmatch = 'a'\n", 3, "did you mean `rooms`?"),
    ] {
        let file = File::new(&with(rules));
        for words in [vec!["--config", file.path()], vec!["check", file.path()]] {
            let output = program::run(command(&words));
            let error = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && output.stdout.is_empty());
            assert_eq!(error.lines().count(), 1, "{error}");
            for part in [file.path(), &format!("line {line}:"), expected] {
                assert!(error.contains(part), "{part}: {error}");
            }
        }
    }
}

#[test]
fn a_check_says_what_the_rules_mean() {
    let printed = check(
        "[[rooms]]\nmatch = 'guild-*'\njoin = 'caps'\nfind = 'nobody'\n\
         [[rooms]]\nmatch = 'guild-1'\n",
    );
    for expected in [
        "- has a rule for the rooms \"guild-*\": it lets users whose token allows it join, and \
         lets nobody find them in the list of rooms",
        "Warning: no room has the rule for \"guild-1\"",
        "there are none without [[accounts.keys]]",
        "rooms = [{ ",
    ] {
        assert!(printed.contains(expected), "{expected}: {printed}");
    }
}

/// Checks a file with these rules, and returns what is printed.
#[track_caller]
fn check(rules: &str) -> String {
    let file = File::new(&with(rules));
    printed(command(&["check", file.path()]))
}

#[test]
fn the_examples_of_the_documents_are_right() {
    let document = fs::read_to_string("../docs/rooms.md").unwrap();
    let examples: Vec<_> = document.split("```toml\n").skip(1).collect();
    assert!(examples.len() >= 6, "{}", examples.len());
    for example in examples {
        let (example, _) = example.split_once("```").unwrap();
        let printed = check(example);
        assert!(!printed.contains("no room has the rule"), "{printed}");
        let rules = example.matches("[[rooms]]").count();
        assert_eq!(
            printed.matches("for the rooms \"").count(),
            rules,
            "{printed}"
        );
    }
    // The example that is commented out in the file of all settings.
    let file = fs::read_to_string("../docs/guildhall.toml").unwrap();
    let at = file.find("#[[rooms]]").unwrap();
    let example = file[at..].lines().filter_map(|line| line.strip_prefix('#'));
    let example = example.filter(|line| !line.starts_with(' '));
    // The tables behind it name files.
    let is_of_rooms = |line: &&str| !line.starts_with('[') || *line == "[[rooms]]";
    let example: Vec<_> = example.take_while(is_of_rooms).collect();
    let printed = check(&example.join("\n"));
    assert!(
        printed.contains("has a rule for the rooms \"guild-*\""),
        "{printed}"
    );
}

#[test]
fn a_hang_up_replaces_the_rules() {
    let news = "[[rooms]]\nmatch = 'News'\ntopic = 'Patches'\nannounce_only = true\n";
    let file = File::new(&with(news));
    let mut program = Program::start_with(&["--config", file.path()], []);
    let (mut ann, _) = V1Client::hello(program.address(), "Ann");
    let settings = ann.join("news").settings.unwrap();
    assert_eq!(settings.topic, "Patches");
    assert!(settings.announce_only && settings.read_only);
    ann.join("lobby");
    // A file that is wrong changes nothing.
    let write = |rules: &str| fs::write(file.path(), with(rules)).unwrap();
    write("[[rooms]]\nmatch = 'news'\njoin = 'me'\n");
    program.signal(Signal::HUP);
    let line = program.wait_for("SIGHUP: the settings stay as they are");
    assert!(
        line["problem"].as_str().unwrap().contains("line 5"),
        "{line}"
    );
    let nonce = ann.send(say("news", "hi"));
    assert_eq!(ann.outcome(nonce).unwrap_err().code(), ErrorCode::Forbidden);
    write("[[rooms]]\nmatch = 'news'\n[[rooms]]\nmatch = 'lobby'\njoin = 'nobody'\n");
    program.signal(Signal::HUP);
    let line = program.wait_for("SIGHUP: reloaded");
    assert_eq!(line["settings"], "rooms");
    let mut told = [ann.next_packet(), ann.next_packet()];
    told.sort_by_key(|packet| matches!(packet, PacketBody::Removed(_)));
    let [
        PacketBody::RoomChanged(changed),
        PacketBody::Removed(removed),
    ] = &told
    else {
        panic!("{told:?}");
    };
    assert_eq!((changed.room.as_str(), &changed.settings), ("news", &None));
    assert_eq!(removed.room, "lobby");
    ann.say("news", "hi");
    drop(ann);
    program.stop();
}

#[test]
fn texts_that_are_not_said_are_logged_without_their_words() {
    let file = File::new(&with("[[rooms]]\nmatch = 'lobby'\nsay = 'nobody'\n"));
    let mut program = Program::start_with(&["--config", file.path()], []);
    let (mut tutorial, id) = program.join();
    tutorial.say("a secret");
    let line = program.wait_for("text of a guest dropped");
    assert_eq!(line["client"], id);
    assert_eq!(line["reason"], "the client may not say anything here");
    assert!(!line.to_string().contains("secret"), "{line}");
    drop(tutorial);
    program.stop();
}
