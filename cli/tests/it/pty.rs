//! A `guildhall chat` on a pseudo-terminal, on which a test types and reads.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::program::command;
use guildhall_testing::wire::eventually;

/// A running `guildhall chat`. It is killed when it is dropped.
pub(crate) struct Pty {
    pub(crate) child: Child,
    keys: File,
    /// What it wrote. `read` bytes of it were looked at.
    written: Arc<Mutex<String>>,
    read: usize,
}

impl Pty {
    /// Chats as `name`, in English and without colours, on a terminal of 80
    /// columns.
    pub(crate) fn start(url: &str, name: &str) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let control = openpt(flags).unwrap();
        grantpt(&control).unwrap();
        unlockpt(&control).unwrap();
        let path = ptsname(&control, Vec::new()).unwrap();
        let size = Winsize {
            ws_col: 80,
            ws_row: 24,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&control, size).unwrap();
        let terminal = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
        let child = command(&["chat", url, "--name", name, "--language", "en"])
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
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

    /// Everything that it wrote so far.
    pub(crate) fn written(&self) -> String {
        self.written.lock().unwrap().clone()
    }

    /// Waits for the end.
    pub(crate) fn wait_for_end(mut self) -> ExitStatus {
        eventually("the chat's end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // If it has ended already, these do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
