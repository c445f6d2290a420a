//! Output that cannot be written: a reader that has seen enough, and a full disk. The program
//! ends with an exit code, and never with a panic.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use rustix::process::Signal;

use crate::program::{self, Program, command};
use crate::socket::Socket;
use guildhall_testing::client::Client;
use guildhall_testing::wire::eventually;

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// Runs the binary with a standard output that takes nothing. Returns its exit code and what
/// it says.
fn run_into(output: impl Into<Stdio>, mut command: Command) -> (Option<i32>, String) {
    let mut child = command
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut text = String::new();
    let stderr = child.stderr.as_mut().expect("a pipe");
    stderr.read_to_string(&mut text).unwrap();
    (wait(&mut child).code(), text)
}

fn wait(child: &mut std::process::Child) -> ExitStatus {
    eventually("the program's end", || child.try_wait().unwrap())
}

/// A pipe whose reader is gone.
fn closed() -> impl Into<Stdio> {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

/// Checks a run with no place for its output, and one that nobody reads.
#[track_caller]
fn check(arguments: &[&str], if_closed: i32) {
    let (code, text) = run_into(full(), command(arguments));
    assert_eq!(code, Some(1), "{arguments:?}: {text}");
    let last = text.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("guildhall: cannot write to standard output: No space left"),
        "{arguments:?}: {text}"
    );
    let (code, text) = run_into(closed(), command(arguments));
    assert_eq!(code, Some(if_closed), "{arguments:?}: {text}");
    for word in ["guildhall: ", "panicked", "pipe"] {
        assert!(!text.contains(word), "{arguments:?}: {text}");
    }
}

#[test]
fn help_and_version_need_no_reader() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["bench", "--help"],
        &["chat", "--help"],
    ] {
        check(arguments, 0);
    }
}

#[test]
fn the_load_tool_needs_no_reader() {
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws", program.address());
    let bench = ["bench", &url, "--clients", "2", "--seconds", "0.1"];
    check(&bench, 0);
    check(&[&bench[..], &["--json"]].concat(), 0);
    // Attacks take long, so they end when nobody reads of them.
    let attack = ["--attack", "say,rename", "--attackers", "1"];
    check(
        &[&["bench", &url, "--seconds", "0.1"], &attack[..]].concat(),
        1,
    );
}

#[test]
fn the_chat_of_a_script_needs_no_reader() {
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws", program.address());
    let chat = |output: Stdio| {
        let mut child = command(&["chat", &url])
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Its input does not end, and its output takes nothing.
        stdin.write_all(b"hello\n").unwrap();
        let status = wait(&mut child);
        let mut text = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert!(!text.contains("panicked"), "{text}");
        (status.code(), text)
    };
    let (code, text) = chat(closed().into());
    assert_eq!(code, Some(1), "{text}");
    assert!(!text.contains("guildhall: "), "{text}");
    let (code, text) = chat(full().into());
    assert_eq!(code, Some(1), "{text}");
    let last = text.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("guildhall: cannot write to standard output"),
        "{text}"
    );
}

#[test]
fn a_full_standard_error_ends_nothing() {
    let mistake = |mut command: Command| {
        let status = command.stderr(full()).stdout(Stdio::null()).status();
        status.unwrap().code()
    };
    assert_eq!(mistake(command(&["--port", "banana"])), Some(2));
    assert_eq!(mistake(command(&["--host", "no..such..host"])), Some(1));
    assert_eq!(mistake(command(&["chat", "no address"])), Some(1));
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws", program.address());
    let bench = ["bench", &url, "--clients", "2", "--seconds", "0.1"];
    assert_eq!(mistake(command(&bench)), Some(0));
    assert_eq!(mistake(command(&["chat", &url])), Some(0));
}

#[test]
fn a_log_that_has_no_room_left_does_not_stop_the_chat() {
    // The log's file may have 0 bytes: each line would send SIGXFSZ, and the first one is written
    // before anything else, about the socket.
    let socket = Socket::open();
    let address = socket.address();
    let log = std::env::temp_dir().join(format!("guildhall-log-{}", std::process::id()));
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -f 0; exec \"$0\" 2>\"$1\""])
        .arg(env!("CARGO_BIN_EXE_guildhall"))
        .arg(&log);
    socket.hand_over(&mut command, "guildhall.socket");
    let mut child = command.spawn().unwrap();
    let (mut one, _) = Client::join(address);
    let (mut two, _) = Client::join(address);
    one.say("still here");
    two.expect_chat(1, "still here");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    one.expect_close(1001);
    two.expect_close(1001);
    drop((one, two));
    assert_eq!(wait(&mut child).code(), Some(0));
    std::fs::remove_file(log).unwrap();
}

#[test]
fn a_reader_that_stops_early_gets_what_it_reads() {
    let mut child = command(&["--help"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    assert!(first.contains("chat server"), "{first}");
    assert_eq!(wait(&mut child).code(), Some(0));
    assert!(program::run(command(&["--help"])).status.success());
}
