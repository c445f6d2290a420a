//! A client of the tests' own. It blocks, shows every byte, and waits for at most
//! [`PATIENCE`].

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use crate::wire::{self, BINARY, CLOSE, FIN, Frame, PATIENCE, PING, PONG};

/// The key of every handshake, and the answer to it: the example of RFC 6455 section
/// 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A socket for HTTP or WebSocket, and the bytes that were read and not yet taken.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How many bytes of `buffer` are taken.
    taken: usize,
    /// Whether a close frame was sent.
    has_sent_close: bool,
}

/// An HTTP response.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The bytes behind the head.
    pub body: Vec<u8>,
}

impl Client {
    /// Opens a TCP connection.
    pub fn dial(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect_timeout(&address, PATIENCE).expect("a connection"))
    }

    /// Opens a TCP connection from another address of this machine, which has all of
    /// 127.0.0.0/8.
    pub fn dial_from(source: &str, address: SocketAddr) -> Self {
        let source: IpAddr = source.parse().unwrap();
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(source, 0).into()).unwrap();
        socket.connect_timeout(&address.into(), PATIENCE).unwrap();
        Self::of(socket.into())
    }

    /// Opens a TCP connection with the smallest buffers, so that few unread or unsent
    /// bytes fit into the kernel.
    pub fn dial_narrow(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.set_send_buffer_size(4096).unwrap();
        socket.connect_timeout(&address.into(), PATIENCE).unwrap();
        Self::of(socket.into())
    }

    fn of(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::new(),
            taken: 0,
            has_sent_close: false,
        }
    }

    /// Connects, does the handshake and reads the ID.
    pub fn join(address: SocketAddr) -> (Self, u64) {
        Self::dial(address).joined()
    }

    /// Does the handshake and reads the ID. Then the client is in the room.
    pub fn joined(mut self) -> (Self, u64) {
        self.send(handshake("").as_bytes());
        self.expect_upgrade();
        let id = self.expect_id();
        (self, id)
    }

    /// Writes bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// Writes bytes as they are. Returns false if the server has hung up.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        match self.stream.write_all(bytes) {
            Ok(()) => true,
            Err(error) if is_timeout(&error) => panic!("the server does not read: {error}"),
            Err(_) => false,
        }
    }

    /// Sends a whole message or control frame, masked.
    pub fn send_frame(&mut self, opcode: u8, payload: &[u8]) {
        self.has_sent_close |= opcode == CLOSE;
        self.send(&wire::masked(FIN | opcode, payload));
    }

    /// Says `text`, as a client of the tutorial does.
    pub fn say(&mut self, text: &str) {
        self.send_frame(BINARY, &wire::chat(0, text));
    }

    /// Gets a path over HTTP, on this connection.
    pub fn get(&mut self, path: &str, headers: &str) -> Response {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").as_bytes());
        self.response()
    }

    /// Gets a path over HTTP. Returns the status, or `None` if the server hangs up first.
    pub fn try_get(&mut self, path: &str) -> Option<u16> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if !self.try_send(request.as_bytes()) || !self.read_more() {
            return None;
        }
        Some(self.response().status)
    }

    /// Reads a response with its body.
    pub fn response(&mut self) -> Response {
        let mut response = self.response_head();
        if let Some(length) = response.header("content-length") {
            let length = length.parse().unwrap();
            while self.waiting().len() < length {
                assert!(self.read_more(), "the connection ended in a body");
            }
            response.body = self.waiting()[..length].to_vec();
            self.taken += length;
        } else if response.header("transfer-encoding") == Some("chunked") {
            response.body = self.chunks();
        }
        response
    }

    /// Reads a body that comes in chunks (RFC 9112 section 7.1).
    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = self.waiting().windows(2).position(|at| at == b"\r\n") {
                    break end;
                }
                assert!(self.read_more(), "the connection ended in a body");
            };
            let length = str::from_utf8(&self.waiting()[..end]).unwrap();
            let length = usize::from_str_radix(length, 16).unwrap();
            let whole = end + 2 + length + 2;
            while self.waiting().len() < whole {
                assert!(self.read_more(), "the connection ended in a chunk");
            }
            body.extend_from_slice(&self.waiting()[end + 2..end + 2 + length]);
            self.taken += whole;
            if length == 0 {
                return body;
            }
        }
    }

    /// Reads a response that has no body, whatever its headers say.
    pub fn response_head(&mut self) -> Response {
        let end = loop {
            let found = self.waiting().windows(4).position(|at| at == b"\r\n\r\n");
            if let Some(end) = found {
                break end;
            }
            assert!(self.read_more(), "the connection ended in a response");
        };
        let head = String::from_utf8(self.waiting()[..end].to_vec()).unwrap();
        self.taken += end + 4;
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap();
        let version = ["HTTP/1.1 ", "HTTP/1.0 "].into_iter();
        let mut status = version.filter_map(|version| status.strip_prefix(version));
        let status = status.next().expect("a status line");
        let header = |line: &str| {
            let (name, value) = line.split_once(':').expect("a header");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        Response {
            status: status[..3].parse().unwrap(),
            headers: lines.map(header).collect(),
            body: Vec::new(),
        }
    }

    /// Reads the answer to a handshake that succeeds.
    pub fn expect_upgrade(&mut self) {
        self.expect_upgrade_to(None);
    }

    /// Reads the answer to a handshake that succeeds and chooses this subprotocol.
    pub fn expect_upgrade_to(&mut self, subprotocol: Option<&str>) {
        let response = self.response_head();
        assert_eq!(response.status, 101);
        assert_eq!(response.header("sec-websocket-accept"), Some(ACCEPT));
        assert_eq!(response.header("sec-websocket-protocol"), subprotocol);
        assert_eq!(response.header("sec-websocket-extensions"), None);
        let upgrade = response.header("upgrade").expect("an upgrade");
        assert!(upgrade.eq_ignore_ascii_case("websocket"));
    }

    /// The next frame, or `None` if the server hung up.
    pub fn frame_or_end(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, length)) = Frame::take(self.waiting()) {
                self.taken += length;
                return Some(frame);
            }
            if !self.read_more() {
                assert!(self.waiting().is_empty(), "the connection ended in a frame");
                return None;
            }
        }
    }

    /// The next frame.
    pub fn frame(&mut self) -> Frame {
        self.frame_or_end().expect("a frame, not the end")
    }

    /// The sender and the text of the next frame, which has to be a whole chat.
    pub fn chat(&mut self) -> (u64, String) {
        let frame = self.frame();
        assert!(frame.fin && frame.opcode == BINARY, "no chat: {frame:?}");
        wire::parse_chat(&frame.payload)
    }

    /// Reads the next frame, which has to be this chat.
    #[track_caller]
    pub fn expect_chat(&mut self, sender: u64, text: &str) {
        let frame = self.frame();
        assert_eq!(frame, Frame::whole(BINARY, wire::chat(sender, text)));
    }

    /// Reads the next frame, which has to be an ID.
    pub fn expect_id(&mut self) -> u64 {
        let frame = self.frame();
        let id = wire::parse_id(&frame.payload);
        assert_eq!(frame, Frame::whole(BINARY, wire::id(id)));
        id
    }

    /// Reads past chat and pings until the server closes. Returns code and reason.
    /// Answers the close, as RFC 6455 demands, and waits until the server hangs up:
    /// no byte may follow a close frame.
    pub fn read_to_close(&mut self) -> (Option<u16>, String) {
        loop {
            let frame = self.frame();
            match frame.opcode {
                CLOSE => {
                    if !self.has_sent_close {
                        let answer = frame.payload.get(..2).unwrap_or_default();
                        self.try_send(&wire::masked(FIN | CLOSE, answer));
                    }
                    assert_eq!(self.frame_or_end(), None, "a frame behind the close");
                    return parse_close(&frame.payload);
                }
                BINARY | PING | PONG => {}
                _ => panic!("neither chat nor close: {frame:?}"),
            }
        }
    }

    /// Reads until the server closes with `code` and a reason.
    #[track_caller]
    pub fn expect_close(&mut self, code: u16) {
        let (found, reason) = self.read_to_close();
        assert_eq!(found, Some(code), "{reason}");
        assert!(!reason.is_empty(), "a close has a reason in words");
    }

    /// Ends the direction to the server, as a client that has nothing more to say.
    pub fn end_writing(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Closes the connection as a client that does not come back, and waits for the answer.
    #[track_caller]
    pub fn say_goodbye(&mut self) {
        self.send_frame(CLOSE, &1000_u16.to_be_bytes());
        assert_eq!(self.read_to_close().0, Some(1000));
    }

    /// Whether the server hangs up without another byte. A reset counts, because a
    /// socket that is closed with unread bytes ends with one.
    pub fn ends_silently(&mut self) -> bool {
        assert!(self.waiting().is_empty());
        !self.read_more()
    }

    /// Reads the bytes that have arrived, without waiting for more. Returns false if
    /// the connection has ended.
    pub fn is_open(&mut self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let mut bytes = [0; 4096];
        let result = self.stream.read(&mut bytes);
        self.stream.set_nonblocking(false).unwrap();
        match result {
            Ok(0) => false,
            Ok(count) => {
                self.buffer.extend(&bytes[..count]);
                true
            }
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }

    /// Breaks the connection, so that the server gets a reset.
    pub fn reset(self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    /// The address of this end.
    pub fn address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    /// A second handle of the same socket, for writing on another thread.
    #[must_use]
    pub fn writer(&self) -> Self {
        Self {
            stream: self.stream.try_clone().unwrap(),
            buffer: Vec::new(),
            taken: 0,
            has_sent_close: false,
        }
    }

    fn waiting(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    /// Reads once. Returns false at the end of the connection.
    fn read_more(&mut self) -> bool {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        let mut bytes = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(count) => {
                    self.buffer.extend(&bytes[..count]);
                    return count > 0;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => panic!("no byte arrived in {PATIENCE:?}"),
                Err(_) => return false,
            }
        }
    }
}

impl Response {
    /// A header's value, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// The request of a handshake with more headers, each with CR LF at its end.
pub fn handshake(headers: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nHost: localhost:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    )
}

fn parse_close(payload: &[u8]) -> (Option<u16>, String) {
    match payload {
        [] => (None, String::new()),
        [high, low, reason @ ..] => {
            let reason = String::from_utf8(reason.to_vec()).unwrap();
            (Some(u16::from_be_bytes([*high, *low])), reason)
        }
        [_] => panic!("half a close code"),
    }
}

/// Whether a read or a write has timed out.
pub fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
