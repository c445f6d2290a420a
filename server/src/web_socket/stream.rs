//! The stream under a WebSocket: it writes into the outbox of its connection.

use super::{
    AsyncRead, AsyncWrite, Bytes, Connection, Context, Instant, Pin, Poll, Rc, Socket, Worker, io,
};

/// The stream that the WebSocket library reads from and writes to.
pub(super) struct Stream {
    pub(super) worker: Rc<Worker>,
    pub(super) connection: Rc<Connection<Socket>>,
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.wire().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let frames = Bytes::copy_from_slice(bytes);
        self.connection.send_all(&frames, Instant::now());
        self.worker.drain_if_queued(&self.connection);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
