//! A `guildhall chat` with pipes, as a script uses it.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use crate::program::command;
use guildhall_testing::wire::{PATIENCE, eventually};

/// A running `guildhall chat`. It is killed when it is dropped.
pub(crate) struct Chatter {
    pub(crate) child: Child,
    input: Option<ChildStdin>,
    pub(crate) output: Receiver<String>,
    /// What is about the connection.
    pub(crate) errors: Receiver<String>,
}

/// What came of a chat that is over.
pub(crate) struct Over {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<String>,
    pub(crate) errors: Vec<String>,
}

impl Chatter {
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
            // What ended it is in its exit code and its last words.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            other => other.expect("it reads"),
        }
    }

    /// The next line of its output has to be this one.
    #[track_caller]
    pub(crate) fn expect(&self, line: &str) {
        assert_eq!(next(&self.output), line);
    }

    /// Waits for this line of its output.
    #[track_caller]
    pub(crate) fn wait_for(&self, line: &str) {
        while next(&self.output) != line {}
    }

    /// Ends the input, and waits for the end.
    pub(crate) fn end(mut self) -> Over {
        drop(self.input.take());
        self.over()
    }

    /// Waits for the end.
    pub(crate) fn over(mut self) -> Over {
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
    pub(crate) fn fine(self) -> Vec<String> {
        assert!(self.status.success(), "{:?} {:?}", self.status, self.errors);
        self.output
    }

    /// Something was not, and the last words say so.
    #[track_caller]
    pub(crate) fn failed_with(&self, words: &str) {
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
pub(crate) fn next(lines: &Receiver<String>) -> String {
    match lines.recv_timeout(PATIENCE) {
        Ok(line) => line,
        Err(RecvTimeoutError::Timeout) => panic!("nothing came"),
        Err(RecvTimeoutError::Disconnected) => panic!("it ended"),
    }
}

/// Runs a script to its end.
pub(crate) fn script(url: &str, name: &str, lines: &[&str], flags: &[&str]) -> Over {
    let mut chatter = Chatter::start(url, name, flags);
    chatter.say(lines);
    chatter.end()
}
