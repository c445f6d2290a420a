//! One connection to the server, as a task of its own: it opens a WebSocket with the
//! subprotocol `guildhall.v1`, reports what it receives and sends what it is given. It
//! never reconnects: the session decides that.

use std::cell::Cell;
use std::io::ErrorKind;
use std::time::Duration;

use async_tungstenite::stream::Stream;
use async_tungstenite::tungstenite::error::ProtocolError;
use async_tungstenite::tungstenite::protocol::frame::CloseFrame;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use async_tungstenite::tungstenite::{Error, Message};
use async_tungstenite::{WebSocketReceiver, WebSocketStream};
use bytes::Bytes;
use futures_rustls::client::TlsStream;
use guildhall_protocol::SUBPROTOCOL;
use guildhall_protocol::limits::MAX_SERVER_PACKET_BYTES;
use http::StatusCode;
use smol::channel::{Receiver, Sender, bounded, unbounded};
use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use smol::net::TcpStream;
use smol::stream::StreamExt as _;
use smol::{Task, Timer, future};

use crate::handshake::{Handshake, Refusal, StatusAnswer};
use crate::server_url::ServerUrl;
use crate::tls::{Insecure, Trust};

/// How many messages may wait for the session. More wait in the socket.
const AHEAD: usize = 64;

/// How long a goodbye may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// The codes for a connection that ended without a close frame, and for a close frame
/// without a code (RFC 6455 section 7.4.1).
const LOST: u16 = 1006;
const NO_CODE: u16 = 1005;

/// The reason in the close frames with which the library replaces others, see [`closed`].
const REPLACED_BY_LIBRARY: &str = "Protocol violation";

/// Where a connection goes.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// Its URL.
    pub(super) url: String,
    /// The certificates to trust; `None` without TLS.
    pub(super) trust: Option<Trust>,
}

/// A connection's stream, with or without TLS.
type Socket = Stream<TcpStream, TlsStream<TcpStream>>;

/// What a connection reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LinkEvent {
    /// The handshake is done.
    Opened,
    /// A binary message.
    Received(Bytes),
    /// The connection is closed: the close code, and a reason or nothing.
    Closed(u16, String),
    /// The attempt failed, and another one would fail in the same way: why.
    Failed(String),
}

/// A connection, or an attempt. Dropping it closes the socket.
#[derive(Debug)]
pub(super) struct Link {
    task: Task<()>,
    outgoing: Sender<Message>,
    events: Receiver<LinkEvent>,
    /// Whether the handshake is done, so that there is a WebSocket to close.
    is_open: Cell<bool>,
}

impl Link {
    /// Starts an attempt.
    pub(super) fn open(server: Server) -> Self {
        let (outgoing, to_send) = unbounded();
        let (happened, events) = bounded(AHEAD);
        let task = smol::spawn(run(server, to_send, happened));
        Self {
            task,
            outgoing,
            events,
            is_open: Cell::new(false),
        }
    }

    /// Sends a binary message, after those before it.
    pub(super) fn send(&self, packet: Vec<u8>) {
        // If the connection is closed, the session is about to be told.
        let _ = self.outgoing.try_send(Message::binary(packet));
    }

    /// Waits for the next event.
    pub(super) async fn next_event(&self) -> LinkEvent {
        let lost = |_| LinkEvent::Closed(LOST, String::new());
        let event = self.events.recv().await.unwrap_or_else(lost);
        if event == LinkEvent::Opened {
            self.is_open.set(true);
        }
        event
    }

    /// Sends a close frame with this code, after all that is to be sent. Returns when
    /// the connection has ended, or after [`CLOSE_WITHIN`].
    pub(super) async fn close(self, code: u16) {
        if !self.is_open.get() {
            return;
        }
        let _ = self.outgoing.try_send(Message::Close(Some(CloseFrame {
            code: code.into(),
            reason: "".into(),
        })));
        self.outgoing.close();
        self.end().await;
    }

    /// Waits until the connection has ended, but not longer than [`CLOSE_WITHIN`].
    pub(super) async fn end(self) {
        let Self { task, events, .. } = self;
        // Without a receiver, the task does not wait to report events.
        drop(events);
        soon(task).await;
    }
}

/// Waits for `what`, but not longer than [`CLOSE_WITHIN`].
async fn soon(what: impl Future<Output = ()>) {
    let give_up = async {
        Timer::after(CLOSE_WITHIN).await;
    };
    future::or(what, give_up).await;
}

/// From the attempt to the end.
async fn run(server: Server, to_send: Receiver<Message>, happened: Sender<LinkEvent>) {
    let web_socket = match connect(server).await {
        Ok(web_socket) => web_socket,
        Err(end) => {
            let _ = happened.send(end).await;
            return;
        }
    };
    let _ = happened.send(LinkEvent::Opened).await;
    let (mut sender, mut receiver) = web_socket.split();
    let sending = async {
        while let Ok(message) = to_send.recv().await {
            if sender.send(message).await.is_err() {
                break;
            }
        }
        // The receiving half gets the server's reason.
        future::pending().await
    };
    let end = future::or(receive(&mut receiver, &happened), sending).await;
    let _ = happened.send(end).await;
    // The answer to a close frame is sent during the next reads, until the server closes
    // the socket.
    soon(async { while let Some(Ok(_)) = receiver.next().await {} }).await;
}

/// Reports each message, until the connection ends. Returns the last event.
async fn receive(
    receiver: &mut WebSocketReceiver<Socket>,
    happened: &Sender<LinkEvent>,
) -> LinkEvent {
    loop {
        match receiver.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                // There is no receiver if the connection is being closed.
                let _ = happened.send(LinkEvent::Received(bytes)).await;
            }
            Some(Ok(Message::Close(frame))) => {
                return closed(frame);
            }
            // A server of this protocol sends no text messages.
            Some(Ok(_)) => {}
            Some(Err(error)) => return LinkEvent::Closed(LOST, broken(&error)),
            None => return LinkEvent::Closed(LOST, String::new()),
        }
    }
}

/// The end by a close frame. The library replaces one with a code that no server may send
/// (RFC 6455 section 7.4.1, as 1005 and 1006, and those that nobody has registered, as
/// 1014) by one of its own. That counts as a lost connection, and not as a mistake of
/// this client, which is what the library's code says.
fn closed(frame: Option<CloseFrame>) -> LinkEvent {
    let Some(frame) = frame else {
        return LinkEvent::Closed(NO_CODE, String::new());
    };
    if frame.code == CloseCode::Protocol && frame.reason == REPLACED_BY_LIBRARY {
        return LinkEvent::Closed(LOST, String::new());
    }
    LinkEvent::Closed(frame.code.into(), frame.reason.to_string())
}

/// How a connection broke, or nothing if the error says only that it did.
fn broken(error: &Error) -> String {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => String::new(),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => String::new(),
        error => error.to_string(),
    }
}

/// Looks up the host, connects, and does the handshakes.
async fn connect(server: Server) -> Result<WebSocketStream<Socket>, LinkEvent> {
    let Server { url, trust } = server;
    let lost = |words: String| LinkEvent::Closed(LOST, words);
    let address = url;
    // Looked up for each attempt: a server may have moved.
    let parsed = smol::unblock(move || ServerUrl::of_either_kind(&address))
        .await
        .map_err(|error| lost(error.to_string()))?;
    let stream = TcpStream::connect(&parsed.addresses[..])
        .await
        .map_err(|error| lost(error.to_string()))?;
    let _ = stream.set_nodelay(true);
    let mut stream = match (trust, &parsed.secure) {
        (Some(trust), Some(name)) => match trust.secure(name, stream).await {
            Ok(stream) => Stream::Tls(stream),
            Err(Insecure::ForNow(words)) => return Err(lost(words)),
            Err(insecure) => return Err(LinkEvent::Failed(insecure.to_string())),
        },
        _ => Stream::Plain(stream),
    };
    let behind = shake_hands(&parsed, &mut stream).await?;
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .max_message_size(Some(MAX_SERVER_PACKET_BYTES))
        .max_frame_size(Some(MAX_SERVER_PACKET_BYTES));
    Ok(WebSocketStream::from_partially_read(stream, behind, Role::Client, Some(config)).await)
}

/// Does the WebSocket handshake. Returns the bytes behind the answer: the server's first
/// frames. The library's own handshake refuses a `Connection` header with more than one
/// token.
async fn shake_hands(server: &ServerUrl, stream: &mut Socket) -> Result<Vec<u8>, LinkEvent> {
    let broken = |error| LinkEvent::Closed(LOST, broken(&Error::Io(error)));
    let handshake = Handshake::new(server, Some(SUBPROTOCOL));
    // If the server has hung up, its answer says more than this error.
    let _ = stream.write_all(handshake.request().as_bytes()).await;
    let _ = stream.flush().await;
    let mut bytes = Vec::with_capacity(1024);
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await.map_err(broken)? {
            0 => return Err(LinkEvent::Closed(LOST, String::new())),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
        if let Some(length) = handshake.check(&bytes).map_err(explain)? {
            return Ok(bytes.split_off(length));
        }
    }
}

/// Why there is no connection, and whether that may pass.
fn explain(refusal: Refusal) -> LinkEvent {
    match refusal {
        Refusal::Status(answer) => explain_status(&answer),
        Refusal::OtherProtocol(name) => {
            LinkEvent::Failed(format!("the server does not speak {name}"))
        }
        Refusal::NotAWebSocket(header) => LinkEvent::Closed(
            LOST,
            format!("the server's answer is not a WebSocket's: {header}"),
        ),
        Refusal::NotHttp => LinkEvent::Failed(
            "what answers is no web server: perhaps it wants TLS, with a wss:// address".to_owned(),
        ),
    }
}

/// What a status that is not 101 means.
fn explain_status(answer: &StatusAnswer) -> LinkEvent {
    let status = StatusCode::from_u16(answer.code).unwrap_or_default();
    let elsewhere = answer.location.as_deref();
    let elsewhere = elsewhere.filter(|_| status.is_redirection());
    let why = match elsewhere {
        Some(location) => format!(": look at {}", web_socket_address(location)),
        None => match gist(&answer.body) {
            "" => String::new(),
            gist => format!(" ({gist})"),
        },
    };
    let words = format!("the server answered {}{why}", answer.code);
    let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    let is_final = status.is_client_error() || elsewhere.is_some();
    if is_final && !again.contains(&status) {
        LinkEvent::Failed(words)
    } else {
        LinkEvent::Closed(LOST, words)
    }
}

/// The WebSocket address for a location that a web server names.
fn web_socket_address(location: &str) -> String {
    match location.strip_prefix("http") {
        Some(rest) => format!("ws{rest}"),
        None => location.to_owned(),
    }
}

/// One line that sums up a page: proxies answer with HTML.
fn gist(body: &str) -> &str {
    let title = body.split_once("<title>");
    let title = title.and_then(|(_, rest)| Some(rest.split_once("</title>")?.0));
    title
        .unwrap_or_else(|| body.lines().next().unwrap_or_default())
        .trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_summed_up_in_a_line() {
        assert_eq!(gist(""), "");
        assert_eq!(gist("no such page\nat all"), "no such page");
        let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>";
        assert_eq!(gist(page), "502 Bad Gateway");
        assert_eq!(gist("<title>cut"), "<title>cut");
    }

    /// What the session is told when a server sends a close frame with this code.
    fn told(code: u16) -> LinkEvent {
        use async_tungstenite::tungstenite::protocol::{Role, WebSocket};
        use std::io::Cursor;

        struct Sent(Cursor<Vec<u8>>);
        impl std::io::Read for Sent {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.0.read(buffer)
            }
        }
        impl std::io::Write for Sent {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        let frame = [&[0x88, 2], &code.to_be_bytes()[..]].concat();
        let socket = Sent(Cursor::new(frame));
        let mut web_socket = WebSocket::from_raw_socket(socket, Role::Client, None);
        match web_socket.read().unwrap() {
            Message::Close(frame) => closed(frame),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_code_that_no_server_may_send_is_a_lost_connection() {
        for code in [1005, 1006, 1014, 1015, 1016, 2999] {
            assert_eq!(told(code), LinkEvent::Closed(LOST, String::new()), "{code}");
        }
        for code in [1000, 1002, 1008, 1012, 3000, 3500, 4999] {
            assert_eq!(told(code), LinkEvent::Closed(code, String::new()));
        }
    }

    #[track_caller]
    fn answered(code: u16, location: Option<&str>) -> LinkEvent {
        explain(Refusal::Status(StatusAnswer {
            code,
            location: location.map(str::to_owned),
            body: String::new(),
        }))
    }

    #[test]
    fn an_answer_that_would_repeat_ends_the_chat() {
        let failed = |words: &str| LinkEvent::Failed(words.into());
        let again = |words: &str| LinkEvent::Closed(LOST, words.into());
        assert_eq!(answered(404, None), failed("the server answered 404"));
        assert_eq!(answered(429, None), again("the server answered 429"));
        assert_eq!(answered(502, None), again("the server answered 502"));
        assert_eq!(
            answered(308, Some("https://chat.example/ws")),
            failed("the server answered 308: look at wss://chat.example/ws")
        );
    }
}
