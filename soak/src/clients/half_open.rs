//! A connection that never becomes a client: it sends nothing, or half a handshake, and waits.

use std::io::{ErrorKind, Read as _, Write as _};

use guildhall_testing::client::handshake;
use mio::net::TcpStream;

use crate::shared::Mode;

use super::Io;

/// The connection of now, and the time of the next one.
#[derive(Debug, Default)]
pub(super) struct HalfOpen {
    stream: Option<TcpStream>,
    /// When it gives up, or connects again, in the clients' milliseconds.
    next: u64,
    has_sent: bool,
}

impl HalfOpen {
    pub(super) fn turn(&mut self, io: &Io<'_>, is_ready: bool) -> bool {
        let now = io.shared.now();
        if io.shared.mode() != Mode::Mixed {
            self.stream = None;
            return io.shared.mode() < Mode::Leaving;
        }
        if self.next <= now {
            self.has_sent = false;
            self.stream = match self.stream {
                Some(_) => None,
                None => io.dial.socket(io.registry, io.token).ok(),
            };
            self.next = now + fastrand::u64(1_000..15_000);
        }
        if is_ready {
            self.go_on();
        }
        true
    }

    /// Sends its half, and hangs up if the server does.
    fn go_on(&mut self) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        if !self.has_sent && fastrand::bool() {
            let half = handshake("");
            let end = fastrand::usize(..half.len());
            // If the server is not there, the read says so.
            let _ = stream.write(&half.as_bytes()[..end]);
        }
        self.has_sent = true;
        let mut bytes = [0; 512];
        loop {
            match stream.read(&mut bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::NotConnected => return,
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
        self.stream = None;
    }
}
