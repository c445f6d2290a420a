//! A client's [`Handshake`] on a blocking socket, in two halves: first many clients ask,
//! then each reads its answer.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use futures_rustls::rustls::ClientConfig;

use super::stream::Stream;

use crate::handshake::{Handshake, Refusal, StatusAnswer};
use crate::server_url::ServerUrl;

/// How long a server may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Why a client could not connect.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// There is no connection, or it broke.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// No server listens there.
    #[error("nothing listens there: is the server running?")]
    NoServer,
    /// This process may not open more sockets.
    #[error("no file descriptor left: raise the limit (ulimit -n) or lower --clients")]
    TooManyFiles,
    /// One address has only about 28,000 ports for outgoing connections to one
    /// server.
    #[error("no local port left for another connection: lower --clients")]
    TooManyPorts,
    /// Too many clients from one address.
    #[error(
        "the server answered 429{0}: raise its --max-connections-per-address, or set it to 0 for no limit"
    )]
    AddressFull(String),
    /// Too many clients.
    #[error("the server answered 503{0}: if it is full, raise its --max-connections")]
    Full(String),
    /// Any other status.
    #[error("the server answered {0}{1}")]
    Refused(u16, String),
    /// The answer is not a WebSocket server's.
    #[error("the server's answer is not a WebSocket's")]
    NotAWebSocket,
    /// The server did not choose the subprotocol.
    #[error("the server does not speak {0}")]
    OtherProtocol(&'static str),
    /// The server refused one of the client's first requests.
    #[error("the server refused a request: {0}")]
    RequestRefused(String),
}

/// A handshake that waits for its answer.
#[derive(Debug)]
pub(super) struct AskedHandshake {
    stream: Stream,
    handshake: Handshake,
}

impl AskedHandshake {
    /// Connects and sends the request; with these settings if the server speaks TLS.
    pub(super) fn ask(
        target: &ServerUrl,
        tls: Option<&Arc<ClientConfig>>,
        subprotocol: Option<&'static str>,
    ) -> Result<Self, HandshakeError> {
        let socket = TcpStream::connect(&target.addresses[..]).map_err(explain)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(ANSWER_WITHIN))?;
        let mut stream = Stream::new(socket, tls.zip(target.secure.as_deref()))?;
        let handshake = Handshake::new(target, subprotocol);
        // If the server has hung up, its answer says more than this error.
        let _ = stream.begin(handshake.request().as_bytes());
        Ok(Self { stream, handshake })
    }

    /// Reads the answer. Returns the socket, and the bytes behind the answer: the
    /// server's first frames.
    pub(super) fn answer(mut self) -> Result<(Stream, Vec<u8>), HandshakeError> {
        let mut bytes = Vec::with_capacity(1024);
        let mut buffer = [0; 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(length) = self.handshake.check(&bytes)? {
                bytes.drain(..length);
                return Ok((self.stream, bytes));
            }
        }
    }
}

impl From<Refusal> for HandshakeError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Status(StatusAnswer { code, body, .. }) => {
                let why = match body.lines().next() {
                    Some(line) if !line.is_empty() => format!(" ({line})"),
                    _ => String::new(),
                };
                match code {
                    429 => Self::AddressFull(why),
                    503 => Self::Full(why),
                    code => Self::Refused(code, why),
                }
            }
            Refusal::NotHttp | Refusal::NotAWebSocket(_) => Self::NotAWebSocket,
            Refusal::OtherProtocol(name) => Self::OtherProtocol(name),
        }
    }
}

fn explain(error: io::Error) -> HandshakeError {
    /// "Too many open files", in this process and in all.
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::ConnectionRefused, _) => HandshakeError::NoServer,
        (io::ErrorKind::AddrNotAvailable, _) => HandshakeError::TooManyPorts,
        (_, Some(EMFILE | ENFILE)) => HandshakeError::TooManyFiles,
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do() {
        let say = |code, body: &str| {
            let body = body.to_owned();
            let location = None;
            let status = StatusAnswer {
                code,
                location,
                body,
            };
            HandshakeError::from(Refusal::Status(status)).to_string()
        };
        let full = say(429, "too many clients\n");
        assert!(full.contains("(too many clients)"), "{full}");
        assert!(full.contains("--max-connections-per-address"), "{full}");
        let full = say(503, "");
        assert!(full.contains("--max-connections"), "{full}");
        assert_eq!(
            say(404, "nothing here\n"),
            "the server answered 404 (nothing here)"
        );
        let other = HandshakeError::from(Refusal::OtherProtocol("guildhall.v1"));
        assert_eq!(other.to_string(), "the server does not speak guildhall.v1");
    }
}
