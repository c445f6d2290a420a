//! Many sockets of one thread, and which of them have something to read.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};

/// Connected sockets that never block, numbered from 0. Numbers are not given
/// again.
#[derive(Debug)]
pub(super) struct Sockets {
    // Dropped first, see `add`.
    poller: Poller,
    streams: Vec<Option<TcpStream>>,
}

impl Sockets {
    /// No sockets.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            poller: Poller::new()?,
            streams: Vec::new(),
        })
    }

    /// Adds a connected socket; its number is how many there were before.
    #[allow(unsafe_code, reason = "the poller borrows sockets without a lifetime")]
    pub(super) fn add(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        let interest = Event::readable(self.streams.len());
        // SAFETY: the socket may not be closed while the poller knows it. It
        // is owned by `streams`, which gives it away nowhere but in `close`,
        // and that deletes it from the poller first. When all is dropped the
        // poller is dropped before `streams`.
        unsafe {
            self.poller
                .add_with_mode(&stream, interest, PollMode::Level)?;
        }
        self.streams.push(Some(stream));
        Ok(())
    }

    /// The socket of this number, if it is still open.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&TcpStream> {
        self.streams.get(index)?.as_ref()
    }

    /// Has [`Sockets::wait`] look at this socket for these reasons from now
    /// on: bytes to read, room to write.
    pub(super) fn watch(&self, index: usize, readable: bool, writable: bool) -> io::Result<()> {
        let Some(stream) = self.get(index) else {
            return Ok(());
        };
        let interest = Event::new(index, readable, writable);
        self.poller
            .modify_with_mode(stream, interest, PollMode::Level)
    }

    /// Closes a socket.
    pub(super) fn close(&mut self, index: usize) {
        if let Some(stream) = self.streams.get(index).and_then(Option::as_ref)
            && self.poller.delete(stream).is_ok()
        {
            self.streams[index] = None;
        }
    }

    /// Waits until some socket is ready, or for `timeout`.
    pub(super) fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.clear();
        match self.poller.wait(events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }
}
