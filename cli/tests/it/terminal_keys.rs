//! `guildhall chat` on a terminal, as a user meets it.

use rustix::process::{Pid, Signal, kill_process};

use crate::piped_chat::{PipedChat, script};
use crate::program::Program;
use crate::pty::Pty;

const PAGE_UP: &str = "\x1b[5~";

fn url(program: &Program) -> String {
    format!("ws://{}/ws", program.address())
}

#[test]
fn a_sent_text_is_replaced_by_its_line() {
    let program = Program::start(&[]);
    let mut ann = Pty::start(&url(&program), "Ann");
    ann.wait_for("lobby> ");
    ann.wait_for("You joined");
    ann.press("hello");
    ann.wait_for("hello");
    ann.press("\r");
    // The cursor goes up a row and clears the rest; then comes the room's line, with its
    // time.
    ann.wait_for("\x1b[1A\r\x1b[J");
    ann.wait_for(" [lobby] Ann: hello");
    ann.press("/who\r");
    ann.wait_for("-- [lobby] 1: Ann");
    ann.press("\x04");
    assert!(ann.wait_for_end().success());
}

#[test]
fn a_chat_that_was_killed_comes_back_with_its_name() {
    let program = Program::start(&[]);
    let url = url(&program);
    let start = || {
        let mut ann = Pty::start(&url, "Ann");
        ann.wait_for("You joined");
        ann
    };
    let mut first = start();
    first.press("before\r");
    first.wait_for(" [lobby] Ann: before");
    // A second terminal at the same time does not take the session over.
    let second = start();
    assert!(
        second.written().contains("Welcome, Guest"),
        "{}",
        second.written()
    );
    first.press("still here\r");
    first.wait_for(" [lobby] Ann: still here");
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let mut again = start();
    assert!(
        again.written().contains("Connected again."),
        "{}",
        again.written()
    );
    again.press("after\r");
    again.wait_for(" [lobby] Ann: after");
    again.press("\x04");
    assert!(again.wait_for_end().success());
    // After a goodbye, it is a new session, and the name is free.
    assert!(start().written().contains("Welcome, Ann!"));
}

#[test]
fn new_lines_appear_above_the_one_being_typed() {
    let program = Program::start(&[]);
    let mut bob = PipedChat::start(&url(&program), "Bob", &[]);
    bob.say(&["early"]);
    bob.wait_for("[lobby] Bob: early");
    let mut ann = Pty::start(&url(&program), "Ann");
    ann.wait_for("[lobby] Bob: early");
    ann.press("half");
    ann.wait_for("half");
    bob.say(&["over \x1b[2J here"]);
    ann.wait_for(" [lobby] Bob: over ␛[2J here");
    ann.wait_for("lobby> half");
    // Older lines as well, which Page Up asks for.
    ann.press(PAGE_UP);
    ann.wait_for("-- [lobby] There are no older lines.");
    ann.wait_for("lobby> half");
    ann.press(" done\r");
    ann.wait_for(" [lobby] Ann: half done");
    bob.wait_for("[lobby] Ann: half done");
    assert!(!ann.written().contains("\x1b[2J"), "{:?}", ann.written());
}

#[test]
fn page_up_goes_back_page_by_page() {
    let program = Program::start(&["--replay-lines", "1"]);
    let said: Vec<_> = (0..70).map(|number| format!("line {number}.")).collect();
    let lines: Vec<_> = said.iter().map(String::as_str).collect();
    script(&url(&program), "Bob", &lines, &[]).succeeded();
    let mut ann = Pty::start(&url(&program), "Ann");
    ann.wait_for(" · [lobby] Bob: line 69.");
    ann.press(PAGE_UP);
    ann.wait_for("-- [lobby] 50 older lines:");
    ann.wait_for(" · [lobby] Bob: line 19.");
    ann.wait_for(" · [lobby] Bob: line 68.");
    ann.wait_for("-- [lobby] End of the older lines. /older shows more.");
    ann.press("/older\r");
    ann.wait_for("-- [lobby] 19 older lines:");
    ann.wait_for(" · [lobby] Bob: line 0.");
    ann.wait_for(" · [lobby] Bob: line 18.");
    ann.wait_for("-- [lobby] End of the older lines. There are none before them.");
}

#[test]
fn pasted_lines_are_one_text() {
    let program = Program::start(&[]);
    let bob = PipedChat::start(&url(&program), "Bob", &[]);
    let mut ann = Pty::start(&url(&program), "Ann");
    ann.wait_for("You joined");
    // A terminal marks pasted text, so its line ends are no Enter keys.
    ann.press("\x1b[200~one\r/nick Eve\x1b[201~");
    ann.wait_for("/nick Eve");
    ann.press("\r");
    ann.wait_for(" [lobby] Ann: one\r\n      /nick Eve");
    // For a script, each message is one line.
    bob.wait_for("[lobby] Ann: one␊/nick Eve");
    bob.end().succeeded();
}

#[test]
fn names_are_completed() {
    let program = Program::start(&[]);
    let mut bob = PipedChat::start(&url(&program), "Bob", &[]);
    bob.say(&["here"]);
    bob.wait_for("[lobby] Bob: here");
    let mut ann = Pty::start(&url(&program), "Ann");
    ann.wait_for("[lobby] Bob: here");
    bob.wait_for("-- [lobby] Ann joined.");
    ann.press("/w B\t");
    ann.wait_for("/w Bob ");
    ann.press("psst\r");
    ann.wait_for(" → Bob ← Ann: psst");
    bob.wait_for("→ Bob ← Ann: psst");
    // The user's own new name is shown once, and not for each room.
    ann.press("/nick Zoe\r");
    ann.wait_for("-- You are now Zoe.");
    bob.wait_for("-- [lobby] Ann is now Zoe.");
    bob.say(&["bye"]);
    ann.wait_for(" [lobby] Bob: bye");
    assert!(!ann.written().contains("Ann is now"), "{}", ann.written());
}

#[test]
fn closing_the_terminal_leaves_the_chat() {
    let mut program = Program::start(&[]);
    let mut ann = Pty::start(&url(&program), "Ann");
    ann.wait_for("You joined");
    ann.press("half");
    ann.wait_for("half");
    kill_process(Pid::from_child(&ann.child), Signal::HUP).unwrap();
    assert!(ann.wait_for_end().success());
    // With a goodbye, so that the name is free at once.
    let gone = program.wait_for("client disconnected");
    assert!(gone["reason"].as_str().unwrap().contains("1000"), "{gone}");
}
