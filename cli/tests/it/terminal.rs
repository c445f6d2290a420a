//! `guildhall chat` with pipes, as a script uses it, against the real server.

use std::net::TcpListener;

use rustix::process::{Pid, Signal, kill_process};

use crate::piped_chat::{PipedChat, next, script};
use crate::program::{Program, free_address};
use guildhall_testing::cut_proxy::CutProxy;

fn url(program: &Program) -> String {
    format!("ws://{}/ws", program.address())
}

#[test]
fn a_message_reaches_every_member() {
    let program = Program::start(&[]);
    let mut ann = PipedChat::start(&url(&program), "Ann", &[]);
    ann.say(&["first"]);
    ann.wait_for("[lobby] Ann: first");
    let mut bob = PipedChat::start(&url(&program), "Bob", &[]);
    // A message from before he joined is marked.
    bob.wait_for("· [lobby] Ann: first");
    bob.say(&["hello", "//me is no command"]);
    ann.wait_for("[lobby] Bob: hello");
    ann.expect("[lobby] Bob: /me is no command");
    bob.wait_for("[lobby] Bob: /me is no command");
    bob.end().succeeded();
    ann.end().succeeded();
}

#[test]
fn all_input_is_sent_before_the_end() {
    // More than may be without an answer at the same time.
    const LINES: usize = 500;
    let program = Program::start(&["--replay-lines", "0"]);
    let said: Vec<_> = (0..LINES).map(|number| format!("line {number}")).collect();
    let lines: Vec<_> = said.iter().map(String::as_str).collect();
    let output = script(&url(&program), "Ann", &lines, &[]).succeeded();
    let messages = output.iter().filter(|line| line.contains("Ann: "));
    let expected = said.iter().map(|text| format!("[lobby] Ann: {text}"));
    assert!(messages.cloned().eq(expected), "{output:?}");
}

#[test]
fn commands_are_done_in_order() {
    let program = Program::start(&[]);
    let lines = [
        "in the lobby",
        "/me waves",
        "/join #inn",
        "in the inn",
        "/nick Zoe",
        "/who",
        "/w Zoe note to self",
        "/rooms",
        "/leave",
        "in the lobby again",
        "/help",
    ];
    let output = script(&url(&program), "Ann", &lines, &[]).succeeded();
    let text = output.join("\n");
    let mut rest = &text[..];
    for expected in [
        "[lobby] Ann: in the lobby\n",
        "[lobby] * Ann waves\n",
        "[inn] Ann: in the inn\n",
        "-- [inn] 1: Zoe\n",
        "→ Zoe ← Zoe: note to self\n",
        "-- [inn] 1\n",
        "[lobby] Zoe: in the lobby again\n",
        "-- /nick NAME – ",
    ] {
        let at = rest.find(expected);
        let at = at.unwrap_or_else(|| panic!("{expected:?} is not in {rest:?} of {text}"));
        rest = &rest[at + expected.len()..];
    }
}

#[test]
fn what_comes_too_fast_for_the_server_is_done_later_in_its_order() {
    let program = Program::start(&["--rates-say=5, 50/s", "--rates-join=1, 20/s"]);
    let said: Vec<_> = (0..12).map(|number| format!("line {number}")).collect();
    let lines: Vec<_> = said.iter().map(String::as_str).collect();
    let rooms = ["--room", "one", "--room", "two", "--room", "three"];
    let output = script(&url(&program), "Ann", &lines, &rooms).succeeded();
    let messages = output.iter().filter(|line| line.contains("Ann: "));
    let texts = messages.map(|line| line.rsplit(": ").next().unwrap());
    assert!(texts.eq(said), "{output:?}");
}

#[test]
fn quit_ends_a_script() {
    let program = Program::start(&[]);
    let mut ann = PipedChat::start(&url(&program), "Ann", &[]);
    // Its input stays open.
    ann.say(&["first", "/quit", "never"]);
    let output = ann.wait_for_end().succeeded();
    assert_eq!(output.last().unwrap(), "[lobby] Ann: first", "{output:?}");
}

#[test]
fn the_exit_code_shows_what_was_not_done() {
    let program = Program::start(&[]);
    let url = url(&program);
    let long = "x".repeat(5_000);
    let lines = [
        "/w Nobody hi",
        "/bogus",
        "/join",
        &long,
        "/w Eve",
        "/who inn",
    ];
    for (line, name) in lines.into_iter().zip(["A", "B", "C", "D", "E", "F"]) {
        // The line after it is done nevertheless.
        let ended = script(&url, name, &[line, "still here"], &[]);
        ended.failed_with("not everything was done");
        let said = format!("[lobby] {name}: still here");
        assert!(ended.output.contains(&said), "{line} {:?}", ended.output);
        assert!(ended.errors.len() > 1, "{line} {:?}", ended.errors);
    }
}

#[test]
fn control_characters_of_others_are_shown_as_text() {
    let program = Program::start(&[]);
    let mut ann = PipedChat::start(&url(&program), "Ann", &[]);
    ann.say(&["ready"]);
    ann.wait_for("[lobby] Ann: ready");
    // A tutorial client, which can send any text.
    let (mut evil, _) = program.join();
    evil.say("\x1b[2J\x1b]0;title\x07\rtwo\nlines\u{9b}31m\u{202e}");
    let line = loop {
        let line = next(&ann.output);
        if line.contains("title") {
            break line;
        }
    };
    assert!(
        line.ends_with("␛[2J␛]0;title␇␍two␊lines\u{fffd}31m\u{fffd}"),
        "{line:?}"
    );
    assert!(!line.chars().any(char::is_control), "{line:?}");
    ann.end().succeeded();
}

#[test]
fn a_chat_reconnects_to_a_restarted_server() {
    let port = free_address().port().to_string();
    let start = || Program::start(&["--port", &port]);
    let mut program = start();
    let mut ann = PipedChat::start(&url(&program), "Ann", &[]);
    ann.say(&["before"]);
    ann.wait_for("[lobby] Ann: before");
    program.stop();
    // This line waits for a connection.
    ann.say(&["after"]);
    program = start();
    ann.wait_for("[lobby] Ann: after");
    ann.end().succeeded();
    drop(program);
}

#[test]
fn missed_messages_come_once_and_in_order() {
    let mut program = Program::start(&[]);
    let proxy = CutProxy::to(program.address());
    let mut bob = PipedChat::start(&url(&program), "Bob", &[]);
    bob.say(&["first"]);
    bob.wait_for("[lobby] Bob: first");
    let mut ann = PipedChat::start(&format!("ws://{}/ws", proxy.address()), "Ann", &[]);
    ann.say(&["second"]);
    ann.wait_for("[lobby] Ann: second");
    bob.wait_for("[lobby] Ann: second");

    proxy.cut();
    program.wait_for("client disconnected");
    bob.say(&["third", "fourth"]);
    bob.wait_for("[lobby] Bob: fourth");
    ann.say(&["fifth"]);
    proxy.restore();
    // The session goes on: the same name, and nothing comes twice.
    ann.expect("· [lobby] Bob: third");
    ann.expect("· [lobby] Bob: fourth");
    ann.expect("[lobby] Ann: fifth");
    let rest = ann.end().succeeded();
    assert!(rest.is_empty(), "{rest:?}");
    bob.wait_for("[lobby] Ann: fifth");
    bob.end().succeeded();
}

#[test]
fn a_signal_says_goodbye() {
    let mut program = Program::start(&[]);
    let mut ann = PipedChat::start(&url(&program), "Ann", &[]);
    ann.say(&["hello"]);
    ann.wait_for("[lobby] Ann: hello");
    kill_process(Pid::from_child(&ann.child), Signal::INT).unwrap();
    ann.wait_for_end().succeeded();
    let gone = program.wait_for("client disconnected");
    assert!(gone["reason"].as_str().unwrap().contains("1000"), "{gone}");
}

#[test]
fn errors_say_what_is_wrong() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("ws://{}/ws", free.local_addr().unwrap());
    drop(free);
    let ended = script(&nobody, "Ann", &["hi"], &["--wait", "1"]);
    ended.failed_with("no answer for 1 s (--wait)");
    script("http://localhost/ws", "Ann", &[], &[]).failed_with("ws://localhost:8080/ws");
    let program = Program::start(&[]);
    let elsewhere = format!("ws://{}/nowhere", program.address());
    script(&elsewhere, "Ann", &[], &[]).failed_with("the server answered 404");
}
