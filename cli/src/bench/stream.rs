//! A client's socket, with TLS or without. It blocks until it is one of many.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use futures_rustls::pki_types::ServerName;
use futures_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned};

/// The socket.
#[derive(Debug)]
pub(super) enum Stream {
    /// Without TLS.
    Plain(TcpStream),
    /// With TLS.
    Secure(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// Speaks TLS on this socket, if `tls` has how and for whom.
    ///
    /// # Errors
    ///
    /// If no certificate can be for that name.
    pub(super) fn new(
        socket: TcpStream,
        tls: Option<(&Arc<ClientConfig>, &str)>,
    ) -> io::Result<Self> {
        let Some((config, name)) = tls else {
            return Ok(Self::Plain(socket));
        };
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(Arc::clone(config), name);
        let stream = StreamOwned::new(connection.map_err(io::Error::other)?, socket);
        Ok(Self::Secure(Box::new(stream)))
    }

    /// Sends the first bytes. With TLS they go behind its handshake, which begins here and goes on
    /// when something is read: meanwhile others begin theirs.
    pub(super) fn begin(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes),
            Self::Secure(stream) => {
                stream.conn.writer().write_all(bytes)?;
                stream.conn.write_tls(&mut stream.sock).map(drop)
            }
        }
    }

    /// The socket below.
    #[inline]
    pub(super) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Secure(stream) => &stream.sock,
        }
    }

    /// Whether encrypted bytes wait until the socket takes them.
    #[inline]
    pub(super) fn holds(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Secure(stream) => stream.conn.wants_write(),
        }
    }
}

impl Read for Stream {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}
