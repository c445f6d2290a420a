//! `guildhall chat` with pipes, as a script uses it, against the real server.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::cable::Cable;
use crate::program::{Program, command};
use crate::wire::{PATIENCE, eventually};

/// A running `guildhall chat`. It is killed when it is dropped.
struct Chatter {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<String>,
    /// What is about the connection.
    errors: Receiver<String>,
}

/// What came of a chat that is over.
struct Over {
    status: ExitStatus,
    output: Vec<String>,
    errors: Vec<String>,
}

impl Chatter {
    /// Chats as `name`, in English.
    fn start(url: &str, name: &str, flags: &[&str]) -> Self {
        let chat = ["chat", url, "--name", name, "--language", "en"];
        let mut child = command(&[&chat[..], flags].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        Self {
            input: child.stdin.take(),
            output: lines(child.stdout.take().expect("a pipe")),
            errors: lines(child.stderr.take().expect("a pipe")),
            child,
        }
    }

    /// Types lines.
    fn say(&mut self, lines: &[&str]) {
        let input = self.input.as_mut().expect("the input is open");
        let text = lines.join("\n") + "\n";
        match input.write_all(text.as_bytes()) {
            // What ended it is in its exit code and its last words.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            other => other.expect("it reads"),
        }
    }

    /// The next line of its output has to be this one.
    #[track_caller]
    fn expect(&self, line: &str) {
        assert_eq!(next(&self.output), line);
    }

    /// Waits for this line of its output.
    #[track_caller]
    fn wait_for(&self, line: &str) {
        while next(&self.output) != line {}
    }

    /// Ends the input, and waits for the end.
    fn end(mut self) -> Over {
        drop(self.input.take());
        self.over()
    }

    /// Waits for the end.
    fn over(mut self) -> Over {
        let status = eventually("the chat's end", || self.child.try_wait().unwrap());
        Over {
            status,
            // They end with the pipes.
            output: self.output.iter().collect(),
            errors: self.errors.iter().collect(),
        }
    }
}

impl Drop for Chatter {
    fn drop(&mut self) {
        // Where it ended already, these do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Over {
    /// Everything was done.
    #[track_caller]
    fn fine(self) -> Vec<String> {
        assert!(self.status.success(), "{:?} {:?}", self.status, self.errors);
        self.output
    }

    /// Something was not, and the last words say so.
    #[track_caller]
    fn failed_with(&self, words: &str) {
        assert_eq!(self.status.code(), Some(1), "{:?}", self.errors);
        let last = self.errors.last().expect("an error");
        assert!(last.starts_with("guildhall: "), "{:?}", self.errors);
        assert!(last.contains(words), "{:?}", self.errors);
    }
}

/// A thread reads, or the pipe would fill up.
fn lines(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            if sender.send(line.expect("text")).is_err() {
                return;
            }
        }
    });
    receiver
}

#[track_caller]
fn next(lines: &Receiver<String>) -> String {
    match lines.recv_timeout(PATIENCE) {
        Ok(line) => line,
        Err(RecvTimeoutError::Timeout) => panic!("nothing came"),
        Err(RecvTimeoutError::Disconnected) => panic!("it ended"),
    }
}

fn url(program: &Program) -> String {
    format!("ws://{}/ws", program.address())
}

/// Runs a script to its end.
fn script(url: &str, name: &str, lines: &[&str], flags: &[&str]) -> Over {
    let mut chatter = Chatter::start(url, name, flags);
    chatter.say(lines);
    chatter.end()
}

#[test]
fn what_is_said_reaches_everyone() {
    let program = Program::start(&[]);
    let mut ann = Chatter::start(&url(&program), "Ann", &[]);
    ann.say(&["first"]);
    ann.wait_for("[lobby] Ann: first");
    let mut bob = Chatter::start(&url(&program), "Bob", &[]);
    // What was said before he came is apart.
    bob.wait_for("· [lobby] Ann: first");
    bob.say(&["hello", "//me is no command"]);
    ann.wait_for("[lobby] Bob: hello");
    ann.expect("[lobby] Bob: /me is no command");
    bob.wait_for("[lobby] Bob: /me is no command");
    bob.end().fine();
    ann.end().fine();
}

#[test]
fn everything_is_sent_before_the_end() {
    // More than may be without an answer at a time.
    const LINES: usize = 500;
    let program = Program::start(&["--replay-lines", "0"]);
    let said: Vec<_> = (0..LINES).map(|number| format!("line {number}")).collect();
    let lines: Vec<_> = said.iter().map(String::as_str).collect();
    let output = script(&url(&program), "Ann", &lines, &[]).fine();
    let heard = output.iter().filter(|line| line.contains("Ann: "));
    let expected = said.iter().map(|text| format!("[lobby] Ann: {text}"));
    assert!(heard.cloned().eq(expected), "{output:?}");
}

#[test]
fn commands_are_done_in_their_turn() {
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
    let output = script(&url(&program), "Ann", &lines, &[]).fine();
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
fn what_is_not_done_shows_in_the_exit_code() {
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
        // What comes behind it is done all the same.
        let over = script(&url, name, &[line, "still here"], &[]);
        over.failed_with("not everything was done");
        let said = format!("[lobby] {name}: still here");
        assert!(over.output.contains(&said), "{line} {:?}", over.output);
        assert!(over.errors.len() > 1, "{line} {:?}", over.errors);
    }
}

#[test]
fn nothing_of_a_peer_is_obeyed_by_a_terminal() {
    let program = Program::start(&[]);
    let mut ann = Chatter::start(&url(&program), "Ann", &[]);
    ann.say(&["ready"]);
    ann.wait_for("[lobby] Ann: ready");
    // A client of the tutorial, which sends what it likes.
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
    ann.end().fine();
}

#[test]
fn a_server_that_comes_back_is_found_again() {
    let mut program = Program::start(&[]);
    let url = url(&program);
    let port = program.address().port().to_string();
    let mut ann = Chatter::start(&url, "Ann", &[]);
    ann.say(&["before"]);
    ann.wait_for("[lobby] Ann: before");
    program.stop();
    // This one waits for a connection.
    ann.say(&["after"]);
    program = Program::start(&["--port", &port]);
    ann.wait_for("[lobby] Ann: after");
    ann.end().fine();
    drop(program);
}

#[test]
fn what_was_said_meanwhile_comes_once_and_in_order() {
    let mut program = Program::start(&[]);
    let cable = Cable::to(program.address());
    let mut bob = Chatter::start(&url(&program), "Bob", &[]);
    bob.say(&["first"]);
    bob.wait_for("[lobby] Bob: first");
    let mut ann = Chatter::start(&format!("ws://{}/ws", cable.address()), "Ann", &[]);
    ann.say(&["second"]);
    ann.wait_for("[lobby] Ann: second");
    bob.wait_for("[lobby] Ann: second");

    cable.pull();
    program.wait_for("client disconnected");
    bob.say(&["third", "fourth"]);
    bob.wait_for("[lobby] Bob: fourth");
    ann.say(&["fifth"]);
    cable.plug_in();
    // As it was: the same name, and nothing twice.
    ann.expect("· [lobby] Bob: third");
    ann.expect("· [lobby] Bob: fourth");
    ann.expect("[lobby] Ann: fifth");
    let heard = ann.end().fine();
    assert!(heard.is_empty(), "{heard:?}");
    bob.wait_for("[lobby] Ann: fifth");
    bob.end().fine();
}

#[test]
fn a_signal_says_goodbye() {
    let mut program = Program::start(&[]);
    let mut ann = Chatter::start(&url(&program), "Ann", &[]);
    ann.say(&["hello"]);
    ann.wait_for("[lobby] Ann: hello");
    kill_process(Pid::from_child(&ann.child), Signal::INT).unwrap();
    ann.over().fine();
    let gone = program.wait_for("client disconnected");
    assert!(gone["reason"].as_str().unwrap().contains("1000"), "{gone}");
}

#[test]
fn what_is_wrong_is_said() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("ws://{}/ws", free.local_addr().unwrap());
    drop(free);
    let over = script(&nobody, "Ann", &["hi"], &["--wait", "0"]);
    over.failed_with("no answer for 0 s (--wait)");
    script("wss://localhost/ws", "Ann", &[], &[]).failed_with("TLS");
    script("http://localhost/ws", "Ann", &[], &[]).failed_with("ws://localhost:8080/ws");
    let program = Program::start(&[]);
    let elsewhere = format!("ws://{}/nowhere", program.address());
    script(&elsewhere, "Ann", &[], &[]).failed_with("the server answered 404");
}
