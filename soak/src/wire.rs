//! A client's WebSocket that never blocks, from the first byte of the connection to its end.

use std::io::{self, ErrorKind, Write as _};
use std::mem::replace;
use std::net::SocketAddr;
use std::time::Duration;

use guildhall_protocol::SUBPROTOCOL;
use guildhall_testing::wire::{BINARY, FIN, masked};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{Domain, SockRef, Socket, Type};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::handshake::MidHandshake;
use tungstenite::handshake::client::ClientHandshake;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, HandshakeError, Message, WebSocket};

/// How many bytes a client that reads little lets the kernel keep.
const NARROW: usize = 4096;

/// The end of a connection without a close frame.
pub(crate) const BROKEN: u16 = 1006;

/// The code of a client that leaves and does not come back.
pub(crate) const LEAVES: u16 = 1000;

/// A connection.
pub(crate) struct Wire(Stage);

enum Stage {
    Connecting {
        stream: TcpStream,
        server: SocketAddr,
        is_v1: bool,
    },
    Handshake(MidHandshake<ClientHandshake<TcpStream>>),
    Open(Box<WebSocket<TcpStream>>),
    /// It has ended, with this close code.
    Ended(u16),
}

/// How a client connects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dial {
    /// The client's own address.
    pub(crate) from: SocketAddr,
    /// The server's.
    pub(crate) to: SocketAddr,
    /// Whether it asks for `guildhall.v1`.
    pub(crate) is_v1: bool,
    /// Whether the kernel keeps little for it.
    pub(crate) is_narrow: bool,
}

impl Dial {
    /// Begins to connect. Events of the socket have this token.
    pub(crate) fn socket(&self, registry: &Registry, token: Token) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.to), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        if self.is_narrow {
            socket.set_recv_buffer_size(NARROW)?;
        }
        socket.bind(&self.from.into())?;
        match socket.connect(&self.to.into()) {
            Err(error) if error.raw_os_error() != Some(in_progress()) => return Err(error),
            _ => {}
        }
        let mut stream = TcpStream::from_std(socket.into());
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(stream)
    }
}

/// The error of a connection that is on its way.
fn in_progress() -> i32 {
    rustix::io::Errno::INPROGRESS.raw_os_error()
}

impl Wire {
    /// Begins to connect.
    pub(crate) fn open(dial: &Dial, registry: &Registry, token: Token) -> Self {
        Self(match dial.socket(registry, token) {
            Ok(stream) => Stage::Connecting {
                stream,
                server: dial.to,
                is_v1: dial.is_v1,
            },
            Err(_) => Stage::Ended(BROKEN),
        })
    }

    /// Goes on with the handshake, as far as it goes now. Returns whether it is done.
    pub(crate) fn is_open(&mut self) -> bool {
        self.0 = match replace(&mut self.0, Stage::Ended(BROKEN)) {
            Stage::Connecting {
                stream,
                server,
                is_v1,
            } => match stream.take_error() {
                Ok(None) if stream.peer_addr().is_ok() => begin(stream, server, is_v1),
                Ok(None) => Stage::Connecting {
                    stream,
                    server,
                    is_v1,
                },
                _ => Stage::Ended(BROKEN),
            },
            Stage::Handshake(handshake) => after(handshake.handshake()),
            other => other,
        };
        matches!(self.0, Stage::Open(_))
    }

    /// The close code, if the connection has ended.
    pub(crate) fn end(&self) -> Option<u16> {
        match self.0 {
            Stage::Ended(code) => Some(code),
            _ => None,
        }
    }

    /// The next message, if one has arrived. All of them have to be taken: the next event comes
    /// when there are new bytes.
    pub(crate) fn read(&mut self) -> Option<Message> {
        loop {
            let Stage::Open(socket) = &mut self.0 else {
                return None;
            };
            match socket.read() {
                Ok(Message::Close(frame)) => {
                    // The answer to the close frame.
                    let _ = socket.flush();
                    let code = frame.map_or(1005, |frame| frame.code.into());
                    self.0 = Stage::Ended(code);
                }
                Ok(message @ Message::Binary(_)) => return Some(message),
                Ok(_) => {}
                Err(error) if would_block(&error) => return None,
                Err(_) => self.0 = Stage::Ended(BROKEN),
            }
        }
    }

    /// Sends a message, now or as soon as the socket takes it.
    pub(crate) fn send(&mut self, bytes: Vec<u8>) {
        if let Stage::Open(socket) = &mut self.0 {
            let sent = socket.send(Message::Binary(bytes.into()));
            self.note(sent);
        }
    }

    /// Sends what the socket has not taken yet. Returns whether it has taken all.
    pub(crate) fn flush(&mut self) -> bool {
        let Stage::Open(socket) = &mut self.0 else {
            return false;
        };
        let flushed = socket.flush();
        let is_empty = flushed.is_ok();
        self.note(flushed);
        is_empty
    }

    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result
            && !would_block(&error)
        {
            self.0 = Stage::Ended(BROKEN);
        }
    }

    /// Ends the connection as it should be: with a close frame, which has this code. By the code the
    /// server knows whether the client comes back.
    pub(crate) fn close(mut self, code: u16) {
        if let Stage::Open(socket) = &mut self.0 {
            let frame = CloseFrame {
                code: code.into(),
                reason: "".into(),
            };
            // If the socket does not take the frame, the connection ends without it.
            let _ = socket.close(Some(frame));
            let _ = socket.flush();
        }
    }

    /// Breaks the connection in the middle of a frame, with a reset or without.
    pub(crate) fn break_off(mut self) {
        if let Stage::Open(socket) = &mut self.0 {
            let frame = masked(FIN | BINARY, b"the first half of a message");
            // If the socket does not take it, the connection breaks all the same.
            let _ = socket.get_mut().write(&frame[..frame.len() / 2]);
            if fastrand::bool() {
                let _ = SockRef::from(socket.get_ref()).set_linger(Some(Duration::ZERO));
            }
        }
    }
}

fn begin(stream: TcpStream, server: SocketAddr, is_v1: bool) -> Stage {
    let request = format!("ws://{server}/ws").into_client_request();
    let mut request = request.expect("an address of a server");
    if is_v1 {
        let subprotocol = HeaderValue::from_static(SUBPROTOCOL);
        (request.headers_mut()).insert("Sec-WebSocket-Protocol", subprotocol);
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .max_write_buffer_size(1024 * 1024);
    after(tungstenite::client::client_with_config(
        request,
        stream,
        Some(config),
    ))
}

type Handshaken<T> = Result<(WebSocket<TcpStream>, T), HandshakeError<ClientHandshake<TcpStream>>>;

fn after<T>(result: Handshaken<T>) -> Stage {
    match result {
        Ok((socket, _)) => Stage::Open(Box::new(socket)),
        Err(HandshakeError::Interrupted(handshake)) => Stage::Handshake(handshake),
        Err(HandshakeError::Failure(_)) => Stage::Ended(BROKEN),
    }
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error)
        if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted))
}
