//! A client that speaks TLS on a blocking socket, so that a test sees each of its bytes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use futures_rustls::pki_types::CertificateDer;
use futures_rustls::rustls::{
    ALL_VERSIONS, ClientConfig, ClientConnection, HandshakeKind, StreamOwned,
};
use guildhall_testing::authority::Authority;
use guildhall_testing::client::handshake;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::{Frame, PATIENCE};
use socket2::{Domain, Socket, Type};

/// The client, after its handshake.
pub(super) struct Direct {
    stream: StreamOwned<ClientConnection, TcpStream>,
    buffer: Vec<u8>,
}

impl Direct {
    /// Connects, and trusts the authority.
    pub(super) fn dial(server: &TestServer, authority: &Authority) -> Self {
        Self::with(
            server.address(),
            authority.client(ALL_VERSIONS, b"http/1.1"),
        )
    }

    /// Connects with these settings.
    pub(super) fn with(address: SocketAddr, config: Arc<ClientConfig>) -> Self {
        Self::over(TcpStream::connect(address).unwrap(), config)
    }

    /// Connects with the smallest buffers, so that few unread bytes fit into the kernel.
    pub(super) fn narrow(address: SocketAddr, authority: &Authority) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::over(socket.into(), authority.client(ALL_VERSIONS, b"http/1.1"))
    }

    fn over(mut socket: TcpStream, config: Arc<ClientConfig>) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut connection =
            ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).unwrap();
        }
        Self {
            stream: StreamOwned::new(connection, socket),
            buffer: Vec::new(),
        }
    }

    /// The certificate that the server has shown.
    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.stream.conn.peer_certificates().unwrap()[0].clone()
    }

    /// Whether TLS was resumed.
    pub(super) fn is_resumed(&self) -> bool {
        self.stream.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// The socket, for bytes that are no TLS.
    pub(super) fn socket(&mut self) -> &mut TcpStream {
        &mut self.stream.sock
    }

    /// Sends these bytes.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
        self.stream.flush().unwrap();
    }

    /// Asks for a path, and reads the answer up to its end or to what has come of it.
    pub(super) fn get(&mut self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.send(request.as_bytes());
        let mut bytes = [0; 4096];
        let count = self.stream.read(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }

    /// Opens a WebSocket of the tutorial. The server's first frames may be in the buffer then.
    pub(super) fn upgrade(&mut self) {
        self.send(handshake("").as_bytes());
        loop {
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                assert!(self.buffer.starts_with(b"HTTP/1.1 101"));
                self.buffer.drain(..end + 4);
                return;
            }
            assert!(self.read(), "an answer");
        }
    }

    /// The next frame. `None` if the server has said that nothing more comes.
    pub(super) fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, length)) = Frame::take(&self.buffer) {
                self.buffer.drain(..length);
                return Some(frame);
            }
            if !self.read() {
                assert!(self.buffer.is_empty(), "a part of a frame");
                return None;
            }
        }
    }

    /// Reads something. Returns false at the end, which the server has to say (`close_notify`):
    /// otherwise the library fails.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let count = self
            .stream
            .read(&mut bytes)
            .expect("bytes, or an end that is said");
        self.buffer.extend_from_slice(&bytes[..count]);
        count > 0
    }

    /// Says that nothing more comes, and waits until the server says the same.
    pub(super) fn end(mut self) {
        self.stream.conn.send_close_notify();
        self.stream.flush().unwrap();
        while self.read() {}
    }
}
