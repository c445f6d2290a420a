//! Servers whose rules let a guest do little, or nothing: the way to them is free, and they are
//! no fault.

use crate::program::Program;
use crate::settings_file::File;

use super::{ends, examine, has_words, outcomes};

/// A server whose rule for all rooms has these lines.
fn server(rule: &str) -> (Program, File) {
    let file = File::new(&format!("[[rooms]]\nmatch = '*'\n{rule}\n"));
    let program = Program::start(&["--config", file.path()]);
    (program, file)
}

#[test]
fn slow_mode_is_waited_for_if_it_is_short() {
    let (program, _file) = server("slow_mode = 1");
    let (ok, report) = examine(&program.address().to_string(), &[]);
    let is_good = outcomes(&report).iter().all(|(_, it)| *it == "good");
    assert!(ok && is_good, "{report:#}");
}

#[test]
fn a_long_slow_mode_leaves_long_messages_out() {
    let (program, _file) = server("slow_mode = 300");
    let (ok, report) = examine(&program.address().to_string(), &["--idle", "1"]);
    let steps = outcomes(&report);
    assert!(ok && steps.contains(&("frame", "warning")), "{report:#}");
    assert_eq!(steps.last(), Some(&("idle", "good")), "{report:#}");
    has_words(&report, "frame", &["slow mode", "--timeout 300"]);
}

#[test]
fn rooms_that_let_no_guest_in_are_the_end_and_no_fault() {
    for rule in ["join = 'users'", "say = 'nobody'", "announce_only = true"] {
        let (program, _file) = server(rule);
        let words = ["everything up to here is well", "--token-file"];
        ends(&program.address().to_string(), &[], "room", &words);
    }
    let readers = File::new("[accounts]\nguests = 'read-only'\n");
    let program = Program::start(&["--config", readers.path()]);
    ends(
        &program.address().to_string(),
        &[],
        "room",
        &["--token-file"],
    );
}

#[test]
fn a_room_with_short_texts_is_fine() {
    let (program, _file) = server("text_bytes = 5");
    let (ok, report) = examine(&program.address().to_string(), &[]);
    assert!(ok, "{report:#}");
    has_words(&report, "frame", &["up to 5 bytes"]);
}
