//! A client's handshake (RFC 6455 section 4.1) on a blocking socket, in two
//! halves: first many clients ask, then each reads its answer.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use async_tungstenite::tungstenite::handshake::client::generate_key;
use async_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::server_url::ServerUrl;

/// How long a server may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The longest answer.
const MAX_ANSWER: usize = 16 * 1024;

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
pub(super) struct Handshake {
    stream: TcpStream,
    key: String,
    subprotocol: Option<&'static str>,
}

impl Handshake {
    /// Connects and sends the request.
    pub(super) fn ask(
        target: &ServerUrl,
        subprotocol: Option<&'static str>,
    ) -> Result<Self, HandshakeError> {
        let mut stream = TcpStream::connect(&target.addresses[..]).map_err(explain)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        let (request, key) = request(target, subprotocol);
        // If the server has hung up, its answer says more than this error.
        let _ = stream.write_all(request.as_bytes());
        Ok(Self {
            stream,
            key,
            subprotocol,
        })
    }

    /// Reads the answer. Returns the socket, and the bytes behind the answer: the
    /// server's first frames.
    pub(super) fn answer(mut self) -> Result<(TcpStream, Vec<u8>), HandshakeError> {
        let mut bytes = Vec::with_capacity(1024);
        let mut buffer = [0; 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(head) = check(&bytes, &self.key, self.subprotocol)? {
                bytes.drain(..head);
                return Ok((self.stream, bytes));
            }
            if bytes.len() > MAX_ANSWER {
                return Err(HandshakeError::NotAWebSocket);
            }
        }
    }
}

/// The request of a handshake, and its key.
pub(super) fn request(target: &ServerUrl, subprotocol: Option<&str>) -> (String, String) {
    let key = generate_key();
    let protocol = subprotocol.map_or_else(String::new, |name| {
        format!("Sec-WebSocket-Protocol: {name}\r\n")
    });
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{protocol}\r\n",
        target.path, target.host
    );
    (request, key)
}

/// The length of the answer that `bytes` begins with. `None` if it is not whole.
/// A refusal is an error.
pub(super) fn check(
    bytes: &[u8],
    key: &str,
    subprotocol: Option<&'static str>,
) -> Result<Option<usize>, HandshakeError> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut answer = httparse::Response::new(&mut headers);
    let head = match answer.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(HandshakeError::NotAWebSocket),
    };
    let why = || match String::from_utf8_lossy(&bytes[head..]).lines().next() {
        Some(line) if !line.is_empty() => format!(" ({line})"),
        _ => String::new(),
    };
    match answer.code {
        Some(101) => {}
        Some(429) => return Err(HandshakeError::AddressFull(why())),
        Some(503) => return Err(HandshakeError::Full(why())),
        Some(code) => return Err(HandshakeError::Refused(code, why())),
        None => return Err(HandshakeError::NotAWebSocket),
    }
    let has = |name: &str, value: &str| {
        answer.headers.iter().any(|header| {
            header.name.eq_ignore_ascii_case(name) && header.value == value.as_bytes()
        })
    };
    if !has("sec-websocket-accept", &derive_accept_key(key.as_bytes())) {
        return Err(HandshakeError::NotAWebSocket);
    }
    match subprotocol {
        Some(name) if !has("sec-websocket-protocol", name) => {
            Err(HandshakeError::OtherProtocol(name))
        }
        _ => Ok(Some(head)),
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

    // The example of RFC 6455 section 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPTED: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let with_frame = format!("{ACCEPTED}\u{2}rest");
        let check = |bytes| check(bytes, KEY, None).unwrap();
        assert_eq!(check(with_frame.as_bytes()), Some(ACCEPTED.len()));
        for length in 0..ACCEPTED.len() {
            assert_eq!(check(&ACCEPTED.as_bytes()[..length]), None);
        }
    }

    #[test]
    fn an_answer_without_the_subprotocol_is_refused() {
        let protocol = Some("guildhall.v1");
        let error = check(ACCEPTED.as_bytes(), KEY, protocol).unwrap_err();
        assert_eq!(error.to_string(), "the server does not speak guildhall.v1");
        let header = "Sec-WebSocket-Protocol: guildhall.v1\r\nSec-WebSocket-Accept";
        let accepted = ACCEPTED.replace("Sec-WebSocket-Accept", header);
        let head = check(accepted.as_bytes(), KEY, protocol).unwrap();
        assert_eq!(head, Some(accepted.len()));
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let say = |answer: &str| check(answer.as_bytes(), KEY, None).unwrap_err().to_string();
        let full = say("HTTP/1.1 429 Too Many Requests\r\n\r\ntoo many clients\n");
        assert!(full.contains("(too many clients)"), "{full}");
        assert!(full.contains("--max-connections-per-address"), "{full}");
        let full = say("HTTP/1.1 503 Service Unavailable\r\n\r\n");
        assert!(full.contains("--max-connections"), "{full}");
        assert_eq!(
            say("HTTP/1.1 404 Not Found\r\n\r\nnothing here\n"),
            "the server answered 404 (nothing here)"
        );
        let wrong_key = ACCEPTED.replace("s3p", "xxx");
        let not_a_websocket = HandshakeError::NotAWebSocket.to_string();
        assert_eq!(say(&wrong_key), not_a_websocket);
        assert_eq!(say("SSH-2.0-OpenSSH\r\n\r\n"), not_a_websocket);
    }
}
