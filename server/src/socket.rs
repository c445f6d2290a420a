//! A connection's TCP socket: first of an HTTP connection, then of a client,
//! read by its connection and written to by its outbox.

use std::io::{self, IoSlice, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};

use smol::Async;
use smol::io::{AsyncRead, AsyncWrite};
use socket2::SockRef;

use crate::outbox::Wire;

/// What the kernel may hold for a client that does not read. Left alone it
/// grows to megabytes before an outbox sees anything.
const SEND_BUFFER: usize = 64 * 1024;

/// An accepted socket while it speaks HTTP.
#[derive(Debug)]
pub(crate) struct HttpStream {
    stream: Async<TcpStream>,
    peer: SocketAddr,
}

impl HttpStream {
    /// A socket that was accepted from `peer`.
    #[must_use]
    pub(crate) fn new(stream: Async<TcpStream>, peer: SocketAddr) -> Self {
        Self { stream, peer }
    }

    /// The address at the other end.
    #[must_use]
    pub(crate) fn peer_address(&self) -> SocketAddr {
        self.peer
    }

    /// The same socket for a client.
    ///
    /// # Errors
    ///
    /// Where the socket is gone already.
    pub(crate) fn into_socket(self) -> io::Result<Socket> {
        let socket = SockRef::from(self.stream.get_ref());
        // A chat line is not to wait for company.
        socket.set_tcp_nodelay(true)?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        Ok(Socket(self.stream))
    }
}

impl AsyncRead for HttpStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(context)
    }
}

/// A client's socket. It never blocks.
#[derive(Debug)]
pub struct Socket(Async<TcpStream>);

impl Socket {
    /// The socket as the runtime knows it, to read from and to wait for.
    #[must_use]
    pub fn io(&self) -> &Async<TcpStream> {
        &self.0
    }

    /// Says that nothing more will be written. A peer that is gone by now does
    /// not mind.
    pub fn end_writing(&self) {
        let _ = self.0.get_ref().shutdown(Shutdown::Write);
    }
}

impl Wire for Socket {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut stream = self.0.get_ref();
        loop {
            let result = match slices {
                // `send` costs the kernel less than `writev`.
                [bytes] => stream.write(bytes),
                _ => stream.write_vectored(slices),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    fn hang_up(&self) {
        // Fails where the peer hung up first, which is as good.
        let _ = self.0.get_ref().shutdown(Shutdown::Both);
    }
}
