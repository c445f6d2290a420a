//! A `guildhall chat` with pipes, as a script uses it.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use crate::program::command;
use guildhall_testing::wire::{PATIENCE, eventually};

/// A running `guildhall chat`. It is killed when it is dropped.
pub(crate) struct PipedChat {
    pub(crate) child: Child,
    input: Option<ChildStdin>,
    pub(crate) output: Receiver<String>,
    /// Lines of its standard error: about the connection.
    pub(crate) errors: Receiver<String>,
}

/// A chat that has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<String>,
    pub(crate) errors: Vec<String>,
}

impl PipedChat {
    /// Chats as `name`, in English.
    pub(crate) fn start(url: &str, name: &str, flags: &[&str]) -> Self {
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
    pub(crate) fn say(&mut self, lines: &[&str]) {
        let input = self.input.as_mut().expect("the input is open");
        let text = lines.join("\n") + "\n";
        match input.write_all(text.as_bytes()) {
            // It has ended: its exit code and its last line say why.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            other => other.expect("it reads its input"),
        }
    }

    /// Asserts that the next line of its output is this one.
    #[track_caller]
    pub(crate) fn expect(&self, line: &str) {
        assert_eq!(next(&self.output), line);
    }

    /// Asserts that the next line of its output is this one, but for those that tell who comes
    /// and goes: a lost connection is a reason for both if the way back takes long.
    #[track_caller]
    pub(crate) fn expect_said(&self, line: &str) {
        let is_notice = |line: &String| line.starts_with("-- ");
        let said = std::iter::repeat_with(|| next(&self.output)).find(|line| !is_notice(line));
        assert_eq!(said.as_deref(), Some(line));
    }

    /// Waits for this line of its output.
    #[track_caller]
    pub(crate) fn wait_for(&self, line: &str) {
        while next(&self.output) != line {}
    }

    /// Ends the input, and waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        drop(self.input.take());
        self.wait_for_end()
    }

    /// Waits for the end.
    pub(crate) fn wait_for_end(mut self) -> Ended {
        let status = eventually("the chat's end", || self.child.try_wait().unwrap());
        Ended {
            status,
            // The threads that read end with the pipes.
            output: self.output.iter().collect(),
            errors: self.errors.iter().collect(),
        }
    }
}

impl Drop for PipedChat {
    fn drop(&mut self) {
        // If it has ended already, these do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Asserts that everything was done. Returns the output.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Vec<String> {
        assert!(self.status.success(), "{:?} {:?}", self.status, self.errors);
        self.output
    }

    /// Asserts that something was not done, and that the last line says so.
    #[track_caller]
    pub(crate) fn failed_with(&self, words: &str) {
        assert_eq!(self.status.code(), Some(1), "{:?}", self.errors);
        let last = self.errors.last().expect("an error");
        assert!(last.starts_with("guildhall: "), "{:?}", self.errors);
        assert!(last.contains(words), "{:?}", self.errors);
    }
}

/// Reads a pipe on a thread of its own, or the pipe would fill up.
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

/// The next line, which has to come soon.
#[track_caller]
pub(crate) fn next(lines: &Receiver<String>) -> String {
    match lines.recv_timeout(PATIENCE) {
        Ok(line) => line,
        Err(RecvTimeoutError::Timeout) => panic!("nothing came"),
        Err(RecvTimeoutError::Disconnected) => panic!("it ended"),
    }
}

/// Runs a script to its end.
pub(crate) fn script(url: &str, name: &str, lines: &[&str], flags: &[&str]) -> Ended {
    let mut chat = PipedChat::start(url, name, flags);
    chat.say(lines);
    chat.end()
}
