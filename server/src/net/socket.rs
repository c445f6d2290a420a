//! A connection's TCP socket: first of an HTTP connection, then of a client,
//! read by its connection and written to by its outbox.

use std::future::poll_fn;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use mio::net::TcpStream;
use smol::io::{AsyncRead, AsyncWrite};
use socket2::SockRef;

use crate::net::reactor::{Direction, Registered};
use crate::outgoing::outbox::Wire;

/// What the kernel may hold for a client that does not read. Left alone it
/// grows to megabytes before an outbox sees anything.
const SEND_BUFFER: usize = 64 * 1024;

/// An accepted socket while it speaks HTTP.
#[derive(Debug)]
pub(crate) struct HttpStream {
    stream: Registered<TcpStream>,
    peer: SocketAddr,
}

/// A client's socket. It never blocks.
#[derive(Debug)]
pub(crate) struct Socket(Registered<TcpStream>);

impl HttpStream {
    /// A socket that was accepted from `peer`.
    pub(crate) fn new(stream: Registered<TcpStream>, peer: SocketAddr) -> Self {
        Self { stream, peer }
    }

    /// The address at the other end.
    pub(crate) fn peer_address(&self) -> SocketAddr {
        self.peer
    }

    /// The same socket for a client.
    ///
    /// # Errors
    ///
    /// Where the socket is gone already.
    pub(crate) fn into_socket(self) -> io::Result<Socket> {
        let socket = SockRef::from(self.stream.get());
        // A chat line is not to wait for company.
        socket.set_tcp_nodelay(true)?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        Ok(Socket(self.stream))
    }
}

impl Socket {
    /// Reads what is there.
    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        read(&self.0, context, buffer)
    }

    /// Reads what is there.
    ///
    /// # Errors
    ///
    /// Where the socket is broken.
    pub(crate) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|context| self.poll_read(context, buffer)).await
    }

    /// Waits until the socket takes bytes again, or is broken.
    pub(crate) async fn writable(&self) {
        poll_fn(|context| self.0.poll_ready(Direction::Write, context)).await;
    }

    /// Says that nothing more will be written. A peer that is gone by now does
    /// not mind.
    pub(crate) fn end_writing(&self) {
        let _ = self.0.get().shutdown(Shutdown::Write);
    }
}

impl Wire for Socket {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut stream = self.0.get();
        loop {
            let result = match slices {
                // `send` costs the kernel less than `writev`.
                [bytes] => stream.write(bytes),
                _ => stream.write_vectored(slices),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.0.would_block(Direction::Write);
                    return Err(error);
                }
                result => return result,
            }
        }
    }

    fn hang_up(&self) {
        // Fails where the peer hung up first, which is as good.
        let _ = self.0.get().shutdown(Shutdown::Both);
    }
}

impl AsyncRead for HttpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        read(&self.stream, context, buffer)
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = |mut stream: &TcpStream| stream.write(bytes);
        self.stream.poll(Direction::Write, context, write)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.get().shutdown(Shutdown::Write))
    }
}

fn read(
    stream: &Registered<TcpStream>,
    context: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    let room = buffer.len();
    let count = ready!(stream.poll(Direction::Read, context, |mut stream| stream.read(buffer)))?;
    // There was no more than that, which saves the next attempt. Elsewhere
    // only an attempt that would block brings the next event.
    if cfg!(unix) && 0 < count && count < room {
        stream.would_block(Direction::Read);
    }
    Poll::Ready(Ok(count))
}
