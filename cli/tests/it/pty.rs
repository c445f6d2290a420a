//! A `guildhall chat` on a pseudo-terminal, on which a test types and reads.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::emulator::{Emoji, Emulator};
use crate::program::command;
use guildhall_testing::wire::{PATIENCE, eventually};

/// A running `guildhall chat`. It is killed when it is dropped.
pub(crate) struct Pty {
    pub(crate) child: Child,
    keys: File,
    /// What it wrote. `read` bytes of it were looked at.
    written: Arc<Mutex<String>>,
    read: usize,
    /// The columns that the terminal had, each from so many bytes on that were written.
    sizes: Vec<(usize, u16)>,
}

/// The rows of the terminal, if it has any.
const ROWS: u16 = 60;

impl Pty {
    /// Chats as `name`, in English and without colours, on a terminal of 80
    /// columns.
    pub(crate) fn start(url: &str, name: &str) -> Self {
        Self::start_with(url, name, size(80))
    }

    /// The same on a terminal of this size.
    pub(crate) fn start_with(url: &str, name: &str, size: Winsize) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let control = openpt(flags).unwrap();
        grantpt(&control).unwrap();
        unlockpt(&control).unwrap();
        let path = ptsname(&control, Vec::new()).unwrap();
        tcsetwinsize(&control, size).unwrap();
        let terminal = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
        let child = command(&["chat", url, "--name", name, "--language", "en"])
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .env_remove("TERM_PROGRAM")
            .env_remove("STY")
            .env_remove("XTERM_VERSION")
            .stdin(end(&terminal))
            .stdout(end(&terminal))
            .stderr(end(&terminal))
            .spawn()
            .expect("the binary");
        drop(terminal);
        let keys = File::from(control);
        let written = Arc::new(Mutex::new(String::new()));
        let (mut screen, all) = (keys.try_clone().unwrap(), Arc::clone(&written));
        thread::spawn(move || {
            let (mut bytes, mut rest) = ([0; 4096], Vec::new());
            // The read fails when the other side is closed.
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                rest.extend_from_slice(&bytes[..count]);
                let whole = match std::str::from_utf8(&rest) {
                    Ok(text) => text.len(),
                    Err(error) => error.valid_up_to(),
                };
                let text = String::from_utf8(rest.drain(..whole).collect()).unwrap();
                all.lock().unwrap().push_str(&text);
            }
        });
        Self {
            child,
            keys,
            written,
            read: 0,
            sizes: vec![(0, size.ws_col)],
        }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until it writes this. The next call looks behind it.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let written = Arc::clone(&self.written);
        let found = eventually(text, || {
            let written = written.lock().unwrap();
            Some(self.read + written[self.read..].find(text)?)
        });
        self.read = found + text.len();
    }

    /// What the terminal itself makes of keys.
    pub(crate) fn modes(&self) -> LocalModes {
        tcgetattr(&self.keys).unwrap().local_modes
    }

    /// Makes the terminal wider or narrower, after all that was to be written was waited
    /// for.
    pub(crate) fn resize(&mut self, columns: u16) {
        self.sizes.push((self.written().len(), columns));
        tcsetwinsize(&self.keys, size(columns)).unwrap();
        // It is not the program's controlling terminal.
        kill_process(Pid::from_child(&self.child), Signal::WINCH).unwrap();
    }

    /// Waits until the terminal shows these lines at its end, the last one with the cursor.
    #[track_caller]
    pub(crate) fn wait_for_lines(&self, emoji: Emoji, expected: &[&str]) {
        let start = Instant::now();
        loop {
            let shown = self.lines(emoji);
            let shown: Vec<_> = shown.iter().map(String::as_str).collect();
            if shown.ends_with(expected) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{emoji:?} {shown:#?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The lines of the terminal up to the cursor's, without times.
    pub(crate) fn lines(&self, emoji: Emoji) -> Vec<String> {
        let written = self.written();
        let mut terminal = Emulator::new(self.sizes[0].1, ROWS, emoji);
        let ends = self.sizes[1..].iter().map(|&(from, _)| from);
        for (&(from, columns), to) in self.sizes.iter().zip(ends.chain([written.len()])) {
            terminal.resize(columns);
            terminal.write(&written[from..to]);
        }
        let without_time = |line: String| match line.split_once(' ') {
            Some((time, rest)) if is_time(time) => rest.to_owned(),
            _ => line,
        };
        terminal.lines().into_iter().map(without_time).collect()
    }

    /// Everything that it wrote so far.
    pub(crate) fn written(&self) -> String {
        self.written.lock().unwrap().clone()
    }

    /// Waits for the end.
    pub(crate) fn wait_for_end(mut self) -> ExitStatus {
        eventually("the chat's end", || self.child.try_wait().unwrap())
    }
}

/// The size of a terminal with so many columns.
fn size(columns: u16) -> Winsize {
    Winsize {
        ws_col: columns,
        ws_row: ROWS,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// Whether it is like 12:34.
fn is_time(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, b':', c, d] if [a, b, c, d].iter().all(|it| it.is_ascii_digit()))
}

impl Drop for Pty {
    fn drop(&mut self) {
        // If it has ended already, these do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
