//! A connection's socket, with the time at which it was last read or written: by it, a caller is
//! noticed that does not read its response.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use smol::io::{AsyncRead, AsyncWrite};
use smol::net::TcpStream;

/// A socket, and when something was last read or written.
#[derive(Debug)]
pub(crate) struct Watched {
    stream: TcpStream,
    progress: Rc<Cell<Instant>>,
}

impl Watched {
    /// Watches this socket: each read and write that moves bytes sets `progress`.
    pub(crate) fn new(stream: TcpStream, progress: Rc<Cell<Instant>>) -> Self {
        Self { stream, progress }
    }

    fn note<T>(&self, done: Poll<T>) -> Poll<T> {
        if done.is_ready() {
            self.progress.set(Instant::now());
        }
        done
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.note(read)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(context)
    }
}
