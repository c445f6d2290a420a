//! Many sockets of one thread, and which of them are ready.

use std::io;
use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};

use super::stream::Stream;

/// Connected sockets that never block, numbered from 0. A number is not used
/// again.
#[derive(Debug)]
pub(super) struct Sockets {
    // Dropped first, see `add`.
    poller: Poller,
    streams: Vec<Option<Stream>>,
}

/// What [`Sockets::wait`] waits for on a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interest {
    /// Bytes to read.
    pub(super) readable: bool,
    /// Room to write.
    pub(super) writable: bool,
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
    pub(super) fn add(&mut self, stream: Stream) -> io::Result<()> {
        stream.socket().set_nonblocking(true)?;
        let interest = Event::readable(self.streams.len());
        // SAFETY: the socket must not be closed while the poller knows it. It
        // is owned by `streams`. Only `close` takes it out, and deletes it from
        // the poller first. When `self` is dropped, the poller is dropped
        // before `streams`.
        unsafe {
            self.poller
                .add_with_mode(stream.socket(), interest, PollMode::Level)?;
        }
        self.streams.push(Some(stream));
        Ok(())
    }

    /// The socket of this number, if it is still open.
    #[inline]
    pub(super) fn get(&mut self, index: usize) -> Option<&mut Stream> {
        self.streams.get_mut(index)?.as_mut()
    }

    /// Changes what [`Sockets::wait`] waits for on this socket.
    pub(super) fn watch(&self, index: usize, interest: Interest) -> io::Result<()> {
        let Some(stream) = self.streams.get(index).and_then(Option::as_ref) else {
            return Ok(());
        };
        let Interest { readable, writable } = interest;
        let interest = Event::new(index, readable, writable);
        self.poller
            .modify_with_mode(stream.socket(), interest, PollMode::Level)
    }

    /// Closes a socket.
    pub(super) fn close(&mut self, index: usize) {
        if let Some(stream) = self.streams.get(index).and_then(Option::as_ref)
            && self.poller.delete(stream.socket()).is_ok()
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
